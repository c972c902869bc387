# SPDX-License-Identifier: LGPL-3.0-or-later
"""A long charged tube: Onsager's symmetry, Rice and Whitehead, thick and thin layers, and what is refused."""

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics import reduced
from fem_ionics.constants import FARADAY, GAS
from fem_ionics.errors import ParameterError
from fem_ionics.units import nm

MIXTURE = fi.Electrolyte.mixture({"KCl": 20.0, "CaCl2": 10.0})


@pytest.mark.parametrize("slip", [0.0, 5 * nm])
@pytest.mark.parametrize(
    ("radius", "sigma", "electrolyte"),
    [
        (5 * nm, -0.02, fi.Electrolyte.kcl(1.0)),
        (5 * nm, -0.16, fi.Electrolyte.kcl(10.0)),
        (20 * nm, 0.05, fi.Electrolyte.kcl(1000.0)),
        (3 * nm, -0.1, MIXTURE),
    ],
    ids=("dilute", "strong", "thin", "mixture"),
)
def test_onsager(radius: float, sigma: float, electrolyte: fi.Electrolyte, slip: float) -> None:
    """The response to each force is integrated by itself; reciprocity and positive dissipation are not put in."""
    tube = reduced.capillary(radius, sigma, electrolyte, slip)
    L = tube.matrix
    scale = np.sqrt(np.outer(np.diag(L), np.diag(L)))
    np.testing.assert_allclose((L - L.T) / scale, 0.0, atol=1e-11)
    assert np.linalg.eigvalsh((L + L.T) / (2 * scale)).min() > 0.0
    assert tube.streaming_coefficient == pytest.approx(tube.electro_osmotic_mobility, rel=1e-9, abs=0)
    poiseuille = (radius**2 / 8 + radius * slip / 2) / electrolyte.viscosity
    assert tube.permeability == pytest.approx(poiseuille, rel=1e-11, abs=0)


@pytest.mark.parametrize("k", [1.0, 5.0])
def test_low_zeta_is_that_of_rice_and_whitehead(k: float) -> None:
    w = fi.Electrolyte.kcl(10.0)
    tube = reduced.capillary(k * w.debye_length, 1e-6, w)
    mobility = reduced.tube_mobility(tube.radius, tube.zeta, w)
    assert tube.electro_osmotic_mobility == pytest.approx(mobility, rel=1e-6, abs=0)


@pytest.mark.parametrize(("radius", "sigma"), [(5 * nm, -0.16), (200 * nm, 0.01)])
def test_smoluchowski_and_neutrality(radius: float, sigma: float) -> None:
    """u = (eps/eta)(phi - zeta) E at any charge, averaged; the liquid carries the opposite of the wall."""
    w = fi.Electrolyte.kcl(10.0)
    tube = reduced.capillary(radius, sigma, w)
    weight = 2 * np.pi * tube.r
    charge = FARADAY * np.trapezoid(weight * (np.array(w.valences) @ tube.concentrations), tube.r)
    assert charge == pytest.approx(-2 * np.pi * radius * sigma, rel=1e-4, abs=0)
    mean = np.trapezoid(weight * (tube.potential - tube.zeta), tube.r) / tube.area
    assert tube.electro_osmotic_mobility == pytest.approx(w.absolute_permittivity / w.viscosity * mean, rel=1e-4, abs=0)


def test_thin_layers_are_those_of_bikerman() -> None:
    """At radii of 100 Debye lengths: bulk and wall in parallel, electro-osmosis of Smoluchowski."""
    w, sigma = fi.Electrolyte.kcl(1000.0), -0.1
    radius = 100 * w.debye_length
    tube = reduced.capillary(radius, sigma, w)
    wall = reduced.surface_conductivity(sigma, w, flow=True)
    # What remains is the curvature of the layer, of the order of lambda/a in the wall's part.
    assert (tube.conductivity - w.conductivity) * radius / 2 == pytest.approx(wall, rel=0.02, abs=0)
    assert tube.zeta == pytest.approx(reduced.zeta_potential(sigma, w), rel=0.005, abs=0)


def test_dilute_tubes_reach_the_plateau() -> None:
    w, sigma, radius = fi.Electrolyte.kcl(1e-3), -0.02, 3 * nm
    tube = reduced.capillary(radius, sigma, w)
    plateau = reduced.plateau_conductance(radius, 1e-6, sigma, w)
    convection = tube.matrix[1, 1] * FARADAY**2 / 1e-6 - plateau
    assert tube.conductance(1e-6) == pytest.approx(plateau + convection, rel=1e-3, abs=0)
    assert 0.0 < convection < plateau
    assert tube.transference["K+"] == pytest.approx(1.0, abs=1e-3)


def test_uncharged() -> None:
    tube = reduced.capillary(5 * nm, 0.0, MIXTURE)
    assert tube.conductivity == pytest.approx(MIXTURE.conductivity, rel=1e-12, abs=0)
    assert tube.electro_osmotic_mobility == pytest.approx(0.0, abs=1e-20)
    still = tube.matrix[1:, 1:] - np.outer(tube.matrix[1:, 0], tube.matrix[0, 1:]) / tube.matrix[0, 0]
    diffusion = np.array(MIXTURE.diffusivities) * MIXTURE.concentrations * tube.area / (GAS * 298.15)
    np.testing.assert_allclose(still, np.diag(diffusion), rtol=1e-9, atol=1e-9 * diffusion.max())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0.0, 0.1, MIXTURE), "radius = 0.0"),
        ((1e-9, np.inf, MIXTURE), "surface_charge = inf"),
        ((1e-9, 0.1, None), "an Electrolyte with ions"),
        ((1e-9, 0.1, MIXTURE, -1.0), "slip = -1.0"),
        ((1e-9, 0.1, MIXTURE, 0.0, 0.0), "tolerance = 0.0"),
    ],
)
def test_what_is_refused(arguments, words: str) -> None:
    with pytest.raises(ParameterError, match=words):
        reduced.capillary(*arguments)
