# SPDX-License-Identifier: LGPL-3.0-or-later
"""Models of the package as problems: gauges are no bifurcations, voltages are parameters like others."""

import math

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.bifurcation.models import as_problem
from fem_ionics.errors import ModelError, TagError
from fem_ionics.units import mC, nm

pytestmark = pytest.mark.filterwarnings("ignore::fem_ionics.errors.ResolutionWarning")

SALT = fi.Electrolyte.symmetric(20.0, 1e-9, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0)
LENGTH, HEIGHT = 30 * nm, 10 * nm


@pytest.fixture(scope="module")
def closed():
    """Periodic and closed: the pressure's constant, the potential's and both amounts are undetermined by themselves."""
    domain = fi.geometry.rectangle((LENGTH, HEIGHT), (6, 6), periodic="x")
    wave = fi.pattern.cosine("x", wavelength=LENGTH)
    charge, flux = fi.Parameter("charge", 0.0, "C/m2"), fi.Parameter("flux", 0.0, "mol/m2/s")
    walls = ["bottom", "top"]
    conditions = [
        fi.SurfaceCharge(charge * wave, on=walls),
        fi.IonFlux("cation", flux * wave, on=walls),
        fi.NoSlip(walls),
        fi.FixedTotal("cation", 20.0),
        fi.FixedTotal("anion", 20.0),
    ]
    return fi.PNPS(SALT, domain, conditions), charge, flux


def test_gauges_do_not_read_as_bifurcations(closed):
    """Weak charge and flux: all modes decay, those that the multipliers hold are no modes, and no sign flips."""
    model, charge, flux = closed
    charge.value = 1 * mC
    branch = fi.continuation(model, flux, start=0.0, stop=2.0, modes=6)
    assert branch.specials == ()
    assert branch.ended == "flux = 2 reached"
    assert np.all(branch["unstable"] == 0)
    assert len(set(branch["jacobian sign"])) == 1
    for mode in branch.stability(-1, count=8):
        assert np.isfinite(mode.rate)
        assert mode.residual < 1e-6
        assert mode.rate.real < -1e-3, "a gauge would show as zero"
    # In units of D/L^2: the slowest wave of salt along the channel decays with k^2.
    slowest = branch["growth rate"][0]
    assert slowest == pytest.approx(-((2 * math.pi / LENGTH) ** 2) * 1e-9, rel=0.05, abs=0)


def test_model_and_parameter_are_named_alike(closed):
    model, _, flux = closed
    problem = as_problem(model)
    assert as_problem(model) is problem, "forms are compiled once"
    assert problem.knob(flux) is problem.knob("flux")
    with pytest.raises(TagError, match='known are "charge", "flux"'):
        problem.knob("fluxx")


def test_a_model_without_parameters_is_refused():
    domain = fi.geometry.rectangle((LENGTH, HEIGHT), (3, 2), periodic="x")
    conditions = [fi.FixedTotal("cation", 20.0), fi.FixedTotal("anion", 20.0)]
    with pytest.raises(ModelError, match="no Parameter"):
        as_problem(fi.PNP(SALT, domain, conditions))


@pytest.fixture(scope="module")
def biased():
    """Two reservoirs with a voltage between them, and a charged wall that makes the answer nonlinear."""
    domain = fi.geometry.rectangle((LENGTH, HEIGHT), (12, 4))
    voltage = fi.Parameter("voltage", 0.0, "V")
    conditions = [
        fi.Fixed("potential", voltage, on="left"),
        fi.Fixed("potential", 0.0, on="right"),
        *(fi.Fixed(name, 20.0, on=side) for name in SALT.names for side in ("left", "right")),
        fi.SurfaceCharge(-2 * mC, on=["bottom", "top"]),
    ]
    return fi.PNP(SALT, domain, conditions), voltage


def test_a_voltage_is_a_parameter(biased):
    """A Dirichlet value: UFL does not know its derivative, the tangent must."""
    model, voltage = biased
    current = fi.observe.Current(on="right")
    branch = fi.continuation(model, voltage, start=0.0, stop=0.1, stability=0, record={"current": current})
    assert branch.ended == "voltage = 0.1 reached"
    assert all(point.iterations <= 4 for point in branch.points[1:])
    voltage.value = 0.1
    alone = fi.Steady(model).solve()
    assert branch["current"][-1] == pytest.approx(current(alone), rel=1e-8, abs=0)
    # The tangent at the start is the difference of neighbours.
    problem, first = as_problem(model), branch.points[0]
    knob = problem.knob("voltage")
    found = {}
    for value in (-1e-4, 1e-4):
        voltage.value = value
        found[value] = problem.pack(_loaded(model, fi.Steady(model).solve()))
    change = found[1e-4]
    change.axpy(-1.0, found[-1e-4])
    change.scale(1.0 / 2e-4)
    tangent = first.tangent.copy()
    tangent.scale(1.0 / first.slope)
    change.axpy(-1.0, tangent)
    knob.assign(0.0)
    assert change.norm() < 1e-4 * tangent.norm()


def _loaded(model, state):
    model.load(state)
    return model.functions
