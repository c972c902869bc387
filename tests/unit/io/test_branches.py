# SPDX-License-Identifier: LGPL-3.0-or-later
"""A branch on disk: exact on any number of ranks, whole after a crash at any moment, refused where it does not fit."""

import json
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI

from fem_ionics.bifurcation import ParametricProblem, continuation
from fem_ionics.bifurcation.models import ModelProblem
from fem_ionics.bifurcation.spectrum import start_vector
from fem_ionics.errors import CheckpointError, ModelError, OutputError, ParameterError
from fem_ionics.io import branches, paths
from fem_ionics.io.branches import BranchFolder

HEADER = {"parameter": "mu", "bounds": [5.0, 50.0], "natural": False, "record": ["size"], "size": None, "span": None}


def chafee_infante(right=1.0, cells=20, other=1.0, element=("Lagrange", 2)):
    """u'' + mu u - a u^3 = 0 between zeros: pitchforks at (n pi / right)^2."""
    line = mesh.create_interval(MPI.COMM_WORLD, cells, [0.0, right])
    space = fem.functionspace(line, element)
    u, v = fem.Function(space), ufl.TestFunction(space)
    mu, a = fem.Constant(line, 5.0), fem.Constant(line, other)
    residual = ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx - (mu * u - a * u**3) * v * ufl.dx
    ends = fem.locate_dofs_geometrical(space, lambda x: np.isclose(x[0], 0.0) | np.isclose(x[0], right))
    held = [fem.dirichletbc(0.0, ends, space)]
    return ParametricProblem(residual, u, {"mu": mu, "a": a}, bcs=held, mass=u * v * ufl.dx)


def weighted(problem):
    """A number that is not even in u."""
    space = problem.spaces[0]
    form = fem.form((1.0 + ufl.SpatialCoordinate(space.mesh)[0]) * problem.functions[0] * ufl.dx)
    return lambda solution: problem.comm.allreduce(fem.assemble_scalar(form))


def vectors_of(problem, number, *names):
    """Vectors that depend on position alone."""
    made = {}
    for k, name in enumerate(names):
        made[name] = start_vector(problem)
        made[name].scale(1.0 + number + 0.3 * k)
    return made


def row_of(index, specials=0):
    return {
        "index": index,
        "specials": specials,
        "value": 0.1 + 0.2 * index,
        "unstable": None,
        "residual": np.float64(1e-12),
    }


def keep(store, problem, points, specials=(), header=HEADER, first=0):
    """Accept so many points, with a special point found on the way to each of those named."""
    found = 0
    known = {**header, "size": 0.7, "span": 45.0}
    for index in range(first, points):
        if index in specials:
            facts = {"kind": "pitchfork", "value": float(index)}
            store.special(problem, found, facts, vectors_of(problem, 100 + index, "vector 0", "column"))
            found += 1
        store.accept(problem, known, row_of(index, found), vectors_of(problem, index, "x", "tangent"))


def check_fields(problem, kept, indices):
    assert list(kept.fields) == indices
    for index, found in kept.fields.items():
        same(found, vectors_of(problem, index, "x", "tangent"))


def same(found, expected):
    assert list(found) == list(expected)
    for name, vector in expected.items():
        # Coordinates of nodes differ in their last digits where another rank computed them.
        np.testing.assert_allclose(found[name].getArray(), vector.getArray(), rtol=1e-12, atol=1e-11)


@pytest.mark.mpi
def test_a_branch_comes_back(shared_tmp_path):
    problem = chafee_infante()
    folder = shared_tmp_path / "deep" / "branch"
    assert BranchFolder(folder).read(problem, HEADER) is None
    keep(BranchFolder(folder, every=3), problem, 6, specials=(2, 4))
    kept = BranchFolder(folder).read(problem, HEADER)
    assert kept.header == {**HEADER, "size": 0.7, "span": 45.0}
    assert kept.rows == [row_of(index, sum(index >= k for k in (2, 4))) for index in range(6)]
    check_fields(problem, kept, [0, 3, 5])
    for (facts, vectors), index in zip(kept.specials, (2, 4), strict=True):
        assert facts == {"kind": "pitchfork", "value": float(index)}
        same(vectors, vectors_of(problem, 100 + index, "vector 0", "column"))


