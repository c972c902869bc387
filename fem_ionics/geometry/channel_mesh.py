# SPDX-License-Identifier: LGPL-3.0-or-later
"""Meshes of the straight channel in gmsh, on rank 0, in units of half the height."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from fem_ionics.geometry.gmsh_session import extract, session
from fem_ionics.geometry.grading import Sizes, inside, is_symmetric, with_images
from fem_ionics.geometry.nodemesh import Floats, NodeMesh

#: Triangles: sizes come from the callback alone; 6 is the frontal Delaunay algorithm.
_OPTIONS = {
    "Algorithm": 6,
    "MeshSizeExtendFromBoundary": 0,
    "MeshSizeFromPoints": 0,
    "MeshSizeFromCurvature": 0,
}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Checked plan of a channel, lengths in mesh units.

    Parameters
    ----------
    x
        Axial nodes from -length/2 to length/2.
    y
        Nodes across, from -1 (half channel: 0) to 1.
    half, periodic, shape, order, refine
        As in `channel`.
    axial, across
        Cell sizes by distance from the edges and from the walls, at refine = 1.
    edges
        Axial positions to refine at.
    """

    x: Floats
    y: Floats
    half: bool
    periodic: bool
    shape: str
    order: int
    refine: float
    axial: Sizes
    across: Sizes
    edges: tuple[float, ...]


def straight(layout: Layout) -> NodeMesh:
    """Mesh of the straight channel, with its names."""
    return _quadrilaterals(layout) if layout.shape == "quadrilateral" else _triangles(layout)


def _quadrilaterals(layout: Layout) -> NodeMesh:
    """Transfinite mesh of unit squares, moved to the graded positions."""
    columns, rows = len(layout.x) - 1, len(layout.y) - 1
    with session() as gmsh:
        surface, sides = _rectangle(gmsh, (0.0, columns), (0.0, rows))
        for name, cells in {"bottom": columns, "top": columns, "left": rows, "right": rows}.items():
            gmsh.model.mesh.setTransfiniteCurve(sides[name], cells + 1)
        gmsh.model.mesh.setTransfiniteSurface(surface)
        gmsh.model.mesh.setRecombine(2, surface)
        gmsh.model.mesh.generate(2)
        gmsh.model.mesh.setOrder(layout.order)
        _name(gmsh, surface, sides, layout.half)
        mesh = extract(gmsh)
    x, y = mesh.nodes.T
    return replace(mesh, nodes=np.column_stack([_pick(layout.x, x), _pick(layout.y, y)]))


