# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a user states about the medium: its permittivity, viscosity, diffusivities, and forces on ions beyond charge.

They stand in the same list as the conditions on boundaries. Where nothing is stated, the electrolyte's numbers hold.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Expression, as_expression, checks
from fem_ionics.physics.naming import Names, as_names


def _positive(owner: str, name: str, given: Any, unit: str) -> Expression:
    if not isinstance(given, Expression) and not callable(given):
        checks.positive(owner, name, given, unit)
    return as_expression(given)


def _slopes(owner: str, given: Mapping[str, float]) -> tuple[tuple[str, float], ...]:
    if not isinstance(given, Mapping):
        raise ParameterError(f"{owner}: slopes = {given!r} was given; species -> change per mol/m3 is needed.")
    return tuple((str(name), checks.real(owner, f'slope of "{name}"', value)) for name, value in given.items())


def _regions(owner: str, given: Any) -> tuple[str, ...] | None:
    return None if given is None else as_names(owner, given, "region")


@dataclass(frozen=True, eq=False)
class Permittivity:
    """Relative permittivity of the liquid or of a region.

    Parameters
    ----------
    relative
        Number, Parameter, pattern or function of position, positive.
    on
        Name or names of regions; the liquid by default. A solid region needs one.
    slopes
        Species -> change of the relative permittivity per mol/m3 of it, negative for ions (dielectric decrement;
        Hasted, Ritson & Collie, J. Chem. Phys. 16, 1 (1948)). In a field such ions are drawn to where it is weak,
        mu_ex = -(eps0 slope / 2) |E|^2 (Ben-Yaakov, Andelman & Podgornik, J. Chem. Phys. 134, 074705 (2011)). For
        unknowns="potentials".

    Notes
    -----
    With flow, where it varies in space, the liquid feels -|E|^2 grad eps / 2 (Korteweg-Helmholtz; electrostriction
    goes into the pressure).

    Raises
    ------
    ParameterError
        For a number that is not positive, or slopes that are no numbers.
    """

    relative: Any
    on: Names | None = None
    slopes: Any = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "relative", _positive("Permittivity", "relative", self.relative, ""))
        object.__setattr__(self, "on", _regions("Permittivity", self.on))
        object.__setattr__(self, "slopes", _slopes("Permittivity", self.slopes))


@dataclass(frozen=True, eq=False)
class Viscosity:
    """Dynamic viscosity of the liquid, value (1 + sum_i B_i c_i).

    Parameters
    ----------
    value
        Pa s: number, Parameter, pattern or function of position, positive.
    on
        Name or names of regions; all of the liquid by default.
    slopes
        Species -> B_i, m3/mol (Jones & Dole, J. Am. Chem. Soc. 51, 2950 (1929), linear term).

    Raises
    ------
    ParameterError
        For a number that is not positive, or slopes that are no numbers.
    """

    value: Any
    on: Names | None = None
    slopes: Any = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", _positive("Viscosity", "value", self.value, "Pa s"))
        object.__setattr__(self, "on", _regions("Viscosity", self.on))
        object.__setattr__(self, "slopes", _slopes("Viscosity", self.slopes))


@dataclass(frozen=True, eq=False)
class Diffusivity:
    """Diffusion coefficient of one species, m2/s, N = -D c grad(mu): equilibrium stays Boltzmann's.

    Parameters
    ----------
    species
        Name.
    value
        m2/s: number, Parameter, pattern or function of position, positive.
    on
        Name or names of regions; all of the liquid by default.

    Raises
    ------
    ParameterError
        For a number that is not positive.
    """

    species: str
    value: Any
    on: Names | None = None

    def __post_init__(self) -> None:
        checks.label("Diffusivity", "species", self.species)
        object.__setattr__(self, "value", _positive("Diffusivity", "value", self.value, "m2/s"))
        object.__setattr__(self, "on", _regions("Diffusivity", self.on))


@dataclass(frozen=True, eq=False)
class ExcessPotential:
    """Excess chemical potential, or potential of mean force, of one species: enthalpy - T entropy. Several add up.

    Parameters
    ----------
    species
        Name.
    enthalpy
        J/mol: number, Parameter, pattern or function of position; zero in the baths.
    entropy
        J/mol/K, likewise.
    on
        Name or names of regions; all of the liquid by default. Across the edge of a region it jumps, and the flux
        goes on where the unknowns are electrochemical potentials; concentrations as unknowns need a smooth one.
    """

    species: str
    enthalpy: Any
    entropy: Any = 0.0
    on: Names | None = None

    def __post_init__(self) -> None:
        checks.label("ExcessPotential", "species", self.species)
        object.__setattr__(self, "enthalpy", as_expression(self.enthalpy))
        object.__setattr__(self, "entropy", as_expression(self.entropy))
        object.__setattr__(self, "on", _regions("ExcessPotential", self.on))


@dataclass(frozen=True, eq=False)
class Steric:
    """Finite size of the ions, by one of the models of `fem_ionics.physics.steric`.

    Parameters
    ----------
    model
        `Bikerman`, `CarnahanStarling` or `BMCSL`.
    """

    model: Any

    def __post_init__(self) -> None:
        if not hasattr(self.model, "excess"):
            raise ParameterError(
                f"Steric: model = {self.model!r} was given; Bikerman, CarnahanStarling or BMCSL is needed."
            )
