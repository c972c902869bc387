# SPDX-License-Identifier: LGPL-3.0-or-later
"""Groups of the active channel: known values, the round trip, refusals."""

import math

import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import ActiveChannelGroups, Electrolyte, Scales, active_channel_groups

FLAGSHIP = Electrolyte.symmetric(100.0, 1e-9, permittivity=78.5, viscosity=1e-3, temperature=298.0)


def test_flagship_groups():
    groups = active_channel_groups(FLAGSHIP, 5e-9, 50e-9, 0.05, 24.67, 10e-9)
    K = 5e-9 / FLAGSHIP.debye_length
    exact = {"J": 1.2335, "k": 2 * math.pi / 10, "K": K, "b": 2.0, "M": groups.m * K**2 / 2}
    assert {name: getattr(groups, name) for name in exact} == pytest.approx(exact, rel=1e-12, abs=0.0)
    assert groups.m == pytest.approx(0.458, abs=5e-4)
    assert groups.s == pytest.approx(14.0, rel=1e-6, abs=0.05)


def test_groups_agree_with_the_scales_of_the_solver():
    groups = active_channel_groups(FLAGSHIP, 5e-9, 50e-9, 0.05, 24.67, 10e-9)
    scales = Scales.of(FLAGSHIP, 5e-9)
    expected = {
        "K": scales.debye_ratio,
        "J": 24.67 / scales.flux,
        "s": 0.05 / scales.surface_charge / scales.poisson,
        "M": 1.0 / scales.viscous,
    }
    assert {name: getattr(groups, name) for name in expected} == pytest.approx(expected, rel=1e-12, abs=0.0)


def test_round_trip_through_si():
    groups = ActiveChannelGroups(s=0.05, J=-0.15, k=1.0, K=2.0, b=0.3, m=0.5)
    assert groups.m * groups.K**2 / 2 == groups.M
    channel = groups.to_si(half_height=7e-9, diffusivity=2e-9, temperature=310.0, permittivity=70.0)
    back = active_channel_groups(*channel)
    for name in "sJkKbmM":
        assert getattr(back, name) == pytest.approx(getattr(groups, name), rel=1e-12, abs=0.0), name
    assert channel.half_height == 7e-9
    assert channel.electrolyte.temperature == 310.0


@pytest.mark.parametrize(
    ("name", "bad"),
    [("s", math.nan), ("J", math.inf), ("k", 0.0), ("K", -1.0), ("b", -0.1), ("m", 0.0), ("m", "1")],
)
def test_bad_groups_are_named(name, bad):
    values = {"s": 1.0, "J": 1.0, "k": 1.0, "K": 1.0, "b": 0.0, "m": 0.5, name: bad}
    with pytest.raises(ParameterError, match=f"ActiveChannelGroups: {name} = "):
        ActiveChannelGroups(**values)


@pytest.mark.parametrize("name", ["half_height", "diffusivity", "temperature", "permittivity", "density"])
def test_bad_free_choices_are_named(name):
    with pytest.raises(ParameterError, match=name):
        ActiveChannelGroups(s=1.0, J=1.0, k=1.0, K=1.0, b=0.0, m=0.5).to_si(**{name: -1.0})


def test_bad_si_values_are_named():
    good = {"half_height": 5e-9, "wavelength": 5e-8, "surface_charge": 0.05, "flux": 20.0, "slip": 0.0}
    for name, bad in [
        ("half_height", 0.0),
        ("wavelength", -1.0),
        ("surface_charge", math.nan),
        ("slip", -1.0),
    ]:
        with pytest.raises(ParameterError, match=f"active_channel_groups: {name} = "):
            active_channel_groups(FLAGSHIP, **{**good, name: bad})
    for electrolyte in (Electrolyte.kcl(1.0), Electrolyte.symmetric(1.0, 1e-9, valence=2)):
        with pytest.raises(ParameterError, match="1:1 electrolyte of equal diffusivities"):
            active_channel_groups(electrolyte, **good)
