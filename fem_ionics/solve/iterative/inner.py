# SPDX-License-Identifier: LGPL-3.0-or-later
"""PETSc's solvers inside the preconditioner, for systems of linear elements."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from petsc4py import PETSc

from fem_ionics.solve.options import applied


def assembled(blocks: Sequence[Sequence[PETSc.Mat | None]], comm: Any) -> PETSc.Mat:
    """One matrix of blocks, on each rank one after the other (collective)."""
    return PETSc.Mat().createNest(blocks, comm=comm).convert("aij")


def ready(
    matrix: PETSc.Mat, prefix: str, options: Mapping[str, Any], arrange: Callable[[PETSc.PC], None] | None = None
) -> PETSc.KSP:
    """A solver set up to the last of those inside it, which read their options in here (collective).

    Parameters
    ----------
    matrix
        What is solved with.
    prefix, options
        PETSc prefix, and options without it; what the user set wins.
    arrange
        Tells the preconditioner what options cannot, such as the fields of its splits.
    """
    solver = PETSc.KSP().create(matrix.comm)
    solver.setOptionsPrefix(prefix)
    solver.setOperators(matrix)
    with applied(prefix, options):
        solver.setFromOptions()
        if arrange is not None:
            arrange(solver.pc)
        solver.setUp()
        solver.setUpOnBlocks()
    return solver
