# SPDX-License-Identifier: LGPL-3.0-or-later
"""Ions as charged hard spheres: units and radii."""

import pytest

import fem_ionics as fi
from fem_ionics.constants import AVOGADRO
from fem_ionics.errors import ParameterError
from fem_ionics.lemc.primitive import DENSITY, PAULING, ion_radii
from fem_ionics.units import M, nm

KCL = fi.Electrolyte.kcl(1 * M)


def test_a_molar_solution_has_its_ions_in_a_cube_of_a_nanometre():
    assert pytest.approx(0.602214076, rel=1e-9) == 1000.0 * DENSITY
    assert pytest.approx(1e27) == AVOGADRO / DENSITY


def test_the_radii_are_those_of_pauling():
    expected = {"Li+": 0.60, "Na+": 0.95, "K+": 1.33, "Mg2+": 0.65, "Ca2+": 0.99, "Cl-": 1.81}
    assert {name: radius / 1e-10 for name, radius in PAULING.items()} == pytest.approx(expected)
    assert ion_radii(KCL) == pytest.approx((0.133, 0.181))
    with pytest.raises(TypeError):
        PAULING["K+"] = 1.0


def test_a_radius_that_is_given_replaces_one_alone():
    given = {"Cl-": 0.2 * nm}
    assert ion_radii(KCL, given) == pytest.approx((0.133, 0.2))
    assert given == {"Cl-": 0.2 * nm}


def test_the_radius_of_a_species_is_another_one():
    salt = fi.Electrolyte(species=(KCL["K+"], fi.Species("F-", -1, 1.475e-9)), concentrations=(1.0, 1.0))
    with pytest.raises(ParameterError, match=r'radii: "F-" has none; give it in radii=\{"F-": \.\.\.\} \(known: Li\+'):
        ion_radii(salt)
    assert ion_radii(salt, {"F-": 0.136 * nm}) == pytest.approx((0.133, 0.136))


@pytest.mark.parametrize(
    ("radii", "words"),
    [
        ({"K": 0.1 * nm}, r'radii: "K" is none of K\+, Cl-\. Did you mean "K\+"\?'),
        ({"K+": 0.0}, r"radii: K\+ = 0"),
        ({"K+": float("nan")}, "finite"),
        ({"K+": "wide"}, "finite"),
    ],
)
def test_wrong_radii_are_refused(radii, words):
    with pytest.raises(ParameterError, match=words):
        ion_radii(KCL, radii)
