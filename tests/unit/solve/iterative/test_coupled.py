# SPDX-License-Identifier: LGPL-3.0-or-later
"""The iterative solver: answers of the direct one in each kind of model, in few iterations; its name and options."""

import itertools
from typing import Any

import numpy as np
import pytest
import ufl
from dolfinx import fem, mesh
from petsc4py import PETSc
from systems import KCL, MADE, counted, difference, flagship, pore

import fem_ionics as fi
from fem_ionics.errors import ConvergenceError, ModelError, ParameterError
from fem_ionics.geometry import cylindrical_pore
from fem_ionics.solve import Newton, NonlinearSystem, Steady, options
from fem_ionics.solve.iterative import Coupled
from fem_ionics.units import nm

pytestmark = pytest.mark.filterwarnings("ignore::fem_ionics.errors.ResolutionWarning")

#: Every linear system to eight digits.
TIGHT = {"snes_ksp_ew": False, "ksp_rtol": 1e-8}
#: Largest number of iterations in any of these models; 32 is the most that was found (Newton's way, weak charge).
MOST = 45
#: Where the excess of crowded ions has unknowns of its own: the sweep solves them last and does not go back.
MOST_OF_EXCESS = 200
PARALLEL = ("active channel", "pore between baths", "dielectric membrane")

_number = itertools.count()


@pytest.fixture
def prefix():
    """One that no other test uses; what is left under it is deleted."""
    name = f"iterative_{next(_number)}_"
    yield name
    for key in PETSc.Options().getAll():
        if key.startswith(name):
            PETSc.Options().delValue(key)


@pytest.fixture(scope="module")
def channel():
    return flagship()


# the same answers


@pytest.mark.parametrize("name", [pytest.param(each, marks=[pytest.mark.mpi] * (each in PARALLEL)) for each in MADE])
def test_iterative_and_direct_agree(name):
    model = MADE[name]()
    solvers = {linear: Steady(model, Newton(linear, options=TIGHT)) for linear in ("direct", "iterative")}
    counts = counted(solvers["iterative"].system)
    states = {linear: steady.solve() for linear, steady in solvers.items()}
    assert solvers["iterative"].system.linear == "iterative"
    assert difference(states["iterative"], states["direct"]) < 1e-8
    # The same way too: no load ramped up, no more than a Newton iteration more.
    found, expected = (states[linear].info for linear in ("iterative", "direct"))
    assert "load steps" not in found
    assert found["iterations"] <= expected["iterations"] + 1
    excess = any(each.kind == "excess" for each in model.fields)
    assert 0 < max(counts) <= (MOST_OF_EXCESS if excess else MOST)


@pytest.mark.parametrize("unknowns", ["concentrations", "potentials"])
def test_a_transient_agrees(unknowns):
    channel = flagship(unknowns=unknowns)
    start, until = fi.resting(channel), 0.01 * channel.scales.time
    runs = [
        fi.transient(channel, start, until=until, newton=Newton(linear), progress=False)
        for linear in ("direct", "iterative")
    ]
    times = [run["time"] for run in runs]
    assert len(times[0]) == len(times[1]) > 3
    assert times[1] == pytest.approx(times[0], rel=1e-6, abs=0)
    assert difference(runs[1].last, runs[0].last) < 1e-6


@pytest.mark.mpi
@pytest.mark.parametrize("steric", [None, fi.Bikerman(0.7 * nm)], ids=str)
def test_poisson_boltzmann_agrees(steric):
    domain = cylindrical_pore(4 * nm, 10 * nm, reservoir=15 * nm, resolve=1.5 * nm, refine=0.6)
    baths = [fi.Bath(KCL, potential=0.1, on="cis"), fi.Bath(KCL.scaled(0.5), on="trans")]
    stated = [*baths, fi.SurfaceCharge(-0.1, on="pore wall"), *([fi.Steric(steric)] if steric else [])]
    model = fi.PNP(KCL, domain, stated)
    direct, iterative = (fi.poisson_boltzmann(model, Newton(linear)) for linear in ("direct", "iterative"))
    assert difference(iterative, direct) < 1e-8
    assert iterative.info["iterations"] <= direct.info["iterations"] + 2


