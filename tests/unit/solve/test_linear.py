# SPDX-License-Identifier: LGPL-3.0-or-later
"""Small symmetric systems of one pattern, solved again and again."""

import numpy as np
import pytest
import scipy.sparse as sp

from fem_ionics.errors import ConvergenceError
from fem_ionics.solve import SymmetricSolver


def chain(weights: np.ndarray) -> sp.csr_array:
    """Springs in a row, fixed at both ends: a full diagonal and its neighbours."""
    inner = weights[1:-1]
    return sp.csr_array(sp.diags([-inner, weights[:-1] + weights[1:], -inner], [-1, 0, 1]))


def solver(matrix: sp.csr_array) -> SymmetricSolver:
    return SymmetricSolver(matrix.indptr, matrix.indices)


def test_new_values_need_no_new_solver():
    random = np.random.default_rng(1)
    matrices = [chain(np.exp(3.0 * random.standard_normal(30))) for _ in range(3)]
    reused = solver(matrices[0])
    for matrix in matrices:
        expected = random.standard_normal(29)
        assert reused.solve(matrix.data, matrix @ expected) == pytest.approx(expected, rel=1e-8)


def test_fluxes_balance_where_springs_differ_by_ten_powers_of_ten():
    weights = 10.0 ** np.random.default_rng(2).uniform(-5.0, 5.0, 40)
    matrix = chain(weights)
    right = np.zeros(39)
    right[-1] = weights[-1]  # one end at 0, the other at 1
    found = np.concatenate([[0.0], solver(matrix).solve(matrix.data, right), [1.0]])
    # The force is the same in every spring, here to the round-off of the stiffest one.
    force = weights[np.argmin(weights)] * np.diff(found)[np.argmin(weights)]
    assert force == pytest.approx(1.0 / (1.0 / weights).sum(), rel=1e-9)


def test_zero_on_the_right_gives_zero():
    matrix = chain(np.ones(5))
    assert np.array_equal(solver(matrix).solve(matrix.data, np.zeros(4)), np.zeros(4))


def test_a_singular_matrix_is_no_solution():
    matrix = chain(np.ones(5))
    values = np.zeros_like(matrix.data)
    with pytest.raises(ConvergenceError, match="4 unknowns"):
        solver(matrix).solve(values, np.ones(4))
