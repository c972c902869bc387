# SPDX-License-Identifier: LGPL-3.0-or-later
"""Bipolar diodes: reverse branch and forward departure of a thick ideally selective membrane, and of a pore (C14)."""

import numpy as np
import pytest
from scipy.constants import N_A, e
from scipy.optimize import brentq

import fem_ionics as fi

F = e * N_A
THICKNESS, CONCENTRATION, RATIO = 4e-6, 10.0, 10.0
SALT = fi.Electrolyte.symmetric(CONCENTRATION, 2e-9)
V = np.array([-20.0, -10.0, -5.0, -2.0, -1.0, 1.0, 2.0, 4.0, 8.0])  # kT/e


def membrane_ratios(layer: float) -> np.ndarray:
    """Current over the ideal law, with `layer` thicknesses of liquid on both sides."""
    size = THICKNESS * (1 + 2 * layer)
    domain = fi.geometry.channel(
        size,
        size,
        resolve=0.3 * SALT.debye_length,
        edges=[-THICKNESS / 2, 0.0, THICKNESS / 2],
        refine=2.0,
        periodic=None,
        across=1,
        half=True,
    )
    half, voltage = THICKNESS / 2, fi.Parameter("voltage", 0.0, "V")
    signs = fi.pattern.patches("x", width=half, centre=-half / 2) - fi.pattern.patches("x", width=half, centre=half / 2)
    baths = [fi.Bath(SALT, potential=voltage, on="left"), fi.Bath(SALT, on="right")]
    model = fi.PNP(SALT, domain, [*baths, fi.FixedCharge(-F * RATIO * CONCENTRATION * signs)])
    volts = V * SALT.thermal_voltage
    curve = fi.iv_curve(model, voltage, volts, between=("left", "right"))
    assert curve.charge_defect < 1e-8
    saturation = F * size * 4e-9 * 2 * CONCENTRATION / (RATIO * THICKNESS)
    np.testing.assert_allclose(
        fi.reduced.diode_current(volts, F * RATIO * CONCENTRATION, size, THICKNESS, SALT),
        saturation * np.expm1(V),
        rtol=1e-6,
    )
    return curve.currents / (saturation * np.expm1(V))


def quasi_neutral(v: float, layer: float) -> float:
    """The same ratio for a Debye length of zero, from the minority s N at the junction (demos/bipolar_diode.py)."""
    delta = 1 / RATIO
    bath = (np.sqrt(1 + 4 * delta**2) - 1) / 2

    def missing(s: float) -> float:
        product = s * (1 + s)
        majority = 4 * (s - bath) - 2 * np.log((1 + s) / (1 + bath))
        return float(np.log(product / delta**2) + majority + 4 * layer / delta * (product - delta**2) - v)

    s = brentq(missing, 1e-30, 50.0, xtol=1e-300, rtol=1e-13)
    return (s * (1 + s) / delta**2 - 1) / np.expm1(v)


@pytest.mark.parametrize("layer", [0.0, 0.045])
def test_thick_membrane(layer: float) -> None:
    ratios = membrane_ratios(layer)
    assert np.all(np.abs(ratios[V < 0] - 1.0) < 0.015)
    exact = np.array([quasi_neutral(each, layer) for each in V])
    # Depletion and accumulation layers are some thousandths of the thickness.
    np.testing.assert_allclose(ratios, exact, rtol=1e-2, atol=0)
    if layer:
        np.testing.assert_allclose(ratios[(V > 0) & (V < 5)], [0.91, 0.80, 0.43], rtol=0, atol=5e-3)


def test_pore_leaks_more_by_its_depletion_layer() -> None:
    """Between two reverse voltages only the depletion width changes, and with it the length that ions leak through."""
    radius, length, charge = 2e-9, 50e-9, 0.01
    domain = fi.geometry.cylindrical_pore(radius, length, reservoir=15e-9, resolve=SALT.debye_length, edges=[0.0])
    voltage = fi.Parameter("voltage", 0.0, "V")
    signs = fi.pattern.patches("z", width=length, centre=-length / 2, inside=1.0, outside=-1.0)
    baths = [fi.Bath(SALT, potential=voltage, on="cis"), fi.Bath(SALT, on="trans")]
    model = fi.PNP(SALT, domain, [*baths, fi.SurfaceCharge(-charge * signs, on="pore wall")])
    v = np.array([-20.0, -5.0])
    currents = -fi.iv_curve(model, voltage, v * SALT.thermal_voltage).currents
    density = 2 * charge / radius
    built_in = 2 * np.arcsinh(density / (2 * F * CONCENTRATION))
    width = np.sqrt(SALT.absolute_permittivity * SALT.thermal_voltage * (built_in - v) / density)
    saturation = F * np.pi * radius**2 * 4e-9 * 2 * CONCENTRATION**2 * F / (density * length)
    # L - 2 w, less what mouths and cross-section add, which cancels; the edges of the depletion layer are not sharp.
    paths = length / (currents / saturation)
    assert paths[1] - paths[0] == pytest.approx(2 * (width[0] - width[1]), rel=0.15)
    assert np.all(currents > saturation)
