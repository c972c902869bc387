# SPDX-License-Identifier: LGPL-3.0-or-later
"""The benchmark runs, checks the solutions against each other and keeps its table; no time is asserted."""

import importlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from dolfinx import fem
from mpi4py import MPI

import fem_ionics as fi

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
SHARES = ("residual", "Jacobian", "factorisation", "solve", "line search", "rest")
SMALL: dict[str, Any] = {"sizes": (1000,), "pairs": (2,)}


def imported(monkeypatch: pytest.MonkeyPatch, name: str, *others: str) -> Iterator[Any]:
    """A script of the benchmarks as a module, forgotten afterwards with what it imports."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    # It asks for one thread; this process and the tests after it keep what they had.
    monkeypatch.setattr(os, "environ", dict(os.environ))
    yield importlib.import_module(name)
    for each in (name, *others):
        sys.modules.pop(each, None)


@pytest.fixture
def handwritten(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The module that the script imports."""
    yield from imported(monkeypatch, "handwritten")


def test_both_solve_the_same_and_the_table_says_how_fast(shared_tmp_path: Path, comm: MPI.Comm) -> None:
    output = shared_tmp_path / "overhead.csv"
    earlier = (
        fi.Table({"dofs": [1]}, provenance={"ranks": 99}),
        fi.Table({"dofs": [1]}, provenance={"ranks": comm.size}),
    )
    fi.io.write_table(output, *earlier)
    space = fi.run_script(BENCHMARKS / "overhead.py", **SMALL, output=output)
    assert 0.0 < space["results"]["largest_difference"] < 1e-10

    ratios, shares, by_hand, job, other = fi.io.read_tables(output)
    assert other.provenance["ranks"] == 99  # kept, while the earlier table of these ranks is gone
    assert {"ratio median", "ratio min", "ratio max", "ratio of CPU times"} < set(ratios.names)
    assert ratios.units["iteration by hand"] == "s"
    assert ratios["pairs"] == 2
    assert shares["iterations"] == by_hand["iterations"]
    # Pivots that are put off shift it by less than a per cent.
    assert ratios["factor flops"] == pytest.approx(ratios["factor flops by hand"], rel=0.05, abs=0.0)
    assert {"processor", "cores", "python", "dolfinx", "petsc", "date"} < set(ratios.provenance)
    for table in (shares, by_hand):
        assert sum(table[name][0] for name in SHARES) == pytest.approx(100.0, abs=0.1)
        assert {table.units[name] for name in SHARES} == {"%"}
    assert sum(job[name][0] for name in (*SHARES, "mesh", "set-up", "output")) == pytest.approx(100.0, abs=0.1)


def test_another_solution_by_hand_is_an_error(
    shared_tmp_path: Path, monkeypatch: pytest.MonkeyPatch, handwritten: Any
) -> None:
    right = handwritten.scaled_flux
    monkeypatch.setattr(handwritten, "scaled_flux", lambda amplitude: right(amplitude) * (1 + 1e-8))
    with pytest.raises(RuntimeError, match="solutions differ"):
        fi.run_script(BENCHMARKS / "overhead.py", **SMALL, output=shared_tmp_path / "overhead.csv")
    assert not (shared_tmp_path / "overhead.csv").exists()


