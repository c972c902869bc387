# SPDX-License-Identifier: LGPL-3.0-or-later
"""All fields at once on linear elements of the same mesh: what the fields do to each other, which no sweep knows.

Solved one after the other, ions and potential, and ions and flow, take the more rounds the thinner the double layers,
the thinner the liquid and the faster the flow. On linear elements their whole system has 0.3 of the unknowns in 2-D
and is factorised at once. It is the Galerkin product of the Jacobian with trial functions that are in balance, as
those of the sweep are: ions move with the potential, dc = c (dmu - z dphi), and the pressure with the ions' osmotic
pressure. Without the latter the linear flow answers layers at rest with velocities, and thin layers take 1.4 to 2.9
times the iterations, more on coarse meshes. The pressure has the stabilisation of `flow`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from petsc4py import PETSc

from fem_ionics.model import Field
from fem_ionics.solve.iterative.blocks import IONS, Blocks, is_filled
from fem_ionics.solve.iterative.inner import assembled, ready
from fem_ionics.solve.iterative.two_level import fill_empty_rows
from fem_ionics.solve.options import factorised_options

_SUM = PETSc.Mat.Structure.DIFFERENT_NONZERO_PATTERN


class Coarse:
    """Approximate inverse of a whole system on linear elements.

    Parameters
    ----------
    blocks, fields
        Of the system.
    valences
        Of the ions' fields by name.
    interpolations
        Of each field's linear elements to its own, `prolongation`; None or absent where they are the same.
    to_pressure
        Interpolation of a scalar to the pressure; None without flow.
    stabilisation
        Of the linear flow, added to the pressure's block; None without flow.
    transformed
        Whether the unknowns of ions are concentrations, which move with the potential.
    prefix, options
        PETSc prefix of the factorisation, and options without prefix that go over the defaults.
    """

    def __init__(
        self,
        blocks: Blocks,
        fields: Sequence[Field],
        valences: Mapping[str, int],
        interpolations: Mapping[str, PETSc.Mat | None],
        to_pressure: PETSc.Mat | None,
        stabilisation: PETSc.Mat | None,
        *,
        transformed: bool,
        prefix: str,
        options: Mapping[str, Any],
    ) -> None:
        self._blocks, self._names = blocks, blocks.names
        self._valences, self._transformed = valences, transformed
        self._ions = [each.name for each in fields if each.kind in IONS]
        self._elliptic = [each.name for each in fields if each.kind not in ("multiplier", "pressure")]
        self._down = {name: interpolations.get(name) for name in self._names}
        self._to_pressure, self._stabilisation = to_pressure, stabilisation
        self._prefix, self._own = prefix, dict(options)
        self._solver: PETSc.KSP | None = None

    def refresh(self, matrix: PETSc.Mat, weights: Mapping[str, PETSc.Vec], amounts: Mapping[str, PETSc.Vec]) -> None:
        """Take new values (collective).

        Parameters
        ----------
        matrix
            The whole system.
        weights
            c in dc = c dmu of each ion; one where the unknown is mu.
        amounts
            Concentration of each ion at the nodes, of those whose osmotic pressure counts.
        """
        self._moved = {name: _scaled(self._down[name], weights[name]) for name in self._ions}
        self._osmotic = {}
        if self._to_pressure is not None:
            for name, amount in amounts.items():
                self._osmotic[name] = self._to_pressure.matMult(_scaled(self._down[name], amount))
        if self._solver is None:
            self._allocate(matrix)
        else:
            self._solver.destroy()
        coarse = assembled(self._products(matrix), matrix.comm)
        self._solver = ready(coarse, self._prefix, factorised_options(coarse.getSize()[0]) | self._own)
        self._right, self._result = coarse.createVecs()

    def solve(self, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """Correction of all fields for a right-hand side (collective)."""
        assert self._solver is not None
        for name in self._names:
            self._blocks.read(right, name, self._fine[name])
            _restrict(self._down[name], self._fine[name], self._parts[name])
        self._gather(self._right)
        self._solver.solve(self._right, self._result)
        self._spread(self._result)
        parts, fine = self._parts, self._fine
        for name in self._ions:
            own, moved = parts[name], parts[name].copy()
            if "potential" in parts:
                moved.axpy(-self._valences[name], parts["potential"])
            if name in self._osmotic:
                self._osmotic[name].mult(moved, fine["pressure"])
                parts["pressure"].axpy(-1.0, fine["pressure"])
            self._moved[name].mult(moved if self._transformed else own, fine[name])
            self._blocks.write(result, name, fine[name])
        for name in self._names:
            if name not in self._ions:
                _prolong(self._down[name], parts[name], fine[name])
                self._blocks.write(result, name, fine[name])

    def solve_transposed(self, right: PETSc.Vec, result: PETSc.Vec) -> None:
        """The transpose of `solve` (collective)."""
        assert self._solver is not None
        parts, fine = self._parts, self._fine
        for name in self._names:
            self._blocks.read(right, name, fine[name])
            if name not in self._ions:
                _restrict(self._down[name], fine[name], parts[name])
        for name in self._ions:
            self._moved[name].multTranspose(fine[name], parts[name])
            osmotic = parts[name].duplicate()
            if name in self._osmotic:
                self._osmotic[name].multTranspose(fine["pressure"], osmotic)
            through = osmotic.copy()
            if self._transformed:
                through.axpy(-1.0, parts[name])
            if "potential" in parts:
                parts["potential"].axpy(self._valences[name], through)
            parts[name].axpy(-1.0, osmotic)
        self._gather(self._right)
        self._solver.solveTranspose(self._right, self._result)
        self._spread(self._result)
        for name in self._names:
            _prolong(self._down[name], parts[name], fine[name])
            self._blocks.write(result, name, fine[name])

    def _products(self, matrix: PETSc.Mat) -> list[list[PETSc.Mat | None]]:
        """Blocks of the coarse system."""
        found: dict[tuple[str, str], PETSc.Mat] = {}
        for row in self._names:
            for column in self._names:
                block = self._blocks.of(matrix, row, column)
                if is_filled(block):
                    self._multiply(found, row, column, block)
        if self._stabilisation is not None:
            _add(found, "pressure", "pressure", 1.0, self._stabilisation)
        for name in self._elliptic:
            fill_empty_rows(found[name, name])
        return [[found.get((row, column)) for column in self._names] for row in self._names]

    def _multiply(self, found: dict[tuple[str, str], PETSc.Mat], row: str, column: str, block: PETSc.Mat) -> None:
        """What one block of the Jacobian gives to those of the coarse system."""
        rows = self._down[row]
        if column not in self._ions:
            _add(found, row, column, 1.0, _galerkin(rows, block, self._down[column]))
        else:
            own = _galerkin(rows, block, self._moved[column])
            _add(found, row, column, 1.0, own)
            if self._transformed:
                _add(found, row, "potential", -self._valences[column], own)
        if column == "pressure":
            for ion, osmotic in self._osmotic.items():
                own = _galerkin(rows, block, osmotic)
                _add(found, row, ion, -1.0, own)
                if "potential" in self._names:
                    _add(found, row, "potential", self._valences[ion], own)

    def _allocate(self, matrix: PETSc.Mat) -> None:
        """Vectors of all fields on both levels (collective)."""
        vector = matrix.createVecLeft()
        self._fine, self._parts = {}, {}
        for name in self._names:
            part = vector.getSubVector(self._blocks.sets[name])
            self._fine[name] = part.copy()
            vector.restoreSubVector(self._blocks.sets[name], part)
            down = self._down[name]
            self._parts[name] = self._fine[name].duplicate() if down is None else down.createVecRight()

    def _gather(self, into: PETSc.Vec) -> None:
        local, start = into.getArray(), 0
        for name in self._names:
            own = self._parts[name].getArray(readonly=True)
            local[start : start + len(own)] = own
            start += len(own)

    def _spread(self, vector: PETSc.Vec) -> None:
        local, start = vector.getArray(readonly=True), 0
        for name in self._names:
            own = self._parts[name].getArray()
            own[:] = local[start : start + len(own)]
            start += len(own)


def _add(found: dict[tuple[str, str], PETSc.Mat], row: str, column: str, factor: float, block: PETSc.Mat) -> None:
    if (row, column) in found:
        found[row, column].axpy(factor, block, _SUM)
    else:
        found[row, column] = block.copy()
        found[row, column].scale(factor)


def _galerkin(rows: PETSc.Mat | None, block: PETSc.Mat, columns: PETSc.Mat | None) -> PETSc.Mat:
    product = block if columns is None else block.matMult(columns)
    return product if rows is None else rows.transposeMatMult(product)


def _scaled(down: PETSc.Mat | None, by: PETSc.Vec) -> PETSc.Mat:
    """Rows of an interpolation times a function's values at the nodes."""
    if down is None:
        return PETSc.Mat().createDiagonal(by).convert("aij")
    scaled = down.copy()
    scaled.diagonalScale(by, None)
    return scaled


def _restrict(down: PETSc.Mat | None, fine: PETSc.Vec, coarse: PETSc.Vec) -> None:
    if down is None:
        fine.copy(coarse)
    else:
        down.multTranspose(fine, coarse)


def _prolong(down: PETSc.Mat | None, coarse: PETSc.Vec, fine: PETSc.Vec) -> None:
    if down is None:
        coarse.copy(fine)
    else:
        down.mult(coarse, fine)
