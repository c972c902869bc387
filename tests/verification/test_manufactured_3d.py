# SPDX-License-Identifier: LGPL-3.0-or-later
"""Orders of convergence towards a manufactured solution in a cube (case C19): hexahedra and tetrahedra.

All sides but the top hold all fields (opened: the right one holds the pressure); ions and charge enter at the top.
The meshes are coarse, hence the slack.
"""

import pytest
from manufactured import Case, check_orders
from manufactured_space import CUBE


@pytest.mark.parametrize("unknowns", ["concentrations", pytest.param("potentials", marks=pytest.mark.validate)])
def test_stokes_on_hexahedra(unknowns: str) -> None:
    check_orders(Case(unknowns, shape="hexahedron", opened=True, setting=CUBE), (2, 4), 0.3)


def test_navier_stokes_on_tetrahedra() -> None:
    check_orders(Case("potentials", shape="tetrahedron", inertia=True, opened=True, setting=CUBE), (2, 4), 0.3)


@pytest.mark.validate
@pytest.mark.parametrize("shape", ["hexahedron", "tetrahedron"])
def test_finer(shape: str) -> None:
    check_orders(Case("potentials", shape=shape, inertia=True, opened=True, setting=CUBE), (3, 6), 0.2)
