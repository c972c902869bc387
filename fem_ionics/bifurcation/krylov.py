# SPDX-License-Identifier: LGPL-3.0-or-later
"""What `factor` does with factors of the Jacobian, by FGMRES around a preconditioner: no factorisation, no determinant.

Bordered systems are solved as one system, not by elimination: the Jacobian may be singular, so that systems with it
alone have no solution to converge to, while the bordered matrix is regular. Its preconditioner is the elimination
with the Jacobian's preconditioner in place of the inverse.

Without a determinant its sign comes from the test function y of [J B; C^T 0] [x; y] = [0; 1], which is det J over the
determinant of the bordered matrix (Govaerts, Numerical Methods for Bifurcations of Dynamical Equilibria, 2000,
section 4.1): with borders of the modes nearest to zero the latter keeps its sign, and y is near their growth rates.
"""

import weakref
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from petsc4py import PETSc

from fem_ionics.bifurcation.factor import Bordered
from fem_ionics.errors import ConvergenceError
from fem_ionics.solve import frobenius
from fem_ionics.solve.options import applied

Floats = npt.NDArray[np.float64]

#: Of a system with the Jacobian alone.
_TOLERANCE = 1e-10
#: Of a bordered system, which `Bordered` solves twice, the second time for what the first one left.
_HALF = 1e-6
#: Where rounding ends the convergence, near a singular matrix, a rest is accepted that is so small against |J| |x|.
_ROUNDING = 1e-13
#: Iterations without a fall of the rest by half that end a solve.
_STALLED = 30
_FGMRES: dict[str, Any] = {"ksp_type": "fgmres", "ksp_gmres_restart": 100, "ksp_max_it": 300}


