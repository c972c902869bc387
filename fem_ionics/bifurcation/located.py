# SPDX-License-Identifier: LGPL-3.0-or-later
"""Newton's method on systems whose regular solutions are the special points of a branch.

Each system keeps a solution x, null vectors and a few numbers. It is linearised on factors of the Jacobian's own size
(twice that for a Hopf point) as columns: the increments of all vectors and numbers for the constant part and for each
free number, and what they do to its scalar conditions. What is left is a dense system of one to three equations, to
which a second parameter and an arclength can be added (`fem_ionics.bifurcation.track`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt
from petsc4py import PETSc

from fem_ionics.bifurcation.metric import Metric
from fem_ionics.bifurcation.problem import Knob, ParametricProblem
from fem_ionics.bifurcation.vectors import rms
from fem_ionics.errors import ConvergenceError

#: A correction of this relative size ends the iteration; it converges quadratically.
_TOLERANCE = 1e-9
_MOST = 15


@dataclass(frozen=True, eq=False)
class Column:
    """Increments of the vectors and numbers of a system, and of its conditions."""

    vectors: list[PETSc.Vec]
    numbers: npt.NDArray[np.float64]
    conditions: npt.NDArray[np.float64]


class System(Protocol):
    """What can be located: solution and null vectors, the parameter's value and other numbers, conditions.

    ``vectors[0]`` is x and ``numbers[0]`` the value of the parameter.
    """

    kind: ClassVar[str]
    problem: ParametricProblem
    knob: Knob
    vectors: list[PETSc.Vec]
    numbers: npt.NDArray[np.float64]

    def columns(self, second: Knob | None = None) -> list[Column]:
        """Linearise: the constant column, one for each free number, and one for the second parameter if given."""
        ...


def locate(system: System, metric: Metric) -> int:
    """Newton's method to the special point; the system holds it then, and the problem's constants too.

    Returns
    -------
    int
        Iterations.

    Raises
    ------
    ConvergenceError
        When it does not converge.
    """
    last = np.inf
    for iteration in range(1, _MOST + 1):
        system.knob.assign(float(system.numbers[0]))
        constant, *free = system.columns()
        matrix = np.array([column.conditions for column in free]).T
        amounts = np.linalg.solve(matrix, -constant.conditions)
        size = advance(system, constant, free, amounts, metric)
        if not np.isfinite(size) or size > 1e6 or (iteration > 5 and size > last > 1e-3):
            break
        if size <= _TOLERANCE:
            system.knob.assign(float(system.numbers[0]))
            return iteration
        last = size
    raise ConvergenceError(
        f"The {system.kind} near {system.knob.name} = {system.numbers[0]:g} could not be located "
        f"(correction {size:.1e} after {iteration} iterations).",
        iterations=iteration,
    )


def advance(system: System, constant: Column, free: Sequence[Column], amounts: Any, metric: Metric) -> float:
    """Add the combined columns to the system; the size of the step relative to the metric and the null vectors."""
    step = combined(constant, free, amounts)
    for vector, change in zip(system.vectors, step.vectors, strict=True):
        vector.axpy(1.0, change)
    system.numbers = system.numbers + step.numbers
    size = metric.norm(step.vectors[0], float(step.numbers[0]))
    gram = metric.gram
    return size + sum(
        rms(gram, change) / max(rms(gram, vector), 1e-300)
        for vector, change in zip(system.vectors[1:2], step.vectors[1:2], strict=True)
    )


def combined(constant: Column, free: Sequence[Column], amounts: Any) -> Column:
    """Constant + sum of amounts times columns."""
    vectors = [vector.copy() for vector in constant.vectors]
    numbers, conditions = constant.numbers.copy(), constant.conditions.copy()
    for amount, column in zip(amounts, free, strict=True):
        for vector, change in zip(vectors, column.vectors, strict=True):
            vector.axpy(float(amount), change)
        numbers += amount * column.numbers
        conditions += amount * column.conditions
    return Column(vectors, numbers, conditions)
