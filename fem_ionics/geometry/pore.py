# SPDX-License-Identifier: LGPL-3.0-or-later
"""Pores through a membrane between two reservoirs: any radius along the axis, axisymmetric or in 3-D."""

from collections.abc import Iterable
from typing import Any

from mpi4py import MPI

from fem_ionics.errors import ParameterError
from fem_ionics.geometry.build import build_domain
from fem_ionics.geometry.domain import Domain
from fem_ionics.geometry.pore_checks import (
    SHAPES,
    SOLID_SHAPES,
    axial_edge,
    cell_section,
    geometry_order,
    one_of,
    ordered,
    reservoir_size,
)
from fem_ionics.geometry.pore_grid import pore_grid
from fem_ionics.geometry.pore_nodes import PorePlan
from fem_ionics.geometry.pore_profile import bullet, conical, hourglass, profile_of
from fem_ionics.geometry.pore_shape import shape_of
from fem_ionics.geometry.pore_solid import SolidPlan, pore_solid
from fem_ionics.geometry.pore_turned import pore_turned
from fem_ionics.parameters import Edge, as_expression, checks

_MEMBRANES = ("insulator", "dielectric")


def pore(
    radius: Any,
    length: float,
    *,
    reservoir: float | tuple[float, float],
    resolve: float,
    array: bool = False,
    membrane: str = "insulator",
    edges: Iterable[float | Edge] = (),
    refine: float = 1.0,
    shape: str | None = None,
    order: int | None = None,
    dimension: int = 2,
    offset: tuple[float, float] = (0.0, 0.0),
    aspect: float = 1.0,
    cell: str = "round",
    comm: MPI.Comm = MPI.COMM_WORLD,
) -> Domain:
    """Pore of any radius along its axis through a membrane between two reservoirs.

    The axis is z: the pore reaches from -length/2 (cis) to length/2 (trans), with a cylindrical reservoir
    below and above. It is axisymmetric with mesh coordinates (r, z), or three-dimensional.

    Parameters
    ----------
    radius
        Radius in m at the points (0, 0, z): a number, an expression of "z", or a function f(x, math) of the
        coordinates in m, with z = x[2].
    length
        Thickness of the membrane, m.
    reservoir
        Radius and height of the reservoirs, m; one number for both.
    resolve
        Length to resolve at the pore wall, the membrane's faces and the mouths, m: the Debye or the
        Gouy-Chapman length, whichever is shorter. Cells start at half of it at `refine` = 1, which suits
        quadratic elements, and grow by at most 1.3 from one to the next.
    array
        The pore is the unit cell of an array: the sides of the reservoirs are mirror planes, "cell side".
        Otherwise they belong to the openings "cis" and "trans".
    membrane
        "insulator" (not meshed: no field in it) or "dielectric" (meshed as the region "membrane").
    edges
        More positions z to refine at, m, or `Edge` objects along "z"; those outside the pore are ignored.
    refine
        Factor on the number of cells in both directions; an integer keeps all nodes of a straight pore.
    shape
        "quadrilateral" (default) or "triangle": two triangles for each quadrilateral, which `refined` can
        divide. In 3-D "tetrahedron" (default) or "hexahedron".
    order
        Degree of the geometry, 1 or 2; by default 2 for hexahedra and for an axisymmetric pore whose radius
        varies.
    dimension
        2 for axisymmetric, 3 for tetrahedra or hexahedra. Tetrahedra start at half of `resolve` at the wall
        and the mouths' edges, whatever `edges` says, and grow with the distance from there, along the
        membrane too: for pores of some Debye lengths. Hexahedra are the axisymmetric cells turned about the
        axis, 16 around at `refine` = 1 (multiples of 8 otherwise): as thin as those at wall, faces and
        mouths, and for thin layers far fewer than tetrahedra.
    offset
        Position (x, y) of the pore's axis in the cell, m; 3-D only.
    aspect
        Ratio of the semi-axes along x and y of an elliptical pore, whose section keeps the area pi radius^2;
        3-D only.
    cell
        "round" or "square": section of the reservoirs, whose radius is then half the side; "square" in 3-D
        only.
    comm
        Communicator of the mesh.

    Returns
    -------
    Domain
        Regions "cis reservoir", "pore", "trans reservoir", "fluid" (all three), with a dielectric "membrane";
        boundaries "cis", "trans", "pore wall", "cis membrane", "trans membrane", "membrane" (both faces),
        "walls" (all that touch liquid), "axis" (not in 3-D), in an array "cell side", with a dielectric
        "membrane rim".

    Raises
    ------
    ParameterError
        For values out of range, on all ranks before anything is built.
    MeshError
        For a radius that is not positive everywhere, and for an offset or an ellipse that folds hexahedra.
    """
    owner = "pore"
    length = checks.positive(owner, "length", length, "m")
    profile = profile_of(owner, radius, length)
    unit = profile.unit
    three = checks.integer(owner, "dimension", dimension) == 3
    shapes = SOLID_SHAPES if three else SHAPES
    turned = three and shape == "hexahedron"
    if order is None:
        order = 2 if turned or not (three or as_expression(radius).is_constant) else 1
    plan = PorePlan(
        profile=profile,
        reservoir=reservoir_size(owner, reservoir, profile),
        resolve=checks.positive(owner, "resolve", resolve, "m") / unit,
        refine=checks.positive(owner, "refine", refine),
        edges=tuple(axial_edge(owner, each, unit) for each in edges),
        shape=one_of(owner, "shape", shapes[0] if shape is None else shape, shapes),
        order=geometry_order(owner, order),
        array=bool(array),
        dielectric=one_of(owner, "membrane", membrane, _MEMBRANES) == "dielectric",
    )
    section = cell_section(owner, plan, dimension, offset, aspect, cell)
    solid = pore_turned if turned else pore_solid
    make = (lambda: solid(SolidPlan(plan=plan, **section))) if three else (lambda: pore_grid(plan))
    solids = ("membrane",) if membrane == "dielectric" else ()
    # An array has mirror planes for sides: what has no mesh knows open baths only.
    round_ = not (array or any(section["offset"]) or section["aspect"] != 1.0 or section["square"])
    reservoirs = plan.reservoir[0] * unit, plan.reservoir[1] * unit
    return build_domain(
        comm,
        make,
        unit=unit,
        periodic={},
        axisymmetric=not three,
        solids=solids,
        name=owner,
        shape=shape_of(profile.expression, length, reservoirs) if round_ else None,
    )


