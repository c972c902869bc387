# SPDX-License-Identifier: LGPL-3.0-or-later
"""Mirrors: unknowns that pair up, and problems that do not have the mirror."""

import numpy as np
import pytest
import ufl
from dolfinx import fem, mesh
from equations import chafee_infante, filled, line, reaction
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.bifurcation.symmetry import Mirror
from fem_ionics.errors import ModelError, ParameterError


def test_it_reflects():
    problem = chafee_infante()
    mirror = Mirror(problem, "x")
    x = filled(problem, lambda x: np.sin(2 * np.pi * x) + 3 * x * (1 - x))
    there = mirror(x)
    there.axpy(-1.0, filled(problem, lambda x: -np.sin(2 * np.pi * x) + 3 * x * (1 - x)))
    assert there.norm() < 1e-12
    odd = mirror.antisymmetric(x)
    odd.axpy(-1.0, filled(problem, lambda x: np.sin(2 * np.pi * x)))
    assert odd.norm() < 1e-12


def test_an_asymmetric_problem_is_refused():
    space = line()
    x = ufl.SpatialCoordinate(space.mesh)[0]
    problem = reaction(lambda u, mu: mu * (1 + 1e-3 * x) * u - u**3, mu=5.0, space=space)
    with pytest.raises(ModelError, match="not symmetric under the mirror along x"):
        fi.continuation(problem, "mu", stop=15.0, mirror="x")


def test_an_asymmetric_mesh_is_refused():
    domain = mesh.create_unit_interval(MPI.COMM_WORLD, 16)
    domain.geometry.x[:, 0] **= 1.2
    problem = chafee_infante(space=fem.functionspace(domain, ("Lagrange", 2)))
    with pytest.raises(ModelError, match="unknowns have no partner"):
        Mirror(problem, "x")


def test_unknown_axes_are_refused():
    with pytest.raises(ParameterError, match=r"mirror = 'y' was given; one of x is needed"):
        Mirror(chafee_infante(), "y")


@pytest.fixture(scope="module")
def stokes():
    """Flow in a box whose nodes lie symmetrically up to rounding, with a force that is symmetric in y."""
    domain = mesh.create_rectangle(MPI.COMM_WORLD, [(0, -0.7), (1, 0.7)], (3, 6), mesh.CellType.quadrilateral)
    # Mirror nodes by other sums: their places differ by rounding, at the walls too.
    domain.geometry.x[:, 1] = domain.geometry.x[:, 1] * 3.0 + 0.1 - 0.1
    V, Q = fem.functionspace(domain, ("Lagrange", 2, (2,))), fem.functionspace(domain, ("Lagrange", 1))
    u, p = fem.Function(V), fem.Function(Q)
    v, q = ufl.TestFunctions(ufl.MixedFunctionSpace(V, Q))
    mu = fem.Constant(domain, 1.0)
    x = ufl.SpatialCoordinate(domain)
    residual = (ufl.inner(ufl.grad(u), ufl.grad(v)) + ufl.inner(ufl.grad(u) * u, v)) * ufl.dx
    residual += (-p * ufl.div(v) - q * ufl.div(u) - mu * ufl.cos(x[1]) * v[0]) * ufl.dx
    dofs = fem.locate_dofs_geometrical(V, lambda x: np.isclose(abs(x[1]), 2.1) | np.isclose(x[0], 0))
    zero = fem.Function(V)
    return fi.ParametricProblem(residual, [u, p], {"mu": mu}, bcs=[fem.dirichletbc(zero, dofs)])


def test_components_change_their_sign(stokes):
    mirror = Mirror(stokes, "y")
    u, p = stokes.functions
    u.interpolate(lambda x: np.stack([x[1] + x[0], x[1] ** 2 + x[1]]))
    p.interpolate(lambda x: x[1])
    there = mirror(stokes.read())
    u.interpolate(lambda x: np.stack([x[0] - x[1], -(x[1] ** 2) + x[1]]))
    p.interpolate(lambda x: -x[1])
    there.axpy(-1.0, stokes.read())
    assert there.norm() < 1e-12


def test_nodes_of_walls_pair_across_not_with_themselves():
    """Places that differ by rounding from their images must not be taken for the two ends of a period."""
    domain = mesh.create_interval(MPI.COMM_WORLD, 8, (-0.3, 0.9))
    problem = chafee_infante(space=fem.functionspace(domain, ("Lagrange", 2)))
    there = Mirror(problem, "x")(filled(problem, lambda x: x - 0.3))
    there.axpy(1.0, filled(problem, lambda x: x - 0.3))
    assert there.norm() < 1e-12


def test_mirrored_branch_is_a_branch(rest):
    problem = chafee_infante(mu=30.0)
    branch = fi.continuation(problem, "mu", stop=45.0, mirror="x", record={"mean": problem.mean})
    side = branch.switch(branch.special("pitchfork")[-1], steps=fi.Steps(most=3))
    image = side.mirrored()
    assert image["mu"] == pytest.approx(side["mu"], rel=1e-15, abs=0)
    mirror = side.study.mirror
    for one, other in zip(side.points, image.points, strict=True):
        problem.knob("mu").assign(other.value)
        assert problem.residual(other.x).norm() < 1e-10
        assert mirror.antisymmetric(one.x).norm() > 0.1
    with pytest.raises(ParameterError, match="has no mirror"):
        rest.mirrored()
