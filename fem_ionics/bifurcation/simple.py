# SPDX-License-Identifier: LGPL-3.0-or-later
"""Special points with one real null vector: folds, pitchforks, branch points."""

from typing import ClassVar

import numpy as np
from petsc4py import PETSc

from fem_ionics.bifurcation.factor import Bordered
from fem_ionics.bifurcation.located import Column
from fem_ionics.bifurcation.problem import Knob, ParametricProblem
from fem_ionics.bifurcation.vectors import minus


class _Factors:
    """Factors at the solution of a system, which the first linearisation may find there."""

    def __init__(self, problem: ParametricProblem, made: bool) -> None:
        self._problem, self._known = problem, problem.factor.count if made else -1

    def at(self, x: PETSc.Vec) -> None:
        """Make them, unless they are known."""
        if self._known != self._problem.factor.count:
            self._problem.factorise(x)
        self._known = -1


class Fold:
    """F = 0, J q = 0, l . q = 1: the branch turns.

    One factorisation and four bordered solves an iteration: x along the branch, as far as it takes to make J singular.

    Parameters
    ----------
    problem, knob
        What, and the parameter that is found.
    x, value, q
        Start: solution, parameter, null vector.
    row
        l.
    factorised
        The problem's factors are those of the start.
    """

    kind: ClassVar[str] = "fold"

    def __init__(
        self,
        problem: ParametricProblem,
        knob: Knob,
        x: PETSc.Vec,
        value: float,
        q: PETSc.Vec,
        row: PETSc.Vec,
        *,
        factorised: bool = False,
    ) -> None:
        self.problem, self.knob, self.row = problem, knob, row
        self.vectors = [x.copy(), _normalised(q, row)]
        self._factors = _Factors(problem, factorised)
        self.numbers = np.array([value])

    def columns(self, second: Knob | None = None) -> list[Column]:
        """As in `System`: the free number is the way along the branch."""
        problem, (x, q) = self.problem, self.vectors
        residual = problem.residual(x)
        self._factors.at(x)
        slope = problem.by_parameter(x, self.knob)
        bordered = Bordered(problem.factor, [slope], [self.row])
        steps = [bordered.solve(minus(residual), 0.0), bordered.solve(None, 1.0)]
        steps += [bordered.solve(minus(problem.by_parameter(x, second)), 0.0)] if second else []
        by_value = problem.derivative(x, [q], self.knob)
        columns = []
        for index, (dx, dl) in enumerate(steps):
            right = minus(problem.derivative(x, [q, dx]))
            right.axpy(-float(dl[0]), by_value)
            if index == 0:
                right.axpy(-1.0, problem.factor.multiply(q))
            if index == 2 and second:
                right.axpy(-1.0, problem.derivative(x, [q], second))
            dq, left = bordered.solve(right, 1.0 - float(self.row.dot(q)) if index == 0 else 0.0)
            columns.append(Column([dx, dq], np.array([dl[0]]), left))
        return columns


class Pitchfork:
    """F + m w = 0, l . x = 0, J q = 0, l . q = 1: the mirror symmetry of x breaks along q (Werner and Spence, 1984).

    One factorisation and five bordered solves an iteration. The slack m is zero at a solution where the problem has
    the symmetry; `numbers` holds the parameter and m.

    Parameters
    ----------
    problem, knob, x, value, q, row, factorised
        As for `Fold`; q and the row l = G q are antisymmetric, so that l . x = 0 for every symmetric x.
    column
        w, antisymmetric and outside the range of J: the left null vector.
    """

    kind: ClassVar[str] = "pitchfork"

    def __init__(
        self,
        problem: ParametricProblem,
        knob: Knob,
        x: PETSc.Vec,
        value: float,
        q: PETSc.Vec,
        row: PETSc.Vec,
        column: PETSc.Vec,
        *,
        factorised: bool = False,
    ) -> None:
        self.problem, self.knob, self.row, self.column = problem, knob, row, column
        self.vectors = [x.copy(), _normalised(q, row)]
        self._factors = _Factors(problem, factorised)
        self.numbers = np.array([value, 0.0])

    def columns(self, second: Knob | None = None) -> list[Column]:
        """As in `System`: the free number is the parameter."""
        problem, (x, q) = self.problem, self.vectors
        residual = problem.residual(x)
        residual.axpy(float(self.numbers[1]), self.column)
        self._factors.at(x)
        bordered = Bordered(problem.factor, [self.column], [self.row])
        turned = [None, self.knob, *([second] if second else [])]
        columns = []
        for knob in turned:
            if knob is None:
                dx, slack = bordered.solve(minus(residual), -float(self.row.dot(x)))
                right = minus(problem.derivative(x, [q, dx]), problem.factor.multiply(q))
                below = 1.0 - float(self.row.dot(q))
            else:
                dx, slack = bordered.solve(minus(problem.by_parameter(x, knob)), 0.0)
                right = minus(problem.derivative(x, [q, dx]), problem.derivative(x, [q], knob))
                below = 0.0
            dq, left = bordered.solve(right, below)
            columns.append(Column([dx, dq], np.array([float(knob is self.knob), slack[0]]), left))
        return columns


