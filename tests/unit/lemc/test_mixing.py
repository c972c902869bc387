# SPDX-License-Identifier: LGPL-3.0-or-later
"""Densities from histograms and from test insertions, mixed: no bias, less noise, and kept whole."""

import numpy as np
import pytest

from fem_ionics.lemc.chain import Block
from fem_ionics.lemc.mixing import Tally

VOLUMES = np.array([1.0, 2.0, 0.5, 1.0, 4.0, 0.25])
REGION = np.array([0, 0, 0, 1, 1, 1])
DENSITY = np.array([[0.5, 0.1, 2.0, 1.0, 0.02, 0.3], [0.01, 1.5, 0.3, 0.0, 0.7, 0.2]])


def made(random, samples=50, tries=200, spread=1.0, density=DENSITY, clumps=1):
    """A block of independent ions: Poisson numbers, and weights of insertions that scatter about the density."""
    expected = density * VOLUMES * samples / clumps
    weights = random.gamma(tries / spread**2, density * spread**2 / tries)
    zeros = np.zeros(len(density))
    return Block(
        trials=samples * 10,
        samples=samples,
        numbers=zeros,
        products=np.zeros((len(density),) * 2),
        energy=0.0,
        counts=clumps * random.poisson(expected) / samples,
        inserted=weights * tries,
        tries=np.full(density.shape, tries),
        attempted={},
        accepted={},
    )


def filled(random, blocks, **given):
    tally = Tally(VOLUMES, REGION, len(DENSITY))
    for _ in range(blocks):
        tally.add(made(random, **given))
    return tally


def test_nothing_sampled_is_no_density():
    tally = Tally(VOLUMES, REGION, 2)
    for density in (tally.histogram, tally.insertion, tally.density):
        np.testing.assert_array_equal(density, np.zeros((2, 6)))


def test_each_estimate_by_hand():
    tally = Tally(np.array([2.0]), np.array([0]), 1)
    for counts, inserted, tries, samples in ((3.0, 5.0, 10, 4), (1.0, 1.0, 2, 4)):
        arrays = {"counts": np.array([[counts]]), "inserted": np.array([[inserted]]), "tries": np.array([[tries]])}
        empty = {"trials": 1, "numbers": 0, "products": 0, "energy": 0.0, "attempted": {}, "accepted": {}}
        tally.add(Block(samples=samples, **arrays, **empty))
    assert tally.histogram.item() == pytest.approx(2.0 / 2.0)
    assert tally.insertion.item() == pytest.approx(6.0 / 12.0)
    # Eight samples of volume 2 and a density of 0.75 against twelve insertions: variances 0.75/16 and 0.75^2/12.
    one, other = 0.75 / 16, 0.75**2 / 12
    assert tally.density.item() == pytest.approx((other * 1.0 + one * 0.5) / (one + other))


def test_both_estimates_and_their_mixture_are_unbiased():
    random = np.random.default_rng(1)
    tallies = [filled(random, 8) for _ in range(600)]
    for name in ("histogram", "insertion", "density"):
        found = np.array([getattr(tally, name) for tally in tallies])
        error = found.std(axis=0, ddof=1) / np.sqrt(len(tallies))
        z = (found.mean(axis=0) - DENSITY) / np.where(error > 0.0, error, 1.0)
        assert np.abs(z).max() < 4.0, name


def test_the_mixture_is_less_noisy_than_either():
    """In each bin, and by how much inverse variances promise."""
    random = np.random.default_rng(2)
    tallies = [filled(random, 8) for _ in range(400)]
    histogram, insertion, density = (
        np.array([getattr(tally, name) for tally in tallies]).var(axis=0)
        for name in ("histogram", "insertion", "density")
    )
    some = DENSITY > 0.0
    best = histogram[some] * insertion[some] / (histogram[some] + insertion[some])
    assert np.all(density[some] < 1.4 * best)
    assert np.median(density[some] / best) < 1.15


def odds(**given):
    """Weight of the insertions over that of the histogram: a ratio of variances."""
    tally = filled(np.random.default_rng(3), 400, **given)
    gap = tally.histogram - tally.insertion
    some = np.abs(gap) > 1e-12
    share = (tally.histogram - tally.density)[some] / gap[some]
    return float(np.median(share / (1.0 - share)))


def test_weights_follow_the_variances_that_blocks_show():
    """Ions that come and go in tens scatter ten times as much, insertions with five times the width 25 times."""
    plain = odds()
    assert odds(clumps=10) / plain == pytest.approx(10.0, rel=0.25)
    assert plain / odds(spread=5.0) == pytest.approx(25.0, rel=0.25)


def test_a_bin_without_insertions_is_that_of_the_histogram():
    tally = filled(np.random.default_rng(5), 8)
    tally.tries[0, 2] = tally.inserted[0, 2] = 0.0
    assert tally.density[0, 2] == tally.histogram[0, 2] > 0.0
    assert tally.insertion[0, 2] == 0.0


def test_variances_are_those_of_a_region():
    """Noise in one region changes no weight in the other."""
    random = np.random.default_rng(6)
    quiet = filled(random, 50)
    loud = Tally(VOLUMES, REGION, 2)
    loud.restore({name: value.copy() for name, value in quiet.state().items()})
    loud._squares[:, :, REGION == 1] *= 3.0
    np.testing.assert_array_equal(loud.density[:, REGION == 0], quiet.density[:, REGION == 0])
    assert not np.array_equal(loud.density[:, REGION == 1], quiet.density[:, REGION == 1])


def test_what_is_kept_goes_on_as_if_nothing_had_been():
    blocks = [made(np.random.default_rng(number)) for number in range(10)]
    whole, first, second = (Tally(VOLUMES, REGION, 2) for _ in range(3))
    for block in blocks:
        whole.add(block)
    for block in blocks[:5]:
        first.add(block)
    kept = {name: value.copy() for name, value in first.state().items()}
    second.restore(kept)
    first.add(blocks[5])
    for block in blocks[5:]:
        second.add(block)
    np.testing.assert_array_equal(second.density, whole.density)
    assert (second.blocks, second.samples) == (10, 500)
    np.testing.assert_array_equal(kept["counts"], sum(50 * block.counts for block in blocks[:5]))
