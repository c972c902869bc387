# SPDX-License-Identifier: LGPL-3.0-or-later
"""Pores through stacks of sheets: sizes, names, galleries, and what is refused."""

import numpy as np
import pytest
from mpi4py import MPI

from fem_ionics.errors import ParameterError, TagError
from fem_ionics.geometry import layered_pore
from fem_ionics.units import nm

A, SPACING, THICKNESS, R, H = 0.67 * nm, 0.34 * nm, 0.14 * nm, 2.0 * nm, 1.5 * nm
STACK = {"spacing": SPACING, "thickness": THICKNESS, "reservoir": (R, H), "resolve": 0.1 * nm}
GAP = SPACING - THICKNESS


def approx(expected):
    """Relative only: areas in m2 and volumes in m3 lie below the absolute tolerance of pytest."""
    return pytest.approx(expected, rel=1e-10, abs=0.0)


@pytest.mark.mpi
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
@pytest.mark.parametrize("array", [False, True])
def test_open_galleries(shape, array):
    end = 1.5 * nm
    domain = layered_pore(A, sheets=4, gallery_radius=end, shape=shape, array=array, **STACK)
    disc, ring = np.pi * A**2, np.pi * (end**2 - A**2)
    for number in range(1, 5):
        assert domain.area(f"sheet {number}") == approx(2 * np.pi * A * THICKNESS)
        assert domain.volume(f"sheet {number} opening") == approx(disc * THICKNESS)
    assert domain.area("pore wall") == domain.area("sheets") == approx(4 * 2 * np.pi * A * THICKNESS)
    assert domain.volume("interlayer 2") == approx(disc * GAP)
    assert domain.volume("interlayers") == approx(3 * disc * GAP)
    assert domain.volume("pore") == approx(disc * (3 * SPACING + THICKNESS))
    assert domain.volume("galleries") == approx(3 * ring * GAP)
    assert domain.area("gallery wall") == approx(3 * (2 * ring + 2 * np.pi * end * GAP))
    assert domain.area("cis membrane") == approx(np.pi * (R**2 - A**2))
    assert domain.area("trans membrane") == approx(np.pi * (R**2 - A**2))
    assert domain.area("cis") == approx(np.pi * R**2 + (0 if array else 2 * np.pi * R * H))
    assert ("cell side" in domain.boundaries) is array
    parts = ("cis reservoir", "trans reservoir", "pore", "galleries")
    assert domain.volume() == approx(domain.volume("fluid"))
    assert domain.volume() == approx(sum(domain.volume(part) for part in parts))
    # Every outer facet has a name.
    sides = ["cell side"] if array else []
    assert domain.area(["walls", "cis", "trans", *sides]) == approx(domain.area())
    assert domain.shape is None


@pytest.mark.mpi
def test_sealed_galleries_are_a_straight_pore_with_stripes():
    domain = layered_pore(A, sheets=4, galleries="sealed", **STACK)
    length = 3 * SPACING + THICKNESS
    assert domain.area("sheets") == approx(4 * 2 * np.pi * A * THICKNESS)
    assert domain.area("gallery wall") == approx(3 * 2 * np.pi * A * GAP)
    assert domain.area("pore wall") == approx(2 * np.pi * A * length)
    assert domain.volume() == approx(np.pi * (A**2 * length + 2 * R**2 * H))
    assert "galleries" not in domain.regions
    assert domain.shape.length == approx(length)
    with pytest.raises(TagError, match="galleries"):
        domain.volume("galleries")


@pytest.mark.mpi
def test_sheets_count_from_cis_and_are_symmetric():
    domain = layered_pore(A, sheets=3, **STACK)
    for number, middle in ((1, -SPACING), (2, 0.0), (3, SPACING)):
        rows = domain.mesh.geometry.dofmaps[0][domain.cells(f"sheet {number} opening")]
        z = domain.mesh.geometry.x[rows.ravel(), 1] * domain.unit
        found = np.concatenate(domain.comm.allgather(z))
        assert 0.5 * (found.min() + found.max()) == pytest.approx(middle, rel=0.0, abs=1e-9 * nm)
        assert np.ptp(found) == approx(THICKNESS)


@pytest.mark.mpi
def test_galleries_end_at_the_reservoirs_side_by_default():
    domain = layered_pore(A, sheets=2, **STACK)
    assert domain.volume("galleries") == approx(np.pi * (R**2 - A**2) * GAP)


@pytest.mark.mpi
def test_one_sheet_has_no_galleries():
    domain = layered_pore(A, sheets=1, **STACK)
    assert not {"galleries", "interlayers", "gallery wall"} & ({*domain.regions} | {*domain.boundaries})
    assert domain.area("pore wall") == approx(2 * np.pi * A * THICKNESS)


@pytest.mark.mpi
def test_cells_resolve_the_rims():
    domain = layered_pore(A, sheets=2, **STACK)
    assert domain.wall_spacing("sheets") <= 0.05 * nm * 1.0001
    coarse = layered_pore(A, sheets=2, **(STACK | {"resolve": A}))
    # A quarter of the radius across; two cells for each sheet and gallery.
    assert coarse.wall_spacing("sheets") <= 0.25 * A * 1.0001
    z = np.concatenate(coarse.comm.allgather(coarse.mesh.geometry.x[:, 1])) * coarse.unit
    inside = np.unique(np.round(z[np.abs(z) < 0.5 * SPACING + 0.5 * THICKNESS + 1e-3 * nm] / nm, 6))
    assert len(inside) >= 7


@pytest.mark.mpi
@pytest.mark.parametrize("galleries", ["open", "sealed"])
def test_ranks_agree_and_refinement_doubles(galleries):
    domain = layered_pore(A, sheets=2, galleries=galleries, **STACK)
    alone = layered_pore(A, sheets=2, galleries=galleries, comm=MPI.COMM_SELF, **STACK)
    assert domain.checksum() == alone.checksum()
    assert layered_pore(A, sheets=2, galleries=galleries, refine=2, **STACK).cells_total == 4 * domain.cells_total


@pytest.mark.mpi
@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({"sheets": 0}, "one sheet at least"),
        ({"sheets": 1.5}, "sheets"),
        ({"spacing": THICKNESS}, "must exceed the thickness"),
        ({"spacing": -SPACING}, "spacing"),
        ({"thickness": 0.0}, "thickness"),
        ({"galleries": "shut"}, '"open" or "sealed"'),
        ({"galleries": "sealed", "gallery_radius": 1 * nm}, 'needs galleries="open"'),
        ({"gallery_radius": A}, "must exceed the pore's radius"),
        ({"gallery_radius": 1.1 * R}, "must not exceed that of the reservoirs"),
        ({"reservoir": A}, "5 % at least"),
        ({"resolve": 0.0}, "resolve"),
        ({"shape": "hexagon"}, "shape"),
    ],
)
def test_what_is_refused(given, match):
    with pytest.raises(ParameterError, match=match):
        layered_pore(A, **({"sheets": 2} | STACK | given))
