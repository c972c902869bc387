# SPDX-License-Identifier: LGPL-3.0-or-later
"""Memory times from responses: exact for one exponential, by time for several, and what is refused."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.reduced import relaxation

TIMES = np.geomspace(1e-5, 0.05, 80)


@pytest.mark.parametrize("tau", [2e-4, 5e-3, 0.06])
def test_one_exponential(tau: float) -> None:
    fit = relaxation(TIMES, 3.0 - 2.0 * np.exp(-TIMES / tau), 3.0)
    assert fit.time == pytest.approx(tau, rel=1e-6) and fit.amplitude == pytest.approx(-2.0, rel=1e-6)
    assert fit.final == 3.0 and fit.residual < 1e-6
    assert fit(0.0) == pytest.approx(1.0, rel=1e-6)


def test_a_sum_of_exponentials_is_told_by_its_residual() -> None:
    """Salt that appears evenly along a tube (L^2/D = 1): odd modes k with the weight 1/k^4, near 1/10."""
    t = np.geomspace(1e-5, 0.5, 200)
    y = sum(np.exp(-((k * np.pi) ** 2) * t) / k**4 for k in range(1, 400, 2)) * 96.0 / np.pi**4
    fit = relaxation(t, y, 0.0)
    assert fit.time == pytest.approx(0.1, rel=0.01) and 1e-4 < fit.residual < 0.01
    # As many rows again in the first moments change next to nothing: the misfit is weighted by time.
    early = np.geomspace(1e-6, 1e-4, 500)
    both = np.union1d(t, early)
    again = relaxation(both, np.interp(both, t, y), 0.0)
    assert again.time == pytest.approx(fit.time, rel=1e-4)
    assert relaxation(t, 0.5 * y + 0.5 * np.exp(-t / 1e-3), 0.0).residual > 0.02


def test_what_is_refused() -> None:
    falling = np.exp(-TIMES / 1e-3)
    for times, values in ((TIMES[:4], falling[:4]), (TIMES, falling[1:]), (TIMES[::-1], falling), (-TIMES, falling)):
        with pytest.raises(ParameterError, match="pairs"):
            relaxation(times, values, 0.0)
    for values, final in ((falling, 5.0), (falling[::-1], 0.0), (np.full(80, 2.0), 2.0)):
        with pytest.raises(ParameterError, match="half-way"):
            relaxation(TIMES, values, final)
    with pytest.raises(ParameterError, match="final"):
        relaxation(TIMES, falling, np.nan)
