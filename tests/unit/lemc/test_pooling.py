# SPDX-License-Identifier: LGPL-3.0-or-later
"""Replicas together: errors by leaving one out, and differences in units of their errors."""

from types import SimpleNamespace

import numpy as np
import pytest
from mpi4py import MPI
from scipy import stats

import fem_ionics as fi
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.lemc.nernst_planck import current
from fem_ionics.lemc.pooling import Pool, _in_errors, _jackknife

KCL = fi.Electrolyte.kcl(100.0)
#: Resistances of two stretches in a row: the current is no linear function of the densities.
VOLUMES = np.array([1.0, 3.0])


class Drive:
    """Two bins in a row; the first is the pore."""

    region = np.array([1, 0])
    system = SimpleNamespace(
        grid=TensorGrid(np.array([0.0, 1.0]), np.array([0.0, 2 * np.pi]), np.array([0.0, 1.0, 4.0])), cell=None
    )

    def shifted(self, number):
        return self

    without = shifted

    def potentials(self, density):
        return np.zeros((2, 1))

    def fluxes(self, density, potentials=None):
        through = 1.0 / (VOLUMES / density).sum(axis=1)
        return np.stack([through, through], axis=1)


def tally(density, insertion=None):
    density = np.asarray(density, dtype=float)
    return SimpleNamespace(
        density=density, histogram=density, insertion=density if insertion is None else insertion, blocks=1
    )


def replica(density, late=None, insertion=None):
    late = tally(density if late is None else late)
    return SimpleNamespace(tally=tally(density, insertion), late=late, state=lambda: {})


def pooled(densities, **given):
    """The pool of replicas on one rank, and those."""
    mine = {n: replica(one, **{k: v[n] for k, v in given.items()}) for n, one in enumerate(densities)}
    return Pool(MPI.COMM_SELF, Drive(), KCL, len(mine)), mine


def noisy(count, size=0.02, seed=0):
    random = np.random.default_rng(seed)
    base = np.array([[1.0, 2.0], [0.5, 2.0]])
    return base * (1.0 + size * random.standard_normal((count, 2, 2)))


def test_the_jackknife_of_a_mean_is_its_standard_error():
    x = np.random.default_rng(0).standard_normal((7, 3))
    left_out = (x.sum(axis=0) - x) / 6
    np.testing.assert_allclose(_jackknife(left_out), x.std(axis=0, ddof=1) / np.sqrt(7), rtol=1e-12)


def test_the_current_is_that_of_the_mean_density():
    densities = noisy(5, 0.3)
    pool, mine = pooled(densities)
    found = pool.sampled(mine, {}, {})
    fluxes = Drive().fluxes(densities.mean(axis=0))[:, 1]
    expected = [current(s.valence, s.diffusivity, f) for s, f in zip(KCL.species, fluxes, strict=True)]
    np.testing.assert_allclose(found.currents.value, expected, rtol=1e-12)
    assert float(found.current.value) == pytest.approx(sum(expected))
    assert float(pool.currents(mine).value) == pytest.approx(sum(expected))
    assert float(pool.currents(mine).error) == pytest.approx(float(found.current.error))
    # The mean of the replicas' own currents lies below: resistances in a row are concave.
    assert abs(found.seeds.mean()) < abs(sum(expected))


def test_the_error_is_the_scatter_that_repetitions_show():
    found = []
    for seed in range(300):
        pool, mine = pooled(noisy(4, seed=seed))
        one = pool.currents(mine)
        found.append((float(one.value), float(one.error)))
    values, errors = np.array(found).T
    assert np.sqrt(np.mean(errors**2)) == pytest.approx(values.std(), rel=0.1)


def test_errors_of_densities_are_those_of_the_mean():
    densities = noisy(6)
    pool, mine = pooled(densities)
    found = pool.sampled(mine, {"voltage": 0.1}, {"trials": 3})
    ratio = found.density.error / found.density.value
    expected = densities.std(axis=0, ddof=1) / np.sqrt(6) / densities.mean(axis=0)
    np.testing.assert_allclose(ratio.reshape(2, 2), expected, rtol=1e-12)
    assert found.parameters == {"voltage": 0.1} and found.info == {"trials": 3}


def test_replicas_that_agree_have_neither_error_nor_drift():
    pool, mine = pooled(np.repeat(noisy(1), 3, axis=0))
    found = pool.sampled(mine, {}, {})
    assert float(found.current.error) < 1e-12 * abs(float(found.current.value))
    assert found.drift == 0.0 and not found.agreement.any()


def test_drift_and_agreement_are_normal_where_nothing_is_wrong():
    """Over many runs of four replicas, whose own scatter is all that tells their error."""
    drifts, agreements = [], []
    for seed in range(400):
        random = np.random.default_rng(seed)
        densities = noisy(4, seed=seed)
        late = densities * (1.0 + 0.02 * random.standard_normal(densities.shape))
        insertion = densities * (1.0 + 0.05 * random.standard_normal(densities.shape))
        pool, mine = pooled(densities, late=late, insertion=insertion)
        found = pool.sampled(mine, {}, {})
        drifts.append(found.drift)
        agreements.append(found.agreement)
    for values in (np.array(drifts), np.array(agreements).ravel()):
        assert stats.kstest(values, "norm").pvalue > 1e-3


def test_a_drift_and_a_disagreement_are_seen():
    densities = noisy(4)
    pool, mine = pooled(densities, late=1.2 * densities, insertion=densities * np.array([[0.5], [1.0]]))
    found = pool.sampled(mine, {}, {})
    assert abs(found.drift) > 3.0
    # Fewer by insertion: more by histogram, of the first ion alone.
    assert found.agreement[0] > 3.0 and found.agreement[1] == 0.0


def test_few_replicas_know_their_error_badly():
    """The same ratio says less from two than from twenty."""
    assert _in_errors(np.array([1.0, 1.2])) == pytest.approx(stats.norm.isf(stats.t.sf(11.0, 1)), rel=1e-9)
    assert 0.0 < _in_errors(np.array([1.0, 1.2])) < 2.0
    assert _in_errors(-np.array([1.0, 1.2])) == pytest.approx(-_in_errors(np.array([1.0, 1.2])))
    assert _in_errors(np.array([0.3, 0.3])) == 0.0
    many = 1.0 + 4.0 * np.tile([1.0, -1.0], 50)
    ratio = many.mean() / (many.std(ddof=1) / 10.0)
    assert _in_errors(many) == pytest.approx(ratio, rel=0.05)


@pytest.mark.mpi
def test_replicas_of_all_ranks_are_in_their_order(comm):
    densities = noisy(5)
    whole, mine = pooled(densities)
    expected = whole.sampled(mine, {}, {})
    numbers = range(comm.rank, 5, comm.size)
    shared = Pool(comm, Drive(), KCL, 5)
    found = shared.sampled({n: mine[n] for n in numbers}, {}, {})
    np.testing.assert_array_equal(found.seeds, expected.seeds)
    np.testing.assert_array_equal(found.density.error, expected.density.error)
    assert set(found.replicas) == set(numbers)
    species = zip(KCL.species, Drive().fluxes(densities[0])[:, 1], strict=True)
    assert found.seeds[0] == pytest.approx(sum(current(s.valence, s.diffusivity, f) for s, f in species))
