# SPDX-License-Identifier: LGPL-3.0-or-later
"""Numbers with their statistical errors: from blocks of one chain, from several chains, from two estimators.

Errors are standard errors (one sigma). A number that was not seen at all has an infinite error and no weight.

Correlation between blocks: J. D. Chodera, W. C. Swope, J. W. Pitera, C. Seok, K. A. Dill, J. Chem. Theory Comput. 3, 26
(2007), with the sum of A. Sokal: it ends where the correlation first falls to zero.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

from fem_ionics.errors import ParameterError

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Estimate:
    """Values and their standard errors, arrays of one shape."""

    value: Array
    error: Array


def inefficiency(blocks: npt.ArrayLike) -> Array:
    """How many correlated blocks are worth one independent block: 1 + 2 times the integrated correlation time.

    Parameters
    ----------
    blocks : array_like, shape (n, ...)
        Means of successive equal blocks.

    Returns
    -------
    ndarray, shape (...)
        Not less than 1.
    """
    x = np.asarray(blocks, dtype=np.float64)
    n = len(x)
    deviation = x - x.mean(axis=0)
    variance = np.mean(deviation**2, axis=0)
    total, rising = np.ones_like(variance), variance > 0.0
    for lag in range(1, n - 1):
        # Each pair counts once; dividing by n - lag, not n, keeps long correlations unbiased.
        covariance = np.mean(deviation[:-lag] * deviation[lag:], axis=0)
        rising &= covariance > 0.0
        if not np.any(rising):
            break
        part = np.divide(covariance, variance, out=np.zeros_like(variance), where=rising)
        total += 2.0 * (1.0 - lag / n) * part
    return total


def block_error(blocks: npt.ArrayLike) -> Estimate:
    """Mean of a chain's blocks and its error, the correlation between blocks included.

    Parameters
    ----------
    blocks : array_like, shape (n, ...)
        Means of successive equal blocks, n >= 2.

    Raises
    ------
    ParameterError
        For less than two blocks.
    """
    x = np.asarray(blocks, dtype=np.float64)
    if x.ndim < 1 or len(x) < 2:
        raise ParameterError(f"block_error: {len(x) if x.ndim else 0} blocks were given; at least 2 are needed.")
    variance = np.var(x, axis=0, ddof=1) * inefficiency(x)
    return Estimate(x.mean(axis=0), np.sqrt(variance / len(x)))


def over_seeds(values: npt.ArrayLike, errors: npt.ArrayLike) -> Estimate:
    """Mean over independent chains of equal length.

    All chains weigh the same: weighting with errors that were estimated from the same chains would be biased. The error
    is the larger of that from the chains' own errors and that from their scatter: chains that are stuck in different
    places have small errors and a large scatter.

    Parameters
    ----------
    values, errors : array_like, shape (n, ...)
        Of each chain.
    """
    x, e = np.asarray(values, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    n = len(x)
    error = np.sqrt(np.sum(e**2, axis=0)) / n
    if n > 1:
        error = np.maximum(error, np.std(x, axis=0, ddof=1) / sqrt(n))
    return Estimate(x.mean(axis=0), error)


def combined(values: npt.ArrayLike, errors: npt.ArrayLike) -> Estimate:
    """Mix estimators of the same numbers with weights 1/error^2.

    Parameters
    ----------
    values, errors : array_like, shape (n, ...)
        Of n estimators with independent errors. Infinite errors carry no weight (their values may be nan); exact values
        (error 0) take all of it.

    Returns
    -------
    Estimate
        Of shape (...); nan with an infinite error where no estimator knows anything.

    Raises
    ------
    ParameterError
        For shapes that differ, and errors that are negative or nan.
    """
    x, e = np.asarray(values, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if x.shape != e.shape:
        raise ParameterError(f"combined: values of shape {x.shape} and errors of {e.shape}; one error for each value.")
    if not np.all(e >= 0.0):
        raise ParameterError("combined: errors that are negative or nan were given; inf says that nothing is known.")
    known = np.isfinite(e)
    exact = np.any(e == 0.0, axis=0)
    with np.errstate(divide="ignore"):
        weights = np.where(exact, e == 0.0, 1.0 / np.square(e))
    total = weights.sum(axis=0)
    some = total > 0.0
    mean = np.sum(weights * np.where(known, x, 0.0), axis=0)
    value = np.divide(mean, total, out=np.full_like(mean, np.nan), where=some)
    error = np.where(exact, 0.0, 1.0 / np.sqrt(np.where(some, total, 1.0)))
    return Estimate(value, np.where(some, error, np.inf))


def agreement(one: Estimate, other: Estimate) -> Array:
    """Difference of two estimates in units of its error; 0 where either knows nothing.

    Numbers beyond 4 or 5 say that one of the two is wrong.
    """
    error = np.hypot(one.error, other.error)
    known = np.isfinite(error)
    difference = np.where(known, one.value, 0.0) - np.where(known, other.value, 0.0)
    z = np.divide(difference, error, out=np.where(difference == 0.0, 0.0, np.inf), where=error > 0.0)
    return np.where(known, z, 0.0)
