# SPDX-License-Identifier: LGPL-3.0-or-later
"""A sampled state made by hand, and what its probes read."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from fem_ionics.errors import TagError
from fem_ionics.lemc import CurrentError, Estimate, PoreCell, Sampled, SampledCurrent, TensorGrid
from fem_ionics.lemc.primitive import DENSITY


def state(**given):
    """Two ions in a pore 2 nm long, whose bins are one nanometre high; 3 pA of 10 are lost on the way."""
    grid = TensorGrid(np.array([0.0, 1.0, 2.0]), np.array([0.0, 2 * np.pi]), np.linspace(-3.0, 3.0, 7))
    density = np.stack([np.full(grid.shape, 1.0 / DENSITY), np.full(grid.shape, 2.0 / DENSITY)])
    standard = {
        "ions": ("K+", "Cl-"),
        "valences": (1, -1),
        "currents": Estimate(np.array([7e-12, 3e-12]), np.array([3e-13, 4e-13])),
        "current": Estimate(np.array(10e-12), np.array(6e-13)),
        "density": Estimate(density, 0.1 * density),
        "potentials": np.zeros((2, *grid.nodes)),
        "defects": np.array([2e-12, 1e-12]),
        "agreement": np.zeros(2),
        "drift": 0.0,
        "seeds": np.array([9e-12, 11e-12]),
        "grid": grid,
        "cell": PoreCell((-1.0, 1.0), (1.0, 1.0), 2.0, 2.0),
        "parameters": {"voltage": 0.1},
        "info": {},
    }
    return Sampled(**(standard | given))


def test_current_leaves_through_trans_and_enters_through_cis():
    here = state()
    assert SampledCurrent()(here) == 10e-12
    assert SampledCurrent("K+")(here) == 7e-12
    assert SampledCurrent("Cl-", on="trans")(here) == 3e-12
    assert SampledCurrent("K+", on="cis")(here) == pytest.approx(-9e-12)
    assert SampledCurrent(on="cis")(here) == pytest.approx(-13e-12)
    assert isinstance(SampledCurrent()(here), float)


def test_the_error_of_the_sum_is_its_own():
    here = state()
    assert CurrentError()(here) == 6e-13
    assert CurrentError("Cl-")(here) == 4e-13
    assert SampledCurrent.unit == CurrentError.unit == "A"


def test_ions_between_the_mouths_are_counted():
    """Two bins along the axis and two across: density times the full bins."""
    here = state()
    assert here.number("K+") == pytest.approx(2.0 * np.pi * 2.0**2)
    assert here.number("Cl-") == pytest.approx(2.0 * here.number("K+"))


@pytest.mark.parametrize("probe", [SampledCurrent("Na+"), CurrentError("Na+"), lambda s: s.number("Na+")])
def test_an_unknown_ion_is_named(probe):
    with pytest.raises(TagError, match=r'"Na\+" was asked for; the ions are K\+, Cl-'):
        probe(state())


def test_other_openings_are_refused():
    with pytest.raises(TagError, match='on = "left" was given; "cis" or "trans" is allowed'):
        SampledCurrent(on="left")


def test_a_sampled_state_does_not_change():
    with pytest.raises(FrozenInstanceError):
        state().drift = 1.0
