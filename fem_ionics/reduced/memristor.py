# SPDX-License-Identifier: LGPL-3.0-or-later
"""Channels that remember: a conductance that follows its steady value within a memory time.

    I = G s V,    tau ds/dt = f(V) - s

with the steady conductance G f(V). Under a periodic voltage V(t) the equation is linear in s: each harmonic of f(V(t))
is divided by 1 + i omega tau, which gives the periodic response at once and to round-off.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks
from fem_ionics.reduced import given
from fem_ionics.reduced.circuits.curve import Curve
from fem_ionics.reduced.circuits.elements import Card, Element, Row, Value, columns, number, pwl, settle
from fem_ionics.reduced.conical_channel import ConicalChannel
from fem_ionics.reduced.given import Array


@dataclass(frozen=True, eq=False)
class Memristor(Element):
    """A channel with a memory, as an element of circuits.

    Parameters
    ----------
    steady
        f: steady conductance over `conductance` at a voltage (V).
    memory_time
        tau, s.
    conductance
        G, S.
    residual
        Where `steady` falls below it, and to zero or less, the channel keeps about this part of G:
        f is replaced by f/2 + sqrt(f^2/4 + residual^2). Zero takes f as it is.

    Raises
    ------
    ParameterError
        For values out of range, and for a steady conductance that is not positive in its table without a `residual`.
    """

    steady: Curve
    memory_time: Value
    conductance: Value = 1.0
    residual: float = 0.0

    def __post_init__(self) -> None:
        if not isinstance(self.steady, Curve):
            raise ParameterError(f"Memristor: steady = {self.steady!r} was given; a Curve is needed.")
        settle("Memristor", self, "memory_time", checks.positive, "s")
        settle("Memristor", self, "conductance", checks.positive, "S")
        object.__setattr__(self, "residual", checks.non_negative("Memristor", "residual", self.residual))
        lowest = float(np.min(self.steady.values))
        if lowest <= 0.0 and self.residual == 0.0:
            raise ParameterError(
                f"Memristor: the steady conductance falls to {lowest:g} of its scale, a channel that gives off energy; "
                "give a residual conductance or a shorter table."
            )

    @classmethod
    def from_channel(
        cls, channel: ConicalChannel, *, reach: float = 1.0, residual: float = 0.01, points: int = 161
    ) -> Self:
        """The memristor of a conical channel.

        Parameters
        ----------
        channel
            Its first node is the tip's bath.
        reach
            Its steady conductance is tabulated from minus to plus this voltage, V.
        residual
            As in `Memristor`. The theory's own conductance of strongly rectifying channels falls below zero where the
            channel is emptied; what remains then (the walls' conduction, say) the theory does not give.
        points
            Of the table.

        Raises
        ------
        ParameterError
            For values out of range.
        """
        reach = checks.positive("Memristor.from_channel", "reach", reach, "V")
        volts = np.linspace(-reach, reach, checks.integer("Memristor.from_channel", "points", points))
        steady = Curve(volts, channel.relative_conductance(volts), "smooth")
        return cls(steady, channel.memory_time, channel.ohmic_conductance, residual)

    @classmethod
    def from_curve(cls, iv: Any, memory_time: float, currents: Any = None) -> Self:
        """The memristor of a steady current-voltage curve, of a finite-element model or measured, and its memory time.

        Parameters
        ----------
        iv
            Anything with the columns ``iv["voltage"]`` and ``iv["current"]``, such as an `IVCurve`; or voltages, V.
        memory_time
            s.
        currents
            A, beside voltages.

        Raises
        ------
        ParameterError
            For a current that does not have the sign of its voltage.

        Notes
        -----
        The current at zero volts, which should vanish, is left out: the conductance there is interpolated.
        """
        volts, amperes = columns(cls.__name__, iv, currents)
        there = volts != 0.0
        ratio = amperes[there] / volts[there]
        if not len(ratio) or np.any(ratio <= 0.0):
            raise ParameterError(
                f"{cls.__name__}.from_curve: currents with the sign of their voltages are needed; at "
                f"{volts[there][ratio <= 0.0]} V they are not."
            )
        scale = float(np.interp(0.0, volts[there], ratio))
        return cls(Curve(volts[there], ratio / scale), memory_time, scale)

    def scaled(self, factor: float) -> Self:
        """So many of it side by side."""
        factor = checks.positive("Memristor.scaled", "factor", factor)
        return type(self)(self.steady, self.memory_time, factor * number(self.conductance), self.residual)

    def reversed(self) -> Self:
        """Turned round: its second node takes the place of the first."""
        curve = self.steady
        volts, values = -np.asarray(curve.voltages)[::-1], np.asarray(curve.values)[::-1]
        turned = Curve(volts, values, curve.kind, curve.endless)
        return type(self)(turned, self.memory_time, self.conductance, self.residual)

    def relative(self, v: float) -> tuple[float, float]:
        """Steady conductance over `conductance`, and its slope (1/V), at one voltage (V)."""
        value, slope = self.steady.at(v)
        if not self.residual:
            return value, slope
        root = (0.25 * value * value + self.residual**2) ** 0.5
        return 0.5 * value + root, slope * (0.5 + 0.25 * value / root)

    def steady_conductance(self, voltage: Any) -> Any:
        """In the long run at voltages of any shape, S."""
        volts = given.reals("Memristor", "voltage", voltage)
        values = np.array([self.relative(v)[0] for v in volts.ravel().tolist()]).reshape(volts.shape)
        return given.plain(number(self.conductance) * values)

    # as an element

    @property
    def states(self) -> int:
        """One: the conductance."""
        return 1

    def current(self, v: float, s: Row) -> tuple[float, float, Row]:
        """G s V."""
        conductance = number(self.conductance)
        return conductance * s[0] * v, conductance * s[0], (conductance * v,)

    def rates(self, v: float, s: Row) -> tuple[Row, Row, tuple[Row, ...]]:
        """Relaxation to the steady conductance."""
        rate = 1.0 / number(self.memory_time)
        value, slope = self.relative(v)
        return (rate * (value - s[0]),), (rate * slope,), ((-rate,),)

    def settled(self, v: float) -> Row:
        """The steady conductance over G."""
        return (self.relative(v)[0],)

    def covers(self, v: float) -> bool:
        """Within the table."""
        return self.steady.covers(v)

    def spice(self, card: Card) -> list[str]:
        """Two behavioural sources, and a capacitor whose voltage is the state."""
        state = f"s_{card.name}"
        volts = self.steady.points()[0]
        f = Curve(volts, np.array([self.relative(v)[0] for v in volts.tolist()]), "linear")
        return [
            f"C{card.name} {state} 0 {number(self.memory_time):.12g} IC={card.states[0]:.12g}",
            f"B{card.name}_s 0 {state} I = {pwl(card.voltage, f)} - V({state})",
            f"B{card.name} {card.first} {card.second} I = {number(self.conductance):.12g}*V({state})*({card.voltage})",
        ]


@dataclass(frozen=True, eq=False)
class Loop:
    """One period of a memristor under a sinusoidal voltage.

    Attributes
    ----------
    time, voltage, conductance : (n,) array
        s, V, S; from time zero, where the voltage grows through zero.
    """

    time: Array
    voltage: Array
    conductance: Array

    @property
    def current(self) -> Array:
        """A. It vanishes with the voltage: the loop is pinched."""
        return self.conductance * self.voltage

    @property
    def opening(self) -> float:
        """Area of both lobes over that of the rectangle around the curve: zero for one without memory."""
        i, v = self.current, self.voltage
        steps = 0.5 * (i + np.roll(i, -1)) * (np.roll(v, -1) - v)
        half = len(v) // 2
        lobes = abs(float(np.sum(steps[:half]))) + abs(float(np.sum(steps[half:])))
        return lobes / float((np.max(i) - np.min(i)) * (np.max(v) - np.min(v)))


def loop(memristor: Memristor, amplitude: float, frequency: float, points: int = 1024) -> Loop:
    """Periodic response of a memristor to a sinusoidal voltage, exact up to aliasing.

    Parameters
    ----------
    memristor
        The memristor, driven directly.
    amplitude
        V.
    frequency
        Hz.
    points
        Of one period; even.

    Raises
    ------
    ParameterError
        For values out of range, or an amplitude beyond the memristor's table.
    """
    V = checks.positive("loop", "amplitude", amplitude, "V")
    f = checks.positive("loop", "frequency", frequency, "Hz")
    count = checks.integer("loop", "points", points)
    if count < 8 or count % 2:
        raise ParameterError(f"loop: points = {count} was given; an even number from 8 on is needed.")
    if not (memristor.covers(V) and memristor.covers(-V)):
        low, high = memristor.steady.range
        raise ParameterError(f"loop: amplitude = {V:g} V was given; the memristor is known from {low:g} to {high:g} V.")
    phase = 2.0 * np.pi * np.arange(count) / count
    volts = V * np.sin(phase)
    # What is zero exactly stays so.
    volts[[0, count // 2]] = 0.0
    harmonics = np.fft.rfft(memristor.steady_conductance(volts))
    lag = 1.0 + 2j * np.pi * f * np.arange(len(harmonics)) * number(memristor.memory_time)
    return Loop(phase / (2.0 * np.pi * f), volts, np.fft.irfft(harmonics / lag, count))
