# SPDX-License-Identifier: LGPL-3.0-or-later
"""Activities of bulk mixtures: reference numbers, exact limits, small boxes, several ranks, and what is refused."""

import math

import numpy as np
import pytest
from mpi4py import MPI

from fem_ionics import cite
from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.lemc import hnc, msa
from fem_ionics.lemc.bulk import Activities, _found, bulk
from fem_ionics.lemc.bulk_estimates import Averages, Target, neutral_groups
from fem_ionics.lemc.primitive import DENSITY
from fem_ionics.parameters import Electrolyte, Species
from fem_ionics.units import M, nm

#: Concentration (M), diameter (nm), valences, ln gamma and its error, -U/NkT and its error of Monte-Carlo studies.
LARGE = [
    (0.10376, 0.425, (1, -1), -0.2288, 0.0003, 0.2739, 0.0014),
    (1.0001, 0.425, (1, -1), -0.1262, 0.0003, 0.5516, 0.0016),
    (0.1, 0.3, (1, -1), -0.2784, 0.0002, None, None),
    (1.0, 0.3, (1, -1), -0.4995, 0.0005, None, None),
    (0.1, 0.425, (2, -1), -0.7025, 0.0003, None, None),
]
#: Of early studies, whose ln gamma are too low; theory says so, too.
SMALL = [
    (0.00911, 0.425, (1, -1), -0.1012, 0.0008, 0.1029, 0.0013),
    (0.42502, 0.425, (1, -1), -0.2643, 0.0013, 0.4341, 0.0017),
    (1.9676, 0.425, (1, -1), 0.249, 0.005, 0.6511, 0.0020),
]
BJERRUM = 0.714


def mixture(
    concentrations: tuple[float, ...], valences: tuple[int, ...], bjerrum: float = BJERRUM
) -> tuple[Electrolyte, tuple[str, ...]]:
    """Ions "0", "1", ... at concentrations in M."""
    names = tuple(str(k) for k in range(len(valences)))
    species = tuple(Species(name, z, 1e-9) for name, z in zip(names, valences, strict=True))
    one = Electrolyte(species, tuple(c * M for c in concentrations))
    permittivity = one.permittivity * one.bjerrum_length / (bjerrum * nm)
    return Electrolyte(species, one.concentrations, permittivity=permittivity), names


def salt(concentration: float, diameter: float, valences: tuple[int, int] = (1, -1), **options) -> Activities:
    cation, anion = valences
    electrolyte, names = mixture((-anion * concentration, cation * concentration), valences)
    return bulk(electrolyte, {name: diameter / 2 * nm for name in names}, progress=False, **options)


def chains(c: float, d: float) -> float:
    """Mean ln gamma of a 1:1 salt by hypernetted chains, whose error for spheres without charges is taken away."""
    ions = (1, -1), (d, d), (c * M * DENSITY,) * 2
    charged, spheres = (hnc.solve(*ions, bjerrum).mean_ln_gamma for bjerrum in (BJERRUM, 0.0))
    return charged + msa.solve(*ions, 0.0).mean_ln_gamma - spheres


def near(found: Activities, ln: float, error: float, energy: float | None, width: float | None) -> bool:
    """Within four errors."""
    fits = abs(found.mean_ln_gamma - ln) < 4 * math.hypot(found.mean_error, error)
    if energy is not None and width is not None:
        fits &= abs(found.energy_per_ion + energy) < 4 * math.hypot(found.energy_error, width)
    return fits


@pytest.mark.parametrize(("c", "d", "valences", "ln", "error", "energy", "width"), LARGE[1::3])
def test_reference_numbers(c, d, valences, ln, error, energy, width) -> None:
    found = salt(c, d, valences, trials=300_000)
    assert near(found, ln, error, energy, width)
    assert found.mean_error < 4e-3 and found.disagreement < 4.0


