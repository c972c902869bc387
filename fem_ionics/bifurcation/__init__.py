# SPDX-License-Identifier: LGPL-3.0-or-later
"""The same question, deeper: branches of steady states, their stability, and the points where they turn or split."""

from fem_ionics.bifurcation.arclength import Arclength, Steps, first_point
from fem_ionics.bifurcation.branch import Branch
from fem_ionics.bifurcation.continuation import continuation
from fem_ionics.bifurcation.models import as_problem
from fem_ionics.bifurcation.problem import ParametricProblem, Solution
from fem_ionics.bifurcation.special import Certificate, SpecialPoint
from fem_ionics.bifurcation.spectrum import Mode, leading_modes

__all__ = [
    "Arclength",
    "Branch",
    "Certificate",
    "Mode",
    "ParametricProblem",
    "Solution",
    "SpecialPoint",
    "Steps",
    "as_problem",
    "continuation",
    "first_point",
    "leading_modes",
]
