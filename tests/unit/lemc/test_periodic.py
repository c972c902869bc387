# SPDX-License-Identifier: LGPL-3.0-or-later
"""Periodic sums: Madelung constants, sums cell by cell, the differential equation, and what is refused."""

from dataclasses import replace
from math import log, pi

import numpy as np
import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.lemc import periodic
from fem_ionics.lemc.cell import Box, PoreCell, Slit, Tube
from fem_ionics.lemc.periodic import ACCURACY, FORMS, PairCorrection, ewald_2d, ewald_3d, pair_correction, sum_1d

CELLS = [Box((3.0, 3.0, 3.0)), Box((2.8, 3.0, 3.3)), Slit(1.0, 4.0), Slit(2.5, 5.0), Tube(1.0, 4.0), Tube(0.4, 5.0)]


def periods(cell: Box | Slit | Tube) -> np.ndarray:
    """Along x, y and z; infinite where there is none."""
    if isinstance(cell, Box):
        return np.array(cell.sides)
    if isinstance(cell, Slit):
        return np.array([cell.side, cell.side, np.inf])
    return np.array([np.inf, np.inf, cell.length])


def nearest(cell: Box | Slit | Tube, d: np.ndarray) -> np.ndarray:
    length = periods(cell)
    return d - np.where(np.isfinite(length), length, 0.0) * np.rint(d / length)


def energy(cell: Box | Slit | Tube, positions: np.ndarray, charges: np.ndarray, accuracy: float = 1e-5) -> float:
    """As a chain adds it up: nearest images, P, and the ions' own images; in 1/nm."""
    more = pair_correction(cell, accuracy)
    d = nearest(cell, positions[:, None] - positions)
    r = np.linalg.norm(d, axis=-1)
    np.fill_diagonal(r, np.inf)
    pairs = 1.0 / r + more(*np.moveaxis(d, -1, 0))
    np.fill_diagonal(pairs, more.self_energy)
    return 0.5 * float(charges @ pairs @ charges)


def cell_by_cell(cell: Box | Slit | Tube, positions: np.ndarray, charges: np.ndarray, most: int) -> float:
    """Half of the energy of one cell with itself and `most` cells on each side; in 1/nm."""
    length = periods(cell)
    counts = [np.arange(-most, most + 1) if np.isfinite(each) else np.zeros(1) for each in length]
    shifts = np.stack(np.meshgrid(*counts, indexing="ij"), axis=-1).reshape(-1, 3)
    shifts = shifts * np.where(np.isfinite(length), length, 0.0)
    total = 0.0
    for i, a in enumerate(positions):
        for j, b in enumerate(positions):
            r = np.linalg.norm(a - b + shifts, axis=-1)
            total += charges[i] * charges[j] * np.sum(1.0 / r[r > 0.0])
    return 0.5 * total


def scattered(cell: Box | Slit | Tube) -> tuple[np.ndarray, np.ndarray]:
    """Eight charges without dipole: each position comes with its mirror image in the origin."""
    rng = np.random.default_rng(7)
    size = {Box: lambda: 0.5 * periods(cell), Slit: lambda: np.array([cell.side, cell.side, cell.width]) / 2}
    half = size[type(cell)]() if type(cell) in size else np.array([cell.radius * 0.7] * 2 + [cell.length / 2])
    some = rng.uniform(-1, 1, (4, 3)) * half
    charges = np.array([2.0, -1.0, 1.0, -2.0])
    return np.concatenate([some, -some]), np.concatenate([charges, charges])


def grid(*shape: int) -> np.ndarray:
    return np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing="ij"), axis=-1).reshape(-1, 3).astype(float)


def test_madelung_constant_of_rock_salt() -> None:
    """1.747564594633 for each pair of ions at unit distance; eight ions to the cell."""
    positions = grid(2, 2, 2)
    charges = (-1.0) ** positions.sum(axis=1)
    assert energy(Box((2, 2, 2)), positions, charges) / 4 == pytest.approx(-1.747564594633, abs=3e-5)
    # What chains use: of the 56 displacements 8 go to the corners, where P is worst.
    coarse = energy(Box((2, 2, 2)), positions, charges, ACCURACY) / 4
    assert coarse == pytest.approx(-1.747564594633, abs=4e-4)


