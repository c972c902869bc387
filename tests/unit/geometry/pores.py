# SPDX-License-Identifier: LGPL-3.0-or-later
"""What tests of pores share: a cylinder's sizes, names of its walls, and how its numbers are compared."""

import numpy as np
import pytest
from dolfinx.mesh import entities_to_geometry

from fem_ionics.units import nm

#: Radius and length of the pore, radius and height of its reservoirs.
A, L, R, H = 3 * nm, 6 * nm, 12 * nm, 10 * nm
#: Boundaries of a pore in space.
WALLS = {"cis", "trans", "pore wall", "cis membrane", "trans membrane", "membrane", "walls"}


def approx(expected, rel):
    """Relative only: areas in m2 and volumes in m3 lie below the absolute tolerance of pytest."""
    return pytest.approx(expected, rel=rel, abs=0.0)


def wall_nodes(domain):
    """Nodes on the pore wall, on all ranks, m."""
    rows = entities_to_geometry(domain.mesh, 2, domain.facets("pore wall"))
    return np.concatenate(domain.comm.allgather(domain.mesh.geometry.x[rows.ravel()])) * domain.unit
