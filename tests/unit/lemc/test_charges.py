# SPDX-License-Identifier: LGPL-3.0-or-later
"""Where the arrangements put the wall's charges, what leaves them as they are, and what is refused."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.lemc.cell import Box, PoreCell, Slit, Tube
from fem_ionics.lemc.charges import (
    Helix,
    Oxygens,
    PointCharges,
    RandomCharges,
    Rings,
    Smeared,
    SquareGrid,
    check_approach,
    check_fits,
    joined,
    place,
)
from fem_ionics.lemc.room import check_apart
from fem_ionics.units import e_nm2, nm

SIGMA = -1.0 * e_nm2
TUBE = Tube(2.0, 10.3)
SLIT = Slit(4.0, 7.3)
CYLINDER = PoreCell((-4.0, 4.0), (2.0, 2.0), 8.0, 5.0)
CONE = PoreCell((-4.0, 4.0), (6.0, 1.5), 10.0, 5.0)
BENT = PoreCell((-4.0, -1.0, 4.0), (6.0, 3.0, 1.5), 10.0, 5.0)


def frustum(height, low, high):
    return np.pi * (low + high) * np.hypot(height, high - low)


AREAS = {
    TUBE: TUBE.wall_area,
    CYLINDER: 2 * np.pi * 2 * 8,
    CONE: frustum(8, 6, 1.5),
    BENT: frustum(3, 6, 3) + frustum(5, 3, 1.5),
    SLIT: SLIT.wall_area,
}
AROUND = [Rings(SIGMA, 1 * nm), Rings(SIGMA, (0.7 * nm, 1.2 * nm)), Helix(SIGMA, 1 * nm)]
ANYWHERE = [
    SquareGrid(SIGMA, 1 * nm),
    SquareGrid(SIGMA, 1.7 * nm, depth=0.1 * nm),
    RandomCharges(SIGMA, seed=3),
    Oxygens(SIGMA, 1 * nm, depth=-0.1 * nm),
]
CASES = [(each, cell) for each in AROUND + ANYWHERE for cell in AREAS if cell is not SLIT or each in ANYWHERE]


def cylindrical(points):
    x, y, z = points.positions.T
    return np.hypot(x, y), np.arctan2(y, x) % (2 * np.pi), z


def same(one, other, length):
    """The same charges at the same places of a tube, in any order."""

    def key(points):
        _, theta, z = cylindrical(points)
        # Half a digit aside, so that places on a full turn or the end of the tube do not flicker.
        turns = np.round((theta / (2 * np.pi) + 1e-5) % 1.0, 4)
        return np.array(sorted(zip(turns, np.round((z / length + 0.5 + 1e-5) % 1.0, 4), points.charges, strict=True)))

    return np.allclose(key(one), key(other), atol=2e-4)


def moved(points, angle, shift):
    c, s = np.cos(angle), np.sin(angle)
    turned = points.positions @ np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]]) + [0, 0, shift]
    return PointCharges(turned, points.charges, points.radii)


@pytest.mark.parametrize(("given", "cell"), CASES)
def test_the_total_charge_is_density_times_area(given, cell):
    points = place(given, cell).points
    assert points.charges.sum() == pytest.approx(-AREAS[cell], rel=1e-12)
    assert np.all(points.charges < 0)


@pytest.mark.parametrize("given", AROUND + ANYWHERE)
def test_so_it_is_in_a_zone(given):
    for cell in (CONE, TUBE):
        low, high = (np.interp(z, (-4, 4), (6, 1.5)) if cell is CONE else 2.0 for z in (-1, 3))
        placement = place(given, cell, between=(-1.0, 3.0))
        assert placement.points.charges.sum() == pytest.approx(-frustum(4, low, high), rel=1e-12)
        z = placement.points.positions[:, 2]
        assert z.min() > -1.1 and z.max() < 3.1
        assert placement.period is None and placement.screw is None
    with pytest.raises(ParameterError, match="zone was given for a slit"):
        place(ANYWHERE[0], SLIT, between=(-1.0, 1.0))


@pytest.mark.parametrize("given", [SquareGrid(SIGMA, 0.25 * nm), Helix(SIGMA, 0.3 * nm), RandomCharges(20 * SIGMA, 1)])
@pytest.mark.parametrize("cell", [CONE, BENT])
def test_the_mean_is_uniform_per_area(given, cell):
    points = place(given, cell).points
    _, theta, z = cylindrical(points)
    charges = points.charges / (-given.density / e_nm2)
    error = 0.1 if isinstance(given, RandomCharges) else 0.06
    for low, high in ((-4, -1), (-1, 2), (2, 4)):
        band = charges[(z > low) & (z < high)].sum()
        assert band == pytest.approx(-frustum(high - low, *cell.radius(np.array([low, high]))), rel=error)
    half = charges[theta < np.pi].sum()
    assert half == pytest.approx(-0.5 * AREAS[cell], rel=error)


@pytest.mark.parametrize("given", AROUND + ANYWHERE)
def test_depth_is_measured_along_the_normal(given):
    rho, _, z = cylindrical(place(given, TUBE).points)
    np.testing.assert_allclose(rho, 2.0 + given.depth / nm, rtol=1e-12)
    assert z.min() >= -0.5 * TUBE.length and z.max() < 0.5 * TUBE.length
    rho, _, z = cylindrical(place(given, CONE).points)
    normal = np.array([8.0, 4.5]) / np.hypot(8, 4.5)
    np.testing.assert_allclose((rho - 6.0) * normal[0] + (z + 4.0) * normal[1], given.depth / nm, atol=1e-12)


def test_rings_are_what_they_say():
    placement = place(Rings(SIGMA, (0.7 * nm, 1.2 * nm)), TUBE)
    z = placement.points.positions[:, 2]
    circles, numbers = np.unique(np.round(z, 9), return_counts=True)
    assert len(circles) == round(10.3 / 0.7) and set(numbers) == {round(4 * np.pi / 1.2)}
    np.testing.assert_allclose(placement.spacing, (10.3 / 15, 4 * np.pi / 10))
    assert placement.period == pytest.approx(10.3 / 15) and placement.sectors == 10
    assert same(moved(placement.points, 2 * np.pi / 10, placement.period), placement.points, 10.3)
    assert not same(moved(placement.points, np.pi / 10, 0.0), placement.points, 10.3)
    assert not same(moved(placement.points, 0.0, placement.period / 2), placement.points, 10.3)
    # On a cone their numbers follow the radius, and few rotations are left.
    placement = place(Rings(SIGMA, (2 * nm, 1 * nm)), CONE)
    numbers = np.unique(np.round(placement.points.positions[:, 2], 9), return_counts=True)[1]
    assert len(set(numbers)) == len(numbers) == 5 and placement.sectors == np.gcd.reduce(numbers) == 1
    # At the ends of a wall the outermost circles lie half a spacing inside.
    z = place(Rings(SIGMA, 1 * nm), CYLINDER).points.positions[:, 2]
    assert (z.min(), z.max()) == pytest.approx((-3.5, 3.5))


def test_a_helix_closes_in_a_tube():
    placement = place(Helix(SIGMA, 1 * nm), TUBE)
    np.testing.assert_allclose(placement.spacing, 1.0, rtol=0.05)
    angle, rise = placement.screw
    assert same(moved(placement.points, angle, rise), placement.points, 10.3)
    assert same(moved(placement.points, 0.0, placement.period), placement.points, 10.3)
    assert not same(moved(placement.points, angle, -rise), placement.points, 10.3)
    turns, number = 10, len(placement.points)
    assert placement.screw == pytest.approx((2 * np.pi * turns / number, 10.3 / number))
    z = place(Helix(SIGMA, 1 * nm), CYLINDER).points.positions[:, 2]
    assert z.min() == pytest.approx(-z.max()) == pytest.approx(-4 + 4 / len(z))
    # Neighbours along the line and from turn to turn are a spacing apart.
    x = placement.points.positions
    apart = np.linalg.norm(x[60, None] - x, axis=1)
    assert np.sort(apart)[1:3] == pytest.approx(placement.spacing[1], rel=0.03)


def test_a_square_grid_on_flat_walls():
    placement = place(SquareGrid(SIGMA, 1 * nm, depth=0.2 * nm), SLIT)
    x = placement.points.positions
    assert len(x) == 2 * 7 * 7 and placement.spacing == pytest.approx((7.3 / 7, 7.3 / 7))
    assert set(np.round(x[:, 2], 9)) == {-2.2, 2.2}
    assert np.abs(x[:, :2]).max() < 3.65
    np.testing.assert_allclose(np.diff(np.unique(np.round(x[:, 0], 9))), 7.3 / 7, rtol=1e-6)


def test_random_charges_follow_their_seed():
    one, again, other = (place(RandomCharges(SIGMA, seed), CONE).points for seed in (1, 1, 2))
    np.testing.assert_array_equal(one.positions, again.positions)
    assert not np.allclose(one.positions, other.positions)
    np.testing.assert_allclose(one.charges, -1.0, rtol=0.01)
    walls = place(RandomCharges(SIGMA, 1), SLIT).points.positions
    assert not np.allclose(walls[: len(walls) // 2, :2], walls[len(walls) // 2 :, :2])


def test_oxygens_come_in_pairs():
    given = Oxygens(SIGMA, 1 * nm, radius=0.14 * nm, separation=0.3 * nm)
    points = place(given, CONE).points
    grid = place(SquareGrid(SIGMA, 1 * nm), CONE).points
    assert len(points) == 2 * len(grid)
    np.testing.assert_array_equal(points.radii, 0.14)
    first, second = np.split(points.positions, 2)
    np.testing.assert_allclose(np.linalg.norm(first - second, axis=1), 0.3, rtol=1e-12)
    np.testing.assert_allclose(0.5 * (first + second), grid.positions, atol=1e-12)
    np.testing.assert_allclose(points.charges, np.tile(0.5 * grid.charges, 2))


def test_smeared_has_no_points_and_every_rotation():
    placement = place(Smeared(SIGMA), TUBE)
    assert len(placement.points) == 0 and placement.sectors == 0 and placement.period == 0.0


def test_zones_together():
    plus = place(Rings(-SIGMA, 1 * nm), CYLINDER, between=(-4.0, 0.0))
    minus = place(Rings(SIGMA, (1 * nm, 0.63 * nm)), CYLINDER, between=(0.0, 4.0))
    both = joined(plus, minus)
    assert (plus.sectors, minus.sectors, both.sectors) == (13, 20, 1)
    assert both.points.charges.sum() == pytest.approx(0.0, abs=1e-12)
    assert len(both.points) == len(plus.points) + len(minus.points)
    assert joined(plus, place(Smeared(SIGMA), CYLINDER, between=(0.0, 4.0))).sectors == 13
    assert len(joined().points) == 0


@pytest.mark.parametrize("kind", [SquareGrid, Rings, Helix, Oxygens])
def test_numbers_that_are_refused(kind):
    for spacing in (0.0, -1 * nm, np.nan):
        with pytest.raises(ParameterError, match="spacing"):
            kind(SIGMA, spacing)
    with pytest.raises(ParameterError, match="density = 0"):
        kind(0.0, 1 * nm)
    with pytest.raises(ParameterError, match="density"):
        kind(np.inf, 1 * nm)
    with pytest.raises(ParameterError, match="depth"):
        kind(SIGMA, 1 * nm, depth=np.nan)


def test_less_than_one_charge_is_refused():
    for given in (SquareGrid(SIGMA, 21 * nm), Rings(SIGMA, (1 * nm, 30 * nm)), Helix(SIGMA, 21 * nm)):
        with pytest.raises(ParameterError, match="less than one charge"):
            place(given, TUBE)
    with pytest.raises(ParameterError, match="less than one charge"):
        place(RandomCharges(1e-3 * SIGMA, 1), TUBE)
    with pytest.raises(ParameterError, match="less than one charge"):
        place(SquareGrid(SIGMA, 20 * nm), SLIT)


def test_other_things_that_are_refused():
    with pytest.raises(ParameterError, match="seed = -1"):
        RandomCharges(SIGMA, seed=-1)
    with pytest.raises(ParameterError, match="one along and one around"):
        Rings(SIGMA, (1 * nm, 1 * nm, 1 * nm))
    with pytest.raises(ParameterError, match="box"):
        place(SquareGrid(SIGMA, 1 * nm), Box((5.0, 5.0, 5.0)))
    with pytest.raises(ParameterError, match="Rings was given for a slit"):
        place(Rings(SIGMA, 1 * nm), SLIT)
    with pytest.raises(ParameterError, match="beyond the axis"):
        place(SquareGrid(SIGMA, 1 * nm, depth=-2 * nm), TUBE)
    for between in ((1.0, 1.0), (-6.0, 0.0), (0.0, np.nan)):
        with pytest.raises(ParameterError, match="between"):
            place(SquareGrid(SIGMA, 1 * nm), TUBE, between=between)
    with pytest.raises(ParameterError, match="shape"):
        PointCharges(np.zeros((2, 3)), np.zeros(3), np.zeros(2))
    with pytest.raises(ParameterError, match="finite"):
        PointCharges(np.full((1, 3), np.nan), np.zeros(1), np.zeros(1))
    with pytest.raises(ParameterError, match="radius"):
        PointCharges(np.zeros((1, 3)), np.zeros(1), -np.ones(1))


def test_charges_that_overlap_are_refused():
    with pytest.raises(ParameterError, match="separation"):
        Oxygens(SIGMA, 1 * nm, radius=0.14 * nm, separation=0.27 * nm)
    place(Oxygens(SIGMA, 0.6 * nm, radius=0.14 * nm), TUBE)
    with pytest.raises(ParameterError, match="overlap"):
        place(Oxygens(SIGMA, 0.5 * nm, radius=0.14 * nm), TUBE)
    # Images count, wherever the origin lies.
    for half in (0.05, 1.95):
        across = PointCharges(np.array([[1.0, 0.0, -half], [1.0, 0.0, half]]), np.ones(2), np.full(2, 0.14))
        beside = PointCharges(across.positions[:, ::-1], across.charges, across.radii)
        if half > 1.0:
            check_apart(across, CYLINDER)
        for points, cell in ((across, Tube(1.0, 4.0)), (beside, Slit(2.0, 4.0))):
            with pytest.raises(ParameterError, match=r"overlap: two lie 0\.1 nm apart and need 0\.28"):
                check_apart(points, cell)
    with pytest.raises(ParameterError, match="coincide"):
        place(SquareGrid(SIGMA, 1 * nm, depth=-2 * nm + 1e-16), CYLINDER)


@pytest.mark.parametrize("cell", [TUBE, CYLINDER, CONE, BENT, SLIT])
def test_points_within_reach_of_an_ion_are_refused(cell):
    radii = (0.18, 0.10)
    for depth in (0.2, 0.0, -0.099):
        check_approach(place(SquareGrid(SIGMA, 1 * nm, depth=depth * nm), cell).points, cell, radii)
    for depth in (-0.1, -0.3):
        points = place(SquareGrid(SIGMA, 1 * nm, depth=depth * nm), cell).points
        with pytest.raises(ParameterError, match=r"ion of radius 0\.1 nm can reach it"):
            check_approach(points, cell, radii)
    check_approach(place(Oxygens(SIGMA, 1 * nm, depth=-0.14 * nm), cell).points, cell, radii)


def test_points_in_the_baths_or_the_membrane():
    def at(rho, z):
        return PointCharges(np.array([[rho, 0.0, z]]), np.ones(1), np.zeros(1))

    for rho, z in ((5.0, 3.95), (2.05, 0.0), (5.0, 4.05), (1.99, 4.05)):
        check_approach(at(rho, z), CYLINDER, (0.1,))
    for rho, z in ((5.0, 4.2), (0.0, 0.0), (0.0, 4.05), (1.9, 4.1), (0.0, 8.0)):
        with pytest.raises(ParameterError, match="in front of the wall"):
            check_approach(at(rho, z), CYLINDER, (0.1,))
    with pytest.raises(ParameterError, match="in front of the wall"):
        check_approach(at(0.0, 0.0), Box((5.0, 5.0, 5.0)), (0.1,))


def test_ions_that_do_not_fit_are_refused():
    names = ("K+", "Ca2+")
    for cell, room in ((TUBE, 2.0), (CONE, 1.5), (SLIT, 2.0), (Box((4.0, 5.0, 6.0)), 2.0)):
        check_fits(cell, (0.133, 0.99 * room), names)
        with pytest.raises(ParameterError, match=f"Ca2\\+: an ion of radius {room:g} nm does not fit"):
            check_fits(cell, (0.133, room), names)
    with pytest.raises(ParameterError, match="radius"):
        check_fits(TUBE, (0.0, 0.1), names)
