# SPDX-License-Identifier: LGPL-3.0-or-later
"""Chains: what they accumulate, that they can be repeated and taken up again, and what they refuse."""

from functools import cache

import numpy as np
import pytest

from fem_ionics.errors import CheckpointError, ParameterError
from fem_ionics.lemc import chain as module
from fem_ionics.lemc.cell import Box, PoreCell, Slit, Tube
from fem_ionics.lemc.chain import Chain
from fem_ionics.lemc.charges import PointCharges
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.lemc.periodic import pair_correction
from fem_ionics.lemc.system import Moves, System

TURN = 2.0 * np.pi
PORE = PoreCell((-1.0, 1.0), (0.7, 0.7), 1.5, 1.0)
RING = np.array([[0.8, 0.0, 0.0], [-0.8, 0.0, 0.0], [0.0, 0.8, 0.5]])
CHARGES = PointCharges(RING, -np.ones(3), np.zeros(3))
LN_A = np.log([0.5, 0.3])


def pore(**changes):
    """A short pore with three charges between baths."""
    given = {
        "valences": (1, -1),
        "radii": (0.15, 0.2),
        "bjerrum": 0.714,
        "cell": PORE,
        "grid": TensorGrid([0, 0.35, 0.7, 1.5], [0, TURN], [-2, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2]),
        "charges": CHARGES,
        "zones": (-2, -1, 1, 2),
        "moves": Moves(displace=0.4, jump=0.1, single=0.3, ghost=0.2),
        "stride": 40,
    }
    return System(**{**given, **changes})


def tube(**changes):
    """A periodic pore with the same charges."""
    given = {
        "cell": Tube(0.7, 2.5),
        "grid": TensorGrid([0, 0.7], [0, TURN], np.linspace(-1.25, 1.25, 6)),
        "zones": (),
        "groups": ((1, 1),),
        "moves": Moves(displace=0.5, group=0.5),
    }
    return pore(**{**given, **changes})


@cache
def sampled(seed=0, precision="float32"):
    """Blocks of a pore: numbers by histogram and by insertion in the three regions, and the energy."""
    system = pore()
    volumes = system.grid.volumes
    chain = Chain(system, LN_A, seed=(seed, 0, 0), precision=precision)
    chain.run(20_000)
    chain.forget()
    rows = []
    for _ in range(30):
        chain.run(20_000)
        block = chain.take()
        shape = (2, *system.grid.shape)
        density = np.where(block.tries > 0, block.inserted / np.maximum(block.tries, 1), 0.0).reshape(shape)
        found = []
        for each in (block.counts.reshape(shape), density * volumes):
            along = each.sum(axis=(1, 2))
            found += [along[:, :2].sum(axis=1), along[:, 2:6].sum(axis=1), along[:, 6:].sum(axis=1)]
        rows.append(np.append(np.concatenate(found), block.energy))
    return np.stack(rows)


def off(differences):
    """Means of block differences in standard errors."""
    return differences.mean(axis=0) / (differences.std(axis=0, ddof=1) / np.sqrt(len(differences)))


def test_histogram_equals_insertion():
    rows = sampled()
    assert np.max(np.abs(off(rows[:, :6] - rows[:, 6:12]))) < 4.0
    # And the numbers are known well enough for that to mean something.
    error = rows.std(axis=0, ddof=1) / np.sqrt(len(rows)) / rows.mean(axis=0)
    assert np.max(np.abs(error)) < 0.03


def test_float32_equals_float64_and_seeds_agree():
    assert np.max(np.abs(off(sampled() - sampled(2, "float64")))) < 4.0
    assert np.max(np.abs(off(sampled() - sampled(seed=1)))) < 4.0


