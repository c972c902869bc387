# SPDX-License-Identifier: LGPL-3.0-or-later
"""Conductance of charged pores between two baths: the liquid, its diffuse layers, and the way in and out.

Estimates, good to some ten percent where the diffuse layers are thin or the charge is strong; `capillary` is exact for
a long tube.
"""

from typing import NamedTuple

import numpy as np

from fem_ionics.cite import cite
from fem_ionics.parameters import Electrolyte, checks
from fem_ionics.reduced import given


class Conductance(NamedTuple):
    """Resistances in series between two baths, ohm."""

    pore: float
    access: float

    @property
    def total(self) -> float:
        """Conductance of the whole, S."""
        return 1.0 / (self.pore + self.access)


def counter_ion_conductivity(surface_charge: float, electrolyte: Electrolyte) -> float:
    """Surface conductivity when counter-ions alone make up for the charge of a wall, mu |sigma|, S.

    Parameters
    ----------
    surface_charge
        C/m2.
    electrolyte
        mu = |z| D F/RT, of several counter-ions the mean over their charge in the bath. The Gouy-Chapman layer knows
        better: `surface_conductivity`.

    Raises
    ------
    ParameterError
        For a charge that is not finite, or without ions.
    """
    owner = "counter_ion_conductivity"
    electrolyte = given.ionic(owner, electrolyte)
    sigma = checks.real(owner, "surface_charge", surface_charge)
    if sigma == 0.0:
        return 0.0
    counter = [
        (abs(s.valence) * c, abs(s.valence) * s.diffusivity)
        for s, c in zip(electrolyte.species, electrolyte.concentrations, strict=True)
        if s.valence * sigma < 0.0
    ]
    mean = sum(charge * each for charge, each in counter) / sum(charge for charge, _ in counter)
    return abs(sigma) * mean / electrolyte.thermal_voltage


def access_resistance(radius: float, conductivity: float) -> float:
    """Resistance from one mouth of a pore to a distant electrode, 1/(4 kappa a), ohm.

    Parameters
    ----------
    radius
        a, m.
    conductivity
        kappa of the bath, S/m.

    Raises
    ------
    ParameterError
        For values that are not positive and finite.

    Notes
    -----
    J. E. Hall, J. Gen. Physiol. 66, 531 (1975): a disc in an insulating plane.
    """
    radius = checks.positive("access_resistance", "radius", radius, "m")
    conductivity = checks.positive("access_resistance", "conductivity", conductivity, "S/m")
    cite("hall1975")
    return 1.0 / (4.0 * conductivity * radius)


def pore_resistance(
    tip_radius: float,
    length: float,
    conductivity: float,
    surface_conductivity: float = 0.0,
    base_radius: float | None = None,
) -> float:
    """Resistance of a tube or cone without its ends, int dz / (pi a^2 kappa + 2 pi a kappa_s), ohm.

    Parameters
    ----------
    tip_radius, base_radius
        At the two ends, m; a tube without `base_radius`.
    length
        m.
    conductivity
        kappa of the liquid in it, S/m.
    surface_conductivity
        kappa_s of the wall, S, not below -kappa times the smaller radius over 2 (co-ions may be missing).

    Returns
    -------
    float
        L/(pi kappa a_tip a_base) without surface conduction, L/(pi a (kappa a + 2 kappa_s)) of a tube.

    Raises
    ------
    ParameterError
        For values out of range.
    """
    owner = "pore_resistance"
    tip = checks.positive(owner, "tip_radius", tip_radius, "m")
    base = tip if base_radius is None else checks.positive(owner, "base_radius", base_radius, "m")
    length = checks.positive(owner, "length", length, "m")
    kappa = checks.positive(owner, "conductivity", conductivity, "S/m")
    wall = 2.0 * checks.real(owner, "surface_conductivity", surface_conductivity)
    checks.positive(owner, "conductivity + 2 surface_conductivity / radius", kappa + wall / min(tip, base), "S/m")
    # (L/(pi wall (b - a))) ln[...] as ln(1 + x)/x: no difference of equals in tubes or without charge.
    x = wall * (base - tip) / (tip * (kappa * base + wall))
    return float(length / (np.pi * tip * (kappa * base + wall)) * (np.log1p(x) / x if x else 1.0))


def pore_conductance(
    tip_radius: float,
    length: float,
    electrolyte: Electrolyte,
    surface_conductivity: float = 0.0,
    base_radius: float | None = None,
) -> Conductance:
    """Conductance of a charged tube or cone through a membrane between two equal baths.

    Parameters
    ----------
    tip_radius, base_radius
        At the two ends, m; a tube without `base_radius`.
    length
        m.
    electrolyte
        Of the baths.
    surface_conductivity
        S: `surface_conductivity`, `counter_ion_conductivity`, or measured.

    Raises
    ------
    ParameterError
        For values out of range, or without ions.

    Examples
    --------
    >>> import fem_ionics as fi
    >>> kcl = fi.Electrolyte.kcl(10.0)
    >>> wall = fi.reduced.surface_conductivity(-0.02, kcl)
    >>> round(fi.reduced.pore_conductance(5e-9, 20e-9, kcl, wall).total * 1e9, 3)
    0.845
    """
    kappa = given.ionic("pore_conductance", electrolyte).conductivity
    pore = pore_resistance(tip_radius, length, kappa, surface_conductivity, base_radius)
    ends = [tip_radius, tip_radius if base_radius is None else base_radius]
    return Conductance(pore, sum(access_resistance(radius, kappa) for radius in ends))


def plateau_conductance(radius: float, length: float, surface_charge: float, electrolyte: Electrolyte) -> float:
    """Conductance of a charged tube that dilution does not lower further, 2 pi a mu |sigma|/L, S.

    Parameters
    ----------
    radius, length
        m.
    surface_charge
        C/m2.
    electrolyte
        Its counter-ions carry the current.

    Raises
    ------
    ParameterError
        For values out of range.

    Notes
    -----
    D. Stein, M. Kruithof, C. Dekker, Phys. Rev. Lett. 93, 035901 (2004).
    """
    radius = checks.positive("plateau_conductance", "radius", radius, "m")
    length = checks.positive("plateau_conductance", "length", length, "m")
    cite("stein2004")
    return 2.0 * np.pi * radius * counter_ion_conductivity(surface_charge, electrolyte) / length


def dukhin_number(radius: float, surface_conductivity: float, electrolyte: Electrolyte) -> float:
    """Surface conductivity over bulk conductivity and radius; |sigma|/(2 F c a) for counter-ions of a 1:1 salt.

    Parameters
    ----------
    radius
        m.
    surface_conductivity
        S.
    electrolyte
        Of the bath.

    Raises
    ------
    ParameterError
        For values out of range, or without ions.
    """
    owner = "dukhin_number"
    radius = checks.positive(owner, "radius", radius, "m")
    wall = checks.real(owner, "surface_conductivity", surface_conductivity)
    return wall / (given.ionic(owner, electrolyte).conductivity * radius)


def charge_per_volume(radius: float, surface_charge: float) -> float:
    """Charge of the wall of a tube per volume of liquid, 2 sigma/a, C/m3: what a membrane model takes.

    Raises
    ------
    ParameterError
        For values out of range.
    """
    radius = checks.positive("charge_per_volume", "radius", radius, "m")
    return 2.0 * checks.real("charge_per_volume", "surface_charge", surface_charge) / radius
