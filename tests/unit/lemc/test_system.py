# SPDX-License-Identifier: LGPL-3.0-or-later
"""Systems: what they derive and what they refuse."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.lemc.cell import Box, PoreCell, Slit, Tube
from fem_ionics.lemc.charges import PointCharges
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.lemc.system import Moves, System, zone_rows
from fem_ionics.lemc.wall_potential import PotentialTable

TURN = 2.0 * np.pi
CONE = PoreCell((-1.0, 0.0, 1.0), (0.6, 0.8, 1.0), 2.0, 1.5)


def grid(r, height):
    return TensorGrid([0, r], [0, TURN], [-height, height])


def system(**changes):
    given = {
        "valences": (1, 2, -1),
        "radii": (0.13, 0.1, 0.18),
        "bjerrum": 0.714,
        "cell": CONE,
        "grid": grid(2.0, 2.5),
        "moves": Moves(single=1.0),
    }
    return System(**{**given, **changes})


def test_derived():
    charges = PointCharges(np.array([[0.9, 0.0, 0.0]]), np.array([-1.5]), np.zeros(1))
    made = system(charges=charges, wall_charge=-2.0)
    assert made.total_charge == -3.5
    assert made.steps == (0.15, 0.15, 0.15)
    assert not made.periodic
    tube = system(cell=Tube(1.0, 3.0), grid=grid(1.0, 1.5), moves=Moves(displace=1.0))
    assert tube.periodic and tube.total_charge == 0.0


def test_zones():
    """Cylinders of whole bins that hold the zones; a cone's widest place counts, also between the zone's ends."""
    fine = TensorGrid([0, 0.3, 0.7, 0.9, 1.0, 2.0], [0, TURN], [-2.5, 2.5])
    rows = zone_rows(system(grid=fine, zones=(-2.5, -1.0, -0.5, 1.0, 2.5)))
    np.testing.assert_allclose([row[:3] for row in rows[:3]], [(-2.5, -1, 2), (-1, -0.5, 0.7), (-0.5, 1, 1)])
    np.testing.assert_allclose([row[3] for row in rows], np.pi * np.array([6.0, 0.245, 1.5, 6.0]))
    wide = PoreCell((-1.0, 0.0, 1.0), (0.6, 0.9, 0.6), 2.0, 1.5)
    assert zone_rows(system(cell=wide, grid=fine, zones=(-2.5, -0.7, 0.8, 2.5)))[1][2] == 0.9
    coarse = TensorGrid([0, 0.5, 1.3, 2.0], [0, TURN], [-2.5, 2.5])
    assert zone_rows(system(cell=wide, grid=coarse, zones=(-2.5, -0.7, 0.8, 2.5)))[1][2] == 1.3
    kept = {"moves": Moves(displace=1.0)}
    assert zone_rows(system(cell=Box((2, 3, 4)), grid=grid(9, 2), **kept)) == [(-2.0, 2.0, 0.0, 24.0)]
    assert zone_rows(system(cell=Slit(2.0, 3.0), grid=grid(9, 1), **kept)) == [(-1.0, 1.0, 0.0, 18.0)]
    tube = zone_rows(system(cell=Tube(1.0, 3.0), grid=grid(1, 1.5), zones=(-1.5, 0.5, 1.5), **kept))
    np.testing.assert_allclose(tube, [(-1.5, 0.5, 1.0, 2 * np.pi), (0.5, 1.5, 1.0, np.pi)])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"displace": -1.0}, "Moves: displace"),
        ({"jump": np.nan}, "Moves: jump"),
        ({}, "all frequencies are 0"),
    ],
)
def test_bad_moves(given, words):
    with pytest.raises(ParameterError, match=words):
        Moves(**given)


CLOSED = {"cell": Tube(1.0, 3.0), "grid": grid(1.0, 1.5)}
GROUPED = Moves(group=1.0)
TABLE = PotentialTable(np.linspace(0, 2, 5), np.linspace(-2, 2, 9), np.zeros((5, 9)))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"valences": ()}, "0 valences, 3 radii"),
        ({"valences": (1, -1)}, "2 valences, 3 radii and 3 steps"),
        ({"valences": (1, 2, -1.5)}, "an integer is needed"),
        ({"radii": (0.1, 0.1, 0.0)}, "a radius = 0.0 was given"),
        ({"radii": (0.1, 0.1, 0.6)}, r"ion 2: an ion of radius 0\.6 nm does not fit into a pore of radius 0\.6 nm"),
        ({"steps": (0.1, 0.1)}, "2 steps"),
        ({"steps": (0.1, 0.1, -0.1)}, "a step"),
        ({"bjerrum": 0.0}, "bjerrum"),
        ({"stride": 0}, "at least 1 trial between samples"),
        ({"stride": 1.5}, "an integer is needed"),
        ({"valences": (1,) * 65, "radii": (0.1,) * 65}, "65 kinds of ions were given; at most 64"),
        ({"groups": ((1, 0, 2),)}, r"the group \(1, 0, 2\)"),
        ({"groups": ((1, 1),)}, "a neutral one of 1 to 8 ions is needed"),
        ({"groups": ((1, 0, 1, 0),)}, "a neutral one"),
        ({"groups": ((-1, 1, 1),)}, "a neutral one"),
        ({"groups": ((0, 0, 0),)}, "a neutral one"),
        ({"groups": ((0, 3, 6),)}, "of 1 to 8 ions"),
        ({"exchanges": ((1, 0),)}, "two ions of valence 2 for one of 1"),
        ({"exchanges": ((0, 3),)}, r"exchange \(0, 3\) was given; two of the 3 kinds"),
        ({"exchanges": ((0, -2),)}, r"exchange \(0, -2\)"),
        ({"moves": GROUPED}, "moves try groups, but none is given"),
        ({"moves": Moves(exchange=1.0)}, "moves try exchanges, but none is given"),
        ({**CLOSED}, "single ions go in and out of a periodic cell"),
        ({**CLOSED, "moves": GROUPED, "groups": ((1, 0, 1),), "cell": Tube(0.18, 3.0)}, "pore of radius 0.18 nm"),
        ({"cell": Slit(0.36, 3.0), "grid": grid(9, 1), "moves": Moves(jump=1.0)}, "slit of width 0.36 nm"),
        ({"cell": Box((3, 0.3, 3)), "grid": grid(9, 2), "moves": Moves(jump=1.0)}, "box of 0.3 nm"),
        ({"grid": grid(1.9, 2.5)}, r"a grid up to r = 1\.9 nm, .* reaches r = 2 nm and z from -2\.5 to 2\.5"),
        ({"grid": grid(2.0, 2.4)}, "a grid up to"),
        ({"cell": Box((3, 3, 3)), "grid": grid(2.0, 1.5), "moves": Moves(jump=1.0)}, "reaches r = 2.12132 nm"),
        ({"potential": TABLE}, r"a potential up to r = 2 nm, from z = -2 to 2 nm"),
    ],
)
def test_bad_input(given, words):
    with pytest.raises(ParameterError, match=words):
        system(**given)
