# SPDX-License-Identifier: LGPL-3.0-or-later
"""Which equations: pure functions that return UFL, and the conditions a user states on names.

All formulas are in the scaled variables of `fem_ionics.parameters.Scales`: lengths in L, concentrations in c,
potentials in RT/F, velocities in D/L, pressures in RTc.
"""

from fem_ionics.physics import rates
from fem_ionics.physics.charge_regulation import AcidGroup, BaseGroup, SurfaceGroup
from fem_ionics.physics.conditions import (
    Bath,
    ChargeRegulation,
    Condition,
    ElectricField,
    Fixed,
    FixedCharge,
    FixedTotal,
    IonFlux,
    NoSlip,
    Pressure,
    PressureGradient,
    Slip,
    SurfaceCharge,
    Symmetry,
    stated,
)
from fem_ionics.physics.materials import Diffusivity, ExcessPotential, Permittivity, Steric, Viscosity
from fem_ionics.physics.reactions import ElectrodeReaction

__all__ = [
    "AcidGroup",
    "BaseGroup",
    "Bath",
    "ChargeRegulation",
    "Condition",
    "Diffusivity",
    "ElectricField",
    "ElectrodeReaction",
    "ExcessPotential",
    "Fixed",
    "FixedCharge",
    "FixedTotal",
    "IonFlux",
    "NoSlip",
    "Permittivity",
    "Pressure",
    "PressureGradient",
    "Slip",
    "Steric",
    "SurfaceCharge",
    "SurfaceGroup",
    "Symmetry",
    "Viscosity",
    "rates",
    "stated",
]
