# SPDX-License-Identifier: LGPL-3.0-or-later
"""The electrolyte: N species with their bulk concentrations in a solvent, and the lengths that follow."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, Self

from fem_ionics.constants import BOLTZMANN, ELEMENTARY_CHARGE, FARADAY, GAS, VACUUM_PERMITTIVITY
from fem_ionics.errors import ParameterError, nearest
from fem_ionics.parameters import checks
from fem_ionics.parameters.salts import salts
from fem_ionics.parameters.species import Species, ion

#: Largest |sum z c| that counts as neutral, relative to sum |z| c.
NEUTRALITY_TOLERANCE = 1e-9


@dataclass(frozen=True)
class Electrolyte:
    """N species with bulk concentrations in a solvent, at rest and neutral.

    Parameters
    ----------
    species : sequence of Species
        At least one; names are unique.
    concentrations : sequence of float
        Bulk concentrations in the order of `species`, mol/m3 (= mM). Neutral as a whole: ``|sum z c|`` is
        at most 1e-9 of ``sum |z| c``.
    permittivity : float
        Relative permittivity of the solvent.
    viscosity : float
        Dynamic viscosity, Pa s.
    density : float
        Mass density, kg/m3.
    temperature : float
        Temperature, K.

    Raises
    ------
    ParameterError
        For values that are not finite or have the wrong sign, repeated names, a count of concentrations that
        differs from the count of species, or a bulk that is not neutral.
    """

    species: tuple[Species, ...]
    concentrations: tuple[float, ...]
    permittivity: float = 78.4
    viscosity: float = 8.9e-4
    density: float = 997.0
    temperature: float = 298.15

    def __post_init__(self) -> None:
        object.__setattr__(self, "species", _checked_species(self.species))
        object.__setattr__(self, "concentrations", _checked_concentrations(self.species, self.concentrations))
        units = {"permittivity": "", "viscosity": "Pa s", "density": "kg/m3", "temperature": "K"}
        for name, unit in units.items():
            value = checks.positive("Electrolyte", name, getattr(self, name), unit)
            object.__setattr__(self, name, value)
        _check_neutral(self.species, self.concentrations)

    # Ready-made electrolytes. Each takes permittivity, viscosity, density, temperature by keyword.

    @classmethod
    def mixture(cls, amounts: Mapping[str, float], **solvent: float) -> Self:
        """Salts dissolved together in water.

        Parameters
        ----------
        amounts : mapping of str to float
            Salt (a key of `salts`) -> its concentration in mol/m3, for example ``{"KCl": 10, "CaCl2": 1}``.
        **solvent : float
            ``permittivity``, ``viscosity``, ``density``, ``temperature``.

        Raises
        ------
        ParameterError
            For an unknown salt (lists the known ones and the nearest), or values that `Electrolyte` rejects.
        """
        totals: dict[str, float] = {}
        for salt, amount in amounts.items():
            if salt not in salts:
                known = ", ".join(f'"{key}"' for key in salts)
                raise ParameterError(f"mixture: {salt!r} is not known. Known: {known}.{nearest(str(salt), salts)}")
            amount = checks.non_negative("Electrolyte.mixture", salt, amount, "mol/m3")
            for name, count in salts[salt].items():
                totals[name] = totals.get(name, 0.0) + count * amount
        return cls(tuple(ion(name) for name in totals), tuple(totals.values()), **solvent)

    @classmethod
    def kcl(cls, concentration: float, **solvent: float) -> Self:
        """KCl in water; `concentration` of the salt in mol/m3, solvent keywords as in `mixture`."""
        return cls.mixture({"KCl": concentration}, **solvent)

    @classmethod
    def nacl(cls, concentration: float, **solvent: float) -> Self:
        """NaCl in water; `concentration` of the salt in mol/m3, solvent keywords as in `mixture`."""
        return cls.mixture({"NaCl": concentration}, **solvent)

    @classmethod
    def cacl2(cls, concentration: float, **solvent: float) -> Self:
        """CaCl2 in water; `concentration` of the salt in mol/m3, solvent keywords as in `mixture`."""
        return cls.mixture({"CaCl2": concentration}, **solvent)

    @classmethod
    def symmetric(
        cls,
        concentration: float,
        diffusivity: float,
        valence: int = 1,
        names: Sequence[str] = ("cation", "anion"),
        **solvent: float,
    ) -> Self:
        """A model z:z electrolyte whose two ions diffuse alike.

        Parameters
        ----------
        concentration : float
            Of the salt, hence of each ion, mol/m3.
        diffusivity : float
            Of both ions, m2/s.
        valence : int
            z > 0 of the cation; the anion has -z.
        names : pair of str
            Names of the cation and of the anion.
        **solvent : float
            ``permittivity``, ``viscosity``, ``density``, ``temperature``.
        """
        if checks.integer("Electrolyte.symmetric", "valence", valence) <= 0:
            raise ParameterError(f"Electrolyte.symmetric: valence = {valence!r} was given; 1, 2, ... is allowed.")
        if isinstance(names, str) or len(names) != 2:
            raise ParameterError(f"Electrolyte.symmetric: names = {names!r} was given; give (cation, anion).")
        pair = tuple(Species(n, z, diffusivity) for n, z in zip(names, (valence, -valence), strict=True))
        return cls(pair, (concentration, concentration), **solvent)

    # Variations

    def with_concentrations(self, concentrations: Mapping[str, float] | Sequence[float]) -> Self:
        """The same species and solvent with other bulk concentrations, mol/m3.

        Parameters
        ----------
        concentrations : mapping or sequence
            All of them in order, or name -> concentration of those that change.
        """
        if isinstance(concentrations, Mapping):
            changed = list(self.concentrations)
            for name, value in concentrations.items():
                changed[self.index(name)] = value
            return replace(self, concentrations=tuple(changed))
        return replace(self, concentrations=tuple(concentrations))

    def scaled(self, factor: float) -> Self:
        """The same electrolyte with every bulk concentration times `factor` > 0."""
        factor = checks.positive("Electrolyte.scaled", "factor", factor)
        return replace(self, concentrations=tuple(factor * c for c in self.concentrations))

    # Look-up

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the species in order."""
        return tuple(s.name for s in self.species)

    @property
    def valences(self) -> tuple[int, ...]:
        """Valences in order."""
        return tuple(s.valence for s in self.species)

    @property
    def diffusivities(self) -> tuple[float, ...]:
        """Diffusion coefficients in order, m2/s."""
        return tuple(s.diffusivity for s in self.species)

    @property
    def bulk(self) -> Mapping[str, float]:
        """Read-only mapping name -> bulk concentration, mol/m3."""
        return MappingProxyType(dict(zip(self.names, self.concentrations, strict=True)))

    def index(self, name: str) -> int:
        """Position of a species.

        Raises
        ------
        ParameterError
            For an unknown name; lists the species here and the nearest.
        """
        if name not in self.names:
            known = ", ".join(f'"{n}"' for n in self.names)
            raise ParameterError(
                f"Species {name!r} is not in this electrolyte, which has {known}.{nearest(str(name), self.names)}"
            )
        return self.names.index(name)

    def __getitem__(self, name: str) -> Species:
        """The species of that name; ParameterError as in `index`."""
        return self.species[self.index(name)]

    # Derived quantities

    @property
    def absolute_permittivity(self) -> float:
        """eps_r eps_0, F/m."""
        return self.permittivity * VACUUM_PERMITTIVITY

    @property
    def thermal_voltage(self) -> float:
        """kT/e, V."""
        return BOLTZMANN * self.temperature / ELEMENTARY_CHARGE

    @property
    def ionic_strength(self) -> float:
        """Half of sum z^2 c, mol/m3; the salt concentration for a 1:1 salt."""
        return 0.5 * sum(z * z * c for z, c in zip(self.valences, self.concentrations, strict=True))

    @property
    def debye_length(self) -> float:
        """sqrt(eps kT / sum z^2 e^2 n), m; infinite where no ion is present."""
        if self.ionic_strength == 0.0:
            return math.inf
        numerator = self.absolute_permittivity * GAS * self.temperature
        return math.sqrt(numerator / (2.0 * FARADAY**2 * self.ionic_strength))

    @property
    def bjerrum_length(self) -> float:
        """e^2 / (4 pi eps kT), m: where two unit charges interact with kT."""
        return ELEMENTARY_CHARGE / (4.0 * math.pi * self.absolute_permittivity * self.thermal_voltage)

    @property
    def conductivity(self) -> float:
        """Nernst-Einstein bulk conductivity F^2/(RT) sum z^2 D c, S/m."""
        terms = zip(self.valences, self.diffusivities, self.concentrations, strict=True)
        return FARADAY**2 / (GAS * self.temperature) * sum(z * z * d * c for z, d, c in terms)


