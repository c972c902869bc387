# SPDX-License-Identifier: LGPL-3.0-or-later
"""A layer before an ideal membrane: every figure of the case C8, its equations, and what is refused."""

from types import SimpleNamespace

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics import reduced
from fem_ionics.constants import FARADAY
from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.reduced import concentration_polarisation

SALT = fi.Electrolyte.symmetric(1.0, 1e-9)
VT = SALT.thermal_voltage
VOLTAGES = np.array([1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 60.0, 120.0])
FULL = {
    1e-3: [0.284684, 0.960784, 1.775686, 2.014167, 2.107180, 2.221754, 2.317367, 2.569820],
    1e-2: [0.286605, 0.972615, 1.845464, 2.246628, 2.679033, 3.465187, 4.307334, 7.490979],
}


def length(eps: float) -> float:
    return SALT.debye_length / eps


def unit(eps: float) -> float:
    """F D c0/L."""
    return reduced.limiting_current(SALT, length(eps)) / 2


def test_limiting_current() -> None:
    assert unit(0.1) == pytest.approx(FARADAY * 1e-9 / length(0.1), rel=1e-13, abs=0)


def test_thin_layer() -> None:
    found = reduced.thin_layer_current(VOLTAGES[:4] * VT, SALT, length(1e-3), 2.0) / unit(1e-3)
    assert found == pytest.approx([0.284472, 0.959480, 1.767829, 1.980942], abs=5.1e-7)
    assert reduced.thin_layer_current(0.5 * np.log(4.0) * VT, SALT, length(0.1), 2.0) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("eps", FULL)
def test_full_layer(eps: float) -> None:
    """In any order of the voltages, every figure to half of its last digit."""
    layers = reduced.polarised_layer(VOLTAGES[::-1] * VT, SALT, length(eps), 2.0)
    found = [layer.current / unit(eps) for layer in layers[::-1]]
    assert found == pytest.approx(FULL[eps], rel=0, abs=6e-7)
    assert [layer.voltage for layer in layers] == pytest.approx(VOLTAGES[::-1] * VT, rel=1e-13, abs=0)


def test_thinner_layers_come_to_the_neutral_one() -> None:
    thin = reduced.thin_layer_current(VT, SALT, 1.0, 2.0)
    gaps = [reduced.polarised_layer(VT, SALT, length(eps), 2.0)[0].current / unit(eps) for eps in (1e-2, 1e-3)]
    gaps = [gap - thin / reduced.limiting_current(SALT, 1.0) * 2 for gap in gaps]
    assert gaps[0] / gaps[1] == pytest.approx(10.0, rel=0.02, abs=0)


@pytest.mark.parametrize("voltage", [0.0, 1.0, 30.0])
def test_profiles(voltage: float) -> None:
    """The ends, Poisson's equation integrated twice, and the flux of the cations between the nodes."""
    (layer,) = reduced.polarised_layer(voltage * VT, SALT, length(0.01), 2.0)
    y, phi = layer.y / length(0.01), layer.potential / VT
    assert (phi[0], phi[-1]) == pytest.approx((0.0, voltage), abs=1e-12)
    assert (layer.cations[0], layer.cations[-1], layer.anions[-1]) == pytest.approx((2.0, 1.0, 1.0), rel=1e-6, abs=0)
    assert layer.cations.min() > 0.0
    assert layer.anions == pytest.approx(np.exp(phi - voltage), rel=1e-10, abs=0)
    # (c+ e^phi)' = I e^phi, from each node to the next.
    step = np.exp(phi - phi.max())
    rise = np.diff(layer.cations * step)
    slopes = np.diff(phi) / np.diff(y)
    driven = layer.current / unit(0.01) * np.diff(step) / np.where(slopes == 0.0, 1.0, slopes)
    inside = np.abs(np.diff(phi)) > 1e-9
    assert np.abs(rise - driven)[inside].max() < 2e-4 * max(abs(layer.current / unit(0.01)), 1.0)


def test_a_failure_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = SimpleNamespace(status=1, message="too many nodes")
    monkeypatch.setattr(concentration_polarisation._Layer, "solve", lambda *_: failed)
    with pytest.raises(ConvergenceError, match=r"no solution at .* with a layer of 100 Debye lengths \(too many"):
        reduced.polarised_layer(0.1, SALT, length(0.01), 2.0)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda w: reduced.limiting_current(w, 0.0), "length = 0.0"),
        (lambda w: reduced.limiting_current(fi.Electrolyte.cacl2(1.0), 1.0), "one z:z salt"),
        (lambda w: reduced.thin_layer_current(np.nan, w, 1.0, 1.0), "voltage = nan"),
        (lambda w: reduced.thin_layer_current(0.1, w, 1.0, -1.0), "membrane_concentration = -1.0"),
        (lambda w: reduced.polarised_layer(-0.1, w, 1.0, 1.0), r"voltage = -0\.1"),
        (lambda w: reduced.polarised_layer(0.1, w, 1.0, 0.0), "membrane_concentration = 0.0"),
        (lambda w: reduced.polarised_layer(0.1, w, 1.0, 1.0, 0.0), "tolerance = 0.0"),
    ],
)
def test_what_is_refused(call, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        call(SALT)