def test_madelung_constant_of_caesium_chloride() -> None:
    """1.762674773071 for each pair at unit distance: the farthest displacement of all, the corner."""
    side = 2 / 3**0.5
    positions = np.array([[0.0, 0.0, 0.0], [side / 2] * 3])
    assert energy(Box((side,) * 3), positions, np.array([1.0, -1.0])) == pytest.approx(-1.762674773071, abs=1e-5)


def test_madelung_constant_of_rock_salt_in_an_oblong_box() -> None:
    positions = grid(4, 4, 6)
    charges = (-1.0) ** positions.sum(axis=1)
    assert energy(Box((4, 4, 6)), positions, charges) / 48 == pytest.approx(-1.747564594633, abs=2e-5)


def test_madelung_constant_of_a_sheet() -> None:
    """1.615542626713 for each pair at unit distance."""
    positions = grid(4, 4, 1)
    charges = (-1.0) ** positions.sum(axis=1)
    assert energy(Slit(1.0, 4.0), positions, charges) / 8 == pytest.approx(-1.615542626713, abs=1e-5)


@pytest.mark.parametrize("x", [0.0, 0.6])
def test_madelung_constant_of_a_line(x: float) -> None:
    """2 ln 2 for each pair at unit distance, wherever the line lies in the tube."""
    positions = grid(1, 1, 4) + np.array([x, -x, 0.0])
    charges = (-1.0) ** np.arange(4)
    assert energy(Tube(1.0, 4.0), positions, charges) / 2 == pytest.approx(-2 * log(2), abs=1e-5)


@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_sum_cell_by_cell(cell: Box | Slit | Tube) -> None:
    """Without dipoles a neutral cell's energy converges with cells added on all sides; extrapolated in their number."""
    positions, charges = scattered(cell)
    counts = {Box: (8, 16), Slit: (20, 40), Tube: (100, 200)}[type(cell)]
    few, many = (cell_by_cell(cell, positions, charges, most) for most in counts)
    tail = 2 ** {Box: 2, Slit: 3, Tube: 4}[type(cell)]
    assert abs(many - few) < 5e-3
    # 64 pairs of charges up to 2.
    assert energy(cell, positions, charges) == pytest.approx(many + (many - few) / (tail - 1), abs=6e-5)


@pytest.mark.parametrize("accuracy", [ACCURACY, 1e-5])
@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_polynomial_is_as_good_as_it_says(cell: Box | Slit | Tube, accuracy: float) -> None:
    more = pair_correction(cell, accuracy)
    shortest = periods(cell).min()
    assert 0.0 < more.error < accuracy / shortest
    rng = np.random.default_rng(3)
    length = periods(cell)
    half = np.where(np.isfinite(length), length / 2, cell.width if isinstance(cell, Slit) else 1.0)
    if isinstance(cell, Tube):
        half[:2] = 2 * cell.radius, 0.0
    x, y, z = (np.append(rng.uniform(-a, a, 9), a) for a in half)
    if isinstance(cell, Box):
        exact = ewald_3d(x, y, z, cell.sides)
    elif isinstance(cell, Slit):
        exact = ewald_2d(x, y, z, cell.side)
    else:
        exact = sum_1d(x, z, cell.length)
        y = np.zeros(1)
    error = more(x[:, None, None], y[:, None], z) - exact
    assert np.abs(error).max() < 1.2 * accuracy / shortest
    assert np.sqrt(np.mean(error**2)) < 0.5 * accuracy / shortest


@pytest.mark.parametrize("cell", CELLS, ids=repr)
def test_charge_of_the_images(cell: Box | Slit | Tube) -> None:
    """No charge but the background, which three periods need: the Laplacian of P is 4 pi/V or 0."""
    more, h = pair_correction(cell, 1e-5), 0.02
    at = np.array([0.31, 0.17, 0.43])
    laplacian = -6.0 * more(*at)
    for step in h * np.vstack([np.eye(3), -np.eye(3)]):
        laplacian = laplacian + more(*(at + step))
    background = 4 * pi / cell.volume if isinstance(cell, Box) else 0.0
    assert laplacian / h**2 == pytest.approx(background, abs=2e-3)


