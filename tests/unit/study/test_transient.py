# SPDX-License-Identifier: LGPL-3.0-or-later
"""Transients: steps by the error, every end reached, nothing lost on the way."""

import io
import sys
from pathlib import Path

import numpy as np
import pytest
import ufl
from dolfinx import fem

import fem_ionics as fi
from fem_ionics.errors import CheckpointError, ConvergenceError, ModelError, ParameterError
from fem_ionics.solve import BDF2

sys.path.insert(0, str(Path(__file__).parents[1] / "solve"))
from slit import LENGTH, SALT, Slits

RATE = 1e-9 * (2 * np.pi / LENGTH) ** 2


class Mean:
    """Mean concentration of an ion; its form is compiled once."""

    unit = "mol/m3"

    def __init__(self, model, name):
        self.domain = model.domain
        self.form = fem.form(model.expression(name) * model.domain.dx(degree=model.quadrature_degree))
        self.volume = model.domain.volume() / model.domain.unit**2

    def __call__(self, state):
        state.model.load(state)
        return self.domain.comm.allreduce(fem.assemble_scalar(self.form)) / self.volume


class Wave:
    """Amplitude of a wave of the cation, relative to the mean."""

    unit = ""

    def __init__(self, model):
        x = model.domain.x[0]
        self.domain = model.domain
        dx = model.domain.dx(degree=6)
        self.form = fem.form(model.expression("cation") / 10.0 * ufl.cos(2 * np.pi * x / LENGTH) * dx)
        self.volume = model.domain.volume() / model.domain.unit**2

    def __call__(self, state):
        state.model.load(state)
        return self.domain.comm.allreduce(fem.assemble_scalar(self.form)) / self.volume


@pytest.fixture(scope="module")
def slits():
    return Slits()


@pytest.fixture(params=["concentrations", "potentials"])
def slit(slits, request):
    return slits(request.param)


@pytest.fixture
def quick(slits):
    """Where the kind of unknowns makes no difference."""
    return slits("concentrations")


def start(slit, part=0.3):
    def wave(x, math):
        return 20.0 * (1.0 + part * math.cos(2 * np.pi * x[0] / LENGTH))

    return fi.resting(slit.model, {name: wave for name in SALT.names})


def run(slit, until=1.0, **options):
    options = {"progress": False, "first_step": 1e-3 / RATE, **options}
    return fi.transient(slit.model, options.pop("initial", None) or start(slit), until=until / RATE, **options)


class Memory:
    """A checkpoint that keeps copies in memory."""

    def __init__(self):
        self.kept = None
        self.saves = 0

    def save(self, states, meta):
        self.kept = (dict(states), {key: value for key, value in meta.items()})
        self.kept[1]["rows"] = [list(row) for row in meta["rows"]]
        self.saves += 1

    def load(self, model):
        return self.kept


# accuracy


def test_a_wave_of_salt_decays_at_its_rate_and_amounts_stay(slit):
    wave = Wave(slit.model)
    trace = run(slit, tolerance=1e-5, record={"wave": wave, **{name: Mean(slit.model, name) for name in SALT.names}})
    # Six quadratic elements to a wave, at the start already.
    assert wave(start(slit)) == pytest.approx(0.3, rel=5e-3, abs=0)
    assert trace["wave"][-1] / wave(start(slit)) == pytest.approx(np.exp(-1.0), rel=3e-3, abs=0)
    for name in SALT.names:
        np.testing.assert_allclose(trace[name], 20.0, rtol=1e-13)
    found = trace.growth_rate("wave", window=None)
    assert found.rate == pytest.approx(-RATE, rel=5e-3, abs=0) and 0 <= found.error < 0.01 * RATE


def test_the_error_follows_the_tolerance(quick):
    wave = Wave(quick.model)
    exact = run(quick, 1.0, record={"wave": wave}, tolerance=1e-8)["wave"][-1]
    found = {tolerance: run(quick, 1.0, record={"wave": wave}, tolerance=tolerance) for tolerance in (1e-3, 1e-4, 1e-5)}
    errors = [abs(trace["wave"][-1] - exact) for trace in found.values()]
    assert errors[0] > 2 * errors[1] > 4 * errors[2] > 0
    # What the steps may add up to.
    for tolerance, error in zip(found, errors, strict=True):
        assert error < tolerance * len(found[tolerance])


def test_fixed_steps(quick):
    trace = run(quick, 1.0, fixed_step=0.3 / RATE)
    np.testing.assert_allclose(trace["step"] * RATE, [0.3, 0.3, 0.3, 0.1], rtol=1e-9)
    assert trace.last.time == pytest.approx(1.0 / RATE, rel=1e-14, abs=0)


