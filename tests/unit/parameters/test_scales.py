# SPDX-License-Identifier: LGPL-3.0-or-later
"""Scales and groups: each against its own definition in constants."""

import dataclasses

import pytest

from fem_ionics.constants import FARADAY, GAS, VACUUM_PERMITTIVITY
from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Electrolyte, Scales, Species

KCL = Electrolyte.kcl(10.0)
SCALES = Scales.of(KCL, 5e-9)


def test_of_an_electrolyte():
    assert SCALES.concentration == pytest.approx(10.0, rel=1e-6, abs=0.0)
    assert SCALES.diffusivity == KCL["Cl-"].diffusivity
    assert Scales.of(Electrolyte.cacl2(10.0), 5e-9).concentration == pytest.approx(30.0, rel=1e-6, abs=0.0)
    assert (SCALES.viscosity, SCALES.density) == (KCL.viscosity, KCL.density)


def test_scales_in_si():
    L, c, D, T = 5e-9, 10.0, 2.032e-9, 298.15
    expected = {
        "potential": GAS * T / FARADAY,
        "time": L**2 / D,
        "velocity": D / L,
        "flux": D * c / L,
        "current_density": FARADAY * D * c / L,
        "volume_charge": FARADAY * c,
        "surface_charge": FARADAY * c * L,
        "electric_field": GAS * T / FARADAY / L,
        "pressure": GAS * T * c,
        "pressure_gradient": GAS * T * c / L,
        "viscous": KCL.viscosity * D / (GAS * T * c * L**2),
        "inertia": KCL.density * D**2 / (GAS * T * c * L**2),
        "poisson": VACUUM_PERMITTIVITY * 78.4 * GAS * T / (FARADAY * L) ** 2 / c,
    }
    assert {name: getattr(SCALES, name) for name in expected} == pytest.approx(expected, rel=1e-12, abs=0.0)


def test_debye_ratio_is_length_over_debye_length():
    for electrolyte in (KCL, Electrolyte.cacl2(3.0), Electrolyte.mixture({"KCl": 1.0, "LaCl3": 2.0})):
        scales = Scales.of(electrolyte, 7e-9)
        assert scales.debye_ratio == pytest.approx(7e-9 / electrolyte.debye_length, rel=1e-12, abs=0.0)
        assert scales.poisson == pytest.approx(2.0 / scales.debye_ratio**2, rel=1e-12, abs=0.0)


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Scales)])
@pytest.mark.parametrize("bad", [0.0, -1.0, float("nan"), "1"])
def test_bad_values_are_named(name, bad):
    with pytest.raises(ParameterError, match=f"Scales: {name} = "):
        dataclasses.replace(SCALES, **{name: bad})


def test_ions_are_needed():
    with pytest.raises(ParameterError, match="no ions"):
        Scales.of(Electrolyte((Species("glucose", 0, 6.7e-10),), (5.0,)), 5e-9)
