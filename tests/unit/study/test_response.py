# SPDX-License-Identifier: LGPL-3.0-or-later
"""The response matrix of a pore: Onsager's relation on a coarse mesh, and what one voltage alone gives."""

import pytest

import fem_ionics as fi
from fem_ionics.errors import ParameterError
from fem_ionics.geometry import conical_pore
from fem_ionics.observe import Current, FlowRate
from fem_ionics.study import linear_response
from fem_ionics.units import nm

KCL = fi.Electrolyte.kcl(10.0)


@pytest.fixture(scope="module")
def cone():
    domain = conical_pore(3 * nm, 8 * nm, 20 * nm, reservoir=30 * nm, resolve=2 * nm)
    voltage, pressure = fi.Parameter("voltage", 0.3, "V"), fi.Parameter("pressure", 0.0, "Pa")
    conditions = [
        fi.Bath(KCL, potential=voltage, pressure=pressure, on="cis"),
        fi.Bath(KCL, on="trans"),
        fi.SurfaceCharge(-0.03, on="pore wall"),
    ]
    return domain, voltage, pressure, conditions


def test_a_charged_cone_is_reciprocal_and_weakly_coupled(cone):
    domain, voltage, pressure, conditions = cone
    model = fi.PNPS(KCL, domain, [*conditions, fi.NoSlip(on="walls")])
    response = linear_response(model, voltage, pressure)
    assert response.reciprocity_defect < 2e-6
    assert 0.0 < response.coupling < 0.2
    assert response.maximal_efficiency > response.efficiency_at_maximal_power > 0.0
    assert (voltage.value, pressure.value) == (0.3, 0.0)
    # By hand, at one small voltage.
    voltage.value = 1e-4
    state = fi.steady(model)
    voltage.value = 0.3
    assert Current(on="trans")(state) == pytest.approx(1e-4 * response.conductance, rel=1e-3, abs=0.0)
    assert FlowRate(on="trans")(state) == pytest.approx(1e-4 * response.electroosmotic, rel=1e-3, abs=0.0)


def test_bad_input(cone):
    domain, voltage, pressure, conditions = cone
    still = fi.PNP(KCL, domain, conditions)
    with pytest.raises(ParameterError, match="no flow"):
        linear_response(still, voltage, pressure)
    moving = fi.PNPS(KCL, domain, [*conditions, fi.NoSlip(on="walls")])
    with pytest.raises(ParameterError, match="step of pressure = 0"):
        linear_response(moving, voltage, pressure, steps=(1e-3, 0.0))
    with pytest.raises(ParameterError, match='"other"'):
        linear_response(moving, voltage, fi.Parameter("other", 0.0, "Pa"))
