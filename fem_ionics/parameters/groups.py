# SPDX-License-Identifier: LGPL-3.0-or-later
"""Dimensionless groups of the active charge-patterned nanochannel.

Lengths in the half-height h, concentrations in c0, potentials in kT/e, velocities in D/h: the units in which
closed forms and reference values for this problem are given. The problem: arXiv 2510.15092.
"""

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from fem_ionics.constants import FARADAY, GAS, VACUUM_PERMITTIVITY
from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks
from fem_ionics.parameters.electrolyte import Electrolyte


class ActiveChannel(NamedTuple):
    """An active channel in SI: the arguments of `active_channel_groups` in their order.

    Attributes
    ----------
    electrolyte : Electrolyte
        1:1 with equal diffusivities.
    half_height : float
        h, m.
    wavelength : float
        Of the patterns, m.
    surface_charge : float
        Amplitude of the charge pattern, C/m2.
    flux : float
        Amplitude of the flux pattern, mol/m2/s; positive into the channel.
    slip : float
        Slip length, m.
    """

    electrolyte: Electrolyte
    half_height: float
    wavelength: float
    surface_charge: float
    flux: float
    slip: float


@dataclass(frozen=True)
class ActiveChannelGroups:
    """Groups of the active channel with a 1:1 electrolyte of equal diffusivities.

    Parameters
    ----------
    s : float
        Surface charge sigma e h / (eps kT).
    J : float
        Wall flux j h / (D c0).
    k : float
        Wave number 2 pi h / wavelength.
    K : float
        Half-height in Debye lengths, h / lambda.
    b : float
        Slip length in h.
    m : float
        Electric mobility eps (kT/e)^2 / (eta D); 0.46 for water and D = 1e-9 m2/s.

    Attributes
    ----------
    M : float
        Electric force m K^2 / 2 (derived).

    Raises
    ------
    ParameterError
        Unless s, J are finite, k, K, m positive and b zero or positive.
    """

    s: float
    J: float
    k: float
    K: float
    b: float
    m: float
    M: float = field(init=False)

    def __post_init__(self) -> None:
        owner = "ActiveChannelGroups"
        for check, names in ((checks.real, "sJ"), (checks.positive, "kKm"), (checks.non_negative, "b")):
            for name in names:
                object.__setattr__(self, name, check(owner, name, getattr(self, name)))
        object.__setattr__(self, "M", self.m * self.K**2 / 2.0)

    def to_si(
        self,
        half_height: float = 5e-9,
        diffusivity: float = 1e-9,
        temperature: float = 298.15,
        permittivity: float = 78.4,
        density: float = 997.0,
    ) -> ActiveChannel:
        """A channel in SI that has these groups; the viscosity and the concentration follow from m and K.

        Parameters
        ----------
        half_height, diffusivity, temperature, permittivity, density : float
            Free choices in SI (`permittivity` is relative); the groups do not fix them.
        """
        owner = "ActiveChannelGroups.to_si"
        h = checks.positive(owner, "half_height", half_height, "m")
        diffusivity = checks.positive(owner, "diffusivity", diffusivity, "m2/s")
        kt_e = GAS * checks.positive(owner, "temperature", temperature, "K") / FARADAY
        eps = VACUUM_PERMITTIVITY * checks.positive(owner, "permittivity", permittivity)
        concentration = eps * kt_e * self.K**2 / (2.0 * FARADAY * h**2)
        electrolyte = Electrolyte.symmetric(
            concentration,
            diffusivity,
            permittivity=permittivity,
            viscosity=eps * kt_e**2 / (self.m * diffusivity),
            density=density,
            temperature=temperature,
        )
        return ActiveChannel(
            electrolyte=electrolyte,
            half_height=h,
            wavelength=2.0 * math.pi * h / self.k,
            surface_charge=self.s * eps * kt_e / h,
            flux=self.J * diffusivity * concentration / h,
            slip=self.b * h,
        )


def active_channel_groups(
    electrolyte: Electrolyte,
    half_height: float,
    wavelength: float,
    surface_charge: float,
    flux: float,
    slip: float,
) -> ActiveChannelGroups:
    """Groups of a channel given in SI; `ActiveChannelGroups.to_si` is the way back.

    Parameters
    ----------
    electrolyte : Electrolyte
        1:1 with equal diffusivities; its bulk concentration is c0.
    half_height, wavelength : float
        m.
    surface_charge : float
        Amplitude, C/m2.
    flux : float
        Amplitude, mol/m2/s.
    slip : float
        Slip length, m.

    Raises
    ------
    ParameterError
        For another electrolyte, or values out of range.
    """
    if sorted(electrolyte.valences) != [-1, 1] or len(set(electrolyte.diffusivities)) != 1:
        raise ParameterError(
            f"active_channel_groups: valences {electrolyte.valences} and diffusivities "
            f"{electrolyte.diffusivities} m2/s were given; the groups hold for a 1:1 electrolyte of equal "
            "diffusivities, see Electrolyte.symmetric."
        )
    h = checks.positive("active_channel_groups", "half_height", half_height, "m")
    wavelength = checks.positive("active_channel_groups", "wavelength", wavelength, "m")
    diffusivity, c0 = electrolyte.diffusivities[0], electrolyte.concentrations[0]
    eps, kt_e = electrolyte.absolute_permittivity, electrolyte.thermal_voltage
    return ActiveChannelGroups(
        s=checks.real("active_channel_groups", "surface_charge", surface_charge) * h / (eps * kt_e),
        J=checks.real("active_channel_groups", "flux", flux) * h / (diffusivity * c0),
        k=2.0 * math.pi * h / wavelength,
        K=h / electrolyte.debye_length,
        b=checks.non_negative("active_channel_groups", "slip", slip, "m") / h,
        m=eps * kt_e**2 / (electrolyte.viscosity * diffusivity),
    )
