# SPDX-License-Identifier: LGPL-3.0-or-later
"""The Poisson-Boltzmann twin: the equilibrium of the full model, and where its solves start."""

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.errors import ModelError
from fem_ionics.geometry import cylindrical_pore
from fem_ionics.observe import Current, Maximum
from fem_ionics.units import nm

MIXTURE = fi.Electrolyte.mixture({"KCl": 10.0, "CaCl2": 2.0})


@pytest.fixture(scope="module")
def pore():
    return cylindrical_pore(3 * nm, 10 * nm, reservoir=20 * nm, resolve=2 * nm)


def conditions(trans=MIXTURE, charge=-0.05, voltage=0.0):
    baths = [fi.Bath(MIXTURE, potential=voltage, on="cis"), fi.Bath(trans, on="trans")]
    return [*baths, fi.SurfaceCharge(charge, on="walls")]


@pytest.mark.mpi
@pytest.mark.parametrize("steric", [None, fi.Bikerman(0.7 * nm)], ids=str)
def test_it_solves_the_full_model_at_rest(pore, steric):
    model = fi.PNP(MIXTURE, pore, [*conditions(), *([fi.Steric(steric)] if steric else [])])
    twin = fi.poisson_boltzmann(model)
    assert twin.info["iterations"] > 0
    # From there Newton has next to nothing to do.
    full = fi.steady(model, twin)
    assert full.info["iterations"] <= 1
    for before, after in zip(twin.arrays, full.arrays, strict=True):
        assert np.allclose(before, after, rtol=0.0, atol=1e-8)
    assert abs(Current(on="trans")(twin)) < 1e-20
    if isinstance(steric, fi.Bikerman):
        name = "Ca2+"
        assert Maximum(name)(twin) < Maximum(name)(fi.poisson_boltzmann(fi.PNP(MIXTURE, pore, conditions())))


def test_crowding_without_a_closed_inverse_has_unknowns_of_its_own():
    """The formula has roots with overlapping ions too: they are not taken, also on a coarse mesh."""
    kcl = fi.Electrolyte.kcl(100.0)
    strip = fi.geometry.rectangle((6 * nm, 1 * nm), (24, 1))
    stated = [
        fi.Bath(kcl, on="right"),
        fi.Fixed("potential", -0.3, on="left"),
        fi.Steric(fi.CarnahanStarling(0.6 * nm)),
    ]
    model = fi.PNP(kcl, strip, stated, unknowns="potentials")
    state = fi.steady(model)
    crowded = state.field("K+").x.array
    excess = [each for each in model.fields if each.kind == "excess"]
    assert [each.name for each in excess] == ["excess K+", "excess Cl-"]
    # 5514 with four times as many cells; 1.5e8 at the other root.
    assert crowded.max() == pytest.approx(5514.0, rel=1e-3, abs=0.0)
    assert crowded.max() < fi.CarnahanStarling(0.6 * nm).saturation(kcl.species)[0] / fi.constants.NA


def test_with_concentrations_as_unknowns_it_is_the_same_field(pore):
    states = [
        fi.poisson_boltzmann(fi.PNP(MIXTURE, pore, conditions(), unknowns=u)) for u in ("concentrations", "potentials")
    ]
    first, second = (state.field("Ca2+").x.array for state in states)
    assert np.allclose(first, second, rtol=1e-9, atol=0.0)


def test_strong_charges_need_no_hand(pore):
    twin = fi.poisson_boltzmann(fi.PNP(MIXTURE, pore, conditions(charge=-0.5)))
    assert Maximum("Ca2+")(twin) > 1e4


def test_between_unequal_baths_it_is_a_guess_from_which_newton_is_quick(pore):
    model = fi.PNP(MIXTURE, pore, conditions(MIXTURE.scaled(10.0), voltage=0.1))
    guess = fi.poisson_boltzmann(model)
    found = fi.steady(model, guess)
    assert 0 < found.info["iterations"] <= 12
    assert "load steps" not in found.info
    assert fi.steady(model).info["iterations"] == found.info["iterations"]


def test_a_closed_domain_has_none():
    closed = fi.geometry.channel(20 * nm, 10 * nm, resolve=1 * nm)
    kcl = fi.Electrolyte.kcl(100.0)
    model = fi.PNP(kcl, closed, [fi.FixedTotal("K+", 100.0), fi.FixedTotal("Cl-", 100.0)])
    with pytest.raises(ModelError, match="this domain is closed"):
        fi.poisson_boltzmann(model)
