# SPDX-License-Identifier: LGPL-3.0-or-later
"""Seconds of each part of one Newton step over the number of ranks, with iterations, memory and what ranks exchange.

    for n in 1 2; do mpiexec -n $n python benchmarks/scaling.py --case "3-D pore" --refine 1.2; done

The step is the second one from equilibrium (a channel: from rest) to a fifth of the case's drive, its linear system
solved by FGMRES to 1e-8: at equilibrium itself one sweep of the preconditioner is nearly exact. A run adds its row to
the table of its case. Strong scaling: one size, several numbers of ranks; weak: the size grows with them.
"""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

# The ranks are the parallelism.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import fem_ionics as fi

# isort: split
# PETSc comes after fem_ionics.
import dolfinx.fem.petsc as fem_petsc
from solver_cases import CASES, Problem
from solvers import COMM, TOLERANCE, Traffic, keep, peak, provenance, say, short
from stopwatch import Cost, measure

from fem_ionics.solve import poisson_boltzmann

SHARE = 0.2
UNITS = dict.fromkeys(("mesh", "forms", "equilibrium", "residual", "Jacobian", "set-up", "set-up again", "solve"), "s")
UNITS |= {f"CPU {name}": "s" for name in ("residual", "Jacobian", "set-up", "set-up again", "solve")} | {"memory": "MB"}


def row(name: str, refine: float) -> dict[str, Any]:
    """One Newton step of a case (collective)."""
    peak(reset=True)
    problem, built = measure(lambda: CASES[name].build(refine))
    found = {"refine": refine, "ranks": COMM.size, "unknowns": problem.unknowns, "ghosts": problem.ghosts}
    return found | {"mesh": built.wall} | step(problem, CASES[name].drive) | {"memory": peak()}


def step(problem: Problem, drive: tuple[str, float]) -> dict[str, Any]:
    """Seconds and counts."""
    model, (name, value) = problem.model, drive
    solver, prepared = measure(lambda: fi.Steady(model, fi.Newton("iterative")))
    start = poisson_boltzmann if model.unknowns == "potentials" else fi.resting
    state, equilibrium = measure(lambda: start(model))
    model.load(state)
    problem.knobs[name].value = SHARE * value
    model.read_parameters()
    system = solver.system
    advance(system)
    costs: dict[str, Cost] = {}
    _, costs["residual"] = measure(system.residual_norm)
    _, costs["Jacobian"] = measure(lambda: system.snes.computeJacobian(system.solution, system.matrix))
    inner = system.snes.getKSP()
    inner.setTolerances(rtol=TOLERANCE)
    for stage in ("set-up", "set-up again"):
        system.matrix.stateIncrease()
        inner.setOperators(system.matrix)
        _, costs[stage] = measure(inner.setUp)
    right, result = system.vector.copy(), system.vector.duplicate()
    traffic = Traffic()
    _, costs["solve"] = measure(lambda: inner.solve(right, result))
    if inner.getConvergedReason() <= 0:
        raise fi.errors.ConvergenceError(f"FGMRES did not converge (reason {inner.getConvergedReason()}).")
    found = {"forms": prepared.wall, "equilibrium": equilibrium.wall} | {key: each.wall for key, each in costs.items()}
    found |= {f"CPU {key}": each.cpu for key, each in costs.items()} | {"iterations": inner.getIterationNumber()}
    return found | traffic.since(inner.getIterationNumber())


def advance(system: Any) -> None:
    """The first step, to a hundredth."""
    system.residual_norm()
    system.snes.computeJacobian(system.solution, system.matrix)
    inner, change = system.snes.getKSP(), system.vector.duplicate()
    inner.setOperators(system.matrix)
    inner.setTolerances(rtol=1e-2)
    inner.solve(system.vector, change)
    system.solution.axpy(-1.0, change)
    fem_petsc.assign(system.solution, system.functions)
    for function in system.functions:
        function.x.scatter_forward()


def main(given: Sequence[str] | None = None) -> None:
    """Measure one case on all ranks of this run."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--case", default="3-D pore", choices=sorted(CASES))
    reader.add_argument("--refine", type=float, required=True, help="factor on the number of cells")
    reader.add_argument("--output", default="benchmarks/results/scaling.csv")
    chosen = reader.parse_args(given)
    new = {key: short(value) for key, value in row(chosen.case, chosen.refine).items()}
    say(f"{chosen.case}: " + ", ".join(f"{key} {value:.4g}" for key, value in new.items()))
    rows = [each for each in earlier(chosen.output, chosen.case) if not same(each, new)] + [new]
    rows.sort(key=lambda each: (each["refine"], each["ranks"]))
    facts = provenance() | {"case": chosen.case, "about": CASES[chosen.case].about}
    table = fi.Table({key: [each[key] for each in rows] for key in new}, UNITS, facts, f"scaling: {chosen.case}")
    keep(chosen.output, table)


def earlier(path: str, case: str) -> list[dict[str, Any]]:
    """Rows of the case in a file."""
    tables = fi.io.read_tables(path) if Path(path).exists() else []
    found = [each for each in tables if each.provenance["case"] == case]
    return [
        dict(zip(each.columns, values, strict=True))
        for each in found
        for values in zip(*each.columns.values(), strict=True)
    ]


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Of the same size on as many ranks."""
    return all(one[key] == other[key] for key in ("refine", "ranks"))


if __name__ == "__main__":
    main()