@pytest.mark.validate
@pytest.mark.parametrize(("c", "d", "valences", "ln", "error", "energy", "width"), LARGE)
def test_reference_numbers_closely(c, d, valences, ln, error, energy, width) -> None:
    found = salt(c, d, valences, error=1e-3, seed=1)
    assert near(found, ln, error, energy, width)
    assert found.mean_error <= 1e-3 and found.disagreement < 4.0
    assert found.error.max() <= 1e-3 or found.trials >= 20_000_000


@pytest.mark.validate
@pytest.mark.parametrize(("c", "d", "valences", "ln", "error", "energy", "width"), SMALL)
def test_reference_numbers_of_early_studies(c, d, valences, ln, error, energy, width) -> None:
    """Their energies, and not their activities, which are below those of theory by more than two errors."""
    found, theory = salt(c, d, valences, error=1e-3, seed=1), chains(c, d)
    assert abs(found.energy_per_ion + energy) < 4 * math.hypot(found.energy_error, width)
    assert abs(found.mean_ln_gamma - theory) < 4 * found.mean_error + 2.5e-4 * c
    assert theory - ln > 2 * error


@pytest.mark.validate
@pytest.mark.parametrize("ions", [30, 100, 300])
@pytest.mark.parametrize("c", [0.00911, 0.10376])
def test_hypernetted_chains_in_boxes_of_several_sizes(c, ions) -> None:
    """Exact where ions are few: what remains of the box's size is less than 0.001."""
    found = salt(c, 0.425, error=4e-4, ions=ions, seed=2)
    assert found.mean_ln_gamma == pytest.approx(chains(c, 0.425), abs=4 * found.mean_error)
    assert found.mean_error < 4e-4


def test_hypernetted_chains() -> None:
    found = salt(0.00911, 0.425, trials=500_000)
    assert found.mean_ln_gamma == pytest.approx(chains(0.00911, 0.425), abs=4 * found.mean_error)
    assert found.energy_per_ion == pytest.approx(-0.10136, abs=4 * found.energy_error)
    assert found.mean_error < 1.5e-3


def test_ions_without_charge_or_size_are_ideal() -> None:
    """Where images reach far, their sum is all that there is to take away."""
    electrolyte, names = mixture((0.1, 0.1), (1, -1), bjerrum=1e-4)
    found = bulk(electrolyte, dict.fromkeys(names, 1e-4 * nm), trials=400_000, ions=20, progress=False)
    assert found.mean_ln_gamma == pytest.approx(0.0, abs=4 * found.mean_error + 1e-4)
    assert found.disagreement < 4.0
    np.testing.assert_allclose(found.ln_gamma, 0.0, atol=4 * found.error.max() + 1e-4)


def test_uncharged_spheres() -> None:
    """Carnahan and Starling at a packing fraction of 0.15; a single neutral species needs no partner."""
    eta = 0.15
    (concentration,) = (6 * eta / (math.pi * 0.3**3) / DENSITY / M,)
    electrolyte, names = mixture((concentration,), (0,))
    found = bulk(electrolyte, {names[0]: 0.15 * nm}, trials=400_000, progress=False)
    expected = (8 * eta - 9 * eta**2 + 3 * eta**3) / (1 - eta) ** 3
    assert found.ln_gamma[0] == pytest.approx(expected, abs=4 * found.error[0])
    assert found.error[0] < 0.03
    assert found.energy_per_ion == 0.0


def test_a_box_of_few_ions_gives_the_same() -> None:
    """As they are, insertions into a box of 24 ions are 0.02 too low, and so is the energy per ion."""
    found = salt(0.10376, 0.425, trials=300_000, ions=24)
    assert near(found, *LARGE[0][3:])
    assert max(found.mean_error, found.energy_error) < 4e-3 and found.disagreement < 4.0


