# SPDX-License-Identifier: LGPL-3.0-or-later
"""Nernst-Planck on the grid of the bins: known potentials, orders, conservation, access resistance."""

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.errors import ModelError, ParameterError
from fem_ionics.lemc.cell import PoreCell
from fem_ionics.lemc.elements import Elements, HeldValues
from fem_ionics.lemc.grid import TensorGrid, pore_grid
from fem_ionics.lemc.nernst_planck import NernstPlanck, current, open_bins
from fem_ionics.lemc.primitive import DENSITY
from fem_ionics.units import mM, mV, nm

CELL = PoreCell((-2.0, 2.0), (1.0, 1.0), 4.0, 4.0)


def coarse(angles: int = 1, cell: PoreCell = CELL) -> NernstPlanck:
    return NernstPlanck(pore_grid(cell, finest=0.15, largest=0.6, zone=0.0, growth=1.4, angles=angles), cell)


def uneven(problem: NernstPlanck, seed: int = 1) -> np.ndarray:
    """Densities that vary by more than a hundredfold from bin to bin."""
    return 0.05 * np.exp(2.0 * np.random.default_rng(seed).standard_normal(problem.grid.shape))


def error_in_space(cells: int) -> float:
    """div(c grad u) = 0 with c = exp(x), u = exp(-x) on a cylinder whose surface is held."""
    turn = np.linspace(0.0, 2.0 * np.pi, 2 * cells + 1)
    grid = TensorGrid(np.linspace(0.0, 1.0, cells + 1), turn, np.linspace(0.0, 1.0, 3))
    elements = Elements(grid)
    ir, it, iz = elements.place
    exact = np.exp(-grid.r[ir] * np.cos(grid.theta[it]))
    r, theta, _ = grid.centres
    density = np.exp(r[:, None, None] * np.cos(theta)[:, None]) * np.ones(grid.shape)
    held = (ir == cells) | (iz == 0) | (iz == 2)
    held &= ir > 0
    found = HeldValues(elements, held).solve(elements.matrix(density), np.where(held, exact, 0.0))
    return float(np.abs(found - exact).max())


def test_space_with_an_axis_is_solved_to_second_order():
    errors = [error_in_space(cells) for cells in (8, 16, 32)]
    assert np.log2(errors[0] / errors[1]) > 1.8
    assert np.log2(errors[1] / errors[2]) > 1.9


def test_an_uncharged_pore_has_the_resistance_of_the_tube_and_of_its_mouths():
    """Hall's access makes a short tube conduct 1.3 % too well: its mouths are not at one potential."""
    ratios = []
    for bath in (8.0, 16.0, 32.0):
        cell = PoreCell((-2.0, 2.0), (1.0, 1.0), bath, bath)
        grid = pore_grid(cell, finest=0.05, largest=bath / 10.0, zone=0.0, growth=1.2)
        problem = NernstPlanck(grid, cell)
        density = np.full(grid.bins, 0.6)
        flux = problem.flux(density, problem.solve(density, 1.0, 0.0))[0]
        # Conductivity 0.6 in units of nm^-3 and kT: metres stand for nanometres.
        pore, access = fi.reduced.pore_resistance(1.0, 4.0, 0.6), fi.reduced.access_resistance(1.0, 0.6)
        ratios.append(-flux * (pore + 2.0 * access))
    # A finite bath lacks the resistance of what lies beyond it: 1/(2 pi bath) on each side to leading order.
    limit = 2.0 * ratios[2] - ratios[1]
    assert ratios == sorted(ratios, reverse=True)
    assert limit == pytest.approx(0.987, abs=0.005)


def test_a_density_that_varies_along_the_pore_conducts_by_its_harmonic_mean():
    problem = coarse()
    z = problem.grid.centres[2]
    inside = np.abs(z) < 2.0
    profile = np.where(inside, 1e-4 * np.exp(1.5 * np.sin(2.0 * z)), 1.0)
    density = np.broadcast_to(profile, problem.grid.shape)
    steps = np.diff(problem.grid.z)[inside]
    flux = problem.flux(density, problem.solve(density, 1.0, 0.0))[0]
    assert -flux == pytest.approx(np.pi / (steps / profile[inside]).sum(), rel=1e-3)


