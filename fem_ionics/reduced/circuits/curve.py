# SPDX-License-Identifier: LGPL-3.0-or-later
"""A function of one voltage by its table, fast for single numbers: an integrator asks for one after the other."""

from bisect import bisect_right
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from scipy.interpolate import PchipInterpolator, PPoly, make_interp_spline

from fem_ionics.errors import ParameterError
from fem_ionics.reduced import given
from fem_ionics.reduced.given import Array

#: Points that a table needs for each kind of curve through it.
_LEAST = {"linear": 2, "monotone": 2, "smooth": 6}


@dataclass(frozen=True, eq=False)
class Curve:
    """A curve through a table.

    Parameters
    ----------
    voltages
        V, growing, shape (n,).
    values
        At these voltages, shape (n,).
    kind
        "linear" pieces; "monotone", cubics that make no extremum of their own; "smooth", a spline of fifth degree,
        whose third derivative is continuous (what the criticality of a Hopf point needs).
    endless
        The curve goes on beyond its ends with its end slopes, as a law does. A measured table ends where it ends: it is
        continued in the same way while a solver searches, but a solution there is refused.

    Raises
    ------
    ParameterError
        For a table that is not of one length or too short, voltages that do not grow, values that are not finite.
    """

    voltages: Any
    values: Any
    kind: Literal["linear", "monotone", "smooth"] = "monotone"
    endless: bool = False
    _ends: tuple[float, ...] = field(init=False, repr=False)
    _pieces: tuple[tuple[float, ...], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in _LEAST:
            raise ParameterError(f"Curve: kind = {self.kind!r} was given; {', '.join(_LEAST)} are allowed.")
        volts, values = (given.reals("Curve", name, getattr(self, name)) for name in ("voltages", "values"))
        if volts.ndim != 1 or volts.shape != values.shape or len(volts) < _LEAST[self.kind]:
            raise ParameterError(
                f"Curve: {values.shape} values at {volts.shape} voltages were given; two rows of one length, "
                f'{_LEAST[self.kind]} or more for kind = "{self.kind}", are needed.'
            )
        if not np.all(np.diff(volts) > 0.0):
            raise ParameterError("Curve: voltages must grow from row to row; sort the table and drop repeated rows.")
        for name, array in (("voltages", volts), ("values", values)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        polynomials = _polynomials(volts, values, self.kind)
        object.__setattr__(self, "_ends", tuple(polynomials.x.tolist()))
        object.__setattr__(self, "_pieces", tuple(tuple(row) for row in polynomials.c.T.tolist()))

    @property
    def range(self) -> tuple[float, float]:
        """First and last voltage of the table, V."""
        return float(self.voltages[0]), float(self.voltages[-1])

    def covers(self, voltage: float) -> bool:
        """Whether a solution at this voltage rests on the table; within 1e-9 of its length."""
        low, high = self.range
        room = 1e-9 * (high - low)
        return self.endless or low - room <= voltage <= high + room

    def at(self, voltage: float) -> tuple[float, float]:
        """Value and slope at one voltage (V)."""
        ends = self._ends
        inside = min(max(voltage, ends[0]), ends[-1])
        number = min(max(bisect_right(ends, inside) - 1, 0), len(self._pieces) - 1)
        h = inside - ends[number]
        value = slope = 0.0
        for coefficient in self._pieces[number]:
            slope = slope * h + value
            value = value * h + coefficient
        return value + slope * (voltage - inside), slope

    def __call__(self, voltage: Any) -> Any:
        """Values at voltages of any shape."""
        volts = given.reals("Curve", "voltage", voltage)
        return given.plain(np.array([self.at(v)[0] for v in volts.ravel().tolist()]).reshape(volts.shape))

    def scaled(self, factor: float) -> "Curve":
        """The same curve with all values multiplied."""
        return Curve(self.voltages, factor * np.asarray(self.values), self.kind, self.endless)

    def points(self, least: int = 400) -> tuple[Array, Array]:
        """Points to draw straight lines between, the table's own among them (1 V beyond the ends where endless)."""
        volts = np.asarray(self.voltages)
        if self.kind != "linear":
            parts = 1 + least // len(volts)
            volts = np.unique(np.concatenate([volts[:-1] + part * np.diff(volts) / parts for part in range(parts)]))
            volts = np.append(volts, self.range[1])
        if self.endless:
            volts = np.concatenate([[volts[0] - 1.0], volts, [volts[-1] + 1.0]])
        return volts, np.asarray(self(volts))


def _polynomials(volts: Array, values: Array, kind: str) -> PPoly:
    if kind == "smooth":
        whole = PPoly.from_spline(make_interp_spline(volts, values, k=5))
        # Without the pieces of no length at its ends.
        long = np.diff(whole.x) > 0.0
        return PPoly(whole.c[:, long], np.append(whole.x[:-1][long], whole.x[-1]))
    if kind == "monotone":
        cubic = PchipInterpolator(volts, values)
        return PPoly(cubic.c, cubic.x)
    return PPoly(np.vstack([np.diff(values) / np.diff(volts), values[:-1]]), volts)
