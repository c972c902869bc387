# SPDX-License-Identifier: LGPL-3.0-or-later
"""What crosses a boundary or a section, from the residual: conserved to the solver's tolerance on any mesh.

The residual of a species is R(q) = -int N . grad q dx - int j q ds with j what the walls inject. It is zero for
all test functions that vanish where the concentration is held. For q = 1 at the nodes of a holding boundary and
0 at all others, -R(q) is what leaves there; what passes a section is int N . grad q for a ramp q across it,
corrected for what the walls inject along the ramp. Sums of such q are test functions again, and so nothing is
lost between boundaries, sections and active walls. Gradients taken at a surface do not have this property and
converge more slowly.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem, la
from mpi4py import MPI

from fem_ionics.errors import ParameterError
from fem_ionics.geometry import Domain
from fem_ionics.model import Field, Model
from fem_ionics.model.blocks import residual_blocks
from fem_ionics.observe.forms import axis_of, integral
from fem_ionics.physics import Fixed

Names = tuple[str, ...]


def ion_field(model: Model, species: str) -> Field:
    """Block of a species' concentration or electrochemical potential; an error with the known ones otherwise."""
    known = model.electrolyte[species].name
    return model.field_named(known if model.unknowns == "concentrations" else f"mu {known}")


def residual(model: Model, field: Field) -> npt.NDArray[np.float64]:
    """This rank's entries of the residual of one block at the live functions, nothing held (collective)."""
    row = model.fields.index(field)
    compiled = model.kept(("observe", "residual", field.name), lambda: fem.form(residual_blocks(model.residual)[row]))
    vector = fem.assemble_vector(compiled)
    vector.scatter_reverse(la.InsertMode.add)
    index_map = field.function.function_space.dofmap.index_map
    return vector.array[: index_map.size_local * field.function.function_space.dofmap.index_map_bs]


def held_nodes(model: Model, name: str, on: Names | None = None) -> npt.NDArray[np.int32]:
    """This rank's nodes at which a `Fixed` condition holds a potential or species, all or those on boundaries."""

    def locate() -> npt.NDArray[np.int32]:
        domain = model.domain
        facets = [domain.facets(each.on) for each in _holding(model, name)]
        found = np.unique(np.concatenate([np.empty(0, np.int32), *facets])).astype(np.int32)
        if on is not None:
            found = np.intersect1d(found, domain.facets(on)).astype(np.int32)
        field = model.field_named(name) if name == "potential" else ion_field(model, name)
        space = field.function.function_space
        dofs = np.unique(fem.locate_dofs_topological(space, domain.dim - 1, found))
        return dofs[dofs < space.dofmap.index_map.size_local]

    return model.kept(("observe", "held", name, on), locate)


def _holding(model: Model, name: str) -> list[Fixed]:
    return [each for each in model.conditions if isinstance(each, Fixed) and each.field == name]


def held_sum(model: Model, name: str, on: Names | None = None) -> float:
    """Sum of the residual over the held nodes of a potential or species, scaled (collective)."""
    field = model.field_named(name) if name == "potential" else ion_field(model, name)
    local = residual(model, field)[held_nodes(model, name, on)].sum()
    return float(model.domain.comm.allreduce(local))


def species_outflow(model: Model, species: str, on: Names) -> float:
    """What leaves through boundaries at the live functions, in scaled flux times mesh units (collective).

    Where the concentration is held, from the residual; elsewhere what flux conditions give, with the other sign.
    """
    return -held_sum(model, species, on) - _given_flux(model, species, on)


def _given_flux(model: Model, species: str, on: Names) -> float:
    """Injected where the boundaries do not hold the concentration."""
    domain = model.domain
    held = {tag for each in _holding(model, species) for tag in domain.tags(each.on)}
    asked = set(domain.tags(on)) - held
    fluxes = _injection(model, species, lambda tags: tags & asked)
    if not fluxes:
        return 0.0
    return integral(model, ("given flux", species, on), lambda: sum(j * ds for j, ds in fluxes))


