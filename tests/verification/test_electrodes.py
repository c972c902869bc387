# SPDX-License-Identifier: LGPL-3.0-or-later
"""Slabs between electrodes that react, against closed forms of neutral liquid with the diffuse layers left out."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.optimize import brentq

import fem_ionics as fi
from fem_ionics.constants import FARADAY
from fem_ionics.physics import rates
from fem_ionics.units import mM, um

LENGTH, DIFFUSIVITY, AMOUNT = 1 * um, 1e-9, 25 * mM
SALT = fi.Electrolyte.symmetric(AMOUNT, DIFFUSIVITY)
THERMAL = SALT.thermal_voltage
RATE = 1e-3  # m/s: half of what diffusion does over the length
LIMITING = 4 * FARADAY * DIFFUSIVITY * AMOUNT / LENGTH  # A/m2, where the cation runs out at the cathode
LAWS = [rates.ButlerVolmer(0.5), rates.CoupledTransfer(8.3, ion=1.0)]


def slab(salt: fi.Electrolyte = SALT) -> fi.geometry.Domain:
    ends = [-LENGTH / 2, LENGTH / 2]
    return fi.geometry.channel(
        LENGTH, LENGTH, resolve=salt.debye_length, edges=ends, periodic=None, across=1, half=True
    )


def cell(
    voltage: fi.Parameter, law: Any, capacitance: float = 0.0, salt: fi.Electrolyte = SALT, **options: Any
) -> fi.Model:
    """A metal on both sides of its salt: what one side dissolves the other deposits."""
    amount = salt.bulk["anion"]
    metal: dict[str, Any] = {"oxidised": "cation", "law": law, "rate": RATE, "reference": amount}
    metal["capacitance"] = capacitance
    electrodes = [
        fi.ElectrodeReaction(potential=voltage, on="left", **metal),
        fi.ElectrodeReaction(potential=0.0, on="right", **metal),
    ]
    return fi.PNP(salt, slab(salt), [*electrodes, fi.FixedTotal("anion", amount)], **options)


def voltage_of(j: float, law: Any) -> float:
    """Voltage in kT/e of a neutral slab at the current j over the limiting one.

    Anions are at rest, so that c = 1 +- j at the faces and phi = ln c; each electrode brings the current up.
    """
    flux = j * LIMITING / (FARADAY * RATE * AMOUNT)

    def overpotential(c: float, wanted: float) -> float:
        return brentq(lambda eta: law.oxidation(eta, np) - c * law.reduction(eta, np) - wanted, -5.0, 5.0, xtol=1e-13)

    return overpotential(1 + j, flux) + 2 * math.atanh(j) - overpotential(1 - j, -flux)


@pytest.mark.mpi
@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_current_of_two_reacting_electrodes(law: Any) -> None:
    voltage = fi.Parameter("voltage", 0.0, "V")
    j = np.array([-1.0, 0.5, 1.0]) * (0.3 if isinstance(law, rates.ButlerVolmer) else 0.2 * law.oxidation(0.0, np))
    volts = np.array([voltage_of(each, law) for each in j]) * THERMAL
    curve = fi.iv_curve(cell(voltage, law), voltage, volts, between=("left", "right"))
    np.testing.assert_allclose(curve.currents / LENGTH, j * LIMITING, rtol=5e-4)
    assert curve.charge_defect < 1e-8


def test_difference_to_the_closed_form_is_the_diffuse_layer() -> None:
    """It goes with the Debye length over the slab's; here five to one."""
    voltage = fi.Parameter("voltage", voltage_of(0.6, LAWS[0]) * THERMAL, "V")
    missing = []
    for salt in (SALT.scaled(1 / 25), SALT):
        state = fi.steady(cell(voltage, LAWS[0], salt=salt))
        limiting = LIMITING * salt.bulk["anion"] / AMOUNT
        missing.append(1.0 + fi.observe.Current(on="left")(state) / LENGTH / (0.6 * limiting))
    assert 0.0 < missing[1] < 1e-3
    assert missing[0] / missing[1] == pytest.approx(5.0, rel=0.05)


@pytest.mark.parametrize("unknowns", ["concentrations", "potentials"])
@pytest.mark.parametrize("capacitance", [0.0, 0.1])
def test_series_resistances(capacitance: float, unknowns: str) -> None:
    """Linear kinetics: RT/(F i0) of each electrode, 4 RT/F over the limiting current of the liquid."""
    voltage = fi.Parameter("voltage", 1e-5, "V")
    state = fi.steady(cell(voltage, LAWS[0], capacitance, unknowns=unknowns))
    exchange = FARADAY * RATE * AMOUNT
    resistance = 2 * THERMAL / exchange + 4 * THERMAL / LIMITING
    for side, sign in (("left", -1), ("right", 1)):
        current = sign * fi.observe.Current(on=side)(state) / LENGTH
        assert current * resistance == pytest.approx(1e-5, rel=1e-6)
    within = fi.observe.Current(along="x", at=0.2 * LENGTH)(state) / LENGTH
    assert within * resistance == pytest.approx(1e-5, rel=1e-6)
    balance = fi.observe.balances(state)
    assert max(balance.defects.values()) < 1e-8


