# SPDX-License-Identifier: LGPL-3.0-or-later
"""The iterative solver: answers of the direct one in each kind of model, in few iterations; its name and options."""

import itertools
import resource
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI
from petsc4py import PETSc
from systems import KCL, MADE, counted, difference, flagship

import fem_ionics as fi
from fem_ionics.errors import ConvergenceError, ModelError, ParameterError
from fem_ionics.geometry import cylindrical_pore
from fem_ionics.solve import Newton, NonlinearSystem, Steady, options
from fem_ionics.solve.iterative import Coupled, coupled
from fem_ionics.solve.iterative.coarse import Coarse
from fem_ionics.solve.options import COUPLED_LIMIT
from fem_ionics.units import nm

pytestmark = pytest.mark.filterwarnings("ignore::fem_ionics.errors.ResolutionWarning")

#: Every linear system to eight digits.
TIGHT = {"snes_ksp_ew": False, "ksp_rtol": 1e-8}
#: Largest number of iterations in any of these models; 32 is the most that was found (Newton's way, weak charge).
MOST = 45
#: Where the excess of crowded ions has unknowns of its own: the sweep solves them last and does not go back.
MOST_OF_EXCESS = 200
PARALLEL = ("active channel", "pore between baths", "dielectric membrane")
#: What several tests look at.
SHARED = ("active channel", "active channel in potentials", "pore between baths", "closed ions", "hard spheres")
#: Pages of memory that this process has.
STATM = Path("/proc/self/statm")

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
def solved():
    """Name of a model -> its tight solver, the iterations of each Newton step, the state; some are made once."""
    kept: dict[str, Any] = {}

    def by_name(name: str) -> tuple[Steady, list[int], fi.State]:
        if name in kept:
            return kept[name]
        steady = Steady(MADE[name](), Newton("iterative", options=TIGHT))
        counts = counted(steady.system)
        found = steady, counts, steady.solve()
        if name in SHARED:
            kept[name] = found
        return found

    return by_name


@pytest.fixture
def channel(solved):
    return solved("active channel")[0].model


def context(steady: Steady) -> Coupled:
    """The preconditioner of a solver."""
    return steady.system.snes.getKSP().getPC().getPythonContext()


def random_vectors(system: NonlinearSystem, count: int) -> list[PETSc.Vec]:
    vectors = [system.vector.duplicate() for _ in range(count)]
    for seed, vector in enumerate(vectors):
        vector.setArray(np.random.default_rng((seed, vector.comm.rank)).standard_normal(vector.getLocalSize()))
    return vectors


def largest_step(steady: Steady) -> float:
    """Of any field in a Newton step from here with factors, relative to the largest value of that field."""
    system, comm = steady.system, steady.model.domain.comm
    step, residual = system.vector.duplicate(), system.vector.duplicate()
    system.snes.computeFunction(system.solution, residual)
    system.snes.computeJacobian(system.solution, system.matrix)
    whole = system.matrix.convert("aij", PETSc.Mat())
    solver = PETSc.KSP().create(comm)
    solver.setOptionsPrefix("largest_step_")
    solver.setOperators(whole)
    with options.applied("largest_step_", options.factorised_options(whole.getSize()[0])):
        solver.setFromOptions()
        solver.solve(residual, step)
    found, start = 0.0, 0
    for field, function in zip(steady.model.fields, system.functions, strict=True):
        dofmap = function.function_space.dofmap
        own = slice(start, start + dofmap.index_map.size_local * dofmap.index_map_bs)
        start = own.stop
        if field.kind != "multiplier":
            pair = (np.abs(each.getArray(readonly=True)[own]).max(initial=0.0) for each in (step, system.solution))
            apart, size = (comm.allreduce(value, op=MPI.MAX) for value in pair)
            found = max(found, apart / size)
    return found


# the same answers


