# SPDX-License-Identifier: LGPL-3.0-or-later
"""What probes share: quantities by name and component, their integrals and nodal values, their units."""

from collections.abc import Callable, Hashable, Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
from dolfinx import fem

from fem_ionics.errors import ParameterError
from fem_ionics.geometry import Domain
from fem_ionics.model import Model, State
from fem_ionics.parameters import checks

_UNITS = {
    "potential": "V",
    "electric field": "V/m",
    "charge density": "C/m3",
    "current density": "A/m2",
    "velocity": "m/s",
    "pressure": "Pa",
}


def unit_of(quantity: str) -> str:
    """Unit of a named quantity of any model; what is no other quantity is a species."""
    return _UNITS.get(quantity, "mol/m2/s" if "flux " in quantity else "mol/m3")


def words(quantity: str, component: str | None) -> str:
    """The quantity with its component, for the names of probes."""
    return quantity if component is None else f"{quantity} {component}"


def names(owner: str, given: str | Iterable[str]) -> tuple[str, ...]:
    """One name or several as a tuple; ParameterError for anything else."""
    listed = (given,) if isinstance(given, str) else tuple(given)
    if not listed or not all(isinstance(each, str) and each for each in listed):
        raise ParameterError(f"{owner}: on = {given!r} was given; the name of a boundary, or several, is needed.")
    return listed


def scalar(model: Model, quantity: str, component: str | None) -> Any:
    """A scalar quantity or one component of a vector, in SI over the model's live functions.

    Raises
    ------
    TagError
        For an unknown quantity.
    ParameterError
        For a vector without component or a scalar with one.
    """
    expression = model.expression(quantity)
    if not expression.ufl_shape:
        if component is not None:
            raise ParameterError(f'"{quantity}" is a scalar; component = {component!r} was given.')
        return expression
    if component is None:
        raise ParameterError(f'"{quantity}" is a vector; give component = "x" or another axis.')
    return expression[axis_of(model.domain, component)]


def axis_of(domain: Domain, axis: str) -> int:
    """Which coordinate of the domain's mesh runs along an axis; ParameterError for one that it has not."""
    checks.axis_index(axis)
    return domain.axis_index(axis)


def integral(model: Model, key: Hashable, build: Callable[[], Any]) -> float:
    """Value at the live functions of the form that `build` returns, compiled once under `key` (collective)."""
    compiled = model.kept(("observe", key), lambda: fem.form(build()))
    return float(model.domain.comm.allreduce(fem.assemble_scalar(compiled)))


def volume_integral(model: Model, quantity: str, component: str | None, region: str | None) -> float:
    """Integral of a quantity in SI over one copy of the mesh, in powers of mesh units (collective)."""
    return integral(
        model,
        ("volume integral", quantity, component, region),
        lambda: weighted(model, scalar(model, quantity, component), region),
    )


def mesh_volume(model: Model, region: str | None = None) -> float:
    """Volume of one copy of the mesh in mesh units (collective)."""
    one = fem.Constant(model.domain.mesh, 1.0)
    return integral(model, ("volume", region), lambda: weighted(model, one, region))


def weighted(model: Model, integrand: Any, region: str | None = None) -> Any:
    """Form of an integrand over the liquid or a region, with the quadrature of the model's equations."""
    degree = model.quadrature_degree
    domain = model.domain
    return integrand * (domain.liquid(degree=degree) if region is None else domain.dx(region, degree=degree))


def device(domain: Domain, below: int = 0) -> float:
    """SI value of the volume of one cubic mesh unit in all copies of the mesh; of a surface with `below` = 1.

    Of planar domains per metre of depth.
    """
    return domain.unit ** (domain.device_dim - below) * domain.multiplicity


def per_depth(unit: str, domain: Domain) -> str:
    """The unit of an extensive number on a domain: of planar ones it is divided by the depth in metres."""
    if domain.device_dim == 3:
        return unit
    known = {"m3/s": "m2/s", "mol/s": "mol/m/s", "V m3": "V m2", "J": "N", "m4/s": "m3/s"}
    return known.get(unit, f"{unit}/m")


def unit_in(probe: Any, domain: Domain) -> str:
    """Unit of a probe's numbers on a domain: extensive probes are per metre of depth on planar ones."""
    unit = getattr(probe, "unit", "")
    return per_depth(unit, domain) if getattr(probe, "extensive", False) else unit


def nodal(state: State, quantity: str) -> fem.Function:
    """As ``state.field(quantity)``, but continuous, compiled once, and overwritten by the next call (collective)."""
    model = state.model
    model.load(state)

    def make() -> tuple[fem.Function, fem.Expression]:
        expression = model.expression(quantity)
        space = fem.functionspace(model.domain.mesh, ("Lagrange", model.degree, expression.ufl_shape))
        return fem.Function(space), fem.Expression(expression, space.element.interpolation_points)

    function, expression = model.kept(("observe", "nodal", quantity), make)
    function.interpolate(expression, model.cells_of(quantity))
    function.x.scatter_forward()
    return function


def boundary_nodes(model: Model, quantity: str, space: fem.FunctionSpace, on: tuple[str, ...]) -> npt.NDArray[np.int32]:
    """This rank's own nodes on boundaries, of the space that `nodal` makes for a quantity (collective)."""

    def locate() -> npt.NDArray[np.int32]:
        domain = model.domain
        dofs = np.unique(fem.locate_dofs_topological(space, domain.dim - 1, domain.facets(on)))
        return dofs[dofs < space.dofmap.index_map.size_local]

    return model.kept(("observe", "boundary nodes", quantity, on), locate)
