# SPDX-License-Identifier: LGPL-3.0-or-later
"""Nodes of a pore along its axis and across it, graded from the mouths and from the wall.

All sizes are those of refine = 1; refining divides each cell in its own geometric progression, so that an
integer factor keeps every node.
"""

import itertools
import math
from dataclasses import dataclass

import numpy as np

from fem_ionics.geometry.grading import Sizes, graded
from fem_ionics.geometry.nodemesh import Floats, Ints
from fem_ionics.geometry.pore_profile import Profile

#: Neighbouring cells differ by this factor at most, as in channels.
GROWTH = 1.3
#: Largest cells, as parts of the local radius (across and along), of the length and of the reservoir.
THICKEST, LONGEST_OF_RADIUS, LONGEST_OF_LENGTH, LARGEST_OF_RESERVOIR = 1 / 4, 1 / 2, 1 / 10, 1 / 4
_LOG = math.log(GROWTH)


@dataclass(frozen=True, kw_only=True)
class PorePlan:
    """Checked plan of a pore, lengths in mesh units.

    Parameters
    ----------
    profile
        Radius along the axis.
    reservoir
        Radius and height of each reservoir.
    resolve
        Length to resolve at walls, membrane faces and mouths.
    edges
        Positions and widths of further places to refine at.
    refine, shape, order, array
        As in `pore`.
    dielectric
        The membrane is meshed too.
    """

    profile: Profile
    reservoir: tuple[float, float]
    resolve: float
    refine: float
    edges: tuple[tuple[float, float], ...]
    shape: str
    order: int
    array: bool
    dielectric: bool

    @property
    def mouth_sizes(self) -> tuple[float, float]:
        """Axial size of the cells at the cis and the trans mouth."""
        longest = self.profile.length * LONGEST_OF_LENGTH
        cis, trans = (min(0.5 * self.resolve, THICKEST * radius, longest) for radius in self.profile.mouths)
        return cis, trans


@dataclass(frozen=True)
class Columns:
    """How the radius is divided: cells at refine = 1 from the axis to the wall, and on to the outer side.

    Parameters
    ----------
    inner, outer
        Number of cells inside the pore's radius and outside it, the same at every height.
    wall
        Thickness of the cell at the wall, where there is room for it.
    radius
        Distance of the outer side from the axis; None without anything outside the pore.
    refine
        Factor on the numbers of cells.
    """

    inner: int
    outer: int
    wall: float
    radius: float | None
    refine: float

    @property
    def wall_column(self) -> int:
        """Index of the column of nodes on the wall."""
        return whole(self.inner, self.refine)

    def at(self, a: Floats) -> Floats:
        """Radial nodes where the pore's radius is `a`, shape (heights, nodes): 0, ..., a, ..., radius."""
        first = np.minimum(self.wall, a / self.inner)
        inside = a[:, None] * (1.0 - _fractions(a / first, self.inner, self.refine)[:, ::-1])
        if self.radius is None:
            return inside
        gap = self.radius - a
        outside = a[:, None] + gap[:, None] * _fractions(gap / first, self.outer, self.refine)[:, 1:]
        outside[:, -1] = self.radius
        return np.concatenate([inside, outside], axis=1)


def pore_columns(plan: PorePlan) -> Columns:
    """Enough columns for the widest place of the pore and for the widest gap beside it."""
    a = np.unique(plan.profile.samples[1] if plan.dielectric else np.array(plan.profile.mouths))
    inner, wall = across(float(plan.profile.samples[1].max()), plan.resolve)
    radius = plan.reservoir[0]
    outer = 2
    for each in (float(a[0]), float(a[-1])):
        largest = LARGEST_OF_RESERVOIR * radius
        sizes = Sizes(smallest=min(wall, each / inner), largest=largest, growth=GROWTH)
        outer = max(outer, math.ceil(sizes.count(radius - each) - 1e-9))
    return Columns(inner, outer, wall, radius, plan.refine)


def across(widest: float, resolve: float) -> tuple[int, float]:
    """Number of cells from the axis to the wall at the widest place, and thickness of the one at the wall."""
    wall = min(0.5 * resolve, THICKEST * widest)
    sizes = Sizes(smallest=wall, largest=THICKEST * widest, growth=GROWTH)
    return max(round(1.0 / THICKEST), math.ceil(sizes.count(widest) - 1e-9)), wall


def pore_heights(plan: PorePlan) -> tuple[Floats, tuple[int, int]]:
    """Axial nodes from the bottom of the cis to the top of the trans reservoir, and where the faces are."""
    below, above = (
        graded(
            plan.reservoir[1],
            Sizes(smallest=size, largest=max(size, LARGEST_OF_RESERVOIR * plan.reservoir[1]), growth=GROWTH),
            refine=plan.refine,
        )
        for size in plan.mouth_sizes
    )
    pore = _inside_pore(plan)
    nodes = np.concatenate([pore[0] - below[:0:-1], pore, pore[-1] + above[1:]])
    return nodes, (len(below) - 1, len(below) + len(pore) - 2)


