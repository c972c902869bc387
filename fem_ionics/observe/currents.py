# SPDX-License-Identifier: LGPL-3.0-or-later
"""Ions and charge that cross boundaries and sections, from the residual (see `fem_ionics.observe.residual`)."""

from collections.abc import Iterable
from dataclasses import dataclass

from fem_ionics.constants import FARADAY
from fem_ionics.errors import ParameterError
from fem_ionics.model import State
from fem_ionics.observe.forms import axis_of, device, names, volume_integral
from fem_ionics.observe.residual import section_flow, species_outflow
from fem_ionics.parameters import checks


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where ions are counted: a boundary, all sections along an axis, or one of them.

    Parameters
    ----------
    on
        Name or names of boundaries: what leaves the liquid there counts positive. A node that two holding
        boundaries share counts for both.
    along
        Without `on`: mean over all sections across this axis; towards larger coordinates counts positive.
    at
        One section at this coordinate instead of all, m; see `residual.section_flow`.

    Raises
    ------
    ParameterError
        For both `on` and `at`, or values of the wrong kind.
    """

    on: str | Iterable[str] | None = None
    along: str = "x"
    at: float | None = None

    def __post_init__(self) -> None:
        owner = type(self).__name__
        checks.axis_index(self.along)
        if self.on is not None:
            if self.at is not None:
                raise ParameterError(f"{owner}: give a boundary (on) or a section (at), not both.")
            object.__setattr__(self, "on", names(owner, self.on))
        if self.at is not None:
            object.__setattr__(self, "at", checks.real(owner, "at", self.at))

    @property
    def extensive(self) -> bool:
        """Planar domains give it per metre of depth; see `unit_in`."""
        return True

    @property
    def where(self) -> str:
        """For names."""
        if self.on is not None:
            return f"out of {', '.join(self.on)}"
        return f"along {self.along}" + ("" if self.at is None else f" at {self.at:g} m")

    def _rate(self, state: State, species: str) -> float:
        """Amount of a species per time here, mol/s; of planar domains per metre of depth."""
        model, domain = state.model, state.model.domain
        if self.on is not None:
            flow = species_outflow(model, species, names(type(self).__name__, self.on))
        elif self.at is not None:
            flow = section_flow(model, species, self.along, self.at)
        else:
            axis = axis_of(domain, self.along)
            length = float(domain.bounds[1][axis] - domain.bounds[0][axis])
            return volume_integral(model, f"flux {species}", self.along, None) * device(domain) / length
        return model.scales.flux * flow * device(domain, 1)


@dataclass(frozen=True)
class IonRate(Place):
    """Amount of a species per time, mol/s; of planar domains per metre of depth.

    Parameters
    ----------
    species
        Name of an ion or neutral species.
    on, along, at
        As in `Place`.

    Notes
    -----
    In a steady state the sum over all boundaries is zero to the solver's tolerance, and two sections differ by
    what the walls between them inject. Along an axis, the mean over the sections is the integral of the flux
    over the length, which is the residual's action on x. At a moment of a transient, the rate out of a boundary
    lacks the rate of storage in the cells that touch it.
    """

    species: str

    @property
    def name(self) -> str:
        """For tables."""
        return f"{self.species} rate {self.where}"

    @property
    def unit(self) -> str:
        """Of amount per time."""
        return "mol/s"

    def __call__(self, state: State) -> float:
        """Evaluate (collective)."""
        species = state.model.electrolyte[self.species].name
        state.model.load(state)
        return self._rate(state, species)


@dataclass(frozen=True)
class IonCurrent(IonRate):
    """Electric current that one species carries, A: its `IonRate` times z F."""

    @property
    def name(self) -> str:
        """For tables."""
        return f"{self.species} current {self.where}"

    @property
    def unit(self) -> str:
        """Of current."""
        return "A"

    def __call__(self, state: State) -> float:
        """Evaluate (collective)."""
        return FARADAY * state.model.electrolyte[self.species].valence * super().__call__(state)


@dataclass(frozen=True)
class Current(Place):
    """Electric current of all ions, A; parameters as in `Place`, notes as in `IonRate`."""

    @property
    def name(self) -> str:
        """For tables."""
        return f"current {self.where}"

    @property
    def unit(self) -> str:
        """Of current."""
        return "A"

    def __call__(self, state: State) -> float:
        """Evaluate (collective)."""
        state.model.load(state)
        ions = [each for each in state.model.electrolyte.species if each.valence]
        return sum(FARADAY * each.valence * self._rate(state, each.name) for each in ions)
