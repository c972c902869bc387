# SPDX-License-Identifier: LGPL-3.0-or-later
"""Energy from pressure and salt differences: figures of merit from the linear response and from reversal potentials."""

import math
from dataclasses import dataclass

from fem_ionics.constants import FARADAY, GAS
from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks


@dataclass(frozen=True)
class LinearResponse:
    """Current I = G V + S p and flow rate Q = E V + K p under a small voltage V and pressure difference p.

    Parameters
    ----------
    conductance
        G, S.
    streaming
        S, A/Pa: current by pressure.
    electroosmotic
        E, m3/s/V: flow by voltage. Onsager (1931): the same number as S.
    permeance
        K, m3/s/Pa.

    Raises
    ------
    ParameterError
        For numbers that are not finite, and a conductance or permeance that is not positive.

    Notes
    -----
    Everything per metre of depth in a planar domain.
    """

    conductance: float
    streaming: float
    electroosmotic: float
    permeance: float

    def __post_init__(self) -> None:
        for name in ("conductance", "permeance"):
            checks.positive("LinearResponse", name, getattr(self, name))
        for name in ("streaming", "electroosmotic"):
            checks.real("LinearResponse", name, getattr(self, name))

    @property
    def reciprocity_defect(self) -> float:
        """|S - E| relative to the larger of the two; zero where both vanish."""
        largest = max(abs(self.streaming), abs(self.electroosmotic))
        return abs(self.streaming - self.electroosmotic) / largest if largest else 0.0

    @property
    def coupling(self) -> float:
        """S E / (G K), from 0 (independent) to below 1 (perfectly coupled).

        Raises
        ------
        ParameterError
            Outside that range: the second law does not allow it.
        """
        alpha = self.streaming * self.electroosmotic / (self.conductance * self.permeance)
        if not 0.0 <= alpha < 1.0:
            raise ParameterError(
                f"LinearResponse: coupling S E / (G K) = {alpha:g} is not between 0 and 1, so that the response is not "
                "passive: check the signs, the units and how small the voltage and the pressure were."
            )
        return alpha

    @property
    def figure_of_merit(self) -> float:
        """Z = alpha / (1 - alpha) with alpha the coupling (Morrison & Osterle 1965)."""
        return self.coupling / (1.0 - self.coupling)

    @property
    def maximal_efficiency(self) -> float:
        """Largest efficiency from pressure to electric power or back.

        alpha / (1 + sqrt(1 - alpha))^2 (van der Heyden, Bonthuis, Stein, Meyer & Dekker, Nano Lett. 6, 2232, 2006).
        """
        return self.coupling / (1.0 + math.sqrt(1.0 - self.coupling)) ** 2

    @property
    def efficiency_at_maximal_power(self) -> float:
        """Efficiency at the load that draws the most power: alpha / (4 - 2 alpha).

        Xuan & Li, J. Power Sources 156, 677 (2006).
        """
        return self.coupling / (4.0 - 2.0 * self.coupling)


def osmotic_power(reversal_potential: float, conductance: float) -> float:
    """Largest power of a linear device between unequal baths, V^2 G / 4, W.

    Parameters
    ----------
    reversal_potential
        V.
    conductance
        S.

    See Also
    --------
    fem_ionics.study.IVCurve.maximum_power : from the whole curve.
    """
    voltage = checks.real("osmotic_power", "reversal_potential", reversal_potential, "a finite number in V")
    return 0.25 * voltage**2 * checks.non_negative("osmotic_power", "conductance", conductance, "S")


def reverse_electrodialysis_efficiency(transference: float) -> float:
    """Free energy of mixing that becomes electric at the largest power, (2 t - 1)^2 / 2.

    Parameters
    ----------
    transference
        t of the cation, 0 to 1.

    References
    ----------
    Fair & Osterle, J. Chem. Phys. 54, 3307 (1971); Kim, Chen & Majumdar, Microfluid. Nanofluid. 9, 1215 (2010).
    """
    t = checks.real("reverse_electrodialysis_efficiency", "transference", transference)
    if not 0.0 <= t <= 1.0:
        raise ParameterError(f"reverse_electrodialysis_efficiency: transference = {t:g} was given; 0 to 1 is allowed.")
    return 0.5 * (2.0 * t - 1.0) ** 2


def transference_from_reversal(reversal_potential: float, ratio: float, temperature: float) -> float:
    """Transference number of the cation of a 1:1 salt from the reversal potential between unequal baths.

    t = (1 + F V / (R T ln ratio)) / 2 (Teorell 1953; Kim, Chen & Majumdar 2010), for ideal salts and a transference
    number that is the same all the way. The permselectivity is 2 t - 1.

    Parameters
    ----------
    reversal_potential
        Potential of the dilute bath less that of the concentrated one without current, V: positive where cations pass.
    ratio
        Concentrated over dilute, above 1.
    temperature
        K.
    """
    owner = "transference_from_reversal"
    voltage = checks.real(owner, "reversal_potential", reversal_potential, "a finite number in V")
    return 0.5 * (1.0 + voltage / (_thermal(owner, temperature) * math.log(_above_one(owner, ratio))))


def permeability_ratio(reversal_potential: float, ratio: float, temperature: float) -> float:
    """Permeability of the cation over that of the anion of a 1:1 salt from the reversal potential.

    Goldman (1943), Hodgkin & Katz (J. Physiol. 108, 37, 1949): F V / R T = ln((r c + 1) / (r + c)), c the ratio.

    Parameters
    ----------
    reversal_potential, ratio, temperature
        As in `transference_from_reversal`.

    Raises
    ------
    ParameterError
        For a potential at or beyond that of an ideally selective membrane, R T / F ln(ratio).
    """
    owner = "permeability_ratio"
    c, thermal = _above_one(owner, ratio), _thermal(owner, temperature)
    voltage = checks.real(owner, "reversal_potential", reversal_potential, "a finite number in V")
    if abs(voltage) >= thermal * math.log(c):
        raise ParameterError(
            f"{owner}: {voltage:g} V is not below the {thermal * math.log(c):g} V of an ideal membrane at that ratio."
        )
    x = math.exp(voltage / thermal)
    return (x * c - 1.0) / (c - x)


def _above_one(owner: str, ratio: float) -> float:
    if checks.real(owner, "ratio", ratio) <= 1.0:
        raise ParameterError(f"{owner}: ratio = {ratio:g} was given; concentrated over dilute, above 1, is needed.")
    return float(ratio)


def _thermal(owner: str, temperature: float) -> float:
    return GAS * checks.positive(owner, "temperature", temperature, "K") / FARADAY
