# SPDX-License-Identifier: LGPL-3.0-or-later
"""Batteries and sources with any waveform."""

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Parameter, checks
from fem_ionics.reduced.circuits.elements import Card, Element, number

#: A constant, or a function of time (s) such as a `Waveform`.
type Drive = float | Parameter | Callable[[float], Any]
#: Points by which a netlist follows a function of time, in each piece of it.
_SAMPLES = 400


class Source(Element):
    """What sources of voltage and of current share: a `value` that may follow a waveform."""

    value: Drive

    def _check(self, unit: str) -> None:
        owner = type(self).__name__
        if not callable(self.value) or isinstance(self.value, Parameter):
            checks.real(owner, "value", number(self.value), f"a finite number in {unit}, or a function of time,")

    def signal(self, name: str) -> "Signal":
        """Its value over time, checked as it is asked for."""
        return Signal(name, self.value)


@dataclass(frozen=True, eq=False)
class Battery(Source):
    """Holds its first node above its second, V.

    Parameters
    ----------
    value
        V: a number, a `Parameter`, or a function of time (s), for example a `Waveform`.

    Raises
    ------
    ParameterError
        For a number that is not finite.
    """

    value: Drive

    def __post_init__(self) -> None:
        self._check("V")

    def spice(self, card: Card) -> list[str]:
        """A source of voltage."""
        return [f"V{card.name} {card.first} {card.second} {self.signal(card.name).spice(card.until)}"]


@dataclass(frozen=True, eq=False)
class CurrentSource(Source):
    """Drives a current through itself from its first node to its second, A; `value` as in `Battery`."""

    value: Drive

    def __post_init__(self) -> None:
        self._check("A")

    def spice(self, card: Card) -> list[str]:
        """A source of current."""
        return [f"I{card.name} {card.first} {card.second} {self.signal(card.name).spice(card.until)}"]


class Signal:
    """One source over time.

    Parameters
    ----------
    name
        Of the source, for errors.
    value
        What was given. A `Waveform` tells where it jumps or bends; another function must not jump.
    """

    def __init__(self, name: str, value: Drive) -> None:
        self.name = name
        self.constant = not callable(value) or isinstance(value, Parameter)
        self._pieces = tuple(getattr(value, "pieces", ()))
        self._starts = [piece.start for piece in self._pieces]
        self._value: Any = number(value) if self.constant else value  # type: ignore[arg-type]

    @property
    def breaks(self) -> list[float]:
        """Times at which it may jump or bend, s."""
        return self._starts[1:]

    @property
    def end(self) -> float:
        """Last time at which it is known, s."""
        return self._pieces[-1].end if self._pieces else math.inf

    def require(self, until: float) -> None:
        """ParameterError where a waveform does not last from zero until the end."""
        start = self._starts[0] if self._pieces else 0.0
        if start > 0.0 or self.end < until * (1.0 - 1e-9):
            raise ParameterError(
                f'source "{self.name}": a waveform from {start:g} s to {self.end:g} s was given; there is a gap in '
                f"0 to {until:g} s. Let its pieces cover all of it."
            )

    def at(self, t: float, before: bool = False) -> float:
        """Value at a time, at a jump the one after it, or `before` it."""
        if self.constant:
            return float(self._value)
        volts = self._value
        if self._pieces:
            index = bisect_right(self._starts, t) - 1
            if before and index > 0 and t <= self._starts[index]:
                index -= 1
            volts = self._pieces[max(index, 0)].volts
        value = float(volts(t) if callable(volts) else volts)
        if not math.isfinite(value):
            raise ParameterError(
                f'source "{self.name}": its waveform gave {value} at t = {t:g} s: there is a gap; a finite number is '
                "needed at every time."
            )
        return value

    def slope(self, t: float, step: float) -> float:
        """Derivative by time, by a central difference inside the piece at hand."""
        if self.constant:
            return 0.0
        if self._pieces:
            piece = self._pieces[max(bisect_right(self._starts, t) - 1, 0)]
            early, late = max(t - step, piece.start), min(t + step, piece.end * (1.0 - 1e-15))
        else:
            early, late = t - step, t + step
        return (self.at(late) - self.at(early)) / (late - early)

    def spice(self, until: float) -> str:
        """The value in a netlist: a number, or straight lines until the end."""
        if self.constant:
            return f"DC {self._value:.12g}"
        if not 0.0 < until < math.inf:
            raise ParameterError(
                f'source "{self.name}": a waveform is written as straight lines until an end; give netlist(until=...).'
            )
        self.require(until)
        edges = [0.0, *(t for t in self.breaks if 0.0 < t < until), until]
        points: list[tuple[float, float]] = []
        for start, end in pairwise(edges):
            steady = self._pieces and not callable(self._pieces[max(bisect_right(self._starts, start) - 1, 0)].volts)
            times = np.linspace(start, end, 2 if steady else _SAMPLES)
            # A jump takes a small part of the time after it.
            shift = 1e-6 * (end - start) if points else 0.0
            points += [(max(t, start + shift), self.at(t, before=t == end)) for t in times.tolist()]
        pairs = [f"{t:.12g} {value:.12g}" for t, value in points]
        lines = [" ".join(pairs[k : k + 4]) for k in range(0, len(pairs), 4)]
        return "PWL(\n+ " + "\n+ ".join(lines) + ")"
