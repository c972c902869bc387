# SPDX-License-Identifier: LGPL-3.0-or-later
"""pytest under mpiexec with one report: ``mpiexec -n 2 python tools/pytest_ranks.py [pytest's words]``.

Rank 0 reports as usual; another rank speaks only if something fails there.
"""

import contextlib
import io
import sys

import pytest
from mpi4py import MPI


def main() -> int:
    """Run pytest with the words of the command line on this rank; return its exit status."""
    words = ["-p", "no:cacheprovider", *sys.argv[1:]]
    if MPI.COMM_WORLD.rank == 0:
        return int(pytest.main(words))
    report = io.StringIO()
    with contextlib.redirect_stdout(report):
        status = int(pytest.main(words))
    if status:
        print(f"[rank {MPI.COMM_WORLD.rank}]\n{report.getvalue()}", file=sys.stderr, flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
