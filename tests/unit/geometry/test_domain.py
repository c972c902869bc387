# SPDX-License-Identifier: LGPL-3.0-or-later
"""Names, measures and numbers of a Domain."""

from dataclasses import replace

import numpy as np
import pytest
import ufl
from dolfinx import fem

from fem_ionics.errors import ParameterError, TagError
from fem_ionics.geometry import Domain, rectangle
from fem_ionics.units import nm


@pytest.fixture
def box() -> Domain:
    return rectangle((2 * nm, 1 * nm), (8, 4))


def total(domain, form):
    return domain.comm.allreduce(fem.assemble_scalar(fem.form(form)))


@pytest.mark.mpi
def test_unknown_names_list_the_known_and_the_nearest(box):
    with pytest.raises(TagError) as caught:
        box.facets("botom")
    words = str(caught.value)
    assert words.startswith('"botom": rectangle has facets "left", "right", "bottom", "top", "walls".')
    assert words.endswith('Did you mean "bottom"?')
    with pytest.raises(TagError, match="botom"):
        box.ds(["left", "botom"], degree=2)
    with pytest.raises(TagError, match='regions "fluid"'):
        box.cells("liquid")
    with pytest.raises(TagError, match="liquid"):
        box.dx("liquid", degree=2)


@pytest.mark.mpi
def test_a_name_may_stand_for_several_tags(box):
    assert box.tags("walls") == (1, 2, 3, 4)
    assert box.tags(["top", "left"]) == (1, 4)
    apart = np.sort(np.concatenate([box.facets(name) for name in ("left", "right", "bottom", "top")]))
    np.testing.assert_array_equal(box.facets("walls"), apart)
    np.testing.assert_array_equal(box.facets("left", "top"), box.facets(["left", "top"]))
    assert box.facets("left").dtype == np.int32
    owned = box.mesh.topology.index_map(1).size_local
    assert box.comm.allreduce(int(np.count_nonzero(box.facets("walls") < owned))) == 24
    owned = box.mesh.topology.index_map(2).size_local
    assert box.comm.allreduce(int(np.count_nonzero(box.cells("fluid") < owned))) == 32


@pytest.mark.mpi
def test_measures_count_mesh_units_and_x_counts_metres(box):
    assert total(box, fem.Constant(box.mesh, 1.0) * box.ds("top", degree=2)) == pytest.approx(2.0, rel=1e-6, abs=0.0)
    assert total(box, fem.Constant(box.mesh, 1.0) * box.dx(degree=2)) == pytest.approx(2.0, rel=1e-6, abs=0.0)
    assert total(box, box.x[0] * box.dx(degree=2)) == pytest.approx(2.0 * 1 * nm, rel=1e-6, abs=0.0)
    flux = total(box, ufl.dot(box.x, box.normal) * box.ds(degree=3))
    assert flux == pytest.approx(2 * 2.0 * nm, rel=1e-6, abs=0.0)


@pytest.mark.mpi
def test_numbers_of_the_whole_device(box):
    twice = replace(box, multiplicity=2)
    assert box.volume() == pytest.approx(2 * nm**2, rel=1e-6, abs=0.0)
    assert twice.volume() == pytest.approx(4 * nm**2, rel=1e-6, abs=0.0)
    assert twice.area("left") == pytest.approx(2 * nm, rel=1e-6, abs=0.0)
    assert box.cells_total == 32
    assert repr(box) == 'Domain(rectangle: 32 cells; "fluid", "left", "right", "bottom", "top", "walls")'
    np.testing.assert_allclose(box.bounds[1], [2 * nm, 1 * nm])


@pytest.mark.mpi
def test_axisymmetric_weight(box):
    turned = replace(box, axisymmetric=True)
    assert turned.volume() == pytest.approx(np.pi * (2 * nm) ** 2 * 1 * nm, rel=1e-12, abs=0.0)
    assert turned.area("right") == pytest.approx(2 * np.pi * 2 * nm * 1 * nm, rel=1e-12, abs=0.0)


@pytest.mark.mpi
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_wall_spacing(shape):
    domain = rectangle((2 * nm, 1 * nm), (8, 2), shape=shape)
    assert domain.wall_spacing("left") == pytest.approx(0.25 * nm, rel=1e-6, abs=0.0)
    assert domain.wall_spacing("top") == pytest.approx(0.5 * nm, rel=1e-6, abs=0.0)
    assert domain.wall_spacing(["left", "top"]) == pytest.approx(0.5 * nm, rel=1e-6, abs=0.0)
    assert len({*domain.comm.allgather(domain.wall_spacing("left"))}) == 1


@pytest.mark.mpi
def test_checksum_sees_coordinates_and_unit(box):
    assert box.checksum() == rectangle((2 * nm, 1 * nm), (8, 4)).checksum()
    assert box.checksum() != rectangle((2 * nm, 1 * nm), (4, 8)).checksum()
    assert box.checksum() != rectangle((2.001 * nm, 1 * nm), (8, 4)).checksum()
    assert box.checksum() != replace(box, unit=2 * box.unit).checksum()


@pytest.mark.mpi
@pytest.mark.parametrize(
    "arguments",
    [
        {"size": (1 * nm, 0.0)},
        {"size": (1 * nm,)},
        {"cells": (0, 4)},
        {"cells": (4.0, 4)},
        {"periodic": "z"},
        {"shape": "hexagon"},
    ],
)
def test_bad_rectangles(arguments):
    with pytest.raises(ParameterError, match=next(iter(arguments))):
        rectangle(**({"size": (1 * nm, 1 * nm), "cells": (4, 4)} | arguments))
