# SPDX-License-Identifier: LGPL-3.0-or-later
"""What circuits are made of, and what an element must know to be put into one.

Of every element the voltage counts from its first node to its second, and its current flows from the first through it
to the second. Plain numbers may be given as a `Parameter`, which a study then turns.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, NamedTuple, Protocol, Self, runtime_checkable

import numpy as np

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Parameter, checks
from fem_ionics.reduced import given
from fem_ionics.reduced.circuits.curve import Curve

#: The node at zero volts.
GROUND = "ground"

type Value = float | Parameter
type Row = Sequence[float]


class Placed(NamedTuple):
    """An element between two nodes."""

    element: Any
    first: str
    second: str


class Element:
    """Anything with two terminals."""

    def between(self, first: str, second: str) -> Placed:
        """Put it between two nodes; `"ground"` is the one at zero volts.

        Raises
        ------
        ParameterError
            For names that are empty, and the same node twice.
        """
        owner = type(self).__name__
        checks.label(owner, "first node", first)
        checks.label(owner, "second node", second)
        if first == second:
            raise ParameterError(
                f'{owner}: between "{first}" and "{second}" was given: it would be shorted; give two different nodes.'
            )
        return Placed(self, first, second)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those among its values."""
        values = [getattr(self, each.name) for each in fields(self)]  # type: ignore[arg-type]
        return tuple(value for value in values if isinstance(value, Parameter))


@runtime_checkable
class Conductive(Protocol):
    """An element whose current follows from the voltage across it and from internal states of its own.

    States are numbers of order one. `range` bounds the voltages at which it is known.
    """

    @property
    def states(self) -> int:
        """Number of internal states."""

    def current(self, v: float, s: Row) -> tuple[float, float, Row]:
        """Current (A) at a voltage (V) and states, its derivatives by the voltage and by each state."""

    def rates(self, v: float, s: Row) -> tuple[Row, Row, Sequence[Row]]:
        """Rate of each state (1/s), its derivatives by the voltage, and by all states (a row for each rate)."""

    def settled(self, v: float) -> Row:
        """States in the long run at a constant voltage."""

    def covers(self, v: float) -> bool:
        """Whether a solution at this voltage rests on what is known of the element."""

    def spice(self, card: "Card") -> list[str]:
        """Lines of a netlist."""


class Card(NamedTuple):
    """What an element needs to write itself into a netlist: its name, its two nodes, states to start from, an end.

    `voltage` is the expression for the voltage across it.
    """

    name: str
    first: str
    second: str
    states: Row
    until: float

    @property
    def voltage(self) -> str:
        """V(first) - V(second), without the ground."""
        plus = f"V({self.first})" if self.first != "0" else ""
        minus = f"-V({self.second})" if self.second != "0" else ""
        return plus + minus


class Stateless:
    """The part of `Conductive` that elements without memory share."""

    states = 0

    def rates(self, v: float, s: Row) -> tuple[Row, Row, Sequence[Row]]:
        """None."""
        return (), (), ()

    def settled(self, v: float) -> Row:
        """None."""
        return ()


def number(value: Value) -> float:
    """The present value of a number or Parameter."""
    return value.value if isinstance(value, Parameter) else value


def settle(owner: str, element: Any, name: str, check: Callable[..., float], unit: str) -> None:
    """Check a number or the present value of a Parameter; numbers are kept as ``float``."""
    value = getattr(element, name)
    checked = check(owner, name, number(value), unit)
    if not isinstance(value, Parameter):
        object.__setattr__(element, name, checked)


@dataclass(frozen=True)
class Resistor(Stateless, Element):
    """A resistance, ohm; ParameterError unless it is positive."""

    resistance: Value

    def __post_init__(self) -> None:
        settle("Resistor", self, "resistance", checks.positive, "ohm")

    def current(self, v: float, s: Row) -> tuple[float, float, Row]:
        """Ohm's law."""
        conductance = 1.0 / number(self.resistance)
        return conductance * v, conductance, ()

    def covers(self, v: float) -> bool:
        """Everywhere."""
        return True

    def spice(self, card: Card) -> list[str]:
        """A resistor."""
        return [f"R{card.name} {card.first} {card.second} {number(self.resistance):.12g}"]


