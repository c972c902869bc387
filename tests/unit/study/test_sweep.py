# SPDX-License-Identifier: LGPL-3.0-or-later
"""Sweeps: every value met, steps that halve and recover, rows in order whoever computes them, nothing lost."""

import sys
from pathlib import Path

import numpy as np
import pytest
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.errors import CheckpointError, ConvergenceError, ParameterError
from fem_ionics.study.march import Pace, Point, march
from fem_ionics.study.solvable import as_solvable, extrapolated

sys.path.insert(0, str(Path(__file__).parent))
from devices import SATURATION, THERMAL, Diode, Memory, Probe, Solution


def walked(device, targets, first=0.1, smallest=1e-3, **options):
    def assign(value):
        device.voltage.value = value

    start = Point(0.0, device.solve())
    device.tries.clear()
    return list(march(device.solve, assign, start, targets, Pace(first, smallest), name="voltage", unit="V", **options))


def test_march_meets_the_targets_and_grows():
    device = Diode()
    steps = walked(device, [0.05, 0.4, 3.0])
    values = [each.point.value for each in steps]
    assert values[0] == 0.05 and 0.4 in values and values[-1] == 3.0
    # The first step was 0.05, of the wanted 0.1; afterwards each is at most 1.6 times the longest before.
    lengths = np.diff([0.0, *values])
    assert np.all(lengths[1:] <= 1.6 * np.maximum(0.1, np.maximum.accumulate(lengths)[:-1]) + 1e-12)
    assert lengths.max() > 0.5
    assert [each.halvings for each in steps] == [0] * len(steps)


def test_march_guesses_on_the_secant():
    device = Diode()
    walked(device, [0.1, 0.2, 0.3])
    # The unknown is the voltage itself: on the secant the guess is the solution.
    guesses = [guess for _, guess in device.tries]
    assert guesses == pytest.approx([0.0, 0.2, 0.3], abs=1e-15)


def test_march_halves_and_recovers():
    device = Diode(reach=0.03)
    steps = walked(device, [1.0], first=0.1)
    assert steps[0].point.value == pytest.approx(0.025)
    assert steps[0].halvings == 2
    assert steps[-1].point.value == 1.0
    # With two points the secant is exact, so the steps grow again.
    assert len(steps) < 12 and sum(each.halvings for each in steps) <= 3


def test_march_gives_up_with_the_last_good_solution():
    device = Diode(wall=0.33)
    with pytest.raises(ConvergenceError, match=r"at voltage = 0\.33\d* V.*smallest") as caught:
        walked(device, [1.0])
    assert 0.328 < caught.value.last.arrays[0][0] <= 0.33


def test_march_leads_one_way():
    with pytest.raises(ParameterError, match="one way"):
        walked(Diode(), [0.1, -0.1])
    with pytest.raises(ParameterError, match="first_step"):
        Pace(1e-4, 1e-3)


def test_extrapolation_needs_arrays():
    one, two = (Solution((np.array([v]),), {}) for v in (1.0, 2.0))
    assert extrapolated((0.0, one), (1.0, two), 3.0).arrays[0] == pytest.approx([4.0])
    assert extrapolated(None, (1.0, two), 3.0) is two
    assert extrapolated((0.0, "a"), (1.0, "b"), 3.0) == "b"


def record(device):
    return {"I": Probe(device.current)}


def expected(concentrations, voltages):
    return [SATURATION * c * np.expm1(v / THERMAL) for c in concentrations for v in voltages]


