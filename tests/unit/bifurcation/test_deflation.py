# SPDX-License-Identifier: LGPL-3.0-or-later
"""All solutions at one value of the parameter."""

import numpy as np
import pytest
from equations import chafee_infante

import fem_ionics as fi
from fem_ionics.errors import ParameterError


@pytest.fixture(scope="module")
def far():
    """Rest, followed past the second pitchfork at 39.5."""
    problem = chafee_infante(mu=30.0)
    return fi.continuation(problem, "mu", stop=60.0, stability=0)


def test_five_of_five(far):
    """u = 0 and one pair for each pitchfork passed: 2 n + 1 with n = 2."""
    problem = far.study.problem
    found = far.deflate(at=50.0)
    assert len(found) == 5
    sizes, means = [], []
    for solution in found:
        assert solution.parameters["mu"] == 50.0
        x = problem.restore(solution)
        assert problem.residual(x).norm() < 1e-9
        sizes.append(x.norm())
        means.append(problem.mean(None))
    assert sizes[0] == 0.0, "those of the branch come first"
    # With u also -u is a solution; the second pair is odd about the middle.
    assert sum(means) == pytest.approx(0.0, rel=0, abs=1e-8)
    assert sum(abs(mean) > 1.0 for mean in means) == 2
    distances = [np.abs(a.arrays[0] - b.arrays[0]).max() for a in found for b in found if a is not b]
    assert min(distances) > 1.0


def test_before_the_second_pitchfork_there_are_three(far):
    assert len(far.deflate(at=35.0)) == 3


def test_a_value_off_the_branch_is_refused(far):
    with pytest.raises(ParameterError, match="does not pass mu = 70"):
        far.deflate(at=70.0)
