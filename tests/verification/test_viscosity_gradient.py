# SPDX-License-Identifier: LGPL-3.0-or-later
"""Ions and liquid where diffusivity and viscosity vary along a slit: no current without voltage, and rectification."""

from typing import Any

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.units import mC, mM, nm

KCL = fi.Electrolyte.kcl(1 * mM)
LENGTH, HEIGHT, RATIO = 240 * nm, 20 * nm, 5.0
#: D over that of the thin liquid; the viscosity is its inverse. Thin on the right, and on the left.
RIGHT = fi.pattern.linear("x", 1 / RATIO, 1.0, from_=-LENGTH / 2, to=LENGTH / 2)
LEFT = fi.pattern.linear("x", 1.0, 1 / RATIO, from_=-LENGTH / 2, to=LENGTH / 2)
OPEN = ("left", "right")


@pytest.fixture(scope="module")
def slit() -> Any:
    edges = [-LENGTH / 6, LENGTH / 6]
    return fi.geometry.channel(
        LENGTH, HEIGHT, resolve=KCL.debye_length / 2, edges=edges, refine=0.5, periodic=None, half=True
    )


def model(slit: Any, thin: Any, charge: float, voltage: Any = 0.0, pressure: float = 0.0) -> Any:
    patch = fi.pattern.patches("x", width=LENGTH / 3)
    return fi.PNPS(
        KCL,
        slit,
        [
            fi.Bath(KCL, potential=voltage, pressure=pressure, on="left"),
            fi.Bath(KCL, on="right"),
            fi.SurfaceCharge(charge * patch, on="walls"),
            *(fi.Diffusivity(each.name, each.diffusivity * thin) for each in KCL.species),
            fi.Viscosity(KCL.viscosity / thin),
            fi.NoSlip(on="walls"),
        ],
    )


def currents(slit: Any, thin: Any, volts: list[float]) -> np.ndarray:
    voltage = fi.Parameter("voltage", 0.0, "V")
    whole = model(slit, thin, -20 * mC, voltage)
    curve = fi.iv_curve(whole, voltage, np.array(volts), between=OPEN, progress=False)
    assert curve.charge_defect < 1e-10
    return np.asarray(curve.currents)


def test_no_current_without_a_voltage_and_rectification_with_one(slit: Any) -> None:
    back, none, forth = currents(slit, RIGHT, [-0.3, 0.0, 0.3])
    assert abs(none) < 1e-12 * forth
    assert -back / forth > 1.8
    # Seen from the other side it is the same channel.
    assert currents(slit, LEFT, [-0.3, 0.3]) == pytest.approx([-forth, -back], rel=1e-6, abs=0)
    # The gradient is what rectifies.
    even = currents(slit, fi.pattern.linear("x", 1.0, 1.0, from_=-LENGTH / 2, to=LENGTH / 2), [-0.3, 0.3])
    assert -even[0] / even[1] == pytest.approx(1.0, abs=1e-6)


def test_pressure_drives_a_liquid_against_its_mean_viscosity(slit: Any) -> None:
    """Between neutral walls Q = h^3 dp / (12 Int eta dx), with Int eta dx = eta L ln(r) r/(r - 1) for D linear."""
    state = fi.steady(model(slit, RIGHT, 0.0, pressure=1e5))
    mean = KCL.viscosity * np.log(RATIO) * RATIO / (RATIO - 1.0)
    expected = HEIGHT**3 * 1e5 / (12.0 * mean * LENGTH)
    # The open ends add a part of the order of h/L: half as much in a channel of twice the length.
    assert fi.observe.FlowRate(on="right")(state) == pytest.approx(expected, rel=1.5e-2, abs=0)
