# SPDX-License-Identifier: LGPL-3.0-or-later
"""A cycle of two levels for one block: its own elements, smoothed, and linear elements on the same mesh, solved.

Linear elements have a quarter of the unknowns of quadratic ones in 2-D, an eighth in 3-D, and fewer entries in each
row: to factorise them costs little where the whole system could not be factorised. Smoothed aggregation on the
quadratic elements themselves, the customary choice, needs four to seven times the iterations on stretched
quadrilaterals.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import dolfinx.fem.petsc as fem_petsc
import numpy as np
import numpy.typing as npt
from dolfinx import fem
from petsc4py import PETSc

from fem_ionics.solve.options import applied, coarse_options, smoother

Indices = npt.NDArray[np.int32]


def held_places(space: fem.FunctionSpace, bcs: Sequence[fem.DirichletBC]) -> Indices:
    """This rank's own numbers in a space at which Dirichlet conditions hold a value."""
    found = [np.empty(0, dtype=np.int32)]
    for bc in bcs:
        if space._cpp_object.contains(bc.function_space):
            dofs, owned = bc.dof_indices()
            found.append(dofs[:owned])
    return np.unique(np.concatenate(found))


def prolongation(space: fem.FunctionSpace, held: Indices) -> PETSc.Mat | None:
    """From linear elements to a Lagrange space of higher degree, leaving held values alone (collective).

    None where the space is linear already.
    """
    family = space.ufl_element()
    if family.embedded_superdegree <= 1 or space.element.basix_element.degree <= 1:
        return None
    shape = family.reference_value_shape
    coarse = fem.functionspace(space.mesh, ("Lagrange", 1, shape) if shape else ("Lagrange", 1))
    matrix = fem_petsc.interpolation_matrix(coarse, space)
    matrix.assemble()
    start = matrix.getOwnershipRange()[0]
    matrix.zeroRows((start + held).astype(PETSc.IntType), diag=0.0)
    return matrix


