# SPDX-License-Identifier: LGPL-3.0-or-later
"""Pores of hexahedra: names, areas and volumes, cells that do not fold, layers, and the current of the half plane."""

import numpy as np
import pytest
from mpi4py import MPI
from pores import WALLS, A, H, L, R, approx, wall_nodes

import fem_ionics as fi
from fem_ionics.errors import MeshError, ParameterError
from fem_ionics.geometry import conical_pore, cylindrical_pore, hourglass_pore, pore_turned, refined
from fem_ionics.parameters import Edge
from fem_ionics.units import nm

HEXAHEDRA = {"reservoir": (R, H), "resolve": 3 * nm, "dimension": 3, "shape": "hexahedron"}
FLAT = {"reservoir": (R, H), "resolve": 3 * nm}


def cylinder(**changes):
    return cylindrical_pore(A, L, **(HEXAHEDRA | changes))


@pytest.fixture
def least(monkeypatch):
    """Least determinant of each mesh that is made in this test, over the mean of its cell."""
    found, right = [], pore_turned.least_jacobian
    monkeypatch.setattr(pore_turned, "least_jacobian", lambda mesh: found.append(right(mesh)) or found[-1])
    return found


@pytest.mark.mpi
@pytest.mark.parametrize(("order", "rel"), [(1, 0.03), (2, 1e-4)])
def test_names_areas_and_volumes(order, rel):
    domain = cylinder(order=order)
    assert set(domain.regions) == {"cis reservoir", "pore", "trans reservoir", "fluid"}
    assert set(domain.boundaries) == WALLS
    assert not domain.axisymmetric and domain.dim == 3
    section, end = np.pi * A**2, np.pi * R**2
    assert domain.volume("pore") == approx(section * L, rel=rel)
    assert domain.volume("trans reservoir") == approx(end * H, rel=rel)
    assert domain.area("pore wall") == approx(2 * np.pi * A * L, rel=rel)
    assert domain.area("cis membrane") == approx(end - section, rel=rel)
    assert domain.area("cis") == approx(end + 2 * np.pi * R * H, rel=rel)
    assert domain.area("walls") == approx(domain.area("membrane") + domain.area("pore wall"), rel=1e-12)
    assert domain.area() == approx(domain.area("walls") + domain.area(["cis", "trans"]), rel=1e-12)


def test_straight_sides_are_those_of_a_polygon():
    sixteenth = np.pi / 8
    polygon = 8 * A**2 * np.sin(sixteenth)
    assert cylinder(order=1).volume("pore") == approx(polygon * L, rel=1e-10)
    assert cylinder(order=1, refine=2.0).volume("pore") == approx(16 * A**2 * np.sin(sixteenth / 2) * L, rel=1e-10)


@pytest.mark.parametrize("make", [conical_pore, hourglass_pore])
def test_the_same_pore_flat_and_solid(make, least):
    shape = (2 * nm, 4 * nm, L)
    solid, flat = (make(*shape, **given, array=True) for given in (HEXAHEDRA, FLAT))
    for name in flat.regions:
        assert solid.volume(name) == approx(flat.volume(name), rel=1e-4)
    for name in sorted(set(flat.boundaries) - {"axis"}):
        assert solid.area(name) == approx(flat.area(name), rel=1e-4)
    assert set(flat.boundaries) - set(solid.boundaries) == {"axis"}
    assert solid.mesh.geometry.dofmaps[0].shape[1] == 27
    assert least[0] > 0.5


def test_thin_layers_everywhere(least):
    """The cells of the half plane, so many times around that the core replaces some."""
    thin = {"resolve": 0.2 * nm, "edges": (Edge("z", 1 * nm, 0.5 * nm),)}
    solid, flat = cylinder(**thin), cylindrical_pore(A, L, **(FLAT | thin))
    for name in ("pore wall", "cis membrane", "trans membrane"):
        assert solid.wall_spacing(name) == approx(flat.wall_spacing(name), rel=0.05)
    heights = [np.unique(np.round(d.mesh.geometry.x[:, d.dim - 1] * d.unit / nm, 9)) for d in (solid, flat)]
    # Nodes between the vertices halve the cells.
    np.testing.assert_allclose(heights[0][::2], heights[1], atol=1e-8)
    assert 9 < solid.cells_total / flat.cells_total < 16
    assert least[0] > 0.5


