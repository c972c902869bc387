# SPDX-License-Identifier: LGPL-3.0-or-later
"""Current-voltage curves: from equilibrium outwards, in the order given, with a charge defect that means something."""

import logging
import sys
from pathlib import Path

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.errors import ParameterError, TagError

sys.path.insert(0, str(Path(__file__).parent))
from devices import SATURATION, THERMAL, Diode, Memory, Probe

ENDS = ("left", "right")


def resistor(flow=False):
    """KCl between two baths, with its voltage on the left and the salt there."""
    kcl = fi.Electrolyte.kcl(100.0)
    voltage, salt = fi.Parameter("voltage", 0.0, "V"), fi.Parameter("left bath", 100.0, "mol/m3")
    conditions = [
        fi.Fixed("potential", voltage, on="left"),
        fi.Fixed("potential", 0.0, on="right"),
        *[fi.Fixed(ion, salt, on="left") for ion in kcl.names],
        *[fi.Fixed(ion, 100.0, on="right") for ion in kcl.names],
    ]
    if not flow:
        return fi.PNP(kcl, fi.geometry.rectangle((20e-9, 10e-9), (6, 2)), conditions, unknowns="potentials")
    domain = fi.geometry.rectangle((20e-9, 10e-9), (8, 8))
    walls = ["bottom", "top"]
    conditions += [fi.SurfaceCharge(-0.01, on=walls), fi.NoSlip(on=walls)]
    conditions += [fi.Pressure(0.0, on=side) for side in ENDS]
    return fi.PNPS(kcl, domain, conditions, unknowns="potentials")


@pytest.fixture(scope="module")
def model():
    return resistor()


def test_a_diode():
    device = Diode()
    voltages = [0.3, -0.3, 0.0, 0.05, -1.0]
    iv = fi.iv_curve(device, device.voltage, voltages, between=("a", "b"), record={"c": Probe(lambda s: 7.0, "mol")})
    assert iv.voltages.tolist() == voltages
    assert iv.currents == pytest.approx(SATURATION * np.expm1(np.array(voltages) / THERMAL), rel=1e-12, abs=0)
    assert iv["K+ current"] == pytest.approx(0.75 * iv.currents, rel=1e-12, abs=0)
    assert iv.names == (
        "voltage", "current", "K+ current", "Cl- current", "c", "charge defect", "newton", "halvings",
    )  # fmt: skip
    assert iv.units["current"] == "A" and iv.units["c"] == "mol"
    # From equilibrium outwards, one way and then the other.
    walk = [voltage for voltage, _ in device.tries]
    turn = walk.index(0.3) + 1
    assert walk[0] == 0.0 and np.all(np.diff(walk[:turn]) > 0) and np.all(np.diff([0.0, *walk[turn:]]) < 0)
    assert device.tries[turn][1] == 0.0  # the guess of the second way is equilibrium again
    assert walk[1] == 0.05 and walk[turn] == -0.1
    assert device.voltage.value == 0.0
    # 1e-21 A are lost everywhere: relative to the current, and at no current to 1e-6 of the largest.
    largest = np.abs(iv.currents).max()
    assert iv["charge defect"] == pytest.approx(
        1e-21 / np.maximum(np.abs(iv.currents), 1e-6 * largest), rel=1e-2, abs=0
    )
    assert iv.charge_defect == pytest.approx(1e-15 / largest, rel=1e-2, abs=0)


def test_equilibrium_is_where_the_walk_starts_even_if_it_is_not_asked_for():
    device = Diode()
    iv = fi.iv_curve(device, device.voltage, [0.25], between=("a", "b"))
    assert [voltage for voltage, _ in device.tries] == pytest.approx([0.0, 0.1, 0.25])
    assert len(iv) == 1 and iv.equilibrium.parameters["voltage"] == 0.0


def test_guess_and_kept_solutions():
    device = Diode()
    first = fi.iv_curve(device, device.voltage, [0.0, 0.1], between=("a", "b"), keep=[0.1])
    assert first.solutions[0.1].parameters["voltage"] == 0.1 and list(first.solutions) == [0.1]
    device.tries.clear()
    fi.iv_curve(device, device.voltage, [0.1], between=("a", "b"), guess=first.solutions[0.1])
    assert device.tries[0] == (0.0, 0.1)
    # A guess that leads nowhere is left out.
    far = Diode(reach=0.05)
    fi.iv_curve(far, far.voltage, [0.05], between=("a", "b"), guess=first.solutions[0.1])
    assert [guess for _, guess in far.tries[:2]] == [0.1, None]


@pytest.mark.parametrize("stop", range(1, 8))
def test_a_stopped_curve_goes_on(stop):
    values = [-0.4, 0.2, 0.0, 0.4, -0.1]
    whole, device, again, memory = Diode(0.12), Diode(0.12), Diode(0.12), Memory()
    options = {"between": ("a", "b"), "keep": [-0.1, 0.2]}
    expected = fi.iv_curve(whole, whole.voltage, values, **options)
    memory.stop_after = stop
    with pytest.raises(KeyboardInterrupt):
        fi.iv_curve(device, device.voltage, values, store=memory, **options)
    memory.stop_after = None
    found = fi.iv_curve(again, again.voltage, values, store=memory, **options)
    assert {name: found[name].tolist() for name in found.names} == {n: expected[n].tolist() for n in expected.names}
    assert set(found.solutions) == {-0.1, 0.2}
    assert len(device.tries) + len(again.tries) == len(whole.tries)


