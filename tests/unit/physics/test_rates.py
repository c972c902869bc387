# SPDX-License-Identifier: LGPL-3.0-or-later
"""Laws of electron transfer: detailed balance, limits, one law in NumPy and UFL."""

import math
from typing import Any

import basix.ufl
import numpy as np
import pytest
import ufl

from fem_ionics.errors import ParameterError
from fem_ionics.physics import rates
from fem_ionics.reduced import functions, metal_rate

ETA = np.linspace(-20.0, 20.0, 41)
LAWS = [
    rates.ButlerVolmer(0.3, barrier=2.0),
    rates.Marcus(8.3),
    rates.Marcus(8.3, asymmetry=0.4),
    rates.CoupledTransfer(8.3, ion=4.0),
    rates.MarcusHushChidsey(8.3),
    rates.ZengClosedForm(8.3),
    rates.ion_coupled(8.3, 3.0, 6.0),
]


@pytest.mark.parametrize("law", LAWS, ids=repr)
def test_detailed_balance(law: rates.RateLaw) -> None:
    ratio = law.oxidation(ETA, functions) / law.reduction(ETA, functions)
    assert np.allclose(ratio * np.exp(-ETA), 1.0, rtol=0.0, atol=1e-12)


@pytest.mark.parametrize("law", LAWS, ids=repr)
@pytest.mark.parametrize("eta", [-9.0, 0.3, 12.0])
def test_one_law_serves_forms_and_arrays(law: rates.RateLaw, eta: float) -> None:
    """UFL evaluates its own expression at a point of an interval."""
    (x,) = ufl.SpatialCoordinate(ufl.Mesh(basix.ufl.element("Lagrange", "interval", 1, shape=(1,))))
    for way in (law.oxidation, law.reduction):
        form: Any = way(x, ufl)
        assert form((eta,)) == pytest.approx(way(eta, functions), rel=1e-9)


def test_marcus_has_an_inverted_region() -> None:
    law = rates.Marcus(8.3)
    assert law.oxidation(8.3, np) == pytest.approx(1.0, abs=1e-15)
    assert law.oxidation(8.3 - 3.0, np) == pytest.approx(law.oxidation(8.3 + 3.0, np), rel=1e-12)
    assert law.oxidation(0.0, np) == pytest.approx(math.exp(-8.3 / 4))


def test_coupled_barrier_has_three_branches() -> None:
    lam, b = 6.0, 2.5
    known = {
        -9.0: (lam - 9.0 + b) ** 2 / (4 * lam),
        -1.0: lam / 4 + b / 2 - 0.5,
        1.7: lam / 4 + b / 2 + 0.85,
        7.0: b + (lam + 7.0 - b) ** 2 / (4 * lam),
    }
    assert all(rates.coupled_barrier(dG, lam, b) == pytest.approx(value) for dG, value in known.items())
    # Smooth where they meet.
    for edge in (-b, b):
        slopes = [
            (rates.coupled_barrier(edge + s, lam, b) - rates.coupled_barrier(edge, lam, b)) / s for s in (-1e-6, 1e-6)
        ]
        assert slopes == pytest.approx([0.5, 0.5], abs=1e-6)
    assert np.allclose(rates.coupled_barrier(ETA, lam, 0.0), rates.marcus_barrier(ETA, lam))


def test_asymmetric_barrier_is_the_expansion_within_lam() -> None:
    lam, gamma = 8.0, 0.35
    u = np.array([-0.9, -0.4, 0.2, 0.7])
    expected = lam / 4 * (1 + u) ** 2 + gamma * lam / 4 * u * (1 - u**2) + gamma**2 * lam / 16
    assert np.allclose(rates.asymmetric_barrier(u * lam, lam, gamma), expected, rtol=1e-14)
    outside = np.array([-3.0, 1.5])
    bare = rates.marcus_barrier(outside * lam, lam) + gamma**2 * lam / 16
    assert np.allclose(rates.asymmetric_barrier(outside * lam, lam, gamma), bare, rtol=1e-14)


def crossing(dG: float, lam: float, gamma: float) -> float:
    """Energy where k_R q^2/2 meets k_P (q - 1)^2/2 + dG, with lam half of the harmonic mean of k_R and k_P."""
    k = 2.0 * lam / (1.0 - gamma**2)
    before, after = k * (1.0 + gamma), k * (1.0 - gamma)
    places = np.roots([0.5 * (before - after), after, -0.5 * after - dG])
    q = places[np.argmin(np.abs(places - 0.5 - 0.5 * dG / lam))].real
    return float(0.5 * before * q**2)


