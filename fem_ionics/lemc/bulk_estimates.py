# SPDX-License-Identifier: LGPL-3.0-or-later
r"""Estimates of ln gamma from the blocks of a bulk run; `bulk` says how the two of them come about.

A box is small. Neutral ions in a conducting surrounding know its side L only through the images of their clouds: in the
theory of Debye and Hueckel ln gamma_i is off by z_i^2 l_B/2 sum_n exp(-kappa n L)/(n L), n over all images. An ion that
is inserted alone comes with a uniform background instead of other ions, which gives

    -z_i^2 (1 - 1/2s)/sum_j z_j^2 N_j

more, where s says how much the charge of such ions may fluctuate: 1 without correlations and

    1/s = 1 - (kappa d)^2 [1/2 - 2 B/3 + B^2/4],    B = Gamma d/(1 + Gamma d),

in the mean spherical approximation of equal spheres, from its direct correlation function (E. Waisman, J. L. Lebowitz,
J. Chem. Phys. 56, 3086 (1972)). The energy lacks kT/2, that of the wave k = 0. All this is taken away; boxes of a
hundred ions are then large enough.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fem_ionics.lemc.estimators import Estimate, agreement, block_error, over_seeds

Array = npt.NDArray[np.float64]
#: Relative distance from the target composition beyond which linear corrections are not trusted.
CLOSE = 0.03
#: How far the mean spherical approximation is trusted here, from boxes of 24 ions up to 2 M.
_DOUBT = 1.0 / 3.0
#: Images that are counted one by one, up to this number of sides away.
_IMAGES = 6


@dataclass(frozen=True, eq=False)
class Target:
    """A composition, and the box it is looked for in; nm, nm^-3 and e, arrays of shape (S,).

    Parameters
    ----------
    valences, radii, densities
        Of the ions; one of density 0 is absent.
    bjerrum
        Bjerrum length.
    side
        Of the cubic box.
    """

    valences: Array
    radii: Array
    densities: Array
    bjerrum: float
    side: float

    @property
    def numbers(self) -> Array:
        """Mean numbers of ions in the box."""
        return self.densities * self.side**3

    @property
    def present(self) -> npt.NDArray[np.bool_]:
        """Ions that go in and out."""
        return self.densities > 0.0

    @property
    def counted(self) -> npt.NDArray[np.bool_]:
        """Ions that are often enough in the box for their numbers to say something."""
        return self.numbers >= 1.0

    @property
    def ln_density(self) -> Array:
        """0 for an ion that is absent: test insertions need some finite activity."""
        return np.log(np.where(self.present, self.densities, 1.0))

    @property
    def charges(self) -> float:
        """sum z^2 N."""
        return float(self.valences**2 @ self.numbers)

    @property
    def stiffness(self) -> float:
        """1/s, between 0 and 1."""
        if self.charges == 0.0:
            return 1.0
        weights = self.valences**2 * self.densities
        diameter = 2.0 * float(weights @ self.radii / weights.sum())
        x = diameter * math.sqrt(4.0 * math.pi * self.bjerrum * float(weights.sum()))
        part = (math.sqrt(1.0 + 2.0 * x) - 1.0) / 2.0
        B = part / (1.0 + part)
        return max(0.0, 1.0 - x**2 * (0.5 - 2.0 * B / 3.0 + B**2 / 4.0))

    @property
    def background(self) -> Array:
        """By how much insertions of single ions give too low ln gamma."""
        return self.valences**2 * (1.0 - 0.5 * self.stiffness) / self.charges if self.charges else 0.0 * self.valences

    @property
    def doubt(self) -> Array:
        """Error of `background`: a third of what correlations change."""
        part = _DOUBT * 0.5 * (1.0 - self.stiffness)
        return self.valences**2 * part / self.charges if self.charges else 0.0 * self.valences

    @property
    def images(self) -> float:
        """l_B sum over images of exp(-kappa n L)/(n L)."""
        kappa = math.sqrt(4.0 * math.pi * self.bjerrum * self.charges / self.side**3)
        if kappa == 0.0:
            return 0.0
        n = np.linalg.norm(np.indices((2 * _IMAGES + 1,) * 3).reshape(3, -1) - _IMAGES, axis=0)
        away = self.side * n[(n > 0.0) & (n <= _IMAGES)]
        # Images beyond are spread evenly outside the sphere that holds as many cells.
        edge = kappa * self.side * ((away.size + 1) * 3.0 / (4.0 * math.pi)) ** (1.0 / 3.0)
        rest = 4.0 * math.pi / (kappa**2 * self.side**3) * (1.0 + edge) * math.exp(-edge)
        return self.bjerrum * (float(np.sum(np.exp(-kappa * away) / away)) + rest)


@dataclass(frozen=True, eq=False)
class Estimates:
    """ln gamma of each ion and their mean, the energy per ion in kT, and by how many errors two ln gamma differ."""

    ln_gamma: Estimate
    mean: Estimate
    energy: Estimate
    disagreement: float


class Averages:
    """Estimates from the blocks of all ranks at fixed activities.

    Parameters
    ----------
    target
        Composition that is looked for.
    ln_activity
        Of the chains, nm^-3.
    rows
        Shape (ranks, blocks, columns): means of N_i, of N_i N_j, sums of test insertions, their number (see
        `chain.Block`), and the mean energy.
    """

    def __init__(self, target: Target, ln_activity: Array, rows: Array) -> None:
        self.target, self.ln_activity = target, ln_activity
        kinds = len(target.valences)
        ends = np.cumsum([kinds, kinds**2, kinds, kinds])
        self.n, products, self.inserted, self.tries, energy = np.split(rows, ends, axis=-1)
        self.energy = energy[..., 0]
        self.numbers = self.n.mean(axis=(0, 1))
        self.covariance = products.mean(axis=(0, 1)).reshape(kinds, kinds) - np.outer(self.numbers, self.numbers)

    def moving(self) -> bool:
        """Whether ions go in and out, and would fit."""
        return bool(np.all(self.inserted.sum(axis=(0, 1)) > 0.0) and np.any(np.diag(self.covariance) > 0.0))

    def close(self) -> bool:
        """Whether the composition is the target's, or cannot be told from it."""
        wanted, here = self.target.numbers, self.target.present
        off, error = np.abs(self.numbers - wanted), _pooled(self.n).error
        return bool(self.moving() and np.all((off <= np.maximum(CLOSE * wanted, 3.0 * error))[here]))

    def step(self) -> Array:
        """Change of ln a by the insertions alone, which hold at any distance from the target."""
        inserted = self.inserted.sum(axis=(0, 1)) / self.tries.sum(axis=(0, 1))
        return np.where(self.target.present, self.target.ln_density - np.log(inserted), 0.0)

    def estimates(self) -> Estimates:
        """Of the target composition, which the blocks nearly have."""
        target = self.target
        numbers, insertions = self._ln_gamma()
        apart = self._neutral(numbers - insertions)
        weights = self._weights(numbers, insertions)
        mixed = insertions + weights * apart
        share = target.numbers / target.numbers.sum()
        wave = 0.5 * target.charges * target.images - (0.5 if target.charges else 0.0)
        between, doubt = _pooled(apart[..., target.counted]), target.doubt[target.counted]
        z = agreement(_with(between, doubt), Estimate(np.zeros(1), np.zeros(1)))
        left = (1.0 - weights) * target.doubt
        return Estimates(
            ln_gamma=_with(_pooled(mixed), left),
            mean=_with(_pooled(mixed @ share), left @ share),
            energy=_pooled((self.energy - wave) / self.n.sum(axis=-1)),
            disagreement=float(np.abs(z).max(initial=0.0)),
        )

    def _ln_gamma(self) -> tuple[Array, Array]:
        """ln gamma of the target by numbers and by insertions, for each block; those of rare ions by insertions."""
        target, missing = self.target, self._missing()
        valences, counted = target.valences, target.counted
        images = 0.5 * valences**2 * target.images
        numbers = self.ln_activity - target.ln_density + missing - images
        means = self.inserted.sum(axis=(0, 1)) / self.tries.sum(axis=(0, 1))
        # The logarithm of a block's mean would be biased; its linear part is not.
        insertions = self.ln_activity - np.log(means) - (self.inserted / np.maximum(self.tries, 1.0) / means - 1.0)
        # From the composition of the block to the target: d ln gamma = d ln a - d ln c.
        lacking = np.where(counted, (target.numbers - self.n) / np.where(counted, target.numbers, 1.0), 0.0)
        insertions = insertions + missing - lacking - images + target.background
        return np.where(counted, numbers, insertions), insertions

    def _missing(self) -> Array:
        """Change of ln a that makes up for what a block lacks of the target, without a part along the valences."""
        counted, wanted = self.target.counted, self.target.numbers
        root = np.sqrt(np.where(counted, wanted, 1.0))
        along = np.where(counted, self.target.valences * root, 0.0)
        along = along / np.linalg.norm(along) if np.any(along) else along
        scaled = np.where(np.outer(counted, counted), self.covariance, 0.0) / np.outer(root, root)
        # The charge does not fluctuate: its direction is filled up, and so are those of rare ions.
        matrix = scaled + np.outer(along, along) + np.diag(np.where(counted, 0.0, 1.0))
        lacking = np.where(counted, (wanted - self.n) / root, 0.0)
        return np.linalg.solve(matrix, lacking[..., None])[..., 0] / root

    def _neutral(self, ln: Array) -> Array:
        """Without the part along the valences, which no neutral combination of ions knows."""
        z, n = self.target.valences, self.target.numbers
        return ln - (ln @ (n * z))[..., None] * z / self.target.charges if self.target.charges else ln

    def _weights(self, numbers: Array, insertions: Array) -> Array:
        """Of the numbers beside the insertions, by variance, for each ion; 0 for rare ones."""
        one, other = (_pooled(self._neutral(each)).error ** 2 for each in (numbers, insertions))
        other = other + self.target.doubt**2
        return np.where(self.target.counted, other / (one + other), 0.0)


