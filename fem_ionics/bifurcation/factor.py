# SPDX-License-Identifier: LGPL-3.0-or-later
"""LU factors of the Jacobian, and bordered systems solved with them or with what stands for them (`krylov`)."""

from collections.abc import Sequence
from copy import copy
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from petsc4py import PETSc

from fem_ionics.errors import ConvergenceError
from fem_ionics.solve.options import DIRECT, applied

#: Relative change that makes an exactly singular matrix regular: refinement brings the digits back that elimination
#: loses, and modes hardly feel it.
_NUDGE = 1e-10
#: A bordered solve whose rest is above this, relatively, has met a pivot of nothing.
_SOLVED = 1e-9
_PREFIX = "fem_ionics_bifurcation_"
#: MUMPS computes the determinant, and gets room for the fill of pivoting.
_MUMPS = {33: 1, 14: 60}


class Elimination(Protocol):
    """One pass of a solve with a bordered matrix."""

    def eliminate(self, right: PETSc.Vec, below: npt.NDArray[np.float64]) -> tuple[PETSc.Vec, npt.NDArray[np.float64]]:
        """Vector, and the numbers below it; a second pass brings lost digits back."""
        ...

    def with_rows(self, rows: Sequence[PETSc.Vec], corner: npt.NDArray[np.float64]) -> "Elimination":
        """The same columns with other rows and another corner."""
        ...


