# SPDX-License-Identifier: LGPL-3.0-or-later
"""Branches without factorisations: the answers of the direct solver, near and at singular points too."""

import numpy as np
import pytest
from equations import bratu
from mpi4py import MPI
from petsc4py import PETSc

import fem_ionics as fi
from fem_ionics.bifurcation.between import located
from fem_ionics.bifurcation.factor import Bordered
from fem_ionics.bifurcation.models import as_problem
from fem_ionics.bifurcation.normalform import left_vector
from fem_ionics.bifurcation.vectors import times
from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.solve import frobenius
from fem_ionics.units import nm

pytestmark = pytest.mark.filterwarnings("ignore::fem_ionics.errors.ResolutionWarning")

ITERATIVE = fi.Newton("iterative")
LENGTH, HEIGHT = 50 * nm, 10 * nm
SALT = fi.Electrolyte.symmetric(100.0, 1e-9, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0)
LONG = fi.Steps(first=1.0, largest=1.0)
WAVE = fi.pattern.cosine("x", wavelength=LENGTH)


def flagship(comm=MPI.COMM_WORLD):
    """Half the active channel on a coarse mesh, and its flux: a pitchfork near 24.67 mol/m2/s."""
    domain = fi.geometry.channel(LENGTH, HEIGHT, resolve=SALT.debye_length, half=True, refine=0.5, comm=comm)
    flux = fi.Parameter("flux", 20.0, "mol/m2/s")
    stated = [
        fi.SurfaceCharge(0.05 * WAVE, on="walls"),
        fi.IonFlux("cation", flux * WAVE, on="walls"),
        fi.Slip(10 * nm, on="walls"),
        *(fi.FixedTotal(name, 100.0) for name in SALT.names),
    ]
    return fi.PNPS(SALT, domain, stated), flux


def braked():
    """A flow between stripes of charge that lets go at one pressure gradient and is caught at another: two folds."""
    salt = fi.Electrolyte.symmetric(14.8, 1e-9, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0)
    stripes = fi.pattern.cosine("x", wavelength=10 * np.pi * nm)
    domain = fi.geometry.channel(
        10 * np.pi * nm, HEIGHT, resolve=salt.debye_length, refine=0.4, pattern=stripes, half=True
    )
    gradient = fi.Parameter("gradient", 2.9e13, "Pa/m")
    stated = [
        fi.SurfaceCharge(0.0214 * stripes, on="walls"),
        fi.PressureGradient(-1.0 * gradient, along="x"),
        fi.Slip(50 * nm, on="walls"),
        *(fi.FixedTotal(name, 14.8) for name in salt.names),
    ]
    return fi.PNPS(salt, domain, stated), gradient


def follow(newton, comm=MPI.COMM_WORLD, **settings):
    model, flux = flagship(comm)
    given = {"start": 24.2, "stop": 25.2, "mirror": "x", "modes": 2, "steps": LONG} | settings
    return fi.continuation(model, flux, record={"U": fi.observe.MeanVelocity("x")}, newton=newton, **given)


@pytest.fixture(scope="module")
def direct():
    return follow(fi.Newton("direct"))


@pytest.fixture(scope="module")
def iterative():
    return follow(ITERATIVE)


@pytest.fixture(scope="module")
def at_the_pitchfork(iterative):
    """The problem with its Jacobian at the pitchfork, and the special point."""
    (point,) = iterative.special("pitchfork")
    problem = iterative.study.problem
    problem.factorise(problem.restore(point.solution))
    return problem, point


def same_points(one, other):
    assert len(one) == len(other) > 1
    assert one[one.parameter] == pytest.approx(other[other.parameter], rel=1e-8, abs=0)
    assert one["U"] == pytest.approx(other["U"], rel=1e-6, abs=1e-12)
    assert list(one["unstable"]) == list(other["unstable"])
    flips = [np.diff(np.sign(each["jacobian sign"])) != 0 for each in (one, other)]
    assert list(flips[0]) == list(flips[1])


def same_modes(one, other):
    for here, there in zip(one.points, other.points, strict=True):
        assert here.rates[:2] == pytest.approx(there.rates[:2], rel=1e-6, abs=0)


# the same answers


def test_the_pitchfork_of_the_direct_solver(direct, iterative):
    (expected,), (found,) = direct.special(), iterative.special()
    assert iterative.study.problem.factor.iterations > 0
    assert (found.kind, found.criticality) == (expected.kind, expected.criticality) == ("pitchfork", "supercritical")
    assert found.value == pytest.approx(expected.value, rel=1e-8, abs=0)
    for name in ("slope", "cubic"):
        assert found.coefficients[name] == pytest.approx(expected.coefficients[name], rel=1e-6, abs=0)
    assert abs(found.coefficients["quadratic"]) < 1e-9
    certificate = found.certificate
    assert max(certificate.residual, certificate.singular, certificate.slack) < 1e-12
    assert certificate.asymmetry < 1e-8