@pytest.mark.parametrize("name", [pytest.param(each, marks=[pytest.mark.mpi] * (each in PARALLEL)) for each in MADE])
def test_the_direct_solver_would_stay_there(solved, name):
    """It has nothing to add to the answer, which came in as few Newton iterations and without a load ramped up."""
    steady, counts, state = solved(name)
    assert steady.system.linear == "iterative"
    assert largest_step(steady) < 1e-8
    assert "load steps" not in state.info
    excess = any(each.kind == "excess" for each in steady.model.fields)
    assert state.info["iterations"] <= (18 if excess else 8)
    assert 0 < max(counts) <= (MOST_OF_EXCESS if excess else MOST)


@pytest.mark.parametrize("unknowns", ["concentrations", "potentials"])
def test_a_transient_agrees(unknowns):
    channel = flagship(unknowns=unknowns)
    start, until = fi.resting(channel), 0.003 * channel.scales.time
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


def test_iterations_hardly_grow_with_the_mesh(solved):
    fine = Steady(flagship(1.2), Newton("iterative", options=TIGHT))
    counts = counted(fine.system)
    fine.solve()
    # 11 on the coarse mesh, 9 here; 17 and 15 before fields were taken at once.
    assert counts[-1] <= 12
    assert counts[-1] < 1.3 * solved("active channel")[1][-1]


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
@pytest.mark.parametrize("name", ["active channel", "pore between baths"])
def test_one_application_is_linear(solved, name):
    system = solved(name)[0].system
    pc = system.snes.getKSP().getPC()
    a, b = random_vectors(system, 2)
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
def test_transpose(solved, name):
    """b . P a = a . P^T b: with flow and without, in either kind of unknowns, with multipliers and an excess."""
    system = solved(name)[0].system
    pc = system.snes.getKSP().getPC()
    a, b = random_vectors(system, 2)
    forward, backward = a.duplicate(), a.duplicate()
    pc.apply(a, forward)
    pc.applyTranspose(b, backward)
    assert abs(b.dot(forward) - a.dot(backward)) < 1e-10 * b.norm() * forward.norm()


# all fields at once


@pytest.mark.mpi
@pytest.mark.parametrize("name", ["active channel", "active channel in potentials"])
def test_transpose_of_all_fields_at_once(solved, name):
    """b . C a = a . C^T b of the coarse level alone, each field's part of b by itself: none is lost in others."""
    steady = solved(name)[0]
    coarse, blocks = context(steady).coarse, context(steady).sweep.blocks
    a, b = random_vectors(steady.system, 2)
    forward, backward, part = a.duplicate(), a.duplicate(), a.duplicate()
    coarse.solve(a, forward)
    for field in steady.model.fields:
        part.zeroEntries()
        values = b.getSubVector(blocks.sets[field.name])
        blocks.write(part, field.name, values)
        b.restoreSubVector(blocks.sets[field.name], values)
        coarse.solve_transposed(part, backward)
        size = max(part.norm() * forward.norm(), a.norm() * backward.norm())
        assert size > 0.0
        assert abs(part.dot(forward) - a.dot(backward)) < 1e-10 * size, field.name


@pytest.mark.mpi
def test_without_room_for_all_fields_at_once(solved, monkeypatch):
    tight, _, expected = solved("active channel")
    assert context(tight).coarse is not None
    monkeypatch.setitem(COUPLED_LIMIT, 2, 0)
    steady = Steady(tight.model, Newton("iterative", options=TIGHT))
    state = steady.solve()
    assert context(steady).coarse is None
    assert difference(state, expected) < 1e-8


@pytest.mark.mpi
def test_without_patience_for_the_coarse_level(solved, monkeypatch):
    """Left out after some iterations, within one solve of FGMRES: the answer stays."""
    tight, _, expected = solved("active channel")
    counts, patient = {}, coupled._PATIENCE
    assert patient < options.ITERATIVE["ksp_max_it"]
    for patience in (patient, 2):
        monkeypatch.setattr(coupled, "_PATIENCE", patience)
        state = Steady(tight.model, Newton("iterative", options=TIGHT)).solve()
        counts[patience] = state.info["linear iterations"]
        assert difference(state, expected) < 1e-8
    assert counts[2] > counts[patient]


