# SPDX-License-Identifier: LGPL-3.0-or-later
"""Diffusivities that vary: closed forms of each convention, particles within their errors, the excess in a model."""

import math
from typing import Any

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.errors import ParameterError
from fem_ionics.reduced import DiffusivityGradient, particle_exit, particle_profile

LENGTH, SLOW, FAST = 2e-6, 2e-10, 1e-9
LINEAR = fi.pattern.linear("x", SLOW, FAST, from_=0.0, to=LENGTH)
CONVENTIONS = {"Ito": 0.0, "Stratonovich": 0.5, "isothermal": 1.0}
X = np.linspace(0.0, LENGTH, 41)
D = SLOW + (FAST - SLOW) * X / LENGTH
each_convention = pytest.mark.parametrize(("convention", "a"), CONVENTIONS.items())


def linear(convention: str, potential: Any = 0.0) -> DiffusivityGradient:
    return DiffusivityGradient(LINEAR, LENGTH, convention, potential)


def test_closed_channel() -> None:
    assert np.allclose(linear("isothermal").closed(X), 1.0, rtol=1e-13)
    assert np.allclose(linear("Ito").closed(X) * D, (FAST - SLOW) / math.log(FAST / SLOW), rtol=1e-10)
    assert np.allclose(linear("Stratonovich").closed(X) * np.sqrt(D), 0.5 * (SLOW**0.5 + FAST**0.5), rtol=1e-10)


@each_convention
def test_closed_channel_in_a_potential(convention: str, a: float) -> None:
    """Isothermal particles keep Boltzmann's equilibrium, whatever D is."""
    gradient = linear(convention, fi.pattern.linear("x", 0.0, 3.0, from_=0.0, to=LENGTH))
    weighted = gradient.closed(X) * np.exp(3.0 * X / LENGTH) * D ** (1.0 - a)
    assert np.allclose(weighted, weighted[0], rtol=1e-12)


@each_convention
def test_joined_ends(convention: str, a: float) -> None:
    state = linear(convention).seam(41)
    assert state.flux == pytest.approx(a * (FAST - SLOW) / LENGTH, rel=1e-10, abs=1e-14 * FAST / LENGTH)
    assert state.concentration[0] * SLOW == pytest.approx(state.concentration[-1] * FAST, rel=1e-10)
    if a == 1.0:
        shape = 1.0 - (1.0 - SLOW / FAST) * np.log(D / SLOW) / math.log(FAST / SLOW)
        assert np.allclose(state.concentration / state.concentration[0], shape, rtol=1e-10)
    elif a == 0.5:
        assert np.allclose(state.concentration, (SLOW**0.5 + FAST**0.5) / np.sqrt(D) - 1.0, rtol=1e-9)


@each_convention
def test_flux_obeys_its_law(convention: str, a: float) -> None:
    """For a D that is no line: J from a difference of the profile is J."""
    gradient = DiffusivityGradient(lambda x, math: SLOW * math.exp(1.2 * x[0] / LENGTH), LENGTH, convention)
    state = gradient.seam(2001)
    d = gradient.diffusivity_at(state.x)
    J = -(d**a) * np.gradient(d ** (1.0 - a) * state.concentration, state.x)
    assert np.allclose(J[1:-1], state.flux, rtol=0.0, atol=1e-5 * SLOW / LENGTH)


def test_open_channel() -> None:
    assert linear("isothermal").open_flux(3.0, 3.0) == 0.0
    scale = (FAST - SLOW) / LENGTH
    assert linear("Ito").open_flux(3.0, 3.0) == pytest.approx(-3.0 * scale)
    assert linear("isothermal").open_flux(1.0, 0.0) == pytest.approx(scale / math.log(FAST / SLOW))


def test_exit_probability() -> None:
    assert linear("isothermal").exit_probability(LENGTH / 2) == pytest.approx(math.log(3) / math.log(5), rel=1e-12)
    assert round(linear("isothermal").exit_probability(LENGTH / 2), 3) == 0.683
    assert linear("Ito").exit_probability(0.3 * LENGTH) == pytest.approx(0.3, rel=1e-12)
    half = (3.0**0.5 - 1.0) / (5.0**0.5 - 1.0)
    assert linear("Stratonovich").exit_probability(LENGTH / 2) == pytest.approx(half, rel=1e-12)


@each_convention
def test_particles_leave_as_they_should(convention: str, a: float) -> None:
    gradient = linear(convention)
    share, error = particle_exit(gradient, LENGTH / 2, particles=4000, step=5e-4, seed=5)
    assert error < 0.008
    assert abs(share - gradient.exit_probability(LENGTH / 2)) < 3.5 * error


