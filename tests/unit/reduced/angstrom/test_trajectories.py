# SPDX-License-Identifier: LGPL-3.0-or-later
"""Jumps of single pores against the master equation."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.reduced import angstrom
from fem_ionics.reduced.angstrom import PoreKinetics, Waveform, ramps, sine, steps, trajectories, transient
from fem_ionics.units import ns, us

CROWN = angstrom.angstrom_pore("18-crown-6", {"Na+": 1000.0, "K+": 500.0})
NITRIDE = angstrom.angstrom_pore("B3N", {"K+": 1000.0, "Rb+": 500.0})
MIXED = angstrom.angstrom_pore("18-crown-6", {"Na+": 1000.0, "K+": 500.0, "Mg2+": 250.0})


@pytest.mark.parametrize(("pore", "volts"), [(CROWN, 0.4), (NITRIDE, 0.1), (MIXED, 0.45)])
def test_long_trajectory_is_the_steady_state(pore: PoreKinetics, volts: float) -> None:
    found = trajectories(pore, steps([volts], [20 * us]), pores=1, seed=11, start=pore.steady(volts))
    mean, error = found.occupancies()
    exact = pore.steady(volts)
    assert np.all(np.abs(mean - exact) < 4.0 * error)
    assert error[0] < 0.15 * exact[0]
    assert mean.sum() == pytest.approx(1.0, abs=1e-9)
    # Of that size: two exponential dwell times of one occupant.
    if len(exact) == 2:
        time = pore.relaxation_times(volts)[0]
        expected = np.sqrt(2.0 * exact[0] * exact[1] * time / (20 * us))
        assert 0.5 < error[0] / expected < 2.0


def test_array_follows_the_master_equation_through_a_step() -> None:
    waveform = steps([0.5, 0.0], [10 * ns, 60 * ns])
    times = np.array([1.0, 5.0, 10.0, 30.0, 70.0]) * ns
    mean, error = trajectories(MIXED, waveform, pores=2000, seed=3).weight(times)
    assert np.all(np.abs(mean - transient(MIXED, waveform, times).weight) < 4.0 * error)
    assert error.max() < 0.012


@pytest.mark.parametrize(
    ("pore", "waveform"),
    [
        (CROWN, sine(0.45, 1e7, 1.0)),
        (NITRIDE, sine(0.45, 1e7, 1.0)),
        (CROWN, ramps([0.0, 50 * ns, 100 * ns], [0.0, 0.45, 0.2])),
    ],
    ids=["crown", "nitride", "ramps"],
)
def test_array_follows_the_master_equation_through_rates_that_change(pore: PoreKinetics, waveform: Waveform) -> None:
    """Also through zero and on both sides of it."""
    times = np.array([10.0, 25.0, 40.0, 50.0, 75.0, 100.0]) * ns
    mean, error = trajectories(pore, waveform, pores=600, seed=5).weight(times)
    exact = transient(pore, waveform, times, tolerance=1e-6).weight
    assert np.all(np.abs(mean - exact) < 4.0 * error)
    assert exact.max() - exact.min() > 0.3


def test_seed_repeats() -> None:
    waveform = steps([0.4], [100 * ns])
    one, two, other = (trajectories(CROWN, waveform, pores=20, seed=seed) for seed in (7, 7, 8))
    assert all(np.array_equal(a[0], b[0]) for a, b in zip(one.jumps, two.jumps, strict=True))
    assert not all(np.array_equal(a[0], b[0]) for a, b in zip(one.jumps, other.jumps, strict=True))
    times, states = max(one.jumps, key=lambda jump: len(jump[0]))
    assert np.all(np.diff(times) > 0.0) and np.all(states[1:] != states[:-1])


def test_bad_input() -> None:
    waveform = steps([0.4], [1 * ns])
    with pytest.raises(ParameterError, match="pores = 0"):
        trajectories(CROWN, waveform, pores=0, seed=1)
    with pytest.raises(ParameterError, match="seed = -1"):
        trajectories(CROWN, waveform, pores=1, seed=-1)
    with pytest.raises(ParameterError, match="2 probabilities"):
        trajectories(CROWN, waveform, pores=1, seed=1, start=[1.0])
    with pytest.raises(ParameterError, match="two or more are needed"):
        trajectories(CROWN, waveform, pores=1, seed=1).occupancies(1)