class Inverse(Protocol):
    """What the study of branches asks of the inverse of a matrix: `Factor`, or `krylov.Krylov` without factors."""

    matrix: PETSc.Mat
    count: int
    size: float
    #: A solve costs little beside an assembly and a refresh.
    cheap: bool
    #: The determinant's sign is known without modes to watch.
    signed: bool

    def refresh(self) -> None:
        """Prepare solves with the matrix as it is now."""
        ...

    def nudge(self) -> None:
        """Try again where a matrix is singular to the last bit; ConvergenceError where that is no use."""
        ...

    @property
    def sign(self) -> int:
        """Sign of the determinant, up to a factor that all points of a problem share; 0 where it is not known."""
        ...

    def watch(self, rows: Sequence[PETSc.Vec], columns: Sequence[PETSc.Vec], sign: int) -> None:
        """Borders of the modes nearest to zero, and the sign of the product of their growth rates."""
        ...

    def solve(self, right: PETSc.Vec, *, transpose: bool = False) -> PETSc.Vec:
        """A new vector x with A x = right, or A^T x = right."""
        ...

    def solve_many(self, mass: PETSc.Mat, block: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """A^-1 M times each column of this rank's rows of a block."""
        ...

    def multiply(self, x: PETSc.Vec, *, transpose: bool = False) -> PETSc.Vec:
        """A new vector A x, or A^T x, with the matrix as it is now."""
        ...

    def left_vector(self, start: PETSc.Vec) -> PETSc.Vec:
        """Left null vector of the nearly singular matrix, of length one."""
        ...

    def elimination(
        self,
        columns: Sequence[PETSc.Vec],
        rows: Sequence[PETSc.Vec],
        corner: npt.NDArray[np.float64],
        transpose: bool,
    ) -> Elimination:
        """Solver of the bordered system with borders as for `Bordered`."""
        ...


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
    size
        Norm of the matrix that was factorised last.
    """

    cheap = signed = True

    def __init__(self, matrix: PETSc.Mat) -> None:
        self.matrix = matrix
        self.count = 0
        self.size = 0.0
        self._solver = self._made()

    def _made(self) -> PETSc.KSP:
        solver = PETSc.KSP().create(self.matrix.comm)
        solver.setOptionsPrefix(_PREFIX)
        with applied(_PREFIX, DIRECT):
            solver.setOperators(self.matrix)
            solver.setFromOptions()
        preconditioner = solver.getPC()
        preconditioner.setFactorSetUpSolverType()
        for option, value in _MUMPS.items():
            preconditioner.getFactorMatrix().setMumpsIcntl(option, value)
        return solver

    def refresh(self) -> None:
        """Factorise the matrix as it is now.

        Raises
        ------
        ConvergenceError
            When the factorisation breaks down.
        """
        self.count += 1
        self.size = float(self.matrix.norm())
        if self._set_up() is not None:
            self.nudge()

    def nudge(self) -> None:
        """Factorise a matrix that is singular to the last bit: move it by a little; refinement uses the true one.

        Raises
        ------
        ConvergenceError
            When the factorisation breaks down all the same.
        """
        # MUMPS does not recover from a failure: it starts afresh.
        self._solver.destroy()
        self._solver = self._made()
        self.matrix.shift(_NUDGE * self.size)
        failure = self._set_up()
        self.matrix.shift(-_NUDGE * self.size)
        if failure is not None:
            raise ConvergenceError(f"The factorisation broke down ({failure}).")

    def _set_up(self) -> str | None:
        """Factorise; what failed, or None."""
        preconditioner = self._solver.getPC()
        preconditioner.setReusePreconditioner(False)
        self._solver.setOperators(self.matrix)
        try:
            self._solver.setUp()
        except PETSc.Error as error:
            return f"PETSC_ERROR_{error.ierr}"
        # Factors stay those of this moment: a solve would factorise a matrix that has changed since.
        preconditioner.setReusePreconditioner(True)
        status = preconditioner.getFactorMatrix().getMumpsInfog(1)
        return f"MUMPS INFOG(1) = {status}" if status < 0 else None

    @property
    def sign(self) -> int:
        """Sign of the determinant of the factorised matrix, 0 where it is zero or before the first factorisation."""
        if not self.count:  # MUMPS crashes when asked too early
            return 0
        return int(np.sign(self._solver.getPC().getFactorMatrix().getMumpsRinfog(12)))

    def watch(self, rows: Sequence[PETSc.Vec], columns: Sequence[PETSc.Vec], sign: int) -> None:
        """Nothing to do: the determinant is known without modes."""

    def solve(self, right: PETSc.Vec, *, transpose: bool = False) -> PETSc.Vec:
        """A new vector x with A x = right, or A^T x = right."""
        x = right.duplicate()
        (self._solver.solveTranspose if transpose else self._solver.solve)(right, x)
        return x

    def solve_many(self, mass: PETSc.Mat, block: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """A^-1 M times each column of this rank's rows of a block: eight columns take as long as two with `solve`."""
        sizes = (self.matrix.getSizes()[0], (None, block.shape[1]))
        columns = PETSc.Mat().createDense(sizes, array=np.array(block, order="F"), comm=self.matrix.comm)
        right = mass.matMult(columns)
        self._solver.getPC().getFactorMatrix().matSolve(right, columns)
        found = columns.getDenseArray(readonly=True).copy(order="F")
        for each in (columns, right):
            each.destroy()
        return found

    def multiply(self, x: PETSc.Vec, *, transpose: bool = False) -> PETSc.Vec:
        """A new vector A x, or A^T x, with the matrix as it is now."""
        y = x.duplicate()
        (self.matrix.multTranspose if transpose else self.matrix.mult)(x, y)
        return y

    def left_vector(self, start: PETSc.Vec) -> PETSc.Vec:
        """Left null vector of the nearly singular matrix by inverse iteration, of length one."""
        p = start
        for _ in range(3):
            p = self.solve(p, transpose=True)
            p.normalize()
        return p

    def elimination(
        self,
        columns: Sequence[PETSc.Vec],
        rows: Sequence[PETSc.Vec],
        corner: npt.NDArray[np.float64],
        transpose: bool,
    ) -> "BlockElimination":
        """Solver of the bordered system."""
        return BlockElimination(self, columns, rows, corner, transpose)

    def __del__(self) -> None:
        if (solver := getattr(self, "_solver", None)) is not None:
            solver.destroy()


class BlockElimination:
    """Solves with a bordered matrix on the factors of A: one for each column, and one for each right-hand side."""

    def __init__(
        self,
        factor: Factor,
        columns: Sequence[PETSc.Vec],
        rows: Sequence[PETSc.Vec],
        corner: npt.NDArray[np.float64],
        transpose: bool,
    ) -> None:
        self._factor, self._transpose = factor, transpose
        self._through = [factor.solve(column, transpose=transpose) for column in columns]
        self._border(rows, corner)

    def _border(self, rows: Sequence[PETSc.Vec], corner: npt.NDArray[np.float64]) -> None:
        self._rows = rows
        self._schur = corner - np.array([[row.dot(z) for z in self._through] for row in rows])

    def with_rows(self, rows: Sequence[PETSc.Vec], corner: npt.NDArray[np.float64]) -> "BlockElimination":
        """The same columns, whose solves are done, with other rows and another corner."""
        other = copy(self)
        other._border(rows, corner)
        return other

    def eliminate(self, right: PETSc.Vec, below: npt.NDArray[np.float64]) -> tuple[PETSc.Vec, npt.NDArray[np.float64]]:
        """Vector, and the numbers below it."""
        # Of a tangent's right-hand side all is zero but the last number.
        x = self._factor.solve(right, transpose=self._transpose) if right.norm() > 0.0 else right.copy()
        y = np.linalg.solve(self._schur, below - np.array([row.dot(x) for row in self._rows]))
        for number, through in zip(y, self._through, strict=True):
            x.axpy(-number, through)
        return x, y


class Bordered:
    """The matrix [A B; C^T D] with m columns B and m rows C, by the elimination that goes with the inverse of A.

    Each solve is refined exactly once: where A is singular but the bordered matrix is not, the plain elimination
    loses all but a few digits and the refined one none (measured 3.7e-3 against 7.7e-16).

    Parameters
    ----------
    factor
        Factors of A, or what stands for them.
    columns, rows
        m vectors each.
    corner
        D, shape (m, m); zero by default.
    transpose
        Use A^T in place of A.
    """

    def __init__(
        self,
        factor: Inverse,
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
        self._prepare()

    def with_rows(self, rows: Sequence[PETSc.Vec], corner: npt.ArrayLike) -> "Bordered":
        """The same columns on the same factors with other rows and another corner, as many as there are columns."""
        other = copy(self)
        other.rows, other.corner = list(rows), np.asarray(corner, dtype=float).reshape(self.corner.shape)
        other._elimination = self._elimination.with_rows(other.rows, other.corner)
        return other

    def _prepare(self) -> None:
        self._elimination: Elimination = self.factor.elimination(self.columns, self.rows, self.corner, self.transpose)

    def solve(
        self, right: PETSc.Vec | None, below: npt.ArrayLike = 0.0, *, refine: bool = True
    ) -> tuple[PETSc.Vec, npt.NDArray[np.float64]]:
        """Solve for a right-hand side; None stands for a zero vector.

        Without `refine` only what plain elimination solves badly is refined: for iterations that correct themselves.

        Returns
        -------
        x, y
            Vector, and the m numbers below it.
        """
        if right is None:
            right = self.columns[0].duplicate()
            right.zeroEntries()
        numbers = np.broadcast_to(np.asarray(below, dtype=float), (len(self.rows),))
        if not refine:
            x, y = self._elimination.eliminate(right, numbers)
            if self._solves(right, numbers, x, y):
                return x, y
        x, y = self._refined(right, numbers)
        if not self._solves(right, numbers, x, y):
            # A pivot far below rounding: no refinement brings the lost digits back.
            self.factor.nudge()
            self._prepare()
            x, y = self._refined(right, numbers)
        return x, y

    def unrefined(self, right: PETSc.Vec, below: npt.ArrayLike) -> tuple[PETSc.Vec, npt.NDArray[np.float64]]:
        """As `solve`, plainly and unchecked: the factors may be those of another matrix."""
        return self._elimination.eliminate(right, np.broadcast_to(np.asarray(below, dtype=float), (len(self.rows),)))

    def _refined(self, right: PETSc.Vec, numbers: Any) -> tuple[PETSc.Vec, npt.NDArray[np.float64]]:
        x, y = self._elimination.eliminate(right, numbers)
        dx, dy = self._elimination.eliminate(*self.residual(right, numbers, x, y))
        x.axpy(1.0, dx)
        return x, y + dy

    def _solves(self, right: PETSc.Vec, numbers: Any, x: PETSc.Vec, y: Any) -> bool:
        """Whether the rest is small against what it is a difference of."""
        rest, _ = self.residual(right, numbers, x, y)
        return bool(rest.norm() <= _SOLVED * (right.norm() + self.factor.size * x.norm()))

    def residual(self, right: PETSc.Vec, below: Any, x: PETSc.Vec, y: Any) -> tuple[PETSc.Vec, Any]:
        """What a solution leaves of the right-hand side."""
        rest = self.factor.multiply(x, transpose=self.transpose)
        rest.aypx(-1.0, right)
        for number, column in zip(y, self.columns, strict=True):
            rest.axpy(-number, column)
        return rest, below - np.array([row.dot(x) for row in self.rows]) - self.corner @ y
