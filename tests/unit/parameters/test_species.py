# SPDX-License-Identifier: LGPL-3.0-or-later
"""Species and the ready-made ions."""

import dataclasses

import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Species, ion, ions


def test_species_is_frozen_and_hashable():
    species = Species("A", 0, 1e-9)
    assert (species.valence, species.radius) == (0, None)
    assert hash(species) == hash(Species("A", 0, 1e-9))
    with pytest.raises(dataclasses.FrozenInstanceError):
        species.valence = 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("", 1, 1e-9), "name"),
        (("A", 1.5, 1e-9), r'Species "A": valence = 1.5 was given; an integer'),
        (("A", 1, 0.0), r'Species "A": diffusivity = 0.0 was given; a positive finite number in m2/s'),
        (("A", 1, -1e-9), "diffusivity"),
        (("A", 1, float("nan")), "diffusivity"),
        (("A", 1, 1e-9, 0.0), "radius = 0.0 was given; a positive finite number in m"),
        (("A", 1, 1e-9, float("inf")), "radius"),
    ],
)
def test_bad_values_are_named(arguments, words):
    with pytest.raises(ParameterError, match=words):
        Species(*arguments)


@pytest.mark.parametrize(
    ("name", "valence", "diffusivity"),
    [
        ("K+", 1, 1.957e-9),
        ("Na+", 1, 1.334e-9),
        ("Li+", 1, 1.029e-9),
        ("H+", 1, 9.311e-9),
        ("Ca2+", 2, 0.792e-9),
        ("Mg2+", 2, 0.706e-9),
        ("Cl-", -1, 2.032e-9),
        ("Br-", -1, 2.080e-9),
        ("OH-", -1, 5.273e-9),
        ("SO4^2-", -2, 1.065e-9),
    ],
)
def test_handbook_values(name, valence, diffusivity):
    assert ion(name).valence == valence
    assert ion(name).diffusivity == pytest.approx(diffusivity, rel=1e-12, abs=0.0)


def test_table_is_read_only_and_consistent():
    with pytest.raises(TypeError):
        ions["X+"] = Species("X+", 1, 1e-9)
    for name, species in ions.items():
        assert species.name == name
        assert (species.valence > 0) == name.endswith("+")
        assert 2.5e-10 < species.radius < 5e-10  # hydrated radii, not those of crystals


def test_unknown_ion_lists_known_and_nearest():
    with pytest.raises(ParameterError, match=r'"Na\+".*Did you mean "Ca2\+"'):
        ion("Ca++2+")
    with pytest.raises(ParameterError, match=r"ready-made ions"):
        ion(3)
