# SPDX-License-Identifier: LGPL-3.0-or-later
"""The mirror of a problem as a permutation of its unknowns, on any number of ranks."""

from typing import Any

import numpy as np
import numpy.typing as npt
from petsc4py import PETSc
from scipy.spatial import cKDTree

from fem_ionics.bifurcation.problem import ParametricProblem
from fem_ionics.bifurcation.spectrum import bounds, nodes, start_vector
from fem_ionics.errors import ModelError, ParameterError

#: Nodes pair up within this part of the domain's size; residuals agree within this part of theirs.
_SAME, _EQUIVARIANT = 1e-8, 1e-8


class Mirror:
    """Reflection x -> 2 c - x of all fields about the middle of the domain; vectors change the sign of their component.

    Parameters
    ----------
    problem
        On a mesh whose nodes pair up.
    axis
        "x", "y" or "z".

    Raises
    ------
    ParameterError
        For an unknown axis.
    ModelError
        When nodes have no partner, or the residual is not symmetric: the border of a pitchfork would be wrong.
    """

    def __init__(self, problem: ParametricProblem, axis: str = "x") -> None:
        if axis not in problem.axes:
            raise ParameterError(f"mirror = {axis!r} was given; one of {', '.join(problem.axes)} is needed.")
        self.problem, self.axis = problem, problem.axes.index(axis)
        partners, signs = self._pairs()
        self._indices = PETSc.IS().createGeneral(partners.astype(PETSc.IntType), comm=problem.comm)
        self._signs = problem.vector()
        self._signs.setArray(signs)
        target = problem.vector()
        self._scatter = PETSc.Scatter().create(problem.vector(), self._indices, target, None)
        self._check()

    def __call__(self, x: PETSc.Vec) -> PETSc.Vec:
        """The reflected vector."""
        y = x.duplicate()
        self._scatter.scatter(x, y, addv=False, mode=PETSc.ScatterMode.FORWARD)
        y.pointwiseMult(y, self._signs)
        return y

    def antisymmetric(self, x: PETSc.Vec) -> PETSc.Vec:
        """(x - S x) / 2."""
        y = self(x)
        y.aypx(-1.0, x)
        y.scale(0.5)
        return y

    def _pairs(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """For each local entry the global index of its partner, and the sign it takes."""
        comm, problem = self.problem.comm, self.problem
        low, high = (limit[self.axis] for limit in bounds(problem))
        first = problem.vector().getOwnershipRange()[0]
        partners, signs, lost = [], [], 0
        for space in problem.spaces:
            size, owned = space.dofmap.index_map_bs, space.dofmap.index_map.size_local
            indices = first + np.arange(owned * size).reshape(owned, size)
            first += owned * size
            points = nodes(space)
            if points is None:
                partners.append(indices.ravel())
                signs.append(np.ones(indices.size))
                continue
            points = points[:owned]
            everywhere = np.concatenate(comm.allgather(points))
            numbers = np.concatenate(comm.allgather(indices))
            found, missing = self._matched(points, everywhere, low, high)
            lost += missing
            partners.append(numbers[found].ravel())
            sign = np.ones(indices.shape)
            if size > 1:
                sign[:, self.axis] = -1.0
            signs.append(sign.ravel())
        if (total := comm.allreduce(lost)) > 0:
            raise ModelError(
                f"{total} unknowns have no partner across the middle of the domain along {problem.axes[self.axis]}: "
                "the mesh is not mirror-symmetric. Use a mesh that is, or leave the mirror out."
            )
        return np.concatenate(partners), np.concatenate(signs)

    def _matched(self, points: Any, everywhere: Any, low: float, high: float) -> tuple[Any, int]:
        """Indices of the partners among all nodes, where the two ends of a period count as one."""
        if not len(points):
            return np.empty(0, dtype=int), 0
        tree, image = cKDTree(everywhere), points.copy()
        image[:, self.axis] = low + high - points[:, self.axis]
        best, at = tree.query(image)
        tolerance = _SAME * (high - low)
        for shift in (low - high, high - low):
            moved = image.copy()
            moved[:, self.axis] += shift
            distance, index = tree.query(moved)
            # Only where there is no partner yet: a node of a wall differs from its image by rounding.
            closer = (distance < best) & (best > tolerance)
            best, at = np.where(closer, distance, best), np.where(closer, index, at)
        return at, int(np.count_nonzero(best > tolerance))

    def _check(self) -> None:
        """F(S x) = S F(x) for some x without symmetry, else this is no mirror of the problem."""
        problem = self.problem
        x = start_vector(problem)
        x.scale(0.1)
        base = problem.read()
        x.axpy(1.0, base)
        there, back = problem.residual(self(x)), self(problem.residual(x))
        problem.load(base)
        scale = there.norm()
        back.axpy(-1.0, there)
        if back.norm() > _EQUIVARIANT * scale:
            raise ModelError(
                f"The residual is not symmetric under the mirror along {problem.axes[self.axis]} (defect "
                f"{back.norm() / scale:.1e}): patterns, drives or mesh break it. Leave the mirror out."
            )
