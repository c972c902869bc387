# SPDX-License-Identifier: LGPL-3.0-or-later
"""Exact derivatives of a residual: Taylor's remainders fall with their order."""

import numpy as np
import pytest
import ufl
from dolfinx import fem
from equations import ends, filled, line, slope

import fem_ionics as fi

SIZES = 0.2 / 2.0 ** np.arange(5)


@pytest.fixture(scope="module")
def problem():
    """Two unknowns; b enters no row but the second, and nothing there beyond first order."""
    space = line(8)
    other = space.clone()
    u, v = fem.Function(space), fem.Function(other)
    p, q = ufl.TestFunctions(ufl.MixedFunctionSpace(space, other))
    a, b = fem.Constant(space.mesh, 0.7), fem.Constant(space.mesh, 0.4)
    dx = ufl.Measure("dx", domain=space.mesh, metadata={"quadrature_degree": 10})
    residual = (ufl.inner(ufl.grad(u), ufl.grad(p)) - ufl.exp(a * u) * (1 + v**2) * p) * dx
    residual += ((1 + u**2) * ufl.inner(ufl.grad(v), ufl.grad(q)) - b * u * v * q) * dx
    return fi.ParametricProblem(residual, [u, v], {"a": a, "b": b}, bcs=[fem.dirichletbc(0.0, ends(space), space)])


@pytest.fixture(scope="module")
def point(problem):
    """A state and a direction in which held values stay."""
    return (
        filled(problem, lambda x: np.sin(np.pi * x), lambda x: np.cos(2 * x)),
        filled(problem, lambda x: np.sin(2 * np.pi * x), lambda x: 1 + np.sin(3 * x)),
    )


def remainders(problem, terms, at):
    """|F(h) - sum of terms h^k| for each h."""
    errors = []
    for h in SIZES:
        rest = at(h)
        for order, term in enumerate(terms):
            rest.axpy(-(h**order), term)
        errors.append(rest.norm())
    return errors


@pytest.mark.parametrize("order", [1, 2, 3])
def test_along_a_direction(problem, point, order):
    x, d = point
    terms = [problem.residual(x)]
    for n in range(1, order + 1):
        term = problem.derivative(x, [d] * n)
        term.scale(1.0 / [1, 1, 2, 6][n])
        terms.append(term)

    def at(h):
        moved = x.copy()
        moved.axpy(h, d)
        return problem.residual(moved)

    errors = remainders(problem, terms, at)
    assert slope(SIZES, errors) == pytest.approx(order + 1, rel=0.05, abs=0)
    assert errors[-1] < 0.02 * errors[0]


def test_first_derivative_is_the_jacobian(problem, point):
    x, d = point
    problem.assemble(x)
    product, exact = d.duplicate(), problem.derivative(x, [d])
    problem.matrix.mult(d, product)
    product.axpy(-1.0, exact)
    assert product.norm() < 1e-13 * exact.norm()


def test_directions_are_interchangeable(problem, point):
    x, d = point
    one = problem.derivative(x, [d, x])
    other = problem.derivative(x, [x, d])
    one.axpy(-1.0, other)
    assert one.norm() < 1e-13 * other.norm()


@pytest.mark.parametrize("order", [1, 2])
def test_by_a_parameter(problem, point, order):
    x, _ = point
    knob = problem.knob("a")
    start = knob.value
    second = problem.derivative(x, [], knob, knob)
    second.scale(0.5)
    terms = [problem.residual(x), problem.by_parameter(x, knob), second][: order + 1]

    def at(h):
        knob.assign(start + h)
        try:
            return problem.residual(x)
        finally:
            knob.assign(start)

    assert slope(SIZES, remainders(problem, terms, at)) == pytest.approx(order + 1, rel=0.05, abs=0)


def test_by_a_parameter_along_a_direction(problem, point):
    x, d = point
    knob = problem.knob("a")
    start = knob.value
    terms = [problem.derivative(x, [d]), problem.derivative(x, [d], knob)]

    def at(h):
        knob.assign(start + h)
        try:
            return problem.derivative(x, [d])
        finally:
            knob.assign(start)

    assert slope(SIZES, remainders(problem, terms, at)) == pytest.approx(2, rel=0.05, abs=0)


def test_what_vanishes_identically_is_a_zero_vector(problem, point):
    x, d = point
    a, b = problem.knob("a"), problem.knob("b")
    assert problem.derivative(x, [], b, b).norm() == 0.0
    assert problem.derivative(x, [d], a, b).norm() == 0.0
    by_b = problem.by_parameter(x, b)
    assert by_b.norm() > 0.0
    problem.unpack(by_b, problem.functions)
    assert np.all(problem.functions[0].x.array == 0.0), "b occurs in the second row only"
    problem.load(x)


def test_third_derivative_of_a_quadratic_residual_is_a_zero_vector():
    from equations import reaction

    quadratic = reaction(lambda u, mu: mu * u - u**2, mu=1.0)
    x = filled(quadratic, lambda x: np.sin(np.pi * x))
    assert quadratic.derivative(x, [x, x]).norm() > 0.0
    assert quadratic.derivative(x, [x, x, x]).norm() == 0.0
