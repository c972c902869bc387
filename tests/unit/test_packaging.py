# SPDX-License-Identifier: LGPL-3.0-or-later
"""The install files tell one story: pyproject, constraints, Docker, conda, citation, changelog."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

import fem_ionics

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
BASE = {Requirement(line).name: Requirement(line).specifier for line in PROJECT["dependencies"]}
PYTHON = SpecifierSet(PROJECT["requires-python"])

#: Names on conda-forge that differ from those on PyPI.
CONDA_NAMES = {"gmsh": "python-gmsh", "matplotlib": "matplotlib-base"}


def extra(name: str) -> list[Requirement]:
    return [Requirement(line) for line in PROJECT["optional-dependencies"][name]]


def conda_pins() -> dict[str, str]:
    """Package to version in the conda environment ("*" where it has none)."""
    lines = re.findall(r"^  - ([\w-]+)(?:=(\S+))?$", (ROOT / "docker/environment.yml").read_text(), re.MULTILINE)
    return {name: pin or "*" for name, pin in lines if name != "conda-forge"}


def constraints() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    found = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {pin.name.lower(): Version(next(iter(pin.specifier)).version) for pin in found}


def dolfinx_series() -> str:
    """Release series of DOLFINx in the extra `wheel`, for example 0.11."""
    (wheel,) = extra("wheel")
    version = Version(next(iter(wheel.specifier)).version)
    return f"{version.major}.{version.minor}"


def test_dolfinx_is_in_no_base_dependency_and_exact_in_the_wheel_extra() -> None:
    assert not [name for name in BASE if "dolfinx" in name]
    (wheel,) = extra("wheel")
    assert wheel.name == "dolfinx-solver-real"
    assert str(wheel.specifier).startswith("==0.11.")
    assert wheel.marker is not None
    assert wheel.marker.evaluate({"sys_platform": "linux", "platform_machine": "x86_64"})
    assert not wheel.marker.evaluate({"sys_platform": "linux", "platform_machine": "aarch64"})
    assert not wheel.marker.evaluate({"sys_platform": "darwin", "platform_machine": "x86_64"})


def test_docker_image_and_conda_have_the_same_dolfinx() -> None:
    (tag,) = re.findall(r"^FROM dolfinx/dolfinx:v(\S+)$", (ROOT / "docker/Dockerfile").read_text(), re.MULTILINE)
    assert tag.startswith(dolfinx_series() + ".")
    assert conda_pins()["fenics-dolfinx"] == dolfinx_series() + ".*"
    assert f"{constraints()['dolfinx-solver-real']}".startswith(dolfinx_series() + ".")


def test_no_other_install_asks_for_the_wheel() -> None:
    for file in ("docker/Dockerfile", "docker/environment.yml"):
        commands = [line for line in (ROOT / file).read_text().splitlines() if not line.lstrip().startswith("#")]
        assert not re.search(r"\[[^\]]*wheel|dolfinx-solver", "\n".join(commands)), file


@pytest.mark.parametrize("name", BASE)
def test_conda_pins_every_base_dependency_inside_its_range(name: str) -> None:
    pin = conda_pins()[CONDA_NAMES.get(name, name)]
    assert pin != "*", f"{name} has no version in environment.yml"
    # `2.*` admits what our range admits from that series: the constrained version must be one of both.
    exact = constraints()[name]
    assert exact in SpecifierSet(f"=={pin}"), f"conda has {name}={pin}, make installs {exact}"
    assert exact in BASE[name]


def test_make_installs_exact_versions_of_all_that_is_named() -> None:
    exact = constraints()
    for requirement in [*extra("test"), *extra("wheel")]:
        assert exact[requirement.name.lower()] in requirement.specifier, requirement


@pytest.mark.parametrize("name", ["test", "docs", "wheel"])
def test_extras_are_pinned(name: str) -> None:
    assert all(str(requirement.specifier).startswith("==") for requirement in extra(name))


def test_python_versions_agree() -> None:
    chosen = (ROOT / ".python-version").read_text().strip()
    assert PYTHON.contains(f"{chosen}.0")
    assert PYTHON.contains(f"{conda_pins()['python']}.0")
    assert not PYTHON.contains("3.11.9")
    assert "(3, 12)" in (ROOT / "tools/setup.sh").read_text()


def test_version_is_the_same_everywhere() -> None:
    version = fem_ionics.__version__
    assert re.search(rf"^version: {re.escape(version)}$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    newest = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0]
    assert newest == version


def test_licence_is_the_same_everywhere() -> None:
    assert PROJECT["license"] == "LGPL-3.0-or-later"
    assert "license: LGPL-3.0-or-later" in (ROOT / "CITATION.cff").read_text()
    assert "GNU LESSER GENERAL PUBLIC LICENSE" in (ROOT / "LICENSE").read_text()
    modules = [*ROOT.glob("fem_ionics/**/*.py"), *ROOT.glob("tests/**/*.py"), *ROOT.glob("tools/*.py")]
    assert len(modules) > 20
    header = "# SPDX-License-Identifier: LGPL-3.0-or-later\n"
    assert not [str(file) for file in modules if not file.read_text().startswith(header)]


def test_ci_runs_the_same_command_as_a_developer() -> None:
    script = ROOT / ".ci/run"
    assert script.stat().st_mode & 0o111
    assert script.read_text().rstrip().endswith("make test")
