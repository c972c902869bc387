# SPDX-License-Identifier: LGPL-3.0-or-later
"""Electroconvection before an ideal membrane at 120 kT/e and a Debye length of 1/1000: what each step costs.

    python benchmarks/electroconvection.py
    fem-ionics run benchmarks/electroconvection.py columns=120 steps=10 output=mine.csv

A cell 6 by 1 between a cation-exchange membrane (y = 0: c+ = 2, phi = 0, no anion passes) and a bath (y = 1: both
ions at 1, phi = V), periodic along x; eps (RT/F)^2/(eta D) = 0.5, Schmidt number 1000 (Druzgalski, Andersen & Mani,
Phys. Fluids 25, 110804, 2013; Karatay, Druzgalski & Mani, J. Colloid Interface Sci. 446, 67, 2015). The profile at rest
comes first, walked in voltage in one dimension: a current of 2.5698 F D c0/L is expected and asserted. It is set into
the cell with waves in the concentrations, and followed by BDF2 with error control and the iterative solver. One row
for each accepted step, with Newton's and FGMRES' iterations and how many sizes of it were tried.
"""

import os
import time
from pathlib import Path

# The ranks are the parallelism.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.constants import FARADAY
from fem_ionics.errors import ConvergenceError
from fem_ionics.geometry.build import build_domain
from fem_ionics.geometry.grading import Sizes, graded
from fem_ionics.geometry.nodemesh import NodeMesh
from fem_ionics.solve import BDF2

# isort: split
# Imports PETSc, which comes after fem_ionics.
from stopwatch import machine

# inputs
ratio = 1e-3  # of Debye length and height
voltage = 120.0  # RT/F
width = 6.0  # of the cell, in heights
columns = 40  # cells along x
largest, growth = 0.04, 1.1  # of the rows, in heights; the first one is half a Debye length
perturbation = 0.01  # relative change of the concentrations
steps = 30  # accepted ones
first_step = 1e-6  # height^2/D
tolerance = 1e-3
linear = "iterative"
unknowns = "concentrations"  # "potentials": the coarse factorisation overflows, the anion being e^-120 at the membrane
inertia = True
current_at_rest = 2.5698  # F D c0/L; None: not checked
output = "benchmarks/results/electroconvection.csv"

D, C0 = 1e-9, 1.0  # m2/s, mol/m3
WALK = np.array([1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0, 120.0])


def liquid():
    """Salt whose electrohydrodynamic coupling is 0.5 and whose Schmidt number 1000."""
    water = fi.Electrolyte.symmetric(C0, D)
    viscosity = water.absolute_permittivity * water.thermal_voltage**2 / (0.5 * D)
    return fi.Electrolyte.symmetric(C0, D, viscosity=viscosity, density=viscosity / (1e3 * D))


salt = liquid()
height = salt.debye_length / ratio
rows = graded(1.0, Sizes(smallest=ratio / 2, largest=largest, growth=growth))
potential = fi.Parameter("voltage", 0.0, "V")


def grid(x, y):
    """Quadrilaterals between nodes along both axes, in units of the height."""
    ids = np.arange(len(x) * len(y), dtype=np.int64).reshape(len(y), len(x))
    sides = {"left": ids[:, 0], "right": ids[:, -1], "membrane": ids[0], "bath": ids[-1]}
    facets = [np.column_stack([line[:-1], line[1:]]) for line in sides.values()]
    cells = np.stack([ids[:-1, :-1], ids[:-1, 1:], ids[1:, :-1], ids[1:, 1:]], axis=-1).reshape(-1, 4)
    return NodeMesh(
        shape="quadrilateral",
        order=1,
        nodes=np.column_stack([np.tile(x, len(y)), np.repeat(y, len(x))]),
        cells=cells,
        cell_values=np.ones(len(cells), dtype=np.int32),
        facets=np.concatenate(facets),
        facet_values=np.repeat(np.arange(1, 5, dtype=np.int32), [len(each) for each in facets]),
        regions={"fluid": (1,)},
        boundaries={name: (tag,) for tag, name in enumerate(sides, start=1)},
    )


def held():
    """What membrane and bath hold."""
    face = [fi.Fixed("potential", 0.0, on="membrane"), fi.Fixed("cation", 2.0 * C0, on="membrane")]
    bath = [fi.Fixed(name, C0, on="bath") for name in salt.names]
    return [*face, fi.Fixed("potential", potential, on="bath"), *bath]


def profile():
    """State at rest in a strip one cell wide, on each rank alone, and its current in F D c0/L."""
    x = np.array([0.0, 0.1])
    strip = build_domain(MPI.COMM_SELF, lambda: grid(x, rows), unit=height, periodic={}, name="strip")
    model = fi.PNP(salt, strip, held(), unknowns=unknowns)
    volts = [*WALK[voltage > WALK], voltage]
    volts = [each * salt.thermal_voltage for each in volts]
    curve = fi.iv_curve(model, potential, volts, between=("bath", "membrane"), keep=volts[-1:], progress=False)
    return curve.solutions[volts[-1]], float(curve.currents[-1]) / (FARADAY * D * C0 * x[-1])


