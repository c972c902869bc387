# SPDX-License-Identifier: LGPL-3.0-or-later
"""The flagship's critical flux as a computed bifurcation: three ways to it, its branches, and its kin."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from channels import Flagship
from mpi4py import MPI
from scipy.constants import e

import fem_ionics as fi
from fem_ionics.bifurcation import Branch, SpecialPoint
from fem_ionics.bifurcation.cuts import vectors_at
from fem_ionics.errors import ModelError
from fem_ionics.units import nm

pytestmark = pytest.mark.filterwarnings("ignore::fem_ionics.errors.ResolutionWarning")

#: mol/m2/s: of this mesh (the pitchfork's own), and from transients and eigenvalues of a prototype on finer ones.
CRITICAL, PROTOTYPE = 24.66461, 24.6655


@pytest.fixture(scope="module")
def flagship() -> Iterator[Flagship]:
    yield Flagship()


def follow(flagship: Flagship, **settings: Any) -> Branch:
    given = {"start": 20.0, "stop": 37.0, "mirror": "x", "record": {"U": flagship.velocity}} | settings
    return fi.continuation(flagship.model, flagship.flux, **given)


@pytest.fixture(scope="module")
def branch(flagship: Flagship) -> Branch:
    """The symmetric branch from 20 to 37 mol/m2/s."""
    return follow(flagship, steps=fi.Steps(first=0.1, largest=0.3))


@pytest.fixture(scope="module")
def critical(branch: Branch) -> SpecialPoint:
    (point,) = branch.special()
    return point


def test_pitchfork_is_certified(critical: SpecialPoint) -> None:
    assert (critical.kind, critical.criticality) == ("pitchfork", "supercritical")
    assert critical.value == pytest.approx(CRITICAL, rel=2e-6, abs=0)
    assert critical.value == pytest.approx(PROTOTYPE, rel=1e-4, abs=0)
    certificate = critical.certificate
    assert max(certificate.residual, certificate.singular, certificate.slack) < 1e-12
    assert certificate.asymmetry < 1e-8
    assert abs(certificate.rate) < 1e-9
    assert min(certificate.transversality, certificate.degeneracy) > 1e-2
    assert abs(critical.coefficients["quadratic"]) < 1e-9 * abs(critical.coefficients["cubic"])


def test_eigenvalue_crosses_zero_there(branch: Branch, critical: SpecialPoint) -> None:
    """The leading rate from points just beside, by a secant: the same flux to 1e-6, the same slope."""
    study, rates = branch.study, []
    fluxes = [critical.value - 0.02, critical.value + 0.02]
    assert study is not None
    for flux in fluxes:
        (x,) = vectors_at(study, branch, flux)
        study.problem.factorise(x)
        rates.append(fi.bifurcation.leading_modes(study.problem, count=4)[0].rate.real)
    slope = (rates[1] - rates[0]) / (fluxes[1] - fluxes[0])
    assert fluxes[0] - rates[0] / slope == pytest.approx(critical.value, rel=1e-6, abs=0)
    assert slope == pytest.approx(critical.coefficients["slope"], rel=1e-4, abs=0)


def test_transients_agree(flagship: Flagship, critical: SpecialPoint) -> None:
    """Growth of a small left/right disturbance in time, below and above: zero within 1 % of the pitchfork."""
    tilt = fi.pattern.cosine("x", wavelength=50 * nm, phase=-np.pi / 2)
    rates = []
    for flux in (24.2, 25.2):
        base = flagship.solve(flux)
        growth = fi.growth_rate(flagship.model, base, {"cation": tilt, "anion": tilt}, flagship.velocity)
        rates.append(growth.rate * flagship.model.scales.time)
    assert rates[0] < 0.0 < rates[1]
    zero = 24.2 - rates[0] / (rates[1] - rates[0])
    assert zero == pytest.approx(critical.value, rel=1e-3, abs=0)
    assert rates[1] - rates[0] == pytest.approx(critical.coefficients["slope"], rel=2e-2, abs=0)


def test_stability_changes_there(branch: Branch) -> None:
    assert np.all(branch["unstable"] == (branch["flux"] > CRITICAL))
    assert branch.stability(-1)[0].rate.real > 0.5
    assert all(mode.residual < 1e-6 for mode in branch.stability(-1))
    assert np.abs(branch["U"]).max() < 1e-9


def test_both_directions_are_mirror_images(branch: Branch, critical: SpecialPoint) -> None:
    """Each computed by itself; the sign is that of the mean velocity."""
    settings: dict[str, Any] = {"stop": 27.0, "steps": fi.Steps(first=0.05, largest=0.1), "stability": 2}
    plus, minus = (branch.switch(critical, sign, **settings) for sign in (1, -1))
    image = plus.mirrored()
    assert plus["U"].min() > 0.0
    assert minus["U"] == pytest.approx(-plus["U"], rel=1e-8, abs=0)
    assert image["U"] == pytest.approx(-plus["U"], rel=1e-10, abs=0)
    difference = image.points[-1].x.copy()
    difference.axpy(-1.0, minus.points[-1].x)
    assert difference.norm() < 1e-8 * minus.points[-1].x.norm()
    assert np.nanmax(plus["unstable"]) == 0.0


def test_velocity_at_1_1(branch: Branch, critical: SpecialPoint) -> None:
    """The flowing branch passes the state that transients end in."""
    flowing = branch.switch(critical, 1, stop=28.0, steps=fi.Steps(first=0.05, largest=0.2), stability=0)
    (state,) = flowing.at(1.1 * PROTOTYPE)
    assert flagship_units(state) == pytest.approx(0.373, rel=1e-3, abs=0)
    assert flowing.factorisations <= 4 * len(flowing)


def flagship_units(state: fi.State) -> float:
    scales = state.model.scales
    return fi.observe.MeanVelocity("x")(state) / scales.velocity


def test_full_channel_agrees(critical: SpecialPoint) -> None:
    salt = fi.Electrolyte.symmetric(100.0, 1e-9, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0)
    domain = fi.geometry.channel(50 * nm, 10 * nm, resolve=salt.debye_length)
    found = threshold(salt, domain, [fi.SurfaceCharge(0.05 * WAVE, on="walls")], ("cation", "anion"), WAVE)
    assert found.value == pytest.approx(critical.value, rel=1e-5, abs=0)


WAVE = fi.pattern.cosine("x", wavelength=50 * nm)
PATCHES = fi.pattern.alternating_patches("x", wavelength=50 * nm, width=12.5 * nm, edge=0.5 * nm)
#: Acids on one half of the cosine and bases on the other; half to most of them charged by the local cation.
REGULATED = fi.ChargeRegulation(
    [
        fi.AcidGroup(0.05 / e * fi.pattern.positive_part(-WAVE), pK=0.0),
        fi.BaseGroup(0.05 / e * fi.pattern.positive_part(WAVE), pK=2.0),
    ],
    ion="cation",
    on="walls",
)


@pytest.mark.parametrize(
    ("charge", "totals", "flux", "expected"),
    [
        (fi.SurfaceCharge(0.05 * PATCHES, on="walls"), ("cation", "anion"), PATCHES, 25.4735),
        (fi.SurfaceCharge(0.05 * WAVE - 0.01, on="walls"), ("cation",), WAVE, 26.8015),
        (REGULATED, ("anion",), WAVE, 24.4653),
    ],
    ids=["patches", "unequal charges", "regulated charge"],
)
def test_kin_bifurcate_too(charge: Any, totals: tuple[str, ...], flux: Any, expected: float) -> None:
    salt = fi.Electrolyte.symmetric(100.0, 1e-9, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0)
    domain = fi.geometry.channel(50 * nm, 10 * nm, resolve=salt.debye_length, half=True, pattern=flux)
    found = threshold(salt, domain, [charge], totals, flux)
    assert found.criticality == "supercritical"
    assert found.value == pytest.approx(expected, rel=1e-5, abs=0)


def threshold(salt: Any, domain: Any, charges: list[Any], totals: tuple[str, ...], pattern: Any) -> SpecialPoint:
    flux = fi.Parameter("active flux", 22.0, "mol/m2/s")
    conditions = [
        *charges,
        fi.IonFlux("cation", flux * pattern, on="walls"),
        fi.Slip(10 * nm, on="walls"),
        *(fi.FixedTotal(ion, 100.0) for ion in totals),
    ]
    model = fi.PNPS(salt, domain, conditions)
    settings: dict[str, Any] = {"mirror": "x", "until": "pitchfork", "steps": fi.Steps(first=0.5, largest=0.5)}
    return fi.continuation(model, flux, stop=30.0, **settings).special("pitchfork")[0]


def test_branch_ends_in_depletion(flagship: Flagship) -> None:
    """A weakly charged wall runs out of cations before any onset; the branch says which ion and where."""
    flagship.charge.value = 0.01
    try:
        branch = follow(flagship, start=8.0, stop=30.0, stability=0, steps=fi.Steps(first=0.2, smallest=2e-3))
    finally:
        flagship.charge.value = 0.05
    assert branch.specials == ()
    assert branch.depleted is not None
    assert branch.depleted.species == "cation"
    assert "depletion" in branch.ended
    assert 15.0 < branch["flux"][-1] < 16.0


def test_no_mirror_without_symmetry(flagship: Flagship) -> None:
    """Shifted patterns have no mirror symmetry: the border of a pitchfork would be wrong, so it is refused."""
    flagship.phase.value = 0.3
    try:
        with pytest.raises(ModelError, match="not symmetric under the mirror"):
            follow(flagship, start=5.0, stop=6.0)
    finally:
        flagship.phase.value = 0.0


@pytest.mark.mpi(least=2)
def test_ranks_agree() -> None:
    """The same pitchfork, branch and type on all ranks together as on each one alone."""
    found = []
    for comm in (MPI.COMM_WORLD, MPI.COMM_SELF):
        case = Flagship(comm=comm)
        branch = follow(case, start=24.0, stop=26.0, steps=fi.Steps(first=0.5, largest=1.0))
        (point,) = branch.special("pitchfork")
        flowing = branch.switch(point, 1, steps=fi.Steps(first=0.3, largest=0.3), stability=0)
        found.append((point.kind, point.criticality, point.value, point.coefficients["cubic"], flowing["U"]))
    together, alone = found
    assert together[:2] == alone[:2]
    assert together[2] == pytest.approx(alone[2], rel=1e-10, abs=0)
    assert together[3] == pytest.approx(alone[3], rel=1e-8, abs=0)
    assert together[4] == pytest.approx(alone[4], rel=1e-8, abs=0)