def test_the_points_and_modes_of_the_direct_solver(direct, iterative):
    same_points(iterative, direct)
    same_modes(iterative, direct)
    assert set(iterative["jacobian sign"]) == {1, -1}


def test_the_branches_that_leave(direct, iterative):
    """Stable, with the direct solver's velocities; the mode's sign too."""
    settings = {"stop": 26.0, "steps": fi.Steps(first=0.4, largest=0.6, most=1)}
    sides = [each.switch(each.special("pitchfork")[0], 1, **settings) for each in (iterative, direct)]
    same_points(*sides)
    same_modes(*sides)
    assert sides[0]["U"][-1] > 0.01
    assert list(sides[0]["unstable"]) == [0] * len(sides[0])


def test_folds_without_a_spectrum():
    """Signs alone: modes are computed once, for the sign of the determinant at the first point."""
    found = []
    for linear in ("direct", "iterative"):
        model, gradient = braked()
        # Newton's way from rest is erratic here, and no matter of this test.
        start = fi.Steady(model, fi.Newton("direct")).solve()
        found.append(
            fi.continuation(
                model,
                gradient,
                guess=start,
                stop=3.12e13,
                bounds=(2.9e13, 3.12e13),
                stability=0,
                newton=fi.Newton(linear),
                steps=fi.Steps(first=0.4, largest=0.6),
                until="fold",
            )
        )
    expected, iterative = (each.special("fold")[0] for each in found)
    assert iterative.value == pytest.approx(expected.value, rel=1e-8, abs=0)
    for name in ("quadratic", "offset"):
        assert iterative.coefficients[name] == pytest.approx(expected.coefficients[name], rel=1e-6, abs=0)
    assert all(point.unstable is None for point in found[1].points)


@pytest.mark.mpi(least=2)
def test_the_same_on_any_number_of_ranks():
    together, alone = (follow(ITERATIVE, comm, stability=2) for comm in (MPI.COMM_WORLD, MPI.COMM_SELF))
    same_points(together, alone)
    assert together.points[0].rates == pytest.approx(alone.points[0].rates, rel=1e-6, abs=0)
    assert list(together["jacobian sign"]) == list(alone["jacobian sign"])
    assert together.special("pitchfork")[0].value == pytest.approx(alone.special("pitchfork")[0].value, rel=1e-9, abs=0)


# solves at a singular matrix


def bordered_iterations(problem, point, **options):
    """Of one bordered solve, and what it leaves of the right-hand side, relatively."""
    row, factor = times(problem.gram, point.form.q), problem.factor
    borders = [point.system.column], [row]
    bordered = Bordered(factor, *(reversed(borders) if options else borders), **options)
    right, before = problem.by_parameter(problem.read(), problem.knob("flux")), factor.iterations
    x, y = bordered.solve(right, 1.0)
    rest, below = bordered.residual(right, np.ones(1), x, y)
    return factor.iterations - before, max(rest.norm() / right.norm(), abs(float(below[0])))


def test_borders_make_iterations_the_same_at_the_singular_point(at_the_pitchfork):
    """32 there and 32 far from it, 16 for each of the two passes."""
    problem, point = at_the_pitchfork
    iterations, rest = bordered_iterations(problem, point)
    assert 10 < iterations <= 40
    assert rest < 1e-10
    iterations, rest = bordered_iterations(problem, point, transpose=True)
    assert 10 < iterations <= 40
    assert rest < 1e-10


def test_other_rows_and_corner(at_the_pitchfork):
    """What another bordered matrix with the same column gives."""
    problem, point = at_the_pitchfork
    column, row = point.system.column, times(problem.gram, point.form.q)
    other = times(problem.gram, point.form.q)
    other.axpy(0.3, times(problem.gram, point.form.tangent))
    right = problem.by_parameter(problem.read(), problem.knob("flux"))
    bordered = Bordered(problem.factor, [column], [row]).with_rows([other], 0.2)
    x, y = bordered.solve(right, 1.0)
    left = 1.0 - float(other.dot(x)) - 0.2 * y[0]
    assert abs(left) < 1e-9
    expected, number = Bordered(problem.factor, [column], [other], 0.2).solve(right, 1.0)
    assert y == pytest.approx(number, rel=1e-7, abs=1e-9)
    expected.axpy(-1.0, x)
    assert expected.norm() < 1e-7 * x.norm()