@pytest.mark.parametrize("angles", [1, 6])
def test_what_enters_at_one_opening_leaves_at_the_other(angles):
    problem = coarse(angles)
    density = uneven(problem)
    cis, trans = problem.flux(density, problem.solve(density, 1.3, -0.4))
    assert cis < 0.0
    assert trans == pytest.approx(cis, rel=1e-11, abs=0)
    even = np.ones(problem.grid.bins)
    cis, trans = problem.flux(even, problem.solve(even, 1.3, -0.4))
    assert trans == pytest.approx(cis, rel=1e-12, abs=0)


def test_a_density_without_angle_gives_the_same_in_the_half_plane_and_in_space():
    flat, solid = coarse(), coarse(6)
    density = uneven(flat)
    around = np.broadcast_to(density, solid.grid.shape)
    potential = solid.solve(around, 1.0, 0.0)
    assert potential == pytest.approx(np.broadcast_to(flat.solve(density, 1.0, 0.0), solid.grid.nodes), abs=1e-9)
    assert solid.flux(around, potential)[0] == pytest.approx(flat.flux(density, flat.solve(density, 1.0, 0.0))[0])


def test_the_axis_is_one_point():
    problem = coarse(6)
    potential = problem.solve(uneven(problem), 1.0, 0.0)
    assert np.ptp(potential[0], axis=0) == pytest.approx(0.0, abs=1e-14)
    assert np.ptp(potential[1], axis=0).max() > 1e-3


def test_potentials_lie_between_those_of_the_baths_and_are_known_in_the_membrane_too():
    problem = coarse()
    potential = problem.solve(np.ones(problem.grid.bins), 2.0, -1.0)
    assert potential.shape == problem.grid.nodes
    assert potential.min() == pytest.approx(-1.0)
    assert potential.max() == pytest.approx(2.0)


def test_equal_baths_drive_nothing():
    problem = coarse()
    density = uneven(problem)
    potential = problem.solve(density, 0.7, 0.7)
    assert potential == pytest.approx(0.7)
    assert problem.flux(density, potential) == pytest.approx((0.0, 0.0), abs=1e-14)


def test_bins_where_nothing_was_sampled_carry_next_to_nothing():
    problem = coarse()
    even = np.ones(problem.grid.shape)
    blocked = even.copy()
    blocked[:, :, np.abs(problem.grid.centres[2]) < 0.5] = 0.0
    open_flux = problem.flux(even, problem.solve(even, 1.0, 0.0))[0]
    assert problem.flux(blocked, problem.solve(blocked, 1.0, 0.0))[0] / open_flux < 1e-5


def test_a_mirrored_pore_has_the_mirrored_potential():
    problem = coarse()
    density = uneven(problem)
    there = problem.solve(density, 1.0, 0.0)
    back = problem.solve(density[:, :, ::-1], 0.0, 1.0)
    liquid = (problem.grid.r <= 1.0)[:, None, None] | (np.abs(problem.grid.z) >= 2.0)
    assert np.where(liquid, back[:, :, ::-1], 0.0) == pytest.approx(np.where(liquid, there, 0.0), abs=1e-9)


def test_the_applied_potential_is_harmonic_through_the_membrane():
    problem = coarse()
    field = problem.applied(1.0, -1.0)
    grid = problem.grid
    assert field.shape == grid.nodes
    assert field[-1, 0, grid.z >= 2.0] == pytest.approx(-1.0)
    assert field[:, 0, 0] == pytest.approx(1.0)
    # The axis sees the drop over its distance to the openings, not the membrane's thickness alone.
    middle = np.searchsorted(grid.z, 1.9)
    assert 0.0 > field[0, 0, middle] > -0.75
    assert field[:, :, ::-1] == pytest.approx(-field, abs=1e-12)


