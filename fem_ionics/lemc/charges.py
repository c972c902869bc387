# SPDX-License-Identifier: LGPL-3.0-or-later
"""Charges of the wall: how they are arranged, and where that puts them in a cell.

Arrangements are given in SI; a placement is in nm and elementary charges. Whatever the arrangement, the total charge is
the density times the area of the wall (of the zone), and its mean is uniform over the area; spacings are fitted to
whole numbers around and along the wall. A point sits `depth` behind the wall, so that the centre of an ion of radius a
comes to within a + depth of it, the distance of closest approach.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fem_ionics.errors import ParameterError
from fem_ionics.lemc.arrangements import (
    Arrangement,
    Helix,
    Oxygens,
    RandomCharges,
    Rings,
    Smeared,
    SquareGrid,
    spacings,
)
from fem_ionics.lemc.cell import Box, Cell, PoreCell, Slit, Tube
from fem_ionics.lemc.room import check_apart, check_approach, check_fits
from fem_ionics.lemc.wall_strip import Strip, strip_of
from fem_ionics.units import e_nm2, nm

Floats = npt.NDArray[np.float64]

__all__ = [
    "NO_CHARGES",
    "Arrangement",
    "Helix",
    "Oxygens",
    "Placement",
    "PointCharges",
    "RandomCharges",
    "Rings",
    "Smeared",
    "SquareGrid",
    "check_approach",
    "check_fits",
    "joined",
    "place",
]


@dataclass(frozen=True, eq=False)
class PointCharges:
    """Fixed charges.

    Parameters
    ----------
    positions
        Shape (M, 3), nm.
    charges
        Shape (M,), e.
    radii
        Shape (M,), nm: spheres that no ion may overlap; 0 for a bare point.

    Raises
    ------
    ParameterError
        For shapes that do not fit, numbers that are not finite, or negative radii.
    """

    positions: Floats
    charges: Floats
    radii: Floats

    def __post_init__(self) -> None:
        for name, tail in (("positions", (3,)), ("charges", ()), ("radii", ())):
            values = np.array(getattr(self, name), dtype=np.float64)
            if values.shape != (len(self.positions), *tail) or not np.all(np.isfinite(values)):
                raise ParameterError(
                    f"PointCharges: {name} of shape {values.shape} were given; finite numbers of shape "
                    f"{(len(self.positions), *tail)} are needed."
                )
            values.flags.writeable = False
            object.__setattr__(self, name, values)
        if np.any(self.radii < 0.0):
            raise ParameterError(f"PointCharges: a radius of {self.radii.min():g} nm was given; 0 or more is needed.")

    def __len__(self) -> int:
        return len(self.charges)


#: A wall without points on it.
NO_CHARGES = PointCharges(np.empty((0, 3)), np.empty(0), np.empty(0))


@dataclass(frozen=True, eq=False, kw_only=True)
class Placement:
    """Charges of a wall in a cell, and what leaves them as they are.

    Parameters
    ----------
    points
        The charges; none for a smeared wall.
    spacing
        What it became along and around the wall, nm (around: at the surface, the mean of a cone); None without a grid.
    sectors
        Rotations by a full turn over this number leave the charges as they are; 0: any rotation.
    period
        Shift along the axis of a tube that leaves them as they are, nm; 0: any shift; None where the wall ends.
    screw
        Rotation (rad) and shift (nm) of a tube that leave them as they are when made together; None without a helix.
    """

    points: PointCharges
    spacing: tuple[float, float] | None = None
    sectors: int = 1
    period: float | None = None
    screw: tuple[float, float] | None = None


def place(arrangement: Arrangement, cell: Cell, between: tuple[float, float] | None = None) -> Placement:
    """Put the charges of an arrangement on the wall of a cell.

    Parameters
    ----------
    arrangement
        What and how dense.
    cell
        Slit (both walls), tube, or pore (the wall inside, not the faces of the membrane).
    between
        Heights of the zone of a tube or pore to charge, nm; None for the whole wall. Its ends cut a grid half a
        spacing from the nearest points.

    Returns
    -------
    Placement

    Raises
    ------
    ParameterError
        Where less than one charge finds room, charges coincide or overlap, or lie beyond the axis; for a box; and in a
        slit for a zone or an arrangement that goes around.
    """
    if isinstance(cell, Box):
        raise ParameterError(f"place: {type(arrangement).__name__} was given for a box, which has no wall.")
    if isinstance(cell, Slit):
        placement = _on_slit(arrangement, cell, between)
    else:
        placement = _on_strip(arrangement, cell, strip_of(cell, between), between is None)
    check_apart(placement.points, cell)
    return placement


def joined(*placements: Placement) -> Placement:
    """The charges of several zones as one placement, which has the rotations that all of them share."""
    if len(placements) == 1:
        return placements[0]
    points = [NO_CHARGES, *(each.points for each in placements)]
    together = PointCharges(
        *(np.concatenate([getattr(each, name) for each in points]) for name in ("positions", "charges", "radii"))
    )
    return Placement(points=together, sectors=math.gcd(*(each.sectors for each in placements)))


def _count(given: Any, expected: float, room: str) -> int:
    """Whole number nearest to an expected one; ParameterError for less than one."""
    if (count := round(expected)) < 1:
        raise ParameterError(
            f"{type(given).__name__}: {given} leaves less than one charge for {room}; a smaller spacing or a larger "
            "wall is needed."
        )
    return count


# Tubes and pores


def _on_strip(given: Arrangement, cell: Tube | PoreCell, strip: Strip, whole: bool) -> Placement:
    endless = cell.length if isinstance(cell, Tube) and whole else None
    if isinstance(given, Smeared):
        return Placement(points=NO_CHARGES, sectors=0, period=None if endless is None else 0.0)
    if isinstance(given, Helix):
        return _helix(given, strip, endless)
    if isinstance(given, RandomCharges):
        return _random(given, strip, endless)
    return _circles(given, strip, endless)


def _circles(given: SquareGrid | Rings | Oxygens, strip: Strip, endless: float | None) -> Placement:
    """Circles of points; on a cone their numbers follow the radius, and each carries the charge of its own band."""
    along, around = (each / nm for each in spacings(given))
    circles = _count(given, strip.length / along, f"{strip.length:g} nm along the wall")
    step = strip.length / circles
    s = np.linspace(0.5 * step, strip.length - 0.5 * step, circles)
    girths = 2.0 * np.pi * strip.radius(s)
    numbers = [_count(given, girth / around, f"a girth of {girth:g} nm") for girth in girths]
    bands = np.diff(strip.area_to(np.linspace(0.0, strip.length, circles + 1)))
    angles = np.concatenate([2.0 * np.pi * np.arange(n) / n for n in numbers])
    charges = np.repeat(given.density / e_nm2 * bands / numbers, numbers)
    arcs, radius = np.repeat(s, numbers), 0.0
    if isinstance(given, Oxygens):
        half, radius = 0.5 * given.apart / nm, given.radius / nm
        arcs = np.concatenate([arcs - half, arcs + half])
        angles, charges = np.tile(angles, 2), np.tile(0.5 * charges, 2)
    return Placement(
        points=_points(given, strip, arcs, angles, charges, radius),
        spacing=(step, float(girths.sum() / sum(numbers))),
        sectors=math.gcd(*numbers),
        period=None if endless is None else step,
    )


def _helix(given: Helix, strip: Strip, endless: float | None) -> Placement:
    """Equal areas from point to point; the angle grows with the arc length, by whole turns so that a tube closes."""
    spacing = given.spacing / nm
    turns = _count(given, strip.length / spacing, f"{strip.length:g} nm along the wall")
    number = _count(given, strip.area / spacing**2, f"{strip.area:g} nm2 of wall")
    s = strip.arc_at((np.arange(number) + 0.5) * strip.area / number)
    angles = 2.0 * np.pi * turns * s / strip.length
    charges = np.full(number, given.density / e_nm2 * strip.area / number)
    return Placement(
        points=_points(given, strip, s, angles, charges),
        spacing=(strip.length / turns, strip.area * turns / (strip.length * number)),
        period=None if endless is None else endless / math.gcd(turns, number),
        screw=None if endless is None else (2.0 * np.pi * turns / number, endless / number),
    )


def _random(given: RandomCharges, strip: Strip, endless: float | None) -> Placement:
    total = given.density / e_nm2 * strip.area
    number = _count(given, abs(total), f"{strip.area:g} nm2 of wall")
    random = np.random.default_rng(given.seed)
    s, angles = strip.arc_at(random.random(number) * strip.area), 2.0 * np.pi * random.random(number)
    return Placement(points=_points(given, strip, s, angles, np.full(number, total / number)), period=endless)


def _points(given: Any, strip: Strip, s: Floats, angles: Floats, charges: Floats, radius: float = 0.0) -> PointCharges:
    rho, z = strip.behind(s, given.depth / nm)
    if rho.min() <= 0.0:
        raise ParameterError(
            f"{type(given).__name__}: depth = {given.depth:g} m was given; that lies beyond the axis of the "
            f"pore, whose radius is {strip.r.min() * nm:g} m at its narrowest."
        )
    positions = np.column_stack([rho * np.cos(angles), rho * np.sin(angles), z])
    return PointCharges(positions, charges, np.full(len(charges), radius))


# Slits


def _on_slit(given: Arrangement, cell: Slit, between: tuple[float, float] | None) -> Placement:
    if between is not None or isinstance(given, (Rings, Helix)):
        what = "a zone" if between is not None else type(given).__name__
        raise ParameterError(f"place: {what} was given for a slit; its walls are flat and charged all over.")
    if isinstance(given, Smeared):
        return Placement(points=NO_CHARGES, sectors=0)
    spacing = None
    if isinstance(given, RandomCharges):
        number = _count(given, abs(given.density) / e_nm2 * cell.side**2, f"{cell.side**2:g} nm2 of wall")
        random = np.random.default_rng(given.seed)
        walls = [cell.side * (random.random((number, 2)) - 0.5) for _ in range(2)]
    else:
        count = _count(given, cell.side * nm / given.spacing, f"a side of {cell.side:g} nm")
        spacing = (cell.side / count,) * 2
        ticks = (np.arange(count) + 0.5) * spacing[0] - 0.5 * cell.side
        walls = [np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(-1, 2)] * 2
    radius = 0.0
    if isinstance(given, Oxygens):
        radius, shift = given.radius / nm, np.array([0.5 * given.apart / nm, 0.0])
        walls = [np.concatenate([wall - shift, wall + shift]) for wall in walls]
    height = 0.5 * cell.width + given.depth / nm
    signed = zip(walls, (-height, height), strict=True)
    positions = np.concatenate([np.insert(wall, 2, z, axis=1) for wall, z in signed])
    charges = np.full(len(positions), given.density / e_nm2 * cell.wall_area / len(positions))
    return Placement(points=PointCharges(positions, charges, np.full(len(positions), radius)), spacing=spacing)
