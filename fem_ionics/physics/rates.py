# SPDX-License-Identifier: LGPL-3.0-or-later
"""Rates of electron transfer: one law for forms (`math=ufl`), arrays and circuits (`math` with NumPy's functions).

Energies are in kT. eta = e (overpotential)/kT is positive where it drives the oxidation; dG = -eta is then what the
step from the reduced to the oxidised state costs. Every law here keeps detailed balance,

    k_ox(eta) / k_red(eta) = exp(eta).

A localised donor or acceptor follows exp(-barrier(-eta)), a metal its mean over the electrons' energies x,

    k_ox(eta) = (4 pi lam)^-1/2 Int dx exp[-barrier(x - eta)] / (1 + exp(-x)),

which is 1 for a barrier of Marcus at high overpotential; `fem_ionics.reduced.metal_rate` is that integral for every
barrier. `fem_ionics.reduced.functions` is NumPy with the error function that `ZengClosedForm` needs.

R. A. Marcus, J. Chem. Phys. 43, 679 (1965); C. E. D. Chidsey, Science 251, 919 (1991); M. Z. Bazant, Faraday Discuss.
246, 60 (2023).
"""

import math as scalar_math
from dataclasses import dataclass
from typing import Any, Protocol

from fem_ionics.parameters import checks

__all__ = [
    "ButlerVolmer",
    "CoupledTransfer",
    "Marcus",
    "MarcusHushChidsey",
    "RateLaw",
    "ZengClosedForm",
    "asymmetric_barrier",
    "coupled_barrier",
    "intercalation_rate",
    "ion_coupled",
    "ion_coupled_barrier",
    "marcus_barrier",
]


class RateLaw(Protocol):
    """Rates of both directions of one electron's transfer, in units of a prefactor.

    `eta` is a number, an array or UFL, and `math` the module whose exp, sqrt and erf apply.
    """

    def oxidation(self, eta: Any, math: Any) -> Any:
        """Rate of oxidation."""

    def reduction(self, eta: Any, math: Any) -> Any:
        """Rate of reduction, exp(-eta) times that of oxidation."""


# barriers


def marcus_barrier(dG: Any, lam: Any) -> Any:
    """Marcus' parabolas, (lam + dG)^2 / 4 lam; it rises again where dG < -lam, the inverted region."""
    return (lam + dG) ** 2 / (4.0 * lam)


def asymmetric_barrier(dG: Any, lam: Any, asymmetry: Any) -> Any:
    """Parabolas of two widths, to second order in their difference (asymmetric Marcus-Hush).

    (lam/4)(1 + u)^2 + (gamma lam/4) u (1 - u^2) + gamma^2 lam/16 with u = dG/lam.

    Parameters
    ----------
    dG, lam
        In kT.
    asymmetry
        gamma, well below 1 in size: (k_R - k_P)/(k_R + k_P) of the parabolas' force constants, whose harmonic mean
        gives lam.

    Notes
    -----
    Asymmetric Marcus-Hush theory: E. Laborda, M. C. Henstridge, R. G. Compton, J. Electroanal. Chem. 667, 48 (2012).
    That paper was not at hand: the form is written from memory and was checked here against the crossing of two
    parabolas, which it follows to first order in gamma for every |dG| < lam and to second order at dG = 0. Beyond lam,
    where the cubic term would diverge, that term is left at the zero that it has there.
    """
    u = dG / lam
    within = 0.5 * ((1.0 - u * u) + abs(1.0 - u * u))
    return marcus_barrier(dG, lam) + 0.25 * asymmetry * dG * within + asymmetry**2 * lam / 16.0


def coupled_barrier(dG: Any, lam: Any, ion: Any) -> Any:
    """Uniformly valid barrier of an electron's and an ion's transfer together (Gurney-Butler lines, b for each).

    (lam + dG + b)^2/4 lam where dG < -b; lam/4 + b/2 + dG/2 between; b + (lam + dG - b)^2/4 lam where dG > b.

    Parameters
    ----------
    dG, lam
        In kT.
    ion
        b >= 0, free energy of the ion's transfer for reduction and oxidation alike; 0 gives `marcus_barrier`.

    Notes
    -----
    M. Z. Bazant, Faraday Discuss. 246, 60 (2023).
    """
    middle = 0.5 * (abs(dG + ion) - abs(dG - ion))  # dG, but within -b and b
    return marcus_barrier(dG - middle, lam) + 0.5 * (ion + middle)


