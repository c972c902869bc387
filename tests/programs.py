# SPDX-License-Identifier: LGPL-3.0-or-later
"""Python programs that tests start beside themselves, alone or on several ranks."""

import os
import shutil
import sys
from pathlib import Path

import pytest

import fem_ionics


def program(*words: object, ranks: int = 1) -> tuple[list[str], dict[str, str]]:
    """Command and environment of `python words...`; several ranks need the mpiexec that belongs to this Python."""
    command = [sys.executable, *map(str, words)]
    if ranks > 1:
        beside = Path(sys.executable).with_name("mpiexec")
        mpiexec = str(beside) if beside.exists() else shutil.which("mpiexec")
        if mpiexec is None:
            pytest.skip("no mpiexec here")
        command = [mpiexec, "-n", str(ranks), *command]
    # What an outer mpiexec left in the environment would confuse the inner one.
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("PMI", "HYD", "OMPI"))}
    roots = (Path(fem_ionics.__file__).parents[1], Path(__file__).parent)
    return command, {**clean, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(map(str, roots))}
