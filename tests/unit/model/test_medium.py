# SPDX-License-Identifier: LGPL-3.0-or-later
"""Permittivity, viscosity, diffusivity, fixed charges and forces beyond charge, against what they must do in 1-D."""

import math

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.constants import FARADAY, GAS
from fem_ionics.errors import ModelError, ParameterError, TagError
from fem_ionics.geometry import rectangle
from fem_ionics.observe import Current, FlowRate, Mean, Minimum
from fem_ionics.units import nm

KCL = fi.Electrolyte.kcl(100.0)
LENGTH, WIDTH = 30 * nm, 10 * nm
ENERGY = GAS * KCL.temperature


@pytest.fixture(scope="module")
def box():
    return rectangle((LENGTH, WIDTH), (6, 4))


def baths(voltage=0.0):
    return [fi.Bath(KCL, potential=voltage, on="left"), fi.Bath(KCL, on="right")]


def current(box, *stated, **options):
    return Current(on="right")(fi.steady(fi.PNP(KCL, box, [*baths(0.02), *stated], **options)))


def test_diffusivity_of_one_ion(box):
    factor = 3.0
    stated = fi.Diffusivity("K+", factor * KCL["K+"].diffusivity)
    shares = [factor * KCL["K+"].diffusivity, KCL["Cl-"].diffusivity]
    expected = current(box) * sum(shares) / sum(KCL.diffusivities)
    assert current(box, stated) == pytest.approx(expected, rel=1e-10, abs=0.0)


@pytest.mark.parametrize("unknowns", ["potentials", "concentrations"])
def test_resistances_in_a_row_add_up(box, unknowns):
    rise = fi.pattern.linear("x", 1.0, 3.0, from_=0.0, to=LENGTH)
    stated = [fi.Diffusivity(ion, KCL[ion].diffusivity * rise) for ion in ("K+", "Cl-")]
    # The mean of 1/D is what counts.
    assert current(box, *stated, unknowns=unknowns) == pytest.approx(
        current(box) / (math.log(3.0) / 2.0), rel=2e-4, abs=0.0
    )


@pytest.mark.mpi
def test_an_excess_potential_shifts_the_ions_and_the_flux_where_it_is(box):
    # Both ions alike: no charge follows, c = c0 exp(-w) in equilibrium, and the resistance grows by the mean of exp(w).
    enthalpy, entropy = 1.5 * ENERGY, 0.5 * GAS
    stated = [fi.ExcessPotential(ion, enthalpy, entropy=entropy) for ion in ("K+", "Cl-")]
    state = fi.steady(fi.PNP(KCL, box, [*baths(), *stated]))
    assert Mean("K+")(state) == pytest.approx(100.0 * math.exp(-1.0), rel=1e-12, abs=0.0)
    assert current(box, *stated) == pytest.approx(current(box) * math.exp(-1.0), rel=1e-9, abs=0.0)


def test_a_barrier_of_any_shape_is_at_equilibrium_with_both_unknowns(box):
    def hill(x, math):
        return ENERGY * 4.0 * x[0] * (LENGTH - x[0]) / LENGTH**2

    stated = [fi.ExcessPotential(ion, hill) for ion in ("K+", "Cl-")]
    s = np.linspace(0.0, 1.0, 20001)
    weight = np.exp(4.0 * s * (1.0 - s))
    mean = np.sum((weight[1:] + weight[:-1]) / 2.0 * np.diff(s))
    for unknowns, close in (("potentials", 2e-3), ("concentrations", 2e-3)):
        found = current(box, *stated, unknowns=unknowns)
        assert found == pytest.approx(current(box) / mean, rel=close, abs=0.0)
        rest = fi.steady(fi.PNP(KCL, box, [*baths(), *stated], unknowns=unknowns))
        assert abs(Current(on="right")(rest)) < 1e-12 * found


def test_fixed_charge_is_neutralised_and_raises_the_donnan_potential():
    # Thick against the Debye length: the middle is neutral.
    box = rectangle((40 * nm, 2 * nm), (40, 1))
    density = -FARADAY * 200.0

    def within(x, math):
        return 0.5 * (math.tanh((x[0] - 8 * nm) / (1 * nm)) - math.tanh((x[0] - 32 * nm) / (1 * nm)))

    state = fi.steady(fi.PNP(KCL, box, [*baths(), fi.FixedCharge(density * fi.parameters.as_expression(within))]))
    expected = -KCL.thermal_voltage * math.asinh(200.0 / (2 * 100.0))
    assert Minimum("potential")(state) == pytest.approx(expected, rel=1e-3, abs=0.0)
    balance = fi.observe.balances(state)
    assert abs(balance.charge) < 1e-12 * balance.charge_size
    assert balance.wall_charge == pytest.approx(density * 24 * nm * 2 * nm, rel=1e-3, abs=0.0)


