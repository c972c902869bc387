# SPDX-License-Identifier: LGPL-3.0-or-later
"""Problems on which linear solvers are compared: channels and pores in 2-D and 3-D, each with a way to a state."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from typing import Any

import numpy as np
from mpi4py import MPI
from tables import unknowns

import fem_ionics as fi
from fem_ionics.geometry.build import build_domain
from fem_ionics.geometry.grading import Sizes, graded
from fem_ionics.geometry.nodemesh import NodeMesh
from fem_ionics.units import mC, mM, nm

WATER = {"temperature": 298.0, "permittivity": 78.5, "viscosity": 1e-3, "density": 1000.0}
LENGTH, HEIGHT, WIDTH = 50 * nm, 10 * nm, 25 * nm
#: Of the flagship channel: bulk, mol/m3; charge, C/m2; flux, mol/m2/s.
BULK, CHARGE, FLUX = 100 * mM, 50 * mC, 20.0
PORE_CHARGE = -0.02  # C/m2


@dataclass(frozen=True)
class Problem:
    """A model, its parameters by name, and the length h of its h/lambda_D, m."""

    model: fi.Model
    knobs: Mapping[str, fi.Parameter]
    half_height: float

    @property
    def unknowns(self) -> int:
        """Of the whole system."""
        return unknowns(self.model)

    @property
    def ghosts(self) -> int:
        """Unknowns of others that a rank reads in one product with the matrix, the most of all ranks (collective)."""
        own = sum(each.index_map.num_ghosts * each.index_map_bs for each in self._maps)
        return int(self.model.domain.comm.allreduce(own, op=MPI.MAX))

    @property
    def _maps(self) -> list[Any]:
        return [each.function.function_space.dofmap for each in self.model.fields]


@dataclass(frozen=True)
class Case:
    """A problem at any fineness, and the values of its parameters on the way from rest to its state.

    Parameters
    ----------
    about
        What it is.
    build
        Makes it, from the factor on the number of cells.
    walk
        Values of parameters, one solve after the other; the last one is moved by 5 % for the linear system.
    sizes
        Factors on the number of cells for tables.
    coarse
        The walk is done at this factor and its end interpolated; None: the walk is done on each mesh.
    dimension
        Of the mesh.
    """

    about: str
    build: Callable[[float], Problem]
    walk: tuple[Mapping[str, float], ...]
    sizes: tuple[float, ...]
    coarse: float | None = 2.0
    dimension: int = 2

    @property
    def drive(self) -> tuple[str, float]:
        """Name and last value of what drives the system."""
        name = next(iter(self.walk[0]))
        return name, [step[name] for step in self.walk if name in step][-1]


def flagship(refine: float, *, half: bool = True, relative: float = 1.0, viscosity: float = 1.0) -> Problem:
    """The active channel; `relative` to its own 5.2 half-heights in a Debye length, at the same scaled charge and flux.

    Concentration and flux rise as the square of it, the charge as itself: the wall's potential stays.
    """
    salt = fi.Electrolyte.symmetric(BULK * relative**2, 1e-9, **WATER | {"viscosity": 1e-3 * viscosity})
    return channel(refine, salt, CHARGE * relative, {"cation": relative**2}, half=half)


def channel(refine: float, salt: Any, charge: float, fluxes: Mapping[str, float], *, half: bool = True) -> Problem:
    """Active channel with the charge's amplitude in C/m2 and the flux of each active ion over the parameter."""
    cosine = fi.pattern.cosine("x", wavelength=LENGTH)
    domain = fi.geometry.channel(LENGTH, HEIGHT, resolve=salt.debye_length, half=half, refine=refine)
    flux = fi.Parameter("active flux", FLUX, "mol/m2/s")
    phase = fi.Parameter("phase", 0.0, "rad")
    shifted = fi.pattern.cosine("x", wavelength=LENGTH, phase=phase)
    conditions = [
        fi.SurfaceCharge(charge * cosine, on="walls"),
        *(fi.IonFlux(name, flux * (factor * shifted), on="walls") for name, factor in fluxes.items()),
        fi.Slip(10 * nm, on="walls"),
        *(fi.FixedTotal(*each) for each in zip(salt.names, salt.concentrations, strict=True)),
    ]
    return Problem(fi.PNPS(salt, domain, conditions), {"flux": flux, "phase": phase}, HEIGHT / 2)


