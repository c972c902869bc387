# SPDX-License-Identifier: LGPL-3.0-or-later
"""Work in a process of its own, which leaves what it found as JSON."""

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

#: PYTHONPATH of this process: what another one needs to import the same packages.
OURS = os.environ.get("PYTHONPATH")


def left_by(command: Sequence[str], packages: str | None = OURS) -> Any:
    """What a process writes to the file of its option --out.

    Parameters
    ----------
    command
        The process, without that option.
    packages
        Its PYTHONPATH. None: nothing of ours, as a program in an environment of its own needs it.

    Raises
    ------
    RuntimeError
        When it fails; with what it printed.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"PYTHONPATH": packages} if packages else {}
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "found.json"
        done = subprocess.run([*command, "--out", str(out)], env=environment, capture_output=True, text=True)
        if done.returncode or not out.exists():
            raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
        return json.loads(out.read_text())
