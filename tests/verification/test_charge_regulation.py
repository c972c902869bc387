# SPDX-License-Identifier: LGPL-3.0-or-later
"""Charge-regulating walls against Grahame's equation with the groups' equilibrium, and a Poisson-Boltzmann slit.

Leyva et al., arXiv:2510.15092, state that spontaneous flow persists with regulated and with unequal charges: shown
for the active channel at the end.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest
from measures import mean_velocity, peak_velocity
from scipy.constants import N_A, R, e, epsilon_0
from scipy.integrate import solve_bvp
from scipy.optimize import brentq

import fem_ionics as fi
from fem_ionics.observe import WallCharge, balances
from fem_ionics.observe.points import evaluate
from fem_ionics.units import mC, mM, nm

F = e * N_A
T, EPSILON = 298.15, 78.4 * epsilon_0
VT = R * T / F
BATH = 10.0  # mol/m3
SALT = fi.Electrolyte.symmetric(BATH, 1e-9, permittivity=78.4, temperature=T)
FAR = 14.0 * SALT.debye_length
SITES = 1.0 / nm**2
#: Acids and their pK, bases and theirs.
Groups = tuple[float, float, float, float]
BOUND = {"cation": "potentials", "protons": None, "cation, concentrations": "concentrations"}


class Amphoteric:
    """A wall with acids and bases before a bath; the protons' bulk has the concentration of the cation."""

    def __init__(self, binding: str) -> None:
        self.acids, self.bases = fi.Parameter("acids", SITES), fi.Parameter("bases", SITES)
        self.acid_pK, self.base_pK = fi.Parameter("acid pK", 2.0), fi.Parameter("base pK", 2.0)
        groups = [fi.AcidGroup(self.acids, self.acid_pK), fi.BaseGroup(self.bases, self.base_pK)]
        given: dict[str, Any] = {"pH": 2.0} if binding == "protons" else {"ion": "cation"}
        domain = fi.geometry.channel(FAR, 2 * FAR, resolve=SALT.debye_length / 4, half=True, axial=3, refine=2.0)
        held = [fi.Fixed(name, BATH, on="symmetry") for name in SALT.names]
        conditions = [
            fi.ChargeRegulation(groups, on="walls", **given),
            fi.Fixed("potential", 0.0, on="symmetry"),
            *held,
        ]
        self.steady = fi.Steady(fi.PNP(SALT, domain, conditions, unknowns=BOUND[binding]))

    def solve(self, acids: float, acid_pK: float, bases: float, base_pK: float) -> fi.State:
        self.acids.value, self.acid_pK.value, self.bases.value, self.base_pK.value = acids, acid_pK, bases, base_pK
        return self.steady.solve()


def dissociated(groups: Groups, concentration: float) -> float:
    """Charge of the groups, C/m2."""
    acids, acid_pK, bases, base_pK = groups
    acid, base = 10 ** (3 - acid_pK), 10 ** (3 - base_pK)
    return float(-e * acids / (1 + concentration / acid) + e * bases / (1 + base / concentration))


def exact(groups: Groups) -> tuple[float, float]:
    """Potential and charge at which Grahame's formula and the groups agree."""

    def grahame(zeta: float) -> float:
        return float(np.sqrt(8 * EPSILON * R * T * BATH) * np.sinh(zeta / (2 * VT)))

    def excess(zeta: float) -> float:
        return grahame(zeta) - dissociated(groups, BATH * np.exp(-zeta / VT))

    zeta = brentq(excess, -0.5, 0.5, xtol=1e-15, rtol=1e-14)
    return zeta, grahame(zeta)


@pytest.fixture(scope="module")
def wall() -> Callable[[str], Amphoteric]:
    return cache(Amphoteric)


@pytest.mark.parametrize("binding", BOUND)
@pytest.mark.parametrize(
    ("groups", "charge"),
    [
        ((SITES, 2.0, 0.0, 2.0), -15.7976e-3),
        ((SITES, 4.0, 0.0, 2.0), -1.27867e-3),
        ((0.0, 2.0, SITES, 2.0), 15.7976e-3),
        ((SITES, 1.0, 0.3 * SITES, 3.0), -20.0736e-3),
    ],
)
def test_grahame_with_groups_in_equilibrium(wall: Any, binding: str, groups: Groups, charge: float) -> None:
    zeta, density = exact(groups)
    assert density == pytest.approx(charge, rel=1e-3, abs=0)
    state = wall(binding).solve(*groups)
    assert WallCharge()(state) == pytest.approx(density, rel=5e-6, abs=0)
    at_wall = evaluate(state, "potential", np.array([[0.0, FAR]]), outside="error")[0]
    assert at_wall == pytest.approx(zeta, rel=1e-5, abs=0)
    assert balances(state).defects["charge"] < 1e-10


@pytest.mark.parametrize("binding", BOUND)
def test_isoelectric_point(wall: Any, binding: str) -> None:
    """Equal numbers of acids and bases carry nothing where pH = (pK_acid + pK_base)/2."""
    state = wall(binding).solve(SITES, 3.0, SITES, 1.0)
    assert abs(WallCharge()(state)) < 1e-12 * e * SITES
    assert abs(WallCharge()(wall(binding).solve(SITES, 3.0, SITES, 1.1))) > 1e-4 * e * SITES


