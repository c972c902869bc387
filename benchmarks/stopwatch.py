# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a piece of work costs on all ranks: wall and CPU time, and its parts by PETSc's log."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from mpi4py import MPI
from petsc4py import PETSc

PARTS = ("residual", "Jacobian", "factorisation", "solve", "line search")
_EVENTS = ("SNESFunctionEval", "SNESJacobianEval", "PCSetUp", "KSPSolve", "SNESLineSearch", "SNESSolve")

PETSc.Log.begin()


@dataclass(frozen=True)
class Cost:
    """Wall seconds, CPU seconds of a rank, seconds by part (means over the ranks), and residual evaluations."""

    wall: float
    cpu: float
    parts: dict[str, float]
    evaluations: int

    def shares(self, whole: float) -> dict[str, float]:
        """The parts in per cent of `whole` seconds."""
        return {name: 100.0 * seconds / whole for name, seconds in self.parts.items()}


def measure(action: Callable[[], Any], comm: MPI.Comm = MPI.COMM_WORLD) -> tuple[Any, Cost]:
    """Do it and return its result and its cost (collective)."""
    comm.barrier()
    before, wall, cpu = _log(), MPI.Wtime(), time.process_time()
    result = action()
    cpu = time.process_time() - cpu
    comm.barrier()
    wall = MPI.Wtime() - wall
    mean = comm.allreduce(np.array([cpu, *(_log() - before)])) / comm.size
    seconds, counts = mean[1 : 1 + len(_EVENTS)], mean[1 + len(_EVENTS) :]
    parts = dict(zip(PARTS, seconds.tolist(), strict=False))
    # All but the first evaluation of a solve happen inside the line search; they count as residual, not twice.
    evaluations, solves = counts[0], counts[-1]
    inside = parts["residual"] * (1.0 - solves / evaluations) if evaluations else 0.0
    parts["line search"] = max(0.0, parts["line search"] - inside)
    return result, Cost(comm.allreduce(wall, op=MPI.MAX), float(mean[0]), parts, round(evaluations))


def _log() -> Any:
    """Seconds of all events, then their counts."""
    found = [PETSc.Log.Event(name).getPerfInfo() for name in _EVENTS]
    return np.array([each["time"] for each in found] + [float(each["count"]) for each in found])