def test_energies_with_ones_own_images() -> None:
    """-2.837297/L in a cube, 4 zeta(1/2) beta(1/2)/L = -3.900265/L in a square, none on a line: 1/|R| is away."""
    for cell, expected in ((Box((3, 3, 3)), -2.8372974795), (Slit(1, 3), -3.9002649200), (Tube(1, 3), 0.0)):
        more = pair_correction(cell)
        assert more.self_energy == pytest.approx(expected / 3, abs=1e-9)
        assert more(0.0, 0.0, 0.0) == more.coefficients[0, 0, 0] == more.self_energy


def test_width_of_the_gaussians_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    at = np.array([0.0, 0.4, 1.3]), np.array([0.0, 0.9]), np.array([0.2, 1.5])

    def sums() -> tuple[np.ndarray, np.ndarray]:
        return ewald_3d(*at, (2.6, 3.0, 3.4)), ewald_2d(*at, 2.6)

    before = sums()
    monkeypatch.setattr(periodic, "_WIDTH", 6.5)
    for one, other in zip(before, sums(), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-11)


def test_line_against_its_cylindrical_waves() -> None:
    """Between two points off the line: -2 ln(rho/rho')/L + (4/L) sum K0(k rho) cos(k z), k = 2 pi m/L."""
    from scipy.special import k0

    length, (rho, other), z = 3.0, (1.4, 0.9), 1.1
    k = 2 * pi * np.arange(1, 60) / length

    def waves(r: float, z: float) -> float:
        return float(-2 * log(r) / length + 4 / length * np.sum(k0(k * r) * np.cos(k * z)))

    def direct(r: float, z: float) -> float:
        return float(sum_1d(np.array([r]), np.array([z]), length)[0, 0, 0]) + 1 / np.hypot(r, z)

    assert direct(rho, z) - direct(other, 0.0) == pytest.approx(waves(rho, z) - waves(other, 0.0), abs=1e-12)


def test_the_same_on_both_sides_of_a_face() -> None:
    """An ion that leaves through one face comes in through the other with the same potential and field across it."""
    more, h = pair_correction(Box((3, 3, 3)), 1e-6), 1e-3
    inside, middle = (1 / np.hypot(x, 0.5) + more(x, 0.5, 0.0) for x in (1.5 - h, 1.5))
    assert middle - inside == pytest.approx(0.0, abs=1e-5)


def test_forms_and_cache() -> None:
    forms = [pair_correction(cell).form for cell in (CELLS[1], CELLS[4], CELLS[2], CELLS[0])]
    assert tuple(forms) == FORMS
    assert pair_correction(Box((3.0, 3.0, 3.0))) is pair_correction(CELLS[0])
    assert pair_correction(CELLS[4]).coefficients.shape[1] == 1
    assert np.count_nonzero(pair_correction(CELLS[0]).coefficients) <= 41


def test_form_is_what_its_words_say() -> None:
    coefficients = np.arange(1.0, 13.0).reshape(2, 2, 3)
    one = PairCorrection(coefficients, np.array([2.0, 2.0, 2.0]), 1.0, "cubic", 0.0)
    X, Y, Z = 0.25, 1.0, 2.25
    arguments = {
        "oblong": (X, Y, Z),
        "square": (X + Y, X * Y, Z),
        "cubic": (X + Y + Z, X * Y + Y * Z + Z * X, X * Y * Z),
    }
    for form, (s, t, u) in arguments.items():
        expected = sum(coefficients[a, b, c] * s**a * t**b * u**c for a, b, c in np.ndindex(2, 2, 3))
        assert replace(one, form=form)(1.0, 2.0, -3.0) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("cell", [Box((1, 1, 3)), Slit(5.0, 1.0), Tube(3.0, 1.0)], ids=repr)
def test_slender_cells_are_refused(cell: Box | Slit | Tube) -> None:
    with pytest.raises(ParameterError, match="choose sides that differ less, or a period that is longer"):
        pair_correction(cell)


def test_finite_cells_are_refused() -> None:
    with pytest.raises(ParameterError, match=r"PoreCell.* has no periods"):
        pair_correction(PoreCell((-1, 1), (1, 1), 5, 5))  # type: ignore[arg-type]
