# SPDX-License-Identifier: LGPL-3.0-or-later
"""The flagship channel in pyoomph: base state, located pitchfork and bifurcation diagram, with the time of each stage.

pyoomph is free software under GPL-3.0-or-later. This file is therefore run as a process of its own, in an environment
that holds pyoomph and not fem_ionics, and hands its numbers over as JSON; nothing of fem_ionics imports it or pyoomph.
README.md beside it says how to make that environment. Everything is scaled as `channel.py` says.
"""

from time import perf_counter

IMPORT_BEGAN = perf_counter()

# ruff: noqa: E402
import argparse
import math
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import numpy as np
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
from pyoomph import (
    AverageConstraint,
    DirichletBC,
    Equations,
    InitialCondition,
    IntegralObservables,
    InterfaceEquations,
    MeshTemplate,
    PeriodicBC,
    Problem,
    var,
    var_and_test,
)
from pyoomph.expressions import cos, div, grad, partial_t, testfunction
from pyoomph.generic.bifurcation_tools import PitchForkTracker

IMPORT_SECONDS = perf_counter() - IMPORT_BEGAN

GROWTH_FLUX = 30.0  # mol/m2/s: where the growth rate is compared
SYMMETRIC = (0.0, 0.3, 0.6, 0.9, 1.2, 1.5)  # of the critical flux: points of the diagram without flow
FLOWING = (1.02, 1.1, 1.2, 1.3, 1.4, 1.5)  # and with flow
EIGENVALUES = 4  # at each point, those nearest to zero
#: Same problem or not: value known from elsewhere, and relative tolerance (its digits allow no smaller one).
KNOWN = {"critical_flux": (24.665, 1e-3), "velocity_at_1.1": (0.373, 1.5e-3), "growth_rate_at_30": (0.55, 5e-3)}


class Strip(MeshTemplate):
    """Rectangles of equal width, graded in height towards the wall y = 1 (boundary "top")."""

    def __init__(self, nx: int, ny: int):
        super().__init__()
        self.nx, self.ny = nx, ny

    def define_geometry(self) -> None:
        domain = self.new_domain("liquid")
        xs = np.linspace(0.0, L / h, self.nx + 1)
        ys = 1.0 - (1.0 - np.linspace(0.0, 1.0, self.ny + 1)) ** GRADING
        node = [[self.add_node_unique(float(x), float(y)) for y in ys] for x in xs]
        for left, right in pairwise(node):
            for j in range(self.ny):
                domain.add_quad_2d_C1(left[j], right[j], left[j + 1], right[j + 1])
            self.add_facet_to_boundary("bottom", [left[0], right[0]])
            self.add_facet_to_boundary("top", [left[-1], right[-1]])
        for name, column in (("left", node[0]), ("right", node[-1])):
            for below, above in pairwise(column):
                self.add_facet_to_boundary(name, [below, above])


class Liquid(Equations):
    """PNP-Stokes, with the force as -(sum of the ions' driving forces): a state without flow then stays clean."""

    def define_fields(self) -> None:
        for name in ("cp", "cm", "phi"):
            self.define_scalar_field(name, "C2")
        self.define_vector_field("u", "C2")
        self.define_scalar_field("p", "C1")

    def define_residuals(self) -> None:
        (cp, qp), (cm, qm), (phi, psi), (u, v), (p, q) = (var_and_test(n) for n in ("cp", "cm", "phi", "u", "p"))
        drive_p, drive_m = grad(cp) + cp * grad(phi), grad(cm) - cm * grad(phi)
        self.add_weak(partial_t(cp), qp).add_weak(drive_p - cp * u, grad(qp))
        self.add_weak(partial_t(cm), qm).add_weak(drive_m - cm * u, grad(qm))
        self.add_weak(grad(phi), grad(psi)).add_weak(-kappa2 / 2 * (cp - cm), psi)
        # The gradient, not its symmetric part: its traction on a flat wall is the same, and the matrix is sparser.
        self.add_weak(grad(u), grad(v)).add_weak(-p, div(v)).add_weak(force * (drive_p + drive_m), v)
        self.add_weak(-div(u), q)


class ActiveWall(InterfaceEquations):
    """Charge, injected cations and viscous slip (Maxwell's stress has no part in it)."""

    def __init__(self, flux: Any):
        super().__init__()
        self.flux = flux

    def define_residuals(self) -> None:
        pattern = cos(k * var("coordinate_x"))
        slip, test = var_and_test("u_x")
        self.add_weak(-self.flux * pattern, testfunction("cp"))
        self.add_weak(-s * pattern, testfunction("phi"))
        self.add_weak(h / b * slip, test)


