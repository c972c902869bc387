# SPDX-License-Identifier: LGPL-3.0-or-later
"""Fields as numbers cell by cell, in an order that is the same on any number of ranks.

Unknowns are numbered anew on each number of ranks. The cells keep the order in which the mesh was given, and
within a cell DOLFINx lists the nodes of Lagrange elements as the reference cell does, whichever way its edges
are turned.
"""

import numpy as np
import numpy.typing as npt
from dolfinx import fem
from dolfinx.mesh import Mesh

Floats = npt.NDArray[np.float64]


def gather_cells(mesh: Mesh, local: Floats) -> Floats | None:
    """Collect an array of this rank's own cells on rank 0, in the order in which the mesh was given.

    Parameters
    ----------
    mesh
        The mesh.
    local
        First dimension: own cells.

    Returns
    -------
    float array or None
        For all cells on rank 0, None elsewhere (collective).
    """
    order = mesh.topology.original_cell_index[: len(local)]
    pieces = mesh.comm.gather((order, local))
    if pieces is None:
        return None
    whole = np.empty((sum(len(each) for each, _ in pieces), *local.shape[1:]))
    for rows, values in pieces:
        whole[rows] = values
    return whole


def gather_nodes(mesh: Mesh) -> Floats | None:
    """Coordinates of all cells, mesh units, shape (cells, nodes, dimension), as `gather_cells`."""
    owned = mesh.topology.index_map(mesh.topology.dim).size_local
    return gather_cells(mesh, mesh.geometry.x[mesh.geometry.dofmaps[0][:owned], : mesh.geometry.dim])


def gather_function(function: fem.Function) -> Floats | None:
    """Nodal values of a Lagrange function, shape (cells, nodes, components), as `gather_cells`."""
    mesh = function.function_space.mesh
    owned = mesh.topology.index_map(mesh.topology.dim).size_local
    return gather_cells(mesh, _blocks(function)[function.function_space.dofmap.list[:owned]])


def scatter_function(function: fem.Function, whole: Floats | None) -> None:
    """Fill a Lagrange function, ghosts too, from what `gather_function` returned (collective)."""
    mesh = function.function_space.mesh
    wanted = mesh.comm.gather(mesh.topology.original_cell_index)
    share = None if wanted is None or whole is None else [whole[rows] for rows in wanted]
    _blocks(function)[function.function_space.dofmap.list] = mesh.comm.scatter(share)
    function.x.scatter_forward()


def cell_shape(function: fem.Function) -> tuple[int, int]:
    """Nodes of a cell and components of the function."""
    dofmap = function.function_space.dofmap
    return dofmap.list.shape[1], dofmap.index_map_bs


def _blocks(function: fem.Function) -> Floats:
    """View of the values, shape (local nodes, components)."""
    return function.x.array.reshape(-1, function.function_space.dofmap.index_map_bs)
