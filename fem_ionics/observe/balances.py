# SPDX-License-Identifier: LGPL-3.0-or-later
"""Do ions, charge and volume balance? What a solution owes, in SI and relative to what flows."""

from dataclasses import dataclass

import numpy as np
import ufl

from fem_ionics.constants import FARADAY
from fem_ionics.model import Model, State
from fem_ionics.observe.forms import device, integral, mesh_volume, volume_integral, weighted
from fem_ionics.observe.probes import outflow
from fem_ionics.observe.residual import held_nodes, held_sum, ion_field, residual
from fem_ionics.physics import Fixed, flow

#: Fluxes below this part of D c count as none: round-off is not set against round-off.
_SMALLEST = 1e-6


@dataclass(frozen=True)
class SpeciesBalance:
    """Amounts of one species in the whole device; of planar ones per metre of depth, also in all units below.

    Parameters
    ----------
    name
        Of the species.
    amount
        mol.
    injected
        Net active flux of the walls, mol/s.
    outflow
        What leaves through boundaries that hold the concentration, from the residual, mol/s.
    source
        What the discrete system had to add to keep the given amount, mol/s.
    size
        Sizes of injected and outgoing fluxes together, mol/s.
    steady
        Whether the amount should not change.
    """

    name: str
    amount: float
    injected: float
    outflow: float
    source: float
    size: float
    steady: bool

    @property
    def rate(self) -> float:
        """Change of the amount that this makes, mol/s: zero in a steady state."""
        return self.injected + self.source - self.outflow

    @property
    def defect(self) -> float:
        """What should be zero over the fluxes: the source and, when steady, the rate."""
        return max(abs(self.source), abs(self.rate) if self.steady else 0.0) / self.size


@dataclass(frozen=True)
class Balance:
    """Balances of a state in SI, for the whole device; of planar ones per metre of depth, also in all units below.

    Parameters
    ----------
    species
        One for each.
    ion_charge, wall_charge, held_charge
        Charge of the ions, of charged walls and volumes, and on boundaries that hold the potential, C.
    charge_size
        Charges of cations, anions and walls together, C.
    volume_outflow, volume_size
        Liquid that leaves through all boundaries, and mean speed times surface, m3/s; zero without flow.
    divergence
        Norm of div u over that of grad u: how far the velocity is from free of divergence inside the cells.
    per_depth
        "/m" for a planar domain, else empty: what the units of the table end with.
    """

    species: tuple[SpeciesBalance, ...]
    ion_charge: float
    wall_charge: float
    held_charge: float
    charge_size: float
    volume_outflow: float = 0.0
    volume_size: float = 0.0
    divergence: float = 0.0
    per_depth: str = ""

    @property
    def charge(self) -> float:
        """All charges together, C: zero."""
        return self.ion_charge + self.wall_charge + self.held_charge

    @property
    def defects(self) -> dict[str, float]:
        """Name -> relative defect: each species, "charge" and "volume"."""
        found = {each.name: each.defect for each in self.species}
        found["charge"] = abs(self.charge) / self.charge_size
        found["volume"] = abs(self.volume_outflow) / self.volume_size if self.volume_size else 0.0
        return found

    def __str__(self) -> str:
        """A table."""
        defects = self.defects
        per = self.per_depth
        amount, rate = f"mol{per}", f"mol{per}/s"
        lines = [
            f"species      {f'amount {amount}':<14} {f'injected {rate}':>16} {f'outflow {rate}':>16} "
            f"{f'source {rate}':>16}   defect"
        ]
        lines += [
            f"{each.name:<11} {each.amount:13.6e}   {each.injected:16.3e} {each.outflow:16.3e} {each.source:16.3e}"
            f"   {each.defect:.1e}"
            for each in self.species
        ]
        lines.append(
            f"charge      ions {self.ion_charge:.3e}, walls {self.wall_charge:.3e}, held potentials "
            f"{self.held_charge:.3e} C{per}; defect {defects['charge']:.1e}"
        )
        if self.volume_size:
            lines.append(
                f"volume      outflow {self.volume_outflow:.3e} {'m2' if per else 'm3'}/s; "
                f"defect {defects['volume']:.1e}; |div u| / |grad u| {self.divergence:.1e}"
            )
        return "\n".join(lines)


def balances(state: State) -> Balance:
    """Balances of species, charge and volume (collective).

    Parameters
    ----------
    state
        A solution. One with a time counts as a moment of a transient, whose amounts may change.

    Returns
    -------
    Balance
        ``print`` shows a table; ``defects`` holds the relative numbers.

    Notes
    -----
    Integrals and outflows use the forms and quadrature that were solved, so a converged solution balances to the
    solver's tolerance on any mesh. Only `divergence` is a discretisation error.
    """
    model = state.model
    model.load(state)
    species = tuple(_species(model, each.name, state.time is None) for each in model.electrolyte.species)
    valences = model.electrolyte.valences
    charges = [FARADAY * z * each.amount for z, each in zip(valences, species, strict=True)]
    surface = model.scales.surface_charge * device(model.domain, 1)
    walls = surface * model.integral("wall charge") if "wall charge" in model.integrals else 0.0
    held = _holds(model, "potential") and surface * held_sum(model, "potential")
    return Balance(
        species=species,
        ion_charge=sum(charges),
        wall_charge=walls,
        held_charge=float(held),
        charge_size=sum(abs(charge) for charge in charges) + abs(walls),
        per_depth="" if model.domain.device_dim == 3 else "/m",
        **(_volume(model) if model.has_flow else {}),
    )


def _holds(model: Model, name: str) -> bool:
    return any(isinstance(each, Fixed) and each.field == name for each in model.conditions)


def _species(model: Model, name: str, steady: bool) -> SpeciesBalance:
    rate = model.scales.flux * device(model.domain, 1)
    amount = volume_integral(model, name, None, None) * device(model.domain)
    injected = rate * model.integral(f"flux {name}") if f"flux {name}" in model.integrals else 0.0
    size = rate * model.integral(f"flux size {name}") if f"flux size {name}" in model.integrals else 0.0
    leaving, passing = 0.0, 0.0
    if _holds(model, name):
        leaving = -rate * held_sum(model, name)
        local = np.abs(residual(model, ion_field(model, name))[held_nodes(model, name)]).sum()
        passing = rate * float(model.domain.comm.allreduce(local))
    source = 0.0
    if name in model.amounts:
        multiplier = model.field_named(f"source {name}").function
        local = multiplier.x.array[: multiplier.function_space.dofmap.index_map.size_local].sum()
        source = -rate * float(model.domain.comm.allreduce(local)) * mesh_volume(model)
    diffusivity = model.electrolyte[name].diffusivity
    least = _SMALLEST * diffusivity * amount / (device(model.domain) * mesh_volume(model))
    return SpeciesBalance(name, amount, injected, leaving, source, max(size + passing, least), steady)


def _volume(model: Model) -> dict[str, float]:
    velocity = model.expression("velocity")
    radius = model.domain.radius
    divergence = integral(model, "div u", lambda: weighted(model, flow.divergence(velocity, radius) ** 2)) ** 0.5
    gradient = (
        integral(model, "grad u", lambda: weighted(model, ufl.inner(ufl.grad(velocity), ufl.grad(velocity)))) ** 0.5
    )
    speed = integral(model, "speed", lambda: weighted(model, ufl.sqrt(ufl.dot(velocity, velocity))))
    return {
        "volume_outflow": outflow(model, None) * device(model.domain, 1),
        "volume_size": speed / mesh_volume(model) * model.domain.area(),
        "divergence": divergence / gradient if gradient > 0.0 else 0.0,
    }
