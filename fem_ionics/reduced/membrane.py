# SPDX-License-Identifier: LGPL-3.0-or-later
"""Ion-exchange membranes: Donnan, Teorell-Meyer-Sievers, the ideal bipolar diode.

A membrane holds `fixed_charge` in C/m3, as the condition FixedCharge: negative for a cation-exchange membrane.
"""

import math
from typing import Any

import numpy as np
from scipy.optimize import brentq

from fem_ionics.cite import cite
from fem_ionics.constants import FARADAY
from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Electrolyte, checks
from fem_ionics.reduced import given


def donnan_potential(fixed_charge: float, electrolyte: Electrolyte) -> float:
    """Potential of a membrane in equilibrium with a bath at zero, V; VT asinh(X/2zc)/z for a z:z salt, X = charge/F.

    Parameters
    ----------
    fixed_charge
        C/m3.
    electrolyte
        The bath: any mixture of ions.

    Raises
    ------
    ParameterError
        For a charge that is not finite, or without ions.
    """
    owner = "donnan_potential"
    electrolyte = given.ionic(owner, electrolyte)
    X = checks.real(owner, "fixed_charge", fixed_charge) / FARADAY
    if X == 0.0:
        return 0.0
    present = [(z, c) for z, c in zip(electrolyte.valences, electrolyte.concentrations, strict=True) if z * c != 0]
    # Whichever counter-ion comes first balances X by itself, and the co-ions only lower the potential.
    least = max(abs(z) * c for z, c in present if z * X < 0.0)
    bound = math.copysign(2.0 * math.log1p(abs(X) / least), X)

    def charge(psi: float) -> float:
        return math.fsum([X, *(z * c * math.expm1(-z * psi) for z, c in present)])

    psi = brentq(charge, *sorted((0.0, bound)), xtol=1e-15 * abs(bound), rtol=1e-14)
    return float(psi * electrolyte.thermal_voltage)


def donnan_concentrations(fixed_charge: float, electrolyte: Electrolyte) -> tuple[float, ...]:
    """Concentrations in a membrane in equilibrium with a bath, mol/m3; parameters as in `donnan_potential`."""
    psi = donnan_potential(fixed_charge, electrolyte) / electrolyte.thermal_voltage
    return tuple(c * math.exp(-z * psi) for z, c in zip(electrolyte.valences, electrolyte.concentrations, strict=True))


def membrane_potential(left: Electrolyte, right: Electrolyte, fixed_charge: float) -> float:
    """Potential of the left bath against the right one without current, V (Teorell, Meyer and Sievers).

    With X = -fixed_charge/F, a, b = sqrt(4 c^2 + X^2) on the left and right, and U = (D+ - D-)/(D+ + D-):

        VT {ln[(c_right/c_left)(a + X)/(b + X)] + U ln[(b + UX)/(a + UX)]}

    Parameters
    ----------
    left, right
        The same 1:1 salt in two concentrations, in one solvent; its diffusivities are those in the membrane.
    fixed_charge
        C/m3.

    Raises
    ------
    ParameterError
        For other electrolytes, or a charge that is not finite.

    Notes
    -----
    K. H. Meyer, J.-F. Sievers, Helv. Chim. Acta 19, 649 (1936); T. Teorell, Prog. Biophys. Biophys. Chem. 3, 305
    (1953). The membrane is thick against its Debye length.
    """
    owner = "membrane_potential"
    c_left, c_right = given.monovalent(owner, left), given.monovalent(owner, right)
    if left.species != right.species or left.temperature != right.temperature:
        raise ParameterError(f"{owner}: the baths differ in species or temperature; give one salt twice.")
    X = -checks.real(owner, "fixed_charge", fixed_charge) / FARADAY
    cation, anion = (next(s.diffusivity for s in left.species if s.valence == z) for z in (1, -1))
    U = (cation - anion) / (cation + anion)
    a, b = math.hypot(2.0 * c_left, X), math.hypot(2.0 * c_right, X)
    # (sqrt(4c^2 + X^2) + X)/c as exp(asinh): it cancels for negative X.
    donnan = math.asinh(X / (2.0 * c_left)) - math.asinh(X / (2.0 * c_right))
    cite("meyer1936", "teorell1953")
    return left.thermal_voltage * (donnan + U * math.log((b + U * X) / (a + U * X)))


def diode_current(voltage: Any, fixed_charge: float, area: float, length: float, electrolyte: Electrolyte) -> Any:
    """Current of an ideal bipolar diode, A: F A (D+ + D-)(2 c0^2/(N L)) (exp(V/VT) - 1).

    Parameters
    ----------
    voltage
        V, positive forwards: a number or an array.
    fixed_charge
        +-F N of the two equal halves, C/m3, of either sign and not zero; for the wall of a tube, `charge_per_volume`.
    area
        Of the cross-section, m2.
    length
        L of both halves together, m.
    electrolyte
        A 1:1 salt of concentration c0 on both sides, well below N.

    Raises
    ------
    ParameterError
        For values out of range, or another electrolyte.

    Notes
    -----
    I. Vlassiouk, S. Smirnov, Z. Siwy, ACS Nano 2, 1589 (2008). Thick neutral halves that pass one ion each; the other
    leaks by diffusion. Forward it holds at low injection: at N = 10 c0 the neutral halves themselves carry 5, 12 and
    43 % less at 1, 2 and 4 VT.
    """
    owner = "diode_current"
    c0 = given.monovalent(owner, electrolyte)
    volts = given.reals(owner, "voltage", voltage)
    fixed = abs(checks.real(owner, "fixed_charge", fixed_charge))
    X = checks.positive(owner, "|fixed_charge|", fixed, "C/m3") / FARADAY
    area, length = checks.positive(owner, "area", area, "m2"), checks.positive(owner, "length", length, "m")
    cite("vlassiouk2008")
    saturation = FARADAY * area * sum(electrolyte.diffusivities) * 2.0 * c0**2 / (X * length)
    return given.plain(saturation * np.expm1(volts / electrolyte.thermal_voltage))
