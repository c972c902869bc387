# SPDX-License-Identifier: LGPL-3.0-or-later
"""Nanochannels between two walls, graded to the Debye length: straight or wavy, whole or half."""

from collections.abc import Iterable
from typing import Any

from mpi4py import MPI

from fem_ionics.errors import ParameterError
from fem_ionics.geometry.build import build_domain
from fem_ionics.geometry.channel_mesh import Layout, straight
from fem_ionics.geometry.domain import Domain
from fem_ionics.geometry.grading import Sizes, edge_graded, graded, reflected
from fem_ionics.geometry.wall import Displacement
from fem_ionics.parameters import Edge, as_expression, checks

#: Neighbouring cells differ by this factor at most; 1.3 keeps the error of quadratic elements even.
GROWTH = 1.3
#: At refine = 1 a cell is at most this part of the height thick, and at most these parts of height and
#: length long: 120 cells for half a channel of 50 nm x 10 nm at 100 mM.
_THICKEST, _LONGEST_OF_HEIGHT, _LONGEST_OF_LENGTH = 1 / 8, 1 / 4, 1 / 20
_OWNER = "channel"


def channel(
    length: float,
    height: float,
    *,
    resolve: float,
    periodic: str | None = "x",
    refine: float = 1.0,
    shape: str = "quadrilateral",
    half: bool = False,
    wall: Any = None,
    pattern: Any = None,
    edges: Iterable[float | Edge] = (),
    order: int | None = None,
    axial: int | None = None,
    across: int | None = None,
    comm: MPI.Comm = MPI.COMM_WORLD,
) -> Domain:
    """Channel between two walls: x from -length/2 to length/2, y from -height/2 to height/2.

    Parameters
    ----------
    length, height
        m. The height is the distance between the walls, without their waves.
    resolve
        Length to resolve at the walls, m: the Debye length. The first cell is half of it at `refine` = 1,
        which suits quadratic elements; an eighth of the height is the largest cell, however long the
        Debye length.
    periodic
        "x", or None for open ends named "left" and "right".
    refine
        Factor on the number of cells in both directions.
    shape
        "quadrilateral" (structured, mirror-symmetric to round-off) or "triangle" (unstructured).
    half
        Mesh only y >= 0; the plane y = 0 is named "symmetry", the multiplicity is 2.
    wall
        Outward displacement of each wall at x, m: number, pattern or f(x, math); y becomes
        y (1 + 2 wall(x)/height).
    pattern
        Pattern on the walls, whose patch edges are refined axially.
    edges
        More axial positions to refine at, m, or `Edge` objects.
    order
        Degree of the geometry, 1 or 2; by default 2 with `wall` given, else 1.
    axial, across
        Number of equal cells along the channel, and of graded cells from one wall to the middle, instead of
        those that `resolve`, the edges and `refine` ask for. For quadrilaterals only.
    comm
        Communicator of the mesh.

    Returns
    -------
    Domain
        Region "fluid"; boundaries "bottom wall" and "top wall" (half: the latter only), "walls" for all of
        them, "symmetry" when half, "left" and "right" when not periodic.

    Raises
    ------
    ParameterError
        For values out of range, on all ranks before anything is built.
    MeshError
        For a wall that closes the channel or is not periodic where the channel is, and for whatever gmsh
        refuses; the same on all ranks.
    """
    length = checks.positive(_OWNER, "length", length, "m")
    height = checks.positive(_OWNER, "height", height, "m")
    unit = 0.5 * height
    known = () if pattern is None else as_expression(pattern).edges(length, -0.5 * length, "x")
    found = [*edges, *known]
    order = (1 if wall is None else 2) if order is None else order
    _check_choices(periodic, shape, order)
    layout = _layout(
        length / unit,
        checks.positive(_OWNER, "resolve", resolve, "m") / unit,
        checks.positive(_OWNER, "refine", refine),
        [_edge(each, unit) for each in found],
        axial=_cells("axial", axial, 3 if periodic else 1, shape),
        across=_cells("across", across, 1, shape),
        half=bool(half),
        periodic=periodic == "x",
        shape=shape,
        order=order,
    )
    displacement = None if wall is None else Displacement(as_expression(wall), unit)
    if displacement is not None:
        displacement.check(length, layout.periodic)
    return build_domain(
        comm,
        lambda: straight(layout),
        bend=displacement.move if displacement is not None else None,
        unit=unit,
        periodic={"x": ("left", "right")} if layout.periodic else {},
        multiplicity=2 if half else 1,
        name="channel",
    )


def _check_choices(periodic: str | None, shape: str, order: int) -> None:
    if periodic not in ("x", None):
        raise ParameterError(f'{_OWNER}: periodic = {periodic!r} was given; use "x" or None.')
    if shape not in ("quadrilateral", "triangle"):
        raise ParameterError(f'{_OWNER}: shape = {shape!r} was given; use "quadrilateral" or "triangle".')
    if checks.integer(_OWNER, "order", order) not in (1, 2):
        raise ParameterError(f"{_OWNER}: order = {order!r} was given; use 1 or 2.")


def _cells(name: str, given: int | None, least: int, shape: str) -> int | None:
    if given is None:
        return None
    if checks.integer(_OWNER, name, given) < least:
        raise ParameterError(f"{_OWNER}: {name} = {given} cells were given; at least {least} are needed.")
    if shape == "triangle":
        raise ParameterError(f"{_OWNER}: {name} counts quadrilaterals; triangles need resolve and refine.")
    return int(given)


def _edge(given: float | Edge, unit: float) -> tuple[float, float]:
    """Position and width of an edge in mesh units."""
    if isinstance(given, Edge) and given.axis != "x":
        raise ParameterError(f'{_OWNER}: {given} was given; edges along "x" alone can be refined.')
    position, width = (given.position, given.width) if isinstance(given, Edge) else (given, 0.0)
    return checks.real(_OWNER, "edges", position) / unit, width / unit


def _layout(
    length: float,
    resolve: float,
    refine: float,
    edges: list[tuple[float, float]],
    *,
    axial: int | None,
    across: int | None,
    **kind: Any,
) -> Layout:
    """Sizes and nodes from the lengths to resolve, in mesh units (height 2)."""
    thickest, longest = 2.0 * _THICKEST, min(2.0 * _LONGEST_OF_HEIGHT, length * _LONGEST_OF_LENGTH)
    # A smooth edge needs no cell finer than its own width.
    finest = min((max(width, 0.5 * resolve) for _, width in edges), default=longest)
    wall_sizes = Sizes(smallest=min(0.5 * resolve, thickest), largest=thickest, growth=GROWTH)
    edge_sizes = Sizes(smallest=min(finest, longest), largest=longest, growth=GROWTH)
    positions = tuple(position for position, _ in edges)
    upper = 1.0 - graded(1.0, wall_sizes, refine=refine, cells=across)[::-1]
    return Layout(
        x=edge_graded(length, positions, edge_sizes, periodic=kind["periodic"], refine=refine, uniform=axial),
        y=upper if kind["half"] else reflected(upper),
        axial=edge_sizes,
        across=wall_sizes,
        edges=positions,
        refine=refine,
        **kind,
    )
