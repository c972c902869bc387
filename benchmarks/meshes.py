# SPDX-License-Identifier: LGPL-3.0-or-later
"""Which cells pay in a pore: error of the current, unknowns, seconds and memory, in the half plane and in space.

    python benchmarks/meshes.py                                     # all problems and kinds of cells
    python benchmarks/meshes.py --problem "1 M" --kind hexahedra    # some of them

A short cone (tip 2, base 4, length 8 nm, -0.02 C/m2, 0.1 V). Its reference is axisymmetric, of quadrilaterals graded to
the corners of the mouths: the same problem by symmetry. A solve begins at rest; in space it is the iterative solver's.
"""

import argparse
import gc
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

# The ranks are the parallelism.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import fem_ionics as fi
from fem_ionics.units import mM, nm

# isort: split
# PETSc comes after fem_ionics.
from solvers import peak
from stopwatch import measure
from tables import columns, keep, provenance, say, unknowns, words

TIP, BASE, LENGTH, RESERVOIR = 2 * nm, 4 * nm, 8 * nm, 8 * nm
CHARGE, VOLTAGE = -0.02, 0.1  # C/m2, V
UNITS = {"current": "A", "error": "%", "forms": "s", "solve": "s", "memory": "MB"}

#: Of `fi.geometry.pore`.
KINDS: dict[str, dict[str, Any]] = {
    "quadrilaterals": {},
    "triangles": {"shape": "triangle"},
    "straight tetrahedra": {"dimension": 3},
    "round tetrahedra": {"dimension": 3, "order": 2},
    "hexahedra": {"dimension": 3, "shape": "hexahedron"},
}
#: A mesh: what divides the length to resolve, and the factor on the number of cells.
Mesh = tuple[float, float]
_PLANE: list[Mesh] = [(1, 1), (1, 2), (1, 4), (8, 0.5), (8, 1), (8, 2)]


@dataclass(frozen=True)
class Problem:
    """Concentration in mol/m3, whether the liquid flows, and the meshes: the reference's, and those of each kind."""

    concentration: float
    flow: bool
    reference: Mesh
    meshes: dict[str, list[Mesh]]


PROBLEMS = {
    "100 mM": Problem(
        100 * mM,
        False,
        (64, 2.5),
        {
            "quadrilaterals": _PLANE,
            "triangles": _PLANE,
            "straight tetrahedra": [(1, 0.5), (1, 0.7), (1, 1), (1, 1.4)],
            "round tetrahedra": [(1, 0.5), (1, 0.7), (1, 1), (1, 1.4), (4, 0.5)],
            "hexahedra": [(1, 0.5), (2, 0.5), (4, 0.5), (8, 0.5), (1, 1), (3, 1)],
        },
    ),
    "1 M": Problem(
        1000 * mM,
        False,
        (64, 2.5),
        {
            "quadrilaterals": _PLANE[:-1],
            "triangles": _PLANE[:-1],
            "straight tetrahedra": [(1, 0.35), (1, 0.5), (1, 0.7)],
            "round tetrahedra": [(1, 0.35), (1, 0.5), (1, 0.7)],
            "hexahedra": [(1, 0.35), (1, 0.5), (2, 0.5), (4, 0.5), (1, 1)],
        },
    ),
    "100 mM, flow": Problem(
        100 * mM,
        True,
        (32, 2),
        {
            "round tetrahedra": [(1, 0.5), (1, 0.7)],
            "hexahedra": [(1, 0.5), (2, 0.5), (4, 0.5)],
        },
    ),
}


def model_of(problem: Problem, mesh: Mesh, kind: str) -> fi.Model:
    """The cone between KCl of one concentration (collective)."""
    kcl = fi.Electrolyte.kcl(problem.concentration)
    layer = min(kcl.debye_length, fi.reduced.gouy_chapman_length(CHARGE, kcl))
    finer, refine = mesh
    domain = fi.geometry.conical_pore(
        TIP, BASE, LENGTH, reservoir=RESERVOIR, resolve=layer / finer, refine=refine, **KINDS[kind]
    )
    conditions = [
        fi.Bath(kcl, potential=VOLTAGE, on="cis"),
        fi.Bath(kcl, on="trans"),
        fi.SurfaceCharge(CHARGE, on="pore wall"),
        *([fi.NoSlip(on="walls")] if problem.flow else []),
    ]
    with warnings.catch_warnings():
        # The coarse ones are meant to be coarse.
        warnings.simplefilter("ignore", fi.errors.ResolutionWarning)
        return (fi.PNPS if problem.flow else fi.PNP)(kcl, domain, conditions)


def row(problem: Problem, mesh: Mesh, kind: str) -> dict[str, Any]:
    """One mesh of one kind, from rest to its current (collective)."""
    peak(reset=True)
    model = model_of(problem, mesh, kind)
    steady, compiled = measure(lambda: fi.Steady(model, fi.Newton("iterative" if model.domain.dim == 3 else "direct")))
    state, cost = measure(steady.solve)
    return {
        "resolve divided by": mesh[0],
        "refine": mesh[1],
        "cells": model.domain.cells_total,
        "unknowns": unknowns(model),
        "current": fi.observe.Current(on="trans")(state),
        "error": float("nan"),
        "Newton": state.info["iterations"],
        "Krylov a system": state.info["linear iterations"] / state.info["iterations"],
        "forms": compiled.cpu,
        "solve": cost.cpu,
        "memory": peak(),
    }


def with_errors(rows: Sequence[dict[str, Any]], reference: float) -> list[dict[str, Any]]:
    """Rows with the relative error of their current, per cent."""
    return [each | {"error": 100.0 * (each["current"] / reference - 1.0)} for each in rows]


def table_of(name: str, kind: str, rows: Sequence[dict[str, Any]], reference: dict[str, Any]) -> fi.Table:
    """All meshes of one kind."""
    facts = {"problem": name, "kind": kind, "reference": reference["current"], "of unknowns": reference["unknowns"]}
    found = columns(with_errors(rows, reference["current"]))
    # Four digits would hide what the errors are made of.
    found["current"] = [float(f"{each['current']:.8g}") for each in rows]
    return fi.Table(found, UNITS, provenance() | facts, f"cone at {name}: {kind}")


def place(table: fi.Table) -> tuple[int, int]:
    """Of a table among all."""
    return list(PROBLEMS).index(table.provenance["problem"]), list(KINDS).index(table.provenance["kind"])


def options(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    reader = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    reader.add_argument("--problem", nargs="+", default=list(PROBLEMS), choices=list(PROBLEMS), help="all by default")
    reader.add_argument("--kind", nargs="+", default=list(KINDS), choices=list(KINDS), help="all by default")
    reader.add_argument("--output", default="benchmarks/results/meshes.csv")
    return reader.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """All problems and kinds asked for, each kind kept as soon as it is there."""
    chosen = options(given)
    for name in chosen.problem:
        problem = PROBLEMS[name]
        reference = row(problem, problem.reference, "quadrilaterals")
        say(f"{name}, reference: {words(reference, 8)}")
        for kind in (each for each in problem.meshes if each in chosen.kind):
            rows: list[dict[str, Any]] = []
            for mesh in problem.meshes[kind]:
                rows.append(row(problem, mesh, kind))
                say(f"{name}, {kind}: {words(with_errors(rows, reference['current'])[-1])}")
                gc.collect()
            keep(chosen.output, table_of(name, kind, rows, reference), key=place)


if __name__ == "__main__":
    main()
