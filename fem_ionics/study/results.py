# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a study returns: numbers in columns, with their units and where they come from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fem_ionics.errors import ParameterError, nearest
from fem_ionics.study.growth import exponential_window, fitted_slope

Floats = npt.NDArray[np.float64]
#: Name of the column that a Trace must have, s.
TIME = "time"


class GrowthRate(NamedTuple):
    """Rate of an exponential, 1/s, its error, and the angular frequency of an oscillation, rad/s."""

    rate: float
    error: float
    frequency: float = 0.0


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of numbers of the same length.

    Parameters
    ----------
    columns
        Name -> 1-D numbers, in the order to show them; SI. They are copied and cannot be changed.
    units
        Name -> unit, for example ``"m/s"``; a column that is not named here has none.
    provenance
        What made the numbers (`fem_ionics.study.provenance`); values that JSON can hold.
    title
        One line for headings.

    Raises
    ------
    ParameterError
        For columns that are not 1-D, not numbers or not of one length, units of unknown columns, and names
        or units that would not survive in the header of a file.
    """

    columns: Mapping[str, npt.ArrayLike]
    units: Mapping[str, str] = field(default_factory=dict)
    provenance: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""

    def __post_init__(self) -> None:
        columns = {_line("column", name): _numbers(name, given) for name, given in self.columns.items()}
        lengths = {name: len(values) for name, values in columns.items()}
        if len(set(lengths.values())) > 1:
            listed = ", ".join(f'"{name}" {length}' for name, length in lengths.items())
            raise ParameterError(f"Table: columns of one length are needed; these have {listed}.")
        for name in self.units:
            if name not in columns:
                raise ParameterError(f'Table: a unit for "{name}": {_known(name, columns)}')
        units = {name: _line("unit", self.units.get(name, ""), empty=True) for name in columns}
        title = _line("title", self.title, empty=True)
        checked = {"columns": columns, "units": units, "provenance": dict(self.provenance), "title": title}
        for name, value in checked.items():
            object.__setattr__(self, name, value)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns, in order."""
        return tuple(self.columns)

    def column(self, name: str) -> Floats:
        """The numbers of one column, read-only.

        Raises
        ------
        ParameterError
            For an unknown name; lists the known ones and the nearest.
        """
        if name not in self.columns:
            raise ParameterError(f'{type(self).__name__}: column "{name}": {_known(name, self.columns)}')
        return self.columns[name]  # type: ignore[return-value]  # checked in __post_init__

    def __getitem__(self, name: str) -> Floats:
        """As `column`."""
        return self.column(name)

    def __contains__(self, name: object) -> bool:
        """Whether there is a column of that name."""
        return name in self.columns

    def __len__(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values()), ()))  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[dict[str, float]]:
        """Rows, each a dict from column to number."""
        for row in range(len(self)):
            yield {name: float(self.column(name)[row]) for name in self.names}


@dataclass(frozen=True, eq=False)
class Trace(Table):
    """What was recorded along a transient: a Table with the column "time", s, that only grows.

    Parameters
    ----------
    columns, units, provenance, title
        As in `Table`.
    last
        The State at the end.

    Raises
    ------
    ParameterError
        As in `Table`, and without a growing "time".
    """

    last: Any = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if not np.all(np.diff(self.column(TIME)) > 0.0):
            raise ParameterError(f'Trace: the column "{TIME}" must grow from row to row.')

    def growth_rate(
        self, name: str, window: tuple[float, float] | str | None = "auto", *, about: float = 0.0
    ) -> GrowthRate:
        """Rate at which a recorded number leaves (or comes back to) a value, where it does so exponentially.

        Parameters
        ----------
        name
            Column.
        window
            First and last time, s; None for all rows; "auto" for the stretch found by
            `fem_ionics.study.growth.exponential_window`: after the first fast transient and before
            saturation.
        about
            Value that is left or approached, in the unit of the column.

        Returns
        -------
        GrowthRate
            Least-squares slope of log|value - about| in 1/s, negative for a decay, and its standard error.

        Raises
        ------
        ParameterError
            When no stretch is exponential, or the window holds fewer than three rows or a change of sign.
        """
        times, values = self.column(TIME), self.column(name) - about
        if isinstance(window, str):
            if window != "auto":
                raise ParameterError(f'growth_rate: window = {window!r}; "auto", (start, end) or None.')
            window = exponential_window(times, values, label=name)
        start, end = (times[0], times[-1]) if window is None else window
        rows = (times >= start) & (times <= end)
        inside = values[rows]
        same_sign = bool(np.all(inside > 0.0) or np.all(inside < 0.0))
        if len(inside) < 3 or not same_sign:
            raise ParameterError(
                f'growth_rate of "{name}" from {start:g} to {end:g} s: {len(inside)} rows '
                f"{'' if same_sign else 'that change sign or vanish'}; at least 3 of one sign are needed."
            )
        return GrowthRate(*fitted_slope(times[rows], np.log(np.abs(inside))))


def _numbers(name: str, given: npt.ArrayLike) -> Floats:
    try:
        values = np.array(given, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ParameterError(f'Table: column "{name}" must hold real numbers ({error}).') from None
    if values.ndim != 1:
        raise ParameterError(f'Table: column "{name}" has shape {values.shape}; one dimension is needed.')
    values.setflags(write=False)
    return values


def _line(kind: str, given: Any, empty: bool = False) -> str:
    """One line of text that can stand in the header of a file."""
    text = given if isinstance(given, str) else None
    if text is None or (not empty and not text.strip()) or set(text) & set("\r\n") or text.startswith("#"):
        raise ParameterError(f'Table: {kind} = {given!r}: one line of text not starting with "#" is needed.')
    return text


def _known(name: str, columns: Mapping[str, Any]) -> str:
    listed = ", ".join(f'"{each}"' for each in columns) or "none"
    return f"this table has columns {listed}.{nearest(str(name), columns)}"