def test_product_in_the_order_given():
    device = Diode()
    concentrations, voltages = [10.0, 1.0, 100.0], [0.3, -0.2, 0.0, 0.1]
    table = fi.sweep(device, {device.concentration: concentrations, "voltage": voltages}, record=record(device))
    assert table.names == ("concentration", "voltage", "I", "newton", "halvings")
    assert table["concentration"].tolist() == np.repeat(concentrations, 4).tolist()
    assert table["voltage"].tolist() == voltages * 3
    assert table["I"] == pytest.approx(expected(concentrations, voltages), rel=1e-12, abs=0)
    assert table.units["I"] == "A" and table.units["voltage"] == "V"
    assert device.voltage.value == 0.0 and device.concentration.value == 1.0
    # The walk starts where the voltage is; the next line starts from the first solution of the line before.
    assert device.tries[0][0] == 0.0 and device.tries[0][1] is None
    fresh = [tried for tried in device.tries if tried[1] is None]
    assert len(fresh) == 1


def test_lines_too_far_apart_are_walked_to():
    device = Diode(reach=1.2)
    table = fi.sweep(device, {"concentration": [1.0, 50.0, 2.0], "voltage": [0.0]}, record=record(device))
    assert table["I"].tolist() == [0.0] * 3
    assert table["halvings"].tolist() == [0] * 3  # those between lines are not the points'
    assert len([tried for tried in device.tries if tried[1] is None]) == 1


def test_a_first_point_that_rest_does_not_reach_is_walked_to():
    device = Diode(reach=0.4)
    table = fi.sweep(device, {"voltage": [1.0, 1.2]}, record=record(device))
    assert table["I"] == pytest.approx(expected([1.0], [1.0, 1.2]), rel=1e-12, abs=0)


@pytest.mark.mpi
@pytest.mark.parametrize(
    ("values", "options", "words"),
    [
        ({}, {}, "a dict from parameters"),
        ({"voltage": []}, {}, "no value"),
        ({"voltage": [0.1, 0.1]}, {}, "twice"),
        ({"voltage": [np.nan]}, {}, "finite"),
        ({"volt": [0.1]}, {}, 'Did you mean "voltage"'),
        ({fi.Parameter("voltage", 0.0): [0.1]}, {}, "another object"),
        ({"voltage": [0.1]}, {"record": {}}, "empty"),
        ({"voltage": [0.1]}, {"record": {"voltage": float}}, "own"),
        ({"voltage": [0.1]}, {"record": {"I": 3}}, "probe"),
        ({"voltage": [0.1]}, {"groups": 0}, "groups"),
        ({"voltage": [0.1]}, {"groups": 100}, "ranks"),
        ({"voltage": [0.1]}, {"first_step": -1.0}, "first_step"),
        ({"voltage": [0.1]}, {"newton": fi.Newton()}, "solves itself"),
    ],
)
def test_bad_input_is_found_before_any_solve(values, options, words):
    device = Diode()
    with pytest.raises(ParameterError, match=words):
        fi.sweep(device, values, **{"record": record(device), **options})
    assert device.tries == []


def test_only_solvables():
    with pytest.raises(ParameterError, match="parameters and solve"):
        as_solvable(3)
    device = Diode()
    assert as_solvable(device) is device


@pytest.mark.mpi
@pytest.mark.parametrize("single", [False, True])
def test_groups_share_the_points(comm, single):
    made = []

    def make(mine):
        made.append(Diode(comm=mine))
        return made[-1]

    concentrations, voltages = ([1.0], [0.3, -0.2, 0.0, 0.1]) if single else ([10.0, 1.0, 100.0], [0.3, 0.0])
    values = {"voltage": voltages} if single else {"concentration": concentrations, "voltage": voltages}
    table = fi.sweep(make, values, record={"I": Probe(Diode().current)}, groups=comm.size)
    assert table["I"] == pytest.approx(expected(concentrations, voltages), rel=1e-12, abs=0)
    assert len(made) == 1 and made[0].comm.size == 1
    solved = comm.allgather(len(made[0].tries))
    assert all(solved) and table.provenance["groups"] == comm.size


@pytest.mark.mpi
def test_one_group_s_failure_reaches_all(comm):
    def make(mine):
        return Diode(comm=mine, wall=1.0)

    values = {"concentration": [float(2 + i) for i in range(comm.size)], "voltage": [0.1]}

    def fails(solution):
        if solution.parameters["concentration"] == 2.0:
            raise ConvergenceError("no number")
        return 0.0

    with pytest.raises(ConvergenceError, match="no number"):
        fi.sweep(make, values, record={"x": fails}, groups=comm.size)
    comm.barrier()