# iterations


@pytest.mark.parametrize(("make", "sizes", "most"), [(flagship, (0.5, 1.2), 24), (pore, (0.4, 0.8), 25)])
def test_iterations_hardly_grow_with_the_mesh(make, sizes, most):
    last = []
    for refine in sizes:
        steady = Steady(make(refine), Newton("iterative", options=TIGHT))
        counts = counted(steady.system)
        steady.solve()
        last.append(counts[-1])
    # 17 and 15 in the channel, 18 and 20 in the pore.
    assert max(last) <= most
    assert last[1] < 1.3 * last[0]


def test_iterations_do_not_depend_on_the_way(channel):
    """Nodes that undershoot zero while Newton is on its way, at a weak flux too, need no more than others."""
    steady = Steady(flagship(half=False, refine=0.4, flux=1.0), Newton("iterative", options=TIGHT))
    counts = counted(steady.system)
    least = []

    def note(snes: Any, iteration: int, norm: float) -> None:
        least.append(min(function.x.array.min() for function in steady.model.functions[1:3]))

    steady.system.snes.setMonitor(note)
    steady.solve()
    assert min(least) < -0.01
    assert max(counts) <= 30


@pytest.mark.mpi
@pytest.mark.parametrize("make", [flagship, pore])
def test_one_application_is_linear(make):
    model = make()
    steady = Steady(model, Newton("iterative"))
    steady.solve()
    system = steady.system
    pc = system.snes.getKSP().getPC()
    a, b = (system.vector.duplicate() for _ in range(2))
    for seed, vector in enumerate((a, b)):
        local = np.random.default_rng((seed, vector.comm.rank)).standard_normal(vector.getLocalSize())
        vector.setArray(local)
    both = a.copy()
    both.axpy(-3.0, b)
    results = []
    for vector in (a, b, both):
        results.append(vector.duplicate())
        pc.apply(vector, results[-1])
    expected = results[0].copy()
    expected.axpy(-3.0, results[1])
    size = expected.norm()
    expected.axpy(-1.0, results[2])
    assert size > 0.0
    assert expected.norm() < 1e-9 * size


@pytest.mark.mpi
@pytest.mark.parametrize("name", ["active channel", "pore between baths", "closed ions", "hard spheres"])
def test_transpose(name):
    """b . P a = a . P^T b: with flow and without, in either kind of unknowns, with multipliers and an excess."""
    steady = Steady(MADE[name](), Newton("iterative"))
    steady.solve()
    pc = steady.system.snes.getKSP().getPC()
    a, b, forward, backward = (steady.system.vector.duplicate() for _ in range(4))
    for seed, vector in enumerate((a, b)):
        local = np.random.default_rng((seed, vector.comm.rank)).standard_normal(vector.getLocalSize())
        vector.setArray(local)
    pc.apply(a, forward)
    pc.applyTranspose(b, backward)
    assert abs(b.dot(forward) - a.dot(backward)) < 1e-10 * b.norm() * forward.norm()


def test_a_time_step_has_no_transpose(channel):
    coupled = Coupled(channel, channel.fields, "no_transpose_", lambda: 1.0)
    steady = Steady(channel, Newton("iterative"))
    steady.solve()
    matrix = steady.system.matrix
    pc = PETSc.PC().createPython(coupled, comm=matrix.comm)
    pc.setOperators(matrix)
    pc.setUp()
    with pytest.raises(ModelError, match="time step has no transpose"):
        coupled.applyTranspose(pc, steady.system.vector, steady.system.vector.duplicate())


# choice and options


