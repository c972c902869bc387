# SPDX-License-Identifier: LGPL-3.0-or-later
"""One independent run of the outer iteration: sample, solve Nernst-Planck, sample again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from fem_ionics.errors import CheckpointError
from fem_ionics.lemc.chain import Chain
from fem_ionics.lemc.mixing import Tally
from fem_ionics.lemc.nernst_planck import NernstPlanck
from fem_ionics.lemc.system import System

Floats = npt.NDArray[np.float64]


def shifts_of(errors: Floats, count: int, seed: int, *, alike: bool) -> Floats:
    """Shifts of the baths for each replica; see `Drive`.

    Parameters
    ----------
    errors
        Standard errors of ln(activity) in the cis and the trans bath, shape (S, 2).
    count
        Replicas.
    seed
        Of the shifts: the same on all ranks.
    alike
        The baths have one composition, so one error.
    """
    shifts = np.random.default_rng(seed).standard_normal((count, *errors.shape))
    if alike:
        shifts[..., 1] = shifts[..., 0]
    shifts -= shifts.mean(axis=0)
    return shifts * np.sqrt(count) / shifts.std(axis=0, ddof=1) * errors


@dataclass(frozen=True, eq=False, kw_only=True)
class Drive:
    """What all replicas of one point share.

    Parameters
    ----------
    system
        What is sampled.
    transport
        Nernst-Planck on the bins of the system.
    ends
        Electrochemical potential of each ion (rows) in the cis and the trans bath, kT.
    shifts
        Of `ends`, one for each replica, kT, shape (replicas, S, 2): the errors of the baths' activities. They have mean
        zero and a scatter whose standard error is that of the activities, so that the scatter of the replicas tells
        what these errors do to a current.
    applied
        Nodal table of the applied potential, kT/e.
    mobility
        Diffusivity of each ion in each bin relative to its own in the baths, shape (S, bins).
    region
        Number of the region of each bin.
    """

    system: System
    transport: NernstPlanck
    ends: Floats
    shifts: Floats
    applied: Floats
    mobility: Floats
    region: npt.NDArray[np.int64]

    def shifted(self, number: int) -> "Drive":
        """For one replica: its baths are off by its shift."""
        return replace(self, ends=self.ends + self.shifts[number])

    def without(self, number: int) -> "Drive":
        """For all replicas but one: the mean of their shifts."""
        return replace(self, ends=self.ends - self.shifts[number] / (len(self.shifts) - 1))

    def potentials(self, density: Floats) -> Floats:
        """Electrochemical potential of each ion at given densities, (S, *nodes), kT."""
        rows = zip(density * self.mobility, self.ends, strict=True)
        return np.stack([self.transport.solve(row, *ends) for row, ends in rows])

    def fluxes(self, density: Floats, potentials: Floats | None = None) -> Floats:
        """F of each ion (rows) through the cis and the trans opening, nm^-2; see `nernst_planck`."""
        mu = self.potentials(density) if potentials is None else potentials
        rows = zip(density * self.mobility, mu, strict=True)
        return np.array([self.transport.flux(*row) for row in rows])

    def tally(self) -> Tally:
        """An empty one for this grid."""
        return Tally(self.system.grid.volumes.ravel(), self.region, len(self.system.valences))


class Replica:
    """One chain and the electrochemical potentials that follow from it.

    Parameters
    ----------
    drive
        What it has in common with others.
    seed
        (seed, replica, point).
    precision
        Of the chain.
    begin
        State of a replica at another point to start from: its ions, and potentials that follow from its densities.
    """

    def __init__(
        self, drive: Drive, seed: Sequence[int], precision: str, begin: Mapping[str, Any] | None = None
    ) -> None:
        self.drive = drive
        self.potentials = drive.potentials(self._first(begin))
        start = None if begin is None else (begin["chain/positions"], begin["chain/species"])
        self.chain = Chain(drive.system, self._activity(), seed=seed, precision=precision, start=start)
        self.tally, self.late = drive.tally(), drive.tally()

    def iterate(self, trials: int, *, late: bool) -> None:
        """Sample with the present potentials, then let these follow from all that was sampled since the last `reset`.

        Parameters
        ----------
        trials
            To sample with.
        late
            Count this iteration among the late ones too, whose drift from all is looked at in the end.
        """
        self.chain.run(trials)
        block = self.chain.take()
        self.tally.add(block)
        if late:
            self.late.add(block)
        self.potentials = self.drive.potentials(self.tally.density)
        self.chain.set_activity(self._activity())

    def reset(self) -> None:
        """Forget what was sampled, not where the ions are nor the potentials."""
        self.tally, self.late = self.drive.tally(), self.drive.tally()

    def state(self) -> dict[str, Any]:
        """All that is needed to go on."""
        parts = {"chain": self.chain.state(), "tally": self.tally.state(), "late": self.late.state()}
        flat = {f"{part}/{name}": np.asarray(value) for part, held in parts.items() for name, value in held.items()}
        return flat | {"potentials": self.potentials}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a kept state; CheckpointError where it is not of this system."""
        parts: dict[str, dict[str, Any]] = {"chain": {}, "tally": {}, "late": {}}
        for name, value in state.items():
            part, _, key = name.partition("/")
            if key:
                parts[part][key] = value
        potentials = np.asarray(state.get("potentials"))
        counts = parts["tally"].get("counts", np.empty(0))
        if potentials.shape != self.potentials.shape or counts.shape != self.tally.counts.shape:
            raise CheckpointError("NPLEMC: what was kept is of another grid or other ions; use another folder.")
        self.potentials = potentials
        self.tally.restore(parts["tally"])
        self.late.restore(parts["late"])
        self.chain.restore(parts["chain"])
        self.chain.set_activity(self._activity())

    def _activity(self) -> Floats:
        valences = np.array(self.drive.system.valences, dtype=np.float64)
        return self.potentials - valences[:, None, None, None] * self.drive.applied

    def _first(self, begin: Mapping[str, Any] | None) -> Floats:
        """Densities of another point if they are of the same bins, else one density in pore and baths."""
        if begin is not None:
            held = {name.removeprefix("tally/"): begin[name] for name in begin if name.startswith("tally/")}
            kept = self.drive.tally()
            if held["counts"].shape == kept.counts.shape:
                kept.restore(held)
                return kept.density
        return np.ones((len(self.drive.system.valences), self.drive.system.grid.bins))
