# SPDX-License-Identifier: LGPL-3.0-or-later
"""Checks of what the closed forms of this room are given."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Electrolyte

Array = NDArray[np.float64]


def reals(owner: str, name: str, given: Any, allowed: str = "finite real numbers") -> Array:
    """Finite real numbers as an array of any shape; ParameterError otherwise."""
    try:
        values = np.asarray(given)
        if values.dtype.kind not in "iuf":
            raise TypeError
    except (TypeError, ValueError):
        raise ParameterError(f"{owner}: {name} = {given!r} was given; {allowed} are needed.") from None
    if not np.all(np.isfinite(values)):
        raise ParameterError(f"{owner}: {name} = {given!r} was given; {allowed} are needed.")
    return values.astype(float)


def positives(owner: str, name: str, given: Any) -> Array:
    """Positive finite numbers as an array of any shape; ParameterError otherwise."""
    allowed = "positive finite numbers"
    values = reals(owner, name, given, allowed)
    if np.any(values <= 0.0):
        raise ParameterError(f"{owner}: {name} = {given!r} was given; {allowed} are needed.")
    return values


def salt(owner: str, electrolyte: Any) -> tuple[int, float]:
    """Valence z and concentration (mol/m3) of a single z:z salt.

    Raises
    ------
    ParameterError
        For another electrolyte.
    """
    ionic(owner, electrolyte)
    z = abs(electrolyte.valences[0])
    if sorted(electrolyte.valences) != [-z, z] or z == 0:
        raise ParameterError(
            f"{owner}: an electrolyte of {', '.join(electrolyte.names)} with valences {electrolyte.valences} was "
            "given; the formula holds for one z:z salt, for example Electrolyte.kcl."
        )
    return z, electrolyte.concentrations[0]


def monovalent(owner: str, electrolyte: Any) -> float:
    """Concentration (mol/m3) of a single 1:1 salt; ParameterError for another electrolyte."""
    z, concentration = salt(owner, electrolyte)
    if z != 1:
        raise ParameterError(f"{owner}: valences {electrolyte.valences} were given; the formula holds for 1:1 salts.")
    return concentration


def ionic(owner: str, electrolyte: Any) -> Electrolyte:
    """An electrolyte with ions in it; ParameterError otherwise."""
    if not isinstance(electrolyte, Electrolyte) or electrolyte.ionic_strength == 0.0:
        raise ParameterError(f"{owner}: {electrolyte!r} was given; an Electrolyte with ions is needed.")
    return electrolyte


def plain(values: Array) -> Any:
    """A number for a single value, the array otherwise."""
    return float(values) if np.ndim(values) == 0 else values
