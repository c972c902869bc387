# SPDX-License-Identifier: LGPL-3.0-or-later
"""Where numbers come from: complete, ready for JSON, the same on all ranks."""

import json

import pytest

import fem_ionics
from fem_ionics.geometry import channel
from fem_ionics.model import PNP
from fem_ionics.parameters import Electrolyte, Parameter, pattern
from fem_ionics.physics import FixedTotal, SurfaceCharge
from fem_ionics.study.provenance import provenance
from fem_ionics.units import nm


@pytest.mark.mpi
def test_what_is_told(comm):
    kcl = Electrolyte.kcl(100.0)
    domain = channel(12 * nm, 10 * nm, resolve=3 * nm)
    charge = Parameter("charge", 0.01, "C/m2")
    stripes = pattern.cosine("x", wavelength=12 * nm)
    model = PNP(kcl, domain, [SurfaceCharge(charge * stripes, on="walls"), FixedTotal("Cl-", 100.0)])
    facts = provenance(model)
    assert facts["fem_ionics"] == fem_ionics.__version__ and facts["ranks"] == comm.size
    assert facts["parameters"] == {"charge": {"value": 0.01, "unit": "C/m2"}}
    assert facts["mesh"] == {
        "name": "channel", "cells": domain.cells_total, "checksum": domain.checksum(), "unit": domain.unit,
    }  # fmt: skip
    assert facts["electrolyte"]["species"]["K+"]["bulk"] == 100.0
    assert facts["electrolyte"]["debye length"] == kcl.debye_length
    # Quadratic fields: potential and two ions, each with about 4 nodes a cell, and single numbers.
    nodes = model.fields[0].function.function_space.dofmap.index_map.size_global
    numbers = sum(field.kind == "multiplier" for field in model.fields)
    assert nodes > 4 * domain.cells_total and facts["dofs"] == 3 * nodes + numbers
    assert json.loads(json.dumps(facts)) == facts
    assert len(set(comm.allgather(json.dumps(facts)))) == 1
