# SPDX-License-Identifier: LGPL-3.0-or-later
"""Diffusivities of ions in a pore from a few measured conductances, and the other conductances from them.

A long pore near equilibrium conducts G(x) = sum_i D_i K_i(x): the densities, and with them the K_i of each composition
x, do not know the diffusivities. So a fit of the D_i is linear algebra on stored numbers.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import nnls

from fem_ionics.errors import ParameterError

Floats = npt.NDArray[np.float64]

#: Columns of ions whose shares differ by less than this from composition to composition cannot be told apart.
_SMALLEST_ANGLE = 1e-6


@dataclass(frozen=True, eq=False)
class PoreDiffusion:
    """Fitted diffusivities.

    Parameters
    ----------
    ions
        Names.
    values, errors
        Diffusivities and their standard errors, m2/s.
    covariance
        Of the values; zero for an ion that the fit has pressed to zero.
    chi_square
        Sum of squared deviations over squared errors.
    freedom
        Points less fitted diffusivities: what chi_square is expected to be.
    """

    ions: tuple[str, ...]
    values: Floats
    errors: Floats
    covariance: Floats
    chi_square: float
    freedom: int

    def __getitem__(self, ion: str) -> float:
        """Diffusivity of an ion, m2/s."""
        return float(self.values[self.ions.index(ion)])

    def predict(self, integrals: Any, errors: Any = None) -> tuple[Floats, Floats]:
        """Conductances at other compositions.

        Parameters
        ----------
        integrals
            K of the ions, conductance per diffusivity, S s/m2: shape (points, ions), or ion -> sequence.
        errors
            Statistical ones of `integrals`, of the same form; none by default.

        Returns
        -------
        values, errors : float arrays, shape (points,)
            S.
        """
        table = _table("PoreDiffusion.predict", "integrals", integrals, self.ions)
        noise = _noise("PoreDiffusion.predict", errors, self.ions, table)
        spread = np.einsum("pi,ij,pj->p", table, self.covariance, table)
        return table @ self.values, np.sqrt(spread + (noise**2) @ self.values**2)


def fit_diffusion(
    integrals: Any,
    conductances: Sequence[float],
    errors: float | Sequence[float],
    *,
    ions: Sequence[str] | None = None,
    integral_errors: Any = None,
) -> PoreDiffusion:
    """Fit pore diffusivities to measured conductances by non-negative least squares.

    Parameters
    ----------
    integrals
        K_i = G_i / D_i of each ion at the compositions that were measured, S s/m2: shape (points, ions), or a mapping
        from ion to a sequence.
    conductances
        Measured, S, one for each composition.
    errors
        Standard errors of the measured ones, S, one or one for each; positive.
    ions
        Names of the columns where `integrals` is an array.
    integral_errors
        Statistical errors of `integrals`, of the same form; they add to those of the measurement and so weigh on the
        fit and on the errors of the diffusivities.

    Returns
    -------
    PoreDiffusion

    Raises
    ------
    ParameterError
        For shapes that do not fit, errors that are not positive, fewer points than ions, or ions whose integrals are
        proportional to one another.

    Notes
    -----
    The weights hold errors of K times D, so the fit is repeated until they agree. Errors come from the normal matrix
    of the ions that the fit keeps above zero.
    """
    owner = "fit_diffusion"
    names = tuple(integrals) if isinstance(integrals, Mapping) else tuple(ions or ())
    table = _table(owner, "integrals", integrals, names)
    measured = np.asarray(conductances, dtype=float)
    noise = _noise(owner, integral_errors, names, table)
    _check(table, measured, names)
    spread = _spread(errors, len(measured))
    values = _fitted(table, measured, spread)
    # Errors in K weigh as D times them: three rounds settle the weights to well below the errors themselves.
    for _ in range(3 if noise.any() else 0):
        values = _fitted(table, measured, np.sqrt(spread**2 + (noise**2) @ values**2))
    total = np.sqrt(spread**2 + (noise**2) @ values**2)
    kept = values > 0.0
    covariance = np.zeros((len(names), len(names)))
    weighted, scales = _scaled(table[:, kept] / total[:, None])
    covariance[np.ix_(kept, kept)] = np.linalg.inv(weighted.T @ weighted) / np.outer(scales, scales)
    rest = (table @ values - measured) / total
    return PoreDiffusion(
        names,
        values,
        np.sqrt(np.diag(covariance)),
        covariance,
        float(rest @ rest),
        len(measured) - int(kept.sum()),
    )


def _fitted(table: Floats, measured: Floats, spread: Floats) -> Floats:
    weighted, scales = _scaled(table / spread[:, None])
    return nnls(weighted, measured / spread)[0] / scales


def _scaled(table: Floats) -> tuple[Floats, Floats]:
    """Columns of length one, and their lengths: in SI they are some ten powers of ten from one."""
    scales = np.linalg.norm(table, axis=0)
    return table / scales, scales


def _table(owner: str, name: str, given: Any, ions: tuple[str, ...]) -> Floats:
    if isinstance(given, Mapping):
        if set(given) != set(ions):
            raise ParameterError(f"{owner}: {name} of {sorted(given)} were given; those of {sorted(ions)} are needed.")
        given = np.stack([np.atleast_1d(np.asarray(given[ion], dtype=float)) for ion in ions], axis=-1)
    table = np.asarray(given, dtype=float)
    if table.ndim != 2 or table.shape[1] != len(ions) or not np.all(np.isfinite(table)):
        raise ParameterError(
            f"{owner}: {name} of shape {table.shape} were given; finite numbers of shape (points, {len(ions)}) are "
            "needed, one column for each ion."
        )
    return table


def _noise(owner: str, given: Any, ions: tuple[str, ...], table: Floats) -> Floats:
    noise = np.zeros_like(table) if given is None else _table(owner, "errors of the integrals", given, ions)
    if noise.shape != table.shape or noise.min(initial=0.0) < 0.0:
        raise ParameterError(f"{owner}: errors of shape {noise.shape} were given; {table.shape} and none below 0.")
    return noise


def _spread(given: Any, points: int) -> Floats:
    spread = np.asarray(given, dtype=float)
    if spread.shape not in ((), (points,)) or not np.all(np.isfinite(spread)) or spread.min() <= 0.0:
        raise ParameterError(
            f"fit_diffusion: errors = {given!r} was given; a positive number in S, or {points} of them."
        )
    return np.broadcast_to(spread, (points,))


def _check(table: Floats, measured: Floats, ions: tuple[str, ...]) -> None:
    points, unknown = table.shape
    if measured.shape != (points,) or not np.all(np.isfinite(measured)):
        raise ParameterError(
            f"fit_diffusion: conductances of shape {measured.shape} were given for {points} compositions; one finite "
            "number in S for each is needed."
        )
    if points < unknown:
        raise ParameterError(
            f"fit_diffusion: {points} conductances were given for {unknown} ions ({', '.join(ions)}); at least as many "
            "compositions as ions are needed."
        )
    lengths = np.linalg.norm(table, axis=0)
    if lengths.min() == 0.0:
        raise ParameterError(f"fit_diffusion: {ions[int(lengths.argmin())]} carries nothing at these compositions.")
    if np.linalg.svd(table / lengths, compute_uv=False)[-1] < _SMALLEST_ANGLE:
        raise ParameterError(
            f"fit_diffusion: the shares of {', '.join(ions)} do not change from composition to composition, so their "
            "diffusivities cannot be told apart; measure at other compositions."
        )
