# SPDX-License-Identifier: LGPL-3.0-or-later
"""The question: sweeps, current-voltage curves and transients, and the tables they give."""

from fem_ionics.study.adaptive import Adapted, adapt
from fem_ionics.study.conversion import (
    LinearResponse,
    osmotic_power,
    permeability_ratio,
    reverse_electrodialysis_efficiency,
    transference_from_reversal,
)
from fem_ionics.study.estimate import ErrorEstimate, Estimator, error_estimate
from fem_ionics.study.iv import iv_curve
from fem_ionics.study.iv_results import IVCurve
from fem_ionics.study.memristive import Memristor
from fem_ionics.study.perturbation import growth_rate
from fem_ionics.study.provenance import provenance
from fem_ionics.study.response import linear_response
from fem_ionics.study.results import Table, Trace
from fem_ionics.study.sequencing import Sequenced, mesh_sequence
from fem_ionics.study.solvable import Solvable, SteadyModel, Terminals, as_solvable
from fem_ionics.study.sweep import sweep
from fem_ionics.study.transient import Stepper, transient

__all__ = [
    "Adapted",
    "ErrorEstimate",
    "Estimator",
    "IVCurve",
    "LinearResponse",
    "Memristor",
    "Sequenced",
    "Solvable",
    "SteadyModel",
    "Stepper",
    "Table",
    "Terminals",
    "Trace",
    "adapt",
    "as_solvable",
    "error_estimate",
    "growth_rate",
    "iv_curve",
    "linear_response",
    "mesh_sequence",
    "osmotic_power",
    "permeability_ratio",
    "provenance",
    "reverse_electrodialysis_efficiency",
    "sweep",
    "transference_from_reversal",
    "transient",
]
