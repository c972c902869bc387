# SPDX-License-Identifier: LGPL-3.0-or-later
"""Current-voltage curves between two openings of a device, from equilibrium outwards."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.parameters import Parameter, checks
from fem_ionics.solve import Newton
from fem_ionics.study.grid import checked_record, checked_values, found_parameter, usual_steps
from fem_ionics.study.iv_results import CURRENT, DEFECT, FLOW, VOLTAGE, IVCurve, charge_defects, current_column
from fem_ionics.study.lines import Line, effort
from fem_ionics.study.march import Pace
from fem_ionics.study.solvable import Solvable, Terminals, as_solvable, opened
from fem_ionics.study.sweep import HALVINGS, NEWTON, bar, comm_of, identity_of, provenance_of, units_of
from fem_ionics.study.sweep_store import Row, SweepStore

#: Column of the charge that is lost or made between the openings, A.
_LOST = "current lost"


def iv_curve(
    model: Any,
    voltage: Parameter,
    values: Any,
    *,
    between: tuple[str, str] = ("cis", "trans"),
    record: Mapping[str, Callable[[Any], float]] | None = None,
    store: SweepStore | None = None,
    first_step: float | None = None,
    smallest: float | None = None,
    newton: Newton | None = None,
    guess: Any = None,
    keep: Iterable[float] = (),
    progress: bool = True,
) -> IVCurve:
    """Current through a device at given voltages.

    The walk starts at equilibrium, 0 V, whether that is among the values or not, and goes outwards to positive and then
    to negative voltages, with points in between where the steps need them.

    Parameters
    ----------
    model
        A Model, or another Solvable with `terminals`.
    voltage
        The parameter that is applied, V.
    values
        Voltages, V, in any order.
    between
        Names of the openings. The current is positive from the first to the second: with the voltage on the first and
        the second grounded a conductance is positive.
    record
        Column -> probe, for what else is wanted.
    store
        Keeps each accepted point, for example ``fi.io.SweepFolder("run")``. If it holds the same curve, that one goes
        on, on any number of ranks.
    first_step, smallest
        Longest first step, V (0.1), and the smallest before the study gives up (1e-3 of it).
    newton
        How a Model is solved.
    guess
        Solution near equilibrium to start from, for example ``fi.poisson_boltzmann(model)`` or the `equilibrium` of a
        curve at another concentration. Where it does not lead to one the walk starts from rest.
    keep
        Voltages, of `values`, whose solutions are kept in ``curve.solutions``.
    progress
        Show a bar on rank 0 in a terminal.

    Returns
    -------
    IVCurve
        In the order of `values`, the same on every rank.

    Raises
    ------
    ParameterError
        Before any solve: for a parameter that the model does not have; no voltages, repeated ones or what is no finite
        number; a voltage to keep that is not among them.
    TagError
        For openings that the domain does not have.
    ConvergenceError
        When no step succeeds; ``error.last`` is the last good solution.
    CheckpointError
        For a store that holds another curve, or is damaged.

    Notes
    -----
    The current is that of all ions out of the second opening, from the residual, so that it agrees with the one into
    the first to the solver's tolerance; by how much it does not is the column "charge defect" (see
    `fem_ionics.study.iv_results.charge_defects`). The voltage has its former value at the end. Collective.
    """
    parameter = found_parameter("iv_curve", as_solvable(model, newton), voltage)
    voltages = checked_values("iv_curve", parameter.name, values)
    kept = _numbers_of(voltages, keep)
    pace = Pace(*usual_steps([0.0, *voltages], "V", first_step, smallest))
    with opened(model, newton) as solvable:
        terminals = _terminals(solvable, between)
        extra = checked_record("iv_curve", record or {}, _own_columns(terminals))
        measure = _measured(terminals, extra)
        if store:
            store.begin(_identity(solvable, parameter, voltages, between, measure), comm_of(solvable))
        line = Line(
            solvable=solvable,
            parameter=parameter,
            values=voltages,
            start=0.0,
            pace=pace,
            record=measure,
            store=store.line(0, comm_of(solvable)) if store else None,
            keep=kept,
        )
        return _curve(line, terminals, between, guess, progress)


def _curve(line: Line, terminals: Terminals, between: tuple[str, str], guess: Any, progress: bool) -> IVCurve:
    """Walk, and put the rows together."""
    probes = {name: probe for name, probe in line.record.items() if name != _LOST}
    units = units_of(line.solvable, probes)
    unit = next(iter(units.values()), "A")
    rows = _walk(line, guess, terminals, unit, progress)
    facts = provenance_of(line.solvable, (line.parameter,))
    facts |= {"between": list(between), "swept": [line.parameter.name], "valences": dict(terminals.valences)}
    return IVCurve(
        _columns(terminals, list(probes), rows) | _efforts(line),
        {VOLTAGE: "V", CURRENT: unit, **units},
        facts,
        f"{facts.get('model', 'device')}: current from {between[0]} to {between[1]}",
        equilibrium=line.first,
        solutions={line.values[number]: solution for number, solution in line.solutions.items()},
    )


def _numbers_of(voltages: tuple[float, ...], keep: Iterable[float]) -> frozenset[int]:
    wanted = [checks.real("iv_curve", "a voltage to keep", each) for each in keep]
    missing = [each for each in wanted if each not in voltages]
    if missing:
        raise ParameterError(f"iv_curve: keep = {missing[0]:g} V is not among the values; add it there.")
    return frozenset(voltages.index(each) for each in wanted)


def _terminals(solvable: Solvable, between: Any) -> Terminals:
    names = tuple(between) if not isinstance(between, str) else ()
    if len(names) != 2 or names[0] == names[1] or not all(isinstance(each, str) for each in names):
        raise ParameterError(f"iv_curve: between = {between!r} was given; the names of two openings are needed.")
    if not hasattr(solvable, "terminals"):
        raise ParameterError(f"iv_curve: {type(solvable).__name__} has no terminals(first, second) to measure at.")
    terminals: Terminals = solvable.terminals(*names)
    return terminals


def _own_columns(terminals: Terminals) -> tuple[str, ...]:
    ions = (current_column(ion) for ion in terminals.out)
    return (VOLTAGE, CURRENT, *ions, FLOW, DEFECT, NEWTON, HALVINGS, _LOST)


def _measured(terminals: Terminals, extra: Mapping[str, Callable[[Any], float]]) -> dict[str, Callable[[Any], float]]:
    """What is evaluated at each point."""
    measure: dict[str, Callable[[Any], float]] = {current_column(ion): probe for ion, probe in terminals.out.items()}
    into, out = list(terminals.into.values()), list(terminals.out.values())
    measure[_LOST] = lambda solution: sum(float(probe(solution)) for probe in [*into, *out])
    if terminals.flow is not None:
        measure[FLOW] = terminals.flow
    return measure | dict(extra)


def _identity(
    solvable: Solvable, parameter: Parameter, voltages: tuple[float, ...], between: tuple[str, str], record: Any
) -> dict[str, Any]:
    """What a kept curve must agree with (collective)."""
    swept = [{"name": parameter.name, "unit": parameter.unit, "values": voltages}]
    return identity_of(solvable, (parameter,)) | {"swept": swept, "between": list(between), "columns": list(record)}


def _walk(line: Line, guess: Any, terminals: Terminals, unit: str, progress: bool) -> dict[int, Row]:
    """Rows by the number of the voltage."""
    present, solvable = line.parameter.value, line.solvable
    largest = terminals.thermal
    rows: dict[int, Row] = {}

    def begin() -> Any:
        line.parameter.value = line.start
        if guess is not None:
            try:
                return solvable.solve(guess)
            except ConvergenceError:
                line.parameter.value = line.start
        return solvable.solve(None)

    shown = progress and comm_of(solvable).rank == 0
    try:
        with bar("iv", len(line.values), shown) as tick:
            for row in line.walk(begin):
                if row["given"] is None:
                    continue
                rows[row["given"]] = row
                current = _current(row, terminals)
                largest = max(largest, abs(current))
                defect = charge_defects([current], [row["numbers"][_LOST]], largest)[0]
                words = f"voltage {row['value']:.4g} V  I {current:.3g} {unit}  newton {row['iterations']}"
                tick("" if row["index"] < line.resumed else f"{words}  defect {defect:.0e}")
    finally:
        line.parameter.value = present
    return rows


def _current(row: Row, terminals: Terminals) -> float:
    return float(sum(row["numbers"][current_column(ion)] for ion in terminals.out))


def _columns(terminals: Terminals, measured: Sequence[str], rows: Mapping[int, Row]) -> dict[str, Any]:
    """Columns of the curve in the order of the voltages."""
    ordered = [rows[number] for number in range(len(rows))]
    currents = np.array([_current(row, terminals) for row in ordered])
    lost = np.array([row["numbers"][_LOST] for row in ordered])
    columns: dict[str, Any] = {VOLTAGE: [row["value"] for row in ordered], CURRENT: currents}
    columns |= {name: [row["numbers"][name] for row in ordered] for name in measured}
    columns[DEFECT] = charge_defects(currents, lost, max(terminals.thermal, float(np.abs(currents).max())))
    return columns


def _efforts(line: Line) -> dict[str, Any]:
    spent = effort(line.rows)
    pairs = [spent[number] for number in range(len(line.values))]
    return {NEWTON: [count for count, _ in pairs], HALVINGS: [halvings for _, halvings in pairs]}
