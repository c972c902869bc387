# SPDX-License-Identifier: LGPL-3.0-or-later
"""Electrolytes: derived lengths to the digits of the literature, neutrality, look-up, refusals."""

import math

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Electrolyte, Species, ion, ions, salts

BAD = [0.0, -1.0, float("nan"), float("inf"), "80"]


@pytest.mark.parametrize(("millimolar", "nanometres"), [(1, 9.61370), (10, 3.04012), (100, 0.961370)])
def test_debye_length(millimolar, nanometres):
    digits = 0.5e-5 if nanometres > 1 else 0.5e-6
    assert abs(Electrolyte.kcl(millimolar).debye_length * 1e9 - nanometres) <= digits


def test_bjerrum_length_and_thermal_voltage():
    kcl = Electrolyte.kcl(1.0)
    assert abs(kcl.bjerrum_length * 1e9 - 0.714872) <= 0.5e-6
    assert kcl.thermal_voltage == pytest.approx(25.692579e-3, rel=1e-7, abs=0.0)
    # kappa^2 = 4 pi l_B sum z^2 n ties the two lengths together.
    ions_per_volume = 2 * 6.02214076e23
    kappa2 = 4 * math.pi * kcl.bjerrum_length * ions_per_volume
    assert kcl.debye_length**-2 == pytest.approx(kappa2, rel=1e-12, abs=0.0)


def test_conductivity_is_the_limiting_molar_conductivity():
    # Limiting molar conductivity of KCl at 25 C: 149.8 S cm2/mol (Robinson and Stokes).
    assert Electrolyte.kcl(1.0).conductivity == pytest.approx(149.8e-4, rel=1e-3, abs=0.0)


def test_valences_enter_squared():
    cacl2 = Electrolyte.cacl2(10.0)
    assert cacl2.bulk == {"Ca2+": 10.0, "Cl-": 20.0}
    assert cacl2.ionic_strength == pytest.approx(30.0, rel=1e-6, abs=0.0)
    assert cacl2.debye_length == pytest.approx(Electrolyte.nacl(30.0).debye_length, rel=1e-6, abs=0.0)


def test_mixture_shares_ions():
    mixed = Electrolyte.mixture({"KCl": 10.0, "CaCl2": 5.0}, temperature=310.0)
    assert mixed.bulk == {"K+": 10.0, "Cl-": 20.0, "Ca2+": 5.0}
    assert mixed.temperature == 310.0
    assert mixed.valences == (1, -1, 2)


@pytest.mark.parametrize("salt", list(salts))
def test_every_salt_dissolves_into_a_neutral_bulk(salt):
    assert set(salts[salt]) <= set(ions)
    Electrolyte.mixture({salt: 1.0})


def test_symmetric_model_electrolyte():
    model = Electrolyte.symmetric(100.0, 1e-9, permittivity=78.5, viscosity=1e-3, density=1000.0, temperature=298.0)
    assert model.names == ("cation", "anion")
    assert model.diffusivities == (1e-9, 1e-9)
    assert (model.permittivity, model.viscosity, model.density) == (78.5, 1e-3, 1000.0)
    assert Electrolyte.symmetric(1.0, 1e-9, valence=2, names=("+", "-")).valences == (2, -2)
    for valence in (0, -1, 1.0):
        with pytest.raises(ParameterError, match="valence"):
            Electrolyte.symmetric(1.0, 1e-9, valence=valence)
    for names in ("ab", ("a",), ("a", "b", "c")):
        with pytest.raises(ParameterError, match="cation, anion"):
            Electrolyte.symmetric(1.0, 1e-9, names=names)


def test_not_neutral_states_net_charge_and_remedy():
    pair = (ion("K+"), ion("Cl-"))
    with pytest.raises(ParameterError, match=r"sum z c = \+3 mol/m3\. Cl- at 10 mol/m3 would close it"):
        Electrolyte(pair, (10.0, 7.0))
    with pytest.raises(ParameterError, match=r"sum z c = -3 mol/m3\. Ca2\+ at 3\.5 mol/m3 would close it"):
        Electrolyte((ion("Ca2+"), ion("Cl-")), (2.0, 7.0))
    with pytest.raises(ParameterError, match="opposite sign"):
        Electrolyte((ion("K+"), ion("Na+")), (1.0, 1.0))


