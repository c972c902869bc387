# SPDX-License-Identifier: LGPL-3.0-or-later
"""Impedance: networks in closed form, and a memristor that lags against a transient."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError, TagError
from fem_ionics.reduced import (
    Battery,
    Capacitor,
    Circuit,
    CurrentSource,
    Curve,
    Memristor,
    Resistor,
    impedance,
    transient,
)

R, C, G = Resistor(1e9), Capacitor(1e-12), "ground"
F = np.array([1.0, 159.1549, 1e5])


def test_networks() -> None:
    omega = 2.0 * np.pi * F
    parallel = Circuit({"r": R.between("a", G), "c": C.between("a", G)})
    assert impedance(parallel, F, "a") == pytest.approx(1e9 / (1.0 + 1j * omega * 1e-3), rel=1e-12)
    leaks = {"leak a": Resistor(1e20).between("a", G), "leak b": Resistor(1e20).between("b", G)}
    series = Circuit({"r": R.between("a", "b"), "c": C.between("b", G)} | leaks)
    assert impedance(series, F, "a") == pytest.approx(1e9 + 1.0 / (1j * omega * 1e-12), rel=1e-8)
    assert impedance(series, F, "a", "b") == pytest.approx(1e9 + 0.0 * F, rel=1e-10)
    held = Circuit({"e": Battery(5.0).between("b", G), "r": R.between("a", "b"), "c": C.between("a", G)})
    assert impedance(held, F, "a") == pytest.approx(1e9 / (1.0 + 1j * omega * 1e-3), rel=1e-12)
    assert impedance(held, 1.0, "b")[0] == 0.0


def test_a_memristor_lags() -> None:
    """y = G s + G V f'/(1 + i omega tau), and what a small sinusoidal current does in time."""
    memristor = Memristor(Curve([-2.0, 2.0], [0.2, 1.8], "linear"), 5e-3, 1e-9)

    def circuit(drive: object) -> Circuit:
        return Circuit({"m": memristor.between("a", G), "i": CurrentSource(drive).between(G, "a")})  # type: ignore[arg-type]

    rest = circuit(1e-9)
    V = rest.solve().voltages["a"]
    assert abs(V * (1.0 + 0.4 * V) - 1.0) < 1e-12
    f = 40.0
    exact = 1.0 / (1e-9 * (1.0 + 0.4 * V) + 1e-9 * V * 0.4 / (1.0 + 2j * np.pi * f * 5e-3))
    found = impedance(rest, f, "a")[0]
    assert found == pytest.approx(exact, rel=1e-12)
    small = 1e-13
    times = 0.25 + np.arange(64) / 64 / f
    run = transient(
        circuit(lambda t: 1e-9 + small * np.sin(2.0 * np.pi * f * t)),
        0.3,
        times=times,
        tolerance=1e-9,
        largest_step=1e-3,
    )
    harmonic = 2j * np.mean(run.voltages["a"] * np.exp(-2j * np.pi * f * times)) / small
    assert harmonic == pytest.approx(found, rel=1e-3)


def test_what_is_refused() -> None:
    circuit = Circuit({"r": R.between("a", G), "c": C.between("a", G)})
    with pytest.raises(ParameterError, match="frequencies"):
        impedance(circuit, 0.0, "a")
    with pytest.raises(ParameterError, match="two different"):
        impedance(circuit, 1.0, "a", "a")
    with pytest.raises(TagError, match='"b"'):
        impedance(circuit, 1.0, "b")
