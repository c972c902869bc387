# SPDX-License-Identifier: LGPL-3.0-or-later
"""Meshes made for one number: solve, estimate its error, refine where it comes from, and again."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from mpi4py import MPI

from fem_ionics.cite import Reference, cite, register
from fem_ionics.errors import ParameterError
from fem_ionics.geometry.refine import refined
from fem_ionics.log import get_logger
from fem_ionics.model import Model, State, needs_model
from fem_ionics.observe import Probe
from fem_ionics.parameters import checks
from fem_ionics.solve import Newton, Steady, transferred
from fem_ionics.study.estimate import ErrorEstimate, Estimator
from fem_ionics.study.provenance import provenance
from fem_ionics.study.results import Table

register(
    [
        Reference(
            "doerfler1996",
            "W. Doerfler",
            "A convergent adaptive algorithm for Poisson's equation",
            "SIAM J. Numer. Anal. 33, 1106-1124",
            1996,
            "10.1137/0733054",
        )
    ]
)

_log = get_logger("study")


@dataclass(frozen=True, eq=False)
class Adapted:
    """What `adapt` found.

    Parameters
    ----------
    state
        The solution on the last mesh; ``state.model`` is the problem on it, ``state.model.domain`` the mesh.
    estimate
        Of its error.
    reached
        Whether the estimate is within the tolerance; False where the limit on unknowns or rounds came first.
    table
        One row per mesh: "round", "cells", "unknowns", "value", "error" (estimated, signed), "bound" (see
        `ErrorEstimate`), "corrected".
    """

    state: State
    estimate: ErrorEstimate
    reached: bool
    table: Table


def adapt(
    model: Model,
    goal: Probe,
    *,
    tolerance: float = 1e-3,
    most_unknowns: int = 200_000,
    most_rounds: int = 30,
    fraction: float = 0.5,
    start: State | None = None,
    newton: Newton | None = None,
) -> Adapted:
    """Refine the mesh until the estimated error of a measured number is small.

    Parameters
    ----------
    model
        The problem on its first mesh, of triangles or tetrahedra; open, as `Estimator` needs it.
    goal
        What is measured, for example ``fi.observe.Current(on="trans")``.
    tolerance
        On the estimated error, relative to the number.
    most_unknowns
        No mesh with more is solved on.
    most_rounds
        Largest number of meshes.
    fraction
        The cells with the largest indicators that together make this part of their sum are refined [1]_. Small
        fractions make better meshes in more rounds.
    start
        Guess on the first mesh.
    newton
        How all of these are solved.

    Returns
    -------
    Adapted

    Raises
    ------
    ParameterError
        For limits out of range, and a goal that none can be.
    ModelError
        For a closed model.
    MeshError
        For a mesh that cannot be refined.
    ConvergenceError
        From the solves.

    References
    ----------
    .. [1] W. Doerfler, SIAM J. Numer. Anal. 33, 1106 (1996).
    """
    needs_model("adapt", model)
    tolerance = checks.positive("adapt", "tolerance", tolerance)
    _check_limits(most_unknowns, most_rounds, fraction)
    cite("doerfler1996")
    state = Steady(model, newton).solve(start)
    rows: list[tuple[float, ...]] = []
    while True:
        estimate = Estimator(state.model, goal)(state)
        rows.append(_row(len(rows) + 1, state.model, estimate))
        _log.info("adapt %d  cells %d  unknowns %d  %s", *rows[-1][:3], estimate)
        reached = estimate.relative <= tolerance
        finer = None if reached or len(rows) == most_rounds else _refined(state.model, estimate, fraction)
        if finer is None or unknowns(finer) > most_unknowns:
            break
        state = Steady(finer, newton).solve(transferred(state, finer))
    if not reached:
        _log.warning("adapt: %s; the tolerance of %g is not reached within the limits", estimate, tolerance)
    return Adapted(state, estimate, reached, _table(state.model, estimate, rows))


def unknowns(model: Model) -> int:
    """Number of unknowns of all fields on all ranks, held ones included."""
    spaces = (each.function.function_space for each in model.fields)
    return sum(int(space.dofmap.index_map.size_global) * space.dofmap.index_map_bs for space in spaces)


def marked(
    indicators: npt.NDArray[np.float64], fraction: float, comm: MPI.Comm = MPI.COMM_WORLD
) -> npt.NDArray[np.int32]:
    """This rank's cells among those whose indicators, the largest first, make a fraction of the sum (collective).

    Parameters
    ----------
    indicators
        One for each own cell, none negative.
    fraction
        Of the sum over all ranks.
    comm
        All ranks that hold cells.
    """
    everywhere = np.sort(np.concatenate(comm.allgather(indicators)))[::-1]
    upto = np.cumsum(everywhere)
    if not len(everywhere) or upto[-1] == 0.0:
        return np.empty(0, dtype=np.int32)
    last = int(np.searchsorted(upto, fraction * upto[-1]))
    # Cells that mirror each other differ by rounding: they are taken together.
    return np.flatnonzero(indicators >= everywhere[min(last, len(everywhere) - 1)] * (1.0 - 1e-6)).astype(np.int32)


def _check_limits(most_unknowns: int, most_rounds: int, fraction: float) -> None:
    for name, value in (("most_unknowns", most_unknowns), ("most_rounds", most_rounds)):
        if not isinstance(value, int) or value < 1:
            raise ParameterError(f"adapt: {name} = {value!r} was given; a positive integer is needed.")
    if not 0.0 < fraction <= 1.0:
        raise ParameterError(f"adapt: fraction = {fraction!r} was given; more than 0 and at most 1 is needed.")


def _refined(model: Model, estimate: ErrorEstimate, fraction: float) -> Model:
    """The same problem on a finer mesh."""
    cells = marked(estimate.indicators, fraction, model.domain.comm)
    return model.rebuilt(domain=refined(model.domain, cells))


def _row(number: int, model: Model, estimate: ErrorEstimate) -> tuple[float, ...]:
    sizes = (number, model.domain.cells_total, unknowns(model))
    return (*sizes, estimate.value, estimate.error, estimate.bound, estimate.corrected)


def _table(model: Model, estimate: ErrorEstimate, rows: list[tuple[float, ...]]) -> Table:
    names = ("round", "cells", "unknowns", "value", "error", "bound", "corrected")
    columns = dict(zip(names, np.array(rows).T, strict=True))
    units = dict.fromkeys(("value", "error", "bound", "corrected"), estimate.unit)
    return Table(columns, units, provenance(model), f"adaptive refinement for the {estimate.name}")
