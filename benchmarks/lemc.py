# SPDX-License-Identifier: LGPL-3.0-or-later
"""Monte-Carlo trials per second beside a plain compiled loop (lemc_plain.py), and several ranks beside one.

A 1 M 1:1 electrolyte in a wide pore between two baths. On one rank: our chain and the plain one in turns, in float32
and in float64. On several: one rank alone and all of them in turns.
"""

import math
import time
from statistics import median

import numpy as np
from mpi4py import MPI
from tables import columns, keep, provenance, show

import fem_ionics as fi
from fem_ionics.lemc.cell import PoreCell
from fem_ionics.lemc.chain import Chain
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.lemc.system import Moves, System

try:
    import lemc_plain
except ImportError as error:
    raise SystemExit(
        f"benchmarks/lemc.py: {error}. The plain loop needs numba: pip install -e '.[benchmark]'"
    ) from error

# inputs
sizes = (200, 1000)  # ions
turns = 12  # of each side
seconds = 0.5  # of each turn
tolerance = 0.03  # of the mean numbers of ions; what so few trials leave open
output = "benchmarks/results/lemc.csv"

comm = MPI.COMM_WORLD
#: Ions per nm^3 of either sign at 1 M, ln of their activity coefficient, and their radius, nm.
DENSITY, LN_GAMMA, RADIUS = 0.602214, -0.1262, 0.2125
BJERRUM, STEP = 0.714, 0.3
PRECISIONS = ("float32", "float64")


def cell_of(ions):
    """A pore half a nanometre long between baths as high as wide, that hold so many."""
    size = (ions / (4.0 * math.pi * DENSITY)) ** (1.0 / 3.0)
    return PoreCell((-0.25, 0.25), (0.8 * size, 0.8 * size), size, size - 0.25)


def ours(ions, precision, seed):
    """Our chain, and how it goes on: trials -> mean number of ions."""
    cell = cell_of(ions)
    grid = TensorGrid([0, cell.bath_radius], [0, 2 * np.pi], np.linspace(-cell.top, cell.top, 21))
    moves = Moves(displace=0.5, single=0.5)
    system = System(
        valences=(1, -1),
        radii=(RADIUS, RADIUS),
        bjerrum=BJERRUM,
        cell=cell,
        grid=grid,
        moves=moves,
        steps=(STEP, STEP),
        stride=ions,
    )
    chain = Chain(system, [math.log(DENSITY) + LN_GAMMA] * 2, seed=(seed, comm.rank, ions), precision=precision)

    def go_on(trials):
        chain.run(trials)
        return float(chain.take().numbers.sum())

    return go_on


def plain(ions, seed):
    """The plain loop in the same way."""
    cell = cell_of(ions)
    walls = (cell.r[0], 0.5 * cell.length, cell.bath_radius, cell.top)
    places, kinds, counts = np.zeros((4 * ions, 3)), np.zeros(4 * ions, dtype=np.int64), np.zeros(2, dtype=np.int64)
    valences, radii, ln_a = np.array([1.0, -1.0]), np.full(2, RADIUS), np.full(2, math.log(DENSITY) + LN_GAMMA)
    lemc_plain.seed_plain(seed)

    def go_on(trials):
        return lemc_plain.run_plain(places, kinds, counts, trials, ions, walls, valences, radii, BJERRUM, ln_a, STEP)

    return go_on


def timed(go_on, trials):
    """Trials per second of CPU time, and the mean number of ions."""
    start = time.process_time()
    mean = go_on(trials)
    return trials / (time.process_time() - start), mean


def warmed(go_on, ions):
    """Filled with ions; trials that take about a turn."""
    go_on(300 * ions)
    rate, _ = timed(go_on, 200 * ions)
    return max(ions, round(seconds * rate / ions) * ions)


def in_turns(ions, precision):
    """A row: trials per second of both sides, their ratios turn by turn, and and mean numbers of ions."""
    sides = (ours(ions, precision, 1), plain(ions, 2))
    trials = [warmed(side, ions) for side in sides]
    rates, means = ([], []), ([], [])
    for turn in range(turns):
        for side in (0, 1) if turn % 2 == 0 else (1, 0):
            rate, mean = timed(sides[side], trials[side])
            rates[side].append(rate)
            means[side].append(mean)
    ratios = np.divide(*rates)
    numbers = np.mean(means, axis=1)
    if abs(numbers[0] / numbers[1] - 1.0) > tolerance:
        raise RuntimeError(f"The mean numbers of ions are {numbers[0]:.4g} and {numbers[1]:.4g}; they should agree.")
    return {
        "ions": ions,
        "bits": int(precision[5:]),
        "ratio median": median(ratios),
        "ratio min": min(ratios),
        "ratio max": max(ratios),
        "turns": turns,
        "trials": median(rates[0]),
        "trials plain": median(rates[1]),
        "number": numbers[0],
        "number plain": numbers[1],
    }


def wait():
    """A barrier that leaves the core to others."""
    request = comm.Ibarrier()
    while not request.Test():
        time.sleep(0.001)


def on_ranks(ions):
    """A row: trials per second by one rank while the others sleep, and by all; ratios of wall and of CPU time."""
    go_on = ours(ions, "float32", 1)
    trials = comm.bcast(warmed(go_on, ions))
    rates, cpu = ([], []), ([], [])
    for turn in range(turns):
        for many in (0, 1) if turn % 2 == 0 else (1, 0):
            wait()
            start, used = time.perf_counter(), time.process_time()
            if many or comm.rank == 0:
                go_on(trials)
            used = time.process_time() - used
            wait()
            elapsed = comm.bcast(time.perf_counter() - start)
            done = (comm.size if many else 1) * trials
            rates[many].append(done / elapsed)
            cpu[many].append(done / comm.allreduce(used, op=MPI.MAX))
    ratios = np.divide(rates[1], rates[0])
    return {
        "ions": ions,
        "ratio median": median(ratios),
        "ratio min": min(ratios),
        "ratio max": max(ratios),
        "ratio of CPU times": median(np.divide(cpu[1], cpu[0])),
        "turns": turns,
        "trials": median(rates[1]),
        "trials of one rank": median(rates[0]),
    }


def as_table(title, rows):
    """Columns from rows, to four digits."""
    units = {name: "1/s" for name in rows[0] if name.startswith("trials")}
    return fi.Table(columns(rows), units, title=title, provenance=facts)


facts = provenance() | {"numba": lemc_plain.VERSION}

if comm.size == 1:
    rows = [in_turns(ions, precision) for ions in sizes for precision in PRECISIONS]
    title = "Monte-Carlo trials per second of CPU time over those of a plain loop, one thread"
else:
    rows = [on_ranks(ions) for ions in sizes]
    title = f"Monte-Carlo trials per second of wall time, {comm.size} ranks over one"
table = as_table(title, rows)
show(table)
keep(output, table, key=lambda each: each.provenance["ranks"])

results = {"ions": [row["ions"] for row in rows], "ratio": [row["ratio median"] for row in rows]}
