# SPDX-License-Identifier: LGPL-3.0-or-later
"""How the charges of a wall are arranged, as a user gives it: SI, and nothing about where the wall is."""

from dataclasses import dataclass
from typing import Any

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks
from fem_ionics.units import angstrom


@dataclass(frozen=True)
class Smeared:
    """Uniform charge.

    Parameters
    ----------
    density
        C/m2.
    depth
        Of the charge behind the wall, m.
    """

    density: float
    depth: float = 0.0

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class SquareGrid:
    """Points on a square grid, wrapped around the wall with one side along the axis.

    Parameters
    ----------
    density
        Mean, C/m2: each point carries density * spacing^2.
    spacing
        Of neighbours, at the surface of the wall, m.
    depth
        Of the points behind the wall, m.
    """

    density: float
    spacing: float
    depth: float = 0.0

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class Rings:
    """Circles of points around the axis, those of neighbouring circles at the same angles.

    Parameters
    ----------
    density
        Mean, C/m2.
    spacing
        Between circles, and between the points of a circle at the surface of the wall, m; one number for both.
    depth
        Of the points behind the wall, m.
    """

    density: float
    spacing: float | tuple[float, float]
    depth: float = 0.0

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class Helix:
    """Points on one screw line, right-handed, as far apart along it as its turns are.

    Parameters
    ----------
    density
        Mean, C/m2.
    spacing
        Between turns, and between points at the surface of the wall, m.
    depth
        Of the points behind the wall, m.
    """

    density: float
    spacing: float
    depth: float = 0.0

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class RandomCharges:
    """Points of about one elementary charge anywhere on the wall, equally likely per area.

    Parameters
    ----------
    density
        Mean, C/m2.
    seed
        The same seed gives the same points.
    depth
        Of the points behind the wall, m.
    """

    density: float
    seed: int
    depth: float = 0.0

    def __post_init__(self) -> None:
        _check(self)


@dataclass(frozen=True)
class Oxygens:
    """Carboxyl groups as pairs of spheres, half of the group's charge each, on a square grid.

    Parameters
    ----------
    density
        Mean, C/m2.
    spacing
        Of the groups, m.
    radius
        Of a sphere, m; no ion may overlap it.
    separation
        Of the centres of a pair, along the pore, m; by default the two spheres touch.
    depth
        Of the centres behind the wall, m: by default half of each sphere stands out.
    """

    density: float
    spacing: float
    radius: float = 1.4 * angstrom
    separation: float | None = None
    depth: float = 0.0

    def __post_init__(self) -> None:
        _check(self)

    @property
    def apart(self) -> float:
        """Separation of the centres, m."""
        return 2.0 * self.radius if self.separation is None else self.separation


Arrangement = Smeared | SquareGrid | Rings | Helix | RandomCharges | Oxygens


def _check(given: Any) -> None:
    """Check whatever of the fields an arrangement has."""
    owner = type(given).__name__
    if checks.real(owner, "density", given.density) == 0.0:
        raise ParameterError(f"{owner}: density = 0 was given; leave the charge out for an uncharged wall.")
    checks.real(owner, "depth", given.depth)
    if hasattr(given, "spacing"):
        spacings(given)
    if hasattr(given, "seed") and checks.integer(owner, "seed", given.seed) < 0:
        raise ParameterError(f"{owner}: seed = {given.seed} was given; an integer of at least 0 is needed.")
    if isinstance(given, Oxygens):
        diameter = 2.0 * checks.positive(owner, "radius", given.radius, "m")
        if checks.positive(owner, "separation", given.apart, "m") < diameter * (1.0 - 1e-9):
            raise ParameterError(
                f"{owner}: separation = {given.separation:g} m was given; below {diameter:g} m the spheres of "
                "a pair overlap."
            )


def spacings(given: Any) -> tuple[float, float]:
    """Spacing along and around the wall, m."""
    owner = type(given).__name__
    several = isinstance(given, Rings) and isinstance(given.spacing, (tuple, list))
    pair = given.spacing if several else (given.spacing,) * 2
    if len(pair) != 2:
        raise ParameterError(f"{owner}: spacing = {given.spacing!r} was given; one along and one around are needed.")
    along, around = (checks.positive(owner, "spacing", each, "m") for each in pair)
    return along, around