@pytest.mark.mpi
def test_equations_without_a_preconditioner(comm):
    space = fem.functionspace(mesh.create_unit_interval(comm, 8), ("Lagrange", 1))
    u, v = fem.Function(space), ufl.TestFunction(space)
    residual = ufl.inner(ufl.grad(u), ufl.grad(v)) * ufl.dx
    with pytest.raises(ParameterError, match=r'linear = "iterative" was given, but only .*take "direct"') as caught:
        NonlinearSystem(residual, [u], [], Newton("iterative"))
    assert len(set(comm.allgather(str(caught.value)))) == 1
    assert NonlinearSystem(residual, [u], [], Newton("auto")).linear == "direct"


def test_auto_goes_by_size(channel, monkeypatch):
    def chosen(newton: Newton | None = None) -> str:
        return Steady(channel, newton).system.linear

    whole = Steady(channel)
    size = whole.system.matrix.getSize()[0]
    assert chosen() == chosen(Newton("auto")) == "direct"
    monkeypatch.setitem(options.DIRECT_LIMIT, 2, size - 1)
    assert chosen() == "iterative"
    assert chosen(Newton("direct")) == "direct"
    monkeypatch.setitem(options.DIRECT_LIMIT, 2, size)
    assert chosen() == "direct"
    # Without a preconditioner there is no choice.
    monkeypatch.setitem(options.DIRECT_LIMIT, 2, 1)
    assert NonlinearSystem(channel.residual, channel.functions, channel.bcs, Newton()).linear == "direct"


def context(steady: Steady) -> Coupled:
    """The preconditioner of a solver."""
    return steady.system.snes.getKSP().getPC().getPythonContext()


@pytest.mark.parametrize("way", ["database", "options"])
def test_the_users_options_reach_the_blocks(channel, prefix, way):
    database = PETSc.Options()
    given = {
        "velocity_mg_levels_ksp_max_it": 3,
        "potential_mg_levels_ksp_max_it": 5,
        "ion_cation_mg_levels_ksp_max_it": 4,
    }
    given["stokes_pc_type"] = "lu"
    outside = {prefix + key: value for key, value in given.items()} if way == "database" else {}
    for key, value in outside.items():
        database[key] = value
    steady = Steady(channel, Newton("iterative", prefix=prefix, options={} if outside else given))
    state = steady.solve()
    found = context(steady)
    assert found._flow.velocity._solver.pc.getMGSmoother(1).getTolerances()[3] == 3
    assert found._solvers["potential"]._solver.pc.getMGSmoother(1).getTolerances()[3] == 5
    assert found._solvers["cation"]._solver.pc.getMGSmoother(1).getTolerances()[3] == 4
    assert found._flow._solver.pc.getType() == "lu"
    # The user's stay in the database, none of ours does.
    assert {key for key in database.getAll() if key.startswith(prefix)} == set(outside)
    assert state.info["residual"] < 1e-10


def test_newton_steps_are_solved_as_far_as_they_deserve(channel):
    """Inexact steps: fewer iterations of FGMRES in all, and the same state."""
    totals, states = [], []
    for given in ({}, TIGHT):
        steady = Steady(channel, Newton("iterative", options=given))
        counts = counted(steady.system)
        states.append(steady.solve())
        totals.append(sum(counts))
    assert totals[0] < 0.8 * totals[1]
    assert difference(*states) < 1e-8


@pytest.mark.mpi
def test_a_linear_solver_that_fails_says_so_and_can_be_used_again(channel):
    start = fi.resting(channel)
    steady = Steady(channel, Newton("iterative", options={"ksp_max_it": 1, "snes_ksp_ew": False}))
    channel.load(start)
    channel.read_parameters()
    before = [function.x.array.copy() for function in channel.functions]
    with pytest.raises(ConvergenceError, match="DIVERGED_LINEAR_SOLVE") as caught:
        steady.system.solve()
    assert caught.value.reason == "DIVERGED_LINEAR_SOLVE" and caught.value.iterations == 0
    for function, array in zip(channel.functions, before, strict=True):
        np.testing.assert_array_equal(function.x.array, array)
    steady.system.newton = Newton("iterative")
    assert steady.system.solve().reason.startswith("CONVERGED")
