# SPDX-License-Identifier: LGPL-3.0-or-later
"""Nernst-Planck: dc/dt + div N = 0 with N = -D (grad c + z c grad phi) + u c, one for each species.

Where the unknowns are electrochemical potentials, c = exp(mu - z phi) and grad c + z c grad phi = c grad mu:
the concentration is positive by construction and equilibrium (mu constant) is exact on any mesh.
"""

from typing import Any

from ufl import dot, exp, grad


def boltzmann(electrochemical: Any, valence: int, potential: Any, excess: Any = 0) -> Any:
    """Concentration exp(mu - z phi - excess), with the excess chemical potential beyond ideal ions in RT."""
    return exp(electrochemical - valence * potential - excess)


def drift(concentration: Any, valence: int, field: Any, excess: Any = 0) -> Any:
    """Grad c + z c grad phi + c grad excess: the gradient of mu times c, for concentrations as unknowns.

    Parameters
    ----------
    field
        Electric field E = -grad phi, a driving field included.
    excess
        Chemical potential beyond that of ideal ions, RT.
    """
    ideal = grad(concentration) - valence * concentration * field
    return ideal + concentration * grad(excess) if excess else ideal


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
