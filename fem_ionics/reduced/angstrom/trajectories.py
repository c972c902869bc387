# SPDX-License-Identifier: LGPL-3.0-or-later
"""Single pores as they jump from state to state: exact kinetic Monte Carlo under any waveform.

Candidates for a jump come at a rate that bounds the real one over a piece of the waveform and are accepted in the ratio
of both (thinning; for a constant voltage all are). Lewis and Shedler, Nav. Res. Logist. Q. 26, 403 (1979); Gillespie,
J. Phys. Chem. 81, 2340 (1977).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks
from fem_ionics.reduced import given
from fem_ionics.reduced.angstrom.kinetics import PoreKinetics
from fem_ionics.reduced.angstrom.waveform import Piece, Waveform

Array = NDArray[np.float64]
Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class PoreTrajectories:
    """Jumps of single pores.

    Parameters
    ----------
    kinetics
        Of each of them.
    start, end
        s.
    first
        Number of each pore's state at the start, shape (pores,).
    jumps
        For each pore its times of jumps (s) and the states after them.
    """

    kinetics: PoreKinetics
    start: float
    end: float
    first: Integers
    jumps: tuple[tuple[Array, Integers], ...]

    def states(self, times: Any) -> Integers:
        """Number of the state of each pore at times (s), shape (pores, n)."""
        t = np.atleast_1d(given.reals("PoreTrajectories", "times", times))
        rows = [
            np.concatenate([[begun], after])[np.searchsorted(when, t, side="right")]
            for begun, (when, after) in zip(self.first, self.jumps, strict=True)
        ]
        return np.array(rows, dtype=np.int64)

    def weight(self, times: Any) -> tuple[Array, Array]:
        """Part of the pores that is open at times (s), and its standard error: two arrays of shape (n,)."""
        opened = np.array(self.kinetics.states.weights)[self.states(times)]
        count = len(self.first)
        mean: Array = opened.mean(axis=0)
        # One pore more, half open, keeps the error above zero where all pores agree.
        shown = (mean * count + 0.5) / (count + 1.0)
        return mean, np.sqrt(shown * (1.0 - shown) / count)

    def occupancies(self, blocks: int = 20) -> tuple[Array, Array]:
        """Part of the time spent in each state, mean of all pores, and its standard error: shape (states,).

        Parameters
        ----------
        blocks
            Into so many equal blocks each trajectory is cut; they must be long against the relaxation time, and the
            voltage constant, for the error to be one.

        Raises
        ------
        ParameterError
            For fewer than two blocks in all.
        """
        number = checks.integer("occupancies", "blocks", blocks)
        if number < 1 or number * len(self.first) < 2:
            raise ParameterError(f"occupancies: {number} blocks of {len(self.first)} pores; two or more are needed.")
        edges = np.linspace(self.start, self.end, number + 1)
        parts = np.concatenate([self._spent(pore, edges) for pore in range(len(self.first))])
        mean: Array = parts.mean(axis=0)
        error: Array = parts.std(axis=0, ddof=1) / np.sqrt(len(parts))
        return mean, error

    def _spent(self, pore: int, edges: Array) -> Array:
        """Part of each interval that a pore spends in each state, shape (intervals, states)."""
        when, after = self.jumps[pore]
        times = np.concatenate([[self.start], when, [self.end]])
        states = np.concatenate([[self.first[pore]], after])
        total = np.zeros((len(self.kinetics.states), len(times)))
        total[states, np.arange(1, len(times))] = np.diff(times)
        since = np.cumsum(total, axis=1)
        at = np.array([np.interp(edges, times, row) for row in since])
        return (np.diff(at, axis=1) / np.diff(edges)).T


def trajectories(
    kinetics: PoreKinetics, waveform: Waveform, *, pores: int, seed: int, start: Any = None
) -> PoreTrajectories:
    """Simulate independent pores of an array.

    Parameters
    ----------
    kinetics
        Of each pore; its own voltage is not used.
    waveform
        Voltage over time, the same for all.
    pores
        How many.
    seed
        Of the random numbers: the same gives the same jumps.
    start
        Probabilities of the states from which the first ones are drawn; by default the steady state at rest.

    Raises
    ------
    ParameterError
        For no pore, a seed below zero, what are no probabilities, and a voltage outside its bounds.
    """
    count, number = checks.integer("trajectories", "pores", pores), checks.integer("trajectories", "seed", seed)
    if count < 1 or number < 0:
        raise ParameterError(f"trajectories: pores = {count}, seed = {number}; 1 and 0 are the lowest.")
    random = np.random.default_rng(number)
    held = kinetics.steady(0.0) if start is None else np.asarray(start, dtype=float)
    if held.shape != (len(kinetics.states),) or np.any(held < 0.0) or abs(held.sum() - 1.0) > 1e-9:
        raise ParameterError(f"trajectories: start = {start!r}; {len(kinetics.states)} probabilities are needed.")
    first = random.choice(len(held), size=count, p=held / held.sum()).astype(np.int64)
    state = first.copy()
    when, which, after = [], [], []
    for piece in waveform.pieces:
        for times, pore, to in _walked(kinetics, piece, state, random):
            when.append(times)
            which.append(pore)
            after.append(to)
    return PoreTrajectories(kinetics, waveform.start, waveform.end, first, _by_pore(count, when, which, after))


def _walked(
    kinetics: PoreKinetics, piece: Piece, state: Integers, random: np.random.Generator
) -> Iterator[tuple[Array, Integers, Integers]]:
    """Times, pores and states after of jumps within a piece, one of each pore at a time; `state` is moved on."""
    before = np.array([kinetics.states.index(each.before) for each in kinetics.transitions])
    target = np.array([kinetics.states.index(each.after) for each in kinetics.transitions])
    leaves = before[:, None] == np.arange(len(kinetics.states))
    low, high = piece.bounds or (0.0, 0.0)
    # Rates are convex in V or depend on |V|: their largest are at the ends, or at the smallest |V|.
    corners = np.array([low, high, min(max(0.0, low), high)])
    bound = leaves.T @ kinetics.rates(corners).max(axis=1)
    alive = np.arange(len(state))
    time = np.full(len(state), piece.start)
    while len(alive):
        limit = bound[state[alive]]
        alive = alive[limit > 0.0]
        time[alive] += random.exponential(size=len(alive)) / bound[state[alive]]
        alive = alive[time[alive] < piece.end]
        if not len(alive):
            return
        rates = kinetics.rates(piece.at(time[alive])) * leaves[:, state[alive]]
        ladder = np.cumsum(rates, axis=0)
        drawn = random.random(len(alive)) * bound[state[alive]]
        accepted = drawn < ladder[-1]
        chosen = (drawn[accepted] < ladder[:, accepted]).argmax(axis=0)
        pores = alive[accepted]
        state[pores] = target[chosen]
        yield time[pores].copy(), pores, state[pores].copy()


def _by_pore(
    count: int, when: list[Array], which: list[Integers], after: list[Integers]
) -> tuple[tuple[Array, Integers], ...]:
    """Jumps sorted by pore, in order of time."""
    if not when:
        return tuple((np.zeros(0), np.zeros(0, dtype=np.int64)) for _ in range(count))
    times, pores, states = np.concatenate(when), np.concatenate(which), np.concatenate(after)
    order = np.lexsort((times, pores))
    times, pores, states = times[order], pores[order], states[order]
    edges = np.searchsorted(pores, np.arange(count + 1))
    return tuple((times[a:b], states[a:b]) for a, b in pairwise(edges))
