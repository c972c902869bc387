# SPDX-License-Identifier: LGPL-3.0-or-later
"""One line of a sweep: a parameter walked outwards from a start, both ways, with numbers recorded at given values."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fem_ionics.errors import ConvergenceError
from fem_ionics.log import get_logger
from fem_ionics.parameters import Parameter
from fem_ionics.study.march import Accepted, Pace, Point, march
from fem_ionics.study.solvable import Solvable, iterations
from fem_ionics.study.sweep_store import KeptLine, LineStore, Row

_log = get_logger("study")

#: Walk from one set of parameters to another: first and smallest step, in parts of the way.
_ACROSS = Pace(1.0, 1.0 / 64.0)
_START = "start"


@dataclass(eq=False, kw_only=True)
class Line:
    """A parameter, the values at which it is recorded, and where its walk starts.

    Parameters
    ----------
    solvable, parameter
        What is turned.
    values
        In any order, without repetition.
    start
        Where the walk starts, whether it is among the values or not.
    pace
        Of the walk.
    record
        Column -> probe.
    store
        What keeps it; None for nothing.
    keep
        Numbers of the values whose solutions are kept in `solutions`.

    Attributes
    ----------
    rows
        Accepted points: "index", "leg" (0: start and upwards, 1: downwards), "value", "given" (number of the value, or
        None between them), "from" (value before), "iterations", "halvings", "next step", "numbers".
    first
        Solution at the start.
    resumed
        How many points an earlier run had accepted.
    """

    solvable: Solvable
    parameter: Parameter
    values: tuple[float, ...]
    start: float
    pace: Pace
    record: Mapping[str, Callable[[Any], float]]
    store: LineStore | None = None
    keep: Collection[int] = ()
    rows: list[Row] = field(default_factory=list)
    solutions: dict[int, Any] = field(default_factory=dict)
    first: Any = None
    resumed: int = 0

    def walk(self, begin: Callable[[], Any]) -> Iterator[Row]:
        """Accept point after point, those of an earlier run first.

        Parameters
        ----------
        begin
            Makes the solution at the start.

        Yields
        ------
        dict
            The row of each point.
        """
        kept = self.store.read(self.solvable) if self.store else None
        if kept is None:
            self.first = begin()
            self._accept(0, Point(self.start, self.first), iterations(self.first), self.pace.first)
            kept = KeptLine(self.rows)
            yield self.rows[-1]
        else:
            self.rows, self.resumed = list(kept.rows), len(kept.rows)
            self._restore(begin)
            yield from kept.rows
        for leg in (0, 1):
            for accepted in self._leg(leg, kept):
                point, before, count, halvings, step = accepted
                self._accept(leg, point, count, step, before, halvings)
                yield self.rows[-1]

    def _leg(self, leg: int, kept: KeptLine) -> Iterator[Accepted]:
        """The rest of a walk one way."""
        upwards = sorted(value for value in self.values if value > self.start)
        downwards = sorted((value for value in self.values if value < self.start), reverse=True)
        walked = [row for row in self.rows if row["leg"] == leg]
        done = {row["value"] for row in walked}
        targets = [value for value in (upwards, downwards)[leg] if value not in done]
        if not targets:
            return
        start, before, step = Point(self.start, self.first), None, None
        if walked and walked[-1]["index"] > 0:
            start, before, step = self._going_on(walked[-1], kept)
        yield from march(
            self.solvable.solve,
            self._assign,
            start,
            targets,
            self.pace,
            before=before,
            next_step=step,
            name=self.parameter.name,
            unit=self.parameter.unit,
        )

    def _going_on(self, row: Row, kept: KeptLine) -> tuple[Point, Point | None, float]:
        """Where an earlier run was."""
        solution, before = kept.states.get("last"), None
        if solution is None:
            self._assign(row["value"])
            solution = self.solvable.solve(None)
        elif "before" in kept.states:
            before = Point(row["from"], kept.states["before"])
        return Point(row["value"], solution), before, row["next step"]

    def _restore(self, begin: Callable[[], Any]) -> None:
        """Solutions that an earlier run kept."""
        assert self.store is not None
        self.first = self.store.kept(_START, self.solvable) or begin()
        for row in self.rows:
            given = row["given"]
            if given in self.keep and (solution := self.store.kept(_name(given), self.solvable)) is not None:
                self.solutions[given] = solution

    def _accept(
        self, leg: int, point: Point, count: int, step: float, before: Point | None = None, halvings: int = 0
    ) -> None:
        given = self.values.index(point.value) if point.value in self.values else None
        numbers = {} if given is None else {name: float(probe(point.solution)) for name, probe in self.record.items()}
        row = {
            "index": len(self.rows),
            "leg": leg,
            "value": point.value,
            "from": before.value if before else None,
            "given": given,
            "iterations": count,
            "halvings": halvings,
            "next step": step,
            "numbers": numbers,
        }
        if given is not None and given in self.keep:
            self.solutions[given] = point.solution
        if self.store:
            if not self.rows:
                self.store.keep(_START, point.solution)
            if given in self.solutions:
                self.store.keep(_name(given), point.solution)
            states = {"last": point.solution} | ({"before": before.solution} if before else {})
            self.store.accept(row, states)
        self.rows.append(row)

    def _assign(self, value: float) -> None:
        self.parameter.value = value


def effort(rows: Iterable[Row]) -> dict[int, tuple[int, int]]:
    """Number of each given value -> Newton iterations and halvings of all steps since the given one before."""
    spent, count, halvings = {}, 0, 0
    for row in rows:
        count, halvings = count + row["iterations"], halvings + row["halvings"]
        if row["given"] is not None:
            spent[row["given"]], count, halvings = (count, halvings), 0, 0
    return spent


def _name(given: int | None) -> str:
    return f"point-{given:04d}"


def solved_afresh(solvable: Solvable, here: Mapping[Parameter, float], there: Mapping[Parameter, float]) -> Any:
    """Solution at parameters `there` from nothing; where that fails, by a walk from parameters `here`."""
    _assign_all(there)
    try:
        return solvable.solve(None)
    except ConvergenceError as failure:
        if dict(here) == dict(there):
            raise
        _log.info("no solution from rest (%s); walking there from the parameters' present values", failure)
        _assign_all(here)
        return _walked(solvable, solvable.solve(None), here, there)


def carried(
    solvable: Solvable, solution: Any, here: Mapping[Parameter, float], there: Mapping[Parameter, float]
) -> Any:
    """Solution at parameters `there` from the one at parameters `here`, in one step or several."""
    try:
        return _walked(solvable, solution, here, there)
    except ConvergenceError as failure:
        _log.info("the walk to the next line fails (%s); it starts from rest", failure)
        _assign_all(there)
        try:
            return solvable.solve(None)
        except ConvergenceError:
            raise failure from None


def _walked(
    solvable: Solvable, solution: Any, here: Mapping[Parameter, float], there: Mapping[Parameter, float]
) -> Any:
    def assign(part: float) -> None:
        # Both ends exactly: rounding must not make another problem.
        _assign_all({p: there[p] if part == 1.0 else here[p] + part * (there[p] - here[p]) for p in there})

    for accepted in march(solvable.solve, assign, Point(0.0, solution), [1.0], _ACROSS, name="part of the way"):
        solution = accepted.point.solution
    return solution


def _assign_all(values: Mapping[Parameter, float]) -> None:
    for parameter, value in values.items():
        parameter.value = value
