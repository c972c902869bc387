# SPDX-License-Identifier: LGPL-3.0-or-later
"""Sweeps on disk: whole after a crash at any moment, on any number of ranks, and of one problem alone.

Run as a program (folder, file for the numbers, point at which it kills itself) it is the sweep that the test kills.
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

import pytest  # isort: skip
from mpi4py import MPI  # isort: skip
from programs import program  # isort: skip

VALUES = {"concentration": [100.0, 20.0], "voltage": [-0.2, 0.15, 0.3]}


def resistor(other=0.0):
    """Salt between two baths; `other` is a parameter that is not swept."""
    salt = fi.Electrolyte.kcl(100.0)
    voltage = fi.Parameter("voltage", 0.0, "V")
    content = fi.Parameter("concentration", 100.0, "mol/m3")
    grounded = fi.Parameter("ground", other, "V")
    conditions = [fi.Fixed(ion, content, on=side) for ion in salt.names for side in ("left", "right")]
    conditions += [fi.Fixed("potential", voltage, on="left"), fi.Fixed("potential", grounded, on="right")]
    # Charge along one wall: a curve that bends.
    charge = fi.pattern.cosine("x", wavelength=40e-9)
    conditions.append(fi.SurfaceCharge(-0.01 * charge, on="top"))
    box = fi.geometry.rectangle((20e-9, 10e-9), (4, 2))
    return fi.PNP(salt, box, conditions, unknowns="potentials", degree=1)


class Counted:
    """The current, which counts its calls, and kills the run at one of them."""

    unit = "A/m"

    def __init__(self, kill_at=0):
        self.calls, self.kill_at, self.current = 0, kill_at, fi.observe.Current(on="right")

    def __call__(self, state):
        self.calls += 1
        if self.calls == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return self.current(state)


def run(model, folder, probe=None, values=None, **options):
    probe = probe or Counted()
    store = fi.io.SweepFolder(folder)
    return fi.sweep(model, values or VALUES, record={"I": probe}, store=store, progress=False, **options), probe


def main(folder, results, kill_at):
    table, probe = run(resistor(), folder, Counted(int(kill_at)))
    if MPI.COMM_WORLD.rank == 0:
        numbers = {"I": table["I"].tolist(), "newton": table["newton"].tolist(), "calls": probe.calls}
        Path(results).write_text(json.dumps(numbers | {"ranks": MPI.COMM_WORLD.size}))


def launched(folder, name, kill_at=0, ranks=1):
    """Run this file as a program; its exit status."""
    words = (__file__, folder / name, folder / f"{name}.json", kill_at)
    command, environment = program(*words, ranks=ranks)
    environment["FEM_IONICS_LOG"] = "ERROR"
    return subprocess.run(command, env=environment, timeout=200, check=False).returncode


def points(folder):
    """The values at each accepted point, line by line."""
    return {
        path.name: [json.loads(line)["value"] for line in path.read_text().splitlines()]
        for path in sorted(folder.glob("line-*.jsonl"))
    }


@pytest.fixture(scope="module")
def model():
    return resistor()


@pytest.fixture(scope="module")
def whole(model):
    """Without a folder."""
    return fi.sweep(model, VALUES, record={"I": Counted()}, progress=False)


def test_a_killed_sweep_goes_on_on_any_number_of_ranks(tmp_path, whole):
    assert launched(tmp_path, "killed", kill_at=5) == -signal.SIGKILL
    assert not (tmp_path / "killed.json").exists()
    before = points(tmp_path / "killed")
    assert sum(map(len, before.values())) >= 4 and len(before) == 2
    for ranks in (1, 2):
        name = f"on {ranks}"
        shutil.copytree(tmp_path / "killed", tmp_path / name)
        if ranks == 1:
            main(tmp_path / name, tmp_path / f"{name}.json", 0)  # here: starting another Python takes longer
        else:
            assert launched(tmp_path, name, ranks=ranks) == 0
        found = json.loads((tmp_path / f"{name}.json").read_text())
        assert found["ranks"] == ranks and found["calls"] == 2
        assert found["I"] == pytest.approx(whole["I"].tolist(), rel=1e-9, abs=0)
        assert found["newton"] == whole["newton"].tolist()
        for line, values in points(tmp_path / name).items():
            assert values[: len(before.get(line, []))] == before.get(line, [])


@pytest.mark.mpi
def test_a_finished_sweep_is_there_at_once(model, whole, shared_tmp_path):
    folder = shared_tmp_path / "run"
    first, probe = run(model, folder)
    assert probe.calls == 6
    assert first["I"] == pytest.approx(whole["I"], rel=1e-12)
    second, probe = run(model, folder, first_step=0.05)
    assert probe.calls == 0
    assert {n: second[n].tolist() for n in second.names} == {n: first[n].tolist() for n in first.names}


@pytest.mark.parametrize("torn", [False, True])
def test_stopped_between_the_checkpoint_and_its_line(model, whole, tmp_path, monkeypatch, torn):
    from fem_ionics.io import sweeps

    append, count = sweeps._append, 0

    def dies(path, line):
        nonlocal count
        count += 1
        if count == 5:
            if torn:
                append(path, line[:20])
            raise KeyboardInterrupt
        append(path, line)

    monkeypatch.setattr(sweeps, "_append", dies)
    with pytest.raises(OutputError, match="KeyboardInterrupt"):
        run(model, tmp_path / "run")
    monkeypatch.undo()
    counted = Counted()
    table, _ = run(model, tmp_path / "run", counted)
    for name in whole.names:
        assert table[name].tolist() == pytest.approx(whole[name].tolist(), rel=1e-9, abs=0), name
    rows = [json.loads(line) for line in (tmp_path / "run" / "line-0000.jsonl").read_text().splitlines()]
    assert [row["index"] for row in rows] == list(range(len(rows)))
    recorded = sum(row["given"] is not None for row in rows[:5])
    assert counted.calls == 6 - recorded


@pytest.mark.mpi
def test_another_sweep_is_refused(model, shared_tmp_path):
    folder = shared_tmp_path / "run"
    values = {"voltage": [0.0, 0.1]}
    run(model, folder, values=values)
    other = {"voltage": [0.0, 0.2]}
    with pytest.raises(CheckpointError, match=r"another sweep: swept .*0\.1.*0\.2"):
        run(model, folder, values=other)
    with pytest.raises(CheckpointError, match="another sweep: columns"):
        fi.sweep(model, values, record={"J": Counted()}, store=fi.io.SweepFolder(folder))
    salt = model.parameter("concentration")
    salt.value = 50.0
    try:
        with pytest.raises(CheckpointError, match="another sweep: other parameters"):
            run(model, folder, values=values)
    finally:
        salt.value = 100.0
    with pytest.raises(CheckpointError, match="another sweep: between"):
        fi.iv_curve(
            model, model.parameter("voltage"), [0.0, 0.1], between=("left", "right"), store=fi.io.SweepFolder(folder)
        )


def test_another_model_is_refused(model, tmp_path):
    run(model, tmp_path / "run", values={"voltage": [0.0]})
    finer = model.rebuilt(degree=2)
    with pytest.raises(CheckpointError, match="another sweep: problem"):
        run(finer, tmp_path / "run", values={"voltage": [0.0]})


@pytest.mark.mpi
@pytest.mark.parametrize("damage", ["header", "no header", "rows", "no checkpoint", "checkpoint", "format"])
def test_damage_is_named(model, shared_tmp_path, comm, damage):
    folder = shared_tmp_path / "run"
    run(model, folder, values={"voltage": [0.0, 0.1]})
    if comm.rank == 0:
        header, rows = folder / "sweep.json", folder / "line-0000.jsonl"
        last = folder / "line-0000-last.npz"
        if damage == "header":
            header.write_text("{")
        elif damage == "no header":
            header.unlink()
        elif damage == "rows":
            rows.write_text("".join(rows.read_text().splitlines(keepends=True)[1:]))
        elif damage == "no checkpoint":
            last.unlink()
        elif damage == "checkpoint":
            last.write_bytes(last.read_bytes()[:1000])
        else:
            header.write_text(header.read_text().replace("fem_ionics sweep", "other"))
    comm.barrier()
    with pytest.raises(CheckpointError, match="format" if damage == "format" else "damaged"):
        run(model, folder, values={"voltage": [0.0, 0.1]})


@pytest.mark.mpi
def test_a_folder_that_cannot_be(shared_tmp_path, comm):
    if comm.rank == 0:
        (shared_tmp_path / "file").write_text("")
    comm.barrier()
    with pytest.raises(OutputError):
        fi.io.SweepFolder(shared_tmp_path / "file" / "run")


class Device:
    """Solves itself; its solutions are no States."""

    def __init__(self):
        self.voltage = fi.Parameter("voltage", 0.0, "V")
        self.parameters, self.solves = (self.voltage,), 0

    def solve(self, guess=None):
        self.solves += 1
        if self.solves == 4:
            raise KeyboardInterrupt
        return self.voltage.value


def test_other_solvables_go_on_from_a_fresh_solution(tmp_path):
    store, values = fi.io.SweepFolder(tmp_path / "run"), {"voltage": [0.0, 0.1, 0.2, 0.3, 0.4]}
    record = {"I": lambda solution: 2.0 * solution}
    with pytest.raises(KeyboardInterrupt):
        fi.sweep(Device(), values, record=record, store=store, first_step=1.0)
    device = Device()
    device.solves = 10
    table = fi.sweep(device, values, record=record, store=store, first_step=1.0)
    assert table["I"] == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8])
    # Equilibrium and the last point anew, then the two that were missing.
    assert device.solves == 14


if __name__ == "__main__":
    main(*sys.argv[1:])
