# SPDX-License-Identifier: LGPL-3.0-or-later
"""Devices that solve themselves without a mesh, with known currents, and that fail where they are told to."""

from dataclasses import dataclass, field

import numpy as np
from mpi4py import MPI

from fem_ionics.errors import ConvergenceError
from fem_ionics.parameters import Parameter
from fem_ionics.study import Terminals

#: Saturation current, A, and thermal voltage, V.
SATURATION, THERMAL = 1e-9, 0.1


@dataclass(frozen=True, eq=False)
class Solution:
    """One unknown, the voltage over the scale, and what it was found at."""

    arrays: tuple[np.ndarray, ...]
    parameters: dict[str, float]
    info: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Probe:
    """A number of a solution."""

    number: object
    unit: str = "A"

    def __call__(self, solution):
        return self.number(solution)


class Diode:
    """I = I0 (exp(V/VT) - 1) c + offset; a solve fails when its guess is further away than `reach`."""

    def __init__(self, reach=np.inf, comm=MPI.COMM_WORLD, wall=np.inf):
        self.voltage = Parameter("voltage", 0.0, "V")
        self.concentration = Parameter("concentration", 1.0, "mol/m3")
        self.reach, self.comm, self.wall = reach, comm, wall
        self.tries = []

    @property
    def parameters(self):
        return (self.voltage, self.concentration)

    def solve(self, guess=None):
        now = {p.name: p.value for p in self.parameters}
        self.tries.append((now["voltage"], None if guess is None else float(guess.arrays[0][0])))
        at = np.array([now["voltage"], np.log(now["concentration"])])
        start = np.zeros(2) if guess is None else guess.arrays[0]
        miss = float(np.abs(at - start).max())
        if miss > self.reach or abs(now["voltage"]) > self.wall:
            raise ConvergenceError("Newton stopped.")
        return Solution((at,), now, {"iterations": 3 if miss < 0.5 * self.reach else 8})

    def current(self, solution):
        return SATURATION * solution.parameters["concentration"] * np.expm1(solution.parameters["voltage"] / THERMAL)

    def terminals(self, first, second):
        def share(part, lost=0.0):
            return Probe(lambda solution: part * self.current(solution) + lost)

        into = {"K+": share(-0.75, 1e-21), "Cl-": share(-0.25)}
        return Terminals(into, {"K+": share(0.75), "Cl-": share(0.25)}, None, {"K+": 1.0, "Cl-": -1.0})


class Memory:
    """A store in memory that the next run finds again, and that stops the run after so many points."""

    def __init__(self):
        self.identity, self.lines, self.stop_after = None, {}, None
        self.accepted = 0

    def begin(self, identity, comm):
        assert self.identity in (None, identity)
        self.identity = identity

    def line(self, index, comm):
        return self.lines.setdefault(index, MemoryLine(self))


class MemoryLine:
    """A line of `Memory`."""

    def __init__(self, memory):
        self.memory, self.rows, self.states, self.named = memory, [], {}, {}

    def read(self, solvable):
        from fem_ionics.study.sweep_store import KeptLine

        return KeptLine(list(self.rows), dict(self.states)) if self.rows else None

    def accept(self, row, states):
        self.rows.append(row)
        self.states = dict(states)
        self.memory.accepted += 1
        if self.memory.accepted == self.memory.stop_after:
            raise KeyboardInterrupt

    def keep(self, name, solution):
        self.named[name] = solution

    def kept(self, name, solvable):
        return self.named.get(name)
