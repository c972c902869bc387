# SPDX-License-Identifier: LGPL-3.0-or-later
"""Where patterns change: positions that a mesh should be graded to."""

import math
from collections.abc import Iterable
from typing import NamedTuple

from fem_ionics.parameters import checks


class Edge(NamedTuple):
    """A line across the channel where a pattern changes.

    Attributes
    ----------
    axis : str
        "x", "y" or "z".
    position : float
        Coordinate along `axis`, m.
    width : float
        Length over which a smooth edge changes (of its tanh), m; 0 for a sharp edge.
    """

    axis: str
    position: float
    width: float


class Mark(NamedTuple):
    """An edge with the period by which it repeats (None: it does not)."""

    edge: Edge
    period: float | None


def gather(marks: Iterable[Mark], length: float, start: float, axis: str) -> tuple[Edge, ...]:
    """All edges on `axis` in [start, start + length], sorted; of several at one place the sharpest."""
    checks.axis_index(axis)
    length = checks.positive("edges", "length", length, "m")
    start = checks.real("edges", "start", start)
    tolerance = 1e-9 * length
    found = [
        mark.edge._replace(position=position)
        for mark in marks
        if mark.edge.axis == axis
        for position in _images(mark, start, start + length, tolerance)
    ]
    merged: list[Edge] = []
    for edge in sorted(found, key=lambda candidate: candidate.position):
        if merged and edge.position - merged[-1].position <= tolerance:
            merged[-1] = merged[-1]._replace(width=min(merged[-1].width, edge.width))
        else:
            merged.append(edge)
    return tuple(merged)


def _images(mark: Mark, start: float, stop: float, tolerance: float) -> list[float]:
    """Positions of a mark and of its periodic images in [start, stop], snapped to the ends."""
    position, period = mark.edge.position, mark.period
    if period is None:
        positions = [position]
    else:
        first = math.ceil((start - tolerance - position) / period)
        last = math.floor((stop + tolerance - position) / period)
        positions = [position + n * period for n in range(first, last + 1)]
    return [min(max(p, start), stop) for p in positions if start - tolerance <= p <= stop + tolerance]
