# SPDX-License-Identifier: LGPL-3.0-or-later
"""Node positions along a line."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.geometry.grading import Sizes, edge_graded, graded, reflected

SIZES = Sizes(smallest=0.1, largest=0.4, growth=1.3)


def test_count_and_distance_are_inverse():
    for distance in (0.0, 0.05, 0.3, 0.99, 1.0, 1.01, 7.0):
        assert SIZES.distance(SIZES.count(distance)) == pytest.approx(distance, abs=1e-14)


def test_first_cell_growth_and_largest_are_respected():
    nodes = graded(5.0, SIZES)
    cells = np.diff(nodes)
    assert nodes[0] == 0.0 and nodes[-1] == 5.0
    assert 0.09 < cells[0] <= 0.1 + 1e-12
    assert cells.max() <= 0.4 * (1 + 1e-12)
    assert np.all(cells[1:] / cells[:-1] < 1.3 * 1.02)
    assert np.all(np.diff(cells) > -1e-12)


def test_refine_keeps_nodes_and_halves_cells():
    coarse, fine = graded(5.0, SIZES), graded(5.0, SIZES, refine=2.0)
    assert len(fine) == 2 * len(coarse) - 1
    np.testing.assert_allclose(fine[::2], coarse, atol=1e-13)


def test_one_cell_is_the_whole_line():
    np.testing.assert_array_equal(graded(5.0, SIZES, cells=1), [0.0, 5.0])


def test_given_number_of_cells_keeps_the_first():
    nodes = graded(5.0, SIZES, cells=9)
    assert len(nodes) == 10 and nodes[-1] == 5.0
    assert nodes[1] == pytest.approx(0.1, rel=1e-12, abs=0.0)
    equal = graded(5.0, SIZES, cells=60)
    np.testing.assert_allclose(np.diff(equal), 5.0 / 60, rtol=1e-12)


def test_reflection_is_symmetric_to_the_last_bit():
    nodes = reflected(graded(5.0, SIZES))
    assert np.array_equal(nodes, -nodes[::-1])
    assert np.count_nonzero(nodes == 0.0) == 1


@pytest.mark.parametrize("edges", [(), (2.5, -2.5), (0.0,), (-5.0,), (-4.0, -1.1, 1.1, 4.0), (0.0, 5.0, -5.0)])
@pytest.mark.parametrize("periodic", [True, False])
def test_symmetric_edges_give_symmetric_nodes(edges, periodic):
    nodes = edge_graded(10.0, edges, SIZES, periodic=periodic)
    if not periodic and edges == (-5.0,):
        return  # one edge at an end is symmetric only where the ends are one
    assert np.array_equal(nodes, -nodes[::-1])
    assert nodes[0] == -5.0 and nodes[-1] == 5.0
    for edge in edges:
        assert np.abs(nodes - edge).min() < 1e-12


def test_cells_are_small_at_edges_also_around_the_end():
    nodes = edge_graded(10.0, (4.9, -2.0), SIZES, periodic=True)
    cells = np.diff(nodes)
    assert np.all(cells > 0.0)
    assert np.abs(nodes + 2.0).min() < 1e-12 and np.abs(nodes - 4.9).min() < 1e-12
    # The edge at 4.9 lies 0.1 before the first node of the next period.
    assert cells[0] < 0.15
    assert cells[np.argmin(np.abs(nodes + 2.0))] <= 0.1 + 1e-12
    assert cells.max() <= 0.4 + 1e-12
    open_ended = np.diff(edge_graded(10.0, (4.9,), SIZES, periodic=False))
    assert open_ended[0] > 0.3


@pytest.mark.parametrize("length", [36.0, 13.7, 100.0])
@pytest.mark.parametrize("smallest", [0.033, 0.05, 0.06, 0.07, 0.1])
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_rounding_sends_no_node_to_a_side_without_edges(length, smallest):
    sizes = Sizes(smallest=smallest, largest=0.5, growth=1.3)
    nodes = edge_graded(length, (-2.0, 2.0), sizes, periodic=False)
    assert np.all(np.diff(nodes) > 0.0)


def test_equal_cells_without_edges_or_by_number():
    np.testing.assert_allclose(np.diff(edge_graded(10.0, (), SIZES, periodic=True)), 0.4, rtol=0.05)
    nodes = edge_graded(10.0, (1.0,), SIZES, periodic=True, uniform=7)
    np.testing.assert_allclose(nodes, np.linspace(-5, 5, 8), atol=1e-14)
    assert np.array_equal(nodes, -nodes[::-1])


@pytest.mark.parametrize("bad", [{"smallest": 0.0}, {"largest": -1.0}, {"growth": 1.0}, {"growth": float("nan")}])
def test_bad_sizes(bad):
    with pytest.raises(ParameterError, match=next(iter(bad))):
        Sizes(**({"smallest": 0.1, "largest": 0.4, "growth": 1.3} | bad))
