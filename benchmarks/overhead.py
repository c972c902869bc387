# SPDX-License-Identifier: LGPL-3.0-or-later
"""Time per Newton iteration beside a hand-written DOLFINx script of the same forms, and where the time goes.

Both solve the flagship channel on one mesh from one guess; then they do single iterations from there in turns, so that
the noise of the machine meets both alike, and what counts is the ratio of each pair. Run it as it is, or with mpiexec:
the tables of each number of ranks replace the earlier ones in the file.
"""

import gc
import math
import shutil
import tempfile
from statistics import median

import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.units import m, mC, mM, nm, s

# isort: split
# These import DOLFINx and PETSc, which come after fem_ionics.
from handwritten import flagship, scaled_flux
from stopwatch import PARTS, measure
from tables import columns, keep, provenance, say, show

# inputs
sizes = (15_000, 60_000, 230_000)  # unknowns, roughly
pairs = (24, 10, 4)  # of iterations, for each size
flux_amplitude = 20 * mM * m / s  # of the state that serves as guess
next_amplitude = 21 * mM * m / s  # what is solved from it, over and over
zero_blocks = True  # by hand too, keep zeros on the diagonal of pressure and multipliers (see README.md)
tolerance = 1e-10  # of the difference between both solutions
output = "benchmarks/results/overhead.csv"

#: A step tolerance at which every iteration is the last.
ANY_STEP = 1e30
comm = MPI.COMM_WORLD
salt = fi.Electrolyte.symmetric(
    100 * mM, 1e-9 * m**2 / s, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0
)
flux = fi.Parameter("active flux", flux_amplitude, "mol/m2/s")


def build_domain(dofs):
    """Half the flagship channel with about so many unknowns of PNP-Stokes."""
    return fi.geometry.channel(50 * nm, 10 * nm, resolve=salt.debye_length, half=True, refine=math.sqrt(dofs / 2744))


def build(domain):
    """The flagship with fem_ionics, ready to solve."""
    cosine = fi.pattern.cosine("x", wavelength=50 * nm)
    conditions = [
        fi.SurfaceCharge(50 * mC / m**2 * cosine, on="walls"),
        fi.IonFlux("cation", flux * cosine, on="walls"),
        fi.Slip(10 * nm, on="walls"),
        fi.FixedTotal("cation", 100 * mM),
        fi.FixedTotal("anion", 100 * mM),
    ]
    return fi.Steady(fi.PNPS(salt, domain, conditions))


def build_by_hand(domain, quadrature_degree):
    """The same without fem_ionics, with the options of its Newton."""
    (wall,), (symmetry,) = domain.tags("walls"), domain.tags("symmetry")
    options = fi.Newton().all_options("direct") | {"snes_linesearch_type": "basic"}
    return flagship(domain.mesh, domain.facet_tags, wall, symmetry, quadrature_degree, options, zero_blocks)


def solve(steady, guess):
    """Iterations, and the state."""
    state = steady.solve(guess)
    return state.info["iterations"], state


def solve_by_hand(hand, guess):
    """Iterations from a state's arrays; the solution stays in ``hand.unknowns``."""
    for function, array in zip(hand.unknowns, guess.arrays, strict=True):
        function.x.array[:] = array
    hand.problem.solve()
    if hand.problem.solver.getConvergedReason() <= 0:
        raise RuntimeError("The hand-written solver did not converge.")
    return hand.problem.solver.getIterationNumber(), None


def difference(state, hand):
    """Largest difference of the unknowns over the largest of their field (of multipliers: as it is)."""
    worst = 0.0
    for field, array, function in zip(state.model.fields, state.arrays, hand.unknowns, strict=True):
        found = np.array([np.abs(array - function.x.array).max(initial=0.0), np.abs(array).max(initial=0.0)])
        comm.Allreduce(MPI.IN_PLACE, found, op=MPI.MAX)
        worst = max(worst, found[0] / (1.0 if field.kind == "multiplier" else found[1]))
    return worst


def flops(snes):
    """Operations of the last factorisation."""
    return snes.getKSP().getPC().getFactorMatrix().getMumpsRinfog(3)


def write_everything(state):
    """Fields for ParaView and a checkpoint."""
    folder = comm.bcast(tempfile.mkdtemp() if comm.rank == 0 else None)
    fi.io.write_fields(f"{folder}/fields.bp", state)
    fi.io.save_state(f"{folder}/state.npz", state)
    if comm.rank == 0:
        shutil.rmtree(folder)


def job(dofs):
    """One steady state from rest with its outputs: the solver, the state, and a row of the table of jobs."""
    flux.value = flux_amplitude
    domain, meshing = measure(lambda: build_domain(dofs))
    steady, setting_up = measure(lambda: build(domain))
    state, solving = measure(steady.solve)
    _, writing = measure(lambda: write_everything(state))
    costs = {"mesh": meshing.wall, "set-up": setting_up.wall, "output": writing.wall}
    whole = solving.wall + sum(costs.values())
    shares = {name: 100 * seconds / whole for name, seconds in costs.items()} | solving.shares(whole)
    row = {"dofs": unknowns(steady), "iterations": state.info["iterations"], "time": whole, **shares}
    row["rest"] = 100 - sum(shares.values())
    row["evaluations"] = solving.evaluations / state.info["iterations"]
    return steady, state, row, setting_up


