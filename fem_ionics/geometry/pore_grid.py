# SPDX-License-Identifier: LGPL-3.0-or-later
"""Axisymmetric pores as one grid of rows and columns in the half plane (r, z), bent along the pore wall."""

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from fem_ionics.geometry.nodemesh import Floats, Ints, NodeMesh
from fem_ionics.geometry.pore_nodes import PorePlan, pore_columns, pore_heights

#: Of cis and trans.
Pair = tuple[Ints, ...]

REGIONS = {"cis reservoir": (1,), "pore": (2,), "trans reservoir": (3,), "fluid": (1, 2, 3)}
_MEMBRANE = 4
#: One tag for each kind of facet; several names may share them.
FACETS = {
    "cis": 1,
    "trans": 2,
    "pore wall": 3,
    "cis membrane": 4,
    "trans membrane": 5,
    "axis": 6,
    "cell side": 7,
    "membrane rim": 8,
}
GROUPS = {"membrane": ("cis membrane", "trans membrane"), "walls": ("pore wall", "cis membrane", "trans membrane")}
#: Nodes of a cell by (column, row) within it, in halves, in DOLFINx order.
_QUADRILATERAL = {
    1: [(0, 0), (1, 0), (0, 1), (1, 1)],
    2: [(0, 0), (2, 0), (0, 2), (2, 2), (1, 0), (0, 1), (2, 1), (1, 2), (1, 1)],
}
#: Corners of the two triangles of a cell, cut along one diagonal or the other.
_RISING, _FALLING = [[0, 1, 3], [0, 2, 3]], [[0, 1, 2], [1, 2, 3]]


def pore_grid(plan: PorePlan) -> NodeMesh:
    """Mesh of a pore between its reservoirs, with its names."""
    heights, faces = pore_heights(plan)
    columns = pore_columns(plan)
    radii = columns.at(plan.profile(fine(heights, plan.order)))
    wall = columns.wall_column
    rows, count = len(heights) - 1, radii.shape[1] - 1
    values, kept = cell_values(rows, np.arange(count), faces, wall, plan.dielectric)
    ids = vertex_ids(rows, count, plan.order)
    return grid_mesh(
        grid_nodes(radii, heights, plan.order),
        plan,
        (rows, count),
        kept=kept,
        values=values,
        facets=_facets(ids, faces, wall, plan),
        regions=regions_of(plan.dielectric),
    )


def regions_of(dielectric: bool) -> Mapping[str, tuple[int, ...]]:
    """Tags of the regions by name."""
    return REGIONS | ({"membrane": (_MEMBRANE,)} if dielectric else {})


