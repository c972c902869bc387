# SPDX-License-Identifier: LGPL-3.0-or-later
"""What is read off a curve, on curves with known answers."""

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.errors import ParameterError
from fem_ionics.study.iv_results import charge_defects

VALENCES = {"K+": 1.0, "Cl-": -1.0}


def curve(voltages, current, cation=0.8, **columns):
    voltages = np.asarray(voltages, dtype=float)
    currents = current(voltages)
    ions = {"K+ current": cation * currents, "Cl- current": (1 - cation) * currents}
    return fi.IVCurve(
        {"voltage": voltages, "current": currents, **ions, **columns},
        {"voltage": "V", "current": "A"},
        {"valences": VALENCES},
    )


def bent(v):
    return 2e-9 * v + 0.5e-9 * v**2


def test_slopes_of_a_parabola_are_exact_on_any_points():
    iv = curve([0.3, -1.0, 0.1, -0.2, 1.0], bent)
    for at in (-1.0, -0.4, 0.0, 0.25, 1.0):
        assert iv.conductance(at) == pytest.approx(2e-9 + 1e-9 * at, rel=1e-12, abs=0)
    assert iv.resistance(0.0) == pytest.approx(5e8, rel=1e-12, abs=0)
    assert iv.transference("K+") == pytest.approx(0.8)
    assert iv.selectivity() == pytest.approx(0.6)


def test_two_points_give_a_chord():
    iv = curve([0.0, 0.5], bent)
    assert iv.conductance() == pytest.approx(bent(0.5) / 0.5, rel=1e-12, abs=0)
    for at in (-0.1, 0.6):
        with pytest.raises(ParameterError, match=r"from 0 to 0\.5"):
            iv.conductance(at)
    with pytest.raises(ParameterError, match="1 points"):
        curve([0.0], bent).conductance()


def test_rectification():
    iv = curve([-1.0, -0.5, 0.0, 0.5, 1.0, 2.0], bent)
    assert iv.rectification() == pytest.approx(2.5 / 1.5)
    assert iv.rectification(-0.5) == iv.rectification(0.5) == pytest.approx(bent(0.5) / -bent(-0.5))
    assert iv.rectification_ratio(1.0) == pytest.approx(1.5 / 2.5)
    with pytest.raises(ParameterError, match="no point"):
        iv.rectification(0.7)
    with pytest.raises(ParameterError, match="no point"):
        iv.rectification(2.0)
    with pytest.raises(ParameterError, match="both signs"):
        curve([0.0, 1.0], bent).rectification()
    with pytest.raises(ParameterError, match="no current"):
        curve([-1.0, 1.0], np.zeros_like).rectification()


@pytest.mark.parametrize("zero", [-0.033, 0.0, 0.041])
def test_reversal_potential_of_a_cubic(zero):
    def current(v):
        return 1e-9 * (v - zero) * (1.0 + v + 3.0 * v**2)

    iv = curve(np.linspace(-0.2, 0.2, 9), current)
    assert iv.reversal_potential == pytest.approx(zero, abs=1e-13)


def test_no_reversal_potential():
    with pytest.raises(ParameterError, match="changes sign 0 times"):
        _ = curve([0.1, 0.2], bent).reversal_potential
    with pytest.raises(ParameterError, match="changes sign 3 times"):
        _ = curve(np.linspace(-1.1, 1.1, 8), lambda v: v * (v - 0.5) * (v + 0.5)).reversal_potential


@pytest.mark.parametrize("reversal", [-0.05, 0.05])
def test_power_of_a_linear_device(reversal):
    iv = curve([-0.1, 0.013, 0.1, -0.02], lambda v: 3e-9 * (v - reversal))
    assert iv.maximum_power == pytest.approx(fi.study.osmotic_power(reversal, 3e-9), rel=1e-12, abs=0)
    assert curve([-1.0, 0.0, 1.0], bent).maximum_power == 0.0


def test_defect_keeps_its_meaning_at_no_current():
    defects = charge_defects([1e-9, -1e-12, 0.0], [1e-20, -1e-20, 1e-20], 1e-9)
    assert defects == pytest.approx([1e-11, 1e-8, 1e-5], rel=1e-12, abs=0)
    assert charge_defects([0.0], [0.0], 0.0) == pytest.approx([0.0])


def test_unknown_things():
    iv = curve([-1.0, 1.0], bent)
    with pytest.raises(ParameterError, match=r'"K\+", "Cl-".*Did you mean "K\+"'):
        iv.transference("K")
    with pytest.raises(ParameterError, match="flow rate"):
        _ = iv.flow_rates
    with pytest.raises(ParameterError, match='column "current"'):
        fi.IVCurve({"voltage": [1.0]})
    with pytest.raises(ParameterError, match="single ions"):
        fi.IVCurve({"voltage": [0.0, 1.0], "current": [0.0, 1.0]}).selectivity()


def test_a_curve_comes_back_from_a_file(tmp_path):
    iv = curve([-1.0, 0.0, 1.0], bent, **{"charge defect": [1e-12, 3e-12, 2e-12]})
    fi.io.write_table(tmp_path / "iv.csv", iv)
    again = fi.IVCurve.of(fi.io.read_table(tmp_path / "iv.csv"))
    assert again.charge_defect == 3e-12
    assert again.selectivity() == iv.selectivity() and again.rectification() == iv.rectification()
