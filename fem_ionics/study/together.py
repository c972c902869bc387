# SPDX-License-Identifier: LGPL-3.0-or-later
"""Several groups of ranks at work on one study: what fails in one of them is raised in all."""

from collections.abc import Callable

from mpi4py import MPI

from fem_ionics import errors
from fem_ionics.errors import FemIonicsError, ParameterError
from fem_ionics.parameters import checks


def groups_of(owner: str, groups: int, comm: MPI.Comm) -> int:
    """Number of groups; ParameterError for one that the communicator cannot hold."""
    count = checks.integer(owner, "groups", groups)
    if not 1 <= count <= comm.size:
        raise ParameterError(f"{owner}: groups = {count} was given for {comm.size} ranks; 1 to {comm.size} can be.")
    return count


def split(comm: MPI.Comm, groups: int) -> tuple[MPI.Comm, int]:
    """Communicator and number of this rank's group; neighbouring ranks stay together (collective)."""
    if groups == 1:
        return comm, 0
    group = comm.rank * groups // comm.size
    return comm.Split(group, comm.rank), group


def share(count: int, groups: int, group: int) -> range:
    """Numbers of the jobs of a group: a run of neighbours, so that each can start from the one before."""
    return range(count * group // groups, count * (group + 1) // groups)


def together[T](comm: MPI.Comm, groups: int, group: int, work: Callable[[], T]) -> T:
    """Do a group's work, and raise on every rank if that of any group fails (collective).

    Raises
    ------
    Exception
        In a group that failed its own error; in the others one of the same class, with the first one's words.
    """
    if groups == 1:
        return work()
    result, error = None, None
    try:
        result = work()
    except Exception as caught:
        error = caught
    told = comm.allgather((group, type(error).__name__, str(error)) if error else None)
    if error is not None:
        raise error
    failed = [each for each in told if each is not None]
    if failed:
        number, kind, words = failed[0]
        own = getattr(errors, kind, FemIonicsError)
        raised: type[Exception] = own if issubclass(own, FemIonicsError) else FemIonicsError
        raise raised(f"group {number + 1} of {groups}: {kind}: {words}")
    return result  # type: ignore[return-value]
