# SPDX-License-Identifier: LGPL-3.0-or-later
"""Hypernetted chains: exact limits, sum rules, thermodynamic consistency, and how near they are to Monte Carlo."""

from math import hypot, pi, sqrt

import numpy as np
import pytest

from fem_ionics import cite
from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.lemc import hnc, msa

BJERRUM = 0.714
MOLAR = 0.602214076  # nm^-3
#: Unequal in everything.
MIXTURE = ((2, 1, -1), (0.2, 0.4, 0.36))
DENSITIES = np.array([0.3, 0.2, 0.8])
#: Concentration (M), diameter (nm), valences, ln gamma and its error of grand-canonical Monte Carlo.
TABLE = [
    (0.10376, 0.425, (1, -1), -0.2288, 0.0003),
    (1.0001, 0.425, (1, -1), -0.1262, 0.0003),
    (0.1, 0.3, (1, -1), -0.2784, 0.0002),
    (1.0, 0.3, (1, -1), -0.4995, 0.0005),
    (0.1, 0.425, (2, -1), -0.7025, 0.0003),
]
#: Osmotic coefficients and -U/NkT of the 1:1 electrolyte of 0.425 nm, with their errors.
EARLY = {
    0.00911: (0.9701, 0.0008, 0.1029, 0.0013),
    0.10376: (0.9445, 0.0012, 0.2739, 0.0014),
    0.42502: (0.9774, 0.0046, 0.4341, 0.0017),
    1.0001: (1.094, 0.005, 0.5516, 0.0016),
    1.9676: (1.346, 0.009, 0.6511, 0.0020),
}


def salt(c: float, d: float = 0.425, valences: tuple[int, int] = (1, -1), bjerrum: float = BJERRUM, **options):
    cation, anion = valences
    return hnc.solve(valences, (d, d), (-anion * c * MOLAR, cation * c * MOLAR), bjerrum, **options)


def mixed(densities: np.ndarray = DENSITIES, bjerrum: float = BJERRUM) -> hnc.Solution:
    return hnc.solve(*MIXTURE, densities, bjerrum, points=2048)


def moment(found: hnc.Solution, power: int) -> np.ndarray:
    """int h_ij r^power over all space."""
    return 4 * pi * found.r[0] * (found.distribution - 1) @ found.r ** (2 + power)


@pytest.mark.parametrize(("c", "d", "valences", "ln", "error"), TABLE)
def test_near_monte_carlo(c, d, valences, ln, error) -> None:
    """The rest after the error of hard spheres is taken away grows from nothing to 0.002 at 1 M."""
    found, spheres = salt(c, d, valences), salt(c, d, valences, bjerrum=0.0)
    densities = (-valences[1] * c * MOLAR, valences[0] * c * MOLAR)
    exact = msa.solve(valences, (d, d), densities, 0.0)
    corrected = found.mean_ln_gamma - spheres.mean_ln_gamma + exact.mean_ln_gamma
    assert corrected == pytest.approx(ln, abs=3 * error + 1e-3 * c)
    assert corrected != pytest.approx(msa.solve(valences, (d, d), densities, BJERRUM).mean_ln_gamma, abs=1e-3)


@pytest.mark.parametrize("c", EARLY)
def test_near_early_monte_carlo(c) -> None:
    pressure, width, energy, error = EARLY[c]
    found = salt(c)
    assert found.osmotic_coefficient == pytest.approx(pressure, abs=2 * hypot(width, 0.002 * c**2))
    assert -found.energy_per_ion == pytest.approx(energy, abs=2 * hypot(error, 0.002 * c))


def test_limit_of_debye_and_hueckel() -> None:
    """ln gamma_i = -l_B z_i^2 kappa/2, U/(N kT) = -kappa^3/(8 pi rho), p/(rho kT) - 1 a third of it."""
    densities = 1e-7 * np.array([1.0, 2.0, 4.0])
    found, z = hnc.solve(*MIXTURE, densities, BJERRUM), np.array(MIXTURE[0])
    kappa = sqrt(4 * pi * BJERRUM * densities @ z**2)
    np.testing.assert_allclose(found.ln_gamma, -BJERRUM * z**2 * kappa / 2, rtol=5e-3)
    assert found.energy_per_ion == pytest.approx(-(kappa**3) / (8 * pi * densities.sum()), rel=3e-3)
    assert found.osmotic_coefficient - 1 == pytest.approx(found.energy_per_ion / 3, rel=3e-3)


def test_spherical_approximation_at_low_coupling() -> None:
    """The energy becomes that of the mean spherical approximation, and so does what charges add to ln gamma."""
    densities = (0.1 * MOLAR,) * 2
    charged, plain = (msa.solve((1, -1), (0.425,) * 2, densities, bjerrum) for bjerrum in (0.04, 0.0))
    added = salt(0.1, bjerrum=0.04).mean_ln_gamma - salt(0.1, bjerrum=0.0).mean_ln_gamma
    assert added == pytest.approx(charged.mean_ln_gamma - plain.mean_ln_gamma, rel=5e-3)
    for bjerrum, limit in ((0.04, 6e-4), (0.001, 1e-4)):
        theirs = msa.solve((1, -1), (0.425,) * 2, densities, bjerrum)
        assert salt(0.1, bjerrum=bjerrum).energy_per_ion == pytest.approx(theirs.energy_per_ion, rel=limit)


