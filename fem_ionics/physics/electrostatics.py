# SPDX-License-Identifier: LGPL-3.0-or-later
"""Poisson's equation: -poisson lap(phi) = sum_i z_i c_i, with poisson d_n phi = sigma on charged walls."""

from collections.abc import Sequence
from typing import Any

from ufl import dot, grad


def charge_density(concentrations: Sequence[Any], valences: Sequence[int]) -> Any:
    """Sum of z_i c_i."""
    return sum(z * c for z, c in zip(valences, concentrations, strict=True))


def displacement(potential: Any, test: Any, permittivity: Any, dx: Any) -> Any:
    """Weak form of -div(permittivity grad phi) without its walls.

    Parameters
    ----------
    potential, test
        phi and its test function.
    permittivity
        `Scales.poisson`, or that number times a relative variation.
    dx
        Measure of liquid and solids.
    """
    return permittivity * dot(grad(potential), grad(test)) * dx


def space_charge(test: Any, charge: Any, dx: Any) -> Any:
    """Contribution of a density of charge to the same residual."""
    return -charge * test * dx


def polarisation_excess(potential: Any, permittivity: Any, slope: Any) -> Any:
    """Excess chemical potential of ions that change the permittivity: -permittivity slope |grad phi|^2 / 2, in RT.

    Parameters
    ----------
    permittivity
        `Scales.poisson`.
    slope
        Change of the relative permittivity, over that of the bulk, per scaled concentration.
    """
    return -0.5 * permittivity * slope * dot(grad(potential), grad(potential))


def dielectric_force(potential: Any, permittivity: Any, gradient: Any) -> Any:
    """Force on a liquid whose permittivity varies in space, -|E|^2 grad eps / 2 (Korteweg-Helmholtz)."""
    return -0.5 * permittivity * dot(grad(potential), grad(potential)) * gradient


def surface_charge(test: Any, density: Any, ds: Any) -> Any:
    """Contribution of a charged wall to the same residual."""
    return -density * test * ds
