# SPDX-License-Identifier: LGPL-3.0-or-later
"""A circuit over time, with events.

The equations are those of `equations`: SciPy integrates them from jump to jump of the sources. Charges that pass the
elements can be integrated beside them; the solvers keep linear invariants, so charge is conserved to round-off.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.integrate import solve_ivp

from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.parameters import checks
from fem_ionics.reduced import given
from fem_ionics.reduced.circuits.elements import GROUND
from fem_ionics.reduced.circuits.operating import OperatingPoint, operating_point, starting_point
from fem_ionics.reduced.given import Array

if TYPE_CHECKING:
    from fem_ionics.reduced.circuits.circuit import Circuit
    from fem_ionics.reduced.circuits.equations import Equations

#: Absolute error of a voltage (V) and of a state allowed for a relative one of 1.
_VOLT = 1e-2
#: Parts of a transient over which slopes of waveforms are taken.
_SLOPE = 1e-6


@dataclass(frozen=True)
class Crossing:
    """The voltage of a node passes a level.

    Parameters
    ----------
    node
        Its name.
    level
        V.
    direction
        1 upwards only, -1 downwards only, 0 both.
    stop
        End the transient there.

    Raises
    ------
    ParameterError
        For a level that is not finite, or another direction.
    """

    node: str
    level: float = 0.0
    direction: Literal[-1, 0, 1] = 1
    stop: bool = False

    def __post_init__(self) -> None:
        checks.label("Crossing", "node", self.node)
        checks.real("Crossing", "level", self.level)
        if self.direction not in (-1, 0, 1):
            raise ParameterError(f"Crossing: direction = {self.direction!r} was given; -1, 0 or 1 is allowed.")


@dataclass(frozen=True, eq=False)
class Run:
    """A transient.

    Attributes
    ----------
    time : (n,) array
        s.
    voltages, currents : dict
        Node -> V and element -> A, each of shape (n,).
    states : dict
        Element with memory -> its states, shape (n, states).
    charges : dict
        Element -> charge that has passed it, C; empty unless asked for.
    events : dict
        Name of an event -> its times, s.
    kirchhoff : float
        Largest sum of currents at a node over the largest current.
    charge_defect : float
        Largest sum of charges at a node over the largest charge; nan unless asked for.
    z : (n, unknowns) array
        Charges and states; ``transient(start=run)`` goes on from the last.
    """

    time: Array
    voltages: dict[str, Array]
    currents: dict[str, Array]
    states: dict[str, Array]
    charges: dict[str, Array]
    events: dict[str, Array]
    kirchhoff: float
    charge_defect: float
    z: Array

    @property
    def columns(self) -> dict[str, Array]:
        """Time, voltages of nodes and currents of elements, as a `Table` takes them."""
        amperes = {f"{name} current": values for name, values in self.currents.items()}
        return {"time": self.time, **self.voltages, **amperes}

    @property
    def units(self) -> dict[str, str]:
        """Of `columns`."""
        amperes = {f"{name} current": "A" for name in self.currents}
        return {"time": "s", **dict.fromkeys(self.voltages, "V"), **amperes}

    def frequency(self, event: str, after: float = 0.0) -> float:
        """One over the mean time between events after a time (s), Hz; zero for fewer than three."""
        times = self.events[event]
        late = times[times >= after]
        return float((len(late) - 1) / (late[-1] - late[0])) if len(late) > 2 else 0.0


def transient(
    circuit: "Circuit",
    until: float,
    *,
    start: OperatingPoint | Run | Mapping[str, float] | None = None,
    times: Any = None,
    events: Mapping[str, Crossing] | None = None,
    charges: bool = False,
    tolerance: float = 1e-7,
    largest_step: float = math.inf,
    method: Literal["LSODA", "Radau", "BDF"] = "LSODA",
) -> Run:
    """Follow a circuit from time zero.

    Parameters
    ----------
    circuit
        The circuit.
    until
        End, s.
    start
        Operating point; a run, to go on from its end; or node -> voltage (V), the states of elements settled at it. By
        default the operating point at time zero.
    times
        When to record, s; every step by default.
    events
        Name -> crossing to look for.
    charges
        Integrate the charges that pass the elements.
    tolerance
        Relative error allowed for a step; 0.01 of it in volts and in states.
    largest_step
        s. Waveforms of smooth functions should be resolved: the solver cannot see between its steps.
    method
        Of SciPy's stiff solvers.

    Raises
    ------
    ParameterError
        For values out of range, waveforms that do not last until the end or have a gap, and voltages beyond the table
        of an element.
    ModelError, ConvergenceError
        When there is no operating point to start from, or a step fails.
    TagError
        For nodes that the circuit does not have.
    """
    until = checks.positive("transient", "until", until, "s")
    wanted = None if times is None else _times(times, until)
    equations = circuit.equations()
    for signal in (*equations.voltages, *equations.currents):
        signal.require(until)
    z = _start(circuit, start, equations)
    crossings = dict(events or {})
    watch = [_watch(equations, circuit, crossing) for crossing in crossings.values()]
    passed = len(equations.names) + len(equations.drives) if charges else 0
    right, jacobian = _extended(equations, passed)
    breaks = sorted({t for s in (*equations.voltages, *equations.currents) for t in s.breaks if 0.0 < t < until})
    edges = [0.0, *breaks, until]
    found_t, found_z = [], []
    found_events: list[list[float]] = [[] for _ in crossings]
    now = np.concatenate([z, np.zeros(passed)])
    for first, last in pairwise(edges):
        part = _segment(right, jacobian, (first, last), now, watch, tolerance, largest_step, method, equations.size)
        at = part.t if wanted is None else wanted[(wanted >= first) & (wanted < part.t[-1])]
        keep = at[:-1] if wanted is None and last < until and part.status != 1 else at
        found_t.append(keep)
        found_z.append(np.atleast_2d(part.sol(keep).T) if len(keep) else np.empty((0, now.size)))
        for times_found, new in zip(found_events, part.t_events or [], strict=True):
            times_found.extend(new.tolist())
        now = part.y[:, -1]
        if part.status == 1 or last == until:
            if wanted is not None and wanted[-1] >= part.t[-1]:
                found_t.append(part.t[-1:])
                found_z.append(now[None])
            break
    done = {name: np.array(each) for name, each in zip(crossings, found_events, strict=True)}
    return _recorded(circuit, equations, np.concatenate(found_t), np.concatenate(found_z), done, bool(passed))


def _times(times: Any, until: float) -> Array:
    wanted = given.reals("transient", "times", times)
    if wanted.ndim != 1 or not len(wanted) or np.any(np.diff(wanted) <= 0.0) or wanted[0] < 0.0 or wanted[-1] > until:
        raise ParameterError(f"transient: times must grow within 0 to {until:g} s.")
    return wanted


def _start(circuit: "Circuit", start: Any, equations: "Equations") -> Array:
    if isinstance(start, Mapping):
        return starting_point(circuit, start)
    if isinstance(start, Run):
        return start.z[-1]
    return (operating_point(circuit) if start is None else start).z


def _watch(equations: "Equations", circuit: "Circuit", crossing: Crossing) -> Callable[[float, Array], float]:
    row = None if crossing.node == GROUND else circuit.node(crossing.node)

    def signal(t: float, z: Array) -> float:
        part = z[: equations.size]
        if row is None:
            return -crossing.level
        return float(equations.node_voltages(t, part, equations.moment(t, part))[row]) - crossing.level

    signal.terminal = crossing.stop  # type: ignore[attr-defined]
    signal.direction = crossing.direction  # type: ignore[attr-defined]
    return signal


def _extended(equations: "Equations", passed: int) -> tuple[Any, Any]:
    """Right side and Jacobian, with the charges that pass elements and current sources behind the unknowns."""
    if not passed:
        return equations.rates, equations.jacobian
    size = equations.size

    def right(t: float, z: Array) -> Array:
        now = equations.moment(t, z[:size])
        return np.concatenate([equations.rates_of(now, z[:size]), now.i, now.j])

    def jacobian(t: float, z: Array) -> Array:
        full = np.zeros((size + passed, size + passed))
        full[:size, :size] = equations.jacobian(t, z[:size])
        full[size : size + len(equations.names), :size] = equations.current_jacobian(t, z[:size])
        return full

    return right, jacobian


def _segment(
    right: Any, jacobian: Any, span: tuple[float, float], z: Array, watch: Any, tolerance: float, largest: float,
    method: str, size: int,
) -> Any:  # fmt: skip
    """Between two jumps of the sources; those at its end are met from the left."""
    if not z.size:
        raise ParameterError(
            "transient: nothing here stores charge or has a memory; solve(time=...) at each time instead."
        )
    checks.positive("transient", "tolerance", tolerance)
    # Charges that have passed do not steer the steps.
    allowed = np.where(np.arange(z.size) < size, tolerance * _VOLT, 1e30)
    end = span[1] * (1.0 - 1e-15)
    part = solve_ivp(
        lambda t, z: right(min(t, end), z),
        span,
        z,
        method=method,
        jac=lambda t, z: jacobian(min(t, end), z),
        rtol=tolerance,
        atol=allowed,
        max_step=largest,
        events=watch or None,
        dense_output=True,
    )
    if part.status < 0 or not np.all(np.isfinite(part.y)):
        raise ConvergenceError(
            f"transient: the solver stopped at t = {part.t[-1]:g} s ({part.message}). Try another method or tolerance.",
            last=part.y[:, -1],
            reason=str(part.message),
        )
    return part


def _recorded(
    circuit: "Circuit", equations: "Equations", t: Array, z: Array, events: dict[str, Array], charged: bool
) -> Run:
    size, top = equations.size, circuit.topology
    step = _SLOPE * float(t[-1])
    moments = [equations.moment(at, row) for at, row in zip(t.tolist(), z[:, :size], strict=True)]
    rows = list(zip(t.tolist(), z[:, :size], moments, strict=True))
    volts = np.array([equations.node_voltages(*row) for row in rows])
    stored = np.array([equations.capacitor_currents(*row, step) for row in rows])
    i, j, across = (np.array([getattr(now, name) for now in moments]) for name in ("i", "j", "across"))
    for extreme in (across.min(axis=0), across.max(axis=0)):
        equations.check_covered(extreme)
    out = i @ equations.A.T + j @ equations.B.T + stored @ equations.K.T
    through = equations.battery_currents(out)
    left = out + through @ equations.P.T
    flows = np.hstack([i, stored, through, j])
    names = [*equations.names, *equations.capacitors, *equations.batteries, *equations.drives]
    passed, defect = _charges(equations, z[:, size:], volts) if charged else ({}, math.nan)
    return Run(
        time=t,
        voltages={name: volts[:, k] for k, name in enumerate(top.nodes)},
        currents={name: flows[:, k] for k, name in enumerate(names)},
        states={
            equations.names[k]: z[:, equations.charges : size][:, equations.slots[k]] for k in equations.with_states
        },
        charges=passed,
        events=events,
        kirchhoff=float(np.max(np.abs(left), initial=0.0) / (np.max(np.abs(flows), initial=0.0) or 1.0)),
        charge_defect=defect,
        z=z[:, :size],
    )


def _charges(equations: "Equations", passed: Array, volts: Array) -> tuple[dict[str, Array], float]:
    """Charge that has passed each element since the start, and the largest sum at a node over the largest charge."""
    count = len(equations.names)
    stored = (volts - volts[0]) @ equations.K * equations.capacitances
    out = passed[:, :count] @ equations.A.T + passed[:, count:] @ equations.B.T + stored @ equations.K.T
    through = equations.battery_currents(out)
    left = out + through @ equations.P.T
    every = np.hstack([passed[:, :count], stored, through, passed[:, count:]])
    names = [*equations.names, *equations.capacitors, *equations.batteries, *equations.drives]
    defect = float(np.max(np.abs(left), initial=0.0) / (np.max(np.abs(every), initial=0.0) or 1.0))
    return {name: every[:, k] for k, name in enumerate(names)}, defect
