# SPDX-License-Identifier: LGPL-3.0-or-later
"""What made a number: versions, parameters, electrolyte, mesh."""

from datetime import UTC, datetime
from typing import Any

from fem_ionics import info
from fem_ionics.parameters import Electrolyte

#: Of all that `fem_ionics.info` says, what can change a number.
_VERSIONS = ("fem_ionics", "dolfinx", "petsc", "numpy", "python", "gmsh")


def provenance(model: Any) -> dict[str, Any]:
    """Describe what a model's numbers come from, ready for JSON.

    Parameters
    ----------
    model
        The Model.

    Returns
    -------
    dict
        Versions, ranks, date (UTC), parameters with values and units, electrolyte, mesh and unknowns; the
        same on every rank.

    Notes
    -----
    Collective.
    """
    domain = model.domain
    facts = info.info()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "date": domain.comm.bcast(now),
        **{name: facts[name] for name in _VERSIONS},
        "ranks": domain.comm.size,
        "model": model.name,
        "parameters": {p.name: {"value": p.value, "unit": p.unit} for p in model.parameters},
        "electrolyte": _facts(model.electrolyte),
        "mesh": {
            "name": domain.name,
            "cells": domain.cells_total,
            "checksum": domain.checksum(),
            "unit": domain.unit,
        },
        "unknowns": model.unknowns,
        "degree": model.degree,
        "dofs": sum(_size(function.function_space.dofmap) for function in model.functions),
    }


def _facts(electrolyte: Electrolyte) -> dict[str, Any]:
    """SI."""
    species = zip(electrolyte.species, electrolyte.concentrations, strict=True)
    return {
        "species": {s.name: {"valence": s.valence, "diffusivity": s.diffusivity, "bulk": c} for s, c in species},
        "relative permittivity": electrolyte.permittivity,
        "viscosity": electrolyte.viscosity,
        "density": electrolyte.density,
        "temperature": electrolyte.temperature,
        "debye length": electrolyte.debye_length,
    }


def _size(dofmap: Any) -> int:
    return int(dofmap.index_map.size_global * dofmap.index_map_bs)
