# SPDX-License-Identifier: LGPL-3.0-or-later
"""Versions and parallel set-up of this run: for provenance and for bug reports."""

import functools
import importlib
import importlib.metadata
import platform
from pathlib import Path
from typing import Any

from mpi4py import MPI

from fem_ionics.version import __version__

MISSING = "not installed"
#: Distribution, where it goes by another name than the module.
_DISTRIBUTIONS = {"ufl": "fenics-ufl", "ffcx": "fenics-ffcx", "basix": "fenics-basix"}
#: Packages that a PETSc build may contain and that change what can be asked of it.
_PETSC_PACKAGES = (
    "mumps", "superlu_dist", "superlu", "umfpack", "strumpack", "scalapack", "hypre", "ml",
    "metis", "parmetis", "ptscotch", "hdf5", "cuda",
)  # fmt: skip


def _version(module: str) -> str:
    """Version by metadata, which imports nothing; by the module itself where there is none (conda)."""
    try:
        return importlib.metadata.version(_DISTRIBUTIONS.get(module, module))
    except importlib.metadata.PackageNotFoundError:
        pass
    try:
        return str(getattr(importlib.import_module(module), "__version__", "unknown"))
    except (ImportError, OSError):
        return MISSING


def _petsc() -> dict[str, Any]:
    """Version, scalar type and packages of PETSc itself."""
    try:
        petsc = importlib.import_module("petsc4py.PETSc")
    except ImportError:
        return {"petsc": MISSING, "petsc_scalar": MISSING, "petsc_packages": []}
    return {
        "petsc": ".".join(map(str, petsc.Sys.getVersion())),
        "petsc_scalar": petsc.ScalarType.__name__,
        "petsc_packages": [name for name in _PETSC_PACKAGES if petsc.Sys.hasExternalPackage(name)],
    }


@functools.cache
def _gather() -> dict[str, Any]:
    modules = ("dolfinx", "ufl", "basix", "ffcx", "petsc4py", "slepc4py", "mpi4py")
    tools = ("gmsh", "pyvista", "matplotlib", "numpy", "scipy")
    return {
        "fem_ionics": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        **{name: _version(name) for name in modules},
        **_petsc(),
        "mpi": " ".join(MPI.Get_library_version().strip("\x00").splitlines()[0].split()),
        **{name: _version(name) for name in tools},
        "ranks": MPI.COMM_WORLD.size,
    }


@functools.cache
def processor() -> tuple[str, str]:
    """What code compiled for this very machine (``-march=native``) depends on, where the system tells it."""
    known = Path("/proc/cpuinfo")
    lines = known.read_text().splitlines() if known.exists() else []
    flags = [line for line in lines if line.startswith(("flags", "Features"))]
    return platform.machine(), flags[0] if flags else platform.processor()


def info() -> dict[str, Any]:
    """Return the versions and parallel set-up of this run.

    Returns
    -------
    dict
        Strings by name (``"fem_ionics"``, ``"python"``, ``"dolfinx"``, ``"petsc"``, ``"mpi"`` ...), with
        ``"petsc_packages"`` a list of str and ``"ranks"`` an int; ready for JSON. What is not there says
        ``"not installed"``.
    """
    return dict(_gather())


def table() -> str:
    """Return `info` as lines of two columns, for a person."""
    rows = {name: (", ".join(value) or "none") if isinstance(value, list) else value for name, value in info().items()}
    width = max(map(len, rows))
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows.items())