def test_viscosity_slows_the_flow(box):
    def flow(*stated):
        walls = fi.NoSlip(["bottom", "top"])
        conditions = [fi.Bath(KCL, on="left", pressure=1e5), fi.Bath(KCL, on="right"), walls, *stated]
        return FlowRate(on="right")(fi.steady(fi.PNPS(KCL, box, conditions)))

    plain = flow()
    # Not exactly: the ions feel, and push back at, what divergence the discrete velocity has.
    assert flow(fi.Viscosity(2 * KCL.viscosity)) == pytest.approx(plain / 2, rel=1e-3, abs=0.0)
    thick = fi.Viscosity(KCL.viscosity, slopes={"K+": 2e-3, "Cl-": 3e-3})
    assert flow(thick) == pytest.approx(plain / 1.5, rel=1e-3, abs=0.0)


def test_permittivity_sets_the_potential_of_a_charged_wall():
    """As if it were that of the electrolyte: at low charge phi = sigma lambda / (eps tanh(d / 2 lambda))."""
    slit = rectangle((LENGTH, 4 * nm), (12, 24))
    walls = fi.SurfaceCharge(1e-4, on=["bottom", "top"])
    for relative in (20.0, 78.4):
        state = fi.steady(fi.PNP(KCL, slit, [*baths(), walls, fi.Permittivity(relative)]))
        length = fi.Electrolyte.kcl(100.0, permittivity=relative).debye_length
        expected = 1e-4 * length / (relative * fi.constants.eps0) / math.tanh(2 * nm / length)
        # The openings hold zero; the middle is 15 Debye lengths from them.
        middle = fi.observe.evaluate(state, "potential", [[LENGTH / 2, 0.0]])
        assert float(middle[0]) == pytest.approx(expected, rel=1e-3, abs=0.0)


def test_decrement_keeps_equilibrium_and_bounds_the_ions_near_the_wall():
    fine = rectangle((10 * nm, 4 * nm), (2, 24))
    walls = fi.SurfaceCharge(-0.1, on=["bottom", "top"])

    def solve(voltage, *stated):
        return fi.steady(fi.PNP(KCL, fine, [*baths(voltage), walls, *stated]))

    stated = fi.Permittivity(KCL.permittivity, slopes={"K+": -0.008, "Cl-": -0.008})
    assert abs(Current(on="right")(solve(0.0, stated))) < 1e-13 * Current(on="right")(solve(0.02))
    most = fi.observe.Maximum("K+")
    assert most(solve(0.0, stated)) < 0.95 * most(solve(0.0))
    with pytest.raises(ModelError, match='need unknowns="potentials"'):
        fi.PNP(KCL, fine, [*baths(), stated], unknowns="concentrations")


# bad input


def test_what_is_stated_twice_or_of_nothing(box):
    with pytest.raises(ModelError, match='Diffusivity\\("K\\+"\\) is stated twice in the liquid'):
        fi.PNP(KCL, box, [*baths(), fi.Diffusivity("K+", 1e-9), fi.Diffusivity("K+", 2e-9)])
    with pytest.raises(ModelError, match="Steric was given twice"):
        fi.PNP(KCL, box, [*baths(), fi.Steric(fi.Bikerman(1e-10)), fi.Steric(fi.Bikerman(2e-10))])
    with pytest.raises(TagError, match=r'Permittivity\(on=...\): "fluidd": .* Did you mean "fluid"'):
        fi.PNP(KCL, box, [*baths(), fi.Permittivity(2.0, on="fluidd")])
    with pytest.raises(TagError, match=r'Viscosity: there is no species "Na\+"'):
        fi.PNPS(KCL, box, [*baths(), fi.Viscosity(1e-3, slopes={"Na+": 1.0}), fi.NoSlip(["bottom", "top"])])
    with pytest.raises(ModelError, match="PNP has no velocity, but Viscosity"):
        fi.PNP(KCL, box, [*baths(), fi.Viscosity(1e-3)])
    for wrong in (lambda: fi.Permittivity(-1.0), lambda: fi.Viscosity(0.0), lambda: fi.Diffusivity("K+", math.nan)):
        with pytest.raises(ParameterError, match="positive"):
            wrong()
    with pytest.raises(ParameterError, match="Bikerman, CarnahanStarling or BMCSL"):
        fi.Steric("Bikerman")
