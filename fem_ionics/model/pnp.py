# SPDX-License-Identifier: LGPL-3.0-or-later
"""Poisson-Nernst-Planck, alone (`PNP`) and with Stokes or Navier-Stokes flow (`PNPS`)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import ufl
from dolfinx import fem

from fem_ionics.cite import cite
from fem_ionics.errors import ModelError
from fem_ionics.geometry import Domain
from fem_ionics.geometry.domain import Measure
from fem_ionics.log import get_logger
from fem_ionics.model import checks
from fem_ionics.model.baths import check_baths, completed
from fem_ionics.model.dirichlet import idle, idle_place
from fem_ionics.model.fields import Declaration, build_fields
from fem_ionics.model.ions import Ions
from fem_ionics.model.medium import Medium
from fem_ionics.model.model import Model
from fem_ionics.model.quantities import quantities
from fem_ionics.model.values import Values
from fem_ionics.model.walls import Boundaries, apply_flow_conditions, apply_ion_conditions
from fem_ionics.parameters import Electrolyte, Expression, Scales
from fem_ionics.physics import (
    ChargeRegulation,
    Condition,
    ElectricField,
    FixedTotal,
    Pressure,
    PressureGradient,
    electrostatics,
    flow,
    stated,
    transport,
)

UNKNOWNS = ("concentrations", "potentials")


def PNP(
    electrolyte: Electrolyte,
    domain: Domain,
    conditions: Iterable[Condition],
    *,
    unknowns: str | None = None,
    degree: int = 2,
) -> Model:
    """Poisson-Nernst-Planck without flow.

    Parameters
    ----------
    electrolyte
        N species of any valence.
    domain
        Where, with the names that the conditions use.
    conditions
        See `fem_ionics.physics.conditions`.
    unknowns
        "concentrations", or "potentials": electrochemical potentials, with c = exp(mu - z phi) positive by
        construction and equilibrium exact on any mesh. By default potentials where a boundary supplies ions,
        concentrations in a closed domain, where they
        converged from rest at an active flux at which potentials did not (60 mol/m2/s in the flagship channel).
    degree
        Of the Lagrange elements.

    Returns
    -------
    Model

    Raises
    ------
    ModelError, TagError, ParameterError
        For conditions that do not make a well-posed problem.

    Warns
    -----
    ResolutionWarning
        Where the mesh at a charged wall is coarser than the Debye length.
    """
    return _Builder("PNP", electrolyte, domain, conditions, unknowns, degree).model()


def PNPS(
    electrolyte: Electrolyte,
    domain: Domain,
    conditions: Iterable[Condition],
    *,
    inertia: bool = False,
    unknowns: str | None = None,
    degree: int = 2,
) -> Model:
    """Poisson-Nernst-Planck coupled both ways with flow: ions carry the liquid, the liquid carries ions.

    Parameters
    ----------
    inertia
        False: Stokes, the flow follows the forces at once. True: Navier-Stokes.
    electrolyte, domain, conditions, unknowns, degree
        As in `PNP`; the velocity has the same degree, the pressure one less (Taylor-Hood).

    Returns
    -------
    Model

    Raises
    ------
    ModelError, TagError, ParameterError
        For conditions that do not make a well-posed problem.
    """
    name = "PNP-Navier-Stokes" if inertia else "PNP-Stokes"
    return _Builder(name, electrolyte, domain, conditions, unknowns, degree, True, inertia).model()


@dataclass
class _Builder:
    """Puts a model together step by step; lives only for that."""

    name: str
    electrolyte: Electrolyte
    domain: Domain
    given: Iterable[Condition]
    given_unknowns: str | None
    degree: int
    flow: bool = False
    inertia: bool = False
    unknowns: str = field(init=False, default="")
    residual: Any = field(init=False, default=0)
    storage: Any = field(init=False, default=0)

    def model(self) -> Model:
        self._check()
        self.scales = Scales.of(self.electrolyte, self.domain.unit)
        self.values = Values(self.domain, _expressions(self.conditions))
        checks.check_values(self.values, self.electrolyte, self.conditions)
        self.medium = Medium(self.electrolyte, self.scales, self.values, self.conditions)
        self.ions = Ions(self.electrolyte, self.medium, self.unknowns)
        self._declare_fields()
        local = dict(zip(self.electrolyte.names, self.concentrations, strict=True))
        self.boundaries = Boundaries(self.domain, self.values, self.scales, self.quadrature_degree, self.phi, local)
        self._add_electrostatics()
        self._add_transport()
        if self.flow:
            self._add_flow()
        self._add_multipliers()
        return self._finish()

    def _check(self) -> None:
        self.given = tuple(self.given)
        checks.check_names(self.electrolyte, self.domain, self.given)
        check_baths(self.electrolyte, self.given)
        self.conditions = completed(self.given, self.domain, self.flow)
        checks.check_overlap(self.domain, self.conditions, self.flow)
        checks.check_reactions(self.electrolyte, self.conditions)
        self.totals, self.closing = checks.closing_species(self.electrolyte, self.conditions)
        checks.check_regulation(self.electrolyte, self.conditions, self.closing)
        if any(isinstance(each, ChargeRegulation) for each in self.conditions):
            cite("ninham1971")
        closed = not {getattr(each, "field", "") for each in self.conditions}.intersection(self.electrolyte.names)
        default = "concentrations" if closed else "potentials"
        self.unknowns = default if self.given_unknowns is None else self.given_unknowns
        if self.unknowns not in UNKNOWNS:
            raise ModelError(f'unknowns = {self.unknowns!r} was given; "concentrations" or "potentials" is allowed.')
        if not isinstance(self.degree, int) or self.degree < (2 if self.flow else 1):
            least = 2 if self.flow else 1
            raise ModelError(f"degree = {self.degree!r} was given; an integer of at least {least} is needed here.")
        if not self.flow:
            checks.check_no_flow(self.conditions)
        checks.warn_if_coarse(self.electrolyte, self.domain, self.conditions)

    @property
    def quadrature_degree(self) -> int:
        """Exact for u c grad q on straight cells; two more where the exponential enters."""
        return 3 * self.degree + (2 if self.unknowns == "potentials" else 0)

    # fields

    def _declare_fields(self) -> None:
        scales = self.scales
        ions = [
            Declaration(each.name, "concentration", scales.concentration, "mol/m3")
            if self.unknowns == "concentrations"
            else Declaration(f"mu {each.name}", "electrochemical potential", scales.potential, "RT/F V")
            for each in self.electrolyte.species
        ]
        flow_fields = [
            Declaration("velocity", "velocity", scales.velocity, "m/s"),
            Declaration("pressure", "pressure", scales.pressure, "Pa"),
        ]
        excess = [
            Declaration(f"excess {name}", "excess", scales.potential, "RT/F V")
            for name in (self.electrolyte.names if self.ions.implicit else ())
        ]
        declared = [Declaration("potential", "potential", scales.potential, "V"), *ions, *excess]
        declared += flow_fields if self.flow else []
        declared += [Declaration(name, "multiplier", 1.0, "") for name in self._multiplier_names()]
        self.fields = build_fields(self.domain, declared, self.degree)
        blocks = {each.name: each for each in self.fields}
        self.blocks = blocks
        self.phi = blocks["potential"].function
        self.species = list(self.electrolyte.species)
        self.ion_fields = [blocks[each.name] for each in ions]
        self.excess_fields = [blocks[each.name] for each in excess]
        self.concentrations = self.ions.concentrations(
            self.phi, [each.function for each in self.ion_fields], [each.function for each in self.excess_fields]
        )

    def _multiplier_names(self) -> list[str]:
        names = [f"source {name}" for name in self.totals]
        names += [f"source {self.closing}"] if self.closing else []
        if not checks.refers_potential(self.conditions):
            names.append("potential gauge")
        if self.flow and not any(isinstance(each, Pressure) for each in self.conditions):
            names.append("pressure gauge")
        if "potential gauge" in names or "pressure gauge" in names:
            gauges = [name.split()[0] for name in names if name.endswith("gauge")]
            get_logger("model").debug("mean value zero imposed on: %s", ", ".join(gauges))
        return names

    @property
    def dx(self) -> Measure:
        return self.domain.liquid(degree=self.quadrature_degree)

    # equations

    def _add_electrostatics(self) -> None:
        charge = electrostatics.charge_density(self.concentrations, self.electrolyte.valences)
        psi, poisson = self.blocks["potential"].test, self.values.constant(self.scales.poisson)
        everywhere = self.domain.dx(degree=self.quadrature_degree)
        permittivity = poisson * self.medium.permittivity(self.concentrations)
        self.residual += electrostatics.displacement(self.phi, psi, permittivity, everywhere)
        self.residual += electrostatics.space_charge(psi, charge, self.dx)
        self.immobile = self.medium.fixed_charge(self.values.load)
        if self.immobile:
            self.residual += electrostatics.space_charge(psi, self.immobile, everywhere)

    def _add_transport(self) -> None:
        velocity = self.blocks["velocity"].function if self.flow else None
        driving = self._uniform(ElectricField, self.scales.electric_field)
        self.drifts: list[Any] = []
        self.diffusivities = [self.medium.diffusivity(species) for species in self.species]
        crowding = self.ions.excess(self.concentrations)
        beyond = [w + x for w, x in zip(self.ions.stated(self.phi), crowding, strict=True)]
        for i, (species, block, concentration) in enumerate(
            zip(self.species, self.ion_fields, self.concentrations, strict=True)
        ):
            if self.unknowns == "concentrations":
                field = -ufl.grad(self.phi) + driving
                drift = transport.drift(concentration, species.valence, field, beyond[i])
            else:
                drift = transport.drift_of_potential(concentration, block.function, species.valence, driving)
            diffusivity = self.diffusivities[i]
            flux = transport.flux(concentration, drift, diffusivity, velocity)
            self.residual += transport.nernst_planck(flux, block.test, self.dx)
            self.storage += concentration * block.test * self.dx
            for bound, on in self.boundaries.bound(self.conditions, species.name):
                # Ions that a wall releases enter the liquid there, so that amounts and charge stay in a transient.
                self.storage += bound * block.test * self.boundaries.ds(on)
            self.drifts.append(drift)
        for block, value in zip(self.excess_fields, crowding, strict=False):
            self.residual += (block.function - value) * block.test * self.dx
        self.residual += apply_ion_conditions(self.boundaries, self.conditions, self.species, self.blocks, self.ions)
        self.driving = driving

    def _add_flow(self) -> None:
        u, p = self.blocks["velocity"], self.blocks["pressure"]
        viscous, density = map(self.values.constant, (self.scales.viscous, self.scales.inertia))
        viscosity = viscous * self.medium.viscosity(self.concentrations)
        gradient = self._uniform(PressureGradient, self.scales.pressure_gradient)
        force = -sum(self.drifts) - gradient
        stratified = self.medium.permittivity_gradient()
        if stratified:
            poisson = self.values.constant(self.scales.poisson)
            force += electrostatics.dielectric_force(self.phi, poisson, stratified)
        radius = self.domain.radius
        self.residual += flow.stokes(u.function, p.function, u.test, p.test, viscosity, force, self.dx, radius)
        if self.inertia:
            self.residual += flow.inertia(u.function, u.test, density, self.dx)
            self.storage += density * ufl.dot(u.function, u.test) * self.dx
        self.residual += apply_flow_conditions(
            self.boundaries, self.conditions, u, p, viscosity, self._osmotic(), self.degree
        )

    def _osmotic(self) -> Any:
        """What p exceeds p* by: the osmotic pressure, counted from that of the bulk."""
        bulk = self.values.constant(self.ions.bulk_osmotic())
        return self.ions.osmotic(self.concentrations, self.phi) - bulk

    def _uniform(self, kind: type[ElectricField] | type[PressureGradient], scale: float) -> Any:
        """Sum of the uniform drives of one kind, as a vector."""
        components: list[Any] = [ufl.as_ufl(0.0)] * self.domain.dim
        for each in self.conditions:
            if isinstance(each, kind):
                components[self.domain.axis_index(each.along)] += self.boundaries.source(each.value, scale)
        return ufl.as_vector(components)

    # multipliers

    def _add_multipliers(self) -> None:
        """Gauges and fixed amounts: each multiplier is a uniform source that its own row determines."""
        self.amounts: dict[str, fem.Constant] = {}
        for name in self.totals:
            (condition,) = [e for e in self.conditions if isinstance(e, FixedTotal) and e.species == name]
            mean = self.values.ufl(condition.mean, self.scales.concentration)
            index = self.electrolyte.index(name)
            self._fix_amount(name, lambda m, i=index, c=mean: (self.concentrations[i] - c) * m * self.dx)
        if self.closing:
            self._fix_amount(self.closing, self._neutrality)
        for gauged in ("potential", "pressure"):
            if f"{gauged} gauge" in self.blocks:
                gauge, block = self.blocks[f"{gauged} gauge"], self.blocks[gauged]
                self.residual += gauge.function * block.test * self.dx
                self.residual += block.function * gauge.test * self.dx

    def _fix_amount(self, name: str, row: Any) -> None:
        source = self.blocks[f"source {name}"]
        ion = self.ion_fields[self.electrolyte.index(name)]
        imposed = fem.Constant(self.domain.mesh, 1.0)
        self.amounts[name] = imposed
        self.residual += source.function * ion.test * self.dx
        self.residual += imposed * row(source.test)
        self.residual += (1.0 - imposed) * source.function * source.test * self.dx

    def _neutrality(self, test: Any) -> Any:
        """The charge of the ions balances that of the walls."""
        charge = electrostatics.charge_density(self.concentrations, self.electrolyte.valences)
        walls = self.boundaries.charges(self.conditions, self.species)
        row = charge * test * self.dx + sum(density * test * self.boundaries.ds(on) for density, on in walls)
        if self.immobile:
            row += self.immobile * test * self.domain.dx(degree=self.quadrature_degree)
        return row

    def _finish(self) -> Model:
        idle_conditions = self._add_idle()
        expressions, units = quantities(
            self.electrolyte,
            self.scales,
            self.values.constant,
            self.phi,
            self.concentrations,
            self.drifts,
            self.diffusivities,
            self.driving,
            self.blocks["velocity"].function if self.flow else None,
            self.blocks["pressure"].function + self._osmotic() if self.flow else None,
        )
        return Model(
            name=self.name,
            electrolyte=self.electrolyte,
            domain=self.domain,
            scales=self.scales,
            conditions=self.conditions,
            fields=self.fields,
            residual=self.residual,
            storage=self.storage,
            held=self.boundaries.held,
            fixed=self.boundaries.fixed + idle_conditions,
            values=self.values,
            expressions=expressions,
            units=units,
            unknowns=self.unknowns,
            degree=self.degree,
            quadrature_degree=self.quadrature_degree,
            amounts=self.amounts,
            integrals=self.boundaries.integrals(self.conditions, self.species, self.immobile),
            wall_charges=tuple(self.boundaries.charges(self.conditions, self.species)),
            injections={
                each.name: self.boundaries.injections(self.conditions, each.name) for each in self.electrolyte.species
            },
            ions=self.ions,
            remake=self._remake,
        )

    def _add_idle(self) -> list[fem.DirichletBC]:
        """Hold the unknowns inside solids, where only the potential lives, at zero."""
        if not self.domain.solids:
            return []
        fields = [each for each in self.fields if each.kind not in ("potential", "multiplier")]
        for each in fields:
            self.residual += idle_place(self.domain, each.function, each.test)
        return [idle(self.domain, each.function.function_space) for each in fields]

    def _remake(self, degree: int | None = None, domain: Domain | None = None, unknowns: str | None = None) -> Model:
        given = (domain or self.domain, self.given, unknowns or self.unknowns, degree or self.degree)
        return _Builder(self.name, self.electrolyte, *given, self.flow, self.inertia).model()


def _expressions(conditions: Sequence[Condition]) -> list[Expression]:
    """Every given value inside the conditions."""
    return [each for condition in conditions for each in stated(condition) if isinstance(each, Expression)]
