# SPDX-License-Identifier: LGPL-3.0-or-later
"""Poisson-Nernst-Planck along one line, against finite elements and closed forms."""

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.constants import FARADAY
from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.reduced import SectionedPore
from fem_ionics.units import nm

KCL = fi.Electrolyte.kcl(100.0)


def test_without_charge_sections_are_resistors_in_a_row():
    z = np.linspace(0.0, 10 * nm, 41)
    area = (1.0 + np.arange(40) % 7) * nm**2
    expected = KCL.conductivity / np.sum(np.diff(z) / area)
    voltages = np.array([0.01, -0.02, 0.1, 0.0])
    np.testing.assert_allclose(
        SectionedPore(z, area, np.zeros(41), KCL).currents(voltages), expected * voltages, rtol=1e-9, atol=1e-30
    )


@pytest.mark.parametrize("electrolyte", [KCL, fi.Electrolyte.symmetric(100.0, 2e-9)])
def test_a_bipolar_strip_is_that_of_finite_elements(electrolyte):
    """The same equations in one dimension, by another method on another mesh."""
    length, bath, density = 6 * nm, 3 * nm, FARADAY * 500.0
    z = np.linspace(-0.5 * length - bath, 0.5 * length + bath, 961)
    ends = np.clip(np.concatenate([[z[0]], 0.5 * (z[1:] + z[:-1]), [z[-1]]]), -0.5 * length, 0.5 * length)
    section = 1 * nm**2
    line = SectionedPore(z, np.full(z.size - 1, section), density * section * np.diff(np.abs(ends)), electrolyte)
    size = length + 2 * bath
    domain = fi.geometry.channel(
        size,
        size,
        resolve=0.2 * nm,
        edges=[-length / 2, 0.0, length / 2],
        periodic=None,
        across=1,
        half=True,
    )
    voltage = fi.Parameter("voltage", 0.0, "V")
    signs = fi.pattern.patches("x", width=length / 2, centre=length / 4) - fi.pattern.patches(
        "x", width=length / 2, centre=-length / 4
    )
    conditions = [fi.Bath(electrolyte, potential=voltage, on="left"), fi.Bath(electrolyte, on="right")]
    model = fi.PNP(electrolyte, domain, [*conditions, fi.FixedCharge(density * signs)])
    voltages = np.array([-0.4, -0.1, 0.1, 0.4])
    curve = fi.iv_curve(model, voltage, voltages, between=("left", "right"), progress=False)
    expected = curve.currents / size * section
    np.testing.assert_allclose(line.currents(voltages), expected, rtol=3e-3)
    assert expected[-1] / -expected[0] > 3.0


def test_valences_count():
    """Ohm's law of a 2:1 salt, whose potential has no kink where the section changes."""
    salt = fi.Electrolyte([fi.ion("Mg2+"), fi.ion("Cl-")], [50.0, 100.0])
    z = np.linspace(0.0, 5 * nm, 21)
    pore = SectionedPore(z, np.full(20, nm**2), np.zeros(21), salt)
    assert pore.currents(0.05)[0] == pytest.approx(salt.conductivity * nm**2 / (5 * nm) * 0.05, rel=1e-9, abs=0.0)


def test_the_jacobian_is_the_residuals_derivative():
    """At potentials that jump a lot, little and not at all between nodes."""
    z = np.array([0.0, 1.0, 1.5, 2.0, 3.0, 4.0]) * nm
    pore = SectionedPore(z, np.array([1.0, 2.0, 1.0, 0.5, 1.0]) * nm**2, np.full(6, 1e-20), KCL)
    rng = np.random.default_rng(1)
    unknowns = rng.standard_normal(18)
    unknowns[:6] = [3.0, 1.0, 1.0, 1.0005, 0.2, 0.0]
    _, jacobian = pore._system(unknowns, 3.0, 1.0)
    step = 1e-6
    for column in range(18):
        moved = np.zeros(18)
        moved[column] = step
        ahead, behind = (pore._system(unknowns + sign * moved, 3.0, 1.0)[0] for sign in (1, -1))
        np.testing.assert_allclose(
            jacobian[:, [column]].toarray().ravel(), (ahead - behind) / (2 * step), rtol=1e-6, atol=1e-7
        )


@pytest.mark.parametrize(
    ("z", "area", "charge", "match"),
    [
        ([0.0, 1.0], [1.0], [0.0, 0.0], "3 at least"),
        ([0.0, 1.0, 2.0], [1.0], [0.0, 0.0, 0.0], "shapes"),
        ([0.0, 2.0, 1.0], [1.0, 1.0], [0.0, 0.0, 0.0], "increase"),
        ([0.0, 1.0, 2.0], [1.0, -1.0], [0.0, 0.0, 0.0], "area"),
        ([0.0, 1.0, 2.0], [1.0, 1.0], [0.0, np.inf, 0.0], "charge"),
    ],
)
def test_what_is_refused(z, area, charge, match):
    with pytest.raises(ParameterError, match=match):
        SectionedPore(z, area, charge, KCL)


def test_voltages_are_finite_and_failures_are_told():
    z = np.linspace(0.0, 10 * nm, 11)
    pore = SectionedPore(z, np.full(10, nm**2), np.zeros(11), KCL)
    with pytest.raises(ParameterError, match="voltages"):
        pore.currents([np.nan])
    charge = np.zeros(11)
    charge[5] = 1e-10
    with pytest.raises(ConvergenceError, match="equilibrium"):
        SectionedPore(z, np.full(10, nm**2), charge, KCL).currents([0.1])
