# SPDX-License-Identifier: LGPL-3.0-or-later
"""Where the fields of a system stand in its matrix and its vectors."""

import itertools
from collections.abc import Sequence

from petsc4py import PETSc

from fem_ionics.model import Field
from fem_ionics.solve.newton import step_offsets

#: Fields of ions, by what is unknown.
IONS = ("concentration", "electrochemical potential")


class Blocks:
    """Blocks by the names of fields.

    Parameters
    ----------
    fields
        In the order of the matrix.
    matrix
        Any of the system's: it tells the layout.
    """

    def __init__(self, fields: Sequence[Field], matrix: PETSc.Mat) -> None:
        first = matrix.getOwnershipRange()[0]
        ends = itertools.pairwise(step_offsets([each.function for each in fields]))
        self.names = [each.name for each in fields]
        self._mine = {name: slice(start, end) for name, (start, end) in zip(self.names, ends, strict=True)}
        self.sets = {
            name: PETSc.IS().createStride(part.stop - part.start, first + part.start, 1, comm=matrix.comm)
            for name, part in self._mine.items()
        }
        self._places = {name: i for i, name in enumerate(self.names)}
        self._copies: dict[tuple[str, str], PETSc.Mat] = {}

    def of(self, matrix: PETSc.Mat, row: str, column: str) -> PETSc.Mat:
        """A block where it stands, of a nested matrix; a copy of it, of any other (collective).

        The copy is the same object each time. A nested matrix may have no such block: then what is returned is false.
        """
        if matrix.getType() == PETSc.Mat.Type.NEST:
            return matrix.getNestSubMatrix(self._places[row], self._places[column])
        sets, kept = self.sets, self._copies.get((row, column))
        self._copies[row, column] = matrix.createSubMatrix(sets[row], sets[column], kept)
        return self._copies[row, column]

    # Subvectors of PETSc would ask all ranks each time whether they are contiguous: they are.

    def read(self, vector: PETSc.Vec, name: str, into: PETSc.Vec) -> None:
        """One field's part of a vector."""
        into.getArray()[:] = vector.getArray(readonly=True)[self._mine[name]]

    def write(self, vector: PETSc.Vec, name: str, values: PETSc.Vec) -> None:
        """Replace one field's part of a vector."""
        vector.getArray()[self._mine[name]] = values.getArray(readonly=True)


def is_filled(block: PETSc.Mat) -> bool:
    """Whether there is such a block with anything in it (collective)."""
    return bool(block) and block.norm(PETSc.NormType.FROBENIUS) > 0.0
