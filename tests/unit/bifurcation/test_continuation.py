# SPDX-License-Identifier: LGPL-3.0-or-later
"""The user's door: what it refuses, and the same answers on any number of ranks."""

import pytest
from equations import chafee_infante, line, reaction
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.errors import ModelError, ParameterError, TagError


@pytest.fixture(scope="module")
def problem():
    return chafee_infante(mu=5.0)


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"parameter": "nu"}, TagError, 'known are "mu"'),
        ({"stop": 5.0}, ParameterError, "must differ"),
        ({"stop": float("nan")}, ParameterError, "stop"),
        ({"stop": "far"}, ParameterError, "stop"),
        ({"bounds": (6.0, 20.0)}, ParameterError, "within the bounds"),
        ({"stability": -1}, ParameterError, "stability = -1"),
        ({"stability": True}, ParameterError, "stability = True"),
        ({"modes": 0}, ParameterError, "modes = 0"),
        ({"keep": 1.5}, ParameterError, "keep = 1.5"),
        ({"shifts": ["fast"]}, ParameterError, "shifts"),
        ({"mirror": "z"}, ParameterError, "mirror = 'z'"),
    ],
)
def test_settings_that_make_no_sense(problem, given, error, words):
    with pytest.raises(error, match=words):
        fi.continuation(problem, **{"parameter": "mu", "start": 5.0, "stop": 15.0, **given})


def test_what_is_no_problem():
    with pytest.raises(ModelError, match=r"a model .* or a ParametricProblem is needed"):
        fi.continuation("u_xx", "mu", stop=1.0)


def test_a_missing_point_says_what_there_is(rest):
    with pytest.raises(ParameterError, match=r"no fold between mu = 5 and 15 .*pitchfork at 9.8.*mu = 15 reached"):
        rest.special("fold")


def test_until_ends_the_branch(problem):
    branch = fi.continuation(problem, "mu", start=5.0, stop=15.0, until="pitchfork")
    assert branch.ended == "pitchfork found"
    assert branch["mu"][-1] < 15.0
    assert len(branch.special("pitchfork")) == 1


def test_stability_is_what_was_asked_for(problem):
    branch = fi.continuation(problem, "mu", start=5.0, stop=9.0, stability=0)
    assert all(point.unstable is None for point in branch.points)
    rates = [mode.rate.real for mode in branch.stability(-1, count=2)]
    assert rates[0] == pytest.approx(9.0 - 9.8696, rel=1e-3, abs=0)


def test_points_without_solutions(problem):
    branch = fi.continuation(problem, "mu", start=5.0, stop=9.0, stability=0, keep=2)
    kept = [point.solution is not None for point in branch.points]
    assert kept[::2] == [True] * len(kept[::2])
    assert not any(kept[1::2])
    assert len(branch.solutions) == sum(kept)


@pytest.mark.mpi(least=2)
@pytest.mark.parametrize("which", ["fold", "pitchfork", "transcritical"])
def test_the_same_points_on_any_number_of_ranks(which):
    """Solved together and by each rank alone: points to 1e-10, and types."""
    from equations import bratu

    found = []
    for comm in (MPI.COMM_WORLD, MPI.COMM_SELF):
        space = line(12, comm=comm)
        if which == "fold":
            problem = bratu(lam=2.0, space=space)
            branch = fi.continuation(problem, "lam", stop=4.0, record={"mean": problem.mean}, until="fold")
        elif which == "pitchfork":
            problem = chafee_infante(mu=5.0, space=space)
            rest = fi.continuation(problem, "mu", stop=15.0, mirror="x", record={"mean": problem.mean})
            branch = rest.switch(rest.special("pitchfork")[0])
            found.append(rest)
        else:
            problem = reaction(lambda u, mu: mu * u - u**2, mu=5.0, space=space)
            branch = fi.continuation(problem, "mu", stop=15.0, record={"mean": problem.mean})
        found.append(branch)
    half = len(found) // 2
    for together, alone in zip(found[:half], found[half:], strict=True):
        assert len(together) == len(alone) > 3
        for name in (together.parameter, "slope", "unstable", "jacobian sign", "arclength"):
            assert together[name] == pytest.approx(alone[name], rel=1e-9, abs=0), name
        assert together[together.parameter] == pytest.approx(alone[alone.parameter], rel=1e-10, abs=0)
        assert together["mean"] == pytest.approx(alone["mean"], rel=1e-9, abs=1e-13)
        kinds = [[(each.kind, each.criticality) for each in branch.specials] for branch in (together, alone)]
        assert kinds[0] == kinds[1]
        for one, other in zip(together.specials, alone.specials, strict=True):
            assert one.value == pytest.approx(other.value, rel=1e-10, abs=0)
            for name in ("slope", "cubic", "quadratic"):
                if abs(other.coefficients.get(name, 0.0)) > 1e-6:
                    assert one.coefficients[name] == pytest.approx(other.coefficients[name], rel=1e-7, abs=0)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"record": {"U": "velocity"}}, r'record\["U"\] = .velocity.'),
        ({"events": {"zero": 1.0}}, r'events\["zero"\] = 1.0'),
        ({"until": "pitchfrok"}, 'Did you mean "pitchfork"'),
        ({"steps": 0.1}, "steps = 0.1"),
    ],
)
def test_settings_of_the_wrong_kind(settings, words):
    with pytest.raises(ParameterError, match=words):
        fi.continuation(chafee_infante(), "mu", stop=12.0, **settings)


def test_a_guess_of_another_problem_is_refused():
    one, other = chafee_infante(), chafee_infante()
    guess = fi.continuation(one, "mu", stop=8.0).last
    with pytest.raises(ModelError, match="another problem"):
        fi.continuation(other, "mu", stop=12.0, guess=guess)


def test_the_loop_is_an_iterator():
    problem = chafee_infante()
    knob = problem.knob("mu")
    start, metric = fi.bifurcation.first_point(problem, knob, problem.first(), 5.0, direction=1.0, span=10.0)
    steps = fi.Steps(first=0.1, largest=0.3)
    values = [p.value for p in fi.bifurcation.Arclength(problem, knob, metric, start, bounds=(5.0, 15.0), steps=steps)]
    assert values[-1] == 15.0
    assert sorted(values) == values
