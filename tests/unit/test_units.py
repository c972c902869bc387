# SPDX-License-Identifier: LGPL-3.0-or-later
"""Units and constants against independent values."""

import pytest
from scipy import constants as codata

from fem_ionics import constants, units


@pytest.mark.parametrize(
    ("ours", "name"),
    [
        (constants.e, "elementary charge"),
        (constants.kB, "Boltzmann constant"),
        (constants.NA, "Avogadro constant"),
        (constants.R, "molar gas constant"),
        (constants.F, "Faraday constant"),
        (constants.eps0, "vacuum electric permittivity"),
    ],
)
def test_constants_agree_with_codata(ours: float, name: str) -> None:
    # abs=0: the default of 1e-12 would let any small constant pass.
    assert ours == pytest.approx(codata.value(name), rel=1e-9, abs=0)


def test_a_molar_is_a_thousand_moles_per_cubic_metre() -> None:
    assert pytest.approx(1.0 * units.mol / (units.m / 10) ** 3, rel=1e-6, abs=0.0) == units.M
    assert units.mM == 1e-3 * units.M
    assert units.uM == 1e-6 * units.M


def test_surface_charge_in_elementary_charges() -> None:
    assert units.e_nm2 == pytest.approx(0.1602176634, rel=1e-6, abs=0.0)
    assert units.e / units.nm**2 == pytest.approx(units.e_nm2, rel=1e-6, abs=0.0)


def test_molar_flux_as_written_in_a_script() -> None:
    assert 20 * units.mM * units.m / units.s == 20 * units.mol / units.m**2 / units.s


@pytest.mark.parametrize(
    ("product", "unit"),
    [
        (units.C / units.s, units.A),
        (units.A / units.V, units.S),
        (units.N / units.m**2, units.Pa),
        (units.N * units.m, units.J),
        (units.nA / units.V, units.nS),
        (units.kg * units.m / units.s**2, units.N),
    ],
)
def test_units_are_coherent(product: float, unit: float) -> None:
    assert product == pytest.approx(unit, rel=1e-14, abs=0)


def test_units_are_plain_floats() -> None:
    public = {name: value for name, value in vars(units).items() if isinstance(value, int | float)}
    assert len(public) > 40
    assert all(type(value) is float and value > 0 for value in public.values())
