# SPDX-License-Identifier: LGPL-3.0-or-later
"""Probes of the currents out of the two openings of a sampled pore."""

import pytest

import fem_ionics as fi
from fem_ionics.errors import TagError
from fem_ionics.lemc.openings import SampledTerminals
from fem_ionics.study import Terminals

MIXTURE = fi.Electrolyte.mixture({"KCl": 50.0, "CaCl2": 50.0})


@pytest.mark.parametrize(("first", "second"), [("cis", "trans"), ("trans", "cis")])
def test_each_ion_is_measured_at_both_openings(first, second):
    found = SampledTerminals.of(MIXTURE, first, second)
    assert set(found.into) == set(found.out) == set(MIXTURE.names)
    assert {(probe.ion, probe.on) for probe in found.into.values()} == {(name, first) for name in MIXTURE.names}
    assert {(probe.ion, probe.on) for probe in found.out.values()} == {(name, second) for name in MIXTURE.names}
    assert found.valences == {"K+": 1.0, "Ca2+": 2.0, "Cl-": -1.0}
    assert found.flow is None


def test_they_are_what_current_voltage_curves_ask_for():
    found = SampledTerminals.of(MIXTURE, "cis", "trans", thermal=2e-12)
    assert all(hasattr(found, name) for name in Terminals.__dataclass_fields__)
    assert found.thermal == 2e-12


def test_what_has_no_charge_carries_no_current():
    salt = fi.Electrolyte(
        species=(*fi.Electrolyte.kcl(1.0).species, fi.Species("sugar", 0, 5e-10)), concentrations=(1.0, 1.0, 1.0)
    )
    assert set(SampledTerminals.of(salt, "cis", "trans").out) == {"K+", "Cl-"}


@pytest.mark.parametrize("between", [("cis", "cis"), ("left", "trans"), ("cis", "membrane")])
def test_other_openings_are_refused(between):
    with pytest.raises(TagError, match=rf'between = \("{between[0]}", "{between[1]}"\) was given'):
        SampledTerminals.of(MIXTURE, *between)
