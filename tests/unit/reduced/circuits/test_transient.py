# SPDX-License-Identifier: LGPL-3.0-or-later
"""Circuits over time: closed forms, jumps, events, the charge of a spike, and what is refused."""

from typing import Any

import numpy as np
import pytest
from scipy.integrate import simpson

from fem_ionics.errors import ParameterError, TagError
from fem_ionics.reduced import (
    Battery,
    Capacitor,
    Circuit,
    Crossing,
    CurrentSource,
    Curve,
    IonicDiode,
    Memristor,
    Resistor,
    loop,
    transient,
)
from fem_ionics.reduced.angstrom.waveform import steps
from fem_ionics.units import pA

R, C, G = Resistor(1e9), Capacitor(1e-12), "ground"  # 1 ms
SPIKE = {"spike": Crossing("V", 0.0, direction=1)}


def low_pass(drive: Any) -> Circuit:
    return Circuit({"e": Battery(drive).between("a", G), "r": R.between("a", "b"), "c": C.between("b", G)})


@pytest.mark.parametrize("method", ["LSODA", "Radau", "BDF"])
def test_a_low_pass(method: Any) -> None:
    times = np.linspace(0.0, 5e-3, 21)
    run = transient(low_pass(1.0), 5e-3, start={"b": 0.0}, times=times, charges=True, tolerance=1e-8, method=method)
    assert run.voltages["b"] == pytest.approx(1.0 - np.exp(-times / 1e-3), rel=1e-5, abs=1e-8)
    assert run.currents["c"] == pytest.approx(1e-9 * np.exp(-times / 1e-3), rel=1e-4)
    assert run.currents["e"] == pytest.approx(-run.currents["r"], rel=1e-12)
    assert run.kirchhoff < 1e-14 and run.charge_defect < 1e-12
    assert run.charges["r"][-1] == pytest.approx(1e-12 * run.voltages["b"][-1], rel=1e-12)
    assert run.columns["b"] is run.voltages["b"] and run.units["r current"] == "A"


def test_jumps_of_sources_are_met() -> None:
    run = transient(low_pass(steps([0.0, 1.0, 0.0], [1e-3, 1e-3, 2e-3])), 4e-3, times=[0.5e-3, 1e-3, 2e-3, 3e-3])
    peak = 1.0 - np.exp(-1.0)
    assert run.voltages["b"] == pytest.approx([0.0, 0.0, peak, peak * np.exp(-1.0)], abs=1e-7)
    assert run.voltages["a"] == pytest.approx([0.0, 1.0, 0.0, 0.0], abs=1e-15)
    every = transient(low_pass(steps([0.0, 1.0], [1e-3, 1e-3])), 2e-3)
    assert np.all(np.diff(every.time) > 0.0) and every.time[0] == 0.0 and every.time[-1] == 2e-3


def test_a_jump_through_capacitors_divides() -> None:
    """A source coupled in by a capacitor: charges stay, so that the node jumps by C1/(C1 + C2)."""
    circuit = Circuit(
        {
            "e": Battery(steps([0.0, 1.0], [1e-3, 1e-3])).between("a", G),
            "one": C.between("a", "b"),
            "two": Capacitor(3e-12).between("b", G),
            "leak": Resistor(1e15).between("b", G),
        }
    )
    run = transient(circuit, 2e-3, times=[0.9e-3, 1e-3, 2e-3])
    assert run.voltages["b"] == pytest.approx([0.0, 0.25, 0.25], abs=1e-6)


def test_current_through_capacitors_in_series() -> None:
    w, times = 2e3, np.linspace(0.5e-3, 4e-3, 11)
    circuit = Circuit(
        {
            "e": Battery(lambda t: np.sin(w * t)).between("a", G),
            "one": C.between("a", "b"),
            "two": Capacitor(3e-12).between("b", G),
            "leak": Resistor(1e15).between("b", G),
        }
    )
    run = transient(circuit, 5e-3, start={"b": 0.0}, times=times)
    expected = 0.75e-12 * w * np.cos(w * times)
    for name, sign in (("one", 1.0), ("two", 1.0), ("e", -1.0)):
        assert run.currents[name] == pytest.approx(sign * expected, rel=1e-5, abs=1e-14), name


