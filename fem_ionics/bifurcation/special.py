# SPDX-License-Identifier: LGPL-3.0-or-later
"""Special points with their certificates, located from what detection and the spectrum say."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from petsc4py import PETSc

from fem_ionics.bifurcation.arclength import Point, cubic
from fem_ionics.bifurcation.hopf import Hopf
from fem_ionics.bifurcation.located import System, locate
from fem_ionics.bifurcation.metric import Metric
from fem_ionics.bifurcation.normalform import NormalForm, left_vector, normal_form
from fem_ionics.bifurcation.problem import Knob, ParametricProblem
from fem_ionics.bifurcation.simple import BranchPoint, Fold, Pitchfork
from fem_ionics.bifurcation.spectrum import Mode, leading_modes
from fem_ionics.bifurcation.symmetry import Mirror
from fem_ionics.bifurcation.vectors import rms, times
from fem_ionics.cite import cite
from fem_ionics.errors import ConvergenceError
from fem_ionics.solve import frobenius

#: Limits of a certificate, relative; coefficients below the second are noise.
_SMALL, _NOISE = 1e-7, 1e-6
#: Without a given mirror a null vector counts as antisymmetric if its product with x is below this part of the sizes.
_ORTHOGONAL = 1e-8
#: Rounding of F, against the product of the norms of J and x.
_ROUNDING = 1e-14


@dataclass(frozen=True)
class Certificate:
    """What a located point was checked for; each number is relative, small for the first four.

    Parameters
    ----------
    residual
        |F|, against that of a change of x by one per cent.
    singular
        |J q| against the same of other vectors; |(J + i w M) q| for a Hopf point.
    slack
        Of the borders that symmetry or crossing branches make zero.
    asymmetry
        |q + S q|, where a mirror S was given; NaN otherwise.
    transversality, degeneracy
        Normal-form coefficients that must not vanish, against the size of their terms.
    rate
        Growth rate of the mode at the point: zero to rounding.
    mesh_difference
        Relative difference of the parameter to a finer mesh, where `SpecialPoint.compared` was asked; NaN before.
    """

    residual: float
    singular: float
    slack: float
    asymmetry: float
    transversality: float
    degeneracy: float
    rate: float
    mesh_difference: float = float("nan")


@dataclass(eq=False)
class SpecialPoint:
    """A fold, pitchfork, transcritical or Hopf point.

    Parameters
    ----------
    kind
        "fold", "pitchfork", "transcritical", "hopf", or one of these after "degenerate ".
    criticality
        "supercritical" or "subcritical" for pitchforks and Hopf points, "" otherwise.
    value
        Of the parameter.
    parameters
        Name -> value of all parameters.
    solution
        State of the model there (`Solution` of a user's own problem); it can be restarted from.
    mode
        The same kind of object with the critical mode (its real part) in place of the fields.
    coefficients
        Of the normal form (`fem_ionics.bifurcation.normalform`).
    certificate
        What was checked.
    s
        Arclength on its branch.
    iterations, factorisations
        What its location cost.
    recorded
        Name -> number at the point.
    """

    kind: str
    criticality: str
    value: float
    parameters: dict[str, float]
    solution: Any
    mode: Any
    coefficients: dict[str, float]
    certificate: Certificate
    s: float
    iterations: int
    factorisations: int
    system: Any = field(repr=False, default=None)
    form: NormalForm | None = field(repr=False, default=None)
    from_side: bool = False
    slope_of_base: tuple[PETSc.Vec, float] | None = field(repr=False, default=None)
    recorded: dict[str, float] = field(default_factory=dict)

    def compared(self, finer: "SpecialPoint") -> "SpecialPoint":
        """The same point with the relative difference to one found on a finer mesh in its certificate."""
        difference = abs(self.value - finer.value) / abs(finer.value)
        return replace(self, certificate=replace(self.certificate, mesh_difference=difference))

    def reverse(self, problem: ParametricProblem) -> None:
        """Turn the critical mode round; coefficients of even order change their sign."""
        assert self.form is not None
        self.form.q.scale(-1.0)
        self.form.p.scale(-1.0)
        self.system.vectors[1].scale(-1.0)
        self.system.row.scale(-1.0)
        for name in ("quadratic", "offset"):
            if name in self.coefficients:
                self.form.coefficients[name] = self.coefficients[name] = -self.coefficients[name]
        self.mode = problem.snapshot(self.form.q)


def find(
    problem: ParametricProblem,
    knob: Knob,
    metric: Metric,
    kind: str,
    one: Point,
    other: Point,
    mirror: Mirror | None,
    shifts: Sequence[float] = (),
    near: Sequence[PETSc.Vec] = (),
) -> SpecialPoint:
    """Locate, classify and certify the point that `detect.crossing` saw between two points.

    `near` are vectors near the modes of these points; none where they are not known.

    Raises
    ------
    ConvergenceError
        When it cannot be located, or lies elsewhere.
    """
    before = problem.factor.count
    system = _candidate(problem, knob, kind, one, other, mirror, shifts, near)
    iterations = locate(system, metric)
    low, high = sorted((one.value, other.value))
    margin = 0.5 * (high - low) + 0.5 * other.step * metric.span
    if not low - margin <= system.numbers[0] <= high + margin:
        raise ConvergenceError(
            f"The {kind} seen between {knob.name} = {low:g} and {high:g} was found at {system.numbers[0]:g}: not "
            "the same."
        )
    # The last correction was far below what the factors it was made with can tell.
    point = describe(system, metric, mirror, factorised=True)
    point.iterations, point.factorisations = iterations, problem.factor.count - before
    share = _share(one, other, kind)
    point.s = one.s + share * (other.s - one.s)
    point.from_side = kind == "side"
    point.slope_of_base = (one.tangent.copy(), one.slope)
    return point


def describe(system: System, metric: Metric, mirror: Mirror | None, *, factorised: bool = False) -> SpecialPoint:
    """Normal form, type and certificate of a located system; its factors may be those of the last correction.

    Raises
    ------
    ConvergenceError
        When what was found is no special point: residuals, slack or symmetry are not small.
    """
    problem, x = system.problem, system.vectors[0]
    form = normal_form(system, factorised=factorised, size=metric.size)
    certificate = _certify(system, form, metric, mirror)
    for name in ("residual", "singular", "slack"):
        if (size := getattr(certificate, name)) > _SMALL:
            raise ConvergenceError(
                f"The {system.kind} at {system.knob.name} = {system.numbers[0]:g} is refused: its {name} is {size:.1e}."
            )
    # A mode that the mirror leaves as it is breaks another symmetry.
    if system.kind == "pitchfork" and 1e-6 < certificate.asymmetry < 1.0 - 1e-6:
        raise ConvergenceError(f"The mode is not antisymmetric under the mirror (defect {certificate.asymmetry:.1e}).")
    kind, criticality = _typed(system, form)
    return SpecialPoint(
        kind=kind,
        criticality=criticality,
        value=float(system.numbers[0]),
        parameters=problem.values(),
        solution=problem.snapshot(x),
        mode=problem.snapshot(form.q),
        coefficients=dict(form.coefficients),
        certificate=certificate,
        s=float("nan"),
        iterations=0,
        factorisations=0,
        system=system,
        form=form,
    )


def null_mode(problem: ParametricProblem, near: Sequence[PETSc.Vec] = ()) -> Mode:
    """The real mode nearest to zero, from the factors at hand; `near` are vectors near it and its neighbours."""
    for count in (1, 3) if near else (3,):
        real = [mode for mode in leading_modes(problem, count=count, near=list(near)) if not mode.oscillates]
        if real:
            return min(real, key=lambda mode: abs(mode.rate))
    raise ConvergenceError("No real mode near zero was found.")


def _candidate(
    problem: ParametricProblem,
    knob: Knob,
    kind: str,
    one: Point,
    other: Point,
    mirror: Mirror | None,
    shifts: Sequence[float],
    near: Sequence[PETSc.Vec],
) -> Any:
    share = _share(one, other, kind)
    x, value = cubic(one, other, other.s - one.s, share)
    knob.assign(value)
    if kind == "hopf":
        return _hopf(problem, knob, x, value, one, other, shifts)
    problem.factorise(x)
    q = null_mode(problem, near).real
    if kind == "fold":
        return Fold(problem, knob, x, value, q, times(problem.gram, q), factorised=True)
    if mirror is not None:
        odd = mirror.antisymmetric(q)
        if rms(problem.gram, odd) > 0.5:
            cite("werner1984")
            q = odd
            x.axpy(-1.0, mirror.antisymmetric(x))
            column = left_vector(problem, q)
            return Pitchfork(problem, knob, x, value, q, times(problem.gram, q), column, factorised=True)
    row, column = times(problem.gram, q), left_vector(problem, q)
    slope = problem.by_parameter(x, knob)
    orthogonal = abs(float(row.dot(x))) <= _ORTHOGONAL * max(rms(problem.gram, x), 1e-12)
    # A slope that is rounding of the terms of F says nothing either.
    rounding = _ROUNDING * frobenius(problem.matrix) * x.norm() / max(abs(value), 1e-300)
    silent = abs(float(column.dot(slope))) <= max(_ORTHOGONAL * slope.norm(), rounding)
    system = Pitchfork if orthogonal and silent else BranchPoint
    return system(problem, knob, x, value, q, row, column)


def _hopf(
    problem: ParametricProblem,
    knob: Knob,
    x: PETSc.Vec,
    value: float,
    one: Point,
    other: Point,
    shifts: Sequence[float],
) -> Hopf:
    frequency = _frequency(one, other)
    problem.factorise(x)
    modes = [m for m in leading_modes(problem, shifts=[frequency, *shifts]) if m.oscillates]
    if not modes:
        raise ConvergenceError("No oscillating mode was found near the change of stability.")
    mode = min(modes, key=lambda each: abs(each.rate - 1j * frequency))
    return Hopf(problem, knob, x, value, mode.rate.imag, mode.real, mode.imaginary)


def _frequency(one: Point, other: Point) -> float:
    rates = [rate for rate in (*one.rates, *other.rates) if rate.imag > 0.0]
    return min(rates, key=lambda rate: abs(rate.real)).imag


def _share(one: Point, other: Point, kind: str) -> float:
    """Where between two points the crossing is expected."""
    if kind in ("fold", "side"):
        return one.slope / (one.slope - other.slope)
    pairs = [(a, b) for a, b in zip(one.rates, other.rates, strict=False) if a.real * b.real < 0.0]
    if not pairs:
        return 0.5
    a, b = pairs[0]
    return a.real / (a.real - b.real)


def _certify(system: System, form: NormalForm, metric: Metric, mirror: Mirror | None) -> Certificate:
    problem, (x, *nulls) = system.problem, system.vectors
    problem.assemble(x)
    scale = frobenius(problem.matrix)
    rest = problem.residual(x).norm() / max(scale * max(x.norm(), 1e-2 * nulls[0].norm()), 1e-300)
    asymmetry = float("nan")
    if isinstance(system, Hopf):
        a, b, frequency = nulls[0], nulls[1], float(system.numbers[1])
        singular = _pair_residual(system, a, b, frequency) / (scale * np.hypot(a.norm(), b.norm()))
        slack, coefficient, rate = 0.0, "lyapunov", 0.0
    else:
        q = nulls[0]
        image = problem.factor.multiply(q)
        singular = image.norm() / (scale * q.norm())
        mass = times(problem.mass, q)
        rate = -float(form.p.dot(image)) / float(form.p.dot(mass)) if float(form.p.dot(mass)) else 0.0
        slack = 0.0
        if len(system.numbers) > 1:
            slack = abs(system.numbers[1]) * system.column.norm() / (scale * max(x.norm(), q.norm()))  # type: ignore[attr-defined]
        coefficient = "quadratic" if system.kind == "fold" else ""
        if mirror is not None and system.kind == "pitchfork":
            even = q.copy()
            even.axpy(-1.0, mirror.antisymmetric(q))
            asymmetry = rms(problem.gram, even) / rms(problem.gram, q)
    if not coefficient:
        coefficient = "cubic" if form.vanishes("quadratic", _NOISE) else "quadratic"
    across = "offset" if system.kind == "fold" else "slope"
    return Certificate(
        residual=rest,
        singular=singular,
        slack=slack,
        asymmetry=asymmetry,
        transversality=_relative(form, across),
        degeneracy=_relative(form, coefficient),
        rate=rate,
    )


def _pair_residual(system: Hopf, a: PETSc.Vec, b: PETSc.Vec, frequency: float) -> float:
    problem = system.problem
    real, imaginary = problem.factor.multiply(a), problem.factor.multiply(b)
    real.axpy(-frequency, times(problem.mass, b))
    imaginary.axpy(frequency, times(problem.mass, a))
    return float(np.hypot(real.norm(), imaginary.norm()))


def _relative(form: NormalForm, name: str) -> float:
    noise = form.noise[name]
    return abs(form.coefficients[name]) / noise if noise > 0.0 else 0.0


def _typed(system: System, form: NormalForm) -> tuple[str, str]:
    """Type and criticality; a coefficient within noise makes it degenerate."""
    if system.kind == "fold":
        plain = not form.vanishes("quadratic", _NOISE) and not form.vanishes("offset", _NOISE)
        return ("fold" if plain else "degenerate fold"), ""
    if form.vanishes("slope", _NOISE):
        return f"degenerate {system.kind}", ""
    if system.kind == "hopf":
        if form.vanishes("lyapunov", _NOISE):
            return "degenerate hopf", ""
        return "hopf", "supercritical" if form.coefficients["lyapunov"] < 0.0 else "subcritical"
    if not form.vanishes("quadratic", _NOISE):
        return "transcritical", ""
    if form.vanishes("cubic", _NOISE):
        return "degenerate pitchfork", ""
    return "pitchfork", "supercritical" if form.coefficients["cubic"] < 0.0 else "subcritical"
