# SPDX-License-Identifier: LGPL-3.0-or-later
"""Electroconvection before an ideal membrane at 120 kT/e and a Debye length of 1/1000: what each step costs.

    python benchmarks/electroconvection.py
    fem-ionics run benchmarks/electroconvection.py "columns=(96,)" "linear=('iterative',)" "steps=(5,)"

A cell 6 by 1 between a cation-exchange membrane (y = 0: c+ = 2, phi = 0, no anion passes) and a bath (y = 1: both
ions at 1, phi = V), periodic along x; eps (RT/F)^2/(eta D) = 0.5, Schmidt number 1000 (Druzgalski, Andersen & Mani,
Phys. Fluids 25, 110804, 2013; Karatay, Druzgalski & Mani, J. Colloid Interface Sci. 446, 67, 2015). The profile at rest
comes first, walked in voltage in one dimension: a current of 2.5698 F D c0/L is known and asserted. It is set into the
cell with waves in the salt, and followed by BDF2 with error control, by each linear solver in turns, step by step. One
row for each accepted step, with Newton's and FGMRES' iterations and the seconds that it took, rejected tries included.
"""

import os

# The ranks are the parallelism.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.constants import FARADAY
from fem_ionics.geometry.grading import Sizes, graded
from fem_ionics.study.provenance import provenance

# isort: split
# Imports PETSc, which comes after fem_ionics.
from stopwatch import measure
from tables import columns as columns_of
from tables import keep, machine, say, words

# inputs
ratio = 1e-3  # of Debye length and height
voltage = 120.0  # RT/F
columns = (24, 48, 96)  # cells along x, of each size; rows become finer alike
steps = (20, 5, 2)  # accepted ones, at each size
linear = ("iterative", "direct")  # solvers, in turns
unknowns = "concentrations"  # or "potentials"
perturbation = 0.01  # relative change of the salt, a sum of `waves` cosines
waves = 8
first_step = 1e-5  # height^2/D
largest_step = 5e-5
tolerance = 1e-3
inertia = True
current_at_rest = 2.5698  # F D c0/L; None: not checked
output = "benchmarks/results/electroconvection.csv"
picture = ""  # of salt and streamlines at the end, for example "cell.png"

WIDTH, D, C0 = 6.0, 1e-9, 1.0  # heights, m2/s, mol/m3
WALK = (1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0, 80.0, 100.0, 120.0)
UNITS = {"CPU": "s", "wall": "s"}
TITLE = "Electroconvection at 120 kT/e: times in height^2/D, velocities in D/height, currents in F D c0/height"


def liquid():
    """Salt whose electrohydrodynamic coupling is 0.5 and whose Schmidt number 1000."""
    water = fi.Electrolyte.symmetric(C0, D)
    viscosity = water.absolute_permittivity * water.thermal_voltage**2 / (0.5 * D)
    return fi.Electrolyte.symmetric(C0, D, viscosity=viscosity, density=viscosity / (1e3 * D))


salt = liquid()
height = salt.debye_length / ratio
potential = fi.Parameter("voltage", 0.0, "V")


def box(count, rows, comm=MPI.COMM_WORLD):
    """The cell with so many cells along x, and nodes at given heights."""
    size, cells = (WIDTH * height, height), (count, len(rows) - 1)
    domain = fi.geometry.rectangle(size, cells, periodic="x", comm=comm)
    nodes = domain.mesh.geometry.x
    nodes[:, 1] = rows[np.rint(nodes[:, 1] * cells[1]).astype(int)]
    return domain


def conditions():
    """What membrane and bath hold."""
    face = [fi.Fixed("potential", 0.0, on="bottom"), fi.Fixed("cation", 2.0 * C0, on="bottom")]
    bath = [fi.Fixed(name, C0, on="top") for name in salt.names]
    return [*face, fi.Fixed("potential", potential, on="top"), *bath]


def at_rest(rows):
    """Profile between such nodes, computed by each rank alone, and its current in F D c0/L."""
    model = fi.PNP(salt, box(3, rows, MPI.COMM_SELF), conditions(), unknowns=unknowns)
    volts = [each * salt.thermal_voltage for each in (*(v for v in WALK if v < voltage), voltage)]
    curve = fi.iv_curve(model, potential, volts, between=("top", "bottom"), keep=volts[-1:], progress=False)
    current = float(curve.currents[-1]) / (FARADAY * D * C0 * WIDTH)
    if current_at_rest is not None and not abs(current / current_at_rest - 1.0) <= 1e-3:
        raise RuntimeError(f"the current at rest is {current:.5f} F D c0/L, not {current_at_rest}")
    # A curve leaves the parameter as it found it.
    potential.value = volts[-1]
    return curve.solutions[volts[-1]], current


