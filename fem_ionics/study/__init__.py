# SPDX-License-Identifier: LGPL-3.0-or-later
"""The question: transients, and the tables they give."""

from fem_ionics.study.perturbation import growth_rate
from fem_ionics.study.provenance import provenance
from fem_ionics.study.results import Table, Trace
from fem_ionics.study.transient import Stepper, transient

__all__ = ["Stepper", "Table", "Trace", "growth_rate", "provenance", "transient"]