def test_without_charges_virial_coefficients_of_spheres() -> None:
    """The second and third are exact: 4 and 10; of Carnahan and Starling's 18 in the fourth some is lacking."""
    for eta, bound in ((0.005, 30 * 0.005**3), (0.02, 30 * 0.02**3)):
        rho = 6 * eta / (pi * 0.3**3)
        found = hnc.solve((0, 0), (0.3, 0.3), (0.3 * rho, 0.7 * rho), BJERRUM)
        assert found.osmotic_coefficient - 1 == pytest.approx(4 * eta + 10 * eta**2, abs=bound)
        np.testing.assert_allclose(found.ln_gamma, 8 * eta + 15 * eta**2, rtol=0, atol=2 * bound)
        assert found.energy_per_ion == 0.0


def test_clouds_are_neutral_and_screen() -> None:
    """The cloud of each ion has the opposite charge; second moments are those of Stillinger and Lovett."""
    found, z = mixed(), np.array(MIXTURE[0])
    np.testing.assert_allclose(moment(found, 0) @ (DENSITIES * z), -z, rtol=1e-6)
    weights = np.outer(DENSITIES * z, DENSITIES * z)
    assert np.sum(weights * moment(found, 2)) == pytest.approx(-6 / (4 * pi * BJERRUM), rel=1e-6)


def test_distribution() -> None:
    """Nothing inside, opposite ions gather at the contact, far away all is even, and pairs are symmetric."""
    found = mixed()
    apart = 0.5 * np.add.outer(MIXTURE[1], MIXTURE[1])
    inside = found.r < apart[..., None] - found.r[0]
    assert not np.any(found.distribution[inside])
    assert found.distribution[0, 2].max() > 9 > 0.2 > found.distribution[0, 1][~inside[0, 1]].min()
    assert abs(found.r[np.argmax(found.distribution[0, 2])] - apart[0, 2]) < 2 * found.r[0]
    np.testing.assert_allclose(found.distribution[..., found.r > 6.0], 1.0, atol=1e-6)
    np.testing.assert_array_equal(found.distribution, found.distribution.swapaxes(0, 1))


def test_gibbs_duhem() -> None:
    """dp = sum rho_i d(ln rho_i + ln gamma_i): the virial is the pressure that belongs to the potentials."""
    step = 1e-3 * np.array([1.0, 2.0, 4.0])
    high, low = mixed(DENSITIES + step), mixed(DENSITIES - step)
    pressure = high.osmotic_coefficient * (DENSITIES + step).sum() - low.osmotic_coefficient * (DENSITIES - step).sum()
    change = np.log((DENSITIES + step) / (DENSITIES - step)) + high.ln_gamma - low.ln_gamma
    assert pressure == pytest.approx(DENSITIES @ change, rel=1e-3)


def test_energy_is_the_slope_over_the_coupling() -> None:
    def free_energy(found: hnc.Solution) -> float:
        return float(DENSITIES @ found.ln_gamma - DENSITIES.sum() * (found.osmotic_coefficient - 1))

    slope = (free_energy(mixed(bjerrum=BJERRUM + 5e-3)) - free_energy(mixed(bjerrum=BJERRUM - 5e-3))) / 1e-2
    assert mixed().energy_per_ion * DENSITIES.sum() == pytest.approx(BJERRUM * slope, rel=1e-3)


def test_order_of_ions_mean_and_absent_ions() -> None:
    found = mixed()
    turned = hnc.solve(*(values[::-1] for values in MIXTURE), DENSITIES[::-1], BJERRUM, points=2048)
    np.testing.assert_allclose(turned.ln_gamma[::-1], found.ln_gamma, atol=1e-6)
    assert found.mean_ln_gamma == pytest.approx(DENSITIES @ found.ln_gamma / DENSITIES.sum(), rel=1e-14)
    # One that differs in nothing but that there is none of it.
    more = hnc.solve((*MIXTURE[0], 1), (*MIXTURE[1], 0.4), (*DENSITIES, 0.0), BJERRUM, points=2048)
    np.testing.assert_allclose(more.ln_gamma, [*found.ln_gamma, found.ln_gamma[1]], atol=1e-6)


def test_number_of_radii() -> None:
    few, many = (salt(1.0, points=points).mean_ln_gamma for points in (1024, 32768))
    assert 1e-7 < abs(few - many) < 1e-3
    assert salt(1.0).mean_ln_gamma == pytest.approx(many, abs=2e-5)


def test_its_papers_are_cited() -> None:
    salt(0.1)
    assert {"rasaiah1968", "ng1974"} <= {reference.key for reference in cite.citations()}


def test_too_strong_coupling() -> None:
    with pytest.raises(ConvergenceError, match=r"hnc: no solution .* shorter Bjerrum length"):
        hnc.solve((2, -2), (0.2, 0.2), (0.01, 0.01), 3.0, points=1024)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (((1, -1), (0.4,), (0.1, 0.1), 0.7), "hnc: 2 valences, 1 diameters"),
        (((2, -1), (0.4, 0.4), (0.1, 0.1), 0.7), r"hnc: .* not neutral: sum z rho = \+0.1"),
        (((1, -1), (0.4, 0.4), (0.1, 0.1), 0.7, 100), "hnc: points = 100 was given; at least 256"),
        (((1, -1), (0.4, 0.4), (0.1, 0.1), 0.7, 1e3), "points"),
    ],
)
def test_what_is_refused(given: tuple, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        hnc.solve(*given)