class Krylov:
    """Solves with one matrix by FGMRES; the counterpart of `factor.Factor`.

    Parameters
    ----------
    matrix
        Assembled in place by its owner; its sparsity stays.
    preconditioner
        Gives the preconditioner of the matrix; asked at each refresh.
    prefix
        PETSc prefix of these solvers.
    seek
        Finds the modes nearest to zero with `solve`, and calls `watch` with them.

    Attributes
    ----------
    count
        Refreshes so far.
    size
        Norm of the matrix at the last one.
    iterations
        Of FGMRES so far.
    """

    cheap = signed = False

    def __init__(
        self,
        matrix: PETSc.Mat,
        preconditioner: Callable[[], PETSc.PC],
        prefix: str,
        seek: Callable[[], Any],
    ) -> None:
        self.matrix = matrix
        self.prefix = prefix
        self.count, self.size, self.iterations = 0, 0.0, 0
        self._preconditioner, self._seek = preconditioner, seek
        self._watched: tuple[list[PETSc.Vec], list[PETSc.Vec]] | None = None
        self._reference = 1
        self._sign = (-1, 0)

    def refresh(self) -> None:
        """Set the preconditioner up for the matrix as it is now."""
        self.count += 1
        self.size = frobenius(self.matrix)
        self.pc = self._preconditioner()
        # Newton may have left it for the steps after.
        self.pc.setReusePreconditioner(False)
        self.pc.setOperators(self.matrix, self.matrix)
        self.pc.setUp()
        self._solver = self.made(self.matrix, self.pc, _TOLERANCE)

    def made(self, operator: PETSc.Mat, pc: PETSc.PC, tolerance: float) -> PETSc.KSP:
        """A solver with these options."""
        solver = PETSc.KSP().create(operator.comm)
        solver.setOptionsPrefix(self.prefix)
        solver.setPC(pc)
        solver.setOperators(operator, operator)
        solver.setTolerances(rtol=tolerance, atol=0.0)
        with applied(self.prefix, _FGMRES):
            solver.setFromOptions()
        solver.setConvergenceTest(_Stall())
        return solver

    def nudge(self) -> None:
        """Nothing can be done to a matrix whose solves fail.

        Raises
        ------
        ConvergenceError
            Always.
        """
        raise ConvergenceError("FGMRES left too much of a bordered system: the matrix is singular with its borders.")

    def solve(self, right: PETSc.Vec, *, transpose: bool = False) -> PETSc.Vec:
        """A new vector x with A x = right, or A^T x = right.

        Raises
        ------
        ConvergenceError
            When FGMRES fails.
        """
        x = right.duplicate()
        x.zeroEntries()
        (self._solver.solveTranspose if transpose else self._solver.solve)(right, x)
        self.checked(self._solver, right, x)
        return x

    def checked(self, solver: PETSc.KSP, right: PETSc.Vec, x: PETSc.Vec) -> None:
        """Count iterations; refuse a solution that is neither converged nor at rounding."""
        self.iterations += solver.getIterationNumber()
        reason, rest = solver.getConvergedReason(), solver.getResidualNorm()
        if reason <= 0 and not rest <= _ROUNDING * self.size * x.norm():
            raise ConvergenceError(
                f"FGMRES stopped after {solver.getIterationNumber()} iterations at {rest / right.norm():.1e} of the "
                f"right-hand side (reason {reason}); -{self.prefix}ksp_monitor shows where, and the direct solver "
                "needs none of this where memory allows it."
            )

    def solve_many(self, mass: PETSc.Mat, block: Floats) -> Floats:
        """A^-1 M times each column of this rank's rows of a block, one after the other."""
        found, column, right = np.empty_like(block), mass.createVecRight(), mass.createVecLeft()
        for number, values in enumerate(block.T):
            column.setArray(values)
            mass.mult(column, right)
            found[:, number] = self.solve(right).getArray(readonly=True)
        return found

    def multiply(self, x: PETSc.Vec, *, transpose: bool = False) -> PETSc.Vec:
        """A new vector A x, or A^T x, with the matrix as it is now."""
        y = x.duplicate()
        (self.matrix.multTranspose if transpose else self.matrix.mult)(x, y)
        return y

    def elimination(
        self, columns: Sequence[PETSc.Vec], rows: Sequence[PETSc.Vec], corner: Floats, transpose: bool
    ) -> "Whole":
        """Solver of the bordered system."""
        return Whole(self, columns, rows, corner, transpose)

    def left_vector(self, start: PETSc.Vec) -> PETSc.Vec:
        """Left null vector of the nearly singular matrix, of length one.

        Parameters
        ----------
        start
            Not orthogonal to the null vector; any border that makes the matrix regular would do for the other.
        """
        p = start
        for _ in range(2):
            p, _ = Bordered(self, [start], [p], transpose=True).solve(None, 1.0)
            p.normalize()
        return p

    # the sign of the determinant

    def watch(self, rows: Sequence[PETSc.Vec], columns: Sequence[PETSc.Vec], sign: int) -> None:
        """Take the modes nearest to zero as borders from now on.

        Parameters
        ----------
        rows, columns
            G q and M q for each mode q, and for each part of a pair.
        sign
            Of the product of the growth rates: that of the test function here.
        """
        if not rows:
            return
        before = self.sign if self._watched is not None else (-1) ** len(rows) * sign
        self._watched = list(rows), list(columns)
        self._reference = before * sign
        self._sign = (self.count, before)

    @property
    def sign(self) -> int:
        """Sign of the determinant at the last refresh, up to a factor that all points of a problem share.

        The modes that are known when it is asked for first, or those found now, give that factor.
        """
        if self._watched is None:
            self._seek()
        if self._watched is None:
            return 0
        if self._sign[0] != self.count:
            rows, columns = self._watched
            number = len(rows)
            bordered = self.elimination(columns, rows, np.zeros((number, number)), False)
            values = [bordered.eliminate(None, unit)[1] for unit in np.eye(number)]
            self._sign = (self.count, self._reference * int(np.sign(np.linalg.det(np.array(values)))))
        return self._sign[1]


