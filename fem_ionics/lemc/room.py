# SPDX-License-Identifier: LGPL-3.0-or-later
"""Refuses ions without room, charges that lie in one another, and charges that an ion could fall into."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from scipy.spatial import cKDTree

from fem_ionics.errors import ParameterError
from fem_ionics.lemc.cell import Cell, PoreCell, Slit, Tube, nearest_image
from fem_ionics.lemc.wall_strip import depth_behind
from fem_ionics.parameters import checks

if TYPE_CHECKING:
    from fem_ionics.lemc.charges import PointCharges

#: Two points closer than this coincide, nm.
_TOGETHER = 1e-6
#: Rounding by which touching spheres may seem to overlap, nm.
_TOUCH = 1e-9


def check_fits(cell: Cell, radii: Sequence[float], names: Sequence[str]) -> None:
    """Refuse ions that find no room.

    Parameters
    ----------
    cell
        Where they are to be.
    radii
        Of the ions, nm.
    names
        Of the ions, for the message.

    Raises
    ------
    ParameterError
        Naming the ion, its radius and what is there.
    """
    room, words = _room(cell)
    for name, radius in zip(names, radii, strict=True):
        if checks.positive(str(name), "radius", radius, "nm") >= room:
            raise ParameterError(
                f"{name}: an ion of radius {radius:g} nm does not fit into {words}; below {room:g} nm is needed."
            )


def check_approach(points: "PointCharges", cell: Cell, radii: Sequence[float]) -> None:
    """Refuse bare points that the centre of an ion could reach: its energy would have no lower bound.

    Parameters
    ----------
    points
        Charges of the wall.
    cell
        Where they are.
    radii
        Of the ions, nm.

    Raises
    ------
    ParameterError
        Unless depth + radius is positive for the smallest ion.
    """
    bare = (points.radii == 0.0) & (points.charges != 0.0)
    if not np.any(bare) or not len(radii):
        return
    shallowest, smallest = float(depth_behind(cell, points.positions[bare]).min()), float(min(radii))
    if shallowest + smallest <= _TOUCH:
        raise ParameterError(
            f"wall charges: a point lies {-shallowest:.6g} nm in front of the wall, where the centre of an ion of "
            f"radius {smallest:g} nm can reach it; give a depth above -{smallest:g} nm, or charges with a radius "
            "(Oxygens)."
        )


def check_apart(points: "PointCharges", cell: Cell) -> None:
    """Refuse points that coincide and spheres that overlap, periodic images included, by a ParameterError."""
    if not len(points):
        return
    periods = np.array(cell.periods)
    inside = np.where(periods > 0.0, np.mod(points.positions, np.where(periods > 0.0, periods, 1.0)), points.positions)
    # A remainder may round up to the period itself, which the tree does not take.
    inside = np.where((periods > 0.0) & (inside >= periods), 0.0, inside)
    largest = max(_TOGETHER, 2.0 * float(points.radii.max()))
    pairs = cKDTree(inside, boxsize=periods).query_pairs(largest, output_type="ndarray")
    apart = nearest_image(cell, inside[pairs[:, 0]] - inside[pairs[:, 1]])
    distances = np.sqrt((apart**2).sum(axis=1))
    needed = np.maximum(_TOGETHER, points.radii[pairs].sum(axis=1))
    if np.any(bad := distances < needed - _TOUCH):
        worst = int(np.argmin(np.where(bad, distances - needed, np.inf)))
        words = "coincide" if needed[worst] == _TOGETHER else "overlap"
        raise ParameterError(
            f"wall charges {words}: two lie {distances[worst]:.4g} nm apart and need {needed[worst]:.4g} nm; give a "
            "larger spacing or smaller radii."
        )


def _room(cell: Cell) -> tuple[float, str]:
    """Radius below which an ion fits, and what it has to fit into."""
    if isinstance(cell, Tube):
        return cell.radius, f"a pore of radius {cell.radius:g} nm"
    if isinstance(cell, Slit):
        return min(0.5 * cell.width, 0.5 * cell.side), f"a slit of width {cell.width:g} nm and side {cell.side:g} nm"
    if isinstance(cell, PoreCell):
        return min(cell.r), f"a pore of radius {min(cell.r):g} nm at its narrowest"
    return 0.5 * min(cell.sides), f"a box of {min(cell.sides):g} nm"
