# SPDX-License-Identifier: LGPL-3.0-or-later
"""One block: exact interpolation of linear functions, and a linear cycle that hardly knows the mesh."""

import itertools

import dolfinx.fem.petsc as fem_petsc
import numpy as np
import pytest
import ufl
from dolfinx import fem, mesh
from petsc4py import PETSc

from fem_ionics.solve.iterative.two_level import TwoLevel, held_places, prolongation

_number = itertools.count()
NOTHING = np.empty(0, dtype=np.int32)


def square(comm, cells, degree, shape=None):
    domain = mesh.create_unit_square(comm, cells, cells, mesh.CellType.quadrilateral)
    return fem.functionspace(domain, ("Lagrange", degree, shape) if shape else ("Lagrange", degree))


def laplacian(space, bcs=(), mass=0.0):
    u, v = ufl.TrialFunction(space), ufl.TestFunction(space)
    form = (ufl.inner(ufl.grad(u), ufl.grad(v)) + mass * ufl.inner(u, v)) * ufl.dx(space.mesh)
    matrix = fem_petsc.assemble_matrix(fem.form(form), list(bcs))
    matrix.assemble()
    return matrix


def left(space):
    facets = mesh.locate_entities_boundary(space.mesh, 1, lambda x: np.isclose(x[0], 0.0))
    dofs = fem.locate_dofs_topological(space, 1, facets)
    zero = fem.Function(space)
    return fem.dirichletbc(zero, dofs)


def noise(vector, seed):
    vector.setArray(np.random.default_rng((seed, vector.comm.rank)).standard_normal(vector.getLocalSize()))
    return vector


@pytest.mark.mpi
@pytest.mark.parametrize(("degree", "shape"), [(2, None), (3, None), (2, (2,))])
def test_prolongation_is_exact_for_linear_functions(comm, degree, shape):
    space = square(comm, 4, degree, shape)
    matrix = prolongation(space, NOTHING)

    def linear(x):
        values = 1.0 + 2.0 * x[0] - 3.0 * x[1]
        return np.stack([values, -0.5 * values]) if shape else values

    coarse, fine = fem.Function(square(comm, 4, 1, shape)), fem.Function(space)
    coarse.interpolate(linear)
    fine.interpolate(linear)
    result = matrix.createVecLeft()
    matrix.mult(coarse.x.petsc_vec, result)
    np.testing.assert_allclose(result.getArray(), fine.x.petsc_vec.getArray(), rtol=0, atol=1e-13)


def test_linear_elements_have_none(comm):
    assert prolongation(square(comm, 4, 1), NOTHING) is None


@pytest.mark.mpi
def test_held_values_are_left_alone(comm):
    space = square(comm, 6, 2)
    bc = left(space)
    held = held_places(space, [bc])
    owned = space.dofmap.index_map.size_local
    expected = np.flatnonzero(np.isclose(space.tabulate_dof_coordinates()[:owned, 0], 0.0))
    np.testing.assert_array_equal(held, expected)
    assert len(held_places(square(comm, 6, 2), [bc])) == 0
    matrix = prolongation(space, held)
    ones, result = matrix.createVecs()
    ones.set(1.0)
    matrix.mult(ones, result)
    values = result.getArray()
    assert np.all(values[held] == 0.0) and np.allclose(np.delete(values, held), 1.0)


@pytest.mark.mpi
@pytest.mark.parametrize("degree", [1, 2, 3])
def test_a_cycle_is_linear_and_few_of_them_solve(comm, degree):
    counts = []
    for cells in (8, 16):
        space = square(comm, cells, degree)
        bc = left(space)
        held, matrix = held_places(space, [bc]), laplacian(space, [bc])
        block = TwoLevel(f"two_level_{next(_number)}_", prolongation(space, held), held)
        block.refresh(matrix)
        a, b = (noise(matrix.createVecLeft(), seed) for seed in (1, 2))
        both = a.copy()
        both.axpy(-3.0, b)
        results = []
        for vector in (a, b, both):
            results.append(matrix.createVecRight())
            block.solve(vector, results[-1])
        results[0].axpy(-3.0, results[1])
        results[0].axpy(-1.0, results[2])
        assert results[0].norm() < 1e-11 * results[2].norm()
        # Where a value is held, its equation is solved.
        diagonal = matrix.getDiagonal().getArray()
        np.testing.assert_allclose(results[1].getArray()[held], b.getArray()[held] / diagonal[held], rtol=1e-12)
        counts.append(iterations(matrix, block, a))
    assert max(counts) <= {1: 1, 2: 12, 3: 25}[degree]
    assert counts[1] <= 1.3 * counts[0]


def iterations(matrix, block, right):
    """Of plain iterations x += B (b - A x) to 1e-6 of the right-hand side."""
    x, step, rest = matrix.createVecRight(), matrix.createVecRight(), right.copy()
    x.set(0.0)
    for count in range(1, 60):
        block.solve(rest, step)
        x.axpy(1.0, step)
        matrix.mult(x, rest)
        rest.aypx(-1.0, right)
        if rest.norm() < 1e-6 * right.norm():
            return count
    return 60


@pytest.mark.mpi
def test_new_values_are_taken(comm):
    space = square(comm, 8, 2)
    matrix = laplacian(space, mass=1.0)
    block = TwoLevel(f"two_level_{next(_number)}_", prolongation(space, NOTHING), NOTHING)
    right, results = noise(matrix.createVecLeft(), 3), []
    for factor in (1.0, 4.0):
        matrix.scale(factor)
        block.refresh(matrix)
        results.append(matrix.createVecRight())
        block.solve(right, results[-1])
    results[1].scale(4.0)
    np.testing.assert_allclose(results[1].getArray(), results[0].getArray(), rtol=1e-9, atol=1e-12)


@pytest.mark.mpi
def test_balanced_blocks_solve_where_next_to_nothing_is_left(comm):
    space = square(comm, 24, 2)
    bc, x = left(space), ufl.SpatialCoordinate(space.mesh)
    u, v, c = ufl.TrialFunction(space), ufl.TestFunction(space), ufl.exp(-110.0 * x[0])
    matrix = fem_petsc.assemble_matrix(
        fem.form(c * (ufl.inner(ufl.grad(u), ufl.grad(v)) + 1e3 * u * v) * ufl.dx(degree=6)), [bc]
    )
    matrix.assemble()
    held = held_places(space, [bc])
    block = TwoLevel(f"two_level_{next(_number)}_", prolongation(space, held), held, balanced=True)
    given, found, step, rest = (noise(matrix.createVecRight(), 5) for _ in range(4))
    smallest = matrix.getDiagonal().min()[1]
    assert smallest < 1e-40
    for _ in range(2):  # the second time values are taken anew
        block.refresh(matrix.copy())
        found.set(0.0)
        for _ in range(25):
            matrix.mult(given, rest)
            matrix.mult(found, step)
            rest.axpy(-1.0, step)
            block.solve(rest, step)
            found.axpy(1.0, step)
        found.axpy(-1.0, given)
        assert found.norm(PETSc.NormType.INFINITY) < 1e-6
