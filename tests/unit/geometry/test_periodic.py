# SPDX-License-Identifier: LGPL-3.0-or-later
"""The periodic seam: interior facets, continuity, output, ghost modes, and what is refused."""

import numpy as np
import pytest
import ufl
from dolfinx import fem
from dolfinx.io import VTXWriter
from dolfinx.mesh import GhostMode

from fem_ionics.errors import MeshError
from fem_ionics.geometry import channel, rectangle
from fem_ionics.geometry.box import _grid
from fem_ionics.geometry.build import tie
from fem_ionics.geometry.periodic import match_sides, merge_nodes, periodic_mesh
from fem_ionics.units import nm


def total(domain, form):
    return domain.comm.allreduce(fem.assemble_scalar(fem.form(form)))


@pytest.mark.mpi
@pytest.mark.parametrize("shape, dofs", [("quadrilateral", (91, 84, 72)), ("triangle", (91, 84, 72))])
def test_dofs_of_open_and_closed_rectangles(shape, dofs):
    for periodic, expected in zip(((), "x", "xy"), dofs, strict=True):
        domain = rectangle((2 * nm, 1 * nm), (6, 3), periodic=periodic, shape=shape)
        space = fem.functionspace(domain.mesh, ("Lagrange", 2))
        assert space.dofmap.index_map.size_global == expected
        assert domain.volume() == pytest.approx(2 * nm**2, rel=1e-12, abs=0.0)


@pytest.mark.mpi
def test_only_walls_are_outside():
    domain = rectangle((2 * nm, 1 * nm), (6, 3), periodic="x")
    assert domain.area() == pytest.approx(4 * nm, rel=1e-12, abs=0.0)
    assert set(domain.boundaries) == {"bottom", "top", "walls"}
    closed = rectangle((2 * nm, 1 * nm), (6, 3), periodic="xy")
    assert not closed.boundaries
    assert closed.area() == 0.0
    assert dict(closed.periods) == pytest.approx({"x": 2 * nm, "y": 1 * nm}, rel=1e-6, abs=0.0)


@pytest.mark.mpi
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_functions_are_continuous_across_every_inner_facet(shape):
    domain = rectangle((2 * nm, 1 * nm), (6, 3), periodic="xy", shape=shape)
    dS = ufl.Measure("dS", domain=domain.mesh)
    diagonals = 18 * np.hypot(1 / 3, 1 / 3) if shape == "triangle" else 0.0
    assert total(domain, fem.Constant(domain.mesh, 1.0) * dS) == pytest.approx(
        6 * 1 + 3 * 2 + diagonals, rel=1e-6, abs=0.0
    )
    u = fem.Function(fem.functionspace(domain.mesh, ("Lagrange", 3)))
    u.interpolate(lambda x: np.sin(np.pi * x[0] + 0.2) * np.cos(2 * np.pi * x[1] + 0.1))
    u.x.scatter_forward()
    assert total(domain, ufl.jump(u) ** 2 * dS) < 1e-28
    # The coordinate is the one thing that jumps, by a period, on the seam alone.
    jump = ufl.jump(ufl.SpatialCoordinate(domain.mesh)[0])
    assert total(domain, jump**2 * dS) == pytest.approx(2.0**2 * 1.0, rel=1e-6, abs=0.0)


@pytest.mark.mpi
@pytest.mark.parametrize("mode", [GhostMode.none, GhostMode.shared_facet])
def test_ghost_modes(comm, mode):
    mesh, merged = None, None
    if comm.rank == 0:
        mesh, merged, _ = tie(_grid((2.0, 1.0), (6, 4), "quadrilateral"), {"x": ("left", "right")})
    made, cell_tags, facet_tags = periodic_mesh(comm, mesh, merged, mode)
    ds = ufl.Measure("ds", domain=made, subdomain_data=facet_tags)
    dx = ufl.Measure("dx", domain=made, subdomain_data=cell_tags)
    one = fem.Constant(made, 1.0)
    for measure, expected in ((ds(3), 2.0), (ds((3, 4)), 4.0), (ds, 4.0), (dx(1), 2.0)):
        assert comm.allreduce(fem.assemble_scalar(fem.form(one * measure))) == pytest.approx(
            expected, rel=1e-6, abs=0.0
        )
    assert made.topology.index_map(2).size_global == 24
    ghosts = comm.allreduce(made.topology.index_map(2).num_ghosts)
    assert (ghosts > 0) == (comm.size > 1 and mode == GhostMode.shared_facet)


@pytest.mark.mpi
@pytest.mark.parametrize("kind", [{}, {"order": 2}, {"shape": "triangle"}])
def test_paraview_output(kind, shared_tmp_path):
    domain = channel(20 * nm, 10 * nm, resolve=3 * nm, **kind)
    u = fem.Function(fem.functionspace(domain.mesh, ("Lagrange", kind.get("order", 1))), name="u")
    u.interpolate(lambda x: np.cos(np.pi * x[0] / 2))
    with VTXWriter(domain.comm, shared_tmp_path / "u.bp", [u]) as writer:
        writer.write(0.0)
    assert (shared_tmp_path / "u.bp").exists()


@pytest.mark.mpi
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
@pytest.mark.parametrize("cells", [(1, 4), (2, 4)])
def test_too_few_cells_across_the_period(cells, shape):
    with pytest.raises(MeshError, match="at least 3"):
        rectangle((1 * nm, 1 * nm), cells, periodic="x", shape=shape)
    with pytest.raises(MeshError, match="at least 3"):
        rectangle((1 * nm, 1 * nm), (4, cells[0]), periodic="xy", shape=shape)
    rectangle((1 * nm, 1 * nm), (3, cells[0]), periodic="x", shape=shape)


def test_corner_of_two_periods_is_one_node():
    merged = merge_nodes(4, [np.array([[0, 1], [2, 3]]), np.array([[0, 2], [1, 3]])])
    assert merged.tolist() == [0, 0, 0, 0]


def test_sides_that_do_not_match():
    nodes = np.array([[0.0, 0.0], [0.0, 1.0], [2.0, 0.0], [2.0, 1.0], [2.0, 0.5]])
    pairs, period = match_sides(nodes, np.array([1, 0]), np.array([2, 3]), 0)
    assert period == 2.0 and sorted(map(tuple, pairs.tolist())) == [(0, 2), (1, 3)]
    with pytest.raises(MeshError, match="2 and 3 nodes"):
        match_sides(nodes, np.array([0, 1]), np.array([2, 3, 4]), 0)
    with pytest.raises(MeshError, match="do not match"):
        match_sides(nodes, np.array([0, 1]), np.array([2, 4]), 0)
    with pytest.raises(MeshError, match="lower side first"):
        match_sides(nodes, np.array([2, 3]), np.array([0, 1]), 0)
