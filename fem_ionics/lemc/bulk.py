# SPDX-License-Identifier: LGPL-3.0-or-later
r"""Activities of a bulk electrolyte of charged hard spheres by grand-canonical Monte Carlo.

Neutral groups of ions go in and out of a periodic box at activities that are moved until the composition is the target.
Two estimates of ln gamma are mixed by their variances and must agree:

- from the numbers of ions: their fluctuations say by how much the activities miss the target composition
  (grand-canonical: J. P. Valleau, L. K. Cohen, J. Chem. Phys. 72, 5935 (1980)). Neutral combinations only;
- from test insertions of single ions, <exp(-dU)> = 1/gamma (B. Widom, J. Chem. Phys. 39, 2808 (1963)), the energy with
  the ion's own images included. They alone split a salt's activity between its ions.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from mpi4py import MPI
from tqdm import tqdm

from fem_ionics.cite import Reference, cite, register
from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.lemc import msa
from fem_ionics.lemc.bulk_estimates import Averages, Target, neutral_groups
from fem_ionics.lemc.cell import Box
from fem_ionics.lemc.chain import Chain
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.lemc.primitive import DENSITY, ion_radii
from fem_ionics.lemc.system import Moves, System
from fem_ionics.log import get_logger
from fem_ionics.parameters import Electrolyte, checks
from fem_ionics.units import nm

Array = npt.NDArray[np.float64]
#: Denser mixtures hardly take up an ion.
DENSEST = 0.4
#: Ions in a box below which its finite size is felt beyond what the theory takes away.
FEWEST = 20
#: Times that the activities are moved.
_CORRECTIONS = 12
#: Blocks of a round; trials of a block, for each ion of the box.
_ROUND, _BLOCK = 16, 100
#: Errors by which the two estimates may differ before a warning, and before they are refused.
_SUSPECT, _WRONG = 5.0, 10.0
#: Standard error of ln(gamma) beyond which nothing is known of it.
_UNKNOWN = 0.3
_log = get_logger("lemc")

register(
    [
        Reference(
            "valleau1980",
            "J. P. Valleau, L. K. Cohen",
            "Primitive model electrolytes. I. Grand canonical Monte Carlo computations",
            "J. Chem. Phys. 72, 5935-5941",
            1980,
            "10.1063/1.439092",
        ),
        Reference(
            "widom1963",
            "B. Widom",
            "Some topics in the theory of fluids",
            "J. Chem. Phys. 39, 2808-2812",
            1963,
            "10.1063/1.1734110",
        ),
        Reference(
            "waisman1972",
            "E. Waisman, J. L. Lebowitz",
            "Mean spherical model integral equation for charged hard spheres I. Method of solution",
            "J. Chem. Phys. 56, 3086-3093",
            1972,
            "10.1063/1.1677644",
        ),
    ]
)


@dataclass(frozen=True, eq=False, kw_only=True)
class Activities:
    """What `bulk` found; arrays are in the order of the electrolyte's ions, errors are standard errors.

    Attributes
    ----------
    electrolyte : Electrolyte
    radii : tuple of float
        nm.
    ln_gamma, error : ndarray
        Of each ion; of one that is absent at infinite dilution.
    mean_ln_gamma, mean_error : float
        Weighted with the concentrations: that of the salt, where there is one salt.
    energy_per_ion, energy_error : float
        U/(N kT).
    disagreement : float
        Largest difference of the two estimates of ln gamma in units of its error.
    trials : int
        Of the Markov chains, those for the average, all ranks together.
    """

    electrolyte: Electrolyte
    radii: tuple[float, ...]
    ln_gamma: Array
    error: Array
    mean_ln_gamma: float
    mean_error: float
    energy_per_ion: float
    energy_error: float
    disagreement: float
    trials: int

    @property
    def ln_activity(self) -> Array:
        """ln of c gamma in nm^-3, as chains take it; -inf for an ion that is absent."""
        with np.errstate(divide="ignore"):
            return np.log(np.array(self.electrolyte.concentrations) * DENSITY) + self.ln_gamma


def bulk(
    electrolyte: Electrolyte,
    radii: Mapping[str, float] | None = None,
    *,
    error: float = 1e-3,
    trials: int = 20_000_000,
    ions: int = 100,
    seed: int = 0,
    point: int = 0,
    precision: str = "float32",
    progress: bool = True,
    comm: MPI.Comm = MPI.COMM_WORLD,
) -> Activities:
    """Activity coefficients of the ions of an electrolyte in the primitive model.

    Parameters
    ----------
    electrolyte
        Composition (an ion may be absent), permittivity and temperature.
    radii
        Ion -> radius, m, for those that are not to have Pauling's.
    error
        Largest standard error of the ions' ln gamma at which the run ends.
    trials
        Most trials, of all ranks together, that are averaged over. Where they end the run, the error is larger than
        asked for; the log says so.
    ions
        Mean number in the box.
    seed, point
        Integers from 0; the chains are those of (seed, rank, point).
    precision
        "float32" or "float64".
    progress
        Show a bar on rank 0 in a terminal.
    comm
        Each rank runs an independent chain; the call is collective and its result the same on all ranks. A result is
        kept for further calls with the same arguments.

    Raises
    ------
    ParameterError
        For values out of range, and ions that fill more than `DENSEST` of the volume.
    ConvergenceError
        Where the activities do not settle at the target; says what was reached.
    """
    checks.positive("bulk", "error", error)
    for name, value, least in (("trials", trials, 1), ("ions", ions, FEWEST)):
        if checks.integer("bulk", name, value) < least:
            raise ParameterError(f"bulk: {name} = {value} was given; at least {least} is needed.")
    sizes = ion_radii(electrolyte, radii)
    target = _target(electrolyte, sizes, ions)
    cite("valleau1980", "widom1963", "waisman1972")
    key = (electrolyte, sizes, error, trials, ions, seed, point, precision, comm.size)
    # A sub-communicator of the same size may know what another one does not.
    if not comm.allreduce(key in _found, op=MPI.LAND):
        run = _Run(electrolyte, target, (seed, comm.rank, point), precision, comm)
        _found[key] = run.to(error, trials, progress)
    return _found[key]


_found: dict[tuple, Activities] = {}


class _Run:
    """One chain on each rank, at activities that all share."""

    def __init__(
        self, electrolyte: Electrolyte, target: Target, seed: Sequence[int], precision: str, comm: MPI.Comm
    ) -> None:
        self.electrolyte, self.target, self.comm = electrolyte, target, comm
        ln_gamma = msa.ln_gamma(target.valences, 2.0 * target.radii, target.densities, target.bjerrum)
        self.ln_activity = target.ln_density + ln_gamma
        self.chain = Chain(_system(target), self.ln_activity, seed=seed, precision=precision)
        self.block = _BLOCK * round(float(target.numbers.sum()))
        self.corrections = 0

    def to(self, error: float, trials: int, progress: bool) -> Activities:
        """Run until the error or the number of trials is reached."""
        shown = progress and self.comm.rank == 0
        most = max(_ROUND, math.ceil(trials / (self.block * self.comm.size)))
        with tqdm(total=most, desc="bulk", unit="block", disable=None if shown else True, leave=False) as bar:
            self._relax()
            rows = self._settled(bar)
            found = self._activities(rows)
            while found.error.max() > error and rows.shape[1] < most:
                done = rows.shape[1]
                needed = math.ceil(done * ((found.error.max() / error) ** 2 - 1.0))
                rows = np.concatenate([rows, self._rows(min(max(_ROUND, needed), done, most - done), bar)], axis=1)
                found = self._activities(rows)
                bar.set_postfix_str(f"ln gamma {found.mean_ln_gamma:.4f}({found.mean_error:.4f})")
        averages = Averages(self.target, self.ln_activity, rows)
        if found.disagreement > _WRONG:
            raise self._unsettled(f"numbers and insertions differ by {found.disagreement:.0f} errors", averages)
        if found.error.max() > _UNKNOWN:
            raise self._unsettled(f"ln(gamma) has an error of {found.error.max():.2g}", averages)
        self._report(found, error)
        return found

    def _settled(self, bar: tqdm) -> Array:
        """The first blocks at activities that give the target."""
        while True:
            bar.reset()
            rows = self._rows(_ROUND, bar)
            averages = Averages(self.target, self.ln_activity, rows)
            if averages.close():
                return rows
            self._correct(averages)

    def _relax(self) -> None:
        self.chain.run(_ROUND // 2 * self.block)
        self.chain.forget()

    def _rows(self, count: int, bar: tqdm) -> Array:
        """Blocks of all ranks, shape (ranks, count, columns)."""
        rows = []
        for _ in range(count):
            self.chain.run(self.block)
            block = self.chain.take()
            sums = (block.inserted.sum(axis=1), block.tries.sum(axis=1))
            rows.append(np.concatenate([block.numbers, block.products.ravel(), *sums, [block.energy]]))
            bar.update()
        return np.array(self.comm.allgather(np.array(rows)))

    def _correct(self, averages: Averages) -> None:
        """Activities that should give the target, from a run that has missed it."""
        if self.corrections == _CORRECTIONS or not averages.moving():
            raise self._unsettled(f"after {self.corrections} corrections the target is missed", averages)
        self.corrections += 1
        self.ln_activity = self.ln_activity + averages.step()
        self.chain.set_activity(self.ln_activity)
        self._relax()

    def _unsettled(self, why: str, averages: Averages) -> ConvergenceError:
        reached = averages.numbers / (self.target.side**3 * DENSITY)
        there = zip(self.electrolyte.names, reached, self.electrolyte.concentrations, strict=True)
        words = ", ".join(f"{name} at {value:.4g} of {wanted:.4g}" for name, value, wanted in there)
        return ConvergenceError(
            f"bulk: the activities do not settle: {why}; reached: {words} mol/m3. The ions are too crowded to be "
            "inserted, or condense; take other radii, a lower concentration, or more trials."
        )

    def _activities(self, rows: Array) -> Activities:
        found = Averages(self.target, self.ln_activity, rows).estimates()
        return Activities(
            electrolyte=self.electrolyte,
            radii=tuple(self.target.radii.tolist()),
            ln_gamma=found.ln_gamma.value,
            error=found.ln_gamma.error,
            mean_ln_gamma=float(found.mean.value),
            mean_error=float(found.mean.error),
            energy_per_ion=float(found.energy.value),
            energy_error=float(found.energy.error),
            disagreement=found.disagreement,
            trials=rows.shape[1] * self.block * self.comm.size,
        )

    def _report(self, found: Activities, error: float) -> None:
        pairs = zip(self.electrolyte.names, found.ln_gamma, found.error, strict=True)
        each = ", ".join(f"{name} {value:.4f}({width:.4f})" for name, value, width in pairs)
        short = f", {error:.1e} was asked for" if found.error.max() > error else ""
        _log.info("bulk  ln gamma %s  %.2g trials%s", each, found.trials, short)
        if found.disagreement > _SUSPECT:
            _log.warning("bulk: numbers and insertions differ by %.1f errors; run longer", found.disagreement)


def _target(electrolyte: Electrolyte, radii: tuple[float, ...], ions: int) -> Target:
    densities, sizes = np.array(electrolyte.concentrations) * DENSITY, np.array(radii)
    packing = 4.0 / 3.0 * math.pi * float(densities @ sizes**3)
    if packing > DENSEST:
        raise ParameterError(
            f"bulk: the ions fill {packing:.3g} of the volume; at most {DENSEST:g} is possible. Take a lower "
            "concentration or smaller radii."
        )
    side = (ions / float(densities.sum())) ** (1.0 / 3.0)
    valences = np.array(electrolyte.valences, dtype=np.float64)
    # A sphere must not reach its own image.
    return Target(valences, sizes, densities, electrolyte.bjerrum_length / nm, max(side, 4.0 * float(sizes.max())))


def _system(target: Target) -> System:
    half = 0.5 * target.side
    valences = tuple(int(z) for z in target.valences)
    here = np.flatnonzero(target.present).tolist()
    exchanges = tuple((a, b) for a in here for b in here if valences[a] and valences[b] == 2 * valences[a])
    turn = np.array([0.0, 2.0 * math.pi])
    step = min(0.3 * float(target.densities.sum()) ** (-1.0 / 3.0), 0.5 * half)
    return System(
        valences=valences,
        radii=tuple(target.radii.tolist()),
        bjerrum=target.bjerrum,
        cell=Box((target.side,) * 3),
        grid=TensorGrid(np.array([0.0, 2.0 * target.side]), turn, np.array([-half, half])),
        moves=Moves(displace=0.2, group=0.4, ghost=0.4, exchange=0.1 if exchanges else 0.0),
        groups=neutral_groups(valences, target.densities.tolist()),
        exchanges=exchanges,
        steps=(step,) * len(valences),
        stride=round(float(target.numbers.sum())),
    )