class Channel(Problem):
    """Upper half of one period, with the amplitude of the cation flux as parameter J."""

    def __init__(self, nx: int, ny: int, directory: str, compiler: str, threads: int):
        super().__init__()
        self.nx, self.ny = nx, ny
        self.max_newton_iterations = 30
        self.ignore_command_line, self.write_states = True, False
        self.set_output_directory(directory)
        self.set_c_compiler(compiler)
        self.setup_for_stability_analysis(analytic_hessian=True)
        self.set_linear_solver("pardiso")
        self.set_eigensolver("spectra")
        self.set_num_threads(threads)
        # One pattern for all Newton steps: Pardiso orders once, and not at every step.
        self.keep_structural_zeros = True
        self.quiet()

    def define_problem(self) -> None:
        self.J = self.define_global_parameter(J=0.0)
        self += Strip(self.nx, self.ny)
        liquid = Liquid() + InitialCondition(cp=1, cm=1) + AverageConstraint(cp=1, cm=1, phi=0, p=0)
        liquid += ActiveWall(self.J) @ "top" + DirichletBC(u_y=0) @ "top" + DirichletBC(u_y=0) @ "bottom"
        liquid += PeriodicBC("left", offset=[-L / h, 0]) @ "right"
        liquid += IntegralObservables(flow=var("u_x") * h / L, product=var("cp") * var("cm") * h / L)
        liquid += IntegralObservables(square=(var("u_x") ** 2 + var("u_y") ** 2) * h / L)
        self += liquid @ "liquid"

    @property
    def flux(self) -> float:
        """Amplitude in mol/m2/s."""
        return self.J.value * FLUX_UNIT

    @property
    def velocity(self) -> float:
        """Mean over the channel."""
        return float(self.get_mesh("liquid").evaluate_observable("flow"))

    @property
    def state(self) -> np.ndarray:
        """A copy of the unknowns."""
        return np.array(self.get_current_dofs()[0])

    def at(self, flux: float, state: np.ndarray | None = None) -> None:
        """Solve for a flux in mol/m2/s, from `state` or from the present one."""
        if state is not None:
            self.set_current_dofs(state)
        self.J.value = flux / FLUX_UNIT
        self.solve()


def table(clock: Clock) -> dict[str, dict[str, float]]:
    """All stages, with the sums that a user waits for (compilation and import left out)."""
    sums = {"to_pitchfork": ["base", "eigenvector", "locate"]}
    sums["diagram_without_stability"] = [*sums["to_pitchfork"], "symmetric_branch", "switch", "flowing_branch"]
    sums["diagram"] = [*sums["diagram_without_stability"], "stability"]
    times = {"seconds": clock.wall, "cpu_seconds": clock.cpu}
    for column in times.values():
        for name, parts in sums.items():
            if set(parts) <= set(column):
                column[name] = sum(column[part] for part in parts)
    return {name: {stage: round(t, 3) for stage, t in column.items()} for name, column in times.items()}


def locate(channel: Channel, clock: Clock, tracker: str) -> tuple[np.ndarray, np.ndarray]:
    """The pitchfork from the present state: critical state and null vector. The channel is left there."""
    with clock("eigenvector"):
        channel.solve_eigenproblem(EIGENVALUES)
    with clock("locate"):
        if tracker == "core":
            channel.activate_bifurcation_tracking("J", "pitchfork", eigenvector=0)
        else:
            channel.set_custom_assembler(PitchForkTracker(channel, "J", eigenvector=0))
        channel.solve()
        vector = np.real(channel.get_last_eigenvectors()[0]).copy()
        if tracker == "core":
            channel.deactivate_bifurcation_tracking()
        else:
            channel.set_custom_assembler(None)
    return channel.state, vector


def switch(channel: Channel, flux: float, critical: np.ndarray, vector: np.ndarray) -> None:
    """Onto the flowing branch: Newton from the critical state plus the null vector, larger until the flow stays."""
    channel.set_current_dofs(critical + vector)
    unit = vector / channel.velocity
    for velocity in (0.1, 0.2, 0.4, 0.8):
        channel.at(flux, critical + velocity * unit)
        if channel.velocity > 0.01:
            return
    raise SystemExit(f"no flow at {flux:.3f} mol/m2/s from perturbations of up to 0.8 D/h")


def point(channel: Channel, clock: Clock) -> dict[str, Any]:
    """Flux, velocity and leading eigenvalues of the present state."""
    with clock("stability"):
        values, _ = channel.solve_eigenproblem(EIGENVALUES)
    return {
        "flux": channel.flux,
        "velocity": channel.velocity,
        "eigenvalues": [[float(value.real), float(value.imag)] for value in values],
        "stable": bool(max(values.real) < 0.0),
    }


