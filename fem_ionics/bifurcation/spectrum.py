# SPDX-License-Identifier: LGPL-3.0-or-later
"""Leading modes of a steady state: growth rates s with (J + s M) q = 0, in real arithmetic.

Real shift-invert about zero with the factors of the Jacobian at hand finds the modes near zero. Oscillating pairs can
hide behind many slow modes; about a frequency w they are found by the real part of (J + i w M)^-1 M on factors of
twice the size. Each rate is recomputed as a Rayleigh quotient and its residual checked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from mpi4py import MPI
from petsc4py import PETSc
from slepc4py import SLEPc

from fem_ionics.bifurcation.blockmodes import nearest
from fem_ionics.bifurcation.factor import Factor
from fem_ionics.bifurcation.problem import ParametricProblem
from fem_ionics.bifurcation.vectors import times
from fem_ionics.cite import cite
from fem_ionics.errors import ConvergenceError, ParameterError

#: Relative residual above which a pair is no mode: gauges and unconverged pairs; and above which one that was found
#: from a neighbour's vectors is looked for afresh.
ACCEPTED, _FROM_NEAR = 1e-6, 1e-5
#: Two rates that agree so well are one mode found twice.
_SAME = 1e-6
_TOLERANCE = 1e-9
#: A vector of which so little is left without the others adds nothing to their span.
_DEPENDENT = 1e-8
#: Modes whose crossing of zero is watched between points where modes are computed.
_WATCHED = 4
#: Vectors without symmetry beside those near the modes.
_GUARDS = 2


@dataclass(frozen=True, eq=False)
class Mode:
    """One eigenvector of a steady state.

    Parameters
    ----------
    rate
        Growth rate, in the unit of one over the problem's time.
    real, imaginary
        Vectors of root mean square one together.
    residual
        |J q + s M q| / (|J q| + |s M q|), of the Rayleigh quotient; absolute near zero.
    """

    rate: complex
    real: PETSc.Vec
    imaginary: PETSc.Vec
    residual: float

    @property
    def oscillates(self) -> bool:
        """True for a complex pair."""
        return self.rate.imag != 0.0

    @property
    def vectors(self) -> list[PETSc.Vec]:
        """One, or two for a pair."""
        return [self.real, self.imaginary] if self.oscillates else [self.real]


def leading_modes(
    problem: ParametricProblem,
    *,
    count: int = 6,
    shifts: Sequence[float] = (),
    near: list[PETSc.Vec] | None = None,
) -> list[Mode]:
    """Modes nearest to growth rate zero and to each frequency of `shifts`, leading first.

    Parameters
    ----------
    problem
        Its Jacobian must be assembled and factorised at the steady state.
    count
        Modes about each shift.
    shifts
        Angular frequencies in one over the problem's time.
    near
        Vectors near the modes about zero: what this list held after the point before, nothing at first. These modes
        then come to five digits, that nearest to zero to six or more, in less than half the time; without it all come
        to nine.
    """
    cite("slepc")
    found = _around(problem, count, near) if near is not None else []
    if not found:
        found = _about(problem, _inverse(problem), count)
        if near is not None:
            near[:] = [vector for mode in found for vector in mode.vectors][:count]
    for frequency in shifts:
        found += _about(problem, _oscillating(problem, frequency), count)
    return _distinct(found)


def watch(problem: ParametricProblem, modes: Sequence[Mode]) -> None:
    """Give the inverse the modes nearest to zero, at the point of its last refresh: a sign may hang on them."""
    if problem.factor.signed:
        return
    closest = sorted(modes, key=lambda mode: abs(mode.rate))[:_WATCHED]
    vectors = [vector for mode in closest for vector in mode.vectors]
    decaying = sum(1 for mode in closest if not mode.oscillates and mode.rate.real < 0.0)
    rows, columns = ([times(matrix, v) for v in vectors] for matrix in (problem.gram, problem.mass))
    problem.factor.watch(rows, columns, (-1) ** decaying)


def _around(problem: ParametricProblem, count: int, near: list[PETSc.Vec]) -> list[Mode]:
    """Modes about zero from vectors near them, to be replaced; none where one of them is not good enough."""
    guards = [start_vector(problem, number) for number in range(_GUARDS if near else count)]
    found, beside = nearest(problem, count, near, guards)
    modes = [mode for vectors in found if (mode := _mode(problem, *vectors, accepted=_FROM_NEAR)) is not None]
    if len(modes) < len(found):
        return []
    near[:] = [vector for mode in modes for vector in mode.vectors] + beside
    return modes


def unstable(modes: Sequence[Mode], tolerance: float = 1e-8) -> int:
    """Number of growing modes, each of a pair counted."""
    return sum((2 if mode.oscillates else 1) for mode in modes if mode.rate.real > tolerance)


class _Operator:
    """A linear map as a PETSc shell matrix."""

    def __init__(self, apply: Any) -> None:
        self.apply = apply

    def mult(self, _matrix: PETSc.Mat, x: PETSc.Vec, y: PETSc.Vec) -> None:
        self.apply(x).copy(y)


def _inverse(problem: ParametricProblem) -> Any:
    right = problem.vector()

    def apply(x: PETSc.Vec) -> PETSc.Vec:
        problem.mass.mult(x, right)
        return problem.factor.solve(right)

    return apply


def _oscillating(problem: ParametricProblem, frequency: float) -> Any:
    # Beside the frequency, not on it: there may be an eigenvalue exactly there.
    doubled = RealEquivalent(problem, 1.01 * frequency)
    nothing = problem.vector()

    def apply(x: PETSc.Vec) -> PETSc.Vec:
        right = problem.vector()
        problem.mass.mult(x, right)
        return doubled.solve(right, nothing)[0]

    return apply


class RealEquivalent:
    """The factors of [J, -w M; w M, J]: J + i w M in real arithmetic.

    Parameters
    ----------
    problem
        With its Jacobian assembled.
    frequency
        w.

    Raises
    ------
    ParameterError
        With the iterative solver.
    """

    def __init__(self, problem: ParametricProblem, frequency: float) -> None:
        if problem.system.linear != "direct":
            raise ParameterError(
                f"The modes about the frequency {frequency:g} need factors of twice the Jacobian's size, which the "
                'iterative solver does not have: take newton=fi.Newton("direct"), on a coarser mesh if need be. The '
                "number of growing modes is right with either."
            )
        plus, minus = problem.mass.copy(), problem.mass.copy()
        plus.scale(frequency)
        minus.scale(-frequency)
        nest = PETSc.Mat().createNest([[problem.matrix, minus], [plus, problem.matrix]], comm=problem.comm)
        self.matrix = nest.convert("aij")
        self.factor = Factor(self.matrix)
        self.factor.refresh()

    def stack(self, real: PETSc.Vec, imaginary: PETSc.Vec) -> PETSc.Vec:
        """One vector of twice the length, local parts one after the other."""
        both = self.matrix.createVecRight()
        both.setArray(np.concatenate([real.getArray(readonly=True), imaginary.getArray(readonly=True)]))
        return both

    def split(self, both: PETSc.Vec, like: PETSc.Vec) -> tuple[PETSc.Vec, PETSc.Vec]:
        """The two halves."""
        local = both.getArray(readonly=True)
        half = len(local) // 2
        real, imaginary = like.duplicate(), like.duplicate()
        real.setArray(local[:half])
        imaginary.setArray(local[half:])
        return real, imaginary

    def solve(self, real: PETSc.Vec, imaginary: PETSc.Vec) -> tuple[PETSc.Vec, PETSc.Vec]:
        """(J + i w M)^-1 of a complex vector."""
        return self.split(self.factor.solve(self.stack(real, imaginary)), real)


def _about(problem: ParametricProblem, apply: Any, count: int) -> list[Mode]:
    start = start_vector(problem)
    operator = PETSc.Mat().createPython(problem.matrix.getSizes(), _Operator(apply), comm=problem.comm)
    operator.setUp()
    solver = SLEPc.EPS().create(problem.comm)
    solver.setOperators(operator)
    solver.setProblemType(SLEPc.EPS.ProblemType.NHEP)
    solver.setWhichEigenpairs(SLEPc.EPS.Which.LARGEST_MAGNITUDE)
    solver.setDimensions(nev=count, ncv=min(2 * count + 6, problem.matrix.getSize()[0]))
    solver.setTolerances(tol=_TOLERANCE, max_it=100)
    # One application first: the start is then free of what the mass does not see.
    solver.setInitialSpace([apply(start)])
    try:
        solver.solve()
    except PETSc.Error as error:  # PETSc's callbacks hide what went wrong in them
        if isinstance(error.__cause__, ConvergenceError):
            raise error.__cause__ from error
        raise
    space = []
    for index in range(solver.getConverged()):
        real, imaginary = problem.vector(), problem.vector()
        value = solver.getEigenpair(index, real, imaginary)
        if value.imag >= 0.0:
            space += [real] if value.imag == 0.0 else [real, imaginary]
    solver.destroy()
    operator.destroy()
    return _within(problem, space)


def _within(problem: ParametricProblem, space: Sequence[PETSc.Vec]) -> list[Mode]:
    """Modes in the span of some vectors (Rayleigh and Ritz).

    A growing pair at the very frequency looked about has nearly equal eigenvalues in the real part of the operator:
    its vectors come out mixed, and only their span is sound.
    """
    vectors: list[PETSc.Vec] = []
    images: list[PETSc.Vec] = []
    for given in space:
        vector, image = given.copy(), times(problem.mass, given)
        size = image.norm()
        for _ in range(2):
            for one, other in zip(vectors, images, strict=True):
                share = float(other.dot(image))
                vector.axpy(-share, one)
                image.axpy(-share, other)
        if image.norm() > _DEPENDENT * size:
            vector.scale(1.0 / image.norm())
            image.scale(1.0 / image.norm())
            vectors.append(vector)
            images.append(image)
    if not vectors:
        return []
    stiff = [times(problem.matrix, vector) for vector in vectors]
    values, shares = np.linalg.eig(np.array([[image.dot(each) for each in stiff] for image in images]))
    modes = []
    for value, share in zip(values, shares.T, strict=True):
        if value.imag <= 0.0:
            parts = [share.real] if value.imag == 0.0 else [share.real, share.imag]
            modes.append(_mode(problem, *(_combined(vectors, part) for part in parts)))
    return [mode for mode in modes if mode is not None]


def _combined(vectors: Sequence[PETSc.Vec], shares: Sequence[float]) -> PETSc.Vec:
    total = vectors[0].duplicate()
    total.zeroEntries()
    for share, vector in zip(shares, vectors, strict=True):
        total.axpy(float(share), vector)
    return total


def _mode(
    problem: ParametricProblem, real: PETSc.Vec, imaginary: PETSc.Vec | None = None, *, accepted: float = ACCEPTED
) -> Mode | None:
    """Rayleigh quotient, normalised vectors and residual; None for what is no mode."""
    parts = [real] if imaginary is None else [real, imaginary]
    stiff, mass = [], []
    for part in parts:
        stiff.append(times(problem.matrix, part))
        mass.append(times(problem.mass, part))
    if imaginary is None:
        j, m = _Complex(stiff[0]), _Complex(mass[0])
    else:
        j, m = _Complex(*stiff), _Complex(*mass)
    weight = m.dot(m).real
    if weight == 0.0:
        return None
    rate = -m.dot(j) / weight
    rest = j.plus(rate, m)
    residual = float(np.sqrt(rest.dot(rest).real / (j.dot(j).real + (abs(rate) ** 2 + 1.0) * weight)))
    if residual > accepted:
        return None
    squares = sum(times(problem.gram, part).dot(part) for part in parts)
    for part in parts:
        part.scale(1.0 / np.sqrt(squares))
    rate = rate.real if imaginary is None else rate
    if rate.imag < 0.0 and imaginary is not None:
        imaginary.scale(-1.0)
        rate = rate.conjugate()
    return Mode(complex(rate), real, problem.vector() if imaginary is None else imaginary, residual)


class _Complex:
    """A complex vector of two real ones."""

    def __init__(self, real: PETSc.Vec, imaginary: PETSc.Vec | None = None) -> None:
        self.real, self.imaginary = real, imaginary

    def dot(self, other: "_Complex") -> complex:
        """Conjugate of self times other."""
        if self.imaginary is None or other.imaginary is None:
            return complex(self.real.dot(other.real))
        return complex(
            self.real.dot(other.real) + self.imaginary.dot(other.imaginary),
            self.real.dot(other.imaginary) - self.imaginary.dot(other.real),
        )

    def plus(self, factor: complex, other: "_Complex") -> "_Complex":
        """Self + factor other."""
        real = self.real.copy()
        real.axpy(factor.real, other.real)
        if self.imaginary is None or other.imaginary is None:
            return _Complex(real)
        imaginary = self.imaginary.copy()
        real.axpy(-factor.imag, other.imaginary)
        imaginary.axpy(factor.real, other.imaginary)
        imaginary.axpy(factor.imag, other.real)
        return _Complex(real, imaginary)


def start_vector(problem: ParametricProblem, number: int = 0) -> PETSc.Vec:
    """A vector without symmetry, the same on any number of ranks: a function of position, one for each number."""
    functions = problem.derivatives.direction(0)
    low, high = bounds(problem)
    for index, function in enumerate(functions):
        function.x.array[:] = 0.0
        points = nodes(function.function_space)
        if points is None:
            continue
        at = (points[:, : len(low)] - low) / (high - low)
        waves = sum(
            np.sin((1.3 + 0.7 * k + 0.37 * index + 0.9 * number) * (3.0 * at[:, k] + 0.4 + k)) for k in range(len(low))
        )
        size = function.function_space.dofmap.index_map_bs
        for component in range(size):
            function.x.array[component::size] = waves + 0.3 * component
    return problem.pack(functions)


def nodes(space: Any) -> Any:
    """Coordinates of the nodes of a space, ghosts included; None for a Real space, which has no place."""
    if space.dofmap.index_map.size_global == 1:
        return None
    return space.tabulate_dof_coordinates()


def bounds(problem: ParametricProblem) -> tuple[Any, Any]:
    """Lower and upper corner of the mesh, in its own unit (collective)."""
    geometry = problem.spaces[0].mesh.geometry
    points = geometry.x[:, : geometry.dim]
    low, high = points.min(axis=0, initial=np.inf), points.max(axis=0, initial=-np.inf)
    low = np.array([problem.comm.allreduce(float(v), op=MPI.MIN) for v in low])
    high = np.array([problem.comm.allreduce(float(v), op=MPI.MAX) for v in high])
    return low, np.where(high > low, high, low + 1.0)


def _distinct(modes: Sequence[Mode]) -> list[Mode]:
    """Leading first, each once."""
    kept: list[Mode] = []
    for mode in sorted(modes, key=lambda each: (-each.rate.real, each.rate.imag)):
        if all(abs(mode.rate - other.rate) > _SAME * max(1.0, abs(mode.rate)) for other in kept):
            kept.append(mode)
    return kept
