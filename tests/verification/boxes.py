# SPDX-License-Identifier: LGPL-3.0-or-later
"""Meshes that only the verification needs: a cube, and the outside of a sphere."""

from itertools import permutations, product

import numpy as np
from mpi4py import MPI

from fem_ionics.geometry import Domain
from fem_ionics.geometry.build import build_domain
from fem_ionics.geometry.nodemesh import NodeMesh

_CUBE = {"left": (0, 0), "right": (0, 1), "front": (1, 0), "back": (1, 1), "bottom": (2, 0), "top": (2, 1)}


def cube(size: float, cells: int, shape: str) -> Domain:
    """Cube from the origin with equal cells: "hexahedron", or "tetrahedron" with six of them to a cell."""
    return build_domain(MPI.COMM_WORLD, lambda: _cube(cells, shape), unit=size, periodic={}, name="cube")


def _cube(cells: int, shape: str) -> NodeMesh:
    """Hexahedra in tensor order, or cut along one diagonal: one tetrahedron for each order of the axes."""
    count = cells + 1
    ids = np.arange(count**3, dtype=np.int64).reshape(count, count, count)
    corner = {bits: ids[tuple(slice(b, cells + b) for b in bits)].ravel() for bits in product((0, 1), repeat=3)}
    hexahedra = np.stack([corner[x, y, z] for z, y, x in product((0, 1), repeat=3)], axis=1)
    paths = [[0, 1 << a, (1 << a) | (1 << b), 7] for a, b, _ in permutations(range(3))]
    squares = []
    for axis, end in _CUBE.values():
        side = np.take(ids, end * cells, axis=axis)
        squares.append(np.stack([side[:-1, :-1], side[:-1, 1:], side[1:, :-1], side[1:, 1:]], axis=-1).reshape(-1, 4))
    tetrahedra = shape == "tetrahedron"
    facets = [each[:, [[0, 1, 3], [0, 2, 3]]].reshape(-1, 3) if tetrahedra else each for each in squares]
    x = np.linspace(0.0, 1.0, count)
    volumes = hexahedra[:, paths].reshape(-1, 4) if tetrahedra else hexahedra
    return NodeMesh(
        shape=shape,
        order=1,
        nodes=np.stack(np.meshgrid(x, x, x, indexing="ij"), axis=-1).reshape(-1, 3),
        cells=volumes,
        cell_values=np.ones(len(volumes), dtype=np.int32),
        facets=np.concatenate(facets),
        facet_values=np.repeat(np.arange(1, 7, dtype=np.int32), [len(each) for each in facets]),
        regions={"fluid": (1,)},
        boundaries={name: (tag,) for tag, name in enumerate(_CUBE, start=1)} | {"walls": tuple(range(1, 7))},
    )


def outside_sphere(radius: float, farthest: float, first: float, around: int = 24) -> Domain:
    """Half plane outside a sphere at the origin, axisymmetric; cells grow with the distance.

    Parameters
    ----------
    radius, farthest
        Of the sphere, and of the sphere around it, m.
    first
        Thickness of the cells at the surface, m.
    around
        Cells from pole to pole.
    """
    return build_domain(
        MPI.COMM_WORLD,
        lambda: _outside(farthest / radius, first / radius, around),
        unit=radius,
        periodic={},
        axisymmetric=True,
        name="sphere",
    )


def _outside(farthest: float, first: float, around: int) -> NodeMesh:
    """Quadrilaterals of second order in polar coordinates; names "sphere", "far" and "axis"."""
    step, radii = first, [1.0]
    while radii[-1] < farthest:
        radii.append(radii[-1] + min(step, 0.25 * radii[-1]))
        step *= 1.15
    radii = 1.0 + (np.array(radii) - 1.0) * (farthest - 1.0) / (radii[-1] - 1.0)
    outward = len(radii) - 1
    # Vertices first, every second node of both directions.
    r = np.interp(np.arange(2 * outward + 1) / 2.0, np.arange(outward + 1), radii)
    angle = np.pi * np.arange(2 * around + 1) / (2 * around)
    nodes = np.stack([r[:, None] * np.sin(angle), r[:, None] * np.cos(angle)], axis=-1)
    nodes[:, [0, -1], 0] = 0.0
    ids = np.arange(nodes.shape[0] * nodes.shape[1], dtype=np.int64).reshape(nodes.shape[:2])

    def at(i: int, j: int) -> np.ndarray:
        """Node (i, j) of each cell's three by three."""
        return ids[i : i + 2 * outward - 1 : 2, j : j + 2 * around - 1 : 2].ravel()

    # DOLFINx: corners, edges (0,1), (0,2), (1,3), (2,3), middle.
    order = [(0, 0), (2, 0), (0, 2), (2, 2), (1, 0), (0, 1), (2, 1), (1, 2), (1, 1)]
    cells = np.stack([at(i, j) for i, j in order], axis=1)
    lines = {"sphere": ids[0, ::2], "far": ids[-1, ::2], "axis": np.concatenate([ids[::2, 0]])}
    facets = [np.column_stack([line[:-1], line[1:]]) for line in [*lines.values(), ids[::2, -1]]]
    tags = np.repeat(np.array([1, 2, 3, 3], dtype=np.int32), [len(each) for each in facets])
    return NodeMesh(
        shape="quadrilateral",
        order=2,
        nodes=nodes.reshape(-1, 2),
        cells=cells,
        cell_values=np.ones(len(cells), dtype=np.int32),
        facets=np.concatenate(facets),
        facet_values=tags,
        regions={"fluid": (1,)},
        boundaries={name: (tag,) for tag, name in enumerate(lines, start=1)},
    )
