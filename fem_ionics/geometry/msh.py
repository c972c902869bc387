# SPDX-License-Identifier: LGPL-3.0-or-later
"""The user's own mesh from gmsh: any .msh with named physical groups."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from mpi4py import MPI

from fem_ionics.errors import FemIonicsError, MeshError, ParameterError
from fem_ionics.geometry.build import AXES, build_domain
from fem_ionics.geometry.domain import Domain
from fem_ionics.geometry.gmsh_session import extract, session
from fem_ionics.geometry.nodemesh import NodeMesh
from fem_ionics.parameters import checks

_OWNER = "read_msh"


def read_msh(
    path: str | Path,
    *,
    unit: float,
    periodic: Mapping[str, tuple[str, str]] | None = None,
    comm: MPI.Comm = MPI.COMM_WORLD,
) -> Domain:
    """Read a mesh made with gmsh.

    Parameters
    ----------
    path
        A .msh file in two or three dimensions with cells of one kind, of order 1 or 2. The names of its
        physical groups become regions (highest dimension; "fluid" for cells in no group) and boundaries (one
        dimension less). Groups may overlap.
    unit
        Length of one unit of the file, m: 1e-9 for a mesh drawn in nanometres.
    periodic
        Axis -> names of the lower and the upper side: ``{"x": ("left", "right")}``. The sides must carry the
        same nodes (setPeriodic in gmsh); their names go, since they are inside then.
    comm
        Communicator of the mesh; only rank 0 reads.

    Returns
    -------
    Domain

    Raises
    ------
    ParameterError
        For a unit that is not positive, or `periodic` in another form.
    TagError
        For a periodic side that the file does not name.
    MeshError
        For a file that is missing, corrupt or not usable, or sides that do not match; the same on all ranks.
    """
    unit = checks.positive(_OWNER, "unit", unit, "m")
    sides = {} if periodic is None else dict(periodic)
    for axis, names in sides.items():
        pair = not isinstance(names, str) and len(names) == 2 and all(isinstance(name, str) for name in names)
        if axis not in tuple(AXES) or not pair:
            raise ParameterError(
                f"{_OWNER}: periodic = {periodic!r} was given; the form is "
                '{"x": ("name of the lower side", "name of the upper side")}.'
            )
    file = Path(path)
    return build_domain(comm, lambda: _read(file), unit=unit, periodic=sides, name=file.name)


def _of_order_one(mesh: NodeMesh) -> NodeMesh:
    """Refuse a drawing in metres: tolerances and scaled equations want numbers near 1."""
    size = float(np.ptp(mesh.nodes, axis=0).max())
    if not 1e-3 < size < 1e7:
        raise MeshError(
            f"the mesh is {size:.3g} units wide; draw it in a unit that makes the numbers of order one "
            "(nanometres, with unit=1e-9), or set Mesh.ScalingFactor in gmsh."
        )
    return mesh


def _read(file: Path) -> NodeMesh:
    """The file's mesh, on rank 0."""
    if not file.is_file():
        raise MeshError(f'no mesh file "{file}". Give the path of a .msh file written by gmsh.')
    if file.suffix != ".msh":
        raise MeshError(f'"{file}" is not a .msh file; mesh it first: gmsh -2 {file.name}')
    with session() as gmsh:
        try:
            gmsh.merge(str(file))
        except Exception as error:
            raise MeshError(f'"{file}" cannot be read as a gmsh mesh: {error}') from error
        try:
            return _of_order_one(extract(gmsh))
        except FemIonicsError as error:
            raise type(error)(f'"{file}": {error}') from error
