# SPDX-License-Identifier: LGPL-3.0-or-later
"""Lines, walls and sections: exact for quadratics, in straight and wavy channels."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError, TagError
from fem_ionics.geometry import channel
from fem_ionics.model import PNP
from fem_ionics.observe import WallSlip, cross_section_average, line, wall_profile
from fem_ionics.parameters import Electrolyte, pattern
from fem_ionics.physics import FixedTotal
from fem_ionics.units import nm

WAVE, HEIGHT, SLIP, GRADIENT, VISCOSITY = 50 * nm, 10 * nm, 10 * nm, -1e12, 1e-3
RIPPLE, PERIOD = 1.5 * nm, 20 * nm


def poiseuille(y):
    return -GRADIENT / VISCOSITY * (HEIGHT**2 / 8 - y**2 / 2 + HEIGHT * SLIP / 2)


def known(shape="quadrilateral", half=True):
    """A wavy channel whose cation concentration is 1 + (y/unit)^2 by construction."""
    salt = Electrolyte.symmetric(100.0, 1e-9)
    wall = RIPPLE * pattern.cosine("x", wavelength=PERIOD)
    # So few cells that a wall of straight pieces would be 2 % off.
    coarse = {"axial": 8} if shape == "quadrilateral" else {"refine": 0.4}
    domain = channel(PERIOD, HEIGHT, resolve=2 * salt.debye_length, wall=wall, shape=shape, half=half, **coarse)
    model = PNP(salt, domain, [FixedTotal("cation", 100.0), FixedTotal("anion", 100.0)])
    field = model.field_named("cation")
    field.function.interpolate(lambda x: (1.0 + x[1] ** 2) / field.scale)
    return model.snapshot()


@pytest.mark.mpi
@pytest.mark.parametrize("kind", ["half_channel", "full_channel"])
def test_line(kind, request):
    state = request.getfixturevalue(kind).solve(gradient=GRADIENT)
    distance, velocity = line(state, "velocity", (3 * nm, 0.0), (3 * nm, HEIGHT / 2), 21)
    assert distance[[0, -1]].tolist() == pytest.approx([0.0, HEIGHT / 2], rel=1e-6, abs=0.0)
    np.testing.assert_allclose(velocity[:, 0], poiseuille(distance), rtol=1e-10)
    _, beyond = line(state, "cation", (0.0, 0.0), (0.0, HEIGHT), 3)
    assert np.isnan(beyond).tolist() == [False, False, True]


@pytest.mark.mpi
@pytest.mark.parametrize("kind", ["half_channel", "full_channel"])
def test_section_averages_of_a_straight_channel(kind, request):
    state = request.getfixturevalue(kind).solve(gradient=GRADIENT)
    mean = -GRADIENT / VISCOSITY * (HEIGHT**2 / 12 + HEIGHT * SLIP / 2)
    at = np.array([-WAVE / 2, -1.3 * nm, 0.0, WAVE / 2, 0.8 * WAVE])
    values = cross_section_average(state, "velocity", at=at)
    np.testing.assert_allclose(values[:, 0], mean, rtol=1e-10)
    np.testing.assert_allclose(cross_section_average(state, "velocity", at=at, component="x"), values[:, 0])
    np.testing.assert_allclose(cross_section_average(state, "cation", at=0.0), 100.0, rtol=1e-10)


@pytest.mark.mpi
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
@pytest.mark.parametrize("half", [True, False])
def test_section_averages_between_wavy_walls(shape, half):
    state = known(shape, half)
    at = np.linspace(-0.5, 0.5, 18) * PERIOD
    wall = (0.5 * HEIGHT + RIPPLE * np.cos(2 * np.pi * at / PERIOD)) / state.model.domain.unit
    values = cross_section_average(state, "cation", at=at)
    # Walls of second order follow the wave, and curved cells the parabola, to about 1e-3.
    np.testing.assert_allclose(values, 1.0 + wall**2 / 3.0, rtol=3e-3)
    across = cross_section_average(state, "cation", axis="y", at=np.array([0.2, 2.0]) * HEIGHT)
    assert across[0] == pytest.approx(1.0 + (0.2 * HEIGHT / state.model.domain.unit) ** 2, rel=3e-3, abs=0.0)
    assert np.isnan(across[1])


@pytest.mark.mpi
def test_walls(half_channel, full_channel):
    state = half_channel.solve(gradient=GRADIENT)
    x, velocity = wall_profile(state, "velocity", "walls")
    # Two nodes a cell, the seam once.
    cells = round(WAVE / np.diff(x)[0] / 2)
    assert len(x) == 2 * cells and x[0] == pytest.approx(-WAVE / 2, rel=1e-6, abs=0.0)
    assert np.all(np.diff(x) > 0)
    np.testing.assert_allclose(velocity[:, 0], poiseuille(HEIGHT / 2), rtol=1e-10)
    both, _ = wall_profile(full_channel.solve(), "cation", ["walls"])
    np.testing.assert_allclose(both, np.repeat(x, 2), atol=1e-9 * WAVE)


@pytest.mark.mpi
def test_slip_profile_peaks_where_the_probe_says(half_channel, alone):
    values = dict(charge=0.05, flux=10.0, phase=0.7)
    state, single = half_channel.solve(**values), alone.active.solve(**values)
    (x, velocity), (same, expected) = (wall_profile(each, "velocity", "top wall") for each in (state, single))
    assert np.abs(velocity[:, 0]).max() == pytest.approx(WallSlip()(state), rel=1e-12, abs=0.0)
    np.testing.assert_allclose(x, same, atol=1e-9 * WAVE)
    np.testing.assert_allclose(velocity, expected, atol=1e-8 * np.abs(expected).max())
    at = np.linspace(-0.5, 0.5, 11) * WAVE
    averages = [cross_section_average(each, "charge density", at=at) for each in (state, single)]
    np.testing.assert_allclose(*averages, atol=1e-7 * np.abs(averages[1]).max())


def test_what_is_refused(half_channel):
    state = half_channel.solve()
    with pytest.raises(ParameterError, match="at least 2"):
        line(state, "cation", (0, 0), (0, 0), 1)
    with pytest.raises(ParameterError, match="2 coordinates"):
        line(state, "cation", (0, 0, 0), (0, 0, 0))
    with pytest.raises(TagError, match="Did you mean"):
        line(state, "kation", (0, 0), (0, HEIGHT))
    with pytest.raises(TagError, match="Did you mean"):
        wall_profile(state, "cation", "wals")
    with pytest.raises(ParameterError, match="is a scalar"):
        cross_section_average(state, "cation", at=0.0, component="x")
    with pytest.raises(ParameterError, match="axis"):
        cross_section_average(state, "cation", at=0.0, axis="r")
