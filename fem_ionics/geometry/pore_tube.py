# SPDX-License-Identifier: LGPL-3.0-or-later
"""A straight tube without reservoirs, axisymmetric: endless (periodic) or open."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from mpi4py import MPI

from fem_ionics.errors import ParameterError
from fem_ionics.geometry.build import build_domain
from fem_ionics.geometry.domain import Domain
from fem_ionics.geometry.grading import Sizes, edge_graded
from fem_ionics.geometry.nodemesh import NodeMesh
from fem_ionics.geometry.pore_checks import SHAPES, axial_edge, geometry_order, one_of
from fem_ionics.geometry.pore_grid import fine, grid_mesh, grid_nodes, line, vertex_ids
from fem_ionics.geometry.pore_nodes import GROWTH, LONGEST_OF_LENGTH, LONGEST_OF_RADIUS, Columns, across
from fem_ionics.geometry.pore_shape import shape_of
from fem_ionics.parameters import Edge, as_expression, checks

_OWNER = "tube"


def tube(
    radius: float,
    length: float,
    *,
    resolve: float,
    periodic: str | None = "z",
    edges: Iterable[float | Edge] = (),
    refine: float = 1.0,
    shape: str = "quadrilateral",
    order: int = 1,
    comm: MPI.Comm = MPI.COMM_WORLD,
) -> Domain:
    """Cylindrical tube without reservoirs, axisymmetric: z from -length/2 to length/2.

    Parameters
    ----------
    radius, length
        m.
    resolve
        Length to resolve at the wall, m, as in `pore`.
    periodic
        "z", or None for open ends named "cis" (below) and "trans".
    edges
        Positions z to refine at, m, or `Edge` objects along "z".
    refine
        Factor on the number of cells in both directions.
    shape
        "quadrilateral" or "triangle".
    order
        Degree of the geometry, 1 or 2.
    comm
        Communicator of the mesh.

    Returns
    -------
    Domain
        Region "fluid"; boundaries "pore wall", "walls" (the same), "axis", and "cis" and "trans" when open.

    Raises
    ------
    ParameterError
        For values out of range, on all ranks before anything is built.
    MeshError
        For too few cells along a periodic tube.
    """
    radius = checks.positive(_OWNER, "radius", radius, "m")
    if periodic not in ("z", None):
        raise ParameterError(f'{_OWNER}: periodic = {periodic!r} was given; use "z" or None.')
    plan = _Plan(
        length=checks.positive(_OWNER, "length", length, "m") / radius,
        resolve=checks.positive(_OWNER, "resolve", resolve, "m") / radius,
        refine=checks.positive(_OWNER, "refine", refine),
        edges=tuple(axial_edge(_OWNER, each, radius) for each in edges),
        shape=one_of(_OWNER, "shape", shape, SHAPES),
        order=geometry_order(_OWNER, order),
        periodic=periodic == "z",
    )
    return build_domain(
        comm,
        lambda: _mesh(plan),
        unit=radius,
        periodic={"z": ("cis", "trans")} if plan.periodic else {},
        axisymmetric=True,
        name=_OWNER,
        shape=shape_of(as_expression(radius), plan.length * radius, periodic=plan.periodic),
    )


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """Checked plan of a tube, lengths in radii."""

    length: float
    resolve: float
    refine: float
    edges: tuple[tuple[float, float], ...]
    shape: str
    order: int
    periodic: bool


def _mesh(plan: _Plan) -> NodeMesh:
    """The grid with its names."""
    inner, wall = across(1.0, plan.resolve)
    columns = Columns(inner, 0, wall, None, plan.refine)
    heights = _heights(plan)
    radii = columns.at(np.ones(len(fine(heights, plan.order))))
    size = len(heights) - 1, radii.shape[1] - 1
    ids = vertex_ids(*size, plan.order)
    return grid_mesh(
        grid_nodes(radii, heights, plan.order),
        plan,
        size,
        kept=np.ones(size, dtype=bool),
        values=np.ones(size),
        facets={"cis": line(ids[0]), "trans": line(ids[-1]), "pore wall": line(ids[:, -1]), "axis": line(ids[:, 0])},
        regions={"fluid": (1,)},
    )


def _heights(plan: _Plan) -> np.ndarray:
    """Axial nodes, fine at the edges and nowhere else."""
    longest = min(LONGEST_OF_RADIUS, LONGEST_OF_LENGTH * plan.length)
    # A smooth edge needs no cell finer than its own width.
    finest = min((max(width, 0.5 * plan.resolve) for _, width in plan.edges), default=longest)
    sizes = Sizes(smallest=min(finest, longest), largest=longest, growth=GROWTH)
    positions = [position for position, _ in plan.edges]
    return edge_graded(plan.length, positions, sizes, periodic=plan.periodic, refine=plan.refine)
