# SPDX-License-Identifier: LGPL-3.0-or-later
"""Detailed balance of the Markov chain: each move alone against sums and integrals over the states of few ions."""

from itertools import product
from math import factorial

import numpy as np
import pytest
from few_ions import Ion, free, one, scattered, scores, two, volume
from scipy.interpolate import RegularGridInterpolator
from scipy.stats import qmc

from fem_ionics.lemc.cell import Box, PoreCell, Slit, Tube
from fem_ionics.lemc.chain import Chain
from fem_ionics.lemc.charges import PointCharges
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.lemc.system import Moves, System
from fem_ionics.lemc.wall_potential import PotentialTable

TURN = 2.0 * np.pi
#: Ions that neither see nor touch each other or the walls.
IDEAL = {"radii": (1e-6, 1e-6, 1e-6), "bjerrum": 1e-9}
SALTS = {"valences": (1, 2, -1), "groups": ((1, 0, 1), (0, 1, 2)), "exchanges": ((0, 1),)}
CONE = PoreCell((-0.5, 0.1, 0.5), (0.4, 0.6, 0.7), 1.0, 0.6)
CONE_GRID = TensorGrid(np.linspace(0, 1, 4), np.linspace(0, TURN, 4), np.linspace(-1.1, 1.1, 6))
OPEN = {
    "single": Moves(single=1.0),
    "displace": Moves(single=0.2, displace=0.8),
    "jump": Moves(single=0.2, jump=0.8),
    "group": Moves(single=0.1, group=0.9),
    "exchange": Moves(single=0.2, exchange=0.8),
}


def table(grid, scale, seed=1):
    """Random nodal table of ln(activity) of one ion."""
    return np.random.default_rng(seed).normal(size=grid.nodes) * scale


def interpolated(grid, values):
    """The table at points, by SciPy."""
    whole = np.concatenate([values, values[:, :1]], axis=1)
    angles = grid.theta
    if grid.axisymmetric:
        whole, angles = np.concatenate([values, values], axis=1), np.array([-TURN, TURN])
    along = RegularGridInterpolator((grid.r, angles, grid.z), whole)

    def at(points):
        angle = np.mod(np.arctan2(points[:, 1], points[:, 0]), TURN)
        return along(np.stack([np.hypot(points[:, 0], points[:, 1]), angle, points[:, 2]], axis=1))

    return at


def in_bins(grid, points, weights):
    """Sum of weights in each bin."""
    r, angle = np.hypot(points[:, 0], points[:, 1]), np.mod(np.arctan2(points[:, 1], points[:, 0]), TURN)
    sample = np.stack([r, angle, points[:, 2]], axis=1)
    return np.histogramdd(sample, (grid.r, grid.theta, grid.z), weights=weights)[0].ravel()


@pytest.fixture(scope="module")
def field():
    """A table of ln(activity) for three ions, and the mean numbers in each bin of an ideal gas there."""
    ln_a = np.stack([table(CONE_GRID, 0.8, seed=k) + shift for k, shift in enumerate((-0.6, -1.2, -0.2))])
    points = scattered(CONE, qmc.Sobol(3, seed=3).random_base2(17))
    share = volume(CONE) / len(points) * free(CONE, points, 1e-6)
    exact = [in_bins(CONE_GRID, points, share * np.exp(interpolated(CONE_GRID, each)(points))) for each in ln_a]
    return ln_a, np.stack(exact)


@pytest.mark.parametrize("move", OPEN)
def test_ideal_gas_in_a_field(move, field):
    """Densities are the activities in every bin, numbers are Poisson's, whatever moves do most of the work."""
    ln_a, exact = field
    system = System(
        cell=CONE,
        grid=CONE_GRID,
        zones=(-1.1, -0.5, 0.2, 1.1),
        moves=OPEN[move],
        steps=(0.5, 0.3, 0.4),
        stride=50,
        **SALTS,
        **IDEAL,
    )
    chain = Chain(system, ln_a, seed=(7, 0, 0))
    found = scores(chain, 30, 40_000, lambda b: np.append(b.counts, b.products))
    means = exact.sum(axis=1)
    products = np.outer(means, means) + np.diag(means)
    off = (found.mean - np.append(exact, products)) / np.where(found.error > 0.0, found.error, np.inf)
    assert np.max(np.abs(off)) < 4.5
    assert np.sqrt(np.mean(off**2)) < 1.35


