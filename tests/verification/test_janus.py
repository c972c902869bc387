# SPDX-License-Identifier: LGPL-3.0-or-later
"""Stacks of charged sheets: rectification against layers, forces per sheet, and the blocked branch of a diode (C14)."""

import math

import numpy as np
import pytest
from scipy.constants import N_A, R, e

import fem_ionics as fi
from fem_ionics.units import nm

KCL = fi.Electrolyte.kcl(1000.0)
RADIUS, SPACING, CELL, BATH = math.sqrt(1.42 * 1.26) / 2 * nm, 0.34 * nm, 4 * nm, 4 * nm


def line(n: int) -> tuple[fi.reduced.SectionedPore, float]:
    """N negative and N positive sheets smeared over both halves of (2 N - 1) S, and the length of the box."""
    half = (2 * n - 1) * SPACING / 2
    z = np.linspace(-half, half, 2 * math.ceil(half / (0.02 * nm)) + 1)
    outer = half + np.geomspace(0.01 * nm, BATH, 40)
    z = np.concatenate([-outer[::-1], z, outer])
    middles = (z[1:] + z[:-1]) / 2
    area = np.where(np.abs(middles) > half, CELL**2, np.pi * RADIUS**2)
    within = np.abs(np.clip(np.concatenate([z[:1], middles, z[-1:]]), -half, half))
    return fi.reduced.SectionedPore(z, area, 4 * n * e / half * np.diff(within), KCL), 2 * (half + BATH)


def test_one_dimensional_stacks_have_the_known_ratios() -> None:
    """Peak ratios that a quasi-one-dimensional model gave, 1.4 to 316; how it treated the baths is not known."""
    fields = np.array([0.02, 0.03, 0.045, 0.06, 0.085, 0.12, 0.16]) / nm
    peaks, places = [], []
    for n in range(1, 6):
        pore, box = line(n)
        currents = pore.currents(np.concatenate([fields, -fields]) * box)
        ratios = currents[: fields.size] / -currents[fields.size :]
        peaks.append(ratios.max())
        places.append(fields[ratios.argmax()])
    np.testing.assert_allclose(peaks, [1.4, 6.3, 39.0, 144.0, 316.0], rtol=0.25)
    # A single layer is too flat to have a peak worth the name.
    assert np.all(np.diff(places[1:]) >= 0.0)


def stack(n: int, galleries: str = "open") -> fi.geometry.Domain:
    return fi.geometry.layered_pore(
        RADIUS,
        sheets=2 * n,
        spacing=SPACING,
        thickness=0.14 * nm,
        galleries=galleries,
        reservoir=(CELL / math.sqrt(np.pi), BATH),
        resolve=0.3 * nm,
        array=True,
    )


def janus(n: int, domain: fi.geometry.Domain, voltage: fi.Parameter, salt=KCL, beyond=()) -> fi.PNP:
    density = 4 * e / domain.area("sheet 1")
    charges = [(-density, range(1, n + 1)), (density, range(n + 1, 2 * n + 1))]
    return fi.PNP(
        salt,
        domain,
        [
            fi.Bath(salt, potential=voltage, on="cis"),
            fi.Bath(salt, on="trans"),
            *(fi.SurfaceCharge(each, on=[f"sheet {k}" for k in which]) for each, which in charges),
            *beyond,
        ],
    )


def test_layers_rectify_more() -> None:
    """On falls, off collapses; what 3-D ways in and layers at the wall leave of the one-dimensional ratios."""
    on, off = {}, {}
    volts = np.array([0.3, 0.8])
    for n in (1, 3):
        voltage = fi.Parameter("voltage", 0.0, "V")
        curve = fi.iv_curve(janus(n, stack(n), voltage), voltage, [*volts, *-volts], progress=False)
        assert curve.charge_defect < 1e-8
        on[n], off[n] = curve.currents[:2], -curve.currents[2:]
    # Numbers of a mesh four times as fine in each direction (resolve = 0.05 nm).
    np.testing.assert_allclose(on[3] / off[3], [16.43, 24.16], rtol=1e-2)
    np.testing.assert_allclose(on[1] / off[1], [2.34, 1.74], rtol=1e-2)
    assert np.all(on[3] < on[1])
    assert np.all(off[3] < 0.15 * off[1])


