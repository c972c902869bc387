# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a chain holds: room for more ions, whole vectors, and tables that find intervals."""

import numpy as np
import pytest

from fem_ionics.lemc.cell import Tube
from fem_ionics.lemc.charges import PointCharges
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.lemc.kernel.generator import random
from fem_ionics.lemc.kernel.memory import FAR, Memory, _finder
from fem_ionics.lemc.system import Moves, System


def memory(real="float32", capacity=20):
    charges = PointCharges(np.array([[1.0, 0.0, 0.0], [0.0, 1.2, 0.5]]), np.array([-1.0, -0.5]), np.array([0.0, 0.1]))
    system = System(
        valences=(1, -1),
        radii=(0.2, 0.2),
        bjerrum=0.7,
        cell=Tube(1.0, 4.0),
        grid=TensorGrid([0, 1], [0, 2 * np.pi], [-2, 2]),
        moves=Moves(displace=1.0),
        charges=charges,
    )
    return Memory(system, np.array([1234567], dtype=np.uint64), real, capacity)


@pytest.mark.parametrize("real", ["float32", "float64"])
def test_whole_vectors_that_overlap_nothing(real):
    m = memory(real)
    for name in ("x", "y", "z", "q", "rad", "u"):
        array = getattr(m, name)
        assert (array.dtype, len(array), array.ctypes.data % 64) == (np.dtype(real), 64, 0)
    assert m.rows.shape == (8, 64) and m.rows.ctypes.data % 64 == 0
    np.testing.assert_allclose(m.rad[:2], [FAR, 0.1])
    assert np.all(m.rad[2:] == FAR) and np.all(m.q[2:] == 0.0)


def test_growing_keeps_what_is_there():
    m = memory()
    m.member[0, 1, :20], m.field[:], m.x[:3] = np.arange(20), 1.5, (1.0, 2.0, 3.0)
    m.grow(100)
    assert m.capacity == 100 and len(m.x) == 128 and len(m.field) == len(m.species) == 100
    np.testing.assert_array_equal(m.member[0, 1, :20], np.arange(20))
    np.testing.assert_array_equal(m.x[:3], [1.0, 2.0, 3.0])
    assert np.all(m.field[:20] == 1.5) and np.all(m.rad[2:] == FAR)


def test_intervals_are_never_found_too_high():
    """The kernel walks upwards from what the table says."""
    edges = np.concatenate([np.linspace(0.0, 1.0, 7), 1.0 + np.geomspace(1e-6, 3.0, 9)])
    starts, found = np.linspace(0.0, 4.0, 1024, endpoint=False), _finder(edges)
    right = np.searchsorted(edges, starts, side="right") - 1
    assert np.all((found <= right) & (found >= right - 1) & (found >= 0))


def test_random_numbers_are_those_of_the_authors():
    """First words of SplitMix64 from the state 1234567, as its authors' code gives them."""
    m = memory()
    words = (6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431)
    assert [random(m) for _ in words] == [(word >> 11) * 2.0**-53 for word in words]
