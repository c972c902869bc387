# SPDX-License-Identifier: LGPL-3.0-or-later
"""The steady flagship channel in NGSolve: from rest to the base state, with the time of each stage.

Run as a process of its own, in an environment that holds NGSolve and not fem_ionics; numbers are handed over as JSON.
README.md beside it says how to make that environment. Everything is scaled as in `pyoomph_channel.py`.
"""

from time import perf_counter

IMPORT_BEGAN = perf_counter()

# ruff: noqa: E402
import argparse
import json
import math
import os
import platform
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ngsolve import (
    H1,
    BilinearForm,
    CoefficientFunction,
    FESpace,
    GridFunction,
    Integrate,
    NumberSpace,
    Periodic,
    SetNumThreads,
    cos,
    ds,
    dx,
    grad,
    x,
)
from ngsolve.meshes import MakeStructured2DMesh

IMPORT_SECONDS = perf_counter() - IMPORT_BEGAN

e, kB, NA, eps0 = 1.602176634e-19, 1.380649e-23, 6.02214076e23, 8.8541878188e-12
h, L, D, c0, b = 5e-9, 50e-9, 1e-9, 100.0, 10e-9
T, sigma0, eps, eta = 298.0, 0.05, 78.5 * eps0, 1e-3

#: Scaled groups: charge density of the liquid in Poisson's equation, wall charge, electric force, flux, wave number.
kappa2 = h**2 * 2 * e**2 * NA * c0 / (eps * kB * T)
s = sigma0 * e * h / (eps * kB * T)
force = eps * (kB * T / e) ** 2 / (eta * D) * kappa2 / 2
k = 2 * math.pi * h / L
BASE_FLUX = 20.0 * h / (D * c0)  # of 20 mol/m2/s: the state from rest, below the threshold

#: Same problem or not: mean of c+ c-/c0^2 and root mean square velocity in D/h, converged, and relative tolerance.
KNOWN = {"mean_product": (1.243122, 1e-4), "velocity": (0.14305, 2e-3)}
#: Elements along the channel for each one across it, and the grading towards the wall, as in pyoomph_channel.py.
ASPECT, GRADING = 23 / 8, 2.0


