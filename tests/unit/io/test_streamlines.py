# SPDX-License-Identifier: LGPL-3.0-or-later
"""Streamlines follow the field, keep their distance and close where the flow recirculates."""

import numpy as np
import pytest

from fem_ionics.io.streamlines import trace

X, Y = np.linspace(-1.0, 1.0, 41), np.linspace(-1.0, 1.0, 31)
ACROSS, UP = np.meshgrid(X, Y)


def test_rotation_gives_closed_circles_a_separation_apart():
    lines = trace(X, Y, -UP, ACROSS, 0.2)
    closed = [line for line in lines if np.array_equal(line[0], line[-1])]
    assert len(closed) >= 3
    radii = sorted(np.mean(np.hypot(*line.T)) for line in closed)
    for line in closed:
        np.testing.assert_allclose(np.hypot(*line.T), np.hypot(*line[0]), rtol=1e-3)
        turn = line[0, 0] * line[1, 1] - line[0, 1] * line[1, 0]
        assert turn > 0.0
    assert np.all(np.diff(radii) == pytest.approx(0.2, abs=0.06))


def test_uniform_flow_gives_straight_lines_along_it():
    lines = trace(X, Y, 0 * UP + 2.0, 0 * UP, 0.25)
    heights = sorted(line[0, 1] for line in lines)
    assert len(lines) == 8 or len(lines) == 9
    assert np.diff(heights) == pytest.approx(0.25, abs=0.05)
    for line in lines:
        assert np.all(np.diff(line[:, 0]) > 0.0) and np.ptp(line[:, 1]) < 1e-12
        assert np.ptp(line[:, 0]) > 1.9


def test_holes_and_rest_have_no_lines():
    hole = np.where(ACROSS**2 + UP**2 < 0.25, np.nan, 1.0)
    lines = trace(X, Y, hole, 0 * hole, 0.25)
    assert lines and all(np.hypot(*line.T).min() > 0.4 for line in lines)
    assert trace(X, Y, 0 * UP, 0 * UP, 0.25) == []
    assert trace(X, Y, np.nan * UP, np.nan * UP, 0.25) == []


def test_a_spiral_ends():
    lines = trace(X, Y, -UP - 0.05 * ACROSS, ACROSS - 0.05 * UP, 0.2)
    assert lines and max(len(line) for line in lines) < 1000
