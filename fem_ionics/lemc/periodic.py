# SPDX-License-Identifier: LGPL-3.0-or-later
r"""Ions and all their periodic images: the nearest one exactly, the rest as a polynomial.

At the displacement (x, y, z) to the nearest image, a unit charge and its images have the potential 1/r + P (in units
of 1/nm, times l_B kT/e). P has no singularity in the cell and is even in each coordinate, so that a polynomial of low
degree in their squares suffices. It is fitted to exact sums:

- three periods: P. P. Ewald, Ann. Phys. 369, 253 (1921), in a conducting surrounding and with the uniform charge that
  neutralises each ion, as neutral cells do without knowing;
- two periods: D. E. Parry, Surf. Sci. 49, 433 (1975), with the charge spread over the plane z = 0 of the ion;
- one period: near images directly, less 1/|R| for each image at R, far ones by their multipoles, whose sums are Hurwitz
  zeta functions.

What is taken away makes the sums over one and two periods converge. Neutral cells do not see it: it adds a constant to
P (and a potential linear in |z| that neutral layers lack) that P(0) and so the energy of a charge with its own images
share.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import pi, sqrt

import numpy as np
import numpy.typing as npt
from scipy.special import erf, erfc, erfcx, eval_legendre, zeta

from fem_ionics.cite import Reference, cite, register
from fem_ionics.errors import ParameterError
from fem_ionics.lemc.cell import Box, Slit, Tube

Array = npt.NDArray[np.float64]
Exact = Callable[[Array, Array, Array], Array]
#: Largest error of P times the shortest period; its root mean square is several times less. The finest that is worth
#: while with pair sums in float32.
ACCURACY = 1.5e-4
#: Arguments of the polynomial; the kernel counts them from 0.
FORMS = ("oblong", "round", "square", "cubic")
#: Degrees of s, t and u in the squares, and what the reach is stretched by, so that s is at most 1.
_WEIGHTS = {"oblong": (1, 1, 1), "round": (1, 0, 1), "square": (1, 2, 1), "cubic": (1, 2, 3)}
_STRETCH = {
    "oblong": (1.0, 1.0, 1.0),
    "round": (1.0, 1.0, 1.0),
    "square": (sqrt(2.0), sqrt(2.0), 1.0),
    "cubic": (sqrt(3.0), sqrt(3.0), sqrt(3.0)),
}
#: Polynomials of higher degree in the squares are not tried: double precision no longer holds them.
HIGHEST = 12
#: Ewald: Gaussians of this width times the shortest period; beyond `_REACH` widths they are nothing.
_WIDTH, _REACH = 5.0, 6.5

register(
    [
        Reference(
            "ewald1921",
            "P. P. Ewald",
            "Die Berechnung optischer und elektrostatischer Gitterpotentiale",
            "Ann. Phys. 369, 253-287",
            1921,
            "10.1002/andp.19213690304",
        ),
        Reference(
            "parry1975",
            "D. E. Parry",
            "The electrostatic potential in the surface region of an ionic crystal",
            "Surf. Sci. 49, 433-440",
            1975,
            "10.1016/0039-6028(75)90362-3",
        ),
    ]
)


@dataclass(frozen=True, eq=False)
class PairCorrection:
    """Potential of all but the nearest image: P = sum C[a, b, c] s^a t^b u^c.

    With X = (x/scale[0])^2, Y = (y/scale[1])^2, Z = (z/scale[2])^2 the arguments have the symmetry of the cell, for
    the fewest terms (`form`):

    - "oblong": s = X, t = Y, u = Z;
    - "round": s = X + Y, no t, u = Z;
    - "square": s = X + Y, t = X Y, u = Z;
    - "cubic": s = X + Y + Z, t = X Y + Y Z + Z X, u = X Y Z.

    Attributes
    ----------
    coefficients : ndarray, shape (na, nb, nc)
        C, 1/nm; zero beyond the total degree in the squares.
    scale : ndarray, shape (3,)
        nm.
    self_energy : float
        P at the ion itself, C[0, 0, 0], 1/nm: its energy with its own images is l_B z^2 self_energy/2 kT.
    form : str
        One of `FORMS`.
    error : float
        Largest error of P on a grid finer than that of the fit, 1/nm.
    """

    coefficients: Array
    scale: Array
    self_energy: float
    form: str
    error: float

    def __call__(self, x: npt.ArrayLike, y: npt.ArrayLike, z: npt.ArrayLike) -> Array:
        """P at displacements of any (broadcastable) shape, nm, to the nearest image; 1/nm."""
        return _polynomial(_arguments(self.form, self.scale, x, y, z), self.coefficients)


def pair_correction(cell: Box | Slit | Tube, accuracy: float = ACCURACY) -> PairCorrection:
    """What the images of an ion add to the potential of the nearest one.

    Parameters
    ----------
    cell
        A cell with periods.
    accuracy
        Largest error of P times the shortest period.

    Raises
    ------
    ParameterError
        For cells without periods, or so slender that no polynomial of degree `HIGHEST` meets `accuracy`: boxes with
        one side far longer than another, slits far wider and tubes far thicker than their period.
    """
    if isinstance(cell, Box):
        cite("ewald1921")
        return _box(cell.sides, accuracy)
    if isinstance(cell, Slit):
        cite("parry1975")
        return _slit(cell.width, cell.side, accuracy)
    if isinstance(cell, Tube):
        return _tube(cell.radius, cell.length, accuracy)
    raise ParameterError(f"pair_correction: {cell!r} has no periods; a Box, a Slit or a Tube is needed.")


@cache
def _box(sides: tuple[float, float, float], accuracy: float) -> PairCorrection:
    half, cubic = np.array(sides) / 2, len(set(sides)) == 1
    return _fitted(
        lambda x, y, z: ewald_3d(x, y, z, sides), half, "cubic" if cubic else "oblong", accuracy * 0.5 / half.min()
    )


@cache
def _slit(width: float, side: float, accuracy: float) -> PairCorrection:
    reach = np.array([side / 2, side / 2, width])
    return _fitted(lambda x, y, z: ewald_2d(x, y, z, side), reach, "square", accuracy / side)


@cache
def _tube(radius: float, length: float, accuracy: float) -> PairCorrection:
    # Along x stands for all directions across: y is 0.
    reach = np.array([2.0 * radius, 0.0, length / 2])
    return _fitted(lambda x, y, z: sum_1d(x, z, length), reach, "round", accuracy / length)


# Exact sums. Each leaves out the nearest image, 1/r.


def ewald_3d(x: Array, y: Array, z: Array, sides: tuple[float, float, float]) -> Array:
    """Three periods; x, y, z are the axes of a tensor grid, |x| up to half a side, nm. Shape (nx, ny, nz), 1/nm."""
    volume, alpha = float(np.prod(sides)), _WIDTH / min(sides)
    total = np.full((x.size, y.size, z.size), -pi / (alpha**2 * volume)) + _near(x, y, z, alpha)
    shells = [_images(side, alpha) for side in sides]
    for i in shells[0]:
        for j in shells[1]:
            for k in shells[2]:
                if (i, j, k) != (0.0, 0.0, 0.0):
                    r = _distance(x - i, y - j, z - k)
                    total += erfc(alpha * r) / r
    waves = [_wave_numbers(side, alpha) for side in sides]
    squares = _distance(*(k for k, _ in waves)) ** 2
    squares[0, 0, 0] = np.inf
    weights = 4.0 * pi / volume * np.exp(-squares / (4.0 * alpha**2)) / squares
    cosines = [count * np.cos(np.outer(at, k)) for at, (k, count) in zip((x, y, z), waves, strict=True)]
    return total + np.einsum("abc,ia,jb,kc->ijk", weights, *cosines, optimize=True)


def ewald_2d(x: Array, y: Array, z: Array, side: float) -> Array:
    """Two equal periods, along x and y; as `ewald_3d`, at any z."""
    alpha = _WIDTH / side
    total = _near(x, y, z, alpha)
    shell = _images(side, alpha)
    for i in shell:
        for j in shell:
            if (i, j) != (0.0, 0.0):
                r = _distance(x - i, y - j, z)
                total += erfc(alpha * r) / r
    k, count = _wave_numbers(side, alpha)
    wave = np.sqrt(k[:, None] ** 2 + k**2)[..., None]
    wave[0, 0] = 1.0  # its own term below
    decay = np.exp(-((wave / (2.0 * alpha)) ** 2) - (alpha * z) ** 2)
    # exp(k z) erfc(k/2 alpha + alpha z) = exp(-..) erfcx(..); for the other sign of z erfcx would overflow.
    up = decay * erfcx(wave / (2.0 * alpha) + alpha * np.abs(z))
    down = np.exp(-wave * np.abs(z)) * erfc(wave / (2.0 * alpha) - alpha * np.abs(z))
    layers = pi / side**2 / wave * (up + down)
    layers[0, 0] = -2.0 * pi / side**2 * (z * erf(alpha * z) + np.exp(-((alpha * z) ** 2)) / (alpha * sqrt(pi)))
    cosines = [count * np.cos(np.outer(at, k)) for at in (x, y)]
    return total + np.einsum("abk,ia,jb->ijk", layers, *cosines, optimize=True)


def sum_1d(rho: Array, z: Array, length: float, near: int = 8, order: int = 30) -> Array:
    """One period, along z: sum of 1/|r - R| - 1/|R| over the images at R.

    rho and z are axes of a grid, nm; the distance is less than half of `near` periods. Shape (n_rho, 1, n_z), 1/nm.
    """
    rho = rho[:, None, None]
    total = np.zeros((rho.size, 1, z.size))
    for n in range(1, near + 1):
        total += 1.0 / np.hypot(rho, z - n * length) + 1.0 / np.hypot(rho, z + n * length) - 2.0 / (n * length)
    r = np.hypot(rho, z)
    cosine = np.divide(z, r, out=np.ones_like(r), where=r > 0.0)
    for degree in range(2, order + 1, 2):
        far = 2.0 / length * zeta(degree + 1, near + 1)
        total += far * (r / length) ** degree * eval_legendre(degree, cosine)
    return total


def _near(x: Array, y: Array, z: Array, alpha: float) -> Array:
    """What the Gaussian around the nearest image takes away: -erf(alpha r)/r."""
    r = _distance(x, y, z)
    return -np.divide(erf(alpha * r), r, out=np.full_like(r, 2.0 * alpha / sqrt(pi)), where=r > 0.0)


def _distance(x: Array, y: Array, z: Array) -> Array:
    return np.sqrt(x[:, None, None] ** 2 + y[:, None] ** 2 + z**2)


def _images(side: float, alpha: float) -> Array:
    """Images whose Gaussians reach the cell."""
    most = int(np.ceil(_REACH / (alpha * side) + 0.5))
    return side * np.arange(-most, most + 1.0)


def _wave_numbers(side: float, alpha: float) -> tuple[Array, Array]:
    """Wave numbers 2 pi n/side, n >= 0, and how often each counts (n and -n)."""
    n = np.arange(np.ceil(_REACH * alpha * side / pi) + 1.0)
    return 2.0 * pi / side * n, np.where(n > 0.0, 2.0, 1.0)


# The fit.


def _fitted(exact: Exact, reach: Array, form: str, accuracy: float) -> PairCorrection:
    """Polynomial of the lowest degree that is good enough; the ion's own place is met exactly."""
    nowhere = np.zeros(1)
    axes, finer = ([part * length if length else nowhere for length in reach] for part in (_nodes(16), _nodes(23)))
    centre = float(exact(nowhere, nowhere, nowhere)[0, 0, 0])
    given, wanted = exact(*axes) - centre, exact(*finer) - centre
    scale = np.where(reach > 0.0, reach, reach[0]) * _STRETCH[form]
    at = _arguments(form, scale, *np.meshgrid(*axes, indexing="ij"))
    there = _arguments(form, scale, *np.meshgrid(*finer, indexing="ij"))
    for degree in range(2, HIGHEST + 1):
        coefficients = _least_squares(at, given, _powers(form, degree))
        error = float(np.abs(_polynomial(there, coefficients) - wanted).max())
        if error < accuracy:
            coefficients[0, 0, 0] = centre
            return PairCorrection(coefficients, scale, centre, form, error)
    raise ParameterError(
        f"pair_correction: in a cell of {' x '.join(f'{2 * each:.4g}' for each in reach if each)} nm (displacements) a "
        f"polynomial of degree {HIGHEST} is off by {error:.1e}/nm, {accuracy:.1e}/nm is needed; choose sides that "
        "differ less, or a period that is longer beside the width or the radius."
    )


