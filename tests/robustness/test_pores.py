# SPDX-License-Identifier: LGPL-3.0-or-later
"""Newton converges in conical pores over the whole range of voltage, concentration and charge, with nothing tuned."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.errors import ConvergenceError

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
CORNERS: dict[str, Any] = {"pores": {"short": (2.5e-9, 10e-9, 50e-9, 100e-9)}, "concentrations": (1.0, 1000.0)}


def run(output: Path | str, **values: Any) -> dict[str, Any]:
    return fi.run_script(BENCHMARKS / "robustness.py", output=str(output), **values)


@pytest.mark.validate
def test_no_curve_fails_at_the_corners_of_the_range(shared_tmp_path: Path) -> None:
    space = run(shared_tmp_path / "table.csv", **CORNERS)
    results, table = space["results"], fi.io.read_table(shared_tmp_path / "table.csv")
    assert results["curves"] == len(table) == 8
    assert results["failures"] == 0
    assert table["failures"].sum() == 0
    assert results["largest_defect"] < 1e-8
    assert results["least_concentration"] > 0.0
    assert results["least_conductance"] > 0.0
    assert results["largest_newton"] < 250


def test_a_failure_is_counted_and_the_table_goes_on(shared_tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ConvergenceError("no")

    monkeypatch.setattr(fi, "iv_curve", fails)
    space = run(shared_tmp_path / "table.csv", **CORNERS, surface_charges=(-0.16,), points=3)
    assert space["results"]["failures"] == space["results"]["curves"] == 4
    table = fi.io.read_table(shared_tmp_path / "table.csv")
    assert np.isnan(table["newton"]).all()


def test_the_kept_table_has_no_failure() -> None:
    table = fi.io.read_table(BENCHMARKS / "results" / "robustness.csv")
    assert len(table) == 32
    assert table["failures"].sum() == 0
    assert table["defect"].max() < 1e-8
    assert table["least"].min() > 0.0
    assert table["least I/V"].min() > 0.0
    assert set(table["flow"]) == {0.0, 1.0}
    assert (table["concentration"].min(), table["concentration"].max()) == (1.0, 1000.0)
