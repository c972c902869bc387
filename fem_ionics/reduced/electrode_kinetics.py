# SPDX-License-Identifier: LGPL-3.0-or-later
"""Electron transfer at electrodes: exact integrals over the electrons' energies, and what follows in closed form.

Energies are in kT and rates in units of their prefactor; laws and barriers are those of `fem_ionics.physics.rates`.
"""

import math
from itertools import pairwise
from typing import Any

import numpy as np
from scipy.integrate import quad
from scipy.special import erf, erfc

from fem_ionics.cite import Reference, cite, register
from fem_ionics.constants import BOLTZMANN, ELEMENTARY_CHARGE
from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks
from fem_ionics.physics import rates
from fem_ionics.reduced import given

register(
    [
        Reference(
            "chidsey1991",
            "C. E. D. Chidsey",
            "Free energy and temperature dependence of electron transfer at the metal-electrolyte interface",
            "Science 251, 919-922",
            1991,
            "10.1126/science.251.4996.919",
        ),
        Reference(
            "bazant2023",
            "M. Z. Bazant",
            "Unified quantum theory of electrochemical kinetics by coupled ion-electron transfer",
            "Faraday Discuss. 246, 60-124",
            2023,
            "10.1039/D3FD00108C",
        ),
    ]
)


def metal_rate(eta: Any, lam: float, *, ion: float = 0.0, asymmetry: float = 0.0) -> Any:
    """Rate of oxidation by a metal, (4 pi lam)^-1/2 Int dx exp[-barrier(x - eta)]/(1 + exp(-x)), by quadrature.

    Parameters
    ----------
    eta
        Overpotential, kT/e, a number or an array of any shape; that of reduction is the rate at -eta.
    lam
        Reorganisation energy, kT. Without the two below this is Marcus-Hush-Chidsey.
    ion
        b of `rates.coupled_barrier`, kT: the uniformly valid barrier of coupled ion-electron transfer.
    asymmetry
        gamma of `rates.asymmetric_barrier`, below 1 in size; give one of both. The rates of oxidation and reduction
        still differ by exp(eta) if that at -eta is taken at -asymmetry too.

    Returns
    -------
    float or array
        Of the shape of `eta`, with a relative error below 1e-10.

    Raises
    ------
    ParameterError
        For numbers out of range, or `ion` together with `asymmetry`.

    Notes
    -----
    C. E. D. Chidsey, Science 251, 919 (1991); M. Z. Bazant, Faraday Discuss. 246, 60 (2023).
    """
    owner = "metal_rate"
    values = given.reals(owner, "eta", eta)
    lam, b = checks.positive(owner, "lam", lam, "kT"), checks.non_negative(owner, "ion", ion, "kT")
    gamma = checks.real(owner, "asymmetry", asymmetry)
    if abs(gamma) >= 1.0 or (gamma and b):
        raise ParameterError(
            f"{owner}: asymmetry = {gamma:g} and ion = {b:g} were given; an asymmetry below 1 in size, or an ion's "
            "energy, is needed."
        )
    cite("chidsey1991", *(["bazant2023"] if b else []))
    found = [_integral(each, lam, b, gamma) for each in values.ravel()]
    return given.plain(np.reshape(found, values.shape))


def _integral(eta: float, lam: float, b: float, gamma: float) -> float:
    def integrand(x: float) -> float:
        barrier = rates.asymmetric_barrier(x - eta, lam, gamma) if gamma else rates.coupled_barrier(x - eta, lam, b)
        return math.exp(-barrier - np.logaddexp(0.0, -x))

    # The parabola's own width, and as much again as the rate itself may be below 1.
    width = math.sqrt(4.0 * lam * (0.25 * lam * (1.0 + abs(gamma)) + b + abs(eta) + 40.0))
    low, high = eta - lam - b - width, eta - lam + b + width
    marks = {0.0, eta - b, eta + b, eta - lam, eta + lam, eta - lam - b, 0.5 * eta, eta - b + math.sqrt(lam)}
    edges = [low, *sorted(mark for mark in marks if low < mark < high), high]
    pieces = (quad(integrand, *ends, epsabs=0.0, epsrel=1e-11, limit=200)[0] for ends in pairwise(edges))
    return math.fsum(pieces) / math.sqrt(4.0 * math.pi * lam)


