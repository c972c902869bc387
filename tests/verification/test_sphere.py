# SPDX-License-Identifier: LGPL-3.0-or-later
"""Electrophoresis of a sphere at low zeta potential (case C17): Henry's function from the coupled equations."""

import numpy as np
import pytest
from boxes import outside_sphere
from measures import surface_mean
from scipy.special import expn

import fem_ionics as fi
from fem_ionics.parameters.expression import Coordinate

RADIUS = 10e-9


def henry(k: float) -> float:
    """Henry's integral in closed form; Ohshima's formula is within 1 % of it."""
    return float(1.0 - np.exp(k) * (5.0 * expn(7, k) - 2.0 * expn(5, k)))


def mobility(k: float) -> float:
    """Velocity over eps zeta E/eta of a sphere of k Debye lengths, held while the liquid around is free.

    No traction acts on the far boundary and all charge is inside, so that the sphere needs no force to stay: the
    liquid far away has minus its velocity, up to the cube of the ratio of the radii.
    """
    water = fi.Electrolyte.symmetric(1.0, 1e-9, viscosity=0.89e-3)
    water = fi.Electrolyte.symmetric((k * water.debye_length / RADIUS) ** 2, 1e-9, viscosity=0.89e-3)
    zeta, field = 0.02 * water.thermal_voltage, 0.01 * water.thermal_voltage / RADIUS
    far = 20 * RADIUS + 10 * water.debye_length
    domain = outside_sphere(RADIUS, far, min(RADIUS, water.debye_length) / 8)
    conditions = [
        fi.SurfaceCharge(water.absolute_permittivity * zeta * (1 + k) / RADIUS, on="sphere"),
        fi.NoSlip(on="sphere"),
        fi.Fixed("potential", -field * Coordinate("z"), on="far"),
        fi.Fixed("cation", water.bulk["cation"], on="far"),
        fi.Fixed("anion", water.bulk["anion"], on="far"),
        fi.Pressure(0.0, on="far"),
    ]
    model = fi.PNPS(water, domain, conditions)
    fi.Steady(model).solve()
    velocity = surface_mean(domain, model.expression("velocity")[1], "far")
    return -velocity * water.viscosity / (water.absolute_permittivity * zeta * field)


@pytest.mark.parametrize(
    ("k", "ohshima"),
    [
        pytest.param(0.1, 0.667010, marks=pytest.mark.validate),
        (1.0, 0.689605),
        (10.0, 0.837343),
        pytest.param(100.0, 0.976200, marks=pytest.mark.validate),
    ],
)
def test_henry(k: float, ohshima: float) -> None:
    assert fi.reduced.henry_function(k) == pytest.approx(ohshima, rel=1e-6, abs=0)
    found = mobility(k)
    assert found == pytest.approx(henry(k), rel=1e-3, abs=0)
    assert found == pytest.approx(ohshima, rel=1e-2, abs=0)
