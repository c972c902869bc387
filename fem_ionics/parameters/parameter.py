# SPDX-License-Identifier: LGPL-3.0-or-later
"""The knob that a study turns."""

from collections.abc import Callable
from typing import Any

from fem_ionics.parameters import checks
from fem_ionics.parameters.expression import Expression


class Parameter(Expression):
    """One named number that may change between solves while no form is recompiled.

    Two parameters are the same only if they are the same object: equality and hash go by identity.

    Parameters
    ----------
    name : str
        As it appears in logs, tables and errors.
    value : float
        Its value, SI; assign ``parameter.value = ...`` to change it.
    unit : str, optional
        For tables and plots, for example ``"mol/m2/s"``.

    Raises
    ------
    ParameterError
        For an empty name or a value that is not a finite real number.
    """

    def __init__(self, name: str, value: float, unit: str = "") -> None:
        self._name = checks.label("Parameter", "name", name)
        self._unit = str(unit)
        self.value = value

    @property
    def name(self) -> str:
        """The name."""
        return self._name

    @property
    def unit(self) -> str:
        """The unit of `value`, for tables and plots."""
        return self._unit

    @property
    def value(self) -> float:
        """The current value, SI."""
        return self._value

    @value.setter
    def value(self, value: float) -> None:
        self._value = checks.real(f'Parameter "{self._name}"', "value", value)

    @property
    def parameters(self) -> tuple["Parameter", ...]:
        """This parameter alone."""
        return (self,)

    def evaluate(self, x: Any, math: Any, value: Callable[[Expression], Any]) -> Any:
        """The number or symbol that `value` has for this parameter."""
        return value(self)

    def __repr__(self) -> str:
        unit = f", unit={self._unit!r}" if self._unit else ""
        return f"Parameter({self._name!r}, {self._value!r}{unit})"