def _as_tuple(given: Any) -> tuple[Any, ...]:
    return tuple(given) if hasattr(given, "__iter__") else (given,)


def _checked_species(given: Any) -> tuple[Species, ...]:
    species = _as_tuple(given)
    if not species or not all(isinstance(s, Species) for s in species):
        raise ParameterError(f"Electrolyte: species = {given!r} was given; a sequence of Species is needed.")
    names = [s.name for s in species]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ParameterError(f"Electrolyte: {', '.join(repeated)} given more than once; names must be unique.")
    return species


def _checked_concentrations(species: tuple[Species, ...], given: Any) -> tuple[float, ...]:
    values = _as_tuple(given)
    if len(values) != len(species):
        names = ", ".join(s.name for s in species)
        raise ParameterError(f"Electrolyte: {len(values)} concentrations for {len(species)} species ({names}).")
    pairs = zip(species, values, strict=True)
    checked = tuple(checks.non_negative("Electrolyte", f"concentration of {s.name}", c, "mol/m3") for s, c in pairs)
    if not any(checked):
        raise ParameterError("Electrolyte: all concentrations are zero; at least one must be positive (mol/m3).")
    return checked


def _check_neutral(species: tuple[Species, ...], concentrations: tuple[float, ...]) -> None:
    charges = [s.valence * c for s, c in zip(species, concentrations, strict=True)]
    net = math.fsum(charges)
    if abs(net) <= NEUTRALITY_TOLERANCE * math.fsum(map(abs, charges)):
        return
    listed = ", ".join(f"{s.name} {c:g}" for s, c in zip(species, concentrations, strict=True))
    message = f"Electrolyte: the bulk ({listed} mol/m3) is not neutral: sum z c = {net:+.6g} mol/m3."
    for s, c in zip(species, concentrations, strict=True):
        if s.valence * net < 0.0:  # adding this ion closes the gap
            raise ParameterError(f"{message} {s.name} at {c - net / s.valence:.10g} mol/m3 would close it.")
    raise ParameterError(f"{message} Add an ion of the opposite sign.")
