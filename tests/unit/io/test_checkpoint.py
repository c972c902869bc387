# SPDX-License-Identifier: LGPL-3.0-or-later
"""States on disk: exact, on other numbers of ranks, whole after kill -9, and refused where they do not fit."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from fem_ionics.errors import CheckpointError, OutputError, ParameterError
from fem_ionics.io.checkpoint import Checkpoint, load_state, save_state


def blank(model):
    for function in model.functions:
        function.x.array[:] = np.nan


@pytest.mark.mpi
@pytest.mark.parametrize(
    ("degree", "shape", "unknowns"),
    [(2, "quadrilateral", "concentrations"), (3, "triangle", "concentrations"), (3, "quadrilateral", "potentials")],
)
def test_states_come_back(make_model, make_state, shared_tmp_path, degree, shape, unknowns):
    model = make_model(degree, shape, unknowns)
    states = {
        "now": make_state(model, 0, 1.5e-9, iterations=4, residual=np.float64(1e-12)),
        "before": make_state(model, 3, 1.0e-9),
    }
    checkpoint = Checkpoint(shared_tmp_path / "deep" / "run.npz")
    assert checkpoint.load(model) is None
    checkpoint.save(states, {"step": 0.1 + 0.2, "times": [1, 2]})
    blank(model)
    back, meta = checkpoint.load(model)
    assert meta == {"step": 0.1 + 0.2, "times": [1, 2]}
    assert list(back) == ["now", "before"]
    assert back["now"].time == 1.5e-9 and back["now"].parameters == {"active flux": 5.0}
    assert back["now"].info == {"iterations": 4, "residual": 1e-12}
    for name, state in states.items():
        for was, now in zip(state.arrays, back[name].arrays, strict=True):
            np.testing.assert_array_equal(now, was)


SCRIPT = """
import sys
sys.path.insert(0, sys.argv[2])
from conftest import build, fill
from fem_ionics.io.checkpoint import save_state
save_state(sys.argv[1], fill(build(3, "triangle"), 2, 0.25))
"""


@pytest.mark.mpi(least=2)
def test_reads_on_another_number_of_ranks(make_model, make_state, shared_tmp_path, comm):
    """One process writes, all ranks read: cubic elements have nodes that turn with their edge."""
    path = shared_tmp_path / "one.npz"
    if comm.rank == 0:
        # Without the variables of this launch the child is a single process of its own.
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PMI", "MPI", "HYD", "OMPI", "PMIX"))}
        command = [sys.executable, "-c", SCRIPT, str(path), os.path.dirname(__file__)]
        subprocess.run(command, env=clean, check=True, timeout=300)
    comm.barrier()
    model = make_model(3, "triangle")
    expected = make_state(model, 2, 0.25)
    blank(model)
    state = load_state(path, model)
    assert state.time == 0.25
    for was, now in zip(expected.arrays, state.arrays, strict=True):
        np.testing.assert_allclose(now, was, rtol=1e-14, atol=1e-14)


def rewrite(path, comm, change):
    """Let `change` alter the header and arrays of a checkpoint on rank 0."""
    if comm.rank == 0:
        with np.load(path) as file:
            arrays = dict(file)
        header = json.loads(str(arrays["header"]))
        change(header, arrays)
        if "header" in arrays:
            arrays["header"] = np.array(json.dumps(header))
        np.savez(path, **arrays)
    comm.barrier()


# On several ranks too: one of the header, one of the arrays, one of the mesh.
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda h, a: h.update(format="other"), r"format 'other' 1; 'fem_ionics checkpoint' 1 is expected"),
        (lambda h, a: h.update(version=99), r"checkpoint' 99; .* 1 is expected"),
        (lambda h, a: h.update(fields=["potential"]), r"another model: fields \['potential'\] was found, \['pot"),
        pytest.param(
            lambda h, a: h.update(fingerprint="0"), r"another model: fingerprint 0 was found", marks=pytest.mark.mpi
        ),
        (lambda h, a: h["mesh"].update(cells=7), r"another mesh: mesh .*'cells': 7"),
        (lambda h, a: h.pop("unknowns"), r"damaged or not a checkpoint \(KeyError: 'unknowns'\)"),
        (lambda h, a: a.pop("header"), "damaged or not a checkpoint"),
        (lambda h, a: a.pop("state.1"), r'array "state\.1" has shape None'),
        pytest.param(
            lambda h, a: a.update({"state.0": a["state.0"][1:]}),
            r'array "state\.0" has shape \(',
            marks=pytest.mark.mpi,
        ),
        pytest.param(
            lambda h, a: a.update(nodes=a["nodes"][::-1]), "same cells come in another order", marks=pytest.mark.mpi
        ),
    ],
)
def test_foreign_files_are_refused(make_model, make_state, shared_tmp_path, comm, change, words):
    model = make_model()
    path = shared_tmp_path / "run.npz"
    save_state(path, make_state(model))
    rewrite(path, comm, change)
    with pytest.raises(CheckpointError, match=words) as caught:
        load_state(path, model)
    assert len(set(comm.allgather(str(caught.value)))) == 1


@pytest.mark.mpi
@pytest.mark.parametrize("damage", ["truncated", "flipped", "empty", "text", "npy"])
def test_damaged_files_are_refused(make_model, make_state, shared_tmp_path, comm, damage):
    model = make_model()
    path = shared_tmp_path / "run.npz"
    save_state(path, make_state(model))
    if comm.rank == 0:
        data = bytearray(path.read_bytes())
        middle = len(data) // 2
        data[middle] ^= 0xFF
        spoilt = {"truncated": data[:middle], "flipped": data, "empty": b"", "text": b"hello", "npy": None}[damage]
        if spoilt is None:
            np.save(shared_tmp_path / "other.npy", np.ones(3))
            spoilt = (shared_tmp_path / "other.npy").read_bytes()
        path.write_bytes(spoilt)
    comm.barrier()
    with pytest.raises(CheckpointError, match="damaged or not a checkpoint"):
        load_state(path, model)


@pytest.mark.mpi
def test_other_meshes_models_and_missing_files(make_model, make_state, shared_tmp_path, comm):
    model = make_model()
    path = shared_tmp_path / "run.npz"
    with pytest.raises(CheckpointError, match="there is no checkpoint"):
        load_state(path, model)
    state = make_state(model)
    save_state(path, state)
    with pytest.raises(CheckpointError, match=r"another mesh: mesh .*'cells': \d+.* is expected"):
        load_state(path, make_model(refine=1.5))
    with pytest.raises(CheckpointError, match="another model: unknowns concentrations was found, potentials is"):
        load_state(path, make_model(unknowns="potentials"))
    Checkpoint(path).save({"a": state, "b": state})
    with pytest.raises(CheckpointError, match='holds the states "a", "b"'):
        load_state(path, model)
    with pytest.raises(ParameterError, match="one model"):
        Checkpoint(path).save({"a": state, "b": make_state(make_model())})
    with pytest.raises(ParameterError, match="0 states"):
        Checkpoint(path).save({})


@pytest.mark.mpi
def test_an_unwritable_place_is_refused_before_the_run(shared_tmp_path, comm):
    if comm.rank == 0:
        (shared_tmp_path / "file").write_text("here")
    comm.barrier()
    with pytest.raises(OutputError, match="cannot write"):
        Checkpoint(shared_tmp_path / "file" / "run.npz")


def test_the_previous_file_survives_a_failed_write(make_model, make_state, tmp_path, monkeypatch):
    model = make_model()
    path = tmp_path / "run.npz"
    save_state(path, make_state(model, 0, 1.0))
    kept = tmp_path / "copy.npz"
    shutil.copy(path, kept)

    def full(file, **arrays):
        file.write(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OutputError, match="No space left"):
        save_state(path, make_state(model, 0, 2.0))
    assert path.read_bytes() == kept.read_bytes()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["copy.npz", "run.npz"]
