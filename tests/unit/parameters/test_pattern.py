# SPDX-License-Identifier: LGPL-3.0-or-later
"""Patterns: values, periodicity, symmetry, edges for the mesh, refusals."""

import numpy as np
import pytest
import ufl

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Edge, Parameter, pattern

L = 50e-9
X = np.linspace(-L, L, 2003)[1:-1]  # meets no edge of the patches below


def at(expression, x):
    return expression((np.asarray(x), np.zeros_like(x)))


PERIODIC = {
    "cosine": pattern.cosine("x", wavelength=L, phase=0.3, centre=1e-9),
    "sharp": pattern.patches("x", width=13e-9, wavelength=L, centre=3e-9),
    "smooth": pattern.patches("x", width=13e-9, wavelength=L, centre=3e-9, edge=1e-9),
    "alternating": pattern.alternating_patches("x", wavelength=L, width=11e-9, edge=1e-9, phase=0.3),
}


@pytest.mark.parametrize("name", PERIODIC)
def test_periodic(name):
    assert at(PERIODIC[name], X) == pytest.approx(at(PERIODIC[name], X + L), abs=1e-12)
    assert np.ptp(at(PERIODIC[name], X)) > 0.99


@pytest.mark.parametrize("edge", [0.0, 1e-9])
@pytest.mark.parametrize("wavelength", [None, L])
def test_patches_values(edge, wavelength):
    patch = pattern.patches("x", width=20e-9, wavelength=wavelength, centre=5e-9, edge=edge, inside=3.0, outside=-2.0)
    assert at(patch, [5e-9, 0.0, 10e-9]) == pytest.approx([3.0, 3.0, 3.0], abs=2e-3)
    assert at(patch, [-20e-9, 25e-9]) == pytest.approx([-2.0, -2.0], abs=1e-3)
    again = 3.0 if wavelength else -2.0
    assert at(patch, [5e-9 + L, 5e-9 - 3 * L]) == pytest.approx([again, again], abs=1e-3)


@pytest.mark.parametrize("wavelength", [None, L])
@pytest.mark.parametrize("width", [10e-9, 25e-9, 35e-9])
def test_smooth_edge_has_the_given_width_and_place(wavelength, width):
    edge = 0.5e-9
    patch = pattern.patches("x", width=width, wavelength=wavelength, edge=edge)
    ends = np.array([-width / 2, width / 2])
    assert at(patch, ends) == pytest.approx([0.5, 0.5], abs=1e-9)
    d = 1e-13
    slope = (at(patch, ends + d) - at(patch, ends - d)) / (2 * d)
    assert slope * edge == pytest.approx([0.5, -0.5], rel=1e-5, abs=0.0)


@pytest.mark.parametrize("edge", [0.0, 1e-9])
@pytest.mark.parametrize("width", [None, 11e-9, 25e-9])
def test_alternating_patches_change_sign_over_half_a_wavelength(edge, width):
    stripes = pattern.alternating_patches("x", wavelength=L, width=width, edge=edge)
    assert at(stripes, [0.0, L / 2]) == pytest.approx([1.0, -1.0], abs=4e-3)
    assert at(stripes, X + L / 2) == pytest.approx(-at(stripes, X), abs=1e-12)
    assert at(stripes, X) == pytest.approx(at(stripes, -X), abs=1e-12)
    if width == 11e-9:  # the others touch
        assert at(stripes, [L / 4]) == pytest.approx([0.0], abs=1e-2)


def test_cosine_has_its_crest_at_the_centre():
    assert at(pattern.cosine("x", wavelength=L, centre=7e-9), [7e-9, 7e-9 + L / 2]) == pytest.approx(
        [1.0, -1.0], rel=1e-6, abs=0.0
    )


def test_phase_moves_patches_as_it_moves_the_cosine():
    phase = Parameter("phase", 0.7)
    for make in (pattern.cosine, pattern.alternating_patches):
        moved = make("x", wavelength=L, phase=phase)
        assert at(moved, X - 0.7 * L / (2 * np.pi)) == pytest.approx(at(make("x", wavelength=L), X), abs=1e-9)
    assert at(pattern.cosine("x", wavelength=L, phase=np.pi / 2), [L / 4]) == pytest.approx([-1.0], rel=1e-6, abs=0.0)


@pytest.mark.parametrize("name", PERIODIC)
def test_ufl_agrees(name):
    import basix.ufl

    x = ufl.SpatialCoordinate(ufl.Mesh(basix.ufl.element("P", "triangle", 1, shape=(2,))))
    built = PERIODIC[name](x, math=ufl)
    for position in (-7e-9, 0.0, 9.3e-9, 9.7e-9, 40e-9):
        assert float(built((position, 0.0))) == pytest.approx(float(PERIODIC[name]((position, 0.0))), abs=1e-12)


def test_single_sharp_patch_in_ufl():
    patch = pattern.patches("y", width=2.0, centre=1.0)
    for y, inside in ((-0.1, 0.0), (0.1, 1.0), (1.9, 1.0), (2.1, 0.0)):
        assert float(patch((ufl.as_ufl(0.3), ufl.as_ufl(y)), math=ufl)(())) == inside