class TwoLevel:
    """Approximate inverse of one diagonal block.

    Parameters
    ----------
    prefix
        PETSc prefix of its options: ``mg_levels_`` for the smoother, ``mg_coarse_`` for the solver of the coarse level.
    interpolation
        As `prolongation` gives it.
    held
        Numbers of this rank whose rows hold a value: there the solution is exact.
    dimension
        Of the mesh: it decides the smoother.
    options
        PETSc options without prefix that go over the defaults.
    balanced
        Rows and columns are scaled so that the diagonal is one, on both levels. In exact arithmetic this changes
        nothing; but factorisations take pivots below 1e-14 for zeros.

    Notes
    -----
    Linear and the same in every application until the next `refresh`, as the elimination of multipliers assumes.
    """

    def __init__(
        self,
        prefix: str,
        interpolation: PETSc.Mat | None,
        held: Indices,
        dimension: int = 2,
        options: Mapping[str, Any] | None = None,
        *,
        balanced: bool = False,
    ) -> None:
        self.prefix = prefix
        self.interpolation = interpolation
        self.held = held
        self._balanced = balanced
        self._unscaled = interpolation.copy() if balanced and interpolation is not None else None
        self._factors: PETSc.Vec | None = None
        self._right: PETSc.Vec | None = None
        self.coarse: PETSc.Mat | None = None
        self._dimension, self._own = dimension, dict(options or {})
        self._options: dict[str, Any] = {"ksp_type": "preonly"}
        self._solver: PETSc.KSP | None = None

    def refresh(self, matrix: PETSc.Mat) -> None:
        """Take the block's new values (collective); its object and pattern stay those of the first call.

        A matrix that is to be balanced is changed in place.
        """
        self._scale = matrix.getDiagonal().getArray(readonly=True)[self.held].copy()
        if self._balanced:
            self._balance(matrix)
        if self.interpolation is None:
            self.coarse = matrix
        else:
            first = self.coarse is None
            self.coarse = matrix.ptap(self.interpolation, result=self.coarse)
            if first:
                self.coarse.setBlockSize(self.interpolation.getBlockSizes()[1])
            fill_empty_rows(self.coarse)
            if self._balanced:
                self.interpolation.diagonalScale(None, _to_unit_diagonal(self.coarse))
        if self._solver is None:
            self._solver = self._made(matrix)
        if self._solver.pc.getType() == PETSc.PC.Type.MG:
            self._solver.pc.getMGSmoother(1).setOperators(matrix, matrix)
            self._solver.pc.getMGCoarseSolve().setOperators(self.coarse, self.coarse)
        self._solver.setOperators(matrix, matrix)
        # Solvers inside solvers are made, and read their options, in here.
        with applied(self.prefix, self._options):
            self._solver.setUp()
            self._solver.setUpOnBlocks()

    def solve(self, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """One cycle (collective)."""
        assert self._solver is not None
        if self._factors is None or self._right is None:
            self._solver.solve(right, result)
        else:
            self._right.pointwiseMult(self._factors, right)
            self._solver.solve(self._right, result)
            result.pointwiseMult(self._factors, result)
        result.getArray()[self.held] = right.getArray(readonly=True)[self.held] / self._scale

    def solve_transposed(self, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """The transpose of `solve` (collective)."""
        assert self._solver is not None
        free = right.copy()
        free.getArray()[self.held] = 0.0
        if self._factors is not None:
            free.pointwiseMult(self._factors, free)
        self._solver.solveTranspose(free, result)
        if self._factors is not None:
            result.pointwiseMult(self._factors, result)
        result.getArray()[self.held] += right.getArray(readonly=True)[self.held] / self._scale

    def _balance(self, matrix: PETSc.Mat) -> None:
        """Scale the block; the interpolation then leads to its scaled unknowns."""
        self._factors = _to_unit_diagonal(matrix)
        if self._right is None:
            self._right = self._factors.duplicate()
        if self.interpolation is not None and self._unscaled is not None:
            self._unscaled.copy(self.interpolation, PETSc.Mat.Structure.SAME_NONZERO_PATTERN)
            inverse = self._factors.copy()
            inverse.reciprocal()
            self.interpolation.diagonalScale(inverse, None)

    def _made(self, matrix: PETSc.Mat) -> PETSc.KSP:
        assert self.coarse is not None
        coarse = coarse_options(self.coarse.getSize()[0], self._dimension)
        options = self._options
        if self.interpolation is None:
            options |= coarse
        else:
            options |= {"pc_type": "mg", "pc_mg_levels": 2, "pc_mg_galerkin": "none"}
            options |= {f"mg_levels_{key}": value for key, value in smoother(self._dimension).items()}
            options |= {f"mg_coarse_{key}": value for key, value in coarse.items()}
        options |= self._own
        solver = PETSc.KSP().create(matrix.comm)
        solver.setOptionsPrefix(self.prefix)
        solver.setOperators(matrix, matrix)
        with applied(self.prefix, options):
            solver.setFromOptions()
            if solver.pc.getType() == PETSc.PC.Type.MG:
                solver.pc.setMGInterpolation(1, self.interpolation)
                # The levels read their own options here, not at the first solve, when they are no longer set.
                solver.pc.getMGSmoother(1).setFromOptions()
                solver.pc.getMGCoarseSolve().setFromOptions()
        return solver


def _to_unit_diagonal(matrix: PETSc.Mat) -> PETSc.Vec:
    """Scale rows and columns alike, and return by what (collective)."""
    factors = matrix.getDiagonal()
    factors.sqrtabs()
    factors.reciprocal()
    matrix.diagonalScale(factors, factors)
    return factors


def fill_empty_rows(matrix: PETSc.Mat) -> None:
    """Ones on the diagonal of empty rows, those of linear elements that lie on held values alone (collective)."""
    diagonal = matrix.getDiagonal()
    local = diagonal.getArray()
    local[local == 0.0] = 1.0
    matrix.setDiagonal(diagonal)