def test_relaxation_after_a_step_of_voltage() -> None:
    """The salt's slowest mode between the electrodes, tan y = -(1 + 4 D/(k L)) y, decays at D (2 y/L)^2."""
    voltage = fi.Parameter("voltage", 0.0, "V")
    model = cell(voltage, LAWS[0])
    start = fi.steady(model)
    voltage.value = 1e-4
    end = fi.steady(model)
    left = fi.observe.Current(on="left")
    unit = LENGTH**2 / DIFFUSIVITY
    trace = fi.transient(
        model, start, until=0.25 * unit, record={"I": left}, progress=False, tolerance=1e-7, largest_step=5e-3 * unit
    )
    slope = 1 + 4 * DIFFUSIVITY / (RATE * LENGTH)
    y = brentq(lambda y: math.sin(y) + slope * y * math.cos(y), math.pi / 2, math.pi)
    late = trace["time"] > 0.1 * unit
    found = np.polyfit(trace["time"][late], np.log(np.abs(trace["I"][late] - left(end))), 1)[0]
    assert found == pytest.approx(-DIFFUSIVITY * (2 * y / LENGTH) ** 2, rel=5e-3)
    cations = [fi.observe.balances(state).species[0].amount for state in (start, trace.last)]
    assert cations[1] == pytest.approx(cations[0], rel=1e-9)


def test_blocked_electrode_is_two_capacitors_in_series() -> None:
    """Without a rate: the compact layer, and the diffuse one with permittivity over Debye length."""
    compact, volts = 0.1, 1e-4
    blocked = fi.ElectrodeReaction(
        "cation", LAWS[0], 0.0, volts, on="left", standard=0.3, reference=AMOUNT, capacitance=compact
    )
    state = fi.steady(fi.PNP(SALT, slab(), [blocked, fi.Bath(SALT, on="right")]))
    diffuse = SALT.absolute_permittivity / SALT.debye_length
    wall = float(fi.observe.evaluate(state, "potential", [[-LENGTH / 2, LENGTH / 4]])[0])
    assert wall == pytest.approx(volts * compact / (compact + diffuse), rel=1e-4)
    assert abs(fi.observe.Current(on="right")(state)) < 1e-10 * LIMITING * LENGTH


def couple(amount: float) -> fi.Electrolyte:
    """A neutral molecule, the cation that it becomes, and an anion."""
    kinds = [fi.Species("Fc", 0, DIFFUSIVITY), fi.Species("Fc+", 1, DIFFUSIVITY), fi.Species("PF6-", -1, DIFFUSIVITY)]
    return fi.Electrolyte(tuple(kinds), (amount, AMOUNT, AMOUNT))


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_equilibrium_is_nernst_for_every_law(law: Any) -> None:
    """No current at standard + (RT/F) ln(c_O/c_R), and some on either side."""
    given, standard = couple(3 * AMOUNT), 0.2
    potential = fi.Parameter("potential", 0.0, "V")
    electrode = fi.ElectrodeReaction(
        "Fc+", law, RATE, potential, on="left", reduced="Fc", standard=standard, capacitance=0.05
    )
    model = fi.PNP(given, slab(), [electrode, fi.Bath(given, on="right")])
    steady, probe, last = fi.Steady(model), fi.observe.Current(on="right"), None
    found = []
    for shift in (-0.01, 0.0, 0.01):
        potential.value = standard + THERMAL * math.log(1 / 3) + shift
        last = steady.solve(last)
        found.append(probe(last) / LENGTH / LIMITING)
    assert found[0] < -1e-5 and found[2] > 1e-5
    assert abs(found[1]) < 1e-9 * found[2]


def test_couple_in_a_closed_cell() -> None:
    """One electrode makes what the other takes; the amounts given of molecule and anion stay."""
    given = couple(AMOUNT)
    voltage = fi.Parameter("voltage", 5e-4, "V")
    electrodes = [
        fi.ElectrodeReaction("Fc+", LAWS[0], RATE, potential, on=side, reduced="Fc")
        for side, potential in (("left", voltage), ("right", 0.0))
    ]
    totals = [fi.FixedTotal(name, given.bulk) for name in ("Fc", "PF6-")]
    state = fi.steady(fi.PNP(given, slab(), [*electrodes, *totals]))
    # As the metal's cell, and the molecule has to diffuse back.
    resistance = 2 * THERMAL / (FARADAY * RATE * AMOUNT) + 4 * THERMAL / LIMITING + 4 * THERMAL / LIMITING
    assert -fi.observe.Current(on="left")(state) / LENGTH * resistance == pytest.approx(5e-4, rel=1e-4)
    amounts = {each.name: each.amount for each in fi.observe.balances(state).species}
    assert amounts["Fc+"] == pytest.approx(amounts["PF6-"], rel=1e-9)
    assert amounts["Fc"] == pytest.approx(AMOUNT * LENGTH * LENGTH, rel=1e-9)


def test_couple_charges_its_electrode() -> None:
    """In a transient an electrode's charge comes from the couple: molecules and cations together stay."""
    given = couple(AMOUNT)
    voltage = fi.Parameter("voltage", 0.0, "V")
    common: dict[str, Any] = {"oxidised": "Fc+", "law": LAWS[0], "rate": RATE, "reduced": "Fc"}
    electrodes = [
        fi.ElectrodeReaction(potential=voltage, on="left", capacitance=0.1, **common),
        fi.ElectrodeReaction(potential=0.0, on="right", **common),
    ]
    model = fi.PNP(given, slab(), [*electrodes, *(fi.FixedTotal(name, given.bulk) for name in ("Fc", "PF6-"))])
    start = fi.steady(model)
    voltage.value = 0.05
    step = 2e-4 * LENGTH**2 / DIFFUSIVITY  # a fifth of what the layer needs
    end = fi.transient(model, start, until=5 * step, progress=False, fixed_step=step).last
    before, after = ({each.name: each.amount for each in fi.observe.balances(s).species} for s in (start, end))
    total = before["Fc"] + before["Fc+"]
    assert after["Fc"] + after["Fc+"] == pytest.approx(total, rel=1e-9)
    assert after["PF6-"] == pytest.approx(before["PF6-"], rel=1e-9)
    assert abs(after["Fc"] - before["Fc"]) > 1e-4 * total
    assert fi.observe.balances(end).defects["charge"] < 1e-8
