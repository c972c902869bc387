# SPDX-License-Identifier: LGPL-3.0-or-later
"""The same numbers on any number of ranks: each problem solved on all of them, and by each alone."""

from typing import Any

import numpy as np
import pytest
from channels import Flagship, PhaseShifted
from measures import Mean, peak_velocity
from mpi4py import MPI

pytestmark = [pytest.mark.mpi(least=2), pytest.mark.filterwarnings("ignore::fem_ionics.errors.ResolutionWarning")]


@pytest.fixture(scope="module")
def pair() -> tuple[Flagship, Flagship]:
    """The flagship on all ranks (first, so that forms compile once), and on this rank alone."""
    return Flagship(), Flagship(comm=MPI.COMM_SELF)


def means(channel: Flagship, state: Any) -> np.ndarray:
    """Means of powers of each field, which know no order of the unknowns."""
    model = channel.model
    phi, cation, anion, u, p = (field.function for field in model.fields[:5])
    integrands = [phi**2, cation**2, anion**2, u[0] ** 2, u[1] ** 2, p**2]
    return np.array([Mean(model, integrand)(state) for integrand in integrands])


def test_symmetric_state(pair: tuple[Flagship, Flagship]) -> None:
    together, alone = (means(channel, channel.solve(20.0)) for channel in pair)
    assert together == pytest.approx(alone, rel=1e-9, abs=0)
    state = pair[0].solve(20.0)
    assert abs(pair[0].velocity(state)) < 1e-10 * peak_velocity(state)


def test_flowing_state(pair: tuple[Flagship, Flagship]) -> None:
    found = []
    for channel in pair:
        channel.phase.value = 0.2
        state = channel.solve(30.0)
        for phase in (0.05, 0.0):
            channel.phase.value = phase
            state = channel.solve(30.0, state)
        found.append(channel.velocity(state))
    assert abs(found[0]) == pytest.approx(0.5616, rel=1e-3, abs=0)
    assert found[0] == pytest.approx(found[1], rel=1e-9, abs=0)


def test_transient(pair: tuple[Flagship, Flagship]) -> None:
    """Error control takes the same steps, so it sees the same numbers."""
    runs = [channel.follow(channel.seeded(0.02), 30.0, 0.02, tolerance=1e-3) for channel in pair]
    (times, velocity, _), (times_alone, velocity_alone, _) = runs
    assert len(times) == len(times_alone) > 5
    assert times == pytest.approx(times_alone, rel=1e-6, abs=0)
    assert velocity == pytest.approx(velocity_alone, rel=1e-6, abs=0)


def test_phase_shifted_flow() -> None:
    found = [
        PhaseShifted(1.0, comm=comm).velocity(s=0.02, J=0.04, K=2.0, b=0.3, delta=np.pi / 2)
        for comm in (MPI.COMM_WORLD, MPI.COMM_SELF)
    ]
    assert found[0] == pytest.approx(-4.5885e-5, rel=2e-4, abs=0)
    assert found[0] == pytest.approx(found[1], rel=1e-9, abs=0)
