# SPDX-License-Identifier: LGPL-3.0-or-later
"""Diffuse layers in closed form: figures of the cases C1, C2, C5 and C20, limits, and what is refused."""

import numpy as np
import pytest
from scipy.integrate import quad, solve_ivp

import fem_ionics as fi
from fem_ionics import reduced
from fem_ionics.constants import AVOGADRO, ELEMENTARY_CHARGE, FARADAY
from fem_ionics.errors import ParameterError
from fem_ionics.units import mV, nm

MIXTURE = fi.Electrolyte.mixture({"KCl": 30.0, "CaCl2": 20.0, "LaCl3": 1.0})


def water(concentration: float, valence: int = 1) -> fi.Electrolyte:
    return fi.Electrolyte.symmetric(concentration, 1e-9, valence, viscosity=0.89e-3)


@pytest.mark.parametrize(("concentration", "length"), [(1.0, 9.61370), (10.0, 3.04012), (100.0, 0.961370)])
def test_debye_length(concentration: float, length: float) -> None:
    assert reduced.debye_length(water(concentration)) / nm == pytest.approx(length, rel=1e-6, abs=0)


@pytest.mark.parametrize(
    ("charge", "concentration", "zeta", "rel"),
    [
        (-0.05, 1.0, -169.336, 3e-6),
        (-0.05, 10.0, -110.799, 5e-6),
        (-0.05, 100.0, -56.890, 1e-5),
        (-0.01, 100.0, -13.6868, 4e-6),
        (-0.1, 1.0, -204.901, 3e-6),
    ],
)
def test_zeta_of_charge(charge: float, concentration: float, zeta: float, rel: float) -> None:
    assert reduced.zeta_potential(charge, water(concentration)) / mV == pytest.approx(zeta, rel=rel, abs=0)


@pytest.mark.parametrize("valence", [1, 2])
@pytest.mark.parametrize("charge", [-1.0, -0.05, 1e-7, 1e-3, 0.3])
def test_grahame(charge: float, valence: int) -> None:
    """sqrt(8 eps RT c) sinh(z zeta/2VT) and its inverse."""
    w = water(10.0, valence)
    scale = np.sqrt(8 * w.absolute_permittivity * FARADAY * w.thermal_voltage * 10.0)
    zeta = 2 * w.thermal_voltage / valence * np.arcsinh(charge / scale)
    assert reduced.zeta_potential(charge, w) == pytest.approx(zeta, rel=1e-12, abs=0)
    assert reduced.grahame(zeta, w) == pytest.approx(charge, rel=1e-12, abs=0)


@pytest.mark.parametrize("charge", [-2.0, -0.1, -1e-6, 1e-6, 0.1, 2.0])
def test_charge_and_zeta_of_mixtures(charge: float) -> None:
    trace = fi.Electrolyte.mixture({"KCl": 100.0, "CaCl2": 1e-6})
    for w in (MIXTURE, trace):
        assert reduced.grahame(reduced.zeta_potential(charge, w), w) == pytest.approx(charge, rel=1e-10, abs=0)
    assert reduced.zeta_potential(0.0, MIXTURE) == 0.0
    # A strong charge sees counter-ions alone; multivalent ones screen it better.
    assert abs(reduced.zeta_potential(-2.0, MIXTURE)) < 0.6 * abs(reduced.zeta_potential(2.0, MIXTURE))


def test_profile() -> None:
    """Against the first integral of Poisson and Boltzmann, integrated outwards."""
    w, zeta = water(10.0, 2), -0.07
    x = np.array([0.0, 0.2, 1.0, 3.0]) * w.debye_length
    slope = w.absolute_permittivity
    outwards = solve_ivp(
        lambda _, v: [-reduced.grahame(float(v[0]), w) / slope], (0, x[-1]), [zeta], t_eval=x, rtol=1e-11, atol=1e-14
    )
    assert reduced.gouy_chapman(x, zeta, w) == pytest.approx(outwards.y[0], rel=1e-7, abs=0)
    assert reduced.gouy_chapman(0.0, zeta, w) == pytest.approx(zeta, rel=1e-13, abs=0)


