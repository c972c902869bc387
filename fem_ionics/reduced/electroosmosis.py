# SPDX-License-Identifier: LGPL-3.0-or-later
"""Electro-osmosis and electrophoresis at low zeta potential; k is a radius or half width over the Debye length."""

from typing import Any

import numpy as np
from scipy.special import ive

from fem_ionics.cite import cite
from fem_ionics.parameters import Electrolyte, checks
from fem_ionics.reduced import given
from fem_ionics.reduced.double_layer import debye_length


def smoluchowski_mobility(zeta: float, electrolyte: Electrolyte) -> float:
    """Velocity of the liquid over the field far from a wall with thin layer, -eps zeta/eta, m2/(V s).

    Parameters
    ----------
    zeta
        Potential of the wall, V.
    electrolyte
        Gives permittivity and viscosity.

    Raises
    ------
    ParameterError
        For a zeta that is not finite.
    """
    zeta = checks.real("smoluchowski_mobility", "zeta", zeta)
    return -electrolyte.absolute_permittivity * zeta / electrolyte.viscosity


def slit_factor(k: Any) -> Any:
    """Mean velocity in a slit over that of a thin layer, 1 - tanh(k)/k, for k = half width / Debye length.

    Raises
    ------
    ParameterError
        For k that is not positive and finite.

    Notes
    -----
    D. Burgreen, F. R. Nakache, J. Phys. Chem. 68, 1084 (1964).
    """
    k = given.positives("slit_factor", "k", k)
    cite("burgreen1964")
    # 1 - tanh k/k cancels at small k; its series is exact to round-off below 0.1.
    s = np.minimum(k, 0.1) ** 2
    series = s / 3 * (1 - s * (2 / 5 - s * (17 / 105 - s * (62 / 945 - s * 1382 / 51975))))
    return given.plain(np.where(k < 0.1, series, 1.0 - np.tanh(k) / k))


def tube_factor(k: Any) -> Any:
    """Mean velocity in a tube over that of a thin layer, 1 - 2 I1(k)/(k I0(k)), for k = radius / Debye length.

    Raises
    ------
    ParameterError
        For k that is not positive and finite.

    Notes
    -----
    C. L. Rice, R. Whitehead, J. Phys. Chem. 69, 4017 (1965).
    """
    k = given.positives("tube_factor", "k", k)
    cite("rice1965")
    # The same by the recurrence of the Bessel functions, without cancellation.
    return given.plain(ive(2, k) / ive(0, k))


def slit_mobility(half_width: float, zeta: float, electrolyte: Electrolyte) -> float:
    """Mean electro-osmotic velocity in a slit over the field, m2/(V s), for |zeta| well below kT/e.

    Parameters
    ----------
    half_width
        m.
    zeta
        Potential of the walls against neutral liquid outside, V.
    electrolyte
        Any mixture of ions.

    Raises
    ------
    ParameterError
        For values out of range, or without ions.
    """
    k = checks.positive("slit_mobility", "half_width", half_width, "m") / debye_length(electrolyte)
    return slit_factor(k) * smoluchowski_mobility(zeta, electrolyte)


def tube_mobility(radius: float, zeta: float, electrolyte: Electrolyte) -> float:
    """Mean electro-osmotic velocity in a tube over the field, m2/(V s), for |zeta| well below kT/e.

    Parameters
    ----------
    radius
        m.
    zeta
        Potential of the wall against neutral liquid outside, V.
    electrolyte
        Any mixture of ions.

    Raises
    ------
    ParameterError
        For values out of range, or without ions.
    """
    k = checks.positive("tube_mobility", "radius", radius, "m") / debye_length(electrolyte)
    return tube_factor(k) * smoluchowski_mobility(zeta, electrolyte)


def henry_function(k: Any) -> Any:
    """Henry's function of a sphere with k = radius / Debye length, from 2/3 (Hueckel) to 1 (Smoluchowski).

    Raises
    ------
    ParameterError
        For k that is not positive and finite.

    Notes
    -----
    H. Ohshima, J. Colloid Interface Sci. 168, 269 (1994): within 1 % of Henry's integral.
    """
    k = given.positives("henry_function", "k", k)
    cite("ohshima1994")
    return given.plain(2.0 / 3.0 * (1.0 + 0.5 * (1.0 + 2.5 / (k * (1.0 + 2.0 * np.exp(-k)))) ** -3))


def electrophoretic_mobility(radius: float, zeta: float, electrolyte: Electrolyte) -> float:
    """Velocity of an insulating sphere over the field, f eps zeta/eta, m2/(V s), for |zeta| well below kT/e.

    Parameters
    ----------
    radius
        m.
    zeta
        Potential of its surface, V.
    electrolyte
        Any mixture of ions.

    Raises
    ------
    ParameterError
        For values out of range, or without ions.
    """
    k = checks.positive("electrophoretic_mobility", "radius", radius, "m") / debye_length(electrolyte)
    return -henry_function(k) * smoluchowski_mobility(zeta, electrolyte)
