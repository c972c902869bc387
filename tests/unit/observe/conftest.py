# SPDX-License-Identifier: LGPL-3.0-or-later
"""Two small solved problems: a resistor between baths, and an active channel with knobs."""

from functools import cache
from types import SimpleNamespace

import pytest
from mpi4py import MPI

from fem_ionics.geometry import channel, rectangle
from fem_ionics.model import PNP, PNPS
from fem_ionics.parameters import Electrolyte, Parameter, pattern
from fem_ionics.physics import Fixed, FixedTotal, IonFlux, PressureGradient, Slip, SurfaceCharge
from fem_ionics.solve import Steady
from fem_ionics.units import mV, nm

#: Of the resistor and of the channel.
LENGTH, HEIGHT, WAVE, SLIP = 20 * nm, 10 * nm, 50 * nm, 10 * nm


def resistor(comm=MPI.COMM_WORLD) -> SimpleNamespace:
    """KCl between two baths; `right` is the concentration of the right one."""
    kcl = Electrolyte.kcl(100.0)
    right = Parameter("right bath", 100.0, "mol/m3")
    salt = {"left": 100.0, "right": right}
    model = PNP(
        kcl,
        rectangle((LENGTH, HEIGHT), (8, 4), comm=comm),
        [
            Fixed("potential", 20 * mV, on="left"),
            Fixed("potential", 0.0, on="right"),
            *[Fixed(ion, value, on=side) for ion in kcl.names for side, value in salt.items()],
        ],
    )
    solver = Steady(model)

    @cache
    def solve(concentration: float):
        right.value = concentration
        return solver.solve()

    return SimpleNamespace(model=model, electrolyte=kcl, solve=solve)


def active(half: bool = True, comm=MPI.COMM_WORLD, **options) -> SimpleNamespace:
    """A charged, active channel with slip and a driving pressure gradient, all of them parameters."""
    water = Electrolyte.symmetric(100.0, 1e-9, temperature=298.0, permittivity=78.5, viscosity=1e-3)
    knobs = {
        "charge": Parameter("charge", 0.0, "C/m2"),
        "flux": Parameter("flux", 0.0, "mol/m2/s"),
        "phase": Parameter("phase", 0.0),
        "gradient": Parameter("gradient", 0.0, "Pa/m"),
    }
    stripes = pattern.cosine("x", wavelength=WAVE)
    shifted = pattern.cosine("x", wavelength=WAVE, phase=knobs["phase"])
    model = PNPS(
        water,
        channel(WAVE, HEIGHT, resolve=water.debye_length, half=half, comm=comm, **options),
        [
            SurfaceCharge(knobs["charge"] * stripes, on="walls"),
            IonFlux("cation", knobs["flux"] * shifted, on="walls"),
            Slip(SLIP, on="walls"),
            FixedTotal("cation", 100.0),
            FixedTotal("anion", 100.0),
            PressureGradient(knobs["gradient"]),
        ],
    )
    solver = Steady(model)

    @cache
    def solve(**values: float):
        for name, parameter in knobs.items():
            parameter.value = values.get(name, 0.0)
        return solver.solve()

    return SimpleNamespace(model=model, electrolyte=water, solve=solve)


@pytest.fixture(scope="package")
def bath_to_bath() -> SimpleNamespace:
    """`resistor` on all ranks."""
    return resistor()


@pytest.fixture(scope="package")
def half_channel() -> SimpleNamespace:
    """`active` with its mirror plane."""
    return active()


@pytest.fixture(scope="package")
def full_channel() -> SimpleNamespace:
    """`active` without."""
    return active(half=False)


@pytest.fixture(scope="package")
def alone() -> SimpleNamespace:
    """`resistor` and `active` solved by each rank for itself, to compare with."""
    return SimpleNamespace(resistor=resistor(MPI.COMM_SELF), active=active(comm=MPI.COMM_SELF))
