# SPDX-License-Identifier: LGPL-3.0-or-later
"""Channels: sizes, names, exact symmetry, waves, and what is refused."""

import basix.ufl
import numpy as np
import pytest
import ufl
from dolfinx import fem
from mpi4py import MPI
from scipy.integrate import quad

from fem_ionics.errors import MeshError, ParameterError
from fem_ionics.geometry import channel
from fem_ionics.parameters import Edge, pattern
from fem_ionics.units import nm

L, H, DEBYE = 50 * nm, 10 * nm, 0.96 * nm
WAVE = 1.0 * nm * pattern.cosine("x", wavelength=L)
PATCHES = pattern.alternating_patches("x", wavelength=L, edge=1 * nm)


def flagship(**changes):
    return channel(**({"length": L, "height": H, "resolve": DEBYE} | changes))


def nodes_of(domain):
    """Distinct nodes of the whole mesh in mesh units, sorted."""
    owned = domain.mesh.topology.index_map(2).size_local
    local = domain.mesh.geometry.x[np.unique(domain.mesh.geometry.dofmaps[0][:owned]), :2]
    together = np.concatenate(domain.comm.allgather(local))
    # Twins of cell-wise nodes differ in no bit, or by round-off on a wavy wall.
    return together[np.unique(np.round(together, 12), axis=0, return_index=True)[1]]


def is_mirror_symmetric(domain, axis, tolerance):
    nodes = nodes_of(domain)
    image = nodes * np.where(np.arange(2) == axis, -1.0, 1.0)
    order, other = (np.lexsort(np.round(each, 11).T + 0.0) for each in (nodes, image))
    return np.abs(nodes[order] - image[other]).max() <= tolerance


@pytest.mark.mpi
def test_flagship_is_small_and_resolves_the_debye_length():
    domain = flagship(half=True)
    assert 100 <= domain.cells_total <= 160
    assert 0.35 * DEBYE < domain.wall_spacing("walls") <= 0.5 * DEBYE
    assert domain.multiplicity == 2
    assert domain.unit == pytest.approx(5 * nm, rel=1e-6, abs=0.0)
    assert dict(domain.periods) == pytest.approx({"x": L}, rel=1e-6, abs=0.0)


@pytest.mark.mpi
@pytest.mark.parametrize("half", [True, False])
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_names_areas_and_dofs(half, shape):
    domain = flagship(half=half, shape=shape)
    assert domain.volume() == pytest.approx(L * H, rel=1e-12, abs=0.0)
    assert domain.volume("fluid") == pytest.approx(L * H, rel=1e-12, abs=0.0)
    assert domain.area("walls") == pytest.approx(2 * L, rel=1e-12, abs=0.0)
    names = {"top wall", "walls", "symmetry"} if half else {"top wall", "bottom wall", "walls"}
    assert set(domain.boundaries) == names
    assert domain.area("top wall") == pytest.approx((2 if half else 1) * L, rel=1e-12, abs=0.0)
    assert domain.curved == frozenset()
    np.testing.assert_allclose(domain.bounds[0], [-L / 2, 0.0 if half else -H / 2], atol=1e-12 * L)
    np.testing.assert_allclose(domain.bounds[1], [L / 2, H / 2], atol=1e-12 * L)
    # Closed in x: vertices = edges - cells, and each quadratic unknown sits on one of the three or inside.
    topology = domain.mesh.topology
    vertices, facets, cells = (topology.index_map(d).size_global for d in (0, 1, 2))
    assert vertices - facets + cells == 0
    dofs = fem.functionspace(domain.mesh, ("Lagrange", 2)).dofmap.index_map.size_global
    assert dofs == vertices + facets + (cells if shape == "quadrilateral" else 0)


