# SPDX-License-Identifier: LGPL-3.0-or-later
"""Potential of smeared walls against closed forms, Gauss, Laplace and the far field."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import ellipk

from fem_ionics.errors import ParameterError
from fem_ionics.lemc.cell import PoreCell, Slit, Tube
from fem_ionics.lemc.wall_potential import PotentialTable, smeared_potential, wall_potential

LB = 0.714
CYLINDER = PoreCell((-5.0, 5.0), (2.0, 2.0), 10.0, 8.0)
CONE = PoreCell((-5.0, 0.0, 5.0), (4.0, 2.0, 3.0), 10.0, 8.0)
#: Pieces of the cone: charge per density is the lateral area of the frusta.
LOWER, UPPER = np.pi * (4 + 2) * np.hypot(5, 2), np.pi * (2 + 3) * np.hypot(5, 1)


def slope(f, x, h=1e-4):
    """Derivative of fourth order."""
    return (8 * (f(x + h) - f(x - h)) - f(x + 2 * h) + f(x - 2 * h)) / (12 * h)


@pytest.mark.parametrize("depth", [0.0, 0.3, -0.2])
def test_the_axis_of_a_charged_cylinder(depth):
    z = np.linspace(-13.0, 13.0, 101)
    b = 2.0 + depth
    # The charge counts the wall's own area, wherever it sits.
    exact = -2.0 * np.pi * LB * 2.0 * (np.arcsinh((z + 5) / b) - np.arcsinh((z - 3) / b))
    np.testing.assert_allclose(wall_potential(CYLINDER, [(-1.0, -5.0, 3.0, depth)], LB, 0.0, z), exact, rtol=1e-10)


@pytest.mark.parametrize("depth", [0.0, 0.4])
def test_the_axis_of_a_cone(depth):
    tilt = np.hypot(1, 0.2)

    def band(h):
        wall = 3 + h / 5
        return 2 * np.pi * wall * tilt / np.hypot(wall + depth / tilt, 6 - h + 0.2 * depth / tilt)

    cone = PoreCell((-5.0, 5.0), (2.0, 4.0), 10.0, 8.0)
    exact = LB * quad(band, -5, 0)[0]
    assert wall_potential(cone, [(1.0, -5.0, 0.0, depth)], LB, 0.0, 6.0) == pytest.approx(exact, rel=1e-10)


def test_off_the_axis_against_adaptive_quadrature():
    def ring(h, rho, z):
        far = (rho + 2) ** 2 + (z - h) ** 2
        # ellipk itself loses digits next to the wall: 1e-7 is its limit there.
        return 4 * 2 * LB * ellipk(8 * rho / far) / np.sqrt(far)

    for rho, z in ((1.94, 4.0), (1.999, -4.9), (2.06, 5.1), (7.0, -9.0)):
        near = float(np.clip(z, -5, 5))
        parts = [quad(ring, *ends, args=(rho, z), epsabs=1e-11, limit=200)[0] for ends in ((-5, near), (near, 5))]
        assert wall_potential(CYLINDER, [(1.0, -5.0, 5.0, 0.0)], LB, rho, z) == pytest.approx(sum(parts), abs=1e-7)


def test_gauss():
    """The flux through a cylinder around the whole cone, and through one inside it."""
    zones = [(-1.0, -5.0, 0.0, 0.1), (0.5, 0.0, 5.0, 0.0)]
    nodes, weights = np.polynomial.legendre.leggauss(60)

    def flux(radius, low, high):
        h, wh = 0.5 * (high + low) + 0.5 * (high - low) * nodes, 0.5 * (high - low) * weights
        side = 2 * np.pi * radius * wh @ slope(lambda r: wall_potential(CONE, zones, LB, r, h), radius)
        r, wr = 0.5 * radius * (nodes + 1), 0.5 * radius * weights
        for z, sign in ((high, 1), (low, -1)):
            side += sign * 2 * np.pi * (wr * r) @ slope(lambda z: wall_potential(CONE, zones, LB, r, z), z)
        return -side / (4 * np.pi * LB)

    assert flux(8.0, -9.0, 9.0) == pytest.approx(-LOWER + 0.5 * UPPER, rel=1e-6)
    assert flux(1.5, -3.0, 4.0) == pytest.approx(0.0, abs=1e-5)


def test_the_jump_of_the_field_is_the_charge():
    d = 1e-3
    zones = [(1.0, -5.0, 5.0, 0.0)]
    out, into = (slope(lambda r: wall_potential(CYLINDER, zones, LB, r, 0.3), 2.0 + s * d, d / 4) for s in (1, -1))
    assert into - out == pytest.approx(4 * np.pi * LB, rel=2e-3)


def test_far_away_it_is_a_point():
    distance = 1e4
    values = wall_potential(CONE, [(-1.0, -5.0, 5.0, 0.2)], LB, [distance, 0.0], [0.0, distance])
    np.testing.assert_allclose(values, -LB * (LOWER + UPPER) / distance, rtol=1e-3)


def test_laplace_in_the_pore_and_in_the_baths():
    h = 0.01
    zones = [(-1.0, -5.0, 5.0, 0.0)]
    for rho, z in ((1.5, 4.0), (0.7, -6.0), (5.0, 7.0)):
        at = wall_potential(CONE, zones, LB, rho + h * np.array([0, 1, -1, 0, 0]), z + h * np.array([0, 0, 0, 1, -1]))
        bent = at[1:] - at[0]
        radial = (bent[0] + bent[1]) / h**2 + (bent[0] - bent[1]) / (2 * h * rho)
        axial = (bent[2] + bent[3]) / h**2
        assert abs(radial + axial) < 2e-3 * abs(axial)


def test_the_wall_itself_and_the_axis_are_finite():
    values = wall_potential(CYLINDER, [(-1.0, -5.0, 5.0, 0.0)], LB, [0.0, 2.0, 2.0, 2.0], [0.0, 0.0, 5.0, -5.0])
    assert np.all(np.isfinite(values))
    # Continuous through the wall.
    around = wall_potential(CYLINDER, [(-1.0, -5.0, 5.0, 0.0)], LB, [2.0 - 1e-6, 2.0 + 1e-6], 0.0)
    np.testing.assert_allclose(around, values[1], atol=2e-5)


@pytest.mark.parametrize(("spacing", "edge", "inside"), [(0.05, 7e-3, 9e-4), (0.02, 1.5e-3, 2e-4)])
def test_interpolation_errs_no_more_than_documented(spacing, edge, inside):
    cell = PoreCell((-5.0, 5.0), (2.0, 2.0), 3.0, 1.0)
    zones = [(-1.0, -5.0, 5.0, 0.0)]
    table = smeared_potential(cell, zones, LB, spacing)
    assert table.values.shape == (round(3 / spacing) + 1, round(12 / spacing) + 1)
    random = np.random.default_rng(1)
    turn, reach = random.uniform(-np.pi / 2, np.pi, 4000), random.uniform(0.06, 0.1, 4000)
    rho, z = 2 + reach * np.sin(turn - np.pi / 2), 5 + reach * np.cos(turn - np.pi / 2)
    liquid = (z > 5.06) | (rho < 1.94)
    error = np.abs(table(rho, z) - wall_potential(cell, zones, LB, rho, z))[liquid]
    assert 0.1 * edge < error.max() < edge
    rho, z = random.uniform(0, 1.94, 4000), random.uniform(-4.5, 4.5, 4000)
    assert np.abs(table(rho, z) - wall_potential(cell, zones, LB, rho, z)).max() < inside


def test_tubes_and_slits_feel_no_smeared_wall():
    assert smeared_potential(Tube(2.0, 10.0), [(-1.0, -5.0, 5.0, 0.0)], LB) is None
    assert smeared_potential(Slit(2.0, 10.0), [(-1.0, -5.0, 5.0, 0.0)], LB) is None
    assert smeared_potential(CYLINDER, [], LB) is None


def test_beyond_the_table_its_edge_counts():
    table = PotentialTable(np.array([0.0, 1.0]), np.array([-1.0, 0.0, 1.0]), np.arange(6.0).reshape(2, 3))
    np.testing.assert_allclose(table([0.5, 3.0, 0.0], [0.5, -4.0, 1.0]), [3.0, 3.0, 2.0])


def test_what_is_refused():
    with pytest.raises(ParameterError, match="beyond the axis"):
        smeared_potential(CYLINDER, [(1.0, -5.0, 5.0, -2.0)], LB)
    with pytest.raises(ParameterError, match="two ascending heights from -5 to 5"):
        smeared_potential(CYLINDER, [(1.0, -6.0, 5.0, 0.0)], LB)
    with pytest.raises(ParameterError, match="density"):
        smeared_potential(CYLINDER, [(np.nan, -5.0, 5.0, 0.0)], LB)
    with pytest.raises(ParameterError, match="spacing"):
        smeared_potential(CYLINDER, [(1.0, -5.0, 5.0, 0.0)], LB, spacing=0.0)
    with pytest.raises(ParameterError, match="equal steps"):
        PotentialTable(np.array([0.0, 1.0, 3.0]), np.array([0.0, 1.0]), np.zeros((3, 2)))
    with pytest.raises(ParameterError, match="shape"):
        PotentialTable(np.array([0.0, 1.0]), np.array([0.0, 1.0]), np.zeros((3, 2)))
    with pytest.raises(ParameterError, match="axis"):
        PotentialTable(np.array([0.5, 1.0]), np.array([0.0, 1.0]), np.zeros((2, 2)))
