# SPDX-License-Identifier: LGPL-3.0-or-later
"""Finite elements on the grid of the bins: int c grad u . grad v over the pore, in cylindrical coordinates.

The mesh is the plain box (r, z) or (r, theta, z); the metric stands in the form. What a box does not know (the axis is
one point, theta = 2 pi is theta = 0, a period along z) is said by giving several of its nodes one unknown, so that all
of it is exact.
"""

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
import ufl
from dolfinx import fem
from mpi4py import MPI

from fem_ionics.geometry.build import build_domain
from fem_ionics.geometry.nodemesh import NodeMesh
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.solve import SymmetricSolver

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

#: Exact but for the 1/r of the angular term away from the axis, where it is smooth.
_DEGREE = 4
#: Seconds that a rank waits for another one which is compiling the same form: each rank has a mesh of its own.
_COMPILING = 120


class Elements:
    """Q1 elements with one density for each bin.

    Parameters
    ----------
    grid
        Bins and nodes.
    kept
        Shape (nr, nz): bins that are meshed, at all angles; all of them by default.
    periodic
        The upper end along z is the lower one.
    sectors
        Copies of the density around the axis: the grid's angle is then this many times the real one.

    Attributes
    ----------
    place : int arrays (ir, it, iz)
        Node of each degree of freedom, before anything is merged.
    unknown : int array
        Number of the unknown of each degree of freedom.
    """

    def __init__(
        self, grid: TensorGrid, kept: Bools | None = None, *, periodic: bool = False, sectors: int = 1
    ) -> None:
        self.grid = grid
        nr, nt, nz = grid.shape
        kept = np.ones((nr, nz), dtype=bool) if kept is None else kept
        bins = np.argwhere(np.repeat(kept[:, None, :], nt, axis=1))
        mesh, places = _box(grid, bins)
        domain = build_domain(MPI.COMM_SELF, lambda: mesh, unit=1e-9, periodic={})
        self._density = fem.Function(fem.functionspace(domain.mesh, ("DG", 0)))
        stiffness = _stiffness(self._density, grid.axisymmetric, sectors)
        self._form = fem.form(stiffness, jit_options={"timeout": _COMPILING})
        self._matrix = fem.create_matrix(self._form)
        original = domain.mesh.topology.original_cell_index
        self._bin = np.empty(len(bins), dtype=np.int64)
        constants = self._density.function_space.dofmap.list.ravel()
        self._bin[constants] = np.ravel_multi_index(tuple(bins[original].T), grid.shape)
        dofs = self._form.function_spaces[0].dofmap.map()
        node = np.empty(len(places), dtype=np.int64)
        node[dofs.ravel()] = mesh.cells[original].ravel()
        self.place = tuple(places[node].T)
        ir, it, iz = self.place
        tied = (ir, np.where(ir == 0, 0, it % nt), iz % nz if periodic else iz)
        self.unknown = np.unique(np.ravel_multi_index(tied, grid.nodes), return_inverse=True)[1]

    @property
    def unknowns(self) -> int:
        """Their number."""
        return int(self.unknown.max()) + 1

    @property
    def pattern(self) -> sp.csr_array:
        """Matrix of all degrees of freedom with any values."""
        return self._matrix.to_scipy()

    def matrix(self, density: Floats) -> sp.csr_array:
        """Matrix of all degrees of freedom, nothing merged and nothing held.

        Parameters
        ----------
        density
            One number for each bin of the grid, flat or of the grid's shape.
        """
        self._density.x.array[:] = density.ravel()[self._bin]
        self._matrix.set_value(0.0)
        fem.assemble_matrix(self._matrix, self._form)
        return self._matrix.to_scipy()

    def gathered(self, values: Floats) -> Floats:
        """Sums over the degrees of freedom of each unknown."""
        return np.bincount(self.unknown, values, minlength=self.unknowns)

    def table(self, values: Floats) -> Floats:
        """Values at the degrees of freedom as a nodal table; NaN where nothing is meshed."""
        ir, it, iz = self.place
        nodal = np.full(self.grid.nodes, np.nan)
        nodal[ir, it % self.grid.shape[1], iz] = values
        return nodal

    def values(self, nodal: Floats) -> Floats:
        """Values at the degrees of freedom of a nodal table."""
        ir, it, iz = self.place
        return nodal[ir, it % self.grid.shape[1], iz]


