# SPDX-License-Identifier: LGPL-3.0-or-later
"""Mesh sequencing: the way to a solution on coarse meshes, where it is cheap, and little of it on the fine one."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from fem_ionics.errors import ParameterError
from fem_ionics.log import get_logger
from fem_ionics.model import Model, State, needs_model
from fem_ionics.parameters import checks
from fem_ionics.solve import Newton, Steady, transferred
from fem_ionics.study.adaptive import unknowns
from fem_ionics.study.provenance import provenance
from fem_ionics.study.results import Table

_log = get_logger("study")


@dataclass(frozen=True, eq=False)
class Sequenced:
    """What `mesh_sequence` found.

    Parameters
    ----------
    state
        The solution on the last mesh; ``state.model`` is the problem on it.
    table
        One row per mesh: "refine", "unknowns", "iterations" of Newton, "seconds" of the whole solve.
    """

    state: State
    table: Table


def mesh_sequence(
    make: Callable[[float], Model],
    refine: Sequence[float],
    *,
    start: State | None = None,
    newton: Newton | None = None,
) -> Sequenced:
    """Solve on one mesh after the other, each solution the guess on the next mesh (collective).

    Parameters
    ----------
    make
        The problem on the mesh of a factor, for example a function that hands it to ``fi.geometry.channel(...,
        refine=factor)``. The parameters keep the values that they had on the first mesh.
    refine
        Factors, rising; twice the factor, half the size of the cells.
    start
        Guess on the first mesh.
    newton
        How all of these are solved; by default directly or iteratively, by size.

    Returns
    -------
    Sequenced

    Raises
    ------
    ParameterError
        For no factors, and such that do not rise.
    ModelError
        When `make` makes something else than models of one problem.
    MeshError
        When the meshes are of different bodies.
    ConvergenceError
        From the solves.
    """
    factors = [checks.positive("mesh_sequence", "refine", each) for each in refine]
    if not factors or any(later <= earlier for earlier, later in itertools.pairwise(factors)):
        raise ParameterError(f"mesh_sequence: refine = {list(refine)} was given; allowed: rising factors, one or more.")
    state: State | None = None
    rows: list[tuple[float, ...]] = []
    for i, factor in enumerate(factors):
        model = make(factor)
        needs_model("mesh_sequence", model)
        begin = perf_counter()
        state = Steady(model, newton).solve(transferred(state, model) if state else start)
        rows.append((factor, unknowns(model), state.info["iterations"], perf_counter() - begin))
        _log.info("mesh %d of %d  refine %g  unknowns %d  newton %d  %.1f s", i + 1, len(factors), *rows[-1])
    assert state is not None
    names = ("refine", "unknowns", "iterations", "seconds")
    columns = {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    return Sequenced(state, Table(columns, {"seconds": "s"}, provenance(state.model), "mesh sequence"))
