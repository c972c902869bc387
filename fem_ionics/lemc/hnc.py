# SPDX-License-Identifier: LGPL-3.0-or-later
r"""The primitive model in the hypernetted-chain approximation: distribution functions and thermodynamics of a mixture.

Between ions at distance r, with h = g - 1 and the direct correlation function c,

    h_ij = c_ij + sum_k rho_k c_ik * h_kj,    g_ij = exp(-u_ij + h_ij - c_ij),
    u_ij = z_i z_j l_B/r outside the distance of contact (d_i + d_j)/2, infinite inside.

The long part of c, -z_i z_j l_B erf(a r)/r, is transformed by hand; the rest is short, and so is h - c plus that part,
which is solved for. Then, by neutrality,

    ln gamma_i = sum_j rho_j int [h_ij^2/2 - h_ij c_ij/2 - c_ij].

J. C. Rasaiah, H. L. Friedman, J. Chem. Phys. 48, 2742 (1968); the split: K.-C. Ng, J. Chem. Phys. 61, 2680 (1974).
For 1:1 electrolytes in water the mean activity is that of Monte Carlo to about 2e-4 up to 0.1 M. Above, most of the
error is that of hard spheres, which can be taken away: add what `msa` gives without charges, take off what `solve`
gives without. At most 0.002 is left at 1 M. Lengths in nm, densities in nm^-3, energies in kT; sequences in the same
order of ions.
"""

from dataclasses import dataclass
from math import ceil, log2, pi, sqrt

import numpy as np
import numpy.typing as npt
from scipy.fft import dst
from scipy.optimize import NoConvergence, newton_krylov
from scipy.special import erf, erfc

from fem_ionics.cite import Reference, cite, register
from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.lemc.msa import checked
from fem_ionics.parameters import checks

Array = npt.NDArray[np.float64]
#: Radii; enough for errors of 1e-5 in ln gamma.
POINTS = 8192
#: Fewer do not show an ion's shape.
_FEWEST = 256
#: How far the functions reach, in Debye lengths and in diameters.
_REACH, _DIAMETERS = 20.0, 20.0
#: Of r times the function that is solved for, nm.
_TOLERANCE = 1e-9
#: Of Newton; a few are needed where there is a solution.
_STEPS = 40

register(
    [
        Reference(
            "rasaiah1968",
            "J. C. Rasaiah, H. L. Friedman",
            "Integral equation methods in the computation of equilibrium properties of ionic solutions",
            "J. Chem. Phys. 48, 2742-2752",
            1968,
            "10.1063/1.1669510",
        ),
        Reference(
            "ng1974",
            "K.-C. Ng",
            "Hypernetted chain solutions for the classical one-component plasma up to Gamma = 7000",
            "J. Chem. Phys. 61, 2680-2689",
            1974,
            "10.1063/1.1682399",
        ),
    ]
)


@dataclass(frozen=True, eq=False)
class Solution:
    """Hypernetted-chain approximation of one mixture; see `solve`.

    Attributes
    ----------
    r : ndarray, shape (P,)
        Radii, nm.
    distribution : ndarray, shape (S, S, P)
        g_ij(r); where the distance of contact cuts the interval around a radius, its mean over the interval.
    ln_gamma : ndarray, shape (S,)
        Of each ion.
    mean_ln_gamma : float
        Weighted with the numbers of ions: that of the salt, where there is one salt.
    energy_per_ion : float
        U/(N kT), negative.
    osmotic_coefficient : float
        p/(rho kT), by the virial.
    """

    r: Array
    distribution: Array
    ln_gamma: Array
    mean_ln_gamma: float
    energy_per_ion: float
    osmotic_coefficient: float


def solve(
    valences: npt.ArrayLike, diameters: npt.ArrayLike, densities: npt.ArrayLike, bjerrum: float, points: int = POINTS
) -> Solution:
    """Structure and thermodynamics of a mixture of charged hard spheres.

    Parameters
    ----------
    valences : array_like, shape (S,)
    diameters : array_like, shape (S,)
        nm, positive.
    densities : array_like, shape (S,)
        nm^-3, not negative, neutral together and not all zero.
    bjerrum : float
        Bjerrum length, nm, not negative.
    points
        Least number of radii; errors fall with its square.

    Raises
    ------
    ParameterError
        For numbers out of these ranges, and spheres that fill the volume.
    ConvergenceError
        Where no solution is found: there is none for strongly coupled ions at low concentrations.
    """
    z, d, rho = checked("hnc", valences, diameters, densities, bjerrum)
    if checks.integer("hnc", "points", points) < _FEWEST:
        raise ParameterError(f"hnc: points = {points} was given; at least {_FEWEST} are needed.")
    cite("rasaiah1968", "ng1974")
    mixture = _Mixture(z, d, rho, bjerrum, points)
    indirect = mixture.full(_root(mixture))
    distribution = mixture.closed(indirect)
    h = distribution - 1.0
    short = h - indirect
    ln = mixture.integral(0.5 * h * (indirect + mixture.long) - short) @ rho
    total = float(rho.sum())
    pairs = np.outer(rho, rho)
    energy = 0.5 * float(np.sum(pairs * mixture.integral(mixture.coulomb * h))) / total
    contact = 2.0 * pi / 3.0 * float(np.sum(pairs * mixture.apart**3 * mixture.at_contact(indirect))) / total
    return Solution(mixture.r, distribution, ln, float(rho @ ln) / total, energy, 1.0 + energy / 3.0 + contact)