def test_capacitors_that_float_against_the_ground() -> None:
    """Two resistors and a capacitor between them: one voltage is differential, one algebraic."""
    circuit = Circuit(
        {
            "e": Battery(1.0).between("a", G),
            "left": R.between("a", "b"),
            "c": C.between("b", "d"),
            "right": Resistor(3e9).between("d", G),
            "source": CurrentSource(lambda t: 1e-10 * t / 1e-3).between(G, "d"),
        }
    )
    run = transient(circuit, 20e-3, start={"b": 0.6, "d": 0.1}, times=[0.0, 1e-3, 20e-3], charges=True)
    assert run.voltages["b"][0] - run.voltages["d"][0] == pytest.approx(0.5, rel=1e-12)
    # (1 - b)/R + d'... : the current through the capacitor is (1 - b)/1 = d/3 - t/10 in nA, V, ms.
    for k, t in enumerate(run.time / 1e-3):
        b, d = run.voltages["b"][k], run.voltages["d"][k]
        assert 1.0 - b == pytest.approx(d / 3.0 - 0.1 * t, rel=1e-10, abs=1e-10)
        assert run.currents["c"][k] * 1e9 == pytest.approx(1.0 - b, rel=1e-6, abs=1e-9)
    assert run.kirchhoff < 1e-9 and run.charge_defect < 1e-12


def test_diodes_and_memristors_between_algebraic_nodes() -> None:
    """A rectifier: the nonlinear node is solved at each instant; the state is that of the periodic response."""
    memristor = Memristor(Curve([-2.0, 2.0], [0.2, 1.8], "linear"), 5e-3, 1e-9)
    straight = Circuit(
        {"e": Battery(lambda t: np.sin(200.0 * np.pi * t)).between("a", G), "m": memristor.between("a", G)}
    )
    run = transient(straight, 0.1, start={}, times=np.linspace(0.09, 0.1, 33)[:-1], largest_step=2e-4)
    periodic = loop(memristor, 1.0, 100.0, 32)
    assert run.states["m"][:, 0] * 1e-9 == pytest.approx(periodic.conductance, rel=1e-5)
    rectifier = Circuit(
        {
            "e": Battery(lambda t: np.sin(200.0 * np.pi * t)).between("a", G),
            "d": IonicDiode.from_ratio(1e-9, 10.0).between("a", "b"),
            "m": memristor.between("b", G),
        }
    )
    run = transient(rectifier, 0.02, times=np.linspace(0.0, 0.02, 41), largest_step=2e-4)
    assert run.kirchhoff < 1e-12
    assert run.currents["d"] == pytest.approx(run.currents["m"], rel=1e-10, abs=1e-24)


def test_events() -> None:
    circuit = low_pass(lambda t: np.sin(200.0 * np.pi * t))
    up = {"up": Crossing("b", 0.0), "both": Crossing("b", 0.0, 0), "never": Crossing("b", 5.0)}
    run = transient(circuit, 0.1, start={"b": 0.0}, events=up, largest_step=1e-3)
    assert run.frequency("up", 0.02) == pytest.approx(100.0, rel=1e-3)
    assert run.frequency("both", 0.02) == pytest.approx(200.0, rel=1e-3)
    assert run.frequency("never") == 0.0
    stopped = transient(low_pass(1.0), 1.0, start={"b": 0.0}, events={"half": Crossing("b", 0.5, stop=True)})
    assert stopped.time[-1] == pytest.approx(1e-3 * np.log(2.0), rel=1e-5)
    jumping = low_pass(steps([1.0, 0.0], [0.5, 0.5]))
    early = transient(jumping, 1.0, start={"b": 0.0}, events={"half": Crossing("b", 0.5, stop=True)})
    assert early.time[-1] == pytest.approx(stopped.time[-1], rel=1e-6) and early.voltages["b"][-1] == pytest.approx(0.5)
    onward = transient(low_pass(1.0), 1e-3, start=stopped)
    assert onward.voltages["b"][[0, -1]] == pytest.approx([0.5, 1.0 - 0.5 * np.exp(-1.0)], rel=1e-5)


