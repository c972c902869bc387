# SPDX-License-Identifier: LGPL-3.0-or-later
"""Files that rank 0 writes: checked before the work, whole or not at all, one outcome on all ranks."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from mpi4py import MPI

from fem_ionics.errors import OutputError

type PathLike = str | os.PathLike[str]


def on_root[T](comm: MPI.Comm, work: Callable[[], T], error: type[Exception]) -> T | None:
    """Run `work` on rank 0 alone and let its failure reach every rank.

    Parameters
    ----------
    comm
        Communicator; the call is collective.
    work
        Called on rank 0 only.
    error
        Class that is let through, and that any OSError becomes.

    Returns
    -------
    object or None
        What `work` returned, on rank 0; None elsewhere.
    """
    result: T | None = None
    words: str | None = None
    cause: BaseException | None = None
    if comm.rank == 0:
        try:
            result = work()
        except (error, OSError) as caught:
            words, cause = str(caught), caught
        except BaseException as caught:
            words, cause = f"unexpected {type(caught).__name__}: {caught}", caught
    words = comm.bcast(words)
    if words is not None:
        raise error(words) from cause
    return result


def prepare(path: PathLike, comm: MPI.Comm = MPI.COMM_WORLD, *, folder: bool = False) -> Path:
    """Make sure that a file can be written, before the work that fills it.

    Parameters
    ----------
    path
        The file; missing parents are made.
    comm
        Communicator; the call is collective.
    folder
        The output is itself a folder (ADIOS2), so one of that name may be there.

    Returns
    -------
    Path
        The same path.

    Raises
    ------
    OutputError
        On all ranks, when nothing can be written there.
    """
    target = Path(path)
    on_root(comm, lambda: _check(target, folder), OutputError)
    return target


def _check(target: Path, folder: bool) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if not folder and target.is_dir():
            raise OutputError(f'"{target}" is a folder; give the name of a file in it.')
        if folder and target.is_file():
            raise OutputError(f'"{target}" is a file where a folder is to be written; remove it first.')
        # Trying is the only sure test: permissions, read-only disks and full ones look alike otherwise.
        with tempfile.TemporaryFile(dir=target.parent):
            pass
    except OutputError:
        raise
    except OSError as error:
        raise OutputError(
            f'cannot write "{target}": {error.strerror or error} ("{error.filename or target.parent}"). '
            "Give a path in a folder that you may write to."
        ) from error


def write_whole(path: PathLike, comm: MPI.Comm, write: Callable[[BinaryIO], None]) -> None:
    """Write a file from rank 0 so that it is there whole, or the previous one stays.

    Parameters
    ----------
    path
        The file; missing parents are made.
    comm
        Communicator; the call is collective.
    write
        Given the open binary file on rank 0.

    Raises
    ------
    OutputError
        On all ranks, when it cannot be written.
    """
    target = prepare(path, comm)
    on_root(comm, lambda: _replace(target, write), OutputError)


def _replace(target: Path, write: Callable[[BinaryIO], None]) -> None:
    """A crash at any moment leaves the old file or the new one: written beside it, flushed, renamed."""
    temporary = target.with_name(f".{target.name}.tmp")
    try:
        with open(temporary, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError as error:
        raise OutputError(f'cannot write "{target}": {error.strerror or error}.') from error
    finally:
        temporary.unlink(missing_ok=True)


def plain(value: Any) -> Any:
    """What JSON does not know, in numbers or words: a header must never stop an output."""
    return value.tolist() if hasattr(value, "tolist") else str(value)
