# SPDX-License-Identifier: LGPL-3.0-or-later
"""What to measure: probes (State -> number), profiles (State -> arrays) and balances, alike on every rank."""

from fem_ionics.observe.balances import Balance, SpeciesBalance, balances
from fem_ionics.observe.currents import Current, IonCurrent, IonRate
from fem_ionics.observe.forms import unit_in
from fem_ionics.observe.points import Points, evaluate
from fem_ionics.observe.probes import (
    Extremum,
    FlowRate,
    Integral,
    Maximum,
    Mean,
    MeanVelocity,
    Minimum,
    PeakVelocity,
    Probe,
    WallSlip,
)
from fem_ionics.observe.profiles import cross_section_average, line, wall_profile
from fem_ionics.observe.transport import TransportRatio
from fem_ionics.observe.wall_charge import WallCharge

__all__ = [
    "Balance",
    "Current",
    "Extremum",
    "FlowRate",
    "Integral",
    "IonCurrent",
    "IonRate",
    "Maximum",
    "Mean",
    "MeanVelocity",
    "Minimum",
    "PeakVelocity",
    "Points",
    "Probe",
    "SpeciesBalance",
    "TransportRatio",
    "WallCharge",
    "WallSlip",
    "balances",
    "cross_section_average",
    "evaluate",
    "line",
    "unit_in",
    "wall_profile",
]