def limiting_rate(lam: float, ion: float = math.inf) -> float:
    """`metal_rate` at high overpotential: 1 for electrons alone, more where an ion comes along.

    (1/2)[1 + erf(sqrt(lam)/2)] + (1 - e^-b) e^(-lam/4)/sqrt(pi lam) + (e^-b/2) erfc(sqrt(lam)/2), in units of the
    prefactor; for b = inf, 1.1996 at lam = 1 and 1.0251 at lam = 4.

    Parameters
    ----------
    lam
        Reorganisation energy, kT.
    ion
        b, kT, or infinite: the ion's energy beyond which the limit does not change.

    Raises
    ------
    ParameterError
        For numbers out of range.

    Notes
    -----
    M. Z. Bazant, Faraday Discuss. 246, 60 (2023).
    """
    lam = checks.positive("limiting_rate", "lam", lam, "kT")
    b = math.inf if ion == math.inf else checks.non_negative("limiting_rate", "ion", ion, "kT")
    cite("bazant2023")
    half = 0.5 * math.sqrt(lam)
    line = -math.expm1(-b) * math.exp(-lam / 4.0) / math.sqrt(math.pi * lam)
    return float(0.5 * (1.0 + erf(half)) + line + 0.5 * math.exp(-b) * erfc(half))


def self_exchange_rate(lam: Any) -> Any:
    """Homogeneous self-exchange between localised states, exp(-lam/4), in units of the prefactor.

    Parameters
    ----------
    lam
        Its own reorganisation energy, kT: a number or an array; about twice that at an electrode.

    Raises
    ------
    ParameterError
        For energies that are not positive.
    """
    return given.plain(np.exp(-0.25 * given.positives("self_exchange_rate", "lam", lam)))


def electrode_rate(self_exchange: Any, ratio: float = 1.0) -> Any:
    """Rate at a metal, at equilibrium, of a couple with a known self-exchange rate: lam_el = lam_ex/2.

    Parameters
    ----------
    self_exchange
        `self_exchange_rate`, below 1: a number or an array.
    ratio
        c_O/c_R at equilibrium.

    Returns
    -------
    float or array
        k_ox. Its slope against `self_exchange`, both as logarithms, tends to 1/2 (Marcus) as 1/2 + 1/lam_el.

    Raises
    ------
    ParameterError
        For numbers out of range.

    Notes
    -----
    R. A. Marcus, Discuss. Faraday Soc. 29, 21 (1960). At ratio 1 the exact rate tends to
    (pi/2) exp(-lam/4)/sqrt(pi lam), pi times what the simple scaling law k_el = sqrt(k_ex/(2 pi ln(1/k_ex)))/2 says.
    """
    owner = "electrode_rate"
    known = given.positives(owner, "self_exchange", self_exchange)
    eta = -math.log(checks.positive(owner, "ratio", ratio))
    if np.any(known >= 1.0):
        raise ParameterError(f"{owner}: self_exchange = {self_exchange!r} was given; rates below 1 are needed.")
    found = [metal_rate(eta, -2.0 * math.log(each)) for each in known.ravel()]
    return given.plain(np.reshape(found, known.shape))


def in_thermal_units(energy: Any, temperature: float) -> Any:
    """An energy in eV in units of kT; ParameterError for numbers that are not finite or no temperature.

    Parameters
    ----------
    energy
        eV: a number or an array.
    temperature
        K.
    """
    thermal = BOLTZMANN * checks.positive("in_thermal_units", "temperature", temperature, "K")
    return given.plain(given.reals("in_thermal_units", "energy", energy) * (ELEMENTARY_CHARGE / thermal))
