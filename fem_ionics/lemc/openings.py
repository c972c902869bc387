# SPDX-License-Identifier: LGPL-3.0-or-later
"""How the current between the two openings of a sampled pore is measured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from fem_ionics.errors import TagError
from fem_ionics.lemc.device import OPENINGS
from fem_ionics.lemc.sampled import SampledCurrent
from fem_ionics.parameters import Electrolyte


@dataclass(frozen=True)
class SampledTerminals:
    """What `fi.iv_curve` asks a device for: probes of the current (A) that each ion carries out of both openings.

    Parameters
    ----------
    into, out
        Ion -> probe, at the first and at the second opening.
    valences
        Ion -> valence.
    thermal
        Scale of the current, A; 0 if none is known.
    """

    into: Mapping[str, Any]
    out: Mapping[str, Any]
    valences: Mapping[str, float]
    thermal: float = 0.0
    flow: None = None

    @classmethod
    def of(cls, electrolyte: Electrolyte, first: str, second: str, thermal: float = 0.0) -> Self:
        """For two openings; TagError unless they are "cis" and "trans" in either order."""
        if {first, second} != set(OPENINGS):
            raise TagError(f'between = ("{first}", "{second}") was given; a pore with particles has "cis" and "trans".')
        ions = [each for each in electrolyte.species if each.valence]
        return cls(
            into={ion.name: SampledCurrent(ion.name, on=first) for ion in ions},
            out={ion.name: SampledCurrent(ion.name, on=second) for ion in ions},
            valences={ion.name: float(ion.valence) for ion in ions},
            thermal=thermal,
        )