def base(channel: Channel, clock: Clock) -> dict[str, Any]:
    """The base state alone."""
    with clock("base"):
        channel.at(BASE_FLUX)
    mesh = channel.get_mesh("liquid")
    square = float(mesh.evaluate_observable("square"))
    return compared(
        {"mean_product": float(mesh.evaluate_observable("product")), "velocity": math.sqrt(square)}, KNOWN_BASE
    )


def study(channel: Channel, clock: Clock, tracker: str) -> dict[str, Any]:
    """Base state, pitchfork and both branches up to 1.5 times the critical flux."""
    with clock("base"):
        channel.at(BASE_FLUX)
    base = channel.state
    critical, vector = locate(channel, clock, tracker)
    critical_flux, residual_flow = channel.flux, abs(channel.velocity)

    symmetric, flowing = [], []
    for i, ratio in enumerate(SYMMETRIC):
        with clock("symmetric_branch"):
            channel.at(ratio * critical_flux, base if i == 0 else None)
        symmetric.append(point(channel, clock))
    with clock("switch"):
        switch(channel, FLOWING[0] * critical_flux, critical, vector)
    flowing.append(point(channel, clock))
    for ratio in FLOWING[1:]:
        with clock("flowing_branch"):
            channel.at(ratio * critical_flux)
        flowing.append(point(channel, clock))

    channel.at(GROWTH_FLUX, critical)
    growth = max(channel.solve_eigenproblem(EIGENVALUES)[0].real)
    found = {
        "critical_flux": critical_flux,
        "velocity_at_1.1": flowing[FLOWING.index(1.1)]["velocity"],
        "growth_rate_at_30": float(growth),
    }
    return {
        **compared(found, KNOWN),
        "critical_flux_scaled": critical_flux / FLUX_UNIT,
        "velocity_at_critical_point": residual_flow,
        "symmetric_branch": symmetric,
        "flowing_branch_of_one_sign": flowing,
    }


@contextmanager
def silent() -> Iterator[None]:
    """Standard output of Python and of the C++ core to nowhere."""
    sys.stdout.flush()
    kept, nowhere = os.dup(1), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)


def run(options: argparse.Namespace, directory: str) -> dict[str, Any]:
    """All stages in an empty cache of compiled code, so that compilation is always there and always apart."""
    clock = Clock(IMPORT_SECONDS)
    os.environ["PYOOMPH_JIT_CACHE_DIR"] = f"{directory}/cache"
    setting = (options.compiler, options.threads)
    with clock("compile"), Channel(2, 2, f"{directory}/small", *setting) as small:
        small.initialise()
    nx, ny = cells(options.unknowns)
    with Channel(nx, ny, f"{directory}/channel", *setting) as channel:
        with clock("setup"):
            channel.initialise()
        unknowns, load = channel.ndof(), os.getloadavg()
        result = base(channel, clock) if options.base else study(channel, clock, options.tracker)
        peak = memory()
        solver = channel.get_la_solver()
        factorisations = {"full": solver.n_full_factorisations, "numeric": solver.n_numeric_factorisations}
    return {
        "program": "pyoomph",
        "unknowns": unknowns,
        "cells": [nx, ny],
        **table(clock),
        **result,
        "memory": peak,
        "linear_solver": "MKL Pardiso",
        "eigensolver": "Spectra, shift-invert by MKL Pardiso",
        "tracker": options.tracker,
        "compiler": options.compiler,
        "threads": options.threads,
        "factorisations_without_eigensolver": factorisations,
        "load_average": [round(value, 2) for value in load],
        "cores": os.cpu_count(),
        "versions": versions("pyoomph", "mkl", "numpy", "scipy"),
    }


def main() -> None:
    """Read the command line, run, write JSON; exit 1 where the answer is not that of the same problem."""
    parser = reader("the flagship channel in pyoomph", 4000)
    parser.add_argument("--threads", type=int, default=1, help="of the assembly and of Pardiso")
    parser.add_argument("--tracker", choices=("python", "core"), default="python", help="which of pyoomph's two")
    parser.add_argument("--compiler", choices=("system", "tcc"), default="system", help="of its generated C code")
    parser.add_argument("--base", action="store_true", help="the base state alone")
    parser.add_argument("--verbose", action="store_true", help="let pyoomph print")
    options = parser.parse_args()
    if options.threads < 1:
        parser.error(f"got {options.threads} threads; at least 1 is needed")
    with tempfile.TemporaryDirectory() as directory:
        if options.verbose:
            result = run(options, directory)
        else:
            with silent():
                result = run(options, directory)
    leave(result, options.out)


if __name__ == "__main__":
    main()
