# SPDX-License-Identifier: LGPL-3.0-or-later
"""Histograms folded by the symmetry of the wall's charges."""

import numpy as np
import pytest

from fem_ionics.lemc.cell import Tube
from fem_ionics.lemc.charges import Helix, RandomCharges, Rings, Smeared, place
from fem_ionics.lemc.folding import Folding
from fem_ionics.units import e_nm2, nm

TUBE = Tube(9.0 / (2.0 * np.pi), 4.0)
NANOMETRE = 1.0 * nm
WALLS = {
    "smeared": Smeared(-1.0 * e_nm2),
    "rings": Rings(-1.0 * e_nm2, NANOMETRE),
    "helix": Helix(-1.0 * e_nm2, NANOMETRE),
    "random": RandomCharges(-1.0 * e_nm2, seed=1),
}


def folding(wall: str, resolution: float = 0.25) -> Folding:
    return Folding(TUBE, place(WALLS[wall], TUBE), resolution)


@pytest.mark.parametrize(
    ("wall", "grid", "reduced"),
    [
        ("smeared", (1, 1), (1, 1)),
        ("rings", (36, 16), (4, 4)),
        ("helix", (36, 36), (36, 9)),
        ("random", (36, 16), (36, 16)),
    ],
)
def test_a_grid_fits_the_symmetry_and_one_copy_of_it_is_left(wall, grid, reduced):
    found = folding(wall)
    assert found.grid.shape[1:] == grid
    assert found.reduced.shape[1:] == reduced
    assert found.reduced.volumes.sum() * found.periods == pytest.approx(TUBE.volume)


@pytest.mark.parametrize("wall", list(WALLS))
def test_coarse_bins_still_make_a_grid(wall):
    found = folding(wall, resolution=2.0)
    assert found.reduced.shape[1] == 1 or found.reduced.shape[1] >= 3


@pytest.mark.parametrize("wall", ["rings", "helix"])
def test_a_field_with_the_symmetry_of_the_charges_is_left_as_it_is(wall):
    """Distance to the nearest charge, round the tube and along it."""
    found = folding(wall)
    grid, points = found.grid, place(WALLS[wall], TUBE).points.positions
    angles = np.arctan2(points[:, 1], points[:, 0])
    _, theta, z = grid.centres
    around = np.angle(np.exp(1j * (theta[:, None, None] - angles)))
    along = (z[:, None] - points[:, 2] + 0.5 * TUBE.length) % TUBE.length - 0.5 * TUBE.length
    field = np.sqrt((around * TUBE.radius) ** 2 + along**2).min(axis=-1)
    values = np.broadcast_to(field, grid.shape).reshape(1, -1)
    mean = found.mean(values)[0]
    assert mean.shape == found.reduced.shape
    kept = field[: mean.shape[1], : mean.shape[2]]
    assert mean == pytest.approx(np.broadcast_to(kept, mean.shape))
    assert np.ptp(field) > 0.3


def test_noise_is_averaged_over_all_copies():
    for wall, copies in (("rings", 36), ("helix", 36)):
        found = folding(wall)
        noise = np.random.default_rng(4).standard_normal((2, found.grid.bins))
        mean = found.mean(noise)
        assert mean.mean() == pytest.approx(noise.mean())
        assert mean.std() == pytest.approx(1.0 / np.sqrt(copies), rel=0.1)