@pytest.mark.mpi
def test_a_branch_goes_on_where_it_ended(shared_tmp_path):
    problem = chafee_infante()
    keep(BranchFolder(shared_tmp_path), problem, 4)
    store = BranchFolder(shared_tmp_path)
    store.read(problem, HEADER)
    keep(store, problem, 7, first=3)  # the last point is accepted again when a run goes on
    kept = BranchFolder(shared_tmp_path).read(problem, HEADER)
    assert kept.rows == [row_of(index) for index in range(7)]
    check_fields(problem, kept, [0, 6])


SCRIPT = """
import sys
sys.path[:0] = sys.argv[2:]
from conftest import build
from fem_ionics.bifurcation.models import ModelProblem
from fem_ionics.io.branches import BranchFolder
from test_branches import HEADER, keep
problem = ModelProblem(build(3, "triangle"))
keep(BranchFolder(sys.argv[1], every=2), problem, 4, (1,), {**HEADER, "parameter": "active flux"})
"""


@pytest.mark.mpi(least=2)
def test_reads_on_another_number_of_ranks(make_model, shared_tmp_path, comm):
    """One process writes, all ranks read: cubic elements, vectors and multipliers of a model."""
    if comm.rank == 0:
        # Without the variables of this launch the child is a single process of its own.
        clean = {k: v for k, v in os.environ.items() if not k.startswith(("PMI", "MPI", "HYD", "OMPI", "PMIX"))}
        command = [sys.executable, "-c", SCRIPT, str(shared_tmp_path), os.path.dirname(__file__)]
        subprocess.run(command, env=clean, check=True, timeout=300)
    comm.barrier()
    problem = ModelProblem(make_model(3, "triangle"))
    kept = BranchFolder(shared_tmp_path).read(problem, {**HEADER, "parameter": "active flux"})
    check_fields(problem, kept, [0, 2, 3])
    same(kept.specials[0][1], vectors_of(problem, 101, "vector 0", "column"))


@pytest.mark.mpi
def test_single_numbers_come_back(make_model, shared_tmp_path, comm):
    """Multipliers are one number for the mesh, which some ranks do not hold."""
    problem = ModelProblem(make_model())
    header = {**HEADER, "parameter": "active flux"}
    for number, field in enumerate(problem.model.fields):
        field.function.x.array[:] = 3.5 + number
    multipliers = [i for i, field in enumerate(problem.model.fields) if field.kind == "multiplier"]
    assert multipliers
    BranchFolder(shared_tmp_path).accept(problem, header, row_of(0), {"x": problem.read()})
    kept = BranchFolder(shared_tmp_path).read(problem, header)
    for field in problem.model.fields:
        field.function.x.array[:] = np.nan
    problem.load(kept.fields[0]["x"])
    for number, field in enumerate(problem.model.fields):
        np.testing.assert_array_equal(field.function.x.array, 3.5 + number)


class Killed(BaseException):
    """Stands for kill -9."""


