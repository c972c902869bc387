# SPDX-License-Identifier: LGPL-3.0-or-later
r"""Conductance of a pore whose density repeats along it: what is left of the mean density when ions must go around.

A field E along the pore drives c (E e_z + grad chi) with div(c (e_z + grad chi)) = 0 and chi periodic [1]_. The mean of
c over the pore is what an ion would carry that moved straight through; bound ions sit in pockets with little density
between, and what they carry is nearer to the harmonic mean along their path.

.. [1] A. Bensoussan, J.-L. Lions, G. Papanicolaou, Asymptotic Analysis for Periodic Structures, North-Holland (1978).
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fem_ionics.errors import ModelError, ParameterError
from fem_ionics.lemc.elements import Elements, HeldValues
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.parameters import checks

Floats = npt.NDArray[np.float64]

#: Least density of a bin relative to the mean, so that none drops out of the matrix.
FLOOR = 1e-9


@dataclass(frozen=True)
class Effective:
    """Conductance integral of one ion, 1/nm: ions per length that would carry the same current freely.

    Parameters
    ----------
    arithmetic
        Ions per length of the pore, int c dA averaged along it.
    homogenised
        Of them, those that conduct: the current per field, in units of D.
    """

    arithmetic: float
    homogenised: float

    @property
    def mobility(self) -> float:
        """Part of the mean density that conducts, between 0 and 1."""
        return self.homogenised / self.arithmetic


class CellProblem:
    """Effective conductance of densities on one grid, which spans one period along z.

    Parameters
    ----------
    grid
        Bins; at least three along z, unless the density does not vary along it.
    sectors
        Copies around the axis: the grid's angle is then this many times the real one, and its bins hold densities.

    Notes
    -----
    Forms are compiled and the matrix is ordered once. Every rank solves for itself: nothing here is collective.
    """

    def __init__(self, grid: TensorGrid, *, sectors: int = 1) -> None:
        if checks.integer("CellProblem", "sectors", sectors) < 1:
            raise ParameterError(f"CellProblem: sectors = {sectors!r} was given; at least 1 is needed.")
        self.grid = grid
        self._elements = Elements(grid, periodic=True, sectors=sectors)
        self._along = grid.z[self._elements.place[2]] - grid.z[0]
        # chi is known but for a constant: one unknown is held.
        held = self._elements.unknown == self._elements.unknown[0]
        self._values = HeldValues(self._elements, held)

    def solve(self, density: Floats) -> Effective:
        """Conductance integrals of a density.

        Parameters
        ----------
        density
            nm^-3, mean over each full bin; flat or of the grid's shape. Bins set to zero drop out, so that a masked
            density gives what the others carry alone.

        Raises
        ------
        ModelError
            For densities that are negative, not finite, or zero everywhere.
        """
        density = np.asarray(density, dtype=float).reshape(self.grid.shape)
        period = float(np.ptp(self.grid.z))
        ions = float((density * self.grid.volumes).sum()) / period
        if not (np.isfinite(ions) and density.min() >= 0.0 and ions > 0.0):
            raise ModelError(
                f"CellProblem: densities from {density.min():g} to {density.max():g} nm^-3 were given; finite ones "
                "that are not negative, and some ions, are needed."
            )
        floor = FLOOR * ions * period / self.grid.volumes.sum()
        matrix = self._elements.matrix(np.maximum(density, floor))
        field = self._values.solve(matrix, self._along)
        return Effective(ions, float(field @ (matrix @ field)) / period)


def cell_problem(grid: TensorGrid, density: Floats, *, sectors: int = 1) -> Effective:
    """Effective conductance of one density; see `CellProblem` for several on one grid."""
    return CellProblem(grid, sectors=sectors).solve(density)
