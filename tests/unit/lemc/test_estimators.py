# SPDX-License-Identifier: LGPL-3.0-or-later
"""Errors of means: known correlation, coverage, mixing."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.lemc.estimators import Estimate, agreement, block_error, combined, inefficiency, over_seeds


def chains(memory: float, length: int, count: int) -> np.ndarray:
    """Unit-variance series x' = memory x + noise, shape (length, count); 1 block is worth (1 - m)/(1 + m)."""
    rng = np.random.default_rng(11)
    x = np.empty((length, count))
    x[0] = rng.standard_normal(count)
    noise = np.sqrt(1 - memory**2) * rng.standard_normal((length, count))
    for k in range(1, length):
        x[k] = memory * x[k - 1] + noise[k]
    return x


@pytest.mark.parametrize(("memory", "tolerance"), [(0.0, 0.15), (0.5, 0.15), (0.8, 0.2)])
def test_inefficiency_of_a_known_memory(memory: float, tolerance: float) -> None:
    found = inefficiency(chains(memory, 1000, 200)).mean()
    assert found == pytest.approx((1 + memory) / (1 - memory), rel=tolerance)


def test_error_covers_the_truth() -> None:
    """Means of many chains scatter by their errors, to which memory is essential."""
    x = chains(0.7, 400, 400)
    found = block_error(x)
    assert found.value == pytest.approx(x.mean(axis=0))
    z = found.value / found.error
    assert np.sqrt(np.mean(z**2)) == pytest.approx(1.0, abs=0.15)
    naive = np.std(x, axis=0, ddof=1) / 20
    assert np.sqrt(np.mean((found.value / naive) ** 2)) > 2.0


def test_constant_blocks_have_no_error() -> None:
    found = block_error(np.full((5, 2), 3.0))
    np.testing.assert_array_equal(found.value, 3.0)
    np.testing.assert_array_equal(found.error, 0.0)


def test_two_blocks_are_the_least() -> None:
    with pytest.raises(ParameterError, match="1 blocks were given; at least 2"):
        block_error(np.ones((1, 3)))


def test_mixing_by_variance() -> None:
    """Weights 1 and 1/4: (1*1 + 3/4)/(5/4) = 1.4 +- sqrt(4/5); infinite errors know nothing, zero errors all."""
    inf, nan = np.inf, np.nan
    found = combined([[1.0, nan, 2.0, nan], [3.0, 5.0, 7.0, 0.0]], [[1.0, inf, 0.0, inf], [2.0, 3.0, 1.0, inf]])
    np.testing.assert_allclose(found.value, [1.4, 5.0, 2.0, np.nan])
    np.testing.assert_allclose(found.error, [np.sqrt(0.8), 3.0, 0.0, np.inf])


def test_mixing_refuses_bad_errors() -> None:
    with pytest.raises(ParameterError, match="negative or nan"):
        combined([1.0, 2.0], [1.0, -1.0])
    with pytest.raises(ParameterError, match="one error for each value"):
        combined([1.0, 2.0], [1.0])


def test_agreement_in_units_of_the_error() -> None:
    one = Estimate(np.array([1.0, 2.0, np.nan, 1.0]), np.array([0.3, 0.0, np.inf, 0.0]))
    other = Estimate(np.array([2.0, 2.0, 1.0, 0.0]), np.array([0.4, 0.0, 1.0, 0.0]))
    np.testing.assert_allclose(agreement(one, other), [-2.0, 0.0, 0.0, np.inf])


def test_seeds_that_disagree_raise_the_error() -> None:
    quiet = over_seeds([1.0, 1.001, 0.999, 1.0], [0.1] * 4)
    assert (quiet.value, quiet.error) == (pytest.approx(1.0), pytest.approx(0.05))
    stuck = over_seeds([1.0, 3.0], [0.1, 0.1])
    assert (stuck.value, stuck.error) == (pytest.approx(2.0), pytest.approx(1.0))
    single = over_seeds([[1.0, 2.0]], [[0.1, 0.2]])
    np.testing.assert_allclose(single.error, [0.1, 0.2])
