# SPDX-License-Identifier: LGPL-3.0-or-later
"""Velocity with pressure: linear, exact where it is said to be, and few of its solves suffice."""

import itertools

import numpy as np
import pytest
from petsc4py import PETSc
from systems import KCL

import fem_ionics as fi
from fem_ionics.geometry import cylindrical_pore
from fem_ionics.solve import Newton, NonlinearSystem
from fem_ionics.solve.iterative.flow import Flow
from fem_ionics.solve.options import FACTORISED_LIMIT
from fem_ionics.units import nm

_number = itertools.count()


def blocks(length, refine=0.6):
    """Model of a pore, and its matrices of velocity and pressure at rest."""
    domain = cylindrical_pore(2 * nm, length, reservoir=10 * nm, resolve=1 * nm, refine=refine)
    model = fi.PNPS(KCL, domain, [fi.Bath(KCL, on="cis"), fi.Bath(KCL, on="trans"), fi.NoSlip(on="walls")])
    model.load(fi.resting(model))
    model.read_parameters()
    system = NonlinearSystem(model.residual, model.functions, model.bcs, Newton("direct"))
    system.residual_norm()
    system.snes.computeJacobian(system.solution, system.matrix)
    names = [each.name for each in model.fields]
    sets, start = {}, system.matrix.getOwnershipRange()[0]
    for name, function in zip(names, model.functions, strict=True):
        dofmap = function.function_space.dofmap
        count = dofmap.index_map.size_local * dofmap.index_map_bs
        sets[name] = PETSc.IS().createStride(count, start, 1, comm=system.matrix.comm)
        start += count
    flow = ("velocity", "pressure")
    return model, [system.matrix.createSubMatrix(sets[row], sets[column]) for row in flow for column in flow]


def made(length, refine=0.6, options=None):
    model, parts = blocks(length, refine)
    flow = Flow(model, f"flow_{next(_number)}_", options)
    flow.refresh(*parts)
    return flow, parts


def vectors(parts, seed):
    """Noise for both equations."""
    found = []
    for part in (parts[0], parts[2]):
        vector = part.createVecLeft()
        vector.setArray(np.random.default_rng((seed, vector.comm.rank)).standard_normal(vector.getLocalSize()))
        found.append(vector)
    return found


def solved(flow, parts, right):
    velocity, pressure = parts[0].createVecRight(), parts[1].createVecRight()
    flow.solve(*right, velocity, pressure)
    return velocity, pressure


@pytest.mark.mpi
def test_one_application_is_linear():
    flow, parts = made(10 * nm)
    a, b = (vectors(parts, seed) for seed in (1, 2))
    both = [one.copy() for one in a]
    for one, other in zip(both, b, strict=True):
        one.axpy(-3.0, other)
    first, second, whole = (solved(flow, parts, right) for right in (a, b, both))
    for one, other, expected in zip(first, second, whole, strict=True):
        one.axpy(-3.0, other)
        one.axpy(-1.0, expected)
        assert one.norm() < 1e-10 * expected.norm()


def factor(flow, parts, count=6):
    """By which an iteration with it lessens a residual on average, the first ones aside."""
    right = vectors(parts, 5)
    x, rest, norms = [one.duplicate() for one in right], [one.copy() for one in right], []
    for each in x:
        each.set(0.0)
    for _ in range(count):
        for total, step in zip(x, solved(flow, parts, rest), strict=True):
            total.axpy(1.0, step)
        for row, one in enumerate(rest):
            spare = one.duplicate()
            parts[2 * row].mult(x[0], one)
            parts[2 * row + 1].mult(x[1], spare)
            one.axpy(1.0, spare)
            one.aypx(-1.0, right[row])
        norms.append(np.sqrt(sum(one.norm() ** 2 for one in rest)))
    return (norms[-1] / norms[1]) ** (1.0 / (count - 2))


@pytest.mark.mpi
def test_iterations_of_its_own_instead_of_factors(monkeypatch):
    """The linear flow as with factors; its transpose too."""
    exact, parts = made(10 * nm)
    monkeypatch.setitem(FACTORISED_LIMIT, 2, 0)
    iterated, _ = made(10 * nm, options={"stokes_ksp_rtol": 1e-8})
    right = vectors(parts, 3)
    for transpose in (False, True):
        expected, found = (parts[1].createVecRight() for _ in range(2))
        exact._schur(right[1], expected, transpose=transpose)
        iterated._schur(right[1], found, transpose=transpose)
        assert iterated._solver.getIterationNumber() <= 40, transpose
        found.axpy(-1.0, expected)
        assert found.norm() < 1e-5 * expected.norm()


def test_a_long_pore_is_no_harder_than_a_short_one():
    rates = [factor(*made(length)) for length in (4 * nm, 60 * nm)]
    assert max(rates) < 0.6
