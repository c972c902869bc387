# SPDX-License-Identifier: LGPL-3.0-or-later
"""The C code of the chain, compiled for this machine on first use and kept, as DOLFINx does with its forms."""

import hashlib
import os
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import cffi

from fem_ionics.errors import CompilerError
from fem_ionics.info import processor
from fem_ionics.log import get_logger

_log = get_logger("lemc")
_HERE = Path(__file__).parent
_SOURCES = ("state.h", "pairs.h", "space.h", "random.h", "sums.h", "moves.h", "chain.c")
#: Sums over pairs may be reordered, so that they run in vectors.
_FLAGS = ("-O3", "-march=native", "-mprefer-vector-width=512", "-ffast-math", "-fopenmp-simd", "-std=gnu11", "-fPIC")


@cache
def library(precision: str) -> tuple[Any, Any]:
    """The compiled chain.

    Parameters
    ----------
    precision
        "float32" or "float64": of positions and of pair potentials.

    Returns
    -------
    tuple
        The `cffi.FFI` that knows its structures, and the library.

    Raises
    ------
    CompilerError
        Without a C compiler, or when it fails; the message holds its output.
    """
    real = {"float32": "float", "float64": "double"}[precision]
    ffi = cffi.FFI()
    ffi.cdef(f"typedef {real} REAL;\n" + (_HERE / "state.h").read_text())
    return ffi, ffi.dlopen(str(_compiled(precision)))


def _compiled(precision: str) -> Path:
    """Path of the library; every process may make it, the last one wins with the same content."""
    compiler = _compiler()
    options = (*_FLAGS, *(("-DDOUBLE",) if precision == "float64" else ()))
    parts = [(_HERE / name).read_bytes() for name in _SOURCES]
    key = hashlib.sha256(b"\0".join([*parts, repr((compiler, options, processor())).encode()])).hexdigest()[:20]
    root = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fem_ionics"
    target = root / f"chain-{precision}-{key}.so"
    if target.exists():
        return target
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CompilerError(
            f'"{root}", for the compiled Monte-Carlo chain, cannot be made ({error.strerror}); set XDG_CACHE_HOME to a '
            "folder that you may write to."
        ) from error
    _log.info("compiling the Monte-Carlo chain (%s), once on this machine", precision)
    with tempfile.TemporaryDirectory(dir=root) as folder:
        unit, made = Path(folder) / "chain.o", Path(folder) / "chain.so"
        _call([*compiler, *options, "-c", str(_HERE / "chain.c"), "-o", str(unit)])
        # Linked without -ffast-math: GCC would add start-up code that flushes denormals in the whole process.
        _call([*compiler, "-shared", str(unit), "-o", str(made), "-lm"])
        made.replace(target)
    return target


def _compiler() -> list[str]:
    """CC of the environment, else the one that made this Python if it is here, else a usual one."""
    if given := os.environ.get("CC"):
        return shlex.split(given)
    usual = [shlex.split(sysconfig.get_config_var("CC") or "cc"), ["cc"], ["gcc"], ["clang"]]
    return next((each for each in usual if shutil.which(each[0])), usual[0])


def _call(command: list[str]) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        raise CompilerError(
            f"{command[0]}: {error.strerror}. A C compiler is needed, as for DOLFINx; install one or set CC."
        ) from error
    if done.returncode:
        raise CompilerError(f"{shlex.join(command)} failed with exit status {done.returncode}:\n{done.stderr[-2000:]}")
