# SPDX-License-Identifier: LGPL-3.0-or-later
"""Monte-Carlo runs on disk while they go on: ions, generators and sums, one file for each set of parameter values."""

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from mpi4py import MPI

from fem_ionics.errors import CheckpointError
from fem_ionics.io.paths import PathLike, on_root, prepare, write_whole

#: Mark of the layout of a file.
_FORMAT = "fem_ionics sampling 1"


class SamplingFolder:
    """A folder that keeps Monte-Carlo runs; the `store` of `NPLEMC`.

    Parameters
    ----------
    path
        The folder; it is made where there is none. Several problems may share it: each run has a file of its own.
    comm
        Communicator; construction is collective, so that a run does not find out late that it cannot save.

    Raises
    ------
    OutputError
        On all ranks, when nothing can be written there.

    Notes
    -----
    The same script run again goes on where it was killed, on any number of ranks; what is finished is there at once.
    """

    def __init__(self, path: PathLike, comm: MPI.Comm = MPI.COMM_WORLD) -> None:
        self.path, self.comm = Path(path), comm
        prepare(self.path / "sampling.npz", comm)

    def load(self, key: str) -> Mapping[str, Any] | None:
        """Arrays under a key, the same on all ranks; None if there are none (collective).

        Raises
        ------
        CheckpointError
            On all ranks, for a file that is damaged.
        """
        found: Mapping[str, Any] | None = self.comm.bcast(on_root(self.comm, lambda: self._read(key), CheckpointError))
        return found

    def save(self, key: str, arrays: Mapping[str, Any]) -> None:
        """Keep the arrays of rank 0 under a key: whole, or those before them stay (collective).

        Raises
        ------
        OutputError
            On all ranks, when they cannot be written.
        """

        def write(file: BinaryIO) -> None:
            held: dict[str, Any] = {"format": np.array(_FORMAT), **arrays}
            np.savez(file, **held)

        write_whole(self._file(key), self.comm, write)

    def _file(self, key: str) -> Path:
        return self.path / f"{key}.npz"

    def _read(self, key: str) -> dict[str, Any] | None:
        """On rank 0."""
        file = self._file(key)
        if not file.exists():
            return None
        try:
            with np.load(file, allow_pickle=False) as kept:
                arrays = {name: kept[name] for name in kept.files}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
            raise CheckpointError(f'"{file}" is damaged ({error}). Remove it to start afresh.') from error
        if str(arrays.pop("format", "")) != _FORMAT:
            raise CheckpointError(f'"{file}" was not written by this class. Give another folder.')
        return arrays
