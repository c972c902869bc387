# SPDX-License-Identifier: LGPL-3.0-or-later
"""Net flow from a phase between flux and charge patterns against the closed form to second order.

The reference values are of an independent Fourier-Chebyshev solver; the setting is that of arXiv 2412.15397 with the
equations of arXiv 2510.15092.
"""

from collections.abc import Callable
from functools import cache

import numpy as np
import pytest
from channels import PhaseShifted

#: Mean velocity over m s J sin(delta) by (k, K, b).
MOBILITY = {
    (1, 1, 0): -3.543981e-2,
    (1, 1, 1): -1.647122e-1,
    (1, 2, 0): -5.054928e-2,
    (1, 2, 0.3): -1.147108e-1,
    (1, 5, 0): -4.049870e-2,
    (0.5, 2, 0): -1.242673e-1,
    (2, 2, 0): -1.435561e-2,
}


def closed_form(k: float, K: float, b: float) -> float:
    """Mean over the width of U(z), in units of m s J sin(delta)."""
    l = np.hypot(k, K)
    total = 0.0
    for q in (l + k, l - k):
        total += (np.cosh(q) - np.sinh(q) / q + b * q * np.sinh(q)) / q**2
    return -(K**2) / (8 * l * np.sinh(k) * np.sinh(l)) * total


@pytest.fixture(scope="module")
def channel() -> Callable[..., PhaseShifted]:
    return cache(PhaseShifted)


@pytest.mark.parametrize(("groups", "reference"), MOBILITY.items())
def test_closed_form_is_the_reference(groups: tuple[float, ...], reference: float) -> None:
    assert closed_form(*groups) == pytest.approx(reference, rel=4e-7, abs=0)


@pytest.mark.parametrize("groups", MOBILITY)
def test_mean_velocity(channel: Callable[..., PhaseShifted], groups: tuple[float, float, float]) -> None:
    """To 0.1 % at s = J = 0.02 and a quarter period."""
    k, K, b = groups
    velocity = channel(k, b > 0).velocity(s=0.02, J=0.02, K=K, b=b, delta=np.pi / 2)
    assert velocity / (0.5 * 0.02**2) == pytest.approx(closed_form(k, K, b), rel=1e-3, abs=0)


def test_closed_form_is_the_limit_of_weak_charge(channel: Callable[..., PhaseShifted]) -> None:
    """The rest is of second order: a quarter of it at half the charge and flux (where it is largest, k = 1/2)."""
    rest = {}
    for s in (0.05, 0.1, 0.2):
        velocity = channel(0.5, False).velocity(s=s, J=s, K=2.0, b=0.0, delta=np.pi / 2)
        rest[s] = velocity / (0.5 * s**2 * closed_form(0.5, 2.0, 0.0)) - 1
    # The mesh has its part in each: differences are free of it.
    assert (rest[0.2] - rest[0.1]) / (rest[0.1] - rest[0.05]) == pytest.approx(4.0, rel=0.05, abs=0)
    assert abs(rest[0.05]) < 3e-3


def test_sine_law_and_zeros(channel: Callable[..., PhaseShifted]) -> None:
    """In phase and in antiphase nothing flows, to solver tolerance."""

    def velocity(delta: float) -> float:
        return channel(1, True).velocity(s=0.02, J=0.04, K=2.0, b=0.3, delta=delta)

    largest = velocity(np.pi / 2)
    for delta in (np.pi / 6, np.pi / 4, 0.75 * np.pi, -np.pi / 2):
        assert velocity(delta) / largest == pytest.approx(np.sin(delta), rel=2e-5, abs=0)
    for delta in (0.0, np.pi):
        assert abs(velocity(delta)) < 1e-10 * abs(largest)


def test_flow_is_linear_in_slip(channel: Callable[..., PhaseShifted]) -> None:
    """The slip of the closed form, alone: U(b) - U(0) over b."""
    unit = 0.5 * 0.02**2
    found = [channel(1, True).velocity(s=0.02, J=0.02, K=2.0, b=b, delta=np.pi / 2) / unit for b in (0.1, 0.3, 1.0)]
    per_slip = closed_form(1, 2.0, 1.0) - closed_form(1, 2.0, 0.0)
    assert (found[2] - found[0]) / 0.9 == pytest.approx(per_slip, rel=1e-3, abs=0)
    assert (found[1] - found[0]) / 0.2 == pytest.approx(per_slip, rel=1e-3, abs=0)


def test_nonlinear_value(channel: Callable[..., PhaseShifted]) -> None:
    velocity = channel(1, True, 2.0).velocity(s=0.02, J=0.04, K=2.0, b=0.3, delta=np.pi / 2)
    assert velocity == pytest.approx(-4.588552e-5, rel=1e-5, abs=0)
