# SPDX-License-Identifier: LGPL-3.0-or-later
"""Whole steady solves in space, as large as memory allows: seconds, iterations and memory for each million of unknowns.

    mpiexec -n 2 python benchmarks/large.py --case "3-D pore" --refine 2 3.2

The state of a coarse mesh is the guess, then Newton iterates on the fine one. Memory is the largest that all ranks held
at any moment together, Python, meshes and the coarse solve included.
"""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from typing import Any

# The ranks are the parallelism.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import fem_ionics as fi
from fem_ionics.solve import transferred

# isort: split
# PETSc comes after fem_ionics.
from solver_cases import CASES, Case
from solvers import peak, place, turn, walked
from stopwatch import measure
from tables import COMM, columns, keep, provenance, say, words

COARSE = 0.7
UNITS = {"mesh": "s", "guess": "s", "forms": "s", "solve": "s", "residual": "s", "Jacobian": "s", "set-up": "s"}
UNITS |= {"Krylov": "s", "CPU of a rank": "s", "memory": "GB", "memory of an unknown": "kB"}


def row(name: str, refine: float) -> dict[str, Any]:
    """One size of a case, from the coarse mesh to the solution (collective)."""
    case = CASES[name]
    peak(reset=True)
    problem, built = measure(lambda: case.build(refine))
    guess, carried = measure(lambda: transferred(coarse_state(case), problem.model))
    gc.collect()
    turn(problem, case.walk[-1])
    steady, compiled = measure(lambda: fi.Steady(problem.model, fi.Newton("iterative")))
    state, cost = measure(lambda: steady.solve(guess, ramp=False))
    held = peak()
    return {
        "refine": refine,
        "ranks": COMM.size,
        "unknowns": problem.unknowns,
        "cells": problem.model.domain.mesh.topology.index_map(problem.model.domain.mesh.topology.dim).size_global,
        "ghosts": problem.ghosts,
        "Newton": state.info["iterations"],
        "FGMRES": state.info["linear iterations"],
        "mesh": built.wall,
        "guess": carried.wall,
        "forms": compiled.wall,
        "solve": cost.wall,
        "residual": cost.parts["residual"],
        "Jacobian": cost.parts["Jacobian"],
        "set-up": cost.parts["factorisation"],
        "Krylov": cost.parts["solve"],
        "CPU of a rank": cost.cpu,
        "memory": held / 1e3,
        "memory of an unknown": held * 1e3 / problem.unknowns,
    }


def coarse_state(case: Case) -> fi.State:
    """The end of the walk on a mesh of some 25,000 unknowns."""
    return walked(case, case.build(COARSE), fi.Newton("iterative"))


def main(given: Sequence[str] | None = None) -> None:
    """All sizes asked for, each kept as soon as it is there."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument(
        "--case", default="3-D pore", choices=[name for name, case in CASES.items() if case.dimension == 3]
    )
    reader.add_argument("--refine", type=float, nargs="+", required=True, help="factors on the number of cells")
    reader.add_argument("--output", default="benchmarks/results/large.csv")
    chosen = reader.parse_args(given)
    rows: list[dict[str, Any]] = []
    for refine in chosen.refine:
        try:
            rows.append(row(chosen.case, refine))
        except fi.errors.FemIonicsError as error:
            sys.exit(f"{chosen.case}, refine {refine:g}: {error}")
        say(f"{chosen.case}: {words(rows[-1])}")
        facts = provenance() | {"case": chosen.case, "about": CASES[chosen.case].about}
        table = fi.Table(columns(rows), UNITS, facts, f"{chosen.case}: {CASES[chosen.case].about}")
        keep(chosen.output, table, key=place)
        gc.collect()


if __name__ == "__main__":
    main()
