# SPDX-License-Identifier: LGPL-3.0-or-later
"""Where a circuit rests: operating points, all of them where it is bistable, and whether they are stable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import qmc

from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.parameters import checks
from fem_ionics.reduced.circuits.newton import newton
from fem_ionics.reduced.circuits.topology import Topology
from fem_ionics.reduced.given import Array

if TYPE_CHECKING:
    from fem_ionics.reduced.circuits.circuit import Circuit
    from fem_ionics.reduced.circuits.equations import Equations

#: Operating points within this part of the voltages in the circuit are the same.
_SAME = 1e-6


@dataclass(frozen=True, eq=False)
class OperatingPoint:
    """A steady state.

    Attributes
    ----------
    voltages : dict
        Node -> V.
    currents : dict
        Element -> A, from its first node through it to its second.
    states : dict
        Element with memory -> its states.
    eigenvalues : array of complex
        Of the circuit linearised there, 1/s, the fastest growing first: w' and s' of `equations`.
    kirchhoff : float
        Largest sum of currents at a node over the largest current.
    arrays : tuple of array
        Voltages of the groups of nodes: what a study extrapolates.
    z : array
        Charges and states, as `equations` has them.
    """

    voltages: dict[str, float]
    currents: dict[str, float]
    states: dict[str, tuple[float, ...]]
    eigenvalues: np.ndarray
    kirchhoff: float
    arrays: tuple[Array, ...]
    z: Array
    info: dict[str, Any] = field(default_factory=dict)

    @property
    def stable(self) -> bool:
        """Whether all small disturbances decay."""
        return bool(np.all(self.eigenvalues.real < 0.0))


def operating_point(circuit: "Circuit", guess: OperatingPoint | None = None, time: float = 0.0) -> OperatingPoint:
    """Steady state of a circuit, with its sources as they are at one time.

    Parameters
    ----------
    circuit
        The circuit.
    guess
        Operating point to start from; all nodes at zero by default, and if Newton fails there sources that grow.
    time
        s.

    Raises
    ------
    ModelError
        Where nodes have no path for direct current.
    ConvergenceError
        When there is none near the guess.
    ParameterError
        For a solution outside the table of an element.
    """
    circuit.check_direct_current()
    equations = circuit.equations()
    e, j = equations.sources(time)
    start = np.zeros(circuit.topology.N.shape[1]) if guess is None else guess.arrays[0]
    try:
        y, iterations = newton(_balance(equations, e, j), start, "an operating point")
    except ConvergenceError:
        if guess is not None:
            raise
        y, iterations = start, 0
        for part in np.linspace(0.05, 1.0, 20):
            y, more = newton(_balance(equations, part * e, part * j), y, f"sources at {part:.0%} of their values")
            iterations += more
    return _reported(equations, y, time, iterations)


def operating_points(circuit: "Circuit", *, reach: float | None = None, starts: int = 64) -> list[OperatingPoint]:
    """All steady states that Newton finds from many starts, stable and unstable, by growing voltage of the first node.

    Parameters
    ----------
    circuit
        The circuit.
    reach
        Starts lie between plus and minus this voltage at all nodes; twice the sum of all batteries by default, or 1 V.
    starts
        Number of starts (Sobol points).

    Raises
    ------
    ModelError
        Where nodes have no path for direct current.
    ConvergenceError
        When no start finds one.

    Notes
    -----
    A search is no proof that there are no others; their parity tells (folds come in pairs).
    """
    circuit.check_direct_current()
    equations = circuit.equations()
    e, j = equations.sources(0.0)
    widest = 2.0 * float(np.sum(np.abs(e))) or 1.0
    span = widest if reach is None else checks.positive("operating_points", "reach", reach, "V")
    size = circuit.topology.N.shape[1]
    if size == 0:
        return [_reported(equations, np.zeros(0), 0.0, 0)]
    found: list[tuple[Array, int]] = []
    count = 2 ** int(np.ceil(np.log2(checks.positive("operating_points", "starts", starts))))
    for start in span * (2.0 * qmc.Sobol(size, scramble=False).random(count) - 1.0):
        try:
            y, iterations = newton(_balance(equations, e, j), start, "an operating point")
        except ConvergenceError:
            continue
        covered = [element.covers(v) for element, v in zip(equations.conductive, _across(equations, y, e), strict=True)]
        if all(covered) and not any(np.allclose(y, known, rtol=0.0, atol=_SAME * span) for known, _ in found):
            found.append((y, iterations))
    if not found:
        raise ConvergenceError(f"operating_points: none was found from {count} starts within {span:g} V; try a reach.")
    found.sort(key=lambda each: tuple(each[0]))
    return [_reported(equations, y, 0.0, iterations) for y, iterations in found]


def starting_point(circuit: "Circuit", voltages: Mapping[str, float]) -> Array:
    """Charges and settled states where some nodes are held at given voltages (V) at time zero, the others follow."""
    equations = circuit.equations()
    top, (e, j) = circuit.topology, equations.sources(0.0)
    rows = [circuit.node(name) for name in voltages]
    volts = np.array([checks.real("start", f'"{name}"', v) for name, v in voltages.items()])
    # Groups that a given node stands for are fixed; the rest is where it would rest.
    y = np.zeros(top.N.shape[1])
    held = top.N[rows].any(axis=0)
    y[held] = np.linalg.lstsq(top.N[np.ix_(rows, held.nonzero()[0])], volts - top.E[rows] @ e, rcond=None)[0]
    missed = np.abs(top.N[rows] @ y + top.E[rows] @ e - volts)
    if np.any(missed > _SAME * np.max(np.abs(volts), initial=0.0)):
        listed = ", ".join(f'"{name}"' for name, each in zip(voltages, missed, strict=True) if each > 0.0)
        raise ParameterError(f"start: {listed} is held by batteries at another voltage; leave it out.")
    balance = _balance(equations, e, j)

    def free(x: Array) -> tuple[Array, Array, Array]:
        full = y.copy()
        full[~held] = x
        r, J, terms = balance(full)
        return r[~held], J[np.ix_(~held, ~held)], terms[~held]

    if not held.all():
        y[~held] = newton(free, y[~held], "the nodes that were not given a voltage")[0]
    return _differential(equations, y, e)


def _across(equations: "Equations", y: Array, e: Array) -> list[float]:
    top = equations.topology
    across: list[float] = (equations.A.T @ (top.N @ y + top.E @ e)).tolist()
    return across


def _balance(equations: "Equations", e: Array, j: Array) -> Any:
    """Residual of Kirchhoff's law for each group of nodes, with all states settled."""
    top = equations.topology
    by_y, fixed = equations.A.T @ top.N, equations.A.T @ top.E @ e
    driven, size = top.N.T @ equations.B @ j, np.abs(top.N.T @ equations.B) @ np.abs(j)

    def residual(y: Array) -> tuple[Array, Array, Array]:
        i, di = equations.steady(by_y @ y + fixed)
        return by_y.T @ i + driven, by_y.T @ (di[:, None] * by_y), np.abs(by_y).T @ np.abs(i) + size

    return residual


