# SPDX-License-Identifier: LGPL-3.0-or-later
"""A pore whose binding sites are taken and left by competing ions, as a master equation.

dP_i/dt = sum_j (k_ji P_j - k_ij P_i) ;  w = sum of P over open states ;  I = w sum G0(V) V + what binding ions carry
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fem_ionics.constants import ELEMENTARY_CHARGE
from fem_ionics.errors import ParameterError, TagError, nearest
from fem_ionics.parameters import Parameter, checks
from fem_ionics.reduced.angstrom.barriers import Transition
from fem_ionics.reduced.angstrom.carrier import Carrier
from fem_ionics.reduced.angstrom.solution import OPENINGS, OutwardCurrent, PoreSolution, PoreTerminals, stationary
from fem_ionics.reduced.angstrom.states import PoreStates

Array = NDArray[np.float64]

#: Voltage over which the conductance of an open pore is differentiated, V.
_STEP = 1e-5


class PoreKinetics:
    """Rates between the states of a pore, which solves itself: `fem_ionics.sweep` and `fem_ionics.iv_curve` take it.

    Parameters
    ----------
    states
        Of the pore.
    transitions
        Between them.
    concentrations
        Ion -> concentration in both baths, mol/m3, a number or a Parameter; of each ion that enters, and no other.
    voltage
        Of cis, V, with trans grounded: a number or a Parameter.
    carriers
        Ions that pass open pores.
    temperature
        K.

    Raises
    ------
    ParameterError
        For concentrations that are negative or missing, a carrier named twice, and values out of range.
    TagError
        For an ion that does not bind here, or a transition between states of another pore.
    """

    def __init__(
        self,
        states: PoreStates,
        transitions: Iterable[Transition],
        concentrations: Mapping[str, float | Parameter],
        *,
        voltage: float | Parameter = 0.0,
        carriers: Sequence[Carrier] = (),
        temperature: float = 298.15,
    ) -> None:
        self.states = states
        self.transitions = tuple(transitions)
        self.carriers = tuple(carriers)
        names = [each.ion for each in self.carriers]
        if len(set(names)) < len(names):
            raise ParameterError(f"PoreKinetics: carriers {', '.join(names)}: one is named twice.")
        self.temperature = checks.positive("PoreKinetics", "temperature", temperature, "K")
        self.voltage = _parameter("voltage", voltage, "V")
        self.concentrations = self._checked(concentrations)
        self._before = np.array([states.index(each.before) for each in self.transitions], dtype=int)
        self._after = np.array([states.index(each.after) for each in self.transitions], dtype=int)
        bound = list(self.concentrations)
        self._entering = np.array([bound.index(t.ion) if t.gain > 0 else -1 for t in self.transitions], dtype=int)
        self._frequency = np.array([each.barrier.at_rest(self.temperature) for each in self.transitions])
        self._slope = np.array([each.barrier.slope(self.temperature) for each in self.transitions])
        self._even = np.array([each.barrier.even for each in self.transitions], dtype=bool)
        self._shape = self._shapes()
        self._open = np.array(states.weights)
        self._charge = {name: self._charges(name) for name in OPENINGS}

    def _checked(self, given: Mapping[str, float | Parameter]) -> dict[str, Parameter]:
        known = self.states.ions
        for name in given:
            if name not in known:
                raise TagError(f'PoreKinetics: "{name}" does not bind here.{nearest(str(name), known)}')
        missing = sorted({each.ion for each in self.transitions if each.gain > 0} - set(given))
        if missing:
            raise ParameterError(f'PoreKinetics: the concentration of "{missing[0]}", which enters, is not given.')
        found = {name: _parameter(f"{name} concentration", value, "mol/m3") for name, value in given.items()}
        for name, parameter in found.items():
            _not_negative(name, parameter)
        return found

    def _shapes(self) -> Array:
        """Of each transition the change of the generator for a rate of one."""
        shape = np.zeros((len(self.transitions), len(self.states), len(self.states)))
        number = np.arange(len(self.transitions))
        shape[number, self._after, self._before] = 1.0
        shape[number, self._before, self._before] = -1.0
        return shape

    def _charges(self, opening: str) -> Array:
        """Charge that each transition brings into the pore through an opening, C."""
        return np.array(
            [
                each.barrier.valence * ELEMENTARY_CHARGE * each.gain if each.side == opening else 0.0
                for each in self.transitions
            ]
        )

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The voltage and the concentrations."""
        return (self.voltage, *self.concentrations.values())

    @property
    def fingerprint(self) -> str:
        """Text that tells pores apart."""
        return f"PoreKinetics {self.states!r} {self.transitions!r} {self.carriers!r} {self.temperature!r}"

    def rates(self, voltage: Any) -> Array:
        """Rates of the transitions, 1/s, shape (transitions, *shape of voltage); voltage in V."""
        volts = np.asarray(voltage, dtype=float)
        column = (-1,) + (1,) * volts.ndim
        exponent = self._slope.reshape(column) * np.where(self._even.reshape(column), np.abs(volts), volts)
        return (self._frequency * self._amounts()).reshape(column) * np.exp(exponent)

    def slopes(self, voltage: float) -> Array:
        """Derivatives of the rates by the voltage, 1/(s V); of an even one at 0 V zero, the mean of both sides."""
        return self.rates(voltage) * self._slope * np.where(self._even, np.sign(voltage), 1.0)

    def _amounts(self) -> Array:
        """Concentration that multiplies each rate; one where nothing enters."""
        for name, parameter in self.concentrations.items():
            if parameter.value < 0.0:
                _not_negative(name, parameter)
        values = [*(parameter.value for parameter in self.concentrations.values()), 1.0]
        return np.array(values)[self._entering]

    def generator(self, voltage: float) -> Array:
        """M of dP/dt = M P at a voltage (V), 1/s; its columns add up to zero."""
        return self.assembled(self.rates(voltage))

    def assembled(self, rates: Array) -> Array:
        """The generator for given rates of the transitions."""
        return np.tensordot(rates, self._shape, 1)

    def steady(self, voltage: float) -> Array:
        """Probabilities of the states at a voltage (V) after all transients.

        Raises
        ------
        ModelError
            When a state cannot be left towards the empty pore: there may be several steady states, or a dead end.
        """
        return stationary(self.generator(voltage), self.states.labels)

    def weight(self, probabilities: Array) -> Any:
        """w, shape (...), of probabilities of shape (states, ...)."""
        return np.tensordot(self._open, probabilities, 1)

    def open_conductance(self, voltage: Any) -> Any:
        """G0 of all carriers, S, of the shape of `voltage` (V)."""
        volts = np.asarray(voltage, dtype=float)
        return np.sum([np.broadcast_to(each.conductance(volts), volts.shape) for each in self.carriers], axis=0)

    def current(self, voltage: Any, probabilities: Array) -> Any:
        """Current from cis to trans, A: the mean of both openings, which differ while ions bind.

        Parameters
        ----------
        voltage
            V, shape (...).
        probabilities
            Shape (states, ...).
        """
        return np.sum(self.currents(voltage) * probabilities, axis=0)

    def currents(self, voltage: Any) -> Array:
        """Mean current in each state, A, shape (states, *shape of voltage); voltage in V."""
        volts = np.asarray(voltage, dtype=float)
        column = (-1,) + (1,) * volts.ndim
        found = self._open.reshape(column) * (self.open_conductance(volts) * volts)
        np.add.at(found, self._before, self.moved.reshape(column) * self.rates(volts))
        return found

    def current_slopes(self, voltage: float) -> Array:
        """Derivatives of `currents` by the voltage (V) where occupants stay, S, shape (states,)."""
        low, high = voltage - _STEP, voltage + _STEP
        carried = [float(self.open_conductance(v)) * v for v in (low, high)]
        found = self._open * ((carried[1] - carried[0]) / (high - low))
        np.add.at(found, self._before, self.moved * self.slopes(voltage))
        return found

    @property
    def moved(self) -> Array:
        """Charge that each transition carries from cis to trans, C: half of what crosses an opening."""
        return 0.5 * (self._charge["cis"] - self._charge["trans"])

    def net_fluxes(self, voltage: float, probabilities: Array | None = None) -> dict[tuple[str, str], float]:
        """(ion, side) -> ions that enter from there less those that leave to there, 1/s; zero in detailed balance.

        Parameters
        ----------
        voltage
            V.
        probabilities
            Of the states; those of the steady state by default.
        """
        held = self.steady(voltage) if probabilities is None else probabilities
        found: dict[tuple[str, str], float] = {}
        for each, flow in zip(self.transitions, self.rates(voltage) * held[self._before], strict=True):
            key = (each.ion, each.side)
            found[key] = found.get(key, 0.0) + each.gain * float(flow)
        return found

    def relaxation_times(self, voltage: float) -> Array:
        """Times in which departures from the steady state die out at a voltage (V), s, longest first."""
        values = np.linalg.eigvals(self.generator(voltage))
        decaying = np.sort(-values.real)[1:]
        return 1.0 / decaying

    def solve(self, guess: Any = None) -> PoreSolution:
        """Steady state at the present values of the parameters; `guess` is not needed.

        Raises
        ------
        ModelError
            As `steady`.
        """
        volts = self.voltage.value
        held = self.steady(volts)
        weight = float(self.weight(held))
        flows = self.rates(volts) * held[self._before]
        inward = {name: self._inward(name, flows, weight, volts) for name in OPENINGS}
        return PoreSolution(volts, held, weight, weight * float(self.open_conductance(volts)), inward)

    def _inward(self, opening: str, flows: Array, weight: float, volts: float) -> dict[str, float]:
        sign = 1.0 if opening == "cis" else -1.0
        found = {each.ion: sign * weight * float(each.conductance(volts)) * volts for each in self.carriers}
        for each, charge in zip(self.transitions, self._charge[opening] * flows, strict=True):
            found[each.ion] = found.get(each.ion, 0.0) + float(charge)
        return found

    def terminals(self, first: str, second: str) -> PoreTerminals:
        """Probes of the current between two openings; TagError for others than "cis" and "trans"."""
        for name in (first, second):
            if name not in OPENINGS:
                raise TagError(f'PoreKinetics: "{name}" is no opening; "cis" and "trans" are.{nearest(name, OPENINGS)}')
        valences = {each.ion: float(each.barrier.valence) for each in self.transitions}
        valences |= {each.ion: float(each.valence) for each in self.carriers}

        into, out = ({ion: OutwardCurrent(ion, name) for ion in valences} for name in (first, second))
        return PoreTerminals(into, out, None, valences)


def _parameter(name: str, given: float | Parameter, unit: str) -> Parameter:
    return given if isinstance(given, Parameter) else Parameter(name, given, unit)


def _not_negative(name: str, parameter: Parameter) -> None:
    checks.non_negative("PoreKinetics", f"concentration of {name}", parameter.value, "mol/m3")
