# SPDX-License-Identifier: LGPL-3.0-or-later
"""Conditions on boundaries become contributions to the residual and held values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import ufl
from dolfinx import fem

from fem_ionics.errors import ModelError
from fem_ionics.geometry import Domain
from fem_ionics.geometry.domain import Measure
from fem_ionics.model.dirichlet import HeldValue, hold, no_normal_component, rest
from fem_ionics.model.fields import Field
from fem_ionics.model.ions import Ions
from fem_ionics.model.values import Values
from fem_ionics.parameters import Expression, Scales, Species
from fem_ionics.physics import (
    ChargeRegulation,
    Condition,
    ElectrodeReaction,
    Fixed,
    IonFlux,
    NoSlip,
    Pressure,
    Slip,
    SurfaceCharge,
    SurfaceGroup,
    Symmetry,
    charge_regulation,
    electrostatics,
    flow,
    transport,
)

#: A scaled density and the names of the boundaries where it is.
OnWalls = tuple[Any, tuple[str, ...]]

#: Of Nitsche's method, times degree^2 / size: a customary value, not tuned here.
_PENALTY = 10.0


@dataclass
class Boundaries:
    """What conditions need to act: measures, given values, live fields, and a place for held values.

    ``concentrations`` are by species, scaled as ``potential`` is.
    """

    domain: Domain
    values: Values
    scales: Scales
    quadrature_degree: int
    potential: Any
    concentrations: Mapping[str, Any]
    held: list[HeldValue] = field(default_factory=list)
    fixed: list[fem.DirichletBC] = field(default_factory=list)

    def ds(self, names: Sequence[str]) -> Measure:
        """Measure of the named boundaries."""
        return self.domain.ds(names, degree=self.quadrature_degree)

    def source(self, expression: Expression, scale: float) -> Any:
        """A scaled value that drives the system: it follows the drive."""
        return self.values.drive * self.values.ufl(expression, scale)

    def fixed_charge(self, expression: Expression, scale: float) -> Any:
        """A scaled density of charges or groups: it follows the load."""
        return self.values.load * self.values.ufl(expression, scale)

    def active(self, flux: Expression) -> Any:
        """A scaled active flux: it follows the activity."""
        return self.values.activity * self.values.ufl(flux, self.scales.flux)

    def charges(self, conditions: Sequence[Condition], species: Sequence[Species]) -> list[OnWalls]:
        """Scaled charges of the walls; they follow the load, and regulated ones the fields."""
        found: list[OnWalls] = []
        valences = {each.name: each.valence for each in species}
        for each in conditions:
            if isinstance(each, SurfaceCharge):
                found.append((self.fixed_charge(each.density, self.scales.surface_charge), each.on))
            elif isinstance(each, ChargeRegulation):
                valence = 1 if each.ion is None else valences[each.ion]
                terms = [
                    charge_regulation.group_charge(density, group.charge, valence, fraction)
                    for group, density, fraction in self._occupied(each)
                ]
                found.append((sum(terms), each.on))
            elif isinstance(each, ElectrodeReaction) and each.is_charged:
                capacitance = self.values.ufl(each.capacitance, self.scales.surface_charge / self.scales.potential)
                potential = self.source(each.potential, self.scales.potential)
                found.append((capacitance * (potential - self.potential), each.on))
        return found

    def injections(self, conditions: Sequence[Condition], name: str) -> list[OnWalls]:
        """Scaled fluxes of a species into the liquid; they follow the activity, and reactions the fields."""
        found: list[OnWalls] = []
        for each in conditions:
            if isinstance(each, IonFlux) and each.species == name:
                found.append((self.active(each.flux), each.on))
            elif isinstance(each, ElectrodeReaction) and name in (each.oxidised, each.reduced):
                flux = self._reaction(each)
                found.append((flux if name == each.oxidised else -flux, each.on))
        return found

    def _reaction(self, condition: ElectrodeReaction) -> Any:
        """Scaled rate at which a reaction releases its oxidised form."""
        values, scales, law = self.values, self.scales, condition.law
        eta = self.source(condition.potential, scales.potential) - self.potential
        eta -= values.ufl(condition.standard, scales.potential)
        oxidised = self.concentrations[condition.oxidised]
        if condition.reduced is None:
            reduced = values.ufl(condition.reference, scales.concentration)
        else:
            reduced = self.concentrations[condition.reduced]
        rate = values.activity * values.ufl(condition.rate, scales.flux / scales.concentration)
        return rate * (reduced * law.oxidation(eta, ufl) - oxidised * law.reduction(eta, ufl))

    def bound(self, conditions: Sequence[Condition], name: str) -> list[OnWalls]:
        """Scaled amounts of a species on the walls that bind it."""
        return [
            (sum(density * fraction for _, density, fraction in self._occupied(each)), each.on)
            for each in conditions
            if isinstance(each, ChargeRegulation) and each.ion == name
        ]

    def _occupied(self, condition: ChargeRegulation) -> list[tuple[SurfaceGroup, Any, Any]]:
        """Each group with its scaled density and the fraction that the ion occupies."""
        scale = self.scales.concentration
        if condition.ion is None:
            bulk = self.values.ufl(charge_regulation.concentration_at(condition.pH), scale)
            present = charge_regulation.protons(self.potential, bulk)
        else:
            present = self.concentrations[condition.ion]
        per_area = charge_regulation.density_scale(self.scales.surface_charge)
        found = []
        for group in condition.groups:
            fraction = charge_regulation.occupied_fraction(present, self.values.ufl(group.dissociation_constant, scale))
            found.append((group, self.fixed_charge(group.density, per_area), fraction))
        return found

    def integrals(
        self, conditions: Sequence[Condition], species: Sequence[Species], immobile: Any
    ) -> dict[str, ufl.Form]:
        """Scaled sums: the charge of walls and volumes, and each species' flux through walls and its size."""
        one = fem.Constant(self.domain.mesh, 1.0)
        forms = {"volume": one * self.domain.liquid(degree=self.quadrature_degree)}
        charges = [density * self.ds(on) for density, on in self.charges(conditions, species)]
        if immobile:
            charges.append(immobile * self.domain.dx(degree=self.quadrature_degree))
        if charges:
            forms["wall charge"] = sum(charges[1:], charges[0])
        for name in (each.name for each in species):
            fluxes = [(flux, self.ds(on)) for flux, on in self.injections(conditions, name)]
            if fluxes:
                forms[f"flux {name}"] = sum((j * ds for j, ds in fluxes[1:]), fluxes[0][0] * fluxes[0][1])
                sizes = [abs(j) * ds for j, ds in fluxes]
                forms[f"flux size {name}"] = sum(sizes[1:], sizes[0])
        return forms


