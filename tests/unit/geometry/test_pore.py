# SPDX-License-Identifier: LGPL-3.0-or-later
"""Axisymmetric pores: names, areas and volumes, sizes of the cells, and what is refused."""

import numpy as np
import pytest
from mpi4py import MPI
from pores import approx
from scipy.integrate import quad

from fem_ionics.errors import MeshError, ParameterError
from fem_ionics.geometry import bullet_pore, conical_pore, cylindrical_pore, hourglass_pore, pore
from fem_ionics.parameters import Edge
from fem_ionics.units import nm

TIP, BASE, L, R, H = 3 * nm, 10 * nm, 40 * nm, 30 * nm, 25 * nm
DEBYE = 1 * nm
COMMON = {"reservoir": (R, H), "resolve": DEBYE}
LIQUID = {"cis reservoir", "pore", "trans reservoir", "fluid"}
WALLS = {"cis", "trans", "pore wall", "cis membrane", "trans membrane", "membrane", "walls", "axis"}


def cone(**changes):
    return conical_pore(TIP, BASE, L, **(COMMON | changes))


def nodes_of(domain):
    """Distinct nodes (r, z) of the whole mesh, nm, sorted by z, then r."""
    x = np.concatenate(domain.comm.allgather(domain.mesh.geometry.x[:, :2])) * domain.unit / nm
    x = np.unique(np.round(x[:, ::-1], 9), axis=0)
    return x[:, ::-1]


def radii_at(domain, z):
    x = nodes_of(domain)
    return x[np.abs(x[:, 1] - z / nm) < 1e-6, 0]


def worst_ratio(line):
    cells = np.diff(line)
    ratios = cells[1:] / cells[:-1]
    return max(ratios.max(), 1 / ratios.min())


@pytest.mark.mpi
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
@pytest.mark.parametrize("array", [False, True])
def test_names_areas_and_volumes_of_a_cone(shape, array):
    domain = cone(shape=shape, array=array)
    assert set(domain.regions) == LIQUID
    assert set(domain.boundaries) == WALLS | ({"cell side"} if array else set())
    assert domain.axisymmetric
    frustum = np.pi * L / 3 * (TIP**2 + TIP * BASE + BASE**2)
    side, end = 2 * np.pi * R * H, np.pi * R**2
    assert domain.volume("pore") == approx(frustum, rel=1e-12)
    assert domain.volume("cis reservoir") == approx(end * H, rel=1e-12)
    assert domain.volume("fluid") == approx(frustum + 2 * end * H, rel=1e-12)
    assert domain.area("pore wall") == approx(np.pi * (TIP + BASE) * np.hypot(L, BASE - TIP), rel=1e-12)
    assert domain.area("cis membrane") == approx(np.pi * (R**2 - BASE**2), rel=1e-12)
    assert domain.area("trans membrane") == approx(np.pi * (R**2 - TIP**2), rel=1e-12)
    assert domain.area("membrane") == approx(np.pi * (2 * R**2 - TIP**2 - BASE**2), rel=1e-12)
    assert domain.area("walls") == approx(domain.area("membrane") + domain.area("pore wall"), rel=1e-12)
    assert domain.area("trans") == approx(end if array else end + side, rel=1e-12)
    if array:
        assert domain.area("cell side") == approx(2 * side, rel=1e-12)
    np.testing.assert_allclose(domain.bounds[0], [0, -L / 2 - H], atol=1e-12 * L)
    np.testing.assert_allclose(domain.bounds[1], [R, L / 2 + H], atol=1e-12 * L)


def test_the_base_is_cis_and_the_tip_trans():
    domain = cone()
    assert np.isin(BASE / nm, radii_at(domain, -L / 2))
    assert np.isin(TIP / nm, radii_at(domain, L / 2))


