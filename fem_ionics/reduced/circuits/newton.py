# SPDX-License-Identifier: LGPL-3.0-or-later
"""Newton's method for the few unknowns of a circuit, damped, to round-off."""

from collections.abc import Callable

import numpy as np

from fem_ionics.errors import ConvergenceError
from fem_ionics.reduced.given import Array

type Residual = Callable[[Array], tuple[Array, Array, Array]]

#: Residuals below this part of the currents that they sum are round-off; so are voltages below it times `_SMALL` (V).
_TOLERANCE, _SMALL = 1e-13, 1e-6
_ITERATIONS, _HALVINGS = 200, 60


def newton(residual: Callable[[Array], tuple[Array, Array, Array]], guess: Array, what: str) -> tuple[Array, int]:
    """Root of a few equations.

    Parameters
    ----------
    residual
        Unknowns -> residual, Jacobian, and for each equation the sum of the absolute terms in it.
    guess
        Where to start.
    what
        For the error.

    Returns
    -------
    tuple
        The root and the iterations it took.

    Raises
    ------
    ConvergenceError
        When no root is found.
    """
    x, (r, J, terms) = guess, residual(guess)
    for iteration in range(_ITERATIONS):
        if not np.all(np.isfinite(r)):
            break
        good = np.all(np.abs(r) <= _allowed(J, terms))
        step = _step(J, r)
        size, trial = _damped(residual, x, step, np.linalg.norm(r), 1 if good else _HALVINGS)
        if good:
            # One more step for what is left, unless it is round-off.
            return (x + step, iteration + 1) if size else (x, iteration)
        if not size:
            # At the bottom of round-off nothing smaller is to be had.
            if np.all(np.abs(r) <= 1e3 * _allowed(J, terms)):
                return x, iteration
            break
        x, (r, J, terms) = x + size * step, trial
    raise ConvergenceError(
        f"Circuit: Newton found no solution for {what}. Start nearer (a guess, given voltages), or look whether an "
        "element has a negative differential resistance there.",
        last=x,
    )


def _allowed(J: Array, terms: Array) -> Array:
    return _TOLERANCE * (terms + _SMALL * np.abs(J).sum(axis=1))


def _step(J: Array, r: Array) -> Array:
    try:
        return -np.linalg.solve(J, r)
    except np.linalg.LinAlgError:
        return -np.linalg.lstsq(J, r, rcond=None)[0]


def _damped(
    residual: Residual, x: Array, step: Array, norm: float | np.floating, halvings: int
) -> tuple[float, tuple[Array, Array, Array]]:
    """Part of a step that makes the residual smaller, and what is there; zero where none does."""
    size = 1.0
    for _ in range(halvings):
        trial = residual(x + size * step)
        if np.linalg.norm(trial[0]) < norm:
            return size, trial
        size /= 2.0
    return 0.0, trial