@pytest.mark.mpi
def test_open_channel_has_ends():
    domain = flagship(periodic=None)
    assert domain.area("left") == pytest.approx(H, rel=1e-12, abs=0.0)
    assert domain.area(["left", "right"]) == pytest.approx(2 * H, rel=1e-12, abs=0.0)
    assert domain.area() == pytest.approx(2 * (L + H), rel=1e-12, abs=0.0)
    assert not domain.periods


@pytest.mark.mpi
@pytest.mark.parametrize(
    "kind",
    [
        {},
        {"pattern": PATCHES},
        {"order": 2},
        {"shape": "triangle"},
        {"shape": "triangle", "pattern": PATCHES},
    ],
)
def test_mirror_symmetry_to_the_last_bit(kind):
    domain = flagship(**kind)
    assert is_mirror_symmetric(domain, 0, 0.0)
    assert is_mirror_symmetric(domain, 1, 0.0)


@pytest.mark.mpi
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_mirror_symmetry_of_a_wavy_channel(shape):
    domain = flagship(wall=WAVE, shape=shape)
    assert is_mirror_symmetric(domain, 0, 1e-15)
    assert is_mirror_symmetric(domain, 1, 1e-15)


def test_asymmetric_edges_are_nodes_and_stay_periodic():
    domain = flagship(edges=[3 * nm, -12.5 * nm])
    axial = np.unique(np.round(nodes_of(domain)[:, 0] * domain.unit / nm, 9))
    assert np.isin([3.0, -12.5], axial).all()
    triangles = flagship(edges=[3 * nm, -12.5 * nm], shape="triangle")
    assert triangles.area("walls") == pytest.approx(2 * L, rel=1e-12, abs=0.0)
    assert not is_mirror_symmetric(triangles, 0, 1e-3)


def test_patches_refine_the_mesh_at_their_edges():
    plain, patched = flagship(), flagship(pattern=PATCHES)
    cells = np.diff(np.unique(np.round(nodes_of(patched)[:, 0], 12))) * patched.unit
    assert patched.cells_total > 1.3 * plain.cells_total
    assert 0.5 * nm < cells.min() <= 1 * nm


@pytest.mark.mpi
@pytest.mark.parametrize("half", [True, False])
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_wavy_channel_against_quadrature(half, shape):
    domain = flagship(wall=WAVE, half=half, shape=shape, refine=2.0)
    k = 2 * np.pi / L
    length = quad(lambda x: np.sqrt(1 + (1 * nm * k * np.sin(k * x)) ** 2), -L / 2, L / 2)[0]
    assert domain.volume() == pytest.approx(L * H, rel=1e-7, abs=0.0)
    assert domain.area("walls") == pytest.approx(2 * length, rel=1e-6, abs=0.0)
    assert "walls" in domain.curved and "symmetry" not in domain.curved
    assert domain.mesh.geometry.cmaps[0].degree == 2


def l2_error(domain):
    """Distance of the Q2 interpolant from a smooth periodic function."""
    k = 2 * np.pi / (L / domain.unit)
    space = fem.functionspace(domain.mesh, basix.ufl.element("Lagrange", domain.mesh.basix_cell(), 2))
    u = fem.Function(space)
    u.interpolate(lambda x: np.sin(k * x[0] + 0.3) * np.exp(0.7 * x[1]))
    x = ufl.SpatialCoordinate(domain.mesh)
    difference = u - ufl.sin(k * x[0] + 0.3) * ufl.exp(0.7 * x[1])
    square = fem.assemble_scalar(fem.form(difference**2 * domain.dx(degree=8)))
    return np.sqrt(domain.comm.allreduce(square))


@pytest.mark.mpi
@pytest.mark.parametrize("kind", [{}, {"wall": WAVE, "half": True}, {"wall": WAVE, "shape": "triangle"}])
def test_third_order_across_the_seam(kind):
    errors = [l2_error(flagship(refine=refine, **kind)) for refine in (1.0, 2.0, 4.0)]
    # Unstructured triangles scatter a little about the order; quadrilaterals are nested.
    slack = 0.25 if kind.get("shape") == "triangle" else 0.1
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(orders, 3.0, atol=slack)


