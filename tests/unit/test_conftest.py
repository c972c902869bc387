# SPDX-License-Identifier: LGPL-3.0-or-later
"""The fixtures for parallel tests, on as many ranks as there are."""

from pathlib import Path

import pytest
from mpi4py import MPI

from fem_ionics.errors import ScriptError
from fem_ionics.scripts import run_script

pytestmark = pytest.mark.mpi


def test_shared_folder_is_the_same_on_every_rank(shared_tmp_path: Path, comm: MPI.Intracomm) -> None:
    assert len(set(comm.allgather(str(shared_tmp_path)))) == 1
    (shared_tmp_path / f"{comm.rank}").touch()
    comm.barrier()
    assert len(list(shared_tmp_path.iterdir())) == comm.size


def test_a_wrong_name_is_refused_on_every_rank(shared_tmp_path: Path, comm: MPI.Intracomm) -> None:
    script = shared_tmp_path / "case.py"
    if comm.rank == 0:
        script.write_text("length = 1.0\n")
    comm.barrier()
    with pytest.raises(ScriptError, match="Did you mean"):
        run_script(script, lenght=2.0)
    assert comm.allreduce(run_script(script, length=comm.rank + 1.0)["length"], op=MPI.MAX) == comm.size
