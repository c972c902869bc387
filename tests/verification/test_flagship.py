# SPDX-License-Identifier: LGPL-3.0-or-later
"""The active nanochannel (50 nm x 10 nm, 100 mM): pitchfork, rates, flowing states, depletion.

The reference values come from a prototype with eigenvalues, transients and branches on 7,000 and 61,000 unknowns;
here some 2,700 unknowns must do.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from channels import Flagship
from measures import peak_velocity

import fem_ionics as fi
from fem_ionics.errors import DepletionError

#: Critical flux, mol/m2/s.
CRITICAL = 24.6655
#: Flux -> velocity (D/h) of the steady flow; half of the digits are the reference's.
FLOWING = {1.1 * CRITICAL: 0.373, 1.3 * CRITICAL: 0.672, 2.0 * CRITICAL: 1.386}

# Nodal undershoots of the anion beside strong positive charge are the mesh's, and warned of.
pytestmark = pytest.mark.filterwarnings("ignore::fem_ionics.errors.ResolutionWarning")


@pytest.fixture(scope="module")
def flagship() -> Iterator[Flagship]:
    yield Flagship()


@pytest.fixture(scope="module")
def spontaneous(flagship: Flagship) -> tuple[Any, Any, fi.State]:
    """From a 2 % denser right half at 30 mol/m2/s: times, velocities, last state."""
    return flagship.follow(flagship.seeded(0.02), 30.0, 18.0, tolerance=1e-3)


@pytest.fixture(scope="module")
def branch(flagship: Flagship, spontaneous: Any) -> Callable[[float], tuple[float, fi.State]]:
    """Flux -> speed of the flowing state, continued from the end of the transient."""
    last = spontaneous[2]

    @cache
    def at(flux: float) -> tuple[float, fi.State]:
        guess = last if abs(flux - 30.0) < 6.0 else at(0.5 * (30.0 + flux))[1]
        state = flagship.solve(flux, guess)
        return abs(flagship.velocity(state)), state

    return at


@pytest.mark.parametrize("flux", [5.0, 20.0, 40.0, 60.0])
def test_symmetric_branch_does_not_flow(flagship: Flagship, flux: float) -> None:
    """Below and above the critical flux, from rest: recirculation alone."""
    state = flagship.solve(flux)
    assert peak_velocity(state) > 0.05
    assert abs(flagship.velocity(state)) < 1e-10 * peak_velocity(state)


@pytest.mark.parametrize(("flux", "rate"), [(20.0, -0.341), (26.0, 0.124)])
def test_rate_of_a_small_perturbation(flagship: Flagship, flux: float, rate: float) -> None:
    """A kick of the symmetric state decays below the critical flux and grows above it."""
    kicked = flagship.kicked(flagship.solve(flux), 1e-3)
    times, velocity, _ = flagship.follow(kicked, flux, 6.0, fixed_step=0.2)
    late = times > 2.9
    slope = np.polyfit(times[late], np.log(np.abs(velocity[late])), 1)[0]
    assert slope == pytest.approx(rate, rel=0.02, abs=0)


def test_spontaneous_flow_overshoots_and_settles(flagship: Flagship, spontaneous: Any, branch: Any) -> None:
    _, velocity, _ = spontaneous
    speed, _ = branch(30.0)
    assert np.abs(velocity).max() / speed - 1.0 == pytest.approx(0.07, rel=0, abs=0.005)
    assert abs(velocity[-1]) == pytest.approx(speed, rel=5e-3, abs=0)


def test_seed_chooses_the_sign(flagship: Flagship, spontaneous: Any) -> None:
    """The mirrored seed gives the mirrored flow, here followed for its beginning."""
    times, velocity, _ = spontaneous
    mirrored = flagship.follow(flagship.seeded(-0.02), 30.0, 0.3, tolerance=1e-3)
    assert abs(velocity[-1]) > 0.5
    assert np.sign(mirrored[1][-1]) == -np.sign(velocity[-1])
    at_end = np.interp(0.3, times, velocity)
    assert mirrored[1][-1] == pytest.approx(-at_end, rel=0.02, abs=0)


@pytest.mark.parametrize("flux", FLOWING)
def test_flowing_states(branch: Any, flux: float) -> None:
    speed, _ = branch(flux)
    assert speed == pytest.approx(FLOWING[flux], rel=2e-3, abs=0)


def test_flow_of_both_signs(flagship: Flagship, branch: Any) -> None:
    """The mirror image of a flowing state is one, reached through a small phase of the other sign."""
    speed, state = branch(30.0)
    sign = np.sign(flagship.velocity(state))
    try:
        flagship.phase.value = 0.2 * sign
        other = flagship.solve(30.0)
        for phase in (0.05, 0.0):
            flagship.phase.value = phase * sign
            other = flagship.solve(30.0, other)
    finally:
        flagship.phase.value = 0.0
    assert flagship.velocity(other) == pytest.approx(-sign * speed, rel=1e-9, abs=0)


def test_critical_flux(branch: Any) -> None:
    """U^2 falls to zero linearly (supercritical, exponent 1/2), at the reference's flux to 0.01 %."""
    fluxes = np.array([25.0, 25.5, 26.0])
    squares = np.array([branch(flux)[0] ** 2 for flux in fluxes])
    curved = np.polyfit(squares, fluxes, 2)
    assert curved[-1] == pytest.approx(CRITICAL, rel=1e-4, abs=0)
    straight = np.polyfit(squares, fluxes, 1)
    assert straight[-1] == pytest.approx(CRITICAL, rel=2e-3, abs=0)


@pytest.mark.validate
def test_critical_flux_on_a_finer_mesh() -> None:
    fine = Flagship(refine=2.0)
    fine.phase.value = 0.2
    state = fine.solve(30.0)
    for phase in (0.05, 0.0):
        fine.phase.value = phase
        state = fine.solve(30.0, state)
    fluxes, squares = (26.0, 25.5, 25.0), []
    for flux in fluxes:
        state = fine.solve(flux, state)
        squares.append(fine.velocity(state) ** 2)
    assert np.polyfit(squares, fluxes, 2)[-1] == pytest.approx(24.66566, rel=4e-5, abs=0)


def test_depletion_is_named(flagship: Flagship) -> None:
    """Beyond some 68 mol/m2/s the cation runs out where it is absorbed, at the ends of the channel."""
    with pytest.raises(DepletionError) as caught:
        flagship.solve(72.0)
    assert caught.value.species == "cation"
    assert caught.value.minimum < 0.0
    assert (abs(caught.value.where[0]), caught.value.where[1]) == pytest.approx((25e-9, 5e-9), rel=1e-6, abs=0)


def test_weak_charge_depletes_before_it_flows(flagship: Flagship) -> None:
    """At s = 3 a kick still decays just below the flux at which the cation runs out."""
    salt = flagship.model.electrolyte
    try:
        flagship.charge.value = 3.0 * salt.absolute_permittivity * salt.thermal_voltage / 5e-9
        state = flagship.solve(15.0)
        times, velocity, _ = flagship.follow(flagship.kicked(state, 1e-3), 15.0, 3.0, fixed_step=0.25)
        rate = np.log(velocity[-1] / velocity[-4]) / (times[-1] - times[-4])
        assert rate < -0.3
        with pytest.raises(DepletionError) as caught:
            flagship.solve(17.0)
        assert caught.value.species == "cation"
    finally:
        flagship.charge.value = 0.05
