# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a sweep needs from whoever keeps it on disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from mpi4py import MPI

from fem_ionics.study.solvable import Solvable

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class KeptLine:
    """What an earlier run left of a line.

    Parameters
    ----------
    rows
        One for each accepted point, as `fem_ionics.study.lines` makes them.
    states
        Solutions "last" and "before"; empty where solutions cannot be kept.
    """

    rows: list[Row]
    states: Mapping[str, Any] = field(default_factory=dict)


class LineStore(Protocol):
    """Keeps one line of a sweep; every call is collective over the line's ranks."""

    def read(self, solvable: Solvable) -> KeptLine | None:
        """What an earlier run left; None for a fresh start. CheckpointError for what is damaged."""
        ...

    def accept(self, row: Row, states: Mapping[str, Any]) -> None:
        """Keep an accepted point: its row is appended, the solutions replace those of the point before."""
        ...

    def keep(self, name: str, solution: Any) -> None:
        """Keep a solution under a name for good."""
        ...

    def kept(self, name: str, solvable: Solvable) -> Any:
        """The solution kept under a name, None if there is none."""
        ...


class SweepStore(Protocol):
    """Keeps a sweep through a crash (`fem_ionics.io.SweepFolder`)."""

    def begin(self, identity: Mapping[str, Any], comm: MPI.Comm) -> None:
        """Go on with the same sweep or start a new one (collective); CheckpointError if another one is there."""
        ...

    def line(self, index: int, comm: MPI.Comm) -> LineStore:
        """What keeps line number `index` (collective over its ranks)."""
        ...
