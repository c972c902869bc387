# SPDX-License-Identifier: LGPL-3.0-or-later
"""What is asked of the direct solver, of the iterative one: symmetric states at rest, balances, orders."""

import numpy as np
import pytest
from channels import Flagship
from manufactured import ORDERS, Case, Errors, time_unit
from measures import orders, peak_velocity

import fem_ionics as fi
from fem_ionics.units import nm

ITERATIVE = fi.Newton("iterative")

pytestmark = pytest.mark.filterwarnings("ignore::fem_ionics.errors.ResolutionWarning")


@pytest.mark.mpi
def test_symmetric_branch_does_not_flow() -> None:
    """Below and above the critical flux, from rest."""
    flagship = Flagship()
    flagship.steady = fi.Steady(flagship.model, ITERATIVE)
    assert flagship.steady.system.linear == "iterative"
    for flux in (20.0, 40.0):
        state = flagship.solve(flux)
        assert peak_velocity(state) > 0.05
        assert abs(flagship.velocity(state)) < 1e-10 * peak_velocity(state)
        for name in ("cation", "anion"):
            assert fi.observe.Mean(name)(state) == pytest.approx(100.0, rel=1e-12, abs=0)


@pytest.mark.mpi
def test_balances_of_a_pore() -> None:
    kcl = fi.Electrolyte.kcl(10.0)
    domain = fi.geometry.conical_pore(3 * nm, 8 * nm, 30 * nm, reservoir=40 * nm, resolve=2 * nm)
    baths = [fi.Bath(kcl, potential=0.3, on="cis"), fi.Bath(kcl, on="trans")]
    model = fi.PNPS(kcl, domain, [*baths, fi.SurfaceCharge(-0.05, on="pore wall"), fi.NoSlip(on="walls")])
    state = fi.steady(model, newton=ITERATIVE)
    assert max(fi.observe.balances(state).defects.values()) < 1e-9


def test_orders_of_steady_navier_stokes() -> None:
    errors = []
    for cells in (4, 8):
        model, exact, time = Case(inertia=True, opened=True).build(cells)
        time.value = 0.2 * time_unit()
        steady = fi.Steady(model, ITERATIVE)
        # The sources are the test's own, so the system is no smaller for them.
        assert steady.system.linear == "iterative"
        errors.append(Errors(model, exact)(steady.solve()))
    for name, order in ORDERS.items():
        found = orders([each[name] for each in errors])
        assert found == pytest.approx(np.full(1, order), rel=0, abs=0.12), name
