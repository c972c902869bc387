# SPDX-License-Identifier: LGPL-3.0-or-later
"""Enthalpies and entropies from free energies at several temperatures."""

import numpy as np
import pytest

from fem_ionics.constants import GAS
from fem_ionics.errors import ParameterError
from fem_ionics.reduced import free_energy_parts, partition_free_energy

T = np.array([280.0, 298.15, 310.0, 330.0])
#: K+ in Janus pores of 1 and 3 layers, kJ/mol (S. Li et al., Table 1): position in nm, dG, dH and -T dS.
TABLE = {
    1: [(4.20, 11.4, -5.4, 16.4), (4.33, 10.5, -48.5, 59.0)],
    3: [
        (4.14, -21.0, 119.4, -140.4),
        (4.34, -9.3, -203.5, 193.7),
        (4.48, -13.4, 172.2, -185.7),
        (4.61, 2.7, 342.7, -340.0),
        (4.90, 21.9, 144.7, -122.8),
        (5.17, -9.6, 591.4, -601.0),
        (5.41, 18.0, -25.6, 43.6),
    ],
}
ROWS = np.array(TABLE[1] + TABLE[3])


def test_the_papers_table_adds_up_within_rounding_but_for_two_rows():
    gap = ROWS[:, 1] - ROWS[:, 2] - ROWS[:, 3]
    # Three rounded numbers: 0.15 kJ/mol. The barriers at 4.20 nm (1 layer) and 4.34 nm (3 layers) miss it.
    beyond = np.abs(gap) > 0.15 + 1e-9
    assert ROWS[beyond, 0].tolist() == [4.20, 4.34]
    np.testing.assert_allclose(gap[beyond], [0.4, 0.5], rtol=0, atol=1e-9)


@pytest.mark.parametrize("reference", [298.15, 300.0])
def test_the_papers_table_is_found_again_from_its_free_energies(reference):
    """Whatever temperature the table holds for: enthalpies stay, entropies go with its inverse."""
    enthalpy, entropy = 1e3 * ROWS[:, 2], -1e3 * ROWS[:, 3] / reference
    found = free_energy_parts(T, enthalpy - T[:, None] * entropy)
    np.testing.assert_allclose(found.enthalpy, enthalpy, rtol=0, atol=1e-4)
    np.testing.assert_allclose(found.entropy, entropy, rtol=0, atol=1e-6)
    np.testing.assert_allclose(-reference * found.entropy, 1e3 * ROWS[:, 3], rtol=0, atol=1e-4)
    np.testing.assert_allclose(found.free_energy(reference), enthalpy + 1e3 * ROWS[:, 3], rtol=0, atol=1e-4)
    assert np.all(found.enthalpy_error < 1e-4)


@pytest.mark.parametrize("given", [True, False])
def test_errors_are_those_of_repeated_measurements(given):
    rng = np.random.default_rng(7)
    sigma = 200.0 * np.array([1.0, 2.0, 1.0, 0.5])[:, None] if given else np.full((4, 1), 200.0)
    noisy = 5e3 - T[:, None] * 20.0 + sigma * rng.standard_normal((4, 20000))
    found = free_energy_parts(T, noisy, errors=sigma if given else None)
    assert found.enthalpy.mean() == pytest.approx(5e3, abs=5 * found.enthalpy.std() / 20000**0.5)
    for values, errors in (
        (found.enthalpy, found.enthalpy_error),
        (found.entropy, found.entropy_error),
        (found.free_energy(300.0), found.free_energy_error(300.0)),
    ):
        assert np.sqrt(np.mean(errors**2)) == pytest.approx(values.std(), rel=0.03)


def test_weights_trust_the_exact_ones():
    energies = 5e3 - T * 20.0
    spoiled = energies + np.array([0.0, 0.0, 0.0, 3e3])
    found = free_energy_parts(T, spoiled, errors=[1.0, 1.0, 1.0, 1e6])
    assert float(found.entropy) == pytest.approx(20.0, abs=1e-3)
    assert abs(float(free_energy_parts(T, spoiled).entropy) - 20.0) > 10.0


def test_two_temperatures_tell_no_errors():
    found = free_energy_parts([280.0, 320.0], [[1e3], [9e2]])
    assert found.entropy == pytest.approx(2.5)
    assert np.isnan(found.enthalpy_error).all()
    assert np.isfinite(free_energy_parts([280.0, 320.0], [[1e3], [9e2]], errors=1.0).enthalpy_error).all()


def test_free_energy_of_a_partition():
    c = 100.0 * np.exp(-np.array([0.0, 1.0, -2.0]))
    np.testing.assert_allclose(
        partition_free_energy(c, 100.0, 300.0), GAS * 300.0 * np.array([0.0, 1.0, -2.0]), atol=1e-9
    )


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (([300.0], [1.0]), "two different"),
        (([300.0, 300.0], [1.0, 1.0]), "two different"),
        (([300.0, -1.0], [1.0, 1.0]), "temperatures"),
        (([300.0, 310.0], [1.0, 2.0, 3.0]), "shape"),
        (([300.0, 310.0], [1.0, np.nan]), "free_energies"),
        (([300.0, 310.0], [1.0, 2.0], [1.0, 0.0]), "errors"),
        (([300.0, 310.0], [1.0, 2.0], [1.0, 1.0, 1.0]), "broadcast"),
    ],
)
def test_what_is_refused(arguments, match):
    with pytest.raises(ParameterError, match=match):
        free_energy_parts(*arguments)


def test_a_partition_needs_positive_numbers():
    with pytest.raises(ParameterError, match="concentrations"):
        partition_free_energy([1.0, 0.0], 1.0, 300.0)
