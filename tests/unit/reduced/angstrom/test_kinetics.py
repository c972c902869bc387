# SPDX-License-Identifier: LGPL-3.0-or-later
"""States, rates from barriers, steady states, and what a pore offers to studies."""

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.constants import BOLTZMANN, ELEMENTARY_CHARGE
from fem_ionics.errors import ModelError, ParameterError, TagError
from fem_ionics.reduced import angstrom
from fem_ionics.reduced.angstrom import Barrier, ExponentialCarrier, PoreKinetics, PoreStates, Transition

T = 300.0
VT = BOLTZMANN * T / ELEMENTARY_CHARGE
SODIUM = ExponentialCarrier("Na+", 400e-12, -1.7)


def crown(**given: float) -> PoreKinetics:
    return angstrom.angstrom_pore("18-crown-6", {"Na+": 1000.0, "K+": 500.0}, **given)


def two_ions(voltage: float = 0.0) -> PoreKinetics:
    steps = [
        *angstrom.centre_trap("K+", 4e4, 2e4),
        *angstrom.centre_trap("Mg2+", 1e4, 7e5, entry_distance=0.1, exit_distance=0.4, valence=2),
    ]
    return PoreKinetics(
        PoreStates(("K+", "Mg2+")),
        steps,
        {"K+": 500.0, "Mg2+": 250.0},
        carriers=[SODIUM],
        temperature=T,
        voltage=voltage,
    )


def row_of_two(forward: float = 3e8) -> PoreKinetics:
    """Two sites in a row: in from cis, hop, out to trans, and back, with a barrier in units of the thermal voltage."""
    states = PoreStates(("K+",), sites=2)
    k, none = "K+", None
    pairs = [
        (((none, none), (k, none)), Barrier(1e6, 0.1), Barrier(2e8, -0.2), "cis"),
        (((none, none), (none, k)), Barrier(2e6, -0.1), Barrier(4e8, 0.2), "trans"),
        (((none, k), (k, k)), Barrier(5e5, 0.1), Barrier(1e8, -0.2), "cis"),
        (((k, none), (k, k)), Barrier(1e6, -0.1), Barrier(2e8, 0.2), "trans"),
        (((k, none), (none, k)), Barrier(forward, 0.2), Barrier(forward, -0.2), ""),
    ]
    steps = []
    for (before, after), there, back, side in pairs:
        steps += [Transition(before, after, there, k, side), Transition(after, before, back, k, side)]
    return PoreKinetics(states, steps, {"K+": 100.0}, temperature=T)


def test_states_are_counted_and_named() -> None:
    assert len(PoreStates(("K+", "Rb+"), sites=2)) == 9
    single = PoreStates(("K+", "Rb+"), sites=2, most=1)
    assert single.labels == ("empty", "-|K+", "-|Rb+", "K+|-", "Rb+|-")
    assert single.weights == (1.0, 0.0, 0.0, 0.0, 0.0)
    assert PoreStates(("K+",), open=((None,), ("K+",))).weights == (1.0, 1.0)


def test_rate_of_a_barrier() -> None:
    height, volts = 8.3 * BOLTZMANN * T, np.array([-0.2, 0.0, 0.3])
    rate = Barrier(1e12, 0.3, height, valence=2).rate(volts, T)
    np.testing.assert_allclose(rate, 1e12 * np.exp(-8.3 + 2 * 0.3 * volts / VT), rtol=1e-13)
    even = Barrier(1e12, 0.3, height, even=True).rate(volts, T)
    np.testing.assert_allclose(even, 1e12 * np.exp(-8.3 + 0.3 * np.abs(volts) / VT), rtol=1e-13)


@pytest.mark.parametrize("volts", [-0.3, 0.0, 0.15])
def test_steady_state_of_one_occupant(volts: float) -> None:
    """w = 1/(1 + sum k_in/k_out)."""
    u = volts / VT
    potassium = 500.0 * 2 * 4e4 / (2 * 2e4 * np.cosh(0.5 * u))
    magnesium = 250.0 * 2 * 1e4 * np.cosh(0.2 * u) / (2 * 7e5 * np.cosh(0.8 * u))
    found = two_ions().steady(volts)
    np.testing.assert_allclose(found, np.array([1.0, potassium, magnesium]) / (1 + potassium + magnesium), rtol=1e-12)


