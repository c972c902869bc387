# SPDX-License-Identifier: LGPL-3.0-or-later
"""Diffuse layers at equilibrium: Debye and Hueckel, Gouy and Chapman, Grahame, Bikerman.

A flat wall with surface charge sigma meets an electrolyte of ions c_i that is at rest and at potential zero far away;
psi is the potential in kT/e:

    eps VT psi'' = -F sum_i z_i c_i exp(-z_i psi),    (eps VT psi')^2 = 2 eps RT sum_i c_i [exp(-z_i psi) - 1]
"""

from typing import Any

import numpy as np
from scipy.integrate import quad
from scipy.optimize import brentq

from fem_ionics.cite import cite
from fem_ionics.constants import AVOGADRO, FARADAY, GAS
from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Electrolyte, checks
from fem_ionics.reduced import given
from fem_ionics.reduced.given import Array


def debye_length(electrolyte: Electrolyte) -> float:
    """sqrt(eps kT / sum z^2 e^2 n), m.

    Raises
    ------
    ParameterError
        Without ions.
    """
    return given.ionic("debye_length", electrolyte).debye_length


def gouy_chapman_length(surface_charge: float, electrolyte: Electrolyte) -> float:
    """Thickness of the layer that holds half of the counter-ions of a strong charge, m: 2 eps VT / (z |sigma|).

    Parameters
    ----------
    surface_charge
        C/m2, not zero.
    electrolyte
        z is the largest valence of its counter-ions; 1 where it has none.

    Raises
    ------
    ParameterError
        For a charge that is zero or not finite, or without ions.
    """
    owner = "gouy_chapman_length"
    electrolyte = given.ionic(owner, electrolyte)
    sigma = checks.real(owner, "surface_charge", surface_charge)
    if sigma == 0.0:
        raise ParameterError(f"{owner}: surface_charge = {surface_charge!r} was given; it must not be zero (C/m2).")
    valence = max([1, *(abs(z) for z in electrolyte.valences if z * sigma < 0.0)])
    return 2.0 * electrolyte.absolute_permittivity * electrolyte.thermal_voltage / (valence * abs(sigma))


def grahame(zeta: Any, electrolyte: Electrolyte) -> Any:
    """Surface charge of a wall at potential zeta, C/m2; sqrt(8 eps RT c) sinh(z zeta/2VT) for a z:z salt.

    Parameters
    ----------
    zeta
        V; a number or an array.
    electrolyte
        Any mixture of ions: D. C. Grahame, Chem. Rev. 41, 441 (1947).

    Raises
    ------
    ParameterError
        For potentials that are not finite, or without ions.
    """
    electrolyte = given.ionic("grahame", electrolyte)
    psi = given.reals("grahame", "zeta", zeta) / electrolyte.thermal_voltage
    cite("grahame1947")
    scale = electrolyte.absolute_permittivity * electrolyte.thermal_voltage / electrolyte.debye_length
    return given.plain(scale * _slope(psi, electrolyte))


def zeta_potential(surface_charge: float, electrolyte: Electrolyte) -> float:
    """Potential of a wall with given charge, V: the inverse of `grahame`.

    Parameters
    ----------
    surface_charge
        C/m2.
    electrolyte
        Any mixture of ions.

    Raises
    ------
    ParameterError
        For a charge that is not finite, or without ions.
    """
    owner = "zeta_potential"
    electrolyte = given.ionic(owner, electrolyte)
    sigma = checks.real(owner, "surface_charge", surface_charge)
    if sigma == 0.0:
        return 0.0
    scale = electrolyte.absolute_permittivity * electrolyte.thermal_voltage / electrolyte.debye_length
    # Any of the counter-ions alone bounds the potential: slope^2 >= 4 share sinh^2(z psi/2)/z^2.
    pairs = zip(electrolyte.valences, electrolyte.concentrations, strict=True)
    share = max(c * z * z for z, c in pairs if z * sigma < 0.0) / (2.0 * electrolyte.ionic_strength)
    bound = 2.0 * np.arcsinh(abs(sigma) / scale / np.sqrt(share))
    cite("grahame1947")
    wall = brentq(
        lambda psi: np.arcsinh(_slope(psi, electrolyte)) - np.arcsinh(sigma / scale),
        -bound * (sigma < 0),
        bound * (sigma > 0),
        xtol=1e-15 * bound,
        rtol=1e-14,
    )
    return float(wall * electrolyte.thermal_voltage)


