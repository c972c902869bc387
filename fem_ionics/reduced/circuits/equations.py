# SPDX-License-Identifier: LGPL-3.0-or-later
"""Kirchhoff's laws as ordinary differential equations: charges on capacitors and states of elements.

With node voltages v = N (U a + Z b) + E e (see `topology`), capacitances C, the incidence A of elements with currents
i(v, s) and current sources j, the current out of each group of nodes gives

    w = a + (U'N'C N U)^-1 U'N'C E e,    w' = -(U'N'C N U)^-1 U'N'(A i + B j),    0 = Z'N'(A i + B j),    s' = r(v, s)

w are the charges of the capacitors in volts: they do not jump where a source does. The last row but one gives b at
each instant (index 1): Newton solves it to round-off inside.
"""

from dataclasses import fields, is_dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Parameter
from fem_ionics.reduced.circuits.elements import Capacitor, Conductive
from fem_ionics.reduced.circuits.newton import newton
from fem_ionics.reduced.circuits.sources import Battery, CurrentSource
from fem_ionics.reduced.given import Array

if TYPE_CHECKING:
    from fem_ionics.reduced.circuits.circuit import Circuit


class Moment(NamedTuple):
    """Everything at one time.

    Attributes
    ----------
    b : (algebraic,) array
        Algebraic voltages.
    across : (elements,) array
        Voltages across the conductive elements.
    i, di : (elements,) array
        Their currents and derivatives by the voltage.
    di_ds : (elements, states) array
        Derivatives of the currents by the states.
    j : (sources,) array
        Currents of the current sources.
    """

    b: Array
    across: Array
    i: Array
    di: Array
    di_ds: Array
    j: Array


