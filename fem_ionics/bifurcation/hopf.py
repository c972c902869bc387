# SPDX-License-Identifier: LGPL-3.0-or-later
"""Hopf points: a pair of modes starts to grow while it oscillates."""

from typing import ClassVar

import numpy as np
from petsc4py import PETSc

from fem_ionics.bifurcation.factor import Bordered
from fem_ionics.bifurcation.located import Column
from fem_ionics.bifurcation.problem import Knob, ParametricProblem
from fem_ionics.bifurcation.spectrum import RealEquivalent
from fem_ionics.bifurcation.vectors import minus, times


class Hopf:
    """F = 0, (J + i w M) q = 0, l . q = 1, in real arithmetic: q = a + i b.

    One factorisation of the Jacobian and one of twice its size an iteration. `numbers` holds the parameter and the
    angular frequency w; both are free.

    Parameters
    ----------
    problem, knob, x, value
        As for the other special points.
    frequency
        w, near that of the pair.
    a, b
        Real and imaginary part of the mode.
    """

    kind: ClassVar[str] = "hopf"

    def __init__(
        self,
        problem: ParametricProblem,
        knob: Knob,
        x: PETSc.Vec,
        value: float,
        frequency: float,
        a: PETSc.Vec,
        b: PETSc.Vec,
    ) -> None:
        self.problem, self.knob = problem, knob
        self.row_a, self.row_b = times(problem.gram, a), times(problem.gram, b)
        squares = float(self.row_a.dot(a) + self.row_b.dot(b))
        self.vectors = [x.copy(), a.copy(), b.copy()]
        for vector in self.vectors[1:]:
            vector.scale(1.0 / np.sqrt(squares))
        for row in (self.row_a, self.row_b):
            row.scale(1.0 / np.sqrt(squares))
        self.numbers = np.array([value, frequency])
        self._left: tuple[PETSc.Vec, PETSc.Vec] | None = None

    def columns(self, second: Knob | None = None) -> list[Column]:
        """As in `System`: the free numbers are the parameter and the frequency."""
        problem, (x, a, b) = self.problem, self.vectors
        frequency = float(self.numbers[1])
        residual = problem.residual(x)
        problem.factorise(x)
        doubled = RealEquivalent(problem, frequency)
        bordered = self.bordered(doubled)
        mass_a, mass_b = times(problem.mass, a), times(problem.mass, b)
        columns = []
        for index, knob in enumerate([None, self.knob, None, *([second] if second else [])]):
            right_a, right_b, below = problem.vector(), problem.vector(), np.zeros(2)
            dx = problem.vector()
            if index == 2:
                right_a.axpy(1.0, mass_b)
                right_b.axpy(-1.0, mass_a)
            else:
                dx = problem.factor.solve(minus(residual if knob is None else problem.by_parameter(x, knob)))
                right_a.axpy(-1.0, problem.derivative(x, [a, dx]))
                right_b.axpy(-1.0, problem.derivative(x, [b, dx]))
            if knob is not None:
                right_a.axpy(-1.0, problem.derivative(x, [a], knob))
                right_b.axpy(-1.0, problem.derivative(x, [b], knob))
            if index == 0:
                right_a.axpy(-1.0, problem.factor.multiply(a))
                right_a.axpy(frequency, mass_b)
                right_b.axpy(-1.0, problem.factor.multiply(b))
                right_b.axpy(-frequency, mass_a)
                below = np.array([1.0, 0.0]) - self._normalisation()
            both, left = bordered.solve(doubled.stack(right_a, right_b), below)
            da, db = doubled.split(both, x)
            columns.append(Column([dx, da, db], np.array([float(index == 1), float(index == 2)]), left))
        return columns

    def bordered(self, doubled: RealEquivalent) -> Bordered:
        """The doubled matrix with two borders that make it regular at a simple Hopf point."""
        rows = [doubled.stack(self.row_a, self.row_b), doubled.stack(minus(self.row_b), self.row_a)]
        if self._left is None:
            self._left = left_vectors(doubled, self.row_a, self.row_b)
        p, r = self._left
        columns = [doubled.stack(p, r), doubled.stack(minus(r), p)]
        return Bordered(doubled.factor, columns, rows)

    def _normalisation(self) -> np.ndarray:
        _, a, b = self.vectors
        one = self.row_a.dot(a) + self.row_b.dot(b)
        other = self.row_a.dot(b) - self.row_b.dot(a)
        return np.array([float(one), float(other)])


def left_vectors(doubled: RealEquivalent, a: PETSc.Vec, b: PETSc.Vec, sweeps: int = 2) -> tuple[PETSc.Vec, PETSc.Vec]:
    """Left null vector of the nearly singular doubled matrix by inverse iteration, of length one."""
    both = doubled.stack(a, b)
    for _ in range(sweeps):
        both = doubled.factor.solve(both, transpose=True)
        both.normalize()
    return doubled.split(both, a)
