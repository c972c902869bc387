# SPDX-License-Identifier: LGPL-3.0-or-later
"""A flat Python script is the input of a run.

Its inputs are the assignments ``name = value`` at top level whose right side is plain: literals,
arithmetic, units and other inputs, but no call. `run_script` executes the script with some of them
replaced, so that one file is tutorial, test and convergence study.
"""

import ast
import math
import sys
import types
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from fem_ionics.errors import ScriptError, nearest

# Where the given values wait for the rewritten assignments, inside the script's own namespace.
_GIVEN = "__fem_ionics_values__"
_RESULTS = "results"

_PLAIN = (
    ast.Constant, ast.UnaryOp, ast.BinOp, ast.Name, ast.Attribute, ast.Tuple, ast.List, ast.Dict,
    ast.operator, ast.unaryop, ast.expr_context,
)  # fmt: skip


def run_script(path: str | Path, /, **values: Any) -> dict[str, Any]:
    """Execute a script with named top-level values replaced.

    The script runs as ``__main__`` with its own folder importable, as ``python script.py`` would run
    it. Under mpiexec every rank calls this alike.

    Parameters
    ----------
    path
        The script.
    **values
        New values of its inputs, in SI; any Python object. Each replaces the right side of the first
        plain assignment to that name.

    Returns
    -------
    dict
        The script's namespace after the run.

    Raises
    ------
    ScriptError
        If the script cannot be read, or a name is none of its inputs.
    """
    file = Path(path)
    tree = _parse(file)
    _replace(tree, inputs(tree), values, file)
    code = compile(tree, str(file), "exec")
    module = types.ModuleType("__main__")
    module.__dict__.update({"__file__": str(file.resolve()), _GIVEN: values})
    with _as_main(module, file):
        exec(code, module.__dict__)
    return {name: value for name, value in vars(module).items() if name != _GIVEN}


def script_inputs(path: str | Path) -> dict[str, ast.expr]:
    """Return the inputs of a script: name to the right side of its first plain assignment.

    Raises
    ------
    ScriptError
        If the script cannot be read.
    """
    return {name: node.value for name, node in inputs(_parse(Path(path))).items() if node.value is not None}


def inputs(tree: ast.Module) -> dict[str, ast.Assign | ast.AnnAssign]:
    """Return the assignments of a parsed script that `run_script` may replace, by name.

    A name on the right side must itself be imported or an input: what follows from a computation
    (``last = branch.last``) is not an input.
    """
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    known = {(alias.asname or alias.name).split(".")[0] for node in imports for alias in node.names}
    found: dict[str, ast.Assign | ast.AnnAssign] = {}
    for node in tree.body:
        name = _target(node)
        if name is None or name in found or not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        if node.value is not None and _is_plain(node.value, known | found.keys()):
            found[name] = node
    return found


def read_results(namespace: Mapping[str, Any], path: str | Path) -> dict[str, Any]:
    """Return a script's `results`, ready for JSON.

    Parameters
    ----------
    namespace
        What `run_script` returned.
    path
        The script, for messages.

    Returns
    -------
    dict
        Numbers, bools, strings, and (nested) lists of numbers by name; NumPy values converted.

    Raises
    ------
    ScriptError
        If there is no dictionary `results`, or an entry is of another kind, NaN or infinite.
    """
    results = namespace.get(_RESULTS)
    if not isinstance(results, Mapping):
        have = "has no" if results is None else f"has, as {type(results).__name__}, its"
        raise ScriptError(f"{path} {have} top-level `results`: end the script with results = dict(name=number, ...).")
    for key in results:
        if not isinstance(key, str):
            raise ScriptError(f"{path}: results has the key {key!r}; keys are strings.")
    return {key: _json_value(key, value) for key, value in results.items()}


def _parse(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))
    except OSError as error:
        raise ScriptError(f"{file}: this script cannot be read ({error.strerror}).") from error
    except (SyntaxError, ValueError) as error:
        raise ScriptError(f"{file}: this is no Python script ({error}).") from error


def _target(node: ast.stmt) -> str | None:
    """Name that a statement assigns, if it is ``name = ...`` or ``name: type = ...``."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return None if name.startswith("__") or name == _RESULTS else name
    return None


def _is_plain(value: ast.expr, known: set[str]) -> bool:
    nodes = list(ast.walk(value))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    return all(isinstance(node, _PLAIN) for node in nodes) and names <= known


def _replace(
    tree: ast.Module, found: Mapping[str, ast.Assign | ast.AnnAssign], values: Mapping[str, Any], file: Path
) -> None:
    """Let the assignments of the named inputs read the given values; edits `tree`."""
    for name in values:
        if name not in found:
            known = ", ".join(found) or "none"
            raise ScriptError(
                f'"{name}" is no input of {file}. Its inputs are: {known}.{nearest(name, found)} '
                "An input is a top-level assignment whose right side has no call."
            )
        found[name].value = ast.parse(f"{_GIVEN}[{name!r}]", mode="eval").body


@contextmanager
def _as_main(module: types.ModuleType, file: Path) -> Iterator[None]:
    """Make the surroundings those of ``python script.py``, and put everything back."""
    main, argv = sys.modules["__main__"], sys.argv
    folder = str(file.resolve().parent)
    sys.modules["__main__"], sys.argv = module, [str(file)]
    sys.path.insert(0, folder)
    try:
        yield
    finally:
        sys.modules["__main__"], sys.argv = main, argv
        with suppress(ValueError):
            sys.path.remove(folder)


def _json_value(key: str, value: Any) -> Any:
    """Convert one entry of `results`; NumPy is known by its ``tolist``, not imported."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_json_value(key, item) for item in value]
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ScriptError(f'results["{key}"] is {value}: every result must be a finite number.')
        return value
    raise ScriptError(f'results["{key}"] is a {type(value).__name__}: use numbers, bools, strings or lists of numbers.')