class Clock:
    """Wall and CPU seconds by stage."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {"import": IMPORT_SECONDS}
        self.cpu: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        wall, cpu = perf_counter(), sum(os.times()[:4])
        yield
        self.wall[stage] = self.wall.get(stage, 0.0) + perf_counter() - wall
        self.cpu[stage] = self.cpu.get(stage, 0.0) + sum(os.times()[:4]) - cpu


def cells(unknowns: int) -> tuple[int, int]:
    """Numbers of elements along and across that come near to a number of unknowns at the chosen aspect."""
    pairs = [(max(2, round((unknowns - 4) / (21 * ny + 7))), ny) for ny in range(2, 200)]
    return min(pairs, key=lambda pair: abs(math.log(pair[0] / pair[1] / ASPECT)))


def channel(nx: int, ny: int) -> tuple[Any, BilinearForm]:
    """Upper half of one period: its space, and its equations at 20 mol/m2/s."""
    mesh = MakeStructured2DMesh(
        nx=nx, ny=ny, periodic_x=True, mapping=lambda x, y: (x * L / h, 1.0 - (1.0 - y) ** GRADING)
    )
    scalar = Periodic(H1(mesh, order=2))
    # Of a periodic VectorH1 the Dirichlet condition of one component would be lost.
    normal = Periodic(H1(mesh, order=2, dirichlet="bottom|top"))
    pressure, numbers = Periodic(H1(mesh, order=1)), [NumberSpace(mesh) for _ in range(4)]
    space = FESpace([scalar, scalar, scalar, scalar, normal, pressure, *numbers])
    (cp, cm, phi, u0, u1, p, sp, sm, gphi, gp), (qp, qm, psi, v0, v1, q, rp, rm, tphi, tp) = space.TnT()
    u, v = CoefficientFunction((u0, u1)), CoefficientFunction((v0, v1))
    div_u, div_v = grad(u0)[0] + grad(u1)[1], grad(v0)[0] + grad(v1)[1]
    drive_p, drive_m = grad(cp) + cp * grad(phi), grad(cm) - cm * grad(phi)
    form = BilinearForm(space, condense=True)
    form += ((drive_p - cp * u) * grad(qp) + (drive_m - cm * u) * grad(qm)).Compile() * dx
    form += (grad(phi) * grad(psi) - kappa2 / 2 * (cp - cm) * psi).Compile() * dx
    # The gradient, not its symmetric part: its traction on a flat wall is the same, and the matrix is sparser.
    form += (grad(u0) * grad(v0) + grad(u1) * grad(v1) - p * div_v - q * div_u).Compile() * dx
    form += (force * (drive_p + drive_m) * v).Compile() * dx
    form += (sp * qp + sm * qm + gphi * psi + gp * q).Compile() * dx
    form += ((cp - 1) * rp + (cm - 1) * rm + phi * tphi + p * tp).Compile() * dx
    wall = ds("top")
    form += (-BASE_FLUX * cos(k * x) * qp - s * cos(k * x) * psi + h / b * u0 * v0).Compile() * wall
    return space, form


def solve(space: Any, form: BilinearForm, state: GridFunction, solver: str, clock: Clock) -> int:
    """Newton with full steps until one is 1e-6 of the solution: the next would be rounding. The number of steps."""
    residual, step, inverse = state.vec.CreateVector(), state.vec.CreateVector(), None
    for count in range(1, 31):
        with clock("assemble"):
            form.Apply(state.vec, residual)
            form.AssembleLinearization(state.vec)
        with clock("factorise"):
            # Pardiso keeps its ordering.
            if inverse is None or solver != "pardiso":
                inverse = form.mat.Inverse(space.FreeDofs(coupling=True), inverse=solver)
            else:
                inverse.Update()
        with clock("substitute"):
            # Unknowns inside the elements are eliminated beforehand.
            residual.data += form.harmonic_extension_trans * residual
            step.data = inverse * residual
            step.data += form.harmonic_extension * step
            step.data += form.inner_solve * residual
        state.vec.data -= step
        if step.Norm() < 1e-6 * state.vec.Norm():
            return count
    raise SystemExit("no convergence in 30 Newton steps")


def run(options: argparse.Namespace) -> dict[str, Any]:
    """All stages."""
    SetNumThreads(1)
    clock = Clock()
    nx, ny = cells(options.unknowns)
    with clock("setup"):
        space, form = channel(nx, ny)
        state = GridFunction(space)
    before = memory()
    with clock("base"):
        state.components[0].Set(1.0)
        state.components[1].Set(1.0)
        steps = solve(space, form, state, options.solver, clock)
    peak = memory()
    cp, cm, u0, u1 = (state.components[i] for i in (0, 1, 3, 4))
    area = Integrate(CoefficientFunction(1.0), space.mesh)
    found = {
        "mean_product": Integrate(cp * cm, space.mesh) / area,
        "velocity": math.sqrt(Integrate(u0**2 + u1**2, space.mesh) / area),
    }
    return {
        "program": "NGSolve",
        "unknowns": sum(space.FreeDofs()),
        "cells": [nx, ny],
        "newton": steps,
        "seconds": clock.wall,
        "cpu_seconds": clock.cpu,
        "memory": peak,
        "memory of the solve": peak - before,
        **found,
        "relative_differences": {name: found[name] / value - 1.0 for name, (value, _) in KNOWN.items()},
        "agrees": all(abs(found[name] / value - 1.0) <= tolerance for name, (value, tolerance) in KNOWN.items()),
        "linear_solver": options.solver,
        "threads": 1,
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "versions": {"python": platform.python_version(), **{name: known(name) for name in ("ngsolve", "mkl")}},
    }


def known(package: str) -> str:
    """Version of a package, if it is there."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"


def memory() -> float:
    """Largest of the process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def main() -> None:
    """Read the command line, run, write JSON; exit 1 where the answer is not that of the same problem."""
    parser = argparse.ArgumentParser(description="the steady flagship channel in NGSolve")
    parser.add_argument("--unknowns", type=int, default=16_000, help="roughly, at least 500")
    parser.add_argument("--out", type=Path, help="file for the JSON (standard output without it)")
    parser.add_argument("--solver", choices=("pardiso", "umfpack", "sparsecholesky", "superlu"), default="pardiso")
    options = parser.parse_args()
    if options.unknowns < 500:
        parser.error(f"got {options.unknowns} unknowns; at least 500 are needed")
    result = run(options)
    text = json.dumps(result, indent=2) + "\n"
    if options.out is None:
        sys.stdout.write(text)
    else:
        options.out.write_text(text)
    if not result["agrees"]:
        raise SystemExit(f"not the same problem, or too coarse a mesh: {result['relative_differences']}")


if __name__ == "__main__":
    main()