THIN = {"layers": {"refine": 0.8, "relative": 10.0}, "liquid": {"refine": 1.1, "viscosity": 0.01}}


@pytest.fixture(scope="module", params=THIN)
def thin(request):
    """Name, and what counts the iterations of the first Newton step after 5 % more flux."""
    flux = fi.Parameter("flux", 5.0, "mol/m2/s")
    model = flagship(flux=flux, **THIN[request.param])
    start = Steady(model, Newton("direct")).solve()
    flux.value = 1.05 * flux.value
    steady = Steady(model, Newton("iterative", options=TIGHT | {"snes_max_it": 1}))

    def first() -> int:
        counts = counted(steady.system)
        with pytest.raises(ConvergenceError, match="MAX_IT"):
            steady.solve(start, ramp=False)
        return counts[0]

    return request.param, first


def test_iterations_of_thin_layers_and_liquid(thin):
    """Layers, 42, and liquid, 42; 52 and 59 with one field after the other alone."""
    name, first = thin
    assert first() <= {"layers": 46, "liquid": 48}[name]


def test_osmotic_pressure_counts(thin, monkeypatch):
    """Layers at rest do not move: 98 iterations without it, and 78."""
    _, first = thin
    whole, refresh = first(), Coarse.refresh
    monkeypatch.setattr(Coarse, "refresh", lambda self, matrix, weights, amounts: refresh(self, matrix, weights, {}))
    assert first() >= 1.5 * whole


def test_a_time_step_has_no_transpose(solved):
    steady = solved("active channel")[0]
    coupled = Coupled(steady.model, steady.model.fields, "no_transpose_", lambda: 1.0)
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


def test_auto_goes_by_size(monkeypatch):
    model = MADE["linear elements"]()

    def chosen(newton: Newton | None = None) -> str:
        return Steady(model, newton).system.linear

    whole = Steady(model)
    size = whole.system.matrix.getSize()[0]
    assert whole.system.linear == "direct"
    monkeypatch.setitem(options.DIRECT_LIMIT, 2, size - 1)
    assert chosen(Newton("auto")) == "iterative"
    assert chosen(Newton("direct")) == "direct"
    monkeypatch.setitem(options.DIRECT_LIMIT, 2, size)
    assert chosen() == "direct"
    # Without a preconditioner there is no choice.
    monkeypatch.setitem(options.DIRECT_LIMIT, 2, 1)
    assert NonlinearSystem(model.residual, model.functions, model.bcs, Newton()).linear == "direct"


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
    found = context(steady).sweep
    assert found.flow.velocity._solver.pc.getMGSmoother(1).getTolerances()[3] == 3
    assert found.solvers["potential"]._solver.pc.getMGSmoother(1).getTolerances()[3] == 5
    assert found.solvers["cation"]._solver.pc.getMGSmoother(1).getTolerances()[3] == 4
    assert found.flow._solver.pc.getType() == "lu"
    # The user's stay in the database, none of ours does.
    assert {key for key in database.getAll() if key.startswith(prefix)} == set(outside)
    assert state.info["residual"] < 1e-10


def test_newton_steps_are_solved_as_far_as_they_deserve(solved):
    """Inexact steps: fewer iterations of FGMRES in all, and the same state."""
    tight, tight_counts, expected = solved("active channel")
    steady = Steady(tight.model, Newton("iterative"))
    counts = counted(steady.system)
    state = steady.solve()
    assert sum(counts) < 0.8 * sum(tight_counts)
    assert difference(state, expected) < 1e-8


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


@pytest.mark.mpi(least=2)
def test_solves_leave_no_memory_behind(channel):
    """What Python lets go of is destroyed on several ranks too: 27 MB of each set-up of this channel once were not."""
    if not STATM.exists():
        pytest.skip("no /proc to read memory from")
    steady = Steady(channel, Newton("iterative", options={"snes_lag_preconditioner": 1}))
    held = []
    for _ in range(8):
        steady.solve(ramp=False)
        held.append(int(STATM.read_text().split()[1]) * resource.getpagesize() / 1e6)
    assert held[-1] - held[1] < 40.0, held
