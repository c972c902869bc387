# SPDX-License-Identifier: LGPL-3.0-or-later
"""Conductance of pores: figures of the case C7, cones integrated numerically, limits, and what is refused."""

import numpy as np
import pytest
from scipy.integrate import quad

import fem_ionics as fi
from fem_ionics import reduced
from fem_ionics.constants import FARADAY
from fem_ionics.errors import ParameterError
from fem_ionics.units import nm, nS

VT = 25.69258e-3
IONS = (fi.Species("K+", 1, 7.62e-8 * VT), fi.Species("Cl-", -1, 7.91e-8 * VT))


def kcl(concentration: float) -> fi.Electrolyte:
    """KCl with the mobilities 7.62e-8 and 7.91e-8 m2/(V s)."""
    return fi.Electrolyte(IONS, (concentration, concentration))


@pytest.mark.parametrize(
    ("concentration", "conductance", "rel"),
    [(1.0, 0.14121, 4e-5), (10.0, 0.99733, 6e-6), (100.0, 5.33229, 2e-6), (1000.0, 43.471, 2e-5)],
)
def test_conductance(concentration: float, conductance: float, rel: float) -> None:
    w = kcl(concentration)
    wall = reduced.counter_ion_conductivity(-0.02, w)
    assert wall == pytest.approx(7.62e-8 * 0.02, rel=1e-6, abs=0)
    found = reduced.pore_conductance(5 * nm, 20 * nm, w, wall)
    assert found.total / nS == pytest.approx(conductance, rel=rel, abs=0)
    diameter = 10 * nm
    assert found.access == pytest.approx(1 / (w.conductivity * diameter), rel=1e-12, abs=0)
    tube = 4 * 20 * nm / (np.pi * diameter**2 * (w.conductivity + 4 * wall / diameter))
    assert found.pore == pytest.approx(tube, rel=1e-12, abs=0)


@pytest.mark.parametrize("wall", [-1e-10, 0.0, 1e-20, 1e-9, 1e-5])
@pytest.mark.parametrize("base", [5.0, 5.0000001, 50.0, 1.0])
def test_cone(wall: float, base: float) -> None:
    def per_length(s: float) -> float:
        a = (5.0 + (base - 5.0) * s) * nm
        return 1.0 / (np.pi * a**2 * 1.3 + 2 * np.pi * a * wall)

    exact = 100 * nm * quad(per_length, 0.0, 1.0, epsrel=1e-12)[0]
    found = reduced.pore_resistance(5 * nm, 100 * nm, 1.3, wall, base * nm)
    assert found == pytest.approx(exact, rel=1e-9, abs=0)
    assert reduced.pore_resistance(base * nm, 100 * nm, 1.3, wall, 5 * nm) == pytest.approx(exact, rel=1e-9, abs=0)


def test_cone_without_charge() -> None:
    w = kcl(10.0)
    found = reduced.pore_conductance(5 * nm, 1000 * nm, w, base_radius=50 * nm)
    assert found.pore == pytest.approx(1e-6 / (np.pi * w.conductivity * 250e-18), rel=1e-12, abs=0)
    assert found.access == pytest.approx((1 / 5e-9 + 1 / 50e-9) / (4 * w.conductivity), rel=1e-12, abs=0)


def test_plateau() -> None:
    """At vanishing salt the tube keeps the conductance of its counter-ions, unlike its mouths."""
    for sigma, mobility in ((-0.02, 7.62e-8), (0.02, 7.91e-8)):
        w = kcl(1e-9)
        plateau = reduced.plateau_conductance(5 * nm, 20 * nm, sigma, w)
        assert plateau == pytest.approx(2 * np.pi * 5 * nm * mobility * 0.02 / (20 * nm), rel=1e-6, abs=0)
        found = reduced.pore_conductance(5 * nm, 20 * nm, w, reduced.counter_ion_conductivity(sigma, w))
        assert 1 / found.pore == pytest.approx(plateau, rel=1e-6, abs=0)
        assert found.total < 1e-3 * plateau


def test_dukhin_number() -> None:
    """|sigma|/(2 F c a) with equal mobilities."""
    w = fi.Electrolyte.symmetric(10.0, 1e-9)
    wall = reduced.counter_ion_conductivity(-0.02, w)
    assert reduced.dukhin_number(5 * nm, wall, w) == pytest.approx(
        0.02 / (2 * FARADAY * 10.0 * 5 * nm), rel=1e-12, abs=0
    )
    assert reduced.charge_per_volume(5 * nm, -0.02) == pytest.approx(-8e6, rel=1e-12, abs=0)


def test_several_counter_ions() -> None:
    """Calcium and potassium share the charge of the wall as they share the charge of the bath."""
    w = fi.Electrolyte.mixture({"KCl": 20.0, "CaCl2": 10.0})
    mean = 0.5 * (1.957e-9 + 2 * 0.792e-9) / w.thermal_voltage
    assert reduced.counter_ion_conductivity(-0.02, w) == pytest.approx(0.02 * mean, rel=1e-12, abs=0)
    assert reduced.counter_ion_conductivity(0.0, w) == 0.0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda w: reduced.pore_resistance(0.0, 1.0, 1.0), "tip_radius = 0.0"),
        (lambda w: reduced.pore_resistance(1.0, -1.0, 1.0), "length = -1.0"),
        (lambda w: reduced.pore_resistance(1.0, 1.0, 1.0, base_radius=0), "base_radius = 0"),
        (lambda w: reduced.pore_resistance(1.0, 1.0, 1.0, -0.5), r"conductivity \+ 2 surface_conductivity / radius"),
        (lambda w: reduced.pore_conductance(1e-9, 1e-9, 3), "an Electrolyte with ions"),
        (lambda w: reduced.access_resistance(1e-9, 0.0), "conductivity = 0.0"),
        (lambda w: reduced.plateau_conductance(1e-9, 0.0, 0.1, w), "length = 0.0"),
        (lambda w: reduced.counter_ion_conductivity(None, w), "surface_charge = None"),
        (lambda w: reduced.dukhin_number(-1e-9, 1e-9, w), "radius = -1e-09"),
        (lambda w: reduced.charge_per_volume(1e-9, "a"), "surface_charge = 'a'"),
    ],
)
def test_what_is_refused(call, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        call(kcl(10.0))
