# SPDX-License-Identifier: LGPL-3.0-or-later
"""A small algebra of given functions of position, written once and evaluated in NumPy and in UFL.

An `Expression` is a tree. Calling it walks the tree with the functions of the module ``math`` (NumPy or
UFL), so one object gives the values at the nodes of a mesh, the integrand of a form, and a curve in a
picture. A `Parameter` in the tree stays a symbol: a model hands in a DOLFINx constant for it, and turning
the parameter recompiles no form.
"""

import inspect
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks
from fem_ionics.parameters.edges import Edge, Mark, gather


class Expression:
    """A given function of position; combine with ``+ - * /``, numbers, `Parameter` and other expressions."""

    # NumPy scalars on the left must hand the operation over instead of building object arrays.
    __array_ufunc__ = None

    def __call__(self, x: Any, math: Any = np, value: Any = None, number: Any = None) -> Any:
        """Evaluate.

        Parameters
        ----------
        x : sequence
            Coordinates in METRES: ``x[0], x[1], (x[2])``, numbers, arrays or UFL. Empty is allowed for an
            expression that does not depend on position.
        math : module
            The module whose ``sin, exp, tanh, ...`` apply: ``numpy`` (default) or ``ufl``.
        value : mapping or callable, optional
            `Parameter` -> the number or symbol that stands for it. Default: its current value.
        number : callable, optional
            Plain number -> the symbol that stands for it, by which a model keeps numbers out of compiled forms too.

        Returns
        -------
        number, array of the shape of the coordinates, or UFL expression

        Raises
        ------
        ParameterError
            When `value` lacks a parameter, or the expression needs a coordinate that `x` has not.
        """
        result = self.evaluate(x, math, _reader(value, number))
        if math is not np:
            return result
        shape = np.broadcast_shapes(*(np.shape(coordinate) for coordinate in x))
        return result if np.shape(result) == shape else np.broadcast_to(result, shape).copy()

    def evaluate(self, x: Any, math: Any, value: Callable[["Expression"], Any]) -> Any:
        """Evaluate without checks and without giving a constant the shape of `x`; see `__call__`."""
        raise NotImplementedError

    @property
    def children(self) -> tuple["Expression", ...]:
        """The expressions that this one is made of."""
        return ()

    @property
    def parameters(self) -> tuple[Any, ...]:
        """The `Parameter` objects inside, each once, in order of appearance."""
        return tuple(dict.fromkeys(p for child in self.children for p in child.parameters))

    @property
    def is_constant(self) -> bool:
        """True where nothing depends on position (parameters may be inside)."""
        return all(child.is_constant for child in self.children)

    @property
    def marks(self) -> tuple[Mark, ...]:
        """The known edges inside one period, at the parameters' current values."""
        return tuple(mark for child in self.children for mark in child.marks)

    def edges(self, length: float, start: float = 0.0, axis: str = "x") -> tuple[Edge, ...]:
        """Edges of the patches between `start` and `start + length`, both ends included.

        Parameters
        ----------
        length, start : float
            Stretch of the axis, m. Periodic patches repeat over it.
        axis : str
            "x", "y" or "z".

        Returns
        -------
        tuple of Edge
            Sorted by position, coinciding ones once with the smaller width. Empty for a cosine or a ramp.
        """
        return gather(self.marks, length, start, axis)

    def shifted(self, dx: Any, dy: Any = 0.0, dz: Any = 0.0) -> "Expression":
        """The same function moved by (`dx`, `dy`, `dz`), m: its value at x is the one this has at x - dx.

        The shifts may be numbers, parameters or expressions of them; functions of position are an error.
        """
        by = tuple(as_expression(shift) for shift in (dx, dy, dz))
        if not all(shift.is_constant for shift in by):
            raise ParameterError("shifted: a shift depends on position; give numbers or parameters (m).")
        return Shifted(self, by)

    def __add__(self, other: Any) -> "Expression":
        return _combine("+", self, other)

    def __radd__(self, other: Any) -> "Expression":
        return _combine("+", other, self)

    def __sub__(self, other: Any) -> "Expression":
        return _combine("-", self, other)

    def __rsub__(self, other: Any) -> "Expression":
        return _combine("-", other, self)

    def __mul__(self, other: Any) -> "Expression":
        return _combine("*", self, other)

    def __rmul__(self, other: Any) -> "Expression":
        return _combine("*", other, self)

    def __truediv__(self, other: Any) -> "Expression":
        return _combine("/", self, other)

    def __rtruediv__(self, other: Any) -> "Expression":
        return _combine("/", other, self)

    def __neg__(self) -> "Expression":
        return _combine("*", -1.0, self)

    def __pos__(self) -> Self:
        return self


@dataclass(frozen=True, eq=False, repr=False)
class Number(Expression):
    """A plain number."""

    number: float

    def evaluate(self, x: Any, math: Any, value: Callable[[Expression], Any]) -> Any:
        return value(self)

    def __repr__(self) -> str:
        return f"{self.number:g}"


@dataclass(frozen=True, eq=False, repr=False)
class Coordinate(Expression):
    """The coordinate along an axis, m."""

    axis: str

    def __post_init__(self) -> None:
        checks.axis_index(self.axis)

    @property
    def is_constant(self) -> bool:
        return False

    def evaluate(self, x: Any, math: Any, value: Callable[[Expression], Any]) -> Any:
        index = checks.axis_index(self.axis)
        if index >= len(x):
            raise ParameterError(f'A pattern varies along "{self.axis}", but only {len(x)} coordinates exist here.')
        return x[index]

    def __repr__(self) -> str:
        return self.axis