@pytest.mark.parametrize(
    ("cell", "zones", "wall"),
    [
        (Box((1.3, 1.3, 1.3)), (-0.65, -0.4, 0.65), 0.0),
        (Slit(0.8, 2.4), (), -3.0),
        (Tube(0.7, 1.6), (-0.8, 0.1, 0.2, 0.8), 0.0),
        (Tube(0.7, 1.6), (-0.8, 0.1, 0.2, 0.8), -3.0),
    ],
)
def test_neutral_ideal_gas(cell, zones, wall):
    """In cells that stay neutral the numbers are Poisson's with neutrality: groups and exchanges alone."""
    height = {Box: 0.65, Slit: 0.4, Tube: 0.8}[type(cell)]
    system = System(
        cell=cell,
        grid=TensorGrid([0, 9], [0, TURN], np.linspace(-height, height, 4)),
        zones=zones,
        wall_charge=wall,
        moves=Moves(group=0.6, exchange=0.4),
        stride=20,
        **SALTS,
        **IDEAL,
    )
    activities = np.array([1.2, 0.6, 1.5])
    found = scores(Chain(system, np.log(activities), seed=(6, 0, 0)), 30, 20_000, lambda b: b.products)
    weights = {
        n: np.prod([(a * cell.volume) ** k / factorial(k) for a, k in zip(activities, n, strict=True)])
        for n in product(range(25), range(15), range(40))
        if n[0] + 2 * n[1] - n[2] + wall == 0
    }
    states = np.array(list(weights))
    exact = np.einsum("n,ni,nj->ij", list(weights.values()), states, states) / sum(weights.values())
    assert found.off(exact) < 4.0


def test_one_ion_among_fixed_charges():
    """Walls, fixed points and spheres, the table of smeared walls and a field: weight and places of a single ion."""
    grid, random = CONE_GRID, np.random.default_rng(2)
    radius, valence, bjerrum = 0.2, 2, 0.714
    spots = np.array([[0.7, 0.0, -0.1], [-0.7, 0.3, 0.1], [0.0, -0.5, 0.2], [0.2, 0.8, -0.6]])
    charges = PointCharges(spots, np.array([-1.0, -0.5, -0.5, 0.6]), np.array([0.0, 0.0, 0.15, 0.1]))
    smeared = PotentialTable(np.linspace(0, 1, 9), np.linspace(-1.1, 1.1, 15), 0.3 * random.normal(size=(9, 15)))
    ln_a = table(grid, 0.5) - 0.5
    system = System(
        valences=(valence,),
        radii=(radius,),
        bjerrum=bjerrum,
        cell=CONE,
        grid=grid,
        charges=charges,
        potential=smeared,
        zones=(-1.1, -0.6, 0.6, 1.1),
        moves=Moves(displace=0.3, jump=0.2, single=0.5),
        stride=10,
        steps=(0.4,),
    )
    along = RegularGridInterpolator((smeared.r, smeared.z), smeared.values)

    def ln_weight(points):
        away = np.linalg.norm(points[:, None] - spots, axis=-1)
        wall = along(np.stack([np.hypot(points[:, 0], points[:, 1]), points[:, 2]], axis=1))
        energy = bjerrum * valence * np.sum(charges.charges / away, axis=1) + valence * wall
        touched = np.any((away < charges.radii + radius) & (charges.radii > 0.0), axis=1)
        return np.where(touched, -np.inf, interpolated(grid, ln_a)(points) - energy)

    points = scattered(CONE, qmc.Sobol(3, seed=3).random_base2(18))
    exact = in_bins(grid, points, Ion(valence, radius, ln_weight).weight(CONE, points))
    # One ion that stays: where it is.
    begin = (np.array([[0.0, 0.0, 0.9]]), [0])
    staying = Chain(
        System(**{**vars_of(system), "moves": Moves(displace=0.7, jump=0.3)}), ln_a[None], seed=(7, 0, 0), start=begin
    )
    found = scores(staying, 40, 40_000, lambda b: b.counts[0])
    off = (found.mean - exact / exact.sum()) / np.where(found.error > 0.0, found.error, np.inf)
    assert np.max(np.abs(off)) < 4.5
    assert np.sqrt(np.mean(off**2)) < 1.3
    # Going in and out, so rarely that a second one hardly ever meets it.
    rare = np.log(0.1 / (volume(CONE) * exact.sum() / len(points)))
    chain = Chain(system, ln_a[None] + rare, seed=(7, 0, 1))
    found = scores(chain, 40, 60_000, lambda b: 2.0 * b.numbers[0] - b.products[0, 0])
    second = scores(chain, 4, 60_000, lambda b: b.products[0, 0] - b.numbers[0])
    alone = found.mean / (1.0 - found.mean - 0.5 * second.mean)
    assert second.mean < 0.02
    assert abs(alone - 0.1) < 4.0 * found.error / (1.0 - found.mean)


