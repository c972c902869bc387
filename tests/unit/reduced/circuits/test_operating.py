# SPDX-License-Identifier: LGPL-3.0-or-later
"""Operating points: logic gates in closed form, bistable circuits, sweeps, and circuits that cannot be."""

from typing import Any

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.errors import ConvergenceError, ModelError, ParameterError, TagError
from fem_ionics.reduced import (
    Battery,
    Capacitor,
    Circuit,
    CurrentSource,
    Curve,
    IonicDiode,
    Memristor,
    Resistor,
    TabulatedResistor,
    operating_points,
)
from fem_ionics.units import pA

R, C, G = Resistor(1e9), Capacitor(1e-12), "ground"


def gate(kind: str, a: float, b: float, r: float, forward: bool = False) -> float:
    """Potential of the chamber where two diodes and a third one in reverse meet."""
    diode = IonicDiode.from_ratio(1e-6, r)
    rail, turned = (G, forward) if kind == "OR" else ("supply", not forward)
    third = ("out", rail) if turned else (rail, "out")
    ways = [("A", "out"), ("B", "out")] if kind == "OR" else [("out", "A"), ("out", "B")]
    elements = {
        "a": Battery(a).between("A", G),
        "b": Battery(b).between("B", G),
        **{f"diode {k}": diode.between(*way) for k, way in enumerate([*ways, third])},
    }
    if kind == "AND":
        elements["s"] = Battery(1.0).between("supply", G)
    point = Circuit(elements).solve()
    assert point.kirchhoff < 1e-12
    return point.voltages["out"]


@pytest.mark.parametrize("r", [2.5, 10.0, 300.0])
def test_gates_in_closed_form(r: float) -> None:
    expected = {
        ("OR", 0, 0): 0.0,
        ("OR", 1, 0): r / (r + 2),
        ("OR", 1, 1): 2 * r / (2 * r + 1),
        ("AND", 0, 0): 1 / (2 * r + 1),
        ("AND", 1, 0): 2 / (r + 2),
        ("AND", 1, 1): 1.0,
    }
    for (kind, a, b), level in expected.items():
        for one, two in {(a, b), (b, a)}:
            assert gate(kind, one, two, r) == pytest.approx(level, rel=1e-12, abs=1e-15)
        assert (level > 0.5) == bool((a or b) if kind == "OR" else (a and b))
    if r == 10.0:
        shown = [expected[key] for key in (("OR", 1, 0), ("OR", 1, 1), ("AND", 1, 0), ("AND", 0, 0))]
        assert np.round(shown, 3).tolist() == [0.833, 0.952, 0.167, 0.048]


def test_gates_need_a_ratio_above_two_and_a_third_diode_in_reverse() -> None:
    assert gate("OR", 1, 0, 2.0) == pytest.approx(0.5, rel=1e-12)
    assert gate("OR", 1, 0, 1.9) < 0.5 < gate("AND", 1, 0, 1.9)
    for r in (10.0, 1e6):
        assert gate("OR", 1, 0, r, forward=True) < 0.5 < gate("AND", 1, 0, r, forward=True)


def test_currents_have_their_signs() -> None:
    circuit = Circuit(
        {
            "battery": Battery(3.0).between("top", G),
            "upper": Resistor(2e9).between("top", "middle"),
            "lower": R.between(G, "middle"),
            "pump": CurrentSource(1e-9).between(G, "middle"),
        }
    )
    point = circuit.solve()
    # (3 - v)/2 + 1 = v
    assert point.voltages == pytest.approx({"top": 3.0, "middle": 5.0 / 3.0}, rel=1e-12)
    expected = {"battery": -2e-9 / 3, "upper": 2e-9 / 3, "lower": -5e-9 / 3, "pump": 1e-9}
    assert point.currents == pytest.approx(expected, rel=1e-12)
    assert not point.eigenvalues.size and point.stable


def test_batteries_in_series_and_between_nodes() -> None:
    circuit = Circuit(
        {
            "one": Battery(1.0).between("a", "b"),
            "two": Battery(2.0).between("c", "b"),
            "left": R.between("a", G),
            "right": Resistor(3e9).between("c", G),
        }
    )
    # One group of nodes: b + 1 over 1 and b + 2 over 3 must sum to nothing.
    assert circuit.solve().voltages == pytest.approx({"a": -0.25, "b": -1.25, "c": 0.75}, rel=1e-12)
    assert circuit.solve().currents["one"] == pytest.approx(0.25e-9, rel=1e-12)
    below = {"one": Battery(1.0).between("b", "a"), "two": Battery(2.0).between(G, "a"), "r": R.between("b", G)}
    assert Circuit(below).solve().voltages == pytest.approx({"a": -2.0, "b": -1.0}, rel=1e-12)
    assert Circuit(below).solve().currents == pytest.approx({"one": 1e-9, "two": -1e-9, "r": -1e-9}, rel=1e-12)


def test_rest_and_where_two_channels_are_bistable(neuron: Any) -> None:
    neuron.current.value = 0.0
    points = operating_points(neuron.bistable, starts=16)
    assert [point.stable for point in points] == [True, False, True]
    volts = [point.voltages["V"] for point in points]
    assert volts == pytest.approx([-0.1979, 0.0255, 0.2489], abs=1e-4)
    assert max(point.kirchhoff for point in points) < 1e-13
    value, slope = neuron.fast.relative(-0.249)
    assert 0.249 * slope / value > 1.0
    assert len(operating_points(neuron.circuit, starts=16)) == 1
    neuron.current.value = 9.0 * pA
    resting = neuron.circuit.solve()
    assert resting.stable and resting.voltages["V"] == pytest.approx(-0.0625, abs=1e-4)
    neuron.current.value = 9.5 * pA
    assert not neuron.circuit.solve(resting).stable


