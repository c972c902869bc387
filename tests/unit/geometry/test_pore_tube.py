# SPDX-License-Identifier: LGPL-3.0-or-later
"""Straight tubes without reservoirs."""

import numpy as np
import pytest
from dolfinx import fem
from mpi4py import MPI
from pores import approx

from fem_ionics.errors import MeshError, ParameterError
from fem_ionics.geometry import tube
from fem_ionics.units import nm

A, L, DEBYE = 5 * nm, 20 * nm, 1 * nm


@pytest.mark.mpi
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
@pytest.mark.parametrize("order", [1, 2])
def test_an_endless_tube(shape, order):
    domain = tube(A, L, resolve=DEBYE, shape=shape, order=order)
    assert dict(domain.periods) == approx({"z": L}, rel=1e-12)
    assert domain.axisymmetric
    assert set(domain.regions) == {"fluid"}
    assert set(domain.boundaries) == {"pore wall", "walls", "axis"}
    assert domain.volume() == approx(np.pi * A**2 * L, rel=1e-12)
    assert domain.area("walls") == domain.area("pore wall") == approx(2 * np.pi * A * L, rel=1e-12)
    assert 0.35 * DEBYE < domain.wall_spacing("pore wall") <= 0.5 * DEBYE
    # Closed along z: as many vertices as rings of facets.
    vertices, facets, cells = (domain.mesh.topology.index_map(d).size_global for d in (0, 1, 2))
    assert vertices - facets + cells == 0
    space = fem.functionspace(domain.mesh, ("Lagrange", 2))
    assert space.dofmap.index_map.size_global == vertices + facets + (cells if shape == "quadrilateral" else 0)


@pytest.mark.mpi
def test_an_open_tube():
    domain = tube(A, L, resolve=DEBYE, periodic=None, edges=[0.0])
    assert set(domain.boundaries) == {"pore wall", "walls", "axis", "cis", "trans"}
    assert domain.area("cis") == approx(np.pi * A**2, rel=1e-12)
    assert domain.area() == approx(2 * np.pi * A * (A + L), rel=1e-12)
    assert not domain.periods
    # The edge at 0 is fine, the ends are not.
    z = np.unique(np.round(np.concatenate(domain.comm.allgather(domain.mesh.geometry.x[:, 1])), 9))
    cells = np.diff(z) * domain.unit
    assert cells[len(cells) // 2] <= 0.5 * DEBYE * 1.0001 < cells[0]


@pytest.mark.mpi
def test_ranks_agree_and_refinement_doubles():
    domain = tube(A, L, resolve=DEBYE)
    assert domain.checksum() == tube(A, L, resolve=DEBYE, comm=MPI.COMM_SELF).checksum()
    assert tube(A, L, resolve=DEBYE, refine=2).cells_total == 4 * domain.cells_total


@pytest.mark.mpi
def test_what_is_refused():
    with pytest.raises(ParameterError, match="periodic"):
        tube(A, L, resolve=DEBYE, periodic="x")
    with pytest.raises(ParameterError, match="radius"):
        tube(0.0, L, resolve=DEBYE)
    with pytest.raises(MeshError, match="too few cells"):
        tube(A, L, resolve=DEBYE, refine=0.2)
