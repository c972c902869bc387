# SPDX-License-Identifier: LGPL-3.0-or-later
"""Finite elements for ions and water in nanochannels: Poisson-Nernst-Planck-(Navier-)Stokes on DOLFINx.

The rooms in the order in which data flows:

    parameters -> geometry -> physics -> model -> solve -> observe -> study -> bifurcation -> io
"""

import contextlib

# The PyPI wheel of DOLFINx must be imported before dolfinx and petsc4py; conda, Docker and Spack
# installs have no such module and need nothing.
with contextlib.suppress(ModuleNotFoundError):
    import dolfinx_solver  # noqa: F401

from fem_ionics import bifurcation, cite, constants, errors, geometry, info, io, log, observe, units
from fem_ionics.bifurcation import ParametricProblem, Steps, continuation
from fem_ionics.model import PNP, PNPS, Model, State
from fem_ionics.parameters import Electrolyte, Parameter, Scales, Species, ion, pattern
from fem_ionics.physics import (
    AcidGroup,
    BaseGroup,
    ChargeRegulation,
    ElectricField,
    Fixed,
    FixedTotal,
    IonFlux,
    NoSlip,
    Pressure,
    PressureGradient,
    Slip,
    SurfaceCharge,
    SurfaceGroup,
    Symmetry,
)
from fem_ionics.scripts import run_script
from fem_ionics.solve import Newton, Steady, resting, steady
from fem_ionics.study import Stepper, Table, Trace, growth_rate, transient
from fem_ionics.version import __version__

__all__ = [
    "PNP",
    "PNPS",
    "AcidGroup",
    "BaseGroup",
    "ChargeRegulation",
    "ElectricField",
    "Electrolyte",
    "Fixed",
    "FixedTotal",
    "IonFlux",
    "Model",
    "Newton",
    "NoSlip",
    "Parameter",
    "ParametricProblem",
    "Pressure",
    "PressureGradient",
    "Scales",
    "Slip",
    "Species",
    "State",
    "Steady",
    "Stepper",
    "Steps",
    "SurfaceCharge",
    "SurfaceGroup",
    "Symmetry",
    "Table",
    "Trace",
    "__version__",
    "bifurcation",
    "cite",
    "constants",
    "continuation",
    "errors",
    "geometry",
    "growth_rate",
    "info",
    "io",
    "ion",
    "log",
    "observe",
    "pattern",
    "resting",
    "run_script",
    "steady",
    "transient",
    "units",
]
