# SPDX-License-Identifier: LGPL-3.0-or-later
"""Where a solve starts: liquid at rest with given concentrations, no potential, no flow."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from mpi4py import MPI

from fem_ionics.errors import ParameterError, TagError, nearest
from fem_ionics.model import Model, State, needs_model
from fem_ionics.parameters import Expression, as_expression
from fem_ionics.physics import FixedTotal


def resting(model: Model, concentrations: Mapping[str, Any] | None = None) -> State:
    """Liquid at rest, to start a steady solve or a transient from.

    Parameters
    ----------
    model
        The model; its parameters are read.
    concentrations
        Species -> mol/m3: a number, Parameter, pattern or function. Species left out take their given mean in a
        closed domain, else their bulk value.

    Returns
    -------
    State
        With the given concentrations, zero potential and velocity.

    Raises
    ------
    TagError
        For an unknown species.
    ParameterError
        For a concentration that is negative somewhere, or not positive with electrochemical potentials.
    """
    needs_model("resting", model)
    given = {name: as_expression(value) for name, value in (concentrations or {}).items()}
    known = [species.name for species in model.electrolyte.species]
    for name in given:
        if name not in known:
            raise TagError(f'resting: no species "{name}"; known are {", ".join(known)}.{nearest(name, known)}')
    model.read_parameters()
    for field in model.fields:
        field.function.x.array[:] = 0.0
    for species in known:
        _fill(model, species, given.get(species, _default(model, species)))
    _add_crowding(model)
    return model.snapshot()


def _add_crowding(model: Model) -> None:
    """Electrochemical potentials and unknowns of the excess for ions of finite size, from those of points."""
    if model.unknowns != "potentials" or model.ions is None or model.ions.steric is None:
        return
    names, scale = model.electrolyte.names, model.scales.concentration
    fields = [model.field_named(f"mu {name}").function for name in names]
    excess = model.ions.bulk_excess([scale * np.exp(field.x.array) for field in fields])
    for name, field, value in zip(names, fields, excess, strict=True):
        field.x.array[:] += value
        if model.ions.implicit:
            model.field_named(f"excess {name}").function.x.array[:] = value


def _default(model: Model, species: str) -> Expression:
    for condition in model.conditions:
        if isinstance(condition, FixedTotal) and condition.species == species:
            return condition.mean
    return as_expression(model.electrolyte.bulk[species])


def _fill(model: Model, species: str, expression: Expression) -> None:
    positive = model.unknowns == "potentials"
    field = model.field_named(f"mu {species}" if positive else species)
    scale = model.scales.concentration
    field.function.interpolate(lambda x: model.values.numpy(expression, x, scale))
    local = field.function.x.array
    # A value that is not a number has no order: it counts as the lowest of all.
    lowest = float(np.where(np.isfinite(local), local, -np.inf).min()) if len(local) else np.inf
    lowest = model.domain.comm.allreduce(lowest, op=MPI.MIN)
    if lowest < 0.0 or (positive and lowest == 0.0):
        wanted = "positive" if positive else "zero or positive"
        found = f"{lowest * scale:g} mol/m3" if np.isfinite(lowest) else "not a finite number"
        raise ParameterError(f'resting: the concentration of "{species}" is {found} somewhere; it must be {wanted}.')
    if positive:
        local[:] = np.log(local)
