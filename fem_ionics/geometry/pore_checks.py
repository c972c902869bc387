# SPDX-License-Identifier: LGPL-3.0-or-later
"""Checks of what is given for a pore; lengths come out in mesh units."""

import math
from typing import Any

from fem_ionics.errors import ParameterError
from fem_ionics.geometry.pore_nodes import PorePlan
from fem_ionics.geometry.pore_profile import Profile
from fem_ionics.parameters import Edge, checks

#: Cells of axisymmetric pores and tubes, and of pores in 3-D.
SHAPES = ("quadrilateral", "triangle")
SOLID_SHAPES = ("tetrahedron", "hexahedron")


def ordered(owner: str, narrow: tuple[str, Any], wide: tuple[str, Any]) -> tuple[float, float]:
    """Two named radii of which the first must not exceed the second."""
    small, large = (checks.positive(owner, name, value, "m") for name, value in (narrow, wide))
    if small > large:
        raise ParameterError(
            f"{owner}: {narrow[0]} = {small:g} m and {wide[0]} = {large:g} m were given; the {narrow[0]} is the "
            "narrower of the two."
        )
    return small, large


def one_of(owner: str, name: str, given: Any, allowed: tuple[str, ...]) -> str:
    """A word from a list; ParameterError otherwise."""
    if not isinstance(given, str) or given not in allowed:
        words = " or ".join(f'"{word}"' for word in allowed)
        raise ParameterError(f"{owner}: {name} = {given!r} was given; use {words}.")
    return given


def geometry_order(owner: str, given: Any) -> int:
    """1 or 2; ParameterError otherwise."""
    if checks.integer(owner, "order", given) not in (1, 2):
        raise ParameterError(f"{owner}: order = {given!r} was given; use 1 or 2.")
    return int(given)


def axial_edge(owner: str, given: float | Edge, unit: float) -> tuple[float, float]:
    """Position and width of an edge in mesh units."""
    if isinstance(given, Edge) and given.axis != "z":
        raise ParameterError(f'{owner}: {given} was given; edges along "z" alone can be refined.')
    position, width = (given.position, given.width) if isinstance(given, Edge) else (given, 0.0)
    return checks.real(owner, "edges", position) / unit, width / unit


def reservoir_size(owner: str, given: Any, profile: Profile) -> tuple[float, float]:
    """Radius and height of the reservoirs in mesh units."""
    pair = given if isinstance(given, (tuple, list)) else (given, given)
    if len(pair) != 2:
        raise ParameterError(f"{owner}: reservoir = {given!r} was given; a radius and a height in m are needed.")
    radius, height = (checks.positive(owner, "reservoir", each, "m") for each in pair)
    widest = float(profile.samples[1].max()) * profile.unit
    if radius < 1.05 * widest:
        raise ParameterError(
            f"{owner}: a reservoir of radius {radius:g} m was given; it must exceed the pore's largest radius, "
            f"{widest:g} m, by 5 % at least."
        )
    return radius / profile.unit, height / profile.unit


def cell_section(owner: str, plan: PorePlan, dimension: int, offset: Any, aspect: Any, cell: Any) -> dict[str, Any]:
    """Section of pore and cell: `offset` (mesh units), `aspect` and `square` of a `SolidPlan`."""
    if dimension not in (2, 3):
        raise ParameterError(f"{owner}: dimension = {dimension} was given; 2 (axisymmetric) or 3 is needed.")
    if len(offset) != 2:
        raise ParameterError(f"{owner}: offset = {offset!r} was given; x and y in m are needed.")
    x, y = (checks.real(owner, "offset", each) / plan.profile.unit for each in offset)
    aspect = checks.positive(owner, "aspect", aspect)
    square = one_of(owner, "cell", cell, ("round", "square")) == "square"
    if dimension == 2 and (x or y or aspect != 1.0 or square):
        raise ParameterError(f'{owner}: offset, aspect and cell="square" were given; they need dimension=3.')
    longest = float(plan.profile.samples[1].max()) * max(aspect, 1.0 / aspect) ** 0.5
    if 1.05 * (math.hypot(x, y) + longest) > plan.reservoir[0]:
        raise ParameterError(
            f"{owner}: offset = {offset!r} m and aspect = {aspect:g} bring the pore to the side of the reservoirs; "
            "make them smaller or the reservoirs wider."
        )
    return {"offset": (x, y), "aspect": aspect, "square": square}
