# SPDX-License-Identifier: LGPL-3.0-or-later
"""Curves, elements and sources by themselves: values, slopes, and what is refused."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Parameter
from fem_ionics.reduced import Battery, Capacitor, CurrentSource, Curve, IonicDiode, Resistor, TabulatedResistor
from fem_ionics.reduced.angstrom.waveform import steps

V = np.linspace(-1.0, 1.0, 41)


@pytest.mark.parametrize(("kind", "error"), [("linear", 1e-3), ("monotone", 1e-4), ("smooth", 1e-8)])
def test_curves_go_through_their_tables(kind: str, error: float) -> None:
    curve = Curve(V, np.sinh(V), kind)  # type: ignore[arg-type]
    assert curve(V) == pytest.approx(np.sinh(V), rel=1e-12, abs=1e-15)
    between = V[:-1] + 0.3 * np.diff(V)
    assert np.max(np.abs(curve(between) - np.sinh(between))) < error
    for v in (-0.987, 0.012, 0.61, 1.3):
        assert curve.at(v)[1] == pytest.approx((curve.at(v + 1e-6)[0] - curve.at(v - 1e-6)[0]) / 2e-6, rel=1e-6)
    assert curve.covers(1.0) and not curve.covers(1.001)
    assert curve(1.5) - curve(1.25) == pytest.approx(curve(1.25) - curve(1.0), rel=1e-9)
    assert curve.scaled(2.0)(0.3) == pytest.approx(2.0 * curve(0.3), rel=1e-14)
    at, values = curve.points()
    assert np.all(np.diff(at) > 0.0) and set(V) <= set(at)
    assert values == pytest.approx(curve(at), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(
    ("voltages", "values", "kind", "words"),
    [
        ([0.0, 0.0, 1.0], [1, 2, 3], "monotone", "must grow"),
        ([0.0, 1.0], [1.0], "linear", "one length"),
        ([0.0, 1.0], [1.0, np.nan], "linear", "values"),
        ([0.0, 1.0], [1.0, 2.0], "smooth", "6 or more"),
        ([0.0, 1.0], [1.0, 2.0], "curly", "linear, monotone, smooth"),
    ],
)
def test_bad_tables(voltages: list[float], values: list[float], kind: str, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        Curve(voltages, values, kind)  # type: ignore[arg-type]


def test_diodes() -> None:
    diode = IonicDiode.from_ratio(2e-6, 10.0)
    assert diode.current(0.5, ())[:2] == pytest.approx((1e-6, 2e-6), rel=1e-12)
    assert diode.current(-0.5, ())[:2] == pytest.approx((-1e-7, 2e-7), rel=1e-12)
    assert diode.current(-7.0, ())[0] == pytest.approx(-1.4e-6, rel=1e-12) and diode.covers(-7.0)
    measured = IonicDiode.from_curve({"voltage": V[::-1], "current": np.expm1(V[::-1])})
    assert isinstance(measured, IonicDiode)
    assert measured.current(0.5, ())[0] == pytest.approx(np.expm1(0.5), rel=1e-6)
    assert isinstance(TabulatedResistor.from_curve(V, V), TabulatedResistor)
    for ratio, words in ((0.5, "1 or more"), (-1.0, "positive")):
        with pytest.raises(ParameterError, match=words):
            IonicDiode.from_ratio(1.0, ratio)
    with pytest.raises(ParameterError, match="pair them"):
        IonicDiode.from_curve(V, V[1:])


def test_values_are_checked() -> None:
    for make, words in (
        (lambda: Capacitor(-1e-12), "positive finite number in F"),
        (lambda: Resistor(0.0), "positive finite number in ohm"),
        (lambda: Resistor(Parameter("R", -1.0)), "ohm"),
        (lambda: Battery(np.inf), "in V"),
        (lambda: CurrentSource("1 A"), "in A"),
        (lambda: Battery(1.0).between("a", "a"), "shorted"),
        (lambda: Resistor(1.0).between("", "a"), "non-empty"),
    ):
        with pytest.raises(ParameterError, match=words):
            make()


def test_waveforms_have_no_gaps() -> None:
    wave = Battery(steps([0.0, 1.0], [1.0, 2.0])).signal("E")
    assert [wave.at(t) for t in (0.5, 1.0, 2.0)] == [0.0, 1.0, 1.0]
    assert wave.at(1.0, before=True) == 0.0
    assert wave.breaks == [1.0]
    wave.require(3.0)
    with pytest.raises(ParameterError, match="gap"):
        wave.require(3.5)
    holed = Battery(lambda t: np.nan if 1.0 < t < 2.0 else 0.0).signal("E")
    assert holed.at(0.5) == 0.0
    with pytest.raises(ParameterError, match="gap"):
        holed.at(1.5)
    bent = Battery(lambda t: t**2).signal("E")
    assert bent.slope(3.0, 1e-3) == pytest.approx(6.0, rel=1e-9)
