# SPDX-License-Identifier: LGPL-3.0-or-later
"""Conical channels: the published set, other solvers of the same equation, and what is refused."""

import numpy as np
import pytest
from scipy.integrate import quad, solve_bvp
from scipy.optimize import minimize_scalar

import fem_ionics as fi
from fem_ionics import reduced
from fem_ionics.errors import ParameterError
from fem_ionics.reduced import ConicalChannel, rectification_amplitude, uniform_conductance
from fem_ionics.units import e_nm2, mM, ms, mV, nm, pS, um

SALT = fi.Electrolyte.symmetric(0.1 * mM, 1.75e-9, permittivity=80.23, viscosity=1.01e-3, temperature=293.15)
VOLTAGES = np.array([-2, -1, -0.5, -0.2, -0.1, 0.1, 0.2, 0.5, 1, 2])
TABLE = [0.1213, 0.3066, 0.5627, 0.8054, 0.9001, 1.1037, 1.2094, 1.5226, 1.9643, 2.4902]


def cone(charge: object = -0.0015 * e_nm2, **changes: object) -> ConicalChannel:
    given = {"tip_radius": 50 * nm, "base_radius": 200 * nm, "length": 10 * um, "zeta": -10.246 * mV}
    return ConicalChannel(surface_charge=charge, electrolyte=SALT, **(given | changes))  # type: ignore[arg-type]


def test_the_published_channel() -> None:
    channel = cone()
    assert channel.relative_conductance(VOLTAGES) == pytest.approx(TABLE, abs=5.1e-5)
    assert rectification_amplitude(channel) == pytest.approx(-3.59, abs=5e-3)
    assert channel.ohmic_conductance / pS == pytest.approx(4.20, abs=5e-3)
    assert channel.memory_time / ms == pytest.approx(4.76, abs=5e-3)
    assert cone(zeta=None).wall_potential / mV == pytest.approx(-10.246, abs=5e-4)
    assert channel.conductance(0.5) == channel.ohmic_conductance * channel.relative_conductance(0.5)
    # What conducts better where the tip is positive is filled with salt: cations and liquid come from the tip.
    assert channel.flow_rate(0.5) < 0.0
    assert channel.concentration(0.5)[1].min() > 0.1 * mM
    assert channel.concentration(-1.0)[1].min() < 0.0


@pytest.mark.parametrize("changes", [{}, {"tip_radius": 5 * nm, "zeta": -0.4}, {"tip_radius": 190 * nm, "zeta": 0.1}])
def test_the_closed_form(changes: dict[str, float]) -> None:
    channel = cone(**changes)
    exact = uniform_conductance(channel, VOLTAGES)
    assert channel.relative_conductance(VOLTAGES) == pytest.approx(exact, rel=1e-11, abs=1e-11)


def test_the_bipolar_channel() -> None:
    channel = cone((0.003 * e_nm2, -0.003 * e_nm2))
    found = channel.relative_conductance([-0.2, -0.1, 0.1, 0.2])
    assert found == pytest.approx([0.351, 0.667, 1.345, 1.698], abs=5.1e-4)
    unipolar = cone().relative_conductance([-0.2, 0.2])
    assert found[3] / found[0] > 2.0 * unipolar[1] / unipolar[0]


