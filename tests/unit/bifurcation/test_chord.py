# SPDX-License-Identifier: LGPL-3.0-or-later
"""Chord steps on factors of another point, combined; and what a point of a branch then costs."""

import numpy as np
import pytest
from equations import chafee_infante, filled

import fem_ionics as fi
from fem_ionics.bifurcation import corrector
from fem_ionics.bifurcation.chord import Accelerated
from fem_ionics.bifurcation.corrector import at_value, correct
from fem_ionics.bifurcation.metric import Metric


def test_as_many_steps_as_the_matrix_differs_in_directions():
    """A^-1 J has five eigenvalues: GMRES ends with the fifth step, and the sixth chord step uses that."""
    problem = chafee_infante(mu=5.0)
    metric = Metric(problem.gram, 1.0, 1.0)
    x, value = problem.vector(), 0.3
    size = x.getSize()
    change = np.ones(size)
    change[3:9:2], growth = (1.7, 0.4, 1.3), 2.5
    combined = Accelerated(metric)
    solution = np.sin(np.arange(size))
    for _ in range(6):
        step = problem.vector()
        step.setArray(change * (solution - x.getArray()))
        dx, dl = combined(step, growth * (1.0 - value))
        x.axpy(1.0, dx)
        value += dl
    assert np.abs(x.getArray() - solution).max() < 1e-12
    assert value == pytest.approx(1.0, rel=0, abs=1e-12)


def test_factors_of_another_point_lead_to_the_same_solution():
    problem = chafee_infante(mu=15.0)
    knob, metric = problem.knob("mu"), Metric(problem.gram, 1.0, 10.0)
    guess = filled(problem, lambda x: 1.9 * np.sin(np.pi * x))
    found = correct(problem, knob, guess, 15.0, at_value(problem, guess, 15.0, metric), metric)
    problem.factorise(found.x)
    before = problem.factor.count
    there = correct(problem, knob, found.x, 15.5, at_value(problem, found.x, 15.5, metric), metric, old=True)
    assert problem.factor.count == before + 1, "one at the end"
    assert there.distance <= corrector.NEAR_ENOUGH
    again = correct(problem, knob, guess, 15.5, at_value(problem, guess, 15.5, metric), metric)
    again.x.axpy(-1.0, there.x)
    assert metric.norm(again.x) < 1e-10


def test_useless_factors_are_given_up():
    """Those of u = 0 at another mu point away: the guess gets its own."""
    problem = chafee_infante(mu=9.8)
    knob, metric = problem.knob("mu"), Metric(problem.gram, 1.0, 10.0)
    knob.assign(9.8)
    problem.factorise(problem.vector())
    guess = filled(problem, lambda x: 1.9 * np.sin(np.pi * x))
    there = correct(problem, knob, guess, 15.0, at_value(problem, guess, 15.0, metric), metric, old=True)
    assert problem.residual(there.x).norm() < 1e-9
    assert metric.norm(there.x) > 1.0, "not u = 0"


@pytest.mark.parametrize("away", [1e-7, 1e-6, 1e-4])
def test_the_last_correction_may_be_one_that_shrinks_little(away):
    """Right after slow old factors Newton's own step is as large as the last one, and still ends the iteration."""
    problem = chafee_infante(mu=11.0)
    knob, metric = problem.knob("mu"), Metric(problem.gram, 1.0, 10.0)
    guess = filled(problem, lambda x: 1.9 * np.sin(np.pi * x))
    found = correct(problem, knob, guess, 15.0, at_value(problem, guess, 15.0, metric), metric)
    near = found.x.copy()
    near.scale(1.0 + away)
    knob.assign(11.0)
    problem.factorise(found.x)
    before = problem.factor.count
    there = correct(problem, knob, near, 15.0, at_value(problem, near, 15.0, metric), metric, old=True)
    assert problem.factor.count == before + 1
    there.x.axpy(-1.0, found.x)
    assert metric.norm(there.x) < 1e-9


def test_one_factorisation_a_point(bratu):
    """Beside those that locate the fold and begin anew behind it."""
    plain = [point.factorisations for point in bratu.points[1:]]
    assert np.median(plain) == 1


def test_a_branch_without_modes_has_tangents_as_good(bratu):
    """Tangents come from factors at the point, not from those that led to it."""
    problem, knob = bratu.study.problem, bratu.study.knob
    for point in bratu.points[1::3]:
        knob.assign(point.value)
        rest = problem.assemble(point.x).createVecLeft()
        problem.matrix.mult(point.tangent, rest)
        size = rest.norm()
        rest.axpy(point.slope, problem.by_parameter(point.x, knob))
        assert rest.norm() < 1e-5 * max(size, problem.matrix.norm() * point.tangent.norm())


def test_a_refused_step_begins_on_its_own_factors():
    """The factors of a step that was refused are those of no point."""
    problem = chafee_infante(mu=5.0)
    branch = fi.continuation(problem, "mu", stop=15.0, steps=fi.Steps(first=1.0, largest=1.0), stability=0)
    assert branch.ended == "mu = 15 reached"