def test_rest_spikes_and_the_upper_state(neuron: Any) -> None:
    times, found = np.linspace(0.25, 0.5, 1001), {}
    for amperes in (9.0, 9.25, 9.5, 9.8, 10.0):
        neuron.current.value = amperes * pA
        found[amperes] = transient(neuron.circuit, 0.5, start={"V": -0.07}, times=times, events=SPIKE, tolerance=1e-6)
    rates = {amperes: run.frequency("spike", 0.2) for amperes, run in found.items()}
    assert rates[9.0] == rates[10.0] == 0.0
    assert 20.0 < rates[9.25] < rates[9.5] < rates[9.8] < 26.0
    volts = found[9.5].voltages["V"]
    assert -0.080 < volts.min() < -0.065 and 0.045 < volts.max() < 0.065
    assert np.ptp(found[9.0].voltages["V"]) < 1e-4 and found[9.0].voltages["V"][-1] < -0.05
    assert np.ptp(found[10.0].voltages["V"][-100:]) < 0.015 and found[10.0].voltages["V"].min() > 0.0
    assert max(run.kirchhoff for run in found.values()) < 1e-13


def test_charge_of_a_spike(neuron: Any) -> None:
    neuron.current.value = 9.5 * pA
    before = transient(neuron.circuit, 0.2, start={"V": -0.07}, times=[0.2], tolerance=1e-6)
    times = np.linspace(0.0, 0.05, 4001)
    run = transient(neuron.circuit, 0.05, start=before, times=times, charges=True)
    assert np.ptp(run.voltages["V"]) > 0.1
    assert run.charge_defect < 1e-9 and run.kirchhoff < 1e-13
    # By another rule, from the recorded currents.
    stored = 34e-15 * (run.voltages["V"] - run.voltages["V"][0])
    come = run.currents["electrode"] - run.currents["plus"] + run.currents["minus"] - run.currents["slow"]
    top = int(np.argmax(run.voltages["V"][:2001])) // 2 * 2 + 1
    assert simpson(come[:top], x=times[:top]) == pytest.approx(stored[top - 1], rel=1e-5)
    assert run.charges["membrane"] == pytest.approx(stored, rel=1e-12, abs=1e-24)


def test_what_is_refused() -> None:
    circuit = low_pass(steps([0.0, 1.0], [1e-3, 1e-3]))
    for given, words in (
        ({"until": 3e-3}, "gap"),
        ({"until": -1.0}, "until"),
        ({"until": 1e-3, "times": [1e-3, 0.0]}, "times must grow"),
        ({"until": 1e-3, "times": [2e-3]}, "times must grow"),
        ({"until": 1e-3, "tolerance": 0.0}, "tolerance"),
        ({"until": 1e-3, "start": {"b": np.nan}}, '"b"'),
    ):
        with pytest.raises(ParameterError, match=words):
            transient(circuit, **given)  # type: ignore[arg-type]
    with pytest.raises(TagError, match='has nodes "a", "b"'):
        transient(circuit, 1e-3, start={"c": 0.0})
    with pytest.raises(ParameterError, match="held by batteries"):
        transient(circuit, 1e-3, start={"a": 0.5})
    with pytest.raises(ParameterError, match="direction"):
        Crossing("b", 0.0, 2)  # type: ignore[arg-type]
    with pytest.raises(ParameterError, match="solve"):
        transient(Circuit({"e": Battery(1.0).between("a", G), "r": R.between("a", G)}), 1.0)
    with pytest.raises(ParameterError, match="gap"):
        transient(low_pass(lambda t: np.nan if t > 1e-3 else 0.0), 2e-3)
    table = Memristor(Curve([-0.1, 0.1], [1.0, 1.0], "linear"), 1e-3, 1e-9)
    ramp = Circuit({"e": Battery(lambda t: t).between("a", G), "m": table.between("a", G)})
    with pytest.raises(ParameterError, match=r'"m": 0\.2 V'):
        transient(ramp, 0.2)