@pytest.mark.parametrize("binding", BOUND)
@pytest.mark.parametrize(("pK", "acid", "base"), [(-20.0, -1.0, 0.0), (30.0, 0.0, 1.0)])
def test_limits_of_strong_and_weak_groups(wall: Any, binding: str, pK: float, acid: float, base: float) -> None:
    """K much above every concentration: all acids are charged and no base is; much below: the reverse."""
    for groups, share in (((SITES, pK, 0.0, 0.0), acid), ((0.0, 0.0, SITES, pK), base)):
        found = WallCharge()(wall(binding).solve(*groups)) / (e * SITES)
        assert found == pytest.approx(share, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("unknowns", ["concentrations", "potentials"])
def test_closed_slit(unknowns: str) -> None:
    """The anion's amount is given, the cation's follows from the charge that the walls then have."""
    half, mean, group = 5 * nm, 50 * mM, (SITES, 1.0, 0.0, 0.0)
    domain = fi.geometry.channel(2 * half, 2 * half, resolve=0.5 * nm, half=True, axial=3, refine=2.0)
    conditions = [
        fi.ChargeRegulation(fi.AcidGroup(*group[:2]), on="walls", ion="cation"),
        fi.FixedTotal("anion", mean),
    ]
    state = fi.steady(fi.PNP(SALT, domain, conditions, unknowns=unknowns))
    charge, cation = slit(half, mean, group)
    assert -0.25 * e * SITES < charge < -0.15 * e * SITES  # far from both limits
    assert WallCharge()(state) == pytest.approx(charge, rel=2e-5, abs=0)
    found = evaluate(state, "cation", np.array([[0.0, 0.0], [0.0, half]]), outside="error")
    assert found == pytest.approx(cation, rel=2e-4, abs=0)
    assert fi.observe.Mean("cation")(state) == pytest.approx(mean - charge / (F * half), rel=2e-5, abs=0)
    assert fi.observe.Mean("anion")(state) == pytest.approx(mean, rel=1e-10, abs=0)


def slit(half: float, mean: float, group: Groups) -> tuple[float, tuple[float, float]]:
    """Charge of the walls, C/m2, and the cation in the middle and at the wall, from a collocation method.

    Unknown: potential phi (VT) and its slope over y in [0, 1], the amount of anions, and both middle concentrations.
    """
    strength = F * mean * half**2 / (EPSILON * VT)

    def rates(_: Any, u: Any, middle: Any) -> Any:
        phi, slope, _amount = u
        cation, anion = middle[0] * np.exp(-phi), middle[1] * np.exp(phi)
        return np.vstack([slope, -strength * (cation - anion), anion])

    def ends(a: Any, b: Any, middle: Any) -> Any:
        charge = dissociated(group, mean * middle[0] * np.exp(-b[0]))
        return np.array([a[0], a[1], a[2], b[1] - charge * half / (EPSILON * VT), b[2] - 1.0])

    y = np.linspace(0.0, 1.0, 101)
    found = solve_bvp(rates, ends, y, np.vstack([-y * y, -2 * y, y]), p=[2.0, 0.5], tol=1e-8, max_nodes=20000)
    assert found.success
    middle = mean * found.p[0]
    at_wall = middle * np.exp(-found.y[0, -1])
    return dissociated(group, at_wall), (middle, at_wall)


WAVE = fi.pattern.cosine("x", wavelength=50 * nm)
#: Ten elevenths of the groups are charged in 100 mM, where the stripes make 50 mC/m2 cos kx.
STRIPES = 1.1 * 50 * mC / e
WALLS = {
    "regulated": (
        fi.ChargeRegulation(
            [
                fi.AcidGroup(STRIPES * fi.pattern.positive_part(-WAVE), pK=0.0),
                fi.BaseGroup(STRIPES * fi.pattern.positive_part(WAVE), pK=2.0),
            ],
            on="walls",
            ion="cation",
        ),
        fi.FixedTotal("anion", 100.0),
    ),
    "unequal": (fi.SurfaceCharge(50 * mC * WAVE - 10 * mC, on="walls"), fi.FixedTotal("cation", 100.0)),
}


@pytest.mark.filterwarnings("ignore::fem_ionics.errors.ResolutionWarning")
@pytest.mark.parametrize(("walls", "speed"), [("regulated", 0.7764), ("unequal", 0.7336)])
def test_spontaneous_flow_survives(walls: str, speed: float) -> None:
    """None at 20 mol/m2/s; at 35 a steady flow without bias. Speeds in D/h, the same on a mesh 1.6 times finer."""
    salt = fi.Electrolyte.symmetric(100.0, 1e-9, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0)
    flux, phase = fi.Parameter("flux", 20.0), fi.Parameter("phase", 0.0)
    conditions = [
        *WALLS[walls],
        fi.IonFlux("cation", flux * fi.pattern.cosine("x", wavelength=50 * nm, phase=phase), on="walls"),
        fi.Slip(10 * nm, on="walls"),
    ]
    domain = fi.geometry.channel(50 * nm, 10 * nm, resolve=salt.debye_length, half=True)
    model = fi.PNPS(salt, domain, conditions)
    velocity, solver = mean_velocity(model), fi.Steady(model)
    symmetric = solver.solve()
    assert abs(velocity(symmetric)) < 1e-9 * peak_velocity(symmetric)
    flux.value, state = 35.0, None
    for phase.value in (0.2, 0.05, 0.0):
        state = solver.solve(state)
    assert abs(velocity(state)) == pytest.approx(speed, rel=1e-3, abs=0)
