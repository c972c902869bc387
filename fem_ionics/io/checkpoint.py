# SPDX-License-Identifier: LGPL-3.0-or-later
"""States on disk, to go on with a run: on any number of ranks, and whole after a crash at any moment.

A checkpoint is an .npz file that NumPy reads without this package: ``header`` (JSON), ``nodes`` (coordinates
of the cells, mesh units) and one array (cells, nodes, components) for each field of each state, scaled.
"""

import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from mpi4py import MPI

from fem_ionics.errors import CheckpointError, ParameterError
from fem_ionics.io.cellwise import Floats, cell_shape, gather_function, gather_nodes, scatter_function
from fem_ionics.io.paths import PathLike, on_root, plain, prepare, write_whole
from fem_ionics.model import Model, State
from fem_ionics.version import __version__

FORMAT = "fem_ionics checkpoint"
VERSION = 1
#: Cells whose nodes agree within this part of the mesh's size are the same.
_SAME = 1e-9

type Header = dict[str, Any]
type Arrays = dict[str, Floats]


class Checkpoint:
    """A file that holds the latest states of a run.

    Parameters
    ----------
    path
        The file, ``.npz`` by custom; missing folders are made.
    comm
        Communicator; construction is collective, so that a run does not find out late that it cannot save.

    Raises
    ------
    OutputError
        On all ranks, when the file could not be written.
    """

    def __init__(self, path: PathLike, comm: MPI.Comm = MPI.COMM_WORLD) -> None:
        self.path = prepare(path, comm)
        self.comm = comm

    def save(self, states: Mapping[str, State], meta: Mapping[str, Any] | None = None) -> None:
        """Replace the file; a crash at any moment leaves the previous one whole.

        Parameters
        ----------
        states
            Name -> State, all of one model.
        meta
            What else to keep; values that JSON can hold.

        Raises
        ------
        ParameterError
            Without states, or for states of several models.
        OutputError
            On all ranks, when the file cannot be written.

        Notes
        -----
        Collective.
        """
        model = _one_model(states)
        arrays: dict[str, Any] = {"nodes": gather_nodes(model.domain.mesh)}
        for name, state in states.items():
            model.load(state)
            for i, each in enumerate(model.fields):
                arrays[_key(name, i)] = _gather(each)
        header = {
            "format": FORMAT,
            "version": VERSION,
            "package": __version__,
            **_facts(model),
            "states": {
                name: {"time": state.time, "parameters": state.parameters, "info": state.info}
                for name, state in states.items()
            },
            "meta": dict(meta or {}),
        }
        text = json.dumps(header, default=plain)
        write_whole(self.path, self.comm, lambda file: np.savez(file, header=np.array(text), **arrays))

    def load(self, model: Model) -> tuple[dict[str, State], dict[str, Any]] | None:
        """Read the states of a model.

        Parameters
        ----------
        model
            The same model on the same mesh; on any number of ranks. Its live functions are overwritten.

        Returns
        -------
        states, meta
            As they were saved; None when there is no file.

        Raises
        ------
        CheckpointError
            On all ranks: when the file is damaged, is not a checkpoint, or belongs to another model or mesh.

        Notes
        -----
        Collective.
        """
        facts, nodes = _facts(model), gather_nodes(model.domain.mesh)
        shapes = [_shape(each) for each in model.fields]
        found = on_root(self.comm, lambda: _read(self.path, facts, nodes, shapes), CheckpointError)
        header: Header | None = self.comm.bcast(found[0] if found else None)
        if header is None:
            return None
        arrays = found[1] if found else {}
        states = {}
        for name, facts in header["states"].items():
            for i, each in enumerate(model.fields):
                _scatter(each, arrays.get(_key(name, i)), self.comm)
            values = tuple(function.x.array.copy() for function in model.functions)
            states[name] = State(model, values, facts["parameters"], facts["time"], facts["info"])
        return states, header["meta"]


def save_state(path: PathLike, state: State) -> None:
    """Write one state; as `Checkpoint.save`."""
    Checkpoint(path, state.model.domain.comm).save({"state": state})


