# SPDX-License-Identifier: LGPL-3.0-or-later
"""Gmsh as a guest: it starts when needed, leaves no model behind and stops only if it was started here."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import numpy as np
from dolfinx.cpp.io import perm_gmsh
from dolfinx.mesh import to_type

from fem_ionics.errors import MeshError
from fem_ionics.geometry.nodemesh import Floats, Ints, NodeMesh

#: Cell names by (dimension, number of vertices); anything else is refused.
_SHAPES = {(2, 3): "triangle", (2, 4): "quadrilateral", (3, 4): "tetrahedron", (3, 8): "hexahedron"}


def _load() -> Any:
    """The gmsh module, or an error that names the missing system libraries."""
    try:
        import gmsh
    except (ImportError, OSError) as error:
        raise MeshError(
            f"gmsh cannot be loaded ({error}). Its Python package needs system libraries: on Debian or "
            "Ubuntu install libglu1-mesa libxft2 libxcursor1 libxinerama1 libxrender1 libfontconfig1, or "
            "take gmsh from conda-forge."
        ) from None
    return gmsh


@contextmanager
def session(**options: float) -> Iterator[Any]:
    """A fresh, silent model in gmsh, removed at the end; the user's own session is left as it was.

    Parameters
    ----------
    **options
        Mesh options of gmsh to set meanwhile, without their prefix: ``Algorithm=6``.
    """
    gmsh = _load()
    owner = not gmsh.isInitialized()
    if owner:
        # Without the user's ~/.gmshrc a mesh is the same everywhere; signals stay Python's.
        gmsh.initialize(readConfigFiles=False, interruptible=False)
    previous = None if owner else gmsh.model.getCurrent()
    wanted = {"General.Terminal": 0.0} | {f"Mesh.{name}": value for name, value in options.items()}
    before = {name: gmsh.option.getNumber(name) for name in wanted}
    try:
        for name, value in wanted.items():
            gmsh.option.setNumber(name, value)
        gmsh.model.add(f"fem_ionics {uuid4().hex}")
        try:
            yield gmsh
        finally:
            gmsh.model.remove()
            for name, value in before.items():
                gmsh.option.setNumber(name, value)
            if previous is not None:
                gmsh.model.setCurrent(previous)
    finally:
        if owner:
            gmsh.finalize()


def extract(gmsh: Any) -> NodeMesh:
    """Arrays of the current model: its cells of the highest dimension and its named facets.

    Raises
    ------
    MeshError
        For no cells, mixed or unsupported cells, cells of order above 2, a surface that leaves its plane,
        two groups of one name and dimension, or no named boundary.
    """
    dim = gmsh.model.getDimension()
    shape, order = _cell_kind(gmsh, dim)
    names = _group_names(gmsh, dim)
    cells, cell_values, regions = _tagged(gmsh, dim, names, default="fluid")
    facets, facet_values, boundaries = _tagged(gmsh, dim - 1, names)
    if not boundaries:
        raise MeshError(
            f"no named group of dimension {dim - 1}: give each wall a name, in a .geo file by Physical "
            f'{"Curve" if dim == 2 else "Surface"}("walls") = {{...}};'
        )
    permutation = perm_gmsh(to_type(shape), cells.shape[1])
    nodes, cells, facets = _renumber(gmsh, dim, cells[:, permutation], facets)
    return NodeMesh(
        shape=shape,
        order=order,
        nodes=nodes,
        cells=cells,
        cell_values=cell_values,
        facets=facets,
        facet_values=facet_values,
        regions=regions,
        boundaries=boundaries,
    )


def _cell_kind(gmsh: Any, dim: int) -> tuple[str, int]:
    """Shape and order of all cells."""
    kinds = gmsh.model.mesh.getElementTypes(dim) if dim >= 2 else []
    if len(kinds) != 1:
        found = ", ".join(gmsh.model.mesh.getElementProperties(kind)[0] for kind in kinds) or "none"
        raise MeshError(f"cells of one kind are needed, in 2 or 3 dimensions; found {found}.")
    title, _, order, _, _, corners = gmsh.model.mesh.getElementProperties(kinds[0])
    if (dim, corners) not in _SHAPES or order > 2:
        allowed = ", ".join(_SHAPES.values())
        raise MeshError(f"cells of kind {title} are not supported; use {allowed} of order 1 or 2.")
    return _SHAPES[dim, corners], order


def _group_names(gmsh: Any, dim: int) -> dict[tuple[int, int], str]:
    """Name of each physical group of cells and facets."""
    names: dict[tuple[int, int], str] = {}
    for group in gmsh.model.getPhysicalGroups():
        name = gmsh.model.getPhysicalName(*group)
        if group[0] < dim - 1:
            continue
        if not name:
            raise MeshError(
                f"group {group[1]} of dimension {group[0]} has no name; name every group (gmsh drops a name "
                "that is given twice)."
            )
        if any(name == other and group[0] == key[0] for key, other in names.items()):
            raise MeshError(f'two groups of dimension {group[0]} are named "{name}"; a name may stand once.')
        names[group] = name
    return names


def _tagged(
    gmsh: Any, dim: int, names: dict[tuple[int, int], str], default: str = ""
) -> tuple[Ints, np.ndarray, dict[str, tuple[int, ...]]]:
    """Elements of one dimension with a tag for each SET of names, so that groups may overlap."""
    sets: dict[tuple[str, ...], int] = {}
    rows, values = [], []
    for _, entity in gmsh.model.getEntities(dim):
        groups = gmsh.model.getPhysicalGroupsForEntity(dim, entity)
        found = tuple(sorted(names[dim, group] for group in groups if (dim, group) in names))
        if not found and not default:
            continue
        for kind, _, flat in zip(*gmsh.model.mesh.getElements(dim, entity), strict=True):
            *_, count, _, corners = gmsh.model.mesh.getElementProperties(kind)
            elements = np.asarray(flat, dtype=np.int64).reshape(-1, count)
            rows.append(elements if default else elements[:, :corners])
            values.append(np.full(len(elements), sets.setdefault(found or (default,), len(sets) + 1)))
    listed = {name for found in sets for name in found}
    tags = {name: tuple(tag for found, tag in sets.items() if name in found) for name in sorted(listed)}
    if not rows:
        return np.empty((0, dim + 1), dtype=np.int64), np.empty(0, dtype=np.int32), tags
    return np.concatenate(rows), np.concatenate(values).astype(np.int32), tags


def _renumber(gmsh: Any, dim: int, cells: Ints, facets: Ints) -> tuple[Floats, Ints, Ints]:
    """Nodes that cells use, counted from 0 in the order of gmsh's tags."""
    tags, flat, _ = gmsh.model.mesh.getNodes()
    tags = np.asarray(tags, dtype=np.int64)
    order = np.argsort(tags)
    points = np.asarray(flat).reshape(-1, 3)[order]
    used = np.unique(cells)
    if not np.all(np.isin(facets, used)):
        raise MeshError("a named boundary has nodes that no cell touches; name only sides of meshed regions.")
    points = points[np.searchsorted(tags[order], used)]
    if dim == 2 and np.ptp(points[:, 2]) > 1e-10 * np.ptp(points, axis=0).max():
        raise MeshError("the cells leave the x-y plane; a 2-D mesh must lie in a plane of constant z.")
    return np.ascontiguousarray(points[:, :dim]), np.searchsorted(used, cells), np.searchsorted(used, facets)
