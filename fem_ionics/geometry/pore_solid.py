# SPDX-License-Identifier: LGPL-3.0-or-later
"""Pores in 3-D, meshed by gmsh with tetrahedra on rank 0: off the centre or elliptical too."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from fem_ionics.geometry.gmsh_session import extract, session
from fem_ionics.geometry.nodemesh import NodeMesh
from fem_ionics.geometry.pore_grid import GROUPS
from fem_ionics.geometry.pore_nodes import GROWTH, LARGEST_OF_RESERVOIR, THICKEST, PorePlan

#: Points of the spline through a curved wall.
_SPLINE = 41
_TOLERANCE = 1e-6
#: Sizes come from the callback alone.
_OPTIONS = {
    "Algorithm": 6,
    "MeshSizeExtendFromBoundary": 0,
    "MeshSizeFromPoints": 0,
    "MeshSizeFromCurvature": 0,
}
_Volumes = dict[int, str]


@dataclass(frozen=True, kw_only=True)
class SolidPlan:
    """Checked plan of a pore in 3-D.

    Parameters
    ----------
    plan
        What it shares with an axisymmetric pore.
    offset
        Position of the pore's axis in the cell, mesh units.
    aspect
        Ratio of the semi-axes along x and y.
    square
        The cell is a square column instead of a cylinder.
    """

    plan: PorePlan
    offset: tuple[float, float]
    aspect: float
    square: bool

    @property
    def stretch(self) -> float:
        """Factor along x, its inverse along y, that turns the circle into the ellipse of the same area."""
        return math.sqrt(self.aspect)


def pore_solid(solid: SolidPlan) -> NodeMesh:
    """Mesh of a pore between its reservoirs, with its names."""
    plan = solid.plan
    size = _size_function(solid)
    with session(**_OPTIONS) as gmsh:
        volumes = _volumes(gmsh, solid)
        regions: dict[str, list[int]] = {}
        for tag, name in volumes.items():
            regions.setdefault(name, []).append(tag)
        regions["fluid"] = [tag for tag, name in volumes.items() if name != "membrane"]
        for name, tags in regions.items():
            gmsh.model.addPhysicalGroup(3, tags, name=name)
        for name, tags in _surfaces(gmsh, plan, volumes).items():
            gmsh.model.addPhysicalGroup(2, tags, name=name)
        gmsh.model.mesh.setSizeCallback(lambda dim, tag, x, y, z, given: size(x, y, z))
        gmsh.model.mesh.generate(3)
        gmsh.model.mesh.setOrder(plan.order)
        return extract(gmsh)


def _volumes(gmsh: Any, solid: SolidPlan) -> _Volumes:
    """The solids, joined where they touch, and the region that each is."""
    occ, plan = gmsh.model.occ, solid.plan
    half, (_, height) = 0.5 * plan.profile.length, plan.reservoir
    columns = [("cis reservoir", -half - height, height), ("trans reservoir", half, height)]
    if plan.dielectric:
        columns.append(("membrane", -half, 2.0 * half))
    tools = [(3, _column(occ, solid, bottom, tall)) for _, bottom, tall in columns]
    pore = _revolved(occ, solid)
    _, pieces = occ.fragment(pore, tools)
    occ.synchronize()
    volumes = {tag: name for (name, *_), made in zip(columns, pieces[len(pore) :], strict=True) for _, tag in made}
    return volumes | {tag: "pore" for made in pieces[: len(pore)] for _, tag in made}


def _column(occ: Any, solid: SolidPlan, bottom: float, height: float) -> int:
    """A reservoir or the membrane as a full cylinder or square column."""
    radius = solid.plan.reservoir[0]
    if solid.square:
        return int(occ.addBox(-radius, -radius, bottom, 2.0 * radius, 2.0 * radius, height))
    return int(occ.addCylinder(0.0, 0.0, bottom, 0.0, 0.0, height, radius))


def _revolved(occ: Any, solid: SolidPlan) -> list[tuple[int, int]]:
    """The inside of the pore: its profile turned about the axis, stretched and moved."""
    profile = solid.plan.profile
    half = 0.5 * profile.length
    z = np.linspace(-half, half, _SPLINE)
    radii = profile(z)
    straight = np.allclose(radii, np.interp(z, z[[0, -1]], radii[[0, -1]]), rtol=0.0, atol=1e-9)
    chosen = [0, -1] if straight else range(_SPLINE)
    wall = [occ.addPoint(float(radii[i]), 0.0, float(z[i])) for i in chosen]
    lower, upper = occ.addPoint(0.0, 0.0, -half), occ.addPoint(0.0, 0.0, half)
    side = occ.addLine(*wall) if straight else occ.addSpline(wall)
    lines = [occ.addLine(lower, wall[0]), side, occ.addLine(wall[-1], upper), occ.addLine(upper, lower)]
    face = occ.addPlaneSurface([occ.addCurveLoop(lines)])
    made = occ.revolve([(2, face)], 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 2.0 * math.pi)
    body = [each for each in made if each[0] == 3]
    occ.remove([(2, face)], recursive=True)
    if solid.aspect != 1.0:
        occ.dilate(body, 0.0, 0.0, 0.0, solid.stretch, 1.0 / solid.stretch, 1.0)
    occ.translate(body, *solid.offset, 0.0)
    return body


def _surfaces(gmsh: Any, plan: PorePlan, volumes: _Volumes) -> dict[str, list[int]]:
    """Surfaces by name, told apart by the regions they touch and by their place."""
    found: dict[str, list[int]] = {}
    for _, surface in gmsh.model.getEntities(2):
        touched = {volumes[int(tag)] for tag in gmsh.model.getAdjacencies(2, surface)[0] if int(tag) in volumes}
        low, high = (gmsh.model.getBoundingBox(2, surface)[i] for i in (2, 5))
        name = _surface_name(plan, touched, low, high)
        if name:
            found.setdefault(name, []).append(surface)
    groups = {group: [tag for name in parts for tag in found.get(name, [])] for group, parts in GROUPS.items()}
    return found | groups


def _surface_name(plan: PorePlan, touched: set[str], low: float, high: float) -> str:
    """Name of a surface between the heights `low` and `high`; empty inside the liquid."""
    if "pore" in touched:
        return "pore wall" if touched <= {"pore", "membrane"} else ""
    if touched == {"membrane"}:
        return "membrane rim"
    sides = [side for side in ("cis", "trans") if f"{side} reservoir" in touched]
    if len(sides) != 1:
        return ""
    flat = high - low < _TOLERANCE * plan.profile.length
    if flat and abs(abs(low) - 0.5 * plan.profile.length) < _TOLERANCE * plan.profile.length:
        return f"{sides[0]} membrane"
    return sides[0] if flat or not plan.array else "cell side"


def _size_function(solid: SolidPlan) -> Any:
    """Edge length of tetrahedra at a point, a plain function of three numbers: it is called very often."""
    plan, stretch = solid.plan, solid.stretch
    half = 0.5 * plan.profile.length
    squeezed = min(stretch, 1.0 / stretch)
    heights, radii = (each.tolist() for each in plan.profile.samples)
    step, last = heights[1] - heights[0], len(heights) - 1
    finest = min(0.5 * plan.resolve, THICKEST * min(radii) * squeezed)
    largest = LARGEST_OF_RESERVOIR * min(plan.reservoir)
    mouths = plan.profile.mouths

    def size(x: float, y: float, z: float) -> float:
        distance = math.hypot((x - solid.offset[0]) / stretch, (y - solid.offset[1]) * stretch)
        # Distances in the stretched plane are too long along the short semi-axis.
        beyond = abs(z) - half
        if beyond <= 0.0:
            gap = squeezed * abs(distance - radii[min(last, max(0, round((z + half) / step)))])
        else:
            gap = math.hypot(squeezed * (distance - mouths[z > 0.0]), beyond)
        return min(finest + (GROWTH - 1.0) * gap, largest) / plan.refine

    return size