def cell_values(
    rows: int, columns: Ints, faces: tuple[int, int], wall: int, dielectric: bool
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Tags of the cells in `rows` rows of the given columns, and which of them are meshed."""
    row, column = np.arange(rows)[:, None], columns[None]
    values = 1 + (row >= faces[0]).astype(np.int32) + (row >= faces[1]).astype(np.int32)
    values = np.where((values == 2) & (column >= wall), np.int32(_MEMBRANE), values)
    return values, np.ones_like(values, dtype=bool) if dielectric else values != _MEMBRANE


def fine(line: Floats, order: int) -> Floats:
    """A line of vertices with their midpoints between for a geometry of order 2."""
    if order == 1:
        return line
    doubled = np.repeat(line, 2)[:-1]
    doubled[1::2] = 0.5 * (line[:-1] + line[1:])
    return doubled


def grid_nodes(radii: Floats, heights: Floats, order: int) -> Floats:
    """All nodes of the grid, row by row, from the radial vertices of each (fine) row."""
    r = np.array([fine(row, order) for row in radii])
    z = np.broadcast_to(fine(heights, order)[:, None], r.shape)
    return np.column_stack([r.ravel(), z.ravel()])


def vertex_ids(rows: int, columns: int, order: int) -> Ints:
    """Node ids of the vertices, shape (rows + 1, columns + 1)."""
    everything = np.arange((order * rows + 1) * (order * columns + 1), dtype=np.int64)
    return everything.reshape(order * rows + 1, -1)[::order, ::order]


class Kind(Protocol):
    """What a plan says about its cells."""

    @property
    def shape(self) -> str: ...
    @property
    def order(self) -> int: ...


def grid_mesh(
    points: Floats,
    kind: Kind,
    size: tuple[int, int],
    *,
    kept: npt.NDArray[np.bool_],
    values: npt.NDArray[Any],
    facets: Mapping[str, Ints],
    regions: Mapping[str, tuple[int, ...]],
    numbers: Mapping[str, int] = FACETS,
    groups: Mapping[str, tuple[str, ...]] = GROUPS,
) -> NodeMesh:
    """Cells of a grid, named, without the nodes that no kept cell uses.

    Parameters
    ----------
    points
        Nodes row by row.
    kind
        Shape of the cells and order of the geometry.
    size
        Rows and columns of cells.
    kept, values
        Mask and tags of the cells, shape `size`.
    facets
        Vertex ids (n, 2) by name.
    regions
        Tags by name.
    numbers
        Tag of each kind of facet.
    groups
        Kinds that further names stand for; those that are not there are left out.
    """
    rows, columns = size
    ids = np.arange(len(points), dtype=np.int64).reshape(kind.order * rows + 1, kind.order * columns + 1)
    places = _QUADRILATERAL[kind.order]
    last = kind.order * np.array([rows, columns])
    cells = np.stack([ids[j : j + last[0] : kind.order, i : i + last[1] : kind.order] for i, j in places], axis=-1)
    cells, values = cells[kept], values[kept].astype(np.int32)
    if kind.shape == "triangle":
        # Mirrored about the middle, so that a symmetric pore has a symmetric mesh.
        upper = points[cells[:, :4], 1].mean(axis=1) > 0.0
        cells = np.where(
            upper[:, None, None], cells[:, _cut(_FALLING, kind.order)], cells[:, _cut(_RISING, kind.order)]
        )
        cells, values = cells.reshape(-1, cells.shape[-1]), np.repeat(values, 2)
    return named_mesh(
        kind.shape, kind.order, points, cells, values, facets=facets, regions=regions, numbers=numbers, groups=groups
    )


def named_mesh(
    shape: str,
    order: int,
    points: Floats,
    cells: Ints,
    values: npt.NDArray[Any],
    *,
    facets: Mapping[str, Ints],
    regions: Mapping[str, tuple[int, ...]],
    numbers: Mapping[str, int] = FACETS,
    groups: Mapping[str, tuple[str, ...]] = GROUPS,
) -> NodeMesh:
    """Cells and facets, named, without the nodes that no cell uses; see `grid_mesh`."""
    used, cells = np.unique(cells, return_inverse=True)
    facets = {name: each for name, each in facets.items() if len(each)}
    tags = {name: (numbers[name],) for name in facets}
    joined = {name: tuple(numbers[each] for each in parts if each in tags) for name, parts in groups.items()}
    return NodeMesh(
        shape=shape,
        order=order,
        nodes=points[used],
        cells=cells.reshape(len(values), -1),
        cell_values=values.astype(np.int32),
        facets=np.searchsorted(used, np.concatenate(list(facets.values()))),
        facet_values=np.repeat([numbers[name] for name in facets], [len(each) for each in facets.values()]).astype(
            np.int32
        ),
        regions=regions,
        boundaries=tags | {name: group for name, group in joined.items() if group},
    )


def named_facets(
    plan: PorePlan, ends: Pair, sides: Pair, membranes: Pair, *, wall: Ints, rim: Ints, axis: Ints | None = None
) -> dict[str, Ints]:
    """Vertices of all facets by name, from those of the ends, sides and membrane faces of cis and trans, and others."""
    both = "cis", "trans"
    if not plan.array:
        # An isolated pore sees baths all around.
        ends = tuple(np.concatenate(parts) for parts in zip(ends, sides, strict=True))
    found = dict(zip(both, ends, strict=True)) | {"pore wall": wall}
    found |= {f"{name} membrane": face for name, face in zip(both, membranes, strict=True)}
    if axis is not None:
        found["axis"] = axis
    if plan.array:
        found["cell side"] = np.concatenate(sides)
    if plan.dielectric:
        found["membrane rim"] = rim
    return found


def line(ids: Ints) -> Ints:
    """Facets between neighbours of a line of vertices."""
    return np.column_stack([ids[:-1], ids[1:]])


def _cut(triangles: list[list[int]], order: int) -> Ints:
    """Which nodes of the quadrilateral make each triangle."""
    if order == 1:
        return np.array(triangles)
    places = _QUADRILATERAL[2]
    cut = []
    for corners in triangles:
        a, b, c = (np.array(places[each]) for each in corners)
        # Edge i lies opposite vertex i.
        middles = [(b + c) // 2, (a + c) // 2, (a + b) // 2]
        cut.append([*corners, *(places.index((int(m[0]), int(m[1]))) for m in middles)])
    return np.array(cut)


def _facets(ids: Ints, faces: tuple[int, int], wall: int, plan: PorePlan) -> dict[str, Ints]:
    """Vertices of all named facets."""
    cis, trans = faces
    return named_facets(
        plan,
        ends=(line(ids[0]), line(ids[-1])),
        sides=(line(ids[: cis + 1, -1]), line(ids[trans:, -1])),
        membranes=(line(ids[cis, wall:]), line(ids[trans, wall:])),
        wall=line(ids[cis : trans + 1, wall]),
        rim=line(ids[cis : trans + 1, -1]),
        axis=line(ids[:, 0]),
    )
