# SPDX-License-Identifier: LGPL-3.0-or-later
"""The pore that a mesh was made from."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.geometry import (
    channel,
    conical_pore,
    cylindrical_pore,
    hourglass_pore,
    pore,
    refined,
    tube,
)
from fem_ionics.parameters import Parameter
from fem_ionics.units import nm

L, R, H = 10 * nm, 12 * nm, 9 * nm
COMMON = {"reservoir": (R, H), "resolve": 2 * nm}


@pytest.mark.mpi
def test_a_straight_wall_has_two_points():
    shape = conical_pore(2 * nm, 4 * nm, L, **COMMON).shape
    z, r = shape.polyline()
    np.testing.assert_allclose(z, [-L / 2, L / 2], rtol=1e-14)
    np.testing.assert_allclose(r, [4 * nm, 2 * nm], rtol=1e-14)
    np.testing.assert_allclose(shape.reservoir, (R, H), rtol=1e-14)
    assert shape.straight and not shape.periodic
    assert shape.length == pytest.approx(L, rel=1e-14, abs=0)


@pytest.mark.mpi
def test_a_bent_wall_follows_its_radius():
    shape = hourglass_pore(2 * nm, 4 * nm, L, **COMMON).shape
    z, r = shape.polyline(129)
    assert len(z) == 129 and not shape.straight
    np.testing.assert_allclose(r, np.sqrt((2 * nm) ** 2 + 12 * nm**2 * (2 * z / L) ** 2), rtol=1e-7)
    with pytest.raises(ParameterError, match="n = 1"):
        shape.polyline(1)


@pytest.mark.mpi
def test_it_stays_as_the_mesh_was_made():
    radius = Parameter("radius", 2 * nm, "m")
    domain = pore(radius, L, **COMMON)
    radius.value = 3 * nm
    np.testing.assert_allclose(domain.shape.polyline()[1], 2 * nm, rtol=1e-14)
    with pytest.raises(ValueError, match="read-only"):
        domain.shape.r[0] = 0.0


@pytest.mark.mpi
@pytest.mark.parametrize("periodic", ["z", None])
def test_a_tube_has_no_reservoirs(periodic):
    shape = tube(3 * nm, L, resolve=1 * nm, periodic=periodic).shape
    assert shape.reservoir is None and shape.periodic is (periodic == "z")
    z, r = shape.polyline()
    np.testing.assert_allclose([z, r], [[-L / 2, L / 2], [3 * nm, 3 * nm]], rtol=1e-14)


@pytest.mark.mpi
def test_refinement_keeps_it():
    domain = conical_pore(2 * nm, 4 * nm, L, shape="triangle", **COMMON)
    assert refined(domain, [0]).shape is domain.shape is not None


@pytest.mark.mpi
def test_what_has_no_round_pore_has_none():
    assert cylindrical_pore(2 * nm, L, array=True, **COMMON).shape is None
    assert channel(length=20 * nm, height=5 * nm, resolve=1 * nm).shape is None


def test_solid_pores_have_it_when_round_and_centred():
    three = COMMON | {"dimension": 3, "refine": 0.3}
    assert cylindrical_pore(2 * nm, L, **three).shape.straight
    for change in ({"offset": (2 * nm, 0.0)}, {"aspect": 1.5}, {"cell": "square"}):
        assert cylindrical_pore(2 * nm, L, **(three | change)).shape is None