def test_the_largest_step_and_the_end(quick):
    trace = run(quick, 0.5, largest_step=0.031 / RATE, tolerance=1.0)
    assert trace["step"].max() <= 0.031 / RATE * (1 + 1e-12)
    assert trace["time"][-1] == pytest.approx(0.5 / RATE, rel=1e-13, abs=0)
    # No sliver is left for the last step, and none is larger than twice the one before.
    assert trace["step"][-1] > 0.4 * trace["step"][-2]
    assert np.all(trace["step"][1:] <= 2.0 * trace["step"][:-1] * (1 + 1e-9))
    np.testing.assert_allclose(np.cumsum(trace["step"]), trace["time"], rtol=1e-12)


def test_columns_units_and_last(quick):
    trace = run(quick, 0.01, record={"wave": Wave(quick.model), "cations": Mean(quick.model, "cation")})
    assert trace.names == ("time", "step", "wave", "cations")
    assert dict(trace.units) == {"time": "s", "step": "s", "wave": "", "cations": "mol/m3"}
    assert trace.title == "PNP transient" and trace.provenance
    assert trace.last.time == trace["time"][-1] and trace.last.model is quick.model
    assert {"iterations", "residual"} <= set(trace.last.info)


def test_the_end_of_a_transient_is_the_steady_state(slit):
    slit.charge.value, slit.pump.value = 0.005, 0.3
    trace = run(slit, 25.0, tolerance=1e-3)
    steady = slit.steady.solve()
    for name in ("potential", *SALT.names):
        ended, expected = (state.field(name).x.array for state in (trace.last, steady))
        assert np.abs(ended - expected).max(initial=0.0) < 1e-4 * np.abs(expected).max(initial=1.0)


# drives


def test_a_driven_parameter_takes_its_value_at_each_step(quick):
    seen = []

    class Charge:
        unit = "C/m2"

        def __call__(self, state):
            seen.append((state.time, state.parameters["charge"]))
            return state.parameters["charge"]

    period = 1.0 / RATE
    drive = {quick.charge: lambda t: 0.005 * np.sin(2 * np.pi * t / period)}
    trace = run(quick, 1.0, drive=drive, record={"charge": Charge()}, initial=fi.resting(quick.model))
    assert len(trace) > 10
    np.testing.assert_allclose(trace["charge"], 0.005 * np.sin(2 * np.pi * trace["time"] / period), atol=1e-16)


@pytest.mark.mpi
def test_a_feed_that_starts_and_stops_leaves_what_it_brought(quick):
    """Nothing flows at the start, so that the amounts seem closed then."""
    pulse = 0.1 / RATE
    peak = 2.0

    def feed(t):
        return peak * np.sin(np.pi * t / pulse) ** 2 if t < pulse else 0.0

    names = {name: Mean(quick.model, name) for name in SALT.names}
    drive = {parameter: feed for parameter in quick.feed.values()}
    trace = run(
        quick, 0.2, drive=drive, record=names, initial=fi.resting(quick.model), largest_step=2e-3 / RATE, tolerance=1e-2
    )
    brought = 0.5 * peak * pulse / 10e-9
    for name in SALT.names:
        # The mean of sin^2, as well as BDF2 integrates it.
        assert trace[name][-1] - 20.0 == pytest.approx(brought, rel=2e-2, abs=0)
        after = trace[name][trace["time"] > 1.1 * pulse]
        assert len(after) > 5 and np.ptp(after) < 0.02 * brought


@pytest.mark.mpi
def test_a_drive_that_charges_the_domain_later(quick):
    drive = {quick.feed["cation"]: lambda t: 0.0 if t < 0.01 / RATE else 1.0}
    with pytest.raises(ModelError, match="The active fluxes charge the closed domain"):
        run(quick, 0.1, drive=drive)


# failures


@pytest.mark.mpi
def test_a_failing_step_is_tried_again_smaller(quick, monkeypatch):
    sizes, fail = [], [True]
    step = BDF2.step

    def failing(self, history, size):
        sizes.append(size)
        if len(sizes) == 4 and fail.pop():
            raise ConvergenceError("no", reason="TEST")
        return step(self, history, size)

    monkeypatch.setattr(BDF2, "step", failing)
    trace = run(quick, 0.02)
    assert sizes[4] == pytest.approx(sizes[3] / 4, rel=1e-12, abs=0)
    assert trace["time"][-1] == pytest.approx(0.02 / RATE, rel=1e-12, abs=0)


