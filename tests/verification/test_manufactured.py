# SPDX-License-Identifier: LGPL-3.0-or-later
"""Orders of convergence towards a manufactured solution (case C19): L2, quadratic elements, pressure one less.

Left and bottom hold all fields, the top is a wall with charge, ion fluxes and slip, the right side holds the
velocity (closed) or the pressure (opened).
"""

import numpy as np
import pytest
from manufactured import ORDERS, Case, Errors, check_orders, exact_state, time_unit
from measures import orders

import fem_ionics as fi

BOTH = pytest.mark.parametrize("unknowns", ["concentrations", "potentials"])


def transient_errors(case: Case, cells: int, steps: int, until: float) -> dict[str, float]:
    """Root mean square over eight moments, since an error may pass through zero at one of them."""
    model, exact, time = case.build(cells)
    until *= time_unit()
    start = exact_state(model, exact, 0.0)
    stepper = fi.Stepper(model, [start], until, fixed_step=until / steps, drive={time: lambda t: t})
    errors = Errors(model, exact)
    found = [errors(state) for count, state in enumerate(stepper, start=1) if count % (steps // 8) == 0]
    assert len(found) == 8
    return {name: float(np.sqrt(np.mean([each[name] ** 2 for each in found]))) for name in ORDERS}


@BOTH
def test_steady_stokes(unknowns: str) -> None:
    check_orders(Case(unknowns), (4, 8, 16), 0.12)


def test_steady_navier_stokes() -> None:
    check_orders(Case("potentials", inertia=True, opened=True), (4, 8, 16), 0.12)


def test_steady_on_triangles() -> None:
    check_orders(Case(inertia=True, opened=True, shape="triangle"), (4, 8, 16), 0.12)


@BOTH
def test_second_order_in_time(unknowns: str) -> None:
    """Steps that halve on a mesh whose own error does not count."""
    case = Case(unknowns, inertia=True, transient=True, opened=True)
    errors = [transient_errors(case, 8, steps, until=1.0) for steps in (16, 32)]
    for name in ORDERS:
        assert orders([each[name] for each in errors])[0] == pytest.approx(2.0, rel=0, abs=0.15), name


def test_space_and_time_together() -> None:
    """Half the cell and a quarter of the step: third order where space rules, fourth where time does."""
    case = Case("potentials", transient=True)
    coarse, fine = (transient_errors(case, cells, steps, until=0.5) for cells, steps in ((4, 8), (8, 32)))
    for name, order in ORDERS.items():
        assert order - 0.15 < orders([coarse[name], fine[name]])[0] < 4.3, name
