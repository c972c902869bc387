# SPDX-License-Identifier: LGPL-3.0-or-later
"""Values held on boundaries: functions that follow the parameters, and components that are zero."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import ufl
from dolfinx import fem
from dolfinx.mesh import entities_to_geometry

from fem_ionics.geometry import Domain


@dataclass(frozen=True, eq=False)
class HeldValue:
    """A Dirichlet condition whose value is evaluated anew whenever the parameters change.

    Parameters
    ----------
    condition
        What DOLFINx applies.
    function
        The value on the boundary.
    evaluate
        Points (3, n) in mesh units -> scaled values (n,) or (components, n).
    """

    condition: fem.DirichletBC
    function: fem.Function
    evaluate: Callable[[Any], Any]

    def refresh(self) -> None:
        """Evaluate at the present parameters."""
        self.function.interpolate(self.evaluate)


def hold(domain: Domain, space: fem.FunctionSpace, names: Sequence[str], evaluate: Callable[[Any], Any]) -> HeldValue:
    """Hold a field of `space` at `evaluate` on the named boundaries."""
    function = fem.Function(space)
    dofs = fem.locate_dofs_topological(space, domain.dim - 1, domain.facets(names))
    return HeldValue(fem.dirichletbc(function, dofs), function, evaluate)


def rest(domain: Domain, space: fem.FunctionSpace, names: Sequence[str]) -> fem.DirichletBC:
    """No velocity on the named boundaries."""
    dofs = fem.locate_dofs_topological(space, domain.dim - 1, domain.facets(names))
    return fem.dirichletbc(np.zeros(domain.dim), dofs, space)


def idle(domain: Domain, space: fem.FunctionSpace) -> fem.DirichletBC:
    """Zero at the nodes that no liquid touches (collective)."""
    nodes = np.flatnonzero(~domain.touches_liquid(space)).astype(np.int32)
    zero = np.zeros(space.element.value_shape) if space.dofmap.index_map_bs > 1 else 0.0
    return fem.dirichletbc(zero, nodes, space)


def idle_place(domain: Domain, function: fem.Function, test: Any) -> Any:
    """An empty term over the solids: the ones in the rows of `idle` need a place in the matrix. 0 without solids."""
    if not domain.solids:
        return 0
    nothing = fem.Constant(domain.mesh, 0.0)
    return nothing * ufl.inner(function, test) * domain.dx(domain.solids, degree=0)


def no_normal_component(domain: Domain, space: fem.FunctionSpace, names: Sequence[str]) -> list[fem.DirichletBC]:
    """No velocity normal to boundaries whose facets are aligned with the axes (collective)."""
    facets = domain.facets(names)
    normals = _normal_axes(domain, facets)
    conditions = []
    for axis in range(domain.dim):
        dofs = fem.locate_dofs_topological(space.sub(axis), domain.dim - 1, facets[normals == axis])
        conditions.append(fem.dirichletbc(0.0, dofs, space.sub(axis)))
    return conditions


def _normal_axes(domain: Domain, facets: Any) -> Any:
    """For each facet the axis along which it does not extend."""
    if not len(facets):
        return np.empty(0, dtype=int)
    nodes = entities_to_geometry(domain.mesh, domain.dim - 1, facets)
    return np.argmin(np.ptp(domain.mesh.geometry.x[nodes, : domain.dim], axis=1), axis=1)
