# SPDX-License-Identifier: LGPL-3.0-or-later
"""Steady solves: from anywhere to the same state, or an error that says where it ended and why."""

import numpy as np
import pytest
from slit import SALT, mean

import fem_ionics as fi
from fem_ionics.constants import FARADAY
from fem_ionics.errors import ConvergenceError, DepletionError, ModelError, ParameterError, TagError
from fem_ionics.solve import Newton, NonlinearSystem, Steady

KINDS = ("concentrations", "potentials")


def difference(state, other):
    """Largest difference of nodal values of the fields that both have, relative to the largest value."""
    return max(
        np.abs(a - b).max(initial=0.0) / max(1.0, np.abs(b).max(initial=0.0))
        for field, a, b in zip(state.model.fields, state.arrays, other.arrays, strict=True)
        if field.kind != "multiplier"
    )


def multipliers(state):
    """Values of the gauges and sources that close the system."""
    return [a for f, a in zip(state.model.fields, state.arrays, strict=True) if f.kind == "multiplier"]


# the solution


@pytest.mark.mpi
def test_amounts_are_kept_and_multipliers_vanish(slit):
    slit.charge.value, slit.pump.value = 0.01, 0.5
    state = slit.steady.solve()
    for name in SALT.names:
        assert mean(state, name) == pytest.approx(20.0, rel=1e-12, abs=0)
    assert len(multipliers(state)) == 3
    assert max(np.abs(array).max(initial=0.0) for array in multipliers(state)) < 1e-11


@pytest.mark.mpi
@pytest.mark.parametrize("kind", KINDS)
def test_the_last_ion_follows_from_neutrality_with_the_walls(slits, kind):
    slit = slits(kind, closing=True)
    slit.mean_charge.value = -0.005
    state = slit.steady.solve()
    # Two walls of 50 nm on 500 nm2 of liquid.
    expected = 20.0 + 2 * 0.005 / 10e-9 / FARADAY
    assert mean(state, "anion") == pytest.approx(20.0, rel=1e-12, abs=0)
    assert mean(state, "cation") == pytest.approx(expected, rel=1e-10, abs=0)
    # The walls that Poisson's equation sees are the same ones: no gauge has to make up for them.
    assert max(np.abs(array).max(initial=0.0) for array in multipliers(state)) < 1e-10


def test_potentials_and_concentrations_agree(slits):
    found = {}
    for kind in KINDS:
        slit = slits(kind)
        slit.charge.value, slit.pump.value = 0.01, 0.5
        state = slit.steady.solve()
        found[kind] = [state.field(name).x.array for name in ("potential", *SALT.names)]
    for one, other in zip(*found.values(), strict=True):
        # The spaces differ, so the fields agree to the error of the mesh.
        assert np.abs(one - other).max(initial=0.0) < 0.02 * np.abs(other).max(initial=1e-30)
        assert np.abs(one - other).max(initial=1.0) > 0.0


@pytest.mark.mpi
def test_a_guess_from_other_values_leads_to_the_same_state(slit):
    slit.charge.value, slit.pump.value = 0.005, 0.2
    guess = slit.steady.solve()
    slit.charge.value, slit.pump.value = 0.01, 0.5
    cold, warm = slit.steady.solve(), slit.steady.solve(guess)
    assert difference(warm, cold) < 1e-9
    assert warm.info["iterations"] <= cold.info["iterations"]
    assert warm.parameters["charge"] == 0.01 and guess.parameters["charge"] == 0.005


def test_solves_share_their_compiled_forms(slit, monkeypatch):
    steady = slit.steady
    system = steady.system
    monkeypatch.setattr("dolfinx.fem.form", lambda *a, **k: pytest.fail("a form was compiled again"))
    minima = []
    for value in (0.002, 0.004):
        slit.charge.value = value
        state = steady.solve()
        assert steady.system is system
        minima.append(state.arrays[0].min())
    assert minima[1] < minima[0] < 0.0


# from a cold start


def test_ramp_reaches_what_newton_alone_does_not(slits):
    """2 C/m2 on a mesh for it: the potentials overflow on the way, unless their steps are those of concentrations."""
    slit = slits("potentials", closing=True)
    slit.mean_charge.value = -2.0
    model = slit.model
    plain = Steady(model)
    plain.system.amend = None
    model.load(fi.resting(model))
    model.read_parameters()
    with pytest.raises(ConvergenceError):
        plain.system.solve()
    ramped, direct = plain.solve(), slit.steady.solve()
    assert ramped.info["load steps"] > 2
    assert "load steps" not in direct.info
    for state in (ramped, direct):
        assert mean(state, "cation") == pytest.approx(20.0 + 2 * 2.0 / 10e-9 / FARADAY, rel=1e-9, abs=0)


def test_ramp_with_concentrations_and_few_iterations(slits):
    slit = slits("concentrations")
    slit.charge.value, slit.pump.value = 0.01, 0.5
    expected = slit.steady.solve()
    short = Steady(slit.model, Newton(options={"snes_max_it": expected.info["iterations"] - 1}))
    slit.model.load(fi.resting(slit.model))
    slit.model.read_parameters()
    with pytest.raises(ConvergenceError) as caught:
        short.system.solve()
    assert caught.value.reason == "DIVERGED_MAX_IT"
    state = short.solve()
    assert state.info["load steps"] >= 2
    assert difference(state, expected) < 1e-8


def test_a_residual_at_round_off_is_enough(slits):
    """Where an ion is all but gone its potential is free, so the step never becomes small."""
    slit = slits("potentials", closing=True)
    slit.mean_charge.value = -0.1
    tight = Steady(slit.model, Newton(options={"snes_atol": 1e-20, "snes_stol": 0.0}))
    state = tight.solve()
    assert "load steps" not in state.info
    assert state.info["iterations"] < 25
    assert state.info["residual"] < 1e-9


