# SPDX-License-Identifier: LGPL-3.0-or-later
"""A meshed membrane: walls seen from the liquid's side, only the potential inside, nothing else counted there."""

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.errors import ModelError
from fem_ionics.geometry import cylindrical_pore
from fem_ionics.observe import Current, FlowRate, Mean, Minimum, WallCharge
from fem_ionics.units import nm

KCL = fi.Electrolyte.kcl(10.0)


def made(membrane):
    return cylindrical_pore(5 * nm, 20 * nm, reservoir=40 * nm, resolve=2 * nm, membrane=membrane)


@pytest.fixture(scope="module")
def meshed():
    return made("dielectric")


def conditions(*more):
    baths = [fi.Bath(KCL, potential=0.05, on="cis"), fi.Bath(KCL, on="trans")]
    return [*baths, fi.SurfaceCharge(-0.02, on="walls"), *more]


@pytest.mark.mpi
def test_a_membrane_without_permittivity_is_an_insulator(meshed):
    bare = fi.steady(fi.PNP(KCL, made("insulator"), conditions()))
    within = fi.steady(fi.PNP(KCL, meshed, conditions(fi.Permittivity(1e-7, on="membrane"))))
    for probe in (Current(on="trans"), WallCharge("walls"), Mean("K+"), Minimum("K+"), Minimum("Cl-")):
        assert probe(within) == pytest.approx(probe(bare), rel=1e-7, abs=0.0), probe.name
    assert Current(on="cis")(within) == pytest.approx(-Current(on="trans")(within), rel=1e-10, abs=0.0)


def test_field_lines_through_the_membrane_weaken_the_pore_and_nothing_flows_there(meshed):
    model = fi.PNPS(KCL, meshed, conditions(fi.Permittivity(78.4, on="membrane"), fi.NoSlip(on="walls")))
    state = fi.steady(model)
    balance = fi.observe.balances(state)
    assert max(balance.defects.values()) < 1e-9
    assert FlowRate(on="cis")(state) == pytest.approx(-FlowRate(on="trans")(state), rel=1e-9, abs=0.0)
    weak = fi.steady(fi.PNP(KCL, meshed, conditions(fi.Permittivity(2.0, on="membrane"))))
    strong = fi.steady(fi.PNP(KCL, meshed, conditions(fi.Permittivity(78.4, on="membrane"))))
    # The wall charge is balanced in part by ions outside, the less so the weaker the field in the membrane.
    assert Mean("K+", region="pore")(strong) < 0.99 * Mean("K+", region="pore")(weak)


def test_fields_are_zero_in_the_solid_and_nowhere_else(meshed):
    state = fi.steady(fi.PNP(KCL, meshed, conditions(fi.Permittivity(4.0, on="membrane"))))
    cations = state.field("K+")
    inside = np.setdiff1d(
        cations.function_space.dofmap.list[meshed.cells("membrane")],
        cations.function_space.dofmap.list[meshed.cells("fluid")],
    )
    assert len(inside) and np.all(cations.x.array[inside] == 0.0)
    assert np.all(cations.x.array[np.setdiff1d(np.arange(len(cations.x.array)), inside)] > 0.0)
    assert np.abs(state.field("potential").x.array[inside]).max() > 1e-3


def test_a_solid_needs_a_permittivity(meshed):
    with pytest.raises(ModelError, match=r'Permittivity\(relative, on="membrane"\)'):
        fi.PNP(KCL, meshed, conditions())
