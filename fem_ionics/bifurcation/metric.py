# SPDX-License-Identifier: LGPL-3.0-or-later
"""Lengths along a branch, independent of the mesh and of units."""

from dataclasses import dataclass

import numpy as np
from petsc4py import PETSc


@dataclass(frozen=True, eq=False)
class Metric:
    """Product <(u, l), (v, m)> = u.G v / size^2 + l m / span^2, with the Gram matrix G of the L2 product.

    Parameters
    ----------
    gram
        G, per volume.
    size
        Root mean square change of the unknowns that counts as one.
    span
        Change of the parameter that counts as one.
    """

    gram: PETSc.Mat
    size: float
    span: float

    def row(self, u: PETSc.Vec) -> PETSc.Vec:
        """G u / size^2: the product with u as a row."""
        row = u.duplicate()
        self.gram.mult(u, row)
        row.scale(self.size**-2)
        return row

    def product(self, u: PETSc.Vec, l: float, v: PETSc.Vec, m: float) -> float:
        """The product."""
        return float(self.row(u).dot(v)) + l * m / self.span**2

    def norm(self, u: PETSc.Vec, l: float = 0.0) -> float:
        """Length."""
        return float(np.sqrt(max(self.product(u, l, u, l), 0.0)))
