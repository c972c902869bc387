# SPDX-License-Identifier: LGPL-3.0-or-later
"""Where a recorded number grows or decays exponentially, and how fast."""

import numpy as np
import numpy.typing as npt

from fem_ionics.errors import ParameterError

Floats = npt.NDArray[np.float64]

#: The rates within a stretch may differ by this part of their mean, the tightest that will do ...
SPREADS = (0.01, 0.02, 0.05)
#: ... where the stretch still covers so many e-folds and rows.
E_FOLDS, ROWS = 1.0, 6


def exponential_window(times: Floats, values: Floats, *, label: str = "value") -> tuple[float, float]:
    """Find the stretch in which a number is an exponential of time.

    Parameters
    ----------
    times
        Growing, s, shape (n,).
    values
        Shape (n,); already less the value that is left or approached.
    label
        Name for the message.

    Returns
    -------
    start, end : float
        First and last time of the stretch, s.

    Raises
    ------
    ParameterError
        When there is none.

    Notes
    -----
    The rate between neighbouring rows is d log|v|/dt. A stretch is a run of rows in which v keeps its sign
    and all these rates lie within 5 % of their mean of each other, over at least one e-fold. The longest
    such run in time is taken: a fast first transient is shorter, and saturation, where the rate falls to
    zero, covers no e-fold. Inside it the run is tightened to 2 and 1 % where that leaves an e-fold, since
    the first signs of saturation or of a faded transient bend the fit.
    """
    runs = _runs_of_one_sign(values)
    window: tuple[int, int] | None = None
    for spread in reversed(SPREADS):
        found = [_longest(times, values, first, last, spread) for first, last in runs]
        stretches = [each for each in found if each is not None]
        if not stretches:
            break
        window = max(stretches, key=lambda rows: times[rows[1]] - times[rows[0]])
        runs = [window]
    if window is None:
        raise ParameterError(
            f'"{label}" is nowhere exponential: no stretch of {ROWS} rows and a factor e in which '
            f"d log|{label}|/dt is the same within {SPREADS[-1]:.0%}. Record for longer, with smaller steps, "
            "or give window=(start, end)."
        )
    return float(times[window[0]]), float(times[window[1]])


def fitted_slope(x: Floats, y: Floats) -> tuple[float, float]:
    """Least-squares slope of y(x) and its standard error, at least three points."""
    x = x - x.mean()
    slope = float(x @ y / (x @ x))
    rest = y - y.mean() - slope * x
    return slope, float(np.sqrt(rest @ rest / ((len(x) - 2) * (x @ x))))


def _runs_of_one_sign(values: Floats) -> list[tuple[int, int]]:
    """First and last row of each run of non-zero values of one sign."""
    signs = np.where(np.isfinite(values), np.sign(values), 0.0)
    cuts = np.flatnonzero(np.diff(signs)) + 1
    firsts, lasts = np.r_[0, cuts], np.r_[cuts, len(values)] - 1
    return [(int(i), int(j)) for i, j in zip(firsts, lasts, strict=True) if i < j and signs[i]]


def _longest(times: Floats, values: Floats, first: int, last: int, spread: float) -> tuple[int, int] | None:
    """Longest run of rows in [first, last] whose rates agree within `spread`; None if there is none."""
    t, log = times[first : last + 1], np.log(np.abs(values[first : last + 1]))
    rates = np.diff(log) / np.diff(t)
    best, rows = 0.0, None
    for i in range(len(rates) - ROWS + 2):
        highest, lowest = np.maximum.accumulate(rates[i:]), np.minimum.accumulate(rates[i:])
        agree = highest - lowest <= spread * 0.5 * np.abs(highest + lowest)
        j = i + (len(agree) if agree.all() else int(np.argmin(agree)))  # last row of the run
        enough = j - i + 1 >= ROWS and abs(log[j] - log[i]) >= E_FOLDS
        if enough and t[j] - t[i] > best:
            best, rows = t[j] - t[i], (first + i, first + j)
    return rows
