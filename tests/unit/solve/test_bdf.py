# SPDX-License-Identifier: LGPL-3.0-or-later
"""One step: its order, its weights, its error estimate, and what it conserves."""

import numpy as np
import pytest
from slit import LENGTH, SALT, mean

import fem_ionics as fi
from fem_ionics.errors import ConvergenceError, ModelError
from fem_ionics.solve import BDF2
from fem_ionics.solve.bdf import _bdf_weights, _error_share, extrapolate


def perturbed(slit, part=0.3):
    """A wave of both ions: without wall charge it decays as exp(-D k2 t), exactly."""

    def wave(x, math):
        return 20.0 * (1.0 + part * math.cos(2 * np.pi * x[0] / LENGTH))

    state = fi.resting(slit.model, {name: wave for name in SALT.names})
    return fi.State(state.model, state.arrays, state.parameters, 0.0)


RATE = 1e-9 * (2 * np.pi / LENGTH) ** 2


def amplitude(state):
    """Of the wave, relative to the mean: from the nodal values (collective)."""
    field = state.field("cation")
    comm = state.model.domain.comm
    highest = max(comm.allgather(field.x.array.max(initial=-np.inf)))
    lowest = min(comm.allgather(field.x.array.min(initial=np.inf)))
    return (highest - lowest) / 40.0


def run(slit, stepper, times):
    history = [perturbed(slit)]
    stepper.prepare(history[0])
    errors = []
    for now in times:
        state, error = stepper.step(history, now - (history[0].time or 0.0))
        history = [state, *history[:2]]
        errors.append(error)
    return history, errors


@pytest.fixture
def stepper(slits, slit):
    """Its forms are compiled once for each kind."""
    if not hasattr(slit, "stepper"):
        slit.stepper = BDF2(slit.model)
    return slit.stepper


def test_order_two_and_the_known_rate(slit, stepper):
    end = 1.0 / RATE
    found = [amplitude(run(slit, stepper, end * np.linspace(0, 1, n + 1)[1:])[0][0]) for n in (8, 16, 32)]
    order = np.log2((found[0] - found[1]) / (found[1] - found[2]))
    assert order == pytest.approx(2.0, abs=0.15)
    limit = found[2] + (found[2] - found[1]) / 3.0
    # Quadratic elements, six to a wave.
    assert limit == pytest.approx(0.3 * np.exp(-1.0), rel=2e-3, abs=0)


def test_the_estimate_falls_with_the_third_power_and_is_an_error(slit, stepper):
    """Enough steps that the first one, of first order, is forgotten."""
    estimates = []
    for size in (0.05, 0.025):
        _, errors = run(slit, stepper, size / RATE * np.arange(1, round(0.8 / size) + 1))
        assert errors[0] == 0.0
        estimates.append(errors[-1])
    assert np.log2(estimates[0] / estimates[1]) == pytest.approx(3.0, abs=0.1)
    # 2/9 dt^3 d3c/dt3 of equal steps, as root mean square over a wave of 0.3 exp(-t).
    exact = 2.0 / 9.0 * 0.05**3 * 0.3 * np.exp(-0.8) / np.sqrt(2.0)
    assert estimates[0] == pytest.approx(exact, rel=0.2, abs=0)


@pytest.mark.mpi
def test_amounts_stay_to_round_off(slit, stepper):
    times = np.cumsum([1e-3, 2e-3, 3e-3, 1e-2, 3e-2, 2e-2, 1e-1]) / RATE
    slit.charge.value, slit.pump.value = 0.01, 0.5
    history, _ = run(slit, stepper, times)
    for name in SALT.names:
        assert mean(history[0], name) == pytest.approx(20.0, rel=1e-13, abs=0)


def test_neutral_injection_grows_the_amounts_exactly(slit, stepper):
    for feed in slit.feed.values():
        feed.value = 0.5
    slit.charge.value = 0.005
    times = np.cumsum([1e-3, 2e-3, 3e-3, 1e-2, 2e-2, 2e-2]) / RATE
    history, _ = run(slit, stepper, times)
    fed = 0.5 / 10e-9 * times[-1]
    assert fed > 0.1
    for name in SALT.names:
        assert mean(history[0], name) - mean(perturbed(slit), name) == pytest.approx(fed, rel=1e-9, abs=0)
    # The next run imposes the amounts again.
    slit.still()
    stepper.prepare(perturbed(slit))
    assert [float(each.value) for each in slit.model.amounts.values()] == [1.0, 1.0]


