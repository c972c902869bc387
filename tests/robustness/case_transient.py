# SPDX-License-Identifier: LGPL-3.0-or-later
"""A small run of the active channel that keeps a checkpoint: the program that test_kill.py kills.

Words: the checkpoint's file, the file for the end state's numbers, and the seconds to rest after each step.
"""

import json
import math
import sys
import time

import fem_ionics as fi  # before dolfinx
from fem_ionics.units import mC, nm

import ufl  # isort: skip
from dolfinx import fem  # isort: skip

SALT = fi.Electrolyte.symmetric(100.0, 1e-9, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0)


def build() -> fi.Model:
    wave = fi.pattern.cosine("x", wavelength=50 * nm)
    domain = fi.geometry.channel(50 * nm, 10 * nm, resolve=SALT.debye_length, half=True, axial=6, across=3)
    conditions = [
        fi.SurfaceCharge(50 * mC * wave, on="walls"),
        fi.IonFlux("cation", 10.0 * wave, on="walls"),
        fi.Slip(10 * nm, on="walls"),
        *(fi.FixedTotal(name, 100.0) for name in SALT.names),
    ]
    return fi.PNPS(SALT, domain, conditions)


class Integral:
    """Of a scaled form, over the whole mesh."""

    unit = ""

    def __init__(self, integrand, domain):
        self.comm, self.form = domain.comm, fem.form(integrand * domain.dx(degree=6))

    def __call__(self, state):
        state.model.load(state)
        return self.comm.allreduce(fem.assemble_scalar(self.form))


class Rest:
    """Gives the test time to kill the run."""

    unit = "s"

    def __init__(self, seconds):
        self.seconds = seconds

    def __call__(self, state):
        time.sleep(self.seconds)
        return 0.0


def main(checkpoint: str, results: str, seconds: str) -> None:
    model = build()
    u, c = model.field_named("velocity").function, model.field_named("cation").function
    numbers = {
        "velocity": Integral(u[0], model.domain),
        "velocity squared": Integral(ufl.dot(u, u), model.domain),
        "cation squared": Integral(c * c, model.domain),
    }
    # Between left and right, so that the flow has a direction to take.
    tilted = 100.0 * (1.0 + 0.02 * fi.pattern.cosine("x", wavelength=50 * nm, phase=0.25 * math.pi))
    trace = fi.transient(
        model,
        fi.resting(model, {name: tilted for name in SALT.names}),
        until=0.05 * model.scales.time,
        record={**numbers, "rest": Rest(float(seconds))},
        checkpoint=fi.io.Checkpoint(checkpoint),
        tolerance=1e-3,
        progress=False,
    )
    if model.domain.comm.rank == 0:
        ended = {name: float(trace[name][-1]) for name in ("time", *numbers)}
        with open(results, "w") as file:
            json.dump({**ended, "steps": len(trace), "ranks": model.domain.comm.size}, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
