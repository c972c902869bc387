# SPDX-License-Identifier: LGPL-3.0-or-later
"""Patterns along walls: dimensionless functions of position to multiply a charge or a flux with.

    50e-3 * pattern.cosine("x", wavelength=50e-9)            # C/m2
    flux * pattern.alternating_patches("x", wavelength=50e-9, width=25e-9, edge=1e-9)

Sums, products and shifts come from the algebra of `Expression`. Lengths are in metres.
"""

import math as scalar_math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks
from fem_ionics.parameters.edges import Edge, Mark
from fem_ionics.parameters.expression import Applied, Coordinate, Expression, as_expression

__all__ = ["alternating_patches", "constant", "cosine", "linear", "patches", "positive_part"]


@dataclass(frozen=True, eq=False, repr=False)
class Patch(Expression):
    """An indicator of patches together with the edges that it knows."""

    body: Expression
    known: tuple[Mark, ...]

    @property
    def children(self) -> tuple[Expression, ...]:
        return (self.body,)

    @property
    def marks(self) -> tuple[Mark, ...]:
        return self.known

    def evaluate(self, x: Any, math: Any, value: Callable[[Expression], Any]) -> Any:
        return self.body.evaluate(x, math, value)

    def __repr__(self) -> str:
        at = ", ".join(f"{mark.edge.position:g}" for mark in self.known)
        return f"patch(edges at {self.known[0].edge.axis} = {at})"


def constant(value: Any) -> Expression:
    """The same `value` (number or `Parameter`) everywhere."""
    expression = as_expression(value)
    if not expression.is_constant:
        raise ParameterError(f"pattern.constant: {value!r} depends on position; give a number or a Parameter.")
    return expression


def cosine(axis: str = "x", *, wavelength: float, phase: Any = 0.0, centre: float = 0.0) -> Expression:
    """``cos(2 pi (x - centre) / wavelength + phase)``.

    Parameters
    ----------
    axis : str
        "x", "y" or "z".
    wavelength : float or Parameter
        Period, m.
    phase : float or Parameter
        Phase, rad; a positive one moves the crest to smaller x.
    centre : float
        Where the crest lies at zero phase, m.
    """
    checks.positive("pattern.cosine", "wavelength", getattr(wavelength, "value", wavelength), "m")
    k = 2.0 * scalar_math.pi / constant(wavelength)
    centre = checks.real("pattern.cosine", "centre", centre)
    return Applied("cos", k * (Coordinate(axis) - centre) + constant(phase))


def patches(
    axis: str = "x",
    *,
    width: float,
    wavelength: float | None = None,
    centre: Any = 0.0,
    edge: float = 0.0,
    inside: Any = 1.0,
    outside: Any = 0.0,
) -> Expression:
    """`inside` on a patch of `width` around `centre`, `outside` elsewhere; repeats every `wavelength`.

    A smooth edge is ``(1 + tanh(distance / edge)) / 2`` to first order in the distance from it; the repeated
    patch with smooth edges is exactly periodic and infinitely differentiable; its plateaus come within 0.01
    of `inside` and `outside` where they are wider than some 10 edge lengths.

    Parameters
    ----------
    axis : str
        "x", "y" or "z".
    width : float
        Width of the patch between the middles of its edges, m; less than `wavelength`.
    wavelength : float, optional
        Period, m. Default: a single patch.
    centre : float or Parameter
        Middle of the patch, m.
    edge : float
        Length of the tanh of the edges, m; 0 (default) for sharp ones. Less than half of the patch and of the
        gap.
    inside, outside : number, Parameter or Expression
        Values on and off the patch.
    """
    owner = "pattern.patches"
    width = checks.positive(owner, "width", width, "m")
    edge = checks.non_negative(owner, "edge", edge, "m")
    gap = width
    if wavelength is not None:
        wavelength = checks.positive(owner, "wavelength", wavelength, "m")
        gap = wavelength - width
        if gap <= 0.0:
            raise ParameterError(f"{owner}: width = {width:g} m was given; less than wavelength = {wavelength:g} m.")
    if edge >= 0.5 * min(width, gap):
        raise ParameterError(
            f"{owner}: edge = {edge:g} m was given; less than half of the patch and of the gap "
            f"({0.5 * min(width, gap):g} m) is needed. Use a cosine for a pattern without plateaus."
        )
    body = _single(axis, width, edge) if wavelength is None else _repeated(axis, width, edge, wavelength)
    known = tuple(Mark(Edge(axis, side * width / 2.0, edge), wavelength) for side in (-1.0, 1.0))
    indicator = _moved(Patch(body, known), axis, constant(centre))
    low, high = as_expression(outside), as_expression(inside)
    return low + (high - low) * indicator