def test_left_null_vector(at_the_pitchfork):
    problem, point = at_the_pitchfork
    p = left_vector(problem, point.form.q)
    assert p.norm() == pytest.approx(1.0, rel=1e-12, abs=0)
    assert problem.factor.multiply(p, transpose=True).norm() < 1e-9 * frobenius(problem.matrix)
    expected = point.form.p.copy()
    expected.normalize()
    expected.axpy(-float(np.sign(expected.dot(p))), p)
    assert expected.norm() < 1e-7


def test_transposed_solve(iterative):
    problem, point = iterative.study.problem, iterative.points[0]
    iterative.study.knob.assign(point.value)
    factor = problem.factorise(point.x)
    a, b = times(problem.gram, point.x), problem.by_parameter(point.x, problem.knob("flux"))
    assert factor.solve(a, transpose=True).dot(b) == pytest.approx(factor.solve(b).dot(a), rel=1e-8, abs=0)


# the sign of the determinant


def test_sign_where_modes_are_not_computed(direct):
    """The test function flips with the determinant, along a branch whose modes were computed at its start alone."""
    branch = follow(ITERATIVE, stability=0)
    assert all(point.unstable is None for point in branch.points)
    (point,) = branch.special()
    assert point.value == pytest.approx(direct.special("pitchfork")[0].value, rel=1e-8, abs=0)
    values, signs = branch["flux"], branch["jacobian sign"]
    assert list(signs) == [1 if value < point.value else -1 for value in values]


def test_a_branch_is_gone_on_with_by_the_other_solver(tmp_path, direct):
    """The signs that were kept are the determinant's; those that follow the test function's."""
    store = fi.io.BranchFolder(tmp_path / "branch")
    settings = {"store": store, "stability": 0}
    first = follow(fi.Newton("direct"), **settings, steps=fi.Steps(first=0.2, largest=0.2, most=1))
    assert len(first) == 2
    assert first["flux"][-1] < 24.6
    resumed = follow(ITERATIVE, **settings)
    assert resumed.special("pitchfork")[0].value == pytest.approx(direct.special()[0].value, rel=1e-8, abs=0)
    assert len(resumed.special()) == 1
    assert not resumed.missed
    assert len(set(resumed["jacobian sign"][:2])) == 1


# what it cannot do, and says


def test_a_problem_without_a_preconditioner():
    with pytest.raises(ParameterError, match=r"only the equations of PNP and PNPS have a preconditioner"):
        fi.continuation(bratu(lam=1.0), "lam", stop=2.0, newton=ITERATIVE)
    with pytest.raises(ParameterError, match=r"has its own; give it to Scalar"):
        fi.continuation(bratu(lam=1.0), "lam", stop=2.0, newton=fi.Newton("direct"))


def test_oscillating_modes_are_the_direct_solvers(iterative):
    with pytest.raises(ParameterError, match=r"shifts = \(2.0,\) need factors"):
        follow(ITERATIVE, shifts=(2.0,))
    with pytest.raises(ParameterError, match="need factors of twice"):
        iterative.stability(0, shifts=(2.0,))


def test_a_hopf_point_is_seen_and_not_located(iterative):
    """The number of growing modes tells; the branch says that the point is missing, and why."""
    study, (one, other) = iterative.study, iterative.points[:2]
    rates = [point.rates for point in (one, other)]
    one.rates, other.rates = (-0.1 + 1.0j,), (0.1 + 1.0j,)
    try:
        assert located(study, "hopf", one, other) is None
    finally:
        one.rates, other.rates = rates
    assert "need factors of twice" in study.missed.pop()


def test_auto_is_direct_where_newton_is():
    model, _ = flagship()
    assert as_problem(model).system.linear == "direct"
    assert as_problem(model, newton=ITERATIVE).system.linear == "iterative"
    assert as_problem(model) is not as_problem(model, newton=ITERATIVE)
    assert as_problem(model, newton=ITERATIVE) is as_problem(model, newton=fi.Newton("iterative"))


@pytest.mark.parametrize("what", ["solve", "modes"])
def test_a_solve_that_fails_says_so(what):
    """Options come from PETSc's database, under the solver's prefix."""
    model, _ = flagship()
    prefix, database = f"few_{what}_", PETSc.Options()
    problem = as_problem(model, newton=fi.Newton("iterative", prefix=prefix))
    x = problem.first()
    option = f"{prefix}bifurcation_ksp_max_it"
    database.setValue(option, 5)
    try:
        factor = problem.factorise(x)
        with pytest.raises(ConvergenceError, match=f"FGMRES stopped after 5 .*-{prefix}bifurcation_ksp_monitor"):
            factor.solve(times(problem.gram, x)) if what == "solve" else fi.bifurcation.leading_modes(problem)
    finally:
        database.delValue(option)
