# SPDX-License-Identifier: LGPL-3.0-or-later
"""Modes from blocks of vectors, against known rates and against those from one vector."""

import math

import numpy as np
import pytest
from equations import chafee_infante, filled, line

from fem_ionics.bifurcation.blockmodes import nearest
from fem_ionics.bifurcation.spectrum import leading_modes, start_vector

pytestmark = pytest.mark.mpi


@pytest.fixture(scope="module")
def at_rest():
    """u = 0 at mu = 30: rates 30 - (n pi)^2."""
    problem = chafee_infante(mu=30.0)
    problem.factorise(problem.vector())
    return problem


def rates(modes):
    return np.array(sorted((mode.rate.real for mode in modes), key=abs))


def expected(count):
    return np.array(sorted((30.0 - (n * math.pi) ** 2 for n in range(1, 9)), key=abs)[:count])


def test_rates_from_nothing(at_rest):
    modes = leading_modes(at_rest, count=4, near=[])
    assert rates(modes)[:4] == pytest.approx(expected(4), rel=2e-3, abs=0)
    plain = leading_modes(at_rest, count=4)
    assert rates(modes)[:4] == pytest.approx(rates(plain)[:4], rel=1e-6, abs=0)


def test_a_mode_that_the_start_lacks_is_found(at_rest):
    """All start vectors are symmetric; the modes with even n come from the guards."""
    odd = [filled(at_rest, lambda x, n=n: np.sin(n * np.pi * x)) for n in (1, 3, 5, 7)]
    modes = leading_modes(at_rest, count=4, near=odd)
    assert rates(modes)[:4] == pytest.approx(expected(4), rel=2e-3, abs=0)


def test_vectors_of_zero_and_doubles_in_the_start_do_no_harm(at_rest):
    one = filled(at_rest, lambda x: np.sin(np.pi * x))
    found, beside = nearest(at_rest, 3, [one, one.copy(), at_rest.vector()], [start_vector(at_rest)])
    assert len(found) == 3
    assert len(beside) == 4


def test_as_many_modes_as_there_are_unknowns():
    """The space is full before anything else ends the search."""
    problem = chafee_infante(mu=30.0, space=line(cells=3))
    problem.factorise(problem.vector())
    modes = leading_modes(problem, count=4, near=[])
    assert len(modes) >= 4
    assert rates(modes)[0] == pytest.approx(expected(1)[0], rel=0.15, abs=0)
