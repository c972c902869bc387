# SPDX-License-Identifier: LGPL-3.0-or-later
"""Onset of oscillations: a circuit with a closed form, and the spiking circuit against its transients."""

from typing import Any

import numpy as np
import pytest

from fem_ionics import Parameter
from fem_ionics.errors import ParameterError
from fem_ionics.reduced import Circuit, Resistor, hopf_points, transient
from fem_ionics.reduced.circuits.hopf import first_lyapunov
from fem_ionics.units import pA


def test_the_window_of_spikes_begins_and_ends_softly(neuron: Any) -> None:
    neuron.current.value = 9.5 * pA
    low, high = hopf_points(neuron.circuit, neuron.current, np.linspace(8.5, 10.5, 9) * pA)
    assert neuron.current.value == 9.5 * pA
    assert low.value / pA == pytest.approx(9.077, abs=2e-3) and high.value / pA == pytest.approx(9.845, abs=2e-3)
    assert 20.0 < low.frequency < high.frequency < 26.0
    for point in (low, high):
        pair = point.point.eigenvalues[:2]
        assert np.max(np.abs(pair.real)) < 1e-6 * np.abs(pair[0].imag)
        assert np.abs(pair[0].imag) == pytest.approx(2.0 * np.pi * point.frequency, rel=1e-8)
        assert point.supercritical


def test_oscillations_decay_at_the_point_as_the_normal_form_says(neuron: Any) -> None:
    """At the point itself dr/dt = l1 omega r^3, with z = z0 + 2 r Re(q e^(i omega t)): 1/r^2 grows evenly."""
    (point,) = hopf_points(neuron.circuit, neuron.current, np.linspace(9.5, 10.5, 5) * pA)
    neuron.current.value = point.value
    kick = point.point.voltages["V"] + 0.008
    first, last, period = 0.2, 1.0, 1.0 / point.frequency
    times = np.concatenate([start + period * np.linspace(0.0, 1.0, 101) for start in (first, last)])
    run = transient(neuron.circuit, 1.1, start={"V": kick}, times=times, tolerance=1e-7)
    swings = np.ptp(run.voltages["V"].reshape(2, -1), axis=1)
    r = swings / (4.0 * abs(point.vector[0]))
    slope = (r[1] ** -2 - r[0] ** -2) / (last - first)
    assert slope == pytest.approx(-2.0 * point.lyapunov * 2.0 * np.pi * point.frequency, rel=0.1)


@pytest.mark.parametrize("turn", [0.0, 0.7])
def test_the_coefficient_of_a_normal_form(turn: float) -> None:
    """dx/dt = -w y + k x (x^2 + y^2), dy/dt = w x + k y (x^2 + y^2) with |q| = 1: l1 = 2 k/w."""
    w, k = 3.0, -0.4

    class Cubic:
        def equations(self) -> "Cubic":
            return self

        def jacobian(self, _: float, z: np.ndarray) -> np.ndarray:
            x, y = z
            return np.array(
                [[k * (3 * x * x + y * y), 2 * k * x * y - w], [w + 2 * k * x * y, k * (x * x + 3 * y * y)]]
            )

    q = np.exp(1j * turn) * np.array([1.0, -1.0j]) / np.sqrt(2.0)
    found = first_lyapunov(Cubic(), np.zeros(2), w, q)  # type: ignore[arg-type]
    assert found == pytest.approx(2.0 * k / w, rel=1e-5)


def test_nothing_oscillates_without_a_reason(neuron: Any) -> None:
    neuron.current.value = 0.0
    assert hopf_points(neuron.bistable, neuron.current, np.linspace(5.0, 9.0, 3) * pA) == []
    with pytest.raises(ParameterError, match="has the parameters none"):
        resistors = Circuit({"a": Resistor(1.0).between("a", "ground"), "b": Resistor(1.0).between("a", "ground")})
        hopf_points(resistors, Parameter("p", 1.0), [1.0, 2.0])
    with pytest.raises(ParameterError, match="two or more"):
        hopf_points(neuron.circuit, neuron.current, [1.0])
