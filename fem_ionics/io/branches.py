# SPDX-License-Identifier: LGPL-3.0-or-later
"""A branch on disk while it is followed: whole after a crash at any moment, to go on with on any number of ranks.

The folder holds ``points.jsonl`` (a header, then a line of numbers for each accepted point), ``last.npz`` (vectors of
the last point), ``point-0010.npz`` (of every so many) and ``special-000.npz`` (of each special point). The .npz files
read without this package: ``header`` (JSON), ``nodes`` (coordinates of the cells, mesh units) and for each vector and
block of unknowns one array (cells, nodes, components), scaled.

A point's vectors are written before its line, and carry it: a line that is missing or torn is in ``last.npz``.
"""

import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from mpi4py import MPI

from fem_ionics.bifurcation.problem import ParametricProblem
from fem_ionics.bifurcation.store import Kept
from fem_ionics.errors import CheckpointError, OutputError, ParameterError
from fem_ionics.io.paths import PathLike, on_root, plain, prepare, write_whole
from fem_ionics.io.vectors import Arrays, CellVectors
from fem_ionics.version import __version__

FORMAT = "fem_ionics branch"
VERSION = 1
#: What a branch finds out for itself once it has begun.
_FOUND = ("size", "span")

type Facts = dict[str, Any]


class BranchFolder:
    """A folder that keeps one branch; the `store` of `continuation` and of `Branch.switch`.

    Parameters
    ----------
    path
        The folder; it is made where there is none. Each branch needs one of its own.
    comm
        Communicator; construction is collective, so that a run does not find out late that it cannot save.
    every
        The vectors of every so many points are kept besides the last one's.

    Raises
    ------
    ParameterError
        For `every` that is no positive integer.
    OutputError
        On all ranks, when nothing can be written there.

    Notes
    -----
    The same script run again goes on where it was killed; the branch of a finished one is there at once.
    """

    def __init__(self, path: PathLike, comm: MPI.Comm = MPI.COMM_WORLD, every: int = 10) -> None:
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise ParameterError(f"BranchFolder: every = {every!r} was given; an integer of at least 1 is needed.")
        self.path = Path(path)
        self.comm, self.every = comm, every
        self._rows = prepare(self.path / "points.jsonl", comm)
        self._last = self.path / "last.npz"
        self._cells: CellVectors | None = None
        #: Lines of points on disk, on every rank; None before the branch was read or begun.
        self._lines: list[str] | None = None
        self._identity: Facts = {}

    # as a Store

    def read(self, problem: ParametricProblem, header: Facts) -> Kept | None:
        """What an earlier run left; None where there is nothing to go on from.

        Parameters
        ----------
        problem
            The same problem on the same mesh, on any number of ranks, with its other parameters at the same values.
        header
            The same settings; the length of a branch's steps is that of the earlier run.

        Raises
        ------
        CheckpointError
            On all ranks: for a branch of another problem, parameter or settings, and for damaged files.

        Notes
        -----
        Collective.
        """
        self._identity, cells = _identity(problem, header), self._vectors(problem)
        found = self.comm.bcast(on_root(self.comm, self._scan, CheckpointError))
        if found is None:
            return None
        stored, rows, files, repair = found
        self._lines = [_line(row) for row in rows]
        if repair:
            text = "\n".join([_line(stored), *self._lines, ""])
            self._write_lines(text)
        fields = {index: self._load(self.path / name, cells)[1] for index, name in files.items()}
        count = rows[-1]["specials"]
        specials = [self._load(self._special(index), cells) for index in range(count)]
        return Kept(stored["header"], rows, fields, specials)

    def accept(self, problem: ParametricProblem, header: Facts, row: Facts, vectors: Mapping[str, Any]) -> None:
        """Keep an accepted point, so that a crash at any moment leaves it or the one before.

        Raises
        ------
        CheckpointError
            On all ranks, for a point that does not follow the last one kept: a second branch in one folder, or a first
            point where the folder holds a branch of another problem.
        OutputError
            On all ranks, when it cannot be written.

        Notes
        -----
        Collective.
        """
        index, line = int(row["index"]), _line(row)
        if self._lines is None and index == 0:
            self._begin(problem, header)
        lines = self._lines or []
        if index == len(lines) - 1 and line == lines[-1]:
            return  # a run that goes on begins with the last point
        if index != len(lines):
            raise CheckpointError(
                f'"{self.path}" holds {len(lines)} points of a branch, point {index} of another cannot be kept in it: '
                "give each branch a folder of its own."
            )
        arrays = self._vectors(problem).gather(vectors)
        facts = {**self._identity, "header": header, "content": row, "vectors": list(vectors)}
        if index % self.every == 0:
            self._write(self.path / f"point-{index:04d}.npz", facts, arrays)
        self._write(self._last, facts, arrays)
        on_root(self.comm, lambda: _append(self._rows, line), OutputError)
        self._lines = [*lines, line]

    def special(self, problem: ParametricProblem, index: int, facts: Facts, vectors: Mapping[str, Any]) -> None:
        """Keep special point number `index`; it counts once the point after it is accepted.

        Raises
        ------
        OutputError
            On all ranks, when it cannot be written.

        Notes
        -----
        Collective.
        """
        arrays = self._vectors(problem).gather(vectors)
        content = {**self._identity, "content": facts, "vectors": list(vectors)}
        self._write(self._special(index), content, arrays)

    # in detail

    def _special(self, index: int) -> Path:
        return self.path / f"special-{index:03d}.npz"

    def _vectors(self, problem: ParametricProblem) -> CellVectors:
        if self._cells is None or self._cells.problem is not problem:
            self._cells = CellVectors(problem)
        return self._cells

    def _begin(self, problem: ParametricProblem, header: Facts) -> None:
        """Start afresh: what another branch of the same problem left is removed, vectors first."""
        self._identity = _identity(problem, header)

        def clear() -> None:
            if self._rows.exists():
                self._compare(self._rows, self._parsed()[0])
            for pattern in ("last.npz", "point-*.npz", "special-*.npz"):
                for path in self.path.glob(pattern):
                    path.unlink()

        on_root(self.comm, clear, CheckpointError)
        text = _line({**self._identity, "header": header}) + "\n"
        self._write_lines(text)
        self._lines = []

    def _scan(self) -> tuple[Facts, list[Facts], dict[int, str], bool] | None:
        """Header, rows that can be gone on from, files of points, and whether the lines need repair; on rank 0."""
        vectors = {int(path.stem[6:]): path.name for path in self.path.glob("point-*.npz") if path.stem[6:].isdigit()}
        if not self._rows.exists():
            if self._last.exists() or vectors:
                raise CheckpointError(f'"{self.path}" is damaged: points.jsonl is missing. {_REMOVE}')
            return None
        stored, rows, torn = self._parsed()
        self._compare(self._rows, stored)
        newest = self._last.name if self._last.exists() else vectors[max(vectors)] if vectors else None
        if newest is None:
            return None
        row = self._header(self.path / newest)["content"]
        index = row["index"]
        if index > len(rows):
            few = f"{len(rows)} points, but {newest} is point {index}"
            raise CheckpointError(f'"{self._rows}" is damaged: {few}. {_REMOVE}')
        repair = torn or index != len(rows) - 1
        rows = [*rows[:index], row]
        files = {number: name for number, name in sorted(vectors.items()) if number < index}
        return stored, rows, {**files, index: newest}, repair

    def _parsed(self) -> tuple[Facts, list[Facts], bool]:
        """Header and rows of the lines, and whether the last one was torn."""
        try:
            *whole, rest = self._rows.read_bytes().split(b"\n")
            stored, *rows = [json.loads(line) for line in whole]
            if [row["index"] for row in rows] != list(range(len(rows))):
                raise ValueError("points are missing")
        except (ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f'"{self._rows}" is damaged ({type(error).__name__}: {error}). {_REMOVE}') from error
        return stored, rows, bool(rest)

    def _compare(self, path: Path, found: Facts) -> None:
        """Raise for a file of another format, problem or branch."""
        if not isinstance(found, dict) or (found.get("format"), found.get("version")) != (FORMAT, VERSION):
            given = found if not isinstance(found, dict) else f"{found.get('format')!r} {found.get('version')!r}"
            raise CheckpointError(f'"{path}" has the format {given}; {FORMAT!r} {VERSION} is expected.')
        for part in ("problem", "header"):
            expected = self._identity[part]
            stored = {key: value for key, value in found.get(part, {}).items() if key not in _FOUND}
            for key in sorted({*expected, *stored}):
                was, now = stored.get(key), expected.get(key)
                if was != now:
                    kind = "problem" if part == "problem" else "branch"
                    raise CheckpointError(
                        f'"{path}" belongs to another {kind}: {key} {was} was found, {now} is expected. '
                        "Give another folder, or restore what it was written for."
                    )

    def _write_lines(self, text: str) -> None:
        def write(file: BinaryIO) -> None:
            file.write(text.encode())

        write_whole(self._rows, self.comm, write)

    def _write(self, path: Path, facts: Facts, arrays: Arrays) -> None:
        everything: dict[str, Any] = {"header": np.array(_line(facts)), **arrays}
        write_whole(path, self.comm, lambda file: np.savez(file, **everything))

    def _header(self, path: Path) -> Facts:
        """Facts of a file that fits; on rank 0."""
        return self._opened(path, arrays=False)[0]

    def _opened(self, path: Path, arrays: bool = True) -> tuple[Facts, Arrays]:
        try:
            with np.load(path, allow_pickle=False) as file:
                facts = json.loads(str(file["header"]))
                found = {name: file[name] for name in file.files if name != "header"} if arrays else {}
        except _UNREADABLE as error:
            raise CheckpointError(
                f'"{path}" is damaged or missing ({type(error).__name__}: {error}). {_REMOVE}'
            ) from error
        self._compare(path, facts)
        return facts, found

    def _load(self, path: Path, cells: CellVectors) -> tuple[Facts, dict[str, Any]]:
        """Content and vectors of one file (collective)."""

        def work() -> tuple[Facts, Arrays]:
            facts, arrays = self._opened(path)
            cells.check(path, facts["vectors"], arrays)
            return facts, arrays

        found = on_root(self.comm, work, CheckpointError)
        facts = self.comm.bcast(found[0] if found else None)
        return facts["content"], cells.scatter(facts["vectors"], found[1] if found else None)


_REMOVE = "Remove the folder to start afresh, or give another one."
_UNREADABLE = (ValueError, KeyError, TypeError, EOFError, OSError, zipfile.BadZipFile, zlib.error, NotImplementedError)


def _identity(problem: ParametricProblem, header: Facts) -> Facts:
    """What a folder must agree with, as JSON gives it back (collective)."""
    if (model := getattr(problem, "model", None)) is not None:
        model.read_parameters()
    others = {name: value for name, value in problem.values().items() if name != header["parameter"]}
    settings = {key: value for key, value in header.items() if key not in _FOUND}
    facts: Facts = json.loads(
        _line(
            {
                "format": FORMAT,
                "version": VERSION,
                "package": __version__,
                "problem": {**problem.facts(), "other parameters": others},
                "header": settings,
            }
        )
    )
    return facts


def _line(facts: Facts) -> str:
    return json.dumps(facts, default=plain)


def _append(path: Path, line: str) -> None:
    with open(path, "ab") as file:
        file.write(line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
