# SPDX-License-Identifier: LGPL-3.0-or-later
"""Hands the memory of a chain to the compiled kernel."""

from typing import Any

import numpy as np
import numpy.typing as npt

from fem_ionics.lemc.kernel.library import library
from fem_ionics.lemc.kernel.memory import Memory

#: Trials between two times that potentials and energy are computed anew.
RENEWAL = {"float32": 200_000, "float64": 2_000_000}

_NUMBERS = ("S", "M", "K", "G", "E", "uniform", "bjerrum", "nodes", "N", "capacity", "energy")
_TALLIES = ("samples", "trials", "energies")
_ARRAYS = (
    *("valence", "radius", "step", "lna", "zone", "group", "exchange"),
    *("x", "y", "z", "q", "rad", "u", "field", "species", "bin", "home", "slot", "member", "count", "reach", "rows"),
    *("counts", "inserted", "tries", "numbers", "products"),
)
_INLINE = ("chance", "rng", "attempted", "accepted")


def run_fast(memory: Memory, trials: int, stride: int) -> int:
    """Trials that were done; fewer than asked for when there is no more room for ions."""
    ffi, lib = library(memory.real.name)
    chain = _chain(ffi, memory)
    done = int(lib.run(chain, trials, stride, RENEWAL[memory.real.name]))
    _read(chain, memory)
    return done


def refresh_fast(memory: Memory) -> None:
    """Potentials, one-body terms and energy anew."""
    ffi, lib = library(memory.real.name)
    chain = _chain(ffi, memory)
    lib.refresh(chain)
    _read(chain, memory)


def enter_fast(memory: Memory, positions: npt.NDArray[np.float64], species: npt.NDArray[np.int32]) -> None:
    """Replace all ions; there must be room for them."""
    ffi, lib = library(memory.real.name)
    chain = _chain(ffi, memory)
    xyz = np.ascontiguousarray(positions, dtype=np.float64)
    kinds = np.ascontiguousarray(species, dtype=np.int32)
    lib.enter_all(chain, len(kinds), ffi.from_buffer("double[]", xyz), ffi.from_buffer("int32_t[]", kinds))
    _read(chain, memory)


def _chain(ffi: Any, m: Memory) -> Any:
    """The C structure; its pointers lead into the arrays of the memory, which outlives it."""
    chain = ffi.new("chain *")
    for name in (*_NUMBERS, *_TALLIES):
        setattr(chain, name, getattr(m, name))
    for name in _ARRAYS:
        _point(ffi, chain, name, getattr(m, name))
    for name in _INLINE:
        setattr(chain, name, getattr(m, name).tolist())
    space, images, more, bins, potential = chain.space, chain.images, chain.more, chain.bins, chain.potential
    space.kind, space.points, space.sides = m.kind, len(m.wz), m.sides.tolist()
    space.bath, space.top = m.bath, m.top
    images.x, images.y, images.z = m.periodic.tolist()
    images.sides, images.inverse = m.periods.tolist(), (1.0 / m.periods).tolist()
    _, more.ny, more.nz = m.coefficient.shape
    more.form, more.scale, more.self = m.form, m.scale.tolist(), m.self_energy
    bins.nr, bins.nt, bins.nz = len(m.r) - 1, len(m.t) - 1, len(m.z_edges) - 1
    bins.lr, bins.lz = len(m.find_r), len(m.find_z)
    bins.cuts_r, bins.cuts_z = len(m.find_r) / m.r[-1], len(m.find_z) / (m.z_edges[-1] - m.z_edges[0])
    potential.nr, potential.nz = m.table.shape
    potential.low, potential.dr, potential.dz = m.table_low, m.table_dr, m.table_dz
    pointers = (
        *((space, "wz", m.wz), (space, "wr", m.wr), (more, "term", m.term), (more, "length", m.length)),
        *((bins, "r", m.r), (bins, "t", m.t), (bins, "z", m.z_edges)),
        *((bins, "find_r", m.find_r), (bins, "find_z", m.find_z), (potential, "values", m.table)),
    )
    for place, name, array in pointers:
        _point(ffi, place, name, array)
    return chain


def _point(ffi: Any, place: Any, name: str, array: npt.NDArray[Any]) -> None:
    kind = {"float64": "double", "float32": "float", "int32": "int32_t", "int64": "int64_t"}[array.dtype.name]
    setattr(place, name, ffi.cast(f"{kind} *", array.ctypes.data))


def _read(chain: Any, m: Memory) -> None:
    """Numbers that the kernel has changed; arrays are its own."""
    for name in ("N", "energy", *_TALLIES):
        setattr(m, name, getattr(chain, name))
    for name in ("rng", "attempted", "accepted"):
        getattr(m, name)[:] = list(getattr(chain, name))