@dataclass(frozen=True, eq=False, repr=False)
class UserFunction(Expression):
    """A user's function ``f(x, math)`` of the coordinates in metres."""

    function: Callable[[Any, Any], Any]

    @property
    def is_constant(self) -> bool:
        return False

    def evaluate(self, x: Any, math: Any, value: Callable[[Expression], Any]) -> Any:
        return self.function(x, math)

    def __repr__(self) -> str:
        return f"{getattr(self.function, '__name__', 'function')}(x)"


@dataclass(frozen=True, eq=False, repr=False)
class Applied(Expression):
    """An elementary function of an expression: ``math.<name>(argument)``, or the step (name "step")."""

    name: str
    argument: Expression

    @property
    def children(self) -> tuple[Expression, ...]:
        return (self.argument,)

    def evaluate(self, x: Any, math: Any, value: Callable[[Expression], Any]) -> Any:
        argument = self.argument.evaluate(x, math, value)
        return step(argument, math) if self.name == "step" else getattr(math, self.name)(argument)

    def __repr__(self) -> str:
        return f"{self.name}({self.argument!r})"


_OPERATIONS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


@dataclass(frozen=True, eq=False, repr=False)
class Binary(Expression):
    """Two expressions joined by ``+ - *`` or ``/``."""

    symbol: str
    left: Expression
    right: Expression

    @property
    def children(self) -> tuple[Expression, ...]:
        return (self.left, self.right)

    def evaluate(self, x: Any, math: Any, value: Callable[[Expression], Any]) -> Any:
        left, right = (side.evaluate(x, math, value) for side in self.children)
        return _OPERATIONS[self.symbol](left, right)

    def __repr__(self) -> str:
        return f"({self.left!r} {self.symbol} {self.right!r})"


@dataclass(frozen=True, eq=False, repr=False)
class Shifted(Expression):
    """An expression moved along the axes, m."""

    inner: Expression
    by: tuple[Expression, ...]

    @property
    def children(self) -> tuple[Expression, ...]:
        return (self.inner, *self.by)

    @property
    def marks(self) -> tuple[Mark, ...]:
        moved = [shift(()) for shift in self.by]
        return tuple(
            Mark(edge._replace(position=edge.position + moved[checks.axis_index(edge.axis)]), period)
            for edge, period in self.inner.marks
        )

    def evaluate(self, x: Any, math: Any, value: Callable[[Expression], Any]) -> Any:
        pairs = zip((x[i] for i in range(len(x))), self.by, strict=False)
        # A plain zero is skipped to keep the UFL of compiled forms short.
        moved = [c if _is_zero(shift) else c - shift.evaluate((), math, value) for c, shift in pairs]
        return self.inner.evaluate(moved, math, value)

    def __repr__(self) -> str:
        return f"{self.inner!r}.shifted({', '.join(map(repr, self.by))})"


def as_expression(given: Any) -> Expression:
    """Convert to an `Expression`.

    Parameters
    ----------
    given : number, Parameter, Expression or callable
        A callable is a function ``f(x, math)`` of the coordinates in metres and the module of functions.

    Raises
    ------
    ParameterError
        For anything else, and for numbers that are not finite.
    """
    if isinstance(given, Expression):
        return given
    if callable(given) and not isinstance(given, type):
        try:
            inspect.signature(given).bind(None, None)
        except (TypeError, ValueError):
            raise ParameterError(f"{given!r}: a function of position must take (x, math).") from None
        return UserFunction(given)
    allowed = "a finite number, a Parameter, a pattern or a function f(x, math)"
    return Number(checks.real("Expression", "value", given, allowed))


def is_constant(given: Any) -> bool:
    """True where `given` (anything `as_expression` takes) does not depend on position."""
    return as_expression(given).is_constant


def step(s: Any, math: Any) -> Any:
    """1 where s >= 0, else 0; in NumPy (array or number) and in UFL (conditional)."""
    if hasattr(math, "conditional"):
        return math.conditional(math.ge(s, 0.0), 1.0, 0.0)
    return math.where(s >= 0.0, 1.0, 0.0)


def _combine(symbol: str, left: Any, right: Any) -> Expression:
    a, b = as_expression(left), as_expression(right)
    if symbol == "/" and _is_zero(b):
        raise ParameterError(f"{a!r} / 0: division by zero.")
    if isinstance(a, Number) and isinstance(b, Number):
        return as_expression(_OPERATIONS[symbol](a.number, b.number))
    return Binary(symbol, a, b)


def _is_zero(expression: Expression) -> bool:
    return isinstance(expression, Number) and expression.number == 0.0


def _reader(value: Any, number: Callable[[float], Any] | None = None) -> Callable[[Any], Any]:
    """A function Parameter or Number -> number or symbol from what `Expression.__call__` was given."""

    def read(leaf: Any) -> Any:
        if isinstance(leaf, Number):
            return leaf.number if number is None else number(leaf.number)
        if value is None:
            return leaf.value
        if not isinstance(value, Mapping):
            return value(leaf)
        # A silent fall-back to the number would freeze the parameter into a compiled form.
        if leaf not in value:
            raise ParameterError(f"{leaf!r} is in the expression, but value has no entry for it.")
        return value[leaf]

    return read
