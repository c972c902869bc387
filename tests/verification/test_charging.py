# SPDX-License-Identifier: LGPL-3.0-or-later
"""Charging of a cell between two blocking electrodes after a small step (case C3)."""

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.bifurcation.models import as_problem
from fem_ionics.bifurcation.spectrum import leading_modes


@pytest.mark.parametrize(
    ("ratio", "constant"), [(2, 0.632220), (5, 0.879199), (10, 0.945649), (20, 0.973994), (100, 0.994962)]
)
def test_slowest_charge_mode(ratio: float, constant: float) -> None:
    """Tau D/(lambda L) of half the cell, whose middle plane stays as it is; the other modes move salt.

    Bazant, Thornton and Ajdari (2004): tau of tanh q/q = l, q = (L/lambda) sqrt(1 - l).
    """
    water = fi.Electrolyte.symmetric(10.0, 1e-9)
    half = ratio * water.debye_length
    voltage = fi.Parameter("voltage", 0.0, "V")
    domain = fi.geometry.channel(half, 2 * half, resolve=water.debye_length / 5, half=True, axial=3, refine=2.0)
    conditions = [fi.Bath(water, on="symmetry"), fi.Fixed("potential", voltage, on="walls")]
    rate = rate_of_charging(fi.PNP(water, domain, conditions))
    found = water.species[0].diffusivity / (rate * water.debye_length * half)
    assert found == pytest.approx(constant, rel=2e-6, abs=0)


def rate_of_charging(model: fi.Model) -> float:
    """Of the slowest mode that moves the potential, 1/s."""
    problem = as_problem(model)
    problem.factorise(problem.first())
    rates = []
    for mode in leading_modes(problem, count=8):
        problem.unpack(mode.real, model.functions)
        sizes = [float(np.abs(function.x.array).max()) for function in model.functions]
        if sizes[0] > 1e-3 * max(sizes):
            rates.append(-mode.rate.real / model.scales.time)
    return min(rates)