@dataclass(frozen=True)
class Capacitor(Element):
    """A capacitance, F; ParameterError unless it is positive."""

    capacitance: Value

    def __post_init__(self) -> None:
        settle("Capacitor", self, "capacitance", checks.positive, "F")

    def spice(self, card: Card) -> list[str]:
        """A capacitor."""
        return [f"C{card.name} {card.first} {card.second} {number(self.capacitance):.12g}"]


@dataclass(frozen=True, eq=False)
class TabulatedResistor(Stateless, Element):
    """Any current-voltage curve without memory.

    Parameters
    ----------
    curve
        Current (A) over the voltage from the first to the second node; it should grow.
    """

    curve: Curve

    def __post_init__(self) -> None:
        if not isinstance(self.curve, Curve):
            raise ParameterError(f"{type(self).__name__}: curve = {self.curve!r} was given; a Curve is needed.")

    @classmethod
    def from_curve(cls, iv: Any, currents: Any = None) -> Self:
        """The element of a measured or computed current-voltage curve, by monotone cubics.

        Parameters
        ----------
        iv
            Anything with the columns ``iv["voltage"]`` and ``iv["current"]``, such as an `IVCurve`; or voltages, V.
        currents
            A, beside voltages.

        Raises
        ------
        ParameterError
            For what has no such columns, and as in `Curve`. Rows may come in any order of voltage.
        """
        return cls(Curve(*columns(cls.__name__, iv, currents)))

    def current(self, v: float, s: Row) -> tuple[float, float, Row]:
        """By the curve."""
        return (*self.curve.at(v), ())

    def covers(self, v: float) -> bool:
        """Within the table."""
        return self.curve.covers(v)

    def spice(self, card: Card) -> list[str]:
        """A behavioural source with straight lines between the points of the table."""
        return [f"B{card.name} {card.first} {card.second} I = {pwl(card.voltage, self.curve)}"]


class IonicDiode(TabulatedResistor):
    """A diode that conducts better from its first to its second node.

    Ionic diodes have no threshold forwards; what they leak in reverse counts.
    """

    @classmethod
    def from_ratio(cls, conductance: float, ratio: float) -> Self:
        """One with a constant conductance either way.

        Parameters
        ----------
        conductance
            Forwards, S.
        ratio
            Of the conductances forwards and in reverse, at least 1.

        Raises
        ------
        ParameterError
            For values out of range.
        """
        on = checks.positive("IonicDiode.from_ratio", "conductance", conductance, "S")
        r = checks.positive("IonicDiode.from_ratio", "ratio", ratio)
        if r < 1.0:
            raise ParameterError(f"IonicDiode.from_ratio: ratio = {r:g} was given; 1 or more is needed.")
        return cls(Curve([-1.0, 0.0, 1.0], [-on / r, 0.0, on], "linear", endless=True))


def columns(owner: str, iv: Any, currents: Any) -> tuple[Any, Any]:
    """Voltages and currents of a table or of two rows, by growing voltage."""
    if currents is None:
        try:
            voltages, currents = iv["voltage"], iv["current"]
        except (TypeError, KeyError, IndexError, ParameterError):
            raise ParameterError(
                f'{owner}.from_curve: {iv!r} was given; columns "voltage" and "current", or voltages and currents, are '
                "needed."
            ) from None
    else:
        voltages = iv
    volts, amperes = given.reals(owner, "voltages", voltages), given.reals(owner, "currents", currents)
    if volts.ndim != 1 or volts.shape != amperes.shape:
        raise ParameterError(f"{owner}.from_curve: {amperes.shape} currents at {volts.shape} voltages; pair them.")
    order = np.argsort(volts)
    return volts[order], amperes[order]


def pwl(expression: str, curve: Curve) -> str:
    """A curve as straight lines in a netlist."""
    pairs = [f"{x:.10g},{y:.10g}" for x, y in zip(*curve.points(), strict=True)]
    lines = [", ".join(pairs[start : start + 4]) for start in range(0, len(pairs), 4)]
    return f"pwl({expression},\n+ " + ",\n+ ".join(lines) + ")"
