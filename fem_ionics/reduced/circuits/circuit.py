# SPDX-License-Identifier: LGPL-3.0-or-later
"""Nodes and elements, and what can be asked of them."""

from collections.abc import Mapping
from typing import Any

from fem_ionics.errors import ModelError, ParameterError, TagError, nearest
from fem_ionics.parameters import Parameter, checks
from fem_ionics.reduced.circuits.elements import GROUND, Capacitor, Conductive, Placed
from fem_ionics.reduced.circuits.equations import Equations
from fem_ionics.reduced.circuits.operating import OperatingPoint, operating_point
from fem_ionics.reduced.circuits.sources import Battery, CurrentSource
from fem_ionics.reduced.circuits.topology import Edge, check_connected, connected, topology


class Circuit:
    """Elements between nodes.

    Parameters
    ----------
    elements
        Name -> element between two nodes, ``Resistor(1e9).between("V", "ground")``. Nodes exist by being named;
        voltages count from "ground".

    Raises
    ------
    ParameterError
        For what is no element between nodes.
    ModelError
        For nodes that are floating, and batteries that are shorted.

    Examples
    --------
    >>> from fem_ionics.reduced import Battery, Circuit, Resistor
    >>> divider = Circuit(
    ...     {
    ...         "battery": Battery(3.0).between("top", "ground"),
    ...         "upper": Resistor(2e9).between("top", "middle"),
    ...         "lower": Resistor(1e9).between("middle", "ground"),
    ...     }
    ... )
    >>> round(divider.solve().voltages["middle"], 9)
    1.0
    """

    def __init__(self, elements: Mapping[str, Placed]) -> None:
        if not elements:
            raise ParameterError("Circuit: no elements were given; give one or more.")
        for name, placed in elements.items():
            checks.label("Circuit", "a name", name)
            kinds = (Capacitor, Battery, CurrentSource, Conductive)
            if not isinstance(placed, Placed) or not isinstance(placed.element, kinds):
                raise ParameterError(
                    f'Circuit: "{name}" is {placed!r}; an element between two nodes is needed, such as '
                    'Resistor(1e9).between("V", "ground").'
                )
        self.elements = dict(elements)
        check_connected(self.edges(), self.edges(CurrentSource))
        self.topology = topology(self.edges(), self.edges(Battery), self.edges(Capacitor))

    def edges(self, kind: Any = object) -> list[Edge]:
        """(name, first node, second node) of the elements of a kind."""
        return [(name, a, b) for name, (element, a, b) in self.elements.items() if isinstance(element, kind)]

    @property
    def nodes(self) -> tuple[str, ...]:
        """Their names, without the ground."""
        return self.topology.nodes

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What a study may turn."""
        found = [p for placed in self.elements.values() for p in getattr(placed.element, "parameters", ())]
        return tuple(dict.fromkeys(found))

    def node(self, name: str) -> int:
        """Index of a node; TagError for an unknown one."""
        if name not in self.nodes:
            listed = ", ".join(f'"{node}"' for node in self.nodes)
            raise TagError(f'"{name}": this circuit has nodes {listed}.{nearest(str(name), self.nodes)}')
        return self.nodes.index(name)

    def equations(self) -> Equations:
        """Kirchhoff's laws at the parameters' present values."""
        return Equations(self)

    def check_direct_current(self) -> None:
        """ModelError where nodes have no path for direct current, so that it has no operating point."""
        carrying = [edge for edge in self.edges() if edge not in (*self.edges(Capacitor), *self.edges(CurrentSource))]
        for island in connected((GROUND, *self.nodes), carrying):
            if GROUND not in island:
                listed = ", ".join(f'"{node}"' for node in self.nodes if node in island)
                raise ModelError(
                    f"Circuit: no direct current reaches {listed}: there is no operating point. A transient can start "
                    "from given voltages."
                )

    def solve(self, guess: OperatingPoint | None = None, time: float = 0.0) -> OperatingPoint:
        """Operating point near a guess; see `operating_point`."""
        return operating_point(self, guess, time)
