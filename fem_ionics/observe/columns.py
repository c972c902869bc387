# SPDX-License-Identifier: LGPL-3.0-or-later
"""Averages over thin slices across an axis, weakly: any quantity, gradients too, with one assembly."""

from typing import Any

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem, la
from mpi4py import MPI

from fem_ionics.geometry import Domain
from fem_ionics.model import Model
from fem_ionics.observe.forms import axis_of, weighted

Floats = npt.NDArray[np.float64]


def column_averages(model: Model, key: str, expressions: list[Any], axis: str) -> tuple[Floats, Floats]:
    """Averages at the live functions over slices that are one (the longest) cell wide (collective).

    Parameters
    ----------
    key
        Name under which the model keeps the compiled forms.
    expressions
        Scalars over the live functions.
    axis
        Across which to slice.

    Returns
    -------
    averages
        Shape (expressions, slices).
    volumes
        Of the slices in mesh units, shape (slices,).

    Notes
    -----
    A slice is the sum of the linear hat functions at its nodes: a hat along the axis on a structured mesh, with
    soft edges on others. The slices add up to one, so no part of the domain counts twice or is left out.
    """

    def make() -> tuple[list[fem.Form], npt.NDArray[np.int64], int]:
        space = fem.functionspace(model.domain.mesh, ("Lagrange", 1))
        test = ufl.TestFunction(space)
        factors = (fem.Constant(model.domain.mesh, 1.0), *expressions)
        return [fem.form(weighted(model, each * test)) for each in factors], *_slices(model.domain, space, axis)

    forms, slices, count = model.kept(("observe", "columns", key, axis), make)
    sums = np.zeros((len(forms), count))
    for form, row in zip(forms, sums, strict=True):
        vector = fem.assemble_vector(form)
        vector.scatter_reverse(la.InsertMode.add)
        np.add.at(row, slices, vector.array[: len(slices)])
    model.domain.comm.Allreduce(MPI.IN_PLACE, sums, op=MPI.SUM)
    filled = sums[:, sums[0] > 0.0]
    return filled[1:] / filled[0], filled[0]


def _slices(domain: Domain, space: fem.FunctionSpace, axis: str) -> tuple[npt.NDArray[np.int64], int]:
    """Slice of each of this rank's own nodes, and how many slices there are."""
    index = axis_of(domain, axis)
    geometry = domain.mesh.geometry
    cells = geometry.x[geometry.dofmaps[0], index]
    widest = float(np.ptp(cells, axis=1).max(initial=0.0))
    widest = domain.comm.allreduce(widest, op=MPI.MAX)
    lower, upper = (float(corner[index]) / domain.unit for corner in domain.bounds)
    count = max(1, round((upper - lower) / widest))
    owned = space.dofmap.index_map.size_local
    nodes = space.tabulate_dof_coordinates()[:owned, index]
    # Rounded, not floored: a column of nodes sits in the middle of its slice, whatever its last digits.
    slices = np.round((nodes - lower) / (upper - lower) * count).astype(np.int64)
    if axis in domain.periods:
        return slices % count, count
    return slices, count + 1
