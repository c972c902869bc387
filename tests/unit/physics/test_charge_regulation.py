# SPDX-License-Identifier: LGPL-3.0-or-later
"""Groups on walls: what they carry, and every value that is refused where it is stated."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from fem_ionics import AcidGroup, BaseGroup, ChargeRegulation, Parameter, SurfaceGroup, pattern
from fem_ionics.errors import ParameterError
from fem_ionics.physics import charge_regulation as regulation
from fem_ionics.physics import stated
from fem_ionics.units import M, mM, nm

GROUP = AcidGroup(8 / nm**2, pK=7.5)


def fraction(concentration, group):
    return float(regulation.occupied_fraction(concentration, float(group.dissociation_constant(()))))


def charge(concentration, group, valence=1):
    return regulation.group_charge(float(group.density(())), group.charge, valence, fraction(concentration, group))


@pytest.mark.parametrize("pK", [-2.0, 0.0, 7.5, Parameter("pK", 7.5)], ids=repr)
def test_half_of_the_groups_are_occupied_where_pH_is_pK(pK):
    group = SurfaceGroup(1.0, pK, charge=0)
    at = 10 ** -float(group.pK(())) * M
    assert float(group.dissociation_constant(())) == pytest.approx(at, rel=1e-13, abs=0)
    assert [fraction(x * at, group) for x in (0.0, 0.1, 1.0, 10.0)] == pytest.approx(
        [0.0, 1 / 11, 0.5, 10 / 11], rel=1e-6, abs=0.0
    )


def test_charges_of_acids_and_bases():
    """-e Gamma / (1 + c/K) and e Gamma / (1 + K/c)."""
    c, constant = 3 * mM, 10 ** (3 - 2.2)
    assert charge(c, AcidGroup(2.0, 2.2)) == pytest.approx(-2.0 / (1.0 + c / constant), rel=1e-13, abs=0)
    assert charge(c, BaseGroup(2.0, 2.2)) == pytest.approx(2.0 / (1.0 + constant / c), rel=1e-13, abs=0)
    # A divalent ion turns the sign of an acid.
    assert charge(c, AcidGroup(2.0, -30.0), valence=2) == pytest.approx(-2.0, rel=1e-13, abs=0)
    assert charge(c, AcidGroup(2.0, 30.0), valence=2) == pytest.approx(2.0, rel=1e-13, abs=0)
    # So does an anion on a neutral group.
    assert charge(c, SurfaceGroup(2.0, 30.0, charge=0), valence=-1) == pytest.approx(-2.0, rel=1e-13, abs=0)


@pytest.mark.parametrize("concentration", [-1e-3, -1.0, -10.0])
def test_a_negative_concentration_binds_nothing(concentration):
    assert fraction(concentration, SurfaceGroup(1.0, 2.0, charge=0)) == 0.0  # K = 10 mol/m3


def test_protons_of_a_bulk_at_potential_zero():
    assert float(regulation.protons(np.log(4.0), 2.0)) == pytest.approx(0.5, rel=1e-13, abs=0)


@pytest.mark.parametrize("density", [-1.0, float("nan"), "1/nm2", True, None, lambda x: x])
def test_densities_that_are_none(density):
    with pytest.raises(ParameterError, match=r"is needed|must take \(x, math\)"):
        AcidGroup(density, 7.5)


@pytest.mark.parametrize("pK", [float("inf"), "7", None])
def test_constants_that_are_none(pK):
    with pytest.raises(ParameterError, match="is needed"):
        BaseGroup(1.0, pK)


def test_charges_of_groups_are_integers():
    with pytest.raises(ParameterError, match=r"SurfaceGroup: charge = 0\.5 was given; an integer is needed"):
        SurfaceGroup(1.0, 7.0, charge=0.5)
    assert (AcidGroup(1.0, 7.0).charge, BaseGroup(1.0, 7.0).charge) == (-1, 0)


@pytest.mark.parametrize("groups", [[], (), None, "acid", 8.0, [GROUP, 8.0], AcidGroup])
def test_groups_that_are_none(groups):
    with pytest.raises(ParameterError, match="an AcidGroup, BaseGroup or SurfaceGroup, or several, is needed"):
        ChargeRegulation(groups, on="walls", pH=7.0)


@pytest.mark.parametrize("options", [{}, {"ion": "H+", "pH": 7.0}])
def test_either_an_ion_or_a_pH(options):
    with pytest.raises(ParameterError, match=r"ChargeRegulation: ion = .* and pH = .* one of them is needed"):
        ChargeRegulation(GROUP, on="walls", **options)


def test_ions_and_pH_that_are_none():
    for ion in ("", "  ", 3):
        with pytest.raises(ParameterError, match=r"ChargeRegulation: ion = .* a non-empty string is needed"):
            ChargeRegulation(GROUP, on="walls", ion=ion)
    with pytest.raises(ParameterError, match="ChargeRegulation: pH varies in space"):
        ChargeRegulation(GROUP, on="walls", pH=pattern.cosine("x", wavelength=1.0))
    with pytest.raises(ParameterError, match="the name of a boundary, or several, is needed"):
        ChargeRegulation(GROUP, on=[], pH=7.0)


def test_what_a_condition_states():
    """Groups are looked into, so that models find their parameters and fingerprints tell them apart."""
    density, pK = Parameter("density", 1.0), Parameter("pK", 7.0)
    condition = ChargeRegulation([AcidGroup(density, pK), BaseGroup(2.0, 4.0)], on=("top", "bottom"), ion="H+")
    found = list(stated(condition))
    assert found[:3] == [density, pK, -1]
    assert found[5:] == [0, "top", "bottom", "H+", None]
    assert ChargeRegulation(GROUP, on="walls", pH=7.0).groups == (GROUP,)
    with pytest.raises(FrozenInstanceError):
        GROUP.pK = 3.0


def test_positive_part():
    wave = Parameter("amplitude", 2.0) * pattern.cosine("x", wavelength=4.0)
    x = (np.array([0.0, 0.5, 1.5, 2.0]), np.zeros(4))
    both = pattern.positive_part(wave)(x), pattern.positive_part(-wave)(x)
    np.testing.assert_allclose(both[0], [2.0, 2.0**0.5, 0.0, 0.0], atol=1e-14)
    np.testing.assert_allclose(both[0] - both[1], wave(x), atol=1e-14)
