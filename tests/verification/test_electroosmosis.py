# SPDX-License-Identifier: LGPL-3.0-or-later
"""Electro-osmosis in a slit under a uniform field: low zeta potential (case C4), Smoluchowski's identity (C21)."""

from dataclasses import dataclass

import numpy as np
import pytest
from measures import mean_velocity
from scipy.constants import N_A, e

import fem_ionics as fi
from fem_ionics.observe.points import evaluate

F = e * N_A
FIELD = 1e5
SLIP = 1e-9


@dataclass
class Slit:
    """Electrolyte between charged walls; ionic strength and charge are parameters, so forms compile once."""

    def __post_init__(self) -> None:
        self.water = fi.Electrolyte.symmetric(10.0, 1e-9, viscosity=0.89e-3)
        self.half = 5.0 * self.water.debye_length
        self.sigma, self.cations = fi.Parameter("charge", 1e-6, "C/m2"), fi.Parameter("cations", 10.0, "mol/m3")
        self.slip = fi.Parameter("slip length", SLIP, "m")
        domain = fi.geometry.channel(self.half, 2 * self.half, resolve=self.half / 10, half=True, axial=3, refine=4.0)
        conditions = [
            fi.SurfaceCharge(self.sigma, on="walls"),
            fi.Slip(self.slip, on="walls"),
            fi.ElectricField(FIELD, along="x"),
            fi.FixedTotal("cation", self.cations),
        ]
        self.model = fi.PNPS(self.water, domain, conditions)
        self.steady, self.mean = fi.Steady(self.model), mean_velocity(self.model)

    def solve(self, salt: float, charge: float, slip: float = SLIP) -> fi.State:
        """Cations and anions share the deficit and the excess, so that their ionic strength is that of the salt."""
        self.slip.value, self.sigma.value = slip, charge
        self.cations.value = salt - charge / (2 * F * self.half)
        return self.steady.solve()

    @property
    def mobility(self) -> float:
        """Eps / eta times the field, m/s per V."""
        return self.water.absolute_permittivity * FIELD / self.water.viscosity


@pytest.fixture(scope="module")
def slit() -> Slit:
    return Slit()


def test_mobility_of_a_wall_at_the_thermal_voltage(slit: Slit) -> None:
    assert slit.mobility / FIELD * 25.69258e-3 == pytest.approx(2.00393e-8, rel=2e-5, abs=0)


@pytest.mark.parametrize(("k", "ratio"), [(1, 0.238406), (2, 0.517986), (5, 0.800018), (10, 0.900000)])
def test_mean_velocity_at_low_zeta(slit: Slit, k: int, ratio: float) -> None:
    """1 - tanh k / k to 1e-6; zeta is 1e-3 of the thermal voltage, so that its square does not count."""
    zeta = 1e-3 * slit.water.thermal_voltage
    charge = slit.water.absolute_permittivity * zeta * k / slit.half * np.tanh(k)
    state = slit.solve(10.0 * (k / 5) ** 2, charge)
    velocity = slit.mean(state) * slit.model.scales.velocity + SLIP * FIELD * charge / slit.water.viscosity
    found = velocity / (-slit.mobility * zeta)
    assert found == pytest.approx(1 - np.tanh(k) / k, rel=1e-6, abs=0)
    assert found == pytest.approx(ratio, rel=4e-6, abs=0)


@pytest.mark.parametrize("charge", [1e-5, -0.05])
@pytest.mark.parametrize("slip", [1e-9, 20e-9])
def test_smoluchowski_identity(slit: Slit, charge: float, slip: float) -> None:
    """u = (eps E / eta)(phi - zeta) - b E sigma / eta at any charge; both fields solve the same discrete equation."""
    state = slit.solve(10.0 + abs(charge) / (F * slit.half), charge, slip)
    y = np.linspace(0.0, slit.half, 7)
    points = np.column_stack([np.zeros_like(y), y])
    potential = evaluate(state, "potential", points, outside="error")
    velocity = evaluate(state, "velocity", points, outside="error")[:, 0]
    exact = slit.mobility * (potential - potential[-1]) - slip * FIELD * charge / slit.water.viscosity
    assert velocity == pytest.approx(exact, rel=1e-9, abs=0)


def test_smoluchowski_identity_of_divalent_ions() -> None:
    """The same of a salt of calcium at a high charge: no breakdown can be claimed of it from these equations."""
    salt = fi.Electrolyte.cacl2(10.0)
    half, charge = 5.0 * salt.debye_length, -0.05
    domain = fi.geometry.channel(half, 2 * half, resolve=half / 10, half=True, axial=3, refine=4.0)
    model = fi.PNPS(
        salt,
        domain,
        [
            fi.SurfaceCharge(charge, on="walls"),
            fi.NoSlip(on="walls"),
            fi.ElectricField(FIELD, along="x"),
            fi.FixedTotal("Ca2+", 10.0 - charge / (2 * F * half)),
        ],
    )
    state = fi.steady(model)
    y = np.linspace(0.0, half, 7)
    points = np.column_stack([np.zeros_like(y), y])
    potential = evaluate(state, "potential", points, outside="error")
    velocity = evaluate(state, "velocity", points, outside="error")[:, 0]
    exact = salt.absolute_permittivity * FIELD / salt.viscosity * (potential - potential[-1])
    assert potential[0] - potential[-1] > 0.05
    assert velocity[:-1] == pytest.approx(exact[:-1], rel=1e-8, abs=0)
