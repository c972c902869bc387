# SPDX-License-Identifier: LGPL-3.0-or-later
"""The transport ratio and the slices it is made of."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.observe import IonRate, TransportRatio
from fem_ionics.observe.transport import current_parts
from fem_ionics.units import mC, nm

WAVE, HEIGHT = 50 * nm, 10 * nm
STRONG = dict(charge=50 * mC, flux=10.0, phase=0.7)


@pytest.mark.mpi
def test_parts_add_up_to_the_current(half_channel):
    state = half_channel.solve(**STRONG)
    advective, rest, volumes = current_parts(state, of="cation")
    assert volumes.sum() == pytest.approx(WAVE * HEIGHT / 2 / half_channel.model.domain.unit**2, rel=1e-6, abs=0.0)
    # One slice a cell, the seam in one of them.
    np.testing.assert_allclose(volumes, volumes[0], rtol=1e-10)
    assert len(volumes) == 20
    mean = np.average(advective + rest, weights=volumes)
    assert HEIGHT * mean == pytest.approx(IonRate("cation")(state), rel=1e-10, abs=0.0)


@pytest.mark.mpi
def test_weak_patterns(half_channel):
    def ratio(flux, of):
        return TransportRatio(of=of)(half_channel.solve(charge=2 * mC, flux=flux))

    # The flow is of second order in the patterns, so the liquid carries nearly nothing, twice as much of twice.
    assert 0.0 < ratio(0.1, "ions") < 0.02
    assert ratio(0.2, "cation") == pytest.approx(ratio(0.1, "cation"), rel=0.2, abs=0.0)


@pytest.mark.mpi
def test_net_flow_carries_the_ions(half_channel, full_channel, alone):
    still = half_channel.solve(charge=50 * mC, flux=10.0)
    flowing, whole = half_channel.solve(**STRONG), full_channel.solve(**STRONG)
    assert TransportRatio()(still) < 0.1 < 0.5 < TransportRatio()(flowing)
    assert TransportRatio()(whole) == pytest.approx(TransportRatio()(flowing), rel=1e-8, abs=0.0)
    assert TransportRatio()(alone.active.solve(**STRONG)) == pytest.approx(TransportRatio()(flowing), rel=1e-8, abs=0.0)
    # A pressure-driven liquid without fields carries every ion at its mean velocity, and nothing else moves.
    driven = half_channel.solve(gradient=-1e12)
    advective, rest, _ = current_parts(driven)
    np.testing.assert_allclose(advective, 200.0 * 7.0 / 120.0, rtol=1e-8)
    assert np.abs(rest).max() < 1e-9 * advective.max()


def test_what_is_refused(half_channel):
    with pytest.raises(ParameterError, match="Did you mean"):
        TransportRatio(of="kation")(half_channel.solve())
    with pytest.raises(ParameterError, match="axis"):
        TransportRatio("r")
