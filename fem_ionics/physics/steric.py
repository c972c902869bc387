# SPDX-License-Identifier: LGPL-3.0-or-later
"""The finite size of ions: excess chemical potentials and osmotic pressures of crowded electrolytes.

The chemical potential of an ion is kT (ln c + mu_ex) + z e phi, and the force on the volume -sum c_i grad mu_i, which
is -grad Pi - rho grad phi with d Pi = kT sum c_i d(ln c_i + mu_ex,i) (Gibbs-Duhem). mu_ex vanishes at infinite
dilution; a bath adds its own mu_ex. Concentrations are numbers of ions per m3 here.

One formula serves NumPy and UFL: every method takes the module `math` whose functions apply.

- `Bikerman`: a lattice with one volume for all, J. J. Bikerman, Phil. Mag. 33, 384 (1942); M. S. Kilic, M. Z. Bazant,
  A. Ajdari, Phys. Rev. E 75, 021502 (2007).
- `CarnahanStarling`: hard spheres of one size, N. F. Carnahan, K. E. Starling, J. Chem. Phys. 51, 635 (1969).
- `BMCSL`: hard spheres of unequal sizes, T. Boublik, J. Chem. Phys. 53, 471 (1970); G. A. Mansoori, N. F. Carnahan,
  K. E. Starling, T. W. Leland, J. Chem. Phys. 54, 1523 (1971).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import pi, sqrt
from typing import Any, Protocol, runtime_checkable

import ufl

from fem_ionics.cite import cite
from fem_ionics.errors import ParameterError, nearest
from fem_ionics.parameters import Species, checks

#: Packing fraction of spheres of one size in the densest (cubic) packing; no liquid is as dense.
DENSEST = pi / (3.0 * sqrt(2.0))


@runtime_checkable
class StericModel(Protocol):
    """What a model of crowding says; concentrations are in 1/m3, in the order of `species`."""

    @property
    def explicit(self) -> bool:
        """Whether `concentrations` gives the ions of given activities in closed form."""

    def excess(self, concentrations: Sequence[Any], species: Sequence[Species], math: Any = ufl) -> tuple[Any, ...]:
        """Excess chemical potentials mu_ex in kT."""

    def osmotic_pressure(self, concentrations: Sequence[Any], species: Sequence[Species], math: Any = ufl) -> Any:
        """Pi/kT in 1/m3; sum c where the ions are points."""

    def packing(self, concentrations: Sequence[Any], species: Sequence[Species]) -> Any:
        """Occupied fraction of the volume; mu_ex diverges at 1."""

    def saturation(self, species: Sequence[Species]) -> tuple[float, ...]:
        """The largest concentration of each species alone, 1/m3: closest packing."""


@dataclass(frozen=True)
class Bikerman:
    """Ions on a lattice, one to a cell of volume a^3: mu_ex = -ln(1 - v sum c), v = a^3.

    Parameters
    ----------
    diameter : float
        a, the same for all species, m.

    Raises
    ------
    ParameterError
        For a diameter that is not positive and finite.
    """

    diameter: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "diameter", checks.positive("Bikerman", "diameter", self.diameter, "m"))
        cite("bikerman1942", "kilic2007")

    @property
    def volume(self) -> float:
        """v, m3."""
        return self.diameter**3

    @property
    def explicit(self) -> bool:
        """True: `concentrations`."""
        return True

    def excess(self, concentrations: Sequence[Any], species: Sequence[Species], math: Any = ufl) -> tuple[Any, ...]:
        """Excess chemical potentials; see `StericModel`."""
        return (-_ln(1.0 - self.packing(concentrations, species), math),) * len(species)

    def osmotic_pressure(self, concentrations: Sequence[Any], species: Sequence[Species], math: Any = ufl) -> Any:
        """Pi/kT = -ln(1 - v sum c)/v, 1/m3."""
        return -_ln(1.0 - self.packing(concentrations, species), math) / self.volume

    def packing(self, concentrations: Sequence[Any], species: Sequence[Species]) -> Any:
        """Occupied fraction v sum c of the cells."""
        _check_count("Bikerman", concentrations, species)
        return self.volume * sum(concentrations)

    def saturation(self, species: Sequence[Species]) -> tuple[float, ...]:
        """1/v for each, 1/m3: every cell is full."""
        return (1.0 / self.volume,) * len(species)

    def concentrations(self, activities: Sequence[Any], species: Sequence[Species], math: Any = ufl) -> tuple[Any, ...]:
        """Concentrations c_i = a_i / (1 + v sum a) with given activities a_i = c_i exp(mu_ex,i), 1/m3.

        Parameters
        ----------
        activities : sequence
            exp(mu_i - z_i phi) times the concentration in which c_i is measured, 1/m3. All positive, the
            concentrations sum to less than 1/v whatever they are.
        """
        _check_count("Bikerman", activities, species)
        crowd = 1.0 + self.volume * sum(activities)
        return tuple(activity / crowd for activity in activities)


@dataclass(frozen=True)
class CarnahanStarling:
    """Hard spheres of one size: mu_ex = (8 eta - 9 eta^2 + 3 eta^3)/(1 - eta)^3 with the packing fraction eta.

    Parameters
    ----------
    diameter : float
        Of all species, m.

    Raises
    ------
    ParameterError
        For a diameter that is not positive and finite.
    """

    diameter: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "diameter", checks.positive("CarnahanStarling", "diameter", self.diameter, "m"))
        cite("carnahan1969")

    @property
    def explicit(self) -> bool:
        """False: concentrations of given activities need a solve."""
        return False

    def excess(self, concentrations: Sequence[Any], species: Sequence[Species], math: Any = ufl) -> tuple[Any, ...]:
        """Excess chemical potentials; see `StericModel`."""
        eta = self.packing(concentrations, species)
        return (eta * (8.0 - 9.0 * eta + 3.0 * eta**2) / (1.0 - eta) ** 3,) * len(species)

    def osmotic_pressure(self, concentrations: Sequence[Any], species: Sequence[Species], math: Any = ufl) -> Any:
        """Pi/kT = sum c (1 + eta + eta^2 - eta^3)/(1 - eta)^3, 1/m3."""
        eta = self.packing(concentrations, species)
        return sum(concentrations) * (1.0 + eta + eta**2 - eta**3) / (1.0 - eta) ** 3

    def packing(self, concentrations: Sequence[Any], species: Sequence[Species]) -> Any:
        """Packing fraction eta, the volume of the spheres."""
        _check_count("CarnahanStarling", concentrations, species)
        return _sphere(self.diameter) * sum(concentrations)

    def saturation(self, species: Sequence[Species]) -> tuple[float, ...]:
        """Concentration of the densest packing, 1/m3; mu_ex is finite (126 kT) there."""
        return (DENSEST / _sphere(self.diameter),) * len(species)


@dataclass(frozen=True)
class BMCSL:
    """Hard spheres of unequal sizes, one diameter for each species.

    Parameters
    ----------
    diameters : mapping of str to float, optional
        Name of a species -> its diameter, m. Those not named have twice their `Species.radius`; the radii of the
        ready-made ions are hydrated ones.

    Raises
    ------
    ParameterError
        For a diameter that is not positive and finite; in use, for a species that has neither diameter nor radius and
        for a diameter of a species that is not there.
    """

    diameters: Any = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.diameters, Mapping):
            raise ParameterError(f"BMCSL: diameters = {self.diameters!r} was given; name -> diameter in m is needed.")
        # Pairs, so that equal models are equal, hashable and of one repr.
        checked = (
            (
                checks.label("BMCSL", "name in diameters", name),
                checks.positive("BMCSL", f'diameter of "{name}"', d, "m"),
            )
            for name, d in self.diameters.items()
        )
        object.__setattr__(self, "diameters", tuple(checked))
        cite("boublik1970", "mansoori1971")

    @property
    def explicit(self) -> bool:
        """False: concentrations of given activities need a solve."""
        return False

    def of(self, species: Sequence[Species]) -> tuple[float, ...]:
        """Diameters of the species in their order, m."""
        names, given = [s.name for s in species], dict(self.diameters)
        for name in given:
            if name not in names:
                known = ", ".join(f'"{each}"' for each in names)
                raise ParameterError(f'BMCSL: diameter of "{name}", but here are {known}.{nearest(name, names)}')
        return tuple(given.get(each.name) or self._twice_the_radius(each) for each in species)

    @staticmethod
    def _twice_the_radius(species: Species) -> float:
        if species.radius is None:
            raise ParameterError(
                f'BMCSL: species "{species.name}" has no radius; give BMCSL(diameters={{"{species.name}": ...}}) in m.'
            )
        return 2.0 * species.radius

    def excess(self, concentrations: Sequence[Any], species: Sequence[Species], math: Any = ufl) -> tuple[Any, ...]:
        """Excess chemical potentials; see `StericModel`.

        With Phi = -xi0 ln(1-xi3) + 3 xi1 xi2/(1-xi3) + xi2^3 g(xi3), (pi/6) times the excess free energy per volume and
        kT, mu_ex,i = sum_n d_i^n dPhi/dxi_n.
        """
        d = self.of(species)
        xi0, xi1, xi2, xi3 = self._moments(concentrations, species)
        void = 1.0 - xi3
        g, slope = _pair(xi3, math)
        slopes = (
            -_ln(void, math),
            3.0 * xi2 / void,
            3.0 * xi1 / void + 3.0 * xi2**2 * g,
            xi0 / void + 3.0 * xi1 * xi2 / void**2 + xi2**3 * slope,
        )
        unit = max(d)
        return tuple(sum(s * (each / unit) ** n for n, s in enumerate(slopes)) for each in d)

    def osmotic_pressure(self, concentrations: Sequence[Any], species: Sequence[Species], math: Any = ufl) -> Any:
        """Pi/kT = (6/pi)[xi0/(1-xi3) + 3 xi1 xi2/(1-xi3)^2 + xi2^3 (3-xi3)/(1-xi3)^3], 1/m3."""
        xi0, xi1, xi2, xi3 = self._moments(concentrations, species)
        void = 1.0 - xi3
        total = xi0 / void + 3.0 * xi1 * xi2 / void**2 + xi2**3 * (3.0 - xi3) / void**3
        return total / _sphere(max(self.of(species)))

    def packing(self, concentrations: Sequence[Any], species: Sequence[Species]) -> Any:
        """Packing fraction xi3, the volume of the spheres."""
        return self._moments(concentrations, species)[3]

    def saturation(self, species: Sequence[Species]) -> tuple[float, ...]:
        """Concentration of the densest packing of each species alone, 1/m3."""
        return tuple(DENSEST / _sphere(each) for each in self.of(species))

    def _moments(self, concentrations: Sequence[Any], species: Sequence[Species]) -> list[Any]:
        """xi_n = (pi/6) sum c d^n for n = 0..3, with the largest diameter as unit of length."""
        _check_count("BMCSL", concentrations, species)
        d = self.of(species)
        unit = max(d)
        pairs = [(_sphere(unit) * c, each / unit) for c, each in zip(concentrations, d, strict=True)]
        return [sum(c * each**n for c, each in pairs) for n in range(4)]


def _sphere(diameter: float) -> float:
    """Volume of a sphere, m3."""
    return pi / 6.0 * diameter**3


def _ln(x: Any, math: Any) -> Any:
    return math.ln(x) if hasattr(math, "ln") else math.log(x)


def _larger(x: Any, least: float, math: Any) -> Any:
    return math.max_value(x, least) if hasattr(math, "max_value") else math.maximum(x, least)


def _where(x: Any, least: float, above: Any, below: Any, math: Any) -> Any:
    if hasattr(math, "conditional"):
        return math.conditional(math.ge(x, least), above, below)
    return math.where(x >= least, above, below)


def _pair(x: Any, math: Any, small: float = 1e-2) -> tuple[Any, Any]:
    """g(x) = [ln(1-x) + x/(1-x)^2]/x^2 = sum_k (k + 2 - 1/(k+2)) x^k, and its derivative."""
    # 0/0 without ions: the series below `small`, where six terms reach round-off of mu_ex.
    safe = _larger(x, small, math)
    void = 1.0 - safe
    g = (_ln(void, math) + safe / void**2) / safe**2
    slope = ((1.0 + safe) / void**3 - 1.0 / void) / safe**2 - 2.0 * g / safe
    terms = [k + 2.0 - 1.0 / (k + 2.0) for k in range(7)]
    return (
        _where(x, small, g, _polynomial(terms[:6], x), math),
        _where(x, small, slope, _polynomial([k * t for k, t in enumerate(terms)][1:], x), math),
    )


def _polynomial(coefficients: Iterable[float], x: Any) -> Any:
    value: Any = 0.0
    for coefficient in reversed(list(coefficients)):
        value = coefficient + x * value
    return value


def _check_count(owner: str, concentrations: Sequence[Any], species: Sequence[Species]) -> None:
    if len(concentrations) != len(species):
        names = ", ".join(each.name for each in species)
        raise ParameterError(f"{owner}: {len(concentrations)} concentrations for {len(species)} species ({names}).")
