# SPDX-License-Identifier: LGPL-3.0-or-later
"""A uniform rectangle, for verification; it may be the half plane of an axisymmetric domain."""

from collections.abc import Iterable

import numpy as np
from mpi4py import MPI

from fem_ionics.errors import ParameterError
from fem_ionics.geometry.build import build_domain
from fem_ionics.geometry.domain import Domain
from fem_ionics.geometry.nodemesh import NodeMesh
from fem_ionics.parameters import checks

_OWNER = "rectangle"
_PLANAR = {"x": ("left", "right"), "y": ("bottom", "top")}
_HALF_PLANE = {"z": ("bottom", "top")}


def rectangle(
    size: tuple[float, float],
    cells: tuple[int, int],
    *,
    periodic: Iterable[str] = (),
    shape: str = "quadrilateral",
    axisymmetric: bool = False,
    comm: MPI.Comm = MPI.COMM_WORLD,
) -> Domain:
    """Rectangle from the origin to `size` with equal cells.

    Parameters
    ----------
    size
        Lengths along x and y (z when axisymmetric), m. The mesh unit is the shorter one.
    cells
        Cells along them; triangles come as two per cell.
    periodic
        Axes: "x", "y" or both, or "z" when axisymmetric; at least 3 cells are needed along them.
    shape
        "quadrilateral" or "triangle".
    axisymmetric
        A cylinder: x is the distance from the axis, and the left side is that axis.
    comm
        Communicator of the mesh.

    Returns
    -------
    Domain
        Region "fluid"; boundaries "left" (or "axis"), "right", "bottom", "top" where not periodic, and "walls"
        for all of them but the axis.

    Raises
    ------
    ParameterError
        For values out of range.
    MeshError
        For too few cells across a period.
    """
    if len(size) != 2 or len(cells) != 2:
        raise ParameterError(f"{_OWNER}: size = {size!r}, cells = {cells!r} were given; two of each are needed.")
    lengths = tuple(checks.positive(_OWNER, "size", each, "m") for each in size)
    counts = tuple(checks.integer(_OWNER, "cells", each) for each in cells)
    axes = tuple(periodic)
    if min(counts) < 1:
        raise ParameterError(f"{_OWNER}: cells = {cells!r} were given; at least 1 is needed along each axis.")
    sides = _HALF_PLANE if axisymmetric else _PLANAR
    if not set(axes) <= set(sides):
        allowed = '"z"' if axisymmetric else '"x", "y", both'
        raise ParameterError(f"{_OWNER}: periodic = {axes!r} was given; use {allowed} or nothing.")
    if shape not in ("quadrilateral", "triangle"):
        raise ParameterError(f'{_OWNER}: shape = {shape!r} was given; use "quadrilateral" or "triangle".')
    unit = min(lengths)
    return build_domain(
        comm,
        lambda: _grid((lengths[0] / unit, lengths[1] / unit), (counts[0], counts[1]), shape, axisymmetric),
        unit=unit,
        periodic={axis: sides[axis] for axis in axes},
        axisymmetric=axisymmetric,
        name="rectangle",
    )


def _grid(lengths: tuple[float, float], counts: tuple[int, int], shape: str, axis: bool = False) -> NodeMesh:
    """Rows of nodes along x; cells in DOLFINx's tensor order or cut along one diagonal."""
    across, up = counts
    x, y = (length * np.arange(count + 1) / count for length, count in zip(lengths, counts, strict=True))
    ids = np.arange((across + 1) * (up + 1), dtype=np.int64).reshape(up + 1, across + 1)
    corners = np.stack([ids[:-1, :-1], ids[:-1, 1:], ids[1:, :-1], ids[1:, 1:]], axis=-1).reshape(-1, 4)
    if shape == "triangle":
        corners = corners[:, [[0, 1, 3], [0, 2, 3]]].reshape(-1, 3)
    sides = {"axis" if axis else "left": ids[:, 0], "right": ids[:, -1], "bottom": ids[0], "top": ids[-1]}
    facets = [np.column_stack([line[:-1], line[1:]]) for line in sides.values()]
    tags = {name: (tag,) for tag, name in enumerate(sides, start=1)}
    return NodeMesh(
        shape=shape,
        order=1,
        nodes=np.column_stack([np.tile(x, up + 1), np.repeat(y, across + 1)]),
        cells=corners,
        cell_values=np.ones(len(corners), dtype=np.int32),
        facets=np.concatenate(facets),
        facet_values=np.repeat(np.arange(1, 5, dtype=np.int32), [len(facet) for facet in facets]),
        regions={"fluid": (1,)},
        boundaries=tags | {"walls": (2, 3, 4) if axis else (1, 2, 3, 4)},
    )