def test_forces_at_sheets_are_found_again_from_the_temperature() -> None:
    """Concentrations at three temperatures, less the mean field, give back the enthalpy and entropy of each sheet."""
    parts = {"sheet 1 opening": (12e3, -20.0), "sheet 3 opening": (-30.2e3, -146.0), "sheet 4 opening": (5e3, 0.0)}
    temperatures = (288.15, 298.15, 308.15)
    domain = stack(2)
    middles = SPACING * (np.arange(4) - 1.5)
    places = np.column_stack([np.full(4, 0.01 * nm), middles])
    free = []
    for kelvin in temperatures:
        salt = fi.Electrolyte.kcl(1000.0, temperature=kelvin)
        forces = [fi.ExcessPotential("K+", h, s, on=where) for where, (h, s) in parts.items()]
        model = janus(2, domain, fi.Parameter("voltage", 0.0, "V"), salt, forces)
        state = fi.poisson_boltzmann(model)
        energy = fi.reduced.partition_free_energy(fi.observe.evaluate(state, "K+", places), 1000.0, kelvin)
        free.append(energy - e * N_A * fi.observe.evaluate(state, "potential", places))
    found = fi.reduced.free_energy_parts(temperatures, free)
    expected = [parts.get(f"sheet {k} opening", (0.0, 0.0)) for k in range(1, 5)]
    np.testing.assert_allclose(found.enthalpy, [h for h, _ in expected], rtol=0, atol=0.5)
    np.testing.assert_allclose(found.entropy, [s for _, s in expected], rtol=0, atol=2e-3)


def test_a_force_is_what_slows_the_ions_it_acts_on() -> None:
    """One uncharged sheet with a barrier W over its whole mouth: a resistance exp(W/RT) times as large, in a row."""
    domain = fi.geometry.layered_pore(
        RADIUS,
        sheets=1,
        spacing=SPACING,
        thickness=0.3 * nm,
        reservoir=(CELL / math.sqrt(np.pi), BATH),
        resolve=0.3 * nm,
        array=True,
    )
    resistances = []
    for barrier in (0.0, 2.0, 4.0):
        voltage = fi.Parameter("voltage", 0.0, "V")
        forces = [fi.ExcessPotential(ion, barrier * R * KCL.temperature, on="sheet 1 opening") for ion in ("K+", "Cl-")]
        baths = [fi.Bath(KCL, potential=voltage, on="cis"), fi.Bath(KCL, on="trans")]
        curve = fi.iv_curve(fi.PNP(KCL, domain, [*baths, *forces]), voltage, [1e-3], progress=False)
        resistances.append(1e-3 / curve.currents[0])
    # The way in widens where the mouth resists more evenly: the added part is the mouth's own within some percent.
    mouth = 0.3 * nm / (KCL.conductivity * np.pi * RADIUS**2)
    added = np.diff(resistances) / (mouth * np.diff(np.exp([0.0, 2.0, 4.0])))
    np.testing.assert_allclose(added, 1.0, rtol=0.05)


def test_the_blocked_branch_of_a_thick_diode_in_one_dimension() -> None:
    """C14: I = F A (D+ + D-) 2 c0^2/(N L) (e^v - 1) at v = -1 ... -20, N/c0 = 10."""
    salt, thickness, ratio = fi.Electrolyte.symmetric(10.0, 2e-9), 4e-6, 10.0
    half = thickness / 2
    graded = np.concatenate([[0.0], np.geomspace(0.1 * nm, half / 2, 150)])
    upper = np.concatenate([graded, (half - graded)[-2::-1]])
    z = np.concatenate([-upper[:0:-1], upper])
    ends = np.concatenate([z[:1], (z[1:] + z[:-1]) / 2, z[-1:]])
    area, density = 1e-12, e * N_A * ratio * 10.0
    pore = fi.reduced.SectionedPore(z, np.full(z.size - 1, area), density * area * np.diff(np.abs(ends)), salt)
    v = np.array([-20.0, -10.0, -5.0, -2.0, -1.0])
    found = pore.currents(v * salt.thermal_voltage)
    ideal = fi.reduced.diode_current(v * salt.thermal_voltage, density, area, thickness, salt)
    np.testing.assert_allclose(found, ideal, rtol=0.015)


@pytest.mark.parametrize("galleries", ["open", "sealed"])
def test_equilibrium_carries_no_current(galleries: str) -> None:
    domain, voltage = stack(2, galleries), fi.Parameter("voltage", 0.0, "V")
    forces = [fi.ExcessPotential("K+", 10e3, on="sheet 3 opening"), fi.ExcessPotential("Cl-", -5e3, on="interlayers")]
    curve = fi.iv_curve(janus(2, domain, voltage, beyond=forces), voltage, [0.0, 0.02], progress=False)
    assert abs(curve.currents[0]) < 1e-9 * curve.currents[1]