def three_ions(refine: float) -> Problem:
    """KCl with CaCl2; the walls exchange potassium."""
    return channel(refine, fi.Electrolyte.mixture({"KCl": 60 * mM, "CaCl2": 15 * mM}, **WATER), CHARGE, {"K+": 1.0})


def unequal(refine: float) -> Problem:
    """An anion ten times slower than the cation."""
    ions = fi.Species("cation", 1, 1e-9), fi.Species("anion", -1, 1e-10)
    return channel(refine, fi.Electrolyte(ions, (BULK, BULK), **WATER), CHARGE, {"cation": 1.0})


def pore(refine: float, *, tip: float, base: float, length: float, reservoir: float, **options: Any) -> Problem:
    """Conical pore in 100 mM KCl, with flow."""
    kcl = fi.Electrolyte.kcl(BULK)
    layer = min(kcl.debye_length, fi.reduced.gouy_chapman_length(PORE_CHARGE, kcl))
    domain = fi.geometry.conical_pore(tip, base, length, reservoir=reservoir, resolve=layer, refine=refine, **options)
    voltage = fi.Parameter("voltage", 0.0, "V")
    conditions = [
        fi.Bath(kcl, potential=voltage, on="cis"),
        fi.Bath(kcl, on="trans"),
        fi.SurfaceCharge(PORE_CHARGE, on="pore wall"),
        fi.NoSlip(on="walls"),
    ]
    return Problem(fi.PNPS(kcl, domain, conditions), {"voltage": voltage}, tip)


def short_pore(refine: float) -> Problem:
    """2.5/10 nm x 50 nm, axisymmetric."""
    return pore(refine, tip=2.5 * nm, base=10 * nm, length=50 * nm, reservoir=60 * nm)


def long_pore(refine: float) -> Problem:
    """5/50 nm x 1000 nm, axisymmetric."""
    return pore(refine, tip=5 * nm, base=50 * nm, length=1000 * nm, reservoir=500 * nm)


def space_pore(refine: float, cells: str = "tetrahedron") -> Problem:
    """2/4 nm x 8 nm in space."""
    return pore(refine, tip=2 * nm, base=4 * nm, length=8 * nm, reservoir=8 * nm, dimension=3, shape=cells)


def space_channel(refine: float, cells: str = "hexahedron") -> Problem:
    """Half the flagship channel with stripes that vary across it too, periodic in x and z."""
    salt = fi.Electrolyte.symmetric(BULK, 1e-9, **WATER)
    stripes = fi.pattern.cosine("x", wavelength=LENGTH) * (1 + 0.5 * fi.pattern.cosine("z", wavelength=WIDTH))
    flux = fi.Parameter("active flux", FLUX, "mol/m2/s")
    conditions = [
        fi.SurfaceCharge(CHARGE * stripes, on="walls"),
        fi.IonFlux("cation", flux * stripes, on="walls"),
        fi.Slip(10 * nm, on="walls"),
        *(fi.FixedTotal(name, BULK) for name in salt.names),
    ]
    return Problem(fi.PNPS(salt, box(salt.debye_length, refine, cells), conditions), {"flux": flux}, HEIGHT / 2)


def box(debye: float, refine: float, cells: str) -> fi.geometry.Domain:
    """Upper half of the channel, y from 0 to half the height, graded to the wall as `fi.geometry.channel` is."""
    unit = HEIGHT / 2
    sizes = Sizes(smallest=0.5 * debye / unit, largest=0.25)
    y = 1.0 - graded(1.0, sizes, refine=refine)[::-1]
    along, wide = (max(3, round(refine * length / (HEIGHT / 4))) for length in (LENGTH, WIDTH))
    x, z = (np.linspace(-0.5, 0.5, n + 1) * s / unit for n, s in ((along, LENGTH), (wide, WIDTH)))
    return build_domain(
        MPI.COMM_WORLD,
        lambda: _tetrahedra(_hexahedra(x, y, z)) if cells == "tetrahedron" else _hexahedra(x, y, z),
        unit=unit,
        periodic={"x": ("left", "right"), "z": ("front", "back")},
        multiplicity=2,
        name="channel",
    )


