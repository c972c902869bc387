# SPDX-License-Identifier: LGPL-3.0-or-later
"""`ElectrodeReaction`: what it takes, and what a model says to one that does not fit."""

import math
from typing import Any

import pytest

import fem_ionics as fi
from fem_ionics.errors import ModelError, ParameterError, TagError
from fem_ionics.physics import rates

LAW = rates.ButlerVolmer(0.5)
GIVEN: dict[str, Any] = {"oxidised": "K+", "law": LAW, "rate": 1e-5, "potential": 0.1, "on": "left"}
KCL = fi.Electrolyte.kcl(1.0)
CALCIUM = fi.Electrolyte.cacl2(1.0)


def domain() -> fi.geometry.Domain:
    return fi.geometry.channel(1e-7, 1e-7, resolve=1e-8, periodic=None, across=1, half=True)


def test_no_compact_layer_by_default() -> None:
    assert not fi.ElectrodeReaction(**GIVEN).is_charged
    assert fi.ElectrodeReaction(**GIVEN, capacitance=0.1).is_charged
    assert fi.ElectrodeReaction(**GIVEN, capacitance=fi.Parameter("C", 0.0, "F/m2")).is_charged


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"oxidised": ""}, "oxidised"),
        ({"reduced": "K+"}, "two ions"),
        ({"law": math.exp}, "MarcusHushChidsey"),
        ({"rate": -1.0}, "rate"),
        ({"capacitance": -0.1}, "capacitance"),
        ({"reference": 0.0}, "reference"),
        ({"potential": math.nan}, "finite"),
        ({"on": ()}, "boundary"),
    ],
)
def test_values_out_of_range(changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        fi.ElectrodeReaction(**{**GIVEN, **changed})


@pytest.mark.parametrize(
    ("electrolyte", "changed", "others", "error", "words"),
    [
        (KCL, {"oxidised": "Na+"}, [], TagError, "Na"),
        (KCL, {"on": "lid"}, [], TagError, "lid"),
        (KCL, {"reduced": "Cl-"}, [], ModelError, "differ by 1"),
        (CALCIUM, {"oxidised": "Ca2+"}, [], ModelError, "differ by 1"),
        (KCL, {}, [], ModelError, "closed for Cl-"),
        (KCL, {}, [fi.FixedTotal("Cl-", 1.0), fi.FixedTotal("K+", 1.0)], ModelError, "an electrode oxidises to it"),
        (KCL, {}, [fi.Bath(KCL, on="left")], ModelError, "K.: both Fixed and ElectrodeReaction"),
        (
            KCL,
            {"capacitance": 0.1},
            [fi.FixedTotal("Cl-", 1.0), fi.Fixed("potential", 0.0, on="left")],
            ModelError,
            "potential: both Fixed and ElectrodeReaction",
        ),
    ],
)
def test_models_that_are_not_well_posed(
    electrolyte: fi.Electrolyte, changed: dict[str, Any], others: list[Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        fi.PNP(electrolyte, domain(), [fi.ElectrodeReaction(**{**GIVEN, **changed}), *others])


def test_electrode_refers_the_potential() -> None:
    model = fi.PNP(KCL, domain(), [fi.ElectrodeReaction(**GIVEN), fi.FixedTotal("Cl-", 1.0)])
    assert [field.name for field in model.fields] == ["potential", "K+", "Cl-", "source Cl-"]
