# SPDX-License-Identifier: LGPL-3.0-or-later
"""One solution, kept apart from the model's live functions."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from dolfinx import fem
from ufl.algorithms.analysis import has_type
from ufl.classes import Grad

if TYPE_CHECKING:
    from fem_ionics.model.model import Model


@dataclass(frozen=True, eq=False)
class State:
    """The fields of one solution.

    Parameters
    ----------
    model
        The model it solves.
    arrays
        Scaled local values of each field with ghosts, in the order of ``model.fields``.
    parameters
        Name -> value (SI) at which it was found.
    time
        s, for a moment of a transient.
    info
        How it was found: "iterations", "residual", ...
    """

    model: "Model"
    arrays: tuple[npt.NDArray[np.float64], ...]
    parameters: dict[str, float]
    time: float | None = None
    info: dict[str, Any] = field(default_factory=dict)

    def field(self, name: str) -> fem.Function:
        """A named expression of the model in SI, interpolated into a Lagrange space of the model's degree.

        Fluxes and fields hold gradients, which jump between cells, so their space is discontinuous. In solids all but
        the potential and the electric field are zero.

        Parameters
        ----------
        name
            A key of ``model.expressions``, for example "potential", "K+", "velocity", "charge density".

        Raises
        ------
        TagError
            For an unknown name; the message lists the known ones.
        """
        self.model.load(self)
        expression = self.model.expression(name)
        shape = expression.ufl_shape
        family = "DG" if has_type(expression, Grad) else "Lagrange"
        space = fem.functionspace(self.model.domain.mesh, (family, self.model.degree, shape))
        function = fem.Function(space, name=f"{name} [{self.model.units[name]}]")
        evaluated = fem.Expression(expression, space.element.interpolation_points)
        function.interpolate(evaluated, self.model.cells_of(name))
        function.x.scatter_forward()
        return function
