# SPDX-License-Identifier: LGPL-3.0-or-later
"""Where straight lines across a planar mesh meet its edges: the extent of sections and their panels."""

import numpy as np
import numpy.typing as npt
from dolfinx.mesh import entities_to_geometry

from fem_ionics.geometry import Domain

Floats = npt.NDArray[np.float64]

#: Relative to the mesh unit: closer crossings are one.
_SAME = 1e-7


def section_breaks(domain: Domain, index: int, positions: Floats) -> list[Floats]:
    """Coordinates at which each line across the axis `index` meets edges of cells (collective).

    Parameters
    ----------
    domain
        Planar; cells of order 1 or 2.
    index, positions
        Lines at these coordinates of that axis, m; a periodic axis wraps them.

    Returns
    -------
    list of float arrays
        For each line the sorted other coordinates, m; fewer than two where it misses the mesh. The same on every
        rank.
    """
    edges = _edges(domain)
    lower, period = domain.bounds[0][index], domain.periods.get(domain.axes[index], 0.0)
    wrapped = lower + np.mod(positions - lower, period) if period else positions
    mine = [_crossings(edges, index, position / domain.unit) for position in wrapped]
    everywhere = domain.comm.allgather(mine)
    return [domain.unit * _distinct(np.concatenate([rank[i] for rank in everywhere])) for i in range(len(positions))]


def _edges(domain: Domain) -> Floats:
    """Nodes of this rank's edges, shape (edges, 2 or 3, 2); of a curved edge the middle node comes last."""
    mesh = domain.mesh
    mesh.topology.create_connectivity(1, 2)
    count = mesh.topology.index_map(1).size_local
    nodes = entities_to_geometry(mesh, 1, np.arange(count, dtype=np.int32))
    return mesh.geometry.x[nodes, :2]


def _crossings(edges: Floats, index: int, position: float) -> Floats:
    """Other coordinate of the points of edges at a coordinate."""
    start, end = edges[:, 0], edges[:, 1]
    middle = edges[:, 2] if edges.shape[1] == 3 else 0.5 * (start + end)
    # x(s) = a s^2 + b s + c on 0 <= s <= 1, a = 0 on straight edges.
    a, b, c = 2.0 * (start + end - 2.0 * middle), 4.0 * middle - 3.0 * start - end, start
    roots = _roots(a[:, index], b[:, index], c[:, index] - position)
    rows, which = np.nonzero((roots >= -_SAME) & (roots <= 1.0 + _SAME))
    s, other = np.clip(roots[rows, which], 0.0, 1.0), 1 - index
    return a[rows, other] * s**2 + b[rows, other] * s + c[rows, other]


def _roots(a: Floats, b: Floats, c: Floats) -> Floats:
    """Real roots of quadratics and lines, shape (n, 2); nan where there is none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        straight = np.abs(a) <= 1e-12 * np.abs(b)
        root = np.sqrt(b * b - 4.0 * a * c)
        # The form without cancellation.
        q = -0.5 * (b + np.copysign(root, b))
        first = np.where(straight, -c / b, q / a)
        second = np.where(straight, np.nan, c / q)
    roots = np.column_stack([first, second])
    roots[~np.isfinite(roots)] = np.nan
    return roots


def _distinct(values: Floats) -> Floats:
    values = np.sort(values)
    return values[np.diff(values, prepend=-np.inf) > _SAME]