def test_gouy_chapman_length() -> None:
    """0.22 nm at 0.16 C/m2 for every salt; it holds half of the counter-ions."""
    assert reduced.gouy_chapman_length(-0.16, water(1.0)) / nm == pytest.approx(0.22295, rel=1e-4, abs=0)
    dilute = water(1e-4)
    b = reduced.gouy_chapman_length(-0.16, dilute)
    outside = reduced.grahame(reduced.gouy_chapman(b, reduced.zeta_potential(-0.16, dilute), dilute), dilute)
    assert outside / -0.16 == pytest.approx(0.5, rel=1e-3, abs=0)
    assert reduced.gouy_chapman_length(0.16, water(1.0, 2)) == pytest.approx(b / 2, rel=1e-12, abs=0)


@pytest.mark.parametrize("charge", [-0.2, -0.01, 1e-6, 0.05])
def test_surface_excess(charge: float) -> None:
    """2 c lambda [exp(-+ z zeta/2VT) - 1], and the charge of the wall."""
    for z in (1, 2):
        w = water(10.0, z)
        half = z * reduced.zeta_potential(charge, w) / (2 * w.thermal_voltage)
        exact = 2 * 10.0 * w.debye_length * np.expm1([-half, half])
        assert reduced.surface_excess(charge, w) == pytest.approx(exact, rel=1e-9, abs=0)
    carried = FARADAY * np.dot(MIXTURE.valences, reduced.surface_excess(charge, MIXTURE))
    assert carried == pytest.approx(-charge, rel=1e-8, abs=0)
    assert reduced.surface_excess(0.0, MIXTURE) == (0.0,) * 4


@pytest.mark.parametrize("charge", [-0.2, -0.01, 0.05])
def test_surface_conductivity_of_bikerman(charge: float) -> None:
    """2 F^2 c lambda/RT sum_+- D [exp(-+ zeta/2VT) - 1] (1 + 3m), 3m = 6 (RT/F)^2 eps/(3 eta D)."""
    w = fi.Electrolyte.kcl(10.0)
    half = reduced.zeta_potential(charge, w) / (2 * w.thermal_voltage)
    diffusivity = np.array(w.diffusivities)
    m = 2 * w.absolute_permittivity * w.thermal_voltage**2 / (w.viscosity * diffusivity)
    layer = 2 * FARADAY / w.thermal_voltage * 10.0 * w.debye_length * diffusivity * np.expm1([-half, half])
    assert reduced.surface_conductivity(charge, w) == pytest.approx(layer.sum(), rel=1e-9, abs=0)
    exact = (layer * (1 + m)).sum()
    assert reduced.surface_conductivity(charge, w, flow=True) == pytest.approx(exact, rel=1e-9, abs=0)


@pytest.mark.parametrize(
    ("nu", "maximum", "at", "ten"), [(0.01, 4.53078, 6.191, 3.22893), (0.1, 1.49346, 3.590, 0.844158)]
)
def test_capacitance_of_kilic(nu: float, maximum: float, at: float, ten: float) -> None:
    w = water(100.0)
    size = (nu / (2 * AVOGADRO * 100.0)) ** (1 / 3)
    x = np.linspace(-12.0, 12.0, 240_001)
    c = reduced.differential_capacitance(x * w.thermal_voltage, w, size) * w.debye_length / w.absolute_permittivity
    assert c.max() == pytest.approx(maximum, rel=2e-6, abs=0)
    assert abs(x[c.argmax()]) == pytest.approx(at, abs=6e-4)
    assert np.interp(10.0, x, c) == pytest.approx(ten, rel=2e-6, abs=0)
    np.testing.assert_allclose(c, c[::-1], rtol=1e-12)


@pytest.mark.parametrize("x", [1e-9, 1e-3, 0.5, 4.0, -9.0])
def test_capacitance_is_the_slope_of_the_charge(x: float) -> None:
    """sigma = sqrt((2/nu) ln(1 + 2 nu sinh^2(x/2))) eps VT/lambda, of M. S. Kilic and others; cosh for points."""
    w, nu = water(100.0, 2), 0.03
    size, unit = (nu / (2 * AVOGADRO * 100.0)) ** (1 / 3), w.absolute_permittivity / w.debye_length
    found = reduced.differential_capacitance(x * w.thermal_voltage / 2, w, size) / unit

    def charge(y: float) -> float:
        return float(np.sign(y) * np.sqrt(2 / nu * np.log1p(2 * nu * np.sinh(y / 2) ** 2)))

    if abs(x) > 1e-2:
        assert found == pytest.approx((charge(x + 1e-4) - charge(x - 1e-4)) / 2e-4, rel=1e-7, abs=0)
    else:
        assert found == pytest.approx(1.0, rel=1e-5, abs=0)
    points = reduced.differential_capacitance(x * w.thermal_voltage / 2, w) / unit
    assert points == pytest.approx(np.cosh(x / 2), rel=1e-12, abs=0)


