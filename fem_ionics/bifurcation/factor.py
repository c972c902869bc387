# SPDX-License-Identifier: LGPL-3.0-or-later
"""LU factors of the Jacobian, and bordered systems solved with them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from petsc4py import PETSc

from fem_ionics.errors import ConvergenceError
from fem_ionics.solve.options import DIRECT, applied

_PREFIX = "fem_ionics_bifurcation_"
#: MUMPS computes the determinant, and gets room for the fill of pivoting.
_MUMPS = {33: 1, 14: 60}


class Factor:
    """The LU factors of one matrix, made anew by `refresh` after each assembly.

    Parameters
    ----------
    matrix
        Assembled in place by its owner; its sparsity stays.

    Attributes
    ----------
    count
        Factorisations so far.
    """

    def __init__(self, matrix: PETSc.Mat) -> None:
        self.matrix = matrix
        self.count = 0
        self._solver = PETSc.KSP().create(matrix.comm)
        self._solver.setOptionsPrefix(_PREFIX)
        with applied(_PREFIX, DIRECT):
            self._solver.setOperators(matrix)
            self._solver.setFromOptions()
        preconditioner = self._solver.getPC()
        preconditioner.setFactorSetUpSolverType()
        for option, value in _MUMPS.items():
            preconditioner.getFactorMatrix().setMumpsIcntl(option, value)

    def refresh(self) -> None:
        """Factorise the matrix as it is now.

        Raises
        ------
        ConvergenceError
            When the factorisation breaks down.
        """
        self.count += 1
        self._solver.setOperators(self.matrix)
        try:
            self._solver.setUp()
            failed = self._solver.getPC().getFailedReason()
        except PETSc.Error as error:
            raise ConvergenceError(f"The factorisation broke down (PETSC_ERROR_{error.ierr}).") from None
        if failed:
            raise ConvergenceError(f"The factorisation broke down (PC failure {int(failed)}).")

    @property
    def sign(self) -> int:
        """Sign of the determinant of the factorised matrix, 0 where it is zero or before the first factorisation."""
        if not self.count:  # MUMPS crashes when asked too early
            return 0
        return int(np.sign(self._solver.getPC().getFactorMatrix().getMumpsRinfog(12)))

    def solve(self, right: PETSc.Vec, *, transpose: bool = False) -> PETSc.Vec:
        """A new vector x with A x = right, or A^T x = right."""
        x = right.duplicate()
        (self._solver.solveTranspose if transpose else self._solver.solve)(right, x)
        return x

    def multiply(self, x: PETSc.Vec, *, transpose: bool = False) -> PETSc.Vec:
        """A new vector A x, or A^T x, with the matrix as it is now."""
        y = x.duplicate()
        (self.matrix.multTranspose if transpose else self.matrix.mult)(x, y)
        return y

    def __del__(self) -> None:
        if (solver := getattr(self, "_solver", None)) is not None:
            solver.destroy()


class Bordered:
    """The matrix [A B; C^T D] with m columns B and m rows C, by block elimination on the factors of A.

    Each solve is refined exactly once: where A is singular but the bordered matrix is not, the plain elimination
    loses all but a few digits and the refined one none (measured 3.7e-3 against 7.7e-16).

    Parameters
    ----------
    factor
        Factors of A.
    columns, rows
        m vectors each.
    corner
        D, shape (m, m); zero by default.
    transpose
        Use A^T in place of A.
    """

    def __init__(
        self,
        factor: Factor,
        columns: Sequence[PETSc.Vec],
        rows: Sequence[PETSc.Vec],
        corner: npt.ArrayLike | None = None,
        *,
        transpose: bool = False,
    ) -> None:
        self.factor = factor
        self.columns, self.rows = list(columns), list(rows)
        size = len(self.columns)
        self.corner = np.zeros((size, size)) if corner is None else np.asarray(corner, dtype=float).reshape(size, size)
        self.transpose = transpose
        self._through = [factor.solve(column, transpose=transpose) for column in self.columns]
        self.schur = self.corner - np.array([[row.dot(z) for z in self._through] for row in self.rows])

    @property
    def sign(self) -> int:
        """Sign of the determinant of the bordered matrix."""
        return self.factor.sign * int(np.sign(np.linalg.det(self.schur)))

    def solve(self, right: PETSc.Vec | None, below: npt.ArrayLike = 0.0) -> tuple[PETSc.Vec, npt.NDArray[np.float64]]:
        """Solve for a right-hand side; None stands for a zero vector.

        Returns
        -------
        x, y
            Vector, and the m numbers below it.
        """
        if right is None:
            right = self.columns[0].duplicate()
            right.zeroEntries()
        numbers = np.broadcast_to(np.asarray(below, dtype=float), (len(self.rows),))
        x, y = self._eliminate(right, numbers)
        dx, dy = self._eliminate(*self.residual(right, numbers, x, y))
        x.axpy(1.0, dx)
        return x, y + dy

    def residual(self, right: PETSc.Vec, below: Any, x: PETSc.Vec, y: Any) -> tuple[PETSc.Vec, Any]:
        """What a solution leaves of the right-hand side."""
        rest = self.factor.multiply(x, transpose=self.transpose)
        rest.aypx(-1.0, right)
        for number, column in zip(y, self.columns, strict=True):
            rest.axpy(-number, column)
        return rest, below - np.array([row.dot(x) for row in self.rows]) - self.corner @ y

    def _eliminate(self, right: PETSc.Vec, below: Any) -> tuple[PETSc.Vec, npt.NDArray[np.float64]]:
        x = self.factor.solve(right, transpose=self.transpose)
        y = np.linalg.solve(self.schur, below - np.array([row.dot(x) for row in self.rows]))
        for number, through in zip(y, self._through, strict=True):
            x.axpy(-number, through)
        return x, y