def test_an_ion_that_never_came() -> None:
    """Its insertions are all that is known of it; those of the others do not suffer."""
    target = Target(np.array([1.0, -1.0, 1.0]), np.full(3, 0.2), np.array([0.05, 0.05, 1e-9]), BJERRUM, 10.0)
    pairs = 50 + np.random.default_rng(1).integers(-5, 6, (2, 40))
    numbers = np.stack([pairs, pairs, 0 * pairs], axis=-1).astype(float)
    products = (numbers[..., :, None] * numbers[..., None, :]).reshape(2, 40, 9)
    inserted = 1000.0 * np.array([0.04, 0.04, 0.8e-9]) * np.ones((2, 40, 1))
    rows = np.concatenate([numbers, products, inserted, 0 * inserted + 1000.0, -10.0 * pairs[..., None]], axis=-1)
    found = Averages(target, target.ln_density, rows).estimates()
    assert found.ln_gamma.value[2] == pytest.approx(-math.log(0.8), abs=0.02)
    assert np.all(np.isfinite(found.ln_gamma.value)) and np.all(found.ln_gamma.error < 1.0)


def test_two_salts_with_a_common_ion() -> None:
    """Two cations alike are one: gamma is that of the salt, for the trace too; the third ion is absent."""
    electrolyte, names = mixture((0.0999, 0.0001, 0.1, 0.0), (1, 1, -1, 2))
    found = bulk(electrolyte, dict.fromkeys(names, 0.15 * nm), trials=300_000, progress=False)
    reference = LARGE[2][3]
    assert found.mean_ln_gamma == pytest.approx(reference, abs=4 * found.mean_error)
    np.testing.assert_allclose(found.ln_gamma[:3], reference, atol=4 * found.error[:3].max())
    # From insertions into a box three times as large.
    assert found.ln_gamma[3] == pytest.approx(-1.2586, abs=4 * math.hypot(found.error[3], 0.0044))
    assert found.error[3] < 0.05
    assert found.ln_activity[3] == -math.inf
    expected = np.log(np.array([0.0999, 0.0001, 0.1]) * M * DENSITY) + found.ln_gamma[:3]
    np.testing.assert_allclose(found.ln_activity[:3], expected, rtol=1e-12)


def test_salts_of_two_valences() -> None:
    """Both ways through the exchange of two ions for one; activities by numbers and by insertions agree."""
    electrolyte, names = mixture((0.05, 0.1, 0.2), (2, 1, -1))
    found = bulk(electrolyte, dict.fromkeys(names, 0.2125 * nm), trials=300_000, progress=False)
    assert found.disagreement < 4.0
    # The mean spherical approximation is 0.002 to 0.005 above the salts of both valences.
    densities = np.array([0.05, 0.1, 0.2]) * M * DENSITY
    near_it = msa.solve((2, 1, -1), (0.425,) * 3, densities, BJERRUM)
    assert found.mean_ln_gamma == pytest.approx(near_it.mean_ln_gamma - 0.004, abs=4 * found.mean_error)


def test_seeds() -> None:
    one, other = (salt(0.1, 0.3, trials=100_000, seed=seed) for seed in (0, 1))
    assert one.mean_ln_gamma != other.mean_ln_gamma
    assert abs(one.mean_ln_gamma - other.mean_ln_gamma) < 4 * math.hypot(one.mean_error, other.mean_error)
    assert salt(0.1, 0.3, trials=100_000, seed=0) is one
    _found.clear()
    again = salt(0.1, 0.3, trials=100_000, seed=0)
    assert again is not one and again.mean_ln_gamma == one.mean_ln_gamma


@pytest.mark.mpi
def test_all_ranks_have_the_same(comm: MPI.Intracomm) -> None:
    """Sixteen blocks on each rank, the least; were the chains of all ranks one, so would be their energy."""
    found, alone = (salt(0.1, 0.3, trials=1, seed=5, comm=each) for each in (comm, MPI.COMM_SELF))
    for values in (found.mean_ln_gamma, found.error[0], found.trials):
        assert comm.allgather(values) == [values] * comm.size
    assert near(found, *LARGE[2][3:])
    assert found.trials == 160_000 * comm.size
    same = alone.energy_per_ion == pytest.approx(found.energy_per_ion, abs=1e-9)
    assert same == (comm.size == 1)


