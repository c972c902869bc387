# SPDX-License-Identifier: LGPL-3.0-or-later
"""What an open pore conducts: a law from a figure, or diffusion through a potential of mean force.

    I = z e D A [c_cis - c_trans exp(-z e V/kT)] / Int exp{[U(x) + z e phi(x)]/kT - [...]_cis} dx

with the cis side at V and trans grounded, phi falling linearly (Smoluchowski; Goldman, Hodgkin and Katz for U = 0).
"""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from fem_ionics.constants import BOLTZMANN, ELEMENTARY_CHARGE, FARADAY
from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks
from fem_ionics.reduced import given

Array = NDArray[np.float64]


class Carrier(Protocol):
    """An ion that carries current through an open pore."""

    @property
    def ion(self) -> str:
        """Its name."""

    @property
    def valence(self) -> int:
        """Its valence."""

    def conductance(self, voltage: Any) -> Any:
        """Current over voltage of one open pore, S, of the shape of `voltage` (V)."""


@dataclass(frozen=True)
class ExponentialCarrier:
    """G0 = C exp(alpha |V|), as conductances of simulations were fitted.

    Parameters
    ----------
    ion
        Name.
    C
        Conductance of an open pore at low voltage, S.
    alpha
        1/V.
    valence
        Of the ion.

    Raises
    ------
    ParameterError
        For a conductance that is negative, and what is no finite number.
    """

    ion: str
    C: float
    alpha: float = 0.0
    valence: int = 1

    def __post_init__(self) -> None:
        checks.label("ExponentialCarrier", "ion", self.ion)
        checks.non_negative("ExponentialCarrier", "C", self.C, "S")
        checks.real("ExponentialCarrier", "alpha", self.alpha)

    def conductance(self, voltage: Any) -> Any:
        """S, of the shape of `voltage` (V)."""
        volts = given.reals("ExponentialCarrier", "voltage", voltage)
        return given.plain(self.C * np.exp(self.alpha * np.abs(volts)))


@dataclass(frozen=True, eq=False)
class MeanForce:
    """Potential of mean force along a pore, straight between its points.

    Parameters
    ----------
    x
        Positions from cis to trans, m, shape (n,), ascending.
    U
        Free energy there, J, shape (n,), against an ion in the bath.

    Raises
    ------
    ParameterError
        For fewer than two points, other shapes or an order that is not ascending.
    """

    x: Array
    U: Array

    def __post_init__(self) -> None:
        x, U = given.reals("MeanForce", "x", self.x), given.reals("MeanForce", "U", self.U)
        if x.ndim != 1 or x.shape != U.shape or len(x) < 2 or np.any(np.diff(x) <= 0.0):
            raise ParameterError(
                f"MeanForce: x of shape {x.shape} and U of shape {U.shape}; ascending positions and one free energy "
                "for each are needed."
            )
        object.__setattr__(self, "x", x)
        object.__setattr__(self, "U", U)

    @property
    def length(self) -> float:
        """From the first to the last point, m."""
        return float(self.x[-1] - self.x[0])


@dataclass(frozen=True, eq=False)
class SmoluchowskiCarrier:
    """An ion that diffuses through a potential of mean force, one at a time and unhindered by others.

    Parameters
    ----------
    ion
        Name.
    force
        Its potential of mean force.
    diffusivity
        In the pore, m2/s.
    area
        Of the cross-section that it can reach, m2.
    concentrations
        In cis and trans, mol/m3.
    valence
        Not zero.
    temperature
        K.

    Raises
    ------
    ParameterError
        For values out of range.
    """

    ion: str
    force: MeanForce
    diffusivity: float
    area: float
    concentrations: tuple[float, float]
    valence: int = 1
    temperature: float = 298.15

    def __post_init__(self) -> None:
        owner = f'SmoluchowskiCarrier "{checks.label("SmoluchowskiCarrier", "ion", self.ion)}"'
        for name, unit in (("diffusivity", "m2/s"), ("area", "m2"), ("temperature", "K")):
            checks.positive(owner, name, getattr(self, name), unit)
        if checks.integer(owner, "valence", self.valence) == 0:
            raise ParameterError(f"{owner}: valence = 0 was given; an ion is needed.")
        if np.shape(self.concentrations) != (2,):
            raise ParameterError(f"{owner}: concentrations = {self.concentrations!r}; those of cis and trans.")
        for each in self.concentrations:
            checks.non_negative(owner, "a concentration", each, "mol/m3")

    def current(self, voltage: Any) -> Any:
        """Current from cis to trans, A, of the shape of `voltage` (V)."""
        volts = given.reals("SmoluchowskiCarrier", "voltage", voltage)
        u = self.valence * ELEMENTARY_CHARGE * volts / (BOLTZMANN * self.temperature)
        cis, trans = self.concentrations
        # The same cis - trans e^-u, without the cancellation of equal baths near zero.
        drive = (cis - trans) - trans * np.expm1(-u)
        scale = self.valence * FARADAY * self.diffusivity * self.area
        return given.plain(scale * drive / self._resistance(u))

    def conductance(self, voltage: Any) -> Any:
        """Current over voltage, S, of the shape of `voltage` (V); at 0 V its limit.

        Raises
        ------
        ParameterError
            At 0 V between unequal baths, where current flows without voltage.
        """
        volts = np.asarray(given.reals("SmoluchowskiCarrier", "voltage", voltage))
        cis, trans = self.concentrations
        if cis != trans and np.any(volts == 0.0):
            raise ParameterError(
                f'SmoluchowskiCarrier "{self.ion}": no conductance at 0 V between {cis:g} and {trans:g} mol/m3; take '
                "current(voltage)."
            )
        zero = np.zeros(())
        limit = self.valence * FARADAY * self.diffusivity * self.area * trans / self._resistance(zero)
        limit = limit * self.valence * ELEMENTARY_CHARGE / (BOLTZMANN * self.temperature)
        safe = np.where(volts == 0.0, 1.0, volts)
        return given.plain(np.where(volts == 0.0, limit, np.asarray(self.current(safe)) / safe))

    def _resistance(self, u: Array) -> Array:
        """Int exp{[U + z e phi]/kT - z e V/kT} dx, m: exact for straight pieces."""
        part = (self.force.x - self.force.x[0]) / self.force.length
        energies = self.force.U / (BOLTZMANN * self.temperature) - np.multiply.outer(u, part)
        left, change = energies[..., :-1], np.diff(energies, axis=-1)
        tiny = np.abs(change) < 1e-8
        mean = np.where(tiny, 1.0 + 0.5 * change, np.expm1(change) / np.where(tiny, 1.0, change))
        total: Array = np.sum(np.diff(self.force.x) * np.exp(left) * mean, axis=-1)
        return total
