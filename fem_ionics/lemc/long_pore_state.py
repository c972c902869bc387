# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a long pore is found to do, and probes of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from fem_ionics.constants import ELEMENTARY_CHARGE, FARADAY
from fem_ionics.errors import TagError, nearest
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.parameters import Electrolyte
from fem_ionics.reduced import access_resistance

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class LongPoreState:
    """Equilibrium of a long pore with its baths, and what follows for currents; arrays in the order of the ions.

    Errors are standard errors from independent chains.

    Attributes
    ----------
    electrolyte : Electrolyte
        Of the baths; its diffusivities are those in the pore.
    radius, length : float
        Of the pore, m.
    access : bool
        Whether the mouths are counted.
    parameters : mapping of str to float
        At which this was found.
    grid : TensorGrid
        One period and one sector, the latter stretched to a whole turn; nm.
    densities : ndarray, shape (ions, nr, ntheta, nz)
        Means over full bins, nm^-3.
    line_densities : ndarray
        Ions per length of pore, 1/m.
    conducting, conducting_errors : ndarray
        Of them, those that conduct as if they were free, 1/m.
    replicas : ndarray, shape (chains, ions)
        `conducting` of each chain by itself.
    trials : int
        Of all chains, those that were averaged over.
    """

    electrolyte: Electrolyte
    radius: float
    length: float
    access: bool
    parameters: Mapping[str, float]
    grid: TensorGrid
    densities: Floats
    line_densities: Floats
    conducting: Floats
    conducting_errors: Floats
    replicas: Floats
    trials: int
    info: Mapping[str, Any] = field(default_factory=dict)

    @property
    def mobilities(self) -> Floats:
        """Part of the ions of each kind that conducts; nan where there are none."""
        some = self.line_densities > 0.0
        return np.divide(self.conducting, self.line_densities, out=np.full(len(some), np.nan), where=some)

    @property
    def integrals(self) -> Floats:
        """Conductance per diffusivity of each ion in the pore itself, S s/m2: what `fit_diffusion` takes."""
        return self._charges * self.conducting / self.length

    @property
    def integral_errors(self) -> Floats:
        """Standard errors of `integrals`."""
        return self._charges * self.conducting_errors / self.length

    @property
    def conductances(self) -> Floats:
        """Carried by each ion, S; with access, each ion has the resistance of its own ways to the mouths in series."""
        return self._inside * self._part

    @property
    def conductance_errors(self) -> Floats:
        """Standard errors of `conductances`."""
        return np.array(self.electrolyte.diffusivities) * self.integral_errors * self._part**2

    @property
    def conductance(self) -> float:
        """Of all ions, S."""
        return float(self.conductances.sum())

    @property
    def conductance_error(self) -> float:
        """Standard error of `conductance`; the ions of one chain vary together."""
        slopes = np.array(self.electrolyte.diffusivities) * self._charges / self.length * self._part**2
        each = self.replicas @ slopes
        return float(np.std(each, ddof=1) / np.sqrt(len(each)))

    def index(self, ion: str) -> int:
        """Position of an ion; TagError for one that is not here."""
        names = self.electrolyte.names
        if ion not in names:
            raise TagError(f'"{ion}" is none of {", ".join(names)}.{nearest(ion, names)}')
        return names.index(ion)

    @property
    def _charges(self) -> Floats:
        """(z e)^2 / kT, S s."""
        return (np.array(self.electrolyte.valences) * ELEMENTARY_CHARGE) ** 2 / (
            ELEMENTARY_CHARGE * self.electrolyte.thermal_voltage
        )

    @property
    def _inside(self) -> Floats:
        """Conductances of the pore itself, S."""
        return np.array(self.electrolyte.diffusivities) * self.integrals

    @property
    def _part(self) -> Floats:
        """What the mouths leave of the conductance of each ion, R_pore / (R_pore + R_mouths)."""
        if not self.access:
            return np.ones(len(self.conducting))
        inside, outside = self._inside, self._mouths()
        return np.divide(outside, inside + outside, out=np.zeros_like(inside), where=inside > 0.0)

    def _mouths(self) -> Floats:
        """Conductance of both mouths in series for each ion by itself, S; zero for one that no bath has."""
        electrolyte = self.electrolyte
        # Nernst and Einstein: kappa_i = F z^2 D c / (kT/e).
        factor = FARADAY * np.array(electrolyte.valences) ** 2 / electrolyte.thermal_voltage
        kappa = factor * np.array(electrolyte.diffusivities) * np.array(electrolyte.concentrations)
        return np.array([0.5 / access_resistance(self.radius, k) if k > 0.0 else 0.0 for k in kappa])


@dataclass(frozen=True)
class PoreConductance:
    """Probe: conductance of a long pore, S.

    Parameters
    ----------
    ion
        That of one ion; None for all.
    """

    ion: str | None = None
    unit = "S"

    @property
    def name(self) -> str:
        """For tables."""
        return f"{self.ion} conductance" if self.ion else "conductance"

    def __call__(self, state: LongPoreState) -> float:
        return state.conductance if self.ion is None else float(state.conductances[state.index(self.ion)])


@dataclass(frozen=True)
class PoreConductanceError(PoreConductance):
    """Probe: standard error of `PoreConductance`, S."""

    @property
    def name(self) -> str:
        """For tables."""
        return f"{super().name} error"

    def __call__(self, state: LongPoreState) -> float:
        return state.conductance_error if self.ion is None else float(state.conductance_errors[state.index(self.ion)])


@dataclass(frozen=True)
class PoreShare:
    """Probe: part of the conductance of a long pore that an ion carries.

    Parameters
    ----------
    ion
        Its name.
    """

    ion: str
    unit = ""

    @property
    def name(self) -> str:
        """For tables."""
        return f"share of {self.ion}"

    def __call__(self, state: LongPoreState) -> float:
        return float(state.conductances[state.index(self.ion)] / state.conductance)