def ion_coupled_barrier(lam: Any, ion_reduction: Any, ion_oxidation: Any) -> Any:
    """Barrier at equilibrium where the ion limits: alpha (1 - alpha)(lam + b_red + b_ox).

    alpha = b_red/(b_red + b_ox). M. Z. Bazant, Faraday Discuss. 246, 60 (2023).
    """
    alpha = ion_reduction / (ion_reduction + ion_oxidation)
    return alpha * (1.0 - alpha) * (lam + ion_reduction + ion_oxidation)


# laws


@dataclass(frozen=True)
class ButlerVolmer:
    """k_ox = A exp((1 - alpha) eta), k_red = A exp(-alpha eta).

    Parameters
    ----------
    alpha
        Transfer coefficient of the reduction, between 0 and 1.
    barrier
        -ln A, kT.

    Raises
    ------
    ParameterError
        For numbers out of range.
    """

    alpha: float = 0.5
    barrier: float = 0.0

    def __post_init__(self) -> None:
        checks.positive("ButlerVolmer", "alpha", self.alpha)
        checks.positive("ButlerVolmer", "1 - alpha", 1.0 - self.alpha)
        checks.real("ButlerVolmer", "barrier", self.barrier)

    def oxidation(self, eta: Any, math: Any) -> Any:
        """Rate of oxidation."""
        return math.exp((1.0 - self.alpha) * eta - self.barrier)

    def reduction(self, eta: Any, math: Any) -> Any:
        """Rate of reduction."""
        return math.exp(-self.alpha * eta - self.barrier)


def ion_coupled(lam: float, ion_reduction: float, ion_oxidation: float) -> ButlerVolmer:
    """Ion-coupled electron transfer: `ButlerVolmer` with its alpha and prefactor; see `ion_coupled_barrier`.

    Raises
    ------
    ParameterError
        For energies that are not positive.
    """
    for name, given in (("lam", lam), ("ion_reduction", ion_reduction), ("ion_oxidation", ion_oxidation)):
        checks.positive("ion_coupled", name, given, "kT")
    alpha = ion_reduction / (ion_reduction + ion_oxidation)
    return ButlerVolmer(alpha, ion_coupled_barrier(lam, ion_reduction, ion_oxidation))


@dataclass(frozen=True)
class Marcus:
    """A localised donor: exp(-barrier), with the inverted region beyond |eta| = lam.

    Parameters
    ----------
    lam
        Reorganisation energy, kT.
    asymmetry
        gamma of `asymmetric_barrier`.

    Raises
    ------
    ParameterError
        For numbers out of range.
    """

    lam: float
    asymmetry: float = 0.0

    def __post_init__(self) -> None:
        checks.positive("Marcus", "lam", self.lam, "kT")
        checks.real("Marcus", "asymmetry", self.asymmetry)
        # The barrier is an expansion in it.
        checks.positive("Marcus", "1 - |asymmetry|", 1.0 - abs(self.asymmetry))

    def oxidation(self, eta: Any, math: Any) -> Any:
        """Rate of oxidation."""
        return math.exp(-asymmetric_barrier(-eta, self.lam, self.asymmetry))

    def reduction(self, eta: Any, math: Any) -> Any:
        """Rate of reduction: the same barrier, less what the oxidation costs."""
        return math.exp(-asymmetric_barrier(-eta, self.lam, self.asymmetry) - eta)


@dataclass(frozen=True)
class CoupledTransfer:
    """A localised electron together with an ion: exp(-`coupled_barrier`), from Marcus to Butler-Volmer.

    Parameters
    ----------
    lam
        Reorganisation energy, kT.
    ion
        b of `coupled_barrier`, kT.

    Raises
    ------
    ParameterError
        For numbers out of range.
    """

    lam: float
    ion: float

    def __post_init__(self) -> None:
        checks.positive("CoupledTransfer", "lam", self.lam, "kT")
        checks.non_negative("CoupledTransfer", "ion", self.ion, "kT")

    def oxidation(self, eta: Any, math: Any) -> Any:
        """Rate of oxidation."""
        return math.exp(-coupled_barrier(-eta, self.lam, self.ion))

    def reduction(self, eta: Any, math: Any) -> Any:
        """Rate of reduction."""
        return math.exp(-coupled_barrier(eta, self.lam, self.ion))


