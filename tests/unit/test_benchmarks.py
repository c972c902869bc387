# SPDX-License-Identifier: LGPL-3.0-or-later
"""The benchmark runs, checks the solutions against each other and keeps its table; no time is asserted."""

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from mpi4py import MPI

import fem_ionics as fi

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SHARES = ("residual", "Jacobian", "factorisation", "solve", "line search", "rest")
SMALL: dict[str, Any] = {"sizes": (1000,), "pairs": (2,)}


@pytest.fixture
def handwritten(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module that the script imports, forgotten afterwards."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    yield importlib.import_module("handwritten")
    sys.modules.pop("handwritten")


@pytest.mark.mpi
def test_both_solve_the_same_and_the_table_says_how_fast(shared_tmp_path: Path, comm: MPI.Comm) -> None:
    output = shared_tmp_path / "overhead.csv"
    earlier = (
        fi.Table({"dofs": [1]}, provenance={"ranks": 99}),
        fi.Table({"dofs": [1]}, provenance={"ranks": comm.size}),
    )
    fi.io.write_table(output, *earlier)
    space = fi.run_script(BENCHMARKS / "overhead.py", **SMALL, output=output)
    assert 0.0 < space["results"]["largest_difference"] < 1e-10

    ratios, shares, by_hand, job, other = fi.io.read_tables(output)
    assert other.provenance["ranks"] == 99  # kept, while the earlier table of these ranks is gone
    assert {"ratio median", "ratio min", "ratio max", "ratio of CPU times"} < set(ratios.names)
    assert ratios.units["iteration by hand"] == "s"
    assert ratios["pairs"] == 2
    assert shares["iterations"] == by_hand["iterations"]
    # In parallel, pivots that are put off shift it by less than a per cent.
    assert ratios["factor flops"] == pytest.approx(ratios["factor flops by hand"], rel=0.05)
    assert {"processor", "cores", "python", "dolfinx", "petsc", "date"} < set(ratios.provenance)
    for table in (shares, by_hand):
        assert sum(table[name][0] for name in SHARES) == pytest.approx(100.0, abs=0.1)
        assert {table.units[name] for name in SHARES} == {"%"}
    assert sum(job[name][0] for name in (*SHARES, "mesh", "set-up", "output")) == pytest.approx(100.0, abs=0.1)


def test_another_solution_by_hand_is_an_error(
    shared_tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handwritten: Any
) -> None:
    right = handwritten.scaled_flux
    monkeypatch.setattr(handwritten, "scaled_flux", lambda amplitude: right(amplitude) * (1 + 1e-8))
    with pytest.raises(RuntimeError, match="solutions differ"):
        fi.run_script(BENCHMARKS / "overhead.py", **SMALL, output=shared_tmp_path / "overhead.csv")
    assert not (shared_tmp_path / "overhead.csv").exists()
