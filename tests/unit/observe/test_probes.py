# SPDX-License-Identifier: LGPL-3.0-or-later
"""Means, integrals, extremes, velocities: exact flows, half and whole channels, any number of ranks."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError, TagError
from fem_ionics.observe import (
    FlowRate,
    Integral,
    Maximum,
    Mean,
    MeanVelocity,
    Minimum,
    PeakVelocity,
    Probe,
    WallSlip,
)
from fem_ionics.observe.forms import unit_of
from fem_ionics.units import mC, nm

HEIGHT, SLIP, VISCOSITY, GRADIENT = 10 * nm, 10 * nm, 1e-3, -1e12
STRONG = dict(charge=50 * mC, flux=10.0, phase=0.7)


@pytest.mark.mpi
@pytest.mark.parametrize("kind", ["half_channel", "full_channel"])
def test_poiseuille_with_slip(kind, request):
    state = request.getfixturevalue(kind).solve(gradient=GRADIENT)
    flow = -GRADIENT * (HEIGHT**3 / 12 + HEIGHT**2 * SLIP / 2) / VISCOSITY
    assert FlowRate()(state) == pytest.approx(flow, rel=1e-10, abs=0.0)
    assert MeanVelocity()(state) == pytest.approx(flow / HEIGHT, rel=1e-10, abs=0.0)
    assert MeanVelocity("y")(state) == pytest.approx(0.0, abs=1e-12 * flow / HEIGHT)
    assert WallSlip()(state) == pytest.approx(-GRADIENT * HEIGHT * SLIP / 2 / VISCOSITY, rel=1e-10, abs=0.0)
    assert PeakVelocity()(state) == pytest.approx(
        -GRADIENT * (HEIGHT**2 / 8 + HEIGHT * SLIP / 2) / VISCOSITY, rel=1e-6, abs=0.0
    )
    assert FlowRate(on="walls")(state) == pytest.approx(0.0, abs=1e-12 * flow)


@pytest.mark.mpi
def test_a_symmetric_state_recirculates_without_mean_flow(half_channel):
    state = half_channel.solve(charge=50 * mC, flux=10.0)
    peak = PeakVelocity()(state)
    assert peak > 0.01
    assert abs(MeanVelocity()(state)) < 1e-10 * peak


@pytest.mark.mpi
def test_half_and_whole_channel_agree(half_channel, full_channel):
    half, full = half_channel.solve(**STRONG), full_channel.solve(**STRONG)
    probes = [
        MeanVelocity(),
        FlowRate(),
        PeakVelocity(),
        WallSlip("top wall"),
        Mean("cation"),
        Integral("cation"),
        Minimum("cation"),
        Maximum("potential"),
    ]
    for probe in probes:
        assert isinstance(probe, Probe)
        assert probe(half) == pytest.approx(probe(full), rel=1e-8, abs=0.0), probe.name
    assert Integral("cation")(half) == pytest.approx(100.0 * 50 * nm * HEIGHT, rel=1e-10, abs=0.0)
    assert FlowRate()(half) == pytest.approx(HEIGHT * MeanVelocity()(half), rel=1e-12, abs=0.0)
    assert Mean("cation", region="fluid")(half) == pytest.approx(100.0, rel=1e-10, abs=0.0)


@pytest.mark.mpi
def test_ranks_agree(half_channel, alone):
    state, single = half_channel.solve(**STRONG), alone.active.solve(**STRONG)
    for probe in (MeanVelocity(), PeakVelocity(), WallSlip(), Minimum("cation"), Integral("pressure")):
        assert probe(state) == pytest.approx(probe(single), rel=1e-8, abs=1e-20), probe.name


def test_extremes_look_at_components_and_walls(half_channel):
    state = half_channel.solve(**STRONG)
    velocity = state.field("velocity").x.array.reshape(-1, 2)
    assert Minimum("velocity", "x")(state) == pytest.approx(velocity[:, 0].min(), rel=1e-12, abs=0.0)
    assert Maximum("velocity")(state) == pytest.approx(np.linalg.norm(velocity, axis=1).max(), rel=1e-12, abs=0.0)
    assert WallSlip()(state) < PeakVelocity()(state)


def test_names_and_units(half_channel):
    model = half_channel.model
    assert {name: unit_of(name) for name in model.units} == model.units
    assert (MeanVelocity().name, MeanVelocity().unit) == ("mean velocity x", "m/s")
    assert (Integral("cation").name, Integral("cation").unit) == ("integral of cation", "mol")
    assert WallSlip("top wall").name == "slip velocity on top wall"
    assert MeanVelocity() == MeanVelocity("x")


def test_what_is_not_there_is_refused(half_channel):
    state = half_channel.solve()
    with pytest.raises(TagError, match='Did you mean "cation"'):
        Mean("kation")(state)
    with pytest.raises(TagError, match='Did you mean "walls"'):
        WallSlip("wall")(state)
    with pytest.raises(TagError, match="regions"):
        Mean("cation", region="oil")(state)
    with pytest.raises(ParameterError, match="is a vector"):
        Mean("velocity")(state)
    with pytest.raises(ParameterError, match="is a scalar"):
        Mean("cation", "x")(state)
    with pytest.raises(ParameterError, match="is a scalar"):
        Minimum("cation", "x")(state)
    with pytest.raises(ParameterError, match="has the axes"):
        MeanVelocity("z")(state)
