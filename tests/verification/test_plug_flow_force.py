# SPDX-License-Identifier: LGPL-3.0-or-later
"""Force of the ions on a liquid that is moved through the patterns as a plug.

The plug-flow problem: the velocity is U along x everywhere, Nernst-Planck is solved with it, and
F(U) = M times the integral over z from -1 to 1 of the mean over x of (c+ - c-) E_x. A positive dF/dU feeds a flow,
a negative one brakes it; the closed form for weak charge changes sign at J = 2s.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from dolfinx import fem
from measures import Mean

import fem_ionics as fi
from fem_ionics.parameters.groups import ActiveChannelGroups

WEAK = ActiveChannelGroups(s=0.05, J=0.15, k=1.0, K=2.0, b=0.0, m=0.5)


def closed_form(s: float, J: float) -> float:
    k, K = WEAK.k, WEAK.K
    l = np.hypot(k, K)
    slope = -(1 / (k * np.tanh(k)) - 1 / (l * np.tanh(l))) / K**4
    slope += (1 / np.tanh(l) + l / np.sinh(l) ** 2) / (2 * K**2 * l**3)
    return -WEAK.m * s * k**2 * K**2 / 2 * (J - 2 * s) * slope


@dataclass
class Plug:
    """PNP with a uniform velocity U (D/h) added to the flux of each ion."""

    def __post_init__(self) -> None:
        half = 5e-9
        self.channel = WEAK.to_si(half_height=half)
        salt = self.channel.electrolyte
        wave = fi.pattern.cosine("x", wavelength=self.channel.wavelength)
        self.charge, self.flux = fi.Parameter("charge", 0.0, "C/m2"), fi.Parameter("flux", 0.0, "mol/m2/s")
        domain = fi.geometry.channel(
            self.channel.wavelength, 2 * half, resolve=salt.debye_length, half=True, refine=1.0
        )
        conditions = [
            fi.SurfaceCharge(self.charge * wave, on="walls"),
            fi.IonFlux("cation", self.flux * wave, on="walls"),
            fi.FixedTotal("cation", salt.bulk["cation"]),
            fi.FixedTotal("anion", salt.bulk["anion"]),
        ]
        self.model = fi.PNP(salt, domain, conditions)
        self.velocity: Any = fem.Constant(domain.mesh, 0.0)
        dx = domain.dx(degree=self.model.quadrature_degree)
        cation, anion = (self.model.field_named(name) for name in ("cation", "anion"))
        for ion in (cation, anion):
            self.model.residual -= self.velocity * ion.function * ion.test.dx(0) * dx
        self.steady = fi.Steady(self.model)
        field = -self.model.field_named("potential").function.dx(0)
        self.pull = Mean(self.model, (cation.function - anion.function) * field)

    def force(self, s: float, J: float, U: float) -> float:
        self.charge.value = self.channel.surface_charge * s / WEAK.s
        self.flux.value = self.channel.flux * J / WEAK.J
        self.velocity.value = U
        return 2.0 * WEAK.M * self.pull(self.steady.solve())

    def slope(self, s: float, J: float) -> float:
        """dF/dU at rest."""
        return (self.force(s, J, 0.01) - self.force(s, J, -0.01)) / 0.02


@pytest.fixture(scope="module")
def plug() -> Iterator[Plug]:
    yield Plug()


def test_reference_values(plug: Plug) -> None:
    assert closed_form(0.05, 0.15) == pytest.approx(1.0215e-4, rel=2e-5, abs=0)
    assert plug.slope(0.05, 0.15) == pytest.approx(1.0267e-4, rel=1e-4, abs=0)


def test_no_force_at_rest(plug: Plug) -> None:
    assert abs(plug.force(0.05, 0.15, 0.0)) < 1e-12


def test_closed_form_is_the_limit_of_weak_charge(plug: Plug) -> None:
    """What the closed form leaves out falls in proportion to the charge."""
    rest = [plug.slope(s, 3 * s) / closed_form(s, 3 * s) - 1 for s in (0.05, 0.1)]
    assert rest[1] / rest[0] == pytest.approx(4.0, rel=0.2, abs=0)
    assert abs(rest[0]) < 6e-3


def test_sign_changes_at_twice_the_charge(plug: Plug) -> None:
    slopes = [plug.slope(0.05, J) for J in (0.05, 0.10, 0.15)]
    assert slopes[0] < 0.0 < slopes[2]
    zero = np.interp(0.0, slopes, (0.05, 0.10, 0.15))
    assert zero == pytest.approx(0.10, rel=2e-3, abs=0)
