# SPDX-License-Identifier: LGPL-3.0-or-later
"""Iterations, time and memory of the iterative solver beside one factorisation, from case to case and size to size.

    python benchmarks/solvers.py                                   # all cases, one rank
    mpiexec -n 2 python benchmarks/solvers.py --quick              # the smallest mesh of each, two ranks
    python benchmarks/solvers.py --case "3-D pore" --refine 1.5    # one of them, as fine as asked

A row is one linear system J dx = -F: a converged state, the parameter that drives it moved by 5 %, FGMRES to 1e-8 of
the right-hand side, steady and within one step of BDF2. Any PETSc option can be tried:

    PETSC_OPTIONS="-solvers_velocity_mg_levels_ksp_max_it 1" python benchmarks/solvers.py --case "half channel"

Each case is a table of its own in the file of its number of ranks, written anew when it is measured anew.
"""

import argparse
import ctypes
import gc
import math
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

# The ranks are the parallelism.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import fem_ionics as fi
from fem_ionics.solve import BDF2, transferred

# isort: split
# Import PETSc, which comes after fem_ionics.
from petsc4py import PETSc
from solver_cases import CASES, Case, Problem
from stopwatch import Cost, measure
from tables import COMM, columns, keep, provenance, say, words

from fem_ionics.solve.options import DIRECT, ITERATIVE, applied

PREFIX = "solvers_"
TOLERANCE, MOVED, MOST = 1e-8, 0.05, 200
#: In diffusion times h2/D; the first one is steady.
STEPS = (math.inf, 0.1, 0.01)
#: Largest systems that are factorised beside, by dimension.
FACTORISED = {2: 250_000, 3: 65_000}
UNITS = {"setup": "s", "setup again": "s", "iteration": "s", "direct": "s", "memory": "MB", "memory of all": "MB"}
UNITS |= {"memory direct": "MB"}


@dataclass(frozen=True)
class System:
    """A linear system with the time step it comes from, in diffusion times, and what makes its preconditioner."""

    problem: Problem
    step: float
    matrix: PETSc.Mat
    right: PETSc.Vec
    preconditioner: Callable[[str], Any]


# to a system


def state_of(case: Case, problem: Problem) -> fi.State:
    """The end of the walk, on the problem's mesh."""
    newton = fi.Newton("iterative", prefix="state_")
    if case.coarse is None:
        return walked(case, problem, newton)
    guess = transferred(walked(case, case.build(case.coarse), fi.Newton("direct")), problem.model)
    for step in case.walk:
        turn(problem, step)
    return fi.Steady(problem.model, newton).solve(guess, ramp=False)


def walked(case: Case, problem: Problem, newton: fi.Newton) -> fi.State:
    """From rest through all values of the walk."""
    steady, state = fi.Steady(problem.model, newton), None
    for step in case.walk:
        turn(problem, step)
        state = steady.solve(state)
    assert state is not None
    return state


def turn(problem: Problem, values: Mapping[str, float]) -> None:
    """Set parameters."""
    for name, value in values.items():
        problem.knobs[name].value = value


def system_of(case: Case, problem: Problem, state: fi.State, step: float) -> System:
    """Jacobian and residual about the state with the parameter moved."""
    model, (name, value) = problem.model, case.drive
    newton = fi.Newton("iterative", prefix="state_")
    problem.knobs[name].value = value
    if math.isinf(step):
        of, live = fi.Steady(model, newton).system, state
    else:
        stepper, first = BDF2(model, newton), replace(state, time=0.0)
        stepper.prepare(first)
        second, _ = stepper.step([first], step * model.scales.time)
        live, _ = stepper.step([second, first], step * model.scales.time)
        of = stepper.system
    model.load(live)
    problem.knobs[name].value = (1.0 + MOVED) * value
    model.read_parameters()
    of.residual_norm()
    of.snes.computeJacobian(of.solution, of.matrix)
    right = of.vector.copy()
    right.scale(-1.0)
    # A context of its own, so that set-up is measured from nothing.
    return System(problem, step, of.matrix.copy(), right, of._preconditioner)


# one row


def iterative(system: System) -> PETSc.KSP:
    """FGMRES as Newton takes it, to the tolerance of the tables."""
    solver = PETSc.KSP().create(system.matrix.comm)
    solver.setOptionsPrefix(PREFIX)
    solver.setOperators(system.matrix)
    own = {key: value for key, value in ITERATIVE.items() if not key.startswith("snes")}
    limits = {"ksp_rtol": TOLERANCE, "ksp_atol": 0.0, "ksp_max_it": MOST, "ksp_gmres_restart": MOST}
    with applied(PREFIX, own | limits):
        solver.setFromOptions()
    solver.getPC().setPythonContext(system.preconditioner(PREFIX))
    return solver


def direct(system: System) -> PETSc.KSP:
    """One factorisation."""
    solver = PETSc.KSP().create(system.matrix.comm)
    solver.setOptionsPrefix(PREFIX + "direct_")
    solver.setOperators(system.matrix)
    with applied(PREFIX + "direct_", DIRECT):
        solver.setFromOptions()
    return solver


