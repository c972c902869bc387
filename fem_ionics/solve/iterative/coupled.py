# SPDX-License-Identifier: LGPL-3.0-or-later
"""The preconditioner: all fields at once on linear elements, then one after the other, with the multipliers around."""

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from petsc4py import PETSc

from fem_ionics.model import Field, Model
from fem_ionics.solve.garbage import clean
from fem_ionics.solve.iterative.coarse import Coarse
from fem_ionics.solve.iterative.multipliers import Multipliers
from fem_ionics.solve.iterative.sweep import Sweep
from fem_ionics.solve.iterative.transposed import Transposed
from fem_ionics.solve.options import COUPLED_LIMIT, under

#: Iterations after which the coarse level is left out: on meshes that do not resolve the layers, far from a solution,
#: linear elements can stand in the way, and the sweep alone arrives.
_PATIENCE = 40


class Coupled:
    """Preconditioner of a model's Jacobian, a PETSc Python context.

    Parameters
    ----------
    model
        PNP or PNPS, with either kind of unknowns.
    fields
        The blocks of the matrix in order: all fields of the model, or some of them.
    prefix
        PETSc prefix of the whole solver. The blocks of `Sweep` add theirs to it, the coarse level "coupled_".
    rate
        Weight of the storage in the residual, in one over the model's time; zero when steady.
    options
        PETSc options without prefix that go over the blocks' defaults, for example "potential_mg_levels_ksp_max_it".

    Notes
    -----
    Construction and all methods are collective. The live functions of the model hold the state of the matrix.
    """

    def __init__(
        self,
        model: Model,
        fields: Sequence[Field],
        prefix: str,
        rate: Callable[[], float] = lambda: 0.0,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        # PETSc holds its contexts where Python sees no cycle: a model that keeps its solver would never be freed.
        self.model = weakref.proxy(model)
        self.fields = tuple(fields)
        self._prefix, self._rate = prefix, rate
        self._own = dict(options or {})
        self._solving: int | None = None
        self._ready = False

    def _prepare(self, matrix: PETSc.Mat) -> None:
        """What stays the same for all values of the matrix."""
        self.sweep = Sweep(self.model, self.fields, matrix, self._prefix, self._rate, self._own)
        self.coarse = self._coarse_level(matrix)
        self.multipliers = self._borders(matrix)
        self._rest, self._first = matrix.createVecLeft(), matrix.createVecRight()
        self._ready = True

    def _coarse_level(self, matrix: PETSc.Mat) -> Coarse | None:
        """All fields on linear elements, where they are few enough to be factorised."""
        sweep, downs = self.sweep, self.sweep.prolongations
        spared = sum(down.getSize()[0] - down.getSize()[1] for down in downs.values() if down is not None)
        if matrix.getSize()[0] - spared > COUPLED_LIMIT[self.model.domain.mesh.topology.dim]:
            return None
        return Coarse(
            sweep.blocks,
            self.fields,
            sweep.valences,
            downs,
            sweep.to_pressure,
            sweep.flow.stabilisation if sweep.flow is not None else None,
            transformed=sweep.transformed,
            prefix=f"{self._prefix}coupled_",
            options=under("coupled_", self._own),
        )

    def _borders(self, matrix: PETSc.Mat) -> Multipliers | None:
        """Rows of gauges and fixed amounts, where there are any."""
        names = [each.name for each in self.fields if each.kind == "multiplier"]
        if not names:
            return None
        mine = (self.sweep.blocks.sets[name].getIndices() for name in names)
        places = matrix.comm.tompi4py().allreduce(np.array([rows[0] if len(rows) else 0 for rows in mine]))
        return Multipliers(matrix, [int(place) for place in places])

    def setUp(self, pc: PETSc.PC) -> None:
        """Take the new values of the matrix."""
        self._matrix = matrix = pc.getOperators()[1]
        if not self._ready:
            self._prepare(matrix)
        sweep = self.sweep
        sweep.refresh(matrix)
        if self.multipliers is not None:
            self.multipliers.refresh(matrix, sweep.apply)
        if self.coarse is not None:
            self.coarse.refresh(matrix, sweep.weights, sweep.amounts if sweep.flow is not None else {})
        clean(matrix)

    def preSolve(self, pc: PETSc.PC, ksp: PETSc.KSP, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """Count applications from here on."""
        self._solving = 0

    def postSolve(self, pc: PETSc.PC, ksp: PETSc.KSP, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """Count no more."""
        self._solving = None

    def apply(self, pc: PETSc.PC, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """Approximate solution for a right-hand side."""
        if self._solving is not None:
            self._solving += 1
        if self.coarse is None or (self._solving or 0) > _PATIENCE:
            self._one_by_one(right, result)
            return
        self.coarse.solve(right, self._first)
        self._matrix.mult(self._first, self._rest)
        self._rest.aypx(-1.0, right)
        self._one_by_one(self._rest, result)
        result.axpy(1.0, self._first)

    def applyTranspose(self, pc: PETSc.PC, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """The transpose of `apply`, for left vectors of a steady state."""
        self._one_by_one_transposed(right, result)
        if self.coarse is None:
            return
        self._matrix.multTranspose(result, self._rest)
        self._rest.aypx(-1.0, right)
        self.coarse.solve_transposed(self._rest, self._first)
        result.axpy(1.0, self._first)

    def _one_by_one(self, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """Fields one after the other, and the multipliers."""
        self.sweep.apply(right, result)
        if self.multipliers is not None:
            self.multipliers.complete(right, result)

    def _one_by_one_transposed(self, right: PETSc.Vec, result: PETSc.Vec) -> None:
        backwards = Transposed(self.sweep)
        if self.multipliers is not None:
            self.multipliers.complete_transposed(right, result, backwards.apply)
        else:
            backwards.apply(right, result)
