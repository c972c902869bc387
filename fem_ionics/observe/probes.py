# SPDX-License-Identifier: LGPL-3.0-or-later
"""Numbers of a state: means, integrals, extremes, velocities."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from mpi4py import MPI

from fem_ionics.errors import ParameterError
from fem_ionics.model import State
from fem_ionics.observe.forms import (
    axis_of,
    boundary_nodes,
    device,
    integral,
    mesh_volume,
    names,
    nodal,
    unit_of,
    volume_integral,
    words,
)


@runtime_checkable
class Probe(Protocol):
    """A number of a state, with its name and unit.

    The probes of this package compile their forms at the first call with a model, which keeps them; equal probes
    share one form. All calls are collective and return the same number on every rank.
    """

    @property
    def name(self) -> str:
        """For tables and legends."""

    @property
    def unit(self) -> str:
        """SI."""

    def __call__(self, state: State) -> float:
        """Evaluate (collective)."""


@dataclass(frozen=True)
class Mean:
    """Mean of a quantity over the liquid or a region of it.

    Parameters
    ----------
    quantity
        A key of ``model.expressions``: "potential", "K+", "velocity" ...
    component
        "x", "y" or "z" of a vector.
    region
        Name of a region; None for the whole domain.

    Raises
    ------
    TagError
        When called: for a quantity or region that the model does not have.
    ParameterError
        When called: for a vector without component or a scalar with one.
    """

    quantity: str
    component: str | None = None
    region: str | None = None

    @property
    def name(self) -> str:
        """For tables."""
        where = "" if self.region is None else f" in {self.region}"
        return f"mean {words(self.quantity, self.component)}{where}"

    @property
    def unit(self) -> str:
        """That of the quantity."""
        return unit_of(self.quantity)

    def __call__(self, state: State) -> float:
        """Evaluate (collective)."""
        model = state.model
        model.load(state)
        total = volume_integral(model, self.quantity, self.component, self.region)
        return total / mesh_volume(model, self.region)


def MeanVelocity(axis: str = "x") -> Mean:
    """Mean of the velocity along an axis over the liquid, m/s."""
    return Mean("velocity", axis)


@dataclass(frozen=True)
class Integral:
    """Integral of a quantity over the liquid of the whole device; parameters as in `Mean`.

    Of planar domains per metre of depth.
    """

    quantity: str
    component: str | None = None
    region: str | None = None

    @property
    def name(self) -> str:
        """For tables."""
        where = "" if self.region is None else f" in {self.region}"
        return f"integral of {words(self.quantity, self.component)}{where}"

    @property
    def unit(self) -> str:
        """That of the quantity times m3."""
        unit = unit_of(self.quantity)
        known = {"mol/m3": "mol", "C/m3": "C", "V": "V m3", "Pa": "J", "m/s": "m4/s"}
        return known.get(unit, f"({unit}) m3")

    @property
    def extensive(self) -> bool:
        """Planar domains give it per metre of depth."""
        return True

    def __call__(self, state: State) -> float:
        """Evaluate (collective)."""
        model = state.model
        model.load(state)
        total = volume_integral(model, self.quantity, self.component, self.region)
        return total * device(model.domain)


@dataclass(frozen=True)
class Extremum:
    """Smallest or largest nodal value of a quantity; of a vector without component, its magnitude.

    Parameters
    ----------
    quantity, component
        As in `Mean`.
    kind
        "minimum" or "maximum".
    on
        Name or names of boundaries, to look at the nodes on these alone.
    label
        Name in tables, instead of one made from the rest.

    Raises
    ------
    ParameterError
        For another kind.
    """

    quantity: str
    component: str | None = None
    kind: str = "maximum"
    on: str | Iterable[str] | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("minimum", "maximum"):
            raise ParameterError(f'Extremum: kind = {self.kind!r} was given; use "minimum" or "maximum".')
        if self.on is not None:
            object.__setattr__(self, "on", names("Extremum", self.on))

    @property
    def name(self) -> str:
        """For tables."""
        where = "" if self.on is None else f" on {', '.join(self.on)}"
        return self.label or f"{self.kind} {words(self.quantity, self.component)}{where}"

    @property
    def unit(self) -> str:
        """That of the quantity."""
        return unit_of(self.quantity)

    def __call__(self, state: State) -> float:
        """Evaluate (collective)."""
        values = self._values(state)
        comm = state.model.domain.comm
        if self.kind == "minimum":
            return float(comm.allreduce(values.min(initial=np.inf), op=MPI.MIN))
        return float(comm.allreduce(values.max(initial=-np.inf), op=MPI.MAX))

    def _values(self, state: State) -> Any:
        """Of this rank's nodes."""
        function = nodal(state, self.quantity)
        space = function.function_space
        values = function.x.array.reshape(-1, space.dofmap.index_map_bs)[: space.dofmap.index_map.size_local]
        if self.on is not None:
            values = values[boundary_nodes(state.model, self.quantity, space, names("Extremum", self.on))]
        elif state.model.cells_of(self.quantity) is not None:
            values = values[state.model.domain.touches_liquid(space)[: len(values)]]
        if self.component is not None and function.ufl_shape:
            return values[:, axis_of(state.model.domain, self.component)]
        if self.component is not None:
            raise ParameterError(f'"{self.quantity}" is a scalar; component = {self.component!r} was given.')
        return np.linalg.norm(values, axis=1) if function.ufl_shape else values[:, 0]


