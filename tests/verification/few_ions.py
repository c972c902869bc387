# SPDX-License-Identifier: LGPL-3.0-or-later
"""Partition functions of one and two ions by quasi-Monte-Carlo integration, sharing no code with the kernels."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.stats import qmc

from fem_ionics.lemc.cell import Box, PoreCell, Slit, Tube
from fem_ionics.lemc.chain import Block, Chain
from fem_ionics.lemc.periodic import pair_correction


@dataclass(frozen=True)
class Score:
    """A mean over blocks and its standard error."""

    mean: np.ndarray
    error: np.ndarray

    def off(self, exact: np.ndarray | float) -> float:
        """Largest deviation in standard errors, of what was met at all."""
        return float(np.max(np.abs(self.mean - exact) / np.where(self.error > 0.0, self.error, np.inf)))


def scores(chain: Chain, blocks: int, trials: int, what: Callable[[Block], np.ndarray]) -> Score:
    """Run blocks, after two that are forgotten."""
    chain.run(2 * trials)
    chain.forget()
    found = []
    for _ in range(blocks):
        chain.run(trials)
        found.append(np.asarray(what(chain.take())))
    table = np.stack(found)
    return Score(table.mean(axis=0), table.std(axis=0, ddof=1) / np.sqrt(blocks))


def volume(cell: Box | Slit | Tube | PoreCell) -> float:
    """Of the space that `scattered` fills."""
    return 2.0 * np.pi * cell.bath_radius**2 * cell.top if isinstance(cell, PoreCell) else cell.volume


def scattered(cell: Box | Slit | Tube | PoreCell, cube: np.ndarray) -> np.ndarray:
    """Points of the unit cube, shape (n, 3), spread evenly in a cell, walls included."""
    if isinstance(cell, Box):
        return (cube - 0.5) * cell.sides
    if isinstance(cell, Slit):
        return (cube - 0.5) * (cell.side, cell.side, cell.width)
    radius, height = (cell.radius, 0.5 * cell.length) if isinstance(cell, Tube) else (cell.bath_radius, cell.top)
    r, angle = radius * np.sqrt(cube[:, 0]), 2.0 * np.pi * cube[:, 1]
    return np.stack([r * np.cos(angle), r * np.sin(angle), height * (2.0 * cube[:, 2] - 1.0)], axis=1)


def free(cell: Box | Slit | Tube | PoreCell, points: np.ndarray, radius: float) -> np.ndarray:
    """Whether a sphere at each point overlaps no wall."""
    x, y, z = points.T
    r = np.hypot(x, y)
    if isinstance(cell, Box):
        return np.ones(len(points), dtype=bool)
    if isinstance(cell, Slit):
        return np.abs(z) <= 0.5 * cell.width - radius
    if isinstance(cell, Tube):
        return r <= cell.radius - radius
    half = 0.5 * cell.length
    solid = (np.abs(z) <= half) & (r >= np.interp(z, cell.z, cell.r))
    corners = [(2.0 * cell.bath_radius, -half), *zip(cell.r, cell.z, strict=True), (2.0 * cell.bath_radius, half)]
    here = r + 1j * z
    walls = [_distance(here, complex(*a), complex(*b)) for a, b in pairwise(corners)]
    return ~solid & (np.min(walls, axis=0) >= radius)


def _distance(points: np.ndarray, a: complex, b: complex) -> np.ndarray:
    """To the piece of a line from a to b, in the complex plane."""
    turned = (points - a) / (b - a)
    return np.abs(b - a) * np.abs(turned - np.clip(turned.real, 0.0, 1.0))


def apart(cell: Box | Slit | Tube | PoreCell, first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Displacements to the nearest image."""
    if isinstance(cell, PoreCell):
        return first - second
    periods = {Box: getattr(cell, "sides", 0), Slit: (getattr(cell, "side", 0),) * 2 + (0,)}
    lengths = np.array(periods.get(type(cell), (0, 0, getattr(cell, "length", 0))), dtype=float)
    away = first - second
    return away - lengths * np.rint(away / np.where(lengths > 0.0, lengths, np.inf))


@dataclass(frozen=True)
class Ion:
    """Valence, radius (nm) and ln(activity) at points of shape (n, 3)."""

    valence: int
    radius: float
    ln_activity: Callable[[np.ndarray], np.ndarray] | float

    def weight(self, cell: Box | Slit | Tube | PoreCell, points: np.ndarray) -> np.ndarray:
        """Activity where the ion may be, 0 elsewhere."""
        ln_a = self.ln_activity(points) if callable(self.ln_activity) else self.ln_activity
        return np.exp(ln_a) * free(cell, points, self.radius)


def one(cell: Box | Slit | Tube | PoreCell, ion: Ion, bjerrum: float = 0.0, power: int = 17) -> float:
    """Weight of the states with this ion alone, over that of the empty cell."""
    points = scattered(cell, qmc.Sobol(3, seed=7).random_base2(power))
    own = 0.0 if isinstance(cell, PoreCell) else 0.5 * bjerrum * ion.valence**2 * pair_correction(cell).self_energy
    return float(volume(cell) * np.mean(ion.weight(cell, points)) * np.exp(-own))


def two(cell: Box | Slit | Tube | PoreCell, a: Ion, b: Ion, bjerrum: float, power: int = 18) -> tuple[float, float]:
    """Weight of the states with two ions, as if they were distinct, over that of the empty cell; their mean energy."""
    cube = qmc.Sobol(6, seed=7).random_base2(power)
    first, second = scattered(cell, cube[:, :3]), scattered(cell, cube[:, 3:])
    weight = a.weight(cell, first) * b.weight(cell, second)
    # What overlaps anything weighs nothing and costs no energies.
    away = apart(cell, first, second)
    met = (weight > 0.0) & (np.linalg.norm(away, axis=1) >= a.radius + b.radius)
    weight, away = weight[met], away[met]
    potential, own = 1.0 / np.linalg.norm(away, axis=1), 0.0
    if not isinstance(cell, PoreCell):
        more = pair_correction(cell)
        potential += more(*away.T)
        own = more.self_energy
    energy = bjerrum * (a.valence * b.valence * potential + 0.5 * (a.valence**2 + b.valence**2) * own)
    weight = weight * np.exp(-energy)
    return float(volume(cell) ** 2 * weight.sum() / len(cube)), float(np.average(energy, weights=weight))
