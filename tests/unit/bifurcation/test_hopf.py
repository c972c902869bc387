# SPDX-License-Identifier: LGPL-3.0-or-later
"""Hopf points of the Brusselator, whose values are known in closed form."""

import math

import numpy as np
import pytest
import ufl
from dolfinx import fem
from equations import line

import fem_ionics as fi


def brusselator(A, start, space, D=(0.008, 0.004)):
    """u_t = D1 u_xx + A - (B + 1) u + u^2 v, v_t = D2 v_xx + B u - u^2 v; nothing passes the ends."""
    other, domain = space.clone(), space.mesh
    u, v = fem.Function(space), fem.Function(other)
    p, q = ufl.TestFunctions(ufl.MixedFunctionSpace(space, other))
    B, a = fem.Constant(domain, start), fem.Constant(domain, A)
    u.x.array[:], v.x.array[:] = A, start / A
    residual = (D[0] * ufl.inner(ufl.grad(u), ufl.grad(p)) - (a - (B + 1) * u + u**2 * v) * p) * ufl.dx
    residual += (D[1] * ufl.inner(ufl.grad(v), ufl.grad(q)) - (B * u - u**2 * v) * q) * ufl.dx
    return fi.ParametricProblem(residual, [u, v], {"B": B, "A": a})


@pytest.mark.mpi
@pytest.mark.parametrize("A", [2.0, 1.3])
def test_uniform_oscillations(A):
    """At B = 1 + A^2 with frequency A; l1 = -(2 + A^2) / (2 A (1 + 2 A^2)) for a mode of length one."""
    problem = brusselator(A, A**2, line(4))
    branch = fi.continuation(problem, "B", stop=A**2 + 1.1, shifts=[A])
    (point,) = branch.special("hopf")
    assert point.value == pytest.approx(1 + A**2, rel=1e-10, abs=0)
    c = point.coefficients
    assert c["frequency"] == pytest.approx(A, rel=1e-10, abs=0)
    assert c["slope"] == pytest.approx(0.5, rel=1e-8, abs=0)
    assert c["lyapunov"] == pytest.approx(-(2 + A**2) / (2 * A * (1 + 2 * A**2)), rel=1e-8, abs=0)
    assert point.criticality == "supercritical"
    assert list(branch["unstable"][[0, -1]]) == [0, 2]


def test_a_frequency_that_is_not_looked_about_is_found_near_zero():
    """With few modes in all, shift-invert about zero sees the pair too."""
    problem = brusselator(2.0, 4.5, line(2))
    branch = fi.continuation(problem, "B", stop=5.5, modes=8)
    assert branch.special("hopf")[0].value == pytest.approx(5.0, rel=1e-9, abs=0)


def test_a_hopf_curve():
    problem = brusselator(2.0, 4.5, line(4))
    branch = fi.continuation(problem, "B", stop=5.5, shifts=[2.0])
    curve = branch.track(branch.special("hopf")[0], "A", bounds=(1.5, 2.5))
    assert curve["B"] == pytest.approx(1 + curve["A"] ** 2, rel=1e-8, abs=0)
    assert curve["frequency"] == pytest.approx(curve["A"], rel=1e-8, abs=0)
    expected = -(2 + curve["A"] ** 2) / (2 * curve["A"] * (1 + 2 * curve["A"] ** 2))
    assert curve["lyapunov"] == pytest.approx(expected, rel=1e-6, abs=0)
    assert len(curve) >= 4
    assert np.ptp(curve["A"]) == 1.0


def test_half_waves_start_later():
    """The mode cos(pi x) at B = 1 + A^2 + (D1 + D2) pi^2 is met second, past the uniform one."""
    problem = brusselator(2.0, 5.05, line(12))
    branch = fi.continuation(problem, "B", stop=5.2, shifts=[2.0])
    (point,) = branch.special("hopf")
    B = 5 + 0.012 * math.pi**2
    assert point.value == pytest.approx(B, rel=1e-6, abs=0)
    frequency = math.sqrt(4 * B - (4 + 0.004 * math.pi**2) ** 2)
    assert point.coefficients["frequency"] == pytest.approx(frequency, rel=1e-6, abs=0)
    assert list(branch["unstable"][[0, -1]]) == [2, 4]


def test_sparse_stability_misses_no_hopf_point():
    """Modes at every fourth point only: no sign flips at a Hopf point, so counts further apart must tell."""
    problem = brusselator(2.0, 4.0, line(4))
    steps = fi.Steps(first=0.05, largest=0.07)
    # The next pair grows from B = 5.12 on.
    branch = fi.continuation(problem, "B", stop=5.1, shifts=[2.0], stability=4, steps=steps)
    assert np.isnan(branch["unstable"]).sum() > 5
    assert branch.special("hopf")[0].value == pytest.approx(5.0, rel=1e-9, abs=0)
