# SPDX-License-Identifier: LGPL-3.0-or-later
"""The steady state of a pore, and how its currents are measured."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from fem_ionics.errors import ModelError

Array = NDArray[np.float64]
#: The openings of a pore.
OPENINGS = ("cis", "trans")


@dataclass(frozen=True)
class OutwardCurrent:
    """Probe of the current that an ion carries out of a pore through an opening.

    Parameters
    ----------
    ion, opening
        Names.
    """

    ion: str
    opening: str
    unit = "A"

    def __call__(self, solution: "PoreSolution") -> float:
        """A."""
        return -solution.inward[self.opening][self.ion]


class PoreTerminals(NamedTuple):
    """How currents are measured, as `fem_ionics.study` asks for it.

    Parameters
    ----------
    into, out
        Ion -> probe of the current (A) out of the pore through the first and the second opening.
    flow
        None: no liquid.
    valences
        Ion -> valence.
    thermal
        Zero: no scale of the current is known.
    """

    into: dict[str, OutwardCurrent]
    out: dict[str, OutwardCurrent]
    flow: None
    valences: dict[str, float]
    thermal: float = 0.0


@dataclass(frozen=True, eq=False)
class PoreSolution:
    """Steady state of a pore.

    Parameters
    ----------
    voltage
        V.
    probabilities
        Of the states, in their order.
    weight
        w, the part of such pores that is open.
    conductance
        G = w G0 of all carriers, S.
    inward
        Opening -> ion -> current (A) that it carries into the pore from there.
    """

    voltage: float
    probabilities: Array
    weight: float
    conductance: float
    inward: Mapping[str, Mapping[str, float]]

    @property
    def current(self) -> float:
        """Of all ions from cis to trans, A."""
        return sum(self.inward["cis"].values())


def stationary(generator: Array, labels: Sequence[str]) -> Array:
    """Stationary probabilities of a generator by elimination without subtractions, so that small ones are exact.

    Parameters
    ----------
    generator
        Shape (n, n), columns add up to zero.
    labels
        Of the states, for the error.

    Raises
    ------
    ModelError
        For a state that is never left towards those before it.

    Notes
    -----
    W. K. Grassmann, M. I. Taksar, D. P. Heyman, Oper. Res. 33, 1107 (1985).
    """
    q = np.array(generator).T
    for k in range(len(q) - 1, 0, -1):
        out = q[k, :k].sum()
        if not out > 0.0:
            raise ModelError(
                f'PoreKinetics: the state "{labels[k]}" is never left; give each ion that enters an exit with a rate '
                "above zero."
            )
        q[:k, k] /= out
        q[:k, :k] += np.outer(q[:k, k], q[k, :k])
    held = np.ones(len(q))
    for k in range(1, len(q)):
        held[k] = held[:k] @ q[:k, k]
    return held / held.sum()