def test_no_step_succeeds(quick):
    slow = fi.Newton(options={"snes_max_it": 1})
    quick.charge.value = 0.01
    with pytest.raises(
        ConvergenceError, match=r"No step from t = 0 s succeeds; the last good state is in error.last"
    ) as caught:
        run(quick, newton=slow)
    assert caught.value.last.time == 0.0 and caught.value.reason == "DIVERGED_MAX_IT"
    with pytest.raises(ConvergenceError, match="No step from"):
        run(quick, newton=slow, fixed_step=0.1 / RATE)


def test_a_tolerance_below_round_off_ends(quick):
    with pytest.raises(ConvergenceError, match=r"tolerance = 1e-18 is below what Newton resolves") as caught:
        run(quick, 0.1, tolerance=1e-18)
    assert caught.value.last.time > 0.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"until": 0.0}, "transient: until = 0.0"),
        ({"until": -1.0}, "transient: until = "),
        ({"until": float("nan")}, "transient: until = nan"),
        ({"tolerance": 0.0}, "transient: tolerance = 0.0"),
        ({"first_step": -1.0}, "transient: first_step"),
        ({"largest_step": 0.0}, "transient: largest_step"),
        ({"fixed_step": float("inf")}, "transient: fixed_step"),
        ({"checkpoint_every": 0}, "transient: checkpoint_every = 0"),
        ({"checkpoint_every": 1.5}, "transient: checkpoint_every = 1.5 was given; an integer"),
        ({"drive": {fi.Parameter("other", 1.0): lambda t: t}}, 'drive turns "other", which is no parameter of this'),
    ],
)
def test_bad_values(quick, options, words):
    with pytest.raises(ParameterError, match=words):
        run(quick, **options)


def test_a_start_of_another_model(slits, quick):
    with pytest.raises(ModelError, match="belongs to the model"):
        run(quick, initial=start(slits("potentials")))


# checkpoints


def test_an_interrupted_run_takes_the_same_steps(slit):
    slit.charge.value = 0.005

    class StopError(Exception):
        pass

    class Stopping(Memory):
        def save(self, states, meta):
            super().save(states, meta)
            if self.saves == 9:
                raise StopError

    record = {"cations": Mean(slit.model, "cation")}
    whole = run(slit, 0.1, record=record)
    checkpoint = Stopping()
    with pytest.raises(StopError):
        run(slit, 0.1, record=record, checkpoint=checkpoint)
    resumed = run(slit, 0.1, record=record, checkpoint=checkpoint, initial=fi.resting(slit.model))
    assert len(resumed) == len(whole) > 12
    np.testing.assert_allclose(resumed["time"], whole["time"], rtol=1e-10)
    for a, b in zip(resumed.last.arrays, whole.last.arrays, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9)
    # A run that came to its end has nothing left to do.
    again = run(slit, 0.1, record=record, checkpoint=checkpoint)
    assert checkpoint.saves == len(whole)
    np.testing.assert_array_equal(again["time"], resumed["time"])


def test_how_often_a_checkpoint_is_written(quick):
    every, third = Memory(), Memory()
    trace = run(quick, 0.05, checkpoint=every)
    run(quick, 0.05, checkpoint=third, checkpoint_every=3)
    assert every.saves == len(trace) > 4
    assert third.saves == len(trace) // 3 + (len(trace) % 3 > 0)
    assert [len(each.kept[1]["rows"]) for each in (every, third)] == [len(trace)] * 2


def test_a_checkpoint_of_another_run(quick):
    memory = Memory()
    run(quick, 0.01, checkpoint=memory, record={"cations": Mean(quick.model, "cation")})
    with pytest.raises(CheckpointError, match=r"The checkpoint recorded \['cations'\], this run records \['anions'\]"):
        run(quick, 0.02, checkpoint=memory, record={"anions": Mean(quick.model, "anion")})
    quick.charge.value = 0.005
    with pytest.raises(CheckpointError, match=r'written at "charge" = 0, it is now 0\.005'):
        run(quick, 0.02, checkpoint=memory, record={"cations": Mean(quick.model, "cation")})


# the bar


@pytest.mark.mpi
def test_a_bar_on_rank_zero_alone(quick, monkeypatch, comm):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    for progress in (True, False):
        terminal = Terminal()
        monkeypatch.setattr(sys, "stderr", terminal)
        run(quick, 0.02, progress=progress, record={"cations": Mean(quick.model, "cation")})
        monkeypatch.undo()
        shown = terminal.getvalue()
        if progress and comm.rank == 0:
            assert "transient 100%" in shown and "cations 20 mol/m3" in shown
        else:
            assert shown == ""
