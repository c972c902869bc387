# SPDX-License-Identifier: LGPL-3.0-or-later
"""Averages over round sections count rings by their area, and nothing in solids."""

import math

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.geometry import cylindrical_pore, tube
from fem_ionics.observe import FlowRate, MeanVelocity, cross_section_average
from fem_ionics.units import nm

KCL = fi.Electrolyte.kcl(100.0)
RADIUS, LENGTH = 5 * nm, 20 * nm


@pytest.mark.mpi
def test_poiseuille_in_a_tube():
    pipe = tube(RADIUS, LENGTH, resolve=2 * nm, periodic=None)
    pressed = [fi.Bath(KCL, on="cis", pressure=1e4), fi.Bath(KCL, on="trans"), fi.NoSlip(on="walls")]
    state = fi.steady(fi.PNPS(KCL, pipe, pressed))
    mean = cross_section_average(state, "velocity", at=[-4 * nm, 0.0, 4 * nm], component="z", axis="z")
    # All sections carry what flows out, and at these ends hardly less than Poiseuille's.
    rate = FlowRate(on="trans")(state)
    assert mean * math.pi * RADIUS**2 == pytest.approx(np.full(3, rate), rel=1e-3, abs=0.0)
    poiseuille = math.pi * RADIUS**4 * 1e4 / (8 * KCL.viscosity * LENGTH)
    assert rate == pytest.approx(poiseuille, rel=6e-2, abs=0.0)
    assert MeanVelocity("z")(state) == pytest.approx(rate / (math.pi * RADIUS**2), rel=1e-3, abs=0.0)


def test_a_section_through_pore_and_membrane_counts_the_pore():
    domain = cylindrical_pore(RADIUS, LENGTH, reservoir=30 * nm, resolve=2 * nm, membrane="dielectric")
    stated = [fi.Bath(KCL, on="cis"), fi.Bath(KCL, on="trans"), fi.Permittivity(2.0, on="membrane")]
    state = fi.steady(fi.PNP(KCL, domain, stated))
    assert cross_section_average(state, "K+", at=[0.0], axis="z") == pytest.approx([100.0], rel=1e-10, abs=0.0)