@pytest.fixture
def against_peer(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The script beside pyoomph as a module."""
    yield from imported(monkeypatch, "bifurcation", "processes", "stopwatch", "tables")


def a_run(module: Any, unknowns: int, seconds: float) -> Any:
    """A run that took so long to either stage and found the known critical flux."""
    stages = {"to pitchfork": seconds, "diagram": 3.0 * seconds}
    return module.Run(unknowns, dict(stages), dict(stages), dict.fromkeys(stages, module.CRITICAL))


def test_times_of_a_wrong_critical_flux_are_refused(against_peer: Any) -> None:
    run = a_run(against_peer, 4300, 1.0)
    run.check("fem_ionics")
    run.critical["diagram"] *= 1.0 + 1.1e-3
    with pytest.raises(RuntimeError, match=r"pyoomph at 4300 unknowns, diagram: critical flux 24.69"):
        run.check("pyoomph")
    run.critical["diagram"] = float("nan")
    with pytest.raises(RuntimeError, match="nan"):
        run.check("pyoomph")


def test_ratios_are_of_neighbours_and_the_tables_survive_a_file(against_peer: Any, tmp_path: Path) -> None:
    ours = [a_run(against_peer, 4300, seconds) for seconds in (1.0, 2.0, 4.0)]
    others = [a_run(against_peer, 4379, seconds) for seconds in (3.0, 4.0, 6.0)]
    tables = against_peer.tables([{"fem_ionics": ours, "pyoomph": others}], [], {"ranks": 1})
    fi.io.write_table(tmp_path / "bifurcation.csv", *tables)
    mine, theirs, ratios, each, _ = fi.io.read_tables(tmp_path / "bifurcation.csv")
    assert (mine["to pitchfork"][0], theirs["diagram"][0]) == (2.0, 12.0)
    assert (mine.units["diagram"], mine.units["error diagram"], ratios.units["diagram"]) == ("s", "", "")
    found = [ratios[f"diagram{which}"][0] for which in ("", " least", " greatest", " CPU")]
    assert found == [2.0, 1.5, 3.0, 2.0]
    assert (list(each["turn"]), list(each["diagram"]), each.units["turn"]) == ([1, 2, 3], [3.0, 6.0, 12.0], "")


def test_the_threshold_in_time_is_the_zero_of_the_rates(against_peer: Any) -> None:
    fluxes = against_peer.RATES_AT
    rates = [0.1 * (j - 24.5) - 1e-3 * (j - 24.5) ** 2 for j in fluxes]
    assert against_peer.zero(fluxes, rates) == pytest.approx(24.5, rel=1e-10, abs=0.0)
    with pytest.raises(RuntimeError, match="no zero between them"):
        against_peer.zero(fluxes, [1.0, 2.0, 3.0])


def test_the_command_line_wants_repeats_for_each_mesh(against_peer: Any, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = against_peer.options(["--pyoomph", "python", "--refine", "1", "--repeats", "2"])
    assert (chosen.pyoomph, chosen.refine, chosen.repeats) == ("python", [1.0], [2])
    with pytest.raises(SystemExit):
        against_peer.options(["--refine", "1", "2", "--repeats", "2"])
    assert "one or more of each" in capsys.readouterr().err


@pytest.fixture
def solvers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The comparison of linear solvers as a module."""
    yield from imported(
        monkeypatch,
        "solvers",
        "solver_cases",
        "solver_table",
        "solver_variants",
        "large",
        "scaling",
        "stopwatch",
        "tables",
    )


def test_both_solvers_agree_and_the_table_keeps_other_cases(solvers: Any, shared_tmp_path: Path) -> None:
    output = shared_tmp_path / "solvers.csv"
    other = fi.Table({"unknowns": [1]}, provenance={"case": "flowing"})
    old = fi.Table({"unknowns": [1]}, provenance={"case": "half channel"})
    fi.io.write_table(output, old, other)
    solvers.main(["--case", "half channel", "--refine", "2.0", "--steps", "inf", "0.1", "--output", str(output)])
    table, kept = fi.io.read_tables(output)
    assert (table.provenance["case"], kept["unknowns"][0]) == ("half channel", 1)
    assert list(table["time step"]) == [float("inf"), 0.1]
    assert max(table["iterations"]) <= 40
    assert max(table["error"]) < 1e-6
    assert table["h/lambda_D"][0] == pytest.approx(5.2, rel=0, abs=0.05)
    assert (table.units["setup"], table.units["memory"], table.units["iterations"]) == ("s", "MB", "")


def test_options_of_a_variant_do_not_outlive_it(solvers: Any) -> None:
    variants = importlib.import_module("solver_variants")
    problem = solvers.CASES["three ions"].build(1.0)
    name = f"{solvers.PREFIX}ion_Ca2p_mg_levels_ksp_max_it"
    database = solvers.PETSc.Options()
    with variants.set_for(problem.model, *variants.VARIANTS["one sweep"]):
        assert database.getInt(name) == 1
    assert not database.hasName(name)


@pytest.mark.parametrize("cells", ["hexahedron", "tetrahedron"])
def test_the_channel_in_space_has_its_volume_and_names(solvers: Any, cells: str) -> None:
    cases = importlib.import_module("solver_cases")
    domain = cases.box(1e-9, 0.8, cells)
    assert set(domain.boundaries) == {"symmetry", "walls"}
    assert dict(domain.periods) == pytest.approx({"x": cases.LENGTH, "z": cases.WIDTH})
    one = fem.Constant(domain.mesh, 1.0)
    volume = domain.comm.allreduce(fem.assemble_scalar(fem.form(one * domain.dx(degree=1)))) * domain.unit**3
    assert volume == pytest.approx(cases.LENGTH * cases.HEIGHT / 2 * cases.WIDTH, rel=1e-12, abs=0.0)


def test_a_whole_solve_in_space_counts_its_work(solvers: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    large = importlib.import_module("large")
    monkeypatch.setattr(large, "COARSE", 0.3)
    found = large.row("3-D pore", 0.4)
    assert 0 < found["Newton"] < 10 and found["Newton"] <= found["FGMRES"] < 200
    assert found["memory of an unknown"] == pytest.approx(1e6 * found["memory"] / found["unknowns"], rel=1e-12, abs=0.0)


def test_scaling_replaces_the_row_of_the_same_run(solvers: Any, shared_tmp_path: Path, comm: MPI.Comm) -> None:
    scaling, output = importlib.import_module("scaling"), shared_tmp_path / "scaling.csv"
    for refine in ("0.3", "0.4", "0.3"):
        scaling.main(["--case", "3-D pore", "--refine", refine, "--output", str(output)])
    strong, weak = fi.io.read_tables(output)
    assert (strong.provenance["kind"], weak.provenance["kind"]) == ("strong", "weak")
    assert list(strong["series"]) == list(strong["refine"]) == list(weak["series"]) == [0.3, 0.4]
    np.testing.assert_allclose(weak["refine"], weak["series"] * comm.size ** (1 / 3), rtol=1e-3)
    for table in (strong, weak):
        # Of a solve to 1e-8; to 1e-2 four would do.
        assert np.all(table["iterations"] > 8) and np.all(np.diff(table["unknowns"]) > 0)
        assert np.all(table["efficiency"] == 1.0)
        # The first set-up builds what the others refresh.
        assert np.all(table["CPU set-up"] > 2.0 * table["CPU set-up again"])


def test_efficiency_is_the_pace_of_a_rank_over_that_on_the_fewest(solvers: Any) -> None:
    scaling = importlib.import_module("scaling")

    def row(series: float, ranks: int, unknowns: int, seconds: float) -> dict[str, float]:
        return {"series": series, "ranks": ranks, "unknowns": unknowns, "step": seconds, "CPU step": 0.5 * seconds}

    rows = scaling.rated([row(1.0, 2, 1000, 6.0), row(1.0, 1, 1000, 9.0), row(2.0, 1, 8000, 80.0)])
    assert [(each["series"], each["ranks"]) for each in rows] == [(1.0, 1), (1.0, 2), (2.0, 1)]
    assert [each["efficiency"] for each in rows] == [each["CPU efficiency"] for each in rows] == [1.0, 0.75, 1.0]


def test_one_way_to_choose_sizes(solvers: Any, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        solvers.options(["--quick", "--refine", "1"])
    assert "not both" in capsys.readouterr().err


CELL: dict[str, Any] = {"columns": (12,), "steps": (2,)}


def test_electroconvection_starts_from_the_profile_at_rest(
    shared_tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comm: MPI.Comm
) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    output = shared_tmp_path / "electroconvection.csv"
    other = fi.Table(
        {"time": [1]}, provenance={"dofs": 1, "ranks": 1, "unknowns": "concentrations", "linear": "direct"}
    )
    fi.io.write_table(output, other)
    fi.run_script(BENCHMARKS / "electroconvection.py", **CELL, output=output)
    kept, direct, iterative = fi.io.read_tables(output)
    assert kept.provenance["dofs"] == 1
    assert (direct.provenance["linear"], iterative.provenance["linear"]) == ("direct", "iterative")
    for table in (direct, iterative):
        assert table.provenance["current at rest"] == pytest.approx(2.5698, rel=1e-3, abs=0.0)
        # Of the cell: it is the same until the waves have grown.
        np.testing.assert_allclose(table["current"], 2.57, rtol=0, atol=0.05)
        assert max(table["newton"]) <= 5
        assert max(table["defect"]) < 0.05
    np.testing.assert_array_equal(direct["krylov"], direct["newton"])
    assert max(iterative["krylov"] / iterative["newton"]) <= 40
    np.testing.assert_allclose(iterative["peak velocity"], direct["peak velocity"], rtol=1e-3)


def test_another_current_at_rest_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", dict(os.environ))
    with pytest.raises(RuntimeError, match=r"the current at rest is 2\.57"):
        fi.run_script(BENCHMARKS / "electroconvection.py", **CELL, current_at_rest=2.58, output="")


@pytest.fixture
def steady_peers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The steady solve beside others as a module."""
    yield from imported(
        monkeypatch, "steady_peers", "solver_cases", "processes", "peers", "peers.channel", "stopwatch", "tables"
    )


def a_solve(module: Any, seconds: float) -> dict[str, Any]:
    """A run that took so long and found the known answer."""
    known = {name: value for name, (value, _) in module.KNOWN_BASE.items()}
    times = {"seconds": {"base": 2.0 * seconds}, "cpu_seconds": {"base": seconds}}
    return {"unknowns": 16304, "newton": 6, "memory": 300.0, **times, **known}


@pytest.mark.parametrize("linear", ["direct", "iterative"])
def test_our_steady_solve_has_the_known_answer(steady_peers: Any, linear: str) -> None:
    found = steady_peers.alone(linear, 1.2)
    steady_peers.check(linear, found)
    assert (found["unknowns"], found["newton"]) == (4300, 6)
    assert found["krylov"] == 6 if linear == "direct" else 6 < found["krylov"] < 200


def test_another_steady_answer_is_refused(steady_peers: Any) -> None:
    run = a_solve(steady_peers, 1.0)
    steady_peers.check("NGSolve", run)
    with pytest.raises(RuntimeError, match=r"NGSolve at 16304 unknowns: velocity = 0.1436"):
        steady_peers.check("NGSolve", run | {"velocity": 0.1436})


def test_ratios_are_to_the_direct_solve_of_the_same_turn(steady_peers: Any, tmp_path: Path) -> None:
    done = {
        "direct": [a_solve(steady_peers, seconds) for seconds in (1.0, 2.0, 4.0)],
        "NGSolve": [a_solve(steady_peers, seconds) for seconds in (3.0, 4.0, 6.0)],
    }
    fi.io.write_table(tmp_path / "peers.csv", *steady_peers.tables([steady_peers.rows_of(done)], {}))
    ours, theirs = fi.io.read_tables(tmp_path / "peers.csv")
    assert (ours["CPU ratio"][0], ours["CPU"][0], theirs["wall"][0]) == (1.0, 2.0, 8.0)
    assert [theirs[f"CPU ratio{which}"][0] for which in ("", " least", " greatest")] == [2.0, 1.5, 3.0]
    assert theirs.provenance["program"] == "NGSolve"
    assert theirs["error of velocity"][0] == 0.0


def test_each_mesh_has_its_turns(steady_peers: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert steady_peers.options(["--refine", "1", "--turns", "2"]).turns == [2]
    with pytest.raises(SystemExit):
        steady_peers.options(["--refine", "1", "--turns", "2", "3"])
    assert "one or more of each" in capsys.readouterr().err


@pytest.fixture
def meshes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The comparison of cells as a module."""
    yield from imported(monkeypatch, "meshes", "solvers", "solver_cases", "stopwatch", "tables")


def test_errors_of_cells_are_to_the_axisymmetric_current(
    meshes: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    few = meshes.Problem(100.0, False, (8, 1.0), {"triangles": [(1, 0.5), (1, 1.0)], "hexahedra": [(1, 0.3)]})
    monkeypatch.setitem(meshes.PROBLEMS, "1 M", few)
    output = tmp_path / "meshes.csv"
    meshes.main(["--problem", "1 M", "--kind", "hexahedra", "triangles", "--output", str(output)])
    flat, solid = fi.io.read_tables(output)
    assert (flat.provenance["kind"], solid.provenance["kind"]) == ("triangles", "hexahedra")
    assert flat["error"][0] > flat["error"][1] > 0.1  # per cent
    assert solid.provenance["of unknowns"] > flat["unknowns"][1]
    expected = 100.0 * (solid["current"][0] / solid.provenance["reference"] - 1.0)
    assert solid["error"][0] == pytest.approx(expected, rel=1e-3, abs=0.0)
    assert 0.1 < solid["error"][0] < 3.0
    assert solid["Krylov a system"][0] > 1.0 == flat["Krylov a system"][0]


def test_every_table_has_its_command() -> None:
    words = (BENCHMARKS / "README.md").read_text()
    parts = re.search(r"^PARTS := (.*)$", (BENCHMARKS.parent / "Makefile").read_text(), re.MULTILINE)
    listed = re.findall(r"^\| `(\w+)` \|", words, re.MULTILINE)
    assert parts is not None and parts[1].split() == listed
    for path in (BENCHMARKS / "results").glob("*.csv"):
        name = re.sub(r"solvers_\d+", "solvers_RANKS", path.name)
        assert re.search(rf"^\| `\w+` \|.*`{name}`", words, re.MULTILINE), f"{path.name} is in no row of README.md"


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Work in processes of their own as a module."""
    yield from imported(monkeypatch, "processes")


SAY_PATH = "import json, os, sys; json.dump(os.environ.get('PYTHONPATH'), open(sys.argv[-1], 'w'))"


def test_a_process_imports_what_it_is_given(processes: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "ours")
    assert processes.left_by([sys.executable, "-c", SAY_PATH], "theirs") == "theirs"
    assert processes.left_by([sys.executable, "-c", SAY_PATH], None) is None


@pytest.mark.parametrize("code", ["raise SystemExit('no such mesh')", "import sys; sys.stderr.write('no such mesh')"])
def test_a_process_that_leaves_nothing_is_an_error(processes: Any, code: str) -> None:
    with pytest.raises(RuntimeError, match="no such mesh"):
        processes.left_by([sys.executable, "-c", code], None)


def test_iterations_of_all_ranks_stand_in_one_table(solvers: Any, tmp_path: Path) -> None:
    def measured(case: str, iterations: list[float]) -> fi.Table:
        rows = {"unknowns": [100, 100], "h/lambda_D": [5.2, 5.2], "time step": [np.inf, 0.01], "iterations": iterations}
        return fi.Table(rows, provenance={"case": case})

    fi.io.write_table(tmp_path / "solvers_1.csv", measured("layers", [41.0, np.inf]), measured("half", [40.0, 12.0]))
    fi.io.write_table(tmp_path / "solvers_2.csv", measured("half", [17.0, 11.0]))
    lines = importlib.import_module("solver_table")
    heading, _, layers, half = lines.lines(lines.counts(tmp_path))
    assert heading.split(" | ")[-4:] == ["steady, 1 rank", "0.01, 1 rank", "steady, 2 ranks", "0.01, 2 ranks |"]
    assert layers == "| layers | 100 | 5.2 | **41** | **inf** |  |  |"
    assert half == "| half | 100 | 5.2 | 40 | 12 | 17 | 11 |"
