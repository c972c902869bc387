# SPDX-License-Identifier: LGPL-3.0-or-later
"""A small branch that keeps a folder: the program that test_kill_branch.py kills.

Words: the folder, the file for the branch's numbers, and the seconds to rest at each recorded point.
"""

import json
import sys
import time

import fem_ionics as fi  # before dolfinx
from fem_ionics.bifurcation import ParametricProblem, Steps, continuation

import numpy as np  # isort: skip
import ufl  # isort: skip
from dolfinx import fem, mesh  # isort: skip
from mpi4py import MPI  # isort: skip


def build() -> ParametricProblem:
    """Chafee and Infante's problem: pitchforks at (n pi)^2."""
    line = mesh.create_unit_interval(MPI.COMM_WORLD, 40)
    space = fem.functionspace(line, ("Lagrange", 2))
    u, v, mu = fem.Function(space), ufl.TestFunction(space), fem.Constant(line, 5.0)
    residual = (ufl.inner(ufl.grad(u), ufl.grad(v)) - (mu * u - u**3) * v) * ufl.dx
    ends = fem.locate_dofs_geometrical(space, lambda x: np.isclose(x[0], 0.0) | np.isclose(x[0], 1.0))
    return ParametricProblem(residual, u, {"mu": mu}, bcs=[fem.dirichletbc(0.0, ends, space)], mass=u * v * ufl.dx)


def main(folder: str, results: str, seconds: str) -> None:
    problem = build()
    x = ufl.SpatialCoordinate(problem.spaces[0].mesh)[0]
    form = fem.form((1.0 + x) * problem.functions[0] * ufl.dx)

    calls = []

    def amplitude(_solution) -> float:
        calls.append(problem.knob("mu").value)
        time.sleep(float(seconds))  # gives the test time to kill the run
        return problem.comm.allreduce(fem.assemble_scalar(form))

    branch = continuation(
        problem,
        "mu",
        start=5.0,
        stop=100.0,
        record={"amplitude": amplitude},
        steps=Steps(first=0.02, largest=0.04),
        store=fi.io.BranchFolder(folder, every=5),
    )
    on_branch = len(calls)
    side = branch.switch(branch.special("pitchfork")[0], stop=15.0)
    if problem.comm.rank == 0:
        ended = {
            "specials": [[each.kind, each.criticality, each.value] for each in branch.specials],
            "points": branch["mu"].tolist(),
            "amplitude": float(side["amplitude"][-1]),
            "recorded": on_branch,
            "ranks": problem.comm.size,
        }
        with open(results, "w") as file:
            json.dump(ended, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