@pytest.mark.mpi
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_a_dielectric_membrane_is_meshed_and_conforms(shape):
    domain = cone(membrane="dielectric", shape=shape, array=True)
    assert set(domain.regions) == LIQUID | {"membrane"}
    assert set(domain.boundaries) == WALLS | {"cell side", "membrane rim"}
    frustum = np.pi * L / 3 * (TIP**2 + TIP * BASE + BASE**2)
    assert domain.volume("membrane") == approx(np.pi * R**2 * L - frustum, rel=1e-12)
    assert domain.area("membrane rim") == approx(2 * np.pi * R * L, rel=1e-12)
    assert domain.solids == ("membrane",)
    # Facets between liquid and membrane count once, from the liquid.
    bare = cone(shape=shape, array=True)
    for name in ("pore wall", "cis membrane", "trans membrane", "walls"):
        assert domain.area(name) == approx(bare.area(name), rel=1e-12)
    # With hanging nodes there would be outer facets inside, which no name accounts for.
    topology = domain.mesh.topology
    topology.create_connectivity(1, 2)
    links = topology.connectivity(1, 2)
    owned = topology.index_map(1).size_local
    if domain.comm.size == 1:
        outer = {f for f in range(owned) if len(links.links(f)) == 1}
        assert outer == set(domain.facets("cis", "trans", "axis", "cell side", "membrane rim").tolist())
        assert all(len(links.links(f)) == 2 for f in domain.facets("walls"))
    vertices, edges, cells = (topology.index_map(d).size_global for d in (0, 1, 2))
    assert vertices - edges + cells == 1
    count = domain.comm.allreduce(int(np.sum(domain.facets("walls") < owned)))
    assert count == domain.comm.allreduce(int(np.sum(domain.facets("pore wall", "membrane") < owned))) > 40


@pytest.mark.mpi
@pytest.mark.parametrize("refine", [1.0, 2.0])
def test_walls_and_faces_are_resolved(refine):
    domain = cone(refine=refine)
    for name in ("pore wall", "cis membrane", "trans membrane"):
        assert 0.35 * DEBYE / refine < domain.wall_spacing(name) <= 0.5 * DEBYE / refine
    # Each mouth's corner is resolved outwards, too.
    for z, a in ((-L / 2, BASE / nm), (L / 2, TIP / nm)):
        outside = radii_at(domain, z)
        outside = outside[outside >= a - 1e-6]
        assert 0.2 / refine < outside[1] - outside[0] <= 0.5 / refine


def test_the_first_cell_at_the_wall_stays_where_the_pore_narrows():
    domain = pore(lambda x, math: 6 * nm + 4 * nm * math.cos(2 * np.pi * x[2] / L), L, **COMMON)
    for z in np.unique(nodes_of(domain)[:, 1]):
        if abs(z) < L / nm / 2:
            a = 6 + 4 * np.cos(2 * np.pi * z * nm / L)
            radii = radii_at(domain, z * nm)
            # Midpoints of the quadratic geometry lie between.
            assert radii[-1] == approx(a, rel=1e-9)
            assert 0.09 < radii[-1] - radii[-2] <= 0.2500001 or a < 4


@pytest.mark.parametrize("resolve", [0.2 * nm, 1 * nm, 4 * nm])
def test_cells_grow_by_at_most_the_growth(resolve):
    domain = cone(resolve=resolve)
    axial = np.unique(nodes_of(domain)[:, 1])
    assert worst_ratio(axial) < 1.31
    for z in (-L / 2 - H, -L / 2, 0.0, L / 2):
        nearest = axial[np.argmin(np.abs(axial - z / nm))] * nm
        assert worst_ratio(radii_at(domain, nearest)) < 1.31


def test_cells_stay_within_radius_and_length_for_a_long_debye_length():
    domain = cone(resolve=100 * nm)
    assert domain.wall_spacing("pore wall") <= BASE / 4 * 1.0001
    axial = np.unique(nodes_of(domain)[:, 1])
    within = axial[np.abs(axial) <= L / nm / 2 + 1e-9]
    assert np.diff(within).max() <= 4.0 + 1e-9


@pytest.mark.parametrize("order", [1, 2])
def test_an_integer_refinement_keeps_the_nodes(order):
    shape = {"order": order, "neck": 2 * nm, "mouth": 5 * nm, "length": 20 * nm, **COMMON}
    coarse, fine = nodes_of(hourglass_pore(**shape)), nodes_of(hourglass_pore(**shape, refine=2))
    assert len(fine) > 3.5 * len(coarse)
    if order == 1:
        known = {tuple(row) for row in np.round(fine, 6) + 0.0}
        assert all(tuple(row) in known for row in np.round(coarse, 6) + 0.0)


