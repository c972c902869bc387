# SPDX-License-Identifier: LGPL-3.0-or-later
"""Effective conductance of periodic densities against what is known of layers, tubes and checkerboards."""

import numpy as np
import pytest

from fem_ionics.errors import ModelError, ParameterError
from fem_ionics.lemc.cell_problem import CellProblem, cell_problem
from fem_ionics.lemc.grid import TensorGrid


def grid_of(r, angles: int, along: int, period: float = 1.0) -> TensorGrid:
    return TensorGrid(np.asarray(r), np.linspace(0.0, 2.0 * np.pi, angles + 1), np.linspace(0.0, period, along + 1))


def uneven(grid: TensorGrid, spread: float = 2.0) -> np.ndarray:
    return np.exp(spread * np.random.default_rng(3).standard_normal(grid.shape))


@pytest.mark.parametrize("angles", [1, 6])
def test_layers_across_the_pore_conduct_by_their_harmonic_mean(angles):
    grid = grid_of(np.linspace(0.0, 2.0, 5), angles, 6, 1.7)
    layers = np.exp(10.0 * np.random.default_rng(2).random(6))
    found = cell_problem(grid, np.broadcast_to(layers, grid.shape))
    area = np.pi * 2.0**2
    assert found.arithmetic == pytest.approx(area * layers.mean())
    assert found.homogenised == pytest.approx(area / (1.0 / layers).mean(), rel=1e-9)


@pytest.mark.parametrize("angles", [1, 6])
def test_layers_along_the_pore_conduct_by_their_mean(angles):
    grid = grid_of(np.linspace(0.0, 2.0, 5), angles, 6)
    density = np.broadcast_to(uneven(grid)[:, :, :1], grid.shape)
    found = cell_problem(grid, density)
    assert found.mobility == pytest.approx(1.0, abs=1e-12)
    assert found.arithmetic == pytest.approx((density * grid.volumes).sum())


def test_a_density_without_angle_gives_the_same_in_the_half_plane_and_in_space():
    flat, solid = grid_of(np.linspace(0.0, 1.5, 6), 1, 5), grid_of(np.linspace(0.0, 1.5, 6), 8, 5)
    density = uneven(flat, 1.0)
    found = cell_problem(flat, density)
    around = cell_problem(solid, np.broadcast_to(density, solid.shape))
    assert around.homogenised == pytest.approx(found.homogenised, rel=1e-9)
    assert 0.1 < found.mobility < 0.9


def test_a_sector_gives_what_the_whole_turn_gives():
    sector = grid_of(np.linspace(0.0, 1.5, 6), 5, 5)
    density = uneven(sector)
    whole = cell_problem(grid_of(sector.r, 15, 5), np.tile(density, (1, 3, 1)))
    part = cell_problem(sector, density, sectors=3)
    assert part.arithmetic == pytest.approx(whole.arithmetic)
    # The axis is one point: it sees one sector or three of them.
    assert part.homogenised == pytest.approx(whole.homogenised, rel=1e-9)
    assert part.homogenised != pytest.approx(cell_problem(sector, density).homogenised, rel=1e-3)


def test_a_checkerboard_conducts_by_its_geometric_mean():
    """J. B. Keller, J. Math. Phys. 5, 548 (1964), on a thin shell of large radius, one square of it per sector."""
    sectors, cells = 60, 32
    radius = sectors / (2.0 * np.pi)
    grid = grid_of([0.0, radius - 0.005, radius + 0.005], cells, cells)
    dark = (np.arange(cells) < cells // 2)[:, None] == (np.arange(cells) < cells // 2)
    density = np.zeros(grid.shape)
    density[1] = np.where(dark, 1.0, 4.0)
    found = cell_problem(grid, density, sectors=sectors)
    assert found.arithmetic == pytest.approx(2.5 * 2.0 * np.pi * radius * 0.01)
    assert found.mobility == pytest.approx(2.0 / 2.5, rel=0.01)


def test_masked_bins_drop_out():
    grid = grid_of(np.linspace(0.0, 2.0, 5), 4, 4)
    density = uneven(grid)
    outer = np.where(np.arange(4)[:, None, None] >= 2, density, 0.0)
    inner = density - outer
    whole, parts = (cell_problem(grid, each) for each in (density, outer)), cell_problem(grid, inner)
    both, shell = whole
    # Conductors side by side, cut apart, conduct less than joined.
    assert shell.homogenised + parts.homogenised < both.homogenised
    assert shell.arithmetic + parts.arithmetic == pytest.approx(both.arithmetic)


def test_bound_ions_conduct_by_what_lies_between_them():
    """Pockets exp(10) times as dense as the rest hold nearly all ions, and conduct hardly more than the rest alone."""
    grid = grid_of(np.linspace(0.0, 1.0, 6), 9, 9)
    density = np.ones(grid.shape)
    density[-1, ::3, ::3] = np.exp(10.0)
    found = CellProblem(grid).solve(density)
    even = cell_problem(grid, np.ones(grid.shape)).homogenised
    assert found.mobility < 0.01
    assert even < found.homogenised < 1.5 * even


def test_bad_input_is_refused():
    grid = grid_of([0.0, 1.0], 1, 3)
    with pytest.raises(ParameterError, match="sectors"):
        CellProblem(grid, sectors=0)
    for bad in (0.0, -1.0, np.inf):
        with pytest.raises(ModelError, match="some ions"):
            cell_problem(grid, np.full(3, bad))
