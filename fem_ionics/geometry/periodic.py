# SPDX-License-Identifier: LGPL-3.0-or-later
"""Periodic meshes that are exact in parallel, without constraints between unknowns.

The nodes of two opposite sides are given one id, so that topology, partition and ghosts are periodic by
themselves; the geometry is then rebuilt cell by cell with the nodes as they were, so that the cells at the
seam keep their shape. The coordinate element stays continuous, only its dofmap is cell-wise.
"""

from collections.abc import Sequence

import basix.ufl
import numpy as np
import ufl
from dolfinx.common import IndexMap
from dolfinx.cpp.mesh import Mesh_float64
from dolfinx.fem import coordinate_element
from dolfinx.graph import adjacencylist
from dolfinx.io import distribute_entity_data
from dolfinx.mesh import (
    GhostMode,
    Mesh,
    MeshTags,
    create_cell_partitioner,
    create_geometry,
    create_mesh,
    meshtags,
    meshtags_from_entities,
)
from mpi4py import MPI
from scipy.spatial import cKDTree

from fem_ionics.errors import MeshError
from fem_ionics.geometry.nodemesh import Floats, Ints, NodeMesh

#: Tag of the message by which index maps find their neighbours; any fixed number does.
_MPI_TAG = 3217


def match_sides(
    nodes: Floats, first: Ints, second: Ints, axis: int, *, names: tuple[str, str] = ("left", "right")
) -> tuple[Ints, float]:
    """Pair the nodes of two opposite sides.

    Parameters
    ----------
    nodes
        Coordinates, shape (nodes, dimension).
    first, second
        Node ids on the lower and on the upper side.
    axis
        Axis along which the sides are one period apart.
    names
        Names of the sides, for messages.

    Returns
    -------
    pairs : int array, shape (n, 2)
        Ids (first, second) of nodes that are one.
    period : float
        Distance between the sides.

    Raises
    ------
    MeshError
        When the sides do not carry the same nodes, shifted along `axis`.
    """
    sides = f'periodic sides "{names[0]}" and "{names[1]}"'
    if len(first) != len(second) or len(first) == 0:
        raise MeshError(
            f"{sides} carry {len(first)} and {len(second)} nodes; they need the same nodes, shifted along "
            f'"{"xyz"[axis]}" (in gmsh: setPeriodic, or Periodic Curve in a .geo file).'
        )
    size = float(np.ptp(nodes, axis=0).max())
    tolerance = 1e-8 * size
    period = float(np.mean(nodes[second, axis]) - np.mean(nodes[first, axis]))
    others = [i for i in range(nodes.shape[1]) if i != axis]
    partners = cKDTree(nodes[first][:, others]).query(nodes[second][:, others])[1]
    first = first[partners]
    shift = nodes[second] - nodes[first]
    shift[:, axis] -= period
    worst = float(np.abs(shift).max())
    if worst > tolerance or len(np.unique(first)) < len(first):
        raise MeshError(
            f"{sides} do not match: a node is off by {worst:.3g} (mesh size {size:.3g}); both sides need the "
            f'same nodes, shifted along "{"xyz"[axis]}" (in gmsh: setPeriodic).'
        )
    if period <= 0.0:
        raise MeshError(f'{sides} are {period:.3g} apart along "{"xyz"[axis]}"; give the lower side first.')
    return np.column_stack([first, second]).astype(np.int64), period


def merge_nodes(count: int, pairs: Sequence[Ints]) -> Ints:
    """Give each pair of nodes one id.

    Parameters
    ----------
    count
        Number of nodes.
    pairs
        One array (n, 2) for each periodic direction.

    Returns
    -------
    int array, shape (count,)
        The id that stands for each node; a corner that is periodic twice ends at one id.
    """
    merged = np.arange(count, dtype=np.int64)
    for pair in pairs:
        merged[pair[:, 1]] = pair[:, 0]
    while not np.array_equal(merged[merged], merged):
        merged = merged[merged]
    return merged


def check_merged(mesh: NodeMesh, merged: Ints) -> None:
    """Refuse a mesh that is too narrow for its period.

    Raises
    ------
    MeshError
        When two edges or two cells that are not periodic images of each other would become one: with fewer
        than three cells across the period an edge is no longer known by its vertices.
    """
    edges = np.unique(np.sort(mesh.corners[:, np.array(mesh.topology[1])].reshape(-1, 2), axis=1), axis=0)
    on_sides = np.isin(np.arange(len(merged)), merged[merged != np.arange(len(merged))])
    on_sides |= merged != np.arange(len(merged))
    inner = ~np.all(on_sides[edges], axis=1)
    joined, counts = np.unique(np.sort(merged[edges], axis=1), axis=0, return_counts=True)
    cells = np.sort(merged[mesh.corners], axis=1)
    closed = bool(np.any(joined[:, 0] == joined[:, 1]) or np.any(cells[:, 1:] == cells[:, :-1]))
    lost = len(np.unique(np.sort(merged[edges[inner]], axis=1), axis=0)) < inner.sum()
    if closed or lost or len(np.unique(cells, axis=0)) < len(cells):
        raise MeshError(
            "too few cells across the period: at least 3 are needed, else edges at its two ends share their "
            f"vertices ({len(cells)} cells in all, {int(np.max(counts))} edges at most fall together). "
            "Refine the mesh along the periodic axis."
        )


