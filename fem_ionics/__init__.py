# SPDX-License-Identifier: LGPL-3.0-or-later
"""Finite elements for ions and water in nanochannels: Poisson-Nernst-Planck-(Navier-)Stokes on DOLFINx."""

import contextlib

# The PyPI wheel of DOLFINx must be imported before dolfinx and petsc4py; conda, Docker and Spack
# installs have no such module and need nothing.
with contextlib.suppress(ModuleNotFoundError):
    import dolfinx_solver  # noqa: F401

from fem_ionics import cite, constants, errors, info, log, units
from fem_ionics.scripts import run_script
from fem_ionics.version import __version__

__all__ = ["__version__", "cite", "constants", "errors", "info", "log", "run_script", "units"]
