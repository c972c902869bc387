# SPDX-License-Identifier: LGPL-3.0-or-later
"""A voltage over time: pieces that follow each other, with jumps between them where they differ."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks
from fem_ionics.reduced import given

Array = NDArray[np.float64]

#: Pieces meet if their ends agree within this part of the waveform's length.
_MEET = 1e-9


@dataclass(frozen=True)
class Piece:
    """A voltage from `start` to `end`.

    Parameters
    ----------
    start, end
        s.
    volts
        V: a number, or a function of times (s) for arrays.
    bounds
        The lowest and the highest voltage of a function.

    Raises
    ------
    ParameterError
        For an end that is not after the start, a function without bounds, and what is no finite number.
    """

    start: float
    end: float
    volts: float | Callable[[Any], Any]
    bounds: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        start, end = (checks.real("Piece", name, getattr(self, name)) for name in ("start", "end"))
        if not start < end:
            raise ParameterError(f"Piece: from {start:g} s to {end:g} s was given; an end after the start is needed.")
        if callable(self.volts):
            if self.bounds is None:
                raise ParameterError("Piece: volts is a function; its bounds = (lowest, highest) in V are needed too.")
            low, high = (checks.real("Piece", "a bound", each) for each in self.bounds)
            if low > high:
                raise ParameterError(f"Piece: bounds = {self.bounds!r} were given; the lowest comes first.")
        else:
            value = checks.real("Piece", "volts", self.volts)
            object.__setattr__(self, "bounds", (value, value))

    def at(self, times: Any) -> Array:
        """Voltage at times (s) in this piece, V, of their shape."""
        t = np.asarray(times, dtype=float)
        volts = np.broadcast_to(np.asarray(self.volts(t) if callable(self.volts) else self.volts, dtype=float), t.shape)
        low, high = self.bounds or (0.0, 0.0)
        room = 1e-9 * max(abs(low), abs(high)) + 1e-15
        if not np.all((volts >= low - room) & (volts <= high + room)):
            raise ParameterError(
                f"Piece from {self.start:g} s to {self.end:g} s: a voltage outside its bounds {low:g} V, {high:g} V."
            )
        return volts


@dataclass(frozen=True)
class Waveform:
    """Pieces of a voltage, one after the other.

    Parameters
    ----------
    pieces
        In order of time, each from where the one before ends.

    Raises
    ------
    ParameterError
        Without pieces, for a gap between two, and for two that overlap.
    """

    pieces: tuple[Piece, ...]

    def __post_init__(self) -> None:
        pieces = tuple(self.pieces)
        if not pieces:
            raise ParameterError("Waveform: no piece was given; one or more are needed.")
        near = _MEET * (pieces[-1].end - pieces[0].start)
        for one, two in pairwise(pieces):
            if two.start > one.end + near:
                raise ParameterError(
                    f"Waveform: there is a gap, no voltage is given from {one.end:g} s to {two.start:g} s; fill it."
                )
            if two.start < one.end - near:
                raise ParameterError(
                    f"Waveform: two voltages are given from {two.start:g} s to {one.end:g} s; let the pieces meet."
                )
        # What round-off leaves between two pieces is closed.
        closed = [replace(two, start=one.end) for one, two in pairwise(pieces)]
        object.__setattr__(self, "pieces", (pieces[0], *closed))

    @property
    def start(self) -> float:
        """First time, s."""
        return self.pieces[0].start

    @property
    def end(self) -> float:
        """Last time, s."""
        return self.pieces[-1].end

    def within(self, times: Any) -> Array:
        """Times (s) as an array, what round-off has moved out of the waveform put back; ParameterError for others."""
        t = given.reals("Waveform", "times", times)
        room = _MEET * (self.end - self.start)
        if np.any((t < self.start - room) | (t > self.end + room)):
            raise ParameterError(f"Waveform: a time outside {self.start:g} s to {self.end:g} s was asked for.")
        return np.clip(t, self.start, self.end)

    def __call__(self, times: Any) -> Any:
        """Voltage, V, of the shape of `times` (s); at a jump that after it.

        Raises
        ------
        ParameterError
            For times before the start or after the end.
        """
        t = self.within(times)
        number = np.searchsorted([piece.start for piece in self.pieces], t, side="right") - 1
        volts = np.zeros(t.shape)
        for index, piece in enumerate(self.pieces):
            here = number == index
            if np.any(here):
                volts[here] = piece.at(t[here])
        return given.plain(volts)


def steps(volts: Sequence[float], durations: Sequence[float]) -> Waveform:
    """Constant voltages (V) for given durations (s), from time zero; ParameterError unless they are as many."""
    levels, spans = given.reals("steps", "volts", volts), given.positives("steps", "durations", durations)
    if levels.ndim != 1 or levels.shape != spans.shape or not len(levels):
        raise ParameterError(f"steps: {levels.size} voltages and {spans.size} durations were given; pair them.")
    edges = np.concatenate([[0.0], np.cumsum(spans)]).tolist()
    return Waveform(tuple(Piece(a, b, v) for (a, b), v in zip(pairwise(edges), levels.tolist(), strict=True)))


def pulses(height: float, width: float, interval: float, count: int, rest: float = 0.0) -> Waveform:
    """`count` pulses of `height` (V) and `width` (s), with `interval` (s) at `rest` (V) after each."""
    number = checks.integer("pulses", "count", count)
    if number < 1:
        raise ParameterError(f"pulses: count = {number} was given; one or more are needed.")
    return steps([height, rest] * number, [width, interval] * number)


def ramps(times: Sequence[float], volts: Sequence[float]) -> Waveform:
    """Straight lines through (s, V); ParameterError unless there are two or more points in order of time."""
    t, v = given.reals("ramps", "times", times), given.reals("ramps", "volts", volts)
    if t.ndim != 1 or t.shape != v.shape or len(t) < 2:
        raise ParameterError(f"ramps: {t.size} times and {v.size} voltages were given; pair two or more.")

    def line(a: float, b: float, u: float, w: float) -> Piece:
        return Piece(a, b, lambda s: u + (w - u) * (s - a) / (b - a), (min(u, w), max(u, w)))

    points = list(zip(t.tolist(), v.tolist(), strict=True))
    return Waveform(tuple(line(a, b, u, w) for (a, u), (b, w) in pairwise(points)))


def sine(amplitude: float, frequency: float, periods: float = 1.0, offset: float = 0.0) -> Waveform:
    """offset + amplitude sin(2 pi frequency t), V, for so many periods of a frequency in Hz."""
    size = checks.real("sine", "amplitude", amplitude)
    f = checks.positive("sine", "frequency", frequency, "Hz")
    bounds = (offset - abs(size), offset + abs(size))
    end = checks.positive("sine", "periods", periods) / f
    return Waveform((Piece(0.0, end, lambda t: offset + size * np.sin(2.0 * np.pi * f * t), bounds),))
