# SPDX-License-Identifier: LGPL-3.0-or-later
"""PETSc's options: ours, the user's and the command line's; and what a failure leaves behind."""

import itertools

import numpy as np
import pytest
from petsc4py import PETSc

import fem_ionics as fi
from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.solve import Newton, NonlinearSystem
from fem_ionics.solve.newton import decoded

_number = itertools.count()


@pytest.fixture
def prefix():
    """One that no other test uses; what is left under it is deleted."""
    name = f"test_{next(_number)}_"
    yield name
    for key in PETSc.Options().getAll():
        if key.startswith(name):
            PETSc.Options().delValue(key)


@pytest.fixture
def charged(slits):
    slit = slits("concentrations")
    slit.charge.value, slit.pump.value = 0.01, 0.5
    model = slit.model
    model.load(fi.resting(model))
    model.read_parameters()
    return slit


def system_of(slit, **newton):
    model = slit.model
    return NonlinearSystem(model.residual, model.functions, model.bcs, Newton(**newton))


def under(prefix):
    return {key for key in PETSc.Options().getAll() if key.startswith(prefix)}


@pytest.mark.mpi
def test_the_users_options_reach_petsc_and_are_deleted(charged, prefix):
    system = system_of(charged, prefix=prefix, options={"snes_max_it": 1, "ksp_type": "gmres", "ksp_rtol": 1e-3})
    with pytest.raises(ConvergenceError) as caught:
        system.solve()
    error = caught.value
    assert error.reason == "DIVERGED_MAX_IT" and error.iterations == 1 and error.last is None
    assert str(error).startswith("Newton stopped after 1 iterations (DIVERGED_MAX_IT), residual ")
    assert system.snes.getKSP().getTolerances()[0] == 1e-3
    assert system.snes.getOptionsPrefix() == prefix
    assert not under(prefix)


@pytest.mark.mpi
def test_the_command_line_wins(charged, prefix):
    PETSc.Options()[prefix + "snes_max_it"] = 2
    system = system_of(charged, prefix=prefix, options={"snes_max_it": 1})
    with pytest.raises(ConvergenceError) as caught:
        system.solve()
    assert caught.value.iterations == 2
    # It is the user's, so it stays, also for the solver that is built anew after the failure.
    assert under(prefix) == {prefix + "snes_max_it"}
    with pytest.raises(ConvergenceError) as caught:
        system.solve()
    assert caught.value.iterations == 2


def test_defaults(charged):
    first, second = system_of(charged), system_of(charged)
    assert first.prefix != second.prefix and first.prefix.startswith("fem_ionics_")
    pc = first.snes.getKSP().getPC()
    assert pc.getType() == "lu" and pc.getFactorSolverType() == "mumps"
    assert not under("fem_ionics_")


def test_a_line_search_of_the_users_is_kept(charged, prefix):
    by_option = system_of(charged, options={"snes_linesearch_type": "cp"})
    PETSc.Options()[prefix + "snes_linesearch_type"] = "bt"
    by_line = system_of(charged, prefix=prefix)
    ours = system_of(charged)
    for system, far, near in ((by_option, "cp", "cp"), (by_line, "bt", "bt"), (ours, "l2", "basic")):
        for flag, expected in ((False, far), (True, near)):
            charged.model.load(fi.resting(charged.model))
            charged.model.read_parameters()
            try:
                system.solve(near=flag)
            except ConvergenceError:
                continue
            assert system.snes.getLineSearch().getType() == expected
    assert ours.snes.getLineSearch().getType() == "basic"


@pytest.mark.mpi
@pytest.mark.parametrize("damage", ["few iterations", "not a number"])
def test_a_failure_restores_the_guess_and_a_later_solve_works(charged, damage):
    model = charged.model
    before = [function.x.array.copy() for function in model.functions]
    system = system_of(charged, options={} if damage == "not a number" else {"snes_max_it": 2})
    if damage == "not a number":
        charged.model.values.constants[charged.charge].value = np.nan
    with pytest.raises(ConvergenceError):
        system.solve()
    for function, array in zip(model.functions, before, strict=True):
        np.testing.assert_array_equal(function.x.array, array)
    model.read_parameters()
    if damage == "few iterations":
        system.newton = Newton()
    report = system.solve()
    assert report.reason.startswith("CONVERGED") and 0 < report.iterations < 20 and report.residual < 1e-10
    assert system.residual_norm() == pytest.approx(report.residual, rel=0.9, abs=1e-12)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"linear": "gmres"}, 'Newton: linear = "gmres" was given; allowed: direct'),
        ({"prefix": ""}, "an empty prefix would mix"),
    ],
)
def test_bad_values(given, words):
    with pytest.raises(ParameterError, match=words):
        Newton(**given)


def test_reasons_have_names():
    assert decoded(-6) == "DIVERGED_LINE_SEARCH" and decoded(2) == "CONVERGED_FNORM_ABS"
    assert decoded(-999) == "-999"
