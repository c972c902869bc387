# SPDX-License-Identifier: LGPL-3.0-or-later
"""Steps on factors that were made nearby, combined so that few of them replace another factorisation."""

from typing import Any

import numpy as np
from petsc4py import PETSc

from fem_ionics.bifurcation.metric import Metric

#: Singular values of the least-squares problem below this part of the largest one are rounding.
_RANK = 1e-12


class Accelerated:
    """Chord steps d(z) = -A^-1 F(z) combined by least squares over all earlier ones (Anderson, J. ACM 12, 547, 1965).

    With one and the same A this is GMRES on A^-1 J as far as F is linear, without products with J.

    Parameters
    ----------
    metric
        The least squares are those of this product.
    """

    def __init__(self, metric: Metric) -> None:
        self.metric = metric
        self._last: tuple[PETSc.Vec, float] | None = None
        self._taken: list[tuple[PETSc.Vec, float]] = []
        # Changes of the chord steps, of length one, as rows too, and these lengths.
        self._changes: list[tuple[PETSc.Vec, float]] = []
        self._rows: list[tuple[PETSc.Vec, float]] = []
        self._sizes: list[float] = []
        self._products = np.empty((0, 0))

    def __call__(self, dx: PETSc.Vec, dl: float) -> tuple[PETSc.Vec, float]:
        """The step to take in place of the newest chord step; it must be taken."""
        if self._last is not None:
            self._remember(dx, dl, *self._last)
        self._last = (dx, dl)
        step, rise = dx.copy(), float(dl)
        for share, size, change, taken in zip(
            self._shares(dx, dl), self._sizes, self._changes, self._taken, strict=True
        ):
            step.axpy(-share, change[0])
            step.axpy(-share / size, taken[0])
            rise -= float(share * change[1] + share / size * taken[1])
        self._taken.append((step.copy(), rise))
        return step, rise

    def _remember(self, dx: PETSc.Vec, dl: float, x: PETSc.Vec, l: float) -> None:
        """Take in how the chord step has changed over the step taken last."""
        change, rise = dx.copy(), dl - l
        change.axpy(-1.0, x)
        row, number = self.metric.row(change), rise / self.metric.span**2
        size = max(float(np.sqrt(max(row.dot(change) + number * rise, 0.0))), 1e-300)
        change.scale(1.0 / size)
        row.scale(1.0 / size)
        self._changes.append((change, rise / size))
        self._rows.append((row, number / size))
        self._sizes.append(size)
        old = self._products
        self._products = np.empty((len(self._rows),) * 2)
        self._products[:-1, :-1] = old
        self._products[-1, :] = self._products[:, -1] = self._along(change, rise / size)

    def _along(self, x: PETSc.Vec, l: float) -> Any:
        """Products with the changes."""
        return np.array([float(row.dot(x)) + number * l for row, number in self._rows])

    def _shares(self, dx: PETSc.Vec, dl: float) -> Any:
        """Which combination of the changes comes nearest to the newest step."""
        return np.linalg.lstsq(self._products, self._along(dx, dl), rcond=_RANK)[0] if self._rows else []
