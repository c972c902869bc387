# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a pore says to particles: baths, charges of the wall, parameters, and what it refuses."""

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.errors import ModelError, ParameterError
from fem_ionics.lemc import Rings, Smeared, SquareGrid, WallCharges
from fem_ionics.lemc.device import device
from fem_ionics.units import M, e_nm2, mM, nm

KCL = fi.Electrolyte.kcl(1 * M)
PORE = fi.geometry.cylindrical_pore(1 * nm, 3 * nm, reservoir=(4 * nm, 2 * nm), resolve=1 * nm)
BATHS = (fi.Bath(KCL, on="cis"), fi.Bath(KCL, on="trans"))


def made(*more, baths=BATHS, electrolyte=KCL, pore=PORE):
    return device(electrolyte, pore, [*baths, *more])


def wall(density):
    return fi.SurfaceCharge(density, on="pore wall")


# The cell


def test_the_cell_is_the_pore_in_nanometres():
    cell = made().cell
    np.testing.assert_allclose((cell.z, cell.r), ((-1.5, 1.5), (1.0, 1.0)))
    assert (cell.bath_radius, cell.bath_depth, cell.length) == pytest.approx((4.0, 2.0, 3.0))


def test_a_cone_keeps_its_two_ends_and_a_bent_wall_its_bends():
    cone = fi.geometry.conical_pore(1 * nm, 2 * nm, 4 * nm, reservoir=4 * nm, resolve=1 * nm)
    assert len(made(pore=cone).cell.r) == 2
    glass = fi.geometry.hourglass_pore(1 * nm, 2 * nm, 4 * nm, reservoir=4 * nm, resolve=1 * nm)
    cell = made(pore=glass).cell
    assert len(cell.r) == 33
    assert min(cell.r) == pytest.approx(1.0, abs=0.02)
    assert max(cell.r) == pytest.approx(2.0, abs=0.02)


def box():
    return fi.geometry.rectangle((20e-9, 10e-9), (4, 2))


def endless():
    return fi.geometry.tube(1 * nm, 4 * nm, resolve=1 * nm)


@pytest.mark.parametrize("pore", [box, endless, lambda: None])
def test_other_domains_are_no_pore_between_baths(pore):
    with pytest.raises(ModelError, match="an axisymmetric pore between reservoirs is needed, as"):
        made(pore=pore())


# Baths


def test_the_baths_follow_their_parameters():
    voltage, salt = fi.Parameter("voltage", 0.1, "V"), fi.Parameter("salt", 500.0, "mol/m3")
    found = made(baths=(fi.Bath({"Cl-": salt, "K+": salt}, potential=voltage, on="cis"), BATHS[1]))
    assert found.parameters == (voltage, salt)
    assert found.bath(0) == {"K+": 500.0, "Cl-": 500.0}
    assert list(found.bath(0)) == list(KCL.names)
    voltage.value, salt.value = -0.2, 250.0
    assert found.voltages() == pytest.approx((-0.2 / KCL.thermal_voltage, 0.0))
    assert found.bath(0) == {"K+": 250.0, "Cl-": 250.0}
    assert found.bath(1) == {"K+": 1000.0, "Cl-": 1000.0}


def test_one_bath_may_serve_both_openings():
    assert made(baths=(fi.Bath(KCL, potential=0.1, on=("cis", "trans")),)).voltages()[1] == pytest.approx(
        0.1 / KCL.thermal_voltage
    )