@pytest.mark.mpi
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_curved_pores_against_their_formulas(shape):
    neck, mouth, length = 2 * nm, 8 * nm, 20 * nm
    glass = hourglass_pore(neck, mouth, length, shape=shape, **COMMON)
    assert glass.volume("pore") == approx(np.pi * length * (neck**2 + (mouth**2 - neck**2) / 3), rel=1e-5)
    steep = (mouth**2 - neck**2) * 4 / length**2
    area = quad(lambda z: 2 * np.pi * np.sqrt(neck**2 + steep * z**2 + (steep * z) ** 2), -length / 2, length / 2)[0]
    assert glass.area("pore wall") == approx(area, rel=1e-4)
    h = 5.0
    bullet = bullet_pore(TIP, BASE, L, curvature=h, shape=shape, **COMMON)

    def radius(s):
        return (BASE - TIP * np.exp(-h) - (BASE - TIP) * np.exp(-s * h)) / (1 - np.exp(-h))

    volume = np.pi * L * quad(lambda s: radius(s) ** 2, 0, 1)[0]
    assert bullet.volume("pore") == approx(volume, rel=1e-5)
    # Half-way along it is wider than the cone, and the tip is on the trans side.
    assert radius(0.5) > (TIP + BASE) / 2
    assert bullet.area("trans membrane") == approx(np.pi * (R**2 - TIP**2), rel=1e-12)
    straight = bullet_pore(TIP, BASE, L, curvature=0, shape=shape, **COMMON)
    assert straight.volume("pore") == approx(cone().volume("pore"), rel=1e-12)


def test_symmetric_pores_have_symmetric_meshes():
    for shape in ("quadrilateral", "triangle"):
        domain = hourglass_pore(2 * nm, 5 * nm, 20 * nm, shape=shape, **COMMON)
        middles = domain.mesh.geometry.x[domain.mesh.geometry.dofmaps[0], :2].mean(axis=1) * domain.unit / nm
        known = {tuple(row) for row in np.round(middles, 6) + 0.0}
        assert {(r, -z + 0.0) for r, z in known} == known


def test_edges_become_nodes_and_are_refined():
    plain, patched = cone(), cone(edges=[0.0, Edge("z", 5 * nm, 2 * nm), 100 * nm])
    axial = np.unique(nodes_of(patched)[:, 1])
    assert np.isin([0.0, 5.0], axial).all()
    cells = np.diff(axial)
    at = np.searchsorted(axial, 0.0)
    assert max(cells[at - 1], cells[at]) <= 0.5 + 1e-9
    at = np.searchsorted(axial, 5.0)
    assert 0.5 < max(cells[at - 1], cells[at]) <= 2.0
    assert patched.cells_total > plain.cells_total


def test_sizes_of_typical_pores():
    long = {"tip": 5 * nm, "base": 50 * nm, "length": 1000 * nm, "reservoir": 1000 * nm}
    assert 2000 < conical_pore(**long, resolve=3 * nm).cells_total < 3500
    assert conical_pore(**long, resolve=0.3 * nm).cells_total < 8000
    assert cylindrical_pore(5 * nm, 20 * nm, reservoir=100 * nm, resolve=1 * nm).cells_total < 1200


@pytest.mark.mpi(least=2)
@pytest.mark.parametrize("kind", [{}, {"shape": "triangle", "membrane": "dielectric", "order": 2}])
def test_the_mesh_is_the_same_on_any_number_of_ranks(kind):
    assert cone(**kind).checksum() == cone(**kind, comm=MPI.COMM_SELF).checksum()


@pytest.mark.mpi
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"resolve": 0.0}, "resolve"),
        ({"refine": -1}, "refine"),
        ({"shape": "hexagon"}, "shape"),
        ({"order": 3}, "order"),
        ({"membrane": "gold"}, "insulator"),
        ({"reservoir": BASE}, "5 %"),
        ({"reservoir": (R, H, H)}, "height"),
        ({"reservoir": (R, -H)}, "reservoir"),
        ({"edges": [Edge("x", 0.0, 0.0)]}, "along"),
        ({"edges": ["middle"]}, "edges"),
    ],
)
def test_what_is_refused(changes, words):
    with pytest.raises(ParameterError, match=words):
        cone(**changes)


@pytest.mark.mpi
def test_shapes_that_are_refused():
    with pytest.raises(ParameterError, match="narrower"):
        conical_pore(BASE, TIP, L, **COMMON)
    with pytest.raises(ParameterError, match="curvature"):
        bullet_pore(TIP, BASE, L, curvature=1e3, **COMMON)
    with pytest.raises(ParameterError, match="narrower"):
        hourglass_pore(BASE, TIP, L, **COMMON)
    with pytest.raises(ParameterError, match="radius"):
        cylindrical_pore(-TIP, L, **COMMON)
    with pytest.raises(ParameterError, match=r"\(x, math\)"):
        pore(lambda z: TIP, L, **COMMON)
    with pytest.raises(MeshError, match="stay positive"):
        pore(lambda x, math: TIP * x[2] / L, L, **COMMON)
    with pytest.raises(MeshError, match="finite"):
        pore(lambda x, math: TIP / (x[2] + L / 2), L, **COMMON)
