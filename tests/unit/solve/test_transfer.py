# SPDX-License-Identifier: LGPL-3.0-or-later
"""A state carried to another degree or mesh is the same state."""

import numpy as np
import pytest

from fem_ionics import PNP, PNPS, Bath, Electrolyte, Fixed, NoSlip, Parameter, Steady, SurfaceCharge, pattern
from fem_ionics.errors import MeshError, ModelError
from fem_ionics.geometry import rectangle
from fem_ionics.observe import Mean
from fem_ionics.solve import transferred
from fem_ionics.solve.transfer import held_by_block
from fem_ionics.units import mV, nm

# Coarse on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::fem_ionics.errors.ResolutionWarning")

KCL = Electrolyte.kcl(100.0)
PROBES = [Mean("potential"), Mean("K+"), Mean("velocity", "x")]


@pytest.fixture(scope="module")
def voltage():
    return Parameter("voltage", 50 * mV, "V")


@pytest.fixture(scope="module")
def model(voltage):
    domain = rectangle((20 * nm, 10 * nm), (4, 4))
    conditions = [Bath(KCL, voltage, on="left"), Bath(KCL, on="right"), NoSlip(on=["bottom", "top"])]
    return PNPS(KCL, domain, [*conditions, SurfaceCharge(-0.02, on="top")], unknowns="concentrations")


@pytest.fixture(scope="module")
def state(model):
    return Steady(model).solve()


@pytest.mark.mpi
@pytest.mark.parametrize("change", ["degree", "mesh"])
def test_means_stay(model, state, change):
    """Quadratic functions are cubic ones, and those on a coarse mesh are functions on a nested one."""
    finer = rectangle((20 * nm, 10 * nm), (8, 8))
    other = model.rebuilt(degree=3) if change == "degree" else model.rebuilt(domain=finer)
    carried = transferred(state, other)
    for probe in PROBES:
        assert probe(carried) == pytest.approx(probe(state), rel=1e-10, abs=0)


def test_held_values_and_parameters_are_kept(model, state, voltage):
    other = model.rebuilt(degree=3)
    voltage.value = 0.0
    try:
        carried = transferred(state, other)
    finally:
        voltage.value = 50 * mV
    assert carried.parameters == state.parameters
    potential = carried.field("potential")
    assert potential.x.array.max() == pytest.approx(50 * mV, rel=1e-12)


def test_held_values_are_those_of_the_new_nodes():
    """A linear function does not follow them between the old nodes."""
    held = {name: 100.0 + 30.0 * pattern.cosine("y", wavelength=20 * nm) for name in KCL.names}
    conditions = [Fixed("potential", 0.0, on="left"), *(Fixed(name, value, on="left") for name, value in held.items())]
    domain = rectangle((20 * nm, 10 * nm), (2, 2))
    model = PNP(KCL, domain, conditions, unknowns="concentrations", degree=1)
    other = model.rebuilt(degree=2)
    carried = transferred(Steady(model).solve(), other)
    for function, array in zip(other.functions, carried.arrays, strict=True):
        for condition in held_by_block([function], other.bcs)[0]:
            expected = array.copy()
            condition.set(expected)
            np.testing.assert_allclose(array, expected, rtol=1e-14, atol=1e-14)
    assert carried.field("K+").x.array.max() == pytest.approx(130.0)


def test_another_problem_or_body_is_an_error(model, state):
    with pytest.raises(ModelError, match="same problem"):
        transferred(state, _without_flow(model))
    with pytest.raises(MeshError, match="outside the mesh"):
        transferred(state, model.rebuilt(domain=rectangle((30 * nm, 10 * nm), (4, 4))))


def _without_flow(model):
    held = [Fixed(name, 100.0, on="left") for name in KCL.names]
    return PNP(KCL, model.domain, [Fixed("potential", 0.0, on="left"), *held], unknowns="concentrations")


@pytest.mark.mpi
def test_newton_goes_on_from_a_carried_state(model, state):
    """From the solution of the coarse mesh fewer iterations are needed than from rest."""
    other = model.rebuilt(domain=rectangle((20 * nm, 10 * nm), (8, 8)))
    solver = Steady(other)
    near = solver.solve(transferred(state, other)).info["iterations"]
    far = solver.solve().info["iterations"]
    assert near <= 4 and near <= far
    assert np.isfinite(far)
