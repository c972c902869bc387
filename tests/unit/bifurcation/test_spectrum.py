# SPDX-License-Identifier: LGPL-3.0-or-later
"""Leading modes: real ones about zero, and oscillating pairs that hide behind them."""

import math

import numpy as np
import pytest
import ufl
from dolfinx import fem
from equations import chafee_infante, filled, line

import fem_ionics as fi
from fem_ionics.bifurcation.spectrum import leading_modes, start_vector, unstable

GROWTH, FREQUENCY, SLOW = 0.05, 30.0, 1e-3


@pytest.fixture(scope="module")
def hidden():
    """w decays in forty modes -1e-3 ((n - 1/2) pi)^2 nearer to zero than the growing pair 0.05 +- 30 i of a and b."""
    space = line(64)
    spaces = [space, space.clone(), space.clone()]
    w, a, b = (fem.Function(each) for each in spaces)
    w_, a_, b_ = ufl.TestFunctions(ufl.MixedFunctionSpace(*spaces))
    mu = fem.Constant(space.mesh, 1.0)
    grad, inner = ufl.grad, ufl.inner
    residual = SLOW * inner(grad(w), grad(w_)) * ufl.dx
    residual += (1e3 * inner(grad(a), grad(a_)) - (GROWTH * a - FREQUENCY * b) * a_) * ufl.dx
    residual += (1e3 * inner(grad(b), grad(b_)) - (FREQUENCY * a + mu * GROWTH * b) * b_) * ufl.dx
    held = fem.dirichletbc(0.0, fem.locate_dofs_geometrical(space, lambda x: np.isclose(x[0], 0)), space)
    problem = fi.ParametricProblem(residual, [w, a, b], {"mu": mu}, bcs=[held])
    x = problem.vector()
    problem.factorise(x)
    return problem, x


def test_a_pair_behind_forty_slow_modes(hidden):
    problem, _ = hidden
    slow = [SLOW * ((n - 0.5) * math.pi) ** 2 for n in range(1, 41)]
    assert max(slow) < FREQUENCY
    about_zero = leading_modes(problem, count=6)
    assert not any(mode.oscillates for mode in about_zero)
    assert unstable(about_zero) == 0
    # The frequency need not be known well.
    for guess in (FREQUENCY, 0.8 * FREQUENCY):
        modes = leading_modes(problem, count=6, shifts=[guess])
        assert modes[0].rate == pytest.approx(GROWTH + 1j * FREQUENCY, rel=1e-8, abs=0)
        assert modes[0].residual < 1e-6
        assert unstable(modes) == 2


def test_a_pair_is_an_eigenvector(hidden):
    """J q + s M q = 0 in both parts, with length one."""
    problem, x = hidden
    mode = leading_modes(problem, count=2, shifts=[FREQUENCY])[0]
    problem.assemble(x)
    products = {}
    for name, matrix in (("J", problem.matrix), ("M", problem.mass)):
        for part, vector in (("real", mode.real), ("imaginary", mode.imaginary)):
            products[name, part] = vector.duplicate()
            matrix.mult(vector, products[name, part])
    s = mode.rate
    left = products["J", "real"].copy()
    left.axpy(s.real, products["M", "real"])
    left.axpy(-s.imag, products["M", "imaginary"])
    assert left.norm() < 1e-8 * products["M", "imaginary"].norm() * s.imag


def test_slow_modes_are_exact(hidden):
    problem, _ = hidden
    modes = leading_modes(problem, count=6)
    expected = [-SLOW * ((n - 0.5) * math.pi) ** 2 for n in range(1, 5)]
    assert [mode.rate.real for mode in modes[:4]] == pytest.approx(expected, rel=1e-5, abs=0)


def test_growth_rates_of_a_known_operator():
    """mu - (n pi)^2, with one mode growing."""
    problem = chafee_infante(mu=20.0)
    x = problem.vector()
    problem.factorise(x)
    modes = leading_modes(problem, count=4)
    expected = [20.0 - (n * math.pi) ** 2 for n in (1, 2, 3)]
    assert [mode.rate.real for mode in modes[:3]] == pytest.approx(expected, rel=2e-3, abs=0)
    assert all(mode.rate.imag == 0.0 and mode.residual < 1e-8 for mode in modes[:3])
    assert unstable(modes) == 1
    shape = filled(problem, lambda x: math.sqrt(2) * np.sin(np.pi * x))
    row = shape.duplicate()
    problem.gram.mult(shape, row)
    assert abs(row.dot(modes[0].real)) == pytest.approx(1.0, rel=1e-5, abs=0)


def test_start_vector_has_no_symmetry():
    problem = chafee_infante()
    start = start_vector(problem)
    for n in (1, 2, 3):
        shape = filled(problem, lambda x, n=n: np.sin(n * np.pi * x))
        assert abs(shape.dot(start)) > 1e-3 * shape.norm() * start.norm()
