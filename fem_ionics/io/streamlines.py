# SPDX-License-Identifier: LGPL-3.0-or-later
"""Evenly spaced streamlines of a sampled vector field.

After Jobard and Lefer, "Creating evenly-spaced streamlines of arbitrary density" (1997): new lines start at
a fixed distance from the present ones and end where they come close to another; here closed lines also close,
as those of recirculating flow do.
"""

from collections import deque
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Point = tuple[float, float]

#: Steps of a line per separation, and the part of the separation at which a line ends before another.
_STEPS, _CLOSEST = 6, 0.55
#: Lines that are smaller than this many separations are left out.
_SMALLEST = 1.0
#: Speeds below this part of the largest count as rest.
_REST = 1e-4
_LONGEST = 4000


def trace(x: Floats, y: Floats, first: Floats, second: Floats, separation: float) -> list[Floats]:
    """Lines that follow a vector field.

    Parameters
    ----------
    x, y
        Regular grid, increasing, shapes (m,) and (n,).
    first, second
        Components, shape (n, m); nan where there is no field.
    separation
        Distance between neighbouring lines, in the unit of `x` and `y`.

    Returns
    -------
    list of float arrays, each of shape (points, 2)
        In the direction of the field; a closed line ends at its first point.
    """
    field = _Direction(x, y, first, second)
    taken = _Neighbours(separation)
    lines: list[Floats] = []
    for seed in _seeds(field, lines, separation):
        if field(seed) is None or taken.near(seed, 0.95 * separation):
            continue
        line = _trace(field, seed, separation, taken)
        # A tiny ring in the eye of a vortex is a blot on the picture.
        if np.ptp(line, axis=0).max() > _SMALLEST * separation:
            taken.add(line)
            lines.append(np.array(line))
    return lines


def _seeds(field: "_Direction", lines: list[Floats], separation: float) -> Iterator[Point]:
    """The fastest point, then points beside the lines that were added, then all over the field."""
    yield field.fastest
    done = 0
    beside: deque[Point] = deque()
    grid = field.grid(separation)
    while True:
        for line in lines[done:]:
            beside.extend(_beside(line, separation))
        done = len(lines)
        if beside:
            yield beside.popleft()
            continue
        point = next(grid, None)
        if point is None:
            return
        yield point


def _beside(line: Floats, separation: float) -> list[Point]:
    along = np.gradient(line, axis=0)
    normal = np.column_stack([-along[:, 1], along[:, 0]]) / np.linalg.norm(along, axis=1)[:, None]
    points = np.concatenate([line + separation * normal, line - separation * normal])[:: _STEPS // 2]
    return [(float(a), float(b)) for a, b in points]


def _trace(field: "_Direction", seed: Point, separation: float, taken: "_Neighbours") -> list[Point]:
    ahead, closed = _march(field, seed, separation, taken, 1.0)
    if closed:
        return ahead
    behind, _ = _march(field, seed, separation, taken, -1.0)
    return behind[:0:-1] + ahead


def _march(
    field: "_Direction", seed: Point, separation: float, taken: "_Neighbours", sign: float
) -> tuple[list[Point], bool]:
    """Points from the seed on, and whether they came back to it."""
    step = sign * separation / _STEPS
    points, own = [seed], _Neighbours(separation)
    while len(points) < _LONGEST:
        point = field.step(points[-1], step)
        if point is None or taken.near(point, _CLOSEST * separation):
            break
        # What lies a separation behind may be met again: by closing, or in a spiral.
        if len(points) > 2 * _STEPS:
            own.add([points[-2 * _STEPS]])
            if own.near(point, _CLOSEST * separation):
                closed = np.hypot(point[0] - seed[0], point[1] - seed[1]) < separation
                return [*points, seed] if closed else points, bool(closed)
        points.append(point)
    return points, False


class _Direction:
    """Unit vectors of the field by bilinear interpolation; None outside and at rest."""

    def __init__(self, x: Floats, y: Floats, first: Floats, second: Floats) -> None:
        self.x0, self.y0 = float(x[0]), float(y[0])
        self.dx, self.dy = float(x[1] - x[0]), float(y[1] - y[0])
        self.size = (len(x), len(y))
        self.first, self.second = first, second
        speed = np.nan_to_num(np.hypot(first, second))
        self.rest = _REST * float(speed.max())
        row, column = np.unravel_index(int(speed.argmax()), speed.shape)
        self.fastest = (float(x[column]), float(y[row]))

    def __call__(self, point: Point) -> Point | None:
        across, up = (point[0] - self.x0) / self.dx, (point[1] - self.y0) / self.dy
        if not (0.0 <= across <= self.size[0] - 1 and 0.0 <= up <= self.size[1] - 1):
            return None
        i, j = min(int(across), self.size[0] - 2), min(int(up), self.size[1] - 2)
        s, t = across - i, up - j
        weights = np.array([[(1 - s) * (1 - t), s * (1 - t)], [(1 - s) * t, s * t]])
        u = float(np.sum(weights * self.first[j : j + 2, i : i + 2]))
        v = float(np.sum(weights * self.second[j : j + 2, i : i + 2]))
        speed = float(np.hypot(u, v))
        return (u / speed, v / speed) if speed > self.rest else None

    def step(self, point: Point, length: float) -> Point | None:
        """Classical Runge-Kutta step along the direction; None where it leaves the field."""
        total = [0.0, 0.0]
        slope: Point | None = (0.0, 0.0)
        for fraction, weight in ((0.0, 1.0), (0.5, 2.0), (0.5, 2.0), (1.0, 1.0)):
            assert slope is not None
            slope = self((point[0] + fraction * length * slope[0], point[1] + fraction * length * slope[1]))
            if slope is None:
                return None
            total = [total[0] + weight * slope[0], total[1] + weight * slope[1]]
        return point[0] + length * total[0] / 6.0, point[1] + length * total[1] / 6.0

    def grid(self, separation: float) -> Iterator[Point]:
        """Points all over the field."""
        for b in np.arange(0.5 * separation, self.dy * (self.size[1] - 1), separation):
            for a in np.arange(0.5 * separation, self.dx * (self.size[0] - 1), separation):
                yield self.x0 + float(a), self.y0 + float(b)


class _Neighbours:
    """Points in square bins, to ask whether one is near."""

    def __init__(self, width: float) -> None:
        self.width = width
        self.bins: dict[tuple[int, int], list[Point]] = {}

    def _bin(self, point: Point) -> tuple[int, int]:
        return int(point[0] // self.width), int(point[1] // self.width)

    def add(self, points: list[Point]) -> None:
        """Take in more points."""
        for point in points:
            self.bins.setdefault(self._bin(point), []).append(point)

    def near(self, point: Point, distance: float) -> bool:
        """Whether a point lies within `distance`, at most the width of a bin."""
        a, b = self._bin(point)
        found = (self.bins.get((a + i, b + j), ()) for i in (-1, 0, 1) for j in (-1, 0, 1))
        limit = distance * distance
        return any((p[0] - point[0]) ** 2 + (p[1] - point[1]) ** 2 < limit for bin_ in found for p in bin_)
