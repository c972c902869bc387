# SPDX-License-Identifier: LGPL-3.0-or-later
"""Vectors over all unknowns of a problem as arrays cell by cell, which mean the same on any number of ranks."""

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from dolfinx import fem

from fem_ionics.bifurcation.problem import ParametricProblem
from fem_ionics.errors import CheckpointError, ModelError
from fem_ionics.io.cellwise import Floats, cell_shape, gather_function, gather_nodes, scatter_function

#: Cells whose nodes agree within this part of the mesh's size are the same.
_SAME = 1e-9

type Arrays = dict[str, Floats]


class CellVectors:
    """To and from arrays of cells.

    Parameters
    ----------
    problem
        Whose vectors; its unknowns must be Lagrange functions, or single numbers for the whole mesh.

    Raises
    ------
    ModelError
        For elements whose unknowns depend on how each cell is turned (Nedelec, Raviart-Thomas).

    Notes
    -----
    Every method is collective unless it says otherwise.
    """

    def __init__(self, problem: ParametricProblem) -> None:
        for space in problem.spaces:
            if space.element.needs_dof_transformations:
                raise ModelError(
                    f"Vectors over {space.ufl_element()} cannot be kept: use Lagrange elements, or leave the store out."
                )
        self.problem = problem
        self._functions = [fem.Function(space) for space in problem.spaces]
        self._nodes = gather_nodes(problem.spaces[0].mesh)
        cells = 0 if self._nodes is None else len(self._nodes)
        self._shapes = [
            _number_shape(each) if _single(each) else (cells, *cell_shape(each)) for each in self._functions
        ]

    def gather(self, vectors: Mapping[str, Any]) -> Arrays:
        """Arrays "nodes" and "<name>.<block>" of named vectors, on rank 0; none elsewhere."""
        arrays: dict[str, Floats | None] = {"nodes": self._nodes}
        for name, vector in vectors.items():
            self.problem.unpack(vector, self._functions)
            for block, function in enumerate(self._functions):
                arrays[_key(name, block)] = _number(function) if _single(function) else gather_function(function)
        return {name: array for name, array in arrays.items() if array is not None and self._nodes is not None}

    def scatter(self, names: Iterable[str], arrays: Arrays | None) -> dict[str, Any]:
        """New vectors of what `gather` returned; `arrays` are those of rank 0, `names` the same on all."""
        vectors = {}
        for name in names:
            for block, function in enumerate(self._functions):
                whole = None if arrays is None else arrays[_key(name, block)]
                if _single(function):
                    function.x.array[:] = self.problem.comm.bcast(whole)[: len(function.x.array)]
                else:
                    scatter_function(function, whole)
            vectors[name] = self.problem.pack(self._functions)
        return vectors

    def check(self, where: object, names: Iterable[str], arrays: Arrays) -> None:
        """Raise CheckpointError for arrays that are missing, of another shape, or on another mesh (rank 0 alone)."""
        assert self._nodes is not None  # rank 0
        expected: dict[str, tuple[int, ...]] = {"nodes": self._nodes.shape}
        for name in names:
            for block, shape in enumerate(self._shapes):
                expected[_key(name, block)] = shape
        for name, shape in expected.items():
            found = arrays[name].shape if name in arrays else None
            if found != shape:
                raise CheckpointError(f'"{where}" is damaged: array "{name}" has shape {found}, expected is {shape}.')
        if np.abs(arrays["nodes"] - self._nodes).max() > _SAME * np.ptp(self._nodes):
            raise CheckpointError(f'"{where}" belongs to another mesh, or to its cells in another order.')


def _key(name: str, block: int) -> str:
    return f"{name}.{block}"


def _single(function: fem.Function) -> bool:
    """One number for the whole mesh: a rank may hold no copy of it."""
    return bool(function.function_space.dofmap.index_map.size_global == 1)


def _number_shape(function: fem.Function) -> tuple[int, ...]:
    return (function.function_space.dofmap.index_map_bs,)


def _number(function: fem.Function) -> Floats:
    comm = function.function_space.mesh.comm
    return np.concatenate(comm.allgather(function.x.array))[: _number_shape(function)[0]]