def test_eigenvalues_of_a_low_pass() -> None:
    circuit = Circuit({"b": Battery(1.0).between("a", G), "r": R.between("a", "b"), "c": C.between("b", G)})
    assert circuit.solve().eigenvalues == pytest.approx([-1e3], rel=1e-12)


def test_the_jacobian_is_that_of_the_rates() -> None:
    """With an algebraic node between a diode and two memristors, a floating capacitor and one against the ground."""
    memristor = Memristor(Curve([-2.0, 2.0], [0.2, 1.8], "linear"), 5e-3, 1e-9)
    circuit = Circuit(
        {
            "e": Battery(0.7).between("a", G),
            "d": IonicDiode.from_ratio(1e-9, 10.0).between("a", "m"),
            "one": memristor.between("m", "b"),
            "two": memristor.between("m", G),
            "c": C.between("b", G),
            "float": C.between("d", "f"),
            "r": R.between("b", "d"),
            "s": R.between("f", G),
        }
    )
    equations, z = circuit.equations(), np.array([0.1, 0.2, 0.9, 1.1])
    assert equations.size == 4 and equations.moment(0.0, z).b.size == 2
    exact, step = equations.jacobian(0.0, z), 1e-6
    for column in range(4):
        away = step * np.eye(4)[column]
        change = (equations.rates(0.0, z + away) - equations.rates(0.0, z - away)) / (2.0 * step)
        assert exact[:, column] == pytest.approx(change, rel=1e-6, abs=1e-6 * np.abs(exact).max())
    passed = (equations.moment(0.0, z + away).i - equations.moment(0.0, z - away).i) / (2.0 * step)
    assert equations.current_jacobian(0.0, z)[:, 3] == pytest.approx(passed, rel=1e-6, abs=1e-17)


def test_studies_turn_the_parameters(neuron: Any) -> None:
    E = fi.Parameter("E", 1.0, "V")
    circuit = Circuit(
        {
            "b": Battery(E).between("a", G),
            "d": IonicDiode.from_ratio(1e-9, 10).between("a", "m"),
            "r": R.between("m", G),
        }
    )
    assert circuit.parameters == (E,)
    found = fi.sweep(circuit, {E: [-1.0, 0.0, 1.0]}, record={"V": lambda p: p.voltages["m"]}, progress=False)
    assert found["V"] == pytest.approx([-1.0 / 11.0, 0.0, 0.5], rel=1e-12, abs=1e-15)


def test_sources_that_grow_help_where_newton_fails_from_zero(neuron: Any) -> None:
    neuron.current.value = 3.5 * pA
    assert neuron.bistable.solve().voltages["V"] == pytest.approx(0.31654, abs=1e-5)


def test_a_steep_diode() -> None:
    v = np.linspace(0.0, 1.0, 41)
    steep = TabulatedResistor.from_curve(v, 1e-15 * np.expm1(v / 0.025))
    circuit = Circuit({"i": CurrentSource(1e-3).between(G, "a"), "d": steep.between("a", G)})
    assert circuit.solve().voltages["a"] == pytest.approx(0.025 * np.log(1e12), rel=5e-3)


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"r": R.between("a", G), "x": R.between("a", "aa")}, '"aa" is floating: only "x".*Did you mean "a"'),
        ({"r": R.between("a", "b"), "x": R.between("a", "b")}, 'touches the node "ground"'),
        (
            {
                "r": R.between("a", "b"),
                "s": R.between("a", "b"),
                "i": CurrentSource(1.0).between("a", G),
                "t": R.between("c", G),
                "u": R.between("c", G),
            },
            '"a", "b" floating',
        ),
        ({"e": Battery(1.0).between("a", G), "f": Battery(1.0).between("a", G)}, 'battery "f".*shorted'),
        (
            {"e": Battery(1.0).between("a", G), "f": Battery(1.0).between("b", "a"), "g": Battery(1.0).between("b", G)},
            'battery "g".*shorted',
        ),
    ],
)
def test_circuits_that_cannot_be(elements: dict[str, Any], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        Circuit(elements)


def test_what_is_refused() -> None:
    with pytest.raises(ParameterError, match="no elements"):
        Circuit({})
    with pytest.raises(ParameterError, match="an element between two nodes"):
        Circuit({"r": R})  # type: ignore[dict-item]
    only = Circuit({"c": C.between("a", G), "i": CurrentSource(1e-12).between(G, "a")})
    with pytest.raises(ModelError, match='no direct current reaches "a"'):
        only.solve()
    with pytest.raises(TagError, match='Did you mean "middle"'):
        Circuit({"a": R.between("middle", G), "b": R.between("middle", G)}).node("midle")
    short = TabulatedResistor.from_curve([-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0])
    with pytest.raises(ParameterError, match='"d": 2 V lies across it'):
        Circuit({"e": Battery(2.0).between("a", G), "d": short.between("a", G)}).solve()
    turned = fi.Parameter("R", 1.0, "ohm")
    circuit = Circuit({"e": Battery(2.0).between("a", G), "r": Resistor(turned).between("a", G)})
    turned.value = -1.0
    with pytest.raises(ParameterError, match="resistance"):
        circuit.solve()
    # A battery drives an element that never carries what it should.
    flat = TabulatedResistor.from_curve([-1.0, 1.0], [0.0, 0.0])
    with pytest.raises(ConvergenceError, match=r"operating point|sources"):
        Circuit({"i": CurrentSource(1.0).between(G, "a"), "d": flat.between("a", G)}).solve()
