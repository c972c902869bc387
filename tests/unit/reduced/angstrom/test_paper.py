# SPDX-License-Identifier: LGPL-3.0-or-later
"""Numbers of Noh and Smolyanitsky (2026), to the digits that their text gives."""

import numpy as np
import pytest

from fem_ionics import cite
from fem_ionics.reduced import angstrom
from fem_ionics.reduced.angstrom import PoreKinetics, angstrom_pore, steps
from fem_ionics.units import ns, pS

VOLTS = np.array([0.1, 0.2, 0.3])


def conductance(pore: PoreKinetics, volts: float) -> float:
    """G = w G0, pS."""
    pore.voltage.value = volts
    return pore.solve().conductance / pS


def total(pore: PoreKinetics, volts: float) -> float:
    """Of all ions, pS."""
    pore.voltage.value = volts
    return pore.solve().current / volts / pS


def crown(*ions: str) -> PoreKinetics:
    amounts = {"Na+": 1000.0, "K+": 500.0, "NH4+": 500.0, "Mg2+": 250.0}
    return angstrom_pore("18-crown-6", {ion: amounts[ion] for ion in ions})


def nitride(*ions: str) -> PoreKinetics:
    return angstrom_pore("B3N", {ion: {"K+": 1000.0, "Rb+": 500.0}[ion] for ion in ions})


def fitted(pore: PoreKinetics) -> angstrom.ExponentialFit:
    return angstrom.fit_exponential(VOLTS, [conductance(pore, v) for v in VOLTS])


def after_step(pore: PoreKinetics, on: float, off: float, times: list[float]) -> np.ndarray:
    """Weight at times (ns) of half a volt for `on` ns and none for `off` ns."""
    return angstrom.transient(pore, steps([0.5, 0.0], [on * ns, off * ns]), np.array(times) * ns).weight


def test_sodium_alone() -> None:
    pore = crown("Na+")
    assert conductance(pore, 0.1) == pytest.approx(350.0, rel=0.05, abs=0)
    assert fitted(pore).alpha == pytest.approx(-1.7, abs=1e-9)
    assert pytest.approx(400.0, rel=1e-9, abs=0) == fitted(pore).C
    dilute = angstrom_pore("18-crown-6", {"Na+": 250.0})
    assert conductance(dilute, 0.1) == pytest.approx(conductance(pore, 0.1) / 4.0, rel=1e-12, abs=0)


def test_potassium_activates_sodium() -> None:
    pore = crown("Na+", "K+")
    assert round(conductance(pore, 0.1)) == round(total(pore, 0.1)) == 1
    assert conductance(pore, 0.3) > 10.0 * conductance(pore, 0.1)
    parts = total(crown("Na+"), 0.1) + total(crown("K+"), 0.1)
    assert total(pore, 0.1) < parts / 100.0


def test_ammonium_and_magnesium() -> None:
    found = fitted(crown("Na+", "NH4+"))
    assert found.alpha == pytest.approx(8.0, abs=0.05)
    assert pytest.approx(1.0, abs=0.05) == found.C
    assert fitted(crown("Na+", "Mg2+")).alpha == pytest.approx(-7.1, abs=0.05)


def test_rubidium_inactivates_potassium() -> None:
    alone, mixed = nitride("K+"), nitride("K+", "Rb+")
    assert conductance(alone, 0.1) == pytest.approx(40.0, abs=0.5)
    assert conductance(alone, 0.4) == pytest.approx(200.0, abs=0.5)
    assert conductance(mixed, 0.1) == pytest.approx(16.0, abs=0.5)
    assert round(conductance(mixed, 0.4)) == 2
    assert conductance(mixed, 0.1) / conductance(mixed, 0.4) == pytest.approx(8.0, abs=0.5)


def test_step_opens_and_closes() -> None:
    opened, later, closed = after_step(crown("Na+", "K+"), 5.0, 100.0, [5.0, 30.0, 105.0])
    assert opened == pytest.approx(0.8, abs=0.05)
    assert 0.1 < later < 0.5
    assert closed < 0.05
    begun, closed, opened = after_step(nitride("K+", "Rb+"), 10.0, 50.0, [0.0, 10.0, 60.0])
    assert begun == pytest.approx(0.9, abs=0.005)
    assert closed < 0.02
    assert opened == pytest.approx(0.9, abs=0.05)


def test_energy_of_a_switch_is_within_a_factor_of_two() -> None:
    for pore, stated in ((crown("Na+", "K+"), 0.3e-18), (nitride("K+", "Rb+"), 0.1e-18)):
        assert 0.5 < angstrom.switching_energy(pore, 0.0, 0.5) / stated < 2.0


def test_high_voltages_superpose_or_silence() -> None:
    mixed, sodium, potassium = crown("Na+", "K+"), crown("Na+"), crown("K+")
    missing = [1.0 - total(mixed, v) / (total(sodium, v) + total(potassium, v)) for v in (0.4, 0.6, 0.8)]
    assert missing[0] > 0.3 and 0.0 < missing[2] < 1e-3
    silenced = [conductance(nitride("K+", "Rb+"), v) / conductance(nitride("K+"), v) for v in (0.5, 1.0)]
    assert silenced[0] < 0.01 and silenced[1] < 1e-4


def test_potentiation_needs_pulses_that_follow_within_the_memory_time() -> None:
    pore = crown("Na+", "K+")
    memory = float(pore.relaxation_times(0.0)[0])
    assert memory == pytest.approx(25 * ns, rel=0.01, abs=0)

    def peaks(interval: float) -> np.ndarray:
        waveform = angstrom.pulses(0.5, 1 * ns, interval, 5)
        return angstrom.transient(pore, waveform, [1 * ns + n * (1 * ns + interval) for n in range(5)]).weight

    often, seldom = peaks(0.2 * memory), peaks(5.0 * memory)
    assert np.all(np.diff(often) > 0.0) and often[-1] > 1.7 * often[0]
    assert seldom[-1] < 1.01 * seldom[0]


def test_roles_by_the_slope_of_the_weight() -> None:
    assert angstrom.weight_slope(crown("Na+", "NH4+")) == pytest.approx(9.7, abs=0.05)
    assert angstrom.weight_slope(crown("Na+", "Mg2+")) == pytest.approx(-5.4, abs=0.05)
    found = {ion: angstrom.role_of(crown("Na+", ion), ion) for ion in ("K+", "NH4+", "Mg2+")}
    assert found == {"K+": "activation", "NH4+": "activation", "Mg2+": "inactivation"}
    assert angstrom.role_of(crown("Na+"), "Na+") == angstrom.role_of(nitride("K+", "Rb+"), "K+") == "carrier"
    assert angstrom.role_of(nitride("K+", "Rb+"), "Rb+") == "inactivation"


def test_every_number_has_its_source() -> None:
    pores = angstrom.angstrom_pores()
    crowned = pores["18-crown-6"]
    assert crowned.carriers["Na+"]["alpha"].origin == "stated"
    assert crowned.traps["K+"]["exit"].origin == "fitted"
    assert crowned.traps["Mg2+"]["exit"].origin == "assumed"
    figures = [f for pore in pores.values() for kind in (pore.carriers, pore.traps) for f in kind.values()]
    assert sum(map(len, figures)) == 23
    assert all(f.source and f.origin in ("stated", "fitted", "assumed") for known in figures for f in known.values())
    assert pores["B3N"].inferred == {"Cs+", "NH4+"}
    assert any(each.key == "noh2026" for each in cite.citations())
