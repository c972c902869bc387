# SPDX-License-Identifier: LGPL-3.0-or-later
"""A pore through a stack of thin sheets between two reservoirs, axisymmetric, with open or sealed galleries."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from mpi4py import MPI

from fem_ionics.cite import cite
from fem_ionics.errors import ParameterError
from fem_ionics.geometry.build import build_domain
from fem_ionics.geometry.domain import Domain
from fem_ionics.geometry.grading import Sizes, graded
from fem_ionics.geometry.nodemesh import Floats, Ints, NodeMesh
from fem_ionics.geometry.pore_checks import SHAPES, one_of, reservoir_size
from fem_ionics.geometry.pore_grid import grid_mesh, grid_nodes, line, vertex_ids
from fem_ionics.geometry.pore_nodes import GROWTH, LARGEST_OF_RESERVOIR, LONGEST_OF_RADIUS, THICKEST, spread
from fem_ionics.geometry.pore_profile import profile_of
from fem_ionics.geometry.pore_shape import shape_of
from fem_ionics.parameters import as_expression, checks

_OWNER = "layered_pore"
#: Tags of facets; that of "sheet k" is _SHEET + k.
_SIDES = ("cis", "trans", "cis membrane", "trans membrane", "axis", "cell side", "gallery wall")
_SHEET = 100
#: Tags of cells; those of the mouth of sheet k and of the liquid above it are _MOUTH + k and _BETWEEN + k.
_CIS, _TRANS, _GALLERIES, _SOLID, _MOUTH, _BETWEEN = 1, 2, 3, 4, 1000, 2000


def layered_pore(
    radius: float,
    *,
    sheets: int,
    spacing: float,
    thickness: float,
    reservoir: float | tuple[float, float],
    resolve: float,
    galleries: str = "open",
    gallery_radius: float | None = None,
    array: bool = False,
    refine: float = 1.0,
    shape: str = "quadrilateral",
    comm: MPI.Comm = MPI.COMM_WORLD,
) -> Domain:
    """Cylindrical pore through a stack of equal sheets between two reservoirs, with mesh coordinates (r, z).

    The stack has its middle at z = 0; sheet 1 is the one next to cis. Sheets are solid and not meshed: no field is
    in them.

    Parameters
    ----------
    radius
        Of the pore, m. A pore that is no circle is given by the radius of its area or by its hydraulic radius.
    sheets
        How many.
    spacing
        From the middle of one sheet to that of the next, m.
    thickness
        Of each sheet, m: less than the spacing.
    reservoir
        Radius and height of the reservoirs, m; one number for both.
    resolve
        Length to resolve at the sheets, m, as in `pore`: cells start at half of it. Each sheet and each gallery has
        two cells at least.
    galleries
        "open": liquid fills the gaps between the sheets too, out to `gallery_radius`. "sealed": they are solid, so
        that the pore is straight and the sheets are stripes on its wall.
    gallery_radius
        Where open galleries end at a wall, m; the radius of the reservoirs by default.
    array
        The sides of the reservoirs are mirror planes, "cell side", as in `pore`.
    refine
        Factor on the number of cells in both directions.
    shape
        "quadrilateral" or "triangle".
    comm
        Communicator of the mesh.

    Returns
    -------
    Domain
        Boundaries "sheet 1", "sheet 2", ... (the rims, which face the pore), "sheets" (all rims), "gallery wall" (what
        encloses the galleries; the wall between the rims where they are sealed), "pore wall" (rims, and what lies
        between them where sealed), "cis membrane", "trans membrane", "membrane" (the outer faces of the stack),
        "walls" (all of these), "cis", "trans", "axis", in an array "cell side". Regions "cis reservoir",
        "trans reservoir", "sheet 1 opening", ... (what a rim surrounds), "sheet openings" (all of them),
        "interlayer 1", ... (the pore between sheets 1 and 2, ...), "interlayers", "pore" (openings and interlayers),
        where open "galleries" (the gaps outside the pore's radius), and "fluid".

    Raises
    ------
    ParameterError
        For values out of range, on all ranks before anything is built.

    References
    ----------
    S. Li, X. Zhang, X. Dong, X. You, B. Yuan, K. Yang, J. Am. Chem. Soc. (2026), doi 10.1021/jacs.5c17242.
    """
    radius = checks.positive(_OWNER, "radius", radius, "m")
    sheets = _count(sheets)
    spacing, thickness = _layers(spacing, thickness)
    length = (sheets - 1) * spacing + thickness
    profile = profile_of(_OWNER, radius, length)
    wide, high = reservoir_size(_OWNER, reservoir, profile)
    is_open = one_of(_OWNER, "galleries", galleries, ("open", "sealed")) == "open"
    plan = _Plan(
        sheets=sheets,
        spacing=spacing / radius,
        thickness=thickness / radius,
        reservoir=(wide, high),
        resolve=checks.positive(_OWNER, "resolve", resolve, "m") / radius,
        gallery=_gallery(gallery_radius, is_open, radius, wide),
        array=bool(array),
        refine=checks.positive(_OWNER, "refine", refine),
        shape=one_of(_OWNER, "shape", shape, SHAPES),
    )
    cite("li2026")
    straight = (sheets == 1 or not is_open) and not array
    return build_domain(
        comm,
        lambda: _mesh(plan),
        unit=radius,
        periodic={},
        axisymmetric=True,
        name=_OWNER,
        shape=shape_of(as_expression(radius), length, (wide * radius, high * radius)) if straight else None,
    )


def _count(given: Any) -> int:
    if checks.integer(_OWNER, "sheets", given) < 1:
        raise ParameterError(f"{_OWNER}: sheets = {given!r} was given; one sheet at least is needed.")
    return int(given)


def _layers(spacing: Any, thickness: Any) -> tuple[float, float]:
    """Checked spacing and thickness, m."""
    spacing = checks.positive(_OWNER, "spacing", spacing, "m")
    thickness = checks.positive(_OWNER, "thickness", thickness, "m")
    if spacing <= thickness * (1.0 + 1e-9):
        raise ParameterError(
            f"{_OWNER}: spacing = {spacing:g} m and thickness = {thickness:g} m were given; the spacing is counted "
            "from middle to middle and must exceed the thickness."
        )
    return spacing, thickness


def _gallery(given: Any, is_open: bool, radius: float, wide: float) -> float | None:
    """Where the galleries end, in pore radii; None where they are sealed."""
    if not is_open:
        if given is not None:
            raise ParameterError(f'{_OWNER}: gallery_radius = {given!r} was given; it needs galleries="open".')
        return None
    if given is None:
        return wide
    end = checks.positive(_OWNER, "gallery_radius", given, "m") / radius
    if not 1.05 <= end <= wide * (1.0 + 1e-9):
        raise ParameterError(
            f"{_OWNER}: gallery_radius = {given:g} m was given; it must exceed the pore's radius, {radius:g} m, by 5 % "
            f"and must not exceed that of the reservoirs, {wide * radius:g} m."
        )
    return min(end, wide)


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """Checked plan of a stack, lengths in pore radii; `gallery` is None where sealed."""

    sheets: int
    spacing: float
    thickness: float
    reservoir: tuple[float, float]
    resolve: float
    gallery: float | None
    array: bool
    refine: float
    shape: str
    order: int = 1

    @property
    def faces(self) -> Floats:
        """Lower and upper face of each sheet from cis to trans, shape (2 sheets,)."""
        middles = self.spacing * (np.arange(self.sheets) - 0.5 * (self.sheets - 1))
        return np.column_stack([middles - 0.5 * self.thickness, middles + 0.5 * self.thickness]).ravel()

    @property
    def finest(self) -> float:
        """Size of the cells at the faces and rims."""
        gap = self.spacing - self.thickness if self.sheets > 1 else self.thickness
        return min(0.5 * self.resolve, THICKEST, 0.5 * self.thickness, 0.5 * gap)


def _heights(plan: _Plan) -> tuple[Floats, Ints]:
    """Axial nodes through both reservoirs and the stack, and which of them are the faces of the sheets."""
    faces = plan.faces
    places = np.linspace(faces[0], faces[-1], 33)
    stack = spread(places, np.full_like(places, LONGEST_OF_RADIUS), dict.fromkeys(faces, plan.finest), plan.refine)
    stack = 0.5 * (stack - stack[::-1])
    bath = graded(
        plan.reservoir[1],
        Sizes(smallest=plan.finest, largest=max(plan.finest, LARGEST_OF_RESERVOIR * plan.reservoir[1]), growth=GROWTH),
        refine=plan.refine,
    )
    nodes = np.concatenate([stack[0] - bath[:0:-1], stack, stack[-1] + bath[1:]])
    return nodes, np.array([np.argmin(np.abs(nodes - face)) for face in faces])


def _radii(plan: _Plan) -> tuple[Floats, int, int]:
    """Radial nodes, and which of them are the pore's wall and the end of the galleries."""
    wide = plan.reservoir[0]
    # Nothing is charged at the end of the galleries: a node there, but no finer cells.
    end = wide if plan.gallery is None else plan.gallery
    stops = {0.0: np.inf, 1.0: min(0.5 * plan.resolve, THICKEST), end: np.inf, wide: np.inf}
    places = np.linspace(0.0, wide, 257)
    nodes = spread(places, np.where(places <= 1.0, THICKEST, LARGEST_OF_RESERVOIR * wide), stops, plan.refine)
    return nodes, int(np.argmin(np.abs(nodes - 1.0))), int(np.argmin(np.abs(nodes - end)))


def _mesh(plan: _Plan) -> NodeMesh:
    """The grid without the sheets, with its names."""
    heights, faces = _heights(plan)
    radii, wall, end = _radii(plan)
    size = len(heights) - 1, len(radii) - 1
    values = np.full(size, _SOLID, dtype=np.int32)
    values[: faces[0]], values[faces[-1] :] = _CIS, _TRANS
    for number, (bottom, top) in enumerate(faces.reshape(-1, 2), start=1):
        values[bottom:top, :wall] = _MOUTH + number
    for number, (top, bottom) in enumerate(faces[1:-1].reshape(-1, 2), start=1):
        values[top:bottom, :wall] = _BETWEEN + number
        if plan.gallery is not None:
            values[top:bottom, wall:end] = _GALLERIES
    names = [f"sheet {number}" for number in range(1, plan.sheets + 1)]
    numbers = {name: tag for tag, name in enumerate(_SIDES, start=1)}
    rims = {name: _SHEET + number for number, name in enumerate(names, start=1)}
    return grid_mesh(
        grid_nodes(np.broadcast_to(radii, (len(heights), len(radii))), heights, plan.order),
        plan,
        size,
        kept=values != _SOLID,
        values=values,
        facets=_facets(vertex_ids(*size, plan.order), faces, wall, end, plan),
        regions=_regions(plan),
        numbers=numbers | rims,
        groups=_groups(names, plan.gallery is None),
    )


def _groups(names: list[str], sealed: bool) -> dict[str, tuple[str, ...]]:
    """Names of boundaries that stand for several."""
    inside = (*names, "gallery wall") if sealed else tuple(names)
    outside = ("cis membrane", "trans membrane")
    return {
        "sheets": tuple(names),
        "pore wall": inside,
        "membrane": outside,
        "walls": (*names, "gallery wall", *outside),
    }


def _regions(plan: _Plan) -> dict[str, tuple[int, ...]]:
    """Tags of the cells by name."""
    mouths = {f"sheet {number} opening": (_MOUTH + number,) for number in range(1, plan.sheets + 1)}
    between = {f"interlayer {number}": (_BETWEEN + number,) for number in range(1, plan.sheets)}
    openings, interlayers = (tuple(tag for (tag,) in part.values()) for part in (mouths, between))
    found = {"cis reservoir": (_CIS,), "trans reservoir": (_TRANS,), **mouths, "sheet openings": openings, **between}
    found["pore"] = openings + interlayers
    outside: tuple[int, ...] = ()
    if interlayers:
        found["interlayers"] = interlayers
        if plan.gallery is not None:
            found["galleries"] = outside = (_GALLERIES,)
    return found | {"fluid": (_CIS, _TRANS, *found["pore"], *outside)}


def _facets(ids: Ints, faces: Ints, wall: int, end: int, plan: _Plan) -> dict[str, Ints]:
    """Vertices of all named facets."""
    low, high = faces[0], faces[-1]
    sides = line(ids[: low + 1, -1]), line(ids[high:, -1])
    found = {"cis": line(ids[0]), "trans": line(ids[-1])}
    if plan.array:
        found["cell side"] = np.concatenate(sides)
    else:
        found = {name: np.concatenate([line_, side]) for (name, line_), side in zip(found.items(), sides, strict=True)}
    found |= {"cis membrane": line(ids[low, wall:]), "trans membrane": line(ids[high, wall:]), "axis": line(ids[:, 0])}
    for number, (bottom, top) in enumerate(faces.reshape(-1, 2), start=1):
        found[f"sheet {number}"] = line(ids[bottom : top + 1, wall])
    enclosing: list[Ints] = []
    for top, bottom in faces[1:-1].reshape(-1, 2):
        if plan.gallery is None:
            enclosing.append(line(ids[top : bottom + 1, wall]))
        else:
            across = slice(wall, end + 1)
            enclosing += [line(ids[top, across]), line(ids[bottom, across]), line(ids[top : bottom + 1, end])]
    if enclosing:
        found["gallery wall"] = np.concatenate(enclosing)
    return found