class Killer:
    """Ends the run at the n-th moment at which it touches the disk."""

    def __init__(self, monkeypatch, moment):
        self.left = moment
        self.replace, self.append = os.replace, branches._append
        monkeypatch.setattr(paths.os, "replace", self.replaced)
        monkeypatch.setattr(branches, "_append", self.appended)

    def moment(self):
        self.left -= 1
        if self.left < 0:
            raise Killed

    def replaced(self, source, target):
        self.moment()
        self.replace(source, target)
        self.moment()

    def appended(self, path, line):
        self.moment()
        self.left -= 1
        if self.left < 0:
            path.write_bytes(path.read_bytes() + line[: len(line) // 2].encode())
            raise Killed
        self.append(path, line)
        self.moment()


def test_nothing_accepted_is_lost_at_any_moment(tmp_path, monkeypatch):
    problem = chafee_infante(cells=4)
    moments = 0
    for moment in range(1000):
        folder = tmp_path / str(moment)
        done = []
        with monkeypatch.context() as patch:
            Killer(patch, moment)
            store = BranchFolder(folder, every=2)
            accept = store.accept
            store.accept = lambda *given, accept=accept, done=done: (accept(*given), done.append(given[2]["index"]))
            try:
                keep(store, problem, 4, specials=(2,))
                break
            except (OutputError, CheckpointError):
                moments += 1
        again = BranchFolder(folder, every=2)
        kept = again.read(problem, HEADER)
        rows = [] if kept is None else kept.rows
        assert len(done) <= len(rows) <= len(done) + 1
        expected = [row_of(index, int(index >= 2)) for index in range(4)]
        assert rows == expected[: len(rows)]
        if kept is not None:
            same(kept.fields[len(rows) - 1], vectors_of(problem, len(rows) - 1, "x", "tangent"))
            assert len(kept.specials) == rows[-1]["specials"]
        # The run goes on from there and ends like one that was not killed.
        for index in range(max(len(rows) - 1, 0), 4):
            if index == 2 and len(rows) < 3:
                again.special(
                    problem, 0, {"kind": "pitchfork", "value": 2.0}, vectors_of(problem, 102, "vector 0", "column")
                )
            known = {**HEADER, "size": 0.7, "span": 45.0}
            again.accept(problem, known, expected[index], vectors_of(problem, index, "x", "tangent"))
        kept = BranchFolder(folder).read(problem, HEADER)
        assert kept.rows == expected
        check_fields(problem, kept, [0, 2, 3])
        same(kept.specials[0][1], vectors_of(problem, 102, "vector 0", "column"))
    # Header; vectors and line of each point; two points more; a special point.
    assert moments == 2 + 4 * (2 + 3) + 2 * 2 + 2


def rewrite(path, comm, change):
    """Let `change` alter the facts of a file on rank 0."""
    if comm.rank == 0:
        if path.suffix == ".jsonl":
            head, *rest = path.read_text().splitlines(keepends=True)
            facts = json.loads(head)
            change(facts)
            path.write_text(json.dumps(facts) + "\n" + "".join(rest))
        else:
            with np.load(path) as file:
                arrays = dict(file)
            facts = json.loads(str(arrays["header"]))
            change(facts, arrays)
            arrays["header"] = np.array(json.dumps(facts))
            np.savez(path, **arrays)
    comm.barrier()


@pytest.mark.parametrize(
    ("other", "header", "words"),
    [
        ({}, {"parameter": "a"}, "another problem: other parameters {'a': 1.0} was found, {'mu': 5.0} is expected"),
        pytest.param(
            {},
            {"bounds": [5.0, 40.0]},
            r"another branch: bounds \[5.0, 50.0\] was found, \[5.0, 40.0\] is expected",
            marks=pytest.mark.mpi,
        ),
        ({}, {"record": []}, r"another branch: record \['size'\] was found"),
        ({}, {"natural": True}, "another branch: natural False was found, True is expected"),
        ({"other": 2.0}, {}, "another problem: other parameters {'a': 1.0} was found, {'a': 2.0} is expected"),
        ({"cells": 21}, {}, r"another problem: unknowns \[41\] was found, \[43\] is expected"),
        pytest.param({"right": 2.0}, {}, 'npz" belongs to another mesh', marks=pytest.mark.mpi),
    ],
)
def test_other_branches_are_refused(shared_tmp_path, comm, other, header, words):
    keep(BranchFolder(shared_tmp_path), chafee_infante(), 3)
    with pytest.raises(CheckpointError, match=words) as caught:
        BranchFolder(shared_tmp_path).read(chafee_infante(**other), {**HEADER, **header})
    assert len(set(comm.allgather(str(caught.value)))) == 1


# On several ranks too: one of the header, one of the arrays, one of the mesh.
@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("points.jsonl", lambda f: f.update(format="other"), "the format 'other' 1; 'fem_ionics branch' 1 is expected"),
        pytest.param(
            "points.jsonl",
            lambda f: f.update(version=9),
            "'fem_ionics branch' 9; 'fem_ionics branch' 1 is expected",
            marks=pytest.mark.mpi,
        ),
        (
            "last.npz",
            lambda f, a: f["header"].update(parameter="nu"),
            "last.npz.* another branch: parameter nu was found",
        ),
        ("last.npz", lambda f, a: a.pop("x.0"), r'last.npz" is damaged: array "x.0" has shape None'),
        pytest.param(
            "last.npz",
            lambda f, a: a.update({"x.0": a["x.0"][1:]}),
            r'array "x.0" has shape \(19, 3, 1\), expected',
            marks=pytest.mark.mpi,
        ),
        pytest.param(
            "last.npz",
            lambda f, a: a.update(nodes=a["nodes"][::-1]),
            "its cells in another order",
            marks=pytest.mark.mpi,
        ),
        ("last.npz", lambda f, a: f["content"].update(index=9), "damaged: 3 points, but last.npz is point 9"),
    ],
)
def test_foreign_files_are_refused(shared_tmp_path, comm, name, change, words):
    problem = chafee_infante()
    keep(BranchFolder(shared_tmp_path), problem, 3)
    rewrite(shared_tmp_path / name, comm, change)
    with pytest.raises(CheckpointError, match=words) as caught:
        BranchFolder(shared_tmp_path).read(problem, HEADER)
    assert len(set(comm.allgather(str(caught.value)))) == 1


