# SPDX-License-Identifier: LGPL-3.0-or-later
"""What is sampled: charged hard spheres in a cell with fixed charges, and the moves of the Markov chain."""

import math
from dataclasses import astuple, dataclass, field, fields
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from fem_ionics.errors import ParameterError
from fem_ionics.lemc.cell import Box, Cell, PoreCell, Slit, Tube
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.lemc.room import check_fits
from fem_ionics.parameters import checks

if TYPE_CHECKING:
    from fem_ionics.lemc.charges import PointCharges
    from fem_ionics.lemc.wall_potential import PotentialTable

#: Most ions that one move may insert or delete.
LARGEST_GROUP = 8
#: Most kinds of ions.
MOST_KINDS = 64
#: Rounding of edges, nm.
_TOUCH = 1e-9


@dataclass(frozen=True)
class Moves:
    """How often each move is tried, relative to the others.

    Parameters
    ----------
    displace
        An ion a small step away.
    jump
        An ion to a random place in the cell.
    single
        One ion in or out.
    group
        A neutral group of ions in or out.
    exchange
        Two ions become one of their common charge, or the other way round.
    ghost
        A test insertion of one ion that is never carried out: it feeds the estimate of densities by insertion.
    """

    displace: float = 0.0
    jump: float = 0.0
    single: float = 0.0
    group: float = 0.0
    exchange: float = 0.0
    ghost: float = 0.0

    def __post_init__(self) -> None:
        for each in fields(self):
            value = checks.non_negative("Moves", each.name, getattr(self, each.name))
            object.__setattr__(self, each.name, value)
        if sum(astuple(self)) <= 0.0:
            raise ParameterError("Moves: all frequencies are 0; at least one move is needed.")


@dataclass(frozen=True, eq=False, kw_only=True)
class System:
    """Ions of the primitive model in a cell. Lengths in nm, charges in e, energies in kT.

    The permittivity is that of the liquid everywhere, in walls and membranes too: there are no image charges.

    Parameters
    ----------
    valences, radii
        Of each kind of ion.
    bjerrum
        Bjerrum length, nm.
    cell
        Where centres may be.
    grid
        Bins of the histograms; its nodes carry ln(activity) where that varies.
    moves
        Which moves, and how often.
    charges
        Fixed points or spheres of the walls.
    wall_charge
        Charge of the smeared walls, e, for the neutral start of a periodic cell.
    potential
        Potential of the smeared walls, kT/e, in a cell between baths.
    zones
        Heights that cut the cell into zones, which insertions and deletions choose with equal probability, nm;
        none: one zone. Give edges of the bins: in a bin that is cut, densities by test insertion are biased.
    groups
        Numbers of each kind of ion in neutral groups.
    exchanges
        Pairs (a, b) of kinds: two ions a are exchanged for one b.
    steps
        Longest displacement of each kind along each axis, nm; a tenth to a third of a nanometre suits liquids.
    stride
        Trials between two samples.

    Raises
    ------
    ParameterError
        For values out of range, groups and exchanges that are not neutral, moves without what they need, single
        ions going in and out of a periodic cell, an ion that does not fit into the cell, or a grid that does not
        cover it.
    """

    valences: tuple[int, ...]
    radii: tuple[float, ...]
    bjerrum: float
    cell: Cell
    grid: TensorGrid
    moves: Moves
    charges: "PointCharges | None" = None
    wall_charge: float = 0.0
    potential: "PotentialTable | None" = None
    zones: tuple[float, ...] = ()
    groups: tuple[tuple[int, ...], ...] = ()
    exchanges: tuple[tuple[int, int], ...] = ()
    steps: tuple[float, ...] = ()
    stride: int = 200
    total_charge: float = field(init=False)

    def __post_init__(self) -> None:
        valences = tuple(checks.integer("System", "a valence", z) for z in self.valences)
        radii = tuple(checks.positive("System", "a radius", a, "nm") for a in self.radii)
        steps = tuple(checks.positive("System", "a step", a, "nm") for a in self.steps or [0.15] * len(radii))
        if len(valences) > MOST_KINDS:
            raise ParameterError(f"System: {len(valences)} kinds of ions were given; at most {MOST_KINDS} are allowed.")
        if not valences or not len(valences) == len(radii) == len(steps):
            raise ParameterError(
                f"System: {len(valences)} valences, {len(radii)} radii and {len(steps)} steps were given; one of each "
                "is needed for every kind of ion."
            )
        checks.positive("System", "bjerrum", self.bjerrum, "nm")
        if checks.integer("System", "stride", self.stride) < 1:
            raise ParameterError(
                f"System: stride = {self.stride} was given; at least 1 trial between samples is needed."
            )
        fixed = 0.0 if self.charges is None else float(np.sum(self.charges.charges))
        values = {"valences": valences, "radii": radii, "steps": steps, "total_charge": fixed + self.wall_charge}
        for name, value in values.items():
            object.__setattr__(self, name, value)
        self._check_moves()
        check_fits(self.cell, radii, [f"System: ion {k}" for k in range(len(radii))])
        self._check_covered()

    @property
    def periodic(self) -> bool:
        """Whether the cell has images, and so stays neutral."""
        return not isinstance(self.cell, PoreCell)

    def _check_moves(self) -> None:
        kinds = len(self.valences)
        for group in self.groups:
            charge = sum(n * z for n, z in zip(group, self.valences, strict=False))
            if len(group) != kinds or charge or min(group) < 0 or not 0 < sum(group) <= LARGEST_GROUP:
                raise ParameterError(
                    f"System: the group {group} of ions with valences {self.valences} was given; a neutral one of 1 to "
                    f"{LARGEST_GROUP} ions is needed."
                )
        for a, b in self.exchanges:
            if not (0 <= a < kinds and 0 <= b < kinds and a != b):
                raise ParameterError(f"System: the exchange ({a}, {b}) was given; two of the {kinds} kinds are needed.")
            if 2 * self.valences[a] != self.valences[b]:
                raise ParameterError(
                    f"System: the exchange of two ions of valence {self.valences[a]} for one of {self.valences[b]} was "
                    "given; both sides must have the same charge."
                )
        for name, needed in (("group", self.groups), ("exchange", self.exchanges)):
            if getattr(self.moves, name) and not needed:
                raise ParameterError(f"System: moves try {name}s, but none is given; give {name}s or leave them out.")
        if self.periodic and self.moves.single:
            raise ParameterError(
                "System: single ions go in and out of a periodic cell, which must stay neutral; use groups there."
            )

    def _check_covered(self) -> None:
        """Ions beyond the grid or the table would be counted, or pulled, as if they were at its edge."""
        radius, height = _extent(self.cell)
        given = [("grid", self.grid)] + ([] if self.potential is None else [("potential", self.potential)])
        for name, each in given:
            if each.r[-1] < radius - _TOUCH or each.z[0] > _TOUCH - height or each.z[-1] < height - _TOUCH:
                raise ParameterError(
                    f"System: a {name} up to r = {each.r[-1]:g} nm, from z = {each.z[0]:g} to {each.z[-1]:g} nm, was "
                    f"given; the cell reaches r = {radius:g} nm and z from {-height:g} to {height:g} nm."
                )


