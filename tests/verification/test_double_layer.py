# SPDX-License-Identifier: LGPL-3.0-or-later
"""Diffuse layers at equilibrium against Gouy-Chapman and the counter-ion-only slit (cases C1 and C5)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.constants import N_A, R, e, epsilon_0

import fem_ionics as fi
from fem_ionics.observe.points import evaluate

F = e * N_A
T, EPSILON = 298.15, 78.4 * epsilon_0
VT = R * T / F
#: The largest Debye length below, that of 1 mM; the wall is twenty of it away from the bulk.
LONGEST = 9.61370e-9


def water(concentration: float, viscosity: float = 8.9e-4) -> fi.Electrolyte:
    return fi.Electrolyte.symmetric(concentration, 1e-9, permittivity=78.4, temperature=T, viscosity=viscosity)


@pytest.mark.parametrize(("concentration", "length"), [(1.0, 9.61370e-9), (10.0, 3.04012e-9), (100.0, 0.961370e-9)])
def test_debye_length(concentration: float, length: float) -> None:
    assert water(concentration).debye_length == pytest.approx(length, rel=2e-6, abs=0)


@dataclass
class HalfSpace:
    """A charged wall before a bath; its concentration and the charge are parameters, so forms compile once."""

    refine: float

    def __post_init__(self) -> None:
        self.far = 20.0 * LONGEST
        self.sigma, self.bath = fi.Parameter("charge", -0.05, "C/m2"), fi.Parameter("bath", 1.0, "mol/m3")
        # 0.36 nm is the Gouy-Chapman length of the strongest charge below.
        self.domain = fi.geometry.channel(
            self.far, 2 * self.far, resolve=0.36e-9, half=True, axial=3, refine=self.refine
        )
        conditions = [
            fi.SurfaceCharge(self.sigma, on="walls"),
            fi.Fixed("potential", 0.0, on="symmetry"),
            fi.Fixed("cation", self.bath, on="symmetry"),
            fi.Fixed("anion", self.bath, on="symmetry"),
        ]
        self.steady = fi.Steady(fi.PNP(water(10.0), self.domain, conditions))

    def solve(self, concentration: float, charge: float) -> fi.State:
        self.bath.value, self.sigma.value = concentration, charge
        return self.steady.solve()

    def potential(self, state: fi.State, distances: np.ndarray) -> np.ndarray:
        """At distances from the wall, m."""
        points = np.column_stack([np.zeros_like(distances), self.far - distances])
        return evaluate(state, "potential", points, outside="error")


@pytest.fixture(scope="module")
def half_space() -> Iterator[HalfSpace]:
    yield HalfSpace(refine=4.0)


@pytest.mark.parametrize(
    ("concentration", "charge", "millivolts"),
    [
        (1.0, -0.05, -169.336),
        (10.0, -0.05, -110.799),
        (100.0, -0.05, -56.890),
        (100.0, -0.01, -13.6868),
        (1.0, -0.1, -204.901),
    ],
)
def test_gouy_chapman(half_space: HalfSpace, concentration: float, charge: float, millivolts: float) -> None:
    """Zeta to 1e-6 of Grahame's formula, and the profile around it to 1e-5 of zeta."""
    state = half_space.solve(concentration, charge)
    distances = np.array([0.0, 0.1, 0.3, 1.0, 2.0, 4.0]) * np.sqrt(EPSILON * VT / (2 * F * concentration))
    found = half_space.potential(state, distances)
    zeta = 2 * VT * np.arcsinh(charge / np.sqrt(8 * EPSILON * R * T * concentration))
    assert found[0] == pytest.approx(zeta, rel=1e-6, abs=0)
    assert found[0] * 1e3 == pytest.approx(millivolts, rel=1e-5, abs=0)
    decay = np.exp(-distances * np.sqrt(2 * F * concentration / (EPSILON * VT)))
    exact = 4 * VT * np.arctanh(np.tanh(zeta / (4 * VT)) * decay)
    assert found == pytest.approx(exact, rel=0, abs=1e-5 * abs(zeta))


def test_zeta_converges_at_fourth_order(half_space: HalfSpace) -> None:
    """Nodal values at a wall are of order 2p."""
    exact = 2 * VT * np.arcsinh(-0.05 / np.sqrt(8 * EPSILON * R * T * 10.0))
    coarse = HalfSpace(refine=2.0)
    errors = [abs(each.potential(each.solve(10.0, -0.05), np.zeros(1))[0] - exact) for each in (coarse, half_space)]
    assert np.log2(errors[0] / errors[1]) == pytest.approx(4.0, rel=0, abs=0.15)


@pytest.mark.parametrize(
    ("charge", "height", "K", "middle", "wall"),
    [(0.01, 10e-9, 1.933879e8, 13.8261, 42.8821), (0.05, 5e-9, 4.930328e8, 89.8655, 816.266)],
)
def test_counter_ions_alone(charge: float, height: float, K: float, middle: float, wall: float) -> None:
    """c = c0 / cos^2(K x) between two charged walls; the co-ion is a trace that neutrality does not feel."""
    domain = fi.geometry.channel(height, height, resolve=height / 40, half=True, axial=3, refine=3.0)
    trace = 1e-9 * middle
    model = fi.PNP(water(middle), domain, [fi.SurfaceCharge(charge, on="walls"), fi.FixedTotal("cation", trace)])
    state = fi.steady(model)
    y = np.array([0.0, 0.25, 0.5]) * height
    found = evaluate(state, "anion", np.column_stack([np.zeros(3), y]), outside="error")
    bjerrum = e**2 / (4 * np.pi * EPSILON * R * T / N_A)
    assert np.tan(K * height / 2) * K == pytest.approx(2 * np.pi * bjerrum * charge / e, rel=2e-6, abs=0)
    exact = K**2 / (2 * np.pi * bjerrum * N_A) / np.cos(K * y) ** 2
    # Between nodes a quadratic is less accurate than at them.
    assert found == pytest.approx(exact, rel=5e-5, abs=0)
    assert (found[0], found[2]) == pytest.approx((exact[0], exact[2]), rel=3e-6, abs=0)
    assert (found[0], found[2]) == pytest.approx((middle, wall), rel=1e-5, abs=0)
