# SPDX-License-Identifier: LGPL-3.0-or-later
"""Pores in 3-D of hexahedra alone: the grid of the half plane (r, z) turned about the axis.

Wedges at the axis are avoided by a core of squares, around which rings of cells lie (an O-grid). Each height has the
same cells; layers along walls, faces and mouths are as thin as those of axisymmetric pores.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import basix
import numpy as np

from fem_ionics.errors import MeshError, ParameterError
from fem_ionics.geometry.nodemesh import Floats, Ints, NodeMesh
from fem_ionics.geometry.pore_grid import cell_values, fine, named_facets, named_mesh, regions_of
from fem_ionics.geometry.pore_nodes import pore_columns, pore_heights
from fem_ionics.geometry.pore_solid import SolidPlan

#: Cells around at refine = 1. The core has a quarter of them along its sides, an even number.
AROUND, _MULTIPLE = 16, 8
#: Radius of the core over the pore's: its cells are then as wide as the widest of the rings.
_CORE = 0.5
#: From circle (0) to square (1): the three cells at a corner of the core meet at some 120 degrees.
_SQUARENESS = 0.5


@dataclass(frozen=True, eq=False)
class Plane:
    """Nodes and cells of one height.

    Parameters
    ----------
    core
        Node ids of the core, shape (side, side) with the nodes between vertices.
    rings
        Node ids of the rings by column and angle; the first one is the rim of the core.
    cells
        Node ids, shape (cells, order + 1, order + 1).
    columns
        Column of the half plane that each cell belongs to; 0 in the core.
    first
        Column of the core's rim, counted with the nodes between vertices.
    """

    core: Ints
    rings: Ints
    cells: Ints
    columns: Ints
    first: int

    @property
    def size(self) -> int:
        """Number of nodes."""
        return int(self.cells.max()) + 1

    @property
    def order(self) -> int:
        """Degree of the geometry."""
        return self.cells.shape[1] - 1

    @property
    def corners(self) -> Ints:
        """Vertices of the cells, shape (cells, 4)."""
        ends = self.cells[:, :: self.order, :: self.order]
        return ends.transpose(0, 2, 1).reshape(-1, 4)

    def circle(self, column: int) -> Ints:
        """Vertices of the edges around a column of vertices, shape (edges, 2)."""
        ring = self.rings[self.order * column - self.first, :: self.order]
        return np.column_stack([ring, np.roll(ring, -1)])


def pore_turned(solid: SolidPlan) -> NodeMesh:
    """Mesh of a pore between its reservoirs, with its names.

    Raises
    ------
    ParameterError
        For a `refine` that leaves no ring between core and wall.
    MeshError
        Where an offset or an ellipse folds cells.
    """
    # Layers along the short semi-axis are squeezed, those along the long one stretched.
    plan = replace(solid.plan, resolve=solid.plan.resolve * min(solid.stretch, 1.0 / solid.stretch))
    heights, faces = pore_heights(plan)
    columns = pore_columns(plan)
    wall, order = columns.wall_column, plan.order
    if wall < 2:
        raise ParameterError(
            f"pore: refine = {plan.refine:g} leaves one cell from the axis to the wall; hexahedra need two: make it "
            'larger, or use shape="tetrahedron".'
        )
    radii = np.array([fine(row, order) for row in columns.at(plan.profile(fine(heights, order)))])
    plane = plane_of(radii, order * wall, order, cells_around(plan.refine))
    sections = _sections(solid, plane, radii, order * wall)
    z = np.broadcast_to(fine(heights, order)[:, None, None], (*sections.shape[:2], 1))
    values, kept = cell_values(len(heights) - 1, plane.columns, faces, wall, plan.dielectric)
    mesh = named_mesh(
        "hexahedron",
        order,
        np.concatenate([sections, z], axis=2).reshape(-1, 3),
        _stacked(plane, len(heights) - 1)[kept],
        values[kept],
        facets=_facets(plane, faces, len(heights) - 1, wall, (radii.shape[1] - 1) // order, solid),
        regions=regions_of(plan.dielectric),
    )
    _check(mesh, solid)
    return mesh


def cells_around(refine: float) -> int:
    """Number of cells around the axis, a multiple of 8."""
    return _MULTIPLE * math.ceil(AROUND * refine / _MULTIPLE - 1e-9)


def plane_of(radii: Floats, wall: int, order: int, around: int) -> Plane:
    """Nodes and cells of one height; `radii` and `wall` count the nodes between vertices, too."""
    share = (radii[:, :wall:order] / radii[:, [wall]]).mean(axis=0)
    first = order * max(1, int(np.abs(share - _CORE).argmin()))
    side, count = order * around // 4, order * around
    core = np.arange((side + 1) ** 2, dtype=np.int64).reshape(side + 1, side + 1)
    # Counter-clockwise from the corner at -135 degrees.
    rim = np.concatenate([core[:-1, 0], core[-1, :-1], core[:0:-1, -1], core[0, :0:-1]])
    others = core.size + np.arange((radii.shape[1] - first - 1) * count, dtype=np.int64).reshape(-1, count)
    rings = np.vstack([rim, others])
    inner = _patches(core, order)
    outer = _patches(np.column_stack([rings, rings[:, 0]]), order)
    columns = first // order + np.arange(len(outer)) // around
    cells = np.concatenate([inner, outer])
    return Plane(core, rings, cells, np.concatenate([np.zeros(len(inner), dtype=np.int64), columns]), first)


def _patches(ids: Ints, order: int) -> Ints:
    """Node ids of the cells of a rectangle of nodes, shape (cells, order + 1, order + 1)."""
    windows = np.lib.stride_tricks.sliding_window_view(ids, (order + 1, order + 1))[::order, ::order]
    return windows.reshape(-1, order + 1, order + 1)


def _sections(solid: SolidPlan, plane: Plane, radii: Floats, wall: int) -> Floats:
    """Coordinates (x, y) of all nodes at each height, shape (heights, nodes, 2)."""
    count = plane.rings.shape[1]
    angles = 2.0 * np.pi * np.arange(count) / count - 0.75 * np.pi
    # Distance of a square's side from its centre, its corners on the unit circle.
    square = math.sqrt(0.5) / np.maximum(np.abs(np.cos(angles)), np.abs(np.sin(angles)))
    turned = np.column_stack([np.cos(angles), np.sin(angles)])
    a, rim = radii[:, [wall]], radii[:, [plane.first]]
    inside = radii[:, plane.first : wall + 1]
    # Flat at the wall, whose cells keep their thickness.
    squareness = _SQUARENESS * ((a - inside) / (a - rim)) ** 2
    distance = inside[..., None] * (1.0 - squareness[..., None] * (1.0 - square))
    stretch = np.array([solid.stretch, 1.0 / solid.stretch])
    rings = distance[..., None] * turned * stretch + np.array(solid.offset)
    outermost = solid.plan.reservoir[0] * turned
    if solid.square:
        outermost *= math.sqrt(2.0) * square[:, None]
    part = ((radii[:, wall + 1 :] - a) / (radii[:, [-1]] - a))[:, :, None, None]
    beyond = (1.0 - part) * rings[:, [-1]] + part * outermost
    nodes = np.empty((len(radii), plane.size, 2))
    nodes[:, plane.rings] = np.concatenate([rings, beyond], axis=1)
    nodes[:, plane.core] = _filled(nodes[:, plane.core])
    return nodes


def _filled(patch: Floats) -> Floats:
    """Inside of a four-sided patch from its sides (Coons), shape (heights, side, side, 2)."""
    u = np.linspace(0.0, 1.0, patch.shape[1])
    weights = np.stack([1.0 - u, u])
    along = np.einsum("ei,hejc->hijc", weights, patch[:, [0, -1]])
    across = np.einsum("ej,hiec->hijc", weights, patch[:, :, [0, -1]])
    corners = np.einsum("ei,fj,hefc->hijc", weights, weights, patch[:, [0, -1]][:, :, [0, -1]])
    return along + across - corners


def _stacked(plane: Plane, rows: int) -> Ints:
    """Cells in space, shape (rows, cells, nodes of a cell), in DOLFINx order."""
    order = plane.order
    i, j, k = np.rint(order * np.asarray(_element(order).points)).astype(np.int64).T
    return plane.cells[None][:, :, i, j] + plane.size * (order * np.arange(rows)[:, None, None] + k)


def _facets(
    plane: Plane, faces: tuple[int, int], rows: int, wall: int, outer: int, solid: SolidPlan
) -> Mapping[str, Ints]:
    """Vertices of all named facets."""
    cis, trans = faces
    step = plane.order * plane.size
    flat = plane.corners

    def upright(column: int, start: int, stop: int) -> Ints:
        edges = np.hstack([plane.circle(column), plane.circle(column) + step])
        return (step * np.arange(start, stop)[:, None, None] + edges).reshape(-1, 4)

    beside = flat[plane.columns >= wall]
    return named_facets(
        solid.plan,
        ends=(flat, flat + step * rows),
        sides=(upright(outer, 0, cis), upright(outer, trans, rows)),
        membranes=(beside + step * cis, beside + step * trans),
        wall=upright(wall, cis, trans),
        rim=upright(outer, cis, trans),
    )


def _check(mesh: NodeMesh, solid: SolidPlan) -> None:
    """No cell may fold, at any of its nodes."""
    if not least_jacobian(mesh) > 0.0:
        raise MeshError(
            f"pore: offset and aspect = {solid.aspect:g} fold some hexahedra; make them smaller, the reservoirs wider, "
            'or use shape="tetrahedron".'
        )


def least_jacobian(mesh: NodeMesh) -> float:
    """Least determinant of the cells' maps at their nodes, each over the mean of its cell."""
    element = _element(mesh.order)
    slopes = np.asarray(element.tabulate(1, np.asarray(element.points)))[1:, :, :, 0]
    least = np.inf
    for cells in np.array_split(mesh.cells, max(1, len(mesh.cells) // 4096)):
        found = np.linalg.det(np.einsum("dpn,cnx->cpxd", slopes, mesh.nodes[cells]))
        least = min(least, float((found / np.abs(found).mean(axis=1, keepdims=True)).min(initial=np.inf)))
    return least


def _element(order: int) -> basix.finite_element.FiniteElement:
    """The map of a cell."""
    family, kind, variant = basix.ElementFamily.P, basix.CellType.hexahedron, basix.LagrangeVariant.equispaced
    return basix.create_element(family, kind, order, variant, dtype=np.float64)
