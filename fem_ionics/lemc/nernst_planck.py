# SPDX-License-Identifier: LGPL-3.0-or-later
r"""Nernst-Planck with sampled densities: div(c_i grad mu_i) = 0 between the two baths of a pore.

c_i is one number for each bin (an average over the FULL bin, whatever part of it the membrane covers), mu_i in kT is
linear between nodes, held on the outer boundaries of the baths, without flux through anything else.

The flux of ion i through the pore is -D_i F_i with F_i = int c_i (grad mu_i)_z dA, and its current -z_i e D_i F_i.
"""

from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from fem_ionics.constants import ELEMENTARY_CHARGE
from fem_ionics.errors import ModelError, ParameterError
from fem_ionics.lemc.cell import PoreCell
from fem_ionics.lemc.elements import Elements, HeldValues
from fem_ionics.lemc.grid import TensorGrid

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

#: Least density of a bin, relative to the mean of the baths. Where nothing was sampled the matrix would have an empty
#: row; at this density a bin carries a millionth of what it would in a bath, and mu is still defined in it.
FLOOR = 1e-6
_NM = 1e-9


def current(valence: float, diffusivity: float, flux: float) -> float:
    """Current in A that an ion carries from cis to trans.

    Parameters
    ----------
    valence
        z.
    diffusivity
        D, m2/s.
    flux
        F = int c (grad mu)_z dA as `NernstPlanck` gives it, 1/nm2.
    """
    return -valence * ELEMENTARY_CHARGE * diffusivity * flux / _NM**2


