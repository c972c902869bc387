# SPDX-License-Identifier: LGPL-3.0-or-later
"""The master equation over time under any waveform, the energy of a switch, and its linear response."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from scipy.linalg import expm
from scipy.optimize import brentq

from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.parameters import checks
from fem_ionics.reduced import given
from fem_ionics.reduced.angstrom.kinetics import PoreKinetics
from fem_ionics.reduced.angstrom.waveform import Piece, Waveform

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class PoreTrace:
    """A pore, or the mean of many, over time.

    Parameters
    ----------
    times
        s, shape (n,).
    voltage
        V; at a jump that after it.
    probabilities
        Of the states, shape (states, n).
    weight
        w.
    current
        A.
    energy
        Dissipated since the start, J.
    """

    times: Array
    voltage: Array
    probabilities: Array
    weight: Array
    current: Array
    energy: Array


def transient(
    kinetics: PoreKinetics,
    waveform: Waveform,
    times: Any = None,
    *,
    start: Any = None,
    tolerance: float = 1e-8,
) -> PoreTrace:
    """Integrate the master equation under a waveform.

    Parameters
    ----------
    kinetics
        The pore; its own voltage is not used.
    waveform
        Voltage over time.
    times
        When to record, s, ascending within the waveform; 201 equal steps by default.
    start
        Probabilities of the states at the start; by default the steady state at rest, without voltage.
    tolerance
        Relative error of a step of the integrator, absolute for probabilities, where the voltage is not constant.

    Raises
    ------
    ParameterError
        For times out of order or outside the waveform, and for what are no probabilities.
    ConvergenceError
        When the integrator gives up.

    Notes
    -----
    Constant voltages by matrix exponentials; others by Radau, a stiff implicit Runge-Kutta of order 5, that starts
    afresh at each jump.
    """
    checks.positive("transient", "tolerance", tolerance)
    t = _times(waveform, times)
    held = kinetics.steady(0.0) if start is None else _start(kinetics, start)
    y = np.append(held, 0.0)
    rows = np.zeros((len(y), len(t)))
    for number, piece in enumerate(waveform.pieces):
        last = number == len(waveform.pieces) - 1
        here = (t >= piece.start) & ((t <= piece.end) if last else (t < piece.end))
        inside = t[here]
        y, found = _integrated(kinetics, piece, y, inside, tolerance)
        rows[:, here] = found
    volts = np.asarray(waveform(t))
    held = rows[:-1]
    current = kinetics.current(volts, held)
    return PoreTrace(t, volts, held, np.asarray(kinetics.weight(held)), np.asarray(current), rows[-1] * _UNIT)


#: Energies are integrated in this unit, J, to stand beside probabilities.
_UNIT = 1e-19


def _system(kinetics: PoreKinetics, volts: float) -> Array:
    """A of d(P, E)/dt = A (P, E), with the dissipated energy E behind the probabilities."""
    count = len(kinetics.states)
    matrix = np.zeros((count + 1, count + 1))
    matrix[:-1, :-1] = kinetics.generator(volts)
    matrix[-1, :-1] = kinetics.currents(volts) * volts / _UNIT
    return matrix


def _held(kinetics: PoreKinetics, volts: float, y: Array, spans: Array) -> Array:
    """(P, E) after times, ascending, under a constant voltage, shape (states + 1, n): exact."""
    matrix = _system(kinetics, volts)
    leaps = np.diff(spans, prepend=0.0)
    # Equal steps differ by round-off: one exponential serves them all.
    keys = np.rint(leaps / max(spans[-1], np.finfo(float).tiny) * 1e12)
    first = dict(zip(keys, leaps, strict=True))
    exponentials = {key: expm(matrix * leap) for key, leap in first.items()}
    rows = []
    for key in keys:
        y = exponentials[key] @ y
        rows.append(y)
    return np.array(rows).T


def _integrated(kinetics: PoreKinetics, piece: Piece, y: Array, inside: Array, tolerance: float) -> tuple[Array, Array]:
    """(P, E) at the end of a piece, and at times inside."""
    wanted = np.append(inside, piece.end)
    if not callable(piece.volts):
        rows = _held(kinetics, piece.volts, y, wanted - piece.start)
        return rows[:, -1], rows[:, :-1]
    found = solve_ivp(
        lambda t, y: _system(kinetics, float(piece.at(t))) @ y,
        (piece.start, piece.end),
        y,
        method="Radau",
        t_eval=inside if len(inside) and inside[-1] == piece.end else wanted,
        jac=lambda t, y: _system(kinetics, float(piece.at(t))),
        rtol=max(tolerance, 1e-13),
        atol=np.append(np.full(len(y) - 1, tolerance), 1e-3 * tolerance),
        # A longer step could jump over a wave.
        max_step=(piece.end - piece.start) / 20.0,
    )
    if not found.success:
        raise ConvergenceError(f"transient: the integrator stopped before {piece.end:g} s: {found.message}")
    return found.y[:, -1], found.y[:, : len(inside)]


def _times(waveform: Waveform, times: Any) -> Array:
    if times is None:
        return np.linspace(waveform.start, waveform.end, 201)
    t = waveform.within(times)
    if t.ndim != 1 or len(t) == 0 or np.any(np.diff(t) <= 0.0):
        raise ParameterError("transient: times were given in no ascending order; one or more, each later, are needed.")
    return t


def _start(kinetics: PoreKinetics, start: Any) -> Array:
    held = given.reals("transient", "start", start)
    if held.shape != (len(kinetics.states),) or np.any(held < 0.0) or abs(held.sum() - 1.0) > 1e-9:
        raise ParameterError(
            f"transient: start = {start!r} was given; {len(kinetics.states)} probabilities that add up to 1 are needed."
        )
    return held


def switching_energy(kinetics: PoreKinetics, before: float, after: float, part: float = 0.95) -> float:
    """Energy that one pore dissipates while a step of the voltage switches it, J: Int I V dt.

    Parameters
    ----------
    kinetics
        The pore.
    before, after
        Voltages, V: the pore starts in the steady state of the first.
    part
        The integral ends when the weight has gone this part of its way to the new steady state.

    Raises
    ------
    ParameterError
        For a part that is not between 0 and 1, or voltages between which the weight does not change.
    """
    if not 0.0 < checks.real("switching_energy", "part", part) < 1.0:
        raise ParameterError(f"switching_energy: part = {part:g} was given; between 0 and 1 is needed.")
    old, new = kinetics.steady(before), kinetics.steady(after)
    change = float(kinetics.weight(new) - kinetics.weight(old))
    if abs(change) < 1e-12:
        raise ParameterError(f"switching_energy: from {before:g} V to {after:g} V the weight does not change.")
    y = np.append(old, 0.0)

    def left(span: float) -> float:
        weight = float(kinetics.weight(_held(kinetics, after, y, np.array([span]))[:-1, 0]))
        return (weight - float(kinetics.weight(old))) / change - part

    end = float(kinetics.relaxation_times(after)[0]) * (10.0 - np.log(1.0 - part))
    span = brentq(left, 0.0, end, xtol=1e-12 * end)
    return float(_held(kinetics, after, y, np.array([span]))[-1, 0] * _UNIT)


def admittance(kinetics: PoreKinetics, voltage: float, frequencies: Any) -> Any:
    """Small-signal admittance at a steady voltage: what a small sine of current is per sine of voltage.

    Parameters
    ----------
    kinetics
        The pore.
    voltage
        Bias, V.
    frequencies
        Hz, a number or an array; zero or above.

    Returns
    -------
    complex
        S, of the shape of `frequencies`; its imaginary part is positive where the current leads.

    Raises
    ------
    ParameterError
        For frequencies below zero.
    """
    volts = checks.real("admittance", "voltage", voltage)
    f = given.reals("admittance", "frequencies", frequencies)
    if np.any(f < 0.0):
        raise ParameterError("admittance: a frequency below zero was given; zero or above is needed.")
    held = kinetics.steady(volts)
    drive = kinetics.assembled(kinetics.slopes(volts)) @ held
    by_state = kinetics.currents(volts)
    generator = kinetics.generator(volts)
    found = np.zeros(f.shape, dtype=complex)
    for place in np.ndindex(f.shape):
        matrix = 2j * np.pi * f[place] * np.eye(len(held)) - generator
        right = drive.astype(complex)
        # Changes of probabilities add up to zero, which at frequency zero the equations leave open.
        matrix[0], right[0] = 1.0, 0.0
        found[place] = by_state @ np.linalg.solve(matrix, right)
    found += kinetics.current_slopes(volts) @ held
    return complex(found) if found.ndim == 0 else found
