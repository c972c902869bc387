# SPDX-License-Identifier: LGPL-3.0-or-later
r"""Potential of the smeared charge of a pore's wall, tabulated for the Monte-Carlo chain.

The wall is a surface of revolution in a uniform dielectric. A ring of radius b and charge q (in e) at height h has

.. math:: \phi(\rho, z) = \frac{2 l_B q}{\pi} \frac{K(m)}{\sqrt{(\rho + b)^2 + (z - h)^2}},
          \quad 1 - m = \frac{(\rho - b)^2 + (z - h)^2}{(\rho + b)^2 + (z - h)^2},

with the complete elliptic integral K; the wall is a row of such rings. Near the wall K is nearly singular: with t the
arc length from the foot of the point and d its distance, t = d sinh u spreads the singularity, and Gauss-Legendre
quadrature in u converges geometrically wherever the point lies.

J. D. Jackson, Classical Electrodynamics, 3rd ed. (1999), problem 5.10 and chapter 3, for the ring; P. R. Johnston,
D. Elliott, Int. J. Numer. Methods Eng. 62, 564-578 (2005), for the sinh transformation.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ellipkm1

from fem_ionics.errors import ParameterError
from fem_ionics.lemc.cell import PoreCell, Slit, Tube
from fem_ionics.lemc.wall_strip import Strip, strip_of
from fem_ionics.parameters import checks

Floats = npt.NDArray[np.float64]

#: Gauss-Legendre points on each side of the foot of a point; 20 leave less than 1e-9 of the potential.
_POINTS = 20
#: Points closer to the wall than this are treated as if they were as far, nm: the potential is finite there.
_NEAREST = 1e-7
#: Points whose quadrature is held in memory together.
_CHUNK = 20000

#: Charge of a zone: density (e/nm2), heights between which it lies (nm), depth behind the wall (nm).
Zone = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class PotentialTable:
    """Potential at equal steps of the radius and of the height; bilinear between them.

    Parameters
    ----------
    r, z
        Ascending equal steps, nm; r from 0.
    values
        Shape (len(r), len(z)): energy of a unit positive charge, kT.

    Raises
    ------
    ParameterError
        For steps that are not equal, or values that do not fit them or are not finite.
    """

    r: Floats
    z: Floats
    values: Floats

    def __post_init__(self) -> None:
        for name in ("r", "z", "values"):
            array = np.array(getattr(self, name), dtype=np.float64, order="C")
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        for name in ("r", "z"):
            steps = np.diff(getattr(self, name))
            if not len(steps) or steps.min() <= 0.0 or np.ptp(steps) > 1e-6 * steps.max():
                raise ParameterError(f"PotentialTable: {name} must ascend by equal steps, two nodes at least.")
        if self.r[0] != 0.0:
            raise ParameterError(f"PotentialTable: r starts at {self.r[0]:g} nm; it must start at 0, the axis.")
        if self.values.shape != (len(self.r), len(self.z)) or not np.all(np.isfinite(self.values)):
            raise ParameterError(
                f"PotentialTable: values of shape {self.values.shape} were given; finite ones of shape "
                f"{(len(self.r), len(self.z))} are needed."
            )

    def __call__(self, rho: npt.ArrayLike, z: npt.ArrayLike) -> Floats:
        """Potential at a distance from the axis and a height, nm; beyond the table that of its edge."""
        place = []
        for nodes, given in ((self.r, rho), (self.z, z)):
            step = (nodes[-1] - nodes[0]) / (len(nodes) - 1)
            at = np.clip((np.asarray(given, dtype=float) - nodes[0]) / step, 0.0, len(nodes) - 1)
            index = np.minimum(at.astype(np.int64), len(nodes) - 2)
            place.append((index, at - index))
        (i, s), (j, t) = place
        v = self.values
        return (1 - s) * ((1 - t) * v[i, j] + t * v[i, j + 1]) + s * ((1 - t) * v[i + 1, j] + t * v[i + 1, j + 1])


def smeared_potential(
    cell: PoreCell | Tube | Slit, zones: Sequence[Zone], bjerrum: float, spacing: float = 0.05
) -> PotentialTable | None:
    """Tabulate the potential of a smeared wall all over the pore and its baths.

    Parameters
    ----------
    cell
        Where.
    zones
        (density in e/nm2, lower and upper height in nm, depth in nm) of each charged zone.
    bjerrum
        Bjerrum length, nm.
    spacing
        Largest step of the table, nm.

    Returns
    -------
    PotentialTable or None
        None for a tube and a slit, which feel no field from their smeared walls (the potential is constant in them),
        and without zones.

    Raises
    ------
    ParameterError
        For numbers that are not finite, a zone beyond the wall, or a charge beyond the axis.

    Notes
    -----
    The nodes are exact to 1e-9 of the potential. Bilinear interpolation between them errs most around the mouth, where
    the charge ends: at 1 e/nm2 and 0.06 nm from that edge by 0.006 kT for steps of 0.05 nm and 0.0011 kT for 0.02 nm;
    inside the pore, half a nanometre from the mouth, by 0.0008 kT and 0.00014 kT.
    """
    bjerrum = checks.positive("smeared_potential", "bjerrum", bjerrum, "nm")
    spacing = checks.positive("smeared_potential", "spacing", spacing, "nm")
    if isinstance(cell, (Tube, Slit)) or not zones:
        return None
    steps_r, steps_z = math.ceil(cell.bath_radius / spacing - 1e-9), math.ceil(2.0 * cell.top / spacing - 1e-9)
    r, z = np.linspace(0.0, cell.bath_radius, steps_r + 1), np.linspace(-cell.top, cell.top, steps_z + 1)
    values = wall_potential(cell, zones, bjerrum, r[:, None], z[None, :])
    return PotentialTable(r, z, values)


def wall_potential(
    cell: PoreCell, zones: Sequence[Zone], bjerrum: float, rho: npt.ArrayLike, z: npt.ArrayLike
) -> Floats:
    """Potential of the smeared wall at given points, kT per unit charge; zero far away.

    Parameters
    ----------
    cell, zones, bjerrum
        As in `smeared_potential`.
    rho, z
        Distances from the axis and heights, nm; broadcast together.

    Raises
    ------
    ParameterError
        As in `smeared_potential`.
    """
    rho, z = np.broadcast_arrays(np.asarray(rho, dtype=float), np.asarray(z, dtype=float))
    total = np.zeros(rho.size)
    for density, low, high, depth in zones:
        density = checks.real("smeared_potential", "density", density)
        depth = checks.real("smeared_potential", "depth", depth)
        for frustum in _frusta(strip_of(cell, (low, high)), depth):
            total += bjerrum * density * _of_frustum(frustum, rho.ravel(), z.ravel())
    return total.reshape(rho.shape)


@dataclass(frozen=True)
class _Frustum:
    """A straight piece of the charged surface; `wall` is the radius of the wall before it, which counts the charge."""

    start: tuple[float, float]
    slope: float
    length: float
    wall: float


def _frusta(strip: Strip, depth: float) -> list[_Frustum]:
    pieces = []
    for k, slope in enumerate(strip.slopes):
        rise = math.sqrt(1.0 - slope**2)
        start = strip.r[k] + depth * rise, strip.z[k] - depth * slope
        if min(start[0], start[0] + strip.r[k + 1] - strip.r[k]) <= 0.0:
            raise ParameterError(
                f"Smeared: depth = {depth:g} nm was given; that lies beyond the axis of a pore of radius "
                f"{min(strip.r[k], strip.r[k + 1]):g} nm."
            )
        pieces.append(_Frustum(start, float(slope), float(strip.arcs[k + 1] - strip.arcs[k]), float(strip.r[k])))
    return pieces


def _of_frustum(frustum: _Frustum, rho: Floats, z: Floats) -> Floats:
    """Potential per Bjerrum length and density: rings of charge 2 pi r(s) ds, integrated along the piece."""
    chunks = [slice(k, k + _CHUNK) for k in range(0, len(rho), _CHUNK)]
    return np.concatenate([_integral(frustum, rho[each], z[each]) for each in chunks])


def _integral(frustum: _Frustum, rho: Floats, z: Floats) -> Floats:
    (b0, h0), slope = frustum.start, frustum.slope
    rise = math.sqrt(1.0 - slope**2)
    along = (rho - b0) * slope + (z - h0) * rise
    foot = np.clip(along, 0.0, frustum.length)
    apart = np.maximum(np.hypot(rho - b0 - slope * foot, z - h0 - rise * foot), _NEAREST)
    nodes, weights = np.polynomial.legendre.leggauss(_POINTS)
    nodes, weights = 0.5 * (nodes + 1.0), 0.5 * weights
    total = np.zeros(len(rho))
    for sign, room in ((-1.0, foot), (1.0, frustum.length - foot)):
        reach = np.arcsinh(room / apart)
        for node, weight in zip(nodes, weights, strict=True):
            u = reach * node
            s = foot + sign * apart * np.sinh(u)
            b, h = b0 + slope * s, h0 + rise * s
            far = (rho + b) ** 2 + (z - h) ** 2
            near = np.maximum((rho - b) ** 2 + (z - h) ** 2, _NEAREST**2)
            ring = (frustum.wall + slope * s) * ellipkm1(near / far) / np.sqrt(far)
            total += weight * reach * apart * np.cosh(u) * ring
    # 2 / pi of the ring and 2 pi r of its girth.
    return 4.0 * total