def _differential(equations: "Equations", y: Array, e: Array) -> Array:
    """Charges in volts, and settled states."""
    top = equations.topology
    a = top.U.T @ (y - top.Z @ _algebraic(top, y))
    equations.expect(_algebraic(top, y))
    return np.concatenate([a + equations.shift @ e, equations.settled(_across(equations, y, e))])


def _algebraic(top: Topology, y: Array) -> Array:
    """b: of each island that does not reach the ground, the voltage of its last group."""
    counted = top.U.any(axis=1)
    return y[[np.nonzero((column > 0.0) & ~counted)[0][0] for column in top.Z.T]]


def _reported(equations: "Equations", y: Array, time: float, iterations: int) -> OperatingPoint:
    e, j = equations.sources(time)
    top, across = equations.topology, np.array(_across(equations, y, e))
    equations.check_covered(across)
    z = _differential(equations, y, e)
    i = equations.steady(across)[0]
    flows = equations.A @ i + equations.B @ j
    through = equations.battery_currents(flows)
    left = flows + equations.P @ through
    currents = dict(zip(equations.names, i.tolist(), strict=True)) | {name: 0.0 for name in equations.capacitors}
    currents |= dict(zip((*equations.batteries, *equations.drives), (*through.tolist(), *j.tolist()), strict=True))
    s = z[equations.charges :].tolist()
    largest = max((abs(value) for value in currents.values()), default=0.0)
    eigenvalues = np.linalg.eigvals(equations.jacobian(time, z)) if z.size else np.zeros(0, dtype=complex)
    return OperatingPoint(
        voltages=dict(zip(top.nodes, (top.N @ y + top.E @ e).tolist(), strict=True)),
        currents=currents,
        states={equations.names[k]: tuple(s[equations.slots[k]]) for k in equations.with_states},
        eigenvalues=eigenvalues[np.argsort(-eigenvalues.real)],
        kirchhoff=float(np.max(np.abs(left), initial=0.0)) / (largest or 1.0),
        arrays=(y,),
        z=z,
        info={"iterations": iterations},
    )
