# SPDX-License-Identifier: LGPL-3.0-or-later
"""Kinetic parameters back from numbers that a pore gave, and from those of the paper."""

import numpy as np
import pytest

from fem_ionics.constants import BOLTZMANN, ELEMENTARY_CHARGE
from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.reduced import angstrom
from fem_ionics.reduced.angstrom import (
    ExponentialCarrier,
    MeasuredConductance,
    MeasuredMemory,
    MeasuredWeight,
    PoreKinetics,
    PoreStates,
    fit_exponential,
    fit_kinetics,
    steps,
)
from fem_ionics.units import ns, pS

VT = BOLTZMANN * 300.0 / ELEMENTARY_CHARGE


def crown(entry: float, exit: float, slope: float) -> PoreKinetics:
    """Rates in 1/ns at the concentration given, the slope of ln k_out in 1/V."""
    steps = angstrom.centre_trap("K+", 1e9 * entry / 2 / 500.0, 1e9 * exit, exit_distance=slope * VT)
    carriers = [ExponentialCarrier("Na+", 400e-12, -1.7)]
    return PoreKinetics(PoreStates(("K+",)), steps, {"K+": 500.0}, carriers=carriers, temperature=300.0)


def test_minimal_activation_of_the_paper() -> None:
    """1 pS at 0.1 V, w = 0.8 at 0.5 V, closed in 100 ns, three memory times: slope 18.1/V, 0.030 and 1.4e-5 per ns."""
    open_half_a_volt = 400 * pS * np.exp(-1.7 * 0.5)
    conductances = MeasuredConductance(np.array([0.1, 0.5]), np.array([1.0 * pS, 0.8 * open_half_a_volt]))
    measured = [conductances, MeasuredMemory(0.0, 100.0 / 3.0 * ns)]
    found = fit_kinetics(crown, {"entry": 0.05, "exit": 1e-4, "slope": 15.0}, measured)
    assert found.values["slope"] == pytest.approx(18.1, abs=0.05)
    assert found.values["entry"] == pytest.approx(0.030, abs=5e-4)
    assert found.values["exit"] == pytest.approx(1.4e-5, abs=5e-7)
    assert (found.freedom, found.chi2) == (0, pytest.approx(0.0, abs=1e-12))


def noisy(seed: int, size: float = 0.05) -> angstrom.PoreFit:
    random = np.random.default_rng(seed)
    pore = crown(0.04, 2.2e-5, 19.0)
    volts = np.linspace(0.1, 0.5, 5)
    values = np.array([float(pore.weight(pore.steady(v)) * pore.open_conductance(v)) for v in volts])
    waveform = steps([0.5, 0.0], [10 * ns, 60 * ns])
    times = np.linspace(2.0, 68.0, 6) * ns
    weights = angstrom.transient(pore, waveform, times).weight + 0.02 * random.standard_normal(len(times))
    measured = [
        MeasuredConductance(volts, values * np.exp(size * random.standard_normal(len(volts))), size),
        MeasuredWeight(waveform, times, weights, 0.02),
    ]
    return fit_kinetics(crown, {"entry": 0.08, "exit": 1e-5, "slope": 20.0}, measured)


def test_errors_are_those_of_the_scatter() -> None:
    truth = {"entry": 0.04, "exit": 2.2e-5, "slope": 19.0}
    found = [noisy(seed) for seed in range(2)]
    pulls = np.array([[(fit.values[name] - truth[name]) / fit.errors[name] for name in truth] for fit in found])
    assert np.abs(pulls).max() < 4.0
    assert 0.3 < np.sqrt(np.mean(pulls**2)) < 2.0
    assert all(fit.errors[name] < 0.2 * fit.values[name] for fit in found for name in truth)
    assert all(0.2 < fit.chi2 / fit.freedom < 2.5 for fit in found)


def test_exponential() -> None:
    volts = np.array([-0.3, -0.1, 0.1, 0.2, 0.4])
    found = fit_exponential(volts, 400e-12 * np.exp(-1.7 * np.abs(volts)))
    assert (found.C, found.alpha) == (pytest.approx(400e-12, rel=1e-12, abs=0), pytest.approx(-1.7, rel=1e-12, abs=0))
    two = fit_exponential([0.1, 0.3], [1.0, 2.0], errors=0.1)
    assert two.alpha_error == pytest.approx(0.1 * np.sqrt(2.0) / 0.2, rel=1e-12, abs=0)
    assert two.C_error == pytest.approx(two.C * 0.1 * np.sqrt(1.5**2 + 0.5**2), rel=1e-12, abs=0)
    scattered = fit_exponential([0.1, 0.2, 0.3], np.exp([0.1, 0.0, 0.1]))
    # Residuals (1, -2, 1)/30 of one degree of freedom.
    assert scattered.alpha_error == pytest.approx(np.sqrt(6.0 / 900.0 / 0.02), rel=1e-9, abs=0)


def test_bad_input() -> None:
    one = [MeasuredConductance(np.array([0.1, 0.2, 0.3]), np.array([1.0, 2.0, 3.0]) * pS)]
    with pytest.raises(ParameterError, match="3 measurements for 4"):
        fit_kinetics(lambda a, **rest: crown(**rest), {"a": 1.0, "entry": 0.1, "exit": 1e-5, "slope": 10.0}, one)
    with pytest.raises(ParameterError, match="start"):
        fit_kinetics(crown, {"entry": -0.1, "exit": 1e-5, "slope": 10.0}, one)
    # Conductances know the ratio of both rates alone.
    with pytest.raises(ConvergenceError, match="do not determine entry, exit"):
        fit_kinetics(lambda entry, exit: crown(entry, exit, 10.0), {"entry": 0.03, "exit": 1e-4}, one)
    with pytest.raises(ParameterError, match=r"time = -1\.0"):
        MeasuredMemory(0.0, -1.0).residuals(crown(0.03, 1e-5, 18.0))
    with pytest.raises(ParameterError, match="conductances"):
        fit_kinetics(
            lambda entry: crown(entry, 1e-5, 18.0),
            {"entry": 0.1},
            [MeasuredConductance(np.array([0.1]), np.array([-1.0]))],
        )
    with pytest.raises(ParameterError, match="two or more voltages"):
        fit_exponential([0.1, -0.1], [1.0, 1.0])
    with pytest.raises(ParameterError, match="errors of shape"):
        fit_exponential([0.1, 0.2], [1.0, 1.0], errors=[0.1, 0.1, 0.1])
