# SPDX-License-Identifier: LGPL-3.0-or-later
"""The command ``fem-ionics``: run a script with other values, and say what is installed."""

import argparse
import ast
import contextlib
import io
import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mpi4py import MPI

from fem_ionics import info
from fem_ionics.errors import FemIonicsError, OutputError, ScriptError
from fem_ionics.parallel_exit import report
from fem_ionics.scripts import read_results, run_script, script_inputs
from fem_ionics.version import __version__

_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)

_RUN_HELP = """\
Execute a flat Python script with named top-level values replaced. Values are Python literals in SI
units (60e-9, True, "cosine", [1, 2]); what is no literal is taken as a string. In parallel:

  mpiexec -n 4 fem-ionics run demos/active_nanochannel.py flux_amplitude=20e-3 --results out.json
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    argv
        Words after the command's name; those of the process by default.

    Returns
    -------
    int
        0 if all went well, 2 if the words or the script cannot be used, 1 if the run failed.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    # name=value words may stand before or after the options, which argparse alone cannot do.
    given = [word for word in words if _ASSIGNMENT.fullmatch(word)] if words[:1] == ["run"] else []
    arguments = _parse([word for word in words if word not in given])
    if arguments.command == "info":
        if MPI.COMM_WORLD.rank == 0:
            print(info.table())
        return 0
    comm = MPI.COMM_WORLD.Dup()
    try:
        run(comm, arguments.script, given, arguments.results)
    except Exception as error:
        return report(comm, error, str(arguments.script))
    return 0


def run(comm: MPI.Intracomm, script: Path, words: Sequence[str], results: Path | None) -> None:
    """Execute a script and keep its results.

    Parameters
    ----------
    comm
        Communicator of all ranks.
    script
        Path of the script.
    words
        ``name=value`` as typed.
    results
        JSON file for the script's `results`, or None.

    Raises
    ------
    ScriptError
        If the script, a value or its results cannot be used.
    OutputError
        If `results` cannot be written; found before the script runs.
    """
    values = parse_values(words, script)
    if results is not None:
        _on_rank_zero(comm, lambda: _check_writable(results))
    namespace = run_script(script, **values)
    if results is not None:
        _on_rank_zero(comm, lambda: _write(results, read_results(namespace, script)))


def parse_values(words: Sequence[str], script: Path) -> dict[str, Any]:
    """Turn ``name=value`` words into values for `run_script`.

    Raises
    ------
    ScriptError
        If a name comes twice, or a word that is no number is given for a number.
    """
    known = script_inputs(script)
    values: dict[str, Any] = {}
    for word in words:
        name, text = word.split("=", 1)
        if name in values:
            raise ScriptError(f'"{name}" is given twice; give it once.')
        values[name] = _literal(text)
        if isinstance(values[name], str) and name in known and _is_number(known[name]):
            raise ScriptError(
                f'{word}: {script} has a number for "{name}" ({ast.unparse(known[name])}). '
                "Give a number in SI units, for example 60e-9 for 60 nm."
            )
    return values


def _literal(text: str) -> Any:
    try:
        return ast.literal_eval(text.strip())
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return text


def _is_number(node: ast.expr) -> bool:
    """Whether a right side is a number or arithmetic of numbers (and units)."""
    constants = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
    numbers = [isinstance(value, int | float) and not isinstance(value, bool) for value in constants]
    return isinstance(node, ast.Constant | ast.BinOp | ast.UnaryOp) and bool(numbers) and all(numbers)


def _on_rank_zero(comm: MPI.Intracomm, action: Callable[[], None]) -> None:
    """Do something on rank 0, and raise what it raises on every rank."""
    error: FemIonicsError | None = None
    if comm.rank == 0:
        try:
            action()
        except FemIonicsError as raised:
            error = raised
    error = comm.bcast(error)
    if error is not None:
        raise error


def _check_writable(file: Path) -> None:
    """Create the folder and a file in it now, not after hours of work."""
    if file.is_dir():
        raise OutputError(f"--results {file}: this is a folder. Name a file in it.")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        probe = _beside(file)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise OutputError(
            f"--results {file}: cannot be written ({error.strerror}). Name a file where you may write."
        ) from error


def _write(file: Path, results: dict[str, Any]) -> None:
    """Write all or nothing: a reader never sees half a file."""
    scratch = _beside(file)
    try:
        scratch.write_text(json.dumps(results, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        os.replace(scratch, file)
    except OSError as error:
        raise OutputError(f"--results {file}: cannot be written ({error.strerror}).") from error


def _beside(file: Path) -> Path:
    return file.with_name(f".{file.name}.{os.getpid()}.tmp")


def _parse(words: Sequence[str]) -> argparse.Namespace:
    """Parse on every rank, print help and usage errors on rank 0 only."""
    if MPI.COMM_WORLD.rank == 0:
        return _parser().parse_args(words)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return _parser().parse_args(words)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fem-ionics", description="Finite elements for ions and water in nanochannels."
    )
    parser.add_argument("--version", action="version", version=f"fem-ionics {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    runner = commands.add_parser(
        "run",
        help="execute a script with named values replaced",
        usage="fem-ionics run SCRIPT [name=value ...] [--results FILE.json]",
        description=_RUN_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    runner.add_argument("script", metavar="SCRIPT", type=Path, help="the script")
    runner.add_argument(
        "--results", metavar="FILE.json", type=Path, help="write the script's `results` (numbers in SI) here"
    )
    commands.add_parser("info", help="print versions, MPI, PETSc packages and ranks, for bug reports")
    return parser
