# SPDX-License-Identifier: LGPL-3.0-or-later
"""The modes nearest to growth rate zero from blocks of vectors, beginning with the modes of a point nearby.

One solve with eight right-hand sides costs as much as two with one each (64,104 unknowns, MUMPS: 0.080 s and 0.042 s).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from mpi4py import MPI
from petsc4py import PETSc

Floats = npt.NDArray[np.float64]

#: Relative residual of the converged mode nearest to zero: its rate is then good to about as many digits, more than
#: tables show. Modes further away may have a larger one in proportion, up to so many times.
_TOLERANCE, _FURTHER = 2e-7, 10.0
#: Rounds at least, so that what the first block hardly holds is seen, and vectors at most.
_LEAST, _MOST = 3, 72
#: Vectors beside the modes that the next point begins with too: what they take in is then out of the modes' way.
_BESIDE = 4
#: A direction of which so little is left without the others adds nothing to their span.
_DEPENDENT = 1e-10


class _Space:
    """Orthonormal vectors V, their images U = J^-1 M V and V^T U; one column for each vector, this rank's rows."""

    def __init__(self, problem: Any, most: int) -> None:
        self.problem, self.count = problem, 0
        rows = problem.matrix.getLocalSize()[0]
        self._space, self._images = (np.empty((rows, most), order="F") for _ in range(2))
        self._projected = np.zeros((most, most))

    @property
    def vectors(self) -> Floats:
        """V."""
        return self._space[:, : self.count]

    @property
    def images(self) -> Floats:
        """U."""
        return self._images[:, : self.count]

    def product(self, a: Floats, b: Floats) -> Any:
        """a^T b over all ranks."""
        return self.problem.comm.allreduce(a.T @ b, op=MPI.SUM)

    def image(self, block: Floats) -> Floats:
        """J^-1 M of a block."""
        return self.problem.factor.solve_many(self.problem.mass, block)

    def add(self, block: Floats) -> bool:
        """Extend the space by what a block adds; False where that is nothing or there is no room."""
        if not block.shape[1]:
            return False
        for _ in range(2):
            block = self._orthonormal(block - self.vectors @ self.product(self.vectors, block))
        old, new = self.count, self.count + block.shape[1]
        if old == new or new > self._space.shape[1]:
            return False
        self._space[:, old:new], self._images[:, old:new] = block, self.image(block)
        self.count = new
        self._projected[:new, old:new] = self.product(self.vectors, self._images[:, old:new])
        self._projected[old:new, :old] = self.product(block, self._images[:, :old])
        return True

    def _orthonormal(self, block: Floats) -> Floats:
        squares = np.diag(self.product(block, block))
        block = block[:, squares > 0.0] / np.sqrt(squares[squares > 0.0])
        values, vectors = np.linalg.eigh(self.product(block, block))
        kept = values > _DEPENDENT
        return block @ (vectors[:, kept] / np.sqrt(values[kept]))

    def ritz(self) -> tuple[Any, Any]:
        """Eigenvalues of V^T U, largest first and pairs side by side, and eigenvectors in columns."""
        values, shares = np.linalg.eig(self._projected[: self.count, : self.count])
        order = np.lexsort((-values.imag, -np.abs(values)))
        return values[order], shares[:, order]

    def rests(self, shares: Floats, turned: Floats) -> tuple[Floats, Any]:
        """U y - t V y for columns y and t y, and the size of each against that of t y."""
        rest = self.images @ shares - self.vectors @ turned
        sizes = np.sqrt(np.diag(self.product(rest, rest))) / np.maximum(np.linalg.norm(turned, axis=0), 1e-300)
        return rest, sizes


def nearest(
    problem: Any, count: int, start: Sequence[PETSc.Vec], guards: Sequence[PETSc.Vec]
) -> tuple[list[list[PETSc.Vec]], list[PETSc.Vec]]:
    """Vectors of the modes nearest to zero, one for each real one and two for a pair; none where they do not converge.

    Parameters
    ----------
    problem
        Its Jacobian is factorised at the point.
    count
        How many modes.
    start
        Vectors near the modes, such as those of a neighbouring point.
    guards
        Vectors without symmetry to go with them: what the others lack is found among these.

    Returns
    -------
    modes, beside
        The vectors of each, and others that are no modes yet, to begin with at the next point.
    """
    space = _Space(problem, min(_MOST, problem.matrix.getSize()[0]))
    # The mass does not see all of a guard: its image is free of the rest.
    more = space.add(np.hstack([_columns(start, problem), space.image(_columns(guards, problem))]))
    for rounds in range(1, _MOST):
        shares, turned, widths = _real(*space.ritz(), count)
        if not widths:
            break
        rest, sizes = space.rests(shares, turned)
        reach = np.linalg.norm(turned, axis=0)
        open_ones = sizes > _TOLERANCE * np.clip(reach[0] / np.maximum(reach, 1e-300), 1.0, _FURTHER)
        if not open_ones.any() and (rounds >= _LEAST or not more):
            # Images lack what J would make much of in the rest: high frequencies.
            more_shares, _, parts = _real(*space.ritz(), count + _BESIDE)
            found = _parted(space.images @ more_shares, parts, problem)
            return found[: len(widths)], [vector for each in found[len(widths) :] for vector in each]
        if not more:
            break
        more = space.add(rest[:, open_ones] if open_ones.any() else rest)
    return [], []


def _real(values: Any, shares: Any, count: int) -> tuple[Floats, Floats, list[int]]:
    """Real columns y and t y of the first eigenpairs, two for a pair, and how many each has; no pair is cut."""
    columns: list[Any] = []
    turned: list[Any] = []
    widths: list[int] = []
    for value, share in zip(values, shares.T, strict=True):
        if sum(widths) >= count:
            break
        if value.imag >= 0.0 and value != 0.0:
            parts = [np.real] if value.imag == 0.0 else [np.real, np.imag]
            columns += [part(share) for part in parts]
            turned += [part(value * share) for part in parts]
            widths.append(len(parts))
    return np.array(columns).T, np.array(turned).T, widths


def _parted(block: Floats, widths: Sequence[int], problem: Any) -> list[list[PETSc.Vec]]:
    """Columns as vectors, mode by mode."""
    vectors = []
    for column in block.T:
        vector = problem.vector()
        vector.setArray(column)
        vectors.append(vector)
    ends = np.cumsum(widths)
    return [vectors[end - width : end] for end, width in zip(ends, widths, strict=True)]


def _columns(vectors: Sequence[PETSc.Vec], problem: Any) -> Floats:
    """This rank's rows of some vectors as columns."""
    block = np.empty((problem.matrix.getLocalSize()[0], len(vectors)), order="F")
    for index, vector in enumerate(vectors):
        block[:, index] = vector.getArray(readonly=True)
    return block
