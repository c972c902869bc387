# SPDX-License-Identifier: LGPL-3.0-or-later
"""Fixtures that every test may use, alone or under mpiexec."""

import gc
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from mpi4py import MPI

import fem_ionics  # noqa: F401  (before any test imports dolfinx: it makes the wheel's DOLFINx importable)

# For what tests of several folders share (programs.py).
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def comm() -> MPI.Intracomm:
    """Communicator of all ranks."""
    return MPI.COMM_WORLD


@pytest.fixture(autouse=True)
def collect_together() -> Iterator[None]:
    """Free PETSc and MPI objects on all ranks at the same moment: their destructors are collective."""
    yield
    if MPI.COMM_WORLD.size > 1:
        gc.collect()
        MPI.COMM_WORLD.barrier()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip on too few ranks: what compares all ranks with one (``mpi(least=2)``) would do the same twice on one."""
    for item in items:
        mark = item.get_closest_marker("mpi")
        if mark and MPI.COMM_WORLD.size < mark.kwargs.get("least", 1):
            item.add_marker(pytest.mark.skip(reason="one rank is all ranks"))


def pytest_collection_finish() -> None:
    """What imports have made stays: the collections after each test on several ranks need not look at it."""
    gc.collect()
    gc.freeze()


@pytest.fixture
def shared_tmp_path(comm: MPI.Intracomm) -> Iterator[Path]:
    """Empty folder with the same path on every rank (``tmp_path`` differs from rank to rank)."""
    folder = comm.bcast(tempfile.mkdtemp(prefix="fem_ionics_") if comm.rank == 0 else None)
    yield Path(folder)
    comm.barrier()
    if comm.rank == 0:
        shutil.rmtree(folder, ignore_errors=True)
