# SPDX-License-Identifier: LGPL-3.0-or-later
"""How much of the ionic current the liquid carries: the transport ratio of active nanochannels."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from fem_ionics.model import Model, State
from fem_ionics.observe.columns import Floats, column_averages
from fem_ionics.observe.forms import axis_of
from fem_ionics.parameters import checks


@dataclass(frozen=True)
class TransportRatio:
    """Advective over diffusive and electromigrative ionic current along an axis, averaged over the width.

    With A(x) and B(x) the averages over the cross-section of the x components of sum_i w_i u c_i and of
    sum_i w_i (N_i - u c_i), the ratio is rms_x A / rms_x B.

    Parameters
    ----------
    along
        Axis of the channel.
    of
        Weights w_i: "ions" counts all species alike (w = 1), "charge" by valence (w = z), and the name of a species
        counts that one alone.

    Notes
    -----
    The currents change sign along a patterned channel, hence the root mean square. Without net flow a section
    carries no liquid on average and the ratio is small; a spontaneous flow carries all ions along and takes the
    ratio of "ions" across one (Shrestha et al., arXiv:2510.15092). That of "charge" stays smaller, since the
    flow carries charge only as far as the liquid is not neutral. nan for a state without diffusive current.

    Raises
    ------
    ParameterError
        For an unknown axis and, when called, an unknown species.
    """

    along: str = "x"
    of: str = "ions"

    def __post_init__(self) -> None:
        checks.axis_index(self.along)

    @property
    def name(self) -> str:
        """For tables."""
        return f"transport ratio along {self.along}" + ("" if self.of == "ions" else f" of {self.of}")

    @property
    def unit(self) -> str:
        """A ratio."""
        return ""

    def __call__(self, state: State) -> float:
        """Evaluate (collective)."""
        advective, rest, volumes = current_parts(state, self.along, self.of)
        sizes = [np.sqrt(np.average(part**2, weights=volumes)) for part in (advective, rest)]
        return float(sizes[0] / sizes[1]) if sizes[1] > 0.0 else float("nan")


def current_parts(state: State, along: str = "x", of: str = "ions") -> tuple[Floats, Floats, Floats]:
    """Section averages of the advective and of the diffusive and electromigrative current, mol/m2/s.

    Parameters
    ----------
    state
        What.
    along, of
        As in `TransportRatio`.

    Returns
    -------
    advective, rest, volumes
        One value for each slice across the axis (see `columns`), and the slices' volumes in mesh units.
    """
    model = state.model
    model.load(state)
    index = axis_of(model.domain, along)
    parts = [
        _current(model, of, ("advective",), index),
        _current(model, of, ("diffusive", "electromigrative"), index),
    ]
    (advective, rest), volumes = column_averages(model, f"current parts of {of}", parts, along)
    return advective, rest, volumes


def _current(model: Model, of: str, kinds: tuple[str, ...], index: int) -> Any:
    species = model.electrolyte.species if of in ("ions", "charge") else [model.electrolyte[of]]
    return sum(
        (each.valence if of == "charge" else 1) * model.expression(f"{kind} flux {each.name}")[index]
        for each in species
        for kind in kinds
    )