def alternating_patches(
    axis: str = "x",
    *,
    wavelength: float,
    width: float | None = None,
    edge: float = 0.0,
    phase: Any = 0.0,
    centre: float = 0.0,
) -> Expression:
    """+1 on patches around `centre` and -1 on patches half a wavelength away, 0 between; its mean is zero.

    Parameters
    ----------
    axis, wavelength, edge
        As in `patches`.
    width : float, optional
        Width of each patch, m; at most (and by default) half of the wavelength, where the two kinds touch.
    phase : float or Parameter
        Moves the whole pattern as in `cosine`: a positive phase (rad) to smaller x.
    centre : float
        Middle of a + patch at zero phase, m.
    """
    owner = "pattern.alternating_patches"
    wavelength = checks.positive(owner, "wavelength", wavelength, "m")
    half = wavelength / 2.0
    width = half if width is None else checks.positive(owner, "width", width, "m")
    if width > half * (1.0 + 1e-12):
        raise ParameterError(f"{owner}: width = {width:g} m was given; at most half the wavelength ({half:g} m).")
    plus = patches(axis, width=width, wavelength=wavelength, edge=edge)
    pair = plus - _moved(plus, axis, as_expression(half))
    offset = checks.real(owner, "centre", centre) - constant(phase) * (wavelength / (2.0 * scalar_math.pi))
    return _moved(pair, axis, offset)


def linear(axis: str, start: Any, stop: Any, *, from_: float, to: float) -> Expression:
    """The straight line that is `start` at coordinate `from_` and `stop` at `to`; it goes on beyond them.

    Parameters
    ----------
    axis : str
        "x", "y" or "z".
    start, stop : number, Parameter or Expression
        Values at the two ends.
    from_, to : float
        Coordinates of the two ends, m.
    """
    first = checks.real("pattern.linear", "from_", from_)
    last = checks.real("pattern.linear", "to", to)
    if first == last:
        raise ParameterError(f"pattern.linear: from_ = to = {first:g} m was given; two different positions needed.")
    low, high = as_expression(start), as_expression(stop)
    return low + (high - low) * ((Coordinate(axis) - first) / (last - first))


def positive_part(pattern: Any) -> Expression:
    """`pattern` where it is positive, zero elsewhere: densities of groups on one half of a cosine.

    Parameters
    ----------
    pattern : number, Parameter, Expression or function
    """
    given = as_expression(pattern)
    return given * Applied("step", given)


def _single(axis: str, width: float, edge: float) -> Expression:
    """One patch around 0."""
    x, half = Coordinate(axis), width / 2.0
    if edge == 0.0:
        return Applied("step", x + half) * Applied("step", half - x)
    return 0.5 * (Applied("tanh", (x + half) / edge) - Applied("tanh", (x - half) / edge))


def _repeated(axis: str, width: float, edge: float, wavelength: float) -> Expression:
    """Patches around 0, +-wavelength, ...

    A cosine minus its value at the edge changes sign exactly there; divided by its slope it is the distance
    from the edge, and the tanh of that is smooth and periodic without a sum over images.
    """
    k = 2.0 * scalar_math.pi / wavelength
    level = Applied("cos", k * Coordinate(axis)) - scalar_math.cos(k * width / 2.0)
    if edge == 0.0:
        return Applied("step", level)
    slope = k * scalar_math.sin(k * width / 2.0)
    return 0.5 * (1.0 + Applied("tanh", level / (slope * edge)))


def _moved(expression: Expression, axis: str, distance: Expression) -> Expression:
    """Shift along the given axis."""
    by: list[Any] = [0.0, 0.0, 0.0]
    by[checks.axis_index(axis)] = distance
    return expression.shifted(*by)