def _inside_pore(plan: PorePlan) -> Floats:
    """Axial nodes between the mouths: fine there and at the edges, no longer than the pore is wide."""
    length = plan.profile.length
    z, a = plan.profile.samples
    # Measured along the wall, which may be steep.
    size = np.minimum(LONGEST_OF_RADIUS * a / np.hypot(1.0, np.gradient(a, z)), LONGEST_OF_LENGTH * length)
    stops = {-0.5 * length: plan.mouth_sizes[0], 0.5 * length: plan.mouth_sizes[1]}
    for position, width in plan.edges:
        if abs(position) < 0.5 * length * (1.0 - 1e-9):
            # A smooth edge needs no cell finer than its own width.
            stops[position] = min(max(width, 0.5 * plan.resolve), stops.get(position, math.inf))
    nodes = spread(z, size, stops, plan.refine)
    mirror = 0.5 * (nodes - nodes[::-1])
    return mirror if np.allclose(nodes, mirror, rtol=0.0, atol=1e-9 * length) else nodes


def spread(z: Floats, largest: Floats, stops: dict[float, float], refine: float) -> Floats:
    """Nodes along a line for a cell size that varies, with a node at each stop.

    Parameters
    ----------
    z, largest
        Positions in order and the largest cells there.
    stops
        Positions that become nodes, both ends among them, and the cell size there.
    refine
        Factor on the number of cells.
    """
    places = np.unique(np.concatenate([z, list(stops)]))
    spacing = np.interp(places, z, largest)
    for position, size in stops.items():
        # A spacing that grows with slope log(growth) makes cells in geometric progression, the first one `size`.
        at = np.searchsorted(places, position)
        spacing[at] = min(spacing[at], size) * _LOG / (GROWTH - 1.0)
    steps = np.diff(places)
    for i in range(1, len(places)):
        spacing[i] = min(spacing[i], spacing[i - 1] + _LOG * steps[i - 1])
    for i in range(len(places) - 2, -1, -1):
        spacing[i] = min(spacing[i], spacing[i + 1] + _LOG * steps[i])
    counts = np.concatenate([[0.0], np.cumsum(steps * _inverse_mean(spacing))])
    pieces = [places[:1]]
    for start, stop in itertools.pairwise(sorted(stops)):
        low, high = np.searchsorted(places, [start, stop])
        cells = whole(math.ceil(counts[high] - counts[low] - 1e-9), refine)
        wanted = counts[low] + (counts[high] - counts[low]) * np.arange(1, cells) / cells
        pieces += [_invert(wanted, counts, places, spacing), places[high : high + 1]]
    return np.concatenate(pieces)


def whole(cells: int, refine: float) -> int:
    """Whole number of cells after refinement."""
    return max(1, math.ceil(refine * max(cells, 1) - 1e-9))


def _inverse_mean(spacing: Floats) -> Floats:
    """Mean of 1/spacing over each interval in which the spacing is linear."""
    left, right = spacing[:-1], spacing[1:]
    slope = np.log(right / left)
    flat = np.abs(slope) < 1e-8
    return np.where(flat, 2.0 / (left + right), slope / np.where(flat, 1.0, right - left))


def _invert(wanted: Floats, counts: Floats, places: Floats, spacing: Floats) -> Floats:
    """Positions at which the running number of cells has the wanted values."""
    rows: Ints = np.clip(np.searchsorted(counts, wanted, side="right") - 1, 0, len(places) - 2)
    slope = (spacing[rows + 1] - spacing[rows]) / (places[rows + 1] - places[rows])
    n = wanted - counts[rows]
    flat = np.abs(slope) * n < 1e-8
    return places[rows] + spacing[rows] * np.where(flat, n, np.expm1(slope * n) / np.where(flat, 1.0, slope))


def _fractions(ratio: Floats, cells: int, refine: float) -> Floats:
    """Geometric progressions from 0 to 1 whose first cell is 1/ratio, shape (len(ratio), nodes).

    The progression is found for `cells` cells and divided afterwards.
    """
    low, high = np.zeros_like(ratio), np.ones_like(ratio)
    for _ in range(60):
        middle = 0.5 * (low + high)
        # The sum 1 + q + ... + q^(cells-1) with log q = middle.
        short = np.expm1(cells * middle) < ratio * np.expm1(middle)
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    rate = 0.5 * (low + high)
    count = whole(cells, refine)
    steps = np.arange(count + 1) * (cells / count)
    equal = rate * cells < 1e-7
    rate = np.where(equal, 1.0, rate)[:, None]
    return np.where(equal[:, None], steps / cells, np.expm1(steps * rate) / np.expm1(cells * rate))
