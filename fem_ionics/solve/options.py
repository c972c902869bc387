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

SETS: dict[str, dict[str, Any]] = {"direct": DIRECT}


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