def _hexahedra(*lines: Any) -> NodeMesh:
    """Hexahedra in tensor order between nodes along three axes."""
    counts = [len(line) for line in lines]
    ids = np.arange(np.prod(counts), dtype=np.int64).reshape(counts)
    ends = [(slice(None, -1), slice(1, None))] * 3
    corners = [ids[a, b, c].ravel() for c in ends[2] for b in ends[1] for a in ends[0]]
    names = ("left", "right", "symmetry", "walls", "front", "back")
    sides = [np.take(ids, end, axis=axis) for axis in range(3) for end in (0, -1)]
    squares = [np.stack([s[a, b].ravel() for b in ends[1] for a in ends[0]], axis=1) for s in sides]
    return NodeMesh(
        shape="hexahedron",
        order=1,
        nodes=np.stack(np.meshgrid(*lines, indexing="ij"), axis=-1).reshape(-1, 3),
        cells=np.stack(corners, axis=1),
        cell_values=np.ones(len(corners[0]), dtype=np.int32),
        facets=np.concatenate(squares),
        facet_values=np.repeat(np.arange(1, 7, dtype=np.int32), [len(each) for each in squares]),
        regions={"fluid": (1,)},
        boundaries={name: (tag,) for tag, name in enumerate(names, start=1)},
    )


def _tetrahedra(mesh: NodeMesh) -> NodeMesh:
    """Six for each hexahedron, along its diagonal from the first corner to the last: faces that match stay matched."""
    paths = [[0, 1 << a, (1 << a) + (1 << b), 7] for a, b in permutations(range(3), 2)]
    triangles = mesh.facets[:, [[0, 1, 3], [0, 2, 3]]].reshape(-1, 3)
    return replace(
        mesh,
        shape="tetrahedron",
        cells=mesh.cells[:, paths].reshape(-1, 4),
        cell_values=np.repeat(mesh.cell_values, len(paths)),
        facets=triangles,
        facet_values=np.repeat(mesh.facet_values, 2),
    )


def _layers(relative: float) -> Callable[[float], Problem]:
    return lambda refine: flagship(refine, relative=relative)


_ACTIVE = ({"flux": FLUX},)
_TOWARDS = ({"voltage": 0.0}, {"voltage": 0.1}, {"voltage": 0.25}, {"voltage": 0.5})
_PLANE = (2.4, 4.8, 9.6, 19.2)

CASES = {
    "half channel": Case("active channel, upper half", flagship, _ACTIVE, _PLANE),
    "full channel": Case(
        "active channel, both walls", lambda r: flagship(r, half=False), _ACTIVE, (1.7, 3.4, 6.8, 13.6)
    ),
    "flowing": Case(
        "upper half on its flowing branch",
        flagship,
        ({"flux": 30.0, "phase": 0.2}, {"flux": 30.0, "phase": 0.05}, {"flux": 30.0, "phase": 0.0}),
        _PLANE,
    ),
    "three ions": Case("half channel, KCl and CaCl2", three_ions, ({"flux": 10.0},), _PLANE),
    "unequal": Case("half channel, diffusivities 10:1", unequal, ({"flux": 5.0},), _PLANE),
    **{
        f"layers {relative:g}": Case(
            f"half channel, Debye length shorter {relative:g} times",
            _layers(relative),
            ({"flux": FLUX},),
            _PLANE[:-1],
        )
        for relative in (2.0, 5.0, 10.0, 20.0)
    },
    "thin liquid": Case(
        "half channel, viscosity of water over 100",
        lambda r: flagship(r, viscosity=0.01),
        ({"flux": 5.0},),
        _PLANE[:-1],
    ),
    "short pore": Case("cone 2.5/10 x 50 nm, axisymmetric", short_pore, _TOWARDS, (0.9, 1.8, 3.6, 7.2), 1.0),
    "long pore": Case("cone 5/50 x 1000 nm, axisymmetric", long_pore, _TOWARDS, (0.8, 1.6, 3.2), 0.5),
    "3-D channel": Case("half channel in space, hexahedra", space_channel, _ACTIVE, (1.0, 1.5, 2.0), 1.0, 3),
    "3-D channel, tetrahedra": Case(
        "half channel in space, tetrahedra",
        lambda r: space_channel(r, "tetrahedron"),
        _ACTIVE,
        (1.0, 1.5, 2.0),
        1.0,
        3,
    ),
    "3-D pore": Case("cone 2/4 x 8 nm, tetrahedra", space_pore, _TOWARDS[:3], (0.5, 0.7, 1.0), None, 3),
    "3-D pore, hexahedra": Case(
        "cone 2/4 x 8 nm, hexahedra", lambda r: space_pore(r, "hexahedron"), _TOWARDS[:3], (0.3, 0.5, 0.7), None, 3
    ),
}
