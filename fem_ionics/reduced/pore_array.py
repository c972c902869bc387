# SPDX-License-Identifier: LGPL-3.0-or-later
"""Arrays of angstrom pores as an element of circuits: occupancies that follow the voltage at their own rates.

    I = N sum_k P_k I_k(V),    dP/dt = M(V) P,    sum_k P_k = 1

with the mean current I_k of a pore in state k and the generator M of its master equation. The last P follows from the
others. Mean values of many pores: single ones jump (`angstrom.trajectories`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Parameter, checks
from fem_ionics.reduced.angstrom.kinetics import PoreKinetics
from fem_ionics.reduced.circuits.curve import Curve
from fem_ionics.reduced.circuits.elements import Card, Element, Row, Value, number, pwl, settle
from fem_ionics.reduced.given import Array

#: Points of the table by which a netlist knows the current of an open pore.
_POINTS = 801


@dataclass(frozen=True, eq=False)
class PoreArray(Element):
    """Equal angstrom pores side by side, as an element of circuits: cis is at its first node, trans at its second.

    Parameters
    ----------
    kinetics
        Of each pore, as `angstrom_pore` makes them; its own voltage is not used.
    count
        How many.
    reach
        The pores are known from minus to plus this voltage, V. Beyond it a solver that searches finds the rates that
        they have there, and a solution there is refused.

    Raises
    ------
    ParameterError
        For values out of range, and for baths between which current flows without voltage.
    ModelError
        For a pore that an ion enters and never leaves.
    """

    kinetics: PoreKinetics
    count: Value
    reach: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.kinetics, PoreKinetics):
            raise ParameterError(f"PoreArray: kinetics = {self.kinetics!r} was given; a PoreKinetics is needed.")
        settle("PoreArray", self, "count", checks.positive, "")
        reach = checks.positive("PoreArray", "reach", self.reach, "V")
        object.__setattr__(self, "reach", reach)
        with np.errstate(over="ignore"):
            largest = np.max(self.kinetics.rates(np.array([-reach, reach])), initial=0.0)
        if not np.isfinite(largest):
            raise ParameterError(f"PoreArray: reach = {reach:g} V was given; the rates there are beyond all numbers.")
        for v in (-reach, 0.0, reach):
            self.kinetics.currents(v)
            self.kinetics.steady(v)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The concentrations, and the count where it is one."""
        return (*super().parameters, *self.kinetics.concentrations.values())

    def probabilities(self, states: Any) -> Array:
        """Of all states of the pore, shape (..., states of the pore), from those that a circuit keeps."""
        kept = np.asarray(states, dtype=float)
        return np.concatenate([kept, 1.0 - kept.sum(axis=-1, keepdims=True)], axis=-1)

    def _within(self, v: float) -> float:
        return min(max(v, -self.reach), self.reach)

    # as an element

    @property
    def states(self) -> int:
        """The probabilities of the states of the pore but the last."""
        return len(self.kinetics.states) - 1

    def current(self, v: float, s: Row) -> tuple[float, float, Row]:
        """Of all pores, from cis to trans."""
        u, held, pores = self._within(v), self.probabilities(s), number(self.count)
        slopes = self.kinetics.current_slopes(u)
        each = self.kinetics.currents(u) + slopes * (v - u)
        return pores * float(each @ held), pores * float(slopes @ held), (pores * (each[:-1] - each[-1])).tolist()

    def rates(self, v: float, s: Row) -> tuple[Row, Row, list[Row]]:
        """The master equation."""
        u, held = self._within(v), self.probabilities(s)
        generator = self.kinetics.generator(u)
        by_v = self.kinetics.assembled(self.kinetics.slopes(u)) @ held if u == v else np.zeros(len(held))
        by_s = generator[:-1, :-1] - generator[:-1, -1:]
        return (generator @ held)[:-1].tolist(), by_v[:-1].tolist(), by_s.tolist()

    def settled(self, v: float) -> Row:
        """The steady state of the master equation."""
        return self.kinetics.steady(self._within(v))[:-1].tolist()

    def covers(self, v: float) -> bool:
        """Within the reach."""
        return abs(v) <= self.reach * (1.0 + 1e-9)

    def spice(self, card: Card) -> list[str]:
        """Capacitors whose voltages are the probabilities, a source for each flow between states, and the current."""
        name, count, kinetics = card.name, number(self.count), self.kinetics
        kept = [f"V(p_{name}_{k})" for k in range(self.states)]
        held = [*kept, "-".join(["(1", *kept]) + ")"]
        table = np.linspace(-self.reach, self.reach, _POINTS)
        opened = Curve(table, kinetics.open_conductance(table) * table, "linear")
        # Time counts in the memory of the pore: what charges the capacitors is then of order one.
        unit = float(kinetics.relaxation_times(0.0)[0]) if self.states else 1.0
        lines = [f"B{name}_u u_{name} 0 V = max({-self.reach:.12g}, min({self.reach:.12g}, {card.voltage}))"]
        changes: list[list[tuple[float, str]]] = [[] for _ in held]
        moved = []
        amplitudes = (unit * kinetics.rates(0.0)).tolist()
        for index, (step, amplitude) in enumerate(zip(kinetics.transitions, amplitudes, strict=True)):
            before, after = (kinetics.states.index(state) for state in (step.before, step.after))
            u = f"abs(V(u_{name}))" if step.barrier.even else f"V(u_{name})"
            growth = f"exp({step.barrier.slope(kinetics.temperature):.12g}*{u})"
            flow = f"f_{name}_{index}"
            lines += [f"B{flow} {flow} 0 V = {amplitude:.12g}*{growth}*{held[before]}"]
            changes[after].append((1.0, f"V({flow})"))
            changes[before].append((-1.0, f"V({flow})"))
            moved.append((float(kinetics.moved[index]) / unit, f"V({flow})"))
        for k in range(self.states):
            lines += [
                f"C{name}_{k} p_{name}_{k} 0 {unit:.12g} IC={card.states[k]:.12g}",
                f"B{name}_{k} 0 p_{name}_{k} I = {_sum(changes[k])}",
            ]
        weight = _sum(zip(kinetics.states.weights, held, strict=True))
        carried = f"({weight})*{pwl(card.voltage, opened)}"
        lines += [f"B{name} {card.first} {card.second} I = {count:.12g}*{carried}"]
        if any(charge for charge, _ in moved):
            lines += [f"B{name}_m {card.first} {card.second} I = {count:.12g}*({_sum(moved)})"]
        return lines


def _sum(terms: Iterable[tuple[float, str]]) -> str:
    """A sum in a netlist, one line for each term."""
    return "\n+ ".join(f"{factor:+.12g}*{term}" for factor, term in terms if factor) or "0"
