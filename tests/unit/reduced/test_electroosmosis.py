# SPDX-License-Identifier: LGPL-3.0-or-later
"""Electro-osmosis and electrophoresis at low zeta: figures of the cases C4 and C17, limits, and what is refused."""

import numpy as np
import pytest
from scipy.special import i0, i1

import fem_ionics as fi
from fem_ionics import reduced
from fem_ionics.errors import ParameterError

WATER = fi.Electrolyte.symmetric(10.0, 1e-9, viscosity=0.89e-3)


def test_mobility_of_a_wall_at_the_thermal_voltage() -> None:
    assert reduced.smoluchowski_mobility(-WATER.thermal_voltage, WATER) == pytest.approx(2.00393e-8, rel=3e-6, abs=0)


def test_slit() -> None:
    """1 - tanh k/k; the fourth figure is 0.900000 because tanh 10 = 1 - 4e-9."""
    k = np.array([1.0, 2.0, 5.0, 10.0])
    assert reduced.slit_factor(k) == pytest.approx([0.238406, 0.517986, 0.800018, 0.900000], abs=5.1e-7)
    assert reduced.slit_factor(k) == pytest.approx(1 - np.tanh(k) / k, rel=1e-13, abs=0)
    near = np.array([0.0999999999, 0.1000000001])
    assert np.ptp(reduced.slit_factor(near) / near**2) < 1e-9
    assert reduced.slit_factor(1e-8) == pytest.approx(1e-16 / 3, rel=1e-13, abs=0)


def test_tube() -> None:
    k = np.array([1.0, 2.0, 5.0, 10.0])
    assert reduced.tube_factor(k) == pytest.approx([0.107220, 0.302225, 0.642647, 0.810280], abs=5.1e-7)
    assert reduced.tube_factor(k) == pytest.approx(1 - 2 * i1(k) / (k * i0(k)), rel=1e-12, abs=0)
    assert reduced.tube_factor(1e-6) == pytest.approx(1e-12 / 8, rel=1e-11, abs=0)
    assert reduced.tube_factor(1e6) == pytest.approx(1 - 2e-6, rel=1e-11, abs=0)


def test_mobilities() -> None:
    length = WATER.debye_length
    smoluchowski = reduced.smoluchowski_mobility(0.01, WATER)
    assert reduced.slit_mobility(2 * length, 0.01, WATER) == pytest.approx(0.517986 * smoluchowski, rel=1e-6, abs=0)
    assert reduced.tube_mobility(2 * length, 0.01, WATER) == pytest.approx(0.302225 * smoluchowski, rel=2e-6, abs=0)
    # A sphere moves against the liquid at its surface.
    assert reduced.electrophoretic_mobility(length, 0.01, WATER) == pytest.approx(
        -0.689605 * smoluchowski, rel=1e-6, abs=0
    )


def test_henry_function() -> None:
    k = np.array([0.1, 1.0, 10.0, 100.0])
    assert reduced.henry_function(k) == pytest.approx([0.667010, 0.689605, 0.837343, 0.976200], abs=5.1e-7)
    assert reduced.henry_function(1e-9) == pytest.approx(2 / 3, rel=1e-12, abs=0)
    assert reduced.henry_function(1e9) == pytest.approx(1.0, rel=1e-8, abs=0)


@pytest.mark.parametrize("function", [reduced.slit_factor, reduced.tube_factor, reduced.henry_function])
@pytest.mark.parametrize("k", [0.0, -1.0, np.nan, "1", [1.0, 0.0]])
def test_widths_that_are_none(function, k) -> None:
    with pytest.raises(ParameterError, match=r"k = .* needed"):
        function(k)


@pytest.mark.parametrize("function", [reduced.slit_mobility, reduced.tube_mobility, reduced.electrophoretic_mobility])
def test_what_is_refused(function) -> None:
    with pytest.raises(ParameterError, match="a positive finite number in m is needed"):
        function(0.0, 0.01, WATER)
    with pytest.raises(ParameterError, match="zeta = None"):
        function(1e-9, None, WATER)
