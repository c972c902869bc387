# SPDX-License-Identifier: LGPL-3.0-or-later
"""The discrete statement: fields, residual, held values, and the meaning of the numbers in SI."""

import hashlib
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import ufl
from dolfinx import fem

from fem_ionics.errors import ModelError, TagError, nearest
from fem_ionics.geometry import Domain
from fem_ionics.model.checks import check_values
from fem_ionics.model.dirichlet import HeldValue
from fem_ionics.model.fields import Field
from fem_ionics.model.state import State
from fem_ionics.model.values import Values
from fem_ionics.parameters import Electrolyte, Expression, Parameter, Scales
from fem_ionics.physics import Condition, stated


@dataclass(eq=False, kw_only=True)
class Model:
    """Equations on a domain, ready to be solved; it says what, a solver says how.

    Built by `PNP` and `PNPS`. The functions of ``fields`` are scratch memory: a solve overwrites them, and
    ``load(state)`` fills them so that probes can integrate over a state.

    Parameters
    ----------
    name
        For logs and tables.
    electrolyte, domain, scales, conditions
        What is given; ``scales.length`` is ``domain.unit``.
    fields
        All blocks of unknowns in order.
    residual
        Scaled form over the tests of all fields; zero at a steady solution.
    storage
        Scaled form S with residual(u) + dS(u)/dt = 0 in a transient.
    held, fixed
        Dirichlet conditions that follow parameters, and those that never change.
    values
        Parameters as constants.
    expressions, units
        Named quantities in SI over the live functions, and their units.
    unknowns
        "concentrations" or "potentials" (electrochemical).
    degree, quadrature_degree
        Of the elements and of all integrals.
    amounts
        Species -> constant that is 1 where the amount is imposed and 0 where it is free (transient with a net
        flux).
    integrals
        Named forms in SI that the checks and balances need: "flux K+" and "flux size K+" of the walls,
        "wall charge".
    wall_charges
        Scaled densities of charge over the live functions, each with the names of its boundaries.
    injections
        Species -> scaled fluxes into the liquid over the live functions, each with the names of its boundaries.
    ions
        How concentrations and electrochemical potentials belong together (`fem_ionics.model.ions.Ions`).
    remake
        Makes the same problem again; see `rebuilt`.
    """

    name: str
    electrolyte: Electrolyte
    domain: Domain
    scales: Scales
    conditions: tuple[Condition, ...]
    fields: tuple[Field, ...]
    residual: ufl.Form
    storage: ufl.Form
    held: list[HeldValue]
    fixed: list[fem.DirichletBC]
    values: Values
    expressions: dict[str, Any]
    units: dict[str, str]
    unknowns: str
    degree: int
    quadrature_degree: int
    amounts: dict[str, Any]
    integrals: dict[str, ufl.Form] = field(default_factory=dict)
    wall_charges: tuple[tuple[Any, tuple[str, ...]], ...] = ()
    injections: dict[str, list[tuple[Any, tuple[str, ...]]]] = field(default_factory=dict)
    ions: Any = None
    remake: Callable[..., "Model"] | None = None

    def __post_init__(self) -> None:
        names = [parameter.name for parameter in self.parameters]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ModelError(f'Two different parameters are called "{twice[0]}": give each its own name.')
        self._kept: dict[Hashable, Any] = {}

    @property
    def functions(self) -> list[fem.Function]:
        """Live functions of all fields, in order."""
        return [each.function for each in self.fields]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What a study may turn."""
        return self.values.parameters

    @property
    def bcs(self) -> list[fem.DirichletBC]:
        """All Dirichlet conditions."""
        return [each.condition for each in self.held] + self.fixed

    @property
    def has_flow(self) -> bool:
        """True with velocity and pressure among the fields."""
        return any(each.kind == "velocity" for each in self.fields)

    def parameter(self, name: str) -> Parameter:
        """The parameter of that name; TagError with the known ones otherwise."""
        known = {parameter.name: parameter for parameter in self.parameters}
        return _named(known, name, "parameters")

    def expression(self, name: str) -> Any:
        """The named quantity in SI over the live functions; TagError with the known ones otherwise."""
        return _named(self.expressions, name, "quantities")

    def cells_of(self, name: str) -> Any:
        """Cells of this rank in which a quantity lives: all (None), or those of the liquid but for the potential."""
        solid = bool(self.domain.solids) and name not in ("potential", "electric field")
        return self.domain.cells(self.domain.liquid_regions) if solid else None

    def field_named(self, name: str) -> Field:
        """The block of that name; TagError with the known ones otherwise."""
        return _named({each.name: each for each in self.fields}, name, "fields")

    def rebuilt(
        self, *, degree: int | None = None, domain: Domain | None = None, unknowns: str | None = None
    ) -> "Model":
        """The same problem with elements of another degree, on another mesh or with other unknowns (collective).

        Raises
        ------
        ModelError
            For a model that was not made by `PNP` or `PNPS`.
        """
        if self.remake is None:
            raise ModelError(f'"{self.name}" was put together by hand: it cannot be built again.')
        return self.remake(degree=degree, domain=domain, unknowns=unknowns)

    def read_parameters(self) -> None:
        """Take over the present values of the parameters, also in the held values.

        Raises
        ------
        ParameterError
            For a slip length that is not positive at them, or a density of groups that is negative.
        ModelError
            For a bath that is not positive and neutral at them.
        """
        self.values.read()
        check_values(self.values, self.electrolyte, self.conditions)
        self.refresh()

    def refresh(self) -> None:
        """Evaluate the held values at the constants' present values."""
        for each in self.held:
            each.refresh()

    def load(self, state: State) -> None:
        """Fill the live functions and constants with a state of this model.

        Raises
        ------
        ModelError
            For a state of another model.
        """
        if state.model is not self:
            raise ModelError(
                f'This state belongs to the model "{state.model.name}" on {state.model.domain.name}, not to this one.'
            )
        for function, array in zip(self.functions, state.arrays, strict=True):
            function.x.array[:] = array
        self.values.restore(state.parameters)
        self.refresh()

    def snapshot(self, time: float | None = None, **info: Any) -> State:
        """Copy the live functions and constants into a state."""
        arrays = tuple(function.x.array.copy() for function in self.functions)
        return State(self, arrays, self.values.snapshot(), time, info)

    def integral(self, name: str) -> float:
        """Value of one of ``integrals`` over the whole mesh at the live functions (collective)."""
        compiled = self.kept(("integral", name), lambda: fem.form(self.integrals[name]))
        return float(self.domain.comm.allreduce(fem.assemble_scalar(compiled)))

    def kept(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What `make` returned at the first call with `key`: a compiled form then lives as long as the model."""
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    @property
    def fingerprint(self) -> str:
        """Short text that is the same for the same problem on any number of ranks (collective)."""
        parts = [self.name, self.unknowns, str(self.degree), repr(self.electrolyte), self.domain.checksum()]
        parts += [f"{each.name}:{each.kind}" for each in self.fields]
        parts += [parameter.name for parameter in self.parameters]
        parts += [self._signature(condition) for condition in self.conditions]
        return hashlib.sha256("|".join(parts).encode()).hexdigest()[:16]

    def _signature(self, condition: Condition) -> str:
        """Kind, names and values of a condition at a few points, with every parameter at one (collective)."""
        lower, upper = self.domain.bounds
        at = [low + (high - low) * np.array([0.13, 0.37, 0.59, 0.83]) for low, high in zip(lower, upper, strict=True)]
        words = [type(condition).__name__]
        for each in stated(condition):
            words.append(
                " ".join(f"{value:.9e}" for value in each(self.domain.in_space(at), value=lambda parameter: 1.0))
                if isinstance(each, Expression)
                else str(each)
            )
        return ";".join(words)

    def concentration_minima(self) -> dict[str, tuple[float, tuple[float, ...]]]:
        """Species -> smallest nodal concentration of the live functions, mol/m3, and where, m (collective)."""
        minima = {}
        for each in self.fields:
            if each.kind == "concentration":
                value, where = _minimum(self.domain, each.function)
                minima[each.name] = (value * each.scale, where)
        return minima


def _minimum(domain: Domain, function: fem.Function) -> tuple[float, tuple[float, ...]]:
    owned = function.function_space.dofmap.index_map.size_local
    values = function.x.array[:owned]
    best: tuple[float, tuple[float, ...]] = (np.inf, ())
    if owned:
        at = int(np.argmin(values))
        point = function.function_space.tabulate_dof_coordinates()[at, : domain.dim] * domain.unit
        best = (float(values[at]), tuple(float(coordinate) for coordinate in point))
    return min(domain.comm.allgather(best))


def _named(known: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in known:
        listed: Sequence[str] = [f'"{each}"' for each in known]
        raise TagError(f'"{name}": this model has the {what} {", ".join(listed) or "none"}.{nearest(name, known)}')
    return known[name]
