# SPDX-License-Identifier: LGPL-3.0-or-later
"""Error estimates against errors known from a much finer solution."""

from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.errors import ModelError, ParameterError
from fem_ionics.observe import Current, FlowRate, IonCurrent, IonRate, Maximum, Mean
from fem_ionics.units import mV, nm

# Coarse on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::fem_ionics.errors.ResolutionWarning")

KCL = fi.Electrolyte.kcl(100.0)
PATCH = fi.pattern.cosine("x", wavelength=20 * nm)


def conditions(flow):
    """A voltage between baths; the lower wall is charged."""
    found = [
        fi.Bath(KCL, 100 * mV, on="left"),
        fi.Bath(KCL, on="right"),
        fi.SurfaceCharge(-0.03 - 0.02 * PATCH, on="bottom wall"),
    ]
    return [*found, fi.NoSlip(on="walls")] if flow else found


def problem(refine, flow, degree=2):
    domain = fi.geometry.channel(
        20 * nm, 10 * nm, periodic=None, shape="triangle", resolve=KCL.debye_length, refine=refine
    )
    make = fi.PNPS if flow else fi.PNP
    return make(KCL, domain, conditions(flow), degree=degree)


@cache
def solved(flow):
    """Solutions on a coarse mesh and, to measure its error with, on a fine one."""
    coarse, fine = problem(0.5, flow), problem(1.0, flow, degree=3)
    return SimpleNamespace(coarse=fi.Steady(coarse).solve(), fine=fi.Steady(fine).solve())


def check(flow, goal, least, most):
    states = solved(flow)
    estimate = fi.error_estimate(states.coarse, goal)
    true = goal(states.fine) - goal(states.coarse)
    assert estimate.value == goal(states.coarse)
    assert least < estimate.error / true < most
    assert abs(true - estimate.error) < 0.5 * abs(true)
    assert estimate.corrected == estimate.value + estimate.error
    assert estimate.bound >= abs(estimate.error) * (1 - 1e-6)


@pytest.mark.parametrize(
    "goal",
    [Current(on="right"), IonCurrent("K+", on="left"), IonRate("Cl-", on="right"), Current(along="x"), Mean("K+")],
    ids=lambda goal: goal.name,
)
def test_effectivity(goal):
    check(False, goal, 0.7, 1.4)


@pytest.mark.parametrize("goal", [Current(on="right"), FlowRate(on="right")], ids=lambda goal: goal.name)
def test_effectivity_with_flow(goal):
    check(True, goal, 0.5, 2.0)


def test_the_enriched_solution_says_the_same():
    state = solved(False).coarse
    estimator = fi.Estimator(state.model, Current(on="right"))
    change = estimator.goal(estimator.solved(state)) - estimator.goal(state)
    # Equal but for terms quadratic in the error.
    assert estimator(state).error == pytest.approx(change, rel=0.1)


def test_one_estimator_for_many_states():
    voltage = fi.Parameter("voltage", 100 * mV, "V")
    domain = fi.geometry.rectangle((20 * nm, 10 * nm), (4, 4))
    baths = [fi.Bath(KCL, voltage, on="left"), fi.Bath(KCL, on="right"), fi.SurfaceCharge(-0.03, on="bottom")]
    model = fi.PNP(KCL, domain, baths)
    solver, estimator = fi.Steady(model), fi.Estimator(model, Current(on="right"))
    states = []
    for value in (100 * mV, 50 * mV):
        voltage.value = value
        states.append(solver.solve())
    errors = [estimator(state).error for state in states]
    assert estimator(states[0]).error == pytest.approx(errors[0], rel=1e-9)
    assert abs(errors[0]) > 1.5 * abs(errors[1]) > 0


@pytest.mark.mpi(least=2)
def test_ranks_agree(comm):
    def estimate(comm):
        domain = fi.geometry.rectangle((20 * nm, 10 * nm), (4, 4), comm=comm)
        walls = [fi.SurfaceCharge(-0.03, on="bottom"), fi.NoSlip(on=["bottom", "top"])]
        baths = [fi.Bath(KCL, 100 * mV, on="left"), fi.Bath(KCL, on="right")]
        return fi.error_estimate(fi.Steady(fi.PNPS(KCL, domain, [*walls, *baths])).solve(), Current(on="right"))

    together, alone = estimate(comm), estimate(MPI.COMM_SELF)
    assert together.error == pytest.approx(alone.error, rel=1e-6)
    assert together.bound == pytest.approx(alone.bound, rel=1e-6)
    everywhere = np.sort(np.concatenate(comm.allgather(together.indicators)))
    np.testing.assert_allclose(everywhere, np.sort(alone.indicators), rtol=1e-5, atol=1e-9 * everywhere.max())
    assert everywhere.sum() == pytest.approx(together.bound, rel=1e-12)


def test_a_linear_problem_is_exact_on_any_mesh():
    """Without charge and at one concentration the current is uniform and the potential linear."""
    domain = fi.geometry.rectangle((20 * nm, 10 * nm), (3, 2))
    baths = [fi.Bath(KCL, 10 * mV, on="left"), fi.Bath(KCL, on="right")]
    estimate = fi.error_estimate(fi.Steady(fi.PNP(KCL, domain, baths)).solve(), Current(on="right"))
    assert estimate.relative < 1e-9 and estimate.bound < 1e-9 * abs(estimate.value)


@pytest.mark.parametrize(
    ("goal", "error", "words"),
    [
        (Maximum("K+"), ParameterError, "no error estimate for this"),
        (Current(at=0.0), ParameterError, "no error estimate for this"),
        (Current(on="top wall"), ModelError, "no concentration is held there"),
    ],
    ids=["extremum", "section", "wall"],
)
def test_what_is_no_goal(goal, error, words):
    with pytest.raises(error, match=words):
        fi.error_estimate(solved(False).coarse, goal)


def test_closed_models_are_refused():
    domain = fi.geometry.rectangle((20 * nm, 10 * nm), (4, 4), periodic="x")
    model = fi.PNP(KCL, domain, [fi.FixedTotal(name, 100.0) for name in KCL.names])
    with pytest.raises(ModelError, match="open models"):
        fi.Estimator(model, Mean("K+"))
