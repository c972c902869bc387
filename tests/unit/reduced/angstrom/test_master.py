# SPDX-License-Identifier: LGPL-3.0-or-later
"""The master equation over time against closed forms, and its linear response."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import expm

from fem_ionics.errors import ParameterError
from fem_ionics.reduced import angstrom
from fem_ionics.reduced.angstrom import PoreKinetics, PoreStates, admittance, ramps, sine, steps, transient
from fem_ionics.units import ns

CROWN = angstrom.angstrom_pore("18-crown-6", {"Na+": 1000.0, "K+": 500.0})
NITRIDE = angstrom.angstrom_pore("B3N", {"K+": 1000.0, "Rb+": 500.0})
#: Two controllers at once.
MIXED = angstrom.angstrom_pore("18-crown-6", {"Na+": 1000.0, "K+": 500.0, "Mg2+": 250.0})


def test_steps_are_exponentials() -> None:
    times = np.array([0.0, 2.0, 5.0, 7.0, 12.0, 40.0]) * ns
    found = transient(MIXED, steps([0.5, 0.0], [5 * ns, 35 * ns]), times)
    for place, t in enumerate(times):
        exact = expm(MIXED.generator(0.5) * min(t, 5 * ns)) @ MIXED.steady(0.0)
        exact = expm(MIXED.generator(0.0) * max(t - 5 * ns, 0.0)) @ exact
        np.testing.assert_allclose(found.probabilities[:, place], exact, atol=1e-12)
    assert np.abs(found.probabilities.sum(axis=0) - 1.0).max() < 1e-12
    np.testing.assert_array_equal(found.voltage, [0.5, 0.5, 0.0, 0.0, 0.0, 0.0])


def test_slow_ramp_follows_the_steady_state_and_a_fast_one_does_not() -> None:
    slow = transient(CROWN, ramps([0.0, 1e-5], [0.0, 0.4]), tolerance=1e-6)
    steady = [CROWN.steady(v)[0] for v in slow.voltage]
    assert np.abs(slow.weight - steady).max() < 4e-3
    fast = transient(CROWN, ramps([0.0, 1e-11], [0.0, 0.4]))
    assert fast.weight[-1] == pytest.approx(fast.weight[0], rel=0.5, abs=0)


def test_ramp_by_quadrature() -> None:
    """One occupant: P_0(t) = the integral of k_out with its integrating factor."""
    waveform = ramps([0.0, 20 * ns], [0.1, 0.5])

    def total(t: float) -> float:
        return float(CROWN.rates(waveform(t)).sum())

    def grown(t: float) -> float:
        return float(quad(total, t, 20 * ns, epsrel=1e-8)[0])

    def arriving(t: float) -> float:
        return float(CROWN.rates(waveform(t))[[1, 3]].sum() * np.exp(-grown(t)))

    exact = CROWN.steady(0.1)[0] * np.exp(-grown(0.0)) + quad(arriving, 0.0, 20 * ns, epsrel=1e-7)[0]
    found = transient(CROWN, waveform, [20 * ns], start=CROWN.steady(0.1)).weight[0]
    assert found == pytest.approx(exact, rel=1e-6, abs=0)


def test_energy_is_the_integral_of_the_power() -> None:
    times = np.linspace(0.0, 20 * ns, 1001)
    found = transient(NITRIDE, steps([0.5], [20 * ns]), times)
    power = found.current * found.voltage
    exact = np.sum(0.5 * (power[1:] + power[:-1])) * (times[1] - times[0])
    assert found.energy[-1] == pytest.approx(exact, rel=1e-4, abs=0)
    # One exponential ends 95 % of its way after ln 20 of its time.
    rate = NITRIDE.rates(0.5).sum()
    gone = np.searchsorted(times, np.log(20.0) / rate)
    assert angstrom.switching_energy(NITRIDE, 0.0, 0.5) == pytest.approx(found.energy[gone], rel=5e-3, abs=0)


@pytest.mark.parametrize("volts", [-0.3, 0.0, 0.45])
@pytest.mark.parametrize("pore", [CROWN, NITRIDE, MIXED], ids=["crown", "nitride", "mixed"])
def test_slow_limit_of_the_admittance_is_the_slope_of_the_curve(pore: PoreKinetics, volts: float) -> None:
    def current(v: float) -> float:
        return float(pore.current(v, pore.steady(v)))

    h = 1e-4
    slope = (8 * (current(volts + h) - current(volts - h)) - current(volts + 2 * h) + current(volts - 2 * h)) / (12 * h)
    assert admittance(pore, volts, 0.0).real == pytest.approx(slope, rel=2e-4, abs=0)
    assert admittance(pore, volts, 0.0).imag == 0.0


def test_fast_limit_of_the_admittance_is_that_of_frozen_occupants() -> None:
    held = CROWN.steady(0.4)
    slope = (CROWN.current(0.4 + 1e-5, held) - CROWN.current(0.4 - 1e-5, held)) / 2e-5
    assert admittance(CROWN, 0.4, 1e15) == pytest.approx(slope, rel=1e-6, abs=0)
    # An activated pore gains current late, as a coil does; a silenced one loses it, as a capacitor does.
    frequency = 1.0 / (2 * np.pi * CROWN.relaxation_times(0.4)[0])
    assert admittance(CROWN, 0.4, frequency).imag < 0.0
    assert admittance(NITRIDE, 0.2, 1e7).imag > 0.0
    part = admittance(CROWN, 0.4, [0.0, frequency, 1e15])
    assert abs((part[1] - part[2]) / (part[0] - part[2])) == pytest.approx(np.sqrt(0.5), rel=1e-6, abs=0)


def test_admittance_is_that_of_a_small_sine() -> None:
    f, size, bias = 2e7, 1e-4, 0.4
    waveform = sine(size, f, 4.0, offset=bias)
    times = np.linspace(3.0 / f, 4.0 / f, 101)[:-1]
    found = transient(CROWN, waveform, times, start=CROWN.steady(bias), tolerance=1e-9).current
    measured = 2.0 / size * np.mean(found * np.exp(-2j * np.pi * f * times)) * 1j
    assert measured == pytest.approx(admittance(CROWN, bias, f), rel=2e-3, abs=0)


def test_bad_input() -> None:
    wave = steps([0.1], [1.0])
    with pytest.raises(ParameterError, match="no ascending order"):
        transient(CROWN, wave, [0.5, 0.2])
    with pytest.raises(ParameterError, match="a time outside"):
        transient(CROWN, wave, [0.5, 1.2])
    with pytest.raises(ParameterError, match="2 probabilities"):
        transient(CROWN, wave, start=[0.5, 0.6])
    with pytest.raises(ParameterError, match="tolerance = 0"):
        transient(CROWN, wave, tolerance=0.0)
    with pytest.raises(ParameterError, match="part = 1 "):
        angstrom.switching_energy(CROWN, 0.0, 0.5, part=1.0)
    with pytest.raises(ParameterError, match="does not change"):
        angstrom.switching_energy(CROWN, -0.5, 0.5)
    with pytest.raises(ParameterError, match="frequency below zero"):
        admittance(CROWN, 0.1, -1.0)
    assert len(PoreStates(())) == 1
