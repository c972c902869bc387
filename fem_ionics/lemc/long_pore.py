# SPDX-License-Identifier: LGPL-3.0-or-later
"""A long pore near equilibrium: one grand-canonical run of a piece without ends, and a cell problem for each ion.

Far from its mouths a long pore is in equilibrium with its baths across its width, so that one Monte-Carlo run of a
periodic tube gives the densities, and these the conductance per length (`fem_ionics.lemc.cell_problem`).
"""

import hashlib
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
from mpi4py import MPI

from fem_ionics import info
from fem_ionics.errors import ParameterError
from fem_ionics.lemc import msa
from fem_ionics.lemc.arrangements import Arrangement, Helix, Oxygens, Rings, Smeared, SquareGrid, spacings
from fem_ionics.lemc.bulk_estimates import neutral_groups
from fem_ionics.lemc.cell import Tube
from fem_ionics.lemc.cell_problem import CellProblem
from fem_ionics.lemc.chain import Chain
from fem_ionics.lemc.charges import Placement, check_approach, check_fits, place
from fem_ionics.lemc.folding import Folding
from fem_ionics.lemc.long_pore_state import LongPoreState
from fem_ionics.lemc.primitive import DENSITY, ion_radii
from fem_ionics.lemc.system import Moves, System
from fem_ionics.log import get_logger
from fem_ionics.parameters import Electrolyte, Expression, Parameter, as_expression, checks
from fem_ionics.units import e_nm2, nm

Floats = npt.NDArray[np.float64]

_log = get_logger("lemc")
_OWNER = "LongPore"
#: Trials of a chain before it is sampled, as a part of those that are.
_RELAXING = 0.2
#: Trials between samples of the histogram, for each ion of the tube at the start.
_STRIDE = 4


