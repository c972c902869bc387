# SPDX-License-Identifier: LGPL-3.0-or-later
"""Names of boundaries and regions as a user gives them."""

from collections.abc import Iterable
from typing import Any

from fem_ionics.errors import ParameterError

#: Given as one name or several, kept as a tuple.
Names = Any


def as_names(owner: str, given: str | Iterable[str], what: str = "boundary") -> tuple[str, ...]:
    """One name or several as a tuple; ParameterError for anything else."""
    names: tuple[Any, ...] = (given,) if isinstance(given, str) or not isinstance(given, Iterable) else tuple(given)
    if not names or not all(isinstance(name, str) and name for name in names):
        raise ParameterError(f"{owner}: on = {given!r} was given; the name of a {what}, or several, is needed.")
    return names
