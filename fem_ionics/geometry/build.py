# SPDX-License-Identifier: LGPL-3.0-or-later
"""From a mesh on rank 0 to a Domain on all ranks."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from mpi4py import MPI

from fem_ionics.errors import TagError, nearest
from fem_ionics.geometry.domain import Domain
from fem_ionics.geometry.nodemesh import Ints, NodeMesh, on_root
from fem_ionics.geometry.periodic import check_merged, match_sides, merge_nodes, periodic_mesh

AXES = "xyz"


def build_domain(
    comm: MPI.Comm,
    make: Callable[[], NodeMesh],
    *,
    unit: float,
    periodic: Mapping[str, tuple[str, str]],
    bend: Callable[[NodeMesh], NodeMesh] | None = None,
    **symmetry: Any,
) -> Domain:
    """Make a mesh on rank 0, tie its periodic sides and distribute it.

    Parameters
    ----------
    comm
        Communicator; the call is collective.
    make
        Called on rank 0 only.
    unit
        m per mesh unit.
    periodic
        Axis name -> names of the lower and the upper side.
    bend
        Moves the nodes after the periodic sides were paired (on rank 0).
    **symmetry
        `multiplicity`, `axisymmetric`, `solids`, `name` and `shape` of the Domain.

    Raises
    ------
    MeshError
        The same on all ranks.
    """

    axes = "xz" if symmetry.get("axisymmetric") else AXES

    def prepare() -> tuple[NodeMesh, Ints | None, dict[str, float]]:
        mesh, merged, periods = tie(make(), periodic, axes)
        metres = {axis: unit * period for axis, period in periods.items()}
        return (bend(mesh) if bend else mesh), merged, metres

    built = on_root(comm, prepare)
    mesh, merged, periods = built if built is not None else (None, None, None)
    regions, boundaries, periods = comm.bcast((mesh.regions, mesh.boundaries, periods) if mesh else None)
    distributed, cell_tags, facet_tags = periodic_mesh(comm, mesh, merged)
    return Domain(
        mesh=distributed,
        unit=unit,
        cell_tags=cell_tags,
        facet_tags=facet_tags,
        regions=regions,
        boundaries=boundaries,
        periods=periods,
        **symmetry,
    )


def tie(
    mesh: NodeMesh, periodic: Mapping[str, tuple[str, str]], axes: str = AXES
) -> tuple[NodeMesh, Ints | None, dict[str, float]]:
    """Pair the periodic sides of a mesh and drop their names: they are inside now.

    Parameters
    ----------
    mesh
        As it was made.
    periodic
        Axis name -> names of the lower and the upper side.
    axes
        Names of the coordinates: "xz" in the half plane of an axisymmetric domain.

    Returns
    -------
    mesh : NodeMesh
        Without the facets of the periodic sides.
    merged : int array or None
        Id that stands for each node; None when nothing is periodic.
    periods : dict
        Period by axis, mesh units.
    """
    if not periodic:
        return mesh, None, {}
    pairs, periods = [], {}
    sides: set[str] = set()
    for axis, names in periodic.items():
        for name in names:
            if name not in mesh.boundaries:
                known = ", ".join(f'"{each}"' for each in mesh.boundaries)
                hint = nearest(name, mesh.boundaries)
                raise TagError(f'periodic side "{name}": the mesh has {known}.{hint}')
        first, second = (mesh.boundary_nodes(name) for name in names)
        pair, periods[axis] = match_sides(mesh.nodes, first, second, axes.index(axis), names=names)
        pairs.append(pair)
        sides.update(names)
    merged = merge_nodes(len(mesh.nodes), pairs)
    check_merged(mesh, merged)
    return _without(mesh, sides), merged, periods


def _without(mesh: NodeMesh, sides: set[str]) -> NodeMesh:
    """The mesh without the facets of `sides`, and without the names that stood for nothing else."""
    gone = np.zeros(len(mesh.facet_values), dtype=bool)
    for name in sides:
        gone |= mesh.facet_rows(name)
    left = set(mesh.facet_values[~gone].tolist())
    kept = {
        name: tuple(tag for tag in tags if tag in left)
        for name, tags in mesh.boundaries.items()
        if name not in sides and not left.isdisjoint(tags)
    }
    return replace(mesh, facets=mesh.facets[~gone], facet_values=mesh.facet_values[~gone], boundaries=kept)