def test_one_line_in_the_log_for_each_point():
    lines = []
    handler = logging.Handler()
    handler.emit = lambda record: lines.append(record.getMessage())
    logger = fi.log.get_logger("study")
    logger.addHandler(handler)
    try:
        device = Diode()
        fi.iv_curve(device, device.voltage, [0.3, 0.0], between=("a", "b"), progress=False)
    finally:
        logger.removeHandler(handler)
    assert lines[0].startswith("iv 1/2  voltage 0 V  I 0 A  newton 3  defect")
    assert lines[1].startswith("iv 2/2  voltage 0.3 V  I 1.91e-08 A  newton 3  defect 5e-14")


@pytest.mark.mpi
@pytest.mark.parametrize(
    ("values", "options", "words"),
    [
        ([], {}, "no value"),
        ([0.1, 0.1], {}, "twice"),
        ([np.inf], {}, "finite"),
        ("0.1", {}, "finite"),
        ([0.1], {"between": "cis"}, "two openings"),
        ([0.1], {"between": ("left", "left")}, "two openings"),
        ([0.1], {"keep": [0.2]}, "not among"),
        ([0.1], {"record": {"current": float}}, "own"),
        ([0.1], {"smallest": 0.2}, "exchange"),
    ],
)
def test_bad_input(model, values, options, words):
    with pytest.raises(ParameterError, match=words):
        fi.iv_curve(model, model.parameter("voltage"), values, **{"between": ENDS, **options})


def test_unknown_names(model):
    with pytest.raises(TagError, match='"cis"'):
        fi.iv_curve(model, model.parameter("voltage"), [0.1])
    with pytest.raises(ParameterError, match="no parameter here"):
        fi.iv_curve(model, fi.Parameter("potential", 0.0, "V"), [0.1], between=ENDS)


@pytest.mark.mpi
def test_a_resistor(model):
    iv = fi.iv_curve(model, model.parameter("voltage"), [-0.2, 0.0, 0.05, 0.2], between=ENDS)
    kcl = model.electrolyte
    parts = {each.name: fi.constants.F**2 * each.diffusivity for each in kcl.species}
    conductance = sum(parts.values()) * 100.0 / (fi.constants.R * kcl.temperature) * 0.5
    assert iv.conductance() == pytest.approx(conductance, rel=1e-6)
    assert iv.currents == pytest.approx(conductance * iv.voltages, rel=1e-6, abs=1e-12)
    assert iv.transference("K+") == pytest.approx(parts["K+"] / sum(parts.values()), rel=1e-6)
    assert iv.rectification() == pytest.approx(1.0, abs=1e-6)
    assert iv.charge_defect < 1e-10
    assert iv.units["current"] == iv.units["K+ current"] == "A/m"
    assert "flow rate" not in iv
    assert iv.provenance["between"] == list(ENDS) and iv.provenance["valences"] == {"K+": 1.0, "Cl-": -1.0}
    assert "voltage" not in iv.provenance["parameters"]


def test_reversal_potential_of_unequal_baths(model):
    salt = model.parameter("left bath")
    salt.value = 1000.0
    try:
        iv = fi.iv_curve(model, model.parameter("voltage"), [-0.02, -0.01, 0.0, 0.01, 0.02], between=ENDS)
    finally:
        salt.value = 100.0
    kcl = model.electrolyte
    plus, minus = (kcl[name].diffusivity for name in ("K+", "Cl-"))
    # Planck: neutral liquid; the voltage on the left balances the diffusion potential.
    thermal = fi.constants.R * kcl.temperature / fi.constants.F
    planck = -(plus - minus) / (plus + minus) * thermal * np.log(10.0)
    assert iv.reversal_potential == pytest.approx(planck, rel=0.02)
    assert iv.charge_defect < 1e-9


def test_flow():
    model = resistor(flow=True)
    iv = fi.iv_curve(model, model.parameter("voltage"), [-0.05, 0.0, 0.05], between=ENDS)
    # The liquid between negative walls follows the cations: along the current.
    assert iv.flow_rates[2] > 0.0 > iv.flow_rates[0]
    assert iv.units["flow rate"] == "m2/s"
    assert iv.flow_rates[2] == pytest.approx(-iv.flow_rates[0], rel=1e-2)
    assert iv.charge_defect < 1e-9


@pytest.mark.mpi
def test_a_curve_on_disk(model, shared_tmp_path):
    voltage, folder = model.parameter("voltage"), shared_tmp_path / "curve"
    options = {"between": ENDS, "store": fi.io.SweepFolder(folder), "keep": [0.2]}
    one = fi.iv_curve(model, voltage, [-0.1, 0.2], **options)
    two = fi.iv_curve(model, voltage, [-0.1, 0.2], **options)
    assert {name: one[name].tolist() for name in one.names} == {name: two[name].tolist() for name in two.names}
    for old, new in zip(one.solutions[0.2].arrays, two.solutions[0.2].arrays, strict=True):
        assert np.array_equal(old, new)
    with pytest.raises(fi.errors.CheckpointError, match="keeps another sweep: swept"):
        fi.iv_curve(model, voltage, [-0.1, 0.2, 0.3], **options)