def vars_of(system):
    """What a system was made of."""
    return {name: value for name, value in vars(system).items() if name != "total_charge"}


#: Cells with so little room that more than one pair is (all but) impossible.
NARROW = {
    "box": (Box((1.0, 1.0, 1.0)), 0.33, (-0.5, 0.5)),
    "oblong": (Box((1.0, 1.1, 1.2)), 0.35, (-0.6, -0.1, 0.6)),
    "slit": (Slit(0.9, 1.1), 0.36, (-0.45, 0.0, 0.45)),
    "tube": (Tube(0.4, 1.6), 0.33, (-0.8, 0.1, 0.8)),
}


@pytest.mark.parametrize(
    ("name", "precision"), [("box", "float32"), ("oblong", "float64"), ("slit", "float64"), ("tube", "float32")]
)
def test_a_pair_of_ions_in_a_periodic_cell(name, precision):
    """A cation and an anion going in and out together: how often they are there, and their energy with all images."""
    cell, radius, zones = NARROW[name]
    bjerrum, radii = 1.5, (radius, radius - 0.03)
    grid = TensorGrid([0, 9], [0, TURN], np.linspace(zones[0], zones[-1], 4))
    ln_a = np.stack([table(grid, 0.5, seed=k) for k in (3, 4)])
    ions = [Ion(z, a, interpolated(grid, each)) for z, a, each in zip((1, -1), radii, ln_a, strict=True)]
    weight, energy = two(cell, *ions, bjerrum)
    shift = -0.5 * np.log(weight)
    system = System(
        valences=(1, -1),
        radii=radii,
        bjerrum=bjerrum,
        cell=cell,
        grid=grid,
        zones=zones,
        groups=((1, 1),),
        moves=Moves(displace=0.3, jump=0.2, group=0.5),
        steps=(0.3, 0.3),
        stride=10,
    )
    chain = Chain(system, ln_a + shift, seed=(8, 0, 0), precision=precision)
    found = scores(chain, 30, 12_000, lambda b: np.array([b.numbers[0], b.energy, b.products[0, 0] - b.numbers[0]]))
    there, mean, more = found.mean
    assert more < 1e-3
    assert abs(there - 0.5) < 4.0 * found.error[0] + 1e-3
    # The energy over the states with a pair; empty ones have none.
    assert abs(mean - 0.5 * energy) < 4.0 * found.error[1] + 2e-3


