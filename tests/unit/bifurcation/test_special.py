# SPDX-License-Identifier: LGPL-3.0-or-later
"""Located points, their certificates, and what is refused."""

import math

import numpy as np
import pytest
from equations import filled, lifted

import fem_ionics as fi
from fem_ionics.bifurcation.located import locate
from fem_ionics.bifurcation.normalform import left_vector
from fem_ionics.bifurcation.simple import Pitchfork
from fem_ionics.bifurcation.special import describe
from fem_ionics.errors import ConvergenceError


def test_certificate_of_a_fold(bratu):
    (point,) = bratu.special("fold")
    certificate = point.certificate
    assert max(certificate.residual, certificate.singular) < 1e-13
    assert certificate.slack == 0.0
    assert abs(certificate.rate) < 1e-8
    assert min(certificate.transversality, certificate.degeneracy) > 0.1
    assert math.isnan(certificate.mesh_difference)


def test_restart_from_a_special_point(rest):
    (point,) = rest.special("pitchfork")
    problem = rest.study.problem
    x = problem.restore(point.solution)
    assert problem.values()["mu"] == point.value
    assert problem.residual(x).norm() < 1e-12


def test_mode_is_the_eigenvector(rest):
    (point,) = rest.special("pitchfork")
    problem = rest.study.problem
    mode = problem.restore(point.mode)
    expected = filled(problem, lambda x: math.sqrt(2) * np.sin(np.pi * x))
    expected.axpy(-1.0, mode)
    assert expected.norm() < 1e-4 * mode.norm()
    assert point.mode.parameters["mu"] == point.value


@pytest.fixture(scope="module")
def symmetric():
    """u = x (1 - x), on which sin(2 pi x) starts to grow at mu = 4 pi^2 and breaks the mirror."""
    problem = lifted(mu=39.0)
    x = problem.first()
    problem.factorise(x)
    return problem, x


def started(symmetric, shape, wrong=None):
    """The system that locates the pitchfork along one mode, with the row of another."""
    problem, x = symmetric
    knob = problem.knob("mu")
    knob.assign(39.0)
    q, other = filled(problem, shape), filled(problem, wrong or shape)
    row = other.duplicate()
    problem.gram.mult(other, row)
    problem.factorise(x)
    return Pitchfork(problem, knob, x, 39.0, q, row, left_vector(problem, q))


def metric(problem):
    from fem_ionics.bifurcation.metric import Metric

    return Metric(problem.gram, 1.0, 10.0)


def test_the_antisymmetric_row_locates_it(symmetric):
    problem, _ = symmetric
    system = started(symmetric, lambda x: np.sin(2 * np.pi * x))
    assert locate(system, metric(problem)) <= 5
    point = describe(system, metric(problem), None)
    assert (point.kind, point.criticality) == ("pitchfork", "supercritical")
    assert point.value == pytest.approx(4 * math.pi**2, rel=1e-4, abs=0)


@pytest.mark.parametrize("wrong", [lambda x: np.sin(np.pi * x), lambda x: 1 + np.sin(2 * np.pi * x)])
def test_a_wrong_symmetry_vector_fails_loudly(symmetric, wrong):
    """l . x = 0 does not hold on the symmetric branch: another point, or one with slack, is refused."""
    problem, _ = symmetric
    system = started(symmetric, lambda x: np.sin(2 * np.pi * x), wrong)
    with pytest.raises(ConvergenceError, match=r"could not be located|is refused"):
        locate(system, metric(problem))
        describe(system, metric(problem), None)


def test_a_point_elsewhere_is_refused(rest):
    """The system converges to the pitchfork, but that does not lie between the two points."""
    from fem_ionics.bifurcation.special import find

    study = rest.study
    one, other = rest.points[-2:]
    with pytest.raises(ConvergenceError, match=r"not the same|not be located"):
        find(study.problem, study.knob, study.metric, "branch point", one, other, None)


def test_the_nonzero_symmetric_branch_has_both_pitchforks():
    problem = lifted(mu=5.0)
    branch = fi.continuation(problem, "mu", stop=45.0, mirror="x", stability=0)
    first, second = branch.special("pitchfork")[-1], branch.specials[0]
    values = sorted([first.value, second.value])
    assert values == pytest.approx([math.pi**2, 4 * math.pi**2], rel=1e-3, abs=0)
