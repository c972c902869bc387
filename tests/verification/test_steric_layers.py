# SPDX-License-Identifier: LGPL-3.0-or-later
"""Diffuse layers of ions with a size: Bikerman's capacitance (case C2), the contact theorem, and saturation."""

from typing import Any

import numpy as np
import pytest
from scipy.constants import N_A, R, e

import fem_ionics as fi
from fem_ionics.observe import Extremum, Integral

F = e * N_A
NM = 1e-9
#: Far enough from the wall: exp(-30) of its potential.
FAR = 30.0
RADII = {"cation": 0.33e-9, "anion": 0.2e-9}


def water(concentration: float) -> fi.Electrolyte:
    ions = [fi.Species(name, z, 1e-9, radius=RADII[name]) for name, z in (("cation", 1), ("anion", -1))]
    return fi.Electrolyte(ions, (concentration, concentration))


class Layer:
    """Liquid between a bath and a wall at a given potential or with a given charge."""

    def __init__(self, salt: fi.Electrolyte, steric: Any, resolve: float, charged: bool = False) -> None:
        self.salt, self.far = salt, FAR * salt.debye_length
        self.given = fi.Parameter("charge", 0.0, "C/m2") if charged else fi.Parameter("voltage", 0.0, "V")
        self.domain = fi.geometry.channel(
            self.far, 2 * self.far, resolve=resolve, half=True, axial=3, refine=2.0, shape="quadrilateral"
        )
        wall = fi.SurfaceCharge(self.given, on="walls") if charged else fi.Fixed("potential", self.given, on="walls")
        model = fi.PNP(salt, self.domain, [fi.Bath(salt, on="symmetry"), wall, fi.Steric(steric)])
        self.model, self.steady = model, fi.Steady(model)

    def solve(self, value: float) -> fi.State:
        self.given.value = value
        return self.steady.solve()

    def charge(self, voltage: float) -> float:
        """Of the wall per area: what the ions in both halves of the channel lack."""
        return -Integral("charge density")(self.solve(voltage)) / (2 * self.far)


@pytest.mark.parametrize(
    ("nu", "capacitances"), [(0.01, {6.191: 4.53078, 10.0: 3.22893}), (0.1, {3.590: 1.49346, 10.0: 0.844158})]
)
def test_bikerman_capacitance(nu: float, capacitances: dict[float, float]) -> None:
    """The charge of the wall to 2e-6 of Kilic, Bazant and Ajdari, and its slope (differences) to 2e-5."""
    salt, step = water(100.0), 0.02
    layer = Layer(salt, fi.Bikerman((nu / (2 * N_A * 100.0)) ** (1 / 3)), resolve=salt.debye_length / 10)
    thermal = salt.thermal_voltage
    unit = salt.absolute_permittivity / salt.debye_length
    for x, capacitance in capacitances.items():
        below, at, above = (layer.charge((x + shift) * thermal) / (unit * thermal) for shift in (-step, 0.0, step))
        exact = np.sqrt(2 / nu * np.log(1 + 2 * nu * np.sinh(x / 2) ** 2))
        assert at == pytest.approx(exact, rel=2e-6, abs=0)
        assert (above - below) / (2 * step) == pytest.approx(capacitance, rel=2e-5, abs=0)


STERIC = {
    "Bikerman": fi.Bikerman(0.66e-9),
    "Carnahan-Starling": fi.CarnahanStarling(0.66e-9),
    "BMCSL": fi.BMCSL(),
}


@pytest.mark.parametrize("name", STERIC)
def test_one_charge_per_square_nanometre(name: str) -> None:
    """The wall's pull on its layer is the osmotic pressure there less that of the bath (contact theorem).

    It follows from the chemical potentials and the pressure of the model together (Gibbs and Duhem).
    """
    salt, steric = water(100.0), STERIC[name]
    layer = Layer(salt, steric, resolve=0.2 * NM, charged=True)
    sigma = -1.0 * e / NM**2
    layer.solve(0.5 * sigma)
    state = layer.solve(sigma)  # from rest, by the same solver
    wall = [Extremum("cation", on="walls")(state), Extremum("anion", kind="minimum", on="walls")(state)]
    pressure, outside = (
        steric.osmotic_pressure([N_A * c for c in each], salt.species, np) * R * salt.temperature / N_A
        for each in (wall, salt.concentrations)
    )
    assert pressure - outside == pytest.approx(sigma**2 / (2 * salt.absolute_permittivity), rel=2e-5, abs=0)
    check_saturation(layer, state, steric)


@pytest.mark.parametrize("name", STERIC)
def test_twenty_thermal_voltages(name: str) -> None:
    """From rest: the formulas of spheres have roots with more ions than volume, which must not be taken."""
    salt = water(100.0)
    layer = Layer(salt, STERIC[name], resolve=0.2 * NM)
    check_saturation(layer, layer.solve(-20 * salt.thermal_voltage), STERIC[name])


def test_no_more_ions_than_volume() -> None:
    """Newton finds a root of Carnahan and Starling's formula first that packs 74 times as many ions."""
    salt = water(100.0)
    layer = Layer(salt, STERIC["Carnahan-Starling"], resolve=0.2 * NM)
    check_saturation(layer, layer.solve(5 * salt.thermal_voltage), STERIC["Carnahan-Starling"], crowd=0.2)


def check_saturation(layer: Layer, state: fi.State, steric: Any, crowd: float = 0.3) -> None:
    """No ion is denser than its closest packing, at any node; the crowded one comes near it."""
    largest = [Extremum(ion)(state) * N_A for ion in layer.salt.names]
    limits = steric.saturation(layer.salt.species)
    assert all(found < limit for found, limit in zip(largest, limits, strict=True))
    assert max(found / limit for found, limit in zip(largest, limits, strict=True)) > crowd
    assert min(Extremum(ion, kind="minimum")(state) for ion in layer.salt.names) > 0.0
