# SPDX-License-Identifier: LGPL-3.0-or-later
"""Does Newton converge in the conical pore, from 1 mM to 1 M, up to 1 e/nm2 and from -2 to 2 V, with nothing tuned?

    python benchmarks/robustness.py

Every curve is one call of `fi.iv_curve` with its defaults, on a mesh coarser than one would trust. The table is written
anew after each curve and tells of each whether it failed, Newton's iterations, halved steps, the largest charge defect,
the smallest concentration over that of the bath (from exp of the electrochemical potential: it cannot be negative), the
smallest I/V (thermodynamics wants it positive), and the time on whatever machine it was.

In results/robustness.csv: 32 curves of 9 points, no failure, no halved step, 56 to 159 Newton iterations a curve,
charge defects of at most 3e-12 of the current, concentrations down to 4e-14 of the bath's.
"""

import math
import time
from itertools import product

import numpy as np
from tables import provenance, say, unknowns

import fem_ionics as fi
from fem_ionics.errors import ConvergenceError
from fem_ionics.units import M, V, e_nm2, mM, nm

# inputs
pores = {  # tip and base radius, length, radius and height of the reservoirs
    "short": (2.5 * nm, 10 * nm, 50 * nm, 100 * nm),
    "long": (5 * nm, 50 * nm, 1000 * nm, 500 * nm),
}
concentrations = (1 * mM, 10 * mM, 100 * mM, 1 * M)
surface_charges = (-0.125 * e_nm2, -1 * e_nm2)
flows = (False, True)
largest_voltage = 2 * V
points = 9  # voltages of a curve
resolution = 0.4  # cells, relative to the default
output = "benchmarks/results/robustness.csv"

KCL = fi.Electrolyte.kcl(1 * mM)
SHAPES = tuple(pores)
voltages = np.linspace(-largest_voltage, largest_voltage, points)


def cone(shape, concentration, charge, flow):
    """Model, its voltage and its number of unknowns."""
    tip, base, length, reservoir = pores[shape]
    kcl = fi.Electrolyte.kcl(concentration)
    gouy_chapman = fi.reduced.gouy_chapman_length(charge, kcl)
    domain = fi.geometry.conical_pore(
        tip, base, length, reservoir=reservoir, resolve=min(kcl.debye_length, gouy_chapman), refine=resolution
    )
    voltage = fi.Parameter("voltage", 0.0, "V")
    conditions = [
        fi.Bath(kcl, potential=voltage, on="cis"),
        fi.Bath(kcl, on="trans"),
        fi.SurfaceCharge(charge, on="pore wall"),
    ]
    model = fi.PNPS(kcl, domain, [*conditions, fi.NoSlip(on="walls")]) if flow else fi.PNP(kcl, domain, conditions)
    return model, voltage, unknowns(model)


def curve(shape, concentration, charge, flow):
    """One row: an untuned curve and what it cost."""
    model, voltage, unknowns = cone(shape, concentration, charge, flow)
    least = {f"least {ion}": fi.observe.Minimum(ion) for ion in KCL.names}
    row = {
        "pore": SHAPES.index(shape),
        "concentration": concentration,
        "surface charge": charge,
        "flow": float(flow),
        "unknowns": unknowns,
    }
    start = time.perf_counter()
    try:
        iv = fi.iv_curve(model, voltage, voltages, record=least, progress=False)
    except ConvergenceError as failure:
        say(f"FAILED: {failure}")
        nothing = dict.fromkeys(("newton", "halvings", "defect", "least", "least I/V", "ratio"), math.nan)
        return row | {"failures": 1} | nothing | {"time": time.perf_counter() - start}
    driven = voltages != 0.0
    return row | {
        "failures": 0,
        "newton": iv["newton"].sum(),
        "halvings": iv["halvings"].sum(),
        "defect": iv.charge_defect,
        "least": min(iv[name].min() for name in least) / concentration,
        "least I/V": (iv.currents[driven] / voltages[driven]).min(),
        "ratio": iv.rectification_ratio(),
        "time": time.perf_counter() - start,
    }


UNITS = {"concentration": "mol/m3", "surface charge": "C/m2", "least I/V": "S", "time": "s"}
HEADING = "Current-voltage curves of conical pores, none of them tuned"


def table(rows):
    """All rows so far; the pores are numbered in the order of the provenance."""
    facts = provenance() | {"pores": pores, "resolution": resolution, "voltages": voltages.tolist()}
    return fi.Table({name: [row[name] for row in rows] for name in rows[0]}, UNITS, facts, HEADING)


rows = []
for shape, concentration, charge, flow in product(SHAPES, concentrations, surface_charges, flows):
    rows.append(curve(shape, concentration, charge, flow))
    if output:
        fi.io.write_table(output, table(rows))
    last = rows[-1]
    words = "PNP-NS" if flow else "PNP   "
    say(
        f"{shape:6s} {concentration:6g} mM {charge:8.4f} C/m2 {words} {last['unknowns']:6d} unknowns  "
        f"failures {last['failures']}  newton {last['newton']:4.0f}  halvings {last['halvings']:2.0f}  "
        f"defect {last['defect']:.0e}  least c/c0 {last['least']:.1e}  I(-)/I(+) {last['ratio']:.3f}  "
        f"{last['time']:.0f} s"
    )

converged = [row for row in rows if not row["failures"]]
results = {
    "curves": len(rows),
    "failures": len(rows) - len(converged),
    "halvings": sum(row["halvings"] for row in converged),
    "largest_newton": max((row["newton"] for row in converged), default=0),
    "largest_defect": max((row["defect"] for row in converged), default=0.0),
    "least_concentration": min((row["least"] for row in converged), default=0.0),
    "least_conductance": min((row["least I/V"] for row in converged), default=0.0),
}
for name, value in results.items():
    say(f"{name:20s} {value:g}")
