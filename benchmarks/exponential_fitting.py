# SPDX-License-Identifier: LGPL-3.0-or-later
"""Exponential fitting (EAFE, eafe.py) beside the package's unknowns: what a current costs in unknowns and iterations.

The same Poisson-Nernst-Planck problems (charged pores in KCl at -1, 0 and 1 V) on the same families of triangles, by
the same walk in voltage with full Newton steps. What counts is the error of the current over the number of unknowns,
held ones included. Serial.
"""

import gc
import time
from typing import Any

import numpy as np

import fem_ionics as fi
from fem_ionics.errors import ConvergenceError
from fem_ionics.units import C, V, m, mM, nm

# isort: split
# These import DOLFINx and PETSc, which come after fem_ionics.
from eafe import Fitted, Triangles
from tables import columns, provenance, words

from fem_ionics.solve.transfer import transferred

# inputs
voltage = 1.0 * V
cases = ("cone, 1 mM", "cone, 100 mM")  # of those given below; the results have the cylinder too
linear = (0.5, 1.4)  # refinement of the meshes for linear elements
quadratic = (0.35, 0.7)  # and for quadratic ones
variants = (1.0,)  # and for variants of EAFE, in the cones
recompute = False  # the references below
output = "benchmarks/results/exponential_fitting.csv"

#: Case -> concentration, charge of the pore wall, radii of its tip and base.
GIVEN: dict[str, Any] = {
    "cone, 1 mM": (1.0 * mM, -0.16 * C / m**2, (2.5 * nm, 10 * nm)),
    "cone, 100 mM": (100.0 * mM, -0.02 * C / m**2, (2.5 * nm, 10 * nm)),
    "cylinder, 1 mM": (1.0 * mM, -0.16 * C / m**2, (2.5 * nm,)),
}
#: Case -> current at -voltage and voltage, A, by `reference` (recompute=True), and by how much its two last differ.
REFERENCES: dict[str, Any] = {
    "cone, 1 mM": (-3.4164688377075303e-11, 1.2114831258212716e-10, 8.4e-05),
    "cone, 100 mM": (-2.0184227231798765e-09, 2.766105620911765e-09, 2.04e-4),
    "cylinder, 1 mM": (-3.320867232094531e-11, 3.320867232094586e-11, 6.4e-05),
}
#: Method -> unknowns and degree (package), or whether lumped, flipped to Delaunay, and Newton's variables (EAFE).
METHODS: dict[str, Any] = {
    "EAFE": {"lumped": True, "flipped": False, "logarithmic": False},
    "EAFE, ln c": {"lumped": True, "flipped": False, "logarithmic": True},
    "EAFE, consistent charge": {"lumped": False, "flipped": False, "logarithmic": False},
    "EAFE, Delaunay": {"lumped": True, "flipped": True, "logarithmic": False},
    "potentials P1": {"unknowns": "potentials", "degree": 1},
    "concentrations P1": {"unknowns": "concentrations", "degree": 1},
    "potentials P2": {"unknowns": "potentials", "degree": 2},
    "concentrations P2": {"unknowns": "concentrations", "degree": 2},
}
#: First step of the walk from rest and its growth after at most so many iterations, as `fi.iv_curve` does it.
FIRST, GROWTH, EASY, SMALLEST = 0.1, 1.6, 5, 0.01
applied = fi.Parameter("voltage", 0.0, "V")


def salt(case):
    """KCl of that concentration."""
    return fi.Electrolyte.kcl(GIVEN[case][0])


def domain_of(case, refine, finer=1.0, shape="triangle"):
    """The pore, graded to the shorter of Debye and Gouy-Chapman length over `finer`."""
    _, charge, radii = GIVEN[case]
    kcl = salt(case)
    scales = fi.Scales.of(kcl, 1 * nm)
    gouy_chapman = 2.0 * scales.poisson * scales.surface_charge / abs(charge) * nm
    options = {
        "reservoir": 100 * nm,
        "resolve": min(kcl.debye_length, gouy_chapman) / finer,
        "refine": refine,
        "shape": shape,
    }
    make = fi.geometry.conical_pore if len(radii) == 2 else fi.geometry.cylindrical_pore
    return make(*radii, 50 * nm, **options)


