# SPDX-License-Identifier: LGPL-3.0-or-later
"""A solver that has converged once must not take a step into nowhere for convergence."""

import pytest
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI

from fem_ionics.errors import ConvergenceError
from fem_ionics.solve.newton import Newton, NonlinearSystem


@pytest.mark.mpi
def test_first_step_that_leaves_the_domain_is_a_failure(comm: MPI.Intracomm) -> None:
    """Ln u = 0 from u = 10: the full step ends at -13. PETSc then compared the step of the solve before."""
    space = fem.functionspace(mesh.create_unit_interval(comm, 8), ("Lagrange", 1))
    u, v = fem.Function(space), ufl.TestFunction(space)
    system = NonlinearSystem(ufl.ln(u) * v * ufl.dx, [u], [], Newton())
    for guess in (1.3, 1.0 + 1e-10):  # the last step is a tiny one
        u.x.array[:] = guess
        assert system.solve(near=True).iterations > 0
    u.x.array[:] = 10.0
    with pytest.raises(ConvergenceError):
        system.solve(near=True)
    assert u.x.array == pytest.approx(10.0)