class LongPore:
    """Conductance of a long pore with localised wall charges, ions as charged hard spheres; a Solvable for `sweep`.

    Parameters
    ----------
    electrolyte
        The ions, with their diffusivities in the pore, and the solvent.
    radius, length
        Of the pore, m.
    charges
        Arrangement of the wall's charges: `Smeared`, `Rings`, `Helix`, `SquareGrid`, `RandomCharges`, `Oxygens`.
    bath
        Species -> mol/m3 in both baths, numbers, Parameters or what is made of them, 0 for an absent ion; by default
        what the electrolyte holds.
    access
        Count the mouths: the resistance from a bath to a mouth, for each ion in series with its own in the pore.
    radii
        Ion -> radius, m; Pauling's by default.
    piece
        Length of the periodic tube that is sampled, m; by default 5 nm or 2.5 radii, whichever is more, and a whole
        number of spacings. Spacings are fitted to it and to the girth, and bound ions feel them: calcium between rings
        0.945 nm apart moves 1.3 times as easily as between rings 1 nm apart.
    resolution
        Width of bins at the wall, m. It must resolve the layer of bound ions: with charges 1 nm apart, 0.1 nm gives
        their part in the conductance 5 % too high.
    trials
        Of each chain, those that are averaged over.
    replicas
        Independent chains, at least 2, shared by the ranks; the error comes from their scatter. The result does not
        depend on the number of ranks.
    activities
        Function from an Electrolyte to ln(gamma) of its ions, for example ``lambda bath: bulk(bath, radii).ln_gamma``;
        by default the mean spherical approximation, within 0.01 of it at 0.1 M.
    seed
        Integer from 0.
    precision
        "float32" or "float64".
    comm
        Ranks that share the chains.

    Raises
    ------
    ParameterError
        For values out of range, ions that do not fit into the pore, and charges that an ion could fall into.
    """

    def __init__(
        self,
        electrolyte: Electrolyte,
        *,
        radius: float,
        length: float,
        charges: Arrangement,
        bath: Mapping[str, Any] | None = None,
        access: bool = False,
        radii: Mapping[str, float] | None = None,
        piece: float | None = None,
        resolution: float = 0.1 * nm,
        trials: int = 2_000_000,
        replicas: int = 4,
        activities: Callable[[Electrolyte], Sequence[float]] | None = None,
        seed: int = 0,
        precision: str = "float32",
        comm: MPI.Comm = MPI.COMM_WORLD,
    ) -> None:
        self.electrolyte, self.charges, self.access, self.comm = electrolyte, charges, bool(access), comm
        self.radius = checks.positive(_OWNER, "radius", radius, "m")
        self.length = checks.positive(_OWNER, "length", length, "m")
        self.radii = ion_radii(electrolyte, radii)
        piece = _piece(charges, self.radius) if piece is None else checks.positive(_OWNER, "piece", piece, "m")
        self.tube = Tube(self.radius / nm, piece / nm)
        self.resolution = checks.positive(_OWNER, "resolution", resolution, "m")
        self.trials = _counted("trials", trials, 1000)
        self.replicas = _counted("replicas", replicas, 2)
        self.seed, self.precision, self.activities = _counted("seed", seed, 0), precision, activities
        self.bath = _bath(electrolyte, bath)
        check_fits(self.tube, self.radii, electrolyte.names)
        self.placement: Placement = place(charges, self.tube)
        check_approach(self.placement.points, self.tube, self.radii)
        self.folding = Folding(self.tube, self.placement, self.resolution / nm)
        self._problem: CellProblem | None = None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the bath."""
        return tuple(dict.fromkeys(p for each in self.bath.values() for p in each.parameters))

    @property
    def fingerprint(self) -> str:
        """Short text that is the same for the same problem."""
        facts = [self.electrolyte, self.radius, self.length, self.charges, self.access, self.radii, self.tube]
        facts += [self.resolution, self.trials, self.replicas, self.seed, self.precision, self.activities is None]
        facts += [(name, float(each((), value=lambda _: 1.0))) for name, each in self.bath.items()]
        facts += [parameter.name for parameter in self.parameters]
        return hashlib.sha256("|".join(map(repr, facts)).encode()).hexdigest()[:16]

    def provenance(self) -> dict[str, Any]:
        """What numbers come from."""
        versions = info.info()
        return {
            **{name: versions[name] for name in ("fem_ionics", "dolfinx", "numpy", "python")},
            "ranks": self.comm.size,
            "model": "LongPore",
            "parameters": {p.name: {"value": p.value, "unit": p.unit} for p in self.parameters},
            "charges": repr(self.charges),
            "spacing": self.placement.spacing and [each * nm for each in self.placement.spacing],
            "radii": dict(zip(self.electrolyte.names, (a * nm for a in self.radii), strict=True)),
            "diffusivities": dict(zip(self.electrolyte.names, self.electrolyte.diffusivities, strict=True)),
            "trials": self.trials,
            "replicas": self.replicas,
            "seed": self.seed,
            "fingerprint": self.fingerprint,
        }

    def solve(self, guess: Any = None) -> LongPoreState:
        """Sample the pore in equilibrium with the baths at the parameters' present values (collective).

        Parameters
        ----------
        guess
            Not needed: chains start from any state.

        Raises
        ------
        ParameterError
            For a bath that is not neutral or negative at these values.
        """
        bath = self.electrolyte.with_concentrations({name: float(each(())) for name, each in self.bath.items()})
        here = [k for k, c in enumerate(bath.concentrations) if c > 0.0]
        system, ln_activity = self._system(bath, here), self._ln_activity(bath)[here]
        # Chains differ from composition to composition, and are the same whenever that composition comes.
        point = crc32(repr(bath.concentrations).encode())
        found: list[tuple[int, Floats]] = []
        for replica in range(self.comm.rank, self.replicas, self.comm.size):
            found.append((replica, self._sampled(system, ln_activity, (self.seed, replica, point))))
        shared = sorted((each for ranks in self.comm.allgather(found) for each in ranks), key=lambda each: each[0])
        state = self._state(bath, here, np.array([densities for _, densities in shared]))
        if self.comm.rank == 0:
            _log.info("long pore  G %.4g(%.2g) S", state.conductance, state.conductance_error)
        return state

    def _ln_activity(self, bath: Electrolyte) -> Floats:
        """ln of the activities in nm^-3, in the order of the ions."""
        densities = np.array(bath.concentrations) * DENSITY
        if self.activities is None:
            ln_gamma = msa.ln_gamma(bath.valences, 2.0 * np.array(self.radii), densities, bath.bjerrum_length / nm)
        else:
            ln_gamma = np.asarray(self.activities(bath), dtype=float)
        with np.errstate(divide="ignore"):
            return np.log(densities) + ln_gamma

    def _system(self, bath: Electrolyte, here: list[int]) -> System:
        valences = tuple(bath.valences[k] for k in here)
        pairs = [(a, b) for a, za in enumerate(valences) for b, zb in enumerate(valences) if za and zb == 2 * za]
        smeared = self.charges.density / e_nm2 * self.tube.wall_area if isinstance(self.charges, Smeared) else 0.0
        ions = abs(self.charges.density) / e_nm2 * self.tube.wall_area
        return System(
            valences=valences,
            radii=tuple(self.radii[k] for k in here),
            bjerrum=bath.bjerrum_length / nm,
            cell=self.tube,
            grid=self.folding.grid,
            charges=self.placement.points,
            wall_charge=smeared,
            groups=neutral_groups(valences, [bath.concentrations[k] for k in here]),
            exchanges=tuple(pairs),
            moves=Moves(displace=0.5, jump=0.15, group=0.2, exchange=0.15 if pairs else 0.0),
            stride=max(50, round(_STRIDE * ions)),
        )

    def _sampled(self, system: System, ln_activity: Floats, seed: tuple[int, int, int]) -> Floats:
        """Densities of one chain on the reduced grid, nm^-3."""
        chain = Chain(system, ln_activity, seed=seed, precision=self.precision)
        chain.run(max(system.stride, round(_RELAXING * self.trials)))
        chain.forget()
        chain.run(max(system.stride, self.trials))
        return self.folding.mean(chain.take().counts / self.folding.grid.volumes.ravel())

    def _conducting(self, density: Floats) -> float:
        """Free ions per length that would conduct as much, 1/nm; what no chain has seen conducts nothing."""
        if self._problem is None:
            self._problem = CellProblem(self.folding.reduced, sectors=self.folding.sectors)
        return self._problem.solve(density).homogenised if density.any() else 0.0

    def _state(self, bath: Electrolyte, here: list[int], densities: Floats) -> LongPoreState:
        """From the densities of all chains, shape (chains, ions present, ...)."""
        grid, count, kinds = self.folding.reduced, len(densities), len(bath.species)
        mean = np.zeros((kinds, *grid.shape))
        mean[here] = densities.mean(axis=0)
        # All chains together, and without each one of them in turn.
        subsets = [mean[k] for k in here]
        for k, chains in zip(here, np.moveaxis(densities, 1, 0), strict=True):
            # Differences of nearly equal sums may fall below zero by round-off.
            subsets += [np.maximum(count * mean[k] - one, 0.0) / (count - 1) for one in chains]
        mine = [self._conducting(density) for density in subsets[self.comm.rank :: self.comm.size]]
        parts = self.comm.allgather(mine)
        found = [parts[i % self.comm.size][i // self.comm.size] for i in range(len(subsets))]
        single = np.zeros((count, kinds))
        for order, k in enumerate(here):
            left = np.array(found[len(here) + order * count :][:count])
            # Pseudo-values of the jackknife: their mean lacks what noise in the densities adds to the resistance.
            single[:, k] = count * found[order] - (count - 1) * left
        line = (mean * grid.volumes).sum(axis=(1, 2, 3)) / np.ptp(grid.z)
        return LongPoreState(
            electrolyte=bath,
            radius=self.radius,
            length=self.length,
            access=self.access,
            parameters={p.name: p.value for p in self.parameters},
            grid=grid,
            densities=mean,
            line_densities=line / nm,
            conducting=single.mean(axis=0) / nm,
            conducting_errors=single.std(axis=0, ddof=1) / np.sqrt(count) / nm,
            replicas=single / nm,
            trials=count * self.trials,
        )


def _piece(charges: Arrangement, radius: float) -> float:
    """Long enough that the tube does not see its own images, and a whole number of spacings, m."""
    least = max(5.0 * nm, 2.5 * radius)
    if not isinstance(charges, (SquareGrid, Rings, Helix, Oxygens)):
        return least
    along = spacings(charges)[0]
    return math.ceil(least / along - 1e-9) * along


def _bath(electrolyte: Electrolyte, given: Mapping[str, Any] | None) -> dict[str, Expression]:
    named = dict(electrolyte.bulk if given is None else given)
    if set(named) != set(electrolyte.names):
        raise ParameterError(
            f"{_OWNER}: a bath of {', '.join(named)} was given; the ions are {', '.join(electrolyte.names)}: name each "
            "of them, with 0 for one that is absent."
        )
    bath = {name: as_expression(named[name]) for name in electrolyte.names}
    for name, each in bath.items():
        if not each.is_constant:
            raise ParameterError(f'{_OWNER}: the concentration of "{name}" varies in space; a number is needed.')
    return bath


def _counted(name: str, given: Any, least: int) -> int:
    if checks.integer(_OWNER, name, given) < least:
        raise ParameterError(f"{_OWNER}: {name} = {given!r} was given; at least {least} is needed.")
    return int(given)
