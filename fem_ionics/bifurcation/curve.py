# SPDX-License-Identifier: LGPL-3.0-or-later
"""What tracking a special point gives: a table of critical values, and the points of higher codimension on it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from petsc4py import PETSc

from fem_ionics.bifurcation.located import Column
from fem_ionics.bifurcation.special import SpecialPoint
from fem_ionics.errors import ParameterError
from fem_ionics.study.results import Table

#: What vanishes where: kind of curve -> coefficient of its normal form -> name of the point.
EVENTS: Mapping[str, Mapping[str, str]] = {
    "fold": {"quadratic": "cusp", "mass": "Bogdanov-Takens"},
    "pitchfork": {"cubic": "degenerate pitchfork", "mass": "Bogdanov-Takens"},
    "branch point": {"quadratic": "degenerate branch point", "mass": "Bogdanov-Takens"},
    "hopf": {"lyapunov": "Bautin", "frequency": "Bogdanov-Takens"},
}


@dataclass(frozen=True, eq=False)
class Curve(Table):
    """Critical values of one parameter against another, a row each.

    Columns: the first parameter, the second, what was recorded, the coefficients of the normal form, "arclength",
    "newton".

    Parameters
    ----------
    columns, units, provenance, title
        As in `Table`.
    kind
        "fold", "pitchfork", "branch point" or "hopf".
    specials
        Points of higher codimension between the rows: cusp, Bogdanov-Takens, Bautin, degenerate pitchfork.
    solutions
        At each row.
    ended
        Why it ends, towards lower and higher values of the second parameter.
    """

    kind: str = ""
    specials: tuple[SpecialPoint, ...] = ()
    solutions: tuple[Any, ...] = ()
    ended: tuple[str, str] = ("", "")

    def special(self, kind: str) -> list[SpecialPoint]:
        """Points of one kind; ParameterError when there is none."""
        found = [point for point in self.specials if point.kind == kind]
        if not found:
            kinds = ", ".join(each.kind for each in self.specials) or "none"
            raise ParameterError(f"This curve has no {kind} (found: {kinds}).")
        return found


@dataclass(eq=False)
class Row:
    """One point of a curve, with its tangent."""

    vectors: list[PETSc.Vec]
    numbers: npt.NDArray[np.float64]
    second: float
    tangent: PETSc.Vec
    slopes: tuple[float, float]
    turn: float = 0.0
    s: float = 0.0
    iterations: int = 0
    coefficients: dict[str, float] = field(default_factory=dict)
    recorded: dict[str, float] = field(default_factory=dict)
    solution: Any = None
    ahead: Column | None = None
    null: tuple[PETSc.Vec, PETSc.Vec] | None = None
    indicators: dict[str, float] = field(default_factory=dict)
