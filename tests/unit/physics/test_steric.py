# SPDX-License-Identifier: LGPL-3.0-or-later
"""Crowded ions: limits, thermodynamic consistency, virial coefficients, NumPy against UFL, and what is refused."""

from math import pi

import numpy as np
import pytest
import ufl

from fem_ionics import cite
from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Species, ion
from fem_ionics.physics.steric import BMCSL, DENSEST, Bikerman, CarnahanStarling, StericModel

A = 0.6e-9
SPECIES = (ion("K+"), ion("Ca2+"), ion("Cl-"))
UNEQUAL = BMCSL({"K+": 0.4e-9, "Ca2+": 0.9e-9, "Cl-": 0.55e-9})
MODELS = [Bikerman(A), CarnahanStarling(A), UNEQUAL, BMCSL()]
#: Crowded to a few ten percent of the volume, and a few parts in a thousand (the series of BMCSL).
DENSITIES = [np.array([2.1e26, 2.4e26, 6.3e26]), np.array([1e24, 2e24, 3e24])]


def spheres(eta: float) -> list[float]:
    """Densities of one species at a packing fraction eta of spheres of diameter A."""
    return [6.0 * eta / (pi * A**3)]


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_points_at_infinite_dilution(model: StericModel) -> None:
    assert isinstance(model, StericModel)
    for c in (np.zeros(3), np.array([3e18, 2e18, 1e18]), np.array([-1e18, 0.0, 2e18])):
        np.testing.assert_allclose(model.excess(c, SPECIES, np), 0.0, atol=1e-7)
        assert model.osmotic_pressure(c, SPECIES, np) == pytest.approx(c.sum(), rel=1e-6, abs=0)
    assert model.excess([0.0] * 3, SPECIES, np) == (0.0,) * 3


@pytest.mark.parametrize("c", DENSITIES, ids=("crowded", "dilute"))
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_gibbs_duhem(model: StericModel, c: np.ndarray) -> None:
    """d Pi/d c_j = sum_i c_i d(ln c_i + mu_ex,i)/d c_j, by central differences of each."""
    for j in range(3):
        step = np.zeros(3)
        step[j] = 1e-5 * c[j]
        above, below = c + step, c - step
        pressure = model.osmotic_pressure(above, SPECIES, np) - model.osmotic_pressure(below, SPECIES, np)
        excess = np.subtract(model.excess(above, SPECIES, np), model.excess(below, SPECIES, np))
        assert pressure / (2 * step[j]) == pytest.approx(1.0 + (c @ excess) / (2 * step[j]), rel=1e-8, abs=0)


@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_excess_has_a_free_energy(model: StericModel) -> None:
    """d mu_i/d c_j = d mu_j/d c_i."""
    c = DENSITIES[0]
    jacobian = np.empty((3, 3))
    for j in range(3):
        step = np.zeros(3)
        step[j] = 1e-5 * c[j]
        difference = np.subtract(model.excess(c + step, SPECIES, np), model.excess(c - step, SPECIES, np))
        jacobian[:, j] = difference / (2 * step[j])
    np.testing.assert_allclose(jacobian, jacobian.T, rtol=1e-7)


def test_compressibility_of_carnahan_and_starling() -> None:
    """Z(0.3) = (1 + 0.3 + 0.09 - 0.027)/0.343 = 3.973760933, mu_ex = (2.4 - 0.81 + 0.081)/0.343."""
    model, c = CarnahanStarling(A), spheres(0.3)
    assert model.packing(c, SPECIES[:1]) == pytest.approx(0.3, rel=1e-14, abs=0)
    assert model.osmotic_pressure(c, SPECIES[:1], np) / c[0] == pytest.approx(3.973760933, rel=1e-9, abs=0)
    assert model.excess(c, SPECIES[:1], np)[0] == pytest.approx(1.671 / 0.343, rel=1e-13, abs=0)


