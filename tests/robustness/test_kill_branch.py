# SPDX-License-Identifier: LGPL-3.0-or-later
"""A branch that is killed at any moment goes on from its last accepted point and has the same special points."""

import json
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from programs import program

CASE = Path(__file__).with_name("case_branch.py")


def launch(folder: Path, name: str, rest: float, ranks: int = 1) -> subprocess.Popen[bytes]:
    """Start the case; its branch and results lie in `folder` under `name`."""
    command, environment = program(CASE, folder / name, folder / f"{name}.json", rest, ranks=ranks)
    return subprocess.Popen(command, env=environment)


def finish(folder: Path, name: str, ranks: int = 1) -> dict:
    """Run to the end."""
    process = launch(folder, name, 0.0, ranks)
    try:
        assert process.wait(timeout=300) == 0
    finally:
        process.kill()
    return json.loads((folder / f"{name}.json").read_text())


def points(branch: Path) -> list[float]:
    """The parameter at each accepted point on disk, read while the run goes on; a line that is being written is not."""
    lines = branch / "points.jsonl"
    whole = lines.read_bytes().split(b"\n")[1:-1] if lines.exists() else []
    return [json.loads(line)["value"] for line in whole]


def kill_after(folder: Path, name: str, count: int) -> list[float]:
    """Start the case, SIGKILL it once so many points are on disk; those that were."""
    process = launch(folder, name, 0.1)
    try:
        deadline = time.monotonic() + 300
        while len(points(folder / name)) < count:
            assert process.poll() is None, "the run ended before it was killed"
            assert time.monotonic() < deadline
            time.sleep(0.02)
    finally:
        process.kill()
    assert process.wait() == -signal.SIGKILL
    return points(folder / name)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("kill")


@pytest.fixture(scope="module")
def unbroken(folder):
    return finish(folder, "unbroken")


@pytest.fixture(scope="module")
def killed(folder, unbroken):
    """Points on disk after the kill: past the second pitchfork and before the third."""
    return kill_after(folder, "killed", 14)


# On another number of ranks than it was killed on, which is the harder; on the same one too with the long studies.
@pytest.mark.parametrize("ranks", [pytest.param(1, marks=pytest.mark.validate), 2])
def test_a_killed_branch_has_the_same_special_points(folder, unbroken, killed, ranks):
    assert 4 * np.pi**2 < killed[-1] < 9 * np.pi**2
    assert not (folder / "killed.json").exists()
    name = f"resumed on {ranks}"
    shutil.copytree(folder / "killed", folder / name)
    resumed = finish(folder, name, ranks)
    assert resumed["ranks"] == ranks
    # What was accepted before the kill is not done again.
    assert resumed["points"][: len(killed)] == killed
    assert resumed["recorded"] <= unbroken["recorded"] - len(killed)
    assert len(resumed["specials"]) == len(unbroken["specials"]) == 3
    for number, (one, other) in enumerate(zip(unbroken["specials"], resumed["specials"], strict=True), 1):
        assert other[:2] == one[:2] == ["pitchfork", "supercritical"]
        assert other[2] == pytest.approx(one[2], rel=1e-8, abs=0)
        assert other[2] == pytest.approx((number * np.pi) ** 2, rel=1e-4, abs=0.0)
    assert resumed["points"][-1] == 100.0
    # From a special point found before the kill the other branch is followed as if nothing had been.
    assert resumed["amplitude"] == pytest.approx(unbroken["amplitude"], rel=1e-8, abs=0)
