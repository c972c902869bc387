# SPDX-License-Identifier: LGPL-3.0-or-later
"""Where the centres of ions may be: boxes, slits and tubes without end, and a pore between two finite baths."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Box:
    """Bulk liquid, periodic in all directions and centred at the origin.

    Parameters
    ----------
    sides
        Along x, y and z, nm.

    Raises
    ------
    ParameterError
        Unless three positive numbers are given.
    """

    sides: tuple[float, float, float]

    def __post_init__(self) -> None:
        sides = tuple(checks.positive("Box", "a side", side, "nm") for side in self.sides)
        if len(sides) != 3:
            raise ParameterError(f"Box: sides = {self.sides!r} was given; three lengths are needed.")
        object.__setattr__(self, "sides", sides)

    @property
    def periods(self) -> tuple[float, float, float]:
        """Along x, y and z, nm."""
        return self.sides

    @property
    def volume(self) -> float:
        """nm^3."""
        return float(np.prod(self.sides))


@dataclass(frozen=True)
class Slit:
    """Liquid between hard walls at z = -width/2 and width/2, periodic in x and y.

    Parameters
    ----------
    width
        Distance of the walls, nm.
    side
        Period along x and y, nm.
    """

    width: float
    side: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", checks.positive("Slit", "width", self.width, "nm"))
        object.__setattr__(self, "side", checks.positive("Slit", "side", self.side, "nm"))

    @property
    def periods(self) -> tuple[float, float, float]:
        """Along x, y and z, nm; 0 where nothing repeats."""
        return self.side, self.side, 0.0

    @property
    def volume(self) -> float:
        """nm^3."""
        return self.width * self.side**2

    @property
    def wall_area(self) -> float:
        """Of both walls, nm^2."""
        return 2.0 * self.side**2


@dataclass(frozen=True)
class Tube:
    """Cylindrical pore along z without end: hard wall at r = radius, periodic with its length.

    Parameters
    ----------
    radius, length
        nm; z runs from -length/2 to length/2.
    """

    radius: float
    length: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "radius", checks.positive("Tube", "radius", self.radius, "nm"))
        object.__setattr__(self, "length", checks.positive("Tube", "length", self.length, "nm"))

    @property
    def periods(self) -> tuple[float, float, float]:
        """Along x, y and z, nm; 0 where nothing repeats."""
        return 0.0, 0.0, self.length

    @property
    def volume(self) -> float:
        """nm^3."""
        return float(np.pi * self.radius**2 * self.length)

    @property
    def wall_area(self) -> float:
        """nm^2."""
        return float(2.0 * np.pi * self.radius * self.length)


@dataclass(frozen=True)
class PoreCell:
    """Pore through a membrane between two finite baths.

    No sphere may overlap the membrane; centres reach to the outer boundary of the baths, which is no wall.

    Parameters
    ----------
    z, r
        Wall of the pore from the cis to the trans mouth as a polyline, nm; z is antisymmetric: it begins at minus
        half the membrane's thickness and ends at plus half of it.
    bath_radius, bath_depth
        Of each bath, nm.

    Raises
    ------
    ParameterError
        For a wall that turns back, radii that are not positive, or baths narrower than the pore.
    """

    z: tuple[float, ...]
    r: tuple[float, ...]
    bath_radius: float
    bath_depth: float
    length: float = field(init=False)

    def __post_init__(self) -> None:
        z = tuple(checks.real("PoreCell", "z", each) for each in self.z)
        r = tuple(checks.positive("PoreCell", "r", each, "nm") for each in self.r)
        if len(z) != len(r) or len(z) < 2 or any(np.diff(z) <= 0.0) or abs(z[0] + z[-1]) > 1e-9 * z[-1]:
            raise ParameterError(
                f"PoreCell: z = {_shown(self.z)} and r = {_shown(self.r)} were given; as many ascending heights as "
                "radii are needed, from minus to plus half the membrane's thickness."
            )
        bath = checks.positive("PoreCell", "bath_radius", self.bath_radius, "nm")
        if bath <= max(r):
            raise ParameterError(f"PoreCell: bath_radius = {bath:g} nm was given; above the pore's {max(r):g} nm.")
        depth = checks.positive("PoreCell", "bath_depth", self.bath_depth, "nm")
        values = {"z": z, "r": r, "bath_radius": bath, "bath_depth": depth, "length": z[-1] - z[0]}
        for name, value in values.items():
            object.__setattr__(self, name, value)

    @property
    def periods(self) -> tuple[float, float, float]:
        """Along x, y and z, nm: nothing repeats."""
        return 0.0, 0.0, 0.0

    @property
    def top(self) -> float:
        """Height of the outer boundary of the trans bath, nm."""
        return 0.5 * self.length + self.bath_depth

    def radius(self, z: Floats | float) -> Floats:
        """Radius of the wall at z, nm; beyond the mouths that of the mouth."""
        return np.asarray(np.interp(z, self.z, self.r))

    def widest(self, low: float, high: float) -> float:
        """Largest radius that liquid reaches between two heights, nm."""
        half = 0.5 * self.length
        if low < -half or high > half:
            return self.bath_radius
        between = [r for z, r in zip(self.z, self.r, strict=True) if low < z < high]
        return max([*between, *self.radius(np.array([low, high])).tolist()])


Cell = Box | Slit | Tube | PoreCell


def nearest_image(cell: Cell, away: Floats) -> Floats:
    """Displacements, nm, shape (..., 3), to the nearest image of what they lead to."""
    periods = np.array(cell.periods)
    return away - periods * np.round(away / np.where(periods > 0.0, periods, np.inf))


def _shown(values: Sequence[float]) -> str:
    text = ", ".join(f"{each:g}" for each in values[:6])
    return f"({text}{', ...' if len(values) > 6 else ''})"
