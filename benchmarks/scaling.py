# SPDX-License-Identifier: LGPL-3.0-or-later
"""Strong and weak scaling of one Newton step: seconds of its parts, iterations, memory and what ranks exchange.

    for n in 1 2 4; do mpiexec -n $n python benchmarks/scaling.py --case "3-D pore" --refine 0.7; done

Strong: the mesh of `--refine` on any number of ranks; weak: as many unknowns for each rank as one rank has at
`--refine`. A run adds its rows to the two tables of its case. On more ranks than cores only counts mean anything.

The step is the second one from equilibrium (a channel: from rest) to a fifth of the case's drive, its linear system
solved by FGMRES to 1e-8: at equilibrium itself one sweep of the preconditioner is nearly exact. "set-up" is the
preconditioner's first, "set-up again" that for new values; "step" is residual, Jacobian, set-up again and solve
together. Efficiency is the number of unknowns that a rank gets through in a second over that on the fewest ranks.
Messages, kilobytes and reductions are a rank's mean, as PETSc counts them (MUMPS beside it does not tell): of one
iteration, and of the set-up again.
"""

import argparse
import gc
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
from solvers import TOLERANCE, Traffic, peak, place
from stopwatch import Cost, measure
from tables import COMM, keep, provenance, say, short, words

from fem_ionics.solve import poisson_boltzmann

KINDS = ("strong", "weak")
SHARE = 0.2
#: Parts of every Newton step, and those that are measured.
STEP = ("residual", "Jacobian", "set-up again", "solve")
PARTS = ("set-up", *STEP, "step")
UNITS = dict.fromkeys(("mesh", "forms", "equilibrium", *PARTS, *(f"CPU {name}" for name in PARTS)), "s")
UNITS |= {"memory": "MB"}


def row(name: str, refine: float, kind: str) -> dict[str, Any]:
    """One Newton step of a case, as fine as asked on one rank (collective)."""
    gc.collect()
    peak(reset=True)
    case = CASES[name]
    finer = refine * COMM.size ** (1.0 / case.dimension) if kind == "weak" else refine
    problem, built = measure(lambda: case.build(finer))
    found = {"series": refine, "ranks": COMM.size, "refine": finer, "unknowns": problem.unknowns}
    found |= {"ghosts": problem.ghosts, "mesh": built.wall}
    return found | step(problem, case.drive) | {"memory": peak()}


def step(problem: Problem, drive: tuple[str, float]) -> dict[str, Any]:
    """Seconds and counts."""
    model, (name, value) = problem.model, drive
    # Forcing terms would put their own tolerance before each solve.
    newton = fi.Newton("iterative", options={"snes_ksp_ew": False})
    solver, prepared = measure(lambda: fi.Steady(model, newton))
    start = poisson_boltzmann if model.unknowns == "potentials" else fi.resting
    state, equilibrium = measure(lambda: start(model))
    model.load(state)
    problem.knobs[name].value = SHARE * value
    model.read_parameters()
    system = solver.system
    costs = {"set-up": advance(system)}
    _, costs["residual"] = measure(system.residual_norm)
    _, costs["Jacobian"] = measure(lambda: system.snes.computeJacobian(system.solution, system.matrix))
    inner = system.snes.getKSP()
    inner.setOperators(system.matrix)
    inner.setTolerances(rtol=TOLERANCE)
    settling = Traffic("PCSetUp")
    _, costs["set-up again"] = measure(inner.setUp)
    settled = {f"set-up {key}": value for key, value in settling.since(1).items()}
    right, result = system.vector.copy(), system.vector.duplicate()
    traffic = Traffic()
    _, costs["solve"] = measure(lambda: inner.solve(right, result))
    if inner.getConvergedReason() <= 0:
        raise fi.errors.ConvergenceError(f"FGMRES did not converge (reason {inner.getConvergedReason()}).")
    times = {"forms": prepared.wall, "equilibrium": equilibrium.wall}
    times |= {part: costs[part].wall for part in PARTS[:-1]} | {"step": sum(costs[part].wall for part in STEP)}
    times |= {f"CPU {part}": costs[part].cpu for part in PARTS[:-1]}
    times |= {"CPU step": sum(costs[part].cpu for part in STEP), "iterations": inner.getIterationNumber()}
    return times | traffic.since(inner.getIterationNumber()) | settled


def advance(system: Any) -> Cost:
    """The first step, to a hundredth: what its set-up of the preconditioner costs."""
    system.residual_norm()
    system.snes.computeJacobian(system.solution, system.matrix)
    inner, change = system.snes.getKSP(), system.vector.duplicate()
    inner.setOperators(system.matrix)
    inner.setTolerances(rtol=1e-2)
    _, first = measure(inner.setUp)
    inner.solve(system.vector, change)
    system.solution.axpy(-1.0, change)
    fem_petsc.assign(system.solution, system.functions)
    for function in system.functions:
        function.x.scatter_forward()
    return first


# tables


def rated(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in order, with the pace of a rank over that of the same series on the fewest ranks."""

    def pace(each: dict[str, Any], clock: str) -> float:
        return each["unknowns"] / each["ranks"] / each[f"{clock}step"]

    done = []
    for each in sorted(rows, key=lambda each: (each["series"], each["ranks"])):
        first = min((one for one in rows if one["series"] == each["series"]), key=lambda one: one["ranks"])
        ratios = {f"{clock}efficiency": short(pace(each, clock) / pace(first, clock)) for clock in ("", "CPU ")}
        done.append(each | ratios)
    return done


def table_of(path: str, name: str, kind: str, new: dict[str, Any]) -> fi.Table:
    """The case's table of a kind with a new row, in place of an earlier one of the same series and ranks."""
    rows = [each for each in earlier(path, name, kind) if any(each[key] != new[key] for key in ("series", "ranks"))]
    rows = rated([*rows, {key: short(value) for key, value in new.items()}])
    facts = provenance() | {"case": name, "about": CASES[name].about, "kind": kind}
    # Its rows say on how many.
    del facts["ranks"]
    return fi.Table({key: [each[key] for each in rows] for key in rows[-1]}, UNITS, facts, f"{kind} scaling: {name}")


def earlier(path: str, name: str, kind: str) -> list[dict[str, Any]]:
    """Rows of the table in a file."""
    tables = fi.io.read_tables(path) if Path(path).exists() else []
    return [dict(row) for each in tables if sort_key(each) == (list(CASES).index(name), kind) for row in each]


def sort_key(table: fi.Table) -> tuple[int, str]:
    """Case and kind."""
    return place(table), table.provenance["kind"]


def main(given: Sequence[str] | None = None) -> None:
    """Measure one case on all ranks of this run."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--case", default="3-D pore", choices=list(CASES))
    reader.add_argument("--refine", type=float, required=True, help="factor on the number of cells, of one rank")
    reader.add_argument("--kind", nargs="+", default=KINDS, choices=KINDS, help="both by default")
    reader.add_argument("--output", default="benchmarks/results/scaling.csv")
    chosen = reader.parse_args(given)
    new: dict[str, Any] = {}
    for kind in chosen.kind:
        # On one rank they are the same.
        if not new or COMM.size > 1:
            new = row(chosen.case, chosen.refine, kind)
        say(f"{chosen.case}, {kind}: {words(new)}")
        keep(chosen.output, table_of(chosen.output, chosen.case, kind, new), key=sort_key)


if __name__ == "__main__":
    main()
