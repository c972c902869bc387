# SPDX-License-Identifier: LGPL-3.0-or-later
"""Local refinement: names and measures stay, marked cells shrink, ranks agree."""

import numpy as np
import pytest
from dolfinx.mesh import compute_incident_entities, entities_to_geometry
from mpi4py import MPI
from pores import approx

from fem_ionics.errors import MeshError
from fem_ionics.geometry import channel, conical_pore, cylindrical_pore, refined
from fem_ionics.units import nm


def cone(**changes):
    given = {"reservoir": 20 * nm, "resolve": 2 * nm, "shape": "triangle"} | changes
    return conical_pore(2 * nm, 6 * nm, 12 * nm, **given)


def cells_at(domain, name):
    tdim = domain.mesh.topology.dim
    return compute_incident_entities(domain.mesh.topology, domain.facets(name), tdim - 1, tdim)


def middles(domain):
    owned = domain.mesh.topology.index_map(domain.mesh.topology.dim).size_local
    corners = domain.mesh.geometry.x[domain.mesh.geometry.dofmaps[0][:owned], : domain.dim]
    return corners.mean(axis=1) * domain.unit / nm


def tagged(domain, name):
    """Owned facets that carry a name, on all ranks."""
    owned = domain.mesh.topology.index_map(domain.mesh.topology.dim - 1).size_local
    return domain.comm.allreduce(int(np.sum(domain.facets(name) < owned)))


@pytest.mark.mpi
@pytest.mark.parametrize("membrane", ["insulator", "dielectric"])
def test_names_and_measures_stay(membrane):
    domain = cone(membrane=membrane, array=True)
    finer = refined(domain, cells_at(domain, "pore wall"))
    assert finer.cells_total > domain.cells_total
    assert finer.axisymmetric and finer.unit == domain.unit and finer.multiplicity == domain.multiplicity
    assert dict(finer.regions) == dict(domain.regions)
    assert dict(finer.boundaries) == dict(domain.boundaries)
    for name in domain.regions:
        assert finer.volume(name) == approx(domain.volume(name), rel=1e-12)
    assert finer.solids == domain.solids
    for name in domain.boundaries:
        if name == "axis":
            continue
        assert finer.area(name) == approx(domain.area(name), rel=1e-12)
    # Each wall facet of a marked cell is halved; those of the far end are not touched.
    assert tagged(finer, "pore wall") == 2 * tagged(domain, "pore wall")
    assert tagged(finer, "cell side") == tagged(domain, "cell side")
    assert finer.wall_spacing("pore wall") <= 0.51 * domain.wall_spacing("pore wall")
    vertices, facets, cells = (finer.mesh.topology.index_map(d).size_global for d in (0, 1, 2))
    assert vertices - facets + cells == 1


@pytest.mark.mpi
def test_facets_inside_stay_where_they_are():
    domain = cone(membrane="dielectric")
    finer = refined(domain, cells_at(domain, "membrane"))
    nodes = finer.mesh.geometry.x[:, :2] * finer.unit / nm
    ends = entities_to_geometry(finer.mesh, 1, finer.facets("cis membrane"))
    assert tagged(finer, "cis membrane") == 2 * tagged(domain, "cis membrane")
    np.testing.assert_allclose(nodes[ends, 1], -6.0, atol=1e-9)
    assert np.all(nodes[ends, 0] > 6.0 - 1e-9)


@pytest.mark.mpi
def test_only_what_is_marked_is_divided():
    domain = cone()
    same = refined(domain, [])
    before, after = (np.concatenate(domain.comm.allgather(middles(each))) for each in (domain, same))
    np.testing.assert_allclose(np.sort(after, axis=0), np.sort(before, axis=0), atol=1e-12)
    everything = np.arange(domain.mesh.topology.index_map(2).size_local)
    assert refined(domain, everything).cells_total == 4 * domain.cells_total


@pytest.mark.mpi
def test_ranks_agree_over_two_rounds():
    one, many = cone(comm=MPI.COMM_SELF), cone()
    for _ in range(2):
        one, many = (
            refined(each, np.flatnonzero(np.hypot(*(middles(each) - [2.0, 6.0]).T) < 1.5)) for each in (one, many)
        )
        assert one.checksum() == many.checksum()
    assert one.cells_total > 1.05 * cone().cells_total


@pytest.mark.mpi
def test_a_rank_may_mark_nothing():
    domain = cone()
    marked = np.arange(5) if domain.comm.rank == domain.comm.size - 1 else []
    assert refined(domain, marked).cells_total > domain.cells_total


@pytest.mark.mpi
def test_what_is_refused():
    with pytest.raises(MeshError, match='shape="triangle"'):
        refined(cone(shape="quadrilateral"), [0])
    with pytest.raises(MeshError, match="order=1"):
        refined(cone(order=2), [0])
    with pytest.raises(MeshError, match="periodic"):
        refined(channel(50 * nm, 10 * nm, resolve=2 * nm, shape="triangle"), [0])
    domain = cylindrical_pore(3 * nm, 5 * nm, reservoir=20 * nm, resolve=3 * nm, shape="triangle")
    last = domain.comm.rank == domain.comm.size - 1
    for bad in ([0.5], [-1], [10**6]):
        with pytest.raises(MeshError, match="indices"):
            refined(domain, bad if last else [0])