def test_other_axes():
    for i, axis in enumerate("xyz"):
        point = [0.0, 0.0, 0.0]
        point[i] = 5.0
        assert pattern.patches(axis, width=1.0, centre=5.0)(point) == 1.0
        assert pattern.patches(axis, width=1.0)(point) == 0.0
        assert pattern.linear(axis, 0.0, 1.0, from_=0.0, to=10.0)(point) == pytest.approx(0.5, rel=1e-6, abs=0.0)


def test_constant():
    level = Parameter("level", 2.0)
    assert at(pattern.constant(level), X).shape == X.shape
    assert pattern.constant(level).parameters == (level,)
    with pytest.raises(ParameterError, match="depends on position"):
        pattern.constant(pattern.cosine("x", wavelength=L))


def positions(expression, length=1.0, **keywords):
    return [edge.position for edge in expression.edges(length, **keywords)]


def test_edges_of_a_single_patch():
    patch = pattern.patches("x", width=0.2, centre=0.5, edge=0.01)
    assert patch.edges(1.0) == (
        Edge("x", pytest.approx(0.4, rel=1e-6, abs=0.0), 0.01),
        Edge("x", pytest.approx(0.6, rel=1e-6, abs=0.0), 0.01),
    )
    assert positions(patch, 0.45) == pytest.approx([0.4], rel=1e-6, abs=0.0)
    assert positions(patch, axis="y") == []


def test_edges_repeat_and_include_both_ends():
    patch = pattern.patches("x", width=0.25, wavelength=0.5, centre=0.125)
    assert positions(patch) == pytest.approx([0.0, 0.25, 0.5, 0.75, 1.0], rel=1e-6, abs=0.0)
    assert positions(patch, start=-0.5, length=0.5) == pytest.approx([-0.5, -0.25, 0.0], rel=1e-6, abs=0.0)


def test_edges_survive_the_algebra():
    x_patch = pattern.patches("x", width=0.2, wavelength=1.0, centre=0.5, edge=0.01)
    y_patch = pattern.patches("y", width=0.2, centre=0.5)
    wave = pattern.cosine("x", wavelength=1.0)
    shift = Parameter("shift", 0.1)
    assert wave.edges(1.0) == ()
    both = 3 * x_patch * y_patch - wave + x_patch.shifted(shift)
    assert positions(both) == pytest.approx([0.4, 0.5, 0.6, 0.7], rel=1e-6, abs=0.0)
    assert positions(both, axis="y") == pytest.approx([0.4, 0.6], rel=1e-6, abs=0.0)
    shift.value = 0.5
    assert positions(x_patch.shifted(shift)) == pytest.approx([0.1, 0.9], rel=1e-6, abs=0.0)


def test_the_sharpest_of_coinciding_edges_counts():
    smooth = pattern.patches("x", width=0.2, centre=0.5, edge=0.01)
    sharp = pattern.patches("x", width=0.2, centre=0.5)
    for both in (smooth + sharp, sharp + smooth):
        assert [edge.width for edge in both.edges(1.0)] == [0.0, 0.0]


def test_edges_of_alternating_patches_coincide_once_where_they_touch():
    assert positions(pattern.alternating_patches("x", wavelength=1.0)) == pytest.approx([0.25, 0.75], rel=1e-6, abs=0.0)
    apart = pattern.alternating_patches("x", wavelength=1.0, width=0.2, phase=np.pi / 2)
    assert positions(apart) == pytest.approx([0.15, 0.35, 0.65, 0.85], rel=1e-6, abs=0.0)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: pattern.cosine("r", wavelength=L), "axis"),
        (lambda: pattern.cosine("x", wavelength=0.0), "wavelength = 0.0 was given; a positive"),
        (lambda: pattern.cosine("x", wavelength=L, centre=float("nan")), "centre"),
        (lambda: pattern.cosine("x", wavelength=L, phase="pi"), "Parameter"),
        (lambda: pattern.patches("x", width=-1.0), "width"),
        (lambda: pattern.patches("x", width=1.0, wavelength=1.0), "less than wavelength"),
        (lambda: pattern.patches("x", width=1.0, wavelength=float("inf")), "wavelength"),
        (lambda: pattern.patches("x", width=1.0, edge=-0.1), "edge = -0.1"),
        (lambda: pattern.patches("x", width=1.0, edge=0.5), "less than half of the patch"),
        (lambda: pattern.patches("x", width=0.9, wavelength=1.0, edge=0.06), r"gap \(0\.05 m\)"),
        (lambda: pattern.alternating_patches("x", wavelength=1.0, width=0.6), "at most half the wavelength"),
        (lambda: pattern.linear("x", 0.0, 1.0, from_=2.0, to=2.0), "different positions"),
        (lambda: pattern.linear("x", 0.0, 1.0, from_=float("inf"), to=2.0), "from_"),
        (lambda: pattern.patches("x", width=1.0).edges(-1.0), "length"),
        (lambda: pattern.patches("x", width=1.0).edges(1.0, axis="r"), "axis"),
    ],
)
def test_refusals(make, words):
    with pytest.raises(ParameterError, match=words):
        make()