def halve(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil_line(path):
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], "{rubbish\n", *lines[3:]]))


def drop_line(path):
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:2], *lines[3:]]))


@pytest.mark.mpi
@pytest.mark.parametrize(
    ("name", "damage", "words"),
    [
        ("last.npz", halve, "last.npz.* is damaged or missing"),
        ("point-0000.npz", halve, "point-0000.npz.* is damaged or missing"),
        ("special-000.npz", halve, "special-000.npz.* is damaged or missing"),
        ("special-000.npz", lambda path: path.unlink(), r"special-000.npz.* is damaged or missing \(FileNotFoundError"),
        ("points.jsonl", spoil_line, r"points.jsonl.* is damaged \(JSONDecodeError"),
        ("points.jsonl", drop_line, r"points.jsonl.* is damaged \(ValueError: points are missing"),
        ("points.jsonl", lambda path: path.write_text(""), "points.jsonl.* is damaged"),
        ("points.jsonl", lambda path: path.write_text("[]\n"), r"has the format \[\]"),
        ("points.jsonl", lambda path: path.unlink(), "points.jsonl is missing"),
    ],
)
def test_damaged_files_are_refused(shared_tmp_path, comm, name, damage, words):
    problem = chafee_infante()
    keep(BranchFolder(shared_tmp_path), problem, 3, specials=(1,))
    if comm.rank == 0:
        damage(shared_tmp_path / name)
    comm.barrier()
    with pytest.raises(CheckpointError, match=words) as caught:
        BranchFolder(shared_tmp_path).read(problem, HEADER)
    assert len(set(comm.allgather(str(caught.value)))) == 1


@pytest.mark.mpi
def test_without_the_last_vectors_it_goes_on_from_those_before(shared_tmp_path, comm):
    problem = chafee_infante()
    keep(BranchFolder(shared_tmp_path, every=3), problem, 6, specials=(2, 4))
    if comm.rank == 0:
        (shared_tmp_path / "last.npz").unlink()
    comm.barrier()
    kept = BranchFolder(shared_tmp_path).read(problem, HEADER)
    assert [row["index"] for row in kept.rows] == [0, 1, 2, 3] and len(kept.specials) == 1
    check_fields(problem, kept, [0, 3])
    if comm.rank == 0:
        assert len((shared_tmp_path / "points.jsonl").read_text().splitlines()) == 1 + 4


