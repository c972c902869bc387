# SPDX-License-Identifier: LGPL-3.0-or-later
"""Walls and the liquid: what holds exactly, and what holds to the order of the elements."""

import numpy as np
import pytest
import ufl
from dolfinx import fem

import fem_ionics as fi
from fem_ionics.geometry import channel
from fem_ionics.units import mC, nm

SALT = fi.Electrolyte.symmetric(100.0, 1e-9, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0)
WAVE = fi.pattern.cosine("x", wavelength=50 * nm)
LENGTH, HEIGHT, SLIP = 50 * nm, 10 * nm, 10 * nm
AMOUNTS = [fi.FixedTotal(name, 100.0) for name in SALT.names]
ACTIVE = [
    fi.SurfaceCharge(50 * mC * WAVE, on="walls"),
    fi.IonFlux("cation", 10.0 * WAVE, on="walls"),
    fi.Slip(SLIP, on="walls"),
    *AMOUNTS,
]


def straight(half=True, **options):
    return channel(LENGTH, HEIGHT, resolve=SALT.debye_length, half=half, axial=6, across=3, **options)


def integral(model, integrand, measure):
    return model.domain.comm.allreduce(fem.assemble_scalar(fem.form(integrand * measure)))


def driven(domain, gradient=-1e12, slip=SLIP):
    """Uncharged liquid under a pressure gradient."""
    return fi.PNPS(SALT, domain, [fi.PressureGradient(gradient), fi.Slip(slip, on="walls"), *AMOUNTS])


def as_if_curved(domain):
    """The same domain, whose straight wall is treated like a curved one."""
    object.__setattr__(domain, "curved", frozenset({"top wall", "walls"}))
    return domain


@pytest.mark.mpi
@pytest.mark.parametrize("bend", [lambda domain: domain, as_if_curved], ids=["strongly", "weakly"])
def test_poiseuille_with_slip_is_exact(bend):
    model = driven(bend(straight()))
    assert (_dofs_at_the_wall(model) == 0) == ("walls" in model.domain.curved)
    state = fi.steady(model)
    velocity = state.field("velocity")
    y = velocity.function_space.tabulate_dof_coordinates()[:, 1] * model.domain.unit
    u = velocity.x.array.reshape(-1, 2)
    half = HEIGHT / 2
    expected = 1e12 / (2 * 1e-3) * (half**2 - y**2 + 2 * half * SLIP)
    np.testing.assert_allclose(u[:, 0], expected[: len(u)], rtol=1e-9)
    assert np.abs(u[:, 1]).max(initial=0.0) < 1e-9 * (1e12 / 2e-3 * half**2)


def _dofs_at_the_wall(model):
    """Velocity components held there (collective)."""
    space = model.field_named("velocity").function.function_space
    y = space.tabulate_dof_coordinates()[:, 1]
    held = [np.unique(condition.dof_indices()[0] // 2) for condition in model.fixed]
    return model.domain.comm.allreduce(int(sum(np.sum(y[dofs] > 0.999) for dofs in held)))


@pytest.fixture(scope="module")
def symmetric():
    """Active half channel below its instability."""
    return fi.steady(fi.PNPS(SALT, straight(), ACTIVE))


@pytest.mark.mpi
def test_the_symmetric_state_has_no_mean_flow(symmetric):
    model = symmetric.model
    model.load(symmetric)
    dx = model.domain.dx(degree=6)
    u = model.field_named("velocity").function
    speed = np.sqrt(integral(model, ufl.dot(u, u), dx))
    assert speed > 0.1
    assert abs(integral(model, u[0], dx)) < 1e-10 * speed
    multipliers = [a for f, a in zip(model.fields, symmetric.arrays, strict=True) if f.kind == "multiplier"]
    assert len(multipliers) == 4
    assert max(np.abs(a).max(initial=0.0) for a in multipliers) < 1e-10


@pytest.mark.mpi
def test_half_a_channel_is_half_of_the_whole(symmetric):
    whole = fi.steady(fi.PNPS(SALT, straight(half=False), ACTIVE))
    numbers = []
    for state in (symmetric, whole):
        model = state.model
        model.load(state)
        dx = model.domain.dx(degree=6)
        phi, c, _, u, p = (field.function for field in model.fields[:5])
        wanted = [ufl.dot(u, u), phi * phi, c * c, p * p, ufl.inner(ufl.grad(u), ufl.grad(u))]
        numbers.append([model.domain.multiplicity * integral(model, each, dx) for each in wanted])
    np.testing.assert_allclose(numbers[1], numbers[0], rtol=1e-8)


def test_a_straight_wall_held_weakly_is_the_same_wall(symmetric):
    weak = fi.steady(fi.PNPS(SALT, as_if_curved(straight()), ACTIVE))
    difference, size = 0.0, 0.0
    for name in ("velocity", "cation"):
        a, b = (state.field(name).x.array for state in (weak, symmetric))
        comm = weak.model.domain.comm
        difference = max(comm.allgather(np.abs(a - b).max(initial=0.0)))
        size = max(comm.allgather(np.abs(b).max(initial=0.0)))
        assert 0.0 < difference < 0.03 * size, name


def test_nothing_passes_a_wavy_wall_to_the_order_of_the_elements():
    leaks = []
    for cells in (6, 12):
        domain = channel(
            LENGTH, HEIGHT, resolve=SALT.debye_length, half=True, axial=cells, across=cells // 2, wall=1.5 * nm * WAVE
        )
        model = driven(domain)
        model.load(fi.steady(model))
        u = model.field_named("velocity").function
        ds = domain.ds("walls", degree=8)
        through = ufl.dot(u, domain.normal)
        size = np.sqrt(integral(model, ufl.dot(u, u), ds))
        leaks.append(np.sqrt(integral(model, through**2, ds)) / size)
    assert leaks[1] < 1e-2
    assert np.log2(leaks[0] / leaks[1]) > 2.0


def test_ions_stay_in_a_wavy_channel():
    wavy = fi.PNPS(SALT, straight(wall=1 * nm * WAVE), ACTIVE)
    state = fi.steady(wavy)
    wavy.load(state)
    dx = wavy.domain.dx(degree=wavy.quadrature_degree)
    volume = integral(wavy, fem.Constant(wavy.domain.mesh, 1.0), dx)
    for name in SALT.names:
        assert integral(wavy, wavy.expression(name), dx) / volume == pytest.approx(100.0, rel=1e-12, abs=0)