@pytest.mark.parametrize(
    ("baths", "words"),
    [
        (BATHS[:1], '0 baths on "trans" were given; one on each of "cis" and "trans"'),
        ((*BATHS, BATHS[0]), '2 baths on "cis" were given'),
        ((*BATHS, fi.Bath(KCL, on="membrane")), r"Bath\(on=\['membrane'\]\) was given"),
        ((fi.Bath(KCL, on="cis", pressure=1e5), BATHS[1]), "has a pressure, and particles no flow"),
        ((fi.Bath({"Na+": 1.0, "Cl-": 1.0}, on="cis"), BATHS[1]), r"it holds Na\+, Cl-, the electrolyte K\+, Cl-"),
        ((fi.Bath({"Cl-": 1.0}, on="cis"), BATHS[1]), "every ion of the electrolyte, and no other, is needed"),
    ],
)
def test_wrong_baths_are_refused(baths, words):
    with pytest.raises(ModelError, match=words):
        made(baths=baths)


@pytest.mark.parametrize(
    ("potassium", "chloride", "words"),
    [
        (100.0, 90.0, r"is not neutral \(sum z c = 10 mol/m3\); balance its ions"),
        (0.0, 0.0, "positive concentrations are needed"),
        (-1.0, -1.0, "positive concentrations are needed"),
    ],
)
def test_a_bath_must_be_neutral_and_positive_when_it_is_asked_for(potassium, chloride, words):
    found = made(baths=(BATHS[0], fi.Bath({"K+": potassium, "Cl-": chloride}, on="trans")))
    assert found.bath(0)
    with pytest.raises(ModelError, match=words) as raised:
        found.bath(1)
    assert 'Bath(on="trans")' in str(raised.value) and f"K+ {potassium:g}" in str(raised.value)


# Conditions


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (fi.NoSlip(on="pore wall"), "NoSlip was given; particles know Bath, SurfaceCharge and lemc.WallCharges"),
        (fi.Permittivity(2.0, on="membrane"), "Permittivity was given"),
        (fi.SurfaceCharge(0.1, on="membrane"), 'on="pore wall" is allowed'),
        (fi.SurfaceCharge(0.1, on=("pore wall", "membrane")), 'on="pore wall" is allowed'),
        ("charge", "str was given"),
    ],
)
def test_conditions_that_particles_do_not_know_are_refused(condition, words):
    with pytest.raises(ModelError, match=words):
        made(condition)


def test_a_single_condition_is_one_in_a_list():
    with pytest.raises(ModelError, match='0 baths on "trans"'):
        device(KCL, PORE, BATHS[0])


# Charges of the wall


def test_a_smeared_charge_is_one_zone():
    assert made().zones() == ()
    assert made(wall(0.0)).zones() == ()
    ((density, low, high, depth),) = made(wall(-0.5 * e_nm2)).zones()
    assert (density, low, high, depth) == pytest.approx((-0.5, -1.5, 1.5, 0.0))


def test_several_smeared_charges_add_up():
    ((density, *_),) = made(wall(-0.5 * e_nm2), wall(0.2 * e_nm2)).zones()
    assert density == pytest.approx(-0.3)


@pytest.mark.parametrize("length", [3.0, 2.5, 2.0])
def test_a_bipolar_pore_has_two_zones(length):
    """Pieces that straddle the junction carry no charge, so that the total is zero whatever the length."""
    half = 0.5 * length * nm
    halves = fi.pattern.patches("z", width=half, centre=-half / 2) - fi.pattern.patches(
        "z", width=half, centre=half / 2
    )
    pore = fi.geometry.cylindrical_pore(1 * nm, 2 * half, reservoir=4 * nm, resolve=1 * nm)
    sigma = fi.Parameter("sigma", -1.0 * e_nm2, "C/m2")
    found = made(wall(sigma * halves), pore=pore)
    zones = found.zones()
    assert [zone[0] for zone in zones] == pytest.approx([-1.0, 1.0])
    assert (zones[0][1], zones[1][2]) == pytest.approx((-length / 2, length / 2))
    assert abs(zones[0][2]) < 0.051 and zones[0][2] == pytest.approx(-zones[1][1])
    sigma.value = 0.5 * e_nm2
    assert [zone[0] for zone in found.zones()] == pytest.approx([0.5, -0.5])
    assert found.parameters == (sigma,)