def gouy_chapman(distance: Any, zeta: float, electrolyte: Electrolyte) -> Any:
    """Potential at a distance x from a flat wall, V: tanh(z psi/4) = tanh(z zeta/4VT) exp(-x/lambda).

    Parameters
    ----------
    distance
        x, m; a number or an array, zero or positive.
    zeta
        Potential of the wall, V.
    electrolyte
        One z:z salt.

    Raises
    ------
    ParameterError
        For values that are not finite, negative distances, or another electrolyte.
    """
    owner = "gouy_chapman"
    z, _ = given.salt(owner, electrolyte)
    x = given.reals(owner, "distance", distance)
    if np.any(x < 0.0):
        raise ParameterError(f"{owner}: distance = {distance!r} was given; zero or positive numbers in m are needed.")
    unit = 4.0 * electrolyte.thermal_voltage / z
    wall = np.tanh(checks.real(owner, "zeta", zeta) / unit)
    cite("grahame1947")
    return given.plain(unit * np.arctanh(wall * np.exp(-x / electrolyte.debye_length)))


def surface_excess(surface_charge: float, electrolyte: Electrolyte) -> tuple[float, ...]:
    """Ions that a flat charged wall holds beyond the bulk, mol/m2, in the order of the species; negative for co-ions.

    Parameters
    ----------
    surface_charge
        C/m2. The excess carries its opposite.
    electrolyte
        Any mixture of ions; 2 c lambda [exp(-+ z zeta/2VT) - 1] for a z:z salt.

    Raises
    ------
    ParameterError
        As `zeta_potential`.
    """
    wall = zeta_potential(surface_charge, electrolyte) / electrolyte.thermal_voltage
    if wall == 0.0:
        return (0.0,) * len(electrolyte.species)

    def share(psi: float, valence: int) -> float:
        slope = abs(_slope(psi, electrolyte))
        return float(np.expm1(-valence * psi)) / slope if slope else -float(np.sign(psi)) * valence

    widths = [_integral(lambda psi, z=z: share(psi, z), wall) for z in electrolyte.valences]
    unit = electrolyte.debye_length
    return tuple(unit * c * width for c, width in zip(electrolyte.concentrations, widths, strict=True))


def surface_conductivity(surface_charge: float, electrolyte: Electrolyte, flow: bool = False) -> float:
    """Conductivity that the diffuse layer of a flat wall adds to the bulk's, S: F^2/RT sum_i z_i^2 D_i Gamma_i.

    Parameters
    ----------
    surface_charge
        C/m2.
    electrolyte
        Any mixture of ions.
    flow
        Add the ions carried along by electro-osmosis over a wall without slip, (eps^2/eta) int (dphi/dx)^2 dx:
        J. J. Bikerman, Trans. Faraday Soc. 35, 154 (1940).

    Raises
    ------
    ParameterError
        As `zeta_potential`.

    Notes
    -----
    It falls below mu |sigma| of the counter-ions, since co-ions are missing, or lies above it: where the layer
    attracts salt (strong charge) both signs are counted against the bulk.
    """
    excess = surface_excess(surface_charge, electrolyte)
    terms = zip(electrolyte.valences, electrolyte.diffusivities, excess, strict=True)
    migration = FARADAY**2 / (GAS * electrolyte.temperature) * sum(z * z * d * each for z, d, each in terms)
    cite("bikerman1940")
    return migration + (_convection(surface_charge, electrolyte) if flow else 0.0)


