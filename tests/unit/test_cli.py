# SPDX-License-Identifier: LGPL-3.0-or-later
"""The command line, alone and under mpiexec."""

import json
import subprocess
from pathlib import Path

import pytest
from mpi4py import MPI
from programs import program

import fem_ionics
from fem_ionics.cli import main

SCRIPT = """\
from mpi4py import MPI

length = 60e-9
count = 2
pattern = "cosine"
speed = length * 2
results = {"length": length, "count": count, "pattern": pattern, "speed": speed, "ranks": MPI.COMM_WORLD.size}
"""

FAILS_ALIKE = """\
from fem_ionics.errors import ModelError

raise ModelError("the mean flux is 3")
"""

FAILS_ON_RANK_ONE = """\
from mpi4py import MPI
from fem_ionics.errors import ModelError

if MPI.COMM_WORLD.rank == 1:
    raise ModelError("only here")
MPI.COMM_WORLD.barrier()
"""


@pytest.fixture
def script(shared_tmp_path: Path, comm: MPI.Intracomm) -> Path:
    file = shared_tmp_path / "case.py"
    if comm.rank == 0:
        file.write_text(SCRIPT)
    comm.barrier()
    return file


def mpirun(*words: object, ranks: int = 2) -> subprocess.CompletedProcess[str]:
    """Run the command on several ranks, with the mpiexec that belongs to this Python."""
    command, environment = program("-m", "fem_ionics", *words, ranks=ranks)
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environment)


def test_values_and_results(script: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder" / "out.json"
    words = ["run", str(script), "length=1e-7", "--results", str(out), "pattern=patches", "count=[1, 2]"]
    assert main(words) == 0
    assert json.loads(out.read_text()) == {
        "length": 1e-7, "count": [1, 2], "pattern": "patches", "speed": 2e-7, "ranks": 1,
    }  # fmt: skip
    assert [file.name for file in out.parent.iterdir()] == ["out.json"]


def test_unknown_name(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(script), "lenght=1e-7"]) == 2
    words = capsys.readouterr().err
    assert words.startswith('ScriptError: "lenght" is no input of')
    assert "length, count, pattern, speed" in words
    assert 'Did you mean "length"?' in words


def test_a_word_for_a_number_is_refused(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(script), "length=60*nm"]) == 2
    assert "length=60*nm: " in capsys.readouterr().err


def test_a_name_given_twice_is_refused(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(script), "count=1", "count=2"]) == 2
    assert '"count" is given twice' in capsys.readouterr().err


def test_missing_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", str(tmp_path / "nowhere.py")]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_unwritable_results_are_found_before_the_script_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # A path below a regular file is unwritable for root too.
    (tmp_path / "file").write_text("")
    script = tmp_path / "case.py"
    script.write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\nresults = {{}}\n")
    assert main(["run", str(script), "--results", str(tmp_path / "file" / "sub" / "out.json")]) == 1
    assert "OutputError: --results" in capsys.readouterr().err
    assert not (tmp_path / "ran").exists()
    assert main(["run", str(script), "--results", str(tmp_path)]) == 1
    assert "this is a folder" in capsys.readouterr().err


def test_results_asked_for_but_missing_or_not_finite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script, out = tmp_path / "case.py", tmp_path / "out.json"
    script.write_text("x = 1\n")
    assert main(["run", str(script), "--results", str(out)]) == 2
    assert "has no top-level `results`" in capsys.readouterr().err
    script.write_text("results = {'speed': float('nan')}\n")
    assert main(["run", str(script), "--results", str(out)]) == 2
    assert 'results["speed"] is nan' in capsys.readouterr().err
    assert not out.exists()


def test_an_error_of_the_package_names_the_scripts_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "case.py"
    script.write_text(FAILS_ALIKE)
    assert main(["run", str(script)]) == 1
    assert capsys.readouterr().err == (
        f"ModelError: the mean flux is 3\n  at {script}, line 3: raise ModelError(\"the mean flux is 3\")\n"
    )  # fmt: skip


def test_another_error_shows_its_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "case.py"
    script.write_text("x = 1 / 0\n")
    assert main(["run", str(script)]) == 1
    words = capsys.readouterr().err
    assert f'File "{script}", line 1' in words
    assert "ZeroDivisionError" in words


def test_usage_errors_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["walk"])
    with pytest.raises(SystemExit, match="2"):
        main(["run"])
    with pytest.raises(SystemExit, match="0"):
        main(["run", "--help"])
    assert "name=value" in capsys.readouterr().out


def test_info_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info"]) == 0
    rows = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines())
    assert rows["fem_ionics"] == fem_ionics.__version__
    assert rows["ranks"] == "1"


@pytest.mark.mpi
def test_ranks_write_one_file_and_speak_once(
    script: Path, comm: MPI.Intracomm, capsys: pytest.CaptureFixture[str]
) -> None:
    def spoken() -> str:
        return "".join(comm.allgather(capsys.readouterr().err))

    out = script.with_name("out.json")
    assert main(["run", str(script), "length=1e-7", "--results", str(out)]) == 0
    comm.barrier()
    assert json.loads(out.read_text())["ranks"] == comm.size
    assert {file.name for file in out.parent.iterdir()} == {"case.py", "out.json"}
    assert main(["run", str(script), "lenght=1e-7"]) == 2
    assert spoken().count("is no input of") == 1
    assert main(["run", str(script), "--results", str(script / "below" / "out.json")]) == 1
    words = spoken()
    assert words.count("OutputError") == 1
    assert "[rank" not in words  # every rank refuses, none is aborted


def test_two_ranks_that_fail_alike_speak_once(tmp_path: Path) -> None:
    script = tmp_path / "case.py"
    script.write_text(FAILS_ALIKE)
    done = mpirun("run", script)
    assert done.returncode == 1
    assert done.stderr.count("ModelError: the mean flux is 3") == 1
    assert "[rank" not in done.stderr


def test_an_error_on_one_rank_ends_the_others(tmp_path: Path) -> None:
    script = tmp_path / "case.py"
    script.write_text(FAILS_ON_RANK_ONE)
    done = mpirun("run", script)
    assert done.returncode != 0
    assert "[rank 1] ModelError: only here" in done.stderr
