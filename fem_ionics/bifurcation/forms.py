# SPDX-License-Identifier: LGPL-3.0-or-later
"""Bilinear forms of a problem besides its Jacobian: what is stored, and what a length is."""

from collections.abc import Sequence
from typing import Any

import ufl
from dolfinx import fem

from fem_ionics.model.blocks import residual_blocks


def storage_blocks(storage: ufl.Form | None, functions: Sequence[fem.Function]) -> Any:
    if storage is None:
        return products(functions, [True] * len(functions))
    rows: list[Any] = residual_blocks(storage)
    rows += [None] * (len(functions) - len(rows))
    blocks: list[list[Any]] = []
    for i, row in enumerate(rows):
        present = set() if row is None else set(row.coefficients())
        blocks.append(
            [
                ufl.derivative(row, function, ufl.TrialFunction(function.function_space))
                if function in present
                else (_nothing(function) if i == j else None)
                for j, function in enumerate(functions)
            ]
        )
    return blocks


def products(functions: Sequence[fem.Function], counted: Sequence[bool]) -> Any:
    """L2 products per volume of the unknowns that count."""
    mesh = functions[0].function_space.mesh
    one = fem.Constant(mesh, 1.0)
    volume = mesh.comm.allreduce(fem.assemble_scalar(fem.form(one * ufl.dx(domain=mesh))))
    weight = fem.Constant(mesh, 1.0 / float(volume))
    return [
        [
            (_product(weight, function) if counts else _nothing(function)) if i == j else None
            for j in range(len(functions))
        ]
        for i, (function, counts) in enumerate(zip(functions, counted, strict=True))
    ]


def _product(weight: fem.Constant, function: fem.Function) -> ufl.Form:
    space = function.function_space
    return weight * ufl.inner(ufl.TrialFunction(space), ufl.TestFunction(space)) * ufl.dx


def _nothing(function: fem.Function) -> ufl.Form:
    """An empty block that still has its place."""
    space = function.function_space
    zero = fem.Constant(space.mesh, 0.0)
    dx = ufl.Measure("dx", domain=space.mesh, metadata={"quadrature_degree": 0})
    return zero * ufl.inner(ufl.TrialFunction(space), ufl.TestFunction(space)) * dx
