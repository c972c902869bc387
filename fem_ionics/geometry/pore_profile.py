# SPDX-License-Identifier: LGPL-3.0-or-later
"""Radius of a pore along its axis: any function of z, and the shapes that have names."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from fem_ionics.errors import MeshError
from fem_ionics.geometry.nodemesh import Floats
from fem_ionics.parameters import Expression, as_expression

#: Points at which a profile is looked at before a mesh exists.
SAMPLES = 4097


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Radius at each height, in mesh units.

    Parameters
    ----------
    expression
        Radius in m at the points (0, 0, z).
    length
        Length of the pore in mesh units; z runs from -length/2 to length/2.
    unit
        m per mesh unit.
    """

    expression: Expression
    length: float
    unit: float

    def __call__(self, z: Floats) -> Floats:
        """Radius at z; beyond the mouths that of the mouth."""
        inside = np.clip(np.asarray(z, dtype=float), -0.5 * self.length, 0.5 * self.length)
        return _radius(self.expression, self.unit * inside) / self.unit

    @property
    def samples(self) -> tuple[Floats, Floats]:
        """Heights from mouth to mouth and the radii there."""
        z = np.linspace(-0.5, 0.5, SAMPLES) * self.length
        return z, self(z)

    @property
    def mouths(self) -> tuple[float, float]:
        """Radii at the cis and the trans end."""
        ends = self(np.array([-0.5, 0.5]) * self.length)
        return float(ends[0]), float(ends[1])


def profile_of(owner: str, radius: Any, length: float) -> Profile:
    """A checked profile whose mesh unit is the narrowest radius; `length` in m.

    Raises
    ------
    ParameterError
        For a radius that is neither a number nor a function.
    MeshError
        Where the radius is not positive or not finite.
    """
    expression = as_expression(radius)
    values = _radius(expression, np.linspace(-0.5, 0.5, SAMPLES) * length)
    if not np.all(np.isfinite(values)):
        raise MeshError(f"{owner}: the radius is not finite everywhere along the pore.")
    if (narrowest := float(values.min())) <= 0.0:
        raise MeshError(
            f"{owner}: the radius falls to {narrowest:.6g} m along the pore; it must stay positive between "
            f"z = {-0.5 * length:g} m and {0.5 * length:g} m."
        )
    return Profile(expression=expression, length=length / narrowest, unit=narrowest)


def conical(tip: float, base: float, length: float) -> Expression:
    """Straight taper from `base` at -length/2 to `tip` at length/2, all in m."""
    return as_expression(lambda x, math: tip + (base - tip) * (0.5 - x[2] / length))


def bullet(tip: float, base: float, length: float, curvature: float) -> Expression:
    """Bullet shape of track-etched pores, lengths in m; see `bullet_pore`."""
    if abs(curvature) < 1e-8:
        return conical(tip, base, length)
    scale = (base - tip) / np.expm1(-curvature)
    return as_expression(lambda x, math: tip + scale * (math.exp(-curvature * (0.5 - x[2] / length)) - 1.0))


def hourglass(neck: float, mouth: float, length: float) -> Expression:
    """Hyperboloid of revolution with its neck at 0, lengths in m."""
    widening = (mouth**2 - neck**2) * (2.0 / length) ** 2
    return as_expression(lambda x, math: math.sqrt(neck**2 + widening * x[2] ** 2))


def _radius(expression: Expression, z: Floats) -> Floats:
    """Radius in m at heights in m."""
    zeros = np.zeros_like(z)
    with np.errstate(all="ignore"):
        return np.asarray(expression((zeros, zeros, z), np), dtype=float)