@pytest.mark.mpi(least=2)
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_same_mesh_on_any_number_of_ranks(shape):
    together, alone = (flagship(wall=WAVE, shape=shape, comm=comm) for comm in (MPI.COMM_WORLD, MPI.COMM_SELF))
    assert together.checksum() == alone.checksum()
    assert together.cells_total == alone.cells_total
    assert together.volume() == pytest.approx(alone.volume(), rel=1e-13, abs=0.0)
    assert together.area("walls") == pytest.approx(alone.area("walls"), rel=1e-13, abs=0.0)
    assert together.wall_spacing("top wall") == pytest.approx(alone.wall_spacing("top wall"), rel=1e-13, abs=0.0)
    assert together.curved == alone.curved
    assert len({*together.comm.allgather(together.checksum())}) == 1
    assert flagship(shape=shape).checksum() != alone.checksum()


def test_numbers_of_cells_by_hand():
    domain = flagship(axial=14, across=5)
    assert domain.cells_total == 14 * 10
    assert domain.wall_spacing("walls") == pytest.approx(0.5 * DEBYE, rel=1e-9, abs=0.0)
    assert flagship(axial=14, across=5, half=True).cells_total == 14 * 5


def test_debye_length_beyond_the_height_is_allowed():
    assert flagship(resolve=3 * H).wall_spacing("walls") == pytest.approx(H / 8, rel=1e-9, abs=0.0)


@pytest.mark.mpi
@pytest.mark.parametrize(
    "bad, word",
    [
        ({"length": 0.0}, "length"),
        ({"height": -H}, "height"),
        ({"height": float("nan")}, "height"),
        ({"resolve": 0.0}, "resolve"),
        ({"refine": float("inf")}, "refine"),
        ({"shape": "hexagon"}, "hexagon"),
        ({"periodic": "y"}, "periodic"),
        ({"order": 3}, "order"),
        ({"axial": 2}, "axial"),
        ({"across": 0}, "across"),
        ({"axial": 8, "shape": "triangle"}, "triangles"),
        ({"edges": [float("nan")]}, "edges"),
        ({"edges": [Edge("y", 0.0, 0.0)]}, "along"),
        ({"wall": "wavy"}, "wavy"),
        ({"pattern": "striped"}, "striped"),
    ],
)
def test_bad_input(bad, word):
    with pytest.raises(ParameterError, match=word):
        flagship(**bad)


@pytest.mark.mpi
def test_impossible_walls():
    with pytest.raises(MeshError, match=r"closes the channel.* -6e-09 m"):
        flagship(wall=6 * WAVE)
    with pytest.raises(MeshError, match=r"periodic but its wall is not.*1e-09 m"):
        flagship(wall=pattern.linear("x", 0.0, 1 * nm, from_=-L / 2, to=L / 2))
    assert "walls" in flagship(wall=pattern.linear("x", 0.0, 1 * nm, from_=-L / 2, to=L / 2), periodic=None).curved
    with pytest.raises(MeshError, match="not finite"):
        flagship(wall=lambda x, math: x[0] * float("nan"))


def test_gmsh_of_the_user_is_left_alone():
    import gmsh

    assert not gmsh.isInitialized()
    flagship()
    assert not gmsh.isInitialized()
    gmsh.initialize(readConfigFiles=False, interruptible=False)
    try:
        gmsh.model.add("mine")
        gmsh.option.setNumber("Mesh.Algorithm", 5)
        models = gmsh.model.list()
        flagship(shape="triangle")
        assert gmsh.isInitialized()
        assert gmsh.model.getCurrent() == "mine" and gmsh.model.list() == models
        assert gmsh.option.getNumber("Mesh.Algorithm") == 5
    finally:
        gmsh.finalize()
