# SPDX-License-Identifier: LGPL-3.0-or-later
"""Ion-exchange membranes: Donnan, Teorell-Meyer-Sievers (case C6), limiting current and space charge (C8)."""

from collections.abc import Iterable

import numpy as np
import pytest
from scipy.constants import N_A, e

import fem_ionics as fi

F = e * N_A
#: mV, of 10 against 100 mM with X = 0, 10, 100, 1000 mM of fixed negative charges.
POTENTIALS = {
    "KCl": (fi.Electrolyte.kcl, (-1.1123, 10.0169, 46.6648, 58.8992)),
    "NaCl": (fi.Electrolyte.nacl, (-12.2677, -1.0635, 42.1734, 58.7786)),
}
VOLTAGES = (1, 2, 5, 10, 20, 40, 60, 120)  # kT/e
#: F D+ c0/L, by the Debye length over L.
CURRENTS = {
    1e-2: (0.286605, 0.972615, 1.845464, 2.246628, 2.679033, 3.465187, 4.307334, 7.490979),
    1e-3: (0.284684, 0.960784, 1.775686, 2.014167, 2.107180, 2.221754, 2.317367, 2.569820),
}


def strip(length: float, resolve: float, refine: float) -> fi.geometry.Domain:
    """One cell wide, graded to both ends."""
    ends = [-length / 2, length / 2]
    options = {"periodic": None, "half": True, "across": 1}
    return fi.geometry.channel(length, length, resolve=resolve, edges=ends, refine=refine, **options)


@pytest.mark.parametrize("name", POTENTIALS)
def test_teorell_meyer_sievers(name: str) -> None:
    salt, expected = POTENTIALS[name]
    thickness, V, X = 10e-6, fi.Parameter("voltage", 0.0, "V"), fi.Parameter("X", 0.0, "mol/m3")
    baths = [fi.Bath(salt(10.0), potential=V, on="left"), fi.Bath(salt(100.0), on="right")]
    model = fi.PNP(salt(10.0), strip(thickness, 0.3e-9, 2.0), [*baths, fi.FixedCharge(-F * X)])
    steady, current = fi.Steady(model), fi.observe.Current(on="right")
    for X.value, millivolts in zip((0.0, 10.0, 100.0, 1000.0), expected, strict=True):
        # The current is straight over a millivolt: its zero to some nanovolts.
        V.value = millivolts / 1e3
        first = steady.solve()
        V.value += 1e-4
        currents = current(first), current(steady.solve(first))
        found = millivolts - 0.1 * currents[0] / (currents[1] - currents[0])
        # What is missing goes with 1/thickness, 0.3 mV at 1 um.
        assert found == pytest.approx(millivolts, rel=0, abs=0.035)


@pytest.mark.parametrize("concentration", [10.0, 100.0])
def test_donnan(concentration: float) -> None:
    kcl = fi.Electrolyte.kcl(concentration)
    model = fi.PNP(kcl, strip(200e-9, 0.3e-9, 1.0), [fi.Bath(kcl, on=("left", "right")), fi.FixedCharge(-F * 100.0)])
    inside = fi.observe.evaluate(fi.steady(model), "potential", [[0.0, 50e-9]])[0]
    exact = -kcl.thermal_voltage * np.arcsinh(100.0 / (2.0 * concentration))
    assert inside == pytest.approx(exact, rel=1e-6, abs=0)
    assert concentration != 10.0 or exact == pytest.approx(-59.4125e-3, rel=1e-5, abs=0)


def walk(ratio: float, voltages: Iterable[float]) -> tuple[np.ndarray, fi.IVCurve]:
    """Scaled currents through a layer of liquid before an ideal cation-exchange membrane."""
    salt, V = fi.Electrolyte.symmetric(1.0, 1e-9), fi.Parameter("voltage", 0.0, "V")
    length = salt.debye_length / ratio
    face = [fi.Fixed("potential", 0.0, on="left"), fi.Fixed("cation", 2.0, on="left")]
    conditions = [*face, fi.Bath(salt, potential=V, on="right")]
    model = fi.PNP(salt, strip(length, salt.debye_length, 8.0 if ratio < 5e-3 else 4.0), conditions)
    volts = [each * salt.thermal_voltage for each in voltages]
    curve = fi.iv_curve(model, V, volts, between=("right", "left"))
    return curve.currents / (F * 1e-9 * 1.0), curve


@pytest.mark.parametrize("ratio", CURRENTS)
def test_current_beyond_the_limit(ratio: float) -> None:
    currents, curve = walk(ratio, VOLTAGES)
    np.testing.assert_allclose(currents, CURRENTS[ratio], rtol=1e-5, atol=0)
    assert curve.charge_defect < 1e-8
    assert np.all(curve["halvings"] == 0)


@pytest.mark.validate
@pytest.mark.parametrize("ratio", CURRENTS)
def test_collocation_agrees(ratio: float) -> None:
    voltages = np.array([3.0, 15.0, 80.0])
    salt = fi.Electrolyte.symmetric(1.0, 1e-9)
    length = salt.debye_length / ratio
    layers = fi.reduced.polarised_layer(voltages * salt.thermal_voltage, salt, length, 2.0)
    expected = 2.0 * np.array([each.current for each in layers]) / fi.reduced.limiting_current(salt, length)
    np.testing.assert_allclose(walk(ratio, voltages)[0], expected, rtol=1e-5, atol=0)