def test_more_trials_until_the_error_is_met() -> None:
    found = salt(0.1, 0.3, error=4e-3, seed=2)
    assert found.error.max() <= 4e-3 and found.trials < 3_000_000
    assert {"valleau1980", "widom1963"} <= {reference.key for reference in cite.citations()}


def test_smallest_groups() -> None:
    assert neutral_groups((1, -1), (0.1, 0.1)) == ((1, 1),)
    assert neutral_groups((2, -1), (0.1, 0.2)) == ((1, 2),)
    assert neutral_groups((2, -2), (0.1, 0.1)) == ((1, 1),)
    assert neutral_groups((2, 1, -1), (0.1, 0.3, 0.5)) == ((0, 1, 1), (1, 0, 2))
    assert neutral_groups((2, 1, -1), (0.1, 0.0, 0.2)) == ((1, 0, 2),)
    assert neutral_groups((1, 3, -1, -2, 0), (0.2, 0.1, 0.1, 0.2, 0.3)) == (
        (2, 0, 0, 1, 0),
        (0, 2, 0, 3, 0),
        (1, 0, 1, 0, 0),
        (0, 0, 0, 0, 1),
    )


@pytest.mark.parametrize("bjerrum", [0.714, 1e-2, 1e-4])
def test_images_of_a_cloud(bjerrum: float) -> None:
    """One by one, and for long clouds 4 pi/(kappa^2 V) - 2.837297/L of all images but the ion itself."""
    one = Target(np.array([1.0, -1.0]), np.full(2, 0.2), np.full(2, 0.05), bjerrum, 10.0)
    kappa = math.sqrt(4 * math.pi * bjerrum * 0.1)
    n = np.linalg.norm(np.indices((41,) * 3).reshape(3, -1) - 20, axis=0)
    away = 10.0 * n[n > 0.0]
    expected = bjerrum * float(np.sum(np.exp(-kappa * away) / away))
    if bjerrum == 1e-4:
        expected = 1 / 100 - bjerrum * 2.837297 / 10
    assert one.images == pytest.approx(expected, rel=1e-3)


def test_response_to_the_background() -> None:
    """1/s is 1 at infinite dilution; kappa d = 1.4014 (1 M of 0.425 nm): Gamma d = 0.475, B = 0.322, 1/s = 0.39."""
    densities = np.full(2, 1.0001 * M * DENSITY)
    one = Target(np.array([1.0, -1.0]), np.full(2, 0.2125), densities, BJERRUM, 5.0)
    assert one.stiffness == pytest.approx(0.392, abs=2e-3)
    np.testing.assert_allclose(one.background, (1 - 0.5 * one.stiffness) / one.charges)
    dilute = Target(np.array([1.0, -1.0]), np.full(2, 0.2125), 1e-8 * densities, BJERRUM, 5.0)
    assert dilute.stiffness == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"error": 0.0}, "error = 0.0 was given"),
        ({"trials": 0}, "trials = 0 was given; at least 1"),
        ({"ions": 5}, "ions = 5 was given; at least 20"),
        ({"diameter": 0.7, "concentration": 2.5}, r"fill 0\.\d+ of the volume; at most 0.4"),
        ({"diameter": -0.4}, "radii: 0 = -2"),
    ],
)
def test_what_is_refused(options, words) -> None:
    given = {"concentration": 0.1, "diameter": 0.4} | options
    with pytest.raises(ParameterError, match=words):
        salt(**given)


def test_a_bath_that_is_not_neutral() -> None:
    with pytest.raises(ParameterError, match="not neutral"):
        mixture((0.1, 0.2), (1, -1))


def test_activities_that_cannot_be_reached() -> None:
    """Ions so close that pairs cost 100 kT to part: nothing but an empty box or one that is full."""
    electrolyte, names = mixture((0.1, 0.1), (1, -1), bjerrum=20.0)
    with pytest.raises(ConvergenceError, match=r"do not settle: .*; reached: 0 at .* of 100, 1 at .*more trials"):
        bulk(electrolyte, dict.fromkeys(names, 0.1 * nm), trials=20_000, ions=20, progress=False)
