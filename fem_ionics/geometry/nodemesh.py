# SPDX-License-Identifier: LGPL-3.0-or-later
"""A whole mesh as plain arrays on rank 0, before it is distributed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import basix
import numpy as np
import numpy.typing as npt
from mpi4py import MPI

from fem_ionics.errors import FemIonicsError, MeshError

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class NodeMesh:
    """Nodes, cells and named facets of a mesh, all on one rank.

    Parameters
    ----------
    shape
        Cell name: "triangle", "quadrilateral", "tetrahedron" or "hexahedron".
    order
        Degree of the geometry, 1 or 2.
    nodes
        Coordinates in mesh units, shape (nodes, dimension).
    cells
        Node ids in DOLFINx order, shape (cells, nodes per cell).
    facets
        VERTEX ids of the tagged facets, shape (facets, vertices per facet).
    cell_values, facet_values
        One tag for each row of `cells` and `facets`.
    regions, boundaries
        Tags that each name stands for.
    """

    shape: str
    order: int
    nodes: Floats
    cells: Ints
    cell_values: npt.NDArray[np.int32]
    facets: Ints
    facet_values: npt.NDArray[np.int32]
    regions: Mapping[str, tuple[int, ...]]
    boundaries: Mapping[str, tuple[int, ...]]

    @property
    def topology(self) -> list[list[list[int]]]:
        """Local vertices of each sub-entity of the reference cell, by dimension."""
        return basix.topology(getattr(basix.CellType, self.shape))

    @property
    def corners(self) -> Ints:
        """Vertex ids of the cells, shape (cells, vertices per cell)."""
        return self.cells[:, : len(self.topology[0])]

    def facet_rows(self, name: str) -> npt.NDArray[np.bool_]:
        """Mask of the facets that carry `name`."""
        return np.isin(self.facet_values, self.boundaries[name])

    def boundary_nodes(self, name: str) -> Ints:
        """Vertex ids on the facets that carry `name`, sorted."""
        return np.unique(self.facets[self.facet_rows(name)])


def on_root[T](comm: MPI.Comm, build: Callable[[], T]) -> T | None:
    """Run `build` on rank 0 alone and let its failure reach every rank.

    Returns
    -------
    object or None
        What `build` returned, on rank 0; None elsewhere.

    Raises
    ------
    FemIonicsError
        The same on all ranks: the package's own errors as they are, any other as a MeshError.
    """
    result: T | None = None
    failure: tuple[type[FemIonicsError], str] | None = None
    cause: Exception | None = None
    if comm.rank == 0:
        try:
            result = build()
        except FemIonicsError as error:
            failure, cause = (type(error), str(error)), error
        except Exception as error:  # gmsh raises plain Exception; a silent rank would hang the others
            failure, cause = (MeshError, f"the mesh could not be built: {error}"), error
    failure = comm.bcast(failure)
    if failure is not None:
        kind, message = failure
        raise kind(message) from cause
    return result