class Equations:
    """The equations of one circuit at the parameters' present values."""

    def __init__(self, circuit: "Circuit") -> None:
        top = self.topology = circuit.topology
        elements = {name: at_values(placed.element) for name, placed in circuit.elements.items()}
        conductive, capacitors, batteries, drives = (
            circuit.edges(kind) for kind in (Conductive, Capacitor, Battery, CurrentSource)
        )
        self.names = [name for name, *_ in conductive]
        self.conductive = [elements[name] for name in self.names]
        self.voltages = [elements[name].signal(name) for name, *_ in batteries]
        self.currents = [elements[name].signal(name) for name, *_ in drives]
        self.capacitors, self.batteries, self.drives = (
            [name for name, *_ in each] for each in (capacitors, batteries, drives)
        )
        self.capacitances = np.array([elements[name].capacitance for name in self.capacitors])
        self.A, self.K = top.incidence(conductive), top.incidence(capacitors)
        self.P, self.B = top.incidence(batteries), top.incidence(drives)
        # Voltages across elements, from a, b, e.
        self.by_a, self.by_b, self.by_e = self.A.T @ top.N @ top.U, self.A.T @ top.N @ top.Z, self.A.T @ top.E
        self.drive_a, self.drive_b = top.U.T @ top.N.T @ self.B, top.Z.T @ top.N.T @ self.B
        stored = top.U.T @ top.N.T @ self.K * self.capacitances
        self.inverse = np.linalg.inv(stored @ self.K.T @ top.N @ top.U)
        self.shift = self.inverse @ stored @ self.K.T @ top.E
        counts = [element.states for element in self.conductive]
        ends = np.cumsum([0, *counts]).tolist()
        self.slots = [slice(a, b) for a, b in pairwise(ends)]
        self.with_states = [k for k, count in enumerate(counts) if count]
        self.charges, self.states = top.U.shape[1], ends[-1]
        self._b = np.zeros(top.Z.shape[1])
        self._balancer = -np.linalg.pinv(self.P)
        steady = all(signal.constant for signal in (*self.voltages, *self.currents))
        self._constant = self._sources(0.0, False) if steady else None

    @property
    def size(self) -> int:
        """Number of differential unknowns: charges, then states."""
        return self.charges + self.states

    def sources(self, t: float, before: bool = False) -> tuple[Array, Array]:
        """Voltages of the batteries and currents of the current sources."""
        return self._constant or self._sources(t, before)

    def _sources(self, t: float, before: bool) -> tuple[Array, Array]:
        return (
            np.array([signal.at(t, before) for signal in self.voltages]),
            np.array([signal.at(t, before) for signal in self.currents]),
        )

    def expect(self, b: Array) -> None:
        """Algebraic voltages from which Newton starts next time; each `moment` leaves its own."""
        self._b = b

    # at one instant

    def moment(self, t: float, z: Array, before: bool = False) -> Moment:
        """Voltages and currents that belong to charges and states at a time (at a jump after it, or `before` it)."""
        e, j = self.sources(t, before)
        known = self.by_a @ (z[: self.charges] - self.shift @ e) + self.by_e @ e
        s = z[self.charges :].tolist()
        if not self._b.size:
            return self._evaluated(self._b, known, s, j)

        def residual(b: Array) -> tuple[Array, Array, Array]:
            now = self._evaluated(b, known + self.by_b @ b, s, j)
            terms = np.abs(self.by_b).T @ np.abs(now.i) + np.abs(self.drive_b) @ np.abs(j)
            return self.by_b.T @ now.i + self.drive_b @ j, self.by_b.T @ (now.di[:, None] * self.by_b), terms

        self._b = newton(residual, self._b, f"the voltages between the elements at t = {t:g} s")[0]
        return self._evaluated(self._b, known + self.by_b @ self._b, s, j)

    def _evaluated(self, b: Array, across: Array, s: list[float], j: Array) -> Moment:
        i, di = np.empty(len(across)), np.empty(len(across))
        di_ds = np.zeros((len(across), self.states))
        volts = across.tolist()
        for k, (element, slot) in enumerate(zip(self.conductive, self.slots, strict=True)):
            i[k], di[k], di_ds[k, slot] = element.current(volts[k], s[slot])
        return Moment(b, across, i, di, di_ds, j)

    def rates(self, t: float, z: Array) -> Array:
        """z' = (w', s')."""
        return self.rates_of(self.moment(t, z), z)

    def rates_of(self, now: Moment, z: Array) -> Array:
        """z' of a moment already at hand."""
        rates = np.empty(self.size)
        rates[: self.charges] = -self.inverse @ (self.by_a.T @ now.i + self.drive_a @ now.j)
        s, volts = z[self.charges :].tolist(), now.across.tolist()
        for k in self.with_states:
            slot = self.slots[k]
            rates[self.charges + slot.start : self.charges + slot.stop] = self.conductive[k].rates(volts[k], s[slot])[0]
        return rates

    def jacobian(self, t: float, z: Array) -> Array:
        """Derivative of `rates` by z, with b eliminated."""
        now = self.moment(t, z)
        s, volts = z[self.charges :].tolist(), now.across.tolist()
        by_v, by_s = np.zeros((self.states, len(volts))), np.zeros((self.states, self.states))
        for k in self.with_states:
            slot = self.slots[k]
            _, by_v[slot, k], by_s[slot, slot] = self.conductive[k].rates(volts[k], s[slot])
        across, flows = self._responses(now)
        jacobian = np.vstack([-self.inverse @ self.by_a.T @ flows, by_v @ across])
        jacobian[self.charges :, self.charges :] += by_s
        return jacobian

    def current_jacobian(self, t: float, z: Array) -> Array:
        """Derivative of the currents of the conductive elements by z."""
        return self._responses(self.moment(t, z))[1]

    def _responses(self, now: Moment) -> tuple[Array, Array]:
        """Derivatives of the voltages across elements and of their currents by z, with b eliminated."""
        across = np.hstack([self.by_a, np.zeros((len(now.across), self.states))])
        flows = now.di[:, None] * across
        flows[:, self.charges :] += now.di_ds
        if now.b.size:
            inner = self.by_b.T @ (now.di[:, None] * self.by_b)
            change = -self.by_b @ np.linalg.solve(inner, self.by_b.T @ flows)
            across, flows = across + change, flows + now.di[:, None] * change
        return across, flows

    # in the long run

    def settled(self, volts: list[float]) -> Array:
        """States in the long run at given voltages across the elements."""
        rows = [element.settled(v) for element, v in zip(self.conductive, volts, strict=True)]
        return np.array([value for row in rows for value in row], dtype=float)

    def steady(self, across: Array) -> tuple[Array, Array]:
        """Currents of the elements in the long run, and their derivatives by the voltage."""
        i, di = np.empty(len(across)), np.empty(len(across))
        for k, (element, v) in enumerate(zip(self.conductive, across.tolist(), strict=True)):
            s = element.settled(v)
            i[k], di[k], by_s = element.current(v, s)
            if element.states:
                _, by_v, inner = element.rates(v, s)
                di[k] -= np.dot(by_s, np.linalg.solve(np.array(inner, dtype=float), np.array(by_v, dtype=float)))
        return i, di

    # what is reported

    def node_voltages(self, t: float, z: Array, now: Moment) -> Array:
        """Voltages of all nodes but the ground."""
        top, (e, _) = self.topology, self.sources(t)
        return top.N @ (top.U @ (z[: self.charges] - self.shift @ e) + top.Z @ now.b) + top.E @ e

    def capacitor_currents(self, t: float, z: Array, now: Moment, step: float) -> Array:
        """C dv/dt of each capacitor, with the sources' slopes by differences over `step` (s).

        The algebraic voltages shift both ends of a capacitor alike.
        """
        top = self.topology
        e = np.array([signal.slope(t, step) for signal in self.voltages])
        a = self.rates_of(now, z)[: self.charges] - self.shift @ e
        return self.capacitances * (self.K.T @ (top.N @ top.U @ a + top.E @ e))

    def battery_currents(self, flows: Array) -> Array:
        """What flows through the batteries balances what the others take out of the nodes (A, shape (..., nodes))."""
        return flows @ self._balancer.T

    def check_covered(self, across: Array) -> None:
        """ParameterError where a voltage lies outside what is known of an element."""
        for name, element, v in zip(self.names, self.conductive, across.tolist(), strict=True):
            if not element.covers(v):
                raise ParameterError(
                    f'"{name}": {v:g} V lies across it, beyond the table it is known by; give a longer one.'
                )


def at_values(element: Any) -> Any:
    """An element with numbers for its parameters, checked again."""
    if not is_dataclass(element) or isinstance(element, type):
        return element
    values = {each.name: getattr(element, each.name) for each in fields(element) if each.init}
    turned = {name: value.value for name, value in values.items() if isinstance(value, Parameter)}
    return replace(element, **turned) if turned else element
