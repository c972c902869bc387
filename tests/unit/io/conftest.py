# SPDX-License-Identifier: LGPL-3.0-or-later
"""A small model whose fields are known functions of position: nothing has to be solved."""

from collections.abc import Callable

import numpy as np
import pytest

from fem_ionics.geometry import channel
from fem_ionics.model import PNPS, Model, State
from fem_ionics.parameters import Electrolyte, Parameter, pattern
from fem_ionics.physics import FixedTotal, IonFlux, Slip, SurfaceCharge
from fem_ionics.units import mC, nm

LENGTH, HEIGHT = 30 * nm, 10 * nm


def build(degree: int = 2, shape: str = "quadrilateral", unknowns: str = "concentrations", **options) -> Model:
    """Periodic channel; half and wavy by options."""
    kcl = Electrolyte.kcl(100.0)
    domain = channel(LENGTH, HEIGHT, resolve=2 * kcl.debye_length, shape=shape, **options)
    stripes = pattern.cosine("x", wavelength=LENGTH)
    flux = Parameter("active flux", 5.0, "mol/m2/s")
    conditions = [
        SurfaceCharge(50 * mC * stripes, on="walls"),
        IonFlux("K+", flux * stripes, on="walls"),
        Slip(5 * nm, on="walls"),
        FixedTotal("Cl-", 100.0),
    ]
    return PNPS(kcl, domain, conditions, degree=degree, unknowns=unknowns)


def wave(model: Model, number: int, components: int):
    """A periodic function of the mesh's coordinates, different for each field."""
    k = 2 * np.pi * model.domain.unit / LENGTH

    def values(x):
        rows = [
            np.cos((1 + row) * k * x[0] + number) * (1.5 + x[1] ** 2) + 3.0 + 0.1 * number
            for row in range(max(components, 1))
        ]
        return np.array(rows) if components else rows[0]

    return values


def fill(model: Model, shift: int = 0, time: float | None = None, **info) -> State:
    """State with a known function in every field."""
    for number, field in enumerate(model.fields):
        if field.kind == "multiplier":
            field.function.x.array[:] = 0.1 + number + shift
        else:
            shape = field.function.ufl_shape
            field.function.interpolate(wave(model, number + shift, shape[0] if shape else 0))
        # The last digits of shared nodes depend on the cell they were evaluated in.
        field.function.x.scatter_forward()
    return model.snapshot(time, **info)


@pytest.fixture
def make_model() -> Callable[..., Model]:
    """`build`."""
    return build


@pytest.fixture
def make_state() -> Callable[..., State]:
    """`fill`."""
    return fill
