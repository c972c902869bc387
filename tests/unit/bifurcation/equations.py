# SPDX-License-Identifier: LGPL-3.0-or-later
"""Small problems on a line, as a user would write them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI
from petsc4py import PETSc

import fem_ionics as fi


class Scalar(fi.ParametricProblem):
    """One unknown, with a probe of its mean."""

    def mean(self, _: Any) -> float:
        """Integral of the present u."""
        if not hasattr(self, "_integral"):
            self._integral = fem.form(self.functions[0] * ufl.dx)
        return float(self.comm.allreduce(fem.assemble_scalar(self._integral)))


def line(cells: int = 16, degree: int = 2, comm: Any = None) -> fem.FunctionSpace:
    """Elements on [0, 1]."""
    return fem.functionspace(mesh.create_unit_interval(comm or MPI.COMM_WORLD, cells), ("Lagrange", degree))


def ends(space: fem.FunctionSpace, where: float | None = None) -> Any:
    """Unknowns at one end, or at both."""
    space.mesh.topology.create_connectivity(0, 1)
    return fem.locate_dofs_topological(
        space,
        0,
        mesh.locate_entities_boundary(
            space.mesh, 0, lambda x: np.isclose(x[0], where) if where is not None else np.full(x.shape[1], True)
        ),
    )


def constants(domain: mesh.Mesh, values: dict[str, float]) -> dict[str, fem.Constant]:
    """Name -> constant."""
    return {name: fem.Constant(domain, value) for name, value in values.items()}


def reaction(
    f: Callable[..., Any], *, space: fem.FunctionSpace | None = None, base: Any = None, **values: float
) -> Any:
    """u_t = (u - base)_xx + f(u - base, parameters), with u = base at both ends."""
    space = line() if space is None else space
    u, v = fem.Function(space), ufl.TestFunction(space)
    x = ufl.SpatialCoordinate(space.mesh)[0]
    w = u if base is None else u - base(x)
    known = constants(space.mesh, values)
    dx = ufl.Measure("dx", domain=space.mesh, metadata={"quadrature_degree": 10})
    residual = (ufl.inner(ufl.grad(w), ufl.grad(v)) - f(w, *known.values()) * v) * dx
    return Scalar(residual, u, known, bcs=[fem.dirichletbc(0.0, ends(space), space)])


def bratu(lam: float = 1.0, **options: Any) -> Any:
    """u_t = u_xx + lam exp u."""
    return reaction(lambda u, lam: lam * ufl.exp(u), lam=lam, **options)


def chafee_infante(mu: float = 5.0, **options: Any) -> Any:
    """u_t = u_xx + mu u - u^3."""
    return reaction(lambda u, mu: mu * u - u**3, mu=mu, **options)


def lifted(mu: float = 30.0) -> Any:
    """The same for u - x (1 - x): a symmetric steady state that is not zero, and the same bifurcations."""
    return reaction(lambda u, mu: mu * u - u**3, base=lambda x: x * (1 - x), mu=mu)


def filled(problem: fi.ParametricProblem, *shapes: Callable[[Any], Any]) -> PETSc.Vec:
    """A vector of given functions of position, one for each unknown."""
    functions = []
    for space, shape in zip(problem.spaces, shapes, strict=True):
        functions.append(fem.Function(space))
        functions[-1].interpolate(lambda x, shape=shape: shape(x[0]))
    return problem.pack(functions)


def slope(sizes: Sequence[float], errors: Sequence[float]) -> float:
    """Order with which errors fall."""
    return float(np.polyfit(np.log(sizes), np.log(errors), 1)[0])
