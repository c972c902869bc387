# SPDX-License-Identifier: LGPL-3.0-or-later
"""Memristors of finite-element models: a box along which salt appears evenly, and what is refused."""

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.errors import ModelError, ParameterError, TagError
from fem_ionics.reduced import Capacitor, Circuit

LENGTH, HEIGHT, D = 400e-9, 10e-9, 1e-9
BETWEEN = ("left", "right")
VALUES = (-0.1, -0.05, 0.05, 0.1)


def box(charge=1e-3):
    """A bipolar slit between two baths: under a voltage salt appears, or vanishes, evenly along it."""
    salt = fi.Electrolyte.symmetric(10.0, D)
    voltage = fi.Parameter("voltage", 0.0, "V")
    sheet = fi.pattern.linear("x", charge, -charge, from_=0.0, to=LENGTH) if charge else 0.0
    conditions = [
        fi.Fixed("potential", voltage, on="left"),
        fi.Fixed("potential", 0.0, on="right"),
        *[fi.Fixed(ion, 10.0, on=side) for ion in salt.names for side in BETWEEN],
        fi.SurfaceCharge(sheet, on=["bottom", "top"]),
    ]
    domain = fi.geometry.rectangle((LENGTH, HEIGHT), (24, 4))
    return fi.PNP(salt, domain, conditions, unknowns="potentials"), voltage


@pytest.fixture(scope="module")
def made():
    model, voltage = box()
    voltage.value = 0.02
    return fi.Memristor.from_model(model, voltage, VALUES, between=BETWEEN, progress=False), voltage


@pytest.mark.mpi
def test_a_model_becomes_an_element(made):
    memristor, voltage = made
    assert isinstance(memristor, fi.reduced.Memristor) and voltage.value == 0.02
    iv, response = memristor.iv, memristor.response
    assert memristor.steady_conductance(iv.voltages) == pytest.approx(iv.currents / iv.voltages, rel=1e-12, abs=0)
    # Salt is swept in at one sign and out at the other.
    g = memristor.steady_conductance(np.array(VALUES))
    assert g[0] / g[3] > 1.02 or g[3] / g[0] > 1.02
    assert g[1] == pytest.approx(iv.currents[1] / -0.05, rel=1e-12)
    # The response starts as at rest and ends at the steady conductance.
    at_rest = float(memristor.steady_conductance(0.0))
    change = memristor.relaxation.final - at_rest
    assert abs(response["conductance"][0] - at_rest) < 0.2 * abs(change)
    assert abs(response["conductance"][-1] - memristor.relaxation.final) <= 0.02 * abs(change)
    assert response.last.parameters["voltage"] == 0.05


@pytest.mark.mpi
def test_the_memory_is_that_of_diffusion(made):
    """Modes k, odd, with the weight 1/k^4: the first one, L^2/(pi^2 D), has 99 percent."""
    memristor, _ = made
    assert memristor.memory_time == memristor.relaxation.time
    assert memristor.memory_time == pytest.approx(LENGTH**2 / (10.0 * D), rel=0.02)
    assert memristor.relaxation.residual < 0.01


def test_in_a_circuit(made):
    memristor, _ = made
    start = 0.08
    circuit = Circuit(
        {
            "C": Capacitor(1e-6 * memristor.conductance).between("V", "ground"),
            "M": memristor.scaled(2.0).between("V", "ground"),
        }
    )
    run = fi.reduced.transient(circuit, 1e-6, start={"V": start})
    # Faster than its memory, the channel discharges at the conductance of the start.
    rate = 2e6 * memristor.steady_conductance(start) / memristor.conductance
    assert run.voltages["V"][-1] == pytest.approx(start * np.exp(-rate * 1e-6), rel=1e-2)


def test_another_step(made):
    slow, _ = made
    model, voltage = box()
    other = fi.Memristor.from_model(model, voltage, VALUES, between=BETWEEN, step=-0.1, progress=False)
    assert other.response.last.parameters["voltage"] == -0.1
    assert (other.relaxation.amplitude > 0.0) != (slow.relaxation.amplitude > 0.0)
    assert other.memory_time == pytest.approx(slow.memory_time, rel=0.1)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"values": (0.05, 0.1)}, "either side of zero"),
        ({"values": (0.0, 0.1)}, "either side of zero"),
        ({"values": ()}, "no value"),
        ({"step": 0.07}, "one of the voltages"),
        ({"values": (-0.1, 0.0, 0.1), "step": 0.0}, "not zero"),
        ({"step": "high"}, "step"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"between": ("left",)}, "two openings"),
        ({"voltage": fi.Parameter("voltage", 0.0, "V")}, "another object of that name"),
        ({"voltage": fi.Parameter("volts", 0.0, "V")}, "is no parameter here"),
    ],
)
def test_bad_input_is_refused(given, words):
    model, voltage = box()
    given = {"voltage": voltage, "values": VALUES, "between": BETWEEN, "progress": False, **given}
    with pytest.raises(ParameterError, match=words):
        fi.Memristor.from_model(model, **given)
    assert voltage.value == 0.0


def test_what_is_no_pore_is_refused():
    model, voltage = box()
    with pytest.raises(TagError, match="up"):
        fi.Memristor.from_model(model, voltage, VALUES, between=("left", "up"), progress=False)
    with pytest.raises(ModelError, match="from_model"):
        fi.Memristor.from_model("cone", voltage, VALUES)
    # The voltage is on the first opening: the other way round currents run against it.
    with pytest.raises(ParameterError, match="sign of their voltages"):
        fi.Memristor.from_model(model, voltage, VALUES, between=BETWEEN[::-1], progress=False)


def test_a_pore_without_memory_is_refused():
    model, voltage = box(charge=0.0)
    with pytest.raises(ParameterError, match="no memory"):
        fi.Memristor.from_model(model, voltage, VALUES, between=BETWEEN, progress=False)


def test_a_diode_from_a_real_curve(made):
    iv = made[0].iv
    diode = fi.reduced.IonicDiode.from_curve(iv)
    assert [diode.current(v, ())[0] for v in iv.voltages] == pytest.approx(iv.currents, rel=1e-12, abs=0)
