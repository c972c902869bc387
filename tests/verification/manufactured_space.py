# SPDX-License-Identifier: LGPL-3.0-or-later
"""Manufactured solutions beside the planar one: a cylinder with its axis, and a cube."""

from typing import Any

from boxes import cube
from manufactured import WIDTH, L, Setting

import fem_ionics as fi

# cylinder: x = (r, z), smooth in r^2 as fields across an axis are; the wall is r = 1


def _potential(x: Any, t: Any, math: Any) -> Any:
    return 0.6 * math.cos(1.1 * x[0] ** 2 + 0.4) * math.cos(1.7 * x[1] - 0.3) * (1 + 0.5 * math.sin(4 * t)) + 0.2 * x[1]


def _cation(x: Any, t: Any, math: Any) -> Any:
    return 0.5 + 0.2 * math.sin(1.9 * x[1] + 0.3 + 4 * t) * math.cos(1.3 * x[0] ** 2)


def _anion(x: Any, t: Any, math: Any) -> Any:
    return 0.8 + 0.3 * math.cos(1.5 * x[1] - 0.2) * math.sin(1.2 * x[0] ** 2 + 0.5 - 4 * t)


def _velocity(x: Any, t: Any, math: Any) -> tuple[Any, Any]:
    """u_r = -r dG/dz and u_z = 2 G + 2 s dG/ds, s = r^2, of G = a(z) g(s) + b(z) h(s) with g(1) = h(1) = 0.

    At r = 1 the slip length varies between 1/8 and 1/2.
    """
    grow = 0.1 * (1 + 0.5 * math.sin(4 * t))
    s = x[0] ** 2
    a, da = 2 * math.cos(1.2 * x[1]) + 3, -2.4 * math.sin(1.2 * x[1])
    g, dg = (1 - s) * (1 - 0.75 * s), -1.75 + 1.5 * s
    b, db = 2 * x[1] * x[1] + 1, 4 * x[1]
    h, dh = (1 - s) * (1 - 0.6 * s), -1.6 + 1.2 * s
    return -grow * x[0] * (da * g + db * h), 2 * grow * (a * (g + s * dg) + b * (h + s * dh))


def _pressure(x: Any, t: Any, math: Any) -> Any:
    return math.sin(0.7 * x[0] ** 2 + 1.4 * x[1]) + 0.5 * math.cos(2 * x[1] + 3 * t)


CYLINDER = Setting(
    _potential,
    _cation,
    _anion,
    _velocity,
    _pressure,
    make=lambda cells, shape: fi.geometry.rectangle((L, WIDTH * L), (cells, cells), shape=shape, axisymmetric=True),
    held=("bottom", "top"),
    wall="right",
    normal=0,
    tangent=1,
    coordinates=(0, 2),
)

# cube


def _potential_3d(x: Any, t: Any, math: Any) -> Any:
    return 0.6 * math.cos(1.1 * x[0] + 0.4) * math.cos(1.2 * x[1] - 0.3) * math.sin(0.9 * x[2] + 0.7) + 0.2 * x[0]


def _cation_3d(x: Any, t: Any, math: Any) -> Any:
    return 0.5 + 0.2 * math.sin(1.4 * x[0] + 0.3) * math.cos(1.3 * x[1]) * math.cos(1.2 * x[2] - 0.4)


def _anion_3d(x: Any, t: Any, math: Any) -> Any:
    return 0.8 + 0.3 * math.cos(1.5 * x[0] - 0.2) * math.sin(1.1 * x[1] + 0.5) * math.cos(1.3 * x[2])


def _velocity_3d(x: Any, t: Any, math: Any) -> tuple[Any, Any, Any]:
    """u_i = cos x_i sum_j M_ij sin x_j with antisymmetric M: without sources."""
    sin, cos = [math.sin(1.3 * x[i]) for i in range(3)], [math.cos(1.3 * x[i]) for i in range(3)]
    a, b, c = 1.2, -0.8, 0.9
    return cos[0] * (a * sin[1] + b * sin[2]), cos[1] * (c * sin[2] - a * sin[0]), -cos[2] * (b * sin[0] + c * sin[1])


def _pressure_3d(x: Any, t: Any, math: Any) -> Any:
    return math.sin(1.4 * x[0] + 0.6 * x[1]) + 0.5 * math.cos(2 * x[1] - x[2])


CUBE = Setting(
    _potential_3d,
    _cation_3d,
    _anion_3d,
    _velocity_3d,
    _pressure_3d,
    make=lambda cells, shape: cube(L, cells, shape),
    held=("left", "front", "back", "bottom", "right"),
    wall="top",
    normal=2,
    tangent=None,
    coordinates=(0, 1, 2),
)