def apply_ion_conditions(
    boundaries: Boundaries,
    conditions: Sequence[Condition],
    species: Sequence[Species],
    blocks: Mapping[str, Field],
    ions: Ions,
) -> Any:
    """Residual of charged and active walls; potentials and concentrations are held."""
    residual: Any = 0
    for density, on in boundaries.charges(conditions, species):
        residual += electrostatics.surface_charge(blocks["potential"].test, density, boundaries.ds(on))
    for name in (each.name for each in species):
        test = blocks[name if ions.unknowns == "concentrations" else f"mu {name}"].test
        for flux, on in boundaries.injections(conditions, name):
            residual += transport.injection(test, flux, boundaries.ds(on))
    for each in conditions:
        if isinstance(each, Fixed) and each.field == "potential":
            _hold(boundaries, blocks["potential"], each.on, _potential(boundaries, each))
        elif isinstance(each, Fixed) and each.field != "velocity":
            (ion,) = [s for s in species if s.name == each.field]
            if ions.unknowns == "concentrations":
                _hold(boundaries, blocks[ion.name], each.on, _concentration(boundaries, each))
            else:
                evaluate = _electrochemical(boundaries, each, ion, conditions, ions)
                _hold(boundaries, blocks[f"mu {ion.name}"], each.on, evaluate)
    return residual


def _hold(boundaries: Boundaries, block: Field, names: Sequence[str], evaluate: Any) -> None:
    boundaries.held.append(hold(boundaries.domain, block.function.function_space, names, evaluate))


def _potential(boundaries: Boundaries, condition: Fixed) -> Any:
    values, scale = boundaries.values, boundaries.scales.potential
    return lambda x: float(values.drive.value) * values.numpy(condition.value[0], x, scale)


def _concentration(boundaries: Boundaries, condition: Fixed) -> Any:
    values, scale = boundaries.values, boundaries.scales.concentration
    return lambda x: values.numpy(condition.value[0], x, scale)


