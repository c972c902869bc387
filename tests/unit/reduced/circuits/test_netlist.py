# SPDX-License-Identifier: LGPL-3.0-or-later
"""Netlists: what is written, and the real ngspice beside this package."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.reduced import (
    Battery,
    Capacitor,
    Circuit,
    CurrentSource,
    IonicDiode,
    Resistor,
    TabulatedResistor,
    netlist,
    transient,
)
from fem_ionics.reduced.angstrom.waveform import steps
from fem_ionics.units import pA

G = "ground"
ngspice = pytest.mark.skipif(
    shutil.which("ngspice") is None, reason="ngspice is not on the PATH (Debian and Ubuntu: apt-get install ngspice)"
)


def simulate(folder: Path, circuit: Circuit, **given: Any) -> np.ndarray:
    """Rows of time and voltages of all nodes that ngspice finds."""
    (folder / "circuit.cir").write_text(netlist(circuit, data="found.txt", **given), encoding="ascii")
    command = ["ngspice", "-b", "circuit.cir"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert (folder / "found.txt").exists(), done.stdout + done.stderr
    return np.atleast_2d(np.loadtxt(folder / "found.txt"))


def rectifier() -> Circuit:
    v = np.linspace(-1.0, 1.0, 41)
    return Circuit(
        {
            "E 1": Battery(steps([0.0, 1.0, -1.0], [1e-3, 2e-3, 2e-3])).between("in", G),
            "D": IonicDiode.from_ratio(1e-9, 10.0).between("in", "mid-way"),
            "T": TabulatedResistor.from_curve(v, 1e-9 * np.sinh(v)).between("mid-way", "out"),
            "R": Resistor(2e9).between("out", G),
            "C": Capacitor(1e-12).between("out", G),
        }
    )


def test_what_is_written() -> None:
    text = netlist(rectifier(), until=5e-3, title="a rectifier")
    lines = text.splitlines()
    assert lines[0] == "a rectifier" and lines[-1] == ".end"
    assert "* mid_way is mid-way" in lines
    assert "RR out 0 2000000000" in lines and "CC out 0 1e-12" in lines
    assert any(line.startswith("VE_1 in 0 PWL(") for line in lines)
    assert any(line.startswith("BD in mid_way I = pwl(V(in)-V(mid_way),") for line in lines)
    assert max(map(len, lines)) < 200
    alike = {
        "a": Resistor(1.0).between("E+", G),
        "A": Resistor(1.0).between("E-", "E+"),
        "b": Resistor(1.0).between("E-", G),
    }
    both = netlist(Circuit(alike))
    assert "Ra E_ 0 1" in both and "RA_2 E__2 E_ 1" in both and ".op" in both


def test_what_is_refused() -> None:
    with pytest.raises(ParameterError, match="until"):
        netlist(rectifier())
    with pytest.raises(ParameterError, match="gap"):
        netlist(rectifier(), until=1.0)
    with pytest.raises(ParameterError, match="step"):
        netlist(rectifier(), until=1e-3, step=-1.0)


@ngspice
def test_a_rectifier_in_ngspice(tmp_path: Path) -> None:
    circuit = rectifier()
    times = np.linspace(1e-4, 4.9e-3, 97)
    found = simulate(tmp_path, circuit, until=5e-3, step=5e-6)
    run = transient(circuit, 5e-3, times=times)
    for column, node in enumerate(circuit.nodes, start=1):
        away = np.abs(times - 1e-3) + np.abs(times - 3e-3) > 2.01e-3 if node != "out" else np.full(times.shape, True)
        volts = np.interp(times, found[:, 0], found[:, column])
        assert np.max(np.abs(volts - run.voltages[node])[away]) < 1e-3, node


@ngspice
def test_an_operating_point_in_ngspice(tmp_path: Path) -> None:
    diode = IonicDiode.from_ratio(1e-6, 10.0)
    circuit = Circuit(
        {
            "a": Battery(1.0).between("A", G),
            "b": Battery(0.0).between("B", G),
            "one": diode.between("A", "out"),
            "two": diode.between("B", "out"),
            "third": diode.between(G, "out"),
            "tiny": CurrentSource(0.0).between(G, "out"),
        }
    )
    found = simulate(tmp_path, circuit)
    assert found[-1, -1] == pytest.approx(10.0 / 12.0, rel=1e-6)


@ngspice
def test_spikes_in_ngspice(tmp_path: Path, neuron: Any) -> None:
    neuron.current.value = 9.5 * pA
    # Left to choose its steps, ngspice is 60 mV off without the options that suit such currents.
    found = simulate(tmp_path, neuron.circuit, until=0.2, step=5e-3, start={"V": -0.07})
    run = transient(neuron.circuit, 0.2, start={"V": -0.07}, times=np.linspace(1e-3, 0.2, 400))
    column = 1 + neuron.circuit.nodes.index("V")
    volts = np.interp(run.time, found[:, 0], found[:, column])
    assert np.ptp(run.voltages["V"]) > 0.15
    assert np.max(np.abs(volts - run.voltages["V"])) < 4e-3
