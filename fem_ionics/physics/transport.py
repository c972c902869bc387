# SPDX-License-Identifier: LGPL-3.0-or-later
"""Nernst-Planck: dc/dt + div N = 0 with N = -D (grad c + z c grad phi) + u c, one for each species.

Where the unknowns are electrochemical potentials, c = exp(mu - z phi) and grad c + z c grad phi = c grad mu:
the concentration is positive by construction and equilibrium (mu constant) is exact on any mesh.
"""

from typing import Any

from ufl import dot, exp, grad


def boltzmann(electrochemical: Any, valence: int, potential: Any) -> Any:
    """Concentration exp(mu - z phi)."""
    return exp(electrochemical - valence * potential)


def drift(concentration: Any, valence: int, field: Any) -> Any:
    """Grad c + z c grad phi: the gradient of mu times c, for concentrations as unknowns.

    Parameters
    ----------
    field
        Electric field E = -grad phi, a driving field included.
    """
    return grad(concentration) - valence * concentration * field


def drift_of_potential(concentration: Any, electrochemical: Any, valence: int, driving: Any) -> Any:
    """The same, c grad mu - z c E0, for electrochemical potentials as unknowns.

    Parameters
    ----------
    driving
        Uniform driving field E0, which mu does not contain.
    """
    return concentration * (grad(electrochemical) - valence * driving)


def flux(concentration: Any, drift: Any, diffusivity: Any, velocity: Any | None) -> Any:
    """N = -D drift + u c; no advection where `velocity` is None."""
    diffusive = -diffusivity * drift
    return diffusive if velocity is None else diffusive + concentration * velocity


def nernst_planck(flux: Any, test: Any, dx: Any) -> Any:
    """Weak form of div N = 0 without its walls: -N . grad q."""
    return -dot(flux, grad(test)) * dx


def injection(test: Any, flux: Any, ds: Any) -> Any:
    """Contribution of a flux into the liquid to the same residual."""
    return -flux * test * ds
