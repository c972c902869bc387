# SPDX-License-Identifier: LGPL-3.0-or-later
"""Zeros of any number along a branch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fem_ionics.bifurcation.arclength import Point
from fem_ionics.bifurcation.corrector import Constraint, correct
from fem_ionics.bifurcation.metric import Metric
from fem_ionics.bifurcation.problem import Knob, ParametricProblem
from fem_ionics.bifurcation.special import Certificate, SpecialPoint
from fem_ionics.errors import ConvergenceError

#: The number is a zero when it is this part of its change over the step.
_TOLERANCE = 1e-8
_MOST = 30


@dataclass(frozen=True, eq=False)
class Zero:
    """Where a number changes its sign between two points of a branch."""

    problem: ParametricProblem
    knob: Knob
    metric: Metric
    name: str
    probe: Callable[[Any], float]

    def between(self, one: Point, other: Point) -> SpecialPoint:
        """Illinois iteration (safeguarded secant) on the share of the step, a correction at each.

        Raises
        ------
        ConvergenceError
            When the number jumps instead of passing through zero.
        """
        before = self.problem.factor.count
        low, high = 0.0, 1.0
        at_low, at_high = one.recorded[self.name], other.recorded[self.name]
        scale = abs(at_high - at_low)
        for iteration in range(1, _MOST + 1):
            share = (low * at_high - high * at_low) / (at_high - at_low)
            x, value, number = self._at(one, other, share)
            if abs(number) <= _TOLERANCE * scale:
                return self._described(x, value, one.s + share * (other.s - one.s), iteration, before)
            if number * at_high < 0.0:
                low, at_low = high, at_high
            else:
                at_low *= 0.5
            high, at_high = share, number
        raise ConvergenceError(f'The event "{self.name}" jumps between {one.value:g} and {other.value:g}: no zero.')

    def _at(self, one: Point, other: Point, share: float) -> tuple[Any, float, float]:
        x = one.x.copy()
        x.scale(1.0 - share)
        x.axpy(share, other.x)
        value = (1.0 - share) * one.value + share * other.value
        tangent, slope = (one.tangent, one.slope) if share < 0.5 else (other.tangent, other.slope)
        constraint = Constraint(self.metric.row(tangent), slope / self.metric.span**2, x, value)
        found = correct(self.problem, self.knob, x, value, constraint, self.metric)
        solution = self.problem.snapshot(found.x)
        self.problem.load(found.x)
        return found.x, found.l, float(self.probe(solution))

    def _described(self, x: Any, value: float, s: float, iterations: int, before: int) -> SpecialPoint:
        nan = float("nan")
        return SpecialPoint(
            kind=self.name,
            criticality="",
            value=value,
            parameters=self.problem.values(),
            solution=self.problem.snapshot(x),
            mode=None,
            coefficients={},
            certificate=Certificate(nan, nan, nan, nan, nan, nan, nan),
            s=s,
            iterations=iterations,
            factorisations=self.problem.factor.count - before,
        )
