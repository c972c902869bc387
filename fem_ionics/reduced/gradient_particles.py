# SPDX-License-Identifier: LGPL-3.0-or-later
"""Brownian dynamics in a `DiffusivityGradient`: independent particles, each a sample of its own.

Steps of Euler and Maruyama in Ito's form, dx = (a D' - D U') dt + sqrt(2 D dt) N(0, 1), which every convention has.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks
from fem_ionics.reduced.given import Array
from fem_ionics.reduced.gradient_drift import DiffusivityGradient

ENDS = ("reflecting", "seam")
_CELLS = 16384
#: Steps between two looks at where the particles are: they hardly move meanwhile.
_EVERY = 10


class ParticleProfile(NamedTuple):
    """What independent particles did.

    Attributes
    ----------
    x
        Middles of the bins, (n,), m.
    concentration, concentration_error
        Over the mean, with its standard error, (n,).
    flux, flux_error
        Mean velocity along x, m/s: J over the mean concentration.
    """

    x: Array
    concentration: Array
    concentration_error: Array
    flux: float
    flux_error: float


def particle_profile(
    gradient: DiffusivityGradient,
    *,
    ends: str,
    particles: int = 4000,
    time: float = 1.0,
    settle: float = 1.0,
    step: float = 1e-4,
    bins: int = 20,
    seed: int = 1,
) -> ParticleProfile:
    """Concentration and flux of particles that start evenly spread.

    Parameters
    ----------
    gradient
        Diffusivity, length and convention.
    ends
        "reflecting", or "seam": what leaves at one end enters at the other as far behind it.
    particles, bins
        Numbers of them.
    time, settle, step
        Of the run that counts, of the run before it, and of one step, in L^2/D with the largest D.
    seed
        Of the random numbers.

    Raises
    ------
    ParameterError
        For values out of range.

    Notes
    -----
    Within some sqrt(2 D step) of an end the steps are seen; make them short against a bin.
    """
    owner = "particle_profile"
    if ends not in ENDS:
        raise ParameterError(f'{owner}: ends = {ends!r} was given; "reflecting" or "seam" is needed.')
    for name, given in (("particles", particles), ("bins", bins)):
        checks.positive(owner, name, checks.integer(owner, name, given))
    dt, unit = _step(owner, gradient, step)
    motion = _Motion.of(gradient, dt)
    waiting = math.ceil(checks.non_negative(owner, "settle", settle) * unit / dt)
    counted = math.ceil(checks.positive(owner, "time", time) * unit / dt)
    random, length = np.random.default_rng(seed), gradient.length
    x = (np.arange(particles) + random.random(particles)) * (length / particles)
    visits, travelled = np.zeros((bins, particles)), np.zeros(particles)
    everyone = np.arange(particles)
    for i in range(waiting + counted):
        moved = motion.moved(x, random)
        before, x = x, moved % length if ends == "seam" else _folded(moved, length)
        if i >= waiting:
            travelled += (moved if ends == "seam" else x) - before
        if i >= waiting and i % _EVERY == 0:
            visits[np.minimum((x * (bins / length)).astype(int), bins - 1), everyone] += 1.0
    share = visits * (bins * particles / visits.sum())
    velocity = travelled / (counted * dt)
    root = math.sqrt(particles)
    middles = np.linspace(0.0, length, 2 * bins + 1)[1::2]
    return ParticleProfile(
        middles,
        share.mean(axis=1),
        share.std(axis=1, ddof=1) / root,
        float(velocity.mean()),
        float(velocity.std(ddof=1) / root),
    )


def particle_exit(
    gradient: DiffusivityGradient, start: float, *, particles: int = 4000, step: float = 1e-4, seed: int = 1
) -> tuple[float, float]:
    """Share of particles from `start` that leave at the far end rather than at 0, and its standard error.

    Parameters
    ----------
    gradient, particles, step, seed
        As in `particle_profile`.
    start
        m, inside of the channel.

    Raises
    ------
    ParameterError
        For values out of range.

    Notes
    -----
    A particle also leaves that crossed an end within a step and came back: of a bridge between two points at
    distances d and d' from an end, exp(-d d'/(D dt)) do.
    """
    owner = "particle_exit"
    start = checks.positive(owner, "start", start, "m")
    checks.positive(owner, "length - start", gradient.length - start, "m")
    checks.positive(owner, "particles", checks.integer(owner, "particles", particles))
    dt, _ = _step(owner, gradient, step)
    motion, random = _Motion.of(gradient, dt), np.random.default_rng(seed)
    x, right = np.full(particles, start), 0
    while x.size:
        moved = motion.moved(x, random)
        spread = 0.5 * motion.noise[motion.cells(x)] ** 2
        at_right = _crossed(gradient.length - x, gradient.length - moved, spread, random)
        at_left = _crossed(x, moved, spread, random) & ~at_right
        right += int(np.count_nonzero(at_right))
        x = moved[~(at_right | at_left)]
    share = right / particles
    return share, math.sqrt(share * (1.0 - share) / particles)


def _step(owner: str, gradient: DiffusivityGradient, step: float) -> tuple[float, float]:
    """Length of a step, and L^2/D of the fastest particles, s."""
    fastest = float(np.max(gradient.diffusivity_at(np.linspace(0.0, gradient.length, 1001))))
    unit = gradient.length**2 / fastest
    step = checks.positive(owner, "step", step)
    checks.positive(owner, "0.01 - step", 0.01 - step)  # longer ones jump over a tenth of the channel
    return step * unit, unit


@dataclass(frozen=True, eq=False)
class _Motion:
    """Drift and noise of one step in fine cells, which is faster than to evaluate them for each particle."""

    length: float
    drift: Array
    noise: Array

    @classmethod
    def of(cls, gradient: DiffusivityGradient, dt: float) -> "_Motion":
        x = (np.arange(_CELLS) + 0.5) * (gradient.length / _CELLS)
        return cls(gradient.length, gradient.drift_at(x) * dt, np.sqrt(2.0 * dt * gradient.diffusivity_at(x)))

    def cells(self, x: Array) -> Any:
        return np.minimum((x * (_CELLS / self.length)).astype(int), _CELLS - 1)

    def moved(self, x: Array, random: np.random.Generator) -> Any:
        cells = self.cells(x)
        return x + self.drift[cells] + self.noise[cells] * random.standard_normal(x.size)


def _folded(x: Array, length: float) -> Array:
    return length - abs(length - abs(x))


def _crossed(before: Array, after: Array, spread: Array, random: np.random.Generator) -> Any:
    """Whether a path between two distances from an end touched it."""
    chance = np.exp(-before * np.maximum(after, 0.0) / spread)
    return random.random(before.size) < chance