@dataclass(frozen=True)
class ZengClosedForm:
    """Marcus-Hush-Chidsey in closed form, erfc[(lam - sqrt(1 + sqrt lam + eta^2))/(2 sqrt lam)]/(2 (1 + exp(-eta))).

    Parameters
    ----------
    lam
        Reorganisation energy, kT.

    Raises
    ------
    ParameterError
        For a value that is not positive.

    Notes
    -----
    Y. Zeng, R. B. Smith, P. Bai, M. Z. Bazant, J. Electroanal. Chem. 735, 77 (2014). It is within 5 % of the integral
    for lam = 8 to 15 only; it is off by 12 % at lam = 1 and 27 % at 40. `MarcusHushChidsey` has no such limit.
    """

    lam: float

    def __post_init__(self) -> None:
        checks.positive("ZengClosedForm", "lam", self.lam, "kT")

    def oxidation(self, eta: Any, math: Any) -> Any:
        """Rate of oxidation."""
        return self._mean(eta, math) / (1.0 + math.exp(-eta))

    def reduction(self, eta: Any, math: Any) -> Any:
        """Rate of reduction."""
        return self._mean(eta, math) / (1.0 + math.exp(eta))

    def _mean(self, eta: Any, math: Any) -> Any:
        root = self.lam**0.5
        return 0.5 * _erfc((self.lam - math.sqrt(1.0 + root + eta * eta)) / (2.0 * root), math)


def _erfc(z: Any, math: Any) -> Any:
    # UFL has no erfc; where there is one, it keeps the digits of a large lam.
    return math.erfc(z) if hasattr(math, "erfc") else 1.0 - math.erf(z)


@dataclass(frozen=True)
class MarcusHushChidsey:
    """A metal's electrons and Marcus' barrier: the integral as a short sum of exponentials, for forms too.

    Parameters
    ----------
    lam
        Reorganisation energy, kT.

    Raises
    ------
    ParameterError
        For a value that is not positive.

    Notes
    -----
    C. E. D. Chidsey, Science 251, 919 (1991). The trapezoidal rule on energies mirrored at the Fermi level keeps
    detailed balance to round-off; its own relative error is below 3e-6. Beyond |eta| = lam + 5 sqrt(2 lam) + 10, where
    the faster rate is 1 within 1e-4, the rates stay what they are there.
    """

    lam: float

    def __post_init__(self) -> None:
        checks.positive("MarcusHushChidsey", "lam", self.lam, "kT")

    def oxidation(self, eta: Any, math: Any) -> Any:
        """Rate of oxidation."""
        return self._sum(self._within(eta), math)

    def reduction(self, eta: Any, math: Any) -> Any:
        """Rate of reduction."""
        return self._sum(-self._within(eta), math)

    def _within(self, eta: Any) -> Any:
        reach = self.lam + self._beyond
        return 0.5 * (abs(eta + reach) - abs(eta - reach))

    @property
    def _beyond(self) -> float:
        """How far above lam the rate still rises: the parabola's width and the tail of the Fermi function."""
        return 5.0 * (2.0 * self.lam) ** 0.5 + 10.0

    def _sum(self, eta: Any, math: Any) -> Any:
        # The pole of the Fermi function at i pi and the width of the parabola set the spacing.
        spacing = min(1.2, self.lam**0.5)
        count = scalar_math.ceil((2.0 * self._beyond - 10.0) / spacing)
        prefactor = spacing / (4.0 * scalar_math.pi * self.lam) ** 0.5
        terms = (
            prefactor / (1.0 + scalar_math.exp(-x)) * math.exp(-marcus_barrier(x - eta, self.lam))
            for x in (spacing * j for j in range(-count, count + 1))
        )
        return sum(terms)


def intercalation_rate(law: RateLaw, eta: Any, filling: Any, ions: Any, math: Any) -> Any:
    """Net rate at which ions enter a host, in units of k0: (1 - c) [c+ k_red(eta) - c k_ox(eta)].

    Parameters
    ----------
    law
        Of the electron's transfer.
    eta
        FORMAL overpotential: at equilibrium it is ln(c+/c), where the rate is zero.
    filling
        c, share of the host's sites that are full; 1 - c is the site that the transition state needs.
    ions
        c+, concentration of the ions outside in units of the standard one.
    math
        As in `RateLaw`.

    Notes
    -----
    D. Fraggedakis et al., Electrochim. Acta 367, 137432 (2021).
    """
    return (1.0 - filling) * (ions * law.reduction(eta, math) - filling * law.oxidation(eta, math))
