# SPDX-License-Identifier: LGPL-3.0-or-later
"""The steady flagship channel in NGSolve: from rest to the base state, with the time of each stage.

Run as a process of its own, in an environment that holds NGSolve and not fem_ionics; numbers are handed over as JSON.
README.md beside it says how to make that environment. Everything is scaled as `channel.py` says.
"""

from time import perf_counter

IMPORT_BEGAN = perf_counter()

# ruff: noqa: E402
import argparse
import math
import os
from typing import Any

from channel import (
    BASE_FLUX,
    FLUX_UNIT,
    GRADING,
    KNOWN_BASE,
    Clock,
    L,
    b,
    cells,
    compared,
    force,
    h,
    k,
    kappa2,
    leave,
    memory,
    reader,
    s,
    versions,
)
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


def half_channel(nx: int, ny: int) -> tuple[Any, BilinearForm]:
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
    form += (-BASE_FLUX / FLUX_UNIT * cos(k * x) * qp - s * cos(k * x) * psi + h / b * u0 * v0).Compile() * wall
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
    clock = Clock(IMPORT_SECONDS)
    nx, ny = cells(options.unknowns)
    with clock("setup"):
        space, form = half_channel(nx, ny)
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
        **compared(found, KNOWN_BASE),
        "linear_solver": options.solver,
        "threads": 1,
        "load_average": [round(value, 2) for value in os.getloadavg()],
        "versions": versions("ngsolve", "mkl"),
    }


def main() -> None:
    """Read the command line, run, write JSON; exit 1 where the answer is not that of the same problem."""
    parser = reader("the steady flagship channel in NGSolve", 16_000)
    parser.add_argument("--solver", choices=("pardiso", "umfpack", "sparsecholesky", "superlu"), default="pardiso")
    options = parser.parse_args()
    leave(run(options), options.out)


if __name__ == "__main__":
    main()
