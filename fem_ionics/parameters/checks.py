# SPDX-License-Identifier: LGPL-3.0-or-later
"""Checks of single given values; each returns the value in its plain Python type or raises.

Every message says what was given, what is allowed and, through ``owner``, where it was given.
"""

import math
import numbers
from typing import Any

from fem_ionics.errors import ParameterError

AXES = ("x", "y", "z")


def real(owner: str, name: str, given: Any, allowed: str = "a finite real number") -> float:
    """A finite real number as ``float``.

    Parameters
    ----------
    owner, name : str
        Who asked and for what; both open the message.
    given : object
        The value to check. Booleans are not numbers here.
    allowed : str
        What the message says is allowed.

    Raises
    ------
    ParameterError
        For anything but a finite real number.
    """
    is_number = isinstance(given, numbers.Real) and not isinstance(given, bool)
    if not is_number or not math.isfinite(given):
        raise ParameterError(f"{owner}: {name} = {given!r} was given; {allowed} is needed.")
    return float(given)


def positive(owner: str, name: str, given: Any, unit: str = "") -> float:
    """A positive finite number as ``float``; ParameterError otherwise."""
    allowed = "a positive finite number" + (f" in {unit}" if unit else "")
    number = real(owner, name, given, allowed)
    if number <= 0.0:
        raise ParameterError(f"{owner}: {name} = {given!r} was given; {allowed} is needed.")
    return number


def non_negative(owner: str, name: str, given: Any, unit: str = "") -> float:
    """Zero or a positive finite number as ``float``; ParameterError otherwise."""
    allowed = "zero or a positive finite number" + (f" in {unit}" if unit else "")
    number = real(owner, name, given, allowed)
    if number < 0.0:
        raise ParameterError(f"{owner}: {name} = {given!r} was given; {allowed} is needed.")
    return number


def integer(owner: str, name: str, given: Any) -> int:
    """An integer as ``int`` (NumPy integers too, booleans not); ParameterError otherwise."""
    if not isinstance(given, numbers.Integral) or isinstance(given, bool):
        raise ParameterError(f"{owner}: {name} = {given!r} was given; an integer is needed.")
    return int(given)


def label(owner: str, name: str, given: Any) -> str:
    """A name: a string with at least one visible character; ParameterError otherwise."""
    if not isinstance(given, str) or not given.strip():
        raise ParameterError(f"{owner}: {name} = {given!r} was given; a non-empty string is needed.")
    return given


def axis_index(axis: Any) -> int:
    """Index of the coordinate along "x", "y" or "z"; ParameterError for another axis."""
    if axis not in AXES:
        raise ParameterError(f'axis = {axis!r} was given; "x", "y" or "z" is allowed.')
    return AXES.index(axis)
