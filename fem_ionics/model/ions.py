# SPDX-License-Identifier: LGPL-3.0-or-later
"""Concentrations from the unknowns, and the chemical potential of ions beyond that of ideal points."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import ufl

from fem_ionics.constants import AVOGADRO
from fem_ionics.errors import ModelError
from fem_ionics.model.medium import Medium
from fem_ionics.parameters import Electrolyte
from fem_ionics.physics import electrostatics, transport

#: Above the densest packing of equal spheres (0.74); excess per relative packing beyond, RT.
_DENSER_THAN_ANY, _STEEP = 0.8, 1e4


@dataclass
class Ions:
    """How concentrations c_i and electrochemical potentials mu_i belong together,

        mu_i = ln c_i + z_i phi + W_i + X_i(c)

    with W_i what is stated or comes from the field, and X_i of the steric model.

    Where the unknowns are mu_i, c_i is explicit for ideal ions and for steric models that can be inverted; for the
    others X_i are unknowns too, each the projection of X_i(c) on the elements. Equilibrium (mu_i uniform) is then
    exact on any mesh, and c_i positive.

    Raises
    ------
    ModelError
        For a dielectric decrement with concentrations as unknowns.
    """

    electrolyte: Electrolyte
    medium: Medium
    unknowns: str

    def __post_init__(self) -> None:
        self.steric = self.medium.steric
        if self.medium.has_decrement and self.unknowns != "potentials":
            raise ModelError('Permittivity(slopes=...): ions that change the permittivity need unknowns="potentials".')

    @property
    def implicit(self) -> bool:
        """The steric excess needs unknowns of its own."""
        return self.unknowns == "potentials" and self.steric is not None and not self.steric.explicit

    def stated(self, potential: Any) -> list[Any]:
        """W_i: what the user states, and the work against the field of ions that change the permittivity."""
        poisson = self.medium.values.constant(self.medium.scales.poisson)
        found = []
        for species in self.electrolyte.species:
            energy, slope = self.medium.excess(species), self.medium.dielectric_slope(species)
            found.append(energy + electrostatics.polarisation_excess(potential, poisson, slope) if slope else energy)
        return found

    def concentrations(self, potential: Any, unknowns: Sequence[Any], excess: Sequence[Any]) -> list[Any]:
        """Scaled c_i of the potential, the ions' unknowns, and where `implicit` those of the excess."""
        if self.unknowns == "concentrations":
            return list(unknowns)
        beyond = self.stated(potential)
        if self.implicit:
            beyond = [w + x for w, x in zip(beyond, excess, strict=True)]
        factors = [
            transport.boltzmann(mu, valence, potential, w)
            for mu, valence, w in zip(unknowns, self.electrolyte.valences, beyond, strict=True)
        ]
        if self.steric is None or self.implicit:
            return factors
        found = self.steric.concentrations([f * self._unit for f in factors], self.electrolyte.species)
        return [c / self._unit for c in found]

    def excess(self, concentrations: Sequence[Any]) -> list[Any]:
        """X_i of the steric model at scaled concentrations, RT; zeros without one."""
        if self.steric is None:
            return [0] * len(concentrations)
        given = [c * self._unit for c in concentrations]
        species = self.electrolyte.species
        if self.steric.explicit:
            return list(self.steric.excess(given, species))
        # Hard spheres that overlap (packing above 1) solve the formula too: beyond any packing that nature has it is
        # continued by a steep line, so that the excess grows with every concentration and has one root.
        packing = self.steric.packing(given, species)
        within = ufl.max_value(packing / _DENSER_THAN_ANY, 1.0)
        return [x + _STEEP * (within - 1.0) for x in self.steric.excess([c / within for c in given], species)]

    def osmotic(self, concentrations: Sequence[Any], potential: Any) -> Any:
        """Osmotic pressure over RTc: what p exceeds p* by, but for that of the bulk."""
        total = sum(concentrations)
        if self.steric is not None:
            given = [c * self._unit for c in concentrations]
            total = self.steric.osmotic_pressure(given, self.electrolyte.species) / self._unit
        poisson = self.medium.values.constant(self.medium.scales.poisson)
        for species, c in zip(self.electrolyte.species, concentrations, strict=True):
            slope = self.medium.dielectric_slope(species)
            if slope:
                total = total + electrostatics.polarisation_excess(potential, poisson, slope) * c
        return total

    def bulk_osmotic(self) -> float:
        """Of the electrolyte at rest, over RTc."""
        bulk, unit = self.electrolyte.concentrations, self.medium.scales.concentration
        if self.steric is None:
            return sum(bulk) / unit
        densities = [AVOGADRO * c for c in bulk]
        return float(self.steric.osmotic_pressure(densities, self.electrolyte.species, np)) / (AVOGADRO * unit)

    def bulk_excess(self, concentrations: Sequence[Any]) -> list[Any]:
        """X_i at concentrations given as numbers or arrays, mol/m3."""
        if self.steric is None:
            return [0.0] * len(concentrations)
        densities = [AVOGADRO * np.asarray(c, dtype=float) for c in concentrations]
        return list(self.steric.excess(densities, self.electrolyte.species, np))

    @property
    def _unit(self) -> Any:
        """Ions per m3 of one unit of concentration."""
        return self.medium.values.constant(AVOGADRO * self.medium.scales.concentration)
