# SPDX-License-Identifier: LGPL-3.0-or-later
"""Membranes: figures of the cases C6 and C14, neutral layers integrated, and what is refused."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import brentq

import fem_ionics as fi
from fem_ionics import reduced
from fem_ionics.constants import FARADAY
from fem_ionics.errors import ParameterError
from fem_ionics.units import mV

MIXTURE = fi.Electrolyte.mixture({"KCl": 10.0, "CaCl2": 5.0})
CHARGES = np.array([0.0, 10.0, 100.0, 1000.0])


def test_donnan() -> None:
    w = fi.Electrolyte.kcl(10.0)
    assert reduced.donnan_potential(100 * FARADAY, w) / mV == pytest.approx(59.4125, rel=2e-6, abs=0)
    assert reduced.donnan_potential(-100 * FARADAY, w) / mV == pytest.approx(-59.4125, rel=2e-6, abs=0)
    z2 = fi.Electrolyte.symmetric(10.0, 1e-9, 2)
    exact = w.thermal_voltage / 2 * np.arcsinh(2.5)
    assert reduced.donnan_potential(100 * FARADAY, z2) == pytest.approx(exact, rel=1e-12, abs=0)
    assert reduced.donnan_potential(0.0, MIXTURE) == 0.0


@pytest.mark.parametrize("X", [-1e5, -30.0, 1e-6, 30.0, 1e5])
def test_donnan_in_mixtures_is_neutral(X: float) -> None:
    inside = reduced.donnan_concentrations(X * FARADAY, MIXTURE)
    assert np.dot(MIXTURE.valences, inside) == pytest.approx(-X, rel=1e-8, abs=0)
    k, ca = (inside[i] / MIXTURE.concentrations[i] for i in (0, MIXTURE.index("Ca2+")))
    assert ca == pytest.approx(k**2, rel=1e-10, abs=0)


@pytest.mark.parametrize(
    ("cation", "figures"),
    [(1.957e-9, [-1.1123, 10.0169, 46.6648, 58.8992]), (1.334e-9, [-12.2677, -1.0635, 42.1734, 58.7786])],
    ids=("KCl", "NaCl"),
)
def test_membrane_potential(cation: float, figures: list[float]) -> None:
    ions = (fi.Species("cation", 1, cation), fi.Species("anion", -1, 2.032e-9))
    left, right = (fi.Electrolyte(ions, (c, c)) for c in (10.0, 100.0))
    found = [reduced.membrane_potential(left, right, -X * FARADAY) / mV for X in CHARGES]
    assert found == pytest.approx(figures, abs=5.5e-5)
    swapped = [-reduced.membrane_potential(right, left, -X * FARADAY) / mV for X in CHARGES]
    assert swapped == pytest.approx(found, rel=1e-12, abs=0)


@pytest.mark.parametrize("X", [-50.0, 20.0])
def test_membrane_potential_in_parts(X: float) -> None:
    """Two Donnan potentials, and diffusion without current between them, with s = c+ + c-.

    D+ J+ = D- J- with J+- = -(c+-' +- c+- phi') and c+ - c- = -X gives dphi/ds = -U/(s - U X).
    """
    left, right = fi.Electrolyte.nacl(10.0), fi.Electrolyte.nacl(100.0)
    plus, minus = left.diffusivities
    U = (plus - minus) / (plus + minus)
    edges = [sum(reduced.donnan_concentrations(X * FARADAY, each)) for each in (left, right)]
    inside, _ = quad(lambda s: -U / (s - U * X), *edges, epsrel=1e-12)
    donnan = [reduced.donnan_potential(X * FARADAY, each) for each in (left, right)]
    voltage = donnan[1] - donnan[0] - left.thermal_voltage * inside
    assert reduced.membrane_potential(left, right, X * FARADAY) == pytest.approx(voltage, rel=1e-9, abs=0)


def test_extreme_membranes() -> None:
    """Nernst's potential of the one ion or the other, without cancellation."""
    left, right = fi.Electrolyte.kcl(10.0), fi.Electrolyte.kcl(100.0)
    nernst = left.thermal_voltage * np.log(10.0)
    for sign in (-1, 1):
        assert reduced.membrane_potential(left, right, sign * 1e12) == pytest.approx(-sign * nernst, rel=1e-4, abs=0)


