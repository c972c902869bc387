# SPDX-License-Identifier: LGPL-3.0-or-later
"""Free energies of ions in a pore, and what part of them is enthalpy and what part entropy."""

from typing import Any, NamedTuple

import numpy as np

from fem_ionics.constants import GAS
from fem_ionics.errors import ParameterError
from fem_ionics.reduced import given
from fem_ionics.reduced.given import Array


class FreeEnergyParts(NamedTuple):
    """G = H - T S of a profile, each of its shape (...), with standard errors.

    Parameters
    ----------
    enthalpy, enthalpy_error
        J/mol.
    entropy, entropy_error
        J/mol/K. Errors are NaN for two temperatures without given errors: nothing tells them then.
    covariance
        Of enthalpy and entropy, J2/mol2/K.
    """

    enthalpy: Array
    entropy: Array
    enthalpy_error: Array
    entropy_error: Array
    covariance: Array

    def free_energy(self, temperature: float) -> Array:
        """H - T S, J/mol."""
        return self.enthalpy - temperature * self.entropy

    def free_energy_error(self, temperature: float) -> Array:
        """Standard error of `free_energy`, J/mol: small among the temperatures that were given, large far from them."""
        variance = self.enthalpy_error**2 - 2.0 * temperature * self.covariance
        return np.sqrt(np.maximum(variance + (temperature * self.entropy_error) ** 2, 0.0))


def free_energy_parts(temperatures: Any, free_energies: Any, errors: Any = None) -> FreeEnergyParts:
    """Enthalpy and entropy from free energies at several temperatures, by the straight line G = H - T S.

    Parameters
    ----------
    temperatures
        K, shape (m,), two different ones at least.
    free_energies
        J/mol, shape (m, ...): one profile for each temperature.
    errors
        Standard errors of the free energies, J/mol, that can be broadcast to their shape: the line is then weighted
        with them and its errors follow from them. Without them the errors follow from the scatter about the line.

    Returns
    -------
    FreeEnergyParts

    Raises
    ------
    ParameterError
        For temperatures or errors that are not positive, shapes that do not match, or one temperature only.

    Notes
    -----
    The heat capacity is neglected: H and S are means over the range of temperatures.
    """
    owner = "free_energy_parts"
    t = given.positives(owner, "temperatures", temperatures)
    g = given.reals(owner, "free_energies", free_energies)
    if t.ndim != 1 or g.ndim < 1 or g.shape[0] != t.size:
        raise ParameterError(
            f"{owner}: temperatures of shape {t.shape} and free energies of shape {g.shape} were given; (m,) and "
            "(m, ...) are needed."
        )
    if np.unique(t).size < 2:
        raise ParameterError(f"{owner}: temperatures = {temperatures!r} was given; two different ones are needed.")
    weights = np.ones_like(g) if errors is None else _weights(owner, errors, g.shape)
    t = t.reshape(-1, *np.ones(g.ndim - 1, dtype=int))
    total = weights.sum(axis=0)
    mean_t, mean_g = (weights * t).sum(axis=0) / total, (weights * g).sum(axis=0) / total
    spread = (weights * (t - mean_t) ** 2).sum(axis=0)
    slope = (weights * (t - mean_t) * (g - mean_g)).sum(axis=0) / spread
    # Centred temperatures: mean and slope are independent, and no large numbers cancel.
    noise = np.ones_like(slope) if errors is not None else _scatter(g - mean_g - slope * (t - mean_t))
    slope_variance, mean_variance = noise / spread, noise / total
    return FreeEnergyParts(
        enthalpy=mean_g - slope * mean_t,
        entropy=-slope,
        enthalpy_error=np.sqrt(mean_variance + mean_t**2 * slope_variance),
        entropy_error=np.sqrt(slope_variance),
        covariance=mean_t * slope_variance,
    )


def partition_free_energy(concentrations: Any, bulk: float, temperature: float) -> Array:
    """Free energy of an ion from its concentrations at equilibrium, G = -RT ln(c/c_bulk), J/mol.

    Parameters
    ----------
    concentrations
        mol/m3, any shape, positive.
    bulk
        mol/m3, where the free energy is zero.
    temperature
        K.

    Raises
    ------
    ParameterError
        For what is not positive.
    """
    owner = "partition_free_energy"
    c = given.positives(owner, "concentrations", concentrations)
    reference, kelvin = given.positives(owner, "bulk", bulk), given.positives(owner, "temperature", temperature)
    return -GAS * kelvin * np.log(c / reference)


def _weights(owner: str, errors: Any, shape: tuple[int, ...]) -> Array:
    sigma = given.positives(owner, "errors", errors)
    try:
        return np.broadcast_to(sigma, shape) ** -2.0
    except ValueError:
        raise ParameterError(
            f"{owner}: errors of shape {sigma.shape} were given; they must broadcast to {shape}."
        ) from None


def _scatter(residuals: Array) -> Array:
    """Variance about a line; NaN where two points leave none."""
    free = residuals.shape[0] - 2
    return (residuals**2).sum(axis=0) / free if free else np.full(residuals.shape[1:], np.nan)
