# SPDX-License-Identifier: LGPL-3.0-or-later
"""Cylindrical grid: its cells are the bins of the histograms and the finite elements, its nodes carry ln(activity).

Lengths in nm, angles in rad. Bins are finest where layers are thin: at the wall and around the mouths.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fem_ionics.errors import ParameterError
from fem_ionics.geometry.grading import Sizes, edge_graded, graded
from fem_ionics.lemc.cell import PoreCell, Tube
from fem_ionics.parameters import checks

Floats = npt.NDArray[np.float64]

FULL_TURN = 2.0 * math.pi
#: Fewer angles than this cannot be closed into a periodic mesh of hexahedra.
FEWEST_ANGLES = 3


@dataclass(frozen=True, eq=False)
class TensorGrid:
    """Edges of bins along r, theta and z; bin (ir, it, iz) has the flat index (ir * ntheta + it) * nz + iz.

    Parameters
    ----------
    r
        Edges along the radius, nm: ascending from 0.
    theta
        Edges along the angle, rad: ascending from 0 to 2 pi; one interval means axisymmetric.
    z
        Edges along the axis, nm: ascending.

    Raises
    ------
    ParameterError
        For edges that do not ascend, do not start or end as they must, or fewer than three angles.
    """

    r: Floats
    theta: Floats
    z: Floats

    def __post_init__(self) -> None:
        for name in ("r", "theta", "z"):
            object.__setattr__(self, name, _edges(name, getattr(self, name)))
        if self.r[0] != 0.0:
            raise ParameterError(f"TensorGrid: r starts at {self.r[0]:g}; its first edge must be 0, the axis.")
        if self.theta[0] != 0.0 or abs(self.theta[-1] - FULL_TURN) > 1e-12 * FULL_TURN:
            raise ParameterError(
                f"TensorGrid: theta runs from {self.theta[0]:g} to {self.theta[-1]:g}; it must run from 0 to 2 pi."
            )
        if 1 < self.shape[1] < FEWEST_ANGLES:
            raise ParameterError(
                f"TensorGrid: {self.shape[1]} angles were given; 1 (axisymmetric) or at least 3 are needed."
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Numbers of bins (nr, ntheta, nz)."""
        return len(self.r) - 1, len(self.theta) - 1, len(self.z) - 1

    @property
    def bins(self) -> int:
        """Number of bins."""
        return math.prod(self.shape)

    @property
    def axisymmetric(self) -> bool:
        """True with a single angle."""
        return self.shape[1] == 1

    @property
    def nodes(self) -> tuple[int, int, int]:
        """Shape of a table of nodal values: one angle if axisymmetric, else node k at theta[k], periodic."""
        nr, nt, nz = self.shape
        return nr + 1, nt, nz + 1

    @property
    def volumes(self) -> Floats:
        """Volumes of the full bins (annular sectors), nm3, of the grid's shape."""
        areas = 0.5 * np.diff(self.r**2)
        return areas[:, None, None] * np.diff(self.theta)[None, :, None] * np.diff(self.z)[None, None, :]

    @property
    def centres(self) -> tuple[Floats, Floats, Floats]:
        """Midpoints of the bins along r, theta and z."""
        r, theta, z = (0.5 * (edges[1:] + edges[:-1]) for edges in (self.r, self.theta, self.z))
        return r, theta, z


def tube_grid(
    cell: Tube, *, finest: float = 0.05, largest: float = 0.3, zone: float = 0.3, angles: int = 1, along: int = 1
) -> TensorGrid:
    """Grid of a periodic tube.

    Parameters
    ----------
    cell
        The tube.
    finest, largest
        Radial widths at the wall and where bins stop growing, nm.
    zone
        Thickness of the layer at the wall with bins of the finest width, nm: where the centres of ions in contact
        with it lie.
    angles, along
        Numbers of equal bins around and along the tube.

    Raises
    ------
    ParameterError
        For values out of range.
    """
    r = _from_wall(cell.radius, _sizes(finest, largest), zone)
    z = np.linspace(-0.5 * cell.length, 0.5 * cell.length, _count("along", along) + 1)
    return TensorGrid(r, _angles(angles), z)


def pore_grid(
    cell: PoreCell,
    *,
    finest: float = 0.06,
    largest: float = 0.5,
    zone: float = 0.3,
    angles: int = 1,
    growth: float = 1.3,
) -> TensorGrid:
    """Grid of a pore between two baths, with edges on the wall of a straight pore and on both faces of the membrane.

    Parameters
    ----------
    cell
        The pore.
    finest, largest
        Smallest width, at the wall and at the mouths, and the largest one, nm. Bins stay below it.
    zone
        Thickness of the layer inside the wall with bins of the finest width, nm. A cone has such bins between its
        smallest and its largest radius.
    angles
        Number of equal bins around.
    growth
        Ratio of neighbouring bins.

    Raises
    ------
    ParameterError
        For values out of range.
    """
    sizes = _sizes(finest, largest, growth)
    half = 0.5 * cell.length
    low, high = min(cell.r), max(cell.r)
    inner = _from_wall(low, sizes, zone)
    steps = math.ceil((high - low) / finest - 1e-9)
    walls = np.linspace(low, high, steps + 1)[1:] if steps else np.empty(0)
    outer = high + graded(cell.bath_radius - high, sizes)[1:]
    pore = edge_graded(cell.length, (-half, half), sizes, periodic=False)
    bath = half + graded(cell.bath_depth, sizes)[1:]
    z = np.concatenate([-bath[::-1], pore, bath])
    return TensorGrid(np.concatenate([inner, walls, outer]), _angles(angles), z)


def _edges(name: str, given: Sequence[float] | Floats) -> Floats:
    edges = np.ascontiguousarray(given, dtype=np.float64)
    if edges.ndim != 1 or len(edges) < 2 or not np.all(np.isfinite(edges)) or not np.all(np.diff(edges) > 0.0):
        raise ParameterError(
            f"TensorGrid: {name} = {given!r} was given; a row of at least two ascending finite edges is needed."
        )
    edges.flags.writeable = False
    return edges


def _sizes(finest: float, largest: float, growth: float = 1.3) -> Sizes:
    return Sizes(smallest=finest, largest=max(largest, finest), growth=growth)


def _count(name: str, given: int) -> int:
    if checks.integer("grid", name, given) < 1:
        raise ParameterError(f"grid: {name} = {given!r} was given; at least 1 is needed.")
    return given


def _angles(given: int) -> Floats:
    edges = np.linspace(0.0, FULL_TURN, _count("angles", given) + 1)
    edges[-1] = FULL_TURN
    return edges


def _from_wall(radius: float, sizes: Sizes, zone: float) -> Floats:
    """Edges from the axis to the wall: equal ones in the zone at the wall, growing inwards from there."""
    zone = min(checks.non_negative("grid", "zone", zone, "nm"), radius)
    count = math.ceil(zone / sizes.smallest - 1e-9)
    layer = np.linspace(0.0, zone, count + 1) if count else np.zeros(1)
    core = graded(radius - zone, sizes)[1:] + zone if zone < radius else np.empty(0)
    edges = radius - np.concatenate([layer, core])[::-1]
    edges[0] = 0.0
    return edges
