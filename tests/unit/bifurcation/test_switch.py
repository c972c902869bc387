# SPDX-License-Identifier: LGPL-3.0-or-later
"""Onto the other branch, where the normal form says it lies."""

import math

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.bifurcation.switch import _predicted, switched
from fem_ionics.errors import ParameterError

#: Mean of sqrt(2) sin(pi x).
MEAN = 2 * math.sqrt(2) / math.pi


@pytest.mark.parametrize("sign", [1, -1])
def test_pitchfork(rest, sign):
    """A^2 = -s (mu - mu_c) / c = (mu - mu_c) / 1.5 along q = sqrt(2) sin(pi x)."""
    (point,) = rest.special("pitchfork")
    side = rest.switch(point, sign, stop=15.0, steps=fi.Steps(first=0.01))
    above = side["mu"][0] - point.value
    assert above > 0.0
    assert side["mean"][0] == pytest.approx(sign * MEAN * math.sqrt(above / 1.5), rel=1e-2, abs=0)
    assert side.points[0].iterations <= 3
    # The parabola was predicted, not only reached by correction.
    _, rise, *_ = _predicted(point, rest.study.metric, sign * 0.01)
    assert rise == pytest.approx(above, rel=2e-2, abs=0)
    assert np.all(side["unstable"] == 0)
    assert side.ended == "mu = 15 reached"


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("which", ["pitchfork", "transcritical"])
def test_the_special_point_is_a_point_of_the_branch_too(rest, crossing, which, sign):
    """With the tangent there, towards the first point: the cubic of both leads to the second one."""
    branch = rest if which == "pitchfork" else crossing
    (special,) = branch.special(which)
    metric = branch.study.metric
    origin, start = switched(special, metric, sign, 0.05)
    assert metric.norm(origin.tangent, origin.slope) == pytest.approx(1.0, rel=1e-9, abs=0)
    chord = start.x.copy()
    chord.axpy(-1.0, origin.x)
    cosine = metric.product(origin.tangent, origin.slope, chord, start.value - origin.value) / start.step
    assert 0.98 < cosine < 1.0 + 1e-9
    assert start.factor_count == branch.study.problem.factor.count


@pytest.mark.parametrize("sign", [1, -1])
def test_transcritical_branch_leaves_with_the_slope_of_the_normal_form(crossing, sign):
    """A = -s (mu - mu_c) / b; for both signs of the amplitude, and not at mu = mu_c."""
    (point,) = crossing.special("transcritical")
    branch = crossing.switch(point, sign, steps=fi.Steps(first=0.01))
    rise = branch["mu"][0] - point.value
    assert np.sign(rise) == sign
    assert branch["mean"][0] == pytest.approx(MEAN * rise * 3 * math.pi / (8 * math.sqrt(2)), rel=2e-2, abs=0)
    assert branch.points[0].iterations <= 3


def test_transcritical_switch_does_not_use_the_kernel_vector(crossing):
    (point,) = crossing.special("transcritical")
    metric, q = crossing.study.metric, point.form.q
    change, rise, *_ = _predicted(point, metric, 0.01)
    amplitude = float(metric.row(q).dot(change)) / float(metric.row(q).dot(q))
    # The kernel vector alone would keep mu; then no small correction leads onto the branch.
    assert abs(rise) > 0.5 * abs(amplitude)
    branch = crossing.switch(point, 1, steps=fi.Steps(first=0.01, most=1))
    assert rise == pytest.approx(branch["mu"][0] - point.value, rel=1e-2, abs=0)


def test_what_cannot_be_switched_is_refused(bratu, rest):
    with pytest.raises(ParameterError, match="from a fold no second branch"):
        bratu.switch(bratu.special("fold")[0])
    with pytest.raises(ParameterError, match="sign = 2 was given"):
        rest.switch(rest.special("pitchfork")[0], 2)
    with pytest.raises(ParameterError, match='"colour" is no setting'):
        rest.switch(rest.special("pitchfork")[0], colour="red")
