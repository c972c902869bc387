# SPDX-License-Identifier: LGPL-3.0-or-later
"""Numbers over any parameter, or a product of several."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from mpi4py import MPI
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from fem_ionics.errors import CheckpointError, ParameterError
from fem_ionics.log import get_logger
from fem_ionics.parameters import Parameter
from fem_ionics.solve import Newton
from fem_ionics.study.grid import Grid, checked_grid, checked_record, found_parameter, nearest_to, usual_steps
from fem_ionics.study.lines import Line, carried, effort, solved_afresh
from fem_ionics.study.march import Pace
from fem_ionics.study.results import Table
from fem_ionics.study.solvable import Solvable, as_solvable, opened
from fem_ionics.study.sweep_store import Row, SweepStore
from fem_ionics.study.together import groups_of, share, split, together

_log = get_logger("study")

#: Columns of Newton's iterations and of halved steps.
NEWTON, HALVINGS = "newton", "halvings"


def sweep(
    model: Any,
    values: Mapping[Parameter | str, Any],
    *,
    record: Mapping[str, Callable[[Any], float]],
    groups: int = 1,
    store: SweepStore | None = None,
    first_step: float | None = None,
    smallest: float | None = None,
    newton: Newton | None = None,
    progress: bool = True,
    comm: MPI.Comm = MPI.COMM_WORLD,
) -> Table:
    """Solve at all values of a parameter, or of a product of several, and record numbers.

    Parameters
    ----------
    model
        A Model or another Solvable. Or a function ``make(comm)`` that builds one on a communicator, which `groups`
        needs.
    values
        Parameter, or its name, -> values (SI). Of several parameters all combinations are solved, the last one fastest.
    record
        Column -> probe of a solution. The probes of `fem_ionics.observe` fit every model.
    groups
        The ranks of `comm` are split into so many groups, each with a model of its own on its ranks. Groups share the
        lines (combinations of all parameters but the last), or the points of a single parameter.
    store
        Keeps each accepted point, for example ``fi.io.SweepFolder("run")``. If it holds the same sweep, that one goes
        on, on any number of ranks.
    first_step, smallest
        Of the last parameter, in its unit: the longest first step, and the smallest before the study gives up. By
        default 0.1 V for a parameter in "V" and no limit for others; and 1e-3 of that.
    newton
        How a Model is solved.
    progress
        Show a bar on rank 0 in a terminal.
    comm
        Communicator of a `make`.

    Returns
    -------
    Table
        A row for each combination, in the order of `values`: parameters, recorded columns, and of all steps since the
        point before the "newton" iterations and "halvings". The same on every rank.

    Raises
    ------
    ParameterError
        Before any solve: for parameters that the model does not have; no values, repeated ones or what is no finite
        number; more groups than ranks, or groups of a model that exists already.
    ConvergenceError
        On all ranks, when no step succeeds; in its own group ``error.last`` is the last good solution. The other groups
        finish their share first, so that a store loses nothing.
    CheckpointError
        For a store that holds another sweep, or is damaged.

    Notes
    -----
    The last parameter is walked from the given value nearest to its present one, upwards and then downwards, in steps
    that follow Newton's ease (`fem_ionics.study.march`). Each line starts from the first solution of the line before,
    in several steps where one fails. All parameters have their former values at the end. Collective.
    """
    makes = callable(model) and not hasattr(model, "parameters")
    world = comm if makes else comm_of(model)
    count = groups_of("sweep", groups, world)
    if count > 1 and not makes:
        raise ParameterError("sweep: groups need a function make(comm) that builds the model on a communicator.")
    grid = checked_grid("sweep", values, apart=count > 1)
    probes = checked_record("sweep", record, (*grid.names, NEWTON, HALVINGS))
    if not probes:
        raise ParameterError("sweep: record is empty; give a column and its probe.")
    if not makes:
        for key in values:
            found_parameter("sweep", as_solvable(model, newton), key)
    mine, group = split(world, count)
    with ExitStack() as stack:

        def build() -> "_Sweep":
            solvable = stack.enter_context(opened(model(mine) if makes else model, newton))
            parameters = tuple(found_parameter("sweep", solvable, key) for key in values)
            pace = Pace(*usual_steps(grid.values[grid.inner], parameters[-1].unit, first_step, smallest))
            return _Sweep(solvable, grid, parameters, probes, pace, mine)

        work = together(world, count, group, build)
        identity = together(world, count, group, work.identity)
        if store:
            _same_everywhere(world, identity)
            store.begin(identity, world)
        facts = world.bcast(together(world, count, group, work.facts))
        numbers = share(len(grid.lines), count, group)
        shown = progress and world.rank == 0
        rows = together(world, count, group, lambda: work.run(numbers, store, shown))
        points = {place: row for each in world.allgather(rows) for place, row in each.items()}
        return _table(grid, probes, points, facts, work, count)


@dataclass(eq=False)
class _Sweep:
    """The lines of one group."""

    solvable: Solvable
    grid: Grid
    parameters: tuple[Parameter, ...]
    record: Mapping[str, Callable[[Any], float]]
    pace: Pace
    comm: MPI.Comm
    begun: dict[Parameter, float] = field(init=False)

    def __post_init__(self) -> None:
        self.begun = {parameter: parameter.value for parameter in self.parameters}

    def identity(self) -> dict[str, Any]:
        """What a kept sweep must agree with (collective)."""
        swept = [{"name": p.name, "unit": p.unit, "values": self.grid.values[p.name]} for p in self.parameters]
        lines = {"lines": len(self.grid.lines), "start": self._start(self.grid.lines[0][1])}
        return identity_of(self.solvable, self.parameters) | {"swept": swept, "columns": list(self.record)} | lines

    def facts(self) -> dict[str, Any]:
        """Provenance and units of this group's model (collective)."""
        facts = provenance_of(self.solvable, self.parameters)
        return {"provenance": facts, "units": units_of(self.solvable, self.record)}

    def run(self, lines: range, store: SweepStore | None, shown: bool) -> dict[int, dict[str, float]]:
        """Numbers of given points by their place in the grid."""
        points: dict[int, dict[str, float]] = {}
        total = sum(len(self.grid.lines[number][1]) for number in lines)
        here, solution = self.begun, None
        try:
            with bar("sweep", total, shown) as tick:
                for number in lines:
                    here, solution = self._line(number, store, here, solution, points, tick)
        finally:
            for parameter, value in self.begun.items():
                parameter.value = value
        return points

    def _line(
        self,
        number: int,
        store: SweepStore | None,
        here: dict[Parameter, float],
        solution: Any,
        points: dict[int, dict[str, float]],
        tick: Callable[[str], None],
    ) -> tuple[dict[Parameter, float], Any]:
        """Walk one line; its start and the solution there."""
        outer, values = self.grid.lines[number]
        start = self._start(values)
        there = {p: outer.get(p.name, start) for p in self.parameters}
        line = Line(
            solvable=self.solvable,
            parameter=self.parameters[-1],
            values=values,
            start=start,
            pace=self.pace,
            record=self.record,
            store=store.line(number, self.comm) if store else None,
        )
        for parameter, value in there.items():
            parameter.value = value

        def begin() -> Any:
            if solution is None:
                return solved_afresh(self.solvable, here, there)
            return carried(self.solvable, solution, here, there)

        for row in line.walk(begin):
            if row["given"] is not None:
                points[number * len(values) + row["given"]] = dict(row["numbers"])
                tick("" if row["index"] < line.resumed else self._words(outer, row))
        for given, (count, halvings) in effort(line.rows).items():
            points[number * len(values) + given] |= {NEWTON: count, HALVINGS: halvings}
        return there, line.first

    def _start(self, values: tuple[float, ...]) -> float:
        return nearest_to(values, self.begun[self.parameters[-1]])

    def _words(self, outer: Mapping[str, float], row: Row) -> str:
        here = {**outer, self.grid.inner: row["value"]}
        units = {p.name: p.unit for p in self.parameters}
        words = [f"{name} {value:.4g} {units[name]}".rstrip() for name, value in here.items()]
        words += [f"{name} {value:.4g}" for name, value in row["numbers"].items()]
        return "  ".join([*words, f"newton {row['iterations']}"])


