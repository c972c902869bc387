# SPDX-License-Identifier: LGPL-3.0-or-later
"""Energy conversion: the formulas against the optimisation that they solve."""

import numpy as np
import pytest

from fem_ionics.constants import F, R
from fem_ionics.errors import ParameterError
from fem_ionics.study import (
    LinearResponse,
    osmotic_power,
    permeability_ratio,
    reverse_electrodialysis_efficiency,
    transference_from_reversal,
)

#: Alpha = 0.36.
RESPONSE = LinearResponse(2.0, 3.0, 3.0, 12.5)


def test_efficiency_from_pressure_to_power():
    voltages = np.linspace(-1.5, 0.0, 200001)[1:-1]  # driven by p = 1; -1.5 is the streaming potential
    current, flow = 2.0 * voltages + 3.0, 3.0 * voltages + 12.5
    power = -voltages * current
    assert RESPONSE.coupling == pytest.approx(0.36)
    assert RESPONSE.maximal_efficiency == pytest.approx((power / flow).max(), rel=1e-8)
    best = int(np.argmax(power))
    assert RESPONSE.efficiency_at_maximal_power == pytest.approx(power[best] / flow[best], rel=1e-4)
    z = RESPONSE.figure_of_merit
    assert RESPONSE.maximal_efficiency == pytest.approx((np.sqrt(z + 1) - 1) / (np.sqrt(z + 1) + 1))


def test_reciprocity():
    assert RESPONSE.reciprocity_defect == 0.0
    assert LinearResponse(1.0, 1.0, 0.9, 2.0).reciprocity_defect == pytest.approx(0.1)
    assert LinearResponse(1.0, 0.0, 0.0, 2.0).reciprocity_defect == 0.0


@pytest.mark.parametrize("numbers", [(0.0, 1, 1, 1), (1, 1, 1, -1.0), (1, np.nan, 1, 1)])
def test_bad_responses(numbers):
    with pytest.raises(ParameterError):
        LinearResponse(*numbers)


def test_an_active_response():
    for other in (3.0, -1.0):
        with pytest.raises(ParameterError, match="passive"):
            _ = LinearResponse(1.0, other, abs(other), 2.0).coupling


def test_salt_gradients():
    assert osmotic_power(-0.1, 4e-9) == pytest.approx(1e-11, rel=1e-12, abs=0)
    assert reverse_electrodialysis_efficiency(1.0) == 0.5
    assert reverse_electrodialysis_efficiency(0.5) == 0.0
    thermal = R * 298.15 / F
    assert transference_from_reversal(0.6 * thermal * np.log(10.0), 10.0, 298.15) == pytest.approx(0.8)
    # Goldman, Hodgkin and Katz with a ratio of 7.
    voltage = thermal * np.log((7.0 * 10.0 + 1.0) / (7.0 + 10.0))
    assert permeability_ratio(voltage, 10.0, 298.15) == pytest.approx(7.0)
    assert permeability_ratio(-voltage, 10.0, 298.15) == pytest.approx(1.0 / 7.0)
    assert permeability_ratio(0.0, 10.0, 298.15) == pytest.approx(1.0)


def test_bad_gradients():
    for call in (
        lambda: permeability_ratio(0.06, 10.0, 298.15),
        lambda: permeability_ratio(0.01, 1.0, 298.15),
        lambda: transference_from_reversal(0.01, 0.5, 298.15),
        lambda: transference_from_reversal(0.01, 2.0, 0.0),
        lambda: reverse_electrodialysis_efficiency(1.1),
        lambda: osmotic_power(0.1, -1.0),
    ):
        with pytest.raises(ParameterError):
            call()
