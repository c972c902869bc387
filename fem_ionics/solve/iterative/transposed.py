# SPDX-License-Identifier: LGPL-3.0-or-later
"""The sweep backwards, each of its steps transposed: a preconditioner for left vectors.

Each step of the sweep is linear, so that its transpose is known: a product with a matrix becomes one with its
transpose, what a step read it now adds to, and the last step comes first.
"""

from collections.abc import Sequence

from petsc4py import PETSc

from fem_ionics.errors import ModelError
from fem_ionics.solve.iterative.sweep import Sweep


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

    def __init__(self, forward: Sweep) -> None:
        if forward.following:
            raise ModelError("The preconditioner of a time step has no transpose; that of a steady state has.")
        self.forward = forward

    def apply(self, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """All unknowns but the multipliers (collective)."""
        forward = self.forward
        steps, rest = forward.steps, forward.rest
        for name in forward.names:
            forward.blocks.read(right, name, steps[name])
        names = [each.name for each in forward.scalars]
        if forward.flow is not None:
            self._move(names)
        for index in reversed(range(len(names))):
            name = names[index]
            if name in forward.weights:
                steps[name].pointwiseMult(forward.weights[name], steps[name])
            elif name == "potential" and forward.transformed:
                self._migrate()
            forward.solvers[name].solve_transposed(steps[name], rest[name])
            self._subtract(name, names[:index])
        result.zeroEntries()
        for name in forward.names:
            forward.blocks.write(result, name, rest[name])

    def _subtract(self, row: str, columns: Sequence[str]) -> None:
        forward = self.forward
        for column in columns:
            if (row, column) in forward.coupled:
                spare = forward.spare[column]
                forward.matrices[row, column].multTranspose(forward.rest[row], spare)
                forward.steps[column].axpy(-1.0, spare)

    def _migrate(self) -> None:
        forward, steps = self.forward, self.forward.steps
        for ion in forward.ions:
            spare = forward.spare[ion.name]
            spare.pointwiseMult(forward.weights[ion.name], steps[ion.name])
            steps["potential"].axpy(-forward.valences[ion.name], spare)

    def _move(self, done: Sequence[str]) -> None:
        forward, steps, rest = self.forward, self.forward.steps, self.forward.rest
        assert forward.flow is not None and forward.to_pressure is not None
        forward.flow.solve_transposed(steps["velocity"], steps["pressure"], rest["velocity"], rest["pressure"])
        self._subtract("velocity", done)
        osmotic = forward.spare["pressure"]
        forward.matrices["velocity", "pressure"].multTranspose(rest["velocity"], osmotic)
        osmotic.aypx(-1.0, steps["pressure"])
        total = steps["potential"].duplicate()
        forward.to_pressure.multTranspose(osmotic, total)
        total.scale(-1.0)
        for ion in forward.ions:
            if forward.transformed:
                steps[ion.name].axpy(1.0, total)
            else:
                spare = forward.spare[ion.name]
                spare.pointwiseMult(forward.amounts[ion.name], total)
                steps[ion.name].axpy(1.0, spare)
                steps["potential"].axpy(-forward.valences[ion.name], spare)