@pytest.mark.parametrize(("precision", "error"), [("float32", 1e-4), ("float64", 1e-8)])
def test_energy_is_the_sum_over_pairs(precision, error):
    """Of ions, fixed charges and all images."""
    for system in (pore(), tube(wall_charge=-2.0), pore(charges=None)):
        chain = Chain(system, LN_A, precision=precision, seed=(3, 0, 0))
        chain.run(3000)
        charges, fixed = system.charges or PointCharges(np.zeros((0, 3)), np.zeros(0), np.zeros(0)), 0
        fixed = len(charges.charges)
        places = np.concatenate([charges.positions, chain.positions])
        q = np.concatenate([charges.charges, np.array(system.valences)[chain.species]])
        away = places[:, None] - places
        potential, own = np.zeros((len(q), len(q))), 0.0
        if system.periodic:
            more = pair_correction(system.cell)
            away[..., 2] -= 2.5 * np.rint(away[..., 2] / 2.5)
            potential, own = more(*np.moveaxis(away, -1, 0)), more.self_energy
        distance = np.linalg.norm(away, axis=-1)
        np.fill_diagonal(distance, np.inf)
        pairs = np.outer(q, q) * (potential + 1.0 / distance)
        np.fill_diagonal(pairs, q**2 * own)
        # Fixed charges among themselves do not count.
        exact = 0.714 * 0.5 * (pairs.sum() - pairs[:fixed, :fixed].sum())
        assert len(chain.species) > 3
        assert chain.energy == pytest.approx(exact, abs=error)


def test_rounding_of_float32_stays_small():
    chain = Chain(pore(), LN_A)
    chain.run(150_000)
    before = chain.energy
    chain.refresh()
    assert chain.energy == pytest.approx(before, abs=2e-3)


def test_block():
    system = tube(wall_charge=-2.0)
    chain = Chain(system, LN_A)
    with pytest.raises(ParameterError, match=r"no sample yet; run 40 trials \(the stride\)"):
        chain.take()
    chain.run(4010)
    chain.run(3990)
    block = chain.take()
    assert (block.trials, block.samples) == (8000, 200)
    assert sum(block.attempted.values()) == 8000
    assert set(block.attempted) == {"displace", "jump", "single", "group", "exchange", "ghost"}
    assert all(block.accepted[name] <= tried for name, tried in block.attempted.items())
    assert block.attempted["single"] == 0 and block.accepted["group"] > 0
    np.testing.assert_allclose(block.counts.sum(axis=1), block.numbers)
    # Neutral at every moment: 3 fixed charges and 2 that are smeared.
    assert block.numbers[0] - block.numbers[1] == pytest.approx(5.0, abs=1e-12)
    spread = block.products[0, 0] - block.numbers[0] ** 2
    assert block.products[1, 1] - block.numbers[1] ** 2 == pytest.approx(spread, abs=1e-9)
    with pytest.raises(ParameterError, match="no sample yet"):
        chain.take()
    chain.run(40)
    chain.forget()
    with pytest.raises(ParameterError, match="no sample yet"):
        chain.take()


def test_test_insertions_count_where_walls_are_too():
    """Bins in the membrane are tried and hold nothing."""
    chain = Chain(pore(moves=Moves(ghost=1.0), zones=()), LN_A)
    chain.run(20_000)
    block = chain.take()
    shape = (2, *chain.system.grid.shape)
    inside = np.s_[:, 2, :, 2:6]
    assert np.all(block.tries.reshape(shape)[inside] > 0) and np.all(block.inserted.reshape(shape)[inside] == 0.0)
    assert block.tries.sum() == 20_000 and len(chain.species) == 0
    share = block.tries.sum(axis=0).reshape(shape[1:]) / 20_000
    np.testing.assert_allclose(share, chain.system.grid.volumes / (np.pi * 1.5**2 * 4), atol=0.012)


def state_of(chain):
    return chain.species.tolist(), chain.positions.tolist(), chain.energy