@pytest.mark.mpi
def test_groups_need_a_maker(comm):
    if comm.size == 1:
        pytest.skip("one rank is one group")
    with pytest.raises(ParameterError, match="make"):
        fi.sweep(Diode(), {"voltage": [0.1]}, record={"x": float}, groups=2)
    with pytest.raises(ParameterError, match="no parameter here"):
        fi.sweep(lambda mine: Diode(comm=mine), {"volt": [0.1]}, record={"x": float}, groups=2)


@pytest.mark.parametrize("stop", range(1, 12))
def test_a_stopped_sweep_goes_on_where_it_was(stop):
    values = {"concentration": [10.0, 1.0], "voltage": [0.4, 0.1, -0.3]}
    whole = Diode(reach=0.15)
    expected = fi.sweep(whole, values, record=record(whole))
    memory, device = Memory(), Diode(reach=0.15)
    memory.stop_after = stop
    with pytest.raises(KeyboardInterrupt):
        fi.sweep(device, values, record=record(device), store=memory)
    assert device.voltage.value == 0.0
    before = {number: [row["value"] for row in line.rows] for number, line in memory.lines.items()}
    memory.stop_after, again = None, Diode(reach=0.15)
    table = fi.sweep(again, values, record=record(again), store=memory)
    for name in expected.names:
        assert table[name].tolist() == expected[name].tolist(), name
    # Not a point twice.
    for number, known in before.items():
        assert [row["value"] for row in memory.lines[number].rows][: len(known)] == known
    assert len(device.tries) + len(again.tries) == len(whole.tries)


def resistor(comm=MPI.COMM_WORLD):
    """KCl between two baths of 20 nm; its parameters by name."""
    kcl = fi.Electrolyte.kcl(100.0)
    voltage, salt = fi.Parameter("voltage", 0.0, "V"), fi.Parameter("concentration", 100.0, "mol/m3")
    ends = [fi.Fixed(ion, salt, on=side) for ion in kcl.names for side in ("left", "right")]
    potentials = [fi.Fixed("potential", voltage, on="left"), fi.Fixed("potential", 0.0, on="right")]
    box = fi.geometry.rectangle((20e-9, 10e-9), (4, 2), comm=comm)
    return fi.PNP(kcl, box, [*potentials, *ends], unknowns="potentials")


@pytest.mark.mpi
def test_models_on_groups_of_ranks(comm):
    values = {"concentration": [100.0, 10.0], "voltage": [-0.05, 0.05]}
    table = fi.sweep(resistor, values, record={"I": fi.observe.Current(on="right")}, groups=comm.size)
    # G = 2 F^2 D c / RT per length, times the height.
    kcl = fi.Electrolyte.kcl(1.0)
    sigma = sum(fi.constants.F**2 * ion.diffusivity for ion in kcl.species) / (fi.constants.R * kcl.temperature)
    wanted = [sigma * c * v * 0.5 for c in values["concentration"] for v in values["voltage"]]
    assert table["I"] == pytest.approx(wanted, rel=1e-6)
    assert table.units["I"] == "A/m"
    assert table.provenance["mesh"]["cells"] > 0 and "voltage" not in table.provenance["parameters"]


@pytest.mark.mpi
def test_another_problem_in_each_group(comm, shared_tmp_path):
    if comm.size == 1:
        pytest.skip("one rank is one group")

    def make(mine):
        device = Diode(comm=mine)
        device.fingerprint = str(comm.rank)
        return device

    store = fi.io.SweepFolder(shared_tmp_path / "run")
    with pytest.raises(CheckpointError, match="another problem in each group"):
        fi.sweep(make, {"voltage": [0.1, 0.2]}, record={"x": lambda s: 0.0}, groups=comm.size, store=store)
