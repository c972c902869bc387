# SPDX-License-Identifier: LGPL-3.0-or-later
"""The functions that laws of `fem_ionics.physics` ask for as `math`, for numbers and arrays: NumPy's and erf.

law = rates.ZengClosedForm(8.3)
law.oxidation(eta, reduced.functions)
"""

from numpy import cos, cosh, exp, log, sin, sinh, sqrt, tan, tanh, where
from scipy.special import erf, erfc

__all__ = ["cos", "cosh", "erf", "erfc", "exp", "log", "sin", "sinh", "sqrt", "tan", "tanh", "where"]
