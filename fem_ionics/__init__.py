# SPDX-License-Identifier: LGPL-3.0-or-later
"""Finite elements for ions and water in nanochannels: Poisson-Nernst-Planck-(Navier-)Stokes on DOLFINx.

The rooms in the order in which data flows:

    parameters -> geometry -> physics -> model -> solve -> observe -> study -> bifurcation -> io

and beside them `reduced`, the same devices without a mesh, and `lemc`, the same pores with ions as particles.
"""

import contextlib

# The PyPI wheel of DOLFINx must be imported before dolfinx and petsc4py; conda, Docker and Spack
# installs have no such module and need nothing.
with contextlib.suppress(ModuleNotFoundError):
    import dolfinx_solver  # noqa: F401

from fem_ionics import bifurcation, cite, constants, errors, geometry, info, io, lemc, log, observe, reduced, units
from fem_ionics.bifurcation import ParametricProblem, Steps, continuation
from fem_ionics.lemc import NPLEMC
from fem_ionics.model import PNP, PNPS, Model, State
from fem_ionics.parameters import Electrolyte, Parameter, Scales, Species, ion, pattern
from fem_ionics.physics import (
    AcidGroup,
    BaseGroup,
    Bath,
    ChargeRegulation,
    Diffusivity,
    ElectricField,
    ElectrodeReaction,
    ExcessPotential,
    Fixed,
    FixedCharge,
    FixedTotal,
    IonFlux,
    NoSlip,
    Permittivity,
    Pressure,
    PressureGradient,
    Slip,
    Steric,
    SurfaceCharge,
    SurfaceGroup,
    Symmetry,
    Viscosity,
)
from fem_ionics.physics.steric import BMCSL, Bikerman, CarnahanStarling
from fem_ionics.scripts import run_script
from fem_ionics.solve import Newton, Steady, poisson_boltzmann, resting, steady
from fem_ionics.study import (
    Estimator,
    IVCurve,
    Memristor,
    Stepper,
    Table,
    Trace,
    adapt,
    error_estimate,
    growth_rate,
    iv_curve,
    linear_response,
    mesh_sequence,
    sweep,
    transient,
)
from fem_ionics.version import __version__

__all__ = [
    "BMCSL",
    "NPLEMC",
    "PNP",
    "PNPS",
    "AcidGroup",
    "BaseGroup",
    "Bath",
    "Bikerman",
    "CarnahanStarling",
    "ChargeRegulation",
    "Diffusivity",
    "ElectricField",
    "ElectrodeReaction",
    "Electrolyte",
    "Estimator",
    "ExcessPotential",
    "Fixed",
    "FixedCharge",
    "FixedTotal",
    "IVCurve",
    "IonFlux",
    "Memristor",
    "Model",
    "Newton",
    "NoSlip",
    "Parameter",
    "ParametricProblem",
    "Permittivity",
    "Pressure",
    "PressureGradient",
    "Scales",
    "Slip",
    "Species",
    "State",
    "Steady",
    "Stepper",
    "Steps",
    "Steric",
    "SurfaceCharge",
    "SurfaceGroup",
    "Symmetry",
    "Table",
    "Trace",
    "Viscosity",
    "__version__",
    "adapt",
    "bifurcation",
    "cite",
    "constants",
    "continuation",
    "error_estimate",
    "errors",
    "geometry",
    "growth_rate",
    "info",
    "io",
    "ion",
    "iv_curve",
    "lemc",
    "linear_response",
    "log",
    "mesh_sequence",
    "observe",
    "pattern",
    "poisson_boltzmann",
    "reduced",
    "resting",
    "run_script",
    "steady",
    "sweep",
    "transient",
    "units",
]
