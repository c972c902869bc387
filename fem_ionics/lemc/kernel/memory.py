# SPDX-License-Identifier: LGPL-3.0-or-later
"""All that a chain holds, as arrays that both kernels work on; names are those of state.h."""

from typing import Any

import numpy as np
import numpy.typing as npt

from fem_ionics.lemc.cell import Box, Cell, PoreCell, Slit, Tube
from fem_ionics.lemc.periodic import FORMS, pair_correction
from fem_ionics.lemc.system import LARGEST_GROUP, System, zone_rows

#: Order of the moves in the kernels.
MOVES = ("displace", "jump", "single", "group", "exchange", "ghost")
#: Length of the tables that find the interval of an edge grid.
_CUTS = 1024
#: Arrays of particles end at a multiple of this many, and begin where the memory's lines of 64 bytes do.
_VECTOR, _LINE = 64, 64
#: Radius of what nothing overlaps.
FAR = -1e4

Floats = npt.NDArray[np.float64]


class Memory:
    """State and accumulators of one chain.

    Parameters
    ----------
    system
        What is sampled.
    words
        One 64-bit word, from which the generator counts, in an array.
    real
        float32 or float64: type of positions and pair potentials.
    capacity
        Ions that there is room for.

    Notes
    -----
    Arrays are contiguous. Particles are the M fixed charges followed by N ions.
    """

    def __init__(self, system: System, words: npt.NDArray[Any], real: Any, capacity: int) -> None:
        self.system, self.real = system, np.dtype(real)
        self.S, self.bjerrum = len(system.valences), float(system.bjerrum)
        self.valence = np.array(system.valences, dtype=np.float64)
        self.radius = np.array(system.radii)
        self.step = np.array(system.steps)
        self.kind, self.sides, self.bath, self.top, self.wz, self.wr = _space(system.cell)
        periods = np.array(system.cell.periods)
        self.periodic = (periods > 0.0).astype(np.int32)
        self.periods = np.where(periods > 0.0, periods, 1.0)
        self._corrected(system)
        self._binned(system)
        self._tabulated(system)
        self.zone = np.array(zone_rows(system))
        self.K = len(self.zone)
        self.group = np.array(system.groups, dtype=np.int32).reshape(-1, self.S)
        self.exchange = np.array(system.exchanges, dtype=np.int32).reshape(-1, 2)
        self.G, self.E = len(self.group), len(self.exchange)
        chances = np.array([getattr(system.moves, name) for name in MOVES])
        self.chance = np.cumsum(chances / chances.sum())
        self.rng = words.astype(np.uint64)
        self.uniform, self.nodes, self.lna = 1, 1, np.zeros(self.S)
        self.N, self.energy, self.trials = 0, 0.0, 0
        self._fixed(system)
        self.grow(capacity)
        self.clear()

    def _corrected(self, system: System) -> None:
        cell = system.cell
        if isinstance(cell, PoreCell):
            self.coefficient, self.scale, self.self_energy, self.form = np.zeros((1, 1, 1)), np.ones(3), 0.0, 0
        else:
            more = pair_correction(cell)
            self.coefficient = np.ascontiguousarray(more.coefficients, dtype=np.float64)
            self.scale, self.self_energy = np.asarray(more.scale, dtype=np.float64), float(more.self_energy)
            self.form = FORMS.index(more.form)
        self.term, self.length = _nested(self.coefficient, self.real)

    def _binned(self, system: System) -> None:
        grid = system.grid
        self.r, self.t, self.z_edges = (np.ascontiguousarray(edges) for edges in (grid.r, grid.theta, grid.z))
        self.find_r, self.find_z = _finder(self.r), _finder(self.z_edges)
        self.bins = grid.bins

    def _tabulated(self, system: System) -> None:
        given = system.potential
        self.table = np.zeros((0, 0)) if given is None else np.ascontiguousarray(given.values, dtype=np.float64)
        self.table_low, self.table_dr, self.table_dz = 0.0, 1.0, 1.0
        if given is not None:
            self.table_low = float(given.z[0])
            self.table_dr = float(given.r[1] - given.r[0])
            self.table_dz = float(given.z[1] - given.z[0])

    def _fixed(self, system: System) -> None:
        charges = system.charges
        self.M = 0 if charges is None else len(charges.charges)
        self.x, self.y, self.z, self.q, self.rad, self.u = (np.zeros(self.M, dtype=self.real) for _ in range(6))
        if charges is not None:
            self.x[:], self.y[:], self.z[:] = np.asarray(charges.positions).T
            self.q[:] = charges.charges
            self.rad[:] = np.where(np.asarray(charges.radii) > 0.0, charges.radii, FAR)
        self.capacity = 0
        self.field = np.zeros(0)
        self.species, self.bin, self.home, self.slot = (np.zeros(0, dtype=np.int32) for _ in range(4))
        self.count = np.zeros((self.K, self.S), dtype=np.int32)
        self.member = np.zeros((self.K, self.S, 0), dtype=np.int32)

    def grow(self, capacity: int) -> None:
        """Make room for more ions."""
        more = capacity - self.capacity
        size = -(-(self.M + capacity) // _VECTOR) * _VECTOR
        for name, behind in (("x", 0.0), ("y", 0.0), ("z", 0.0), ("q", 0.0), ("rad", FAR), ("u", 0.0)):
            setattr(self, name, _aligned(size, self.real, getattr(self, name), behind))
        for name in ("field", "species", "bin", "home", "slot"):
            setattr(self, name, np.concatenate([old := getattr(self, name), np.zeros(more, dtype=old.dtype)]))
        room = np.zeros((self.K, self.S, capacity), dtype=np.int32)
        room[:, :, : self.capacity] = self.member
        self.member, self.capacity = room, capacity
        self.reach = _aligned(self.S * size, self.real)
        self.rows = _aligned(LARGEST_GROUP * size, self.real).reshape(-1, size)

    def clear(self) -> None:
        """Forget what was accumulated."""
        self.counts = np.zeros((self.S, self.bins), dtype=np.int64)
        self.inserted = np.zeros((self.S, self.bins))
        self.tries = np.zeros((self.S, self.bins), dtype=np.int64)
        self.numbers, self.products = np.zeros(self.S), np.zeros((self.S, self.S))
        self.energies, self.samples = 0.0, 0
        self.attempted, self.accepted = np.zeros(6, dtype=np.int64), np.zeros(6, dtype=np.int64)


def _space(cell: Cell) -> tuple[int, Floats, float, float, Floats, Floats]:
    """Kind, sides, radius and height of the baths, wall."""
    none = np.zeros(1)
    if isinstance(cell, Box):
        return 0, np.array(cell.sides), 0.0, 0.0, none, none
    if isinstance(cell, Slit):
        return 1, np.array([cell.side, cell.side, cell.width]), 0.0, 0.0, none, none
    if isinstance(cell, Tube):
        return 2, np.array([cell.radius, cell.radius, cell.length]), 0.0, 0.0, none, none
    return 3, np.ones(3), cell.bath_radius, cell.top, np.array(cell.z), np.array(cell.r)


def _nested(coefficients: Floats, real: Any) -> tuple[npt.NDArray[Any], npt.NDArray[np.int32]]:
    """Terms in the order of Horner's rule, without zeros at the highest powers of s, and their numbers."""
    lines = [
        coefficients[:, b, k]
        for k in reversed(range(coefficients.shape[2]))
        for b in reversed(range(coefficients.shape[1]))
    ]
    lines = [np.trim_zeros(line, "b")[::-1] for line in lines]
    return np.concatenate(lines).astype(real), np.array([len(line) for line in lines], dtype=np.int32)


def _aligned(size: int, real: Any, first: Any = (), behind: float = 0.0) -> npt.NDArray[Any]:
    """Array that begins at a line of the memory: `first`, then `behind` to the end."""
    raw = np.empty(size + _LINE, dtype=real)
    start = (-raw.ctypes.data % _LINE) // raw.itemsize
    array = raw[start : start + size]
    array[: len(first)], array[len(first) :] = first, behind
    return array


def _finder(edges: Floats) -> npt.NDArray[np.int32]:
    """Interval in which each of many equal cuts of the range begins."""
    starts = np.linspace(edges[0], edges[-1], _CUTS, endpoint=False)
    found = np.searchsorted(edges, starts, side="right") - 1
    # One before: rounding may put a value just below the cut that it falls into.
    return np.maximum(found - (starts <= edges[found]), 0).astype(np.int32)
