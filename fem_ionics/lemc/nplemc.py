# SPDX-License-Identifier: LGPL-3.0-or-later
"""NP+LEMC: Nernst-Planck with the densities of local equilibrium Monte Carlo, as a description that solves itself.

D. Boda, D. Gillespie, J. Chem. Theory Comput. 8, 824 (2012).
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import numpy as np
from mpi4py import MPI
from tqdm import tqdm

from fem_ionics import info
from fem_ionics.cite import Reference, cite, register
from fem_ionics.errors import CheckpointError, ParameterError
from fem_ionics.geometry import Domain
from fem_ionics.lemc.chain import PRECISIONS
from fem_ionics.lemc.device import device
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.lemc.openings import SampledTerminals
from fem_ionics.lemc.pooling import Pool
from fem_ionics.lemc.replica import Drive, Replica
from fem_ionics.lemc.sampled import Sampled
from fem_ionics.lemc.setting import Setting
from fem_ionics.log import get_logger
from fem_ionics.parameters import Electrolyte, Parameter, checks

_log = get_logger("lemc")

register(
    [
        Reference(
            "boda2012",
            "D. Boda, D. Gillespie",
            "Steady-state electrodiffusion from the Nernst-Planck equation coupled to local equilibrium Monte Carlo "
            "simulations",
            "J. Chem. Theory Comput. 8, 824-829",
            2012,
            "10.1021/ct2007988",
        ),
    ]
)

#: Times in a run that it is kept and its error is shown.
_STOPS = 20
#: Differences that are worth a warning, in standard errors.
_SUSPECT = 4.0


class SamplingStore(Protocol):
    """Keeps what was sampled at a point; called on all ranks (collective), `load` returns the same on each."""

    def load(self, key: str) -> Mapping[str, Any] | None:
        """Arrays under a key; None if there are none."""

    def save(self, key: str, arrays: Mapping[str, Any]) -> None:
        """Keep the arrays that rank 0 gives, at once or not at all."""


class NPLEMC:
    """A pore between baths with ions as particles.

    Parameters
    ----------
    electrolyte
        The ions: their valences, and their diffusivities in the baths.
    pore
        An axisymmetric pore between reservoirs, as for the finite-element models; of its mesh nothing is used. The
        reservoirs are cells with some hundred to a thousand ions: a few pore radii wide.
    conditions
        `Bath` on "cis" and "trans", `SurfaceCharge` on "pore wall" (smeared), `WallCharges` (localised).
    radii
        Ion -> radius, m, for those that are not to have Pauling's.
    diffusivities
        Ion -> diffusivity between the pore's mouths, m2/s, for those that have another one there.
    trials
        Of one iteration.
    burn
        Iterations that are forgotten. They are forgotten in pieces, each as long as all before it.
    iterations
        That are averaged over.
    replicas
        Independent runs, at least 2, shared out to the ranks. Errors are from their scatter.
    seed
        Integer from 0; chains are those of (seed, replica, point), with a point for each set of parameter values.
    accuracy
        Standard error of the current at which the run may end, A; None: it ends after `iterations`. With it the run
        goes on for up to `longest` times as many; a warning says where that was not enough.
    longest
        See `accuracy`.
    precision
        "float32" or "float64", of positions and pair potentials.
    bulk_error
        Standard error of the ions' ln(activity coefficient) in the baths; it enters the errors of the currents.
    finest, largest
        Smallest and largest width of the bins, nm; see `pore_grid`.
    angles
        Bins around: by default 1 for charges that are smeared or on rings, where a mean over the angle carries what the
        ions do, and as many as are a quarter of a nanometre wide at the wall for other arrangements.
    store
        Keeps a run, for example ``fi.io.SamplingFolder("run")``; a run that was killed goes on from there, on as many
        ranks as are there.
    progress
        Show a bar with the current and its error on rank 0 in a terminal.

    Raises
    ------
    ParameterError, ModelError
        For values out of range; a pore or conditions that particles do not know; an ion wider than the pore; charges
        of the wall that overlap or that an ion could reach.

    Notes
    -----
    It has no Jacobian: `fi.continuation` cannot follow it by arclength, nor can errors be estimated by an adjoint.
    Studies that only solve, `fi.iv_curve` and `fi.sweep`, take it as they take a finite-element model; it needs no
    points between the values, which a large `first_step` spares.

    Where a voltage depletes the pore the outer iteration swings slowly, all replicas together, which neither the errors
    nor the drift show: compare runs of different `burn` there.

    The permittivity is the same everywhere, so that there are no image charges. Where charges are localised the mean
    of the density over the angle may carry a current that the ions do not: see `cell_problem`.
    """

    def __init__(
        self,
        electrolyte: Electrolyte,
        pore: Domain,
        conditions: Iterable[Any],
        *,
        radii: Mapping[str, float] | None = None,
        diffusivities: Mapping[str, float] | None = None,
        trials: int = 500_000,
        burn: int = 20,
        iterations: int = 60,
        replicas: int = 4,
        seed: int = 0,
        accuracy: float | None = None,
        longest: int = 10,
        precision: str = "float32",
        bulk_error: float = 2e-3,
        finest: float = 0.1,
        largest: float = 0.5,
        angles: int | None = None,
        store: SamplingStore | None = None,
        progress: bool = True,
    ) -> None:
        self.device = device(electrolyte, pore, conditions)
        self.comm: MPI.Comm = pore.comm
        self._setting = Setting(
            self.device, radii=radii, diffusivities=diffusivities, finest=finest, largest=largest, angles=angles
        )
        numbers = {"trials": (trials, 1), "burn": (burn, 0), "iterations": (iterations, 4), "replicas": (replicas, 2)}
        for name, (value, least) in (numbers | {"longest": (longest, 1), "seed": (seed, 0)}).items():
            if checks.integer("NPLEMC", name, value) < least:
                raise ParameterError(f"NPLEMC: {name} = {value} was given; at least {least} is needed.")
        self.trials, self.burn, self.iterations = trials, burn, iterations
        self.replicas, self.seed, self.longest = replicas, seed, longest
        self.accuracy = None if accuracy is None else checks.positive("NPLEMC", "accuracy", accuracy, "A")
        self.bulk_error = checks.positive("NPLEMC", "bulk_error", bulk_error)
        if precision not in PRECISIONS:
            raise ParameterError(f'NPLEMC: precision = {precision!r} was given; "float32" or "float64" is allowed.')
        self.precision, self.store, self.progress = precision, store, progress
        cite("boda2012")

    @property
    def grid(self) -> TensorGrid:
        """Bins and nodes, nm."""
        return self._setting.grid

    # what studies ask for

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What a study may turn: voltages, concentrations, smeared charges."""
        return self.device.parameters

    @property
    def fingerprint(self) -> str:
        """Of the problem, without the values of its parameters."""
        how = (self.trials, self.burn, self.iterations, self.replicas, self.accuracy, self.longest, self.bulk_error)
        parts = (self._setting.signature(), how, self.seed, self.precision)
        return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]

    def provenance(self) -> dict[str, Any]:
        """Versions, parameters and how it was sampled, for tables."""
        facts = info.info()
        versions = {name: facts[name] for name in ("fem_ionics", "dolfinx", "numpy", "python")}
        radii = dict(zip(self.device.electrolyte.names, self._setting.radii, strict=True))
        return {
            **versions,
            "ranks": self.comm.size,
            "model": "NP+LEMC",
            "parameters": {p.name: {"value": p.value, "unit": p.unit} for p in self.parameters},
            "radii (nm)": radii,
            "trials": self.trials,
            "iterations": self.iterations,
            "replicas": self.replicas,
            "seed": self.seed,
        }

    def terminals(self, first: str, second: str) -> SampledTerminals:
        """Probes of the currents out of the two openings, for current-voltage curves; TagError for other names."""
        return SampledTerminals.of(self.device.electrolyte, first, second)

    def solve(self, guess: Any = None) -> Sampled:
        """Sample at the parameters' present values.

        Parameters
        ----------
        guess
                What was sampled at another point: chains start with its ions, and with potentials from its densities.

        Returns
        -------
        Sampled

        Raises
        ------
        ModelError
            For baths that are not positive or not neutral.
        ConvergenceError
            Where the activities of a bath cannot be reached.
        """
        drive = self._setting.drive(
            self.comm, bulk_error=self.bulk_error, replicas=self.replicas, seed=self.seed, progress=self.progress
        )
        key, point = self._key()
        mine = self._mine(drive, guess, point)
        shown = self.progress and self.comm.rank == 0
        pool = Pool(self.comm, drive, self.device.electrolyte, self.replicas)
        done, limit = self._resumed(key, mine), self._limit()
        with tqdm(total=limit, initial=done, desc="NP+LEMC", disable=None if shown else True, leave=False) as bar:
            found = pool.currents(mine) if done > self.burn else None
            while done < limit and not self._enough(done, found):
                self._iterate(mine, done)
                done += 1
                bar.update()
                if done > self.burn and (done - self.burn) % max(1, self.iterations // _STOPS) == 0:
                    found = pool.currents(mine)
                    bar.set_postfix_str(f"I {found.value:.4g}({found.error:.1g}) A")
                    self._save(key, mine, done)
        self._save(key, mine, done)
        return self._finished(pool, mine, done)

    # the pieces

    def _limit(self) -> int:
        return self.burn + self.iterations * (1 if self.accuracy is None else self.longest)

    def _enough(self, done: int, found: Any) -> bool:
        """Collective numbers only: all ranks decide alike."""
        if self.accuracy is None or found is None or done < self.burn + self.iterations:
            return False
        return bool(found.error <= self.accuracy)

    def _iterate(self, mine: Mapping[int, Replica], done: int) -> None:
        # Forgotten at 1, 2, 4, 8 ... iterations and at the end of the burn-in.
        forget = done <= self.burn and (done == self.burn or (done & (done - 1)) == 0)
        for replica in mine.values():
            if forget:
                replica.reset()
            replica.iterate(self.trials, late=done >= self.burn + self.iterations // 2)

    def _finished(self, pool: Pool, mine: Mapping[int, Replica], done: int) -> Sampled:
        values = {p.name: p.value for p in self.parameters}
        # Not "iterations", which studies read as Newton's and fit their steps to.
        facts = {"outer iterations": done, "trials": done * self.trials * self.replicas}
        solution = pool.sampled(mine, values, facts)
        _log.info(
            "NP+LEMC  I %.5g(%.1g) A  drift %.1f  histogram/insertion %s",
            float(solution.current.value),
            float(solution.current.error),
            solution.drift,
            " ".join(f"{name} {z:.1f}" for name, z in zip(solution.ions, solution.agreement, strict=True)),
        )
        if abs(solution.drift) > _SUSPECT or np.abs(solution.agreement).max() > _SUSPECT:
            _log.warning(
                "NP+LEMC: the later half differs from all by %.1f errors, histograms from insertions by up to %.1f; "
                "give more burn-in or more trials",
                solution.drift,
                np.abs(solution.agreement).max(),
            )
        if self.accuracy is not None and solution.current.error > self.accuracy:
            # No ConvergenceError: shorter steps, which studies then take, are no remedy.
            _log.warning(
                "NP+LEMC: after %d iterations the error of the current is %.2g A, above accuracy = %g A; give more "
                "trials, iterations or replicas, or a larger accuracy",
                done,
                solution.current.error,
                self.accuracy,
            )
        return solution

    def _mine(self, drive: Drive, guess: Any, point: int) -> dict[int, Replica]:
        begin = guess.replicas if isinstance(guess, Sampled) else {}
        numbers = range(self.comm.rank, self.replicas, self.comm.size)
        return {n: Replica(drive.shifted(n), (self.seed, n, point), self.precision, begin.get(n)) for n in numbers}

    def _key(self) -> tuple[str, int]:
        """Name of this point in a store, and its number for the seeds."""
        d = self.device
        here = [self.fingerprint, [p.value for p in self.parameters], d.voltages(), d.bath(0), d.bath(1), d.zones()]
        digest = hashlib.sha256(repr(here).encode()).hexdigest()
        return digest[:20], int(digest[:8], 16)

    def _resumed(self, key: str, mine: Mapping[int, Replica]) -> int:
        kept = self.store.load(key) if self.store else None
        if kept is None:
            return 0
        words, done = "", 0
        try:
            done = int(kept["done"])
            for number, replica in mine.items():
                start = f"{number}:"
                replica.restore({name[len(start) :]: value for name, value in kept.items() if name.startswith(start)})
        except CheckpointError as error:
            words = str(error)
        except (KeyError, TypeError, ValueError) as error:
            words = f"NPLEMC: what was kept is damaged ({error!r}); remove it to start afresh."
        # A file may be good for the replicas of one rank and not for those of another: all stop together.
        if words := next(filter(None, self.comm.allgather(words)), ""):
            raise CheckpointError(words)
        _log.info("NP+LEMC  goes on after %d iterations", done)
        return done

    def _save(self, key: str, mine: Mapping[int, Replica], done: int) -> None:
        # Asked for its state a chain goes on as one that is restored: without a store too, which changes no number so.
        held = {f"{number}:{name}": value for number, r in mine.items() for name, value in r.state().items()}
        if self.store is None:
            return
        parts = self.comm.gather(held)
        arrays = {name: value for part in parts or [] for name, value in part.items()}
        self.store.save(key, arrays | {"done": np.array(done)})
