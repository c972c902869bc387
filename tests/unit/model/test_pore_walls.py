# SPDX-License-Identifier: LGPL-3.0-or-later
"""Walls of a cone between baths: slip on an oblique wall, and groups that bind ions."""

import pytest

import fem_ionics as fi
from fem_ionics.geometry import conical_pore
from fem_ionics.observe import Current, FlowRate, WallCharge
from fem_ionics.units import nm

GROUPS = 1e18  # 1/m2


def made(electrolyte, *walls, kind=fi.PNP):
    cone = conical_pore(3 * nm, 8 * nm, 20 * nm, reservoir=30 * nm, resolve=2 * nm)
    baths = [fi.Bath(electrolyte, potential=0.05, on="cis"), fi.Bath(electrolyte, on="trans")]
    return fi.steady(kind(electrolyte, cone, [*baths, *walls]))


def test_slip_lets_more_liquid_through_and_keeps_the_currents_equal():
    kcl = fi.Electrolyte.kcl(10.0)
    charge, rest = fi.SurfaceCharge(-0.03, on="pore wall"), fi.NoSlip(on="membrane")
    sticking = made(kcl, charge, fi.NoSlip(on="walls"), kind=fi.PNPS)
    slipping = made(kcl, charge, fi.Slip(5 * nm, on="pore wall"), rest, kind=fi.PNPS)
    assert FlowRate(on="trans")(slipping) > 1.5 * FlowRate(on="trans")(sticking) > 0.0
    assert Current(on="trans")(slipping) > Current(on="trans")(sticking)
    assert Current(on="cis")(slipping) == pytest.approx(-Current(on="trans")(slipping), rel=1e-9, abs=0.0)


def test_acidic_walls_are_charged_by_the_pH_and_less_by_protons_that_are_few():
    full = -GROUPS * fi.constants.e
    kcl = fi.Electrolyte.kcl(10.0)
    basic = made(kcl, fi.ChargeRegulation(fi.AcidGroup(GROUPS, 3.8), on="pore wall", pH=12.0))
    assert WallCharge("pore wall")(basic) == pytest.approx(full, rel=1e-2, abs=0.0)
    acid = fi.Electrolyte.mixture({"KCl": 10.0, "HCl": 0.1})
    bound = made(acid, fi.ChargeRegulation(fi.AcidGroup(GROUPS, 3.8), on="pore wall", ion="H+"))
    assert full < 2.0 * WallCharge("pore wall")(bound) < 0.0
    assert Current(on="cis")(bound) == pytest.approx(-Current(on="trans")(bound), rel=1e-9, abs=0.0)
