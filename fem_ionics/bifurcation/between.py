# SPDX-License-Identifier: LGPL-3.0-or-later
"""What lies between two points of a branch: special points located, recorded and turned the way that records grow."""

from typing import TYPE_CHECKING

from petsc4py import PETSc

from fem_ionics.bifurcation.arclength import Point, cubic, tangent_at
from fem_ionics.bifurcation.corrector import Constraint, correct
from fem_ionics.bifurcation.detect import crossing
from fem_ionics.bifurcation.events import Zero
from fem_ionics.bifurcation.problem import Knob
from fem_ionics.bifurcation.special import SpecialPoint, find
from fem_ionics.bifurcation.spectrum import start_vector, unstable
from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.log import get_logger

if TYPE_CHECKING:
    from fem_ionics.bifurcation.study import Study

_log = get_logger("bifurcation")

#: A special point that Newton's method does not find is looked for between nearer points, so often.
_HALVINGS = 4
#: Amplitude of a mode, root mean square, at which the sign of its effect on a recorded number is read.
_NUDGE = 1e-3


def between(study: "Study", one: Point, other: Point) -> list[SpecialPoint]:
    """Special points and events between two points."""
    found: list[SpecialPoint] = []
    kind = crossing(one, other)
    assert study.metric is not None
    if kind == "unknown":
        _log.warning(
            "between %s = %.6g and %.6g the number of growing modes goes from %s to %s at once: take smaller steps",
            study.knob.name,
            one.value,
            other.value,
            one.unstable,
            other.unstable,
        )
        study.missed.append(
            f"a change from {one.unstable} to {other.unstable} growing modes between {study.knob.name} = "
            f"{one.value:.6g} and {other.value:.6g}"
        )
    elif kind is not None and (special := located(study, kind, one, other)) is not None:
        _orient(study, special)
        found.append(special)
        _log.info("%s", _described(study.knob, special))
    for name, probe in study.events.items():
        if one.recorded[name] * other.recorded[name] < 0.0:
            try:
                found.append(Zero(study.problem, study.knob, study.metric, name, probe).between(one, other))
            except ConvergenceError as error:
                _log.warning("%s", error)
    study.knob.assign(other.value)
    study.problem.load(other.x)
    return sorted(found, key=lambda each: each.s)


def located(study: "Study", kind: str, one: Point, other: Point) -> SpecialPoint | None:
    """Locate what lies between two points, between nearer ones where Newton's method fails at first."""
    assert study.metric is not None
    for _ in range(_HALVINGS):
        try:
            return find(
                study.problem, study.knob, study.metric, kind, one, other, study.mirror, study.shifts, study.near
            )
        except ParameterError as error:  # the solver at hand cannot do it
            failure: Exception = error
            break
        except ConvergenceError as error:
            failure = error
        try:
            middle = _middle(study, one, other)
        except ConvergenceError:
            break
        one, other = (one, middle) if crossing(one, middle) == kind else (middle, other)
        if crossing(one, other) != kind:
            break
    _log.warning("%s", failure)
    study.missed.append(f"{kind} between {study.knob.name} = {one.value:.6g} and {other.value:.6g}: {failure}")
    return None


def _middle(study: "Study", one: Point, other: Point) -> Point:
    """The point of the branch half way between two."""
    problem, metric = study.problem, study.metric
    assert metric is not None
    x, value = cubic(one, other, other.s - one.s, 0.5)
    constraint = Constraint(metric.row(one.tangent), one.slope / metric.span**2, x, value)
    found = correct(problem, study.knob, x, value, constraint, metric)
    tangent, slope, sign = tangent_at(problem, found, one.tangent, one.slope, metric)
    middle = Point(found.x, found.l, tangent, slope, 0.5 * (one.s + other.s), 0.5 * other.step, sign)
    modes = study.modes(middle, study.modes_count, study.shifts)
    middle.rates, middle.unstable = tuple(mode.rate for mode in modes), unstable(modes)
    return middle


def _orient(study: "Study", special: SpecialPoint) -> None:
    """Record numbers at a special point, and choose the sign of its mode: the first of them grows along it."""
    problem, x = study.problem, special.system.vectors[0]
    special.recorded = _recorded(study, x)
    form = special.form
    if form is None or special.kind.endswith("hopf"):
        return
    along = float(form.q.dot(start_vector(problem)))
    if study.record:
        moved = x.copy()
        moved.axpy(_NUDGE, form.q)
        first, now = next(iter(special.recorded.items()))
        change = _recorded(study, moved)[first] - now
        along = change if abs(change) > 1e-9 * abs(now) else along
    if along < 0.0:
        special.reverse(problem)


def _recorded(study: "Study", x: PETSc.Vec) -> dict[str, float]:
    solution = study.problem.snapshot(x)
    numbers = {}
    for name, probe in study.record.items():
        study.problem.load(x)
        numbers[name] = float(probe(solution))
    return numbers


def _described(knob: Knob, point: SpecialPoint) -> str:
    return (
        f"{point.criticality + ' ' if point.criticality else ''}{point.kind} at {knob.name} = {point.value:.9g} "
        f"({point.iterations} iterations)"
    )
