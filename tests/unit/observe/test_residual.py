# SPDX-License-Identifier: LGPL-3.0-or-later
"""The residual of a species adds up over all nodes and ranks."""

import numpy as np
import pytest

from fem_ionics.observe.residual import _step, held_nodes, held_sum, ion_field, residual


@pytest.mark.mpi
def test_nothing_is_lost_between_ranks(bath_to_bath):
    model = bath_to_bath.model
    model.load(bath_to_bath.solve(20.0))
    local = residual(model, ion_field(model, "K+"))
    size = held_sum(model, "K+", ("right",))
    comm = model.domain.comm
    assert abs(comm.allreduce(local.sum())) < 1e-11 * abs(size)
    # At a node that is not held the equations hold, also between two ranks.
    free = np.delete(local, held_nodes(model, "K+"))
    assert comm.allreduce(np.abs(free).max(), op=max) < 1e-9 * abs(size)
    assert comm.allreduce(len(held_nodes(model, "K+", ("left",)))) == 9
    assert comm.allreduce(len(held_nodes(model, "K+"))) == 18


def test_step_keeps_mean_and_first_moment():
    offsets = np.array([[-0.3, 0.7], [0.2, 1.2], [-3.0, -1.0]])
    values = _step(offsets)
    means = [0.7, 1.0, 0.0]
    moments = [0.7**2 / 2, (1.2**2 - 0.2**2) / 2, 0.0]
    for (left, right), (a, b), mean, moment in zip(offsets, values, means, moments, strict=True):
        length = right - left
        assert length * (a + b) / 2 == pytest.approx(mean, rel=1e-6, abs=0.0)
        assert length * (left * (2 * a + b) + right * (a + 2 * b)) / 6 == pytest.approx(moment, rel=1e-6, abs=0.0)
