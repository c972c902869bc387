# SPDX-License-Identifier: LGPL-3.0-or-later
"""Charge neutrality: two thin plates (case C20), and a cylinder through a membrane."""

import numpy as np
import pytest
from scipy.special import i0, i1, k0, k1

import fem_ionics as fi

KCL = fi.Electrolyte.kcl(10.0)
LAMBDA = KCL.debye_length
#: C/m2: weak enough for the linear equations.
WEAK = -1e-5


def share_between_plates(width: float, thickness: float) -> float:
    """Part of a sheet's charge that is screened between the middle of a slit and the middle of the sheet."""
    size = width / 2 + 15 * LAMBDA
    plate = width / 2 - size / 2
    edges = [plate - thickness / 2, plate, plate + thickness / 2]
    options = {"periodic": None, "half": True, "across": 1}
    domain = fi.geometry.channel(size, size, resolve=thickness, edges=edges, **options)
    sheet = fi.pattern.patches("x", width=thickness, centre=plate)
    model = fi.PNP(KCL, domain, [fi.Bath(KCL, on="right"), fi.FixedCharge(WEAK / thickness * sheet)])
    x, weights = np.polynomial.legendre.leggauss(60)
    half = width / 4
    places = np.column_stack([plate - half + half * x, np.full_like(x, 0.1 * size)])
    charge = fi.observe.evaluate(fi.poisson_boltzmann(model), "charge density", places)
    return -float(half * weights @ charge) / WEAK


@pytest.mark.parametrize(("width", "share"), [(0.1, 0.048), (1.0, 0.316), (2.0, 0.432)])
def test_thin_plates(width: float, share: float) -> None:
    exact = np.tanh(width / 2) / (1 + np.tanh(width / 2))
    assert exact == pytest.approx(share, abs=5e-4, rel=0)
    found = share_between_plates(width * LAMBDA, 0.02 * min(width, 1.0) * LAMBDA)
    assert found == pytest.approx(exact, rel=5e-5, abs=0)


def test_thickness_of_the_plates_is_of_second_order() -> None:
    exact = np.tanh(0.5) / (1 + np.tanh(0.5))
    thick, thin = (abs(share_between_plates(LAMBDA, part * LAMBDA) / exact - 1) for part in (0.16, 0.08))
    assert 3.0 < thick / thin < 5.0


def conducting_baths(radius: float, length: float, permittivity: float) -> float:
    """Share of a pore between baths whose potential is zero up to the membrane; see demos/neutrality_breakdown.py."""
    odd = 2 * np.arange(4000) + 1
    k = odd * np.pi / length
    q = np.hypot(k, 1 / LAMBDA)
    inner, outer = np.minimum(q * radius, 300.0), np.minimum(k * radius, 300.0)
    inside = KCL.permittivity * i1(inner) / i0(inner)
    shares = inside / (LAMBDA**2 * q) / (inside * q + permittivity * k * k1(outer) / k0(outer))
    return float(np.sum(8 / (odd * np.pi) ** 2 * shares))


@pytest.mark.parametrize(("permittivity", "near"), [(2.0, 0.02), (10.0, 0.02), (78.4, 0.06)])
def test_cylinder_through_a_membrane(permittivity: float, near: float) -> None:
    radius, length = 1e-9, 80e-9
    domain = fi.geometry.cylindrical_pore(
        radius, length, reservoir=(3 * length, 5 * LAMBDA), resolve=radius, membrane="dielectric"
    )
    conditions = [fi.Bath(KCL, on=("cis", "trans")), fi.SurfaceCharge(10 * WEAK, on="pore wall")]
    state = fi.poisson_boltzmann(fi.PNP(KCL, domain, [*conditions, fi.Permittivity(permittivity, on="membrane")]))
    wall = 10 * WEAK * domain.area("pore wall")
    inside = -fi.observe.Integral("charge density", region="pore")(state) / wall
    # The potential leaves the mouths: a little more stays in the pore than between conducting baths.
    exact = conducting_baths(radius, length, permittivity)
    assert exact < inside < (1 + near) * exact
    assert 0.9 < -fi.observe.Integral("charge density", region="fluid")(state) / wall <= 1.0


def test_endless_tube_is_neutral() -> None:
    tube = fi.geometry.tube(1e-9, 1e-9, resolve=1e-9)
    model = fi.PNP(KCL, tube, [fi.SurfaceCharge(WEAK, on="pore wall"), fi.FixedTotal("Cl-", 10.0)])
    charge = fi.observe.Integral("charge density")(fi.steady(model))
    assert -charge == pytest.approx(WEAK * tube.area("pore wall"), rel=1e-8)
