# SPDX-License-Identifier: LGPL-3.0-or-later
r"""The primitive model in closed form: mean spherical approximation of charged hard spheres of unequal sizes.

With the screening parameter Gamma and the asymmetry eta of the sizes,

    4 Gamma^2 = 4 pi l_B sum_k rho_k [(z_k - eta d_k^2)/(1 + Gamma d_k)]^2,
    eta = pi/(2 Delta Omega) sum_k rho_k d_k z_k/(1 + Gamma d_k),
    Omega = 1 + pi/(2 Delta) sum_k rho_k d_k^3/(1 + Gamma d_k),    Delta = 1 - (pi/6) sum_k rho_k d_k^3,

the charges add to each ion

    ln gamma_i = -l_B {Gamma z_i^2/(1 + Gamma d_i) + eta d_i [(2 z_i - eta d_i^2)/(1 + Gamma d_i) + eta d_i^2/3]}.

L. Blum, Mol. Phys. 30, 1529 (1975); L. Blum, J. S. Hoye, J. Phys. Chem. 81, 1311 (1977). The hard spheres themselves
are those of Boublik, Mansoori, Carnahan, Starling and Leland (`physics.steric.BMCSL`). Lengths in nm, densities in
nm^-3, energies in kT; valences, diameters and densities are sequences in the same order of ions.
"""

from dataclasses import dataclass
from math import pi

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq

from fem_ionics.cite import Reference, cite, register
from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Species
from fem_ionics.parameters.electrolyte import NEUTRALITY_TOLERANCE
from fem_ionics.physics.steric import BMCSL
from fem_ionics.units import nm

Array = npt.NDArray[np.float64]

register(
    [
        Reference(
            "blum1975",
            "L. Blum",
            "Mean spherical model for asymmetric electrolytes. I. Method of solution",
            "Mol. Phys. 30, 1529-1535",
            1975,
            "10.1080/00268977500103051",
        ),
        Reference(
            "blum1977",
            "L. Blum, J. S. Hoye",
            "Mean spherical model for asymmetric electrolytes. 2. Thermodynamic properties and the pair correlation "
            "function",
            "J. Phys. Chem. 81, 1311-1316",
            1977,
            "10.1021/j100528a019",
        ),
    ]
)


@dataclass(frozen=True, eq=False)
class Solution:
    """Mean spherical approximation of one mixture; see `solve`.

    Attributes
    ----------
    screening : float
        Gamma, 1/nm; half of the inverse Debye length at infinite dilution.
    asymmetry : float
        eta, 1/nm2; zero if all ions have one size.
    ln_gamma : ndarray
        Of each ion, charges and hard spheres together.
    mean_ln_gamma : float
        Weighted with the numbers of ions: that of the salt, where there is one salt.
    energy_per_ion : float
        U/(N kT), negative.
    osmotic_coefficient : float
        p/(rho kT).
    """

    screening: float
    asymmetry: float
    ln_gamma: Array
    mean_ln_gamma: float
    energy_per_ion: float
    osmotic_coefficient: float


def solve(valences: npt.ArrayLike, diameters: npt.ArrayLike, densities: npt.ArrayLike, bjerrum: float) -> Solution:
    """Thermodynamics of a mixture of charged hard spheres.

    Parameters
    ----------
    valences : array_like, shape (S,)
    diameters : array_like, shape (S,)
        nm, positive.
    densities : array_like, shape (S,)
        nm^-3, not negative, neutral together and not all zero.
    bjerrum : float
        Bjerrum length, nm, not negative.

    Raises
    ------
    ParameterError
        For numbers out of these ranges, and spheres that fill the volume.
    """
    z, d, rho = checked("msa", valences, diameters, densities, bjerrum)
    cite("blum1975", "blum1977")
    screening = _screening(z, d, rho, bjerrum)
    eta = _asymmetry(screening, z, d, rho)
    near = 1.0 + screening * d
    charges = -bjerrum * (screening * z**2 / near + eta * d * ((2.0 * z - eta * d**2) / near + eta * d**2 / 3.0))
    spheres, pressure = _hard_spheres(d, rho)
    energy = -bjerrum * float(rho @ ((screening * z**2 + eta * z * d) / near))
    total, ln = float(rho.sum()), charges + spheres
    pressure -= screening**3 / (3.0 * pi) + 2.0 * bjerrum * eta**2 / pi
    return Solution(screening, eta, ln, float(rho @ ln) / total, energy / total, pressure / total)


