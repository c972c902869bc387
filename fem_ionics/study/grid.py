# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a sweep was asked for, checked before any collective call; and how its points lie on lines."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from fem_ionics.errors import ParameterError, nearest
from fem_ionics.parameters import Parameter, checks
from fem_ionics.study.solvable import Solvable

#: A voltage's first step from equilibrium, V, that never failed.
_VOLTAGE_STEP = 0.1
#: Smallest step, in parts of the first one.
_SMALLEST = 1e-3


@dataclass(frozen=True)
class Grid:
    """Values of one parameter or of a product of several, the last one fastest.

    Parameters
    ----------
    values
        Name -> values, checked.
    apart
        Every value of a single parameter stands on a line of its own.
    """

    values: Mapping[str, tuple[float, ...]]
    apart: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Of the parameters, in order."""
        return tuple(self.values)

    @property
    def inner(self) -> str:
        """The parameter that is walked along a line."""
        return self.names[-1]

    @property
    def size(self) -> int:
        """Number of points."""
        return int(np.prod([len(values) for values in self.values.values()]))

    @property
    def lines(self) -> list[tuple[dict[str, float], tuple[float, ...]]]:
        """For each line the values of the outer parameters, and those of the inner one."""
        if self.apart:
            return [({}, (value,)) for value in self.values[self.inner]]
        outer = self.names[:-1]
        products = itertools.product(*(self.values[name] for name in outer))
        return [(dict(zip(outer, each, strict=True)), self.values[self.inner]) for each in products]

    def columns(self) -> dict[str, list[float]]:
        """Name -> its value at each point."""
        points = list(itertools.product(*self.values.values()))
        return {name: [point[i] for point in points] for i, name in enumerate(self.names)}


def checked_values(owner: str, name: str, given: Any) -> tuple[float, ...]:
    """Values of a parameter as floats; ParameterError for none, repeated ones and what is no finite number."""
    listed = list(given) if isinstance(given, Iterable) and not isinstance(given, str) else [given]
    values = tuple(checks.real(owner, f'a value of "{name}"', each) for each in listed)
    if not values:
        raise ParameterError(f'{owner}: no value of "{name}" was given; give one or more.')
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise ParameterError(f'{owner}: {twice[0]:g} is given twice for "{name}"; give each value once.')
    return values


def checked_grid(owner: str, given: Any, apart: bool) -> Grid:
    """Parameter (or its name) -> values as a Grid; ParameterError for what is none."""
    if not isinstance(given, Mapping) or not given:
        raise ParameterError(
            f"{owner}: values = {given!r} was given; a dict from parameters to their values is needed."
        )
    values: dict[str, tuple[float, ...]] = {}
    for key, numbers in given.items():
        name = key.name if isinstance(key, Parameter) else checks.label(owner, "the name of a parameter", key)
        if name in values:
            raise ParameterError(f'{owner}: "{name}" is given twice.')
        values[name] = checked_values(owner, name, numbers)
    return Grid(values, apart and len(values) == 1)


def checked_record(owner: str, given: Any, taken: Sequence[str]) -> dict[str, Callable[[Any], float]]:
    """Column -> probe; ParameterError for what cannot be called, and for columns that are taken."""
    if not isinstance(given, Mapping):
        raise ParameterError(f"{owner}: record = {given!r} was given; a dict from columns to probes is needed.")
    for name, probe in given.items():
        checks.label(owner, "the name of a column", name)
        if not callable(probe):
            raise ParameterError(
                f'{owner}: record["{name}"] = {probe!r} was given; a probe (state -> number) is needed.'
            )
        if name in taken:
            raise ParameterError(f'{owner}: the column "{name}" is the study\'s own; give another name.')
    return dict(given)


def found_parameter(owner: str, solvable: Solvable, given: Parameter | str) -> Parameter:
    """The parameter of a solvable, itself or by its name; ParameterError for another one."""
    known = {parameter.name: parameter for parameter in solvable.parameters}
    name = given.name if isinstance(given, Parameter) else given
    if name not in known or (isinstance(given, Parameter) and known[name] is not given):
        listed = ", ".join(f'"{each}"' for each in known) or "none"
        other = " (another object of that name)" if name in known else ""
        raise ParameterError(f'{owner}: "{name}"{other} is no parameter here; known: {listed}.{nearest(name, known)}')
    return known[name]


def nearest_to(values: Sequence[float], present: float) -> float:
    """The value next to a present one; the smaller of two."""
    return min(values, key=lambda value: (abs(value - present), value))


def usual_steps(values: Sequence[float], unit: str, first: float | None, smallest: float | None) -> tuple[float, float]:
    """First and smallest step along a line where none are given."""
    span = max(values) - min(values) or max(abs(values[0]), 1.0)
    first = first if first is not None else _VOLTAGE_STEP if unit == "V" else span
    return first, smallest if smallest is not None else _SMALLEST * min(first, span)
