# SPDX-License-Identifier: LGPL-3.0-or-later
"""Values of fields at given points, on any number of ranks."""

from typing import Any

import basix
import numpy as np
import numpy.typing as npt
from dolfinx import fem
from dolfinx.geometry import bb_tree, compute_collisions_points
from mpi4py import MPI

from fem_ionics.errors import ParameterError
from fem_ionics.geometry import Domain

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

#: A point is in a cell if its reference coordinates leave the reference cell by this at most.
_TOLERANCE = 1e-8
_NEWTON_STEPS = 20


class Points:
    """Points found in a mesh once, to evaluate many fields at.

    Parameters
    ----------
    domain
        Where.
    points
        m, shape (n, dimension), the same on every rank. Along a periodic axis a point outside the mesh is
        moved into it.
    outside
        "nan" to answer nan for a point outside the mesh, "error" to refuse it.

    Raises
    ------
    ParameterError
        On all ranks: for points of the wrong shape or not finite, and for one outside with "error".

    Notes
    -----
    Construction and evaluation are collective. Every point is answered by one rank, the lowest that has it.
    """

    def __init__(self, domain: Domain, points: npt.ArrayLike, outside: str = "nan") -> None:
        if outside not in ("nan", "error"):
            raise ParameterError(f'Points: outside = {outside!r}; use "nan" or "error".')
        self.domain = domain
        self.points = _checked(domain, points)
        wrapped = _wrap(domain, self.points) / domain.unit
        found, cells, reference = _locate(domain.mesh, wrapped)
        first = np.full(len(wrapped), domain.comm.size, dtype=np.int64)
        first[found] = domain.comm.rank
        domain.comm.Allreduce(MPI.IN_PLACE, first, op=MPI.MIN)
        mine = first[found] == domain.comm.rank
        self.inside: npt.NDArray[np.bool_] = first < domain.comm.size
        self._rows, self._cells, self._reference = found[mine], cells[mine], reference[mine]
        if outside == "error" and not self.inside.all():
            lost = self.points[int(np.argmin(self.inside))]
            raise ParameterError(
                f"Points: {np.count_nonzero(~self.inside)} of {len(self.points)} points lie outside "
                f"{domain.name}, for example ({_listed(lost)}) m; it reaches from "
                f"({_listed(domain.bounds[0])}) to ({_listed(domain.bounds[1])}) m."
            )

    def __call__(self, function: fem.Function) -> Floats:
        """Values of a Lagrange function, shape (n,) or (n, components); the same on every rank."""
        space = function.function_space
        size = space.dofmap.index_map_bs
        values = np.zeros((len(self.points), size))
        shapes = space.element.basix_element.tabulate(0, self._reference)[0, :, :, 0]
        nodal = function.x.array.reshape(-1, size)[space.dofmap.list[self._cells]]
        values[self._rows] = np.einsum("pn,pnc->pc", shapes, nodal)
        self.domain.comm.Allreduce(MPI.IN_PLACE, values, op=MPI.SUM)
        values[~self.inside] = np.nan
        return values if function.ufl_shape else values[:, 0]


def evaluate(state: Any, name: str, points: npt.ArrayLike, *, outside: str = "nan") -> Floats:
    """Values of a named field of a state at points.

    Parameters
    ----------
    state
        The State.
    name
        As in ``state.field(name)``: "potential", "K+", "velocity", "charge density" ...
    points, outside
        As in `Points`.

    Returns
    -------
    float array, shape (n,), or (n, dimension) for a vector
        SI, the same on every rank; nan outside the mesh.

    Raises
    ------
    ParameterError, TagError
        As `Points` and ``state.field``.

    Notes
    -----
    Collective. The field is interpolated at the nodes of the model's Lagrange elements first.
    """
    return Points(state.model.domain, points, outside)(state.field(name))


def _listed(point: Floats) -> str:
    return ", ".join(f"{x:g}" for x in point)


def _checked(domain: Domain, points: npt.ArrayLike) -> Floats:
    array = np.asarray(points, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] != domain.dim or not np.all(np.isfinite(array)):
        raise ParameterError(
            f"Points: an array of shape {array.shape} was given; (n, {domain.dim}) finite numbers in m are needed."
        )
    return array


