# SPDX-License-Identifier: LGPL-3.0-or-later
"""Where the equations hold: a mesh, the names of its regions and walls, and its symmetries."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem
from dolfinx.mesh import Mesh, MeshTags, entities_to_geometry
from mpi4py import MPI

from fem_ionics.errors import TagError, nearest
from fem_ionics.geometry.nodemesh import Floats

Names = str | Iterable[str]
Indices = npt.NDArray[np.int32]

#: Enough for the exact area of straight cells and 12 digits of a curved wall.
_MEASURE_DEGREE = 12
#: Facets within this fraction of their size of an axis-aligned plane count as lying in it.
_FLAT = 1e-9


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
        The first coordinate is the distance from the axis.
    name
        For messages and tables.

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
    name: str = "domain"
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
        """Dimension of space."""
        return self.mesh.geometry.dim

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
        return self._entities(self.cell_tags, self._tags(_flat(names), self.regions, "regions"))

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
        """Coordinates in m, as a UFL vector."""
        return self.unit * ufl.SpatialCoordinate(self.mesh)

    @property
    def normal(self) -> Any:
        """Outward unit normal, as a UFL vector."""
        return ufl.FacetNormal(self.mesh)

    def weight(self) -> Any:
        """Factor of every integrand: 2 pi r in mesh units when axisymmetric, else 1."""
        return 2.0 * np.pi * ufl.SpatialCoordinate(self.mesh)[0] if self.axisymmetric else 1.0

    def dx(self, region: Names | None = None, *, degree: int) -> ufl.Measure:
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
        return measure if region is None else measure(self._tags(region, self.regions, "regions"))

    def ds(self, names: Names | None = None, *, degree: int) -> ufl.Measure:
        """Surface measure in mesh units, over the whole outer surface or the named boundaries.

        Parameters
        ----------
        names
            Name or names; None for all outer facets, named or not.
        degree
            Quadrature degree.
        """
        measure = ufl.Measure(
            "ds", domain=self.mesh, subdomain_data=self.facet_tags, metadata={"quadrature_degree": degree}
        )
        return measure if names is None else measure(self.tags(names))

    # numbers of the whole device

    def volume(self, region: Names | None = None) -> float:
        """Volume of the whole device, m3; per unit depth in 2-D, m2."""
        return self._integral(self.dx(region, degree=_MEASURE_DEGREE), self.dim)

    def area(self, names: Names | None = None) -> float:
        """Area of the named boundaries in all copies, m2; per unit depth in 2-D, m."""
        return self._integral(self.ds(names, degree=_MEASURE_DEGREE), self.dim - 1)

    def _integral(self, measure: ufl.Measure, power: int) -> float:
        one = fem.Constant(self.mesh, 1.0)
        local = fem.assemble_scalar(fem.form(one * self.weight() * measure))
        scale = self.unit ** (power + int(self.axisymmetric))
        return float(self.comm.allreduce(local)) * scale * self.multiplicity

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
        """Coordinates of the first cell at each facet, shape (facets, nodes, dimension)."""
        tdim = self.mesh.topology.dim
        cells = self.mesh.topology.connectivity(tdim - 1, tdim)
        first = np.array([cells.links(int(facet))[0] for facet in facets], dtype=np.int32)
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
