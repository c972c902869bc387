# SPDX-License-Identifier: LGPL-3.0-or-later
"""Files from rank 0: whole or not at all, failures on all ranks."""

import subprocess
import sys
import time

import pytest

from fem_ionics.errors import OutputError
from fem_ionics.io.paths import on_root, prepare, write_whole


@pytest.mark.mpi
def test_prepare_makes_parents_and_leaves_nothing(shared_tmp_path, comm):
    assert prepare(shared_tmp_path / "a" / "b" / "t.csv") == shared_tmp_path / "a" / "b" / "t.csv"
    assert list((shared_tmp_path / "a" / "b").iterdir()) == []
    assert prepare(shared_tmp_path / "a", folder=True).is_dir()
    with pytest.raises(OutputError, match="is a folder"):
        prepare(shared_tmp_path / "a")
    write_whole(shared_tmp_path / "f", comm, lambda file: None)
    with pytest.raises(OutputError, match="is a file"):
        prepare(shared_tmp_path / "f", folder=True)
    with pytest.raises(OutputError, match="cannot write"):
        prepare(shared_tmp_path / "f" / "g", folder=True)


@pytest.mark.mpi
def test_any_failure_on_the_root_reaches_all(comm):
    def fail():
        raise KeyError("x")

    with pytest.raises(OutputError, match="KeyError"):
        on_root(comm, fail, OutputError)
    assert on_root(comm, lambda: 7, OutputError) == (7 if comm.rank == 0 else None)


WRITER = """
import sys
from mpi4py import MPI
from fem_ionics.io.paths import write_whole
for number in range(10**6):
    write_whole(sys.argv[1], MPI.COMM_SELF, lambda f: [f.write(b"%06d" % number) for _ in range(20000)])
    print(number, flush=True)
"""


def test_kill_at_any_moment_leaves_a_whole_file(tmp_path):
    path = tmp_path / "big"
    for delay in (0.0, 0.0013, 0.0057):
        with subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(delay)
            child.kill()
        data = path.read_bytes()
        assert len(data) == 120000 and data == data[:6] * 20000
