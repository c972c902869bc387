# SPDX-License-Identifier: LGPL-3.0-or-later
"""The liquid and the solids as scaled coefficients: what the electrolyte says, changed by what the user states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import ufl

from fem_ionics.constants import GAS
from fem_ionics.errors import ModelError
from fem_ionics.model.values import Values
from fem_ionics.parameters import Electrolyte, Expression, Scales, Species
from fem_ionics.physics import (
    Condition,
    Diffusivity,
    ExcessPotential,
    FixedCharge,
    Permittivity,
    Steric,
    Viscosity,
)


@dataclass
class Medium:
    """Coefficients over the mesh, scaled; those that depend on the fields take them.

    Raises
    ------
    ModelError
        For a property stated twice in one region, or a solid without permittivity.
    """

    electrolyte: Electrolyte
    scales: Scales
    values: Values
    conditions: Sequence[Condition]

    def __post_init__(self) -> None:
        self.domain = self.values.domain
        for kind in (Permittivity, Viscosity):
            self._check_once([each for each in self.conditions if isinstance(each, kind)], kind.__name__)
        for species in self.electrolyte.names:
            stated = [e for e in self.conditions if isinstance(e, Diffusivity) and e.species == species]
            self._check_once(stated, f'Diffusivity("{species}")')

    def _check_once(self, stated: Sequence[Any], what: str) -> None:
        seen: set[int] = set()
        for each in stated:
            tags = self._tags(each.on)
            if seen & tags:
                raise ModelError(f"{what} is stated twice in {self._words(each.on)}; keep one of them.")
            seen |= tags

    def _tags(self, on: Sequence[str] | None) -> set[int]:
        names = self.domain.liquid_regions if on is None else on
        return {tag for name in names for tag in self.domain.regions[name]}

    @staticmethod
    def _words(on: Sequence[str] | None) -> str:
        return "the liquid" if on is None else ", ".join(f'"{name}"' for name in on)

    # coefficients

    @cached_property
    def steric(self) -> Any:
        """The steric model, or None."""
        stated = [each.model for each in self.conditions if isinstance(each, Steric)]
        if len(stated) > 1:
            raise ModelError("Steric was given twice; keep one of them.")
        return stated[0] if stated else None

    def permittivity(self, concentrations: Sequence[Any]) -> Any:
        """Over that of the electrolyte, in liquid and solids."""
        stated = [each for each in self.conditions if isinstance(each, Permittivity)]
        self._check_solids({tag for each in stated for tag in self._tags(each.on)})
        own = self.electrolyte.permittivity
        return self._piecewise(
            [(self.values.ufl(each.relative, own) + self._decrement(each, concentrations), each.on) for each in stated]
        )

    def _check_solids(self, known: set[int]) -> None:
        for name in self.domain.solids:
            if not set(self.domain.regions[name]) <= known:
                raise ModelError(
                    f'The region "{name}" is solid and meshed, so its field is solved for: give '
                    f'Permittivity(relative, on="{name}").'
                )

    def _decrement(self, stated: Permittivity, concentrations: Sequence[Any]) -> Any:
        slopes = self._slopes(stated, self.scales.concentration / self.electrolyte.permittivity)
        return sum((slope * concentrations[self.electrolyte.index(name)] for name, slope in slopes.items()), 0)

    def _slopes(self, stated: Permittivity | Viscosity, scale: float) -> Mapping[str, Any]:
        return {name: self.values.constant(slope * scale) for name, slope in stated.slopes}

    def dielectric_slope(self, species: Species) -> Any:
        """Change of `permittivity` per scaled concentration; 0 where ions change nothing."""
        found: list[tuple[Any, Any]] = []
        for each in self.conditions:
            if isinstance(each, Permittivity) and species.name in dict(each.slopes):
                slopes = self._slopes(each, self.scales.concentration / self.electrolyte.permittivity)
                found.append((slopes[species.name], each.on))
        return self._piecewise(found, elsewhere=0.0) if found else 0

    @property
    def has_decrement(self) -> bool:
        """Ions change the permittivity."""
        return any(isinstance(each, Permittivity) and each.slopes for each in self.conditions)

    def permittivity_gradient(self) -> Any:
        """Gradient of what is stated of the liquid as a function of position; 0 where that is uniform."""
        total: Any = 0
        for each in self.conditions:
            if isinstance(each, Permittivity) and not each.relative.is_constant:
                value = self.values.ufl(each.relative, self.electrolyte.permittivity)
                total = total + self._within(each.on) * ufl.grad(value)
        return total

    def viscosity(self, concentrations: Sequence[Any]) -> Any:
        """Over that of the electrolyte."""
        found = []
        for each in self.conditions:
            if isinstance(each, Viscosity):
                slopes = self._slopes(each, self.scales.concentration)
                rise = sum((b * concentrations[self.electrolyte.index(name)] for name, b in slopes.items()), 0)
                found.append((self.values.ufl(each.value, self.scales.viscosity) * (1 + rise), each.on))
        return self._piecewise(found)

    def diffusivity(self, species: Species) -> Any:
        """Over the largest of the electrolyte."""
        own = self.values.constant(species.diffusivity / self.scales.diffusivity)
        stated = [
            (self.values.ufl(each.value, self.scales.diffusivity), each.on)
            for each in self.conditions
            if isinstance(each, Diffusivity) and each.species == species.name
        ]
        return self._piecewise(stated, elsewhere=own)

    def excess(self, species: Species) -> Any:
        """Stated excess chemical potential, RT; 0 without."""
        temperature = self.electrolyte.temperature
        energy = GAS * temperature
        total: Any = 0
        for each in self.conditions:
            if isinstance(each, ExcessPotential) and each.species == species.name:
                value: Expression = each.enthalpy - temperature * each.entropy
                total = total + self._within(each.on) * self.values.ufl(value, energy)
        return total

    def fixed_charge(self, load: Any) -> Any:
        """Density of immobile charge, which follows the load; 0 without."""
        total: Any = 0
        for each in self.conditions:
            if isinstance(each, FixedCharge):
                density = load * self.values.ufl(each.density, self.scales.volume_charge)
                total = total + self._within(each.on) * density
        return total

    # regions

    def _within(self, on: Sequence[str] | None) -> Any:
        """1 in the named regions and 0 elsewhere; plainly 1 where they are all there is."""
        everything = {tag for tags in self.domain.regions.values() for tag in tags}
        return 1 if on is None or self._tags(on) >= everything else self.domain.indicator(on)

    def _piecewise(self, stated: Sequence[tuple[Any, Any]], elsewhere: Any = 1.0) -> Any:
        """What is stated where it is, and `elsewhere` in the rest."""
        everything = {tag for tags in self.domain.regions.values() for tag in tags}
        total, rest = 0, 1
        for value, on in stated:
            whole = self._tags(on) >= everything
            within = 1 if whole else self.domain.indicator(self.domain.liquid_regions if on is None else on)
            total, rest = total + within * value, rest - within
        return total if stated and isinstance(rest, int) and rest == 0 else total + rest * elsewhere
