# SPDX-License-Identifier: LGPL-3.0-or-later
"""Versions for provenance and bug reports."""

import json
import platform

import fem_ionics
from fem_ionics import info


def test_info_names_the_stack_and_goes_to_json() -> None:
    found = info.info()
    assert found["fem_ionics"] == fem_ionics.__version__
    assert found["python"] == platform.python_version()
    assert found["dolfinx"].startswith("0.11")
    assert found["petsc_scalar"] == "float64"
    assert "mumps" in found["petsc_packages"]
    assert found["ranks"] >= 1
    assert json.loads(json.dumps(found)) == found


def test_missing_module_is_no_error() -> None:
    assert info._version("no_such_module_at_all") == "not installed"


def test_table_has_a_line_for_each() -> None:
    lines = info.table().splitlines()
    assert [line.split()[0] for line in lines] == list(info.info())
