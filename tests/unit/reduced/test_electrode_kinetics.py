# SPDX-License-Identifier: LGPL-3.0-or-later
"""Integrals over the electrons of a metal: known numbers, limits and scaling."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad

from fem_ionics import reduced
from fem_ionics.errors import ParameterError

ETA = np.array([-25.0, -6.0, 0.0, 3.0, 8.3, 30.0])


def test_known_rates() -> None:
    found = reduced.metal_rate([0.0, 2.0, 5.0, 8.3], 8.3)
    assert np.allclose(found, [3.1420e-2, 7.8600e-2, 0.22899, 0.5], rtol=2e-5, atol=0.0)


@pytest.mark.parametrize("eta", [-7.0, 0.0, 9.0])
def test_mirrored_integral(eta: float) -> None:
    """The same integral about the Fermi level, e^(eta/2 - lam/4) (4 pi lam)^-1/2 Int e^(-(x-eta)^2/4lam)/2cosh(x/2)."""
    lam = 3.7
    inner = quad(lambda x: math.exp(-((x - eta) ** 2) / (4 * lam)) / (2 * math.cosh(x / 2)), -60, 60, points=[0, eta])[
        0
    ]
    expected = math.exp(eta / 2 - lam / 4) * inner / math.sqrt(4 * math.pi * lam)
    assert reduced.metal_rate(eta, lam) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("ion", [0.0, 2.0, 15.0])
@pytest.mark.parametrize("lam", [0.2, 8.3])
def test_detailed_balance(lam: float, ion: float) -> None:
    ratio = reduced.metal_rate(ETA, lam, ion=ion) / reduced.metal_rate(-ETA, lam, ion=ion)
    assert np.allclose(ratio * np.exp(-ETA), 1.0, rtol=0.0, atol=1e-10)


def test_detailed_balance_of_an_asymmetric_couple() -> None:
    ratio = reduced.metal_rate(ETA, 8.3, asymmetry=0.3) / reduced.metal_rate(-ETA, 8.3, asymmetry=-0.3)
    assert np.allclose(ratio * np.exp(-ETA), 1.0, rtol=0.0, atol=1e-10)
    # The two branches of the Tafel plot differ.
    forward, backward = reduced.metal_rate([5.0, -5.0], 8.3, asymmetry=0.3)
    assert forward > 1.1 * reduced.metal_rate(5.0, 8.3)
    assert backward != pytest.approx(forward * math.exp(-5.0), rel=0.01)


def test_limiting_rate() -> None:
    assert reduced.limiting_rate(1.0) == pytest.approx(1.1996, abs=5e-5)
    assert reduced.limiting_rate(4.0) == pytest.approx(1.0251, abs=5e-5)
    assert reduced.limiting_rate(4.0, ion=0.0) == pytest.approx(1.0, abs=1e-15)
    for ion in (0.0, 1.5, 6.0):
        assert reduced.limiting_rate(1.0, ion) == pytest.approx(reduced.metal_rate(80.0, 1.0, ion=ion), rel=1e-9)


def test_ion_makes_the_tafel_plot_straight() -> None:
    rates = reduced.metal_rate([0.0, 2.0, 8.0], 2.0, ion=40.0)
    assert np.log(rates[2] / rates[1]) == pytest.approx(3.0, abs=1e-6)


def test_scaling_with_self_exchange() -> None:
    lam = np.array([80.0, 80.4, 400.0, 402.0])
    k_ex = reduced.self_exchange_rate(lam)
    k_el = reduced.electrode_rate(k_ex)
    slopes = np.diff(np.log(k_el))[::2] / np.diff(np.log(k_ex))[::2]
    next_term = math.pi**2 / (2.0 * (0.5 * lam[::2]) ** 2)
    assert slopes == pytest.approx(0.5 + 2.0 / lam[::2] - next_term, abs=1e-3)
    simple = 0.5 * np.sqrt(k_ex / (2 * math.pi * np.log(1 / k_ex)))
    assert k_el[-1] / simple[-1] == pytest.approx(math.pi, rel=0.015)
    assert reduced.electrode_rate(k_ex[0], ratio=1e3) == pytest.approx(reduced.metal_rate(-math.log(1e3), 40.0))


def test_thermal_units() -> None:
    assert reduced.in_thermal_units(0.214, 298.15) == pytest.approx(8.3293, abs=1e-4)


def test_shapes() -> None:
    assert isinstance(reduced.metal_rate(1.0, 2.0), float)
    assert reduced.metal_rate(np.zeros((2, 3)), 2.0).shape == (2, 3)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: reduced.metal_rate(math.nan, 8.0),
        lambda: reduced.metal_rate(0.0, 0.0),
        lambda: reduced.metal_rate(0.0, 8.0, ion=-1.0),
        lambda: reduced.metal_rate(0.0, 8.0, asymmetry=1.2),
        lambda: reduced.metal_rate(0.0, 8.0, ion=1.0, asymmetry=0.1),
        lambda: reduced.limiting_rate(-1.0),
        lambda: reduced.self_exchange_rate(0.0),
        lambda: reduced.electrode_rate(1.0),
        lambda: reduced.electrode_rate(0.1, ratio=0.0),
        lambda: reduced.in_thermal_units(0.2, 0.0),
    ],
)
def test_numbers_out_of_range(wrong: Any) -> None:
    with pytest.raises(ParameterError, match="given"):
        wrong()
