# SPDX-License-Identifier: LGPL-3.0-or-later
"""The few dense rows and columns of gauges and fixed amounts, eliminated around a solver for all other unknowns."""

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
from petsc4py import PETSc

Apply = Callable[[PETSc.Vec, PETSc.Vec], None]


class Multipliers:
    """Block elimination with an approximate inverse of the other unknowns.

    Parameters
    ----------
    matrix
        The whole system.
    places
        Global numbers of the multipliers, the same on all ranks.
    """

    def __init__(self, matrix: PETSc.Mat, places: Sequence[int]) -> None:
        start, end = matrix.getOwnershipRange()
        self.places = list(places)
        self._mine = [(i, place - start) for i, place in enumerate(places) if start <= place < end]
        self._comm = matrix.comm.tompi4py()

    def refresh(self, matrix: PETSc.Mat, apply: Apply) -> None:
        """Take new values: borders, and the inverse applied to the columns (collective)."""
        unit, borders = matrix.createVecRight(), []
        for i in range(len(self.places)):
            unit.zeroEntries()
            self._write(unit, np.eye(len(self.places))[i])
            column, row = matrix.createVecLeft(), matrix.createVecRight()
            matrix.mult(unit, column)
            matrix.multTranspose(unit, row)
            borders.append((column, row))
        corner = np.array([self._read(column) for column, _ in borders]).T
        for column, row in borders:
            self._write(column, np.zeros(len(self.places)))
            self._write(row, np.zeros(len(self.places)))
        self._rows = [row for _, row in borders]
        self._through = []
        for column, _ in borders:
            self._through.append(column.duplicate())
            apply(column, self._through[-1])
        self._schur = corner - np.array([[row.dot(each) for each in self._through] for row in self._rows])

    def complete(self, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """Correct the other unknowns' approximate solution, and write the multipliers (collective)."""
        rest = self._read(right) - result.mDot(self._rows)
        values = np.linalg.solve(self._schur, rest)
        for value, through in zip(values, self._through, strict=True):
            result.axpy(-value, through)
        self._write(result, values)

    def complete_transposed(self, right: PETSc.Vec, result: PETSc.Vec, apply: Apply) -> None:
        """The transpose of `apply` and `complete` after it (collective)."""
        rest = self._read(right) - right.mDot(self._through)
        values = np.linalg.solve(self._schur.T, rest)
        others = right.copy()
        for value, row in zip(values, self._rows, strict=True):
            others.axpy(-value, row)
        apply(others, result)
        self._write(result, values)

    def _read(self, vector: PETSc.Vec) -> npt.NDArray[np.float64]:
        values, local = np.zeros(len(self.places)), vector.getArray(readonly=True)
        for i, at in self._mine:
            values[i] = local[at]
        return np.asarray(self._comm.allreduce(values))

    def _write(self, vector: PETSc.Vec, values: npt.NDArray[np.float64]) -> None:
        local = vector.getArray()
        for i, at in self._mine:
            local[at] = values[i]