def test_a_charge_that_varies_has_a_zone_for_each_piece():
    zones = made(wall(0.1 * e_nm2 * fi.pattern.cosine("z", wavelength=3 * nm))).zones()
    assert len(zones) >= 29
    total = sum(density * (high - low) for density, low, high, _ in zones)
    assert total == pytest.approx(0.0, abs=1e-12)
    middles = np.array([0.5 * (low + high) for _, low, high, _ in zones])
    np.testing.assert_allclose([zone[0] for zone in zones], 0.1 * np.cos(2 * np.pi * middles / 3.0), atol=1e-3)


def test_smeared_wall_charges_keep_their_depth_and_heights():
    half = WallCharges(Smeared(0.3 * e_nm2, depth=0.2 * nm), between=(0.0, 1.5 * nm))
    ((density, low, high, depth),) = made(half).zones()
    assert (density, low, high, depth) == pytest.approx((0.3, 0.0, 1.5, 0.2))
    assert made(half).points() is None


def test_other_charges_are_points_with_the_total_that_was_asked_for():
    rings, grid = Rings(-1.0 * e_nm2, 1 * nm), SquareGrid(0.5 * e_nm2, 0.5 * nm)
    lower, upper = (-1.5 * nm, 0.0), (0.0, 1.5 * nm)
    both = made(WallCharges(rings, lower), WallCharges(grid, upper), wall(-0.5 * e_nm2))
    points = both.points()
    z = points.positions[:, 2]
    area = 2 * np.pi * 1.0 * 1.5
    assert points.charges[z < 0.0].sum() == pytest.approx(-area)
    assert points.charges[z > 0.0].sum() == pytest.approx(0.5 * area)
    assert len(both.zones()) == 1
    assert made(WallCharges(rings)).points().charges.sum() == pytest.approx(-2 * area)


@pytest.mark.parametrize("between", [(-2.0 * nm, 0.0), (0.0, 1.6 * nm)])
@pytest.mark.parametrize("kind", [Smeared(0.1), Rings(0.1, 1 * nm)])
def test_zones_lie_within_the_pore(kind, between):
    with pytest.raises(ModelError, match=r"ascending heights within the pore, from -1\.5e-09 to 1\.5e-09 m"):
        made(WallCharges(kind, between))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("rings",), "one of Smeared, SquareGrid, Rings, Helix, RandomCharges, Oxygens is needed"),
        ((Smeared(0.1), (1 * nm, 0.0)), "ascending heights are needed"),
        ((Smeared(0.1), (0.0, 0.0)), "ascending heights are needed"),
        ((Smeared(0.1), (0.0, 1 * nm, 2 * nm)), "two heights, m, are needed"),
        ((Smeared(0.1), (0.0, np.inf)), "a finite real number is needed"),
    ],
)
def test_wall_charges_check_themselves(arguments, words):
    with pytest.raises(ParameterError, match=words):
        WallCharges(*arguments)


# What tells problems apart


def test_the_signature_knows_the_problem_and_not_the_values():
    voltage, sigma = fi.Parameter("voltage", 0.1, "V"), fi.Parameter("sigma", -0.1, "C/m2")
    narrow, wide = (fi.pattern.patches("z", width=each * nm) for each in (0.6, 1.0))

    def signature(charge=sigma, potential=voltage, salt=KCL):
        return made(wall(charge), baths=(fi.Bath(salt, potential=potential, on="cis"), BATHS[1])).signature()

    before = signature()
    voltage.value, sigma.value = 0.3, 0.2
    assert signature() == before
    others = [
        signature(charge=2 * sigma),
        signature(charge=sigma * narrow),
        signature(charge=sigma * wide),
        signature(potential=0.5 * voltage),
        signature(potential=0.1),
        signature(salt=fi.Electrolyte.kcl(100 * mM)),
    ]
    assert len({before, *others}) == 7