def _injection(model: Model, species: str, select: Callable[[set[int]], set[int]]) -> list[tuple[Any, Any]]:
    """Scaled fluxes of a species into the liquid and the measures of the selected walls where they act."""
    domain = model.domain
    ds = domain.ds(degree=model.quadrature_degree)
    chosen = [(flux, tuple(sorted(select(set(domain.tags(on)))))) for flux, on in model.injections[species]]
    return [(flux, ds(tags)) for flux, tags in chosen if tags]


def section_flow(model: Model, species: str, axis: str, position: float) -> float:
    """What passes one section at the live functions, in scaled flux times mesh units (collective).

    Parameters
    ----------
    species
        Name.
    axis, position
        Section at this coordinate, m.

    Notes
    -----
    The flow through the section at x0 is int N . grad q dx + int (q - H) j ds with any ramp q from 0 to 1 about x0
    and H the step at x0. Here q is linear in each cell and about as wide as the cells at the section. Two sections
    so differ by what the walls between them inject, although each is averaged over a row or two of cells.
    """
    domain = model.domain
    index = axis_of(domain, axis)
    # Discontinuous, since on the far side of a periodic channel the ramp has to come back from 1 to 0.
    ramp, excess = model.kept(
        ("observe", "section"),
        lambda: [fem.Function(fem.functionspace(domain.mesh, ("Discontinuous Lagrange", 1))) for _ in "qj"],
    )

    def build() -> Any:
        flux = model.expression(f"flux {species}") / model.scales.flux
        passing = ufl.dot(flux, ufl.grad(ramp)) * domain.dx(degree=model.quadrature_degree)
        injected = _injection(model, species, lambda tags: tags)
        return sum((j * excess * ds for j, ds in injected), passing)

    _shape_ramp(domain, ramp, excess, index, _checked(domain, axis, index, position))
    return integral(model, ("section", species), build)


def _checked(domain: Domain, axis: str, index: int, position: float) -> float:
    lower, upper = (float(corner[index]) for corner in domain.bounds)
    slack = 1e-9 * (upper - lower)
    if axis not in domain.periods and not lower - slack <= position <= upper + slack:
        raise ParameterError(
            f"at = {position!r} m was given; {domain.name} reaches from {lower:g} to {upper:g} m along {axis}."
        )
    return position / domain.unit


def _shape_ramp(domain: Domain, ramp: fem.Function, excess: fem.Function, index: int, position: float) -> None:
    """Fill in the ramp q, and q - H."""
    dofs = ramp.function_space.dofmap.list
    geometry = domain.mesh.geometry
    # Vertices come first among a cell's geometry nodes, and in the order of the ramp's unknowns.
    offsets = geometry.x[geometry.dofmaps[0][: len(dofs), : dofs.shape[1]], index] - position
    period = domain.periods.get(domain.axes[index], 0.0) / domain.unit
    if period:
        offsets -= period * np.round(offsets.mean(axis=1, keepdims=True) / period)
    width = _cell_length(domain, offsets)
    inwards = 0.0
    if not period:
        # At an open end the ramp moves inwards, to rise within the first cell.
        ends = [corner[index] / domain.unit - position for corner in domain.bounds]
        inwards = min(max(ends[0] + 0.5 * width, 0.0), ends[1] - 0.5 * width)
    ramp.x.array[dofs] = np.clip((offsets - inwards) / width + 0.5, 0.0, 1.0)
    excess.x.array[dofs] = ramp.x.array[dofs] - _step(offsets)


def _step(offsets: Any) -> Any:
    """Linear functions in each cell with the mean and first moment of the step at zero offset along it."""
    start, length = offsets.min(axis=1, keepdims=True), np.ptp(offsets, axis=1, keepdims=True)
    cut = np.clip(-start / length, 0.0, 1.0)
    return 1.0 - cut + 3.0 * cut * (1.0 - cut) * (2.0 * (offsets - start) / length - 1.0)


def _cell_length(domain: Domain, offsets: Any) -> float:
    """Largest length of the cells at zero offset, the same on all ranks."""
    slack = 1e-6 * np.ptp(offsets, axis=1)
    crossed = (offsets.min(axis=1) <= slack) & (offsets.max(axis=1) >= -slack)
    longest = float(np.ptp(offsets[crossed], axis=1).max(initial=0.0))
    return float(domain.comm.allreduce(longest, op=MPI.MAX))
