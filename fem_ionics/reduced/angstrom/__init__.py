# SPDX-License-Identifier: LGPL-3.0-or-later
"""Pores of a few angstrom, which ions pass one by one over barriers and block for each other."""

from fem_ionics.reduced.angstrom.barriers import Barrier, Transition, centre_trap, entrance_trap
from fem_ionics.reduced.angstrom.carrier import Carrier, ExponentialCarrier, MeanForce, SmoluchowskiCarrier
from fem_ionics.reduced.angstrom.fits import (
    ExponentialFit,
    MeasuredConductance,
    MeasuredMemory,
    MeasuredWeight,
    PoreFit,
    fit_exponential,
    fit_kinetics,
)
from fem_ionics.reduced.angstrom.kinetics import PoreKinetics
from fem_ionics.reduced.angstrom.library import (
    AngstromPore,
    Figure,
    angstrom_ions,
    angstrom_pore,
    angstrom_pores,
    design_space,
    roles_of_pores,
)
from fem_ionics.reduced.angstrom.master import PoreTrace, admittance, switching_energy, transient
from fem_ionics.reduced.angstrom.roles import DesignSpace, Role, classify, controlled, role_of, weight_slope
from fem_ionics.reduced.angstrom.solution import PoreSolution
from fem_ionics.reduced.angstrom.states import PoreStates
from fem_ionics.reduced.angstrom.trajectories import PoreTrajectories, trajectories
from fem_ionics.reduced.angstrom.waveform import Piece, Waveform, pulses, ramps, sine, steps

__all__ = [
    "AngstromPore",
    "Barrier",
    "Carrier",
    "DesignSpace",
    "ExponentialCarrier",
    "ExponentialFit",
    "Figure",
    "MeanForce",
    "MeasuredConductance",
    "MeasuredMemory",
    "MeasuredWeight",
    "Piece",
    "PoreFit",
    "PoreKinetics",
    "PoreSolution",
    "PoreStates",
    "PoreTrace",
    "PoreTrajectories",
    "Role",
    "SmoluchowskiCarrier",
    "Transition",
    "Waveform",
    "admittance",
    "angstrom_ions",
    "angstrom_pore",
    "angstrom_pores",
    "centre_trap",
    "classify",
    "controlled",
    "design_space",
    "entrance_trap",
    "fit_exponential",
    "fit_kinetics",
    "pulses",
    "ramps",
    "role_of",
    "roles_of_pores",
    "sine",
    "steps",
    "switching_energy",
    "trajectories",
    "transient",
    "weight_slope",
]