def test_exchange_of_two_ions_for_one():
    """Two K+ or one Ca2+ in a tube with a smeared charge of -2 e: their weights, own images included."""
    cell, bjerrum, radii = Tube(0.5, 1.4), 1.0, (0.2, 0.15)
    grid = TensorGrid([0, 0.5], [0, TURN], np.linspace(-0.7, 0.7, 4))
    ln_a = np.stack([table(grid, 0.5, seed=k) for k in (5, 6)])
    potassium, calcium = (Ion(z, a, interpolated(grid, each)) for z, a, each in zip((1, 2), radii, ln_a, strict=True))
    apart, together = 0.5 * two(cell, potassium, potassium, bjerrum)[0], one(cell, calcium, bjerrum)
    shift = np.log(apart / together)
    system = System(
        valences=(1, 2),
        radii=radii,
        bjerrum=bjerrum,
        cell=cell,
        grid=grid,
        zones=(-0.7, 0.3, 0.7),
        wall_charge=-2.0,
        exchanges=((0, 1),),
        moves=Moves(displace=0.3, jump=0.2, exchange=0.5),
        stride=10,
    )
    chain = Chain(system, ln_a + np.array([0.0, shift])[:, None, None, None], seed=(9, 0, 0))
    found = scores(chain, 40, 40_000, lambda b: b.numbers)
    assert abs(found.mean[1] - 0.5) < 4.0 * found.error[1] + 1e-3
    assert found.mean[0] == pytest.approx(2.0 * (1.0 - found.mean[1]), abs=1e-12)


@pytest.fixture(scope="module")
def short():
    """Cell and ions of a short pore, and the weight and energy of a pair there."""
    cell = PoreCell((-0.3, 0.3), (0.5, 0.5), 0.7, 0.4)
    ions = [Ion(z, a, 0.0) for z, a in ((1, 0.2), (-1, 0.15))]
    return cell, ions, *two(cell, *ions, 1.0, power=19)


def through(cell, ions, moves, stride):
    """The open cell of a short pore."""
    return System(
        valences=tuple(each.valence for each in ions),
        radii=tuple(each.radius for each in ions),
        bjerrum=1.0,
        cell=cell,
        grid=TensorGrid([0, cell.bath_radius], [0, TURN], [-cell.top, cell.top]),
        zones=(-cell.top, -0.3, 0.3, cell.top),
        moves=moves,
        stride=stride,
    )


def test_two_ions_that_stay_in_an_open_cell(short):
    """Energy of a pair by steps and jumps."""
    cell, ions, _, energy = short
    begin = (np.array([[0.0, 0.0, 0.6], [0.0, 0.0, -0.6]]), [0, 1])
    chain = Chain(through(cell, ions, Moves(displace=0.5, jump=0.5), 10), [0.0, 0.0], seed=(10, 0, 0), start=begin)
    found = scores(chain, 30, 40_000, lambda b: b.energy)
    assert abs(found.mean - energy) < 4.0 * found.error + 1e-3


def test_two_ions_going_through_a_pore(short):
    """Single ions in and out: what a cation and an anion weigh together, to each of them alone."""
    cell, ions, pair, _ = short
    single = np.array([one(cell, each) for each in ions])
    chain = Chain(through(cell, ions, Moves(displace=0.2, jump=0.1, single=0.7), 40), -np.log(single), seed=(10, 0, 0))
    visits = np.zeros((12, 12))
    for _ in range(4_000):
        chain.run(80)
        visits[tuple(np.bincount(chain.species, minlength=2))] += 1
    exact = np.array([1.0, 1.0, 1.0, pair / single.prod()])
    found = np.array([visits[0, 0], visits[1, 0], visits[0, 1], visits[1, 1]])
    expected = found.sum() * exact / exact.sum()
    # States 80 trials apart are nearly independent: the variance is that of counts, or a little more.
    assert np.max(np.abs(found - expected) / np.sqrt(1.5 * expected)) < 4.0