# refusals


@pytest.mark.mpi
def test_a_flux_of_nonzero_mean_has_no_steady_state(slit, comm):
    for feed in slit.feed.values():
        feed.value = 0.25
    slit.pump.value = 1.0
    with pytest.raises(ModelError) as caught:
        slit.steady.solve()
    words = str(caught.value)
    # 0.25 mol/m2/s on the top alone: 0.125 over both walls of the cation, with a mean size 2/pi of the wave's.
    assert 'IonFlux("cation") injects a net 1.25e-08 mol/s (mean 0.125 mol/m2/s over its active walls' in words
    assert "Make its mean zero, or open the domain" in words
    assert len(set(comm.allgather(words))) == 1


@pytest.mark.mpi
def test_amounts_that_are_not_neutral_with_the_walls(slits):
    slit = slits("concentrations")
    slit.mean_charge.value = 0.01
    with pytest.raises(ModelError, match=r"do not balance \(excess 20\.73 mol/m3 of elementary charges.*leave one"):
        slit.steady.solve()


def test_walls_that_carry_more_than_the_amounts_can_balance(slits):
    slit = slits("potentials", closing=True)
    slit.mean_charge.value = 0.01
    with pytest.raises(ModelError, match=r'Neutrality asks for -0\.72\d+ mol/m3 of "cation"'):
        slit.steady.solve()


@pytest.mark.mpi
def test_depletion_is_found_bracketed_and_named(slits, comm):
    slit = slits("concentrations")
    slit.charge.value, slit.pump.value = 0.005, 20.0
    with pytest.raises(DepletionError) as caught:
        slit.steady.solve()
    error = caught.value
    assert error.species in SALT.names and error.minimum < 0.0
    # The wave takes ions out around the middle of the walls.
    assert error.where[0] == pytest.approx(25e-9, abs=10e-9) and min(error.where[1], 10e-9 - error.where[1]) < 1e-15
    assert f'The concentration of "{error.species}" falls to' in str(error)
    assert "the flux asked for exceeds what diffusion and migration can supply there" in str(error)
    assert error.last is not None
    assert len(set(comm.allgather(str(error)))) == 1
    # The limit that the message names separates what can be supplied from what cannot.
    reached = error.last.info["reached"]
    assert 0.0 < reached < 1.0 and f"{reached:.3f} of the active fluxes" in str(error)
    for part, fails in ((0.97, False), (1.05, True)):
        slit.pump.value = 20.0 * reached * part
        if fails:
            with pytest.raises(DepletionError):
                slit.steady.solve()
        else:
            assert slit.steady.solve().arrays[1].min(initial=1.0) > 0.0


def test_the_ramp_says_how_far_it_came(slit):
    hopeless = Steady(slit.model, Newton(options={"snes_max_it": 1}))
    slit.charge.value = 0.01
    with pytest.raises(ConvergenceError) as caught:
        hopeless.solve()
    error = caught.value
    assert type(error) is ConvergenceError
    assert error.reason == "DIVERGED_MAX_IT" and error.iterations == 1
    assert error.last is not None and error.last.model is slit.model
    assert "charge = 0.01" in str(error) and "of the charges and fields (error.last)" in str(error)
    # Nothing is left half loaded.
    assert float(slit.model.values.load.value) == 1.0 == float(slit.model.values.activity.value)
    assert slit.steady.solve().info["iterations"] > 1


# where a solve starts


@pytest.mark.mpi
def test_rest(slit):
    state = fi.resting(slit.model, {"cation": lambda x, math: 20.0 + 1e8 * x[0]})
    assert state.field("cation").x.array == pytest.approx(20.0 + 1e8 * _x(state.field("cation")), rel=1e-12, abs=0)
    assert np.all(np.abs(state.field("anion").x.array - 20.0) < 1e-12)
    assert not state.field("potential").x.array.any()


def _x(function):
    return function.function_space.tabulate_dof_coordinates()[:, 0] * 10e-9


@pytest.mark.mpi
@pytest.mark.parametrize("value", [-1.0, float("nan"), lambda x, math: 1e300 * math.exp(x[0] * 1e11)])
def test_concentrations_that_cannot_be(slit, value, comm):
    """Zero is refused for potentials only."""
    words = r'resting: the concentration of "cation" is (-1 mol/m3|not a finite number) somewhere'
    given = value if callable(value) else (lambda x, math: value + 0.0 * x[0])
    with pytest.raises(ParameterError, match=words) as caught, np.errstate(over="ignore"):
        fi.resting(slit.model, {"cation": given})
    assert len(set(comm.allgather(str(caught.value)))) == 1


def test_zero_concentrations(slits):
    fi.resting(slits("concentrations").model, {"cation": 0.0})
    with pytest.raises(ParameterError, match=r"is 0 mol/m3 somewhere; it must be positive"):
        fi.resting(slits("potentials").model, {"cation": 0.0})


def test_species_that_do_not_exist(slit):
    with pytest.raises(TagError, match=r'resting: no species "cations"; known are cation, anion\. .* "cation"\?'):
        fi.resting(slit.model, {"cations": 1.0})


def test_a_guess_of_another_model(slits):
    with pytest.raises(ModelError, match="belongs to the model"):
        slits("concentrations").steady.solve(fi.resting(slits("potentials").model))


def test_one_call_is_enough(slits):
    slit = slits("concentrations")
    slit.charge.value = 0.005
    assert difference(fi.steady(slit.model), slit.steady.solve()) < 1e-12
    assert isinstance(slit.steady.system, NonlinearSystem)
