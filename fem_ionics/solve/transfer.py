# SPDX-License-Identifier: LGPL-3.0-or-later
"""A state taken over by the same problem at another degree or on another mesh."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from dolfinx import fem

from fem_ionics.errors import MeshError, ModelError
from fem_ionics.model import Field, Model, State

#: Parts of the domain's size by which a node may lie outside the other mesh: on its surface by the first, on a curved
#: surface, of which each mesh has its own chords, by the second. That search takes three times as long.
_PADDINGS = 1e-9, 1e-2


def transferred(state: State, model: Model) -> State:
    """Interpolate a state into the spaces of another model of the same problem (collective).

    Parameters
    ----------
    state
        Of a model with the same fields.
    model
        The same problem at another degree, or on another mesh of the same body.

    Returns
    -------
    State
        Of `model`, at the parameters of `state`. Held values are those of `model` at its own nodes.

    Raises
    ------
    ModelError
        For a model with other fields.
    MeshError
        For a mesh with nodes outside that of the state by more than a hundredth of the domain's size.
    """
    given = state.model
    if [(each.name, each.kind) for each in given.fields] != [(each.name, each.kind) for each in model.fields]:
        raise ModelError(
            f'transferred: the state has the fields {_listed(given)}, the model "{model.name}" has {_listed(model)}; '
            "both must be the same problem."
        )
    given.load(state)
    model.values.restore(state.parameters)
    model.refresh()
    carry = _Carrier(given, model)
    for source, target in zip(given.fields, model.fields, strict=True):
        carry(source, target)
    _set_held(model)
    return model.snapshot(time=state.time)


def _listed(model: Model) -> str:
    return ", ".join(f'"{each.name}"' for each in model.fields)


class _Carrier:
    """Interpolates field by field; fields with the same nodes share the search for them on another mesh."""

    def __init__(self, given: Model, model: Model) -> None:
        self.same = given.domain.mesh is model.domain.mesh
        self.domain = model.domain
        self._found: dict[int, Any] = {}

    def __call__(self, source: Field, target: Field) -> None:
        if target.kind == "multiplier":
            target.function.x.array[:] = source.function.x.array
        elif self.same:
            target.function.interpolate(source.function)
        else:
            cells = _cells(self.domain.mesh)
            target.function.interpolate_nonmatching(source.function, cells, self._search(source, target))
        target.function.x.scatter_forward()

    def _search(self, source: Field, target: Field) -> Any:
        key = target.function.function_space.element.basix_element.degree
        if key not in self._found:
            lower, upper = self.domain.bounds
            size = float(np.max(upper - lower)) / self.domain.unit
            spaces = target.function.function_space, source.function.function_space
            for padding in _PADDINGS:
                found = fem.create_interpolation_data(*spaces, _cells(self.domain.mesh), padding=padding * size)
                missing = self.domain.comm.allreduce(int(np.count_nonzero(found.src_owner < 0)))
                if not missing:
                    break
            else:
                raise MeshError(
                    f"transferred: {missing} nodes of {self.domain.name} lie outside the mesh of the state; "
                    "both must mesh the same body."
                )
            self._found[key] = found
        return self._found[key]


def _cells(mesh: Any) -> Any:
    """All local cells."""
    index_map = mesh.topology.index_map(mesh.topology.dim)
    return np.arange(index_map.size_local + index_map.num_ghosts, dtype=np.int32)


def _set_held(model: Model) -> None:
    """Put the held values into the live functions."""
    for function, conditions in zip(model.functions, held_by_block(model.functions, model.bcs), strict=True):
        for condition in conditions:
            condition.set(function.x.array)


def held_by_block(
    functions: Sequence[fem.Function], conditions: Sequence[fem.DirichletBC]
) -> list[list[fem.DirichletBC]]:
    """For each function the Dirichlet conditions on its space or a component of it."""
    # A condition knows its space as a C++ object only.
    return fem.bcs_by_block([each.function_space._cpp_object for each in functions], conditions)


def interpolated(functions: Sequence[fem.Function], model: Model) -> list[fem.Function]:
    """What a model's spaces can hold of functions on the same mesh, one per block, in the functions' own spaces."""
    found = []
    for function, field in zip(functions, model.fields, strict=True):
        result = fem.Function(function.function_space)
        if field.kind == "multiplier":
            result.x.array[:] = function.x.array
        else:
            within = fem.Function(field.function.function_space)
            within.interpolate(function)
            within.x.scatter_forward()
            result.interpolate(within)
            result.x.scatter_forward()
        found.append(result)
    return found
