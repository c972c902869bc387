# SPDX-License-Identifier: LGPL-3.0-or-later
"""First positions: neutral, apart, within the walls; and cells that have no such start."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.lemc import start
from fem_ionics.lemc.cell import Box, PoreCell, Slit, Tube
from fem_ionics.lemc.chain import Chain
from fem_ionics.lemc.charges import PointCharges
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.lemc.start import neutral_numbers, scattered
from fem_ionics.lemc.system import Moves, System

GRID = TensorGrid([0, 9], [0, 2 * np.pi], [-5, 5])


def system(valences=(1, 2, -1), wall=0.0, cell=Tube(1.0, 4.0), radius=0.2, charges=None):  # noqa: B008
    return System(
        valences=valences,
        radii=(radius,) * len(valences),
        bjerrum=0.7,
        cell=cell,
        grid=GRID,
        moves=Moves(displace=1.0),
        charges=charges,
        wall_charge=wall,
    )


@pytest.mark.parametrize(
    ("valences", "wall", "numbers"),
    [
        ((1, 2, -1), 0.0, (0, 0, 0)),
        ((1, 2, -1), -6.0, (0, 3, 0)),
        ((1, 2, -1), -7.0, (1, 3, 0)),
        ((2, -1), -7.0, (4, 1)),
        ((1, -2), 3.0, (1, 2)),
        ((3, -1), -7.0, (3, 2)),
        ((1, -1), -6.4, (6, 0)),
        ((1, -1), 0.3, (0, 0)),
    ],
)
def test_neutral_numbers(valences, wall, numbers):
    assert neutral_numbers(system(valences, wall)) == numbers


@pytest.mark.parametrize(("valences", "wall"), [((1, 2), 3.0), ((2, -2), -3.0)])
def test_walls_that_nothing_makes_up_for(valences, wall):
    with pytest.raises(ParameterError, match=f"no ions of valences .* make up for walls of {wall:g} e"):
        Chain(system(valences, wall), [0.0] * len(valences))


SPHERES = PointCharges(np.array([[0.8, 0.0, 0.0], [-0.8, 0.0, 1.9]]), np.zeros(2), np.array([0.5, 0.4]))


@pytest.mark.parametrize(
    ("cell", "charges"), [(Box((2, 2.5, 3)), None), (Slit(1.5, 2.5), None), (Tube(1.0, 4.0), SPHERES)]
)
def test_scattered(cell, charges):
    """Apart from each other, their images and fixed spheres, and off the walls."""
    made = system(cell=cell, radius=0.25, charges=charges)
    positions, kinds = scattered(made, (4, 3, 5), np.random.default_rng(1))
    assert np.bincount(kinds).tolist() == [4, 3, 5]
    shifts = {Box: (2, 2.5, 3), Slit: (2.5, 2.5, 0), Tube: (0, 0, 4)}[type(cell)]
    images = np.stack(np.meshgrid(*[(-1, 0, 1) if s else (0,) for s in shifts]), axis=-1).reshape(-1, 3) * shifts
    others = (positions[:, None] + images).reshape(-1, 3)
    distance = np.linalg.norm(positions[:, None] - others, axis=-1)
    assert np.sort(distance, axis=1)[:, 1].min() >= 0.5
    if charges is not None:
        fixed = (charges.positions[:, None] + images).reshape(-1, 3)
        reach = np.repeat(charges.radii, len(images)) + 0.25
        assert np.all(np.linalg.norm(positions[:, None] - fixed, axis=-1) >= reach)
    if isinstance(cell, Slit):
        assert np.abs(positions[:, 2]).max() <= 0.5
    if isinstance(cell, Tube):
        assert np.hypot(*positions[:, :2].T).max() <= 0.75


def test_too_many_ions(monkeypatch):
    monkeypatch.setattr(start, "_TRIES", 500)
    with pytest.raises(ParameterError, match=r"ion \d+ of 60 finds no place in the cell"):
        scattered(system(cell=Box((1.5, 1.5, 1.5))), (60, 0, 0), np.random.default_rng(1))


def test_between_baths_chains_start_empty():
    cell = PoreCell((-1, 1), (1, 1), 3, 2)
    assert len(Chain(system(cell=cell, wall=-3.0), [0.0] * 3).species) == 0
    with pytest.raises(ParameterError, match="start empty"):
        scattered(system(cell=cell), (1, 0, 0), np.random.default_rng(1))
