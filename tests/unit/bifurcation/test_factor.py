# SPDX-License-Identifier: LGPL-3.0-or-later
"""Bordered solves at a singular matrix."""

import numpy as np
import pytest

from fem_ionics.bifurcation.factor import Bordered, Factor
from fem_ionics.bifurcation.normalform import left_vector


@pytest.fixture
def at_the_fold(bratu):
    """The Jacobian at the fold, bordered so that it is regular, and a right-hand side."""
    (point,) = bratu.special("fold")
    problem, (x, q) = bratu.study.problem, point.system.vectors
    problem.knob("lam").assign(point.value)
    factor = problem.factorise(x)
    row = q.duplicate()
    problem.gram.mult(q, row)
    bordered = Bordered(factor, [left_vector(problem, q)], [row])
    return bordered, problem.by_parameter(x, problem.knob("lam"))


def left_over(bordered, right, x, y):
    """Of the equations, relative to the right-hand side."""
    rest, below = bordered.residual(right, np.array([1.0]), x, y)
    return float(np.hypot(rest.norm(), abs(below[0]))) / right.norm()


def test_one_refinement_saves_the_digits_at_a_singular_matrix(at_the_fold):
    bordered, right = at_the_fold
    plain = bordered._elimination.eliminate(right, np.array([1.0]))
    once = bordered.solve(right, 1.0)
    rest, below = bordered.residual(right, np.array([1.0]), *once)
    dx, dy = bordered._elimination.eliminate(rest, below)
    twice = once[0].copy()
    twice.axpy(1.0, dx)
    errors = [left_over(bordered, right, *each) for each in (plain, once, (twice, once[1] + dy))]
    assert errors[0] > 1e-6
    assert errors[1] < 1e-11
    assert errors[2] < 1e-11


def test_transposed_bordered_solve(at_the_fold):
    """(r, 0) . K^-1 (s, 1) is what K^-T makes of it."""
    bordered, right = at_the_fold
    turned = Bordered(bordered.factor, bordered.rows, bordered.columns, transpose=True)
    other = bordered.rows[0]
    (x, _), (z, w) = bordered.solve(other, 1.0), turned.solve(right, 0.0)
    assert z.dot(other) + w[0] == pytest.approx(x.dot(right), rel=1e-9, abs=0)


def test_other_rows_need_no_further_solve_with_the_columns(at_the_fold, monkeypatch):
    bordered, right = at_the_fold
    column, row = bordered.columns[0], bordered.rows[0].copy()
    row.axpy(0.5, right)
    expected, number = Bordered(bordered.factor, [column], [row], 0.3).solve(right, 1.0)
    solves = []
    solve = bordered.factor.solve
    monkeypatch.setattr(bordered.factor, "solve", lambda *given, **how: solves.append(1) or solve(*given, **how))
    found, same = bordered.with_rows([row], 0.3).solve(right, 1.0)
    assert len(solves) == 2, "two passes"
    assert same == pytest.approx(number, rel=1e-12, abs=0)
    found.axpy(-1.0, expected)
    assert found.norm() < 1e-12 * expected.norm()
    assert bordered.rows[0] is not row


def test_sign_is_that_of_the_determinant(bratu):
    problem = bratu.study.problem
    signs = []
    for point in (bratu.points[0], bratu.points[-1]):
        problem.knob("lam").assign(point.value)
        signs.append(problem.factorise(point.x).sign)
        if problem.comm.size == 1:
            rows, columns, values = problem.matrix.getValuesCSR()
            dense = np.zeros((len(rows) - 1, len(rows) - 1))
            for i in range(len(rows) - 1):
                dense[i, columns[rows[i] : rows[i + 1]]] = values[rows[i] : rows[i + 1]]
            assert signs[-1] == np.linalg.slogdet(dense)[0]
    assert signs == [1, -1]


def test_sign_before_the_first_factorisation_is_zero(bratu):
    assert Factor(bratu.study.problem.matrix).sign == 0
