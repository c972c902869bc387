# SPDX-License-Identifier: LGPL-3.0-or-later
"""Which kind of point lies between two: from signs, from problems, and where a step lands on the point itself."""

import numpy as np
import pytest
from equations import chafee_infante, reaction

import fem_ionics as fi
from fem_ionics.bifurcation.arclength import Point
from fem_ionics.bifurcation.detect import crossing


def point(sign=1, slope=1.0, unstable=0, rates=()):
    return Point(None, 0.0, None, slope, 0.0, 0.0, sign, unstable=unstable, rates=rates)


@pytest.mark.parametrize(
    ("other", "kind"),
    [
        (point(), None),
        (point(sign=-1, slope=-1.0, unstable=1), "fold"),
        (point(sign=-1, unstable=1), "branch point"),
        (point(slope=-1.0), "side"),
        (point(unstable=2, rates=(0.1 + 2j,)), "hopf"),
        (point(unstable=2, rates=(0.2 + 0j, 0.1 + 0j)), "unknown"),
        (point(unstable=1, rates=(0.2 + 0j,)), "unknown"),
        (point(unstable=None), None),
    ],
)
def test_table(other, kind):
    assert crossing(point(), other) == kind
    assert crossing(other, point()) == kind


def test_each_kind_on_a_problem(bratu, rest, crossing):
    assert [each.kind for each in bratu.specials] == ["fold"]
    assert [(each.kind, each.criticality) for each in rest.specials] == [("pitchfork", "supercritical")]
    assert [each.kind for each in crossing.specials] == ["transcritical"]


def test_subcritical_pitchfork_and_the_fold_of_its_branch():
    problem = reaction(lambda u, mu: mu * u + u**3 - u**5, mu=5.0)
    rest = fi.continuation(problem, "mu", stop=15.0, record={"mean": problem.mean})
    (pitchfork,) = rest.special("pitchfork")
    assert pitchfork.criticality == "subcritical"
    assert pitchfork.coefficients["cubic"] == pytest.approx(1.5, rel=1e-3, abs=0)
    side = rest.switch(pitchfork, stop=15.0)
    assert side["mu"][0] < pitchfork.value
    (fold,) = side.special("fold")
    assert fold.value < pitchfork.value
    assert side["unstable"][0] == 1
    assert side["unstable"][-1] == 0


@pytest.mark.parametrize("share", [0.25, 0.5])
def test_a_step_that_lands_on_the_branch_point(rest, share):
    """Factors are singular there and a tangent from them arbitrary: it is stepped over, and found once."""
    (known,) = rest.special("pitchfork")
    problem = rest.study.problem
    steps = fi.Steps(first=share, largest=share)
    start, span = known.value - 4.0 * share, 4.0
    problem.load(problem.vector())
    branch = fi.continuation(problem, "mu", start=start, stop=start + span, steps=steps, record={"mean": problem.mean})
    assert np.min(np.abs(branch["mu"] - known.value)) < 1e-12
    assert [each.kind for each in branch.specials] == ["pitchfork"]
    assert branch.specials[0].value == pytest.approx(known.value, rel=1e-10, abs=0)
    assert branch.ended == f"mu = {start + span:g} reached"
    assert np.max(np.abs(branch["mean"])) < 1e-9, "it stays on the branch it came along"


@pytest.fixture(scope="module")
def side(rest):
    """From the pitchfork to mu = 15 on one of its branches."""
    return rest.switch(rest.special("pitchfork")[0], stop=15.0)


def test_pitchfork_met_from_its_side_branch(rest, side):
    (known,) = rest.special("pitchfork")
    problem = chafee_infante(mu=15.0)
    back = fi.continuation(
        problem,
        "mu",
        start=15.0,
        stop=5.0,
        guess=fi.bifurcation.Solution(problem, side.last.arrays, {"mu": 15.0}),
        record={"mean": problem.mean},
    )
    (met,) = back.special("pitchfork")
    assert met.from_side
    assert met.value == pytest.approx(known.value, rel=1e-9, abs=0)
    assert back.ended == "mu = 15 reached", "through the pitchfork and out on its other side"
    assert back["mean"][-1] == pytest.approx(-back["mean"][0], rel=1e-8, abs=0)
    # From there the branch that is new is the one at rest.
    for sign in (1, -1):
        rest_again = back.switch(met, sign, steps=fi.Steps(first=0.1))
        assert np.max(np.abs(rest_again["mean"])) < 1e-8
        assert np.sign(rest_again["mu"][-1] - known.value) == sign