class BranchPoint:
    """F + m w = 0, J q = 0, J v + F' = 0, l . q = 1, l . v = 0: two branches cross, with or without symmetry.

    One factorisation and nine bordered solves an iteration; v is the change of x with the parameter across q. Where two
    branches do cross the slack m is zero; `numbers` holds the parameter and m.

    Parameters
    ----------
    problem, knob, x, value, q, row, column
        As for `Pitchfork`, without symmetry.
    """

    kind: ClassVar[str] = "branch point"

    def __init__(
        self,
        problem: ParametricProblem,
        knob: Knob,
        x: PETSc.Vec,
        value: float,
        q: PETSc.Vec,
        row: PETSc.Vec,
        column: PETSc.Vec,
    ) -> None:
        self.problem, self.knob, self.row, self.column = problem, knob, row, column
        knob.assign(value)
        problem.factorise(x)
        bordered = Bordered(problem.factor, [column], [row])
        v, _ = bordered.solve(minus(problem.by_parameter(x, knob)), 0.0)
        self.vectors = [x.copy(), _normalised(q, row), v]
        self.numbers = np.array([value, 0.0])

    def columns(self, second: Knob | None = None) -> list[Column]:
        """As in `System`: the free numbers are the parameter and the way along q."""
        problem, (x, q, v) = self.problem, self.vectors
        residual = problem.residual(x)
        residual.axpy(float(self.numbers[1]), self.column)
        problem.factorise(x)
        slope = problem.by_parameter(x, self.knob)
        bordered = Bordered(problem.factor, [self.column], [self.row])
        steps = [
            (None, bordered.solve(minus(residual), 0.0)),
            (self.knob, bordered.solve(minus(slope), 0.0)),
            (None, bordered.solve(None, 1.0)),
        ]
        steps += [(second, bordered.solve(minus(problem.by_parameter(x, second)), 0.0))] if second else []
        columns = []
        for index, (knob, (dx, slack)) in enumerate(steps):
            for_q = minus(problem.derivative(x, [q, dx]))
            for_v = minus(problem.derivative(x, [v, dx]), problem.derivative(x, [dx], self.knob))
            below_q = below_v = 0.0
            if index == 0:
                for_q.axpy(-1.0, problem.factor.multiply(q))
                for_v.axpy(-1.0, problem.factor.multiply(v))
                for_v.axpy(-1.0, slope)
                below_q, below_v = 1.0 - float(self.row.dot(q)), -float(self.row.dot(v))
            if knob is not None:
                for_q.axpy(-1.0, problem.derivative(x, [q], knob))
                for_v.axpy(-1.0, problem.derivative(x, [v], knob))
                for_v.axpy(-1.0, problem.derivative(x, [], self.knob, knob))
            dq, left_q = bordered.solve(for_q, below_q)
            dv, left_v = bordered.solve(for_v, below_v)
            numbers = np.array([float(knob is self.knob), slack[0]])
            columns.append(Column([dx, dq, dv], numbers, np.concatenate([left_q, left_v])))
        return columns


def _normalised(q: PETSc.Vec, row: PETSc.Vec) -> PETSc.Vec:
    q = q.copy()
    q.scale(1.0 / float(row.dot(q)))
    return q
