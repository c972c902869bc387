# SPDX-License-Identifier: LGPL-3.0-or-later
"""A sampled stationary state: densities, potentials and currents with their statistical errors, and probes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from fem_ionics.errors import TagError
from fem_ionics.lemc.cell import PoreCell
from fem_ionics.lemc.device import OPENINGS
from fem_ionics.lemc.estimators import Estimate
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.lemc.primitive import DENSITY

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Sampled:
    """State of a pore by NP+LEMC.

    Attributes
    ----------
    ions : tuple of str
        Names.
    valences : tuple of int
        Of the ions.
    currents : Estimate
        From cis to trans, A: values and standard errors, shape (S,).
    current : Estimate
        Of all ions together, A; its error knows that those of the ions are correlated.
    density : Estimate
        In each bin, mol/m3, shape (S, nr, ntheta, nz), averaged over the full bin.
    potentials : ndarray, shape (S, *grid.nodes)
        Electrochemical potential, kT, with ln of concentrations in nm^-3.
    defects : ndarray, shape (S,)
        Current into the pore less the one out of it, A: what Nernst-Planck loses.
    agreement : ndarray, shape (S,)
        Ions in the pore by histogram less those by test insertion, in standard errors; 5 is suspect.
    drift : float
        Current of the later half less that of all, in standard errors; 5 says that it had not settled.
    seeds : ndarray, shape (replicas,)
        Current of each independent replica, A.
    grid, cell
        Bins and nodes (nm), and where the ions were.
    parameters : mapping
        Name -> value.
    info : mapping
        "outer iterations" and "trials", of all replicas.
    replicas : mapping
        Number -> state of each replica of this rank, for another point to start from.
    """

    ions: tuple[str, ...]
    valences: tuple[int, ...]
    currents: Estimate
    current: Estimate
    density: Estimate
    potentials: Floats
    defects: Floats
    agreement: Floats
    drift: float
    seeds: Floats
    grid: TensorGrid
    cell: PoreCell
    parameters: Mapping[str, float]
    info: Mapping[str, Any]
    replicas: Mapping[int, Mapping[str, Any]] = field(default_factory=dict, repr=False)

    def index(self, ion: str) -> int:
        """Place of an ion; TagError for one that is not there."""
        if ion not in self.ions:
            raise TagError(f'"{ion}" was asked for; the ions are {", ".join(self.ions)}.')
        return self.ions.index(ion)

    def number(self, ion: str) -> float:
        """Ions of a kind between the pore's mouths."""
        volumes = self.grid.volumes
        inside = np.abs(self.grid.centres[2]) < 0.5 * self.cell.length
        counts = self.density.value[self.index(ion)] * DENSITY * volumes
        return float(counts[..., inside].sum())


@dataclass(frozen=True)
class SampledCurrent:
    """Current of an ion out of an opening, A; of all ions without a name.

    Raises
    ------
    TagError
        For another opening than "cis" and "trans".
    """

    ion: str | None = None
    on: str = "trans"
    unit = "A"

    def __post_init__(self) -> None:
        if self.on not in OPENINGS:
            raise TagError(f'SampledCurrent: on = "{self.on}" was given; "cis" or "trans" is allowed.')

    def __call__(self, solution: Sampled) -> float:
        along = solution.current.value if self.ion is None else solution.currents.value[solution.index(self.ion)]
        defect = solution.defects.sum() if self.ion is None else solution.defects[solution.index(self.ion)]
        # Nernst-Planck conserves, so that the two differ by rounding.
        return float(along) if self.on == "trans" else -float(along + defect)


@dataclass(frozen=True)
class CurrentError:
    """Standard error of the current of an ion, A; of all ions together without a name."""

    ion: str | None = None
    unit = "A"

    def __call__(self, solution: Sampled) -> float:
        errors = solution.current if self.ion is None else solution.currents
        return float(errors.error if self.ion is None else errors.error[solution.index(self.ion)])
