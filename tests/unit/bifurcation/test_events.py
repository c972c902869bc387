# SPDX-License-Identifier: LGPL-3.0-or-later
"""Zeros of any number along a branch."""

import numpy as np
import pytest
from equations import bratu as make_bratu
from equations import reaction

import fem_ionics as fi


def test_a_number_passes_zero():
    """-u'' = mu has the mean mu / 12."""
    problem = reaction(lambda u, mu: mu, mu=5.0)
    branch = fi.continuation(problem, "mu", stop=20.0, events={"mean is one": lambda s: problem.mean(s) - 1.0})
    (point,) = branch.special("mean is one")
    assert point.value == pytest.approx(12.0, rel=1e-9, abs=0)
    assert point.solution.parameters["mu"] == point.value
    problem.restore(point.solution)
    assert problem.mean(None) == pytest.approx(1.0, rel=1e-9, abs=0)


def test_it_is_met_on_both_sides_of_a_fold():
    problem = make_bratu(lam=1.0)
    branch = fi.continuation(
        problem, "lam", stop=4.0, bounds=(1.0, 4.0), stability=0, events={"lam is 3": lambda s: s.parameters["lam"] - 3}
    )
    below, above = branch.special("lam is 3")
    (fold,) = branch.special("fold")
    assert [below.value, above.value] == pytest.approx([3.0, 3.0], rel=1e-8, abs=0)
    assert below.s < fold.s < above.s
    assert [each.kind for each in branch.specials] == ["lam is 3", "fold", "lam is 3"]
    # Corrected on the branch, not interpolated.
    for point in (below, above):
        assert problem.residual(problem.restore(point.solution)).norm() < 1e-9


def test_at_finds_all_solutions_at_a_value(bratu):
    found = bratu.at(3.0)
    assert len(found) == 2
    means = []
    for solution in found:
        problem = bratu.study.problem
        assert problem.residual(problem.restore(solution)).norm() < 1e-9
        means.append(problem.mean(None))
    assert np.diff(means) > 0.1
    assert bratu.at(3.9) == []
