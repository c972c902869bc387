# SPDX-License-Identifier: LGPL-3.0-or-later
"""Cells: volumes and walls, where the centres of ions may be, and what is refused."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.lemc.cell import Box, PoreCell, Slit, Tube
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.lemc.kernel import Memory
from fem_ionics.lemc.kernel.reference_space import inside
from fem_ionics.lemc.system import Moves, System

CONE = PoreCell((-1.0, 0.0, 1.0), (0.6, 0.8, 1.0), 2.0, 1.5)


def memory(cell):
    system = System(
        valences=(1,),
        radii=(0.1,),
        bjerrum=0.7,
        cell=cell,
        grid=TensorGrid([0, 9], [0, 2 * np.pi], [-5, 5]),
        moves=Moves(displace=1.0),
    )
    return Memory(system, np.ones(4, np.uint64), "float64", 8)


def test_sizes():
    assert Box((2, 3, 4)).volume == 24.0
    assert (Slit(2, 3).volume, Slit(2, 3).wall_area) == (18.0, 18.0)
    assert Tube(2, 3).volume == pytest.approx(12 * np.pi) and Tube(2, 3).wall_area == pytest.approx(12 * np.pi)
    assert (CONE.length, CONE.top) == (2.0, 2.5)


def test_wall_of_a_cone():
    np.testing.assert_allclose(CONE.radius(np.array([-2.0, -1.0, -0.5, 0.5, 3.0])), [0.6, 0.6, 0.7, 0.9, 1.0])
    assert CONE.widest(-1.0, 0.5) == pytest.approx(0.9)
    assert CONE.widest(-1.0, 1.0) == 1.0
    assert CONE.widest(-1.1, 0.0) == 2.0
    assert PoreCell((-1.0, 0.0, 1.0), (0.6, 0.8, 0.6), 2.0, 1.5).widest(-0.5, 0.5) == 0.8


@pytest.mark.parametrize(
    ("cell", "radius", "point", "found"),
    [
        (Box((1, 1, 1)), 0.3, (0.6, -0.7, 1.2), (-0.4, 0.3, 0.2)),
        (Slit(1, 2), 0.3, (1.2, 0.2, 0.19), (-0.8, 0.2, 0.19)),
        (Slit(1, 2), 0.3, (0.6, 0.2, -0.21), None),
        (Tube(1, 2), 0.3, (0.0, 0.69, 1.2), (0.0, 0.69, -0.8)),
        (Tube(1, 2), 0.3, (0.5, 0.5, 0.0), None),
        # The baths: centres reach the outer boundary, and stay a radius away from the membrane.
        (CONE, 0.3, (2.0, 0.0, 2.5), (2.0, 0.0, 2.5)),
        (CONE, 0.3, (2.01, 0.0, 2.0), None),
        (CONE, 0.3, (0.0, 0.0, 2.51), None),
        (CONE, 0.3, (1.5, 0.0, 1.31), (1.5, 0.0, 1.31)),
        (CONE, 0.3, (1.5, 0.0, 1.29), None),
        # The mouth is a ring that a sphere rolls around.
        (CONE, 0.3, (0.0, 1.0 - 0.18, 1.25), (0.0, 1.0 - 0.18, 1.25)),
        (CONE, 0.3, (0.0, 1.0 - 0.16, 1.25), None),
        # The cone's wall: 0.8 at its middle, sloping by 0.2.
        (CONE, 0.3, (0.8 - 0.31 * np.hypot(1, 0.2), 0.0, 0.0), (0.8 - 0.31 * np.hypot(1, 0.2), 0.0, 0.0)),
        (CONE, 0.3, (0.8 - 0.29 * np.hypot(1, 0.2), 0.0, 0.0), None),
        (CONE, 0.01, (0.9, 0.0, 0.0), None),
        (CONE, 1e-9, (1.5, 0.0, 0.5), None),
    ],
)
def test_where_spheres_may_be(cell, radius, point, found):
    where = inside(memory(cell), radius, point)
    assert where is None if found is None else where == pytest.approx(found)


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda: Box((1, 2, 0)), "a side = 0 was given"),
        (lambda: Box((1, 2)), "three lengths are needed"),
        (lambda: Slit(0, 1), "width"),
        (lambda: Slit(1, -1), "side"),
        (lambda: Tube(-1, 1), "radius"),
        (lambda: Tube(1, np.inf), "length"),
        (lambda: PoreCell((-1, 1), (1,), 2, 1), "as many ascending heights as radii"),
        (lambda: PoreCell((0,), (1,), 2, 1), "as many ascending heights as radii"),
        (lambda: PoreCell((-1, 2), (1, 1), 2, 1), "from minus to plus half"),
        (lambda: PoreCell((-1, 1, 0, 1), (1, 1, 1, 1), 2, 1), "ascending"),
        (lambda: PoreCell(range(-4, 5), (1,) * 8, 2, 1), r"\(-4, -3, -2, -1, 0, 1, \.\.\.\)"),
        (lambda: PoreCell((-1, 1), (1, 0), 2, 1), "PoreCell: r = 0 was given"),
        (lambda: PoreCell((-1, 1), (1, 2), 2, 1), "bath_radius = 2 nm was given; above the pore's 2 nm"),
        (lambda: PoreCell((-1, 1), (1, 1), 2, 0), "bath_depth"),
    ],
)
def test_bad_input(made, words):
    with pytest.raises(ParameterError, match=words):
        made()
