# SPDX-License-Identifier: LGPL-3.0-or-later
"""Onto the other branch: the normal form predicts it, Newton corrects at a fixed amplitude."""

import numpy as np
from petsc4py import PETSc

from fem_ionics.bifurcation.arclength import Point, tangent_at
from fem_ionics.bifurcation.corrector import Constraint, Corrected, correct
from fem_ionics.bifurcation.metric import Metric
from fem_ionics.bifurcation.special import SpecialPoint
from fem_ionics.bifurcation.vectors import over
from fem_ionics.errors import ConvergenceError, ParameterError

#: A first step is shortened so often before the switch is given up.
_TRIES = 8


def switched(point: SpecialPoint, metric: Metric, sign: int, step: float) -> tuple[Point, Point]:
    """The special point as a point of the branch that leaves it, and the next point of that branch.

    Parameters
    ----------
    point
        Pitchfork or transcritical point.
    metric
        Of its branch.
    sign
        +1 or -1: which of the two directions.
    step
        Distance from the point, in the metric.

    Raises
    ------
    ParameterError
        For a point without a second branch, or another sign.
    ConvergenceError
        When no point of the other branch is found.
    """
    if sign not in (1, -1):
        raise ParameterError(f"switch: sign = {sign!r} was given; +1 or -1 is needed.")
    if point.form is None or point.form.tangent is None or point.kind in ("hopf", "degenerate hopf"):
        raise ParameterError(
            f"switch: from a {point.kind} no second branch of steady states leaves. "
            "Pitchforks and transcritical points have one."
        )
    system, before = point.system, point.system.problem.factor.count
    x, value = system.vectors[0], float(system.numbers[0])
    for attempt in range(_TRIES):
        dx, dl, along, rise = _predicted(point, metric, sign * step * 0.5**attempt)
        guess = x.copy()
        guess.axpy(1.0, dx)
        constraint = Constraint(metric.row(along), rise / metric.span**2, guess, value + dl)
        try:
            found = correct(system.problem, system.knob, guess, value + dl, constraint, metric)
            system.problem.check(found.x)
            _check_left(point, metric, found, step * 0.5**attempt)
        except ConvergenceError as error:
            last = error
            continue
        start = _begun(point, metric, found, before)
        length = sign * metric.norm(along, rise)
        return Point(x, value, over(along, length), rise / length, 0.0, 0.0, 0), start
    raise ConvergenceError(f"No second branch was reached from the {point.kind} at {point.value:g}: {last}")


def _predicted(point: SpecialPoint, metric: Metric, distance: float) -> tuple[PETSc.Vec, float, PETSc.Vec, float]:
    """Change of x and parameter on the other branch at a distance, and the direction in which the distance counts."""
    form = point.form
    assert form is not None and form.tangent is not None and form.curvature is not None
    if point.kind.endswith("pitchfork") and not point.from_side:
        amplitude = distance / metric.norm(form.q)
        rise = -form.coefficients["cubic"] * amplitude**2 / form.coefficients["slope"]
        change = form.q.copy()
        change.scale(amplitude)
        change.axpy(amplitude**2, form.curvature)
        change.axpy(rise, form.tangent)
        return change, rise, form.q, 0.0
    share = 0.0 if point.kind.endswith("pitchfork") else _other_slope(point, metric)
    along = form.tangent.copy()
    along.axpy(share, form.q)
    length = metric.norm(along, 1.0)
    along.scale(1.0 / length)
    change = along.copy()
    change.scale(distance)
    return change, distance / length, along, 1.0 / length


def _other_slope(point: SpecialPoint, metric: Metric) -> float:
    """Of the two solutions of b a^2 + s a + d = 0 the one that the branch did not come along; a = dA/dl."""
    form = point.form
    assert form is not None and form.tangent is not None and point.slope_of_base is not None
    c = form.coefficients
    quadratic, slope, offset = c["quadratic"], c["slope"], c["offset"]
    root = np.sqrt(max(slope**2 - 4.0 * quadratic * offset, 0.0))
    # Stable form of both roots: one may be near zero.
    larger = -(slope + np.copysign(root, slope)) / 2.0
    roots = [larger / quadratic, offset / larger]
    tangent, rise = point.slope_of_base
    row = metric.row(form.q)
    base = float(row.dot(tangent)) / float(row.dot(form.q)) / rise if rise else np.inf
    return max(roots, key=lambda a: abs(a - base))


def _check_left(point: SpecialPoint, metric: Metric, found: Corrected, distance: float) -> None:
    """The branch that was found is not the one that was left: it is far from where that one lies."""
    assert point.form is not None and point.form.tangent is not None
    miss = found.x.copy()
    miss.axpy(-1.0, point.system.vectors[0])
    rise = found.l - point.value
    if point.from_side:
        off = abs(float(metric.row(point.form.q).dot(miss))) / metric.norm(point.form.q)
        if off > 0.5 * distance:
            raise ConvergenceError("Newton fell back onto the branch that was left.")
        return
    if point.kind.endswith("pitchfork"):
        miss.axpy(-rise, point.form.tangent)
    else:
        assert point.slope_of_base is not None
        tangent, slope = point.slope_of_base
        miss.axpy(-rise / slope, tangent)
    if metric.norm(miss) < 0.2 * distance * (1.0 if point.kind.endswith("pitchfork") else 0.1):
        raise ConvergenceError("Newton fell back onto the branch that was left.")


def _begun(point: SpecialPoint, metric: Metric, found: Corrected, before: int) -> Point:
    """A point whose tangent leads away from the special point."""
    problem = point.system.problem
    chord = found.x.copy()
    chord.axpy(-1.0, point.system.vectors[0])
    rise = found.l - point.value
    length = metric.norm(chord, rise)
    chord.scale(1.0 / length)
    tangent, slope, sign = tangent_at(problem, found, chord, rise / length, metric)
    return Point(
        found.x,
        found.l,
        tangent,
        slope,
        length,
        length,
        sign,
        found.iterations,
        problem.factor.count - before,
        found.residual,
        found.distance,
        factor_count=problem.factor.count,
    )
