# SPDX-License-Identifier: LGPL-3.0-or-later
"""How: Newton on PETSc, initial guesses, steady and transient solves."""

from fem_ionics.solve.adjoint import Adjoint
from fem_ionics.solve.bdf import BDF2
from fem_ionics.solve.equilibrium import poisson_boltzmann
from fem_ionics.solve.guess import resting
from fem_ionics.solve.linear import SymmetricSolver
from fem_ionics.solve.newton import Newton, NonlinearSystem, frobenius
from fem_ionics.solve.steady import Steady, steady
from fem_ionics.solve.transfer import interpolated, transferred

__all__ = [
    "BDF2",
    "Adjoint",
    "Newton",
    "NonlinearSystem",
    "Steady",
    "SymmetricSolver",
    "frobenius",
    "interpolated",
    "poisson_boltzmann",
    "resting",
    "steady",
    "transferred",
]
