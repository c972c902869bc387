# SPDX-License-Identifier: LGPL-3.0-or-later
"""The benchmark of the chain runs, samples the same numbers of ions as the plain loop, and keeps its table."""

from pathlib import Path

import pytest

import fem_ionics as fi

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "lemc.py"
SMALL = {"sizes": (60,), "turns": 3, "seconds": 0.2}


def test_the_table_says_how_fast(tmp_path):
    pytest.importorskip("numba", reason="pip install -e '.[benchmark]'")
    output = tmp_path / "lemc.csv"
    fi.io.write_table(output, fi.Table({"ions": [1]}, provenance={"ranks": 99}))
    results = fi.run_script(SCRIPT, **SMALL, output=output)["results"]
    assert results["ions"] == [60, 60] and min(results["ratio"]) > 1.0
    table, other = fi.io.read_tables(output)
    assert other.provenance["ranks"] == 99
    assert table["bits"].tolist() == [32, 64]
    assert table.units["trials"] == table.units["trials plain"] == "1/s"
    assert table["number"] == pytest.approx(table["number plain"], rel=0.03)


def test_other_numbers_are_an_error(tmp_path):
    pytest.importorskip("numba", reason="pip install -e '.[benchmark]'")
    with pytest.raises(RuntimeError, match="they should agree"):
        fi.run_script(SCRIPT, **SMALL, tolerance=1e-9, output=tmp_path / "lemc.csv")
