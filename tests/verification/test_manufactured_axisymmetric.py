# SPDX-License-Identifier: LGPL-3.0-or-later
"""Orders of convergence towards a manufactured solution around an axis (case C19); r = 0 is a side of the mesh.

Bottom and top hold all fields (opened: the top holds the pressure), the mantle is a wall with charge, ion fluxes and
slip. The strong form is that of cylindrical coordinates, and errors are weighted with 2 pi r.
"""

import numpy as np
import pytest
from manufactured import WIDTH, Case, L, check_orders
from manufactured_space import CYLINDER

BOTH = pytest.mark.parametrize("unknowns", ["concentrations", "potentials"])


@BOTH
def test_steady_stokes(unknowns: str) -> None:
    check_orders(Case(unknowns, setting=CYLINDER), (6, 12), 0.12)


@BOTH
def test_steady_navier_stokes(unknowns: str) -> None:
    check_orders(Case(unknowns, inertia=True, opened=True, setting=CYLINDER), (6, 12), 0.12)


def test_steady_on_triangles() -> None:
    check_orders(Case(inertia=True, opened=True, shape="triangle", setting=CYLINDER), (6, 12), 0.12)


def test_cylinder() -> None:
    domain = CYLINDER.make(2, "quadrilateral")
    assert domain.volume() == pytest.approx(np.pi * L**2 * WIDTH * L, rel=1e-12, abs=0)
    assert domain.area("right") == pytest.approx(2 * np.pi * L * WIDTH * L, rel=1e-12, abs=0)
    assert domain.area("walls") == pytest.approx(2 * np.pi * L * (WIDTH * L + L), rel=1e-12, abs=0)
