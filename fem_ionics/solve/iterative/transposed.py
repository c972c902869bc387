# SPDX-License-Identifier: LGPL-3.0-or-later
"""The sweep of `coupled` backwards, each of its steps transposed: a preconditioner for left vectors.

Each step of the sweep is linear, so that its transpose is known: a product with a matrix becomes one with its
transpose, what a step read it now adds to, and the last step comes first.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from petsc4py import PETSc

from fem_ionics.errors import ModelError

if TYPE_CHECKING:
    from fem_ionics.solve.iterative.coupled import Coupled


class Transposed:
    """Transpose of the sweep of a steady state.

    Parameters
    ----------
    forward
        Set up; its vectors are used.

    Raises
    ------
    ModelError
        In time steps, whose sweep has more steps than these.
    """

    def __init__(self, forward: "Coupled") -> None:
        if forward._following:
            raise ModelError("The preconditioner of a time step has no transpose; that of a steady state has.")
        self.forward = forward

    def sweep(self, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """All unknowns but the multipliers (collective)."""
        forward = self.forward
        steps, rest = forward._steps, forward._rest
        for name in forward._names:
            forward._blocks.read(right, name, steps[name])
        names = [each.name for each in forward._scalars]
        if forward._flowing:
            self._move(names)
        for index in reversed(range(len(names))):
            name = names[index]
            if name in forward._weights:
                steps[name].pointwiseMult(forward._weights[name], steps[name])
            elif name == "potential" and forward._transformed:
                self._migrate()
            forward._solvers[name].solve_transposed(steps[name], rest[name])
            self._subtract(name, names[:index])
        result.zeroEntries()
        for name in forward._names:
            forward._blocks.write(result, name, rest[name])

    def _subtract(self, row: str, columns: Sequence[str]) -> None:
        forward = self.forward
        for column in columns:
            if (row, column) in forward._coupled:
                spare = forward._spare[column]
                forward._matrices[row, column].multTranspose(forward._rest[row], spare)
                forward._steps[column].axpy(-1.0, spare)

    def _migrate(self) -> None:
        forward, steps = self.forward, self.forward._steps
        for ion in forward._ions:
            spare = forward._spare[ion.name]
            spare.pointwiseMult(forward._weights[ion.name], steps[ion.name])
            steps["potential"].axpy(-forward._valences[ion.name], spare)

    def _move(self, done: Sequence[str]) -> None:
        forward, steps, rest = self.forward, self.forward._steps, self.forward._rest
        forward._flow.solve_transposed(steps["velocity"], steps["pressure"], rest["velocity"], rest["pressure"])
        self._subtract("velocity", done)
        osmotic = forward._spare["pressure"]
        forward._matrices["velocity", "pressure"].multTranspose(rest["velocity"], osmotic)
        osmotic.aypx(-1.0, steps["pressure"])
        total = steps["potential"].duplicate()
        forward._to_pressure.multTranspose(osmotic, total)
        total.scale(-1.0)
        for ion in forward._ions:
            if forward._transformed:
                steps[ion.name].axpy(1.0, total)
            else:
                spare = forward._spare[ion.name]
                spare.pointwiseMult(forward._amounts[ion.name], total)
                steps[ion.name].axpy(1.0, spare)
                steps["potential"].axpy(-forward._valences[ion.name], spare)
