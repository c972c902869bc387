# SPDX-License-Identifier: LGPL-3.0-or-later
"""A user's own residual as a problem: its parameters, those in Dirichlet values too."""

import numpy as np
import pytest
import ufl
from dolfinx import fem
from equations import chafee_infante, ends, filled, line

import fem_ionics as fi
from fem_ionics.errors import ModelError, ParameterError, TagError


@pytest.fixture(scope="module")
def gate():
    """-u'' + u^3 = 0 with u(0) = 0, u(1) = V^2: the held value is no linear function of the parameter."""
    space = line(32)
    u, v = fem.Function(space), ufl.TestFunction(space)
    V, held = fem.Constant(space.mesh, 1.0), fem.Constant(space.mesh, 1.0)

    def refresh():
        held.value = V.value**2

    residual = (ufl.inner(ufl.grad(u), ufl.grad(v)) + u**3 * v) * ufl.dx
    bcs = [fem.dirichletbc(0.0, ends(space, 0.0), space), fem.dirichletbc(held, ends(space, 1.0), space)]
    return fi.ParametricProblem(residual, u, {"V": V}, bcs=bcs, refresh=refresh)


def test_slope_by_a_voltage(gate):
    """F_V against differences of F, Dirichlet rows and the columns eliminated with them included."""
    knob = gate.knob("V")
    knob.assign(1.3)
    x = gate.first()
    slope = gate.by_parameter(x, knob)
    knob.assign(1.3 + 1e-4)
    difference = gate.residual(x)
    knob.assign(1.3 - 1e-4)
    difference.axpy(-1.0, gate.residual(x))
    difference.scale(1.0 / 2e-4)
    knob.assign(1.3)
    # A Dirichlet value of V^2 has the slope 2 V; with the sign of F = x - g.
    assert slope.norm(3) >= 2.6
    assert slope.min()[1] <= -2.6 * (1 - 1e-9)
    difference.axpy(-1.0, slope)
    assert difference.norm() < 1e-7 * slope.norm()


def test_tangent_by_a_voltage(gate):
    """J dx/dV = -F_V gives the change of the solution."""
    knob, found = gate.knob("V"), {}
    for value in (1.3 - 1e-3, 1.3 + 1e-3, 1.3):
        knob.assign(value)
        found[value] = gate.first()
    factor = gate.factorise(found[1.3])
    tangent = factor.solve(gate.by_parameter(found[1.3], knob))
    tangent.scale(-1.0)
    expected = found[1.3 + 1e-3]
    expected.axpy(-1.0, found[1.3 - 1e-3])
    expected.scale(1.0 / 2e-3)
    expected.axpy(-1.0, tangent)
    assert expected.norm() < 1e-5 * tangent.norm()


def test_continuation_in_a_voltage(gate):
    knob = gate.knob("V")
    branch = fi.continuation(gate, "V", start=0.5, stop=3.0, stability=0)
    assert branch.ended == "V = 3 reached"
    assert all(point.iterations <= 5 for point in branch.points[1:]), "with a wrong tangent there is no second point"
    assert all(point.factorisations == 1 for point in branch.points[1:]), "the factors of the point before lead there"
    knob.assign(3.0)
    for function in gate.functions:
        function.x.array[:] *= 0.9
    alone = gate.first()
    alone.axpy(-1.0, branch.points[-1].x)
    assert alone.norm() < 1e-9 * branch.points[-1].x.norm()


def test_parameters_must_be_scalar_constants():
    space = line(4)
    u, v = fem.Function(space), ufl.TestFunction(space)
    residual = ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx
    with pytest.raises(ParameterError, match="no parameters"):
        fi.ParametricProblem(residual, u, {})
    with pytest.raises(ParameterError, match=r'"mu" is 1\.0'):
        fi.ParametricProblem(residual, u, {"mu": 1.0})
    with pytest.raises(ParameterError, match="scalar"):
        fi.ParametricProblem(residual, u, {"mu": fem.Constant(space.mesh, (1.0, 2.0))})


def test_blocks_must_match_the_unknowns():
    space = line(4)
    u, v, w = fem.Function(space), ufl.TestFunction(space), fem.Function(space.clone())
    mu = fem.Constant(space.mesh, 1.0)
    with pytest.raises(ModelError, match="2 unknowns need as many blocks"):
        fi.ParametricProblem(mu * u * v * ufl.dx, [u, w], {"mu": mu})


def test_held_unknowns_need_spaces_of_their_own():
    space = line(4)
    u, v = fem.Function(space), fem.Function(space)
    p, q = ufl.TestFunctions(ufl.MixedFunctionSpace(space, space))
    mu = fem.Constant(space.mesh, 1.0)
    residual = mu * (u * p + v * q) * ufl.dx
    fi.ParametricProblem(residual, [u, v], {"mu": mu})
    with pytest.raises(ModelError, match="share one function space"):
        fi.ParametricProblem(residual, [u, v], {"mu": mu}, bcs=[fem.dirichletbc(0.0, ends(space), space)])


def test_unknown_parameter_is_named():
    problem = chafee_infante()
    with pytest.raises(TagError, match=r'"nu" is no parameter.*known are "mu"'):
        problem.knob("nu")


def test_snapshot_is_restored_with_its_parameters():
    problem = chafee_infante(mu=7.0)
    x = filled(problem, lambda x: np.sin(np.pi * x))
    kept = problem.snapshot(x, note=1)
    problem.knob("mu").assign(3.0)
    problem.load(problem.vector())
    back = problem.restore(kept)
    back.axpy(-1.0, x)
    assert back.norm() == 0.0
    assert problem.values() == {"mu": 7.0}
    assert kept.info == {"note": 1}


def test_default_mass_is_the_mean_square():
    problem = chafee_infante()
    x = filled(problem, lambda x: x - x**2)
    row = x.duplicate()
    problem.gram.mult(x, row)
    assert row.dot(x) == pytest.approx(1 / 30, rel=1e-12, abs=0)
    problem.mass.mult(x, row)
    assert row.dot(x) == pytest.approx(1 / 30, rel=1e-12, abs=0)