def _electrochemical(
    boundaries: Boundaries, condition: Fixed, ion: Species, conditions: Sequence[Condition], ions: Ions
) -> Any:
    """Ln c + z phi and the steric excess, where the same boundary holds the potential (and all the ions)."""
    potential = _potential(boundaries, _beside(boundaries, condition, "potential", conditions))
    concentration = _concentration(boundaries, condition)
    names = ions.electrolyte.names if ions.steric is not None else ()
    everyone = [_concentration(boundaries, _beside(boundaries, condition, name, conditions)) for name in names]

    def evaluate(x: Any) -> Any:
        held, scale = concentration(x), boundaries.scales.concentration
        if np.any(held <= 0.0):
            raise ModelError(
                f'Fixed("{ion.name}"): a concentration of {held.min() * scale:g} mol/m3 '
                'has no electrochemical potential; give a positive one or use unknowns="concentrations".'
            )
        excess = ions.bulk_excess([scale * c(x) for c in everyone])[ions.electrolyte.index(ion.name)] if names else 0.0
        return np.log(held) + ion.valence * potential(x) + excess

    return evaluate


def _beside(boundaries: Boundaries, condition: Fixed, name: str, conditions: Sequence[Condition]) -> Fixed:
    """The condition that holds another field on the same boundary."""
    domain = boundaries.domain
    tags = set(domain.tags(condition.on))
    for each in conditions:
        if isinstance(each, Fixed) and each.field == name and tags <= set(domain.tags(each.on)):
            return each
    raise ModelError(
        f'Fixed("{condition.field}", on={list(condition.on)}): with unknowns="potentials" the same boundary must '
        f'hold "{name}" too; add Fixed("{name}", ...) or a Bath there, or use unknowns="concentrations".'
    )


def apply_flow_conditions(
    boundaries: Boundaries,
    conditions: Sequence[Condition],
    u: Field,
    p: Field,
    viscosity: Any,
    osmotic: Any,
    degree: int,
) -> Any:
    """Residual of walls with slip, of openings under pressure; the rest of the velocity is held."""
    domain, space = boundaries.domain, u.function.function_space
    residual: Any = 0
    for each in conditions:
        if isinstance(each, NoSlip) or (isinstance(each, Slip) and each.is_no_slip):
            boundaries.fixed.append(rest(domain, space, each.on))
        elif isinstance(each, Fixed) and each.field == "velocity":
            _hold(boundaries, u, each.on, _velocity(boundaries, each))
        elif isinstance(each, Symmetry):
            residual += _no_flow_through(boundaries, each.on, u, p, viscosity, degree)
        elif isinstance(each, Slip):
            residual += _no_flow_through(boundaries, each.on, u, p, viscosity, degree)
            length = boundaries.values.ufl(each.length, boundaries.scales.length)
            residual += flow.navier_slip(u.function, u.test, domain.normal, viscosity, length, boundaries.ds(each.on))
        elif isinstance(each, Pressure):
            outside = boundaries.source(each.value, boundaries.scales.pressure) - osmotic
            residual += flow.normal_pressure(u.test, domain.normal, outside, boundaries.ds(each.on))
    return residual


def _velocity(boundaries: Boundaries, condition: Fixed) -> Any:
    values, scale = boundaries.values, boundaries.scales.velocity
    return lambda x: (
        float(values.drive.value) * np.array([values.numpy(component, x, scale) for component in condition.value])
    )


def _no_flow_through(
    boundaries: Boundaries, names: Sequence[str], u: Field, p: Field, viscosity: Any, degree: int
) -> Any:
    """Strongly on walls along the axes, weakly on others."""
    domain = boundaries.domain
    # A name such as "walls" may gather straight and curved ones: decide for each by itself.
    single = [name for name, tags in domain.boundaries.items() if len(tags) == 1]
    tags = set(domain.tags(names))
    parts = [name for name in single if set(domain.tags(name)) <= tags]
    # Overlapping groups of a user's mesh: a part of a name may have no name of its own.
    parts = parts if set(domain.tags(parts)) == tags else list(names)
    curved = [name for name in parts if name in domain.curved]
    straight = [name for name in parts if name not in domain.curved]
    if straight:
        boundaries.fixed += no_normal_component(domain, u.function.function_space, straight)
    if not curved:
        return 0
    # Thickness of the cell along the normal: one over |dX/dn|, for any shape and order of cell.
    inverse = ufl.JacobianInverse(domain.mesh)
    size = 1.0 / ufl.sqrt(ufl.inner(inverse * domain.normal, inverse * domain.normal))
    return flow.impermeable(
        u.function,
        p.function,
        u.test,
        p.test,
        domain.normal,
        viscosity,
        _PENALTY * degree**2 / size,
        boundaries.ds(curved),
    )
