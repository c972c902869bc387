# SPDX-License-Identifier: LGPL-3.0-or-later
"""The residual of a model, weighted with given functions and shared out to the cells.

Multiplying the weights with the hat functions of the corners, which add up to one, shares R(u; w) out to the corners
without integrals over the edges of cells (Richter & Wick, J. Comput. Appl. Math. 279, 192 (2015)).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem, la

from fem_ionics.model import Model
from fem_ionics.model.blocks import residual_blocks


class WeightedResidual:
    """R(u; w) at a model's live functions u, for any weights w.

    Parameters
    ----------
    model
        Whose residual, nothing held.

    Notes
    -----
    Construction compiles one form and is collective.
    """

    def __init__(self, model: Model) -> None:
        self.domain = model.domain
        self.weights = [fem.Function(each.function_space) for each in model.functions]
        self.hats = fem.functionspace(model.domain.mesh, ("Lagrange", 1))
        self.form = fem.form(_localised(model, self.weights, ufl.TestFunction(self.hats)))

    def at_corners(self, weights: Sequence[fem.Function]) -> npt.NDArray[np.float64]:
        """Parts of R(u; w) at the local corners of cells, ghosts included (collective).

        Parameters
        ----------
        weights
            One function for each block, of the blocks' spaces.
        """
        for mine, given in zip(self.weights, weights, strict=True):
            mine.x.array[:] = given.x.array
        vector = fem.assemble_vector(self.form)
        vector.scatter_reverse(la.InsertMode.add)
        vector.scatter_forward()
        return vector.array

    def total(self, at_corners: npt.NDArray[np.float64]) -> float:
        """Sum over the corners of the mesh (collective)."""
        return float(self.domain.comm.allreduce(at_corners[: self.hats.dofmap.index_map.size_local].sum()))

    def at_cells(self, at_corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Sizes of the corners' parts, each shared equally by the cells around; one per cell of this rank's own.

        The sum over all cells is that of the sizes over all corners (collective).
        """
        topology = self.domain.mesh.topology
        corners = self.hats.dofmap.list[: topology.index_map(topology.dim).size_local]
        around = la.vector(self.hats.dofmap.index_map, dtype=np.float64)
        around.array[:] = 0.0
        np.add.at(around.array, corners, 1.0)
        around.scatter_reverse(la.InsertMode.add)
        around.scatter_forward()
        return (np.abs(at_corners) / np.maximum(around.array, 1.0))[corners].sum(axis=1)


def _localised(model: Model, weights: Sequence[fem.Function], hat: Any) -> ufl.Form:
    """Sum over the blocks of the residual with weight times hat as test function."""
    parts = []
    for row, weight in zip(residual_blocks(model.residual), weights, strict=True):
        (test,) = row.arguments()
        parts.append(ufl.replace(row, {test: weight * hat}))
    return sum(parts[1:], parts[0])
