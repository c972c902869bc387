# SPDX-License-Identifier: LGPL-3.0-or-later
"""Local refinement: chosen cells of a simplicial mesh are divided and all names carried over."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from dolfinx.mesh import (
    RefinementOption,
    compute_incident_entities,
    entities_to_geometry,
    refine,
    transfer_meshtag,
)
from mpi4py import MPI

from fem_ionics.errors import MeshError
from fem_ionics.geometry.build import build_domain
from fem_ionics.geometry.domain import Domain
from fem_ionics.geometry.nodemesh import Floats, Ints, NodeMesh
from fem_ionics.geometry.periodic import periodic_mesh

_SIMPLICES = ("triangle", "tetrahedron")


def refined(domain: Domain, cells: npt.ArrayLike) -> Domain:
    """The domain with chosen cells divided, four ways (triangles) or eight ways (tetrahedra).

    Neighbours are bisected so far as to leave no hanging node (Plaza and Carey: the longest edge goes
    first, so that angles do not degenerate).

    Parameters
    ----------
    domain
        Triangles or tetrahedra with straight sides, not periodic: ``shape="triangle", order=1``.
    cells
        Local indices of the cells to divide, each rank its own; ghosts are left to their owners.

    Returns
    -------
    Domain
        With the same names, spread anew over the ranks. New nodes at a curved wall lie on its chords.

    Raises
    ------
    MeshError
        For other cells, a geometry of order 2, a periodic domain, or an index that is no cell; on all ranks.

    Notes
    -----
    Collective. The mesh is divided on rank 0 in an order that does not know the ranks, so that the result
    is the same on any number of them.

    References
    ----------
    A. Plaza, G. F. Carey, Applied Numerical Mathematics 32, 195-218 (2000).
    """
    _check(domain)
    marked = _own_cells(domain, cells)
    pieces = domain.comm.gather(_piece(domain, marked))
    return build_domain(
        domain.comm,
        lambda: _divided(*_joined(domain, pieces)),
        unit=domain.unit,
        periodic={},
        multiplicity=domain.multiplicity,
        axisymmetric=domain.axisymmetric,
        solids=domain.solids,
        name=domain.name,
        shape=domain.shape,
    )


@dataclass(frozen=True, eq=False)
class _Piece:
    """What one rank owns; corners are given by their coordinates, which all ranks hold to the same bit."""

    corners: Floats
    values: npt.NDArray[np.int32]
    marked: npt.NDArray[np.bool_]
    facets: Floats
    facet_values: npt.NDArray[np.int32]


def _check(domain: Domain) -> None:
    kind, order = domain.mesh.topology.cell_name(), domain.mesh.geometry.cmaps[0].degree
    if kind not in _SIMPLICES:
        raise MeshError(
            f'refined: {domain.name} has cells of kind {kind}; triangles or tetrahedra are needed: shape="triangle".'
        )
    if order != 1:
        raise MeshError(f"refined: {domain.name} has a geometry of order {order}; straight cells are needed: order=1.")
    if domain.periods:
        axes = ", ".join(f'"{axis}"' for axis in domain.periods)
        raise MeshError(
            f"refined: {domain.name} is periodic along {axes}; local refinement is for domains without periods. "
            "Make a finer mesh with refine= instead."
        )


def _own_cells(domain: Domain, cells: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Mask of the owned cells to divide."""
    index_map = domain.mesh.topology.index_map(domain.mesh.topology.dim)
    owned, everything = index_map.size_local, index_map.size_local + index_map.num_ghosts
    given = np.atleast_1d(np.asarray(cells))
    whole = given.size == 0 or np.issubdtype(given.dtype, np.integer)
    good = whole and (given.size == 0 or bool(given.min() >= 0 and given.max() < everything))
    if not domain.comm.allreduce(good, op=MPI.LAND):
        raise MeshError("refined: cells must be integer indices of local cells, from 0 to the number of cells - 1.")
    mask = np.zeros(everything, dtype=bool)
    mask[given.astype(np.int64)] = True
    return mask[:owned]


