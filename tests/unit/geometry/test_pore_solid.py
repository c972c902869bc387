# SPDX-License-Identifier: LGPL-3.0-or-later
"""Pores in 3-D: names, areas and volumes, offset and ellipse, sizes, refinement."""

import numpy as np
import pytest
from dolfinx.mesh import compute_incident_entities
from mpi4py import MPI
from pores import WALLS, A, H, L, R, approx, wall_nodes

from fem_ionics.errors import ParameterError
from fem_ionics.geometry import conical_pore, cylindrical_pore, hourglass_pore, refined
from fem_ionics.units import nm

SOLID = {"reservoir": (R, H), "resolve": 3 * nm, "dimension": 3}


def cylinder(**changes):
    return cylindrical_pore(A, L, **(SOLID | changes))


@pytest.mark.mpi
def test_names_areas_and_volumes():
    domain = cylinder(order=2)
    assert set(domain.regions) == {"cis reservoir", "pore", "trans reservoir", "fluid"}
    assert set(domain.boundaries) == WALLS
    assert not domain.axisymmetric and domain.dim == 3
    section, end = np.pi * A**2, np.pi * R**2
    assert domain.volume("pore") == approx(section * L, rel=1e-4)
    assert domain.volume("trans reservoir") == approx(end * H, rel=1e-3)
    assert domain.area("pore wall") == approx(2 * np.pi * A * L, rel=1e-4)
    assert domain.area("cis membrane") == approx(end - section, rel=1e-3)
    assert domain.area("cis") == approx(end + 2 * np.pi * R * H, rel=1e-3)
    assert domain.area("walls") == approx(domain.area("membrane") + domain.area("pore wall"), rel=1e-12)
    named = domain.area("walls") + domain.area(["cis", "trans"])
    assert domain.area() == approx(named, rel=1e-12)


def test_the_same_pore_flat_and_solid():
    shape = {"tip": 2 * nm, "base": 4 * nm, "length": L, "array": True}
    solid, flat = conical_pore(**shape, **SOLID, order=2), conical_pore(**shape, **(SOLID | {"dimension": 2}))
    for name in flat.regions:
        assert solid.volume(name) == approx(flat.volume(name), rel=1e-3)
    for name in sorted(set(flat.boundaries) - {"axis"}):
        assert solid.area(name) == approx(flat.area(name), rel=2e-3)
    assert set(flat.boundaries) - set(solid.boundaries) == {"axis"}


def test_an_ellipse_off_the_centre_of_a_square_cell_with_a_dielectric_membrane():
    x, y, aspect = 2 * nm, -3 * nm, 2.0
    domain = cylinder(offset=(x, y), aspect=aspect, cell="square", array=True, membrane="dielectric", order=2)
    assert set(domain.boundaries) == WALLS | {"cell side", "membrane rim"}
    section = np.pi * A**2
    assert domain.volume("pore") == approx(section * L, rel=1e-3)
    assert domain.volume("membrane") == approx((4 * R**2 - section) * L, rel=1e-4)
    assert domain.area("cell side") == approx(16 * R * H, rel=1e-12)
    assert domain.area("membrane rim") == approx(8 * R * L, rel=1e-12)
    assert domain.area("trans") == approx(4 * R**2, rel=1e-12)
    assert domain.area("cis membrane") == approx(4 * R**2 - section, rel=1e-4)
    wall = wall_nodes(domain)
    long, short = A * np.sqrt(aspect), A / np.sqrt(aspect)
    np.testing.assert_allclose(((wall[:, 0] - x) / long) ** 2 + ((wall[:, 1] - y) / short) ** 2, 1.0, atol=1e-4)
    # Liquid and membrane share every facet of the wall.
    domain.mesh.topology.create_connectivity(2, 3)
    links = domain.mesh.topology.connectivity(2, 3)
    assert all(len(links.links(f)) == 2 for f in domain.facets("walls"))


def test_a_curved_profile():
    neck, mouth = 2 * nm, 4 * nm
    domain = hourglass_pore(neck, mouth, L, **SOLID, order=2)
    assert domain.volume("pore") == approx(np.pi * L * (neck**2 + (mouth**2 - neck**2) / 3), rel=1e-3)


def test_sizes():
    coarse = cylinder(resolve=1 * nm)
    assert 3000 < coarse.cells_total < 40_000
    finer = cylinder(resolve=1 * nm, refine=1.5)
    assert 2.0 < finer.cells_total / coarse.cells_total < 5.0
    assert finer.wall_spacing("pore wall") < 0.8 * coarse.wall_spacing("pore wall") < 1 * nm


@pytest.mark.mpi
def test_ranks_agree_and_walls_can_be_refined():
    domain, alone = cylinder(), cylinder(comm=MPI.COMM_SELF)
    assert domain.checksum() == alone.checksum()
    finer = refined(domain, compute_incident_entities(domain.mesh.topology, domain.facets("trans membrane"), 2, 3))
    assert dict(finer.boundaries) == dict(domain.boundaries)
    assert finer.volume("pore") == approx(domain.volume("pore"), rel=1e-12)
    for name in sorted(WALLS):
        assert finer.area(name) == approx(domain.area(name), rel=1e-12)
    assert finer.cells_total > 1.5 * domain.cells_total


@pytest.mark.mpi
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dimension": 1}, "dimension"),
        ({"dimension": 2, "aspect": 2.0}, "dimension=3"),
        ({"dimension": 2, "offset": (1 * nm, 0.0)}, "dimension=3"),
        ({"dimension": 2, "cell": "square"}, "dimension=3"),
        ({"cell": "hexagon"}, "square"),
        ({"shape": "quadrilateral"}, "tetrahedron"),
        ({"aspect": 0.0}, "aspect"),
        ({"offset": (9 * nm, 0.0)}, "side of the reservoirs"),
        ({"offset": (1 * nm,)}, "x and y"),
    ],
)
def test_what_is_refused(changes, words):
    with pytest.raises(ParameterError, match=words):
        cylinder(**changes)
