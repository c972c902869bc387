# SPDX-License-Identifier: LGPL-3.0-or-later
"""Seconds of each part of one Newton step over the number of ranks, with iterations, memory and what ranks exchange.

    for n in 1 2 4 8; do mpiexec -n $n python benchmarks/scaling.py "3-D pore" 1.2 --out scaling.csv; done

The step is the second one from equilibrium (a channel: from rest) to a fifth of the case's drive, its linear system
solved by FGMRES to 1e-8: at equilibrium itself one sweep of the preconditioner is nearly exact. A run adds its row to
the file. Strong scaling: one size, several numbers of ranks; weak: the size grows with them.
"""

import argparse
import csv
import os
import resource
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# The ranks are the parallelism.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from mpi4py import MPI

import fem_ionics as fi

# isort: split
# PETSc comes after fem_ionics.
import dolfinx.fem.petsc as fem_petsc
from solver_cases import CASES, Problem
from stopwatch import measure

from fem_ionics.solve import poisson_boltzmann

COMM = MPI.COMM_WORLD
TOLERANCE, SHARE = 1e-8, 0.2


def main() -> None:
    """Measure one case on all ranks of this run."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("case", choices=sorted(CASES))
    reader.add_argument("refine", type=float)
    reader.add_argument("--out", type=Path, default=Path("scaling.csv"))
    given = reader.parse_args()
    problem, built = measure(lambda: CASES[given.case].build(given.refine))
    row = {"case": given.case, "refine": given.refine, "ranks": COMM.size, "unknowns": problem.unknowns}
    row |= {"mesh": built.wall} | step(problem, CASES[given.case].drive)
    if COMM.rank == 0:
        print(", ".join(f"{name} {short(value)}" for name, value in row.items()), flush=True)
        add(given.out, row)


def step(problem: Problem, drive: tuple[str, float]) -> dict[str, Any]:
    """Seconds and counts of one Newton step."""
    model, (name, value) = problem.model, drive
    solver, prepared = measure(lambda: fi.Steady(model, fi.Newton("iterative")))
    system = solver.system
    if model.unknowns == "potentials":
        state, equilibrium = measure(lambda: poisson_boltzmann(model, fi.Newton("iterative")))
    else:
        state, equilibrium = measure(lambda: fi.resting(model))
    model.load(state)
    problem.knobs[name].value = SHARE * value
    model.read_parameters()
    advance(system)
    _, residual = measure(system.residual_norm)
    _, jacobian = measure(lambda: system.snes.computeJacobian(system.solution, system.matrix))
    inner = system.snes.getKSP()
    inner.setOperators(system.matrix)
    inner.setTolerances(rtol=TOLERANCE)
    _, first = measure(inner.setUp)
    system.matrix.assemble()
    inner.setOperators(system.matrix)
    system.matrix.shift(0.0)
    _, again = measure(inner.setUp)
    right, result = system.vector.copy(), system.vector.duplicate()
    _, solve = measure(lambda: inner.solve(right, result))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return {
        "forms": prepared.wall,
        "equilibrium": equilibrium.wall,
        "residual": residual.wall,
        "Jacobian": jacobian.wall,
        "set-up": first.wall,
        "set-up again": again.wall,
        "solve": solve.wall,
        "iterations": inner.getIterationNumber(),
        "reason": inner.getConvergedReason(),
        "memory GB": COMM.allreduce(peak),
        "ghosts": ghosts(problem),
    }


def advance(system: Any) -> None:
    """The first step, to a hundredth."""
    system.residual_norm()
    system.snes.computeJacobian(system.solution, system.matrix)
    inner, step = system.snes.getKSP(), system.vector.duplicate()
    inner.setOperators(system.matrix)
    inner.setTolerances(rtol=1e-2)
    inner.solve(system.vector, step)
    system.solution.axpy(-1.0, step)
    fem_petsc.assign(system.solution, system.functions)
    for function in system.functions:
        function.x.scatter_forward()


def ghosts(problem: Problem) -> int:
    """Unknowns that some rank reads from another in each product with the matrix, over all ranks."""
    maps = [each.function.function_space.dofmap for each in problem.model.fields]
    return int(COMM.allreduce(sum(each.index_map.num_ghosts * each.index_map_bs for each in maps)))


def add(path: Path, row: dict[str, Any]) -> None:
    """Append to a table, with date and processors."""
    row = {"date": datetime.now(UTC).date().isoformat(), "cores": os.cpu_count()} | row
    row = {name: short(value) for name, value in row.items()}
    new = not path.exists()
    with path.open("a", newline="") as file:
        table = csv.DictWriter(file, row)
        if new:
            table.writeheader()
        table.writerow(row)


def short(value: Any) -> Any:
    """A number to four digits."""
    return float(f"{value:.4g}") if isinstance(value, float | np.floating) else value


if __name__ == "__main__":
    main()
