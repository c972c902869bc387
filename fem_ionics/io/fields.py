# SPDX-License-Identifier: LGPL-3.0-or-later
"""Fields for ParaView, in SI over a mesh in nanometres."""

from collections.abc import Iterable, Sequence
from typing import Any

import basix
import basix.ufl
import dolfinx.io
import numpy as np
import ufl
from dolfinx import fem
from dolfinx.mesh import Mesh

from fem_ionics.errors import OutputError, ParameterError
from fem_ionics.io.paths import PathLike, prepare
from fem_ionics.model import Model, State
from fem_ionics.parameters import checks

#: What stands in the name of an array goes into an XML attribute.
_XML = str.maketrans('<>&"', "()+'")


def write_fields(
    path: PathLike,
    states: State | Iterable[State],
    *,
    fields: Sequence[str] | None = None,
    length_unit: float = 1e-9,
) -> None:
    """Write fields of one or more states of one model to a VTX file (ADIOS2) for ParaView.

    Parameters
    ----------
    path
        Ends with ".bp" (a folder, replaced if it is there).
    states
        One State, or several as a series over their ``time`` (over 0, 1, 2 ... where a time is missing).
    fields
        Keys of ``model.expressions``; by default potential, concentrations, velocity and pressure. Arrays are
        called, for example, "K+ [mol/m3]".
    length_unit
        m per unit of the coordinates. ParaView's tools fail on scenes of 1e-9.

    Raises
    ------
    ParameterError
        Without states, for states of several models, for times that do not grow, another suffix.
    TagError
        For an unknown field.
    OutputError
        On all ranks, when nothing can be written there or DOLFINx has no ADIOS2.

    Notes
    -----
    Collective. Values stand at the nodes of the model's Lagrange elements; on a periodic mesh each cell has its
    own nodes, since a shared one would lie at both ends of the period.
    """
    listed = [states] if isinstance(states, State) else list(states)
    times = _checked_times(listed)
    if not str(path).endswith(".bp"):
        raise ParameterError(f'write_fields: "{path}" was given; ParaView needs the suffix ".bp".')
    model = listed[0].model
    names = list(fields) if fields is not None else standard_fields(model)
    expressions = [model.expression(name) for name in names]
    unit = checks.positive("write_fields", "length_unit", length_unit, "m")
    target = prepare(path, model.domain.comm, folder=True)
    if not hasattr(dolfinx.io, "VTXWriter"):
        raise OutputError("write_fields: this DOLFINx was built without ADIOS2, which writes .bp files.")
    mesh = rescaled(model.domain.mesh, model.domain.unit / unit)
    labels = [f"{name} [{model.units[name]}]".translate(_XML) for name in names]
    columns = [Shown(model, expression, mesh, label) for expression, label in zip(expressions, labels, strict=True)]
    outputs = [column.shown for column in columns]
    with dolfinx.io.VTXWriter(mesh.comm, target, outputs) as writer:
        for time, state in zip(times, listed, strict=True):
            model.load(state)
            for column in columns:
                column.fill()
            writer.write(time)


def standard_fields(model: Model) -> list[str]:
    """Names of the potential, the concentrations and, with flow, velocity and pressure."""
    names = ["potential", *model.electrolyte.names, "velocity", "pressure"]
    return [name for name in names if name in model.expressions]


def rescaled(mesh: Mesh, factor: float) -> Mesh:
    """A mesh of the same topology with all coordinates times `factor`; the given one is not touched."""
    given = mesh.geometry
    geometry = type(given._cpp_object)(
        given.index_map(),
        given.dofmaps[0],
        given.cmaps[0]._cpp_object,
        factor * given.x[:, : given.dim],
        given.input_global_indices,
    )
    wrapped = type(mesh._cpp_object)(mesh.comm, mesh.topology._cpp_object, geometry)
    return Mesh(wrapped, ufl.Mesh(mesh.ufl_domain().ufl_coordinate_element()))


class Shown:
    """One quantity at its Lagrange nodes, cell by cell on a periodic mesh, on a mesh of its own.

    Parameters
    ----------
    model
        Whose live functions `fill` reads.
    expression
        UFL over them.
    mesh
        As `rescaled` makes it.
    label
        Name of `shown`, the function on `mesh`.
    """

    def __init__(self, model: Model, expression: Any, mesh: Mesh, label: str) -> None:
        element = basix.ufl.element(
            "Lagrange",
            mesh.basix_cell(),
            model.degree,
            lagrange_variant=basix.LagrangeVariant.equispaced,
            shape=expression.ufl_shape,
            discontinuous=bool(model.domain.periods),
        )
        self.source = fem.Function(fem.functionspace(model.domain.mesh, element))
        self.shown = fem.Function(fem.functionspace(mesh, element), name=label)
        self.expression = fem.Expression(expression, self.source.function_space.element.interpolation_points)

    def fill(self) -> None:
        """Evaluate at the live functions of the model."""
        self.source.interpolate(self.expression)
        here, there = self.source.function_space.dofmap, self.shown.function_space.dofmap
        size = here.index_map_bs
        values = self.source.x.array.reshape(-1, size)[here.list]
        self.shown.x.array.reshape(-1, size)[there.list] = values


def _checked_times(states: Sequence[State]) -> list[float]:
    if not states or not all(isinstance(state, State) for state in states):
        raise ParameterError("write_fields: one State or a sequence of them is needed.")
    if any(state.model is not states[0].model for state in states):
        raise ParameterError("write_fields: the states belong to different models; write a file for each.")
    given = [state.time for state in states]
    times = [float(time) for time in given if time is not None]
    if len(times) < len(states):
        times = [float(i) for i in range(len(states))]
    if np.any(np.diff(times) <= 0.0):
        raise ParameterError(f"write_fields: times must grow; {', '.join(f'{t:g}' for t in times)} s were given.")
    return times
