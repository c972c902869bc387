# SPDX-License-Identifier: LGPL-3.0-or-later
"""Newton's method for a solution and its parameter under one constraint, with as few factorisations as will do."""

from dataclasses import dataclass

import numpy as np
from petsc4py import PETSc

from fem_ionics.bifurcation.factor import Bordered
from fem_ionics.bifurcation.metric import Metric
from fem_ionics.bifurcation.problem import Knob, ParametricProblem
from fem_ionics.errors import ConvergenceError

#: A correction of this size, in units of the metric, ends the iteration.
TOLERANCE = 1e-9
#: Factors are kept while each correction is smaller than the one before by this factor.
_CONTRACTION = 0.1
#: Tangent and signs are taken from the last factors if these were made so near to the solution.
_NEAR = 1e-4
#: A first correction that leaves more than this of itself to do is refused early.
_HOPELESS = 0.7
_MOST = 12


@dataclass(frozen=True, eq=False)
class Constraint:
    """The equation row . (x - x0) + slope (l - l0) = 0 that picks one point of a branch."""

    row: PETSc.Vec
    slope: float
    x0: PETSc.Vec
    l0: float

    def value(self, x: PETSc.Vec, l: float) -> float:
        """What the equation leaves."""
        return float(self.row.dot(x)) - float(self.row.dot(self.x0)) + self.slope * (l - self.l0)


@dataclass(eq=False)
class Corrected:
    """A solution (x, l) with the bordered factors near it.

    Parameters
    ----------
    x, l
        Solution and value of the parameter.
    slope
        F by the parameter.
    iterations
        Newton and chord iterations.
    distance
        How far from the solution the factors were made.
    residual
        Norm of F before the last correction.
    """

    x: PETSc.Vec
    l: float
    slope: PETSc.Vec
    iterations: int
    distance: float
    residual: float


def at_value(problem: ParametricProblem, x: PETSc.Vec, l: float, metric: Metric) -> Constraint:
    """The constraint that holds the parameter."""
    return Constraint(problem.vector(), 1.0 / metric.span, x, l)


def correct(
    problem: ParametricProblem, knob: Knob, x: PETSc.Vec, l: float, constraint: Constraint, metric: Metric
) -> Corrected:
    """Solve F(x, l) = 0 under a constraint, from near.

    Returns
    -------
    Corrected
        The problem's factors are then those near the solution, its constants at the solution.

    Raises
    ------
    ConvergenceError
        When the corrections do not shrink fast enough: the guess is too far.
    """
    x = x.copy()
    bordered: Bordered | None = None
    slope = problem.vector()
    last = distance = np.inf
    for iteration in range(1, _MOST + 1):
        knob.assign(l)
        residual = problem.residual(x)
        norm = float(residual.norm())
        if not np.isfinite(norm):
            raise ConvergenceError("The residual is not a number.", iterations=iteration)
        if bordered is None:
            problem.factorise(x)
            slope = problem.by_parameter(x, knob)
            bordered = Bordered(problem.factor, [slope], [constraint.row], constraint.slope)
            distance = 0.0
        residual.scale(-1.0)
        dx, dl = bordered.solve(residual, -constraint.value(x, l))
        size = metric.norm(dx, float(dl[0]))
        x.axpy(1.0, dx)
        l += float(dl[0])
        distance += size
        if not np.isfinite(size) or (iteration > 1 and size > _HOPELESS * last and size > TOLERANCE):
            raise ConvergenceError(f"Corrections do not shrink ({last:.1e}, {size:.1e}).", iterations=iteration)
        if size <= TOLERANCE:
            break
        far = distance > _NEAR if iteration == 1 else size > _CONTRACTION * last
        last = size
        bordered = None if far else bordered
    else:
        raise ConvergenceError(f"No convergence in {_MOST} iterations.", iterations=_MOST)
    knob.assign(l)
    return Corrected(x, l, slope, iteration, distance, norm)