def test_seeds():
    """The same three numbers give the same chain; others, or in another order, another one."""
    runs = {}
    for seed in ((1, 2, 3), (1, 2, 3), (3, 2, 1), (2, 1, 3), (1, 3, 2), (1, 2, 4)):
        chain = Chain(pore(), LN_A, seed=seed)
        chain.run(500)
        assert runs.setdefault(seed, state_of(chain)) == state_of(chain)
    assert len({str(each) for each in runs.values()}) == 5


@pytest.mark.parametrize("backend", ["fast", "reference"])
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_taken_up_again(backend, precision):
    """What is kept goes on as the chain itself does, in another process or system object."""
    trials = 20_000 if backend == "fast" else 400
    chain = Chain(pore(), LN_A, seed=(4, 0, 0), precision=precision, backend=backend)
    chain.run(trials + 17)
    kept = {name: np.asarray(value) for name, value in chain.state().items()}
    chain.forget()
    chain.run(trials)
    other = Chain(pore(), LN_A, seed=(5, 0, 0), precision=precision, backend=backend)
    other.run(100)
    other.restore(kept)
    other.run(trials)
    assert state_of(other) == state_of(chain)
    mine, its = chain.take(), other.take()
    assert mine.samples == its.samples
    np.testing.assert_array_equal(mine.counts, its.counts)


def test_more_room_changes_nothing(monkeypatch):
    """Arrays that grow give the same chain as ones that need not."""
    ends = []
    for room in (8, 300):
        monkeypatch.setattr(module, "_ROOM", room)
        chain = Chain(pore(), LN_A + 1.0, seed=(6, 0, 0))
        chain.run(20_000)
        ends.append((state_of(chain), chain._memory.capacity))
    assert ends[0][0] == ends[1][0] and ends[0][1] > 8


def test_activities():
    """A table of one value is that value; a higher one brings more ions."""
    system = pore()
    tables = np.broadcast_to(LN_A[:, None, None, None], (2, *system.grid.nodes))
    chains = [Chain(system, given, seed=(7, 0, 0), precision="float64") for given in (LN_A, tables)]
    for chain in chains:
        chain.run(3000)
    np.testing.assert_array_equal(chains[0].species, chains[1].species)
    np.testing.assert_allclose(chains[0].positions, chains[1].positions, atol=1e-12)
    before = len(chains[1].species)
    chains[1].set_activity(LN_A + 1.5)
    chains[1].run(10_000)
    assert len(chains[1].species) > 1.5 * before


def test_given_start():
    begin = (np.array([[0.0, 0.0, 0.1], [0.0, 0.1, -0.9]]), [0, 1])
    chain = Chain(pore(moves=Moves(displace=1.0)), LN_A, start=begin, precision="float64")
    np.testing.assert_array_equal(chain.positions, begin[0])
    np.testing.assert_array_equal(chain.species, begin[1])
    chain.run(100)
    assert len(chain.species) == 2


OUT = {
    "a wall": ([[0.0, 0.6, 0.0]], [0]),
    "one another": ([[0.0, 0.0, 0.0], [0.0, 0.0, 0.3]], [0, 1]),
    "no kind": ([[0.0, 0.0, 0.0]], [2]),
    "a negative kind": ([[0.0, 0.0, 0.0]], [-1]),
    "too many kinds": ([[0.0, 0.0, 0.0]], [0, 1]),
    "no number": ([[0.0, 0.0, np.nan]], [0]),
}


@pytest.mark.parametrize("what", OUT)
def test_impossible_starts(what):
    with pytest.raises(ParameterError, match=r"Chain: a start with \d positions and \d kinds"):
        Chain(pore(), LN_A, start=OUT[what])
    chain = Chain(pore(), LN_A)
    kept = chain.state() | {"positions": np.array(OUT[what][0]), "species": np.array(OUT[what][1])}
    with pytest.raises(CheckpointError, match="damaged, or of another system"):
        chain.restore(kept)