def _table(
    grid: Grid,
    record: Mapping[str, Any],
    points: Mapping[int, Mapping[str, float]],
    facts: dict[str, Any],
    work: _Sweep,
    groups: int,
) -> Table:
    columns: dict[str, Any] = dict(grid.columns())
    for name in (*record, NEWTON, HALVINGS):
        columns[name] = [points[number][name] for number in range(grid.size)]
    units = {parameter.name: parameter.unit for parameter in work.parameters} | facts["units"]
    provenance = {**facts["provenance"], "swept": list(grid.names), "groups": groups}
    return Table(columns, units, provenance, f"sweep over {', '.join(grid.names)}")


def identity_of(solvable: Solvable, swept: tuple[Parameter, ...]) -> dict[str, Any]:
    """The problem, and its parameters that are not swept (collective)."""
    others = {p.name: p.value for p in solvable.parameters if p not in swept}
    return {"problem": getattr(solvable, "fingerprint", type(solvable).__name__), "other parameters": others}


def provenance_of(solvable: Solvable, swept: tuple[Parameter, ...]) -> dict[str, Any]:
    """Where numbers come from, without the parameters that are swept (collective)."""
    if hasattr(solvable, "provenance"):
        facts = dict(solvable.provenance())
    else:
        known = {p.name: {"value": p.value, "unit": p.unit} for p in solvable.parameters}
        facts = {"model": type(solvable).__name__, "parameters": known}
    names = [parameter.name for parameter in swept]
    facts["parameters"] = {name: given for name, given in facts.get("parameters", {}).items() if name not in names}
    return facts


def units_of(solvable: Solvable, record: Mapping[str, Any]) -> dict[str, str]:
    """Units of probes, as far as they have any."""
    unit = getattr(solvable, "unit", lambda probe: getattr(probe, "unit", ""))
    return {name: unit(probe) for name, probe in record.items() if hasattr(probe, "unit")}


@contextmanager
def bar(word: str, total: int, shown: bool) -> Iterator[Callable[[str], None]]:
    """A bar in a terminal and a line in the log for each new point; what is yielded takes the words of one."""
    done = 0
    with ExitStack() as stack:
        line = tqdm(total=total, desc=word, disable=None if shown else True, leave=False)
        stack.enter_context(line)
        if not line.disable:
            stack.enter_context(logging_redirect_tqdm([get_logger()]))

        def tick(words: str) -> None:
            nonlocal done
            done += 1
            line.update()
            if words:
                _log.info("%s %d/%d  %s", word, done, total, words)

        yield tick


def comm_of(model: Any) -> MPI.Comm:
    """Communicator of a model or another Solvable; all ranks by default."""
    domain = getattr(model, "domain", None)
    return getattr(domain if domain is not None else model, "comm", MPI.COMM_WORLD)


def _same_everywhere(comm: MPI.Comm, identity: dict[str, Any]) -> None:
    """All groups have built the same problem, or all raise."""
    if len(set(map(repr, comm.allgather(identity)))) > 1:
        raise CheckpointError("sweep: make(comm) builds another problem in each group; a store cannot keep them.")