def Minimum(quantity: str, component: str | None = None) -> Extremum:
    """Smallest nodal value of a quantity, for example a concentration."""
    return Extremum(quantity, component, "minimum")


def Maximum(quantity: str, component: str | None = None) -> Extremum:
    """Largest nodal value of a quantity; of a vector without component, its largest magnitude."""
    return Extremum(quantity, component, "maximum")


def PeakVelocity() -> Extremum:
    """Largest speed at the nodes, m/s."""
    return Extremum("velocity", label="peak velocity")


def WallSlip(on: str | Iterable[str] = "walls") -> Extremum:
    """Largest speed along the named walls, m/s.

    No liquid passes a wall, so the speed at its nodes is that along it (on curved walls to the order of the mesh).
    """
    walls = names("WallSlip", on)
    return Extremum("velocity", on=walls, label=f"slip velocity on {', '.join(walls)}")


@dataclass(frozen=True)
class FlowRate:
    """Liquid that flows along an axis or out through a boundary, m3/s; of planar domains per metre of depth.

    Parameters
    ----------
    along
        Axis: mean over all sections of the flow through them.
    on
        Name or names of boundaries instead: flow out of the domain through them.
    """

    along: str = "x"
    on: str | Iterable[str] | None = None

    def __post_init__(self) -> None:
        if self.on is not None:
            object.__setattr__(self, "on", names("FlowRate", self.on))

    @property
    def name(self) -> str:
        """For tables."""
        return f"flow rate along {self.along}" if self.on is None else f"flow rate out of {', '.join(self.on)}"

    @property
    def unit(self) -> str:
        """Of volume per time."""
        return "m3/s"

    @property
    def extensive(self) -> bool:
        """Planar domains give it per metre of depth."""
        return True

    def __call__(self, state: State) -> float:
        """Evaluate (collective)."""
        model, domain = state.model, state.model.domain
        model.load(state)
        if self.on is None:
            axis = axis_of(domain, self.along)
            length = float(domain.bounds[1][axis] - domain.bounds[0][axis])
            return volume_integral(model, "velocity", self.along, None) * device(domain) / length
        return outflow(model, names("FlowRate", self.on)) * device(domain, 1)


def outflow(model: Any, on: tuple[str, ...] | None) -> float:
    """Volume that leaves through boundaries (all: None), m/s times mesh units, at the live functions."""

    def build() -> Any:
        normal = model.domain.normal
        velocity = model.expression("velocity")
        through = sum(velocity[i] * normal[i] for i in range(model.domain.dim))
        return through * model.domain.ds(on, degree=model.quadrature_degree)

    return integral(model, ("outflow", on), build)
