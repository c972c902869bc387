# SPDX-License-Identifier: LGPL-3.0-or-later
"""Other solutions at the same parameters: Newton's method that is pushed away from those known.

Farrell, Birkisson & Funke, Deflation techniques for finding distinct solutions of nonlinear partial differential
equations, SIAM J. Sci. Comput. 37, A2026 (2015).
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from petsc4py import PETSc

from fem_ionics.bifurcation.branch import Branch
from fem_ionics.bifurcation.corrector import at_value, correct
from fem_ionics.bifurcation.cuts import vectors_at
from fem_ionics.bifurcation.problem import ParametricProblem
from fem_ionics.bifurcation.spectrum import leading_modes
from fem_ionics.bifurcation.vectors import rms
from fem_ionics.cite import cite
from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.log import get_logger
from fem_ionics.parameters import checks

if TYPE_CHECKING:
    from fem_ionics.bifurcation.study import Study

_log = get_logger("bifurcation")

#: Roots nearer to each other than this part of their size are the same.
_SAME = 1e-6
#: A step is shortened to this multiple of the size of a solution.
_LONGEST = 2.0


def deflate(
    study: "Study",
    branch: Branch,
    at: float,
    *,
    guesses: Sequence[Any] = (),
    amplitude: float = 1.0,
    modes: int = 4,
    iterations: int = 60,
) -> list[Any]:
    """All steady states that deflation finds at one value of the parameter.

    Parameters
    ----------
    study, branch
        Where the first solutions come from.
    at
        Value of the parameter, on the branch.
    guesses
        Solutions to start from, besides those known and these shifted along their leading modes.
    amplitude
        Of the shift, root mean square, in the unit of the branch's metric.
    modes
        Modes of each root along which it is shifted, both ways.
    iterations
        Newton steps for each guess.

    Returns
    -------
    list
        Solutions, those of the branch first. Only converged and admissible roots count.

    Raises
    ------
    ParameterError
        When the branch does not pass the value.
    """
    cite("farrell2015")
    problem, metric = study.problem, study.metric
    value = checks.real("deflate", "at", at)
    roots = vectors_at(study, branch, value)
    if not roots or metric is None:
        raise ParameterError(f"deflate: the branch does not pass {study.knob.name} = {value:g}.")
    study.knob.assign(value)
    queue = [problem.restore(guess) for guess in guesses]
    study.knob.assign(value)
    for root in list(roots):
        queue += _shifted(problem, root, amplitude * metric.size, modes)
    while queue:
        found = _deflated(problem, queue.pop(0), roots, metric.size, iterations)
        if found is None:
            continue
        try:
            constraint = at_value(problem, found, value, metric)
            found = correct(problem, study.knob, found, value, constraint, metric).x
            problem.check(found)
        except ConvergenceError as error:
            _log.info("deflation: a root is refused: %s", error)
            continue
        if min(_distance(problem, found, root) for root in roots) <= _SAME * max(metric.size, rms(problem.gram, found)):
            continue
        roots.append(found)
        _log.info("deflation: root %d at %s = %g", len(roots), study.knob.name, value)
        queue += _shifted(problem, found, amplitude * metric.size, modes)
    return [problem.snapshot(root) for root in roots]


def _shifted(problem: ParametricProblem, root: PETSc.Vec, amplitude: float, count: int) -> list[PETSc.Vec]:
    """A root moved along its leading modes, both ways."""
    problem.factorise(root)
    guesses = []
    for mode in leading_modes(problem, count=count)[:count]:
        for sign in (1.0, -1.0):
            guess = root.copy()
            guess.axpy(sign * amplitude, mode.real)
            guesses.append(guess)
    return guesses


def _deflated(
    problem: ParametricProblem, x: PETSc.Vec, roots: Sequence[PETSc.Vec], size: float, iterations: int
) -> PETSc.Vec | None:
    """Newton's method on M F with M = prod (size^2 / |x - r|^2 + 1); None where it does not converge."""
    x = x.copy()
    for _ in range(iterations):
        residual = problem.residual(x)
        residual.scale(-1.0)
        try:
            step = problem.factorise(x).solve(residual)
        except ConvergenceError:
            return None
        length = rms(problem.gram, step)
        if not np.isfinite(length):
            return None
        if length <= 1e-8 * max(size, rms(problem.gram, x)):
            return x
        step.scale(1.0 / (1.0 - _repulsion(problem, x, step, roots, size)))
        length = rms(problem.gram, step)
        limit = _LONGEST * max(size, rms(problem.gram, x))
        if not np.isfinite(length):
            return None
        if length > limit:
            step.scale(limit / length)
        x.axpy(1.0, step)
    return None


def _repulsion(
    problem: ParametricProblem, x: PETSc.Vec, step: PETSc.Vec, roots: Sequence[PETSc.Vec], size: float
) -> float:
    """Change of log M along a step."""
    total = 0.0
    for root in roots:
        off = x.copy()
        off.axpy(-1.0, root)
        row = off.duplicate()
        problem.gram.mult(off, row)
        squares = max(float(row.dot(off)), 1e-300)
        ratio = size**2 / squares
        total += -2.0 * ratio / (ratio + 1.0) * float(row.dot(step)) / squares
    return total


def _distance(problem: ParametricProblem, one: PETSc.Vec, other: PETSc.Vec) -> float:
    off = one.copy()
    off.axpy(-1.0, other)
    return rms(problem.gram, off)
