# SPDX-License-Identifier: LGPL-3.0-or-later
"""Stokes and Navier-Stokes with the force of the ions.

    inertia (du/dt + u . grad u) = -grad p* + viscous div(2 eps(u)) - sum_i (grad c_i + z_i c_i grad phi),  div u = 0

The force is -sum c_i grad mu_i, not -rho grad phi: the two differ by the gradient of the osmotic pressure sum c_i,
which goes into p* = p - sum c_i. This force vanishes at equilibrium, so a symmetric state stays symmetric to
round-off where the other would have to be balanced by the discrete pressure.
"""

from typing import Any

from ufl import Identity, div, dot, grad, inner, sym


def strain_rate(velocity: Any) -> Any:
    """Symmetric gradient."""
    return sym(grad(velocity))


def stress(velocity: Any, pressure: Any, viscosity: Any) -> Any:
    """-p* I + 2 viscosity eps(u)."""
    return -pressure * Identity(len(velocity)) + 2 * viscosity * strain_rate(velocity)


def divergence(velocity: Any, radius: Any = None) -> Any:
    """Div u; with the distance from the axis given, of an axisymmetric flow, whose first component is radial."""
    planar = div(velocity)
    return planar if radius is None else planar + velocity[0] / radius


def dissipation(velocity: Any, v: Any, radius: Any = None) -> Any:
    """Product of the strain rates of two velocities, with that around the axis where `radius` is given."""
    planar = inner(strain_rate(velocity), strain_rate(v))
    return planar if radius is None else planar + velocity[0] * v[0] / radius**2


def stokes(
    velocity: Any, pressure: Any, v: Any, q: Any, viscosity: Any, force: Any, dx: Any, radius: Any = None
) -> Any:
    """Weak Stokes equations with body force, without their walls.

    Parameters
    ----------
    velocity, pressure, v, q
        u, p* and their test functions.
    viscosity
        `Scales.viscous`, or that number times a relative variation.
    force
        Force on the volume.
    radius
        Distance from the axis in an axisymmetric domain, whose measure carries 2 pi radius; None otherwise.
    """
    momentum = 2 * viscosity * dissipation(velocity, v, radius) - pressure * divergence(v, radius)
    return (momentum - dot(force, v) - q * divergence(velocity, radius)) * dx


def inertia(velocity: Any, v: Any, density: Any, dx: Any) -> Any:
    """Advection of momentum, density (u . grad) u; `density` is `Scales.inertia`."""
    return density * dot(dot(grad(velocity), velocity), v) * dx


def navier_slip(velocity: Any, v: Any, normal: Any, viscosity: Any, slip_length: Any, ds: Any) -> Any:
    """Viscous traction of a wall with slip, -(viscosity / b) u_t."""

    def tangential(w: Any) -> Any:
        return w - dot(w, normal) * normal

    return viscosity / slip_length * dot(tangential(velocity), tangential(v)) * ds


def impermeable(
    velocity: Any, pressure: Any, v: Any, q: Any, normal: Any, viscosity: Any, penalty: Any, ds: Any
) -> Any:
    """No flow through a wall of any shape, weakly (Nitsche; symmetric, consistent).

    Parameters
    ----------
    penalty
        Number over the size of the cell, for example 10 p^2 / h.

    Notes
    -----
    Freund and Stenberg, On weakly imposed boundary conditions for second order problems (1995).
    """

    def traction(w: Any, r: Any) -> Any:
        return dot(normal, dot(stress(w, r, viscosity), normal))

    through, through_v = dot(velocity, normal), dot(v, normal)
    # q enters the continuity row with the sign that `stokes` gives it: -q div u.
    consistency = -traction(velocity, pressure) * through_v - traction(v, q) * through
    return (consistency + viscosity * penalty * through * through_v) * ds


def normal_pressure(v: Any, normal: Any, pressure: Any, ds: Any) -> Any:
    """Traction -p* n on an opening."""
    return pressure * dot(v, normal) * ds
