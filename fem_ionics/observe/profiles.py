# SPDX-License-Identifier: LGPL-3.0-or-later
"""Fields along lines and walls, and averaged over cross-sections, as arrays in SI."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from fem_ionics.errors import ModelError, ParameterError
from fem_ionics.geometry import Domain
from fem_ionics.model import State
from fem_ionics.observe.forms import axis_of, boundary_nodes, names, nodal
from fem_ionics.observe.points import Points
from fem_ionics.observe.sections import section_breaks
from fem_ionics.parameters import checks

Floats = npt.NDArray[np.float64]


def line(state: State, quantity: str, start: npt.ArrayLike, end: npt.ArrayLike, n: int = 101) -> tuple[Floats, Floats]:
    """A quantity along a straight line.

    Parameters
    ----------
    state, quantity
        What: a key of ``model.expressions``.
    start, end
        Ends, m.
    n
        Number of evenly spaced points, at least 2.

    Returns
    -------
    distance
        From `start`, m, shape (n,).
    values
        SI, shape (n,) or (n, dimension); nan outside the domain. The same on every rank.

    Raises
    ------
    TagError, ParameterError
        For an unknown quantity, and for points or a count that are none.
    """
    if checks.integer("line", "n", n) < 2:
        raise ParameterError(f"line: n = {n} points were given; at least 2 are needed.")
    first, last = np.asarray(start, dtype=float), np.asarray(end, dtype=float)
    if first.shape != (state.model.domain.dim,) or last.shape != first.shape:
        raise ParameterError(
            f"line: start = {start!r}, end = {end!r} were given; {state.model.domain.dim} coordinates in m each "
            "are needed."
        )
    fraction = np.linspace(0.0, 1.0, n)
    points = Points(state.model.domain, first + fraction[:, None] * (last - first))
    return fraction * float(np.linalg.norm(last - first)), points(nodal(state, quantity))


def cross_section_average(
    state: State, quantity: str, *, at: npt.ArrayLike, axis: str = "x", component: str | None = None
) -> Floats:
    """Averages of a quantity over the sections across an axis (2-D).

    Parameters
    ----------
    state, quantity, component
        What; without component a vector gives vectors.
    at
        Coordinates of the sections along the axis, m; periodic ones wrap.
    axis
        Of the channel.

    Returns
    -------
    float array
        SI, shape (sections,) or (sections, dimension); nan where there is no liquid. The same on every rank.

    Raises
    ------
    ModelError
        In 3-D.
    TagError, ParameterError
        As in `Mean`.

    Notes
    -----
    Gauss points in every cell that the section cuts: exact for the nodal interpolant of the quantity where cells
    are straight, of any height the channel has there. Quantities with gradients (fluxes, fields) are one order
    less accurate than the unknowns; for currents take `Current`.
    """
    domain = state.model.domain
    if domain.dim != 2:
        raise ModelError(f"cross_section_average: {domain.name} has {domain.dim} dimensions; 2 are supported.")
    index = axis_of(domain, axis)
    function = nodal(state, quantity)
    if component is not None and not function.ufl_shape:
        raise ParameterError(f'"{quantity}" is a scalar; component = {component!r} was given.')
    positions = np.atleast_1d(np.asarray(at, dtype=float))
    points, weights, rows = _gauss_points(domain, index, positions, state.model.degree + 1)
    evaluate = Points(domain, points)
    values = evaluate(function).reshape(len(points), -1)
    # A panel between two separate parts of a section lies outside: it has no weight, and a solid has none.
    weights = np.where(np.isnan(values[:, 0]), 0.0, weights)
    if state.model.cells_of(quantity) is not None:
        weights = weights * np.nan_to_num(evaluate(domain.indicator(domain.liquid_regions)))
    if domain.axisymmetric:
        weights = weights * points[:, 0]
    sums = np.zeros((len(positions), values.shape[1]))
    np.add.at(sums, rows, weights[:, None] * np.nan_to_num(values))
    widths = np.bincount(rows, weights, len(positions))
    means = np.divide(sums, widths[:, None], out=np.full_like(sums, np.nan), where=widths[:, None] > 0.0)
    if component is not None:
        return means[:, axis_of(domain, component)]
    return means if function.ufl_shape else means[:, 0]


def _gauss_points(domain: Domain, index: int, positions: Floats, count: int) -> Any:
    """Points (n, 2), weights (n,) and section (n,) of each."""
    nodes, weights = np.polynomial.legendre.leggauss(count)
    points, all_weights, rows = [], [], []
    for row, breaks in enumerate(section_breaks(domain, index, positions)):
        middle, half = 0.5 * (breaks[1:] + breaks[:-1]), 0.5 * np.diff(breaks)
        across = (middle[:, None] + half[:, None] * nodes).ravel()
        section = np.full((len(across), 2), positions[row])
        section[:, 1 - index] = across
        points.append(section)
        all_weights.append((half[:, None] * weights).ravel())
        rows.append(np.full(len(across), row))
    if not points:
        return np.empty((0, 2)), np.empty(0), np.empty(0, np.int64)
    return np.concatenate(points), np.concatenate(all_weights), np.concatenate(rows)


def wall_profile(state: State, quantity: str, on: str | Iterable[str], *, along: str = "x") -> tuple[Floats, Floats]:
    """A quantity at the nodes of a boundary, sorted by one coordinate.

    Parameters
    ----------
    state, quantity
        What: "velocity" for the slip along a wall, "potential" for that of its surface.
    on
        Name or names of boundaries; of two walls that face each other the nodes alternate.
    along
        Axis to sort by.

    Returns
    -------
    coordinate
        m, shape (n,); on a periodic axis the seam appears once, at the lower end.
    values
        SI, shape (n,) or (n, dimension). The same on every rank.
    """
    domain = state.model.domain
    index = axis_of(domain, along)
    function = nodal(state, quantity)
    space = function.function_space
    mine = boundary_nodes(state.model, quantity, space, names("wall_profile", on))
    nodes = space.tabulate_dof_coordinates()[mine, : domain.dim]
    values = function.x.array.reshape(-1, space.dofmap.index_map_bs)[mine]
    rows = np.concatenate(domain.comm.allgather(np.column_stack([nodes, values])))
    place = domain.unit * rows[:, : domain.dim]
    if along in domain.periods:
        lower, period = float(domain.bounds[0][index]), domain.periods[along]
        place[:, index] = lower + np.mod(place[:, index] - lower + 1e-9 * period, period) - 1e-9 * period
    # Ties (two walls, last digits) are broken by the other coordinates, the same on any number of ranks.
    keys = np.round(place / (1e-6 * domain.unit))
    order = np.lexsort([*(keys[:, i] for i in range(domain.dim) if i != index), keys[:, index]])
    found = rows[order][:, domain.dim :]
    return place[order, index], found if function.ufl_shape else found[:, 0]
