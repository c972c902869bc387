# SPDX-License-Identifier: LGPL-3.0-or-later
"""Tubes: Poiseuille, electro-osmosis at low (case C4) and at any zeta potential, and the reciprocity of pores (C13)."""

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.constants import N_A, e

import fem_ionics as fi
from fem_ionics.observe import Current, FlowRate, MeanVelocity

F = e * N_A
FIELD, GRADIENT = 1e5, -1e11
NM = 1e-9


@dataclass
class Tube:
    """Endless tube; ionic strength, charge and drives are parameters, so forms compile once."""

    radius: float = 5 * NM

    def __post_init__(self) -> None:
        self.water = fi.Electrolyte.kcl(10.0)
        self.charge, self.anions = fi.Parameter("charge", 0.0, "C/m2"), fi.Parameter("anions", 10.0, "mol/m3")
        self.field, self.gradient = fi.Parameter("field", 0.0, "V/m"), fi.Parameter("gradient", 0.0, "Pa/m")
        domain = fi.geometry.tube(self.radius, 4 * self.radius, resolve=self.radius / 20, refine=2.0)
        conditions = [
            fi.SurfaceCharge(self.charge, on="walls"),
            fi.NoSlip(on="walls"),
            fi.ElectricField(self.field, along="z"),
            fi.PressureGradient(self.gradient, along="z"),
            fi.FixedTotal("Cl-", self.anions),
        ]
        self.model = fi.PNPS(self.water, domain, conditions)
        self.steady, self.velocity, self.current = fi.Steady(self.model), MeanVelocity("z"), Current(along="z")

    def solve(self, charge: float, anions: float, field: float = 0.0, gradient: float = 0.0) -> fi.State:
        self.charge.value, self.anions.value = charge, anions
        self.field.value, self.gradient.value = field, gradient
        return self.steady.solve()


@pytest.fixture(scope="module")
def tube() -> Tube:
    return Tube()


def test_poiseuille(tube: Tube) -> None:
    """A parabola is in the space: mean velocity and flow rate to round-off."""
    state = tube.solve(0.0, 10.0, gradient=GRADIENT)
    mean = -GRADIENT * tube.radius**2 / (8 * tube.water.viscosity)
    assert tube.velocity(state) == pytest.approx(mean, rel=1e-11, abs=0)
    assert FlowRate("z")(state) == pytest.approx(np.pi * tube.radius**2 * mean, rel=1e-11, abs=0)
    assert fi.observe.PeakVelocity()(state) == pytest.approx(2 * mean, rel=1e-11, abs=0)
    assert abs(tube.current(state)) < 1e-12 * F * 10.0 * mean * np.pi * tube.radius**2


@pytest.mark.parametrize(("k", "ratio"), [(1, 0.107220), (2, 0.302225), (5, 0.642647), (10, 0.810280)])
def test_rice_and_whitehead(tube: Tube, k: int, ratio: float) -> None:
    """1 - 2 I1(k)/(k I0(k)); zeta is 1e-3 of the thermal voltage, so that its square does not count."""
    salt = 10.0 * (k * tube.water.debye_length / tube.radius) ** 2
    zeta = 1e-3 * tube.water.thermal_voltage
    # sigma = eps zeta k I1/(a I0), and I1/I0 = k (1 - ratio)/2; both ions share what the charge takes.
    charge = tube.water.absolute_permittivity * zeta / tube.radius * k**2 * (1 - fi.reduced.tube_factor(k)) / 2
    state = tube.solve(charge, salt + charge / (F * tube.radius), field=FIELD)
    found = tube.velocity(state) / (fi.reduced.smoluchowski_mobility(zeta, tube.water) * FIELD)
    assert found == pytest.approx(fi.reduced.tube_factor(k), rel=2e-6, abs=0)
    assert found == pytest.approx(ratio, rel=5e-6, abs=0)