def _nodes(count: int) -> Array:
    """Between 0 and 1, dense at 1, whose squares are Chebyshev's nodes: errors are nearly the same everywhere."""
    return np.sqrt(0.5 * (1.0 - np.cos(pi * (np.arange(count) + 0.5) / count)))


def _arguments(form: str, scale: Array, x: npt.ArrayLike, y: npt.ArrayLike, z: npt.ArrayLike) -> tuple[Array, ...]:
    """s, t and u of `PairCorrection`."""
    parts = (np.asarray(each) / length for each, length in zip((x, y, z), scale, strict=True))
    X, Y, Z = np.broadcast_arrays(*(part**2 for part in parts))
    match form:
        case "round":
            return X + Y, np.zeros_like(X), Z
        case "square":
            return X + Y, X * Y, Z
        case "cubic":
            return X + Y + Z, X * Y + Y * Z + Z * X, X * Y * Z
    return X, Y, Z


def _polynomial(at: tuple[Array, ...], coefficients: Array) -> Array:
    s, t, u = at
    return np.asarray(np.polynomial.polynomial.polyval3d(s, t, u, coefficients))


def _powers(form: str, degree: int) -> npt.NDArray[np.int_]:
    """Exponents of s, t and u up to a total degree in the squares, (0, 0, 0) left out; shape (terms, 3)."""
    weights = _WEIGHTS[form]
    grids = np.indices([degree // weight + 1 if weight else 1 for weight in weights])
    powers = grids.reshape(3, -1).T
    total = powers @ weights
    return powers[(total > 0) & (total <= degree)]


def _least_squares(at: tuple[Array, ...], values: Array, powers: npt.NDArray[np.int_]) -> Array:
    s, t, u = (each.ravel() for each in at)
    columns = np.stack([s**a * t**b * u**c for a, b, c in powers], axis=1)
    found = np.linalg.lstsq(columns, values.ravel(), rcond=1e-13)[0]
    coefficients = np.zeros(powers.max(axis=0) + 1)
    coefficients[tuple(powers.T)] = found
    return coefficients
