# SPDX-License-Identifier: LGPL-3.0-or-later
"""Who sits where in a pore of few binding sites."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import product

from fem_ionics.errors import ParameterError, TagError
from fem_ionics.parameters import checks

#: The occupant of each site; None where there is none.
Occupancy = tuple[str | None, ...]


@dataclass(frozen=True)
class PoreStates:
    """All ways in which competing ions occupy the binding sites of one pore.

    Parameters
    ----------
    ions
        Names of the ions that bind.
    sites
        Number of binding sites, from cis to trans.
    most
        Ions that the pore holds at the same time; as many as it has sites by default.
    open
        Occupancies in which carriers pass; by default the empty pore alone.

    Raises
    ------
    ParameterError
        For ions that are named twice, no site, or `most` out of range.
    TagError
        For an open state that is none of this pore.

    Notes
    -----
    The first state is the empty pore. Within a state the pore is taken to be in equilibrium.
    """

    ions: tuple[str, ...]
    sites: int = 1
    most: int | None = None
    open: tuple[Occupancy, ...] | None = None
    all: tuple[Occupancy, ...] = field(init=False)

    def __post_init__(self) -> None:
        given: Iterable[str] = (self.ions,) if isinstance(self.ions, str) else self.ions
        ions = tuple(checks.label("PoreStates", "an ion", name) for name in given)
        if len(set(ions)) < len(ions):
            raise ParameterError(f"PoreStates: ions = {ions!r} were given; each may be named once.")
        sites = checks.integer("PoreStates", "sites", self.sites)
        most = sites if self.most is None else checks.integer("PoreStates", "most", self.most)
        if not 1 <= most <= sites:
            raise ParameterError(f"PoreStates: {sites} sites for at most {most} ions; 1 <= most <= sites is needed.")
        filled = [state for state in product((None, *ions), repeat=sites) if sites - state.count(None) <= most]
        for name, value in {"ions": ions, "sites": sites, "most": most, "all": tuple(filled)}.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, "open", (self.empty,) if self.open is None else tuple(map(tuple, self.open)))
        for state in self.open or ():
            self.index(state)

    def __len__(self) -> int:
        """Number of states."""
        return len(self.all)

    @property
    def empty(self) -> Occupancy:
        """The state without any ion."""
        return (None,) * self.sites

    @property
    def weights(self) -> tuple[float, ...]:
        """1 for each open state, 0 for each blocked one."""
        return tuple(float(state in (self.open or ())) for state in self.all)

    @property
    def labels(self) -> tuple[str, ...]:
        """Of the states, for tables and pictures: "empty", or occupants from cis to trans as in "K+|-"."""
        return tuple("|".join(ion or "-" for ion in state) if any(state) else "empty" for state in self.all)

    def index(self, state: Occupancy) -> int:
        """Number of a state; TagError for one that this pore does not have."""
        if state not in self.all:
            raise TagError(f"PoreStates: {state!r} is no state of this pore; it has {', '.join(map(repr, self.all))}.")
        return self.all.index(state)