@pytest.mark.parametrize("charge", [-0.01, -0.05])
def test_capillary_at_any_zeta(tube: Tube, charge: float) -> None:
    """Conductivity, electro-osmosis and streaming current of the space-charge model, from quadratures of its own."""
    exact = fi.reduced.capillary(tube.radius, charge, tube.water)
    anions = 2 * np.trapezoid(exact.concentrations[1] * exact.r, exact.r) / tube.radius**2
    driven = tube.solve(charge, anions, field=FIELD)
    pumped = tube.solve(charge, anions, gradient=GRADIENT)
    area = np.pi * tube.radius**2
    assert abs(exact.zeta) > 1.5 * tube.water.thermal_voltage
    assert tube.current(driven) / area == pytest.approx(exact.conductivity * FIELD, rel=2e-6, abs=0)
    assert tube.velocity(driven) == pytest.approx(exact.electro_osmotic_mobility * FIELD, rel=2e-6, abs=0)
    assert tube.current(pumped) / area == pytest.approx(-exact.streaming_coefficient * GRADIENT, rel=2e-6, abs=0)


# pores between baths


@dataclass
class Cone:
    """Coarse conical pore between equal baths, with flow."""

    def __post_init__(self) -> None:
        kcl = fi.Electrolyte.kcl(100.0)
        self.voltage, self.pressure = fi.Parameter("voltage", 0.0, "V"), fi.Parameter("pressure", 0.0, "Pa")
        domain = fi.geometry.conical_pore(2 * NM, 6 * NM, 20 * NM, reservoir=20 * NM, resolve=2 * kcl.debye_length)
        conditions = [
            fi.Bath(kcl, potential=self.voltage, pressure=self.pressure, on="cis"),
            fi.Bath(kcl, on="trans"),
            fi.SurfaceCharge(-0.05, on="pore wall"),
            fi.NoSlip(on="walls"),
        ]
        self.model = fi.PNPS(kcl, domain, conditions)
        self.steady = fi.Steady(self.model)

    def solve(self, voltage: float, pressure: float = 0.0) -> fi.State:
        self.voltage.value, self.pressure.value = voltage, pressure
        return self.steady.solve()


@pytest.fixture(scope="module")
def cone() -> Cone:
    return Cone()


def test_onsager(cone: Cone) -> None:
    """Streaming current per pressure is electro-osmotic flow per voltage, of the discrete equations too."""
    voltage, pressure = 1e-4, 1e4
    out, flow = Current(on="trans"), FlowRate(on="trans")
    driven = [flow(cone.solve(sign * voltage)) for sign in (1, -1)]
    pumped = [out(cone.solve(0.0, sign * pressure)) for sign in (1, -1)]
    mobility, streaming = np.subtract(*driven) / (2 * voltage), np.subtract(*pumped) / (2 * pressure)
    assert mobility > 0.0
    assert streaming == pytest.approx(mobility, rel=1e-7, abs=0)


@pytest.mark.parametrize("voltage", [-1.0, 0.2, 1.0])
def test_what_enters_leaves(cone: Cone, voltage: float) -> None:
    """Charge, each ion and the liquid through both openings."""
    state = cone.solve(voltage)
    enters, leaves = Current(on="cis")(state), Current(on="trans")(state)
    assert leaves * voltage > 0.0
    assert leaves == pytest.approx(-enters, rel=1e-9, abs=0)
    assert FlowRate(on="trans")(state) == pytest.approx(-FlowRate(on="cis")(state), rel=1e-9, abs=0)
    for ion in ("K+", "Cl-"):
        rate = fi.observe.IonRate(ion, on="trans")(state)
        assert rate == pytest.approx(-fi.observe.IonRate(ion, on="cis")(state), rel=1e-9, abs=0)


def test_pore_without_gradients_rests(cone: Cone) -> None:
    """Equilibrium is exact on this coarse mesh: no current and no flow, to round-off of the thermal ones."""
    state = cone.solve(0.0)
    thermal = abs(Current(on="trans")(cone.solve(25e-3)))
    assert abs(Current(on="trans")(state)) < 1e-12 * thermal
    assert abs(Current(on="cis")(state)) < 1e-12 * thermal
    assert fi.observe.PeakVelocity()(state) < 1e-10 * fi.observe.PeakVelocity()(cone.solve(25e-3))
