# SPDX-License-Identifier: LGPL-3.0-or-later
"""A memory time from a measured or computed response: one exponential fitted to what goes on after a step.

    y(t) = y_inf + a exp(-t/tau)

with y_inf known from the steady state. The misfit is weighted by time, so that neither many early rows nor the fast
part of a response that is no single exponential decide.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize_scalar

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks
from fem_ionics.reduced import given
from fem_ionics.reduced.given import Array

#: A response that has not moved by this part of its final value is no relaxation.
_MOVED = 1e-9
#: Rows that a fit of two numbers needs.
_LEAST = 5


@dataclass(frozen=True)
class Relaxation:
    """One exponential in a response.

    Attributes
    ----------
    time
        tau, s.
    final, amplitude
        y_inf and a, in the response's unit.
    residual
        Root mean square of the misfit, by time, over abs(a): zero for one exponential.
    """

    time: float
    final: float
    amplitude: float
    residual: float

    def __call__(self, times: Any) -> Any:
        """The fitted response at times (s) after the step."""
        return given.plain(self.final + self.amplitude * np.exp(-given.reals("Relaxation", "times", times) / self.time))


def relaxation(times: Any, values: Any, final: float) -> Relaxation:
    """Fit tau and the amplitude.

    Parameters
    ----------
    times
        After the step, s, growing, shape (n,); they should reach over some tau.
    values
        The response there.
    final
        Where it goes, y_inf.

    Raises
    ------
    ParameterError
        For rows that do not pair, are fewer than five or do not grow in time; for a response that does not come
        half-way to `final`, or was there from the start.
    """
    owner = "relaxation"
    t, y = given.reals(owner, "times", times), given.reals(owner, "values", values)
    if t.ndim != 1 or t.shape != y.shape or len(t) < _LEAST or t[0] < 0.0 or np.any(np.diff(t) <= 0.0):
        raise ParameterError(
            f"{owner}: {y.shape} values at {t.shape} times were given; {_LEAST} or more pairs are needed, at times "
            "that grow from the step on."
        )
    final = checks.real(owner, "final", final)
    rest = y - final
    if abs(rest[-1]) >= 0.5 * abs(rest[0]) or abs(rest[0]) <= _MOVED * max(abs(final), float(np.abs(y).max())):
        raise ParameterError(
            f"{owner}: from {y[0]:g} to {y[-1]:g} the response does not come half-way to its final value {final:g}; "
            "follow it for longer, or make the step larger."
        )
    weights = _weights(t)

    def fitted(logarithm: float) -> tuple[float, float]:
        """Amplitude, and mean square of the misfit."""
        shape = np.exp(-t / np.exp(logarithm))
        amplitude = float(np.sum(weights * shape * rest) / np.sum(weights * shape**2))
        return amplitude, float(np.sum(weights * (rest - amplitude * shape) ** 2) / np.sum(weights))

    span = np.log(t[-1] - t[0])
    scan = np.linspace(span - 9.0, span + 2.0, 111)
    best = int(np.argmin([fitted(each)[1] for each in scan]))
    around = (scan[max(best - 1, 0)], scan[min(best + 1, len(scan) - 1)])
    found = minimize_scalar(lambda each: fitted(each)[1], bounds=around, method="bounded", options={"xatol": 1e-9})
    amplitude, square = fitted(found.x)
    return Relaxation(float(np.exp(found.x)), final, amplitude, float(np.sqrt(square)) / abs(amplitude))


def _weights(t: Array) -> Array:
    """Of the trapezoidal rule."""
    steps = np.diff(t)
    return 0.5 * (np.append(steps, 0.0) + np.append(0.0, steps))
