# SPDX-License-Identifier: LGPL-3.0-or-later
"""Dense borders around a sparse matrix: exact where what is inside is exact."""

import numpy as np
import pytest
from mpi4py import MPI
from petsc4py import PETSc

from fem_ionics.solve.iterative.multipliers import Multipliers

INSIDE, BORDERS = 30, 2
RANDOM = np.random.default_rng(7)
#: A Laplacian with a mass, rows and columns that differ, and a corner that is not zero.
A = np.diag(np.full(INSIDE, 2.5)) - np.eye(INSIDE, k=1) - np.eye(INSIDE, k=-1)
COLUMNS, ROWS = RANDOM.standard_normal((INSIDE, BORDERS)), RANDOM.standard_normal((BORDERS, INSIDE))
CORNER = RANDOM.standard_normal((BORDERS, BORDERS))


def assembled(dense: np.ndarray) -> PETSc.Mat:
    matrix = PETSc.Mat().createAIJ(dense.shape, comm=MPI.COMM_WORLD)
    matrix.setUp()
    start, end = matrix.getOwnershipRange()
    for row in range(start, end):
        matrix.setValues([row], list(range(dense.shape[1])), dense[row])
    matrix.assemble()
    return matrix


def filled(matrix: PETSc.Mat, values: np.ndarray) -> PETSc.Vec:
    vector = matrix.createVecRight()
    vector.setArray(values[slice(*vector.getOwnershipRange())])
    return vector


def gathered(vector: PETSc.Vec) -> np.ndarray:
    return np.concatenate(MPI.COMM_WORLD.allgather(vector.getArray().copy()))


def apart(places: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """The whole system with its multipliers at these places, and the numbers of all other unknowns."""
    others = np.setdiff1d(np.arange(INSIDE + BORDERS), places)
    whole = np.zeros((INSIDE + BORDERS,) * 2)
    whole[np.ix_(others, others)], whole[np.ix_(others, places)] = A, COLUMNS
    whole[np.ix_(places, others)], whole[np.ix_(places, places)] = ROWS, CORNER
    return whole, others


@pytest.mark.mpi
@pytest.mark.parametrize("places", [[INSIDE, INSIDE + 1], [3, 20], [31, 0]])
def test_exact_around_an_exact_inverse(places):
    whole, others = apart(places)
    matrix = assembled(whole)

    def inverse(right: PETSc.Vec, result: PETSc.Vec) -> None:
        values = np.zeros(INSIDE + BORDERS)
        values[others] = np.linalg.solve(A, gathered(right)[others])
        result.setArray(values[slice(*result.getOwnershipRange())])

    borders = Multipliers(matrix, places)
    for factor in (1.0, 2.0):
        # New values of the matrix: those of the borders are read anew.
        matrix = assembled(np.where(np.isin(np.arange(INSIDE + BORDERS), places), factor, 1.0) * whole)
        borders.refresh(matrix, inverse)
        right = RANDOM.standard_normal(INSIDE + BORDERS)
        result = matrix.createVecRight()
        b = filled(matrix, right)
        inverse(b, result)
        borders.complete(b, result)
        scaled = np.where(np.isin(np.arange(INSIDE + BORDERS), places), factor, 1.0) * whole
        np.testing.assert_allclose(gathered(result), np.linalg.solve(scaled, right), rtol=1e-9, atol=1e-11)
