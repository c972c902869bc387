# SPDX-License-Identifier: LGPL-3.0-or-later
"""Where the equations hold: a mesh, the names of its regions and walls, and its symmetries."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem, la
from dolfinx.mesh import Mesh, MeshTags, entities_to_geometry
from mpi4py import MPI

from fem_ionics.errors import ParameterError, TagError, nearest
from fem_ionics.geometry.nodemesh import Floats
from fem_ionics.geometry.pore_shape import PoreShape

Names = str | Iterable[str]
Indices = npt.NDArray[np.int32]

#: Enough for the exact area of straight cells and 12 digits of a curved wall.
_MEASURE_DEGREE = 12
#: Facets within this fraction of their size of an axis-aligned plane count as lying in it.
_FLAT = 1e-9


@dataclass(frozen=True)
class Revolved:
    """A measure of the half plane that counts the full turn: ``integrand * measure`` carries `factor`, 2 pi x."""

    measure: ufl.Measure
    factor: Any

    def __rmul__(self, integrand: Any) -> ufl.Form:
        return (self.factor * integrand) * self.measure

    def __call__(self, *tags: Any) -> "Revolved":
        return Revolved(self.measure(*tags), self.factor)


#: What integrands are multiplied with.
Measure = ufl.Measure | Revolved


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Domain:
    """Mesh with names and symmetries.

    Parameters
    ----------
    mesh
        DOLFINx mesh; its coordinates are numbers of order one, in units of `unit`.
    unit
        Length of one mesh unit, m.
    cell_tags, facet_tags
        Integer tags of cells and facets.
    regions, boundaries
        Tags that each name stands for; a name may stand for several ("walls").
    periods
        Period in m by axis name ("x"); empty when nothing is periodic.
    multiplicity
        Copies of this mesh in the whole device: 2 for a half channel. Probes and the volumes below count the
        whole device; residual forms do not use it.
    axisymmetric
        The mesh is the half plane y = 0 of space: its coordinates are x, the distance from the axis, and z along it.
        Measures then carry the factor 2 pi x.
    solids
        Names of the regions without liquid, for example a membrane that holds an electric field.
    name
        For messages and tables.
    shape
        Of a round pore or tube about the z axis, for descriptions without a mesh; None for anything else.

    Attributes
    ----------
    curved : frozenset of str
        Names of the boundaries with facets outside axis-aligned planes.

    Notes
    -----
    Construction is collective, and so is every method that returns a number.
    """

    mesh: Mesh
    unit: float
    cell_tags: MeshTags
    facet_tags: MeshTags
    regions: Mapping[str, tuple[int, ...]]
    boundaries: Mapping[str, tuple[int, ...]]
    periods: Mapping[str, float] = field(default_factory=dict)
    multiplicity: int = 1
    axisymmetric: bool = False
    solids: tuple[str, ...] = ()
    name: str = "domain"
    shape: PoreShape | None = None
    curved: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        tdim = self.mesh.topology.dim
        self.mesh.topology.create_connectivity(tdim - 1, tdim)
        self.mesh.topology.create_connectivity(tdim, tdim - 1)
        curved = (name for name in sorted(self.boundaries) if self._has_oblique_facets(name))
        object.__setattr__(self, "curved", frozenset(curved))

    def __repr__(self) -> str:
        names = ", ".join(f'"{name}"' for name in (*self.regions, *self.boundaries))
        return f"Domain({self.name}: {self.cells_total} cells; {names})"

    @property
    def comm(self) -> MPI.Comm:
        """Communicator of the mesh."""
        return self.mesh.comm

    @property
    def dim(self) -> int:
        """Number of coordinates of the mesh."""
        return self.mesh.geometry.dim

    @property
    def device_dim(self) -> int:
        """Dimension of what the mesh stands for: 3 when axisymmetric; numbers of 2-D devices are per metre of depth."""
        return 3 if self.axisymmetric else self.dim

    @property
    def axes(self) -> tuple[str, ...]:
        """Names of the mesh's coordinates: "x", "y", "z" as far as they go; "x" and "z" when axisymmetric."""
        return ("x", "z") if self.axisymmetric else ("x", "y", "z")[: self.dim]

    def axis_index(self, axis: str) -> int:
        """Which coordinate of the mesh runs along an axis; ParameterError for one that it has not."""
        if axis not in self.axes:
            known = ", ".join(f'"{each}"' for each in self.axes)
            raise ParameterError(f"axis = {axis!r} was given; {self.name} has the axes {known}.")
        return self.axes.index(axis)

    def in_space(self, coordinates: Sequence[Any]) -> Sequence[Any]:
        """Coordinates of the mesh as those of space, which patterns take: (x, 0, z) when axisymmetric."""
        return [coordinates[0], 0.0 * coordinates[0], coordinates[1]] if self.axisymmetric else coordinates

    # names

    def tags(self, names: Names) -> tuple[int, ...]:
        """Tags of the named boundaries, sorted.

        Raises
        ------
        TagError
            For an unknown name; the message lists the known ones.
        """
        return self._tags(names, self.boundaries, "facets")

    def facets(self, *names: Names) -> Indices:
        """Local facets of the named boundaries, sorted; TagError for an unknown name."""
        return self._entities(self.facet_tags, self.tags(_flat(names)))

    def cells(self, *names: Names) -> Indices:
        """Local cells of the named regions, sorted; TagError for an unknown name."""
        return self._entities(self.cell_tags, self.region_tags(_flat(names)))

    def region_tags(self, names: Names) -> tuple[int, ...]:
        """Tags of the named regions, sorted; TagError for an unknown name."""
        return self._tags(names, self.regions, "regions")

    def _tags(self, names: Names, known: Mapping[str, tuple[int, ...]], kind: str) -> tuple[int, ...]:
        found: set[int] = set()
        for name in _flat((names,)):
            if name not in known:
                listed = ", ".join(f'"{each}"' for each in known) or "none"
                raise TagError(f'"{name}": {self.name} has {kind} {listed}.{nearest(str(name), known)}')
            found.update(known[name])
        return tuple(sorted(found))

    @staticmethod
    def _entities(tags: MeshTags, values: tuple[int, ...]) -> Indices:
        return tags.indices[np.isin(tags.values, values)]

    # measures and coordinates

    @property
    def x(self) -> Any:
        """Coordinates of the mesh in m, as a UFL vector."""
        return self.unit * ufl.SpatialCoordinate(self.mesh)

    @property
    def radius(self) -> Any:
        """Distance from the axis in mesh units, as UFL; None where there is no axis."""
        return ufl.SpatialCoordinate(self.mesh)[0] if self.axisymmetric else None

    @property
    def normal(self) -> Any:
        """Outward unit normal, as a UFL vector."""
        return ufl.FacetNormal(self.mesh)

    def dx(self, region: Names | None = None, *, degree: int) -> Measure:
        """Volume measure in mesh units, over the whole mesh or the named regions.

        Parameters
        ----------
        region
            Name or names; None for all cells.
        degree
            Quadrature degree.
        """
        measure = ufl.Measure(
            "dx", domain=self.mesh, subdomain_data=self.cell_tags, metadata={"quadrature_degree": degree}
        )
        chosen = measure if region is None else measure(self.region_tags(region))
        return self._revolved(chosen)

    def liquid(self, *, degree: int) -> Measure:
        """Volume measure over all regions but the solid ones."""
        if not self.solids:
            return self.dx(degree=degree)
        return self.dx(self.liquid_regions, degree=degree)

    @property
    def liquid_regions(self) -> tuple[str, ...]:
        """Names of the regions that hold nothing solid."""
        solid = set(self.region_tags(self.solids))
        return tuple(name for name, tags in self.regions.items() if not solid & set(tags))

    def ds(self, names: Names | None = None, *, degree: int) -> Measure:
        """Surface measure in mesh units, over the whole outer surface or the named boundaries.

        Named boundaries between liquid and solid are taken from the liquid's side, outer normal included.

        Parameters
        ----------
        names
            Name or names; None for all outer facets, named or not.
        degree
            Quadrature degree.
        """
        data = self._one_sided if self.solids else self.facet_tags
        measure = ufl.Measure("ds", domain=self.mesh, subdomain_data=data, metadata={"quadrature_degree": degree})
        return self._revolved(measure if names is None else measure(self.tags(names)))

    def _revolved(self, measure: ufl.Measure) -> Measure:
        return Revolved(measure, 2.0 * np.pi * self.radius) if self.axisymmetric else measure

    @cached_property
    def _one_sided(self) -> list[tuple[int, Indices]]:
        """For each tag its facets as (cell, facet of the cell) pairs, of the liquid cell where there is one."""
        tdim = self.mesh.topology.dim
        topology, owned = self.mesh.topology, self.mesh.topology.index_map(tdim).size_local
        cells_of, facets_of = topology.connectivity(tdim - 1, tdim), topology.connectivity(tdim, tdim - 1)
        liquid = np.zeros(owned + topology.index_map(tdim).num_ghosts, dtype=bool)
        liquid[self.cells(self.liquid_regions)] = True
        values = self._facet_values()
        pairs: dict[int, list[tuple[int, int]]] = {tag: [] for tags in self.boundaries.values() for tag in tags}
        for facet in np.flatnonzero(values):
            cells = sorted(cells_of.links(facet), key=lambda cell: not liquid[cell])
            if cells and cells[0] < owned and (len(cells) == 1 or liquid[cells[0]]):
                local = int(np.flatnonzero(facets_of.links(cells[0]) == facet)[0])
                pairs.setdefault(int(values[facet]), []).append((int(cells[0]), local))
        return [(tag, np.array(sorted(found), dtype=np.int32).reshape(-1)) for tag, found in sorted(pairs.items())]

    def _facet_values(self) -> Indices:
        """Tag of each facet that this rank sees, 0 for none: its owner knows it (collective)."""
        tags = la.vector(self.mesh.topology.index_map(self.mesh.topology.dim - 1), dtype=np.int32)
        tags.array[:] = 0
        tags.array[self.facet_tags.indices] = self.facet_tags.values
        tags.scatter_forward()
        return tags.array

    @cached_property
    def wetted(self) -> frozenset[str]:
        """Names of the boundaries that liquid touches (collective at the first call)."""
        if not self.solids:
            return frozenset(self.boundaries)
        liquid = self.cells(self.liquid_regions)
        mine = {tag for tag, pairs in self._one_sided if np.isin(pairs[::2], liquid).any()}
        wet = set().union(*self.comm.allgather(mine))
        return frozenset(name for name, tags in self.boundaries.items() if wet & set(tags))

    def indicator(self, region: Names) -> fem.Function:
        """1 in the cells of the named regions and 0 in all others (collective)."""
        function = fem.Function(fem.functionspace(self.mesh, ("Discontinuous Lagrange", 0)))
        function.x.array[function.function_space.dofmap.list[self.cells(region)]] = 1.0
        return function

    def touches_liquid(self, space: fem.FunctionSpace) -> npt.NDArray[np.bool_]:
        """Mask of a space's local nodes, ghosts included: those of a liquid cell on any rank (collective)."""
        index_map = space.dofmap.index_map
        if not self.solids:
            return np.ones(index_map.size_local + index_map.num_ghosts, dtype=bool)
        found = la.vector(index_map, dtype=np.float64)
        found.array[:] = 0.0
        found.array[np.unique(space.dofmap.list[self.cells(self.liquid_regions)])] = 1.0
        found.scatter_reverse(la.InsertMode.add)
        found.scatter_forward()
        return found.array > 0.5

    # numbers of the whole device

    def volume(self, region: Names | None = None) -> float:
        """Volume of the whole device, m3; per unit depth in 2-D, m2."""
        return self._integral(self.dx(region, degree=_MEASURE_DEGREE), self.device_dim)

    def area(self, names: Names | None = None) -> float:
        """Area of the named boundaries in all copies, m2; per unit depth in 2-D, m."""
        return self._integral(self.ds(names, degree=_MEASURE_DEGREE), self.device_dim - 1)

    def _integral(self, measure: Measure, power: int) -> float:
        local = fem.assemble_scalar(fem.form(fem.Constant(self.mesh, 1.0) * measure))
        return float(self.comm.allreduce(local)) * self.unit**power * self.multiplicity

    @cached_property
    def bounds(self) -> tuple[Floats, Floats]:
        """Lower and upper corner of the mesh, m (collective at the first call)."""
        x = self.mesh.geometry.x[:, : self.dim]
        lower = x.min(axis=0) if len(x) else np.full(self.dim, np.inf)
        upper = x.max(axis=0) if len(x) else np.full(self.dim, -np.inf)
        self.comm.Allreduce(MPI.IN_PLACE, lower, op=MPI.MIN)
        self.comm.Allreduce(MPI.IN_PLACE, upper, op=MPI.MAX)
        return self.unit * lower, self.unit * upper

    @property
    def cells_total(self) -> int:
        """Number of cells on all ranks."""
        return int(self.mesh.topology.index_map(self.mesh.topology.dim).size_global)

    def wall_spacing(self, names: Names) -> float:
        """Largest thickness of the cells at the named boundaries, measured normal to them, m.

        The same on all ranks, also where a rank touches none of them.
        """
        facets = self.facets(names)
        thickest = 0.0
        if len(facets):
            edges = self._facet_nodes(facets, corners_only=True)
            edges = edges - edges[:, :1]
            # The direction in which a facet has no extent is its normal, in any dimension.
            normals = np.linalg.svd(edges)[2][:, -1]
            offsets = self._neighbour_nodes(facets) - self._facet_nodes(facets)[:, :1]
            thickest = float(np.abs(np.einsum("fni,fi->fn", offsets, normals)).max())
        return self.unit * float(self.comm.allreduce(thickest, op=MPI.MAX))

    def checksum(self) -> str:
        """Short fingerprint of the mesh, the same on any number of ranks."""
        tdim = self.mesh.topology.dim
        owned = self.mesh.topology.index_map(tdim).size_local
        nodes = self.mesh.geometry.x[self.mesh.geometry.dofmaps[0][:owned], : self.dim]
        lower, upper = self.bounds
        size = float(np.max(upper - lower))
        digits = np.round(nodes.reshape(owned, -1) * (1e9 * self.unit / size)).astype(np.int64).view(np.uint64)
        scrambled = np.zeros(owned, dtype=np.uint64)
        for column in digits.T:
            scrambled = _scramble(scrambled + column)
        # A sum over the cells knows no order, so no cell has to travel.
        everywhere = sum(self.comm.allgather(int(np.sum(scrambled, dtype=np.uint64)))) % 2**64
        text = f"{everywhere:x} {self.cells_total} {size:.9e} {self.mesh.topology.cell_name()}"
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    # shapes of facets

    def _facet_nodes(self, facets: Indices, corners_only: bool = False) -> Floats:
        """Coordinates in mesh units, shape (facets, nodes, dimension); corners come first."""
        tdim = self.mesh.topology.dim
        rows = entities_to_geometry(self.mesh, tdim - 1, facets)
        if corners_only:
            self.mesh.topology.create_connectivity(tdim - 1, 0)
            rows = rows[:, : len(self.mesh.topology.connectivity(tdim - 1, 0).links(int(facets[0])))]
        return self.mesh.geometry.x[rows, : self.dim]

    def _neighbour_nodes(self, facets: Indices) -> Floats:
        """Coordinates of one cell at each facet, the liquid one if any, shape (facets, nodes, dimension)."""
        tdim = self.mesh.topology.dim
        cells = self.mesh.topology.connectivity(tdim - 1, tdim)
        solid = set(self.cells(self.solids).tolist())
        first = np.array([min(cells.links(int(f)), key=lambda cell: cell in solid) for f in facets], dtype=np.int32)
        return self.mesh.geometry.x[self.mesh.geometry.dofmaps[0][first], : self.dim]

    def _has_oblique_facets(self, name: str) -> bool:
        facets = self.facets(name)
        oblique = False
        if len(facets):
            extent = np.ptp(self._facet_nodes(facets), axis=1)
            oblique = bool(np.any(extent.min(axis=1) > _FLAT * extent.max(axis=1)))
        return bool(self.comm.allreduce(oblique, op=MPI.LOR))


def _flat(names: Iterable[Names]) -> list[str]:
    """One flat list from names and sequences of names."""
    listed: list[str] = []
    for name in names:
        listed.extend([name] if isinstance(name, str) else name)
    return listed


def _scramble(number: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Finaliser of SplitMix64: neighbouring integers give unrelated ones."""
    number = (number ^ (number >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    number = (number ^ (number >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return (number ^ (number >> np.uint64(31))) + np.uint64(0x9E3779B97F4A7C15)