def periodic_mesh(
    comm: MPI.Comm,
    mesh: NodeMesh | None,
    merged: Ints | None = None,
    ghost_mode: GhostMode = GhostMode.shared_facet,
) -> tuple[Mesh, MeshTags, MeshTags]:
    """Distribute a mesh over the ranks, periodic where node ids were merged.

    Parameters
    ----------
    comm
        Communicator of the new mesh.
    mesh
        The whole mesh on rank 0, None elsewhere.
    merged
        On rank 0, the id that stands for each node (`merge_nodes`); None without periodicity.
    ghost_mode
        Which cells of the neighbours each rank also sees.

    Returns
    -------
    mesh, cell_tags, facet_tags
        Facets that the merging has turned into interior ones are to be left out by the caller.

    Notes
    -----
    Collective. Facets are tagged while the mesh of merged vertices is still at hand, since their vertex ids
    mean nothing to the cell-wise geometry; the tags are local indices and serve both.
    """
    shape, order, gdim, merges = comm.bcast(
        (mesh.shape, mesh.order, mesh.nodes.shape[1], merged is not None) if mesh else None
    )
    skeleton = _skeleton(comm, mesh, merged, shape, gdim, ghost_mode)
    tdim = skeleton.topology.dim
    owned_facets = _tag_facets(skeleton, mesh, merged)
    nodes, values = _local_cells(comm, skeleton, mesh)
    final = skeleton if order == 1 and not merges else _with_nodes(skeleton, shape, order, nodes)
    cell_tags = meshtags(final, tdim, np.arange(len(values), dtype=np.int32), values)
    facet_tags = meshtags(final, tdim - 1, owned_facets.indices, owned_facets.values)
    cell_tags.name, facet_tags.name = "cell_tags", "facet_tags"
    return final, cell_tags, facet_tags


def _element(shape: str, order: int, gdim: int):
    """Coordinate element; equispaced as in gmsh."""
    return basix.ufl.element("Lagrange", shape, order, lagrange_variant=basix.LagrangeVariant.equispaced, shape=(gdim,))


def _vertex_ids(mesh: NodeMesh, merged: Ints | None) -> tuple[Ints, Ints, Ints]:
    """Corners and facets in consecutive vertex ids, and the node that each id stands for."""
    merged = np.arange(len(mesh.nodes), dtype=np.int64) if merged is None else merged
    used, corners = np.unique(merged[mesh.corners], return_inverse=True)
    facets = np.searchsorted(used, merged[mesh.facets])
    return corners.reshape(mesh.corners.shape), facets, used


def _skeleton(comm, mesh: NodeMesh | None, merged, shape: str, gdim: int, ghost_mode) -> Mesh:
    """Mesh of straight cells on the merged vertices: right topology, wrong shape at the seam."""
    corners = np.empty((0, len(basix.topology(getattr(basix.CellType, shape))[0])), dtype=np.int64)
    points = np.empty((0, gdim))
    if mesh is not None:
        corners, _, used = _vertex_ids(mesh, merged)
        points = mesh.nodes[used]
    partitioner = create_cell_partitioner(ghost_mode, 2)
    return create_mesh(comm, corners, _element(shape, 1, gdim), points, partitioner)


def _tag_facets(skeleton: Mesh, mesh: NodeMesh | None, merged) -> MeshTags:
    """Facet tags of the skeleton from vertex ids on rank 0."""
    tdim = skeleton.topology.dim
    skeleton.topology.create_entities(tdim - 1)
    skeleton.topology.create_connectivity(tdim - 1, tdim)
    cell_type = getattr(basix.CellType, skeleton.topology.cell_name())
    facets = np.empty((0, len(basix.topology(cell_type)[tdim - 1][0])), dtype=np.int64)
    values = np.empty(0, dtype=np.int32)
    if mesh is not None:
        facets, values = _vertex_ids(mesh, merged)[1], mesh.facet_values
    entities, values = distribute_entity_data(skeleton, tdim - 1, facets, values.astype(np.int32))
    return meshtags_from_entities(skeleton, tdim - 1, adjacencylist(entities), values.astype(np.int32))


def _local_cells(comm, skeleton: Mesh, mesh: NodeMesh | None):
    """Un-merged nodes (cells, nodes per cell, dimension) and tags of this rank's cells, ghosts too."""
    wanted = comm.gather(skeleton.topology.original_cell_index)
    share = None
    if mesh is not None:
        share = [(mesh.nodes[mesh.cells[rows]], mesh.cell_values[rows].astype(np.int32)) for rows in wanted]
    return comm.scatter(share)


def _with_nodes(skeleton: Mesh, shape: str, order: int, nodes: Floats) -> Mesh:
    """The same topology with a cell-wise geometry."""
    per_cell, gdim = nodes.shape[1:]
    cells = skeleton.topology.index_map(skeleton.topology.dim)
    local = np.arange(per_cell, dtype=np.int64)
    ghosts = (cells.ghosts[:, None] * per_cell + local).ravel()
    owners = np.repeat(cells.owners, per_cell).astype(np.int32)
    index_map = IndexMap(skeleton.comm, cells.size_local * per_cell, ghosts, owners, _MPI_TAG)
    dofmap = np.arange(len(nodes) * per_cell, dtype=np.int32).reshape(-1, per_cell)
    inputs = (skeleton.topology.original_cell_index[:, None] * per_cell + local).ravel()
    element = _element(shape, order, gdim)
    geometry = create_geometry(
        index_map,
        dofmap,
        coordinate_element(skeleton.topology.cell_type, order, int(basix.LagrangeVariant.equispaced)),
        nodes.reshape(-1, gdim),
        inputs,
    )
    wrapped = Mesh_float64(skeleton.comm, skeleton.topology._cpp_object, geometry._cpp_object)
    return Mesh(wrapped, ufl.Mesh(element))
