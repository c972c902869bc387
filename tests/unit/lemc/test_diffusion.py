# SPDX-License-Identifier: LGPL-3.0-or-later
"""Diffusivities fitted to conductances."""

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.lemc.diffusion import fit_diffusion

IONS = ("K+", "Ca2+", "Cl-")
TRUE = np.array([1.0e-9, 2.0e-10, 1.5e-9])
#: S s/m2 at five compositions; the size of a pore of 1 nm.
TABLE = np.array([[3.0, 0.01, 1.0], [2.0, 0.6, 0.9], [1.4, 0.9, 0.8], [0.6, 1.3, 0.9], [0.02, 1.6, 1.3]]) * 0.3
SOME = [0, 2, 4]


def test_exact_conductances_give_the_diffusivities_and_predict_the_others():
    fit = fit_diffusion(TABLE[SOME], TABLE[SOME] @ TRUE, 1e-12, ions=IONS)
    assert fit.values == pytest.approx(TRUE, rel=1e-9, abs=0)
    assert fit["Ca2+"] == pytest.approx(2.0e-10, rel=1e-6, abs=0)
    assert fit.predict(TABLE)[0] == pytest.approx(TABLE @ TRUE, rel=1e-9, abs=0)
    assert fit.freedom == 0


def test_a_mapping_of_ions_serves_as_well():
    by_ion = {ion: TABLE[SOME, i] for i, ion in enumerate(IONS)}
    fit = fit_diffusion(by_ion, TABLE[SOME] @ TRUE, 1e-12)
    assert fit.ions == IONS
    assert fit.values == pytest.approx(TRUE, rel=1e-9, abs=0)
    one = {ion: TABLE[1, i] for i, ion in enumerate(IONS)}
    assert fit.predict(one)[0] == pytest.approx(TABLE[1:2] @ TRUE, rel=1e-6, abs=0)


def test_errors_are_the_spread_of_fits_to_noisy_conductances_and_integrals():
    rng = np.random.default_rng(5)
    measured, sampled = 0.01 * TABLE @ TRUE, 0.02 * TABLE
    fits = []
    for _ in range(400):
        seen = TABLE @ TRUE + measured * rng.standard_normal(5)
        noisy = TABLE + sampled * rng.standard_normal(TABLE.shape)
        fits.append(fit_diffusion(noisy, seen, measured, ions=IONS, integral_errors=sampled))
    spread = np.std([fit.values for fit in fits], axis=0)
    expected = np.median([fit.errors for fit in fits], axis=0)
    assert spread == pytest.approx(expected, rel=0.15, abs=0)
    assert np.mean([fit.chi_square for fit in fits]) == pytest.approx(2.0, abs=0.3)


def test_errors_of_predictions_hold_those_of_the_fit_and_of_the_integrals():
    fit = fit_diffusion(TABLE, TABLE @ TRUE, 1e-12, ions=IONS)
    spread = np.sqrt(np.einsum("pi,ij,pj->p", TABLE, fit.covariance, TABLE))
    assert fit.predict(TABLE)[1] == pytest.approx(spread, rel=1e-6, abs=0)
    noisy = fit.predict(TABLE, 0.1 * TABLE)[1]
    assert noisy == pytest.approx(np.sqrt(spread**2 + ((0.1 * TABLE) ** 2) @ fit.values**2), rel=1e-6, abs=0)


def test_no_diffusivity_is_negative():
    conductances = TABLE @ np.array([1e-9, -2e-10, 1.5e-9])
    fit = fit_diffusion(TABLE, conductances, 1e-12, ions=IONS)
    assert fit["Ca2+"] == 0.0
    assert fit.errors[1] == 0.0
    assert fit.freedom == 3
    assert fit.values.min() >= 0.0


@pytest.mark.parametrize(
    ("table", "conductances", "errors", "words"),
    [
        (TABLE[:2], [1e-9, 1e-9], 1e-12, "2 conductances were given for 3 ions"),
        (TABLE[:, :1] * [1.0, 2.0, 3.0], TABLE @ TRUE, 1e-12, "told apart"),
        (TABLE * [1.0, 0.0, 1.0], TABLE @ TRUE, 1e-12, "Ca2\\+ carries nothing"),
        (TABLE, [1e-9], 1e-12, "one finite number"),
        (TABLE, TABLE @ TRUE, 0.0, "errors = 0.0"),
        (TABLE[:, :2], TABLE @ TRUE, 1e-12, "one column for each ion"),
    ],
)
def test_what_cannot_be_fitted_is_refused(table, conductances, errors, words):
    with pytest.raises(ParameterError, match=words):
        fit_diffusion(table, conductances, errors, ions=IONS)
