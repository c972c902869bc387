# SPDX-License-Identifier: LGPL-3.0-or-later
"""Currents from the residual: Ohm's law, conservation on coarse meshes, the walls' share."""

import numpy as np
import pytest

from fem_ionics.constants import FARADAY
from fem_ionics.errors import ParameterError, TagError
from fem_ionics.observe import Current, IonCurrent, IonRate
from fem_ionics.units import mC, mV, nm

LENGTH, HEIGHT, WAVE = 20 * nm, 10 * nm, 50 * nm
STRONG = dict(charge=50 * mC, flux=10.0, phase=0.7)


@pytest.mark.mpi
def test_ohm(bath_to_bath):
    state = bath_to_bath.solve(100.0)
    ohm = bath_to_bath.electrolyte.conductivity * 20 * mV / LENGTH * HEIGHT
    for probe in (Current(on="right"), Current(), Current(at=0.0), Current(at=7.3 * nm), Current(at=LENGTH)):
        assert probe(state) == pytest.approx(ohm, rel=1e-11, abs=0.0), probe.name
    assert Current(on="left")(state) == pytest.approx(-ohm, rel=1e-11, abs=0.0)
    assert IonCurrent("K+")(state) + IonCurrent("Cl-")(state) == pytest.approx(ohm, rel=1e-11, abs=0.0)
    assert Current(along="y")(state) == pytest.approx(0.0, abs=1e-12 * ohm)
    assert Current(on=["bottom", "top"])(state) == 0.0


@pytest.mark.mpi
def test_a_salt_gradient_is_conserved_on_a_coarse_mesh(bath_to_bath):
    state = bath_to_bath.solve(20.0)
    for ion in ("K+", "Cl-"):
        right = IonRate(ion, on="right")(state)
        assert IonRate(ion, on="left")(state) == pytest.approx(-right, rel=1e-10, abs=0.0)
        for at in (0.0, 3 * nm, 11.1 * nm, LENGTH):
            assert IonRate(ion, at=at)(state) == pytest.approx(right, rel=1e-10, abs=0.0)
        assert IonRate(ion)(state) == pytest.approx(right, rel=1e-10, abs=0.0)
    # Both ions go down the gradient, K+ helped by the field.
    assert IonRate("K+", on="right")(state) > abs(IonRate("Cl-", on="right")(state))


@pytest.mark.mpi
@pytest.mark.parametrize("kind", ["half_channel", "full_channel"])
def test_sections_differ_by_what_the_walls_inject(kind, request):
    state = request.getfixturevalue(kind).solve(**STRONG)

    def injected(start, end):
        k = 2 * np.pi / WAVE
        return 2 * 10.0 / k * (np.sin(k * end + 0.7) - np.sin(k * start + 0.7))

    # Exact at nodes, to the third power of the cell length between them.
    for start, end, exact in ((0.0, WAVE / 4, 1e-9), (-WAVE / 4, 0.3 * WAVE, 1e-9), (1.3 * nm, 11.1 * nm, 5e-4)):
        gained = IonRate("cation", at=end)(state) - IonRate("cation", at=start)(state)
        assert gained == pytest.approx(injected(start, end), rel=exact, abs=0.0)
    first = IonRate("anion", at=0.0)(state)
    assert IonRate("anion", at=17.7 * nm)(state) == pytest.approx(first, rel=1e-9, abs=0.0)
    assert IonRate("anion")(state) == pytest.approx(first, rel=1e-9, abs=0.0)
    # Sections wrap, and their mean is the mean current.
    assert Current(at=WAVE / 2)(state) == pytest.approx(Current(at=-WAVE / 2)(state), rel=1e-12, abs=0.0)
    even = [Current(at=x)(state) for x in np.arange(20) * WAVE / 20]
    assert np.mean(even) == pytest.approx(Current()(state), rel=1e-9, abs=0.0)


@pytest.mark.mpi
def test_an_active_wall_gives_what_it_injects(half_channel):
    state = half_channel.solve(flux=10.0, phase=0.7)
    assert IonRate("anion", on="walls")(state) == 0.0
    assert abs(IonRate("cation", on="walls")(state)) < 1e-12 * 10.0 * WAVE


@pytest.mark.mpi
def test_ranks_agree(half_channel, bath_to_bath, alone):
    state, single = half_channel.solve(**STRONG), alone.active.solve(**STRONG)
    for probe in (Current(), Current(at=3 * nm), IonCurrent("anion", at=-WAVE / 2)):
        assert probe(state) == pytest.approx(probe(single), rel=1e-8, abs=0.0), probe.name
    state, single = bath_to_bath.solve(20.0), alone.resistor.solve(20.0)
    for probe in (Current(on="left"), IonRate("Cl-", on="right"), Current(at=LENGTH)):
        assert probe(state) == pytest.approx(probe(single), rel=1e-9, abs=0.0), probe.name


def test_names_units_and_signs(bath_to_bath):
    state = bath_to_bath.solve(100.0)
    assert (Current(on="left").name, Current().unit) == ("current out of left", "A")
    assert (IonRate("K+").name, IonRate("K+").unit) == ("K+ rate along x", "mol/s")
    assert IonCurrent("K+", at=2 * nm).name == "K+ current along x at 2e-09 m"
    assert IonCurrent("Cl-")(state) == pytest.approx(-FARADAY * IonRate("Cl-")(state), rel=1e-13, abs=0.0)


def test_places_that_do_not_exist(bath_to_bath):
    state = bath_to_bath.solve(100.0)
    with pytest.raises(TagError, match='Did you mean "left"'):
        Current(on="lefft")(state)
    with pytest.raises(ParameterError, match=r"K\+"):
        IonCurrent("K")(state)
    with pytest.raises(ParameterError, match="not both"):
        Current(on="left", at=0.0)
    with pytest.raises(ParameterError, match="reaches from 0 to 2e-08 m"):
        Current(at=21 * nm)(state)
    with pytest.raises(ParameterError, match="finite"):
        Current(at=float("nan"))
    with pytest.raises(ParameterError, match='"x", "y" or "z"'):
        Current(along="r")
