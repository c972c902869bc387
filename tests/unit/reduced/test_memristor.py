# SPDX-License-Identifier: LGPL-3.0-or-later
"""Memristors: loops against an integration in time, channels and tables as elements, and what is refused."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import fem_ionics as fi
from fem_ionics.errors import ParameterError
from fem_ionics.reduced import ConicalChannel, Curve, Memristor, loop
from fem_ionics.units import e_nm2, mM, mV, nm, um

SALT = fi.Electrolyte.symmetric(0.1 * mM, 1.75e-9, permittivity=80.23, viscosity=1.01e-3, temperature=293.15)
CHANNEL = ConicalChannel(50 * nm, 200 * nm, 10 * um, -0.0015 * e_nm2, SALT, zeta=-10.246 * mV)
BIPOLAR = ConicalChannel(50 * nm, 200 * nm, 10 * um, (0.003 * e_nm2, -0.003 * e_nm2), SALT, zeta=-10.246 * mV)


@pytest.fixture(scope="module")
def memristor() -> Memristor:
    return Memristor.from_channel(CHANNEL, residual=0.0)


def test_a_channel_becomes_an_element(memristor: Memristor) -> None:
    v = np.linspace(-0.97, 0.99, 7)
    assert memristor.steady_conductance(v) == pytest.approx(CHANNEL.conductance(v), rel=1e-8, abs=0)
    assert memristor.memory_time == CHANNEL.memory_time
    assert memristor.conductance == CHANNEL.ohmic_conductance
    assert memristor.scaled(3.0).steady_conductance(0.4) == pytest.approx(3.0 * CHANNEL.conductance(0.4), rel=1e-8)
    assert memristor.reversed().steady_conductance(0.4) == pytest.approx(CHANNEL.conductance(-0.4), rel=1e-8)
    one_sided = Memristor(Curve([0.0, 2.0], [1.0, 3.0]), 1.0).reversed()
    assert one_sided.covers(-1.5) and not one_sided.covers(0.5)
    assert one_sided.steady_conductance(-1.5) == pytest.approx(2.5, rel=1e-12)


def test_the_loop_is_what_time_gives(memristor: Memristor) -> None:
    V, f, tau = 1.0, 40.0, memristor.memory_time

    def rate(t: float, g: np.ndarray) -> np.ndarray:
        return (memristor.relative(V * np.sin(2 * np.pi * f * t))[0] - g) / tau

    periods = 8
    found = loop(memristor, V, f, 64)
    later = (periods + found.time * f) / f
    other = solve_ivp(rate, (0.0, (periods + 1) / f), [1.0], t_eval=later, rtol=1e-9, atol=1e-11, method="DOP853")
    assert found.conductance / memristor.conductance == pytest.approx(other.y[0], rel=1e-7, abs=0)


def test_the_loop_opens_near_forty_hertz_only(memristor: Memristor) -> None:
    slow, middle, fast = (loop(memristor, 1.0, f) for f in (0.4, 40.0, 4000.0))
    assert middle.opening > 0.1
    assert slow.opening < 0.03 * middle.opening
    assert fast.opening < 0.03 * middle.opening
    # Pinched: no voltage, no current; and settled or blind at the two ends.
    assert middle.current[0] == middle.current[512] == 0.0
    assert middle.conductance[0] < 0.9 * middle.conductance[512]
    assert slow.conductance == pytest.approx(memristor.steady_conductance(slow.voltage), rel=2e-2)
    assert np.ptp(fast.conductance) < 0.02 * fast.conductance.mean()
    found = [loop(memristor, 1.0, f).opening for f in np.geomspace(4, 400, 41)]
    assert 25.0 < np.geomspace(4, 400, 41)[np.argmax(found)] < 55.0


def test_what_an_emptied_channel_keeps() -> None:
    with pytest.raises(ParameterError, match="residual"):
        Memristor.from_channel(BIPOLAR, residual=0.0)
    kept = Memristor.from_channel(BIPOLAR, residual=0.01)
    assert BIPOLAR.relative_conductance(-0.9) < 0.0
    assert 0.0 < kept.relative(-0.9)[0] < 1e-3
    assert kept.relative(0.2)[0] == pytest.approx(1.698, abs=6e-4)
    for v in (-0.9, -0.33, 0.3):
        slope = (kept.relative(v + 1e-6)[0] - kept.relative(v - 1e-6)[0]) / 2e-6
        assert kept.relative(v)[1] == pytest.approx(slope, rel=1e-5)


def test_a_table_becomes_an_element() -> None:
    v = np.linspace(-1.0, 1.0, 21)
    i = 2e-12 * v * (1.0 + 0.5 * v)
    table = fi.IVCurve({"voltage": v[::-1], "current": i[::-1]}, {"voltage": "V", "current": "A"})
    for memristor in (Memristor.from_curve(table, 1e-3), Memristor.from_curve(v, 1e-3, i)):
        assert memristor.conductance == pytest.approx(2e-12, rel=1e-9)
        assert memristor.steady_conductance(v) == pytest.approx(2e-12 * (1.0 + 0.5 * v), rel=1e-9)
        assert not memristor.covers(1.1)
    with pytest.raises(ParameterError, match="sign of their voltages"):
        Memristor.from_curve(v, 1e-3, i + 3e-13)
    with pytest.raises(ParameterError, match="columns"):
        Memristor.from_curve({"time": v}, 1e-3)


def test_what_is_refused(memristor: Memristor) -> None:
    curve = Curve([0.0, 1.0], [1.0, 1.0])
    for changes, words in (
        ({"memory_time": -1.0}, "memory_time"),
        ({"memory_time": 1.0, "conductance": 0.0}, "conductance"),
        ({"memory_time": 1.0, "residual": -0.1}, "residual"),
    ):
        with pytest.raises(ParameterError, match=words):
            Memristor(curve, **changes)
    with pytest.raises(ParameterError, match="a Curve is needed"):
        Memristor(np.sin, 1.0)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="known from"):
        loop(memristor, 1.5, 1.0)
    with pytest.raises(ParameterError, match="even number"):
        loop(memristor, 0.5, 1.0, 65)