def _extent(cell: Cell) -> tuple[float, float]:
    """Largest distance from the axis, and half the height, nm."""
    if isinstance(cell, Box):
        return 0.5 * math.hypot(*cell.sides[:2]), 0.5 * cell.sides[2]
    if isinstance(cell, Slit):
        return 0.5 * math.hypot(cell.side, cell.side), 0.5 * cell.width
    return (cell.radius, 0.5 * cell.length) if isinstance(cell, Tube) else (cell.bath_radius, cell.top)


def zone_rows(system: System) -> list[tuple[float, float, float, float]]:
    """Low z, high z, radius (of a cylinder that holds the zone) and volume of each zone.

    Raises
    ------
    ParameterError
        For zones that do not cut the cell from one end to the other.
    """
    cell = system.cell
    if isinstance(cell, Box):
        area = cell.sides[0] * cell.sides[1]
    elif isinstance(cell, Slit):
        area = cell.side**2
    else:
        area = math.nan
    ends = _extent(cell)[1]
    edges = system.zones or (-ends, ends)
    if len(edges) < 2 or abs(edges[0] + ends) > _TOUCH or abs(edges[-1] - ends) > _TOUCH or min(np.diff(edges)) <= 0.0:
        raise ParameterError(
            f"System: zones from {edges[0]:g} to {edges[-1]:g} nm were given; ascending heights from {-ends:g} to "
            f"{ends:g} nm, the ends of the cell, are needed."
        )
    rows = []
    for low, high in pairwise(edges):
        radius = 0.0
        if isinstance(cell, Tube):
            radius = cell.radius
        elif isinstance(cell, PoreCell):
            # Up to an edge of the bins, so that test insertions fall on all of a bin or on none of it.
            wide = cell.widest(low, high)
            edges_r = system.grid.r
            radius = float(edges_r[min(int(np.searchsorted(edges_r, wide - _TOUCH)), len(edges_r) - 1)])
        volume = (math.pi * radius**2 if radius else area) * (high - low)
        rows.append((low, high, radius, volume))
    return rows
