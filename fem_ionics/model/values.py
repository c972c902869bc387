# SPDX-License-Identifier: LGPL-3.0-or-later
"""Given values inside forms: each Parameter becomes a constant that changes without a new form."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import ufl
from dolfinx import fem

from fem_ionics.geometry import Domain
from fem_ionics.parameters import Expression, Parameter


class Values:
    """The parameters of a model as DOLFINx constants, and three factors on all that moves the system from rest.

    They are 1 except while a solve ramps up from nothing: `load` multiplies fixed charges, `drive` held potentials
    and velocities, pressures and driving fields; `activity` multiplies active fluxes, which come last, since a weakly
    charged wall runs out of ions where a strongly charged one does not.
    """

    def __init__(self, domain: Domain, expressions: Iterable[Expression]) -> None:
        found = dict.fromkeys(p for expression in expressions for p in expression.parameters)
        self.domain = domain
        # DOLFINx types Constant.value as an array; assigning a number is its documented use.
        self.constants: dict[Parameter, Any] = {
            parameter: fem.Constant(domain.mesh, parameter.value) for parameter in found
        }
        self.load: Any = fem.Constant(domain.mesh, 1.0)
        self.drive: Any = fem.Constant(domain.mesh, 1.0)
        self.activity: Any = fem.Constant(domain.mesh, 1.0)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """In order of appearance."""
        return tuple(self.constants)

    def constant(self, number: float) -> fem.Constant:
        """A number that stays out of the compiled form, so that another one needs no new compilation."""
        return fem.Constant(self.domain.mesh, float(number))

    def ufl(self, expression: Expression, scale: float) -> Any:
        """The scaled value as UFL over the domain; its numbers are constants too."""
        metres = self.constant(self.domain.unit) * ufl.SpatialCoordinate(self.domain.mesh)
        if self.domain.axisymmetric:
            metres = ufl.as_vector(self.domain.in_space(metres))
        return ufl.as_ufl(expression(metres, ufl, self.constants, self.constant)) / self.constant(scale)

    def numpy(self, expression: Expression, points: Any, scale: float) -> Any:
        """The scaled values at mesh points (dimension, n), at the constants' present values."""
        now = {parameter: float(constant.value) for parameter, constant in self.constants.items()}
        metres = [self.domain.unit * np.asarray(coordinate) for coordinate in points[: self.domain.dim]]
        return expression(self.domain.in_space(metres), value=now) / scale

    def number(self, expression: Expression, scale: float = 1.0) -> float:
        """The scaled value of an expression that does not depend on position."""
        now = {parameter: float(constant.value) for parameter, constant in self.constants.items()}
        return float(expression((), value=now)) / scale

    def read(self) -> None:
        """Take over the present values of the parameters."""
        for parameter, constant in self.constants.items():
            constant.value = parameter.value

    def restore(self, values: Mapping[str, float]) -> None:
        """Take over values by the parameters' names, as a state keeps them."""
        for parameter, constant in self.constants.items():
            constant.value = values[parameter.name]

    def snapshot(self) -> dict[str, float]:
        """Name -> present value of the constants."""
        return {parameter.name: float(constant.value) for parameter, constant in self.constants.items()}