class NernstPlanck:
    """Chemical potentials and fluxes of ions at given densities.

    Parameters
    ----------
    grid
        Bins and nodes; its outer edges are those of the baths.
    cell
        The pore.

    Raises
    ------
    ParameterError
        For a grid that does not span the cell.

    Notes
    -----
    The forms are compiled and the matrix is ordered once, for all ions and all solves. The systems are small and every
    rank solves them for itself: nothing here is collective.
    """

    def __init__(self, grid: TensorGrid, cell: PoreCell) -> None:
        self.grid, self.cell = grid, cell
        self._half = 0.5 * cell.length
        ends = (grid.z[0], grid.z[-1], grid.r[-1])
        if not np.allclose(ends, (-cell.top, cell.top, cell.bath_radius), rtol=1e-9):
            raise ParameterError(
                f"NernstPlanck: the grid spans z = {ends[0]:g} ... {ends[1]:g} nm and r up to {ends[2]:g} nm, the cell "
                f"{-cell.top:g} ... {cell.top:g} and {cell.bath_radius:g}; make it with pore_grid(cell)."
            )
        self._elements = Elements(grid, open_bins(grid, cell))
        share, held = self._outer(self._elements)
        self._share, self._held = share, held
        self._values = HeldValues(self._elements, held)
        self._nearest = _extension(self._elements)
        self._bath = np.abs(grid.centres[2]) > self._half

    def solve(self, density: Floats, left: float, right: float) -> Floats:
        """Chemical potential that drives an ion.

        Parameters
        ----------
        density
            Mean over each full bin, nm^-3, flat or of the grid's shape.
        left, right
            mu on the outer boundary of the cis (z < 0) and the trans bath, kT.

        Returns
        -------
        float array
            Nodal table, kT; nodes inside the membrane carry the value of the nearest one outside.

        Raises
        ------
        ModelError
            For a density that is negative, not finite, or zero in both baths.
        """
        matrix = self._elements.matrix(self._checked(density))
        share = self._values.solve(matrix, self._share)
        table = self._elements.table(right + (left - right) * share)
        return table.reshape(len(self.grid.r), -1, len(self.grid.z))[self._nearest]

    def flux(self, density: Floats, mu: Floats) -> tuple[float, float]:
        """F = int c (grad mu)_z dA through the cis and the trans opening, from the residual, 1/nm2.

        Parameters
        ----------
        density
            As for `solve`.
        mu
            Nodal table, kT.

        Returns
        -------
        cis, trans : float
            What enters from cis and what leaves to trans: equal to round-off where mu comes from `solve`.

        Raises
        ------
        ModelError
            As for `solve`.
        """
        matrix, values = self._elements.matrix(self._checked(density)), self._elements.values(mu)
        fluxes = []
        for side, sign in ((1.0, -1.0), (0.0, 1.0)):
            opening = self._held & (self._share == side)
            # A constant carries nothing: measured from the bath's own value the large terms there do not cancel.
            residual = matrix @ (values - values[opening][0])
            fluxes.append(sign * float(residual[opening].sum()))
        return fluxes[0], fluxes[1]

    def applied(self, left: float, right: float) -> Floats:
        """Potential of the applied field at the nodes, for the same permittivity everywhere.

        Parameters
        ----------
        left, right
            On the outer boundaries of the baths. No field leaves through the outer rim of the membrane, as in a
            finite-element model with a dielectric membrane.

        Returns
        -------
        float array
            Nodal table in the unit of what was given.
        """
        return right + (left - right) * self._field

    @cached_property
    def _field(self) -> Floats:
        # Charges do not enter it, so it has no angle.
        flat = TensorGrid(self.grid.r, np.array([0.0, 2.0 * np.pi]), self.grid.z)
        elements = Elements(flat)
        share, held = self._outer(elements)
        ones = np.ones(flat.bins)
        share = HeldValues(elements, held).solve(elements.matrix(ones), share)
        return np.broadcast_to(elements.table(share), self.grid.nodes)

    def _outer(self, elements: Elements) -> tuple[Floats, Bools]:
        """One on cis, zero on trans, and the degrees of freedom on these boundaries."""
        ir, _, iz = elements.place
        z = self.grid.z[iz]
        share = np.where(z < 0.0, 1.0, 0.0)
        held = (ir == len(self.grid.r) - 1) & (np.abs(z) >= self._half * (1.0 - 1e-12))
        return share, held | (iz == 0) | (iz == len(self.grid.z) - 1)

    def _checked(self, density: Floats) -> Floats:
        density = np.asarray(density, dtype=float).reshape(self.grid.shape)
        volumes = self.grid.volumes
        mean = np.average(density[..., self._bath], weights=volumes[..., self._bath])
        if not (np.all(np.isfinite(density)) and density.min() >= 0.0 and mean > 0.0):
            raise ModelError(
                f"NernstPlanck: densities from {density.min():g} to {density.max():g} nm^-3 with mean {mean:g} in the "
                "baths were given; finite ones that are not negative, and ions in the baths, are needed. Sample longer."
            )
        return np.maximum(density, FLOOR * mean)


def open_bins(grid: TensorGrid, cell: PoreCell) -> Bools:
    """Bins (nr, nz) that the membrane does not cover entirely."""
    # Edges may miss the faces of the membrane by round-off.
    slack = 1e-9 * np.diff(grid.z)
    widest = [cell.widest(*ends) for ends in zip(grid.z[:-1] + slack, grid.z[1:] - slack, strict=True)]
    return grid.r[:-1, None] < np.array(widest) * (1.0 - 1e-9)


def _extension(elements: Elements) -> tuple[npt.NDArray[np.intp], ...]:
    """Index that gives every node the value of the nearest meshed one."""
    grid = elements.grid
    meshed = np.zeros((len(grid.r), len(grid.z)), dtype=bool)
    meshed[elements.place[0], elements.place[2]] = True
    r, z = np.meshgrid(grid.r, grid.z, indexing="ij")
    known = np.argwhere(meshed)
    tree = cKDTree(np.column_stack([r[meshed], z[meshed]]))
    nearest = known[tree.query(np.column_stack([r.ravel(), z.ravel()]))[1]].reshape(*meshed.shape, 2)
    angles = np.arange(grid.nodes[1])[None, :, None]
    return nearest[:, None, :, 0], angles, nearest[:, None, :, 1]