class Package:
    """A model of the package behind the same three calls as `eafe.Fitted`, without its check of signs."""

    def __init__(self, case, domain, unknowns, degree):
        kcl = salt(case)
        baths = [fi.Bath(kcl, potential=applied, on="cis"), fi.Bath(kcl, on="trans")]
        charge = fi.SurfaceCharge(GIVEN[case][1], on="pore wall")
        self.model = fi.PNP(kcl, domain, [*baths, charge], unknowns=unknowns, degree=degree)
        self.steady = fi.Steady(self.model)

    @property
    def unknowns(self):
        return self.steady.system.matrix.getSize()[0]

    def rest(self):
        applied.value = 0.0
        return self._vector(fi.poisson_boltzmann(self.model))

    def solve(self, value, guess):
        applied.value = value
        self._load(guess)
        self.model.read_parameters()
        report = self.steady.system.solve(near=True)
        return self._vector(self.model.snapshot()), report.iterations

    def currents(self, x):
        self._load(x)
        state = self.model.snapshot()
        return fi.observe.Current(on="trans")(state), -fi.observe.Current(on="cis")(state)

    def nodal(self, x):
        phi, *ions = x.reshape(3, -1)
        if self.model.unknowns == "potentials":
            ions = [np.exp(mu - z * phi) for z, mu in zip(self.model.electrolyte.valences, ions, strict=True)]
        return phi, ions

    def _load(self, x):
        for function, part in zip(self.model.functions, x.reshape(3, -1), strict=True):
            function.x.array[:] = part

    def _vector(self, state):
        return np.concatenate(state.arrays)


def build(case, method, refine):
    """A method on a mesh."""
    choice = METHODS[method]
    domain = domain_of(case, refine)
    if "unknowns" in choice:
        return Package(case, domain, **choice)
    triangles = Triangles.of(domain)
    if choice["flipped"]:
        triangles = triangles.delaunay()
    return Fitted(triangles, salt(case), domain.unit, GIVEN[case][1], choice["lumped"], choice["logarithmic"])


def walk(problem, start, end):
    """From rest to a voltage: solution, iterations with those of failures unknown, and failures."""
    reached, x, before, step, iterations, failures = 0.0, start, None, FIRST, 0, 0
    while reached != end:
        left = abs(end - reached)
        value = end if step >= left * (1 - 1e-9) else reached + np.sign(end) * min(step, left / 2)
        guess = x if before is None else x + (x - before[1]) * (value - reached) / (reached - before[0])
        try:
            solution, count = problem.solve(value, guess)
        except ConvergenceError:
            step, failures = abs(value - reached) / 2, failures + 1
            if step < SMALLEST:
                raise
            continue
        if count <= EASY:
            step = max(step, GROWTH * abs(value - reached))
        before, reached, x, iterations = (reached, x), value, solution, iterations + count
    return x, iterations, failures


def jump(problem, start):
    """Iterations of one solve from rest to the voltage; -1 where it fails."""
    try:
        return problem.solve(voltage, start)[1]
    except ConvergenceError:
        return -1


def beyond(problem, x, value):
    """By how much ln c + z phi leaves the range of its baths, which it cannot do in nature, RT; NaN where c < 0."""
    phi, ions = problem.nodal(x)
    worst = 0.0
    for z, c in zip((1, -1), ions, strict=True):
        if c.min() <= 0.0:
            return np.nan
        held = z * value / thermal
        mu = np.log(c) + z * phi
        worst = max(worst, mu.max() - max(held, 0.0), min(held, 0.0) - mu.min())
    return worst


#: Columns of a row after "refine" and "unknowns".
MEASURED = (
    "error at -V",
    "error at V",
    "current at rest",
    "charge defect",
    "least concentration",
    "negative",
    "mu beyond baths",
    "negative edges",
    "iterations",
    "failed steps",
    "iterations of a jump",
    "time",
)


