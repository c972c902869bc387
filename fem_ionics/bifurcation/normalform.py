# SPDX-License-Identifier: LGPL-3.0-or-later
"""Normal forms at located points: which way branches leave, how steeply, and whether they are stable.

With the null vector q of root mean square one and the left null vector p with p . M q = 1 the amplitude A of q obeys

    fold            A' = a (l - l_c) + b A^2
    branch point    A' = s (l - l_c) A + b A^2 + d (l - l_c)^2
    pitchfork       A' = s (l - l_c) A + c A^3
    hopf            A' = (s (l - l_c) + i w) A + w l1 A |A|^2   (Kuznetsov, Elements of Applied Bifurcation Theory)
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from petsc4py import PETSc

from fem_ionics.bifurcation.factor import Bordered
from fem_ionics.bifurcation.hopf import Hopf, left_vectors
from fem_ionics.bifurcation.located import System
from fem_ionics.bifurcation.spectrum import RealEquivalent
from fem_ionics.bifurcation.vectors import minus, over, rms, times


@dataclass(frozen=True, eq=False)
class NormalForm:
    """Coefficients of a special point, and the vectors that a branch leaves along.

    Parameters
    ----------
    coefficients
        Name -> number: "slope" s (growth rate by parameter), "quadratic" b, "cubic" c, "offset" a or d, "lyapunov" l1,
        "frequency" w; those that the kind has.
    noise
        Name -> size of the terms that a coefficient is the sum of: it counts as zero below a small part of it.
    q, p
        Null vector and left null vector.
    tangent, curvature
        Change of x by the parameter, and by the square of the amplitude.
    """

    coefficients: dict[str, float]
    noise: dict[str, float]
    q: PETSc.Vec
    p: PETSc.Vec
    tangent: PETSc.Vec | None = None
    curvature: PETSc.Vec | None = None
    imaginary: PETSc.Vec | None = None

    def vanishes(self, name: str, tolerance: float = 1e-6) -> bool:
        """Whether a coefficient is within the noise of its terms."""
        return abs(self.coefficients[name]) <= tolerance * max(self.noise[name], 1e-300)


def normal_form(system: System, *, factorised: bool = False, size: float = 0.0) -> NormalForm:
    """The normal form of a located point; its problem's constants must be those of the point.

    Parameters
    ----------
    system
        Located.
    factorised
        The problem's factors are those at the point already.
    size
        Of changes of x that count, root mean square: a coefficient that tells only far below it is noise.
    """
    if isinstance(system, Hopf):
        return _hopf(system)
    problem, x = system.problem, system.vectors[0]
    if not factorised:
        problem.factorise(x)
    q, p = null_vectors(system)
    row = times(problem.gram, q)
    bordered = Bordered(problem.factor, [_scaled(p)], [row])
    second = problem.derivative(x, [q, q])
    quadratic = -0.5 * float(p.dot(second))
    coefficients, noise = {"quadratic": quadratic}, {"quadratic": 0.5 * _size(p, second)}
    slope = problem.by_parameter(x, system.knob)
    if system.kind == "fold":
        coefficients["offset"], noise["offset"] = -float(p.dot(slope)), _size(p, slope)
        return NormalForm(coefficients, noise, q, p)
    tangent, _ = bordered.solve(minus(slope), 0.0)
    mixed, direct = problem.derivative(x, [q, tangent]), problem.derivative(x, [q], system.knob)
    coefficients["slope"] = -float(p.dot(mixed)) - float(p.dot(direct))
    noise["slope"] = _size(p, mixed) + _size(p, direct)
    bent = [
        problem.derivative(x, [tangent, tangent]),
        problem.derivative(x, [tangent], system.knob),
        problem.derivative(x, [], system.knob, system.knob),
    ]
    weights = (0.5, 1.0, 0.5)
    coefficients["offset"] = -sum(w * float(p.dot(v)) for w, v in zip(weights, bent, strict=True))
    noise["offset"] = sum(w * _size(p, v) for w, v in zip(weights, bent, strict=True))
    second.scale(-0.5)
    curvature, _ = bordered.solve(second, 0.0)
    third, through = problem.derivative(x, [q, q, q]), problem.derivative(x, [q, curvature])
    coefficients["cubic"] = -float(p.dot(third)) / 6.0 - float(p.dot(through))
    noise["cubic"] = _size(p, third) / 6.0 + _size(p, through)
    # A quadratic term that counts only at amplitudes within the error of x is that error.
    noise["quadratic"] = max(noise["quadratic"], noise["cubic"] * max(size, rms(problem.gram, x)))
    return NormalForm(coefficients, noise, q, p, tangent, curvature)


def null_vectors(system: System) -> tuple[PETSc.Vec, PETSc.Vec]:
    """Null vector with rms one and left null vector with p . M q = 1, from the factors at the point.

    Where p . M q vanishes to rounding (a Bogdanov-Takens point) p has length one instead.
    """
    problem = system.problem
    q = system.vectors[1].copy()
    q.scale(1.0 / rms(problem.gram, q))
    p = left_vector(problem, q)
    mass = float(p.dot(times(problem.mass, q)))
    if abs(mass) > 1e-8 * _size(p, times(problem.mass, q)):
        p.scale(1.0 / mass)
    return q, p


def left_vector(problem: Any, q: PETSc.Vec) -> PETSc.Vec:
    """Left null vector of the nearly singular Jacobian, of length one."""
    p: PETSc.Vec = problem.factor.left_vector(times(problem.gram, q))
    return p


def _hopf(system: Hopf) -> NormalForm:
    problem, knob, (x, a, b) = system.problem, system.knob, system.vectors
    frequency = float(system.numbers[1])
    problem.factorise(x)
    doubled = RealEquivalent(problem, frequency)
    p, r = left_vectors(doubled, system.row_a, system.row_b, 3)
    squares = float(times(problem.gram, a).dot(a) + times(problem.gram, b).dot(b))
    a, b = over(a, np.sqrt(squares)), over(b, np.sqrt(squares))
    mass_a, mass_b = times(problem.mass, a), times(problem.mass, b)
    # conj(p + i r) . M (a + i b), to be one
    norm = complex(p.dot(mass_a) + r.dot(mass_b), p.dot(mass_b) - r.dot(mass_a))

    def on(real: PETSc.Vec, imaginary: PETSc.Vec) -> complex:
        return complex(p.dot(real) + r.dot(imaginary), p.dot(imaginary) - r.dot(real)) / norm

    def second(one: PETSc.Vec, other: PETSc.Vec) -> PETSc.Vec:
        return problem.derivative(x, [one, other])

    def third(one: PETSc.Vec, two: PETSc.Vec, three: PETSc.Vec) -> PETSc.Vec:
        return problem.derivative(x, [one, two, three])

    aa, bb, ab = second(a, a), second(b, b), second(a, b)
    steady = problem.factor.solve(minus(aa, bb))
    ab.scale(-2.0)
    real, imaginary = RealEquivalent(problem, 2.0 * frequency).solve(_sum(minus(aa), bb), ab)
    # B(q, h11) twice, B(conj q, h20), C(q, q, conj q), each with the sign of M u' = -F
    real_part = minus(
        over(second(a, steady), 0.5), second(a, real), second(b, imaginary), third(a, a, a), third(a, b, b)
    )
    imaginary_part = minus(
        over(second(b, steady), 0.5), second(a, imaginary), minus(second(b, real)), third(a, a, b), third(b, b, b)
    )
    tangent = problem.factor.solve(minus(problem.by_parameter(x, knob)))
    slope = on(
        minus(second(a, tangent), problem.derivative(x, [a], knob)),
        minus(second(b, tangent), problem.derivative(x, [b], knob)),
    )
    size = abs(complex(real_part.norm(), imaginary_part.norm())) * np.hypot(p.norm(), r.norm()) / abs(norm)
    coefficients = {
        "frequency": frequency,
        "slope": slope.real,
        "lyapunov": on(real_part, imaginary_part).real / (2.0 * frequency),
    }
    noise = {"frequency": 1.0, "slope": abs(slope), "lyapunov": float(size) / (2.0 * frequency)}
    return NormalForm(coefficients, noise, a, p, tangent, imaginary=b)


def _size(p: PETSc.Vec, v: PETSc.Vec) -> float:
    """Sum of |p_i v_i|: what the product is a difference of."""
    product = p.duplicate()
    product.pointwiseMult(p, v)
    return float(product.norm(PETSc.NormType.NORM_1))


def _scaled(p: PETSc.Vec) -> PETSc.Vec:
    return over(p, p.norm())


def _sum(one: PETSc.Vec, other: PETSc.Vec) -> PETSc.Vec:
    one.axpy(1.0, other)
    return one