def _triangles(layout: Layout) -> NodeMesh:
    """Unstructured mesh of the part that its mirror images complete, so that symmetry is exact."""
    end = float(layout.x[-1])
    edges = inside(2.0 * end, layout.edges, layout.periodic)
    mirror = is_symmetric(edges, 2.0 * end)
    with session(**_OPTIONS) as gmsh:
        surface, sides = _rectangle(gmsh, (0.0 if mirror else -end, end), (0.0, 1.0))
        if layout.periodic and not mirror:
            shift = [1, 0, 0, 2.0 * end, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
            gmsh.model.mesh.setPeriodic(1, [sides["right"]], [sides["left"]], shift)
        fine = with_images(edges, 2.0 * end) if layout.periodic else edges
        gmsh.model.mesh.setSizeCallback(lambda dim, tag, x, y, z, size: _size(layout, fine, x, y))
        gmsh.model.mesh.generate(2)
        gmsh.model.mesh.setOrder(layout.order)
        _name(gmsh, surface, sides, half=True)
        mesh = extract(gmsh)
    if mirror:
        mesh = mirrored(mesh, 0, on_plane="left", gained={"right": "left"})
    if not layout.half:
        mesh = mirrored(mesh, 1, on_plane="symmetry", gained={"top wall": "bottom wall"})
        walls = mesh.boundaries["top wall"] + mesh.boundaries["bottom wall"]
        mesh = replace(mesh, boundaries={**mesh.boundaries, "walls": walls})
    return mesh


def _size(layout: Layout, edges: Floats, x: float, y: float) -> float:
    """Edge length of triangles at a point."""
    size = layout.across.at(1.0 - abs(y))
    if len(edges):
        size = min(size, layout.axial.at(float(np.abs(edges - x).min())))
    return float(size) / layout.refine


def _rectangle(gmsh: Any, x: tuple[float, float], y: tuple[float, float]) -> tuple[int, dict[str, int]]:
    """A surface and its four sides by name."""
    geo = gmsh.model.geo
    ends = ((x[0], y[0]), (x[1], y[0]), (x[1], y[1]), (x[0], y[1]))
    corners = [geo.addPoint(*end, 0.0) for end in ends]
    bottom, right, top, left = (geo.addLine(corners[i], corners[(i + 1) % 4]) for i in range(4))
    surface = geo.addPlaneSurface([geo.addCurveLoop([bottom, right, top, left])])
    geo.synchronize()
    return surface, {"bottom": bottom, "right": right, "top": top, "left": left}


def _name(gmsh: Any, surface: int, sides: Mapping[str, int], half: bool) -> None:
    """Physical groups: the names that survive to the Domain."""
    lower = "symmetry" if half else "bottom wall"
    groups = {name: [sides[name]] for name in ("left", "right")}
    groups |= {lower: [sides["bottom"]], "top wall": [sides["top"]]}
    groups["walls"] = [sides["top"]] if half else [sides["bottom"], sides["top"]]
    for name, curves in groups.items():
        gmsh.model.addPhysicalGroup(1, curves, name=name)
    gmsh.model.addPhysicalGroup(2, [surface], name="fluid")


def _pick(grid: Floats, reference: Floats) -> Floats:
    """Graded positions of nodes at reference places i, and at i + 1/2 for a geometry of order 2.

    Snapping to half-integers and taking the mean of two neighbours keeps mirror symmetry to the last bit.
    """
    doubled = np.rint(2.0 * reference).astype(np.int64)
    return 0.5 * (grid[doubled // 2] + grid[(doubled + 1) // 2])


def mirrored(mesh: NodeMesh, axis: int, *, on_plane: str, gained: Mapping[str, str]) -> NodeMesh:
    """A mesh and its mirror image about 0 along `axis`, as one mesh.

    Parameters
    ----------
    mesh
        Lies on the positive side of the plane and touches it with the facets named `on_plane`.
    axis
        Axis along which to mirror.
    on_plane
        Boundary that the two halves share; its name and facets go.
    gained
        Names that boundaries get on the image's side; other names stay on both.
    """
    count = len(mesh.nodes)
    shared = np.abs(mesh.nodes[:, axis]) < 1e-12 * np.ptp(mesh.nodes[:, axis])
    image = np.arange(count, dtype=np.int64)
    image[~shared] = count + np.arange(np.count_nonzero(~shared))
    nodes = mesh.nodes.copy()
    nodes[shared, axis] = 0.0
    other = nodes[~shared].copy()
    other[:, axis] *= -1.0
    kept = ~mesh.facet_rows(on_plane)
    facets, values = mesh.facets[kept], mesh.facet_values[kept]
    offset = int(mesh.facet_values.max())
    boundaries = {name: tags for name, tags in mesh.boundaries.items() if name != on_plane}
    for name, tags in list(boundaries.items()):
        images = tuple(tag + offset for tag in tags)
        if name in gained:
            # "right" may become "left" although the old "left" lay on the plane.
            boundaries[gained[name]] = images
        else:
            boundaries[name] = tags + images
    return replace(
        mesh,
        nodes=np.concatenate([nodes, other]),
        cells=np.concatenate([mesh.cells, image[mesh.cells]]),
        cell_values=np.tile(mesh.cell_values, 2),
        facets=np.concatenate([facets, image[facets]]),
        facet_values=np.concatenate([values, values + offset]).astype(np.int32),
        boundaries=boundaries,
    )