@pytest.mark.parametrize("eta", [1e-4, 0.005, 0.0099999, 0.0100001, 0.05, 0.3, 0.6])
def test_a_mixture_of_equal_spheres_is_that_of_carnahan_and_starling(eta: float) -> None:
    c = np.array([0.2, 0.3, 0.5]) * spheres(eta)[0]
    equal, single = BMCSL({each.name: A for each in SPECIES}), CarnahanStarling(A)
    np.testing.assert_allclose(equal.excess(c, SPECIES, np), single.excess(c, SPECIES, np), rtol=1e-13, atol=3e-15)
    pressures = [model.osmotic_pressure(c, SPECIES, np) for model in (equal, single)]
    assert pressures[0] == pytest.approx(pressures[1], rel=1e-14, abs=0)


@pytest.mark.parametrize(
    ("model", "coefficient"),
    [
        # On the lattice a^3/2 for each pair; between spheres (2 pi/3) times the cube of the mean diameter.
        (Bikerman(A), lambda i, j: A**3 / 2),
        (CarnahanStarling(A), lambda i, j: 2 * pi / 3 * A**3),
        (UNEQUAL, lambda i, j: 2 * pi / 3 * ((UNEQUAL.of(SPECIES)[i] + UNEQUAL.of(SPECIES)[j]) / 2) ** 3),
    ],
    ids=("lattice", "equal", "unequal"),
)
def test_second_virial_coefficients(model, coefficient) -> None:
    """mu_ex,i = 2 sum_j B_ij c_j and Pi/kT = sum c + sum_ij B_ij c_i c_j to first order."""
    B = np.array([[coefficient(i, j) for j in range(3)] for i in range(3)])
    c = 1e-5 * DENSITIES[0]
    np.testing.assert_allclose(model.excess(c, SPECIES, np), 2 * B @ c, rtol=2e-5)
    assert model.osmotic_pressure(c, SPECIES, np) - c.sum() == pytest.approx(c @ B @ c, rel=1e-4, abs=0)


def test_third_virial_coefficient_of_spheres() -> None:
    """B3 = 10 eta^2 in Z = 1 + 4 eta + 10 eta^2 + ..., which is exact."""
    (c,) = spheres(1e-3)
    z = [CarnahanStarling(A).osmotic_pressure([s * c], SPECIES[:1], np) / (s * c) for s in (1.0, 2.0)]
    curvature = (z[1] - 2 * z[0] + 1) / (2 * 1e-6)
    assert curvature == pytest.approx(10.0, rel=1e-2, abs=0)


def test_lattice_gives_back_its_concentrations() -> None:
    model, c = Bikerman(A), DENSITIES[0]
    activities = c * np.exp(model.excess(c, SPECIES, np))
    np.testing.assert_allclose(model.concentrations(activities, SPECIES, np), c, rtol=1e-13)
    assert model.explicit
    assert not any(each.explicit for each in MODELS[1:])


@pytest.mark.parametrize("exponent", [0.0, 40.0, 200.0])
def test_a_lattice_is_never_overfull(exponent: float) -> None:
    found = Bikerman(A).concentrations([1e25 * np.exp(exponent), 1e25, 1e25], SPECIES, np)
    assert sum(found) <= 1.0 / A**3
    assert found[0] == pytest.approx(1.0 / A**3, rel=1e-12, abs=0) or exponent == 0.0


def test_saturation() -> None:
    assert Bikerman(A).saturation(SPECIES) == pytest.approx([1.0 / A**3] * 3, rel=1e-14, abs=0)
    for model, full in zip(MODELS, (1.0, DENSEST, DENSEST, DENSEST), strict=True):
        for alone in np.diag(model.saturation(SPECIES)):
            assert model.packing(alone, SPECIES) == pytest.approx(full, rel=1e-13, abs=0)
    assert UNEQUAL.saturation(SPECIES) == pytest.approx(
        [2**0.5 / d**3 for d in (0.4e-9, 0.9e-9, 0.55e-9)], rel=1e-13, abs=0
    )
    assert CarnahanStarling(A).excess(spheres(DENSEST), SPECIES[:1], np)[0] == pytest.approx(126.2725, rel=1e-6, abs=0)


