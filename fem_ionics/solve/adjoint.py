# SPDX-License-Identifier: LGPL-3.0-or-later
"""The adjoint of a linearised system: how a number of the solution answers to a change of each equation."""

from collections.abc import Sequence

import dolfinx.fem.petsc as fem_petsc
import numpy as np
import numpy.typing as npt
from dolfinx import fem, la
from petsc4py import PETSc

from fem_ionics.errors import ConvergenceError
from fem_ionics.solve.newton import NonlinearSystem
from fem_ionics.solve.options import DIRECT, applied
from fem_ionics.solve.transfer import held_by_block

_PREFIX = "fem_ionics_adjoint_"
#: A rest above this, relative to what it is a difference of, is no solution.
_SOLVED = 1e-8


class Adjoint:
    """Adjoint solves with the Jacobian of a nonlinear system.

    Parameters
    ----------
    system
        Its compiled Jacobian and its matrix are used; the next Newton step assembles the matrix anew.

    Notes
    -----
    For a number J(u) = R(u; q) + G(u) of the solution of R(u; v) = 0, with a test function q that does not vanish
    where values are held, the adjoint z is q there and solves R'(u)(w; z) + G'(u)(w) = 0 for all variations w of the
    free unknowns. Then J(u + e) - J(u) with a solution u + e is R(u; z) - R(u; q) but for terms in e^2 [1]_.

    .. [1] R. Becker, R. Rannacher, Acta Numerica 10, 1 (2001).
    """

    def __init__(self, system: NonlinearSystem) -> None:
        self.system = system
        self.conditions = held_by_block(system.functions, system.bcs)

    def solve(
        self, lift: Sequence[npt.NDArray[np.float64] | None], slope: Sequence[fem.Form | None]
    ) -> list[fem.Function]:
        """Adjoint at the live functions of the system (collective).

        Parameters
        ----------
        lift
            For each block the values of q at its local unknowns, ghosts included; None for zero.
        slope
            For each block the compiled linear form G'(u); None for zero.

        Returns
        -------
        list of dolfinx.fem.Function
            z, one function for each block.

        Raises
        ------
        ConvergenceError
            When the factorisation breaks down or its solution does not solve.
        """
        adjoint = self._lifted(lift)
        right = self._right(adjoint, slope)
        matrix = self._assembled(self.system.bcs)
        free = [fem.Function(each.function_space) for each in adjoint]
        solution = _solved(matrix, right)
        fem_petsc.assign(solution, free)
        for each, correction in zip(adjoint, free, strict=True):
            correction.x.scatter_forward()
            each.x.array[:] += correction.x.array
        for vector in (right, solution):
            vector.destroy()
        return adjoint

    def _lifted(self, lift: Sequence[npt.NDArray[np.float64] | None]) -> list[fem.Function]:
        functions = [fem.Function(each.function_space) for each in self.system.functions]
        for function, values in zip(functions, lift, strict=True):
            if values is not None:
                function.x.array[:] = values
        return functions

    def _right(self, lifted: Sequence[fem.Function], slope: Sequence[fem.Form | None]) -> PETSc.Vec:
        """-(R'(u)(.; q) + G'(u)) for the free unknowns, zero for the held ones."""
        matrix = self._assembled([])
        vector = self._vector()
        fem_petsc.assign(list(lifted), vector)
        product = self._vector()
        matrix.multTranspose(vector, product)
        parts = [fem.Function(each.function_space) for each in lifted]
        fem_petsc.assign(product, parts)
        for part, form, conditions in zip(parts, slope, self.conditions, strict=True):
            if form is not None:
                gradient = fem.assemble_vector(form)
                gradient.scatter_reverse(la.InsertMode.add)
                part.x.array[:] += gradient.array
            for condition in conditions:
                condition.set(part.x.array, None, 0.0)
        fem_petsc.assign(parts, vector)
        vector.scale(-1.0)
        product.destroy()
        return vector

    def _assembled(self, conditions: Sequence[fem.DirichletBC]) -> PETSc.Mat:
        """The Jacobian; with the conditions, their rows and columns are those of the identity."""
        matrix = self.system.matrix
        matrix.zeroEntries()
        fem_petsc.assemble_matrix(matrix, self.system.jacobian, conditions, diag=1.0)
        matrix.assemble()
        # A factorisation takes no nested blocks.
        return matrix.convert(PETSc.Mat.Type.AIJ, PETSc.Mat()) if matrix.getType() == PETSc.Mat.Type.NEST else matrix

    def _vector(self) -> PETSc.Vec:
        return fem_petsc.create_vector([each.function_space for each in self.system.functions], kind="mpi")


def _solved(matrix: PETSc.Mat, right: PETSc.Vec) -> PETSc.Vec:
    """The solution of A^T x = right."""
    solver = PETSc.KSP().create(matrix.comm)
    solver.setOptionsPrefix(_PREFIX)
    solution = right.copy()
    rest = right.duplicate()
    try:
        with applied(_PREFIX, DIRECT):
            solver.setOperators(matrix)
            solver.setFromOptions()
        solver.solveTranspose(right, solution)
        matrix.multTranspose(solution, rest)
        rest.axpy(-1.0, right)
        left, size = rest.norm(), right.norm() + matrix.norm() * solution.norm()
    except PETSc.Error as error:  # a factorisation that breaks down inside PETSc
        raise ConvergenceError(f"The adjoint system has no solution (PETSC_ERROR_{error.ierr}).") from error
    finally:
        solver.destroy()
        rest.destroy()
    if not left <= _SOLVED * size:
        raise ConvergenceError(
            f"The adjoint system was not solved: the rest is {left:.1e} of {size:.1e}. Is the state at a fold?",
            reason="ADJOINT",
        )
    return solution
