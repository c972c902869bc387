# SPDX-License-Identifier: LGPL-3.0-or-later
"""The weighted residual: its parts add up, and it knows what leaves through a boundary."""

import numpy as np
import pytest
from dolfinx import fem

from fem_ionics.observe import Current, IonCurrent
from fem_ionics.observe.goals import Goal
from fem_ionics.observe.weighted import WeightedResidual


@pytest.fixture(scope="module")
def weighted(bath_to_bath):
    return WeightedResidual(bath_to_bath.model)


def lifted(model, goal):
    functions = [fem.Function(each.function_space) for each in model.functions]
    for function, values in zip(functions, Goal(goal, model).lift(), strict=True):
        if values is not None:
            function.x.array[:] = values
    return functions


@pytest.mark.mpi
@pytest.mark.parametrize("goal", [Current(on="right"), IonCurrent("Cl-", on="left")], ids=lambda goal: goal.name)
def test_the_residual_of_the_lift_is_the_current(bath_to_bath, weighted, goal):
    state = bath_to_bath.solve(20.0)
    model = bath_to_bath.model
    expected = goal(state)
    assert Goal(goal, model).value() == pytest.approx(expected, rel=1e-12, abs=0)
    total = weighted.total(weighted.at_corners(lifted(model, goal)))
    assert total == pytest.approx(expected, rel=1e-12, abs=0)


@pytest.mark.mpi
def test_cells_share_the_sizes_of_the_corners(bath_to_bath, weighted):
    model = bath_to_bath.model
    model.load(bath_to_bath.solve(20.0))
    parts = weighted.at_corners(lifted(model, Current(on="right")))
    cells = weighted.at_cells(parts)
    owned = parts[: weighted.hats.dofmap.index_map.size_local]
    comm = model.domain.comm
    assert comm.allreduce(len(cells)) == model.domain.cells_total
    sizes = comm.allreduce(np.abs(owned).sum())
    assert comm.allreduce(cells.sum()) == pytest.approx(sizes, rel=1e-12)
    # Weights that live at one end say nothing about the other.
    assert 0.0 < comm.allreduce(int(np.count_nonzero(cells > 1e-9 * sizes))) <= 8
