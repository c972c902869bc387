# SPDX-License-Identifier: LGPL-3.0-or-later
"""Poisson's equation: -poisson lap(phi) = sum_i z_i c_i, with poisson d_n phi = sigma on charged walls."""

from collections.abc import Sequence
from typing import Any

from ufl import dot, grad


def charge_density(concentrations: Sequence[Any], valences: Sequence[int]) -> Any:
    """Sum of z_i c_i."""
    return sum(z * c for z, c in zip(valences, concentrations, strict=True))


def poisson(potential: Any, test: Any, charge: Any, permittivity: Any, dx: Any) -> Any:
    """Weak form of Poisson's equation without its walls.

    Parameters
    ----------
    potential, test
        phi and its test function.
    charge
        Density of charge, scaled.
    permittivity
        `Scales.poisson`, or that number times a relative variation.
    dx
        Measure of the liquid.
    """
    return (permittivity * dot(grad(potential), grad(test)) - charge * test) * dx


def surface_charge(test: Any, density: Any, ds: Any) -> Any:
    """Contribution of a charged wall to the same residual."""
    return -density * test * ds
