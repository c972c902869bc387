# SPDX-License-Identifier: LGPL-3.0-or-later
"""The scales that take SI to the variables of order one inside the solver, and the groups that remain.

With lengths in L, concentrations in c, potentials in RT/F, electrochemical potentials in RT, velocities in
D/L, times in L^2/D, pressures in RTc and surface charges in FcL the equations read

    -poisson lap phi = sum z c
    dc/dt + div(-D' (grad c + z c grad phi) + u c) = 0
    inertia (du/dt + u . grad u) = -grad p + viscous lap u - sum c grad mu
"""

import math
from dataclasses import dataclass, fields
from typing import Self

from fem_ionics.constants import FARADAY, GAS, VACUUM_PERMITTIVITY
from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks
from fem_ionics.parameters.electrolyte import Electrolyte


@dataclass(frozen=True)
class Scales:
    """What one unit of each scaled variable is in SI.

    Parameters
    ----------
    length : float
        L, m.
    concentration : float
        c, mol/m3.
    diffusivity : float
        D, m2/s.
    temperature : float
        T, K.
    viscosity : float
        Dynamic viscosity eta, Pa s.
    permittivity : float
        Relative permittivity.
    density : float
        Mass density rho, kg/m3.

    Raises
    ------
    ParameterError
        For a value that is not positive and finite.
    """

    length: float
    concentration: float
    diffusivity: float
    temperature: float
    viscosity: float
    permittivity: float
    density: float

    def __post_init__(self) -> None:
        for field in fields(self):
            object.__setattr__(self, field.name, checks.positive("Scales", field.name, getattr(self, field.name)))

    @classmethod
    def of(cls, electrolyte: Electrolyte, length: float) -> Self:
        """Scales of an electrolyte in a channel of half-height (or any length) `length`, m.

        The concentration is the ionic strength (the salt concentration for 1:1), the diffusivity the largest.

        Raises
        ------
        ParameterError
            Without ions in the electrolyte, or for a length that is not positive and finite.
        """
        if electrolyte.ionic_strength == 0.0:
            raise ParameterError("Scales.of: the bulk holds no ions; give Scales(length, ...) instead.")
        return cls(
            length=length,
            concentration=electrolyte.ionic_strength,
            diffusivity=max(electrolyte.diffusivities),
            temperature=electrolyte.temperature,
            viscosity=electrolyte.viscosity,
            permittivity=electrolyte.permittivity,
            density=electrolyte.density,
        )

    @property
    def potential(self) -> float:
        """Thermal voltage RT/F = kT/e, V."""
        return GAS * self.temperature / FARADAY

    @property
    def time(self) -> float:
        """Diffusion time L^2/D, s."""
        return self.length**2 / self.diffusivity

    @property
    def velocity(self) -> float:
        """D/L, m/s."""
        return self.diffusivity / self.length

    @property
    def flux(self) -> float:
        """Of particles, Dc/L, mol/m2/s."""
        return self.diffusivity * self.concentration / self.length

    @property
    def current_density(self) -> float:
        """FDc/L, A/m2."""
        return FARADAY * self.flux

    @property
    def volume_charge(self) -> float:
        """Fc, C/m3."""
        return FARADAY * self.concentration

    @property
    def surface_charge(self) -> float:
        """FcL, C/m2."""
        return FARADAY * self.concentration * self.length

    @property
    def electric_field(self) -> float:
        """RT/(FL), V/m."""
        return self.potential / self.length

    @property
    def pressure(self) -> float:
        """Osmotic, RTc, Pa."""
        return GAS * self.temperature * self.concentration

    @property
    def pressure_gradient(self) -> float:
        """RTc/L, Pa/m; also of a force on the volume, N/m3."""
        return self.pressure / self.length

    @property
    def debye_ratio(self) -> float:
        """K = L / lambda with lambda^2 = eps RT / (2 F^2 c)."""
        return math.sqrt(2.0 / self.poisson)

    @property
    def poisson(self) -> float:
        """eps (RT/F) / (F c L^2) = 2/K^2, in front of -lap phi."""
        return VACUUM_PERMITTIVITY * self.permittivity * self.electric_field / self.surface_charge

    @property
    def viscous(self) -> float:
        """eta D / (R T c L^2), in front of lap u."""
        return self.viscosity * self.velocity / (self.pressure * self.length)

    @property
    def inertia(self) -> float:
        """rho D^2 / (R T c L^2), in front of du/dt + u . grad u."""
        return self.density * self.velocity**2 / self.pressure
