# SPDX-License-Identifier: LGPL-3.0-or-later
"""Tables go to CSV and come back exactly; what cannot be written is refused on every rank."""

import math

import numpy as np
import pytest

from fem_ionics.errors import FemIonicsError, OutputError, ParameterError
from fem_ionics.io.tables import read_table, read_tables, write_table
from fem_ionics.study.results import Table, Trace

PROVENANCE = {"fem_ionics": "0.1", "ranks": 2, "parameters": {"flux": {"value": 0.1 + 0.2, "unit": "mM"}}}


@pytest.fixture
def table() -> Table:
    columns = {"active flux": [0.1 + 0.2, 1e-300, -0.0], 'a, "b" [c]': [math.pi, math.inf, 5e-324], "n": [1, 2, 3]}
    return Table(columns, {"active flux": "mol/m2/s"}, PROVENANCE, "thresholds: first")


@pytest.mark.mpi
def test_round_trip_is_exact(table, shared_tmp_path):
    path = shared_tmp_path / "deep" / "table.csv"
    write_table(path, table)
    back = read_table(path)
    assert back.names == table.names and back.units == table.units
    assert back.provenance == PROVENANCE and back.title == "thresholds: first"
    for name in table.names:
        assert back[name].tobytes() == table[name].tobytes()
    assert [each.name for each in path.parent.iterdir()] == ["table.csv"]


def test_what_stands_in_the_file(table, shared_tmp_path):
    write_table(shared_tmp_path / "t.csv", Trace({"time": [0.5]}, {"time": "s"}, {"date": "2026"}, "run"))
    assert (shared_tmp_path / "t.csv").read_text() == '# title: "run"\n# date: "2026"\ntime [s]\n0.5\n'


def test_several_tables_in_one_file(table, shared_tmp_path):
    path = shared_tmp_path / "t.csv"
    write_table(path, table, Table({"x": []}, {"x": "m"}))
    first, second = read_tables(path)
    assert first.names == table.names and second.names == ("x",) and len(second) == 0
    with pytest.raises(ParameterError, match="holds 2 tables"):
        read_table(path)


def test_numpy_in_the_provenance_is_no_obstacle(shared_tmp_path):
    facts = {"a": np.float64(1.5), "b": np.arange(2), "c": FemIonicsError}
    write_table(shared_tmp_path / "t.csv", Table({"x": [1.0]}, provenance=facts))
    back = read_table(shared_tmp_path / "t.csv").provenance
    assert back["a"] == 1.5 and back["b"] == [0, 1] and "FemIonicsError" in back["c"]


@pytest.mark.mpi
def test_unwritable_is_refused_on_every_rank(table, shared_tmp_path, comm):
    if comm.rank == 0:
        (shared_tmp_path / "file").write_text("here")
    comm.barrier()
    with pytest.raises(OutputError, match=r'cannot write ".*file/below/t\.csv"') as caught:
        write_table(shared_tmp_path / "file" / "below" / "t.csv", table)
    assert len(set(comm.allgather(str(caught.value)))) == 1
    with pytest.raises(OutputError, match="is a folder"):
        write_table(shared_tmp_path, table)
    with pytest.raises(ParameterError, match="no table"):
        write_table(shared_tmp_path / "t.csv")


@pytest.mark.parametrize("text", ["", "a,b\n1\n", "a\nx\n", "# broken\na\n1\n"])
def test_other_files_are_refused(text, tmp_path):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(ParameterError, match=r"t\.csv"):
        read_table(tmp_path / "t.csv")
    with pytest.raises(ParameterError, match="missing"):
        read_table(tmp_path / "missing.csv")
