# SPDX-License-Identifier: LGPL-3.0-or-later
"""A Markov chain of a system, what it accumulates, and its state to be kept and taken up again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fem_ionics.errors import CheckpointError, ParameterError
from fem_ionics.lemc.kernel import (
    Memory,
    enter_fast,
    enter_reference,
    refresh_fast,
    refresh_reference,
    run_fast,
    run_reference,
)
from fem_ionics.lemc.kernel.memory import MOVES
from fem_ionics.lemc.start import neutral_numbers, possible, scattered
from fem_ionics.lemc.system import LARGEST_GROUP, System
from fem_ionics.parameters import checks

Floats = npt.NDArray[np.float64]

PRECISIONS = ("float32", "float64")
_BACKENDS = ("fast", "reference")
#: Ions that there is room for at the start, beyond those present; more is made when it is needed.
_ROOM = 256


@dataclass(frozen=True, eq=False, kw_only=True)
class Block:
    """What a chain has accumulated over some trials.

    Attributes
    ----------
    trials, samples : int
        Trials, and how many of the states between them were sampled.
    numbers : ndarray, shape (S,)
        Mean number of ions of each kind.
    products : ndarray, shape (S, S)
        Mean of N_i N_j.
    energy : float
        Mean energy of the ions by charges, kT; without the field of smeared walls and of the activity.
    counts : ndarray, shape (S, bins)
        Mean number of ions in each bin.
    inserted, tries : ndarray, shape (S, bins)
        Sum of exp(ln a - dU) over test insertions (zero where spheres overlap), nm^-3, and their number: the quotient
        estimates the density, averaged over the whole bin.
    attempted, accepted : mapping of str to int
        Of each move.
    """

    trials: int
    samples: int
    numbers: Floats
    products: Floats
    energy: float
    counts: Floats
    inserted: Floats
    tries: npt.NDArray[np.int64]
    attempted: Mapping[str, int]
    accepted: Mapping[str, int]


class Chain:
    """One Markov chain.

    Parameters
    ----------
    system
        What is sampled.
    ln_activity
        ln of the activities in nm^-3: one number for each kind of ion, or tables of shape (S, *grid.nodes).
    seed
        (seed, rank, point), integers from 0: the chain is the same for the same three, whatever else runs.
    precision
        "float32" or "float64": of positions and pair potentials.
    backend
        "fast", compiled, or "reference", the same in Python, some thousand times slower.
    start
        Positions, nm, shape (N, 3), and kinds, shape (N,), of the first ions; by default none between baths, and as
        many as make the cell neutral in a periodic one.

    Raises
    ------
    ParameterError
        For values out of range, and where no neutral start can be found.
    CompilerError
        When the fast kernel cannot be compiled.
    """

    def __init__(
        self,
        system: System,
        ln_activity: Any,
        *,
        seed: Sequence[int] = (0, 0, 0),
        precision: str = "float32",
        backend: str = "fast",
        start: tuple[Any, Any] | None = None,
    ) -> None:
        for name, given, known in (("precision", precision, PRECISIONS), ("backend", backend, _BACKENDS)):
            if given not in known:
                allowed = " or ".join(f'"{each}"' for each in known)
                raise ParameterError(f"Chain: {name} = {given!r} was given; {allowed} is allowed.")
        self.system = system
        self.precision, self.backend = precision, backend
        self.seed = tuple(checks.integer("Chain", "seed", each) for each in seed)
        if min(self.seed, default=-1) < 0:
            raise ParameterError(f"Chain: seed = {self.seed} was given; integers from 0 on are needed.")
        stream = np.random.SeedSequence(self.seed)
        positions, species = self._started(start, np.random.default_rng(stream.spawn(1)[0]))
        capacity = len(species) + _ROOM
        self._memory = Memory(system, stream.generate_state(1, np.uint64), precision, capacity)
        self._set(ln_activity)
        if not possible(self._memory, positions, species):
            raise ParameterError(
                f"Chain: a start with {len(positions)} positions and {len(species)} kinds was given; as many of each "
                "are needed, of ions of the system in the cell, apart, and such that a periodic one is neutral."
            )
        self._enter(positions, species)

    def _started(self, start: tuple[Any, Any] | None, random: np.random.Generator) -> tuple[Floats, Any]:
        if start is not None:
            return np.asarray(start[0], dtype=np.float64).reshape(-1, 3), np.asarray(start[1], dtype=np.int32)
        if not self.system.periodic:
            return np.zeros((0, 3)), np.zeros(0, dtype=np.int32)
        return scattered(self.system, neutral_numbers(self.system), random)

    # running

    def run(self, trials: int) -> None:
        """Go on for some trials, sampling every `system.stride` of them."""
        memory, left = self._memory, checks.integer("Chain.run", "trials", trials)
        if left < 0:
            raise ParameterError(f"Chain.run: trials = {trials} was given; none or more are needed.")
        step = run_fast if self.backend == "fast" else run_reference
        while left > 0:
            left -= step(memory, left, self.system.stride)
            if left > 0:
                memory.grow(2 * memory.capacity + LARGEST_GROUP)

    def take(self) -> Block:
        """What was accumulated since the last time; ParameterError if nothing was sampled."""
        m = self._memory
        if not m.samples:
            raise ParameterError(
                f"Chain.take: no sample yet; run {self.system.stride} trials (the stride) or more first."
            )
        block = Block(
            trials=int(m.attempted.sum()),
            samples=m.samples,
            numbers=m.numbers / m.samples,
            products=m.products / m.samples,
            energy=m.energies / m.samples,
            counts=m.counts / m.samples,
            inserted=m.inserted,
            tries=m.tries,
            attempted=dict(zip(MOVES, m.attempted.tolist(), strict=True)),
            accepted=dict(zip(MOVES, m.accepted.tolist(), strict=True)),
        )
        m.clear()
        return block

    def forget(self) -> None:
        """Drop what was accumulated."""
        self._memory.clear()

    def set_activity(self, ln_activity: Any) -> None:
        """Other activities from now on, in the same forms as at the start."""
        self._set(ln_activity)
        (refresh_fast if self.backend == "fast" else refresh_reference)(self._memory)

    def _set(self, ln_activity: Any) -> None:
        given = np.ascontiguousarray(ln_activity, dtype=np.float64)
        kinds, nodes = len(self.system.valences), self.system.grid.nodes
        if given.shape not in ((kinds,), (kinds, *nodes)) or not np.all(np.isfinite(given)):
            raise ParameterError(
                f"Chain: ln_activity of shape {given.shape} was given; {kinds} finite numbers, or tables of shape "
                f"{(kinds, *nodes)}, are needed."
            )
        memory = self._memory
        memory.lna, memory.uniform = given, int(given.ndim == 1)
        memory.nodes = 1 if given.ndim == 1 else int(np.prod(nodes))

    # the ions

    @property
    def positions(self) -> Floats:
        """Of the ions, nm, shape (N, 3)."""
        m = self._memory
        ions = slice(m.M, m.M + m.N)
        return np.stack([m.x[ions], m.y[ions], m.z[ions]], axis=1).astype(np.float64)

    @property
    def species(self) -> npt.NDArray[np.int32]:
        """Kinds of the ions, shape (N,)."""
        return self._memory.species[: self._memory.N].copy()

    @property
    def energy(self) -> float:
        """Present energy of the ions by charges, kT."""
        return float(self._memory.energy)

    def refresh(self) -> None:
        """Compute potentials and energy anew from the positions, as the chain does by itself now and then."""
        (refresh_fast if self.backend == "fast" else refresh_reference)(self._memory)

    def state(self) -> dict[str, Any]:
        """Positions, kinds, and the state of the generator, to be kept; not what was accumulated.

        The chain itself goes on from there as one that is restored would, its potentials computed anew.
        """
        m = self._memory
        kept: dict[str, Any] = {
            "positions": self.positions,
            "species": self.species,
            "rng": m.rng.copy(),
            "trials": m.trials,
        }
        self._enter(kept["positions"], kept["species"])
        return kept

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go back to a kept state; CheckpointError for one that is none of this system."""
        try:
            positions, species = (
                np.asarray(state["positions"], dtype=float),
                np.asarray(state["species"], dtype=np.int32),
            )
            rng, trials = np.asarray(state["rng"], dtype=np.uint64), int(state["trials"])
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(f"Chain.restore: the state is incomplete or damaged ({error!r}).") from error
        if rng.shape != (1,) or not possible(self._memory, positions, species):
            raise CheckpointError("Chain.restore: the state is damaged, or of another system.")
        self._memory.clear()
        self._enter(positions, species)
        self._memory.rng[:] = rng
        self._memory.trials = trials

    def _enter(self, positions: Floats, species: Any) -> None:
        memory = self._memory
        if len(species) + LARGEST_GROUP > memory.capacity:
            memory.grow(len(species) + _ROOM)
        (enter_fast if self.backend == "fast" else enter_reference)(memory, positions, species)