def _pooled(blocks: Array) -> Estimate:
    """Mean of the blocks of all ranks, shape (ranks, blocks, ...)."""
    ranks = [block_error(each) for each in blocks]
    return over_seeds([each.value for each in ranks], [each.error for each in ranks])


def _with(one: Estimate, doubt: Array) -> Estimate:
    """The same with a further, independent error."""
    return Estimate(one.value, np.hypot(one.error, doubt))


def neutral_groups(valences: Sequence[int], densities: Sequence[float]) -> tuple[tuple[int, ...], ...]:
    """Smallest neutral groups that make up any neutral mixture of the ions present: one less than their number.

    Each cation goes with the commonest anion, each other anion with the commonest cation; neutral molecules alone.
    """
    order = [k for k in np.argsort(densities)[::-1].tolist() if densities[k] > 0.0]
    cations, anions = [k for k in order if valences[k] > 0], [k for k in order if valences[k] < 0]
    pairs = [(cation, anions[0]) for cation in cations] + [(cations[0], anion) for anion in anions[1:]]
    groups = []
    for cation, anion in pairs:
        whole = math.gcd(valences[cation], valences[anion])
        counts = {cation: -valences[anion] // whole, anion: valences[cation] // whole}
        groups.append(tuple(counts.get(k, 0) for k in range(len(valences))))
    groups += [tuple(int(k == one) for k in range(len(valences))) for one in order if valences[one] == 0]
    return tuple(groups)