def cell():
    """The model of the cell."""
    x = np.linspace(0.0, width, columns + 1)
    sides = {"x": ("left", "right")}
    domain = build_domain(MPI.COMM_WORLD, lambda: grid(x, rows), unit=height, periodic=sides, name="cell")
    conditions = [*held(), fi.NoSlip(on=("membrane", "bath"))]
    return fi.PNPS(salt, domain, conditions, unknowns=unknowns, inertia=inertia)


def started(model, strip):
    """The profile in the cell, with waves of several lengths on both ions."""
    model.load(fi.resting(model))
    waves = [(number, 2.4 * number) for number in range(1, columns // 4)]
    for given in strip.model.fields:
        source, function = strip.model.field_named(given.name).function, model.field_named(given.name).function
        values = strip.arrays[strip.model.fields.index(given)]
        y, first = np.unique(np.round(source.function_space.tabulate_dof_coordinates()[:, 1], 12), return_index=True)
        x = function.function_space.tabulate_dof_coordinates()
        function.x.array[:] = np.interp(np.round(x[:, 1], 12), y, values[first])
        if given.kind != "potential":
            shape = sum(np.cos(2.0 * np.pi * number * x[:, 0] / width + at) for number, at in waves) / len(waves)
            change = perturbation * shape * np.sin(np.pi * x[:, 1])
            function.x.array[:] += change if unknowns == "potentials" else change * function.x.array
    return model.snapshot(0.0)


def followed(model, initial):
    """One row for each accepted step, as `fi.Stepper` takes them, with what the solver did."""
    stepper = BDF2(model, fi.Newton(linear))
    stepper.prepare(initial)
    unit, velocity = height**2 / D, fi.observe.PeakVelocity()
    currents = fi.observe.Current(on="bath"), fi.observe.Current(on="membrane")
    history, size, found, tries = [initial], first_step * unit, [], 0
    while len(found) < steps:
        tries, start = tries + 1, time.perf_counter()
        try:
            state, error = stepper.step(history, size)
        except ConvergenceError as failure:
            say(f"a step of {size / unit:.1e} failed: {failure}")
            if size < 1e-9 * unit:
                raise
            size /= 4.0
            continue
        wall, snes = time.perf_counter() - start, stepper.system.snes
        grow = 0.9 * (tolerance / max(error, 1e-300)) ** (1.0 / 3.0)
        if error > tolerance:
            size *= max(0.2, min(grow, 0.8))
            continue
        row = {
            "time": state.time / unit,
            "step": size / unit,
            "newton": snes.getIterationNumber(),
            "krylov": snes.getLinearSolveIterations(),
            "tries": tries,
            "peak velocity": velocity(state) * height / D,
            "current": currents[0](state) / (FARADAY * D * C0 * width),
            "defect": abs(sum(each(state) for each in currents)) / abs(currents[0](state)),
            "wall": wall,
        }
        found.append(row)
        say("  ".join(f"{name} {value:.4g}" for name, value in row.items()))
        history, tries = [state, *history[:2]], 0
        if len(history) > 2:
            size *= min(2.0, max(0.2, grow))
    return found


def say(words):
    """Once."""
    if MPI.COMM_WORLD.rank == 0:
        print(words, flush=True)


strip, current = profile()
if current_at_rest is not None and abs(current / current_at_rest - 1.0) > 1e-3:
    raise RuntimeError(f"the current at rest is {current:.5f} F D c0/L, not {current_at_rest}")
model = cell()
maps = [each.function.function_space.dofmap for each in model.fields]
size = sum(each.index_map.size_global * each.index_map_bs for each in maps)
say(f"{len(rows) - 1} rows, {columns} columns, {size} unknowns, current at rest {current:.5f} F D c0/L")
found = followed(model, started(model, strip))

table = fi.Table(
    {name: [row[name] for row in found] for name in found[0]},
    {"wall": "s"},
    machine()
    | {
        "unknowns": size,
        "ranks": MPI.COMM_WORLD.size,
        "linear": linear,
        "fields": unknowns,
        "columns": columns,
        "rows": len(rows) - 1,
        "tolerance": tolerance,
        "perturbation": perturbation,
        "current at rest": current,
    },
    "Electroconvection at 120 kT/e: times in height^2/D, velocities in D/height, currents in F D c0/L",
)
if output:
    kept = [
        each
        for each in (fi.io.read_tables(output) if Path(output).exists() else [])
        if (each.provenance["unknowns"], each.provenance["ranks"]) != (size, MPI.COMM_WORLD.size)
    ]
    fi.io.write_table(output, *kept, table)
results = {
    "unknowns": size,
    "current_at_rest": current,
    "steps": len(found),
    "most_newton": max(row["newton"] for row in found),
    "krylov_per_newton": sum(row["krylov"] for row in found) / sum(row["newton"] for row in found),
    "tries": sum(row["tries"] for row in found),
    "until": found[-1]["time"],
    "peak_velocity": found[-1]["peak velocity"],
}
for name, value in results.items():
    say(f"{name:20s} {value:g}")
