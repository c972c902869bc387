# SPDX-License-Identifier: LGPL-3.0-or-later
"""How a parallel run ends when something is raised: with one message, and never in a deadlock."""

import sys
import time
import traceback

from mpi4py import MPI

from fem_ionics.errors import FemIonicsError, ScriptError

#: Seconds that a failing rank waits for the others to fail too before it aborts them.
PATIENCE = 5.0


def exit_status(error: BaseException) -> int:
    """Return 2 for a script or value that cannot be used, 1 for what failed while running."""
    return 2 if isinstance(error, ScriptError) else 1


def message(error: BaseException, script: str = "") -> str:
    """Return what to print of an error.

    Parameters
    ----------
    error
        What was raised.
    script
        The script that ran; its line is named where the error passed through it.

    Returns
    -------
    str
        Kind, words and the script's line for the package's own errors; the traceback for others.
    """
    if not isinstance(error, FemIonicsError):
        return "".join(traceback.format_exception(error)).rstrip()
    text = f"{type(error).__name__}: {error}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == script]
    return f"{text}\n  at {script}, line {frames[-1].lineno}: {frames[-1].line}" if frames else text


def report(comm: MPI.Intracomm, error: BaseException, script: str = "") -> int:
    """Print an error once and return the exit status; abort all ranks if only some of them failed.

    Parameters
    ----------
    comm
        A duplicate made before the work, so that nothing of the user's can be matched with this.
    error, script
        As in `message`.

    Returns
    -------
    int
        Exit status of this process. Does not return if another rank did not fail too, or if the error
        is not one of the package's own (what those leave behind is unknown).
    """
    text = message(error, script)
    if not _all_arrive(comm):
        _abort(f"[rank {comm.rank}] {text}")
    texts = comm.gather(text)
    if comm.rank == 0:
        for each in dict.fromkeys(texts or ()):
            print(each, file=sys.stderr, flush=True)
    own = comm.allreduce(isinstance(error, FemIonicsError), op=MPI.LAND)
    if comm.size > 1 and not own:
        _abort("")
    return comm.allreduce(exit_status(error), op=MPI.MAX)


def _all_arrive(comm: MPI.Intracomm) -> bool:
    """Whether every rank comes here within the time allowed."""
    request = comm.Ibarrier()
    end = time.monotonic() + PATIENCE
    while not request.Test():
        if time.monotonic() > end:
            return False
        time.sleep(0.01)
    return True


def _abort(text: str) -> None:
    if text:
        print(text, file=sys.stderr, flush=True)
    sys.stdout.flush()
    MPI.COMM_WORLD.Abort(1)
