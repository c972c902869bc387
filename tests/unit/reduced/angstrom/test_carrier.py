# SPDX-License-Identifier: LGPL-3.0-or-later
"""Current through a potential of mean force: limits, and an integral taken another way."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.integrate import quad

from fem_ionics.constants import BOLTZMANN, ELEMENTARY_CHARGE, FARADAY
from fem_ionics.errors import ParameterError
from fem_ionics.reduced.angstrom import ExponentialCarrier, MeanForce, PoreKinetics, PoreStates, SmoluchowskiCarrier

T = 298.15
KT = BOLTZMANN * T
VT = KT / ELEMENTARY_CHARGE
X = np.linspace(-1e-9, 1e-9, 9)
FLAT = MeanForce(X, 0.0 * X)
HUMP = MeanForce(X, 6.0 * KT * np.cos(np.pi * X / 2e-9) ** 2)


def carrier(force: MeanForce, cis: float = 100.0, trans: float = 100.0, valence: int = 1) -> SmoluchowskiCarrier:
    return SmoluchowskiCarrier("K+", force, 1e-9, 1e-19, (cis, trans), valence)


@pytest.mark.parametrize("valence", [1, 2, -1])
def test_flat_pore_is_ohmic(valence: int) -> None:
    """z^2 e F D A c/(kT L) at every voltage between equal baths."""
    ohmic = valence**2 * FARADAY * 1e-9 * 1e-19 * 100.0 / (VT * 2e-9)
    found = carrier(FLAT, valence=valence).conductance(np.array([-0.3, -1e-9, 0.0, 1e-7, 0.2]))
    np.testing.assert_allclose(found, ohmic, rtol=1e-9)


@pytest.mark.parametrize(("valence", "trans"), [(1, 10.0), (2, 300.0), (-1, 10.0)])
def test_flat_pore_between_unequal_baths_is_goldman_hodgkin_katz(valence: int, trans: float) -> None:
    ion = carrier(FLAT, trans=trans, valence=valence)
    for volts in (-0.2, 0.01, 0.3):
        u = valence * volts / VT
        ghk = valence * FARADAY * 1e-9 * 1e-19 / 2e-9 * u * (100.0 - trans * np.exp(-u)) / (1.0 - np.exp(-u))
        assert ion.current(volts) == pytest.approx(ghk, rel=1e-12, abs=0)
    reversal = VT / valence * np.log(trans / 100.0)
    assert abs(ion.current(reversal)) < 1e-12 * abs(ion.current(reversal + VT))
    # Diffusion alone.
    assert ion.current(0.0) == pytest.approx(valence * FARADAY * 1e-10 * 1e-9 * (100.0 - trans) / 2.0, rel=1e-12, abs=0)


@pytest.mark.parametrize("volts", [-0.4, 0.05, 0.4])
def test_barrier_by_quadrature(volts: float) -> None:
    def inside(x: float) -> float:
        return float(np.exp(np.interp(x, HUMP.x, HUMP.U) / KT - volts / VT * (x - X[0]) / 2e-9))

    pieces = [quad(inside, a, b, epsabs=0, epsrel=1e-12)[0] for a, b in pairwise(X)]
    exact = FARADAY * 1e-9 * 1e-19 * 100.0 * (1.0 - np.exp(-volts / VT)) / sum(pieces)
    assert carrier(HUMP).current(volts) == pytest.approx(exact, rel=1e-11, abs=0)


def test_barrier_bends_the_curve_and_zero_voltage_is_its_limit() -> None:
    ion = carrier(HUMP)
    assert ion.conductance(0.0) == pytest.approx(ion.conductance(1e-6), rel=1e-8, abs=0)
    assert ion.conductance(0.0) < 0.02 * carrier(FLAT).conductance(0.0)
    assert ion.conductance(0.4) > 2.0 * ion.conductance(0.1)


def test_carriers_of_an_open_pore_add_up() -> None:
    potassium, sodium = carrier(HUMP), ExponentialCarrier("Na+", 4e-10, -1.7)
    pore = PoreKinetics(PoreStates(()), [], {}, carriers=[potassium, sodium], voltage=0.2)
    both = potassium.current(0.2) + 0.2 * 4e-10 * np.exp(-0.34)
    assert pore.solve().current == pytest.approx(both, rel=1e-12, abs=0)
    with pytest.raises(ParameterError, match="named twice"):
        PoreKinetics(PoreStates(()), [], {}, carriers=[potassium, potassium])


def test_bad_input() -> None:
    with pytest.raises(ParameterError, match="ascending positions"):
        MeanForce(X[::-1], X)
    with pytest.raises(ParameterError, match="diffusivity = -1"):
        SmoluchowskiCarrier("K+", FLAT, -1.0, 1.0, (1.0, 1.0))
    with pytest.raises(ParameterError, match="valence = 0"):
        carrier(FLAT, valence=0)
    with pytest.raises(ParameterError, match="a concentration = -1"):
        carrier(FLAT, trans=-1.0)
    with pytest.raises(ParameterError, match="no conductance at 0 V"):
        carrier(FLAT, trans=1.0).conductance([0.0, 1.0])