def unknowns(steady):
    """Number of all of them on all ranks."""
    return steady.system.matrix.getSize()[0]


def compare(steady, guess, hand, repeats):
    """Solve fully, then iterate in turns; ours first: difference, (iterations, cost) of the solves, costs of turns."""
    flux.value, hand.flux.value = next_amplitude, scaled_flux(next_amplitude)
    sides = (lambda: solve(steady, guess), lambda: solve_by_hand(hand, guess))
    sides[1]()  # its symbolic factorisation; ours was done on the way to the guess
    solves = [measure(side) for side in sides]
    apart = difference(solves[0][0][1], hand)
    if not apart < tolerance:
        raise RuntimeError(f"The solutions differ by {apart:.2e} of their size; {tolerance:.0e} is allowed.")
    for snes in (steady.system.snes, hand.problem.solver):
        snes.setTolerances(stol=ANY_STEP)
    turns = ([], [])
    for turn in range(repeats):
        for side in (0, 1) if turn % 2 == 0 else (1, 0):
            (iterations, _), cost = measure(sides[side])
            assert iterations == 1
            turns[side].append(cost)
    return apart, [(iterations, cost) for (iterations, _), cost in solves], turns


def ratio_row(turns):
    """Statistics of the pairwise ratios of single iterations."""
    ours, hands = ([cost.wall for cost in side] for side in turns)
    cpu, hands_cpu = ([cost.cpu for cost in side] for side in turns)
    ratios = np.divide(ours, hands)
    return {
        "ratio median": median(ratios),
        "ratio min": min(ratios),
        "ratio max": max(ratios),
        "ratio of CPU times": median(np.divide(cpu, hands_cpu)),
        "pairs": len(ratios),
        "iteration": median(ours),
        "iteration by hand": median(hands),
    }


def share_row(iterations, cost):
    """Shares of the parts in the time of a solve."""
    row = {"iterations": iterations, "time": cost.wall, **cost.shares(cost.wall)}
    row["rest"] = 100 - sum(row[name] for name in PARTS)
    row["evaluations"] = cost.evaluations / iterations
    return row


def run(dofs, repeats):
    """A row of each table for one size."""
    steady, guess, job_row, setting_up = job(dofs)
    model = steady.model
    hand, setting_up_by_hand = measure(lambda: build_by_hand(model.domain, model.quadrature_degree))
    apart, solves, turns = compare(steady, guess, hand, repeats)
    ratios = ratio_row(turns) | {
        "difference": apart,
        "factor flops": flops(steady.system.snes),
        "factor flops by hand": flops(hand.problem.solver),
        "set-up time": setting_up.wall,
        "set-up time by hand": setting_up_by_hand.wall,
    }
    rows = (ratios, share_row(*solves[0]), share_row(*solves[1]), job_row)
    return [{"dofs": unknowns(steady)} | row for row in rows]


def as_table(title, rows):
    """Columns from rows, to four digits."""
    units = {name: UNITS[name] for name in rows[0] if name in UNITS}
    return fi.Table(columns(rows), units, title=f"{title}, ranks: {comm.size}", provenance=facts)


TITLES = (
    "Time of a Newton iteration over that of hand-written DOLFINx",
    "Where the time of a solve from a near guess goes",
    "Where the time of a solve from a near guess goes by hand",
    "Where the time of a job goes: a steady state from rest, its ParaView file and its checkpoint",
)
UNITS = {
    **dict.fromkeys(("iteration", "iteration by hand", "set-up time", "set-up time by hand", "time"), "s"),
    **dict.fromkeys(("mesh", "set-up", "output", *PARTS, "rest"), "%"),
    "evaluations": "1/iteration",
}

facts = provenance() | {"zero blocks by hand": zero_blocks}

# Forms are compiled here once if they never were: set-up times below are those with a warm cache.
tiny = build(build_domain(1000))
build_by_hand(tiny.model.domain, tiny.model.quadrature_degree)

rows = []
for dofs, repeats in zip(sizes, pairs, strict=True):
    rows.append(run(dofs, repeats))
    say(f"{rows[-1][0]['dofs']} dofs: ratio {rows[-1][0]['ratio median']:.3f}")
    gc.collect()
    comm.barrier()

tables = [as_table(title, list(column)) for title, column in zip(TITLES, zip(*rows, strict=True), strict=True)]
for table in tables:
    show(table)

keep(output, *tables, key=lambda table: table.provenance["ranks"])

results = {
    "dofs": [row[0]["dofs"] for row in rows],
    "ratio": [row[0]["ratio median"] for row in rows],
    "largest_difference": max(row[0]["difference"] for row in rows),
}