def test_any_charge_against_another_solver() -> None:
    """Collocation of the equation as it is printed, in x."""
    V, L = 0.4, 10 * um
    channel = cone(lambda x: 0.002 * e_nm2 * np.sin(3.0 * x / L + 0.5))
    D, thermal = SALT.diffusivities[0], SALT.thermal_voltage

    def flux(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        R = channel.radius(x * L)
        E = -V / L * channel.base_radius * channel.tip_radius / R**2
        conduction = D / thermal * E * np.pi * R * channel.charge(x * L) / (fi.constants.FARADAY * 0.1)
        n, J = y
        scale = np.pi * D * channel.tip_radius * channel.base_radius / L
        return np.vstack([L * (J * scale + channel.flow_rate(V) * n - conduction) / (D * np.pi * R**2), 0.0 * J])

    x = np.linspace(0.0, 1.0, 201)
    start = np.vstack([np.ones_like(x), np.zeros_like(x)])
    other = solve_bvp(flux, lambda a, b: np.array([a[0] - 1.0, b[0] - 1.0]), x, start, tol=1e-9, max_nodes=50_000)
    fine = np.linspace(0.0, 1.0, 20001)
    mean = np.trapezoid(other.sol(fine)[0], fine)
    assert channel.relative_conductance(V) == pytest.approx(mean, rel=1e-7, abs=0)
    at, c = channel.concentration(V)
    assert c / 0.1 == pytest.approx(other.sol(at / L)[0], rel=1e-6, abs=0)


def test_patches_with_sharp_edges() -> None:
    """Charge on half of the channel: the response is linear in the charge, so two halves make a whole."""
    half = fi.pattern.patches("x", width=5 * um, centre=2.5 * um)
    whole, left = cone(-0.0015 * e_nm2), cone(-0.0015 * e_nm2 * half)
    right = cone(-0.0015 * e_nm2 * (1.0 - half))
    parts = left.relative_conductance(0.3) + right.relative_conductance(0.3) - 1.0
    assert parts == pytest.approx(whole.relative_conductance(0.3), rel=1e-12, abs=0)
    assert left.relative_conductance(0.3) != pytest.approx(right.relative_conductance(0.3), rel=1e-2)


def test_patches_against_quadrature() -> None:
    """Without flow n - 1 = F(s) - s F(1), with F the integral of the charge over s and 1/R linear in s."""
    b, t, edge = 200 * nm, 50 * nm, 5 * um
    half = fi.pattern.patches("x", width=edge, centre=edge / 2)
    strength = 0.3 / SALT.thermal_voltage * -0.0015 * e_nm2 / (fi.constants.FARADAY * 0.1)
    radius = b - (b - t) * 0.5
    end = (b / radius - 1.0) * t / (b - t)

    def F(s: float) -> float:
        at = min(s, end)
        return strength * (at / b + 0.5 * (b - t) * at**2 / (b * t))

    def weighted(s: float) -> float:
        return (F(s) - s * F(1.0)) * b * t / (t + (b - t) * s) ** 2

    exact = 1.0 + quad(weighted, 0.0, 1.0, points=[end], epsabs=1e-13)[0]
    found = cone(-0.0015 * e_nm2 * half, zeta=0.0).relative_conductance(0.3)
    assert found == pytest.approx(exact, rel=1e-11, abs=0)


def test_flow_by_a_mixed_wall_comes_from_the_tip() -> None:
    mixed = cone((0.003 * e_nm2, -0.003 * e_nm2), zeta=None)
    assert mixed.wall_potential / mV == pytest.approx(-14.456, abs=1e-3)
    # A cylinder averages evenly.
    even = cone((0.003 * e_nm2, -0.003 * e_nm2), zeta=None, tip_radius=200 * nm)
    assert even.wall_potential / mV == pytest.approx(0.0, abs=1e-12)


def test_best_taper_without_flow() -> None:
    def less(ratio: float) -> float:
        return -float(cone(zeta=0.0, base_radius=50 * nm / ratio).relative_conductance(0.1))

    best = minimize_scalar(less, bounds=(0.05, 0.95), method="bounded", options={"xatol": 1e-5})
    assert best.x == pytest.approx(0.22, abs=5e-3)


def test_cylinders_and_neutral_walls_do_not_rectify() -> None:
    assert cone(tip_radius=200 * nm).relative_conductance([-0.5, 0.5]) == pytest.approx([1.0, 1.0], abs=1e-13)
    assert cone(0.0).relative_conductance([-0.5, 0.5]) == pytest.approx([1.0, 1.0], abs=1e-13)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"length": -1.0}, "length"),
        ({"tip_radius": 300 * nm}, "narrow end"),
        ({"charge": np.nan}, "surface_charge"),
        ({"charge": (1.0, 2.0, 3.0)}, "base"),
        ({"charge": lambda x: x / 0.0}, "surface_charge"),
        ({"zeta": "high"}, "zeta"),
    ],
)
def test_what_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ParameterError, match=words), np.errstate(all="ignore"):
        cone(**changes)  # type: ignore[arg-type]


def test_other_salts_are_refused() -> None:
    for salt, words in ((fi.Electrolyte.kcl(1.0), "one for both"), (fi.Electrolyte.cacl2(1.0), "valences")):
        with pytest.raises(ParameterError, match=words):
            ConicalChannel(50 * nm, 200 * nm, 10 * um, 0.0, salt)
    with pytest.raises(ParameterError, match="relative_conductance"):
        rectification_amplitude(cone((0.0, -0.01)))
    with pytest.raises(ParameterError, match="voltage"):
        reduced.uniform_conductance(cone(), np.inf)
