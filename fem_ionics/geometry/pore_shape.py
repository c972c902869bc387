# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a mesh of a pore was made from: descriptions without a mesh read the same pore from it."""

from dataclasses import dataclass

import numpy as np

from fem_ionics.errors import ParameterError
from fem_ionics.geometry.nodemesh import Floats
from fem_ionics.geometry.pore_profile import SAMPLES
from fem_ionics.parameters import Expression, checks

#: Part of the largest radius by which a straight wall may leave its chord.
_STRAIGHT = 1e-9


@dataclass(frozen=True, kw_only=True, eq=False)
class PoreShape:
    """A pore of revolution about z, from -length/2 (cis) to length/2 (trans).

    Parameters
    ----------
    z, r
        Wall from mouth to mouth as the mesh was made, m: equal steps of z, as many as `SAMPLES` where it bends,
        and the two ends where it is straight.
    reservoir
        Radius and height of the cylinders at both ends, m; None for a tube without them.
    periodic
        The tube has no ends: it repeats along z.
    """

    z: Floats
    r: Floats
    reservoir: tuple[float, float] | None = None
    periodic: bool = False

    @property
    def length(self) -> float:
        """From mouth to mouth, m."""
        return float(self.z[-1] - self.z[0])

    @property
    def straight(self) -> bool:
        """The wall is that of a cylinder or a cone."""
        return len(self.z) == 2

    def polyline(self, n: int = 65) -> tuple[Floats, Floats]:
        """Points (z, r) of the wall from the cis to the trans mouth.

        Parameters
        ----------
        n
            Number of points, equally far apart along z, where the wall bends; a straight one has two.

        Returns
        -------
        z, r : float arrays
            m.

        Raises
        ------
        ParameterError
            For fewer than two points.
        """
        if checks.integer("polyline", "n", n) < 2:
            raise ParameterError(f"polyline: n = {n} was given; at least 2 points are needed.")
        if self.straight:
            return self.z.copy(), self.r.copy()
        z = np.linspace(self.z[0], self.z[-1], n)
        return z, np.interp(z, self.z, self.r)


def shape_of(
    radius: Expression, length: float, reservoir: tuple[float, float] | None = None, periodic: bool = False
) -> PoreShape:
    """The shape for a checked radius as a function of z, all in m.

    The radius is sampled, since parameters inside it may be turned after the mesh was made.
    """
    z = np.linspace(-0.5, 0.5, SAMPLES) * length
    r = np.asarray(radius((np.zeros_like(z), np.zeros_like(z), z), np), dtype=float)
    if np.abs(r - np.linspace(r[0], r[-1], SAMPLES)).max() <= _STRAIGHT * r.max():
        z, r = z[[0, -1]], r[[0, -1]]
    z.flags.writeable = r.flags.writeable = False
    return PoreShape(z=z, r=r, reservoir=reservoir, periodic=periodic)