def disturbed(model, profile):
    """The profile in the cell, with waves in the salt that leave the charge alone."""
    model.load(fi.resting(model))
    found, points = {}, {}
    for given, values in zip(profile.model.fields, profile.arrays, strict=True):
        heights = given.function.function_space.tabulate_dof_coordinates()[:, 1]
        y, first = np.unique(np.round(heights, 12), return_index=True)
        field = model.field_named(given.name)
        points = field.function.function_space.tabulate_dof_coordinates()
        found[given.name] = np.interp(points[:, 1], y, values[first])
        field.function.x.array[:] = found[given.name]
    x, y = points[:, 0], points[:, 1]
    shape = sum(np.cos(2.0 * np.pi * n * x / WIDTH + 2.4 * n) for n in range(1, waves + 1)) / waves
    shape *= perturbation * np.sin(np.pi * y)
    for name, z in zip(salt.names, salt.valences, strict=True):
        if unknowns == "concentrations":
            model.field_named(name).function.x.array[:] += shape * found["anion"]
        else:
            share = np.exp(found["mu anion"] - found[f"mu {name}"] + (1.0 + z) * found["potential"])
            model.field_named(f"mu {name}").function.x.array[:] += np.log1p(shape * share)
    return model.snapshot(0.0)


def stepped(solver, count, rows, profile):
    """The cell's accepted states, one for each call."""
    walls = fi.NoSlip(on=("bottom", "top"))
    model = fi.PNPS(salt, box(count, rows), [*conditions(), walls], unknowns=unknowns, inertia=inertia)
    sizes = {"first_step": first_step * model.scales.time, "largest_step": largest_step * model.scales.time}
    start = [disturbed(model, profile)]
    return iter(fi.Stepper(model, start, model.scales.time, tolerance, **sizes, newton=fi.Newton(solver)))


def row(state, before, cost):
    """What is kept of a step."""
    time = D / height**2
    membrane, bath = (fi.observe.Current(on=side)(state) for side in ("bottom", "top"))
    return {
        "time": state.time * time,
        "step": (state.time - before) * time,
        "newton": state.info["iterations"],
        "krylov": state.info["linear iterations"],
        "CPU": cost.cpu,
        "wall": cost.wall,
        "peak velocity": fi.observe.PeakVelocity()(state) * height / D,
        "current": membrane / (FARADAY * D * C0 * WIDTH),
        "defect": abs(membrane + bath) / abs(bath),
    }


def followed(count, most):
    """Tables of one size, one for each solver, after so many steps, and the last states."""
    scale = 48.0 / count
    rows = graded(1.0, Sizes(smallest=scale * ratio / 2, largest=0.04 * scale, growth=1.0 + 0.1 * scale))
    profile, current = at_rest(rows)
    say(f"{count} columns, {len(rows) - 1} rows, current at rest {current:.5f} F D c0/L")
    cells = {solver: stepped(solver, count, rows, profile) for solver in linear}
    found, last = {solver: [] for solver in linear}, {}
    for _ in range(most):
        for solver, states in cells.items():
            state, cost = measure(lambda states=states: next(states))
            before = last[solver].time if solver in last else 0.0
            found[solver].append(row(state, before, cost))
            last[solver] = state
            say(f"{solver:10s} {words(found[solver][-1])}")
    facts = {"columns": count, "rows": len(rows) - 1, "current at rest": current, "tolerance": tolerance}
    facts |= {"perturbation": perturbation, "waves": waves}
    return [table(solver, found[solver], last[solver], facts) for solver in linear], last


def table(solver, rows, state, facts):
    """All steps of one solver."""
    facts = machine() | provenance(state.model) | facts | {"linear": solver}
    return fi.Table(columns_of(rows, 6), UNITS, facts, TITLE)


def case_of(one):
    """Of tables of the same size, ranks, unknowns and solver one is kept."""
    return tuple(one.provenance[name] for name in ("dofs", "ranks", "unknowns", "linear"))


tables, results = [], {}
for count, most in zip(columns, steps, strict=True):
    mine, last = followed(count, most)
    tables += mine
    if output:
        keep(output, *mine, key=case_of)
    if picture:
        fi.io.plot_field(last[linear[0]], "anion", picture)
for each in tables:
    newton = each["newton"].sum()
    results[each.provenance["dofs"], each.provenance["linear"]] = {
        "current at rest": each.provenance["current at rest"],
        "steps": len(each["time"]),
        "until": each["time"][-1],
        "Newton per step": newton / len(each["time"]),
        "most Newton": each["newton"].max(),
        "FGMRES per Newton": each["krylov"].sum() / newton,
        "CPU s per step": each["CPU"].mean(),
        "peak velocity": each["peak velocity"][-1],
        "current": each["current"][-1],
    }
for (size, solver), values in results.items():
    say(f"{size} unknowns, {solver}: {words(values, 6)}")
