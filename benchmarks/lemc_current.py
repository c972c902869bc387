# SPDX-License-Identifier: LGPL-3.0-or-later
"""Processor time to the current of a short pore by NP+LEMC within 1 %.

A pore of radius 1 nm and length 4 nm, -0.5 e/nm2, 1 M KCl, 0.2 V. The burn-in is counted in full; what is averaged over
is scaled to an error of 1 % by the square of the error that it reached.
"""

import time

from tables import provenance, say

import fem_ionics as fi
from fem_ionics.units import M, V, e_nm2, nm

# inputs
trials = 500_000
burn = 16
iterations = 48
replicas = 4
seed = 0
output = "benchmarks/results/lemc_current.csv"

kcl = fi.Electrolyte.kcl(1 * M)
pore = fi.geometry.cylindrical_pore(1 * nm, 4 * nm, reservoir=(4 * nm, 3 * nm), resolve=0.3 * nm)
conditions = [
    fi.Bath(kcl, potential=0.2 * V, on="cis"),
    fi.Bath(kcl, on="trans"),
    fi.SurfaceCharge(-0.5 * e_nm2, on="pore wall"),
]
model = fi.NPLEMC(
    kcl, pore, conditions, trials=trials, burn=burn, iterations=iterations, replicas=replicas, seed=seed, progress=False
)
start = time.process_time()
fi.lemc.bulk(kcl, error=model.bulk_error, seed=seed, progress=False)
baths = time.process_time() - start
solution = model.solve()
spent = time.process_time() - start - baths
relative = float(solution.current.error / abs(solution.current.value))
part = burn / (burn + iterations)
needed = spent * (part + (1.0 - part) * (relative / 0.01) ** 2)

table = fi.Table(
    {
        "current": [float(solution.current.value)],
        "error": [float(solution.current.error)],
        "baths": [baths],
        "sampling": [spent],
        "to 1 %": [needed],
        "drift": [solution.drift],
    },
    {"current": "A", "error": "A", "baths": "s", "sampling": "s", "to 1 %": "s"},
    provenance() | {"trials": trials, "burn": burn, "iterations": iterations, "replicas": replicas},
    "Processor time of NP+LEMC for the current of a short pore",
)
fi.io.write_table(output, table)
say(f"current {float(solution.current.value):.5g} A, error {100 * relative:.2g} %, drift {solution.drift:.1f}")
say(f"activities of the baths {baths:.1f} s, sampling {spent:.1f} s; for 1 %: {needed:.1f} s of processor time")