def test_starts_that_touch_fixed_spheres_or_images_or_are_charged():
    spheres = PointCharges(np.array([[0.4, 0.0, 0.0]]), -np.ones(1), np.array([0.2]))
    with pytest.raises(ParameterError, match="a start with 1 positions"):
        Chain(pore(charges=spheres), LN_A, start=([[0.1, 0.0, 0.0]], [0]))
    box = {"cell": Box((1, 1, 1)), "grid": TensorGrid([0, 1], [0, TURN], [-0.5, 0.5])}
    far, near = [[0.3, 0, 0], [-0.1, 0, 0]], [[0.4, 0, 0], [-0.4, 0, 0]]
    Chain(tube(charges=None, **box), LN_A, start=(far, [0, 1]))
    for places, kinds in ((near, [0, 1]), (far, [0, 0])):
        with pytest.raises(ParameterError, match="a periodic one is neutral"):
            Chain(tube(charges=None, **box), LN_A, start=(places, kinds))


def test_kept_states_at_the_very_edge_are_good():
    """Rounding to float32 puts a kept ion a little beyond the wall or the end of the bath."""
    chain = Chain(pore(), LN_A)
    edge = np.array([[0.0, np.nextafter(np.float32(0.55), np.float32(1)), 0.0], [1.5 + 5e-8, 0.0, 2.0 + 5e-8]])
    chain.restore(chain.state() | {"positions": edge, "species": np.array([0, 1])})
    assert len(chain.species) == 2


def test_damaged_states():
    chain = Chain(pore(), LN_A)
    kept = chain.state()
    for change in ({"rng": np.zeros(4, np.uint64)}, {"rng": np.ones(3, np.uint64)}):
        with pytest.raises(CheckpointError, match="damaged, or of another system"):
            chain.restore(kept | change)
    for name in kept:
        with pytest.raises(CheckpointError, match=f"incomplete or damaged.*{name}"):
            chain.restore({key: value for key, value in kept.items() if key != name})
    with pytest.raises(CheckpointError, match="incomplete or damaged"):
        chain.restore(kept | {"positions": "nowhere"})


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"precision": "float16"}, '"float32" or "float64" is allowed'),
        ({"backend": "gpu"}, '"fast" or "reference" is allowed'),
        ({"seed": (1, -2, 3)}, r"seed = \(1, -2, 3\).*integers from 0 on"),
        ({"seed": ()}, r"seed = \(\)"),
        ({"seed": (1.5, 0, 0)}, "an integer is needed"),
        ({"ln_activity": [0.0]}, r"shape \(1,\) was given; 2 finite numbers, or tables of shape \(2, 4, 1, 9\)"),
        ({"ln_activity": [0.0, np.inf]}, "2 finite numbers"),
        ({"ln_activity": np.zeros((2, 4, 9))}, "are needed"),
    ],
)
def test_bad_input(given, words):
    with pytest.raises(ParameterError, match=words):
        Chain(pore(), **({"ln_activity": LN_A} | given))


def test_bad_trials():
    chain = Chain(pore(), LN_A)
    for trials, words in ((-1, "none or more are needed"), (2.5, "an integer is needed")):
        with pytest.raises(ParameterError, match=words):
            chain.run(trials)
    with pytest.raises(ParameterError, match="2 finite numbers"):
        chain.set_activity([np.nan, 0.0])


def test_zones_must_cut_the_cell():
    for zones in ((-2, 0, 1), (-2, 1, 0, 2), (-2,), (-1.9, 2)):
        with pytest.raises(ParameterError, match="ascending heights from -2 to 2 nm"):
            Chain(pore(zones=zones), LN_A)
    slit = tube(cell=Slit(1.0, 2.0), grid=TensorGrid([0, 9], [0, TURN], [-0.5, 0.5]), charges=None, zones=(-1, 1))
    with pytest.raises(ParameterError, match=r"from -0\.5 to 0\.5 nm"):
        Chain(slit, LN_A)
