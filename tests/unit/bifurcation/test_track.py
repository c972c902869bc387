# SPDX-License-Identifier: LGPL-3.0-or-later
"""Special points in two parameters."""

import math

import numpy as np
import pytest
import ufl
from dolfinx import fem, mesh
from equations import reaction
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.errors import ParameterError, TagError


@pytest.fixture(scope="module")
def gelfand():
    """u'' + lam exp(a u / (a + u)) = 0 on (-1, 1), to its first fold."""
    domain = mesh.create_interval(MPI.COMM_WORLD, 12, (-1.0, 1.0))
    space = fem.functionspace(domain, ("Lagrange", 2))
    problem = reaction(lambda u, lam, a: lam * ufl.exp(a * u / (a + u)), space=space, lam=0.5, a=4.4)
    branch = fi.continuation(problem, "lam", stop=2.0, until="fold", stability=0, record={"mean": problem.mean})
    return branch, branch.special("fold")[0]


def test_a_fold_curve_passes_a_cusp(gelfand):
    branch, fold = gelfand
    curve = branch.track(fold, "a", bounds=(3.9, 4.45), steps=fi.Steps(first=0.1, largest=0.4))
    (cusp,) = curve.special("cusp")
    # 4.069 is known; twelve cells give three more digits than are tested.
    assert cusp.parameters["a"] == pytest.approx(4.0687, rel=1e-4, abs=0)
    assert curve.kind == "fold"
    assert curve["a"].min() == pytest.approx(cusp.parameters["a"], rel=1e-2, abs=0)
    assert np.sign(curve["quadratic"][0]) != np.sign(curve["quadratic"][-1])
    assert curve.ended == ("a = 4.45 reached", "a = 4.45 reached")
    # Both folds of one branch lie on the curve.
    problem = branch.study.problem
    problem.knob("a").assign(4.45)
    problem.load(problem.vector())
    ends = curve["lam"][[0, -1]]
    both = fi.continuation(problem, "lam", start=0.9 * ends.min(), stop=1.1 * ends.max(), stability=0)
    values = sorted(each.value for each in both.special("fold"))
    assert values == pytest.approx(sorted(ends), rel=1e-6, abs=0)


def test_the_point_is_as_it_was(gelfand):
    branch, fold = gelfand
    branch.track(fold, "a", bounds=(4.35, 4.45))
    problem = branch.study.problem
    assert problem.values() == pytest.approx({"lam": fold.value, "a": 4.4}, rel=1e-12, abs=0)
    assert fold.system.numbers[0] == fold.value


def test_a_start_on_its_bound_is_followed_one_way(gelfand):
    branch, fold = gelfand
    curve = branch.track(fold, "a", bounds=(4.4, 4.6))
    assert curve["a"].min() == 4.4
    assert curve["a"].max() == 4.6
    assert curve.ended == ("a = 4.4 reached", "a = 4.6 reached")


def test_a_pitchfork_curve_is_a_closed_form():
    """u_t = u_xx + mu u - d u - u^3: the pitchfork at mu = pi^2 + d, whose coefficients do not change."""
    problem = reaction(lambda u, mu, d: (mu - d) * u - u**3, mu=8.0, d=0.0)
    branch = fi.continuation(problem, "mu", stop=12.0, record={"mean": problem.mean})
    (point,) = branch.special("pitchfork")
    curve = branch.track(point, "d", bounds=(-1.0, 1.0))
    assert curve.kind == "pitchfork"
    assert curve["mu"] - curve["d"] == pytest.approx(point.value * np.ones(len(curve)), rel=1e-10, abs=0)
    assert curve["cubic"] == pytest.approx(point.coefficients["cubic"] * np.ones(len(curve)), rel=1e-6, abs=0)
    assert curve["mu"][0] - curve["mu"][-1] == pytest.approx(-2.0, rel=1e-9, abs=0)
    assert curve.specials == ()


def test_a_pitchfork_that_becomes_subcritical():
    """u_t = u_xx + mu u - g u^3: the cubic coefficient -3/2 g changes its sign at g = 0."""
    problem = reaction(lambda u, mu, g: mu * u - g * u**3, mu=8.0, g=0.5)
    branch = fi.continuation(problem, "mu", stop=12.0, record={"mean": problem.mean})
    curve = branch.track(branch.special("pitchfork")[0], "g", bounds=(-1.0, 1.0))
    (point,) = curve.special("degenerate pitchfork")
    assert abs(point.parameters["g"]) < 1e-6
    assert point.value == pytest.approx(math.pi**2, rel=1e-4, abs=0)


def test_what_cannot_be_tracked_is_refused(gelfand):
    branch, fold = gelfand
    with pytest.raises(ParameterError, match="another parameter than the branch's"):
        branch.track(fold, "lam", bounds=(0.0, 2.0))
    with pytest.raises(ParameterError, match="bounds"):
        branch.track(fold, "a", bounds=(4.5, 4.6))
    with pytest.raises(TagError, match='"b" is no parameter'):
        branch.track(fold, "b", bounds=(4.0, 5.0))
    with pytest.raises(ParameterError, match="no Bautin"):
        branch.track(fold, "a", bounds=(4.35, 4.45)).special("Bautin")
