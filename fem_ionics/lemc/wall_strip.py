# SPDX-License-Identifier: LGPL-3.0-or-later
"""The charged wall of a tube or a pore, developed along its arc length, and how deep behind it a point lies."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fem_ionics.errors import ParameterError
from fem_ionics.lemc.cell import Cell, PoreCell, Slit, Tube
from fem_ionics.parameters import checks

Floats = npt.NDArray[np.float64]

#: Part of the wall's length by which a zone may reach beyond it: rounding of units.
_SLACK = 1e-9


@dataclass(frozen=True, eq=False)
class Strip:
    """Wall of revolution about z between two heights: frusta in a row.

    Parameters
    ----------
    z, r
        Corners of its profile, z ascending, nm.
    """

    z: Floats
    r: Floats

    @cached_property
    def arcs(self) -> Floats:
        """Arc length from the first to each corner, nm."""
        return np.append(0.0, np.cumsum(np.hypot(np.diff(self.z), np.diff(self.r))))

    @cached_property
    def areas(self) -> Floats:
        """Area from the first to each corner, nm2."""
        return np.append(0.0, np.cumsum(np.pi * (self.r[1:] + self.r[:-1]) * np.diff(self.arcs)))

    @property
    def length(self) -> float:
        """Arc length, nm."""
        return float(self.arcs[-1])

    @property
    def area(self) -> float:
        """nm2."""
        return float(self.areas[-1])

    @property
    def slopes(self) -> Floats:
        """dr/ds of each frustum."""
        return np.diff(self.r) / np.diff(self.arcs)

    def radius(self, s: Floats) -> Floats:
        """Radius at an arc length, nm."""
        return np.interp(s, self.arcs, self.r)

    def area_to(self, s: Floats) -> Floats:
        """Area between the start and an arc length, nm2."""
        piece = self._piece(self.arcs, s)
        step = s - self.arcs[piece]
        return self.areas[piece] + np.pi * (2.0 * self.r[piece] + self.slopes[piece] * step) * step

    def arc_at(self, area: Floats) -> Floats:
        """Arc length up to which the wall has an area: the inverse of `area_to`."""
        piece = self._piece(self.areas, area)
        part, r = (area - self.areas[piece]) / np.pi, self.r[piece]
        # The root of 2 r t + k t^2 = part, in the form that stays exact for k = 0.
        return self.arcs[piece] + part / (r + np.sqrt(r**2 + self.slopes[piece] * part))

    def behind(self, s: Floats, depth: float) -> tuple[Floats, Floats]:
        """Radii and heights of the points `depth` behind the wall, along its normal, nm."""
        piece = self._piece(self.arcs, s)
        slope = self.slopes[piece]
        step = s - self.arcs[piece]
        rise = np.sqrt(1.0 - slope**2)
        return self.r[piece] + slope * step + depth * rise, self.z[piece] + rise * step - depth * slope

    @staticmethod
    def _piece(corners: Floats, at: Floats) -> npt.NDArray[np.intp]:
        return np.clip(np.searchsorted(corners, at, side="right") - 1, 0, len(corners) - 2)


def strip_of(cell: Tube | PoreCell, between: tuple[float, float] | None = None) -> Strip:
    """The wall inside a pore, or the zone of it between two heights.

    Parameters
    ----------
    cell
        Tube or pore.
    between
        Heights, nm; None for the whole wall.

    Raises
    ------
    ParameterError
        For a zone that is empty or reaches beyond the wall.
    """
    if isinstance(cell, PoreCell):
        heights, radii = np.array(cell.z), np.array(cell.r)
    else:
        heights, radii = np.array([-0.5, 0.5]) * cell.length, np.full(2, cell.radius)
    if between is None:
        return Strip(heights, radii)
    if len(between) != 2:
        raise ParameterError(f"place: between = {between!r} was given; two heights in nm are needed.")
    low, high = (checks.real("place", "between", each) for each in between)
    slack = _SLACK * (heights[-1] - heights[0])
    if low >= high or low < heights[0] - slack or high > heights[-1] + slack:
        raise ParameterError(
            f"place: between = ({low:g}, {high:g}) nm was given; two ascending heights from {heights[0]:g} to "
            f"{heights[-1]:g} nm are needed."
        )
    low, high = max(low, heights[0]), min(high, heights[-1])
    inner = heights[(heights > low) & (heights < high)]
    chosen = np.concatenate([[low], inner, [high]])
    return Strip(chosen, np.interp(chosen, heights, radii))


def depth_behind(cell: Cell, positions: Floats) -> Floats:
    """How far each point lies behind the surface of the wall or the membrane, nm; negative in the liquid.

    Parameters
    ----------
    cell
        Box (nothing is ever behind a wall), slit, tube or pore.
    positions
        Shape (n, 3), nm.
    """
    rho, z = np.hypot(positions[:, 0], positions[:, 1]), positions[:, 2]
    if isinstance(cell, Tube):
        return rho - cell.radius
    if isinstance(cell, Slit):
        return np.abs(z) - 0.5 * cell.width
    if isinstance(cell, PoreCell):
        return _depth_in_membrane(cell, rho, z)
    return np.full(len(positions), -np.inf)


def _depth_in_membrane(cell: PoreCell, rho: Floats, z: Floats) -> Floats:
    corners_z, corners_r = np.array(cell.z), np.array(cell.r)
    above = np.abs(z) - 0.5 * cell.length
    solid = (above <= 0.0) & (rho >= cell.radius(z))
    mouth = np.where(z > 0.0, cell.r[-1], cell.r[0])
    # The faces of the membrane reach from the mouths outwards; what lies inside those radii is nearer to the wall.
    nearest = np.where(rho >= mouth, np.abs(above), np.inf)
    for k in range(len(corners_z) - 1):
        tz, tr = corners_z[k + 1] - corners_z[k], corners_r[k + 1] - corners_r[k]
        along = ((z - corners_z[k]) * tz + (rho - corners_r[k]) * tr) / (tz**2 + tr**2)
        along = np.clip(along, 0.0, 1.0)
        apart = np.hypot(z - corners_z[k] - along * tz, rho - corners_r[k] - along * tr)
        nearest = np.minimum(nearest, apart)
    return np.where(solid, nearest, -nearest)
