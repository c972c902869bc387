# SPDX-License-Identifier: LGPL-3.0-or-later
"""Node positions along a line: small cells where layers are thin, growing geometrically away from there.

Symmetric node sets are built as one half and its reflection, so that they are symmetric to the last bit.
"""

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fem_ionics.errors import ParameterError
from fem_ionics.geometry.nodemesh import Floats
from fem_ionics.parameters import checks


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Cell size as a function of the distance from where it is smallest.

    Parameters
    ----------
    smallest, largest
        Size of the first cell and the limit to which cells grow, in any one unit of length.
    growth
        Ratio of neighbouring cells, above 1.
    """

    smallest: float
    largest: float
    growth: float = 1.3

    def __post_init__(self) -> None:
        checks.positive("grading", "smallest", self.smallest)
        checks.positive("grading", "largest", self.largest)
        if checks.real("grading", "growth", self.growth) <= 1.0:
            raise ParameterError(f"grading: growth = {self.growth!r} was given; it must exceed 1.")

    def at(self, distance: Any) -> Any:
        """Cell size at a distance, number or array."""
        return np.minimum(self.smallest + (self.growth - 1.0) * distance, max(self.largest, self.smallest))

    @property
    def _knee(self) -> float:
        """Distance at which cells stop growing, chosen so that the density of nodes does not jump."""
        if self.smallest >= self.largest:
            return 0.0
        return max(0.0, self.largest / math.log(self.growth) - self.smallest / (self.growth - 1.0))

    def count(self, distance: float) -> float:
        """Number of cells (a real number) between the start and `distance`."""
        ratio = self.growth - 1.0
        inner = min(distance, self._knee)
        cells = math.log1p(ratio * inner / self.smallest) / math.log(self.growth)
        return cells + (distance - inner) / self.largest

    def distance(self, count: float) -> float:
        """Distance covered by `count` cells: the inverse of `count`."""
        graded = self.count(self._knee)
        inner = min(count, graded)
        reach = self.smallest * math.expm1(inner * math.log(self.growth)) / (self.growth - 1.0)
        return reach + (count - inner) * self.largest


def graded(length: float, sizes: Sizes, *, refine: float = 1.0, cells: int | None = None) -> Floats:
    """Nodes from 0 to `length`, small cells at 0.

    Parameters
    ----------
    length
        Length of the line.
    sizes
        Cell sizes by distance from 0; no cell is larger than they say.
    refine
        Factor on the number of cells; an integer one keeps the nodes and puts new ones between.
    cells
        Exact number of cells instead; the smallest size is then kept and the growth found, or the cells
        are equal where that many would not reach the end at no growth.

    Returns
    -------
    float array, shape (cells + 1,)
        Ends exactly at 0 and `length`.
    """
    if cells is None:
        nodes = _fill(length, 0.0, math.inf, sizes, refine)
    elif cells == 1 or cells * sizes.smallest >= length:
        nodes = length * np.arange(cells + 1) / cells
    else:
        growth = _growth_for(length / sizes.smallest, cells)
        powers = np.expm1(np.arange(cells + 1) * math.log(growth))
        nodes = length * powers / powers[-1]
    nodes[-1] = length
    return nodes


def reflected(half: Floats) -> Floats:
    """Nodes from -end to end from those of the upper half, which start at 0: symmetric to the last bit."""
    return np.concatenate([-half[:0:-1], half])


def edge_graded(
    length: float,
    edges: Iterable[float],
    sizes: Sizes,
    *,
    periodic: bool,
    refine: float = 1.0,
    uniform: int | None = None,
) -> Floats:
    """Nodes from -length/2 to length/2, small cells around the given positions.

    Parameters
    ----------
    length
        Length of the line.
    edges
        Positions that become nodes; those outside the line are ignored, or wrapped when periodic.
    sizes
        Cell sizes by distance from the nearest edge; equal cells of `sizes.largest` without edges.
    periodic
        Distances go around the end.
    refine
        Factor on the number of cells, as in `graded`.
    uniform
        This many equal cells instead, whatever the edges.

    Returns
    -------
    float array
        Symmetric about 0 to the last bit when the edges are symmetric.
    """
    half = 0.5 * length
    if uniform is not None:
        # 2 i - n is an exact integer and odd in i about the middle.
        return half * (2 * np.arange(uniform + 1) - uniform) / uniform
    within = inside(length, edges, periodic)
    fine = with_images(within, length) if periodic else within
    if is_symmetric(within, length):
        stops = [0.0, *(edge for edge in within if 1e-10 * length < edge < half - 1e-10 * length), half]
        return reflected(_between(stops, fine, sizes, refine))
    stops = [-half, *(edge for edge in within if abs(edge) < half - 1e-10 * length), half]
    return _between(stops, fine, sizes, refine)


def is_symmetric(edges: Floats, length: float) -> bool:
    """True where sorted positions are their own mirror image about 0."""
    return bool(np.allclose(edges, -edges[::-1], rtol=0.0, atol=1e-10 * length))


def _refined(total: float, refine: float) -> int:
    """Whole number of cells: rounded up first, so that refine = 2 doubles it."""
    return max(1, math.ceil(refine * math.ceil(total - 1e-9) - 1e-9))


def _growth_for(ratio: float, cells: int) -> float:
    """Growth q with 1 + q + ... + q^(cells-1) = ratio > cells, by bisection."""
    low, high = 1.0, 2.0
    while math.expm1(cells * math.log(high)) / (high - 1.0) < ratio:
        high *= 2.0
    for _ in range(200):
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        total = math.expm1(cells * math.log(middle)) / (middle - 1.0)
        low, high = (middle, high) if total < ratio else (low, middle)
    return high


def inside(length: float, edges: Iterable[float], periodic: bool) -> Floats:
    """Edges in [-length/2, length/2], sorted, each once; an edge at one end of a period is at both."""
    half, tolerance = 0.5 * length, 1e-10 * length
    found = np.array(sorted(float(edge) for edge in edges), dtype=float)
    if periodic:
        found = found - length * np.floor(found / length + 0.5)
        ends = np.abs(np.abs(found) - half) < tolerance
        found = np.concatenate([found[~ends], [-half, half] if ends.any() else []])
    found = np.sort(found[np.abs(found) <= half + tolerance])
    return found[np.concatenate([[True], np.diff(found) > tolerance])[: len(found)]]


def with_images(edges: Floats, length: float) -> Floats:
    """Edges of three periods, so that distances go around the end."""
    return np.sort(np.concatenate([edges - length, edges, edges + length]))


def _between(stops: list[float], fine: Floats, sizes: Sizes, refine: float) -> Floats:
    """Nodes that include every stop, graded by the distance from the fine positions."""
    pieces = [np.array(stops[:1])]
    for start, stop in itertools.pairwise(stops):
        middle = 0.5 * (start + stop)
        left = start - max((edge for edge in fine if edge < middle), default=-math.inf)
        right = min((edge for edge in fine if edge > middle), default=math.inf) - stop
        piece = start + _fill(stop - start, max(left, 0.0), max(right, 0.0), sizes, refine)
        piece[-1] = stop
        pieces.append(piece[1:])
    return np.concatenate(pieces)


def _fill(length: float, left: float, right: float, sizes: Sizes, refine: float) -> Floats:
    """Nodes from 0 to `length`; the places of smallest size lie `left` before and `right` behind it."""
    if math.isinf(left) and math.isinf(right):
        cells = _refined(length / sizes.largest, refine)
        return length * np.arange(cells + 1) / cells
    # Each point belongs to the nearer place: `meet` is where both are equally far.
    meet = min(max(0.5 * (length + right - left), 0.0), length)
    before = sizes.count(left + meet) - sizes.count(left) if meet > 0.0 else 0.0
    after = sizes.count(right + length - meet) - sizes.count(right) if meet < length else 0.0
    total = before + after
    cells = _refined(total, refine)
    nodes = np.empty(cells + 1)
    for i in range(cells + 1):
        done = total * i / cells
        # Rounding must not send the last node to a side that has no such place.
        if meet >= length or (done <= before and meet > 0.0):
            nodes[i] = sizes.distance(sizes.count(left) + done) - left
        else:
            nodes[i] = length - (sizes.distance(sizes.count(right) + total - done) - right)
    nodes[0], nodes[-1] = 0.0, length
    return nodes