def test_neutrality_is_relative_to_the_total_charge():
    pair = (ion("K+"), ion("Cl-"))
    for scale in (1e-6, 1.0, 1e4):
        Electrolyte(pair, (scale, scale * (1 + 1e-10)))
        with pytest.raises(ParameterError, match="not neutral"):
            Electrolyte(pair, (scale, scale * (1 + 1e-8)))


@pytest.mark.parametrize("name", ["permittivity", "viscosity", "density", "temperature"])
@pytest.mark.parametrize("bad", BAD)
def test_bad_solvent_values_are_named(name, bad):
    with pytest.raises(ParameterError, match=f"{name} = .* was given"):
        Electrolyte.kcl(1.0, **{name: bad})


@pytest.mark.parametrize("bad", [-1.0, float("nan"), float("inf"), "1"])
def test_bad_concentrations_name_the_species(bad):
    with pytest.raises(ParameterError, match=r"concentration of Cl- = .* mol/m3"):
        Electrolyte((ion("K+"), ion("Cl-")), (1.0, bad))
    with pytest.raises(ParameterError, match="KCl"):
        Electrolyte.kcl(bad)


def test_other_refusals():
    potassium, chloride = ion("K+"), ion("Cl-")
    with pytest.raises(ParameterError, match="more than once"):
        Electrolyte((potassium, potassium, chloride), (1.0, 1.0, 2.0))
    with pytest.raises(ParameterError, match=r"1 concentrations for 2 species \(K\+, Cl-\)"):
        Electrolyte((potassium, chloride), (1.0,))
    with pytest.raises(ParameterError, match="at least one must be positive"):
        Electrolyte.kcl(0.0)
    for not_species in ((), ("K+", "Cl-"), 3, None):
        with pytest.raises(ParameterError, match="sequence of Species"):
            Electrolyte(not_species, (1.0, 1.0))
    with pytest.raises(ParameterError, match=r'Known: .*"KCl".*Did you mean "KCl"'):
        Electrolyte.mixture({"KCL": 1.0})


def test_neutral_solute_alone_screens_nothing():
    assert Electrolyte((Species("glucose", 0, 6.7e-10),), (5.0,)).debye_length == math.inf


def test_look_up_by_name():
    kcl = Electrolyte.kcl(10.0)
    assert kcl.index("Cl-") == 1
    assert kcl["Cl-"] is kcl.species[1]
    for look_up in (kcl.index, kcl.__getitem__):
        with pytest.raises(ParameterError, match=r'has "K\+", "Cl-".* Did you mean "Cl-"'):
            look_up("CL-")
    with pytest.raises(TypeError):
        kcl.bulk["K+"] = 3.0


def test_variations_keep_the_solvent():
    kcl = Electrolyte.kcl(10.0, viscosity=1e-3)
    assert kcl.scaled(3.0) == Electrolyte.kcl(30.0, viscosity=1e-3)
    assert kcl.with_concentrations(np.array([2.0, 2.0])) == Electrolyte.kcl(2.0, viscosity=1e-3)
    assert kcl.with_concentrations({"Cl-": 2.0, "K+": 2.0}).concentrations == (2.0, 2.0)
    with pytest.raises(ParameterError, match="not neutral"):
        kcl.with_concentrations({"Cl-": 2.0})
    with pytest.raises(ParameterError, match="Na"):
        kcl.with_concentrations({"Na+": 2.0})
    for bad in (0.0, -2.0, float("nan")):
        with pytest.raises(ParameterError, match="factor"):
            kcl.scaled(bad)
    assert hash(kcl) == hash(Electrolyte.kcl(10.0, viscosity=1e-3))