@pytest.mark.parametrize("volts", [0.0, 0.4])
def test_steady_state_of_a_row_is_the_null_vector(volts: float) -> None:
    pore = row_of_two()
    found = pore.steady(volts)
    assert found.sum() == pytest.approx(1.0, abs=1e-15)
    assert np.abs(pore.generator(volts) @ found).max() < 1e-13 * np.abs(pore.generator(volts)).max()
    assert np.abs(pore.generator(volts).sum(axis=0)).max() < 1e-12 * np.abs(pore.generator(volts)).max()


@pytest.mark.parametrize("pore", [two_ions(), row_of_two(), crown()], ids=["two ions", "row", "crown"])
def test_detailed_balance_without_voltage_only(pore: PoreKinetics) -> None:
    size = pore.rates(0.0).max()
    assert max(map(abs, pore.net_fluxes(0.0).values())) < 1e-15 * size
    flowing = pore.net_fluxes(0.2)
    assert max(flowing.values()) > 1e-8 * size
    for ion in pore.states.ions:
        assert flowing[ion, "cis"] == pytest.approx(-flowing[ion, "trans"], rel=1e-7, abs=0)


def test_unbalanced_rates_show() -> None:
    """The two ways round a cycle must have the same product: here one hop is twice too fast."""
    pore = row_of_two()
    hop = pore.transitions[-1]
    broken = [*pore.transitions[:-1], Transition(hop.before, hop.after, Barrier(6e8, -0.2), "K+")]
    unbalanced = PoreKinetics(pore.states, broken, {"K+": 100.0}, temperature=T)
    assert abs(unbalanced.net_fluxes(0.0)["K+", "cis"]) > 1e5


def test_local_detailed_balance_of_the_centre_trap() -> None:
    """Distances that add up to 1/2: the ion gains half of the voltage between a bath and the site."""
    rates = crown().rates(0.37)
    cis_in, cis_out, trans_in, trans_out = rates / crown().rates(0.0)
    assert cis_in / cis_out == pytest.approx(np.exp(0.5 * 0.37 / VT), rel=1e-12, abs=0)
    assert trans_in / trans_out == pytest.approx(np.exp(-0.5 * 0.37 / VT), rel=1e-12, abs=0)


def test_weight_is_even_in_the_voltage() -> None:
    for pore in (crown(), two_ions(), angstrom.angstrom_pore("B3N", {"K+": 1000.0, "Rb+": 500.0})):
        for volts in (0.1, 0.45):
            up, down = pore.weight(pore.steady(volts)), pore.weight(pore.steady(-volts))
            assert up == pytest.approx(down, rel=1e-12, abs=0)
        assert pore.weight(pore.steady(0.1)) != pytest.approx(pore.weight(pore.steady(0.45)), rel=0.5, abs=0)


def test_relaxation_of_one_occupant() -> None:
    rates = crown().rates(0.2)
    assert crown().relaxation_times(0.2) == pytest.approx([1.0 / rates.sum()], rel=1e-12, abs=0)