def row(system: System) -> dict[str, float]:
    """Both solvers on one system."""
    problem, x = system.problem, system.right.duplicate()
    before = peak(reset=True)
    solver = iterative(system)
    _, setup = measure(solver.setUp)
    system.matrix.stateIncrease()
    solver.setOperators(system.matrix)
    _, again = measure(solver.setUp)
    traffic = Traffic()
    _, solve = measure(lambda: solver.solve(system.right, x))
    count = max(solver.getIterationNumber(), 1)
    found = {
        "unknowns": problem.unknowns,
        "time step": system.step,
        "h/lambda_D": round(problem.half_height / problem.model.electrolyte.debye_length, 1),
        "ions": len(problem.model.electrolyte.names),
        "ghosts": problem.ghosts,
        "iterations": count if solver.getConvergedReason() > 0 else math.inf,
        "setup": setup.cpu,
        "setup again": again.cpu,
        "iteration": solve.cpu / count,
        "memory": peak() - before,
        "memory of all": peak(),
    }
    found |= traffic.since(count)
    solver.destroy()
    gc.collect()
    return found | beside(system, x)


def beside(system: System, x: PETSc.Vec) -> dict[str, float]:
    """The same by one factorisation, where that fits."""
    model = system.problem.model
    if system.problem.unknowns > FACTORISED[model.domain.mesh.topology.dim]:
        return {"direct": math.nan, "error": math.nan, "memory direct": math.nan}
    before, exact = peak(reset=True), x.duplicate()
    solver = direct(system)
    cost: Cost
    _, cost = measure(lambda: solver.solve(system.right, exact))
    memory = peak() - before
    solver.destroy()
    x.axpy(-1.0, exact)
    return {"direct": cost.cpu, "error": x.norm() / exact.norm(), "memory direct": memory}


class Traffic:
    """What PETSc counts of messages and reductions in an event, solves by default; MUMPS does its own beside it."""

    def __init__(self, event: str = "KSPSolve") -> None:
        self._event = PETSc.Log.Event(event)
        self._before = self._now()

    def since(self, iterations: int) -> dict[str, float]:
        """An iteration's mean, of a rank (collective)."""
        mean = COMM.allreduce(self._now() - self._before) / COMM.size / iterations
        return dict(zip(("messages", "kB sent", "reductions"), np.round(mean, 1).tolist(), strict=True))

    def _now(self) -> Any:
        info = self._event.getPerfInfo()
        return np.array([info["numMessages"], info["messageLength"] / 1e3, info["numReductions"]])


def peak(reset: bool = False) -> float:
    """Largest memory of all ranks together since the last reset, MB; 0 where the system does not tell (collective)."""
    own = 0.0
    with suppress(OSError, AttributeError):
        if reset:
            gc.collect()
            ctypes.CDLL(None).malloc_trim(0)
            Path("/proc/self/clear_refs").write_text("5")
        lines = Path("/proc/self/status").read_text().splitlines()
        own = next((float(line.split()[1]) / 1e3 for line in lines if line.startswith("VmHWM")), 0.0)
    return float(COMM.allreduce(own))


# tables


def rows_of(name: str, refine: float, steps: Sequence[float]) -> list[dict[str, Any]]:
    """One size of a case."""
    case, rows = CASES[name], []
    problem = case.build(refine)
    state = state_of(case, problem)
    for step in steps:
        rows.append({"refine": refine} | row(system_of(case, problem, state, step)))
        say(f"{name}: {words(rows[-1])}")
        gc.collect()
    return rows


def table_of(name: str, rows: Sequence[dict[str, Any]]) -> fi.Table:
    """All sizes of a case."""
    about = CASES[name].about
    facts = provenance() | {"case": name, "about": about, "options": os.environ.get("PETSC_OPTIONS", "")}
    return fi.Table(columns(rows), UNITS, facts, f"{name}: {about}")


def place(table: fi.Table) -> int:
    """Of a table's case among all cases."""
    return list(CASES).index(table.provenance["case"])


def options(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="iterative solver beside one factorisation")
    parser.add_argument("--case", nargs="+", default=list(CASES), choices=list(CASES), help="all of them by default")
    parser.add_argument(
        "--refine", type=float, nargs="+", help="factors on the number of cells, instead of each case's"
    )
    parser.add_argument("--steps", type=float, nargs="+", default=STEPS, help="time steps in h2/D; inf: steady")
    parser.add_argument("--quick", action="store_true", help="the smallest size of each case")
    parser.add_argument("--output", default=f"benchmarks/results/solvers_{COMM.size}.csv")
    found = parser.parse_args(given)
    if found.refine and found.quick:
        parser.error("give --refine or --quick, not both")
    return found


def main(given: Sequence[str] | None = None) -> None:
    """All cases asked for, each size kept as soon as it is there; a case that fails is named and the others go on."""
    chosen, failed = options(given), []
    for name in chosen.case:
        sizes = chosen.refine or (CASES[name].sizes[:1] if chosen.quick else CASES[name].sizes)
        rows: list[dict[str, Any]] = []
        for refine in sizes:
            try:
                rows += rows_of(name, refine, chosen.steps)
            except fi.errors.FemIonicsError as error:
                say(f"{name}, refine {refine:g} FAILED: {error}")
                failed.append(name)
                break
            keep(chosen.output, table_of(name, rows), key=place)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()
