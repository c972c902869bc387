# SPDX-License-Identifier: LGPL-3.0-or-later
"""What the parts of the preconditioner are worth: iterations with one of them replaced, by PETSc options alone.

    python benchmarks/solver_variants.py
    python benchmarks/solver_variants.py --case "short pore" --refine 1.8 3.6 --variant "exact blocks" "one sweep"

Systems are those of `solvers.py`; a column is a variant, inf where 200 iterations did not do.
"""

import argparse
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import fem_ionics as fi

# isort: split
# These import PETSc, which comes after fem_ionics.
from solver_cases import CASES
from solvers import PREFIX, System, iterative, place, state_of, system_of
from tables import COMM, columns, keep, provenance, say, words

from fem_ionics.solve.iterative.sweep import block_name
from fem_ionics.solve.options import applied

Options = Mapping[str, Any]

_LU: Options = {"pc_type": "lu", "pc_factor_mat_solver_type": "mumps"}
_AGGREGATION: Options = {
    "pc_type": "gamg",
    "pc_gamg_threshold": 0.05,
    "mg_levels_ksp_type": "chebyshev",
    "mg_levels_ksp_max_it": 2,
    "mg_levels_pc_type": "sor",
}
_COARSE: Options = {"mg_coarse_ksp_type": "preonly", "mg_coarse_pc_type": "gamg", "mg_coarse_pc_gamg_threshold": 0.05}
_ALL = ("ion", "potential", "velocity")


def _smoothed(kind: str, sweeps: int) -> Options:
    return {"mg_levels_ksp_type": kind, "mg_levels_ksp_max_it": sweeps}


#: Name -> blocks and what is set for each of them.
VARIANTS: dict[str, tuple[Sequence[str], Options]] = {
    "as it is": ((), {}),
    "one sweep": (_ALL, _smoothed("chebyshev", 1)),
    "three sweeps": (_ALL, _smoothed("chebyshev", 3)),
    "Richardson, one sweep": (_ALL, _smoothed("richardson", 1)),
    "Richardson, two sweeps": (_ALL, _smoothed("richardson", 2)),
    "exact ions": (("ion",), _LU),
    "exact potential": (("potential",), _LU),
    "exact velocity": (("velocity",), _LU),
    "exact blocks": (_ALL, _LU),
    "aggregation below": (_ALL, _COARSE),
    "aggregation alone": (_ALL, _AGGREGATION),
}


@contextmanager
def set_for(model: fi.Model, blocks: Sequence[str], options: Options) -> Iterator[None]:
    """Options under the prefixes of some blocks."""
    with ExitStack() as stack:
        for name in map(block_name, model.fields):
            if ("ion" if name.startswith("ion_") else name) in blocks:
                stack.enter_context(applied(f"{PREFIX}{name}_", options))
        yield


def iterations(system: System, name: str) -> float:
    """With one variant; inf without convergence."""
    x = system.right.duplicate()
    with set_for(system.problem.model, *VARIANTS[name]):
        solver = iterative(system)
        solver.solve(system.right, x)
    count = solver.getIterationNumber() if solver.getConvergedReason() > 0 else math.inf
    solver.destroy()
    return count


def table_of(name: str, sizes: Sequence[float], variants: Sequence[str], step: float) -> fi.Table:
    """All sizes of a case."""
    case, rows = CASES[name], []
    for refine in sizes:
        problem = case.build(refine)
        system = system_of(case, problem, state_of(case, problem), step)
        found = {variant: iterations(system, variant) for variant in variants}
        rows.append({"refine": refine, "unknowns": problem.unknowns, "time step": step} | found)
        say(f"{name}: {words(rows[-1])}")
    facts = provenance() | {"case": name, "about": case.about}
    return fi.Table(columns(rows), {}, facts, f"{name}: iterations by variant")


def options(given: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="iterations with parts of the preconditioner replaced")
    parser.add_argument("--case", nargs="+", default=["half channel", "short pore"], choices=list(CASES))
    parser.add_argument("--refine", type=float, nargs="+", help="factors on the number of cells")
    parser.add_argument("--variant", nargs="+", default=list(VARIANTS), choices=list(VARIANTS), help="all by default")
    parser.add_argument("--step", type=float, default=math.inf, help="time step in h2/D; inf: steady")
    parser.add_argument("--output", default=f"benchmarks/results/solver_variants_{COMM.size}.csv")
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> None:
    """All cases asked for."""
    chosen = options(given)
    for name in chosen.case:
        table = table_of(name, chosen.refine or CASES[name].sizes[:2], chosen.variant, chosen.step)
        keep(chosen.output, table, key=place)


if __name__ == "__main__":
    main()
