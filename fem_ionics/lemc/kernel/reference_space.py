# SPDX-License-Identifier: LGPL-3.0-or-later
"""Space as the chain sees it, in Python: sums over pairs, walls, zones, bins, and tables of the one-body terms."""

import math

import numpy as np
import numpy.typing as npt

from fem_ionics.lemc.kernel.generator import random
from fem_ionics.lemc.kernel.memory import Memory

Floats = npt.NDArray[np.float64]
Point = tuple[float, float, float]
#: Interval along r, theta and z, and the place within each, 0 to 1.
Spot = tuple[tuple[int, int, int], tuple[float, float, float]]

BOX, SLIT, TUBE, PORE = range(4)
OBLONG, ROUND, SQUARE, CUBIC = range(4)


def pair_row(m: Memory, point: Point, radius: float) -> Floats | None:
    """Potential of a unit charge at a point at all particles, 1/nm; None where a sphere of this radius overlaps one."""
    n = m.M + m.N
    others = np.array([m.x[:n], m.y[:n], m.z[:n]], dtype=np.float64)
    return _pairs(m, np.array(point)[:, None] - others, radius + m.rad[:n].astype(np.float64))


def pair_potential(m: Memory, point: Point, other: Point, reach: float) -> float | None:
    """Potential of a unit charge at one point at another; None if they are closer than `reach`."""
    found = _pairs(m, np.subtract(point, other)[:, None], np.array([reach]))
    return None if found is None else float(found[0])


def _pairs(m: Memory, apart: Floats, reach: Floats) -> Floats | None:
    apart = apart - (m.periodic * m.periods)[:, None] * np.rint(apart / m.periods[:, None])
    distance2 = np.sum(apart**2, axis=0)
    # Bare points have a negative radius: all is room.
    if np.any(distance2 < reach * np.abs(reach)):
        return None
    # An ion at its own old place has no charge.
    potential = 1.0 / np.sqrt(distance2 + 1e-12)
    if np.any(m.periodic):
        arguments = _invariants(m.form, *(apart / m.scale[:, None]) ** 2)
        potential = potential + np.polynomial.polynomial.polyval3d(*arguments, m.coefficient)
    return potential


def _invariants(form: int, x2: Floats, y2: Floats, z2: Floats) -> tuple[Floats, Floats, Floats]:
    if form == OBLONG:
        return x2, y2, z2
    if form == CUBIC:
        return x2 + y2 + z2, x2 * y2 + y2 * z2 + z2 * x2, x2 * y2 * z2
    return x2 + y2, x2 * y2, z2


def inside(m: Memory, radius: float, point: Point) -> Point | None:
    """The point, brought back into the cell where it is periodic; None if a sphere there overlaps a wall."""
    x, y, z = (_wrapped(v, side) if on else v for v, side, on in zip(point, m.sides, m.periodic, strict=True))
    if m.kind == BOX:
        return x, y, z
    if m.kind == SLIT:
        return (x, y, z) if abs(z) <= 0.5 * m.sides[2] - radius else None
    square = x * x + y * y
    if m.kind == TUBE:
        reach = m.sides[0] - radius
        return (x, y, z) if reach >= 0.0 and square <= reach * reach else None
    return (x, y, z) if _in_pore(m, radius, math.sqrt(square), z) else None


def _wrapped(x: float, side: float) -> float:
    return x - side * math.floor(x / side + 0.5)


def _in_pore(m: Memory, radius: float, r: float, z: float) -> bool:
    if abs(z) > m.top or r > m.bath:
        return False
    if abs(z) >= m.wz[-1] + radius:
        return True
    for k in (0, -1):  # the membrane's faces
        if math.hypot(max(m.wr[k] - r, 0.0), z - m.wz[k]) < radius:
            return False
    for k in range(len(m.wz) - 1):  # the wall of the pore
        ez, er = m.wz[k + 1] - m.wz[k], m.wr[k + 1] - m.wr[k]
        if m.wz[k] <= z <= m.wz[k + 1] and r >= m.wr[k] + er * (z - m.wz[k]) / ez:
            return False
        along = ((z - m.wz[k]) * ez + (r - m.wr[k]) * er) / (ez * ez + er * er)
        along = min(max(along, 0.0), 1.0)
        if math.hypot(z - m.wz[k] - along * ez, r - m.wr[k] - along * er) < radius:
            return False
    return True


def place(m: Memory, k: int) -> Point:
    """A random point in a zone, all of its volume alike."""
    low, high, radius, _ = m.zone[k].tolist()
    if m.kind in (BOX, SLIT):
        x, y = ((random(m) - 0.5) * float(side) for side in m.sides[:2])
    else:
        while True:
            x, y = 2.0 * random(m) - 1.0, 2.0 * random(m) - 1.0
            if x * x + y * y <= 1.0:
                break
        x, y = x * radius, y * radius
    return x, y, low + random(m) * (high - low)


def zone_of(m: Memory, z: float) -> int:
    """The zone that a height lies in."""
    return min(max(int(np.searchsorted(m.zone[:, 0], z, side="right")) - 1, 0), m.K - 1)


def where(m: Memory, point: Point) -> Spot:
    """Bin of a point, and its place there."""
    x, y, z = point
    angle = math.atan2(y, x) % (2.0 * math.pi) if len(m.t) > 2 else 0.0
    found = [_interval(e, v) for e, v in ((m.r, math.sqrt(x * x + y * y)), (m.t, angle), (m.z_edges, z))]
    (ir, fr), (it, ft), (iz, fz) = found
    return (ir, it, iz), (fr, ft, fz)


def _interval(edges: Floats, value: float) -> tuple[int, float]:
    k = min(max(int(np.searchsorted(edges, value, side="right")) - 1, 0), len(edges) - 2)
    part = (value - edges[k]) / (edges[k + 1] - edges[k])
    return k, min(max(float(part), 0.0), 1.0)


def flat_bin(m: Memory, at: Spot) -> int:
    """Index of a bin in C order."""
    ir, it, iz = at[0]
    return (ir * (len(m.t) - 1) + it) * (len(m.z_edges) - 1) + iz


def nodal(m: Memory, values: Floats, at: Spot) -> float:
    """A table of the nodes at a point: linear in r, theta and z between them, periodic in theta."""
    (ir, it, iz), (fr, ft, fz) = at
    angles = len(m.t) - 1
    corners = values[ir : ir + 2, [it, (it + 1) % angles], iz : iz + 2]
    return float(np.einsum("i,j,k,ijk", (1.0 - fr, fr), (1.0 - ft, ft), (1.0 - fz, fz), corners))


def bilinear(m: Memory, point: Point) -> float:
    """The tabulated potential at a point, kT/e."""
    x, y, z = point
    fr, fz = math.sqrt(x * x + y * y) / m.table_dr, (z - m.table_low) / m.table_dz
    ir, iz = min(int(fr), m.table.shape[0] - 2), min(max(math.floor(fz), 0), m.table.shape[1] - 2)
    fr, fz = fr - ir, fz - iz
    return float((1.0 - fr, fr) @ m.table[ir : ir + 2, iz : iz + 2] @ (1.0 - fz, fz))
