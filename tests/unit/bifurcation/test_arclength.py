# SPDX-License-Identifier: LGPL-3.0-or-later
"""The branch as a sequence of points: lengths, bounds, ends and cost."""

import numpy as np
import pytest
from equations import bratu as make_bratu
from equations import chafee_infante

import fem_ionics as fi
from fem_ionics.bifurcation.arclength import Point, cubic
from fem_ionics.errors import ParameterError


def test_at_most_four_factorisations_a_point(bratu):
    assert len(bratu) > 10
    assert bratu.factorisations <= 4 * len(bratu)


def test_round_the_fold(bratu):
    lam, mean, slope = bratu["lam"], bratu["mean"], bratu["slope"]
    (fold,) = bratu.special("fold")
    assert lam[0] == lam[-1] == 1.0
    assert np.all(np.diff(mean) > 0.0)
    assert np.all(np.sign(slope) == np.where(mean < fold.recorded["mean"], 1.0, -1.0))
    assert bratu.ended == "lam = 1 reached"
    # Exact: u = 2 log(cosh(t/4) / cosh((x - 1/2) t/2)) with lam = t^2 / (2 cosh(t/4)^2).
    assert fold.value == pytest.approx(3.513830719, rel=3e-6, abs=0)


def test_tangent_has_length_one_and_lies_along_the_branch(bratu):
    metric = bratu.study.metric
    for one, other in zip(bratu.points, bratu.points[1:], strict=False):
        assert metric.norm(one.tangent, one.slope) == pytest.approx(1.0, rel=1e-10, abs=0)
        chord = other.x.copy()
        chord.axpy(-1.0, one.x)
        cosine = metric.product(one.tangent, one.slope, chord, other.value - one.value) / other.step
        assert 0.9 < cosine <= 1.0 + 1e-12
        assert other.s - one.s == pytest.approx(other.step, rel=1e-12, abs=0)


def test_steps_do_not_depend_on_the_mesh():
    from equations import line

    values = []
    for cells in (8, 32):
        branch = fi.continuation(make_bratu(space=line(cells)), "lam", stop=3.4, stability=0)
        values.append(branch["lam"])
    assert len(values[0]) == len(values[1])
    assert values[0] == pytest.approx(values[1], rel=1e-2, abs=0)


@pytest.mark.parametrize("share", [0.3, 1.0, 2.5])
def test_the_prediction_is_exact_along_a_cubic(share):
    """x(s) = v + 2 s v - s^2 v + s^3 v, and the parameter alike with other numbers."""
    problem, length = chafee_infante(mu=5.0), 0.4
    v = np.cos(np.arange(problem.vector().getSize()))
    along, turned = np.polynomial.Polynomial([1.0, 2.0, -1.0, 1.0]), np.polynomial.Polynomial([3.0, -1.0, 0.5, 0.7])

    def at(s):
        x, tangent = problem.vector(), problem.vector()
        x.setArray(along(s) * v)
        tangent.setArray(along.deriv()(s) * v)
        return Point(x, turned(s), tangent, turned.deriv()(s), s, length, 1)

    x, value = cubic(at(0.2), at(0.2 + length), length, share)
    s = 0.2 + share * length
    assert x.getArray() == pytest.approx(along(s) * v, rel=1e-12, abs=1e-12)
    assert value == pytest.approx(turned(s), rel=1e-12, abs=0)


def test_natural_continuation_ends_at_the_fold():
    steps = fi.Steps(smallest=1e-3)
    branch = fi.continuation(make_bratu(), "lam", stop=4.0, natural=True, stability=0, steps=steps)
    assert 3.4 < branch["lam"][-1] < 3.5139
    assert branch.ended.startswith("no convergence beyond lam = 3.")
    assert branch.specials == ()


def test_natural_steps_are_equal_in_the_parameter():
    steps = fi.Steps(first=0.05, largest=0.05)
    branch = fi.continuation(make_bratu(), "lam", start=1.0, stop=3.0, natural=True, stability=0, steps=steps)
    assert branch["lam"] == pytest.approx(1.0 + 0.1 * np.arange(21), rel=1e-12, abs=0)


def test_it_lands_on_its_bounds_and_counts_its_points():
    branch = fi.continuation(chafee_infante(mu=5.0), "mu", stop=2.0, stability=0)
    assert branch["mu"][0] == 5.0
    assert branch["mu"][-1] == 2.0
    branch = fi.continuation(chafee_infante(mu=5.0), "mu", stop=2.0, stability=0, steps=fi.Steps(most=3))
    assert len(branch) == 4
    assert branch.ended == "3 points reached"


@pytest.mark.parametrize(
    "sizes",
    [{"first": 0.3}, {"smallest": 0.1}, {"smallest": 0.0}, {"largest": float("nan")}, {"most": 0}, {"most": 2.5}],
)
def test_bad_steps_are_refused(sizes):
    with pytest.raises(ParameterError, match="Steps: "):
        fi.Steps(**sizes)