@pytest.mark.parametrize(
    ("charge", "width", "K", "middle", "wall"),
    [(0.01, 10e-9, 1.933879e8, 13.8261, 42.8821), (-0.05, 5e-9, 4.930328e8, 89.8655, 816.266)],
)
def test_counter_ions_alone(charge: float, width: float, K: float, middle: float, wall: float) -> None:
    slit = reduced.counter_ion_slit(charge, width, water(1.0))
    assert slit == pytest.approx((K, middle, wall), rel=4e-6, abs=0)
    assert slit.concentration(width / 2) == pytest.approx(slit.wall, rel=1e-9, abs=0)
    for z in (1, 3):
        slit = reduced.counter_ion_slit(charge, width, water(1.0), valence=z)
        assert slit.concentration(width / 2) == pytest.approx(slit.wall, rel=1e-9, abs=0)
        content, _ = quad(slit.concentration, -width / 2, width / 2, epsabs=0, epsrel=1e-11)
        assert z * FARADAY * content == pytest.approx(2 * abs(charge), rel=1e-9, abs=0)
    bjerrum = water(1.0).bjerrum_length
    assert bjerrum / nm == pytest.approx(0.714872, rel=1e-6, abs=0)
    slit = reduced.counter_ion_slit(charge, width, water(1.0))
    left = slit.wave_number * np.tan(slit.wave_number * width / 2)
    assert left == pytest.approx(2 * np.pi * bjerrum * abs(charge) / ELEMENTARY_CHARGE, rel=1e-10, abs=0)


def test_slit_in_a_bath_is_not_neutral() -> None:
    w = water(10.0)
    widths = np.array([0.1, 1.0, 2.0]) * w.debye_length
    assert reduced.inner_charge_fraction(widths, w) == pytest.approx([0.048, 0.316, 0.432], abs=5e-4)
    assert reduced.inner_charge_fraction(1.0, w) == pytest.approx(0.5, rel=1e-12, abs=0)
    # The linear field of a thin plate at d/2: inside cosh, outside an exponential, and the jump is sigma.
    inside, outside = np.tanh(widths / (2 * w.debye_length)), 1.0
    assert reduced.inner_charge_fraction(widths, w) == pytest.approx(inside / (inside + outside), rel=1e-13, abs=0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda w: reduced.debye_length(3.0), "an Electrolyte with ions is needed"),
        (lambda w: reduced.gouy_chapman_length(0.0, w), "must not be zero"),
        (lambda w: reduced.grahame(np.inf, w), "zeta = inf was given; finite real numbers are needed"),
        (lambda w: reduced.grahame("a", w), "zeta = 'a' was given"),
        (lambda w: reduced.grahame([True], w), "finite real numbers"),
        (lambda w: reduced.zeta_potential(None, w), "surface_charge = None was given"),
        (lambda w: reduced.gouy_chapman(-1e-9, 0.1, w), "zero or positive numbers in m"),
        (lambda w: reduced.gouy_chapman(0.0, 0.1, MIXTURE), "holds for one z:z salt"),
        (lambda w: reduced.differential_capacitance(0.1, w, 2e-9), "fill 1.45 of the volume"),
        (lambda w: reduced.differential_capacitance(0.1, w, -1.0), "diameter = -1.0"),
        (lambda w: reduced.counter_ion_slit(0.0, 1e-9, w), r"\|surface_charge\| = 0.0"),
        (lambda w: reduced.counter_ion_slit(0.1, -1e-9, w), "width = -1e-09"),
        (lambda w: reduced.counter_ion_slit(0.1, 1e-9, w, valence=0), "valence = 0"),
        (lambda w: reduced.inner_charge_fraction([1e-9, 0.0], w), "positive finite numbers are needed"),
    ],
)
def test_what_is_refused(call, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        call(water(150.0))
