# SPDX-License-Identifier: LGPL-3.0-or-later
"""Balances close for a solution, and tell when one is broken on purpose."""

from dataclasses import replace

import numpy as np
import pytest

from fem_ionics.constants import FARADAY
from fem_ionics.observe import balances
from fem_ionics.solve import resting
from fem_ionics.units import mC, nm

WAVE, HEIGHT = 50 * nm, 10 * nm
STRONG = dict(charge=50 * mC, flux=10.0, phase=0.7)


@pytest.mark.mpi
def test_a_closed_channel_balances(half_channel, full_channel):
    half, full = balances(half_channel.solve(**STRONG)), balances(full_channel.solve(**STRONG))
    for each in (half, full):
        assert set(each.defects) == {"cation", "anion", "charge", "volume"}
        assert each.defects["cation"] < 1e-10 and max(each.defects.values()) < 1e-6
        assert each.species[0].amount == pytest.approx(100.0 * WAVE * HEIGHT, rel=1e-10, abs=0.0)
        assert 0.0 < each.divergence < 0.2
    # The whole device: both walls inject.
    assert half.species[0].size == pytest.approx(2 * 10.0 * WAVE * 2 / np.pi, rel=0.02, abs=0.0)
    assert half.species[0].size == pytest.approx(full.species[0].size, rel=1e-10, abs=0.0)
    assert half.charge_size == pytest.approx(2 * FARADAY * 100.0 * WAVE * HEIGHT, rel=1e-8, abs=0.0)


@pytest.mark.mpi
def test_open_boundaries_balance(bath_to_bath):
    found = balances(bath_to_bath.solve(20.0))
    assert max(found.defects.values()) < 1e-10
    assert found.ion_charge != 0.0
    assert found.held_charge == pytest.approx(-found.ion_charge, rel=1e-9, abs=0.0)
    assert (found.volume_size, found.divergence) == (0.0, 0.0)


@pytest.mark.mpi
def test_a_broken_state_shows(half_channel, bath_to_bath):
    state = half_channel.solve(**STRONG)

    def broken(state, name, change):
        fields = [field.name for field in state.model.fields]
        changed = [change(a) if n == name else a for n, a in zip(fields, state.arrays, strict=True)]
        return balances(replace(state, arrays=tuple(changed))).defects

    assert broken(state, "source cation", lambda a: a + 0.01)["cation"] > 1e-3
    assert broken(state, "cation", lambda a: 1.01 * a)["charge"] > 1e-3
    bath = bath_to_bath.solve(20.0)
    assert broken(bath, "mu K+", lambda a: 1.01 * a)["K+"] > 1e-4
    assert broken(bath, "potential", lambda a: 1.01 * a)["charge"] > 1e-7


@pytest.mark.mpi
def test_a_moment_of_a_transient_may_change_its_amounts(bath_to_bath):
    state = resting(bath_to_bath.model)
    state = replace(state, arrays=tuple(a + 0.1 * np.sign(a) for a in state.arrays))
    still, moving = balances(state), balances(replace(state, time=1e-9))
    assert still.species[0].defect == pytest.approx(
        abs(still.species[0].rate) / still.species[0].size, rel=1e-6, abs=0.0
    )
    assert moving.species[0].defect == 0.0
    assert moving.species[0].rate == still.species[0].rate


@pytest.mark.mpi
def test_ranks_agree(half_channel, alone):
    here, single = balances(half_channel.solve(**STRONG)), balances(alone.active.solve(**STRONG))
    assert here.species[0].amount == pytest.approx(single.species[0].amount, rel=1e-12, abs=0.0)
    assert here.species[0].size == pytest.approx(single.species[0].size, rel=1e-12, abs=0.0)
    assert here.divergence == pytest.approx(single.divergence, rel=1e-7, abs=0.0)
    assert here.volume_size == pytest.approx(single.volume_size, rel=1e-8, abs=0.0)


def test_the_table(half_channel, bath_to_bath):
    text = str(balances(half_channel.solve(**STRONG)))
    assert [line.split()[0] for line in text.splitlines()] == ["species", "cation", "anion", "charge", "volume"]
    assert "5.000000e-14" in text
    assert "volume" not in str(balances(bath_to_bath.solve(100.0)))