@pytest.mark.mpi
def test_one_folder_keeps_one_branch(shared_tmp_path, comm):
    problem = chafee_infante()
    store = BranchFolder(shared_tmp_path)
    keep(store, problem, 4)
    with pytest.raises(CheckpointError, match="holds 4 points of a branch, point 0 of another cannot be kept in it"):
        keep(store, problem, 2)
    with pytest.raises(CheckpointError, match="holds 0 points of a branch, point 2 of another"):
        keep(BranchFolder(shared_tmp_path), problem, 3, first=2)
    with pytest.raises(CheckpointError, match="another branch: bounds"):
        keep(BranchFolder(shared_tmp_path), problem, 3, header={**HEADER, "bounds": [0.0, 1.0]})
    # Begun anew without being read, as a switched branch is.
    keep(BranchFolder(shared_tmp_path), problem, 2)
    assert len(BranchFolder(shared_tmp_path).read(problem, HEADER).rows) == 2


@pytest.mark.mpi
@pytest.mark.parametrize("every", [0, 1.5, True, None])
def test_bad_numbers_are_refused(shared_tmp_path, every):
    with pytest.raises(ParameterError, match=r"every = .* was given; an integer of at least 1"):
        BranchFolder(shared_tmp_path, every=every)


@pytest.mark.mpi
def test_elements_that_turn_with_their_cell_are_refused(shared_tmp_path):
    square = mesh.create_unit_square(MPI.COMM_WORLD, 2, 2)
    space = fem.functionspace(square, ("N1curl", 2))
    u, v, mu = fem.Function(space), ufl.TestFunction(space), fem.Constant(square, 1.0)
    problem = ParametricProblem(mu * ufl.inner(u, v) * ufl.dx, u, {"mu": mu})
    with pytest.raises(ModelError, match="use Lagrange elements"):
        BranchFolder(shared_tmp_path).read(problem, HEADER)


@pytest.mark.mpi
def test_a_finished_branch_is_there_at_once_and_can_be_switched_from(shared_tmp_path, comm):
    """In a problem made anew, as another script makes it."""

    def followed(problem):
        record = {"size": weighted(problem)}
        store = BranchFolder(shared_tmp_path, every=3)
        return continuation(problem, "mu", start=5.0, stop=30.0, record=record, store=store)

    one = followed(chafee_infante())
    problem = chafee_infante()
    before = problem.factor.count
    other = followed(problem)
    assert problem.factor.count - before <= len(other.specials)  # the normal form of each
    assert other.ended == one.ended
    for name in one.names:
        np.testing.assert_array_equal(other[name], one[name])
    (was,), (now,) = one.special("pitchfork"), other.special("pitchfork")
    assert now.value == was.value == pytest.approx(np.pi**2, abs=1e-4)
    assert (now.criticality, now.s, now.recorded) == (was.criticality, was.s, was.recorded)
    assert now.coefficients["cubic"] == pytest.approx(was.coefficients["cubic"], rel=1e-9, abs=0.0)
    expected, found = one.switch(was, -1), other.switch(now, -1)
    assert found["size"][0] < 0.0
    np.testing.assert_allclose(found["size"], expected["size"], rtol=1e-8)
    np.testing.assert_allclose(found["mu"], expected["mu"], rtol=1e-8)


@pytest.mark.mpi
def test_a_shortened_branch_goes_on_to_the_same_points(shared_tmp_path, comm):
    """As after a crash: the run goes on from what is left of it."""
    problem = chafee_infante()

    def followed(store):
        return continuation(problem, "mu", start=5.0, stop=50.0, record={"size": weighted(problem)}, store=store)

    whole = followed(BranchFolder(shared_tmp_path / "whole", every=1))
    short = shared_tmp_path / "short"
    if comm.rank == 0:
        shutil.copytree(shared_tmp_path / "whole", short)
        for index in range(4, len(whole)):
            (short / f"point-{index:04d}.npz").unlink()
        (short / "last.npz").unlink()
    comm.barrier()
    again = followed(BranchFolder(short))
    assert [point.kind for point in again.specials] == ["pitchfork", "pitchfork"]
    for one, other in zip(whole.specials, again.specials, strict=True):
        assert other.value == pytest.approx(one.value, rel=1e-10, abs=0.0)
    assert again["mu"][-1] == 50.0 and len(again) == len(whole)
