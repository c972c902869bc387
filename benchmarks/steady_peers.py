# SPDX-License-Identifier: LGPL-3.0-or-later
"""The steady flagship channel from rest: direct and iterative solver beside NGSolve and pyoomph, in turns in one run.

    python benchmarks/steady_peers.py --ngsolve ngsolve-env/bin/python --pyoomph pyoomph-env/bin/python

Each solve is a process of its own on one thread, ours too, so that memory compares; who begins alternates. What is
timed is from rest to the base state at 20 mol/m2/s, without mesh, spaces and forms. Whoever misses the known mean of
c+ c- or the known velocity ends the run. peers/README.md says how to make the environments.
"""

import os

# One thread for whatever links OpenMP or MKL, here and in the peers.
os.environ.update(OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import ufl

import fem_ionics as fi

# isort: split
# These come after fem_ionics.
from dolfinx import fem
from peers.channel import BASE_FLUX, KNOWN_BASE, memory
from processes import OURS, left_by
from solver_cases import flagship
from stopwatch import measure
from tables import columns, machine, provenance, say

HERE = Path(__file__).parent
SOLVERS = ("direct", "iterative")


def alone(linear: str, refine: float) -> dict[str, Any]:
    """Our solve, once, in the words of the peers."""
    # Forms are loaded, or compiled, by a small one.
    for fineness in (0.5, refine):
        problem = flagship(fineness)
        problem.knobs["flux"].value = BASE_FLUX
        steady = fi.Steady(problem.model, fi.Newton(linear))
        state, cost = measure(steady.solve)
    return {
        "unknowns": problem.unknowns,
        "newton": state.info["iterations"],
        "krylov": state.info["linear iterations"],
        "seconds": {"base": cost.wall},
        "cpu_seconds": {"base": cost.cpu},
        "memory": memory(),
        **answers(state),
    }


def answers(state: Any) -> dict[str, float]:
    """What is compared."""
    model = state.model
    model.load(state)
    fields = {each.name: each.function for each in model.fields}
    dx = model.domain.liquid(degree=8)

    def mean(form: Any) -> float:
        whole = fem.assemble_scalar(fem.form(fem.Constant(model.domain.mesh, 1.0) * dx))
        return float(fem.assemble_scalar(fem.form(form * dx)) / whole)

    square = mean(ufl.inner(fields["velocity"], fields["velocity"]))
    return {"mean_product": mean(fields["cation"] * fields["anion"]), "velocity": float(np.sqrt(square))}


def check(program: str, found: dict[str, Any]) -> None:
    """Times of a wrong answer say nothing."""
    for name, (value, allowed) in KNOWN_BASE.items():
        if not abs(found[name] / value - 1.0) <= allowed:
            raise RuntimeError(
                f"{program} at {found['unknowns']} unknowns: {name} = {found[name]:.6g}, but {value:.6g} is known and "
                f"{allowed:.0e} is allowed. Take finer meshes, or find out why."
            )


def jobs(chosen: argparse.Namespace, refine: float) -> dict[str, tuple[list[str], str | None]]:
    """Command of each program, and the packages that it needs of ours."""
    unknowns = str(flagship(refine).unknowns)
    found: dict[str, tuple[list[str], str | None]] = {
        linear: ([sys.executable, __file__, "--alone", linear, "--refine", str(refine)], OURS) for linear in SOLVERS
    }
    peers = {
        "NGSolve": (chosen.ngsolve, "ngsolve_channel.py", []),
        "pyoomph": (chosen.pyoomph, "pyoomph_channel.py", ["--base"]),
    }
    for name, (python, script, more) in peers.items():
        if python:
            found[name] = ([python, str(HERE / "peers" / script), "--unknowns", unknowns, *more], None)
    return found


def turns(chosen: argparse.Namespace, refine: float, repeats: int) -> dict[str, list[dict[str, Any]]]:
    """All programs at one size, in turns."""
    todo = jobs(chosen, refine)
    done: dict[str, list[dict[str, Any]]] = {name: [] for name in todo}
    for turn in range(repeats):
        for name in list(todo) if turn % 2 == 0 else reversed(todo):
            found = left_by(*todo[name])
            check(name, found)
            done[name].append(found)
            cpu, wall = found["cpu_seconds"]["base"], found["seconds"]["base"]
            say(f"{name} {found['unknowns']}: CPU {cpu:.2f} s, wall {wall:.2f} s, {found['memory']:.0f} MB")
    return done


def rows_of(done: dict[str, list[dict[str, Any]]]) -> dict[str, dict[str, float]]:
    """Medians of each program, and ratios of its times to those of our direct solve in the same turn."""
    table = {}
    for name, runs in done.items():
        row: dict[str, float] = {"unknowns": runs[0]["unknowns"], "turns": len(runs)}
        for kind, key in (("CPU", "cpu_seconds"), ("wall", "seconds")):
            pairs = zip(runs, done["direct"], strict=True)
            ratios = [one[key]["base"] / ours[key]["base"] for one, ours in pairs]
            row |= {f"{kind} ratio": median(ratios), f"{kind} ratio least": min(ratios)}
            row |= {f"{kind} ratio greatest": max(ratios), kind: median(one[key]["base"] for one in runs)}
        row["memory"] = median(one["memory"] for one in runs)
        row |= {key: runs[0].get(key, -1) for key in ("newton", "krylov")}
        row |= {f"error of {key}": runs[0][key] / value - 1.0 for key, (value, _) in KNOWN_BASE.items()}
        table[name] = row
    return table


def tables(sizes: Sequence[dict[str, dict[str, float]]], facts: dict[str, Any]) -> list[fi.Table]:
    """One for each program, sizes as rows."""
    units = {"CPU": "s", "wall": "s", "memory": "MB"}
    made = []
    for name in sizes[0]:
        rows = [size[name] for size in sizes]
        title = f"{name}: steady flagship from rest; ratios to the direct solver of fem_ionics in the same turn"
        made.append(fi.Table(columns(rows), units, {**facts, "program": name}, title))
    return made


def options(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="the steady flagship channel beside NGSolve and pyoomph")
    for peer in ("ngsolve", "pyoomph"):
        parser.add_argument(f"--{peer}", metavar="PYTHON", help="of an environment with it; left out without it")
    parser.add_argument(
        "--refine", type=float, nargs="+", default=[2.5, 5.0], help="meshes: 16,304 and 64,104 unknowns"
    )
    parser.add_argument("--turns", type=int, nargs="+", default=[3, 2], help="for each mesh")
    parser.add_argument("--alone", choices=SOLVERS, help="one solve of ours, in this process")
    parser.add_argument("--out", type=Path, help="JSON of --alone")
    parser.add_argument("--output", default="benchmarks/results/steady_peers.csv")
    found = parser.parse_args(given)
    if found.alone and (found.out is None or len(found.refine) != 1):
        parser.error("--alone needs one --refine and --out")
    if not found.alone and (len(found.refine) != len(found.turns) or min(found.turns) < 1):
        parser.error(f"got meshes {found.refine} and turns {found.turns}; one or more of each")
    return found


def main(given: Sequence[str] | None = None) -> None:
    """All sizes; tables are written at the end."""
    chosen = options(given)
    if chosen.alone:
        chosen.out.write_text(json.dumps(alone(chosen.alone, chosen.refine[0])))
        return
    facts = provenance()
    done = [turns(chosen, *size) for size in zip(chosen.refine, chosen.turns, strict=True)]
    for runs in done[0].values():
        facts |= {f"peer {name}": text for name, text in runs[0].get("versions", {}).items() if name != "python"}
    facts["load average at the end"] = machine()["load average"]
    fi.io.write_table(chosen.output, *tables([rows_of(each) for each in done], facts))


if __name__ == "__main__":
    main()
