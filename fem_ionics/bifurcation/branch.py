# SPDX-License-Identifier: LGPL-3.0-or-later
"""A branch of steady states: its numbers as a table, its points, its special points, and what can be asked of it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from fem_ionics.bifurcation.arclength import Point, Steps
from fem_ionics.bifurcation.special import SpecialPoint
from fem_ionics.errors import DepletionError, ParameterError
from fem_ionics.study.results import Table

if TYPE_CHECKING:
    from fem_ionics.bifurcation.study import Study
    from fem_ionics.bifurcation.track import Curve


@dataclass(frozen=True, eq=False)
class Branch(Table):
    """Accepted points of one branch, a row each.

    Columns: the parameter, "arclength", what was recorded, "unstable" (number of growing modes; NaN where not
    computed), "growth rate" (leading, 1/s or one over the problem's time), "slope" (change of the parameter with
    arclength), "jacobian sign", "newton", "factorisations", "residual".

    Parameters
    ----------
    columns, units, provenance, title
        As in `Table`.
    points
        The accepted points, with their solutions where kept.
    specials
        Special points in order of arclength.
    ended
        Why it ends where it does.
    depleted
        The DepletionError at its end, which names the ion and the place; None where it ends otherwise.
    missed
        Special points that were seen but could not be located, in words.
    """

    points: tuple[Point, ...] = ()
    specials: tuple[SpecialPoint, ...] = ()
    ended: str = ""
    depleted: DepletionError | None = None
    missed: tuple[str, ...] = ()
    study: "Study | None" = field(default=None, repr=False)

    @property
    def parameter(self) -> str:
        """Name of the parameter."""
        return self.names[0]

    @property
    def last(self) -> Any:
        """Solution at the last point."""
        return self.points[-1].solution

    @property
    def solutions(self) -> list[Any]:
        """Solutions of all points that kept theirs."""
        return [point.solution for point in self.points if point.solution is not None]

    @property
    def factorisations(self) -> int:
        """Factorisations of all points and of the location of all special points."""
        return int(sum(point.factorisations for point in self.points) + sum(s.factorisations for s in self.specials))

    def special(self, kind: str | None = None) -> list[SpecialPoint]:
        """Special points of one kind ("pitchfork", "fold", ...), or all of them.

        Raises
        ------
        ParameterError
            When there is none; says which there are and where the branch ended.
        """
        found = [point for point in self.specials if kind in (None, point.kind)]
        if not found:
            kinds = ", ".join(f"{each.kind} at {each.value:g}" for each in self.specials) or "none"
            wanted = "special point" if kind is None else kind
            raise ParameterError(
                f"This branch has no {wanted} between {self.parameter} = {self[self.parameter].min():g} and "
                f"{self[self.parameter].max():g} (found: {kinds}). It ended: {self.ended}."
                + "".join(f" Seen but not located: {each}." for each in self.missed)
            )
        return found

    def at(self, value: float) -> list[Any]:
        """Solutions of the branch where the parameter has a value, corrected from the points about it."""
        from fem_ionics.bifurcation.cuts import vectors_at

        return [self._study.problem.snapshot(x) for x in vectors_at(self._study, self, value)]

    def switch(self, point: SpecialPoint, sign: int = 1, *, stop: float | None = None, **settings: Any) -> "Branch":
        """The branch that leaves a pitchfork or transcritical point.

        Parameters
        ----------
        point
            One of `special`.
        sign
            +1 or -1. The critical mode is oriented so that the first recorded number grows along it.
        stop
            End of the parameter; by default that of this branch.
        settings
            As in `continuation`: "steps", "stability", "record", "events", "store", ...
        """
        return self._study.switch(point, sign, stop, settings)

    def mirrored(self) -> "Branch":
        """The mirror image of this branch, without a solve; needs the study's mirror."""
        from fem_ionics.bifurcation.cuts import mirrored

        return mirrored(self._study, self)

    def track(
        self,
        point: SpecialPoint,
        second: Any,
        *,
        bounds: tuple[float, float],
        steps: Steps | None = None,
        **settings: Any,
    ) -> "Curve":
        """Follow a fold, pitchfork or Hopf point in a second parameter; see `fem_ionics.bifurcation.track`."""
        from fem_ionics.bifurcation.track import track

        return track(self._study, point, second, bounds=bounds, steps=steps or Steps(), **settings)

    def deflate(self, at: float, **settings: Any) -> list[Any]:
        """All solutions found at a value of the parameter; see `fem_ionics.bifurcation.deflation`."""
        from fem_ionics.bifurcation.deflation import deflate

        return deflate(self._study, self, at, **settings)

    def stability(self, which: int = -1, *, count: int = 6, shifts: Sequence[float] = ()) -> list[Any]:
        """Leading modes at one of the points, with residuals.

        Parameters
        ----------
        which
            Index of the point; the last by default.
        count
            Modes about each shift.
        shifts
            Angular frequencies to look about besides zero, in one over the problem's time.

        Returns
        -------
        list of Mode
            Leading first; rates in one over the problem's time (``model.scales.time`` for a model).
        """
        return self._study.modes(self.points[which], count, shifts)

    @property
    def _study(self) -> "Study":
        if self.study is None:
            raise ParameterError("This branch was read from a file or made by hand: its problem is not at hand.")
        return self.study


def columns(knob_name: str, unit: str, points: Sequence[Point], time: float) -> tuple[dict[str, Any], dict[str, str]]:
    """Columns and units of a branch; growth rates are divided by the problem's time."""
    names = list(dict.fromkeys(name for point in points for name in point.recorded))
    table: dict[str, Any] = {knob_name: [point.value for point in points], "arclength": [point.s for point in points]}
    table |= {name: [point.recorded.get(name, np.nan) for point in points] for name in names}
    table["unstable"] = [np.nan if point.unstable is None else point.unstable for point in points]
    table["growth rate"] = [max((r.real for r in point.rates), default=np.nan) / time for point in points]
    table["slope"] = [point.slope for point in points]
    table["jacobian sign"] = [point.sign for point in points]
    table["newton"] = [point.iterations for point in points]
    table["factorisations"] = [point.factorisations for point in points]
    table["residual"] = [point.residual for point in points]
    return table, {knob_name: unit, "growth rate": "1/s" if time != 1.0 else ""}
