# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a user may state, and every value that is refused where it is stated."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from fem_ionics import (
    ElectricField,
    Fixed,
    FixedTotal,
    IonFlux,
    NoSlip,
    Parameter,
    Pressure,
    PressureGradient,
    Slip,
    SurfaceCharge,
    Symmetry,
    pattern,
)
from fem_ionics.errors import ParameterError

NAN, INFINITE = float("nan"), float("inf")
WALLS = "walls"

#: One way to make each condition from the value it carries.
WITH_VALUE = {
    "SurfaceCharge": lambda value: SurfaceCharge(value, on=WALLS),
    "IonFlux": lambda value: IonFlux("K+", value, on=WALLS),
    "Fixed": lambda value: Fixed("potential", value, on=WALLS),
    "Fixed velocity": lambda value: Fixed("velocity", (0.0, value), on=WALLS),
    "FixedTotal": lambda value: FixedTotal("K+", value),
    "Slip": lambda value: Slip(value, on=WALLS),
    "Pressure": lambda value: Pressure(value, on=WALLS),
    "ElectricField": ElectricField,
    "PressureGradient": PressureGradient,
}
WITH_PLACE = {
    "SurfaceCharge": lambda on: SurfaceCharge(0.01, on=on),
    "IonFlux": lambda on: IonFlux("K+", 1.0, on=on),
    "Fixed": lambda on: Fixed("potential", 0.0, on=on),
    "NoSlip": lambda on: NoSlip(on=on),
    "Slip": lambda on: Slip(1e-9, on=on),
    "Pressure": lambda on: Pressure(0.0, on=on),
    "Symmetry": lambda on: Symmetry(on=on),
}


@pytest.mark.parametrize("make", WITH_VALUE.values(), ids=WITH_VALUE)
def test_values_that_are_no_finite_number(make):
    for value in (NAN, INFINITE, -INFINITE, "5 nm", True, 1j, float, lambda x: x):
        with pytest.raises(ParameterError, match=r"is needed|must take \(x, math\)"):
            make(value)


@pytest.mark.parametrize("make", WITH_PLACE.values(), ids=WITH_PLACE)
def test_places_that_are_no_names(make):
    for on in ("", [], (), ["top", ""], ["top", 3], None, 3):
        with pytest.raises(ParameterError, match="the name of a boundary, or several, is needed"):
            make(on)


@pytest.mark.parametrize("species", ["", "  ", None, 7])
def test_species_that_are_no_names(species):
    for make in (lambda: IonFlux(species, 1.0, on=WALLS), lambda: FixedTotal(species, 1.0)):
        with pytest.raises(ParameterError, match="a non-empty string is needed"):
            make()
    with pytest.raises(ParameterError, match="Fixed: field"):
        Fixed(species, 1.0, on=WALLS)


@pytest.mark.parametrize("length", [-1e-9, -0.1])
def test_a_negative_slip_length(length):
    with pytest.raises(ParameterError, match=r"Slip: length = .* zero or a positive finite number in m"):
        Slip(length, on=WALLS)


@pytest.mark.parametrize("mean", [0.0, -1.0, Parameter("mean", -2.0), Parameter("mean", 0.0)], ids=repr)
def test_a_total_that_is_not_positive(mean):
    with pytest.raises(ParameterError, match=r'FixedTotal: mean of "K\+" = .* positive finite number in mol/m3'):
        FixedTotal("K+", mean)


@pytest.mark.parametrize("make", [ElectricField, PressureGradient, lambda v: FixedTotal("K+", v)])
@pytest.mark.parametrize("value", [pattern.cosine("x", wavelength=1e-8), lambda x, math: x[0]], ids=["cosine", "f"])
def test_drives_and_totals_are_uniform(make, value):
    with pytest.raises(ParameterError, match="varies in space; a number or a Parameter is needed"):
        make(value)


@pytest.mark.parametrize("kind", [ElectricField, PressureGradient])
@pytest.mark.parametrize("axis", ["w", 0, None, ""])
def test_an_axis_that_does_not_exist(kind, axis):
    with pytest.raises(ParameterError, match='"x", "y" or "z" is allowed'):
        kind(1.0, along=axis)


def test_slip_of_zero_is_no_slip():
    assert Slip(0, on=WALLS).is_no_slip and Slip(0.0, on=WALLS).is_no_slip
    assert not Slip(1e-9, on=WALLS).is_no_slip
    # A parameter may be turned later, and a pattern may be zero at one place only.
    assert not Slip(Parameter("slip", 0.0), on=WALLS).is_no_slip
    assert not Slip(pattern.cosine("x", wavelength=1.0), on=WALLS).is_no_slip


def test_patterns_parameters_and_functions_are_taken():
    amplitude = Parameter("amplitude", 0.5)
    wave = pattern.cosine("x", wavelength=4.0)
    x = (np.array([0.0, 1.0, 2.0]), np.zeros(3))
    for name, make in WITH_VALUE.items():
        if name in ("FixedTotal", "ElectricField", "PressureGradient"):
            assert make(amplitude) is not None
            continue
        condition = make(amplitude * (2.0 + wave))
        (value,) = [v for v in _expressions(condition) if v.parameters]
        assert value.parameters == (amplitude,)
        np.testing.assert_allclose(value(x), 0.5 * np.array([3.0, 2.0, 1.0]), atol=1e-15)
    assert float(SurfaceCharge(lambda x, math: 3.0 * x[0], on=WALLS).density((2.0, 0.0))) == 6.0


def _expressions(condition):
    for value in vars(condition).values():
        for each in value if isinstance(value, tuple) else (value,):
            if hasattr(each, "parameters"):
                yield each


def test_names_become_a_tuple_and_nothing_can_change():
    assert NoSlip("top").on == ("top",)
    assert NoSlip(["top", "bottom"]).on == ("top", "bottom")
    assert NoSlip(name for name in ("top", "bottom")).on == ("top", "bottom")
    assert Symmetry().on == ("symmetry",)
    with pytest.raises(FrozenInstanceError):
        NoSlip("top").on = ("bottom",)


def test_a_fixed_velocity_keeps_its_components():
    assert len(Fixed("velocity", (1.0, 2.0), on=WALLS).value) == 2
    assert len(Fixed("velocity", [1.0, 2.0, 3.0], on=WALLS).value) == 3
    assert len(Fixed("potential", 1.0, on=WALLS).value) == 1
