# SPDX-License-Identifier: LGPL-3.0-or-later
"""Small words for PETSc vectors; each returns a new one."""

import numpy as np
from petsc4py import PETSc


def times(matrix: PETSc.Mat, x: PETSc.Vec) -> PETSc.Vec:
    """Matrix times vector."""
    y = x.duplicate()
    matrix.mult(x, y)
    return y


def over(v: PETSc.Vec, number: float) -> PETSc.Vec:
    """Vector over a number."""
    v = v.copy()
    v.scale(1.0 / number)
    return v


def minus(*parts: PETSc.Vec) -> PETSc.Vec:
    """Minus the sum of vectors."""
    total = parts[0].copy()
    for part in parts[1:]:
        total.axpy(1.0, part)
    total.scale(-1.0)
    return total


def rms(gram: PETSc.Mat, u: PETSc.Vec) -> float:
    """Root mean square of a vector over the domain, with the Gram matrix of the L2 product per volume."""
    return float(np.sqrt(max(float(times(gram, u).dot(u)), 0.0)))