def differential_capacitance(zeta: Any, electrolyte: Electrolyte, diameter: float = 0.0) -> Any:
    """Capacitance d sigma/d zeta of the diffuse layer of ions of finite size, F/m2 (Bikerman's lattice).

    Parameters
    ----------
    zeta
        V; a number or an array.
    electrolyte
        One z:z salt of concentration c.
    diameter
        a, m; the lattice has cells of a^3, of which the bulk fills nu = 2 a^3 c times the Avogadro constant. Zero for
        points: (eps/lambda) cosh(z zeta/2VT).

    Raises
    ------
    ParameterError
        For values that are not finite, a negative diameter, an overfull bulk, or another electrolyte.

    Notes
    -----
    M. S. Kilic, M. Z. Bazant, A. Ajdari, Phys. Rev. E 75, 021502 (2007).
    """
    owner = "differential_capacitance"
    z, c = given.salt(owner, electrolyte)
    x = z * given.reals(owner, "zeta", zeta) / electrolyte.thermal_voltage
    nu = 2.0 * AVOGADRO * c * checks.non_negative(owner, "diameter", diameter, "m") ** 3
    if nu >= 1.0:
        raise ParameterError(
            f"{owner}: diameter = {diameter!r} was given; {c:g} mol/m3 of it fill {nu:.3g} of the volume, less "
            "than 1 is needed."
        )
    cite("bikerman1942", "kilic2007")
    return given.plain(electrolyte.absolute_permittivity / electrolyte.debye_length * _kilic(x, nu))


def _slope(psi: Any, electrolyte: Electrolyte) -> Any:
    """-lambda dpsi/dx at the potential psi (kT/e) in a layer that decays to zero; has the sign of psi."""
    strength = 2.0 * electrolyte.ionic_strength
    # sum z c = 0, so the linear terms cancel: expm1(-z psi) + z psi keeps small potentials accurate.
    terms = zip(electrolyte.valences, electrolyte.concentrations, strict=True)
    total = sum(c * _exp2(-z * np.asarray(psi)) for z, c in terms)
    return np.sign(psi) * np.sqrt(2.0 * total / strength)


def _exp2(x: Array) -> Array:
    """exp(x) - 1 - x without cancellation."""
    small = np.abs(x) < 1e-2
    safe = np.where(small, x, 0.0)
    series = 0.5 * safe**2 * (1.0 + safe / 3.0 * (1.0 + safe / 4.0 * (1.0 + safe / 5.0 * (1.0 + safe / 6.0))))
    return np.where(small, series, np.expm1(x) - x)


def _integral(function: Any, wall: float) -> float:
    """Of psi from 0 to the wall's, positive for a positive function; the integrands are exponentials near the wall."""
    value, _ = quad(function, 0.0, wall, epsabs=0.0, epsrel=1e-11, limit=200)
    return float(np.sign(wall) * value)


def _convection(surface_charge: float, electrolyte: Electrolyte) -> float:
    """Part of electro-osmosis in the surface conductivity, S: (eps^2/eta) int |dphi/dx| |dphi|."""
    wall = zeta_potential(surface_charge, electrolyte) / electrolyte.thermal_voltage
    eps, voltage = electrolyte.absolute_permittivity, electrolyte.thermal_voltage
    unit = (eps * voltage) ** 2 / (electrolyte.viscosity * electrolyte.debye_length)
    return unit * _integral(lambda psi: abs(float(_slope(psi, electrolyte))), wall) if wall else 0.0


def _kilic(x: Array, nu: float) -> Array:
    """Capacitance over eps/lambda with s = cosh x - 1: sqrt((s+2)/2) sqrt(nu s/ln(1 + nu s)) / (1 + nu s)."""
    s = 2.0 * np.sinh(0.5 * x) ** 2
    crowd = nu * s
    ratio = np.where(crowd > 0.0, crowd / np.log1p(np.where(crowd > 0.0, crowd, 1.0)), 1.0)
    return np.sqrt(0.5 * (s + 2.0) * ratio) / (1.0 + crowd)