class HeldValues:
    """Solves on `Elements` with some unknowns held.

    Parameters
    ----------
    elements
        Where.
    held
        Mask over the degrees of freedom; those of one unknown are held together.
    """

    def __init__(self, elements: Elements, held: Bools) -> None:
        self.elements = elements
        free = np.ones(elements.unknowns, dtype=bool)
        free[elements.unknown[held]] = False
        self.free = np.flatnonzero(free)
        self._number = np.where(free, np.cumsum(free) - 1, -1)[elements.unknown]
        self._slot, self._entries, indptr, indices = self._pattern()
        self._size = len(indices)
        self._solver = SymmetricSolver(indptr, indices)

    def solve(self, matrix: sp.csr_array, lift: Floats) -> Floats:
        """Values at all degrees of freedom: `lift` plus what makes the free residuals vanish.

        Parameters
        ----------
        matrix
            As `Elements.matrix` gives it.
        lift
            Values at the degrees of freedom; where they are held they stay.

        Raises
        ------
        ConvergenceError
            When the linear solver fails.
        """
        values = np.bincount(self._slot, matrix.data[self._entries], minlength=self._size)
        change = self._solver.solve(values, -self.elements.gathered(matrix @ lift)[self.free])
        return lift + np.where(self._number >= 0, change[self._number], 0.0)

    def _pattern(self) -> tuple[Ints, Ints, Ints, Ints]:
        """Where each entry of the full matrix goes in that of the free unknowns, found once."""
        pattern = self.elements.pattern
        rows = self._number[np.repeat(np.arange(pattern.shape[0]), np.diff(pattern.indptr))]
        columns = self._number[pattern.indices]
        entries = np.flatnonzero((rows >= 0) & (columns >= 0))
        size = len(self.free)
        places, slots = np.unique(rows[entries] * size + columns[entries], return_inverse=True)
        return slots, entries, np.searchsorted(places, np.arange(size + 1) * size), places % size


def _stiffness(density: fem.Function, axisymmetric: bool, sectors: int) -> ufl.Form:
    """Density times the product of the gradients over the whole turn."""
    mesh = density.function_space.mesh
    space = fem.functionspace(mesh, ("Lagrange", 1))
    u, v = ufl.TrialFunction(space), ufl.TestFunction(space)
    radius = ufl.SpatialCoordinate(mesh)[0]
    slopes = ufl.inner(ufl.grad(u), ufl.grad(v))
    dx = ufl.dx(metadata={"quadrature_degree": _DEGREE})
    if axisymmetric:
        return 2.0 * np.pi * radius * density * slopes * dx
    around = fem.Constant(mesh, float(sectors**2)) / radius**2 - 1.0
    return radius * density * (slopes + around * u.dx(1) * v.dx(1)) * dx


def _box(grid: TensorGrid, bins: Ints) -> tuple[NodeMesh, Ints]:
    """Mesh of some bins as a plain box, and the node (ir, it, iz) of each of its vertices."""
    flat = grid.axisymmetric
    shape = (len(grid.r), 1 if flat else len(grid.theta), len(grid.z))
    # DOLFINx counts the corners of a cell with the first coordinate fastest.
    ups = [(i, j, k) for k in (0, 1) for j in ((0,) if flat else (0, 1)) for i in (0, 1)]
    corners = np.stack([np.ravel_multi_index(tuple((bins + up).T), shape) for up in ups], axis=1)
    used, cells = np.unique(corners, return_inverse=True)
    cells = cells.reshape(corners.shape)
    places = np.stack(np.unravel_index(used, shape), axis=1)
    lines = (grid.r, grid.z) if flat else (grid.r, grid.theta, grid.z)
    nodes = np.stack(
        [line[places[:, axis]] for line, axis in zip(lines, (0, 2) if flat else (0, 1, 2), strict=True)], 1
    )
    mesh = NodeMesh(
        shape="quadrilateral" if flat else "hexahedron",
        order=1,
        nodes=nodes,
        cells=cells,
        cell_values=np.ones(len(cells), dtype=np.int32),
        facets=np.empty((0, 2 if flat else 4), dtype=np.int64),
        facet_values=np.empty(0, dtype=np.int32),
        regions={"fluid": (1,)},
        boundaries={},
    )
    return mesh, places