def diode(v: float, N: float = 10.0) -> float:
    """Current of two neutral halves (c0 = D = L = 1, fixed charges -N and N) over that of the ideal law.

    Equal and opposite fluxes +-K/2 leave s s' = N K in the left half, so s_m^2 = s_0^2 + N K at the junction, where by
    symmetry half of the voltage is spent: (s_m - s_0)/N = v/2 - asinh(N/2) + asinh(N/2c_m).
    """
    s0 = np.hypot(N, 2.0)

    def excess(K: float) -> float:
        s = np.sqrt(s0**2 + N * K)
        c = 0.5 * np.sqrt(4.0 + N * K)
        return (s - s0) / N - 0.5 * v + np.arcsinh(0.5 * N) - np.arcsinh(0.5 * N / c)

    K = brentq(excess, -4.0 / N * (1.0 - 1e-12), 4.0 / N * np.exp(max(v, 0.0)) + 1.0, xtol=1e-15)
    w = fi.Electrolyte.symmetric(1.0, 1e-9)
    ideal = reduced.diode_current(v * w.thermal_voltage, -N * FARADAY, 1.0, 1.0, w)
    return FARADAY * 1e-9 * K / ideal


@pytest.mark.parametrize("voltage", [-1.0, -5.0, -20.0])
def test_reverse_branch_of_a_diode(voltage: float) -> None:
    assert diode(voltage) == pytest.approx(1.0, rel=0.02, abs=0)


@pytest.mark.parametrize(("voltage", "ratio"), [(1.0, 0.9501), (2.0, 0.8810), (4.0, 0.5738)])
def test_forward_branch_of_a_diode(voltage: float, ratio: float) -> None:
    assert diode(voltage) == pytest.approx(ratio, abs=6e-5)


def test_diode_law() -> None:
    """F A (D+ + D-)(2 c0^2/(N L)) (e^v - 1)."""
    w = fi.Electrolyte.kcl(10.0)
    saturation = FARADAY * 3e-18 * (1.957e-9 + 2.032e-9) * 2 * 100.0 / (500.0 * 2e-7)
    v = np.array([-20.0, -1e-9, 0.0, 2.0])
    found = reduced.diode_current(v * w.thermal_voltage, -500 * FARADAY, 3e-18, 2e-7, w)
    assert found == pytest.approx(saturation * np.expm1(v), rel=1e-12, abs=1e-40)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda w: reduced.donnan_potential(np.nan, w), "fixed_charge = nan"),
        (lambda w: reduced.donnan_potential(1.0, None), "an Electrolyte with ions is needed"),
        (lambda w: reduced.membrane_potential(w, fi.Electrolyte.nacl(1.0), 1.0), "differ in species or temperature"),
        (lambda w: reduced.membrane_potential(MIXTURE, MIXTURE, 1.0), "one z:z salt"),
        (lambda w: reduced.membrane_potential(w, fi.Electrolyte.symmetric(1.0, 1e-9, 2), 1.0), "holds for 1:1 salts"),
        (lambda w: reduced.diode_current(1.0, 0.0, 1.0, 1.0, w), r"\|fixed_charge\| = 0.0"),
        (lambda w: reduced.diode_current("1 V", 1.0, 1.0, 1.0, w), "voltage = '1 V'"),
        (lambda w: reduced.diode_current(1.0, 1.0, 0.0, 1.0, w), "area = 0.0"),
        (lambda w: reduced.diode_current(1.0, 1.0, 1.0, -1.0, w), "length = -1.0"),
    ],
)
def test_what_is_refused(call, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        call(fi.Electrolyte.kcl(10.0))
