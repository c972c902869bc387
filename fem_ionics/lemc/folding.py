# SPDX-License-Identifier: LGPL-3.0-or-later
"""Histograms of a tube averaged over all motions that leave the charges of its wall as they are."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from fem_ionics.lemc.cell import Tube
from fem_ionics.lemc.charges import Placement
from fem_ionics.lemc.grid import FEWEST_ANGLES, TensorGrid, tube_grid

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Folding:
    """Bins of a tube that the symmetry of a placement maps onto each other, and what is left of them.

    Parameters
    ----------
    tube
        Where the ions are sampled.
    placement
        Charges of its wall.
    resolution
        Largest width of a bin along the wall, and its width across where ions touch the wall, nm.

    Attributes
    ----------
    sectors : int
        Copies of the reduced grid around the axis.
    """

    tube: Tube
    placement: Placement
    resolution: float

    @property
    def sectors(self) -> int:
        """At least one; one where any rotation does, since the grid is then axisymmetric."""
        return max(self.placement.sectors, 1)

    @property
    def periods(self) -> int:
        """Copies of the reduced grid along the tube."""
        period = self.placement.period
        return round(self.tube.length / period) if period else 1

    @property
    def _steps(self) -> tuple[int, int]:
        """Numbers of equal steps around and along that the motions take."""
        if self.placement.screw is None:
            return self.sectors, self.periods
        angle, shift = self.placement.screw
        number = round(self.tube.length / shift)
        turns = round(angle * number / (2.0 * math.pi))
        return number // math.gcd(turns, number), number

    @cached_property
    def grid(self) -> TensorGrid:
        """Of the whole tube, commensurate with the motions."""
        around, along = self._steps
        girth = 2.0 * math.pi * self.tube.radius
        angles = (
            1
            if self.placement.sectors == 0
            else _multiple(max(girth / self.resolution, FEWEST_ANGLES * self.sectors), around)
        )
        # A smeared wall leaves every shift as it is.
        layers = 1 if self.placement.period == 0.0 else _multiple(self.tube.length / self.resolution, along)
        return tube_grid(self.tube, finest=self.resolution, angles=angles, along=layers)

    @cached_property
    def reduced(self) -> TensorGrid:
        """One sector, stretched to a whole turn, of one period."""
        grid = self.grid
        angles = np.linspace(0.0, 2.0 * math.pi, grid.shape[1] // self.sectors + 1)
        return TensorGrid(grid.r, angles, grid.z[: grid.shape[2] // self.periods + 1])

    def mean(self, values: Floats) -> Floats:
        """Mean over the copies of each bin.

        Parameters
        ----------
        values
            Shape (..., bins of the grid): anything that does not depend on the size of a bin.

        Returns
        -------
        float array, shape (..., nr, ntheta, nz) of the reduced grid
        """
        nr, nt, nz = self.grid.shape
        whole = values.reshape(*values.shape[:-1], nr, nt, nz)
        if self.placement.screw is not None:
            whole = self._screwed(whole)
        parts = whole.reshape(
            *values.shape[:-1], nr, self.sectors, nt // self.sectors, self.periods, nz // self.periods
        )
        return parts.mean(axis=(-4, -2))

    def _screwed(self, whole: Floats) -> Floats:
        angle, shift = self.placement.screw or (0.0, 0.0)
        _, nt, nz = self.grid.shape
        around, along = round(angle * nt / (2.0 * math.pi)), round(shift * nz / self.tube.length)
        total = np.zeros_like(whole)
        count = nz // along
        for k in range(count):
            total += np.roll(whole, (-k * around, -k * along), axis=(-2, -1))
        return total / count


def _multiple(wanted: float, of: int) -> int:
    """Smallest multiple that is not below what is wanted."""
    return of * math.ceil(wanted / of - 1e-9)
