# SPDX-License-Identifier: LGPL-3.0-or-later
"""Densities from histograms and from test insertions, mixed by their variances."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from fem_ionics.lemc.chain import Block

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: Variance of a histogram relative to independent ions, before blocks have shown it.
_GUESS = 2.0


@dataclass(eq=False)
class Tally:
    """Sums over the blocks of one chain, and the densities that they give.

    Parameters
    ----------
    volumes
        Of the bins, nm^3, shape (bins,).
    region
        Number of the region of each bin: variances are judged region by region, not bin by bin, since weights that
        follow the noise of the values they weigh would bias the mean.
    kinds
        Number of kinds of ions.
    """

    volumes: Floats
    region: Ints
    kinds: int
    blocks: int = field(init=False, default=0)
    samples: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        shape = (self.kinds, len(self.volumes))
        self.counts, self.inserted, self.tries = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        self._squares = np.zeros((2, *shape))

    def add(self, block: Block) -> None:
        """Count one block more; blocks are of equal length."""
        self.blocks += 1
        self.samples += block.samples
        self.counts += block.counts * block.samples
        self.inserted += block.inserted
        self.tries += block.tries
        self._squares[0] += (block.counts / self.volumes) ** 2
        self._squares[1] += _quotient(block.inserted, block.tries) ** 2

    @property
    def histogram(self) -> Floats:
        """Density from the ions that were there, nm^-3, shape (kinds, bins)."""
        return self.counts / (max(self.samples, 1) * self.volumes)

    @property
    def insertion(self) -> Floats:
        """Density from test insertions, nm^-3, shape (kinds, bins)."""
        return _quotient(self.inserted, self.tries)

    @property
    def density(self) -> Floats:
        """Both together, weighted by the inverse of their variances, nm^-3, shape (kinds, bins)."""
        one, other = self.histogram, self.insertion
        excess_one, excess_other = self._excess()
        middle = 0.5 * (one + other)
        # Poisson: var(h) = c/(V n); weights of insertions scatter by some multiple of their mean.
        first = excess_one * middle / (self.volumes * max(self.samples, 1))
        second = excess_other * middle**2 / np.maximum(self.tries, 1.0)
        sum_ = first + second
        share = np.divide(first, sum_, out=np.full_like(sum_, 0.5), where=sum_ > 0.0)
        share[self.tries == 0] = 0.0
        return (1.0 - share) * one + share * other

    def state(self) -> dict[str, Floats]:
        """All of it, to be kept."""
        head = np.array([self.blocks, self.samples], dtype=np.float64)
        return {
            "head": head,
            "counts": self.counts,
            "inserted": self.inserted,
            "tries": self.tries,
            "squares": self._squares,
        }

    def restore(self, state: dict[str, Floats]) -> None:
        """Go on from what was kept."""
        self.blocks, self.samples = (int(each) for each in state["head"])
        self.counts, self.inserted, self.tries = (state[name].copy() for name in ("counts", "inserted", "tries"))
        self._squares = state["squares"].copy()

    def _excess(self) -> tuple[Floats, Floats]:
        """Variance of each estimator relative to its model, per kind and region, spread over the bins."""
        guess = np.full_like(self.counts, _GUESS)
        if self.blocks < 4:
            return guess, guess
        models = (
            self.histogram / (self.volumes * self.samples / self.blocks),
            self.insertion**2 * self.blocks / np.maximum(self.tries, 1.0),
        )
        found = []
        for estimate, squares, model in zip((self.histogram, self.insertion), self._squares, models, strict=True):
            variance = np.maximum(squares / self.blocks - estimate**2, 0.0) * self.blocks / (self.blocks - 1)
            excess = guess.copy()
            for region in np.unique(self.region):
                here = self.region == region
                for kind in range(self.kinds):
                    expected = model[kind, here].sum()
                    if expected > 0.0:
                        excess[kind, here] = max(variance[kind, here].sum() / expected, 1e-3)
            found.append(excess)
        return found[0], found[1]


def _quotient(sums: Floats, counts: Floats | Ints) -> Floats:
    return np.divide(sums, counts, out=np.zeros(sums.shape), where=np.asarray(counts) > 0)
