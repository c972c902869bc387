# SPDX-License-Identifier: LGPL-3.0-or-later
"""Pseudo-arclength continuation: an iterator over the points of one branch."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from petsc4py import PETSc

from fem_ionics.bifurcation.corrector import Constraint, Corrected, at_value, correct
from fem_ionics.bifurcation.metric import Metric
from fem_ionics.bifurcation.problem import Knob, ParametricProblem
from fem_ionics.errors import ConvergenceError, DepletionError, ParameterError
from fem_ionics.log import get_logger

_log = get_logger("bifurcation")

#: The first correction of an accepted step is aimed at this part of the step, and refused above that one.
_AIM, _LARGEST = 0.05, 0.3
#: Cosine between tangents below which a step has gone round too sharp a bend, or between tangent and chord below which
#: the tangent means nothing (a branch point lies here).
_BEND, _ARBITRARY = 0.7, 0.5
_SLOWEST, _FASTEST = 0.5, 2.0


@dataclass(frozen=True)
class Steps:
    """Sizes of steps along a branch, as parts of the whole span of the parameter.

    Parameters
    ----------
    first, largest, smallest
        With 0 < smallest <= first <= largest.
    most
        Largest number of points.

    Raises
    ------
    ParameterError
        For sizes out of order.
    """

    first: float = 0.05
    largest: float = 0.2
    smallest: float = 1e-5
    most: int = 200

    def __post_init__(self) -> None:
        sizes = (self.smallest, self.first, self.largest)
        if not all(np.isfinite(sizes)) or not 0.0 < self.smallest <= self.first <= self.largest:
            raise ParameterError(
                f"Steps: smallest = {self.smallest!r}, first = {self.first!r}, largest = {self.largest!r} were given; "
                "0 < smallest <= first <= largest is needed."
            )
        if not isinstance(self.most, int) or self.most < 1:
            raise ParameterError(f"Steps: most = {self.most!r} was given; at least one point is needed.")


@dataclass(eq=False)
class Point:
    """One accepted point of a branch.

    Parameters
    ----------
    x, value
        Solution and parameter.
    tangent, slope
        Unit tangent: change of x and of the parameter with arclength.
    s, step
        Arclength from the start of the branch, and the step to this point.
    sign
        Sign of det J; that of the bordered determinant is ``sign * sign(slope)``.
    iterations, factorisations, residual, distance
        What it cost (iterations are Newton and chord steps), and how near to it the last factors were made.
    unstable
        Number of growing modes; None where not computed.
    modes
        Leading modes' rates.
    recorded
        Name -> number.
    """

    x: PETSc.Vec
    value: float
    tangent: PETSc.Vec
    slope: float
    s: float
    step: float
    sign: int
    iterations: int = 0
    factorisations: int = 0
    residual: float = 0.0
    distance: float = 0.0
    unstable: int | None = None
    rates: tuple[complex, ...] = ()
    recorded: dict[str, float] = field(default_factory=dict)
    solution: Any = None
    #: Count of the problem's factors when these were near the point.
    factor_count: int = -1


class Arclength:
    """Iterator over the points of a branch, from a first one on.

    Parameters
    ----------
    problem, knob
        What, and the parameter along the branch.
    metric
        What a length is.
    start
        First point; it is yielded again only by `first_point`.
    bounds
        The branch ends where the parameter leaves them; it lands on them exactly.
    steps
        Sizes.
    natural
        Step in the parameter itself: simpler, ends at folds.
    before, index
        The point before the start and the start's number, where an earlier run is gone on with.

    Attributes
    ----------
    ended
        Why the iteration stopped, in words.

    Examples
    --------
    The loop that `continuation` runs, without detection::

        problem = as_problem(model)
        knob = problem.knob("active flux")
        start, metric = first_point(problem, knob, problem.first(), knob.value, direction=1.0, span=40.0)
        for point in Arclength(problem, knob, metric, start, bounds=(0.0, 40.0), steps=Steps()):
            print(point.value, point.slope, point.sign)
    """

    def __init__(
        self,
        problem: ParametricProblem,
        knob: Knob,
        metric: Metric,
        start: Point,
        *,
        bounds: tuple[float, float],
        steps: Steps,
        natural: bool = False,
        before: Point | None = None,
        index: int = 0,
    ) -> None:
        self.problem, self.knob, self.metric = problem, knob, metric
        self.point, self.bounds, self.steps, self.natural = start, bounds, steps, natural
        self.step = steps.first
        self.before, self.index = before, index
        self.ended = self._finished()
        self.depleted: DepletionError | None = None

    def _finished(self) -> str:
        """Words where the start lies on a bound and leads out, as the last point of a finished branch does."""
        low, high = self.bounds
        value, slope = self.point.value, self.point.slope
        out = (slope > 0.0 and value >= high) or (slope < 0.0 and value <= low)
        return f"{self.knob.name} = {value:g} reached" if out else ""

    def __iter__(self) -> Iterator[Point]:
        """Yield each accepted point after the start."""
        while self.index < self.steps.most:
            if self.ended:
                return
            point = self._next()
            if point is None:
                return
            self.before, self.point, self.index = self.point, point, self.index + 1
            if point.value in self.bounds:
                self.ended = f"{self.knob.name} = {point.value:g} reached"
            yield point
        self.ended = self.ended or f"{self.steps.most} points reached"

    def _next(self) -> Point | None:
        """The next point, with as short a step as it takes; None at the end."""
        before = self.problem.factor.count
        while True:
            try:
                point = self._try()
            except ConvergenceError as error:
                _log.debug("step %.2e refused: %s", self.step, error)
                self.depleted = error if isinstance(error, DepletionError) else self.depleted
                self.step *= 0.5
                if self.step < self.steps.smallest:
                    self._give_up(error)
                    return None
                continue
            self.depleted = None
            point.factorisations = self.problem.factor.count - before
            point.factor_count = self.problem.factor.count
            return point

    def _give_up(self, error: ConvergenceError) -> None:
        self.problem.load(self.point.x)
        self.knob.assign(self.point.value)
        near = f"beyond {self.knob.name} = {self.point.value:g}"
        if self.depleted is not None:
            self.ended = f"depletion {near}: {self.depleted}"
        else:
            self.ended = f"no convergence {near} with the smallest step: {error}"

    def _try(self) -> Point:
        """One step: predict along the tangent and its change, correct, accept."""
        point, metric = self.point, self.metric
        # Natural steps are parts of the parameter's span.
        share = abs(point.slope) / metric.span if self.natural else 1.0
        step = self.step / share
        landing = self._landing(point.value + step * point.slope)
        if landing is not None:
            step = (landing - point.value) / point.slope
        x, value = self._predicted(step)
        if landing is not None or self.natural:
            value = point.value + step * point.slope if landing is None else landing
            constraint = at_value(self.problem, x, value, metric)
        else:
            constraint = Constraint(metric.row(point.tangent), point.slope / metric.span**2, x, value)
        at_hand = self.problem.factor.cheap and point.factor_count == self.problem.factor.count
        found = correct(self.problem, self.knob, x, value, constraint, metric, old=at_hand)
        if landing is None and not self.bounds[0] <= found.l <= self.bounds[1]:
            raise ConvergenceError("The branch left the bounds within this step.")
        self.problem.check(found.x)
        error = self._error(x, value, found)
        if error > _LARGEST * step:
            raise ConvergenceError(f"The prediction missed by {error / step:.2f} of the step.")
        value = found.l if landing is None else landing
        accepted = self._accepted(found, value, step)
        change = np.sqrt(_AIM / max(error / step, 1e-12))
        change = float(np.clip(change, _SLOWEST, _FASTEST))
        self.step = min(self.steps.largest, max(step * share, self.step * 0.5) * change)
        return accepted

    def _predicted(self, step: float) -> tuple[PETSc.Vec, float]:
        """Along the cubic of the last two points, or along the tangent of the first."""
        if self.before is not None:
            return cubic(self.before, self.point, self.point.step, 1.0 + step / self.point.step)
        x = self.point.x.copy()
        x.axpy(step, self.point.tangent)
        return x, self.point.value + step * self.point.slope

    def _landing(self, value: float) -> float | None:
        """The bound that the step would cross or nearly reach."""
        low, high = self.bounds
        margin = 1e-3 * self.metric.span * self.step
        if value >= high - margin and self.point.slope > 0:
            return high
        if value <= low + margin and self.point.slope < 0:
            return low
        return None

    def _error(self, x: PETSc.Vec, value: float, found: Corrected) -> float:
        miss = found.x.copy()
        miss.axpy(-1.0, x)
        return self.metric.norm(miss, found.l - value)

    def _accepted(self, found: Corrected, value: float, step: float) -> Point:
        old, metric = self.point, self.metric
        tangent, slope, sign = tangent_at(self.problem, found, old.tangent, old.slope, metric)
        chord = found.x.copy()
        chord.axpy(-1.0, old.x)
        rise = value - old.value
        length = metric.norm(chord, rise)
        along = metric.product(tangent, slope, chord, rise) / length
        if along < _ARBITRARY and step < 4.0 * self.steps.smallest:
            # The factors are singular here: a branch point. The chord leads over it.
            chord.scale(1.0 / length)
            tangent, slope = chord, rise / length
        elif metric.product(tangent, slope, old.tangent, old.slope) < _BEND:
            raise ConvergenceError("The branch bends too sharply for this step.")
        return Point(
            found.x,
            value,
            tangent,
            slope,
            old.s + length,
            length,
            sign,
            found.iterations,
            residual=found.residual,
            distance=found.distance,
        )


def cubic(one: Point, other: Point, length: float, share: float) -> tuple[PETSc.Vec, float]:
    """Solution and parameter at a share of the way between two points, by the cubic with their tangents.

    Parameters
    ----------
    one, other
        Points of one branch.
    length
        Between them.
    share
        0 at the one, 1 at the other, more beyond it.
    """
    rest = 1.0 - share
    weights = ((1.0 + 2.0 * share) * rest**2, length * share * rest**2)
    others = (share**2 * (1.0 + 2.0 * rest), -length * share**2 * rest)
    x = one.x.copy()
    x.scale(weights[0])
    x.axpy(weights[1], one.tangent)
    x.axpy(others[0], other.x)
    x.axpy(others[1], other.tangent)
    value = weights[0] * one.value + weights[1] * one.slope + others[0] * other.value + others[1] * other.slope
    return x, float(value)


def tangent_at(
    problem: ParametricProblem, found: Corrected, towards: PETSc.Vec, rise: float, metric: Metric
) -> tuple[PETSc.Vec, float, int]:
    """Unit tangent on the side of a given direction, and the sign of det J, from the factors at hand."""
    bordered = found.bordered.with_rows([metric.row(towards)], rise / metric.span**2)
    tangent, slope = bordered.solve(None, 1.0)
    length = metric.norm(tangent, float(slope[0]))
    if not np.isfinite(length) or length == 0.0:
        raise ConvergenceError("No tangent: the Jacobian is singular here in more than one direction.")
    tangent.scale(1.0 / length)
    return tangent, float(slope[0]) / length, problem.sign


def first_point(
    problem: ParametricProblem, knob: Knob, x: PETSc.Vec, value: float, direction: float, span: float
) -> tuple[Point, Metric]:
    """Correct a start at its parameter; the metric makes x and the parameter count alike there."""
    metric = Metric(problem.gram, 1.0, span)
    before = problem.factor.count
    found = correct(problem, knob, x, value, at_value(problem, x, value, metric), metric)
    change, rise = found.bordered.with_rows([problem.vector()], direction / span**2).solve(None, 1.0)
    change.scale(1.0 / float(rise[0]))
    size = metric.norm(change) * span
    metric = Metric(problem.gram, size if size > 1e-8 else 1.0, span)
    tangent, slope, sign = tangent_at(problem, found, problem.vector(), direction, metric)
    point = Point(found.x, value, tangent, slope, 0.0, 0.0, sign, found.iterations, residual=found.residual)
    point.distance = found.distance
    point.factorisations = problem.factor.count - before
    point.factor_count = problem.factor.count
    return point, metric