def test_iv_curve_and_sweep_take_a_pore() -> None:
    volts = fi.Parameter("voltage", 0.0, "V")
    pore = crown(voltage=volts)
    curve = fi.iv_curve(pore, volts, [-0.5, 0.1, 0.5], record={"w": lambda found: found.weight}, progress=False)
    assert volts.value == 0.0
    assert curve["w"] == pytest.approx([pore.steady(v)[0] for v in (-0.5, 0.1, 0.5)], rel=1e-14, abs=0)
    assert curve["charge defect"].max() < 1e-12
    assert curve["current"][0] == pytest.approx(-curve["current"][2], rel=1e-12, abs=0)
    assert curve.units["current"] == curve.units["K+ current"] == "A"
    held = pore.steady(0.5)
    carried = 0.5 * held[0] * 400e-12 * np.exp(-0.85)
    assert curve["Na+ current"][2] == pytest.approx(carried, rel=1e-12, abs=0)
    cis_in, cis_out, *_ = pore.rates(0.5)
    binding = ELEMENTARY_CHARGE * (cis_in * held[0] - cis_out * held[1])
    assert curve["K+ current"][2] == pytest.approx(binding, rel=1e-9, abs=0)
    assert curve["current"][2] == pytest.approx(float(pore.current(0.5, held)), rel=1e-12, abs=0)
    table = fi.sweep(pore, {"K+ concentration": [0.0, 500.0]}, record={"w": lambda found: found.weight}, progress=False)
    assert table["w"] == pytest.approx([1.0, 1.0 / (1.0 + 0.04 / 4.4e-5)], rel=1e-12, abs=0)
    with pytest.raises(TagError, match='Did you mean "cis"'):
        fi.iv_curve(pore, volts, [0.1], between=("ciss", "trans"), progress=False)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: Barrier(-1.0), ParameterError, "a rate cannot be negative"),
        (lambda: Barrier(1.0, np.inf), ParameterError, "distance = inf"),
        (lambda: Barrier(1.0).rate(0.0, -1.0), ParameterError, "temperature = -1.0"),
        (lambda: angstrom.centre_trap("K+", 1.0, -2.0), ParameterError, "a rate cannot be negative"),
        (lambda: angstrom.entrance_trap("K+", 1.0, 2.0, entry_distance=0.1, leak=-1.0), ParameterError, "leak = -1.0"),
        (lambda: Transition((None,), ("K+",), Barrier(1.0), "K+", "left"), ParameterError, "side = 'left'"),
        (lambda: Transition((None,), (None,), Barrier(1.0), "K+"), ParameterError, "to itself"),
        (lambda: PoreStates(("K+", "K+")), ParameterError, "named once"),
        (lambda: PoreStates(("K+",), most=2), ParameterError, "1 sites for at most 2"),
        (lambda: PoreStates(("K+",), open=(("Na+",),)), TagError, "no state of this pore"),
        (lambda: ExponentialCarrier("Na+", -1.0), ParameterError, "C = -1.0"),
        (lambda: angstrom.angstrom_pore("B3N", {"K+": -1.0}), ParameterError, r"concentration of K\+ = -1.0"),
        (lambda: angstrom.angstrom_pore("B3N", {"Rb+": -1.0}), ParameterError, r"concentration of Rb\+ = -1.0"),
        (lambda: angstrom.angstrom_pore("B3N ", {}), TagError, 'the pores are .* Did you mean "B3N"'),
        (lambda: angstrom.angstrom_pore("B3N", {"Kr+": 1.0}), TagError, "the ions are"),
        (lambda: angstrom.angstrom_pore("B3N", {"Na+": 1.0}), TagError, 'no rates of "Na\\+" in "B3N"'),
        (lambda: angstrom.angstrom_pore("B3N", {"K+": fi.Parameter("c", 1.0)}), ParameterError, "give a number"),
    ],
)
def test_bad_input_is_named(make: object, error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        make()  # type: ignore[operator]


def test_pores_without_a_steady_state() -> None:
    states, trap = PoreStates(("K+",)), angstrom.centre_trap("K+", 1.0, 0.0)
    with pytest.raises(ModelError, match=r'the state "K\+" is never left'):
        PoreKinetics(states, trap, {"K+": 1.0}).solve()
    with pytest.raises(ParameterError, match="which enters, is not given"):
        PoreKinetics(states, trap, {})
    with pytest.raises(TagError, match="does not bind here"):
        PoreKinetics(states, trap, {"K+": 1.0, "Na+": 1.0})
    pore = PoreKinetics(states, angstrom.centre_trap("K+", 1.0, 1.0), {"K+": 1.0})
    pore.concentrations["K+"].value = -1.0
    with pytest.raises(ParameterError, match=r"concentration of K\+ = -1.0"):
        pore.solve()
