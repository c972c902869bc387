# SPDX-License-Identifier: LGPL-3.0-or-later
"""A state taken over by the same problem at another degree or on another mesh."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from dolfinx import fem, geometry

from fem_ionics.errors import MeshError, ModelError
from fem_ionics.geometry import Domain
from fem_ionics.model import Field, Model, State

Floats = npt.NDArray[np.float64]

#: Parts of the domain's size by which a node may lie outside the other mesh: on its surface by the first, on a curved
#: surface, of which each mesh has its own chords, by the second, which costs more.
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
        self.given, self.domain = given.domain, model.domain
        self._found: dict[int, _Nodes] = {}

    def __call__(self, source: Field, target: Field) -> None:
        if target.kind == "multiplier":
            target.function.x.array[:] = source.function.x.array
        elif self.same:
            target.function.interpolate(source.function)
        else:
            values = self._nodes(target)(source.function)
            target.function.x.array[: values.size] = values.ravel()
        target.function.x.scatter_forward()

    def _nodes(self, target: Field) -> "_Nodes":
        space = target.function.function_space
        degree = space.element.basix_element.degree
        if degree not in self._found:
            owned = space.tabulate_dof_coordinates()[: space.dofmap.index_map.size_local]
            self._found[degree] = _Nodes(owned, self.given, self.domain)
        return self._found[degree]


class _Nodes:
    """This rank's own nodes of a space, each with the rank and cell of another mesh that hold it (collective)."""

    def __init__(self, nodes: Floats, given: Domain, domain: Domain) -> None:
        self.count = len(nodes)
        self._comm = domain.comm
        self._found: list[tuple[Any, Any]] = []
        lower, upper = domain.bounds
        size = float(np.max(upper - lower)) / domain.unit
        left = np.arange(self.count)
        for padding in _PADDINGS:
            owners = geometry.determine_point_ownership(given.mesh, nodes[left], padding * size)
            inside = owners.src_owner >= 0
            self._found.append((left[inside], owners))
            left = left[~inside]
            missing = self._comm.allreduce(len(left))
            if not missing:
                return
        raise MeshError(
            f"transferred: {missing} nodes of {domain.name} lie outside the mesh of the state; "
            "both must mesh the same body."
        )

    def __call__(self, function: fem.Function) -> Floats:
        """Values at the nodes, shape (nodes, components)."""
        width = function.function_space.dofmap.bs
        result = np.empty((self.count, width))
        for numbers, owners in self._found:
            values = np.empty((0, width))
            if len(owners.dest_cells):
                values = np.ascontiguousarray(function.eval(owners.dest_points, owners.dest_cells).reshape(-1, width))
            asked = owners.src_owner[owners.src_owner >= 0]
            there, here = (width * np.bincount(each, minlength=self._comm.size) for each in (owners.dest_owner, asked))
            received = np.empty((len(asked), width))
            self._comm.Alltoallv([values, there], [received, here])
            # They come rank by rank, from each in the order of the nodes.
            result[numbers[np.argsort(asked, kind="stable")]] = received
        return result


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