@pytest.mark.parametrize("c", DENSITIES, ids=("crowded", "dilute"))
@pytest.mark.parametrize("model", MODELS, ids=repr)
def test_the_same_numbers_in_ufl(model: StericModel, c: np.ndarray) -> None:
    """And UFL's derivative against a difference of NumPy's values."""
    symbols = [ufl.variable(ufl.as_ufl(float(each))) for each in c]
    symbolic = [*model.excess(symbols, SPECIES, ufl), model.osmotic_pressure(symbols, SPECIES, ufl)]
    numeric = [*model.excess(c, SPECIES, np), model.osmotic_pressure(c, SPECIES, np)]
    for a, b in zip(symbolic, numeric, strict=True):
        assert a(()) == pytest.approx(float(b), rel=1e-14, abs=0)
    step = 1e-6 * c * [0, 1, 0]
    difference = model.excess(c + step, SPECIES, np)[2] - model.excess(c - step, SPECIES, np)[2]
    slope = ufl.algorithms.apply_derivatives.apply_derivatives(ufl.diff(symbolic[2], symbols[1]))
    assert slope(()) == pytest.approx(difference / (2 * step[1]), rel=1e-7, abs=0)


def test_arrays_pass_through() -> None:
    """Columns of points, with empty ones among them."""
    c = np.array([[0.0, 1e26, 3e26], [0.0, 0.0, 1e26], [0.0, 1e26, 2e26]])
    for model in MODELS:
        whole = model.excess(list(c), SPECIES, np)
        for k in range(3):
            assert [each[k] for each in whole] == pytest.approx(model.excess(c[:, k], SPECIES, np), rel=1e-14, abs=0)


def test_diameters_come_from_the_species_unless_given() -> None:
    assert BMCSL({"Cl-": 1e-9}).of(SPECIES) == pytest.approx([2 * ion("K+").radius, 2 * ion("Ca2+").radius, 1e-9])
    assert BMCSL({"Cl-": 1e-9}) == BMCSL({"Cl-": 1e-9}) != BMCSL()
    assert hash(BMCSL()) == hash(BMCSL())


@pytest.mark.parametrize("model", [Bikerman, CarnahanStarling])
@pytest.mark.parametrize("diameter", [0.0, -1e-9, float("nan"), "1 nm", None])
def test_diameters_that_are_none(model, diameter) -> None:
    with pytest.raises(ParameterError, match=r"diameter = .* a positive finite number in m is needed"):
        model(diameter)


def test_mixtures_that_are_none() -> None:
    with pytest.raises(ParameterError, match="name -> diameter in m is needed"):
        BMCSL([1e-9, 2e-9])
    with pytest.raises(ParameterError, match=r'diameter of "K\+" = 0\.0'):
        BMCSL({"K+": 0.0})
    with pytest.raises(ParameterError, match="name in diameters = 3"):
        BMCSL({3: 1e-9})
    with pytest.raises(ParameterError, match=r'diameter of "k\+", but here are .* Did you mean "K\+"'):
        BMCSL({"k+": 1e-9}).excess([1.0] * 3, SPECIES, np)
    with pytest.raises(ParameterError, match=r'species "X" has no radius; give BMCSL\(diameters=\{"X"'):
        BMCSL().excess([1.0], [Species("X", 1, 1e-9)], np)
    for each in MODELS:
        with pytest.raises(ParameterError, match="2 concentrations for 3 species"):
            each.osmotic_pressure([1.0, 2.0], SPECIES, np)


def test_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cite, "_USED", {})
    Bikerman(A), CarnahanStarling(A), BMCSL()
    keys = [reference.key for reference in cite.citations()]
    assert keys == ["bikerman1942", "kilic2007", "carnahan1969", "boublik1970", "mansoori1971"]