def _piece(domain: Domain, marked: npt.NDArray[np.bool_]) -> _Piece:
    mesh, tdim = domain.mesh, domain.mesh.topology.dim
    x = mesh.geometry.x[:, : domain.dim]
    values = np.zeros(len(mesh.geometry.dofmaps[0]), dtype=np.int32)
    values[domain.cell_tags.indices] = domain.cell_tags.values
    tagged = domain.facet_tags.indices < mesh.topology.index_map(tdim - 1).size_local
    facets = entities_to_geometry(mesh, tdim - 1, domain.facet_tags.indices[tagged])
    return _Piece(
        corners=x[mesh.geometry.dofmaps[0][: len(marked)]],
        values=values[: len(marked)],
        marked=marked,
        facets=x[facets].reshape(-1, tdim, domain.dim),
        facet_values=domain.facet_tags.values[tagged],
    )


def _joined(domain: Domain, pieces: Sequence[_Piece]) -> tuple[NodeMesh, npt.NDArray[np.bool_]]:
    """One mesh from those of the ranks, in an order that does not depend on them."""
    corners = np.concatenate([piece.corners for piece in pieces])
    facets = np.concatenate([piece.facets for piece in pieces])
    both = np.concatenate([corners.reshape(-1, domain.dim), facets.reshape(-1, domain.dim)])
    nodes, ids = np.unique(both, axis=0, return_inverse=True)
    cells = np.sort(ids.ravel()[: corners[..., 0].size].reshape(corners.shape[:2]), axis=1)
    order = np.lexsort(cells.T[::-1])
    mesh = NodeMesh(
        shape=domain.mesh.topology.cell_name(),
        order=1,
        nodes=nodes,
        cells=cells[order],
        cell_values=np.concatenate([piece.values for piece in pieces])[order],
        facets=ids.ravel()[corners[..., 0].size :].reshape(facets.shape[:2]),
        facet_values=np.concatenate([piece.facet_values for piece in pieces]),
        regions=domain.regions,
        boundaries=domain.boundaries,
    )
    return mesh, np.concatenate([piece.marked for piece in pieces])[order]


def _divided(mesh: NodeMesh, marked: npt.NDArray[np.bool_]) -> NodeMesh:
    """The mesh on this rank alone with all edges of the marked cells halved."""
    coarse, cell_tags, facet_tags = periodic_mesh(MPI.COMM_SELF, mesh)
    tdim = coarse.topology.dim
    for pair in ((1, tdim), (tdim, 1), (tdim, tdim - 1), (tdim - 1, tdim)):
        coarse.topology.create_connectivity(*pair)
    rows = np.flatnonzero(marked[coarse.topology.original_cell_index]).astype(np.int32)
    edges = compute_incident_entities(coarse.topology, rows, tdim, 1)
    fine, parents, parent_facets = refine(coarse, edges, option=RefinementOption.parent_cell_and_facet)
    fine.topology.create_entities(tdim - 1)
    for pair in ((tdim, tdim - 1), (tdim - 1, tdim)):
        fine.topology.create_connectivity(*pair)
    facets = transfer_meshtag(facet_tags, fine, parents, parent_facets)
    values = np.zeros(len(coarse.geometry.dofmaps[0]), dtype=np.int32)
    values[cell_tags.indices] = cell_tags.values
    corners: Ints = entities_to_geometry(fine, tdim - 1, facets.indices).astype(np.int64)
    return NodeMesh(
        shape=mesh.shape,
        order=1,
        nodes=fine.geometry.x[:, : mesh.nodes.shape[1]].copy(),
        cells=fine.geometry.dofmaps[0].astype(np.int64),
        # DOLFINx lists the parents in the order in which the new cells were made, not in that of the mesh.
        cell_values=values[parents[fine.topology.original_cell_index]],
        facets=corners,
        facet_values=facets.values,
        regions=mesh.regions,
        boundaries=mesh.boundaries,
    )
