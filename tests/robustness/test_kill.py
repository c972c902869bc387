# SPDX-License-Identifier: LGPL-3.0-or-later
"""A transient that is killed at any moment goes on from its last accepted step and ends in the same state."""

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from programs import program

CASE = Path(__file__).with_name("case_transient.py")


def launch(folder: Path, name: str, rest: float, ranks: int = 1) -> subprocess.Popen[bytes]:
    """Start the case; its checkpoint and results lie in `folder` under `name`."""
    command, environment = program(CASE, folder / f"{name}.npz", folder / f"{name}.json", rest, ranks=ranks)
    return subprocess.Popen(command, env=environment)


def finish(folder: Path, name: str, ranks: int = 1) -> dict[str, float]:
    """Run to the end."""
    process = launch(folder, name, 0.0, ranks)
    try:
        assert process.wait(timeout=300) == 0
    finally:
        process.kill()
    return json.loads((folder / f"{name}.json").read_text())


def rows(checkpoint: Path) -> int:
    """Accepted steps on disk, read while the run goes on: the file is whole at any moment."""
    if not checkpoint.exists():
        return 0
    with np.load(checkpoint) as file:
        return len(json.loads(str(file["header"]))["meta"]["rows"])


def kill_after(folder: Path, name: str, steps: int) -> int:
    """Start the case, SIGKILL it once so many steps are on disk; how many were."""
    process = launch(folder, name, 0.1)
    try:
        deadline = time.monotonic() + 300
        while rows(folder / f"{name}.npz") < steps:
            assert process.poll() is None, "the run ended before it was killed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        process.kill()
    assert process.wait() == -signal.SIGKILL
    return rows(folder / f"{name}.npz")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kill")


@pytest.fixture(scope="module")
def unbroken(folder):
    return finish(folder, "unbroken")


@pytest.fixture(scope="module")
def killed(folder, unbroken):
    """Number of steps on disk after the kill."""
    return kill_after(folder, "killed", 6)


# On another number of ranks than it was killed on, which is the harder; on the same one too with the long studies.
@pytest.mark.parametrize("ranks", [pytest.param(1, marks=pytest.mark.validate), 2])
def test_a_killed_run_ends_in_the_same_state(folder, unbroken, killed, ranks):
    assert 6 <= killed < unbroken["steps"]
    assert not (folder / "killed.json").exists()
    shutil.copy(folder / "killed.npz", folder / f"resumed on {ranks}.npz")
    resumed = finish(folder, f"resumed on {ranks}", ranks)
    assert resumed.pop("ranks") == ranks
    assert resumed["steps"] == unbroken["steps"]
    assert unbroken["velocity squared"] > 1.0
    for name, value in resumed.items():
        assert value == pytest.approx(unbroken[name], rel=1e-8, abs=0), name
