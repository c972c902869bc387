# SPDX-License-Identifier: LGPL-3.0-or-later
"""From one solution to the next along a parameter, in steps as long as Newton's ease allows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.log import get_logger
from fem_ionics.parameters import checks
from fem_ionics.study.solvable import extrapolated, iterations

_log = get_logger("study")

#: Growth of a step after one that took so few iterations.
_GROWTH, _EASY = 1.6, 5


@dataclass(frozen=True)
class Pace:
    """How a parameter is walked.

    Parameters
    ----------
    first
        Longest first step.
    smallest
        A step below this that fails ends the walk.

    Raises
    ------
    ParameterError
        For steps that are not positive, or a first one below the smallest.
    """

    first: float
    smallest: float

    def __post_init__(self) -> None:
        checks.positive("a walk", "first_step", self.first)
        checks.positive("a walk", "smallest", self.smallest)
        if self.first < self.smallest:
            raise ParameterError(f"first_step = {self.first:g} is below smallest = {self.smallest:g}: exchange them.")


class Point(NamedTuple):
    """A value of the parameter and the solution there."""

    value: float
    solution: Any


class Accepted(NamedTuple):
    """A point of a walk.

    Parameters
    ----------
    point, before
        It, and the one that it was reached from.
    iterations
        That Newton took.
    halvings
        Longer steps that failed before.
    next_step
        Length of the next step.
    """

    point: Point
    before: Point
    iterations: int
    halvings: int
    next_step: float


def march(
    solve: Callable[[Any], Any],
    assign: Callable[[float], None],
    start: Point,
    targets: Sequence[float],
    pace: Pace,
    *,
    before: Point | None = None,
    next_step: float | None = None,
    name: str = "parameter",
    unit: str = "",
) -> Iterator[Accepted]:
    """Walk from a solution through given values; each is met exactly, with as many points between as it takes.

    Parameters
    ----------
    solve
        Solution from a guess at the present value; ConvergenceError where it fails.
    assign
        Sets the parameter.
    start
        Where the walk begins; not among what is yielded.
    targets
        Values in the order of the walk, which leads one way.
    pace
        First and smallest step.
    before
        The point before `start` in a walk that goes on, for the first guess.
    next_step
        Of the walk that goes on.
    name, unit
        Of the parameter, for messages.

    Yields
    ------
    Accepted
        For each point, also those between the given values.

    Raises
    ------
    ParameterError
        For targets that do not lead one way from the start.
    ConvergenceError
        When no step of at least ``pace.smallest`` succeeds; ``error.last`` is the last good solution.

    Notes
    -----
    The guess lies on the secant through the last two solutions. A step of at most five Newton iterations lets the next
    one be 1.6 times as long, a failed one is halved.
    """
    values = [start.value, *targets]
    signs = {(new > old) - (new < old) for old, new in pairwise(values)}
    if len(signs - {0}) > 1 or 0 in signs:
        raise ParameterError(f"A walk leads one way; {name} = {', '.join(f'{value:g}' for value in values)} was given.")
    size, last, halvings = next_step or pace.first, start, 0
    for target in targets:
        while last.value != target:
            value = _next_value(last.value, target, size)
            try:
                assign(value)
                solution = solve(extrapolated(before, last, value))
            except ConvergenceError as failure:
                size, halvings = abs(value - last.value) / 2.0, halvings + 1
                if size < pace.smallest:
                    raise _stuck(failure, last, value, name, unit, pace) from failure
                _log.info("%s = %g fails from %g %s; the step is halved", name, value, last.value, unit)
                continue
            taken, count = abs(value - last.value), iterations(solution)
            if count <= _EASY:
                size = max(size, _GROWTH * taken)
            before, last = last, Point(value, solution)
            yield Accepted(last, before, count, halvings, size)
            halvings = 0


def _next_value(now: float, target: float, size: float) -> float:
    """The target if it is within reach; else a step towards it that leaves no sliver."""
    left = abs(target - now)
    if size >= left * (1.0 - 1e-9):
        return target
    step = min(size, left / 2.0)
    return now + (step if target > now else -step)


def _stuck(failure: ConvergenceError, last: Point, value: float, name: str, unit: str, pace: Pace) -> ConvergenceError:
    words = (
        f"This was at {name} = {value:.6g} {unit}".rstrip()
        + f", with the smallest step allowed ({pace.smallest:g}); the last good solution ({name} = {last.value:.6g} "
        f"{unit}".rstrip()
        + ") is in error.last. Try a smaller value of smallest, or a finer mesh."
    )
    return failure.after(words, last.solution)
