# SPDX-License-Identifier: LGPL-3.0-or-later
"""The adjoint predicts how a current answers to a change of what is given."""

from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest
import ufl
from dolfinx import fem
from mpi4py import MPI

from fem_ionics import PNP, PNPS, Bath, Electrolyte, Newton, NoSlip, Parameter, Slip, Steady, SurfaceCharge
from fem_ionics.errors import ConvergenceError
from fem_ionics.geometry import rectangle
from fem_ionics.observe import Current, FlowRate, IonCurrent, Mean
from fem_ionics.observe.goals import Goal
from fem_ionics.observe.weighted import WeightedResidual
from fem_ionics.solve import Adjoint, NonlinearSystem
from fem_ionics.units import mV, nm

# Coarse on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::fem_ionics.errors.ResolutionWarning")

KCL = Electrolyte.kcl(100.0)


@cache
def gap(unknowns: str, flow: bool) -> SimpleNamespace:
    """A short slit between two baths whose walls are charged by a parameter."""
    charge = Parameter("charge", -0.03, "C/m2")
    domain = rectangle((20 * nm, 10 * nm), (4, 4))
    conditions = [
        Bath(KCL, 100 * mV, on="left"),
        Bath(KCL, on="right"),
        SurfaceCharge(charge, on=["bottom", "top"]),
    ]
    if flow:
        walls = [NoSlip(on="bottom"), Slip(5 * nm, on="top")]
        model = PNPS(KCL, domain, [*conditions, *walls], unknowns=unknowns)
    else:
        model = PNP(KCL, domain, conditions, unknowns=unknowns)
    return SimpleNamespace(model=model, charge=charge, solver=Steady(model))


def predicted(gap, goal, step):
    """Derivative of the goal by the charge from one adjoint: that of R(u; z) + G(u) at fixed u."""
    model = gap.model
    model.load(gap.solver.solve())
    dual = Goal(goal, model)
    z = Adjoint(gap.solver.system).solve(dual.lift(), dual.slope())
    residual = WeightedResidual(model)
    (constant,) = [each for parameter, each in model.values.constants.items() if parameter is gap.charge]
    values = []
    for shift in (step, -step):
        constant.value = gap.charge.value + shift
        values.append(residual.total(residual.at_corners(z)) + dual.form_value())
    return (values[0] - values[1]) / (2 * step)


def found(gap, goal, step):
    """The same from two solutions."""
    middle, values = gap.charge.value, []
    try:
        for shift in (step, -step):
            gap.charge.value = middle + shift
            values.append(goal(gap.solver.solve()))
    finally:
        gap.charge.value = middle
    return (values[0] - values[1]) / (2 * step)


@pytest.mark.parametrize("unknowns", ["concentrations", "potentials"])
@pytest.mark.parametrize(
    "goal", [Current(on="right"), IonCurrent("K+", on=["left"]), Current(along="x"), Mean("K+")], ids=lambda g: g.name
)
def test_sensitivity_to_the_wall_charge(unknowns, goal):
    problem = gap(unknowns, flow=False)
    assert predicted(problem, goal, 1e-5) == pytest.approx(found(problem, goal, 1e-5), rel=1e-6, abs=0)


@pytest.mark.mpi
@pytest.mark.parametrize("goal", [Current(on="left"), FlowRate(on="right"), FlowRate()], ids=lambda g: g.name)
def test_sensitivity_with_flow(goal):
    problem = gap("potentials", flow=True)
    assert predicted(problem, goal, 1e-5) == pytest.approx(found(problem, goal, 1e-5), rel=1e-6, abs=0)


def test_held_unknowns_keep_the_lift():
    problem = gap("concentrations", flow=False)
    model = problem.model
    model.load(problem.solver.solve())
    lift = Goal(Current(on="right"), model).lift()
    z = Adjoint(problem.solver.system).solve(lift, [None] * len(lift))
    for conditions, values, adjoint in zip(Adjoint(problem.solver.system).conditions, lift, z, strict=True):
        for condition in conditions:
            held = condition.dof_indices()[0]
            expected = 0.0 if values is None else values[held]
            np.testing.assert_allclose(adjoint.x.array[held], expected, rtol=1e-14, atol=0)


def test_the_system_solves_again_after_an_adjoint():
    problem = gap("concentrations", flow=False)
    before = problem.solver.solve()
    lift = Goal(Current(on="right"), problem.model).lift()
    Adjoint(problem.solver.system).solve(lift, [None] * len(lift))
    after = problem.solver.solve(before)
    assert after.info["iterations"] <= 1


def test_a_singular_system_is_an_error():
    domain = rectangle((1.0, 1.0), (2, 2), comm=MPI.COMM_SELF)
    space = fem.functionspace(domain.mesh, ("Lagrange", 1))
    u, v = fem.Function(space), ufl.TestFunction(space)
    dx = domain.dx(degree=3)
    system = NonlinearSystem(u**2 * v * dx, [u], [], Newton())
    with pytest.raises(ConvergenceError, match="adjoint system"):
        Adjoint(system).solve([None], [fem.form(v * dx)])