def cylindrical_pore(
    radius: float, length: float, *, reservoir: float | tuple[float, float], resolve: float, **options: Any
) -> Domain:
    """Straight cylindrical pore.

    Parameters
    ----------
    radius, length
        m.
    reservoir, resolve, **options
        As in `pore`.

    Returns
    -------
    Domain
        With the names of `pore`.

    Raises
    ------
    ParameterError, MeshError
        As in `pore`.
    """
    radius = checks.positive("cylindrical_pore", "radius", radius, "m")
    return pore(radius, length, reservoir=reservoir, resolve=resolve, **options)


def conical_pore(
    tip: float, base: float, length: float, *, reservoir: float | tuple[float, float], resolve: float, **options: Any
) -> Domain:
    """Conical pore: base at the cis side (z = -length/2), tip at the trans side.

    Parameters
    ----------
    tip, base, length
        Radii and length, m; the tip is the narrower end.
    reservoir, resolve, **options
        As in `pore`; `order` is 1 by default, since the wall is straight, but 2 for hexahedra, round about
        the axis.

    Returns
    -------
    Domain
        With the names of `pore`.

    Raises
    ------
    ParameterError, MeshError
        As in `pore`, and for a tip wider than the base.
    """
    tip, base = ordered("conical_pore", ("tip", tip), ("base", base))
    length = checks.positive("conical_pore", "length", length, "m")
    if options.get("shape") != "hexahedron":
        options = {"order": 1} | options
    return pore(conical(tip, base, length), length, reservoir=reservoir, resolve=resolve, **options)


def bullet_pore(
    tip: float,
    base: float,
    length: float,
    *,
    curvature: float,
    reservoir: float | tuple[float, float],
    resolve: float,
    **options: Any,
) -> Domain:
    """Bullet-shaped pore, as track etching makes them: base at the cis side, tip at the trans side.

    With s the distance from the tip as a part of the length and h the curvature, ::

        a(s) = (base - tip exp(-h) - (base - tip) exp(-s h)) / (1 - exp(-h))

    Parameters
    ----------
    tip, base, length
        Radii and length, m; the tip is the narrower end.
    curvature
        h: 0 is a cone, positive values open the pore quickly behind the tip (bullet), negative ones slowly
        (trumpet).
    reservoir, resolve, **options
        As in `pore`.

    Returns
    -------
    Domain
        With the names of `pore`.

    Raises
    ------
    ParameterError, MeshError
        As in `pore`, and for a tip wider than the base or a curvature beyond 100.

    References
    ----------
    P. Ramirez, P. Yu. Apel, J. Cervera, S. Mafe, Nanotechnology 19, 315707 (2008).
    """
    owner = "bullet_pore"
    tip, base = ordered(owner, ("tip", tip), ("base", base))
    length = checks.positive(owner, "length", length, "m")
    curvature = checks.real(owner, "curvature", curvature)
    if abs(curvature) > 100.0:
        raise ParameterError(f"{owner}: curvature = {curvature:g} was given; values from -100 to 100 are allowed.")
    shape = bullet(tip, base, length, curvature)
    return pore(shape, length, reservoir=reservoir, resolve=resolve, **options)


def hourglass_pore(
    neck: float, mouth: float, length: float, *, reservoir: float | tuple[float, float], resolve: float, **options: Any
) -> Domain:
    """Hourglass-shaped pore: a hyperboloid of revolution, a(z)^2 = neck^2 + (mouth^2 - neck^2) (2 z/length)^2.

    Parameters
    ----------
    neck, mouth, length
        Radius in the middle, radius at both ends, and length, m.
    reservoir, resolve, **options
        As in `pore`.

    Returns
    -------
    Domain
        With the names of `pore`.

    Raises
    ------
    ParameterError, MeshError
        As in `pore`, and for a neck wider than the mouths.
    """
    neck, mouth = ordered("hourglass_pore", ("neck", neck), ("mouth", mouth))
    length = checks.positive("hourglass_pore", "length", length, "m")
    return pore(hourglass(neck, mouth, length), length, reservoir=reservoir, resolve=resolve, **options)