def test_an_ellipse_off_the_centre_of_a_square_cell_with_a_dielectric_membrane(least):
    x, y, aspect = 2 * nm, -3 * nm, 2.0
    domain = cylinder(offset=(x, y), aspect=aspect, cell="square", array=True, membrane="dielectric")
    assert set(domain.boundaries) == WALLS | {"cell side", "membrane rim"}
    section = np.pi * A**2
    assert domain.volume("pore") == approx(section * L, rel=1e-4)
    assert domain.volume("membrane") == approx((4 * R**2 - section) * L, rel=1e-4)
    assert domain.area("cell side") == approx(16 * R * H, rel=1e-12)
    assert domain.area("membrane rim") == approx(8 * R * L, rel=1e-12)
    assert domain.area("trans") == approx(4 * R**2, rel=1e-12)
    assert domain.area("cis membrane") == approx(4 * R**2 - section, rel=1e-4)
    wall = wall_nodes(domain)
    long, short = A * np.sqrt(aspect), A / np.sqrt(aspect)
    np.testing.assert_allclose(((wall[:, 0] - x) / long) ** 2 + ((wall[:, 1] - y) / short) ** 2, 1.0, atol=1e-12)
    # Liquid and membrane share every facet of the wall.
    domain.mesh.topology.create_connectivity(2, 3)
    links = domain.mesh.topology.connectivity(2, 3)
    assert all(len(links.links(f)) == 2 for f in domain.facets("walls"))
    assert least[0] > 0.4


def test_layers_of_an_ellipse_are_no_thicker():
    thin = {"resolve": 1 * nm, "refine": 0.5}
    assert cylinder(aspect=4.0, **thin).wall_spacing("pore wall") < 1.01 * cylinder(**thin).wall_spacing("pore wall")


@pytest.mark.parametrize("refine", [0.3, 1.5, 2.0])
def test_cells_around(refine, least):
    domain = cylinder(refine=refine, array=True)
    around = 8 * np.ceil(2 * refine)
    assert len(domain.facets("pore wall")) % around == 0
    assert len(np.unique(np.round(np.arctan2(*wall_nodes(domain)[:, :2].T), 6))) in (2 * around, 2 * around + 1)
    assert least[0] > 0.5


@pytest.mark.mpi
def test_ranks_agree():
    assert cylinder().checksum() == cylinder(comm=MPI.COMM_SELF).checksum()


@pytest.mark.mpi
def test_cells_that_fold_are_refused(monkeypatch):
    right = pore_turned._sections
    monkeypatch.setattr(pore_turned, "_sections", lambda *given: right(*given) * np.array([1.0, -1.0]))
    with pytest.raises(MeshError, match="tetrahedron"):
        cylinder()


@pytest.mark.mpi
@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dimension": 2}, "triangle"),
        ({"shape": "prism"}, '"tetrahedron" or "hexahedron"'),
        ({"order": 3}, "use 1 or 2"),
        ({"refine": 0.2}, "make it larger"),
        ({"offset": (9 * nm, 0.0)}, "side of the reservoirs"),
    ],
)
def test_what_is_refused(changes, words):
    with pytest.raises(ParameterError, match=words):
        cylinder(**changes)


def test_refinement_wants_tetrahedra():
    with pytest.raises(MeshError, match="tetrahedra are needed"):
        refined(cylinder(), np.array([0]))


@pytest.mark.filterwarnings("ignore::fem_ionics.errors.ResolutionWarning")
def test_the_current_is_that_of_the_half_plane():
    """Within 0.1 % where the layers are resolved, on few cells; beyond it on fewer."""
    kcl = fi.Electrolyte.kcl(100.0)

    def current(newton, **options):
        pore = cylindrical_pore(2 * nm, 4 * nm, reservoir=4 * nm, **options)
        conditions = [
            fi.Bath(kcl, potential=0.05, on="cis"),
            fi.Bath(kcl, on="trans"),
            fi.SurfaceCharge(-0.02, on="pore wall"),
        ]
        return fi.observe.Current(on="trans")(fi.steady(fi.PNP(kcl, pore, conditions), newton=newton))

    solid = {"dimension": 3, "shape": "hexahedron"}
    exact = current(fi.Newton("direct"), resolve=0.05 * nm)
    coarse, fine = (
        current(fi.Newton("iterative"), resolve=resolve, refine=0.5, **solid) for resolve in (1 * nm, 0.25 * nm)
    )
    assert abs(fine / exact - 1) < 1e-3 < abs(coarse / exact - 1)
