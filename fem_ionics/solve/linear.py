# SPDX-License-Identifier: LGPL-3.0-or-later
"""One small symmetric system of fixed pattern, solved many times with new numbers, on this rank alone."""

import itertools
from typing import Any

import numpy as np
import numpy.typing as npt
from petsc4py import PETSc

from fem_ionics.errors import ConvergenceError
from fem_ionics.solve.options import applied

Floats = npt.NDArray[np.float64]

#: Ordered once for a pattern. Densities of neighbouring bins differ by powers of ten: smoothed aggregation then takes
#: 10 times as long at 17 thousand unknowns (400 to 1300 iterations); at 75 thousand a factorisation takes 5 s.
_CHOLESKY: dict[str, Any] = {"ksp_type": "preonly", "pc_type": "cholesky", "pc_factor_mat_solver_type": "mumps"}
#: A rest above this, relative to the terms that it is a difference of, is no solution.
_SOLVED = 1e-9
_numbers = itertools.count()


class SymmetricSolver:
    """A x = b with a positive definite A in compressed rows, again and again with other values.

    Parameters
    ----------
    indptr, indices
        Pattern of all of A, integers, rows in order.

    Notes
    -----
    Nothing here is collective: each rank may solve systems of its own, or all the same one.
    """

    def __init__(self, indptr: npt.NDArray[Any], indices: npt.NDArray[Any]) -> None:
        rows = len(indptr) - 1
        self._values = np.zeros(len(indices))
        csr = (np.asarray(indptr, PETSc.IntType), np.asarray(indices, PETSc.IntType), self._values)
        self._matrix = PETSc.Mat().createAIJ((rows, rows), csr=csr, comm=PETSc.COMM_SELF)
        self._csr = csr
        for fact in (PETSc.Mat.Option.SYMMETRIC, PETSc.Mat.Option.SPD):
            self._matrix.setOption(fact, True)
        self._solver = PETSc.KSP().create(PETSc.COMM_SELF)
        prefix = f"fem_ionics_symmetric_{next(_numbers)}_"
        self._solver.setOptionsPrefix(prefix)
        self._solver.setOperators(self._matrix)
        with applied(prefix, _CHOLESKY):
            self._solver.setFromOptions()
        self._right, self._solution = self._matrix.createVecs()

    def solve(self, values: Floats, right: Floats) -> Floats:
        """Solution for new values of the matrix.

        Parameters
        ----------
        values
            Entries of A in the order of the pattern.
        right
            b.

        Raises
        ------
        ConvergenceError
            When the solver fails, or its solution does not solve.
        """
        self._matrix.setValuesCSR(self._csr[0], self._csr[1], np.ascontiguousarray(values, dtype=float))
        self._matrix.assemble()
        self._solver.setOperators(self._matrix)
        solution = self._once(right)
        # One step of refinement: fluxes are differences of large terms and must balance to round-off.
        solution += self._once(right - self._times(solution))
        rest = right - self._times(solution)
        scale = float(np.abs(right).max(initial=0.0))
        if not np.all(np.isfinite(rest)) or np.abs(rest).max(initial=0.0) > _SOLVED * scale:
            raise ConvergenceError(
                f"a symmetric system of {len(right)} unknowns was solved only to {np.abs(rest).max() / scale:.1e}; its "
                "coefficients may span too many orders of magnitude."
            )
        return solution

    def _once(self, right: Floats) -> Floats:
        self._right.setArray(right)
        self._solver.solve(self._right, self._solution)
        reason = self._solver.getConvergedReason()
        if reason < 0:
            raise ConvergenceError(
                f"a symmetric system of {len(right)} unknowns was not solved (reason {reason}).", reason=str(reason)
            )
        return self._solution.getArray().copy()

    def _times(self, vector: Floats) -> Floats:
        self._right.setArray(vector)
        self._matrix.mult(self._right, self._solution)
        return self._solution.getArray().copy()