def load_state(path: PathLike, model: Model) -> State:
    """Read one state that `save_state` wrote; as `Checkpoint.load`.

    Raises
    ------
    CheckpointError
        Also when there is no such file, or when it holds the several states of a run.
    """
    loaded = Checkpoint(path, model.domain.comm).load(model)
    if loaded is None:
        raise CheckpointError(f'there is no checkpoint "{path}".')
    states = loaded[0]
    if len(states) != 1:
        listed = ", ".join(f'"{name}"' for name in states)
        raise CheckpointError(f'"{path}" holds the states {listed}; use Checkpoint(path).load(model).')
    return next(iter(states.values()))


def _one_model(states: Mapping[str, State]) -> Model:
    models = [state.model for state in states.values()]
    if not models or any(model is not models[0] for model in models):
        raise ParameterError(f"a checkpoint holds states of one model; {len(models)} states were given.")
    return models[0]


def _key(state: str, index: int) -> str:
    return f"{state}.{index}"


def _facts(model: Model) -> Header:
    """What a file must agree with (collective)."""
    return {
        "mesh": {"checksum": model.domain.checksum(), "cells": model.domain.cells_total},
        "unknowns": model.unknowns,
        "degree": model.degree,
        "fields": [each.name for each in model.fields],
        "fingerprint": model.fingerprint,
    }


def _shape(field: Any) -> tuple[int, ...]:
    """Shape of a field's array without the cells."""
    return () if field.kind == "multiplier" else cell_shape(field.function)


def _gather(field: Any) -> Floats | None:
    if field.kind != "multiplier":
        return gather_function(field.function)
    # One number for the whole mesh: a rank may hold no copy of it.
    comm = field.function.function_space.mesh.comm
    return np.concatenate(comm.allgather(field.function.x.array))[:1]


def _scatter(field: Any, whole: Floats | None, comm: MPI.Comm) -> None:
    if field.kind != "multiplier":
        scatter_function(field.function, whole)
        return
    field.function.x.array[:] = comm.bcast(None if whole is None else float(whole[0]))


def _read(
    path: Path, facts: Header, nodes: Floats | None, shapes: list[tuple[int, ...]]
) -> tuple[Header, Arrays] | None:
    """Header and arrays of a file that fits; None without a file. On rank 0."""
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as file:
            header = json.loads(str(file["header"]))
            _compare(path, header, facts)
            arrays = {name: file[name] for name in file.files if name != "header"}
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise CheckpointError(
            f'"{path}" is damaged or not a checkpoint ({type(error).__name__}: {error}). '
            "Remove it to start afresh, or give another path."
        ) from error
    _check_arrays(path, header, arrays, nodes, shapes)
    return header, arrays


def _compare(path: Path, header: Header, facts: Header) -> None:
    """Raise for a file of another format, mesh or model."""
    if header.get("format") != FORMAT or header.get("version") != VERSION:
        raise CheckpointError(
            f'"{path}" has the format {header.get("format")!r} {header.get("version")!r}; '
            f"{FORMAT!r} {VERSION} is expected (package {__version__})."
        )
    for key, expected in facts.items():
        if header[key] != expected:
            kind = "mesh" if key == "mesh" else "model"
            raise CheckpointError(
                f'"{path}" belongs to another {kind}: {key} {header[key]} was found, {expected} is expected. '
                "Remove it to start afresh, or restore what it was written for."
            )


def _check_arrays(
    path: Path, header: Header, arrays: Arrays, nodes: Floats | None, shapes: list[tuple[int, ...]]
) -> None:
    """Raise for arrays that are missing, of the wrong shape, or of cells in another order."""
    assert nodes is not None  # rank 0
    cells = len(nodes)
    expected: dict[str, tuple[int, ...]] = {"nodes": nodes.shape}
    for name in header["states"]:
        expected |= {_key(name, i): (cells, *shape) if shape else (1,) for i, shape in enumerate(shapes)}
    for name, shape in expected.items():
        found = arrays[name].shape if name in arrays else None
        if found != shape:
            raise CheckpointError(f'"{path}" is damaged: array "{name}" has shape {found}, expected is {shape}.')
    if np.abs(arrays["nodes"] - nodes).max() > _SAME * np.ptp(nodes):
        raise CheckpointError(f'"{path}" belongs to another mesh: the same cells come in another order.')