@pytest.mark.mpi
def test_fluxes_that_charge_a_closed_domain(slit, stepper, comm):
    slit.feed["cation"].value = 0.5
    with pytest.raises(ModelError, match=r"charge the closed domain \(net 2\.5e-08 mol/s of elementary") as caught:
        stepper.prepare(perturbed(slit))
    assert len(set(comm.allgather(str(caught.value)))) == 1


@pytest.mark.mpi
def test_a_start_that_does_not_satisfy_poisson(slit, stepper):
    """Concentrations count; the potential of the first step follows from them."""
    slit.charge.value = 0.01
    start = perturbed(slit)
    wrong = fi.State(start.model, (start.arrays[0] + 7.0, *start.arrays[1:]), start.parameters, 0.0)
    if slit.model.unknowns == "potentials":  # the same concentrations at that potential
        arrays = [wrong.arrays[0], start.arrays[1] + 7.0, start.arrays[2] - 7.0, *start.arrays[3:]]
        wrong = fi.State(start.model, tuple(arrays), start.parameters, 0.0)
    stepper.prepare(start)
    states = [stepper.step([each], 1e-3 / RATE)[0] for each in (start, wrong)]
    for a, b in zip(*(state.arrays for state in states), strict=True):
        assert np.abs(a - b).max(initial=0.0) < 1e-9


def test_a_failed_step_leaves_the_history_alone(slit, slits):
    slit.charge.value = 0.01
    start = perturbed(slit)
    arrays = [array.copy() for array in start.arrays]
    hopeless = BDF2(slit.model, fi.Newton(options={"snes_max_it": 1}))
    hopeless.prepare(start)
    with pytest.raises(ConvergenceError):
        hopeless.step([start], 1.0 / RATE)
    for was, now in zip(arrays, start.arrays, strict=True):
        np.testing.assert_array_equal(was, now)


# arithmetic


def test_weights_are_exact_for_quadratics():
    def value(t):
        return 3.0 - 2.0 * t + 5.0 * t**2

    times = (1.3, 0.9)
    for now in (1.4, 2.9):
        weights = _bdf_weights(now, times)
        rate = sum(w * value(t) for w, t in zip(weights, (now, *times), strict=True))
        assert rate == pytest.approx(-2.0 + 10.0 * now, rel=1e-12, abs=0)
    one = _bdf_weights(1.5, (1.3,))
    assert one == pytest.approx((5.0, -5.0, 0.0), rel=1e-12, abs=0)
    assert sum(_bdf_weights(2.0, times)) == pytest.approx(0.0, abs=1e-14)


def test_extrapolation_is_exact_for_quadratics():
    times = [1.0, 0.7, 0.1]
    values = [[np.array([t**2, 1.0 - t]), np.array([3.0])] for t in times]
    first, second = extrapolate(values, times, 1.9)
    np.testing.assert_allclose(first, [1.9**2, -0.9], rtol=1e-13)
    np.testing.assert_allclose(second, [3.0], rtol=1e-14)
    (line,) = extrapolate([[np.array([t])] for t in times[:2]], times[:2], 1.9)
    assert line[0] == pytest.approx(1.9, rel=1e-14, abs=0)


def test_the_share_of_the_error_is_that_of_the_leading_terms():
    """For c = t^3 both leading terms are exact: BDF2 misses by own, the extrapolation by own + rest."""
    times, now = (2.0, 1.6, 1.1), 2.7
    a, b, c = _bdf_weights(now, times)
    solution = (3.0 * now**2 - b * times[0] ** 3 - c * times[1] ** 3) / a
    (predicted,) = extrapolate([[np.array([t**3])] for t in times], times, now)
    share = _error_share(now - times[0], times)
    assert share * abs(solution - predicted[0]) == pytest.approx(abs(solution - now**3), rel=1e-10, abs=0)