def _wrap(domain: Domain, points: Floats) -> Floats:
    """Move points by whole periods into the bounds of the mesh."""
    lower = domain.bounds[0]
    wrapped = points.copy()
    for axis, period in domain.periods.items():
        i = domain.axis_index(axis)
        shift = np.floor((points[:, i] - lower[i]) / period)
        # A point on the upper end stays where it is, up to round-off.
        shift -= np.abs(points[:, i] - lower[i] - shift * period) < _TOLERANCE * period * (shift > 0)
        wrapped[:, i] -= shift * period
    return wrapped


def _locate(mesh: Any, points: Floats) -> tuple[npt.NDArray[np.int64], Ints, Floats]:
    """Points in this rank's own cells: their rows, cells and reference coordinates."""
    tdim = mesh.topology.dim
    owned = mesh.topology.index_map(tdim).size_local
    coordinates = mesh.geometry.x[mesh.geometry.dofmaps[0][:owned], : mesh.geometry.dim]
    element = _coordinate_element(mesh)
    if owned == 0 or len(points) == 0:
        return np.empty(0, np.int64), np.empty(0, np.int32), np.empty((0, tdim))
    tree = bb_tree(mesh, tdim, padding=_padding(element, coordinates), entities=np.arange(owned, dtype=np.int32))
    padded = np.zeros((len(points), 3))
    padded[:, : points.shape[1]] = points
    candidates = compute_collisions_points(tree, padded)
    rows = np.repeat(np.arange(len(points)), np.diff(candidates.offsets))
    cells = candidates.array
    reference = _pull_back(element, coordinates[cells], points[rows])
    excess = _excess(element.cell_type, reference)
    # Of the cells that hold a point, the one that holds it best.
    order = np.lexsort((excess, rows))
    found, best = np.unique(rows[order], return_index=True)
    best = order[best]
    good = excess[best] <= _TOLERANCE
    return found[good], cells[best[good]], reference[best[good]]


def _coordinate_element(mesh: Any) -> Any:
    map_ = mesh.geometry.cmaps[0]
    cell = getattr(basix.CellType, mesh.topology.cell_name())
    return basix.create_element(
        basix.ElementFamily.P, cell, map_.degree, basix.LagrangeVariant(map_.variant), dtype=np.float64
    )


def _padding(element: Any, coordinates: Floats) -> float:
    """How far a curved cell may reach beyond the box of its nodes, and round-off."""
    size = float(np.ptp(coordinates.reshape(-1, coordinates.shape[2]), axis=0).max())
    straight = basix.create_element(
        basix.ElementFamily.P, element.cell_type, 1, basix.LagrangeVariant.equispaced, dtype=np.float64
    )
    shapes = np.asarray(straight.tabulate(0, element.points))[0, :, :, 0]
    bulge = coordinates - np.einsum("qn,cnd->cqd", shapes, coordinates[:, : shapes.shape[1]])
    return float(np.abs(bulge).max()) + _TOLERANCE * size


def _pull_back(element: Any, nodes: Floats, points: Floats) -> Floats:
    """Reference coordinates by Newton's method for all pairs of a cell and a point at once."""
    tdim = nodes.shape[2]
    middle = np.mean(basix.geometry(element.cell_type), axis=0)
    reference = np.tile(middle, (len(points), 1))
    for _ in range(_NEWTON_STEPS):
        table = element.tabulate(1, reference)[..., 0]
        rest = points - np.einsum("pn,pnd->pd", table[0], nodes)
        jacobian = np.einsum("kpn,pnd->pdk", table[1 : 1 + tdim], nodes)
        # Far from the cell the map may fold: such pairs only need to stay outside.
        jacobian[np.linalg.det(jacobian) == 0.0] = np.eye(tdim)
        step = np.linalg.solve(jacobian, rest[..., None])[..., 0]
        reference = np.clip(reference + step, -1.0, 2.0)
        if np.abs(step).max(initial=0.0) < 1e-13:
            break
    return reference


def _excess(cell: Any, reference: Floats) -> Floats:
    """How far reference coordinates leave the reference cell; zero inside."""
    outside = np.maximum(-reference, 0.0).max(axis=1, initial=0.0)
    if cell in (basix.CellType.triangle, basix.CellType.tetrahedron):
        return np.maximum(outside, reference.sum(axis=1) - 1.0)
    return np.maximum(outside, (reference - 1.0).max(axis=1, initial=0.0))
