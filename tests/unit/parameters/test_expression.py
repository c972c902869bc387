# SPDX-License-Identifier: LGPL-3.0-or-later
"""The algebra: NumPy and UFL agree, parameters stay symbols, nonsense is refused."""

import math

import numpy as np
import pytest
import ufl

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Parameter, as_expression, is_constant, pattern

P = Parameter("p", 3.0)
Q = Parameter("q", -0.5)
WAVE = pattern.cosine("x", wavelength=2.0, phase=0.4)
RAMP = pattern.linear("y", 1.0, 3.0, from_=0.0, to=2.0)  # 1 + y

EXPRESSIONS = {
    "number": (as_expression(2.5), lambda x, y: 2.5),
    "parameter": (P, lambda x, y: 3.0),
    "cosine": (WAVE, lambda x, y: math.cos(math.pi * x + 0.4)),
    "linear": (RAMP, lambda x, y: 1 + y),
    "sum": (1 + WAVE + P, lambda x, y: 4 + math.cos(math.pi * x + 0.4)),
    "difference": (2 - RAMP - Q, lambda x, y: 1 - y + 0.5),
    "product": (np.float64(2.0) * WAVE * P * RAMP, lambda x, y: 6 * math.cos(math.pi * x + 0.4) * (1 + y)),
    "quotient": (P / RAMP / 2, lambda x, y: 1.5 / (1 + y)),
    "reciprocal": (2 / RAMP, lambda x, y: 2 / (1 + y)),
    "negative": (-(+RAMP), lambda x, y: -1 - y),
    "shifted": (
        RAMP.shifted(5.0, 0.25) * WAVE.shifted(0.1),
        lambda x, y: (0.75 + y) * math.cos(math.pi * (x - 0.1) + 0.4),
    ),
    "shifted by a parameter": (WAVE.shifted(P / 2), lambda x, y: math.cos(math.pi * (x - 1.5) + 0.4)),
    "parameter as phase": (
        pattern.cosine("x", wavelength=2.0, phase=P),
        lambda x, y: math.cos(math.pi * x + 3),
    ),
    "callable": (as_expression(lambda x, math: math.exp(x[0]) * x[1]), lambda x, y: math.exp(x) * y),
}


def in_ufl(expression, point, value=None):
    """Build the UFL of an expression on a symbolic mesh and evaluate it at a point."""
    import basix.ufl

    mesh = ufl.Mesh(basix.ufl.element("P", "triangle", 1, shape=(2,)))
    x = ufl.SpatialCoordinate(mesh)
    built = ufl.as_ufl(expression(x, math=ufl, value=value))
    return float(built(point))


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("point", [(0.3, 0.1), (-1.7, 0.9)])
def test_numpy_and_ufl_agree_with_the_formula(name, point):
    expression, formula = EXPRESSIONS[name]
    assert float(expression(point)) == pytest.approx(formula(*point), rel=1e-13, abs=0.0)
    assert in_ufl(expression, point) == pytest.approx(formula(*point), rel=1e-13, abs=0.0)


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_arrays_keep_the_shape_of_the_points(name):
    expression, formula = EXPRESSIONS[name]
    points = np.array([[0.3, -1.7, 0.0], [0.1, 0.9, 0.2], [0.0, 0.0, 0.0]])
    values = expression(points)
    assert values.shape == (3,)
    assert values == pytest.approx([formula(*column[:2]) for column in points.T], rel=1e-6, abs=0.0)


def test_parameters_follow_their_value():
    knob = Parameter("knob", 1.0)
    expression = knob * WAVE
    before = expression((0.0, 0.0))
    knob.value = 4.0
    assert expression((0.0, 0.0)) == pytest.approx(4 * before, rel=1e-6, abs=0.0)


def test_parameters_are_listed_once_in_order():
    expression = Q * WAVE.shifted(P) + Q / (1 + P)
    assert expression.parameters == (Q, P)
    assert WAVE.parameters == ()


def test_symbols_stand_for_parameters():
    expression = P * WAVE + Q
    symbols = {P: 10.0, Q: 100.0}
    expected = 10 * math.cos(math.pi * 0.3 + 0.4) + 100
    assert float(expression((0.3, 0.0), value=symbols)) == pytest.approx(expected, rel=1e-6, abs=0.0)
    assert float(expression((0.3, 0.0), value=symbols.__getitem__)) == pytest.approx(expected, rel=1e-6, abs=0.0)
    assert in_ufl(expression, (0.3, 0.0), {P: ufl.as_ufl(10.0), Q: ufl.as_ufl(100.0)}) == pytest.approx(
        expected, rel=1e-6, abs=0.0
    )
    with pytest.raises(ParameterError, match=r"'q'.* no entry"):
        expression((0.3, 0.0), value={P: 10.0})


def test_a_ufl_constant_survives_into_the_form():
    import basix.ufl

    mesh = ufl.Mesh(basix.ufl.element("P", "triangle", 1, shape=(2,)))
    symbol = ufl.Constant(mesh)
    built = (P * WAVE.shifted(P))(ufl.SpatialCoordinate(mesh), math=ufl, value={P: symbol})
    assert symbol in ufl.algorithms.analysis.extract_constants(built)


def test_constants():
    for given in (1, 2.0, P, P * 2 + Q, as_expression(1.0).shifted(P)):
        assert is_constant(given)
        assert np.isfinite(as_expression(given)(()))
    for given in (WAVE, P * RAMP, lambda x, math: 1.0):
        assert not is_constant(given)


def test_plain_numbers_fold():
    assert repr(2 * as_expression(3) + 1) == "7"
    assert repr(P * (RAMP + 1)).startswith("(Parameter('p', 3.0) * ")


@pytest.mark.parametrize("bad", ["1", None, [1.0], float("nan"), np.ones(3), lambda x: x[0], float, {}])
def test_what_is_no_expression_is_refused(bad):
    with pytest.raises(ParameterError):
        as_expression(bad)
    with pytest.raises(ParameterError):
        WAVE * bad
    with pytest.raises(ParameterError):
        bad - WAVE


def test_other_refusals():
    with pytest.raises(ParameterError, match="division by zero"):
        WAVE / 0
    with pytest.raises(ParameterError, match="shift depends on position"):
        WAVE.shifted(RAMP)
    with pytest.raises(ParameterError, match='varies along "z", but only 2 coordinates'):
        pattern.cosine("z", wavelength=1.0)((0.0, 0.0))
