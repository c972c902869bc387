# SPDX-License-Identifier: LGPL-3.0-or-later
"""Fields and meshes as small triangles and lines on rank 0, with the true shape of every cell."""

from dataclasses import dataclass
from itertools import pairwise

import basix
import numpy as np
import numpy.typing as npt
from dolfinx import fem
from dolfinx.mesh import Mesh, entities_to_geometry

from fem_ionics.geometry import Domain

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Samples:
    """Values at points joined by triangles.

    Parameters
    ----------
    points
        mesh units, shape (n, 2).
    triangles
        Shape (m, 3), rows of `points`.
    values
        Shape (n, components).
    """

    points: Floats
    triangles: Ints
    values: Floats

    def mirrored(self, vector: bool) -> "Samples":
        """Both halves of what is mirror-symmetric about y = 0; a vector's y component turns its sign there."""
        flip = np.array([1.0, -1.0])
        return Samples(
            np.concatenate([self.points, self.points * flip]),
            np.concatenate([self.triangles, self.triangles + len(self.points)]),
            np.concatenate([self.values, self.values * flip if vector else self.values]),
        )

    def turned(self) -> "Samples":
        """With both coordinates, and components of a vector, exchanged: an axis of rotation that was upright lies."""
        return Samples(self.points[:, ::-1], self.triangles, self.values[:, ::-1])


def sample(function: fem.Function, pieces: int) -> Samples | None:
    """Values of a Lagrange function on each cell cut into `pieces` along each side.

    Returns
    -------
    Samples or None
        Of the whole mesh on rank 0; None elsewhere (collective).
    """
    space = function.function_space
    mesh = space.mesh
    owned = mesh.topology.index_map(mesh.topology.dim).size_local
    lattice, triangles = _lattice(mesh, pieces)
    size = space.dofmap.index_map_bs
    shapes = space.element.basix_element.tabulate(0, lattice)[0, :, :, 0]
    nodal = function.x.array.reshape(-1, size)[space.dofmap.list[:owned]]
    values = np.einsum("pn,cnk->cpk", shapes, nodal)
    points = np.einsum("pn,cnd->cpd", _map_shapes(mesh, lattice), _cell_nodes(mesh))
    gathered = mesh.comm.gather((points, values))
    if gathered is None:
        return None
    points, values = (np.concatenate(each) for each in zip(*gathered, strict=True))
    joined = (np.arange(len(points))[:, None, None] * len(lattice) + triangles).reshape(-1, 3)
    return Samples(points.reshape(-1, points.shape[2]), joined, values.reshape(-1, size))


def outlines(domain: Domain, pieces: int = 4) -> Floats | None:
    """Outline of every cell, shape (cells, points, 2), mesh units, on rank 0; None elsewhere (collective)."""
    mesh = domain.mesh
    corners = basix.geometry(_cell(mesh))
    # Basix numbers the corners of a quadrilateral row by row, not round it.
    round_trip = [0, 1, 3, 2, 0] if len(corners) == 4 else [0, 1, 2, 0]
    steps = np.linspace(0.0, 1.0, pieces + 1)[:-1, None]
    sides = pairwise(round_trip)
    path = np.concatenate([corners[a] + steps * (corners[b] - corners[a]) for a, b in sides])
    path = np.concatenate([path, path[:1]])
    gathered = mesh.comm.gather(np.einsum("pn,cnd->cpd", _map_shapes(mesh, path), _cell_nodes(mesh)))
    return None if gathered is None else np.concatenate(gathered)


def boundary_lines(domain: Domain) -> dict[str, Floats] | None:
    """Lines (facets, nodes, 2) of each named boundary, mesh units, on rank 0; None elsewhere (collective).

    A name that only groups others, such as "walls", is left out.
    """
    mesh = domain.mesh
    covered: set[int] = set()
    names = []
    for name, tags in sorted(domain.boundaries.items(), key=lambda item: len(item[1])):
        if not covered.issuperset(tags):
            names.append(name)
            covered.update(tags)
    owned = mesh.topology.index_map(mesh.topology.dim - 1).size_local
    lines = {}
    for name in names:
        facets = domain.facets(name)
        facets = facets[facets < owned]
        rows = entities_to_geometry(mesh, mesh.topology.dim - 1, facets)
        # The ends come first, what lies between them follows.
        order = [0, *range(2, rows.shape[1]), 1]
        lines[name] = mesh.geometry.x[rows[:, order], : domain.dim]
    gathered = domain.comm.gather(lines)
    if gathered is None:
        return None
    return {name: np.concatenate([each[name] for each in gathered]) for name in names}


def _cell(mesh: Mesh) -> basix.CellType:
    return getattr(basix.CellType, mesh.topology.cell_name())


def _cell_nodes(mesh: Mesh) -> Floats:
    owned = mesh.topology.index_map(mesh.topology.dim).size_local
    return mesh.geometry.x[mesh.geometry.dofmaps[0][:owned], : mesh.geometry.dim]


def _map_shapes(mesh: Mesh, points: Floats) -> Floats:
    """Shape functions of the geometry, (points, nodes)."""
    map_ = mesh.geometry.cmaps[0]
    variant = basix.LagrangeVariant(map_.variant)
    element = basix.create_element(basix.ElementFamily.P, _cell(mesh), map_.degree, variant, dtype=np.float64)
    return np.asarray(element.tabulate(0, points))[0, :, :, 0]


def _lattice(mesh: Mesh, pieces: int) -> tuple[Floats, Ints]:
    """Points of a regular subdivision of the reference cell and the triangles between them."""
    quadrilateral = _cell(mesh) == basix.CellType.quadrilateral
    index: dict[tuple[int, int], int] = {}
    points: list[tuple[float, float]] = []
    triangles: list[list[int]] = []
    for j in range(pieces + 1):
        for i in range(pieces + 1 if quadrilateral else pieces + 1 - j):
            index[i, j] = len(points)
            points.append((i / pieces, j / pieces))
    for i, j in index:
        for corners in (((i, j), (i + 1, j), (i, j + 1)), ((i + 1, j), (i + 1, j + 1), (i, j + 1))):
            if all(corner in index for corner in corners):
                triangles.append([index[corner] for corner in corners])
    return np.array(points), np.array(triangles, dtype=np.int64)
