# SPDX-License-Identifier: LGPL-3.0-or-later
"""Steps of electrochemical potentials that are those of concentrations: jumps that plain Newton does not survive."""

import gc
import weakref

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.errors import ConvergenceError
from fem_ionics.geometry import conical_pore
from fem_ionics.observe import Current
from fem_ionics.solve.exponential import amendment
from fem_ionics.units import nm


@pytest.fixture(scope="module")
def cone():
    """1 mM at 1 e/nm2: a thousandfold of the bath's ions at the wall."""
    kcl = fi.Electrolyte.kcl(1.0)
    voltage = fi.Parameter("voltage", 0.0, "V")
    domain = conical_pore(2.5 * nm, 10 * nm, 50 * nm, reservoir=60 * nm, resolve=1 * nm)
    baths = [fi.Bath(kcl, potential=voltage, on="cis"), fi.Bath(kcl, on="trans")]
    return fi.PNP(kcl, domain, [*baths, fi.SurfaceCharge(-0.16, on="pore wall")]), voltage


def test_a_jump_of_a_volt(cone):
    model, voltage = cone
    plain, amended = fi.Steady(model), fi.Steady(model)
    plain.system.amend = None
    voltage.value = 0.0
    rest = amended.solve()
    voltage.value = 1.0
    jumped = amended.solve(rest, ramp=False)
    assert jumped.info["iterations"] <= 12
    with pytest.raises(ConvergenceError):
        plain.solve(rest, ramp=False)
    # It is the solution: from it plain Newton goes nowhere else.
    assert plain.solve(jumped).info["iterations"] <= 1
    current = Current(on="trans")
    assert current(plain.solve(jumped)) == pytest.approx(current(jumped), rel=1e-9, abs=0.0)


def test_the_amended_step_is_that_of_the_concentration_to_first_order(cone):
    model, _ = cone
    amend = amendment(model)
    assert amend is not None
    phi, cations, anions = np.array([0.3, -0.2, 5.0]), np.array([-0.1, 0.4, -9.0]), np.array([0.2, 0.1, 0.0])
    steps = [phi.copy(), cations.copy(), anions.copy()]
    amend(steps)
    assert np.array_equal(steps[0], phi)
    for new, old, valence in ((steps[1], cations, 1), (steps[2], anions, -1)):
        # Steps are subtracted: c grows by exp(-step of mu + z step of phi).
        factor = np.exp(-new + valence * phi)
        assert factor == pytest.approx(np.maximum(1.0 - old + valence * phi, 0.1), rel=1e-12, abs=0.0)


def test_other_unknowns_take_plain_steps():
    kcl = fi.Electrolyte.kcl(100.0)
    box = fi.geometry.rectangle((20 * nm, 10 * nm), (2, 2))
    baths = [fi.Bath(kcl, on="left"), fi.Bath(kcl, on="right")]
    assert amendment(fi.PNP(kcl, box, baths, unknowns="concentrations")) is None
    assert amendment(fi.PNP(kcl, box, [*baths, fi.Steric(fi.Bikerman(5e-10))])) is None


@pytest.mark.mpi
def test_a_solver_is_let_go():
    """PETSc holds what it calls back, where Python's collector cannot look."""
    kcl = fi.Electrolyte.kcl(100.0)
    box = fi.geometry.rectangle((20 * nm, 10 * nm), (2, 2))
    model = fi.PNP(kcl, box, [fi.Bath(kcl, potential=0.01, on="left"), fi.Bath(kcl, on="right")])

    def solve():
        steady = fi.Steady(model)
        steady.solve()
        return weakref.ref(steady.system)

    gone = solve()
    gc.collect()
    assert gone() is None
