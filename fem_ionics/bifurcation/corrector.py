# SPDX-License-Identifier: LGPL-3.0-or-later
"""Newton's method for a solution and its parameter under one constraint, with as few factorisations as will do."""

from dataclasses import dataclass

import numpy as np
from petsc4py import PETSc

from fem_ionics.bifurcation.chord import Accelerated
from fem_ionics.bifurcation.factor import Bordered
from fem_ionics.bifurcation.metric import Metric
from fem_ionics.bifurcation.problem import Knob, ParametricProblem
from fem_ionics.errors import ConvergenceError

#: A correction of this size, in units of the metric, ends the iteration.
TOLERANCE = 1e-9
#: Factors made at the guess are kept while each correction is smaller than the one before by this factor, those of the
#: point before while it is by that one: a factorisation and assembly cost as much as 16 corrections, and combined ones
#: that begin slowly go on faster.
_CONTRACTION, _OLD_CONTRACTION = 0.3, 0.8
#: Factors made so near to the solution count as those at it: what comes of them is good to about as many digits. They
#: are made where so little seems left, which may be a few times more.
NEAR_ENOUGH, _LEFT = 3e-5, 3e-6
#: Tangent and signs are taken from the last factors if these were made so near to the solution.
_NEAR = 1e-4
#: A first correction by the guess's own factors that leaves more than this of itself to do is refused early.
_HOPELESS = 0.7
_MOST = 25


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
    bordered
        The matrix that was solved with, its column F by the parameter.
    iterations
        Newton and chord iterations.
    distance
        How far from the solution the factors were made.
    residual
        Norm of F, before the last correction or after it.
    """

    x: PETSc.Vec
    l: float
    bordered: Bordered
    iterations: int
    distance: float
    residual: float


def at_value(problem: ParametricProblem, x: PETSc.Vec, l: float, metric: Metric) -> Constraint:
    """The constraint that holds the parameter."""
    return Constraint(problem.vector(), 1.0 / metric.span, x, l)


def correct(
    problem: ParametricProblem,
    knob: Knob,
    x: PETSc.Vec,
    l: float,
    constraint: Constraint,
    metric: Metric,
    *,
    old: bool = False,
) -> Corrected:
    """Solve F(x, l) = 0 under a constraint, from near.

    Parameters
    ----------
    problem, knob, x, l, constraint, metric
        What, from where, under which constraint, and what counts as small.
    old
        The problem's factors are those of a point nearby: begin with these. Where they do not lead on, the guess gets
        its own, as it does without this.

    Returns
    -------
    Corrected
        The problem's factors are then those near the solution, its constants at the solution.

    Raises
    ------
    ConvergenceError
        When the corrections do not shrink fast enough: the guess is too far.
    """
    if old:
        try:
            return _corrected(problem, knob, x, l, constraint, metric, _OLD_CONTRACTION)
        except ConvergenceError:
            pass
    return _corrected(problem, knob, x, l, constraint, metric)


def _corrected(
    problem: ParametricProblem,
    knob: Knob,
    x: PETSc.Vec,
    l: float,
    constraint: Constraint,
    metric: Metric,
    old: float = 0.0,
) -> Corrected:
    """As `correct`; `old` is the contraction that old factors must give, 0 without any."""
    x, bordered = x.copy(), None
    last = distance = size = before = np.inf
    newton = renew = False
    for iteration in range(1, _MOST + 1):
        knob.assign(l)
        residual = problem.residual(x)
        norm = float(residual.norm())
        if not np.isfinite(norm):
            raise ConvergenceError("The residual is not a number.", iterations=iteration)
        if newton and distance <= NEAR_ENOUGH and size * norm <= TOLERANCE * before:
            break  # the next correction would be as much smaller than this one as the residual is
        if bordered is None or renew:
            if not old:
                problem.factorise(x)
                distance = 0.0
            bordered = Bordered(problem.factor, [problem.by_parameter(x, knob)], [constraint.row], constraint.slope)
            accelerated, renew = Accelerated(metric), False
        newton, before = distance == 0.0, norm
        residual.scale(-1.0)
        off = -constraint.value(x, l)
        step, rise = bordered.solve(residual, off, refine=False) if newton else bordered.unrefined(residual, off)
        dx, dl = accelerated(step, float(rise[0]))
        size = metric.norm(dx, dl)
        lost = not np.isfinite(size) or (np.isfinite(last) and size > TOLERANCE and size > (old or _HOPELESS) * last)
        if lost and distance > 0.0 and not old:
            renew = True  # Newton's own step may still be shorter
            continue
        if lost:
            raise ConvergenceError(f"Corrections do not shrink ({last:.1e}, {size:.1e}).", iterations=iteration)
        x.axpy(1.0, dx)
        l += dl
        distance += size
        if size <= TOLERANCE and distance <= _NEAR:
            break
        left = size * min(1.0, size / last) if np.isfinite(last) else size
        if (left <= _LEFT and distance > NEAR_ENOUGH) or (size > _CONTRACTION * last and not old):
            old, renew = 0.0, True  # unless the residual shows that this was the last correction
        last = size
    else:
        raise ConvergenceError(f"No convergence in {_MOST} iterations.", iterations=_MOST)
    knob.assign(l)
    assert bordered is not None
    return Corrected(x, l, bordered, iteration, distance, norm)
