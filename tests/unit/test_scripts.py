# SPDX-License-Identifier: LGPL-3.0-or-later
"""Scripts as inputs: which values may be replaced, how the script sees the world, what it returns."""

import math
import sys
import traceback
from pathlib import Path

import numpy as np
import pytest

from fem_ionics import run_script
from fem_ionics.errors import ScriptError
from fem_ionics.scripts import read_results, script_inputs

SCRIPT = """\
import math
from fem_ionics.units import mM, nm

wavelength: float = 60 * nm
height = -(2 + 3) * nm
fluxes = (20 * mM, 30 * mM)
options = {"a": [1, 2]}
pi = math.pi
half = height / 2
square = math.sqrt(4.0)
follows = square
height = 2 * height
name = "main" if __name__ == "__main__" else "imported"
results = {"length": wavelength, "height": height}
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    file = tmp_path / "case.py"
    file.write_text(SCRIPT)
    return file


def test_without_values_the_script_runs_as_written(script: Path) -> None:
    space = run_script(script)
    assert space["wavelength"] == pytest.approx(60e-9, rel=1e-12, abs=0)
    assert space["height"] == pytest.approx(-10e-9, rel=1e-12, abs=0)
    assert space["name"] == "main"
    assert not [key for key in space if "fem_ionics" in key]


def test_values_replace_the_first_assignment_and_what_follows_uses_them(script: Path) -> None:
    space = run_script(script, wavelength=1.0, height=8.0)
    assert space["wavelength"] == 1.0
    assert space["half"] == 4.0
    assert space["height"] == 16.0
    assert space["results"] == {"length": 1.0, "height": 16.0}


def test_any_object_may_be_given(script: Path) -> None:
    thing = object()
    assert run_script(script, options=thing)["options"] is thing


def test_inputs_are_plain_values_only(script: Path) -> None:
    assert list(script_inputs(script)) == ["wavelength", "height", "fluxes", "options", "pi", "half"]


@pytest.mark.parametrize("name", ["square", "follows", "results", "nothing"])
def test_what_is_no_input_is_refused_with_the_known_names(script: Path, name: str) -> None:
    with pytest.raises(ScriptError, match=f'"{name}" is no input.*wavelength, height, fluxes'):
        run_script(script, **{name: 1})


def test_unknown_name_hints_at_the_nearest(script: Path) -> None:
    with pytest.raises(ScriptError, match='Did you mean "wavelength"'):
        run_script(script, wavelenght=1.0)


def test_a_script_may_have_an_input_named_path(tmp_path: Path) -> None:
    file = tmp_path / "case.py"
    file.write_text("path = 1\n")
    assert run_script(file, path=2)["path"] == 2


def test_missing_and_broken_scripts(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"nowhere\.py: this script cannot be read"):
        run_script(tmp_path / "nowhere.py")
    broken = tmp_path / "broken.py"
    broken.write_text("x = (1\n")
    with pytest.raises(ScriptError, match="no Python script"):
        run_script(broken)


def test_tracebacks_show_the_scripts_own_lines(tmp_path: Path) -> None:
    file = tmp_path / "fails.py"
    file.write_text("scale = 2.0\n\nvalue = scale / 0\n")
    with pytest.raises(ZeroDivisionError) as caught:
        run_script(file, scale=1.0)
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert (last.filename, last.lineno, last.line) == (str(file), 3, "value = scale / 0")


def test_surroundings_are_those_of_a_script_and_are_put_back(tmp_path: Path) -> None:
    (tmp_path / "beside_case.py").write_text("number = 7\n")
    file = tmp_path / "case.py"
    file.write_text(
        "import sys\nfrom beside_case import number\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass Point:\n    x: 'float'\n"
        "me = sys.modules['__main__'].Point is Point\nwhere = __file__\narguments = sys.argv[:]\n"
    )
    before = (sys.path[:], sys.argv[:], sys.modules["__main__"])
    space = run_script(file)
    assert (sys.path, sys.argv, sys.modules["__main__"]) == before
    assert space["number"] == 7
    assert space["me"]
    assert Path(space["where"]) == file.resolve()
    assert space["arguments"] == [str(file)]


def test_results_are_converted_for_json() -> None:
    results = {
        "a": np.float64(1.5), "b": np.arange(3), "c": [1, np.float32(2)], "d": True, "e": "text",
        "f": np.bool_(False), "g": ((1, 2), (3, 4)),
    }  # fmt: skip
    found = read_results({"results": results}, "case.py")
    assert found == {
        "a": 1.5, "b": [0, 1, 2], "c": [1, 2.0], "d": True, "e": "text", "f": False, "g": [[1, 2], [3, 4]],
    }  # fmt: skip
    assert type(found["a"]) is float
    assert type(found["b"][0]) is int
    assert type(found["f"]) is bool


@pytest.mark.parametrize("bad", [math.nan, math.inf, np.float64("nan"), [1.0, -math.inf], np.array([np.nan])])
def test_results_that_are_not_finite_are_named(bad: object) -> None:
    with pytest.raises(ScriptError, match=r'results\["speed"\] is -?(nan|inf)'):
        read_results({"results": {"fine": 1.0, "speed": bad}}, "case.py")


@pytest.mark.parametrize("bad", [1j, None, {"a": 1}, object()])
def test_results_of_another_kind_are_named(bad: object) -> None:
    with pytest.raises(ScriptError, match=r'results\["speed"\] is a'):
        read_results({"results": {"speed": bad}}, "case.py")


def test_missing_results_and_wrong_kinds_of_results() -> None:
    with pytest.raises(ScriptError, match=r"case\.py has no top-level `results`"):
        read_results({}, "case.py")
    with pytest.raises(ScriptError, match="as list"):
        read_results({"results": [1]}, "case.py")
    with pytest.raises(ScriptError, match="key 1"):
        read_results({"results": {1: 2.0}}, "case.py")
