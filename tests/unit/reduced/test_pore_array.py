# SPDX-License-Identifier: LGPL-3.0-or-later
"""Pore arrays in circuits against the master equation alone, its linear response, and the real ngspice."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.errors import ModelError, ParameterError
from fem_ionics.reduced import (
    Battery,
    Capacitor,
    Circuit,
    CurrentSource,
    PoreArray,
    PoreKinetics,
    PoreStates,
    Resistor,
    angstrom,
    impedance,
    netlist,
    transient,
)
from fem_ionics.reduced.angstrom import (
    ExponentialCarrier,
    SmoluchowskiCarrier,
    centre_trap,
    entrance_trap,
    ramps,
    steps,
)
from fem_ionics.reduced.angstrom.waveform import Waveform
from fem_ionics.reduced.circuits.elements import Row
from fem_ionics.units import nS, ns

G = "ground"
CROWN = angstrom.angstrom_pore("18-crown-6", {"Na+": 1000.0, "K+": 500.0})
NITRIDE = angstrom.angstrom_pore("B3N", {"K+": 1000.0, "Rb+": 500.0})
#: Two controllers at once: three states, and a trap even in the voltage beside one that is not.
MIXED = angstrom.angstrom_pore("18-crown-6", {"Na+": 1000.0, "K+": 500.0, "Mg2+": 250.0})
PORES = {"crown": CROWN, "nitride": NITRIDE, "mixed": MIXED}
each_pore = pytest.mark.parametrize("pore", PORES.values(), ids=PORES)
#: Two steps and a slope through zero.
WAVE = Waveform((*steps([0.5, 0.0], [10 * ns, 30 * ns]).pieces, *ramps([40 * ns, 60 * ns], [0.0, -0.45]).pieces))


def loaded(pore: PoreKinetics, drive: object, count: float = 100.0) -> Circuit:
    """The array behind a resistor, with the capacitance of the membrane."""
    return Circuit(
        {
            "source": Battery(drive).between("in", G),  # type: ignore[arg-type]
            "bath": Resistor(0.5 / (count * 400e-12)).between("in", "cis"),
            "membrane": Capacitor(count * 1e-18).between("cis", G),
            "pores": PoreArray(pore, count).between("cis", G),
        }
    )


@each_pore
@pytest.mark.parametrize("volts", [-0.37, 0.0, 0.2, 1.3])
def test_the_element_differentiates_itself(pore: PoreKinetics, volts: float) -> None:
    array, h = PoreArray(pore, 7.0), 1e-6
    s = [0.3, 0.2][: array.states]

    def by_difference(of: Callable[[float, Row], Any]) -> tuple[np.ndarray, np.ndarray]:
        """Derivatives by the voltage and, one column for each, by the states."""
        sides = [(np.asarray(of(volts + h, s)), np.asarray(of(volts - h, s)))]
        for step in np.eye(len(s)) * h:
            sides.append((np.asarray(of(volts, (s + step).tolist())), np.asarray(of(volts, (s - step).tolist()))))
        by_v, *by_s = [(up - down) / (2.0 * h) for up, down in sides]
        return by_v, np.array(by_s).T

    value, current_by_v, current_by_s = array.current(volts, s)
    slopes = by_difference(lambda v, s: array.current(v, s)[0])
    assert current_by_v == pytest.approx(slopes[0], rel=1e-5)
    assert current_by_s == pytest.approx(slopes[1], rel=1e-6, abs=1e-9 * abs(value))
    _, by_v, by_s = array.rates(volts, s)
    slopes = by_difference(lambda v, s: array.rates(v, s)[0])
    assert by_v == pytest.approx(slopes[0], rel=1e-5, abs=1.0)
    assert np.asarray(by_s) == pytest.approx(slopes[1], rel=1e-6)


@each_pore
def test_steady_currents_are_those_of_the_pores(pore: PoreKinetics) -> None:
    volts = fi.Parameter("voltage", 0.0, "V")
    circuit = Circuit({"e": Battery(volts).between("a", G), "pores": PoreArray(pore, 250.0).between("a", G)})
    for v in (-0.45, 0.0, 0.1, 0.5):
        volts.value = v
        found = circuit.solve()
        exact = 250.0 * float(pore.current(v, pore.steady(v)))
        assert found.currents["pores"] == pytest.approx(exact, rel=1e-9, abs=1e-22)
        assert found.currents["e"] == pytest.approx(-exact, rel=1e-9, abs=1e-22)
        assert found.kirchhoff < 1e-14 and found.stable


@each_pore
def test_a_transient_is_that_of_the_master_equation(pore: PoreKinetics) -> None:
    circuit = Circuit({"e": Battery(WAVE).between("a", G), "pores": PoreArray(pore, 50.0).between("a", G)})
    times = np.linspace(1 * ns, 59 * ns, 59) + 0.5 * ns
    run = transient(circuit, 60 * ns, start={"a": 0.5}, times=times, tolerance=1e-9)
    # Settled where the source begins, as the circuit is.
    alone = angstrom.transient(pore, WAVE, times, start=pore.steady(0.5), tolerance=1e-9)
    held = PoreArray(pore, 50.0).probabilities(run.states["pores"])
    np.testing.assert_allclose(held.T, alone.probabilities, atol=1e-6)
    assert run.currents["pores"] == pytest.approx(50.0 * alone.current, rel=1e-4, abs=1e-15)
    assert np.ptp(alone.weight) > 0.2


@each_pore
@pytest.mark.parametrize("volts", [-0.3, 0.1, 0.45])
def test_impedance_is_the_linear_response_of_the_pores(pore: PoreKinetics, volts: float) -> None:
    count, resistance = 300.0, 2e6
    circuit = Circuit(
        {
            "e": Battery(volts).between("in", G),
            "pores": PoreArray(pore, count).between("in", "a"),
            "r": Resistor(resistance).between("a", G),
            "c": Capacitor(1e-15).between("a", G),
        }
    )
    f = np.geomspace(1e4, 1e10, 13)
    across = volts - circuit.solve().voltages["a"]
    pores = count * angstrom.admittance(pore, across, f)
    exact = 1.0 / (pores + 1.0 / resistance + 2j * np.pi * f * 1e-15)
    assert impedance(circuit, f, "a") == pytest.approx(exact, rel=1e-9, abs=0)
    assert np.ptp(np.angle(pores)) > 0.02


def test_behind_a_resistor_the_pores_share_the_voltage() -> None:
    """Crowns that open take the voltage off themselves: DC by a scalar equation, and charge over a step."""
    circuit = loaded(CROWN, 0.6)
    found = circuit.solve()
    v = found.voltages["cis"]
    current = 100.0 * float(CROWN.current(v, CROWN.steady(v)))
    assert (0.6 - v) / circuit.elements["bath"].element.resistance == pytest.approx(current, rel=1e-10, abs=0)
    assert 0.3 < v < 0.55
    run = transient(
        loaded(CROWN, steps([0.0, 0.6, 0.0], [5 * ns, 60 * ns, 35 * ns])),
        100 * ns,
        times=np.linspace(0, 100 * ns, 201),
        charges=True,
    )
    assert run.kirchhoff < 1e-12 and run.charge_defect < 1e-12
    # At rest before, near the operating point at the end of the step, and shut again by a part of the way.
    assert run.voltages["cis"][129] == pytest.approx(v, rel=2e-2, abs=0)
    weight = run.states["pores"][:, 0]
    assert weight[0] == pytest.approx(CROWN.steady(0.0)[0], rel=1e-6, abs=0)
    assert weight[129] > 0.5 > weight[-1]
    assert run.charges["pores"][-1] > 0.0


def test_parameters_turn() -> None:
    count, amount = fi.Parameter("pores", 10.0), fi.Parameter("K+ concentration", 500.0, "mol/m3")
    pore = angstrom.angstrom_pore("18-crown-6", {"Na+": 1000.0, "K+": amount})
    array = PoreArray(pore, count)
    circuit = Circuit({"pores": array.between("a", G), "i": CurrentSource(0.0).between(G, "a")})
    assert set(array.parameters) == {count, amount} == set(circuit.parameters)
    driven = Circuit({"e": Battery(0.3).between("a", G), "pores": array.between("a", G)})
    first = driven.solve().currents["pores"]
    count.value = 20.0
    assert driven.solve().currents["pores"] == pytest.approx(2.0 * first, rel=1e-12, abs=0)
    amount.value = 0.0
    assert driven.solve().states["pores"] == pytest.approx((1.0,), abs=1e-12)


def test_pores_that_nothing_binds_to() -> None:
    pore = PoreKinetics(PoreStates(()), (), {}, carriers=[ExponentialCarrier("K+", 1 * nS, 2.0)])
    array = PoreArray(pore, 3.0)
    assert array.states == 0
    found = Circuit({"e": Battery(0.2).between("a", G), "p": array.between("a", G)}).solve()
    assert found.currents["p"] == pytest.approx(3 * nS * 0.2 * np.exp(0.4), rel=1e-12, abs=0)


@pytest.mark.skipif(shutil.which("ngspice") is None, reason="ngspice is not on the PATH (apt-get install ngspice)")
@each_pore
def test_in_ngspice(tmp_path: Path, pore: PoreKinetics) -> None:
    circuit = loaded(pore, WAVE)
    text = netlist(circuit, until=59.9 * ns, step=0.02 * ns, start={"cis": 0.0}, data="found.txt")
    assert max(map(len, text.splitlines())) < 250
    (tmp_path / "circuit.cir").write_text(text, encoding="ascii")
    done = subprocess.run(
        ["ngspice", "-b", "circuit.cir"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (tmp_path / "found.txt").exists(), done.stdout + done.stderr
    found = np.loadtxt(tmp_path / "found.txt")
    times = np.concatenate([np.linspace(1, 9, 17), np.linspace(11, 39, 29), np.linspace(41, 59.5, 38)]) * ns
    run = transient(circuit, 59.9 * ns, start={"cis": 0.0}, times=times)
    volts = np.interp(times, found[:, 0], found[:, 1 + circuit.nodes.index("cis")])
    assert np.max(np.abs(volts - run.voltages["cis"])) < 5e-4
    # The pores matter: without them the node follows the source.
    assert np.max(np.abs(run.voltages["cis"] - np.asarray(WAVE(times)))) > 0.05


def test_what_is_refused() -> None:
    with pytest.raises(ParameterError, match="a PoreKinetics is needed"):
        PoreArray("18-crown-6", 1.0)  # type: ignore[arg-type]
    for count in (0.0, -3.0, float("nan")):
        with pytest.raises(ParameterError, match="count"):
            PoreArray(CROWN, count)
    with pytest.raises(ParameterError, match="reach = 0"):
        PoreArray(CROWN, 1.0, 0.0)
    with pytest.raises(ParameterError, match="beyond all numbers"):
        PoreArray(CROWN, 1.0, 1e3)
    with pytest.raises(ParameterError, match="beyond the table"):
        Circuit({"e": Battery(1.2).between("a", G), "p": PoreArray(CROWN, 1.0).between("a", G)}).solve()
    force = angstrom.MeanForce(np.array([0.0, 1e-9]), np.zeros(2))
    salty = SmoluchowskiCarrier("K+", force, 1e-9, 1e-19, (1000.0, 10.0))
    with pytest.raises(ParameterError, match="no conductance at 0 V"):
        PoreArray(PoreKinetics(PoreStates(()), (), {}, carriers=[salty]), 1.0)
    stuck = PoreKinetics(PoreStates(("K+",)), centre_trap("K+", 1e4, 0.0), {"K+": 100.0})
    with pytest.raises(ModelError, match="never left"):
        PoreArray(stuck, 1.0)
    with pytest.raises(ParameterError, match="a rate cannot be negative"):
        PoreArray(
            PoreKinetics(PoreStates(("K+",)), entrance_trap("K+", -1.0, 1e7, entry_distance=0.1), {"K+": 1.0}), 1.0
        )
