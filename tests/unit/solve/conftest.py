# SPDX-License-Identifier: LGPL-3.0-or-later
"""Lets the tests of this folder import `slit` beside them, and keeps its models for a module."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="module")
def slits():
    """Small models by kind of unknowns, and whether the cation's amount follows from neutrality."""
    from slit import Slits

    return Slits()


@pytest.fixture(params=["concentrations", "potentials"])
def slit(slits, request):
    """Amounts of both ions given, all parameters zero; in both kinds of unknowns."""
    return slits(request.param)