def test_no_applied_field_leaves_through_the_rim_of_the_membrane():
    """What enters a slice of the membrane leaves it, and far from its faces the field is that of a slab."""
    cell = PoreCell((-4.0, 4.0), (0.5, 0.5), 1.5, 1.0)
    problem = NernstPlanck(pore_grid(cell, finest=0.05, largest=0.2, zone=0.0), cell)
    grid = problem.grid
    field = problem.applied(1.0, 0.0)[:, 0]
    areas = 0.5 * np.diff(grid.r**2)
    slopes = np.diff(field, axis=1) / np.diff(grid.z)
    through = (areas[:, None] * 0.5 * (slopes[1:] + slopes[:-1])).sum(axis=0)
    centres = grid.centres[2]
    inside = np.abs(centres) < 3.0
    assert through[inside] == pytest.approx(through[inside].mean(), rel=1e-3)
    assert slopes[:, np.abs(centres) < 1.0] == pytest.approx(through[inside].mean() / areas.sum(), rel=1e-3)
    assert through[inside].mean() < 0.0


def test_with_densities_of_poisson_and_boltzmann_it_is_the_linear_response_of_pnp():
    """A short charged pore on the package's own mesh and on the grid of the bins."""
    kcl, voltage = fi.Electrolyte.kcl(100 * mM), 1 * mV
    domain = fi.geometry.cylindrical_pore(1.5 * nm, 4 * nm, reservoir=6 * nm, resolve=0.5 * nm)
    across = fi.Parameter("voltage", 0.0, "V")
    baths = [fi.Bath(kcl, potential=across, on="cis"), fi.Bath(kcl, on="trans")]
    model = fi.PNP(kcl, domain, [*baths, fi.SurfaceCharge(-0.1, on="pore wall")])
    rest = fi.steady(model)
    across.value = voltage
    driven = fi.steady(model, rest)
    cell = PoreCell((-2.0, 2.0), (1.5, 1.5), 6.0, 6.0)
    problem = NernstPlanck(pore_grid(cell, finest=0.05, largest=0.25, zone=0.0), cell)
    r, _, z = problem.grid.centres
    centres = np.stack(np.meshgrid(r, z, indexing="ij"), axis=-1).reshape(-1, 2) * nm
    for ion in kcl.species:
        # Inside the membrane nothing is known, and nothing is meshed.
        sampled = np.nan_to_num(fi.observe.evaluate(rest, ion.name, centres)) * DENSITY
        potential = problem.solve(sampled, ion.valence * voltage / kcl.thermal_voltage, 0.0)
        found = current(ion.valence, ion.diffusivity, problem.flux(sampled, potential)[1])
        expected = fi.observe.IonCurrent(ion.name, on="trans")(driven)
        assert found == pytest.approx(expected, rel=0.01, abs=0), ion.name


def test_bins_that_the_membrane_covers_are_left_out():
    cell = PoreCell((-2.0, 0.0, 2.0), (1.0, 2.0, 1.0), 4.0, 4.0)
    grid = TensorGrid(np.array([0.0, 1.0, 1.5, 2.0, 4.0]), np.array([0.0, 2.0 * np.pi]), np.arange(-6.0, 7.0))
    kept = open_bins(grid, cell)
    assert kept[:, :4].all()
    # Between z = -2 and -1 the wall goes from 1.0 to 1.5, between -1 and 0 to 2.0.
    assert kept[:, 4].tolist() == [True, True, False, False]
    assert kept[:, 5].tolist() == [True, True, True, False]


def test_a_current_in_amperes():
    # 1 nm^-2 of sodium, D = 1.334e-9 m2/s: e D/nm2 = 0.2137 nA, from cis to trans where mu falls that way.
    assert current(1.0, 1.334e-9, -1.0) == pytest.approx(2.1373e-10, rel=1e-4, abs=0)
    assert current(-2.0, 1.334e-9, -1.0) == pytest.approx(-4.2746e-10, rel=1e-4, abs=0)


def test_a_grid_of_another_cell_is_refused():
    with pytest.raises(ParameterError, match="pore_grid"):
        NernstPlanck(pore_grid(PoreCell((-2.0, 2.0), (1.0, 1.0), 5.0, 4.0)), CELL)


@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan])
def test_densities_that_cannot_be_are_refused(bad):
    problem = coarse()
    density = np.zeros(problem.grid.bins)
    density[0] = bad
    with pytest.raises(ModelError, match="Sample longer"):
        problem.solve(density, 1.0, 0.0)
