# SPDX-License-Identifier: LGPL-3.0-or-later
"""A sweep or a current-voltage curve on disk while it is walked: whole after a crash at any moment.

The folder holds ``sweep.json`` (what is swept of which problem) and for each line ``line-0000.jsonl`` (the numbers of
each accepted point), ``line-0000-start.npz`` and ``line-0000-last.npz`` (checkpoints to go on from) and
``line-0000-point-0012.npz`` (of each solution that is to be kept).

The checkpoint of a point is written before its numbers, and carries them: a row that is missing or torn is there.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from mpi4py import MPI

from fem_ionics.errors import CheckpointError, OutputError
from fem_ionics.io.checkpoint import Checkpoint
from fem_ionics.io.paths import PathLike, on_root, plain, prepare, write_whole
from fem_ionics.model import Model, State
from fem_ionics.study.solvable import Solvable
from fem_ionics.study.sweep_store import KeptLine, Row
from fem_ionics.version import __version__

FORMAT = "fem_ionics sweep"
VERSION = 1
_REMOVE = "Remove the folder to start afresh, or give another one."

type Facts = dict[str, Any]


class SweepFolder:
    """A folder that keeps one sweep; the `store` of `sweep` and of `iv_curve`.

    Parameters
    ----------
    path
        The folder; it is made where there is none. Each sweep needs one of its own.
    comm
        Communicator; construction is collective, so that a run does not find out late that it cannot save.

    Raises
    ------
    OutputError
        On all ranks, when nothing can be written there.

    Notes
    -----
    The same script run again goes on where it was killed; the numbers of a finished one are there at once. Steps may be
    given anew. Solutions that are no State of a finite-element model are not kept: such a run goes on from a fresh
    solution.
    """

    def __init__(self, path: PathLike, comm: MPI.Comm = MPI.COMM_WORLD) -> None:
        self.path = Path(path)
        self.comm = comm
        self._header = prepare(self.path / "sweep.json", comm)

    def begin(self, identity: Mapping[str, Any], comm: MPI.Comm) -> None:
        """Go on with the sweep in the folder if it is the same one, or start it.

        Parameters
        ----------
        identity
            What a sweep must agree with; values that JSON can hold.
        comm
            Communicator of the whole sweep.

        Raises
        ------
        CheckpointError
            On all ranks: for the folder of another sweep, and for what is damaged.
        OutputError
            On all ranks, when it cannot be written.

        Notes
        -----
        Collective.
        """
        facts = {"format": FORMAT, "version": VERSION, "package": __version__, "identity": dict(identity)}
        text = json.dumps(facts, default=plain, indent=1) + "\n"
        if not comm.bcast(on_root(comm, lambda: self._found(json.loads(text)), CheckpointError)):
            _write_text(self._header, comm, text)

    def line(self, index: int, comm: MPI.Comm) -> "LineFiles":
        """The files of one line, kept by the ranks of `comm`."""
        return LineFiles(self.path, index, comm)

    def _found(self, expected: Facts) -> bool:
        """Whether the folder holds this sweep; on rank 0."""
        if not self._header.exists():
            if any(self.path.glob("line-*.jsonl")):
                raise CheckpointError(f'"{self.path}" is damaged: sweep.json is missing. {_REMOVE}')
            return False
        try:
            found = json.loads(self._header.read_bytes())
            kind, stored = (found["format"], found["version"]), found["identity"]
        except (ValueError, KeyError, TypeError) as error:
            raise CheckpointError(
                f'"{self._header}" is damaged ({type(error).__name__}: {error}). {_REMOVE}'
            ) from error
        if kind != (FORMAT, VERSION):
            raise CheckpointError(f'"{self._header}" has the format {kind}; {(FORMAT, VERSION)} is expected.')
        wanted = expected["identity"]
        for key in sorted({*wanted, *stored}):
            if stored.get(key) != wanted.get(key):
                raise CheckpointError(
                    f'"{self.path}" keeps another sweep: {key} {stored.get(key)} was found, {wanted.get(key)} is '
                    "expected. Give another folder, or restore what it was written for."
                )
        return True


class LineFiles:
    """The files of one line; every call is collective over its ranks.

    Parameters
    ----------
    folder
        Of the sweep.
    index
        Number of the line.
    comm
        Communicator of the line's ranks.
    """

    def __init__(self, folder: Path, index: int, comm: MPI.Comm) -> None:
        self.comm = comm
        self._stem = f"line-{index:04d}"
        self._folder = folder
        self._rows = folder / f"{self._stem}.jsonl"
        self._count = 0

    def read(self, solvable: Solvable) -> KeptLine | None:
        """What an earlier run left of the line; None for nothing.

        Raises
        ------
        CheckpointError
            On all ranks, for files that are damaged or of another model.
        """
        rows, torn = self.comm.bcast(on_root(self.comm, self._parsed, CheckpointError))
        states: Mapping[str, State] = {}
        if (model := _model(solvable)) is not None:
            found = self._checkpoint("last").load(model)
            if found is None and not rows:
                return None
            states, rows, torn = self._joined(found, rows, torn)
        if torn:
            _write_text(self._rows, self.comm, "".join(map(_line, rows)))
        self._count = len(rows)
        return KeptLine(rows, states) if rows else None

    def accept(self, row: Row, states: Mapping[str, Any]) -> None:
        """Keep an accepted point, so that a crash at any moment leaves it or the one before.

        Raises
        ------
        CheckpointError
            On all ranks, for a point that does not follow the last one kept.
        OutputError
            On all ranks, when it cannot be written.
        """
        if row["index"] != self._count:
            raise CheckpointError(
                f'"{self._rows}" holds {self._count} points; point {row["index"]} does not follow. {_REMOVE}'
            )
        if all(isinstance(state, State) for state in states.values()):
            self._checkpoint("last").save(states, {"row": row})
        on_root(self.comm, lambda: _append(self._rows, _line(row)), OutputError)
        self._count += 1

    def keep(self, name: str, solution: Any) -> None:
        """Keep a solution for good, if it is a State; OutputError on all ranks when it cannot be written."""
        if isinstance(solution, State):
            self._checkpoint(name).save({"state": solution})

    def kept(self, name: str, solvable: Solvable) -> State | None:
        """The solution of that name, None if there is none; CheckpointError for a damaged one."""
        if (model := _model(solvable)) is None:
            return None
        found = self._checkpoint(name).load(model)
        return None if found is None else found[0]["state"]

    def _checkpoint(self, name: str) -> Checkpoint:
        return Checkpoint(self._folder / f"{self._stem}-{name}.npz", self.comm)

    def _joined(
        self, found: tuple[dict[str, State], Facts] | None, rows: list[Row], torn: bool
    ) -> tuple[Mapping[str, State], list[Row], bool]:
        """Rows up to that of the checkpoint, which may lack its line."""
        newest = found[1]["row"] if found else None
        if found is None or newest is None or newest["index"] not in (len(rows), len(rows) - 1):
            last = f"is of point {newest['index']}" if newest else "is missing"
            few = f"{len(rows)} points, but the checkpoint of the last one {last}"
            raise CheckpointError(f'"{self._rows}" is damaged: {few}. {_REMOVE}')
        missing = newest["index"] == len(rows)
        return found[0], [*rows, newest] if missing else rows, torn or missing

    def _parsed(self) -> tuple[list[Row], bool]:
        """Whole rows of the lines, and whether the last line is torn; on rank 0."""
        if not self._rows.exists():
            return [], False
        *whole, rest = self._rows.read_bytes().split(b"\n")
        try:
            rows = [json.loads(line) for line in whole]
            if [row["index"] for row in rows] != list(range(len(rows))):
                raise ValueError("points are missing")
        except (ValueError, KeyError, TypeError) as error:
            raise CheckpointError(f'"{self._rows}" is damaged ({type(error).__name__}: {error}). {_REMOVE}') from error
        return rows, bool(rest)


def _model(solvable: Solvable) -> Model | None:
    model = getattr(solvable, "model", None)
    return model if isinstance(model, Model) else None


def _line(row: Row) -> str:
    return json.dumps(row, default=plain) + "\n"


def _write_text(path: Path, comm: MPI.Comm, text: str) -> None:
    def write(file: BinaryIO) -> None:
        file.write(text.encode())

    write_whole(path, comm, write)


def _append(path: Path, line: str) -> None:
    with open(path, "ab") as file:
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())
