# SPDX-License-Identifier: LGPL-3.0-or-later
"""Named sets of PETSc options, and their life in PETSc's database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from petsc4py import PETSc

#: One factorisation of the whole system: the choice in 2-D up to about a million unknowns.
DIRECT: dict[str, Any] = {
    "ksp_type": "preonly",
    "pc_type": "lu",
    "pc_factor_mat_solver_type": "mumps",
    # Room for the fill of pivoting on zero diagonals beyond the symbolic estimate; a precaution, not a measured need.
    "mat_mumps_icntl_14": 60,
}

#: FGMRES around the sweep of `solve.iterative`. Each Newton step is solved as far as it deserves (Eisenstat & Walker,
#: SIAM J. Sci. Comput. 17, 16, 1996).
ITERATIVE: dict[str, Any] = {
    "ksp_type": "fgmres",
    "ksp_gmres_restart": 100,
    "ksp_max_it": 200,
    "pc_type": "python",
    "snes_lag_preconditioner_persists": True,
    "snes_ksp_ew": True,
    "snes_ksp_ew_version": 2,
    "snes_ksp_ew_rtol0": 1e-2,
    "snes_ksp_ew_rtolmax": 1e-2,
}

#: On the elements' own level of a block. Incomplete factors along bands hold where thin layers stretch cells 25 to 1
#: and more (with 52 Debye lengths in a half-height 42 iterations, Gauss-Seidel 114), at no more cost elsewhere.
SMOOTHER: dict[str, Any] = {
    "ksp_type": "chebyshev",
    "ksp_max_it": 2,
    "pc_type": "bjacobi",
    "sub_pc_type": "ilu",
    "sub_pc_factor_mat_ordering_type": "rcm",
}

#: In space incomplete factors double the memory of a block and gain nothing (19 iterations with them, 18 without).
SMOOTHER_IN_SPACE: dict[str, Any] = {"ksp_type": "chebyshev", "ksp_max_it": 2, "pc_type": "sor"}


def smoother(dimension: int) -> dict[str, Any]:
    """Options of the smoother on a mesh of so many dimensions."""
    return SMOOTHER_IN_SPACE if dimension == 3 else SMOOTHER


#: On the level of linear elements. Small systems are factorised by each rank for itself, since substitutions that go
#: from rank to rank wait for each other: ten times faster on two busy cores. Larger ones together; beyond that smoothed
#: aggregation, with a threshold that keeps it from coarsening across stretched cells.
COARSE_REDUNDANT: dict[str, Any] = {
    "ksp_type": "preonly",
    "pc_type": "redundant",
    "redundant_ksp_type": "preonly",
    "redundant_pc_type": "lu",
    "redundant_pc_factor_mat_solver_type": "mumps",
}
COARSE_DIRECT: dict[str, Any] = {"ksp_type": "preonly", "pc_type": "lu", "pc_factor_mat_solver_type": "mumps"}
COARSE_MULTIGRID: dict[str, Any] = {"ksp_type": "preonly", "pc_type": "gamg", "pc_gamg_threshold": 0.05}
REDUNDANT_LIMIT = 100_000
#: Factors of so many unknowns, by the dimension of the mesh. In space they fill: aggregation needs one iteration more
#: in 18 and a fraction of the memory.
FACTORISED_LIMIT = {1: 300_000, 2: 300_000, 3: 30_000}

#: All fields at once on linear elements, factorised, by the dimension of the mesh: so many unknowns, which are a third
#: of the whole in 2-D. In 3-D their factors would fill as those of the whole do.
COUPLED_LIMIT = {1: 300_000, 2: 300_000, 3: 0}


def coarse_options(unknowns: int, dimension: int) -> dict[str, Any]:
    """Options for the linear elements of a block, so many unknowns on a mesh of so many dimensions."""
    return factorised_options(unknowns) if unknowns <= FACTORISED_LIMIT[dimension] else COARSE_MULTIGRID


def factorised_options(unknowns: int) -> dict[str, Any]:
    """The same where nothing but a factorisation will do."""
    return COARSE_REDUNDANT if unknowns <= REDUNDANT_LIMIT else COARSE_DIRECT


#: The flow of linear elements beyond `FACTORISED_LIMIT`: iterations of its own, with aggregation for the velocity.
STOKES_ITERATED: dict[str, Any] = {
    "ksp_type": "gmres",
    "ksp_gmres_restart": 60,
    "ksp_max_it": 60,
    "ksp_rtol": 1e-2,
    "pc_type": "fieldsplit",
    "pc_fieldsplit_type": "schur",
    "pc_fieldsplit_schur_fact_type": "upper",
    "fieldsplit_velocity_ksp_type": "preonly",
    "fieldsplit_velocity_pc_type": "gamg",
    "fieldsplit_velocity_pc_gamg_threshold": 0.02,
    "fieldsplit_pressure_ksp_type": "preonly",
    "fieldsplit_pressure_pc_type": "bjacobi",
    "fieldsplit_pressure_sub_pc_type": "ilu",
}


def stokes_options(unknowns: int, dimension: int) -> dict[str, Any]:
    """Options for the flow of linear elements with so many unknowns on a mesh of so many dimensions."""
    return factorised_options(unknowns) if unknowns <= FACTORISED_LIMIT[dimension] else STOKES_ITERATED


#: "auto" factorises the whole up to so many unknowns, by the dimension of the mesh.
DIRECT_LIMIT = {1: 10_000_000, 2: 400_000, 3: 60_000}

#: A relative residual means nothing from a good guess, so it is switched off; the step is the test that holds at
#: every scale, and a residual at round-off ends the iteration too.
NEWTON: dict[str, Any] = {
    "snes_type": "newtonls",
    "snes_rtol": 0.0,
    "snes_atol": 1e-12,
    "snes_stol": 1e-9,
    "snes_max_it": 30,
    # The first step from a far guess may raise the residual by orders of magnitude and still lead home.
    "snes_divergence_tolerance": 1e30,
}

#: Line searches: full steps first, and where they fail searched ones. From rest at strong wall charge full steps need
#: 5 or 6 iterations (flagship channel, 0 and 20 mol/m2/s), the L2 search 13, backtracking 39 or more.
NEAR, FAR = "basic", "l2"

#: Newton steps that one preconditioner of the iterative set serves on the way from one state to the next: three save a
#: quarter of the time in channels, nothing in pores, and cost nothing there; five, or all, need more iterations after
#: jumps. From rest each step has its own: with that of the step before some need six times the iterations.
SERVED = 3

SETS: dict[str, dict[str, Any]] = {"direct": DIRECT, "iterative": ITERATIVE}


def under(name: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Those options that begin with a name, without it."""
    return {key.removeprefix(name): value for key, value in options.items() if key.startswith(name)}


@contextmanager
def applied(prefix: str, options: Mapping[str, Any]) -> Iterator[None]:
    """Options under a prefix while a solver reads them; what the user set on the command line wins."""
    database = PETSc.Options()
    ours = {f"{prefix}{key}": value for key, value in options.items() if not database.hasName(f"{prefix}{key}")}
    for key, value in ours.items():
        database.setValue(key, value)
    try:
        yield
    finally:
        for key in ours:
            database.delValue(key)
