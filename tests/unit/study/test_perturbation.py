# SPDX-License-Identifier: LGPL-3.0-or-later
"""The growth of disturbances, against rates that are known."""

import math
from itertools import islice

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.study.perturbation import _emerging, _leading_rate

LENGTH, HEIGHT = 40e-9, 10e-9


def steps(rate, size, count=400):
    """Values that BDF2, started by one implicit Euler step, gives for dv/dt = rate v."""
    values = [1.0 + 0j, 1 / (1 - rate * size)]
    yield values[1].real
    for _ in range(count):
        values.append((2 * values[-1] - 0.5 * values[-2]) / (1.5 - rate * size))
        yield values[-1].real


@pytest.fixture(scope="module")
def salt():
    """An uncharged, resting channel, and a probe that feels salt moved along it."""
    electrolyte = fi.Electrolyte.symmetric(10.0, 1e-9)
    channel = fi.geometry.channel(LENGTH, HEIGHT, resolve=electrolyte.debye_length, half=True, axial=16, across=2)
    conditions = [fi.FixedTotal("cation", 10.0), fi.FixedTotal("anion", 10.0)]
    model = fi.PNP(electrolyte, channel, conditions)
    return model, fi.steady(model)


@pytest.mark.parametrize("rate", [-0.34, 0.55, -0.5 + 1j, 0.2 + 0.3j])
def test_leading_rate_is_exact_for_one_mode(rate):
    values = np.array(list(islice(steps(rate, 0.25), 30)))[-8:]
    found = _leading_rate(values) / 0.25
    assert found.real == pytest.approx(complex(rate).real, rel=1e-9, abs=0)
    assert abs(found.imag) == pytest.approx(abs(complex(rate).imag), rel=1e-9, abs=1e-12)


def test_leading_rate_forgets_a_fast_mode():
    values = np.array(list(islice(steps(-0.3, 0.25), 30))) + np.array(list(islice(steps(-4.0, 0.25), 30)))
    assert _leading_rate(values[-8:]) / 0.25 == pytest.approx(-0.3, rel=1e-6, abs=0)


def test_a_growth_too_fast_for_the_step_is_given_back():
    assert _emerging((1e-5 * value for value in steps(5.6, 0.25)), 0.25, 1e-3) is None


def test_noise_has_no_rate():
    values = iter(np.random.default_rng(1).normal(size=100))
    with pytest.raises(ConvergenceError, match="no mode stands out"):
        _emerging((1e-9 * value for value in values), 0.25, 1e-4)


def cosine_of_salt(state):
    """Weight of the first axial wave in the cation, at the wall."""
    x, values = fi.observe.wall_profile(state, "cation", "walls")
    inside = x < x.max() - 1e-12
    return float(np.mean(values[inside] * np.cos(2 * math.pi * x[inside] / LENGTH)))


def test_salt_spreads_at_d_k_squared(salt):
    model, base = salt
    wave = fi.pattern.cosine("x", wavelength=LENGTH)
    found = fi.growth_rate(model, base, {"cation": wave, "anion": wave}, cosine_of_salt)
    assert found.rate == pytest.approx(-1e-9 * (2 * math.pi / LENGTH) ** 2, rel=1e-4, abs=0)
    assert found.frequency == 0.0


def test_zero_disturbance_is_refused(salt):
    model, base = salt
    with pytest.raises(ParameterError, match="zero everywhere"):
        fi.growth_rate(model, base, {"cation": 0.0}, cosine_of_salt)


def test_unknown_species_is_named(salt):
    model, base = salt
    with pytest.raises(fi.errors.TagError, match="cation"):
        fi.growth_rate(model, base, {"kation": 1.0}, cosine_of_salt)