def test_asymmetric_barrier_is_where_two_parabolas_cross() -> None:
    """To first order in the difference of their widths; to second where nothing is gained or lost."""
    lam = 8.3
    for dG in (-7.0, -3.0, 1.0, 6.0):
        slope = (crossing(dG, lam, 1e-3) - crossing(dG, lam, -1e-3)) / 2e-3
        found = (rates.asymmetric_barrier(dG, lam, 1e-3) - rates.asymmetric_barrier(dG, lam, -1e-3)) / 2e-3
        assert found == pytest.approx(slope, rel=1e-4)
        assert rates.asymmetric_barrier(dG, lam, 0.05) == pytest.approx(crossing(dG, lam, 0.05), abs=2e-3)
    added = rates.asymmetric_barrier(0.0, lam, 0.1) - lam / 4
    assert added == pytest.approx(crossing(0.0, lam, 0.1) - lam / 4, rel=1e-2)


def test_ion_coupled_limit() -> None:
    law = rates.ion_coupled(8.3, 3.0, 6.0)
    assert law.alpha == pytest.approx(1 / 3)
    assert law.barrier == pytest.approx(2 / 9 * 17.3)
    # Between equal ions it is the middle of the uniformly valid barrier.
    equal, uniform = rates.ion_coupled(8.3, 5.0, 5.0), rates.CoupledTransfer(8.3, 5.0)
    within = np.linspace(-5.0, 5.0, 11)
    assert np.allclose(equal.oxidation(within, np), uniform.oxidation(within, np), rtol=1e-13)


@pytest.mark.parametrize("lam", [0.3, 1.0, 8.3, 40.0])
def test_sum_of_exponentials_is_the_integral(lam: float) -> None:
    law = rates.MarcusHushChidsey(lam)
    reach = lam + 5.0 * math.sqrt(2.0 * lam) + 10.0
    eta = np.linspace(-reach, reach, 9)
    assert np.allclose(law.oxidation(eta, np) / metal_rate(eta, lam), 1.0, rtol=0.0, atol=3e-6)
    assert law.oxidation(reach, np) == pytest.approx(1.0, abs=1e-4)
    assert law.oxidation(10.0 * reach, np) == pytest.approx(law.oxidation(reach, np), rel=1e-14)


@pytest.mark.parametrize(("lam", "error"), [(1.0, 0.12), (8.0, 0.05), (12.0, 0.05), (15.0, 0.05), (40.0, 0.27)])
def test_true_range_of_the_closed_form(lam: float, error: float) -> None:
    eta = np.linspace(0.0, lam + 5.0 * math.sqrt(2.0 * lam), 41)
    found = np.max(np.abs(rates.ZengClosedForm(lam).oxidation(eta, functions) / metal_rate(eta, lam) - 1.0))
    assert found < error if error == 0.05 else round(found, 2) == error


def test_intercalation_rests_at_the_potential_of_nernst() -> None:
    law = rates.MarcusHushChidsey(8.3)
    filling, ions = np.array([0.1, 0.5, 0.9]), 0.7
    eta = np.log(ions / filling)
    exchange = (1 - filling) * filling * law.oxidation(eta, np)
    assert np.all(np.abs(rates.intercalation_rate(law, eta, filling, ions, np)) < 1e-14 * exchange.max())
    assert np.all(rates.intercalation_rate(law, eta - 2.0, filling, ions, np) > 0.0)
    # Far from equilibrium a full host takes nothing.
    assert rates.intercalation_rate(law, -60.0, 0.0, ions, np) == pytest.approx(ions, rel=1e-4)
    assert rates.intercalation_rate(law, -60.0, 1.0, ions, np) == 0.0


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: rates.Marcus(0.0),
        lambda: rates.Marcus(8.0, asymmetry=1.0),
        lambda: rates.MarcusHushChidsey(-1.0),
        lambda: rates.ZengClosedForm(math.nan),
        lambda: rates.CoupledTransfer(8.0, ion=-1.0),
        lambda: rates.ButlerVolmer(1.0),
        lambda: rates.ButlerVolmer(0.5, barrier=math.inf),
        lambda: rates.ion_coupled(8.0, 0.0, 1.0),
    ],
)
def test_numbers_out_of_range(wrong: Any) -> None:
    with pytest.raises(ParameterError, match="was given"):
        wrong()