class _Mixture:
    """The equations on a uniform grid of radii; functions have shape (S, S, P)."""

    def __init__(self, z: Array, d: Array, rho: Array, bjerrum: float, points: int) -> None:
        debye = 1.0 / sqrt(4.0 * pi * bjerrum * float(rho @ z**2)) if bjerrum and np.any(z * rho) else 0.0
        size = 2 ** ceil(log2(points))
        self.step = max(_REACH * debye, _DIAMETERS * float(d.max())) / size
        self.r = self.step * np.arange(1, size)
        self.k = pi / (size * self.step) * np.arange(1, size)
        self.rho, self.apart = rho, 0.5 * np.add.outer(d, d)
        self.charges = bjerrum * np.outer(z, z)
        self.range = float(d.max())
        self.coulomb = self.charges[..., None] / self.r
        self.long = self.coulomb * erf(self.r / self.range)
        self.long_wave = self.charges[..., None] * 4.0 * pi / self.k**2 * np.exp(-((0.5 * self.range * self.k) ** 2))
        # The share of each interval that is outside the contact: errors are of second order wherever that lies.
        open_part = np.clip((self.r - self.apart[..., None]) / self.step + 0.5, 0.0, 1.0)
        energy = np.where(open_part > 0.0, self.coulomb * erfc(self.r / self.range), 0.0)
        self.boltzmann = open_part * np.exp(-energy)
        self.upper = np.triu_indices(len(z))

    def full(self, half: Array) -> Array:
        """Functions of all pairs from r times those of each pair once."""
        function = np.empty((*self.apart.shape, self.r.size))
        function[self.upper] = half / self.r
        function[self.upper[::-1]] = function[self.upper]
        return function

    def integral(self, function: Array) -> Array:
        """Over all space, shape (S, S)."""
        return 4.0 * pi * self.step * (function @ self.r**2)

    def closed(self, indirect: Array) -> Array:
        """g by the closure from h - c without its long part."""
        return self.boltzmann * np.exp(indirect)

    def chained(self, indirect: Array) -> Array:
        """h - c without its long part anew, by all chains of the c that the closure gives."""
        short = self.closed(indirect) - 1.0 - indirect
        wave = 2.0 * pi * self.step * dst(short * self.r, type=1) / self.k - self.long_wave
        c = np.moveaxis(wave, -1, 0)
        h = np.linalg.solve(np.eye(len(self.rho)) - c * self.rho, c)
        rest = np.moveaxis(h - c, 0, -1) - self.long_wave
        return dst(rest * self.k, type=1) / (4.0 * pi * (self.r.size + 1) * self.step * self.r)

    def residual(self, half: Array) -> Array:
        """r times by how much the chains miss what they began with."""
        indirect = self.full(half)
        with np.errstate(over="ignore", invalid="ignore"):
            return ((self.chained(indirect) - indirect) * self.r)[self.upper]

    def at_contact(self, indirect: Array) -> Array:
        """g_ij where spheres touch, shape (S, S)."""
        found = np.empty_like(self.apart)
        for i, j in np.ndindex(*found.shape):
            apart = self.apart[i, j]
            smooth = np.interp(apart, self.r, indirect[i, j])
            found[i, j] = np.exp(smooth - self.charges[i, j] * erfc(apart / self.range) / apart)
        return found


def _root(mixture: _Mixture) -> Array:
    start = np.zeros((len(mixture.upper[0]), mixture.r.size))
    try:
        return np.asarray(newton_krylov(mixture.residual, start, f_tol=_TOLERANCE, maxiter=_STEPS))
    except (NoConvergence, ValueError, ArithmeticError, np.linalg.LinAlgError) as error:
        raise ConvergenceError(
            "hnc: no solution was found. There is none for strongly coupled ions at low concentrations; take a higher "
            "concentration, larger ions or a shorter Bjerrum length."
        ) from error
