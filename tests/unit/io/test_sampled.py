# SPDX-License-Identifier: LGPL-3.0-or-later
"""Monte-Carlo runs on disk: whole after a kill at any moment, on any number of ranks, and of one problem alone.

Run as a program (folder, file for the numbers, point at which it kills itself) it is the run that the test kills.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import fem_ionics as fi  # before dolfinx
from fem_ionics.errors import CheckpointError, OutputError

import numpy as np  # isort: skip
import pytest  # isort: skip
from mpi4py import MPI  # isort: skip
from programs import program  # isort: skip

KCL = fi.Electrolyte.kcl(1000.0)
ARRAYS = {"done": np.array(3), "0:chain/positions": np.arange(6.0).reshape(2, 3), "1:late/head": np.zeros(2)}


class Dying(fi.io.SamplingFolder):
    """Kills the run at one of the calls, in the middle of a file that it writes."""

    def __init__(self, path, kill_at=0):
        super().__init__(path)
        self.calls, self.kill_at = 0, kill_at

    def save(self, key, arrays):
        self.calls += 1
        if self.calls == self.kill_at:
            (self.path / f".{key}.npz.tmp").write_bytes(b"torn")
            os.kill(os.getpid(), signal.SIGKILL)
        super().save(key, arrays)


def pore(voltage, store):
    geometry = fi.geometry.cylindrical_pore(1e-9, 2e-9, reservoir=(3e-9, 2e-9), resolve=1e-9)
    return fi.NPLEMC(
        KCL,
        geometry,
        [fi.Bath(KCL, potential=voltage, on="cis"), fi.Bath(KCL, on="trans"), fi.SurfaceCharge(-0.08, on="pore wall")],
        trials=2_000,
        burn=1,
        iterations=5,
        replicas=2,
        bulk_error=0.05,
        finest=0.25,
        store=store,
        progress=False,
    )


def run(folder, kill_at=0):
    """A curve of three points with its store."""
    voltage, store = fi.Parameter("voltage", 0.0, "V"), Dying(folder, kill_at)
    record = {"error": fi.lemc.CurrentError()}
    curve = fi.iv_curve(pore(voltage, store), voltage, [0.1, 0.2], record=record, first_step=1.0, progress=False)
    return {"I": curve.currents.tolist(), "error": curve["error"].tolist(), "calls": store.calls}


def main(folder, results, kill_at):
    found = run(folder, int(kill_at))
    if MPI.COMM_WORLD.rank == 0:
        Path(results).write_text(json.dumps(found | {"ranks": MPI.COMM_WORLD.size}))


def launched(folder, name, kill_at=0, ranks=1):
    """Run this file as a program; its exit status."""
    words = (__file__, folder / name, folder / f"{name}.json", kill_at)
    command, environment = program(*words, ranks=ranks)
    environment["FEM_IONICS_LOG"] = "ERROR"
    return subprocess.run(command, env=environment, timeout=200, check=False).returncode


def test_a_killed_run_goes_on_to_the_same_numbers_on_any_number_of_ranks(tmp_path):
    """Each of three points is kept after each of five iterations and at its end: killed in the second and third."""
    whole = run(tmp_path / "whole")
    assert whole["calls"] == 18
    assert launched(tmp_path, "killed", kill_at=9) == -signal.SIGKILL
    assert not (tmp_path / "killed.json").exists()
    assert len(list((tmp_path / "killed").glob("*.npz"))) == 2
    for ranks in (1, 2):
        name = f"on {ranks}"
        shutil.copytree(tmp_path / "killed", tmp_path / name)
        if ranks == 1:
            main(tmp_path / name, tmp_path / f"{name}.json", 0)  # here: starting another Python takes longer
        else:
            assert launched(tmp_path, name, ranks=ranks) == 0
        found = json.loads((tmp_path / f"{name}.json").read_text())
        assert found["ranks"] == ranks
        # The first point is only kept again; of the second one, two iterations were there.
        assert found["calls"] == 1 + 4 + 6
        assert found["I"] == whole["I"] and found["error"] == whole["error"]


@pytest.mark.mpi
def test_what_is_kept_comes_back_on_all_ranks(shared_tmp_path, comm):
    store = fi.io.SamplingFolder(shared_tmp_path / "a" / "run")
    assert store.load("some") is None
    store.save("some", ARRAYS if comm.rank == 0 else {})
    store.save("other", {"done": np.array(7)} if comm.rank == 0 else {})
    found = fi.io.SamplingFolder(shared_tmp_path / "a" / "run").load("some")
    assert set(found) == set(ARRAYS)
    for name, value in ARRAYS.items():
        np.testing.assert_array_equal(found[name], value)
    store.save("some", {"done": np.array(9)} if comm.rank == 0 else {})
    assert list(store.load("some")) == ["done"] and int(store.load("some")["done"]) == 9
    assert int(store.load("other")["done"]) == 7


@pytest.mark.mpi
@pytest.mark.parametrize("damage", ["empty", "text", "cut", "byte", "pickle"])
def test_a_damaged_file_is_refused_on_all_ranks(shared_tmp_path, comm, damage):
    store, file = fi.io.SamplingFolder(shared_tmp_path), shared_tmp_path / "some.npz"
    store.save("some", ARRAYS)
    if comm.rank == 0:
        whole = file.read_bytes()
        middle = whole.index(np.arange(6.0).tobytes()) + 8
        changed = {
            "empty": b"",
            "text": b"not an archive",
            "cut": whole[: len(whole) // 2],
            "byte": whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :],
        }
        if damage == "pickle":
            np.savez(file, format=np.array("fem_ionics sampling 1"), some=np.array([{}], dtype=object))
        else:
            file.write_bytes(changed[damage])
    comm.barrier()
    with pytest.raises(CheckpointError, match=r'some\.npz" is damaged .* Remove it to start afresh'):
        store.load("some")


def test_another_archive_is_refused(tmp_path):
    np.savez(tmp_path / "some.npz", done=np.array(1))
    with pytest.raises(CheckpointError, match=r"was not written by this class\. Give another folder"):
        fi.io.SamplingFolder(tmp_path).load("some")


def test_a_damaged_run_is_refused_by_the_model(tmp_path):
    model = pore(0.1, fi.io.SamplingFolder(tmp_path))
    model.solve()
    (file,) = tmp_path.glob("*.npz")
    with np.load(file) as kept:
        arrays = dict(kept)
    for name, value in {
        "0:chain/species": np.array([9]),
        "1:potentials": np.zeros(3),
        "0:chain/rng": np.zeros(4),
    }.items():
        np.savez(file, **(arrays | {name: value}))
        with pytest.raises(CheckpointError, match=r"damaged|other ions|another system"):
            model.solve()
    for missing in ("done", "0:tally/head", "1:chain/positions", "1:potentials"):
        np.savez(file, **{name: value for name, value in arrays.items() if name != missing})
        with pytest.raises(CheckpointError):
            model.solve()


@pytest.mark.mpi
def test_a_folder_that_cannot_be_written_is_refused_at_once(shared_tmp_path, comm):
    if comm.rank == 0:
        (shared_tmp_path / "file").write_text("")
    comm.barrier()
    with pytest.raises(OutputError, match="file"):
        fi.io.SamplingFolder(shared_tmp_path / "file" / "run")


def test_a_kill_while_writing_leaves_what_was_there(tmp_path, monkeypatch):
    store = fi.io.SamplingFolder(tmp_path)
    store.save("some", ARRAYS)

    def dies(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", dies)
    with pytest.raises(OutputError, match="KeyboardInterrupt"):
        store.save("some", {"done": np.array(9)})
    monkeypatch.undo()
    assert int(store.load("some")["done"]) == 3


if __name__ == "__main__":
    main(*sys.argv[1:])
