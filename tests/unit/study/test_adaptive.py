# SPDX-License-Identifier: LGPL-3.0-or-later
"""Adaptive meshes: fewer unknowns for the same error, where a charged corner limits uniform ones."""

from functools import cache

import numpy as np
import pytest
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.errors import MeshError, ParameterError
from fem_ionics.observe import Current
from fem_ionics.study.adaptive import marked, unknowns
from fem_ionics.units import mV, nm

# Coarse on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::fem_ionics.errors.ResolutionWarning")

KCL = fi.Electrolyte.kcl(100.0)
GOAL = Current(on="trans")
#: Of `pore`, A: on an adapted mesh of 29001 unknowns with the estimated 5e-6 of it added.
CURRENT = 1.042083e-9


def pore(refine=0.5, shape="triangle", comm=MPI.COMM_WORLD):
    """A short pore, charged all over, with the corner of its mouth."""
    domain = fi.geometry.cylindrical_pore(
        3 * nm, 10 * nm, reservoir=15 * nm, resolve=KCL.debye_length, refine=refine, shape=shape, comm=comm
    )
    baths = [fi.Bath(KCL, 200 * mV, on="cis"), fi.Bath(KCL, on="trans")]
    return fi.PNP(KCL, domain, [*baths, fi.SurfaceCharge(-0.05, on="walls")])


@cache
def adapted():
    return fi.adapt(pore(), GOAL, tolerance=5e-4)


def test_the_tolerance_is_reached():
    found = adapted()
    assert found.reached and found.estimate.relative <= 5e-4
    assert GOAL(found.state) == found.estimate.value == found.table["value"][-1]
    assert abs(found.estimate.corrected / CURRENT - 1.0) < 2e-4 < abs(found.estimate.value / CURRENT - 1.0)
    assert unknowns(found.state.model) == found.table["unknowns"][-1]


def test_effectivity_in_every_round():
    table = adapted().table
    effectivity = table["error"] / (CURRENT - table["value"])
    assert np.all((effectivity > 0.5) & (effectivity < 1.2))
    # Refinement where the error comes from leaves less and less that the estimate does not see.
    assert effectivity[-1] > effectivity[0] + 0.1
    np.testing.assert_allclose(table["corrected"], table["value"] + table["error"], rtol=1e-14)
    assert np.all(np.diff(table["unknowns"]) > 0) and np.all(np.diff(np.abs(table["error"])) < 0)


def test_fewer_unknowns_than_uniform_refinement():
    found = adapted()
    uniform = pore(refine=1.0)
    error = abs(GOAL(fi.Steady(uniform).solve()) / CURRENT - 1.0)
    assert unknowns(found.state.model) < unknowns(uniform)
    assert abs(found.estimate.value / CURRENT - 1.0) < 0.2 * error


def test_small_cells_lie_at_the_corners():
    """At the mouths, where the charged wall turns by 90 degrees."""
    mesh = adapted().state.model.domain.mesh
    corners = mesh.geometry.x[mesh.geometry.dofmaps[0]][:, :, :2] * adapted().state.model.domain.unit
    sizes = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    smallest = corners[np.argmin(sizes)].mean(axis=0)
    mouths = np.array([[3 * nm, -5 * nm], [3 * nm, 5 * nm]])
    assert np.linalg.norm(mouths - smallest, axis=1).min() < 0.3 * nm


@pytest.mark.mpi(least=2)
def test_ranks_agree(comm):
    together = fi.adapt(pore(comm=comm), GOAL, most_rounds=2)
    alone = fi.adapt(pore(comm=MPI.COMM_SELF), GOAL, most_rounds=2)
    np.testing.assert_array_equal(together.table["unknowns"], alone.table["unknowns"])
    np.testing.assert_allclose(together.table["value"], alone.table["value"], rtol=1e-9)
    np.testing.assert_allclose(together.table["error"], alone.table["error"], rtol=1e-6)


def test_limits_end_it():
    model = pore()
    rounds = fi.adapt(model, GOAL, tolerance=1e-9, most_rounds=2)
    assert not rounds.reached and len(rounds.table) == 2
    size = fi.adapt(model, GOAL, tolerance=1e-9, most_unknowns=unknowns(model))
    assert not size.reached and len(size.table) == 1 and size.state.model is model


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"tolerance": 0.0}, "tolerance = 0.0"),
        ({"fraction": 1.5}, "fraction = 1.5"),
        ({"fraction": 0.0}, "fraction = 0.0"),
        ({"most_unknowns": 0}, "most_unknowns = 0"),
        ({"most_rounds": 2.5}, "most_rounds = 2.5"),
    ],
)
def test_limits_out_of_range(limits, words):
    with pytest.raises(ParameterError, match=words):
        fi.adapt(pore(), GOAL, **limits)


def test_quadrilaterals_cannot_be_refined():
    with pytest.raises(MeshError, match="triangle"):
        fi.adapt(pore(shape="quadrilateral"), GOAL, tolerance=1e-9)


# marking


def test_the_largest_cells_that_make_the_fraction():
    indicators = np.array([0.1, 4.0, 0.2, 3.0, 2.7])
    assert list(marked(indicators, 0.4, MPI.COMM_SELF)) == [1]
    assert list(marked(indicators, 0.5, MPI.COMM_SELF)) == [1, 3]
    assert list(marked(indicators, 0.97, MPI.COMM_SELF)) == [1, 3, 4]
    assert list(marked(indicators, 1.0, MPI.COMM_SELF)) == [0, 1, 2, 3, 4]


def test_cells_that_mirror_each_other_go_together():
    assert list(marked(np.array([1.0, 2.0, 2.0 * (1 + 1e-9), 1.0]), 0.3, MPI.COMM_SELF)) == [1, 2]


def test_nothing_is_marked_without_error():
    assert len(marked(np.zeros(3), 0.5, MPI.COMM_SELF)) == 0


@pytest.mark.mpi
def test_marking_counts_all_ranks(comm):
    """The largest indicator is on the last rank: no other rank marks a cell."""
    cells = marked(np.array([1.0, 10.0 if comm.rank == comm.size - 1 else 1.0]), 0.5, comm)
    if comm.size < 8:
        assert list(cells) == ([1] if comm.rank == comm.size - 1 else [])
