# SPDX-License-Identifier: LGPL-3.0-or-later
"""From one residual form over mixed test functions to rows and columns of blocks."""

from collections.abc import Sequence
from typing import Any

import ufl
from dolfinx import fem

Blocks = list[list[Any]]


def residual_blocks(residual: ufl.Form) -> list[ufl.Form]:
    """One linear form for each test function, in the order of the mixed space; of a plain form itself."""
    rows = ufl.extract_blocks(residual)
    return [rows] if isinstance(rows, ufl.Form) else list(rows)


def jacobian_blocks(rows: Sequence[ufl.Form], functions: Sequence[fem.Function]) -> Blocks:
    """Derivative of each row in the direction of each field; None where a row lacks the field.

    The diagonal is never None, since Dirichlet rows need a place for their ones.
    """
    blocks: Blocks = []
    for i, row in enumerate(rows):
        present = set(row.coefficients())
        blocks.append(
            [
                _derivative(row, function) if function in present else (_zero(row, function) if i == j else None)
                for j, function in enumerate(functions)
            ]
        )
    return blocks


def _derivative(row: ufl.Form, function: fem.Function) -> ufl.Form:
    return ufl.derivative(row, function, ufl.TrialFunction(function.function_space))


def _zero(row: ufl.Form, function: fem.Function) -> ufl.Form:
    """An empty diagonal block that still has its place in the sparsity."""
    space = function.function_space
    (test,) = row.arguments()
    nothing = fem.Constant(space.mesh, 0.0)
    # One point per cell is enough to declare the pattern.
    dx = ufl.Measure("dx", domain=space.mesh, metadata={"quadrature_degree": 0})
    return nothing * ufl.inner(ufl.TrialFunction(space), test) * dx
