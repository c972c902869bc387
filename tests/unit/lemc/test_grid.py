# SPDX-License-Identifier: LGPL-3.0-or-later
"""Grid of the bins: edges, volumes, flat indices and where it is fine."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.lemc.cell import PoreCell, Tube
from fem_ionics.lemc.grid import TensorGrid, pore_grid, tube_grid

TURN = [0.0, 2.0 * np.pi]


def small(angles: int = 3) -> TensorGrid:
    return TensorGrid(np.array([0.0, 0.5, 1.5]), np.linspace(0.0, 2.0 * np.pi, angles + 1), np.array([-1.0, 0.0, 3.0]))


def test_volumes_are_those_of_annular_sectors():
    grid = small()
    assert grid.shape == (2, 3, 2)
    assert grid.bins == 12
    assert grid.volumes[1, 0, 1] == pytest.approx(np.pi / 3.0 * (1.5**2 - 0.5**2) * 3.0)
    assert grid.volumes.sum() == pytest.approx(np.pi * 1.5**2 * 4.0)


def test_nodes_close_around_the_axis_and_not_along_it():
    assert small().nodes == (3, 3, 3)
    assert small(angles=1).nodes == (3, 1, 3)
    assert small(angles=1).axisymmetric
    assert not small().axisymmetric


@pytest.mark.parametrize(
    ("r", "theta", "z", "words"),
    [
        ([0.1, 1.0], TURN, [0.0, 1.0], "the axis"),
        ([0.0, 1.0], [0.0, 3.0], [0.0, 1.0], "2 pi"),
        ([0.0, 1.0], [0.0, 3.0, 2.0 * np.pi], [0.0, 1.0], "2 angles"),
        ([0.0, 1.0, 1.0], TURN, [0.0, 1.0], "r = "),
        ([0.0, 1.0], TURN, [0.0], "z = "),
        ([0.0, np.inf], TURN, [0.0, 1.0], "finite"),
    ],
)
def test_edges_that_make_no_grid_are_refused(r, theta, z, words):
    with pytest.raises(ParameterError, match=words):
        TensorGrid(np.array(r), np.array(theta), np.array(z))


def test_a_tube_is_fine_at_its_wall():
    grid = tube_grid(Tube(1.5, 4.0), finest=0.05, zone=0.3, angles=12, along=8)
    widths = np.diff(grid.r)
    assert grid.shape[1:] == (12, 8)
    assert grid.r[-1] == 1.5
    assert widths[-6:] == pytest.approx(0.05)
    assert np.all(np.diff(widths[:-6]) < 0.0)
    assert widths.min() > 0.8 * 0.05
    assert (grid.z[0], grid.z[-1]) == (-2.0, 2.0)


def test_a_pore_has_edges_on_its_wall_and_on_both_faces_of_the_membrane():
    cell = PoreCell((-3.0, 3.0), (1.0, 1.0), 5.0, 4.0)
    grid = pore_grid(cell, finest=0.06, largest=0.5)
    assert 1.0 in grid.r
    assert {-3.0, 3.0} <= set(grid.z.tolist())
    assert (grid.r[-1], grid.z[0], grid.z[-1]) == (5.0, -7.0, 7.0)
    assert np.diff(grid.r).max() <= 0.5
    assert np.diff(grid.z)[np.searchsorted(grid.z, 3.0)] <= 0.06


def test_a_cone_has_fine_bins_between_its_radii():
    cell = PoreCell((-3.0, 3.0), (1.0, 2.0), 5.0, 4.0)
    grid = pore_grid(cell, finest=0.1)
    between = (grid.r >= 1.0) & (grid.r <= 2.0)
    assert np.diff(grid.r[between]).max() <= 0.1 + 1e-12


@pytest.mark.parametrize("given", [{"angles": 0}, {"finest": 0.0}, {"zone": -1.0}, {"along": 1.5}])
def test_values_out_of_range_are_refused(given):
    with pytest.raises(ParameterError):
        tube_grid(Tube(1.5, 4.0), **given)
