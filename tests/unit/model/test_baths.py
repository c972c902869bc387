# SPDX-License-Identifier: LGPL-3.0-or-later
"""A bath holds all fields of an opening, in equilibrium with each other."""

import pytest

import fem_ionics as fi
from fem_ionics.errors import ModelError, ParameterError
from fem_ionics.geometry import rectangle
from fem_ionics.observe import Current, FlowRate, Maximum, Minimum
from fem_ionics.units import nm

KCL = fi.Electrolyte.kcl(100.0)


@pytest.fixture(scope="module")
def box():
    return rectangle((30 * nm, 10 * nm), (4, 6))


def baths(left=KCL, right=KCL, voltage=0.0, **pressure):
    return [fi.Bath(left, potential=voltage, on="left", **pressure), fi.Bath(right, on="right")]


@pytest.mark.mpi
@pytest.mark.parametrize("unknowns", ["potentials", "concentrations"])
def test_a_bath_is_the_fixed_values_it_stands_for(box, unknowns):
    voltage = fi.Parameter("voltage", 0.02, "V")
    by_hand = [
        fi.Fixed(name, value, on=side)
        for side, potential in (("left", voltage), ("right", 0.0))
        for name, value in (("potential", potential), ("K+", 100.0), ("Cl-", 100.0))
    ]
    short = fi.steady(fi.PNP(KCL, box, baths(voltage=voltage), unknowns=unknowns))
    long = fi.steady(fi.PNP(KCL, box, by_hand, unknowns=unknowns))
    current = Current(on="right")
    assert current(short) == pytest.approx(current(long), rel=1e-12, abs=0.0)
    assert current(short) == pytest.approx(KCL.conductivity * 0.02 * 10 / 30, rel=1e-9, abs=0.0)


def test_concentrations_follow_parameters(box):
    salt = fi.Parameter("salt", 100.0, "mol/m3")
    model = fi.PNP(KCL, box, baths({"K+": salt, "Cl-": salt}, {"K+": salt, "Cl-": salt}))
    salt.value = 30.0
    state = fi.steady(model)
    assert Maximum("K+")(state) == pytest.approx(30.0, rel=1e-12, abs=0.0)
    assert Minimum("Cl-")(state) == pytest.approx(30.0, rel=1e-12, abs=0.0)


def test_a_pressure_drives_the_liquid_and_a_uniform_salt_does_not(box):
    ten = fi.Electrolyte.kcl(10.0)
    walls = fi.NoSlip(["bottom", "top"])
    pushed = fi.steady(fi.PNPS(KCL, box, [*baths(pressure=1e5), walls]))
    poiseuille = 1e5 / 30e-9 * (10e-9) ** 3 / (12 * KCL.viscosity)
    # At the ends the liquid may also move sideways: a little less resistance.
    assert FlowRate(on="right")(pushed) == pytest.approx(poiseuille, rel=4e-2, abs=0.0)
    # The model's electrolyte is another one than the baths': its osmotic pressure is no pressure drop.
    rest = fi.steady(fi.PNPS(KCL, box, [*baths(ten, ten), walls]))
    assert abs(FlowRate(on="right")(rest)) < 1e-12 * poiseuille


def test_each_bath_names_every_species(box):
    with pytest.raises(ModelError, match=r'it holds K\+, the model K\+, Cl-; "Cl-" is missing'):
        fi.PNP(KCL, box, baths(right={"K+": 1.0}))
    with pytest.raises(ModelError, match=r'"K" is no species of the model. Did you mean "K\+"'):
        fi.PNP(KCL, box, baths(right={"K": 1.0, "K+": 1.0, "Cl-": 2.0}))


def test_a_bath_is_neutral_and_positive_also_later(box):
    salt = fi.Parameter("salt", 100.0, "mol/m3")
    model = fi.PNP(KCL, box, baths({"K+": salt, "Cl-": 100.0}))
    for value, words in ((50.0, r"not neutral \(sum z c = -50"), (0.0, "positive concentrations")):
        salt.value = value
        with pytest.raises(ModelError, match=words):
            fi.steady(model)


def test_what_is_no_bath():
    with pytest.raises(ParameterError, match="an Electrolyte or a mapping"):
        fi.Bath(100.0, on="left")
    with pytest.raises(ParameterError, match="the name of a boundary"):
        fi.Bath(KCL)
    with pytest.raises(ParameterError, match='concentration of "K\\+" varies in space'):
        fi.Bath({"K+": fi.pattern.cosine("x", wavelength=1e-8), "Cl-": 1.0}, on="left")


def test_one_opening_is_held_once(box):
    with pytest.raises(ModelError, match='both Fixed and Fixed act on "left"'):
        fi.PNP(KCL, box, [*baths(), fi.Fixed("potential", 0.0, on="left")])
