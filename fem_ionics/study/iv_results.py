# SPDX-License-Identifier: LGPL-3.0-or-later
"""A current-voltage curve and what is read off it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from fem_ionics.errors import ParameterError, nearest
from fem_ionics.parameters import checks
from fem_ionics.study.results import Floats, Table

VOLTAGE, CURRENT, FLOW, DEFECT = "voltage", "current", "flow rate", "charge defect"

#: A current below this part of the largest one of the curve is no measure of its own error.
_FLOOR = 1e-6
#: Voltages are the same within this part of the curve's span.
_SAME = 1e-9


def current_column(ion: str) -> str:
    """Column of the current that an ion carries."""
    return f"{ion} current"


def charge_defects(currents: npt.ArrayLike, lost: npt.ArrayLike, largest: float) -> Floats:
    """Charge that is lost or made between two openings, relative to the current.

    Parameters
    ----------
    currents
        A, shape (n,).
    lost
        Sum of the currents out of all openings, A, shape (n,): zero in a steady state.
    largest
        The larger of the largest |current| of the curve and the thermal current F D c L, A (D c the model's scales of
        diffusivity and concentration, L the mesh's unit of length; per metre of depth without L).

    Returns
    -------
    array
        abs(lost) / max(abs(current), 1e-6 largest), shape (n,): relative to the current itself, except within 1e-6 of
        its range of zero, where it is relative to that.
    """
    scale = np.maximum(np.abs(np.asarray(currents, dtype=np.float64)), _FLOOR * largest)
    defects: Floats = np.abs(np.asarray(lost, dtype=np.float64)) / np.where(scale > 0.0, scale, 1.0)
    return defects


@dataclass(frozen=True, eq=False)
class IVCurve(Table):
    """Current over voltage: a Table with the columns "voltage" (V) and "current", "<ion> current", "charge defect".

    Parameters
    ----------
    columns, units, provenance, title
        As in `Table`; ``provenance["valences"]`` tells cations from anions.
    equilibrium
        Solution at 0 V; None for a curve that was read from a file.
    solutions
        Voltage -> solution, of those that were to be kept.

    Raises
    ------
    ParameterError
        As in `Table`, and for columns that lack voltage or current.
    """

    equilibrium: Any = None
    solutions: Mapping[float, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name in (VOLTAGE, CURRENT):
            self.column(name)

    @classmethod
    def of(cls, table: Table) -> Self:
        """The curve of a table, for example one that `fem_ionics.io.read_table` gave."""
        return cls(table.columns, table.units, table.provenance, table.title)

    # what was measured

    @property
    def voltages(self) -> Floats:
        """V, in the order in which they were given."""
        return self.column(VOLTAGE)

    @property
    def currents(self) -> Floats:
        """Positive from the first opening to the second, A (A/m of depth in a planar domain)."""
        return self.column(CURRENT)

    @property
    def flow_rates(self) -> Floats:
        """Liquid that flows from the first opening to the second, m3/s (m2/s in a planar domain).

        Raises
        ------
        ParameterError
            For a model without flow.
        """
        return self.column(FLOW)

    @property
    def charge_defect(self) -> float:
        """Largest charge defect of all points; see `charge_defects`."""
        return float(self.column(DEFECT).max())

    @property
    def ions(self) -> tuple[str, ...]:
        """Those whose currents were recorded."""
        known: Mapping[str, float] = self.provenance.get("valences", {})
        return tuple(ion for ion in known if current_column(ion) in self)

    # what is read off it

    def slope(self, name: str, at: float = 0.0) -> float:
        """Derivative of a column by the voltage: that of the parabola through the three nearest points.

        Parameters
        ----------
        name
            Column.
        at
            Voltage, V, in the range of the curve.

        Raises
        ------
        ParameterError
            Outside the range, and with fewer than two points.
        """
        x, y = self._near(name, at, 3)
        return float(np.polynomial.Polynomial.fit(x, y, len(x) - 1).deriv()(at))

    def conductance(self, at: float = 0.0) -> float:
        """Slope dI/dV, S (S/m of depth in a planar domain); errors as in `slope`."""
        return self.slope(CURRENT, at)

    def resistance(self, at: float = 0.0) -> float:
        """dV/dI, Ohm; errors as in `slope`."""
        return 1.0 / self.conductance(at)

    def rectification(self, voltage: float | None = None) -> float:
        """|I(-V) / I(V)| or its inverse, whichever is above 1.

        Parameters
        ----------
        voltage
            V; both it and its negative must be points of the curve. By default the largest such voltage.

        Raises
        ------
        ParameterError
            When there is no such pair of points, or no current.
        """
        ratio = self.rectification_ratio(voltage)
        return max(ratio, 1.0 / ratio)

    def rectification_ratio(self, voltage: float | None = None) -> float:
        """|I(-V) / I(V)|: above 1 where the device conducts better at negative voltage; as `rectification`."""
        size = self._largest_pair() if voltage is None else abs(checks.real("IVCurve", "voltage", voltage))
        backward, forward = abs(self._current_at(-size)), abs(self._current_at(size))
        if backward == 0.0 or forward == 0.0:
            raise ParameterError(f"rectification: there is no current at {size:g} V or {-size:g} V.")
        return backward / forward

    def transference(self, species: str, at: float = 0.0) -> float:
        """Part of the (differential) conductance that an ion carries.

        Parameters
        ----------
        species
            Name of the ion.
        at
            Voltage, V.

        Raises
        ------
        ParameterError
            For an unknown ion; else as in `slope`.
        """
        if current_column(species) not in self:
            known = ", ".join(f'"{ion}"' for ion in self.ions) or "none"
            raise ParameterError(
                f'transference: no current of "{species}"; ions are {known}.{nearest(species, self.ions)}'
            )
        return self.slope(current_column(species), at) / self.conductance(at)

    def selectivity(self, at: float = 0.0) -> float:
        """Conductance of all cations less that of all anions, over their sum: 1 for cations alone, -1 for anions alone.

        Raises
        ------
        ParameterError
            Without currents of ions; else as in `slope`.
        """
        if not self.ions:
            raise ParameterError("selectivity: the curve has no currents of single ions.")
        known: Mapping[str, float] = self.provenance["valences"]
        return sum(float(np.sign(known[ion])) * self.transference(ion, at) for ion in self.ions)

    @property
    def reversal_potential(self) -> float:
        """Voltage without current, V, on the cubic through the four points round it.

        Raises
        ------
        ParameterError
            When the current does not change sign, or does so more than once.
        """
        voltages, currents = self._ordered(CURRENT)
        zeros = np.flatnonzero(currents == 0.0)
        changes = np.flatnonzero(currents[:-1] * currents[1:] < 0.0)
        if len(zeros) + len(changes) != 1:
            raise ParameterError(
                f"reversal potential: the current changes sign {len(zeros) + len(changes)} times from "
                f"{voltages[0]:g} to {voltages[-1]:g} V, once is needed: give other voltages."
            )
        if len(zeros):
            return float(voltages[zeros[0]])
        low, high = voltages[changes[0]], voltages[changes[0] + 1]
        x, y = self._near(CURRENT, 0.5 * (low + high), 4)
        roots = np.polynomial.Polynomial.fit(x, y, len(x) - 1).roots()
        inside = [float(root.real) for root in roots if abs(root.imag) < 1e-9 and low <= root.real <= high]
        i, j = changes[0], changes[0] + 1
        chord = float(low - currents[i] * (high - low) / (currents[j] - currents[i]))
        return min(inside, key=lambda root: abs(root - chord), default=chord)

    @property
    def maximum_power(self) -> float:
        """Largest power that the device gives to a load between 0 V and its reversal potential, W (W/m if planar).

        Without a reversal potential other than 0 V that is zero. The current is taken as straight between points.

        Raises
        ------
        ParameterError
            As `reversal_potential`.
        """
        voltages, currents = self._ordered(CURRENT)
        end = self.reversal_potential
        slopes = np.diff(currents) / np.diff(voltages)
        levels = currents[:-1] - slopes * voltages[:-1]  # I = level + slope V on each piece
        low = np.clip(voltages[:-1], min(0.0, end), max(0.0, end))
        high = np.clip(voltages[1:], min(0.0, end), max(0.0, end))
        with np.errstate(divide="ignore", invalid="ignore"):
            best = np.where(slopes > 0.0, -0.5 * levels / slopes, low)
        best = np.clip(best, low, high)
        powers = [-v * (levels + slopes * v) for v in (low, best, high)]
        return float(np.max(powers, initial=0.0))

    # in detail

    def _ordered(self, name: str) -> tuple[Floats, Floats]:
        order = np.argsort(self.voltages)
        return self.voltages[order], self.column(name)[order]

    def _near(self, name: str, at: float, count: int) -> tuple[Floats, Floats]:
        """The points nearest to a voltage, in its range."""
        at = checks.real("IVCurve", "voltage", at)
        x, y = self._ordered(name)
        if len(x) < 2 or not x[0] - _SAME * np.ptp(x) <= at <= x[-1] + _SAME * np.ptp(x):
            raise ParameterError(
                f"{at:g} V: this curve has {len(x)} points, from {x.min(initial=np.inf):g} to "
                f"{x.max(initial=-np.inf):g} V; a voltage in the range of two or more is needed."
            )
        # Neighbours in a row: the nearest ones may all lie on one side where the spacing changes.
        right = int(np.clip(np.searchsorted(x, at), 1, len(x) - 1))
        first, last = right - 1, right
        while last - first + 1 < min(count, len(x)):
            if first == 0 or (last < len(x) - 1 and x[last + 1] - at < at - x[first - 1]):
                last += 1
            else:
                first -= 1
        return x[first : last + 1], y[first : last + 1]

    def _current_at(self, voltage: float) -> float:
        gaps = np.abs(self.voltages - voltage)
        if len(gaps) == 0 or gaps.min() > _SAME * max(np.ptp(self.voltages), abs(voltage)):
            raise ParameterError(
                f"rectification: {voltage:g} V is no point of this curve; compute it at both signs of the voltage."
            )
        return float(self.currents[int(np.argmin(gaps))])

    def _largest_pair(self) -> float:
        points = self.voltages
        tolerance = _SAME * np.ptp(points) if len(points) else 0.0
        pairs = [v for v in points if v > tolerance and np.abs(points + v).min() <= tolerance]
        if not pairs:
            raise ParameterError("rectification: the curve has no voltage with both signs.")
        return float(max(pairs))
