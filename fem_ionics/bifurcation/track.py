# SPDX-License-Identifier: LGPL-3.0-or-later
"""Curves of special points in two parameters: pseudo-arclength on the located system itself.

The linearised system of `fem_ionics.bifurcation.located` gets a column for the second parameter and the row of the
arclength: still on factors of the Jacobian's own size, for folds of the curve as for everything else.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from petsc4py import PETSc

from fem_ionics.bifurcation.arclength import Steps
from fem_ionics.bifurcation.curve import EVENTS, Curve, Row
from fem_ionics.bifurcation.hopf import Hopf
from fem_ionics.bifurcation.located import Column, advance, combined
from fem_ionics.bifurcation.metric import Metric
from fem_ionics.bifurcation.normalform import NormalForm, normal_form
from fem_ionics.bifurcation.problem import Knob
from fem_ionics.bifurcation.special import Certificate, SpecialPoint
from fem_ionics.errors import ConvergenceError, DepletionError, ModelError, ParameterError
from fem_ionics.log import get_logger
from fem_ionics.parameters import checks
from fem_ionics.study.provenance import provenance

if TYPE_CHECKING:
    from fem_ionics.bifurcation.study import Study

_log = get_logger("bifurcation")

_TOLERANCE = 1e-8
_MOST = 10
#: The first correction of an accepted step is aimed at this part of it, and refused above that one.
_AIM, _LARGEST = 0.08, 0.5

#: An indicator is zero when it is this part of its change over the step. The second parameter goes with the square of
#: the frequency, whose own system degenerates where it vanishes.
_ZERO = {"quadratic": 1e-6, "cubic": 1e-6, "mass": 1e-6, "lyapunov": 1e-6, "frequency": 1e-3}
#: The curve ends where the first parameter has moved by so many spans of its study.
_FAR = 10.0


def track(
    study: "Study",
    point: SpecialPoint,
    second: Any,
    *,
    bounds: tuple[float, float],
    steps: Steps,
    record: Mapping[str, Any] | None = None,
) -> Curve:
    """Follow a special point in a second parameter, both ways from where it is.

    Parameters
    ----------
    study
        Where the point was found.
    point
        A located fold, pitchfork, transcritical or Hopf point.
    second
        The other parameter.
    bounds
        Its smallest and largest value; the curve ends there, or where the first parameter leaves ten times the
        study's span, or where an ion is depleted.
    steps
        Sizes as parts of the span of each parameter.
    record
        Name -> probe; by default the study's.

    Returns
    -------
    Curve

    Raises
    ------
    ParameterError, TagError
        For a point without a system, a second parameter that is the first, or bounds that do not hold it.
    """
    problem = study.problem
    knob = problem.knob(second)
    low, high = (checks.real("track", "bounds", limit) for limit in bounds)
    if point.system is None or point.kind.startswith("degenerate"):
        raise ParameterError(f"track: a {point.kind} has no regular system to follow.")
    if knob is study.knob or not low < high or not low <= point.parameters[knob.name] <= high:
        raise ParameterError(
            f"track: {knob.name} = {point.parameters[knob.name]:g} and bounds = ({low:g}, {high:g}) were given; "
            "another parameter than the branch's, with bounds about its value, is needed."
        )
    problem.sizes[knob.name] = high - low
    for name, value in point.parameters.items():
        problem.knob(name).assign(value)
    tracker = _Tracker(study, point, knob, (low, high), steps, dict(study.record if record is None else record))
    try:
        halves = [tracker.half(direction) for direction in (-1.0, 1.0)]
    finally:
        tracker.restore()
    return tracker.curve(halves)


class _Tracker:
    """Pseudo-arclength on a located system with a second parameter."""

    def __init__(
        self,
        study: "Study",
        point: SpecialPoint,
        second: Knob,
        bounds: tuple[float, float],
        steps: Steps,
        record: dict[str, Any],
    ) -> None:
        assert study.metric is not None
        self.study, self.problem, self.knob, self.second = study, study.problem, study.knob, second
        self.system, self.bounds, self.steps, self.record = point.system, bounds, steps, record
        self.metric: Metric = study.metric
        self.span = bounds[1] - bounds[0]
        # Near a Bogdanov-Takens point nothing but the frequency of a Hopf point moves: it counts in lengths too.
        self.pace = 1.0 / point.system.numbers[1] ** 2 if isinstance(point.system, Hopf) else 0.0
        self.origin = ([vector.copy() for vector in point.system.vectors], point.system.numbers.copy())
        self.start = point.parameters[second.name]
        self.specials: list[SpecialPoint] = []

    def restore(self) -> None:
        """The special point as it was."""
        self._set(*self.origin, self.start)

    # one half of the curve

    def half(self, direction: float) -> tuple[list[Row], str]:
        """Rows from the start in one direction of the second parameter, and why they end."""
        self._set(*self.origin, self.start)
        row = self._first(direction)
        if self.start == self.bounds[int(direction > 0.0)]:
            return [row], f"{self.second.name} = {self.start:g} reached"
        rows, step, ended = [row], self.steps.first, ""
        while not ended:
            if len(rows) > self.steps.most:
                ended = f"{self.steps.most} points reached"
            elif rows[-1].second in self.bounds and len(rows) > 1:
                ended = f"{self.second.name} = {rows[-1].second:g} reached"
            elif abs(rows[-1].numbers[0] - self.origin[1][0]) > _FAR * self.metric.span:
                ended = f"{self.knob.name} = {rows[-1].numbers[0]:g} is far from where the curve began"
            else:
                found = self._next(rows[-1], step)
                if isinstance(found, str):
                    ended = found
                    break
                new, step = found
                self.specials += self._events(rows[-1], new)
                if self.pace and new.numbers[1] * rows[-1].numbers[1] < 0.0:
                    ended = "Bogdanov-Takens point: no Hopf points beyond"
                    break
                rows.append(new)
                self._say(new)
        return rows, ended

    def _first(self, direction: float) -> Row:
        constant, free, last = self._columns()
        return self._observed(self._row(constant, free, last, None, direction), 0.0, None)

    def _next(self, row: Row, step: float) -> tuple[Row, float] | str:
        """The next row and step; words where the curve ends."""
        while True:
            try:
                new, miss = self._step(row, step)
            except (ConvergenceError, ModelError, ParameterError, np.linalg.LinAlgError) as error:
                _log.debug("step %.2e of the curve refused: %s", step, error)
                step *= 0.5
                if step < self.steps.smallest:
                    self._set(row.vectors, row.numbers, row.second)
                    kind = "depletion" if isinstance(error, DepletionError) else "no convergence"
                    return f"{kind} beyond {self.second.name} = {row.second:g}, {self.knob.name} = {row.numbers[0]:g}"
                continue
            change = float(np.clip(np.sqrt(_AIM / max(miss, 1e-12)), 0.5, 2.0))
            return new, min(self.steps.largest, step * change)

    def _step(self, row: Row, step: float) -> tuple[Row, float]:
        """Predict along the tangent, correct, accept; also what the prediction missed, relative to the step."""
        assert row.ahead is not None
        # A little further than the step: a corrected point shall not lie just beyond a bound.
        ahead = row.second + 1.1 * step * row.slopes[1]
        landing = None
        for bound in self.bounds:
            if (ahead - bound) * (row.second - bound) < 0.0:
                landing, step = bound, (bound - row.second) / row.slopes[1]
        second = row.second + step * row.slopes[1] if landing is None else landing
        vectors = [vector.copy() for vector in row.vectors]
        for vector, change in zip(vectors, row.ahead.vectors, strict=True):
            vector.axpy(step, change)
        self._set(vectors, row.numbers + step * row.ahead.numbers, second)
        first, size, iterations = 0.0, np.inf, 0
        while size > _TOLERANCE:
            iterations += 1
            constant, free, last = self._columns()
            size = self._correct(constant, free, last, row, landing is not None)
            first = first or size / step
            if iterations >= _MOST or not np.isfinite(size) or size > 10.0 or first > _LARGEST:
                raise ConvergenceError(f"The {self.system.kind} was lost (correction {size:.1e}).")
        self._assign()
        if not self.bounds[0] <= self.second.value <= self.bounds[1]:
            raise ConvergenceError(f"{self.second.name} = {self.second.value:g} is beyond its bounds.")
        self.problem.check(self.system.vectors[0])
        # The last columns belong to a point nearer than the tolerance: they give the tangent too.
        new = self._observed(self._row(constant, free, last, row, 0.0), row.s + step, row)
        new.iterations = iterations
        return new, first

    def _correct(self, constant: Column, free: list[Column], last: Column, row: Row, landing: bool) -> float:
        """One Newton step on the plane across the tangent, or at the second parameter's bound."""
        columns = [*free, last]
        conditions = np.array([column.conditions for column in columns]).T
        if landing:
            across = np.array([0.0] * len(free) + [1.0])
            amounts = np.linalg.solve(np.vstack([conditions, across]), np.append(-constant.conditions, 0.0))
        else:
            across = np.array([self._along(row, column) for column in columns])
            across[-1] += row.slopes[1] / self.span**2
            rest = self._along(row, constant)
            amounts = np.linalg.solve(np.vstack([conditions, across]), np.append(-constant.conditions, -rest))
        size = advance(self.system, constant, columns, amounts, self.metric)
        self.second.assign(self.second.value + float(amounts[-1]))
        self._assign()
        return size + abs(amounts[-1]) / self.span

    def _along(self, row: Row, column: Column) -> float:
        length = self.metric.product(row.tangent, row.slopes[0], column.vectors[0], float(column.numbers[0]))
        return length + (self.pace * row.turn * float(column.numbers[1]) if self.pace else 0.0)

    def _row(self, constant: Column, free: list[Column], last: Column, old: Row | None, direction: float) -> Row:
        """The present point with its unit tangent, on the old one's side."""
        columns = [*free, last]
        conditions = np.array([column.conditions for column in columns]).T
        if old is None:
            across = np.array([0.0] * len(free) + [direction])
        else:
            across = np.array([self._along(old, column) for column in columns])
            across[-1] += old.slopes[1] / self.span**2
        amounts = np.linalg.solve(np.vstack([conditions, across]), np.append(np.zeros(len(conditions)), 1.0))
        nothing = combined(constant, [constant], [-1.0])
        ahead = combined(nothing, columns, amounts)
        rise, shift = float(ahead.numbers[0]), float(amounts[-1])
        turn = float(ahead.numbers[1]) if self.pace else 0.0
        length = np.sqrt(self.metric.norm(ahead.vectors[0], rise) ** 2 + (shift / self.span) ** 2 + self.pace * turn**2)
        ahead = combined(nothing, [ahead], [1.0 / length])
        return Row(
            vectors=[vector.copy() for vector in self.system.vectors],
            numbers=self.system.numbers.copy(),
            second=self.second.value,
            tangent=ahead.vectors[0],
            slopes=(rise / length, shift / length),
            turn=turn / length,
            ahead=ahead,
        )

    def _columns(self) -> tuple[Column, list[Column], Column]:
        constant, *free, last = self.system.columns(self.second)
        return constant, free, last

    def _set(self, vectors: list[PETSc.Vec], numbers: npt.NDArray[np.float64], second: float) -> None:
        self.system.vectors = [vector.copy() for vector in vectors]
        self.system.numbers = numbers.copy()
        self.second.assign(second)
        self._assign()

    def _assign(self) -> None:
        self.knob.assign(float(self.system.numbers[0]))

    # what is told about each row

    def _observed(self, row: Row, s: float, old: Row | None) -> Row:
        row.s = s
        form = normal_form(self.system, factorised=True)
        row.coefficients = dict(form.coefficients)
        if isinstance(self.system, Hopf):
            frequency = form.coefficients["frequency"]
            row.indicators = {"frequency": frequency, "lyapunov": frequency * form.coefficients["lyapunov"]}
        else:
            self._oriented(row, form, old)
        x = row.vectors[0]
        row.solution = self.problem.snapshot(x)
        for name, probe in self.record.items():
            self.problem.load(x)
            row.recorded[name] = float(probe(row.solution))
        return row

    def _oriented(self, row: Row, form: NormalForm, old: Row | None) -> None:
        """Indicators that pass smoothly through zero: null vectors keep their sides, and p its length of one."""
        q, p = form.q.copy(), form.p.copy()
        length = p.norm()
        p.scale(1.0 / length)
        side_q = side_p = 1.0
        if old is not None and old.null is not None:
            side_q = -1.0 if old.null[0].dot(q) < 0.0 else 1.0
            side_p = -1.0 if old.null[1].dot(p) < 0.0 else 1.0
        q.scale(side_q)
        p.scale(side_p)
        row.null = (q, p)
        image = q.duplicate()
        self.problem.mass.mult(q, image)
        row.indicators["mass"] = float(p.dot(image)) / max(image.norm(), 1e-300)
        # Where a symmetry makes this coefficient zero its sign is noise.
        silent = self.system.kind == "branch point" and form.vanishes("quadratic")
        row.indicators["quadratic"] = 0.0 if silent else form.coefficients["quadratic"] * side_p / length
        if "cubic" in form.coefficients:
            row.indicators["cubic"] = form.coefficients["cubic"] * side_p * side_q / length

    def _events(self, one: Row, other: Row) -> list[SpecialPoint]:
        """Points of higher codimension between two rows."""
        found = []
        for name, kind in EVENTS[self.system.kind].items():
            a, b = one.indicators[name], other.indicators[name]
            if a * b < 0.0:
                try:
                    found.append(self._between(one, other, name, kind))
                    where = found[-1].value, self.second.name, found[-1].parameters[self.second.name]
                    _log.info("%s at %s = %.6g, %s = %.6g", kind, self.knob.name, *where)
                except ConvergenceError as error:
                    _log.warning("the %s seen on the curve was not located: %s", kind, error)
        self._set(other.vectors, other.numbers, other.second)
        return found

    def _between(self, one: Row, other: Row, name: str, kind: str) -> SpecialPoint:
        """Secant iteration on the step from one row."""
        length = other.s - one.s
        low, high = 0.0, 1.0
        at_low, at_high = one.indicators[name], other.indicators[name]
        scale = abs(at_high - at_low)
        row = one
        for _ in range(25):
            share = (low * at_high - high * at_low) / (at_high - at_low)
            row, _ = self._step(one, share * length)
            value = row.indicators[name]
            if abs(value) <= _ZERO[name] * scale or abs(high - low) < 1e-7:
                break
            if value * at_high < 0.0:
                low, at_low = high, at_high
            else:
                at_low *= 0.5
            high, at_high = share, value
        nan = float("nan")
        return SpecialPoint(
            kind=kind,
            criticality="",
            value=float(row.numbers[0]),
            parameters=self.problem.values(),
            solution=row.solution,
            mode=self.problem.snapshot(row.vectors[1]),
            coefficients=row.coefficients,
            certificate=Certificate(nan, nan, nan, nan, nan, nan, nan),
            s=row.s,
            iterations=row.iterations,
            factorisations=0,
            recorded=row.recorded,
        )

    def _say(self, row: Row) -> None:
        _log.info(
            "%s %s %.6g  %s %.6g  newton %d",
            self.system.kind,
            self.second.name,
            row.second,
            self.knob.name,
            row.numbers[0],
            row.iterations,
        )

    def curve(self, halves: list[tuple[list[Row], str]]) -> Curve:
        """Both halves in one table, in order along the curve."""
        (backward, ended_low), (forward, ended_high) = halves
        for row in backward:
            row.s = -row.s
        rows = [*reversed(backward[1:]), *forward]
        table: dict[str, Any] = {
            self.knob.name: [row.numbers[0] for row in rows],
            self.second.name: [row.second for row in rows],
        }
        table |= {name: [row.recorded[name] for row in rows] for name in self.record}
        table |= {name: [row.coefficients[name] for row in rows] for name in rows[0].coefficients}
        table["arclength"] = [row.s for row in rows]
        table["newton"] = [row.iterations for row in rows]
        facts = provenance(self.problem.model) if hasattr(self.problem, "model") else {}
        units = {self.knob.name: self.knob.unit, self.second.name: self.second.unit}
        units |= {name: getattr(probe, "unit", "") for name, probe in self.record.items()}
        return Curve(
            table,
            {name: unit for name, unit in units.items() if unit},
            facts,
            "",
            kind=self.system.kind,
            specials=tuple(self.specials),
            solutions=tuple(row.solution for row in rows),
            ended=(ended_low, ended_high),
        )