def ln_gamma(valences: npt.ArrayLike, diameters: npt.ArrayLike, densities: npt.ArrayLike, bjerrum: float) -> Array:
    """ln of the activity coefficient of each ion; parameters and errors as in `solve`."""
    return solve(valences, diameters, densities, bjerrum).ln_gamma


def checked(
    who: str, valences: npt.ArrayLike, diameters: npt.ArrayLike, densities: npt.ArrayLike, bjerrum: float
) -> tuple[Array, Array, Array]:
    """Arrays of valences, diameters and densities, in the words of `who` where they make no mixture."""
    z, d, rho = (np.atleast_1d(np.asarray(each, dtype=np.float64)) for each in (valences, diameters, densities))
    if not z.shape == d.shape == rho.shape or z.ndim != 1:
        found = f"{z.size} valences, {d.size} diameters and {rho.size} densities"
        raise ParameterError(f"{who}: {found}; one each per ion.")
    if not (np.all(np.isfinite(d)) and np.all(d > 0.0)):
        raise ParameterError(f"{who}: diameters {d.tolist()} nm were given; positive ones are needed.")
    if not np.all(np.isfinite(rho)) or np.any(rho < 0.0) or not np.any(rho):
        words = "none negative, not all zero are needed"
        raise ParameterError(f"{who}: densities {rho.tolist()} nm^-3 were given; {words}.")
    if not np.isfinite(bjerrum) or bjerrum < 0.0:
        raise ParameterError(f"{who}: bjerrum = {bjerrum!r} nm was given; zero or a positive length is needed.")
    if abs(z @ rho) > NEUTRALITY_TOLERANCE * float(np.abs(z) @ rho):
        raise ParameterError(f"{who}: the mixture is not neutral: sum z rho = {z @ rho:+.6g} nm^-3.")
    packing = pi / 6.0 * float(rho @ d**3)
    if packing >= 1.0:
        raise ParameterError(f"{who}: the ions fill {packing:.3g} of the volume; less than 1 is needed.")
    return z, d, rho


def _asymmetry(screening: float, z: Array, d: Array, rho: Array) -> float:
    near = rho / (1.0 + screening * d)
    void = 1.0 - pi / 6.0 * float(rho @ d**3)
    factor = pi / (2.0 * void)
    return factor * float(near @ (d * z)) / (1.0 + factor * float(near @ d**3))


def _screening(z: Array, d: Array, rho: Array, bjerrum: float) -> float:
    def excess(screening: float) -> float:
        eta = _asymmetry(screening, z, d, rho)
        seen = (z - eta * d**2) / (1.0 + screening * d)
        return 4.0 * screening**2 - 4.0 * pi * bjerrum * float(rho @ seen**2)

    debye = float(np.sqrt(4.0 * pi * bjerrum * (rho @ z**2)))
    if debye == 0.0:
        return 0.0
    upper = debye
    while excess(upper) < 0.0:
        upper *= 2.0
    return float(brentq(excess, 0.0, upper, xtol=1e-15 * upper, rtol=1e-14))


def _hard_spheres(d: Array, rho: Array) -> tuple[Array, float]:
    """Excess chemical potentials in kT and the pressure over kT in nm^-3."""
    names = [f"ion {k}" for k in range(d.size)]
    species = [Species(name, 0, 1.0) for name in names]
    model = BMCSL(dict(zip(names, d * nm, strict=True)))
    si = list(rho / nm**3)
    excess = np.asarray(model.excess(si, species, np), dtype=np.float64)
    return excess, float(model.osmotic_pressure(si, species, np)) * nm**3
