# SPDX-License-Identifier: LGPL-3.0-or-later
"""How: Newton on PETSc, initial guesses, steady and transient solves."""

from fem_ionics.solve.bdf import BDF2
from fem_ionics.solve.guess import resting
from fem_ionics.solve.newton import Newton, NonlinearSystem
from fem_ionics.solve.steady import Steady, steady

__all__ = ["BDF2", "Newton", "NonlinearSystem", "Steady", "resting", "steady"]
