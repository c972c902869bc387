# SPDX-License-Identifier: LGPL-3.0-or-later
"""What every benchmark does with its numbers: say them, round them, and keep them with their machine and versions."""

import os
import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from mpi4py import MPI

import fem_ionics as fi

COMM = MPI.COMM_WORLD
_VERSIONS = ("ranks", "fem_ionics", "python", "dolfinx", "petsc", "mpi", "platform")


def say(text: str) -> None:
    """On one rank."""
    if COMM.rank == 0:
        print(text, flush=True)


def words(row: Mapping[str, float], digits: int = 4) -> str:
    """A row on one line."""
    return ", ".join(f"{name} {value:.{digits}g}" for name, value in row.items())


def show(table: fi.Table) -> None:
    """A table for a person, on one rank."""
    say(f"\n{table.title}")
    for row in table:
        say("  " + ", ".join(f"{name} {value:.6g} {table.units[name]}".rstrip() for name, value in row.items()))


def short(value: float, digits: int = 4) -> float:
    """To so many digits; counts stay as they are."""
    return value if isinstance(value, int) else float(f"{value:.{digits}g}")


def columns(rows: Sequence[Mapping[str, float]], digits: int = 4) -> dict[str, list[float]]:
    """Of rows with the same names, to so many digits."""
    return {name: [short(row[name], digits) for row in rows] for name in rows[0]}


def keep(path: str | Path, *tables: fi.Table, key: Callable[[fi.Table], Any]) -> None:
    """Into the file, in place of earlier tables of the same key, in the order of keys (collective)."""
    mine = [key(each) for each in tables]
    others = fi.io.read_tables(path) if Path(path).exists() else []
    # All have read it before one writes.
    COMM.barrier()
    fi.io.write_table(path, *sorted([*(each for each in others if key(each) not in mine), *tables], key=key))


def provenance() -> dict[str, Any]:
    """Where, when and with which versions (collective)."""
    here = fi.info.info()
    return machine() | {name: here[name] for name in _VERSIONS}


def unknowns(model: fi.Model) -> int:
    """Of the whole system, on all ranks."""
    maps = (each.function.function_space.dofmap for each in model.fields)
    return int(sum(each.index_map.size_global * each.index_map_bs for each in maps))


def machine() -> dict[str, Any]:
    """Where and when (collective)."""
    here = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load average": list(np.round(os.getloadavg(), 2)),
        "threads": os.environ.get("OMP_NUM_THREADS", "not set"),
    }
    return COMM.bcast(here)


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text().splitlines() if facts.exists() else []
    return next((line.split(": ", 1)[1] for line in lines if line.startswith("model name")), platform.machine())
