# SPDX-License-Identifier: LGPL-3.0-or-later
"""Currents and densities of all replicas together, with their errors."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from mpi4py import MPI
from scipy import stats

from fem_ionics.lemc.estimators import Estimate
from fem_ionics.lemc.nernst_planck import current
from fem_ionics.lemc.primitive import DENSITY
from fem_ionics.lemc.replica import Drive, Replica
from fem_ionics.lemc.sampled import Sampled
from fem_ionics.parameters import Electrolyte

Floats = npt.NDArray[np.float64]


class Pool:
    """What replicas on all ranks have sampled (its methods are collective).

    Parameters
    ----------
    comm
        Of the replicas.
    drive
        What they share.
    electrolyte
        Diffusivities and names.
    replicas
        How many there are.

    Notes
    -----
    The currents are those of the mean density: they are no linear function of the densities, and a mean of the
    replicas' currents would carry the bias of each one's noise. Their error is from leaving out one replica after the
    other (jackknife).
    """

    def __init__(self, comm: MPI.Comm, drive: Drive, electrolyte: Electrolyte, replicas: int) -> None:
        self.comm, self.drive, self.electrolyte, self.replicas = comm, drive, electrolyte, replicas

    def currents(self, mine: Mapping[int, Replica]) -> Estimate:
        """Total current from cis to trans, A."""
        densities = self._gathered({n: r.tally.density for n, r in mine.items()})
        totals = self._left_out(densities).sum(axis=1)
        return Estimate(totals[0], _jackknife(totals[1:]))

    def sampled(
        self, mine: Mapping[int, Replica], parameters: Mapping[str, float], facts: Mapping[str, Any]
    ) -> Sampled:
        """The finished state."""
        drive, species = self.drive, self.electrolyte.species
        densities = self._gathered({n: r.tally.density for n, r in mine.items()})
        mean = densities.mean(axis=0)
        potentials = drive.potentials(mean)
        fluxes = drive.fluxes(mean, potentials)
        pairs = [[current(s.valence, s.diffusivity, f) for f in row] for s, row in zip(species, fluxes, strict=True)]
        into, out = np.array(pairs).T
        parts = self._left_out(densities)[1:]
        each = self._apart(densities)
        spread = densities.std(axis=0, ddof=1) / np.sqrt(self.replicas)
        shape = (len(species), *drive.system.grid.shape)
        return Sampled(
            ions=self.electrolyte.names,
            valences=self.electrolyte.valences,
            currents=Estimate(out, _jackknife(parts)),
            current=Estimate(out.sum(), _jackknife(parts.sum(axis=1))),
            density=Estimate((mean / DENSITY).reshape(shape), (spread / DENSITY).reshape(shape)),
            potentials=potentials,
            defects=into - out,
            agreement=self._agreement(mine),
            drift=self._drift(mine, each),
            seeds=each.sum(axis=1),
            grid=drive.system.grid,
            cell=drive.system.cell,  # type: ignore[arg-type]
            parameters=dict(parameters),
            info=dict(facts),
            replicas={n: replica.state() for n, replica in mine.items()},
        )

    def _currents(self, drive: Drive, density: Floats) -> Floats:
        """From cis to trans, A, shape (S,)."""
        fluxes = drive.fluxes(density)[:, 1]
        species = self.electrolyte.species
        return np.array([current(s.valence, s.diffusivity, f) for s, f in zip(species, fluxes, strict=True)])

    def _left_out(self, densities: Floats) -> Floats:
        """Currents of all replicas, then without each one, shape (1 + replicas, S)."""
        total = densities.sum(axis=0)
        found = [self._currents(self.drive, total / self.replicas)]
        for number, one in enumerate(densities):
            found.append(self._currents(self.drive.without(number), (total - one) / (self.replicas - 1)))
        return np.array(found)

    def _apart(self, densities: Floats) -> Floats:
        """Currents of each replica, shape (replicas, S)."""
        return np.array([self._currents(self.drive.shifted(k), density) for k, density in enumerate(densities)])

    def _drift(self, mine: Mapping[int, Replica], all_: Floats) -> float:
        """Later half less all, in standard errors over the replicas."""
        late = self._gathered({n: r.late.density if r.late.blocks else r.tally.density for n, r in mine.items()})
        changes = (self._apart(late) - all_).sum(axis=1)
        return _in_errors(changes)

    def _agreement(self, mine: Mapping[int, Replica]) -> Floats:
        """Ions in the pore by histogram less those by insertion, in standard errors over the replicas."""
        drive = self.drive
        inside = (drive.region == 1) * drive.system.grid.volumes.ravel()
        found = {n: ((r.tally.histogram - r.tally.insertion) * inside).sum(axis=1) for n, r in mine.items()}
        return np.array([_in_errors(column) for column in self._gathered(found).T])

    def _gathered(self, mine: Mapping[int, Floats]) -> Floats:
        """Of all replicas in their order, the same on every rank."""
        known = {number: value for part in self.comm.allgather(dict(mine)) for number, value in part.items()}
        return np.stack([known[number] for number in range(self.replicas)])


def _jackknife(left_out: Floats) -> Floats:
    """Standard error of a number from its values without each of n replicas, shape (n, ...)."""
    n = len(left_out)
    return np.sqrt((n - 1) / n * np.sum((left_out - left_out.mean(axis=0)) ** 2, axis=0))


def _in_errors(changes: Floats) -> float:
    """Mean over its standard error, as the normal deviate of the same probability (few replicas: Student's t)."""
    error = np.std(changes, ddof=1) / np.sqrt(len(changes))
    if error == 0.0:
        return 0.0
    ratio = float(changes.mean() / error)
    return float(np.copysign(stats.norm.isf(stats.t.sf(abs(ratio), len(changes) - 1)), ratio))
