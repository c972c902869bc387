# SPDX-License-Identifier: LGPL-3.0-or-later
"""Charged slits at equilibrium: with counter-ions only, and between two thin plates in a bath."""

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import brentq

from fem_ionics.cite import cite
from fem_ionics.constants import FARADAY
from fem_ionics.parameters import Electrolyte, checks
from fem_ionics.reduced import given
from fem_ionics.reduced.double_layer import debye_length


class CounterIonSlit(NamedTuple):
    """A slit that holds counter-ions only.

    Attributes
    ----------
    wave_number : float
        K, 1/m.
    middle, wall : float
        Concentrations of the counter-ions half-way and at the walls, mol/m3.
    """

    wave_number: float
    middle: float
    wall: float

    def concentration(self, distance: Any) -> Any:
        """Concentration at a distance from the middle, c0/cos^2(K x), mol/m3."""
        return self.middle / np.cos(self.wave_number * np.asarray(distance)) ** 2


def counter_ion_slit(surface_charge: float, width: float, electrolyte: Electrolyte, valence: int = 1) -> CounterIonSlit:
    """Counter-ions alone between two equal walls: c = c0/cos^2(Kx), K tan(Kd/2) = |z| e |sigma| / (2 eps kT).

    Parameters
    ----------
    surface_charge
        Of each wall, C/m2, not zero.
    width
        d, m.
    electrolyte
        Gives permittivity and temperature; its salt does not count.
    valence
        |z| of the counter-ions.

    Raises
    ------
    ParameterError
        For values out of range.

    Notes
    -----
    S. Engstroem, H. Wennerstroem, J. Phys. Chem. 82, 2711 (1978).
    """
    owner = "counter_ion_slit"
    width = checks.positive(owner, "width", width, "m")
    sigma = abs(checks.real(owner, "surface_charge", surface_charge))
    checks.positive(owner, "|surface_charge|", sigma, "C/m2")
    z = checks.positive(owner, "valence", checks.integer(owner, "valence", valence))
    unit = electrolyte.absolute_permittivity * electrolyte.thermal_voltage
    strength = z * sigma * width / (4.0 * unit)
    # x tan x = strength, without the pole of the tangent.
    x = brentq(lambda x: x * np.sin(x) - strength * np.cos(x), 0.0, 0.5 * np.pi, xtol=1e-16, rtol=1e-14)
    wave = 2.0 * x / width
    middle = 2.0 * unit * wave**2 / (z * z * FARADAY)
    cite("engstrom1978")
    # The wall by the contact theorem: cos(x) is small where the charge is strong.
    return CounterIonSlit(wave, middle, middle + sigma**2 / (2.0 * unit * FARADAY))


def inner_charge_fraction(width: Any, electrolyte: Electrolyte) -> Any:
    """Share of its charge that a thin wall screens on the inside of a slit in a bath: T/(1 + T), T = tanh(d/2 lambda).

    Parameters
    ----------
    width
        d, distance of the two thin plates, m; a number or an array. The same electrolyte is inside and outside.
    electrolyte
        Any mixture of ions.

    Returns
    -------
    float or array
        1/2 for wide slits, which are neutral; below it the liquid between the plates is not (linear theory).

    Raises
    ------
    ParameterError
        For widths that are not positive and finite, or without ions.

    Notes
    -----
    T. Colla, M. Girotto, A. P. dos Santos, Y. Levin, J. Chem. Phys. 145, 094704 (2016).
    """
    owner = "inner_charge_fraction"
    inside = np.tanh(0.5 * given.positives(owner, "width", width) / debye_length(electrolyte))
    cite("colla2016")
    return given.plain(inside / (1.0 + inside))