@each_convention
@pytest.mark.parametrize("ends", ["reflecting", "seam"])
def test_particles_spread_as_they_should(ends: str, convention: str, a: float) -> None:
    """Within four errors and what the length of a step adds."""
    gradient, bins = linear(convention), 8
    cloud = particle_profile(gradient, ends=ends, particles=2000, time=0.8, settle=0.8, step=4e-4, bins=bins, seed=2)
    fine = np.linspace(0.0, LENGTH, 16 * bins + 1)
    known = gradient.seam(fine.size).concentration if ends == "seam" else gradient.closed(fine)
    means = [np.trapezoid(known[16 * i : 16 * i + 17]) / 16.0 for i in range(bins)]
    assert cloud.concentration_error.max() < 0.04
    # A step mixes both sides of the seam.
    bulk = slice(1, -1) if ends == "seam" else slice(None)
    assert np.all(np.abs(cloud.concentration - means)[bulk] < 4.0 * cloud.concentration_error[bulk] + 0.01)
    expected = a * (FAST - SLOW) / LENGTH if ends == "seam" else 0.0
    assert abs(cloud.flux - expected) < 4.0 * cloud.flux_error
    assert cloud.concentration.mean() == pytest.approx(1.0, rel=1e-12)


def test_particles_feel_a_potential() -> None:
    gradient = linear("isothermal", fi.pattern.linear("x", 0.0, 2.0, from_=0.0, to=LENGTH))
    cloud = particle_profile(
        gradient, ends="reflecting", particles=2000, time=0.8, settle=0.8, step=4e-4, bins=4, seed=4
    )
    known = gradient.closed((np.arange(400) + 0.5) * LENGTH / 400).reshape(4, -1).mean(axis=1)
    assert np.all(np.abs(cloud.concentration - known) < 4.0 * cloud.concentration_error + 0.02)


def test_runs_repeat() -> None:
    first, again, other = (
        particle_exit(linear("Ito"), LENGTH / 3, particles=100, step=5e-3, seed=seed)[0] for seed in (1, 1, 2)
    )
    assert first == again != other


@each_convention
def test_finite_elements_follow_the_convention(convention: str, a: float) -> None:
    """Between equal baths: a flux but for isothermal ions."""
    salt = fi.Electrolyte.symmetric(1.0, FAST)
    strip = fi.geometry.channel(LENGTH, LENGTH, resolve=LENGTH / 10, periodic=None, across=1, half=True, refine=2.0)
    gradient = linear(convention)
    conditions: list[Any] = [fi.Bath(salt, on=end) for end in ("left", "right")]
    for name in salt.names:
        conditions.append(fi.Diffusivity(name, LINEAR.shifted(-LENGTH / 2)))
        conditions.append(gradient.excess_potential(name, -LENGTH / 2))
    state = fi.steady(fi.PNP(salt, strip, conditions, unknowns="concentrations"))
    rate = fi.observe.IonRate(on="right", species=salt.names[0])(state) / LENGTH
    assert rate == pytest.approx(gradient.open_flux(1.0, 1.0), rel=1e-4, abs=1e-9 * FAST / LENGTH)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: DiffusivityGradient(LINEAR, LENGTH, "ito"), 'Did you mean "Ito"'),
        (lambda: DiffusivityGradient(LINEAR, LENGTH, None), "isothermal"),  # type: ignore[arg-type]
        (lambda: DiffusivityGradient(LINEAR, -1.0, "Ito"), "length"),
        (lambda: DiffusivityGradient(LINEAR - FAST / 2, LENGTH, "Ito"), "diffusivity"),
        (lambda: linear("Ito").exit_probability(2 * LENGTH), "positions"),
        (lambda: linear("Ito").closed([-1e-9]), "positions"),
        (lambda: linear("Ito").open_flux(-1.0, 1.0), "left"),
        (lambda: particle_exit(linear("Ito"), LENGTH), "start"),
        (lambda: particle_exit(linear("Ito"), LENGTH / 2, step=0.1), "step"),
        (lambda: particle_profile(linear("Ito"), ends="open"), "reflecting"),
        (lambda: particle_profile(linear("Ito"), ends="seam", bins=0), "bins"),
    ],
)
def test_what_was_wrong_is_said(wrong: Any, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        wrong()


def test_the_convention_has_no_default() -> None:
    with pytest.raises(TypeError, match="convention"):
        DiffusivityGradient(LINEAR, LENGTH)  # type: ignore[call-arg]