class Whole:
    """The matrix [A B; C^T D], or with A^T, as one operator on vectors that hold the numbers below on the last rank.

    Parameters
    ----------
    krylov
        Of A.
    columns, rows, corner, transpose
        As for `factor.Bordered`.
    """

    def __init__(
        self, krylov: Krylov, columns: Sequence[PETSc.Vec], rows: Sequence[PETSc.Vec], corner: Floats, transpose: bool
    ) -> None:
        matrix = krylov.matrix
        self.krylov, self.columns, self.rows, self.transpose = krylov, list(columns), list(rows), transpose
        self._comm = matrix.comm.tompi4py()
        self._owner = self._comm.size - 1
        self._local, self._number = matrix.getLocalSize()[0], len(columns)
        self._x, self._y = matrix.createVecRight(), matrix.createVecLeft()
        self._through = [self._nearly(column).copy() for column in columns]
        products = np.array([[row.dot(z) for z in self._through] for row in rows])
        # Rows below are scaled to those above, as the preconditioner sees them: FGMRES weighs them alike.
        size = sum(column.norm() for column in columns)
        reach = [
            max(row.norm() * sum(z.norm() for z in self._through), float(np.abs(line).sum()))
            for row, line in zip(rows, corner, strict=True)
        ]
        self._scale = np.array([size / each if each > 0.0 else 1.0 for each in reach])
        self._corner, self._schur = corner, corner - products
        rows_here = self._local + (self._number if self._comm.rank == self._owner else 0)
        sizes = ((rows_here, None), (rows_here, None))
        operator = PETSc.Mat().createPython(sizes, _Product(self), comm=matrix.comm)
        operator.setUp()
        pc = PETSc.PC().createPython(_Elimination(self), comm=matrix.comm)
        self._solver = krylov.made(operator, pc, _HALF)
        self._right, self._result = operator.createVecs()

    def eliminate(self, right: PETSc.Vec | None, below: Floats) -> tuple[PETSc.Vec, Floats]:
        """Solution for a right-hand side; None stands for a zero vector.

        Raises
        ------
        ConvergenceError
            When FGMRES fails.
        """
        if right is None:
            self._y.zeroEntries()
            right = self._y
        self._join(self._right, right, self._scale * below)
        self._result.zeroEntries()
        if self._right.norm() > 0.0:
            self._solver.solve(self._right, self._result)
            self.krylov.checked(self._solver, self._right, self._result)
        # Not a vector of the matrix: these know the blocks of their functions.
        x = self.columns[0].duplicate()
        return x, self._part(self._result, x)

    def with_rows(self, rows: Sequence[PETSc.Vec], corner: Floats) -> "Whole":
        """The same columns with other rows and another corner: another matrix, on the same preconditioner."""
        return Whole(self.krylov, self.columns, rows, corner, self.transpose)

    def multiply(self, given: PETSc.Vec, result: PETSc.Vec) -> None:
        """The product, its lower rows scaled."""
        x, y = self._x, self._y
        numbers = self._part(given, x)
        matrix = self.krylov.matrix
        (matrix.multTranspose if self.transpose else matrix.mult)(x, y)
        y.maxpy(numbers, self.columns)
        below = np.array([row.dot(x) for row in self.rows]) + self._corner @ numbers
        self._join(result, y, self._scale * below)

    def precondition(self, given: PETSc.Vec, result: PETSc.Vec) -> None:
        """Block elimination with the preconditioner of A."""
        below = self._part(given, self._x) / self._scale
        x = self._nearly(self._x)
        numbers = np.linalg.solve(self._schur, below - np.array([row.dot(x) for row in self.rows]))
        x.maxpy(-numbers, self._through)
        self._join(result, x, numbers)

    def _nearly(self, right: PETSc.Vec) -> PETSc.Vec:
        pc, y = self.krylov.pc, self._y
        (pc.applyTranspose if self.transpose else pc.apply)(right, y)
        return y

    def _part(self, both: PETSc.Vec, x: PETSc.Vec) -> Floats:
        """Copy the upper part; the numbers below, on all ranks."""
        local = both.getArray(readonly=True)
        x.getArray()[:] = local[: self._local]
        return np.asarray(self._comm.bcast(local[self._local :].copy(), root=self._owner))

    def _join(self, both: PETSc.Vec, x: PETSc.Vec, numbers: Floats) -> None:
        local = both.getArray()
        local[: self._local] = x.getArray(readonly=True)
        if self._comm.rank == self._owner:
            local[self._local :] = numbers


class _Product:
    """A PETSc context of the bordered matrix."""

    def __init__(self, whole: Whole) -> None:
        # PETSc holds its contexts: with one that held the whole, nothing of it would ever be freed.
        self.whole = weakref.proxy(whole)

    def mult(self, _matrix: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """The product."""
        self.whole.multiply(x, y)


class _Elimination:
    """A PETSc context of its preconditioner."""

    def __init__(self, whole: Whole) -> None:
        self.whole = weakref.proxy(whole)

    def apply(self, _pc: PETSc.PC, x: PETSc.Vec, y: PETSc.Vec) -> None:
        """Nearly the inverse."""
        self.whole.precondition(x, y)


class _Stall:
    """PETSc's relative test, and an end where rounding lets nothing fall any more."""

    def __init__(self) -> None:
        self._norms: list[float] = []

    def __call__(self, solver: PETSc.KSP, iteration: int, norm: float) -> Any:
        reason = PETSc.KSP.ConvergedReason
        if iteration == 0:
            self._norms = []
        self._norms.append(norm)
        rtol, atol, _, most = solver.getTolerances()
        if not np.isfinite(norm):
            return reason.DIVERGED_NANORINF
        if norm <= max(rtol * self._norms[0], atol):
            return reason.CONVERGED_RTOL
        if iteration >= most or (iteration > _STALLED and norm > 0.5 * self._norms[-_STALLED - 1]):
            return reason.DIVERGED_MAX_IT
        return reason.CONVERGED_ITERATING