def measure(case, method, refine):
    """A row of the table."""
    problem = build(case, method, refine)
    began = time.process_time()
    rest, _ = problem.solve(0.0, problem.rest())
    at_rest = abs(problem.currents(rest)[0])
    try:
        found = {sign: walk(problem, rest, sign * voltage) for sign in (-1, 1)}
    except ConvergenceError:
        # The walk got stuck: no solution to measure.
        return {"refine": refine, "unknowns": problem.unknowns, **dict.fromkeys(MEASURED, np.nan)}
    seconds = time.process_time() - began
    currents = {sign: problem.currents(x) for sign, (x, _, _) in found.items()}
    smallest = min(c.min() for x, _, _ in found.values() for c in problem.nodal(x)[1])
    below = sum(int((c <= 0.0).sum()) for x, _, _ in found.values() for c in problem.nodal(x)[1])
    weights = getattr(problem, "weights", np.ones(1))
    wanted = dict(zip((-1, 1), REFERENCES[case], strict=False))
    values = (
        currents[-1][0] / wanted[-1] - 1.0,
        currents[1][0] / wanted[1] - 1.0,
        at_rest / abs(wanted[1]),
        max(abs(out / into - 1.0) for out, into in currents.values()),
        smallest,
        below,
        max(beyond(problem, x, sign * voltage) for sign, (x, _, _) in found.items()),
        100.0 * float(np.mean(weights < -1e-9 * np.abs(weights).max())),
        sum(count for _, count, _ in found.values()),
        sum(failures for _, _, failures in found.values()),
        jump(problem, rest),
        seconds,
    )
    return {"refine": refine, "unknowns": problem.unknowns, **dict(zip(MEASURED, values, strict=True))}


def reference(case):
    """Currents at both voltages by potentials P3 on ever finer quadrilaterals, from the coarser solution each time."""
    found = []
    states = {-1: None, 1: None}
    for degree, finer, refine in ((2, 1, 0.5), (2, 4, 1.0), (3, 8, 1.0)):
        problem = Package(case, domain_of(case, refine, finer, "quadrilateral"), "potentials", degree)
        row = []
        for sign in states:
            if states[sign] is None:
                x, _, _ = walk(problem, problem.rest(), sign * voltage)
            else:
                applied.value = sign * voltage
                guess = transferred(states[sign], problem.model)
                x, _ = problem.solve(sign * voltage, np.concatenate(guess.arrays))
            row.append(problem.currents(x)[0])
            problem._load(x)
            states[sign] = problem.model.snapshot()
        found.append(row)
        print(case, degree, finer, refine, problem.unknowns, row, flush=True)
    return (*found[-1], float(np.abs(np.divide(found[-2], found[-1]) - 1.0).max()))


def as_table(case, method, rows):
    """Columns from rows, to four digits."""
    units = {"mu beyond baths": "RT", "negative edges": "%", "time": "s", "least concentration": "bath"}
    title = f"{case}, {GIVEN[case][1]:g} C/m2, at -V and V = {voltage:g} V: {method}"
    return fi.Table(columns(rows), units, title=title, provenance=facts | {"reference": list(REFERENCES[case])})


thermal = fi.Scales.of(fi.Electrolyte.kcl(1.0), 1 * nm).potential
facts = provenance()
if recompute:
    REFERENCES = {case: reference(case) for case in cases}
    print(REFERENCES)

tables, results = [], {}
for case in cases:
    for method, choice in METHODS.items():
        variant = method.startswith("EAFE,")
        if variant and "cone" not in case:
            continue
        sizes = quadratic if choice.get("degree") == 2 else variants if variant else linear
        rows = [measure(case, method, refine) for refine in sizes]
        for row in rows:
            print(case, "|", method, "|", words(row, 3), flush=True)
        tables.append(as_table(case, method, rows))
        results[f"{case}, {method}"] = max(abs(rows[-1]["error at -V"]), abs(rows[-1]["error at V"]))
        gc.collect()
fi.io.write_table(output, *tables)
