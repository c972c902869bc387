# SPDX-License-Identifier: LGPL-3.0-or-later
"""A manufactured solution of PNP-Navier-Stokes: exact fields, sources of the strong form, and conditions.

The strong form is written here from SI, with the charge times the field as force and the pressure p, and not in the
weak form of the package with -c grad mu and p*: a sign or a factor that is wrong in one of them spoils the orders.
Lengths are in L, potentials in RT/F, concentrations in I (the ionic strength), velocities in D/L with the largest D.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import ufl
from dolfinx import fem
from measures import orders
from scipy.constants import N_A, R, e, epsilon_0

import fem_ionics as fi
from fem_ionics.geometry import Domain
from fem_ionics.parameters import Expression

F = e * N_A
WIDTH = 1.25
SPECIES = (fi.Species("cat", 2, 1e-9), fi.Species("an", -1, 2e-9))
#: A liquid so viscous and dense that no term is small beside the others at L = 2 nm.
ELECTROLYTE = fi.Electrolyte(SPECIES, (40.0, 80.0), viscosity=2e-4, density=2e5)
L = 2e-9


@dataclass(frozen=True, eq=False, repr=False)
class Formula(Expression):
    """A function of scaled position and scaled time, in SI, with the time as a Parameter."""

    function: Callable[[Any, Any, Any], Any]
    scale: float
    time: fi.Parameter
    time_scale: float
    coordinates: tuple[int, ...] = (0, 1)

    @property
    def children(self) -> tuple[Expression, ...]:
        return (self.time,)

    @property
    def is_constant(self) -> bool:
        return False

    def evaluate(self, x: Any, math: Any, value: Any) -> Any:
        scaled = [x[i] / L for i in self.coordinates]
        return self.scale * self.function(scaled, self.time.evaluate(x, math, value) / self.time_scale, math)


# exact fields; the top y = 1 is a wall: no flow through it


def potential(x: Any, t: Any, math: Any) -> Any:
    return 0.6 * math.cos(1.1 * x[0] + 0.4) * math.cos(1.7 * x[1] - 0.3) * (1 + 0.5 * math.sin(4 * t)) + 0.2 * x[0]


def cation(x: Any, t: Any, math: Any) -> Any:
    return 0.5 + 0.2 * math.sin(1.9 * x[0] + 0.3 + 4 * t) * math.cos(1.3 * x[1])


def anion(x: Any, t: Any, math: Any) -> Any:
    return 0.8 + 0.3 * math.cos(1.5 * x[0] - 0.2) * math.sin(1.6 * x[1] + 0.5 - 4 * t)


def velocity(x: Any, t: Any, math: Any) -> tuple[Any, Any]:
    """Curl of a(x) g(y) + b(x) h(y) with g(1) = h(1) = 0; at y = 1 the slip length varies between 1/4 and 1."""
    grow = 1 + 0.5 * math.sin(4 * t)
    a, da = 2 * math.cos(1.2 * x[0]) + 3, -2.4 * math.sin(1.2 * x[0])
    g, dg = math.exp(1 - x[1]) - 1, -math.exp(1 - x[1])
    b, db = 2 * x[0] * x[0], 4 * x[0]
    h, dh = 1.5 - 2.5 * x[1] + x[1] * x[1], 2 * x[1] - 2.5
    return -0.3 * grow * (a * dg + b * dh), 0.3 * grow * (da * g + db * h)


def pressure(x: Any, t: Any, math: Any) -> Any:
    return math.sin(1.4 * x[0] + 0.6 * x[1]) + 0.5 * math.cos(2 * x[1] + 3 * t)


@dataclass(frozen=True)
class Setting:
    """Exact fields over the coordinates of a mesh, and the sides of the mesh.

    Parameters
    ----------
    potential, cation, anion, velocity, pressure
        f(x, t, math) of scaled coordinates.
    make
        Cells across and their shape -> domain.
    held
        Sides that hold all fields; the last of them can be opened to a pressure.
    wall, normal
        Charged side that lets ions through, and the coordinate that its outer normal is along.
    tangent
        Coordinate along which the liquid slips there; None where the wall holds the velocity too.
    coordinates
        Of space, that the mesh has: (0, 2) is the half plane of an axisymmetric domain.
    """

    potential: Callable[..., Any]
    cation: Callable[..., Any]
    anion: Callable[..., Any]
    velocity: Callable[..., Any]
    pressure: Callable[..., Any]
    make: Callable[[int, str], Domain]
    held: tuple[str, ...]
    wall: str
    normal: int
    tangent: int | None
    coordinates: tuple[int, ...] = (0, 1)

    @property
    def axisymmetric(self) -> bool:
        return self.coordinates == (0, 2)


PLANAR = Setting(
    potential,
    cation,
    anion,
    velocity,
    pressure,
    make=lambda cells, shape: fi.geometry.rectangle((WIDTH * L, L), (cells, cells), shape=shape),
    held=("left", "bottom", "right"),
    wall="top",
    normal=1,
    tangent=0,
)


@dataclass(frozen=True)
class Groups:
    """The three scaled groups, from SI."""

    D: float = max(s.diffusivity for s in SPECIES)
    c: float = 0.5 * (4 * 40.0 + 80.0)
    RT: float = R * ELECTROLYTE.temperature

    @property
    def poisson(self) -> float:
        return epsilon_0 * ELECTROLYTE.permittivity * self.RT / (F**2 * self.c * L**2)

    @property
    def viscous(self) -> float:
        return ELECTROLYTE.viscosity * self.D / (self.RT * self.c * L**2)

    @property
    def inertia(self) -> float:
        return ELECTROLYTE.density * self.D**2 / (self.RT * self.c * L**2)


def time_unit() -> float:
    """L^2 / D, s."""
    return L**2 / Groups().D


class Exact:
    """The exact fields over a mesh at a moment, as UFL."""

    def __init__(self, mesh: Any, time: Any, setting: Setting = PLANAR) -> None:
        x = ufl.SpatialCoordinate(mesh)
        self.t = ufl.variable(time)
        self.groups = Groups()
        self.radius = x[0] if setting.axisymmetric else None
        self.phi = setting.potential(x, self.t, ufl)
        self.c = [setting.cation(x, self.t, ufl), setting.anion(x, self.t, ufl)]
        self.u = ufl.as_vector(setting.velocity(x, self.t, ufl))
        self.p = setting.pressure(x, self.t, ufl)
        bulk = (40.0 + 80.0) / self.groups.c
        self.reduced = self.p - (sum(self.c) - bulk)

    def flux(self, i: int) -> Any:
        """N_i."""
        z, D = SPECIES[i].valence, SPECIES[i].diffusivity / self.groups.D
        return -D * (ufl.grad(self.c[i]) + z * self.c[i] * ufl.grad(self.phi)) + self.c[i] * self.u

    def divergence(self, w: Any) -> Any:
        """(1/r) d(r w_r)/dr + dw_z/dz where there is an axis."""
        return ufl.div(w) if self.radius is None else ufl.div(w) + w[0] / self.radius

    def laplacian(self, w: Any) -> Any:
        """Of a vector; e_r turns with the angle, hence the last term of its radial part."""
        parts = [self.divergence(ufl.grad(w[i])) for i in range(len(w))]
        if self.radius is not None:
            parts[0] -= w[0] / self.radius**2
        return ufl.as_vector(parts)

    def sources(self, inertia: bool, transient: bool) -> dict[str, Any]:
        """What the strong form leaves over, by field."""
        g = self.groups
        rho = sum(s.valence * c for s, c in zip(SPECIES, self.c, strict=True))
        found = {"potential": -g.poisson * self.divergence(ufl.grad(self.phi)) - rho}
        for i, species in enumerate(SPECIES):
            rate = ufl.diff(self.c[i], self.t) if transient else 0
            found[species.name] = rate + self.divergence(self.flux(i))
        force = ufl.grad(self.p) - g.viscous * self.laplacian(self.u) + rho * ufl.grad(self.phi)
        if inertia:
            change = ufl.diff(self.u, self.t) if transient else 0 * self.u
            force += g.inertia * (change + ufl.dot(ufl.grad(self.u), self.u))
        return found | {"velocity": force}


@dataclass(frozen=True)
class Case:
    """One choice of equations.

    Parameters
    ----------
    unknowns, inertia
        Of the model.
    transient
        With the rates of change in the sources.
    opened
        The last held side is an opening under pressure; closed otherwise, with the pressure gauged.
    shape
        Of the cells.
    setting
        Fields and sides.
    """

    unknowns: str = "concentrations"
    inertia: bool = False
    transient: bool = False
    opened: bool = False
    shape: str = "quadrilateral"
    setting: Setting = PLANAR

    def build(self, cells: int) -> tuple[fi.Model, Exact, fi.Parameter]:
        """Model with sources, its exact solution and the parameter that is the time (s)."""
        domain = self.setting.make(cells, self.shape)
        time = fi.Parameter("time", 0.0, "s")
        model = fi.PNPS(ELECTROLYTE, domain, self._conditions(time), inertia=self.inertia, unknowns=self.unknowns)
        now = model.values.constants[time] / time_unit()
        exact = Exact(domain.mesh, now, self.setting)
        dx = domain.dx(degree=model.quadrature_degree)
        for name, source in exact.sources(self.inertia, self.transient).items():
            ion = name not in ("potential", "velocity")
            block = f"mu {name}" if ion and self.unknowns == "potentials" else name
            model.residual -= ufl.inner(source, model.field_named(block).test) * dx
        if self.opened:
            ds = domain.ds(self.setting.held[-1], degree=model.quadrature_degree)
            viscous = 2 * exact.groups.viscous * ufl.sym(ufl.grad(exact.u)) * domain.normal
            model.residual -= ufl.inner(viscous, model.field_named("velocity").test) * ds
        return model, exact, time

    def _conditions(self, time: fi.Parameter) -> list[Any]:
        g, fields = Groups(), self.setting
        VT, U = g.RT / F, g.D / L

        def given(function: Any, scale: float) -> Formula:
            return Formula(function, scale, time, time_unit(), fields.coordinates)

        def component(i: int) -> Any:
            return given(lambda x, t, math: fields.velocity(x, t, math)[i], U)

        def at_wall(value: Any, scale: float) -> Formula:
            """Data that only forms need, so that the derivatives are UFL's."""
            return given(lambda x, t, math: value(Exact(ufl.domain.extract_unique_domain(x[0]), t, fields)), scale)

        n, s = fields.normal, fields.tangent
        held, wall = list(fields.held), fields.wall
        at_rest = held[:-1] if self.opened else list(held)
        conditions = [
            fi.Fixed("potential", given(fields.potential, VT), on=held),
            fi.Fixed("cat", given(fields.cation, g.c), on=held),
            fi.Fixed("an", given(fields.anion, g.c), on=held),
            fi.SurfaceCharge(at_wall(lambda e: g.poisson * ufl.grad(e.phi)[n], F * g.c * L), on=wall),
            fi.IonFlux("cat", at_wall(lambda e: -e.flux(0)[n], g.D * g.c / L), on=wall),
            fi.IonFlux("an", at_wall(lambda e: -e.flux(1)[n], g.D * g.c / L), on=wall),
        ]
        if s is None:
            at_rest.append(wall)
        else:
            conditions.append(fi.Slip(at_wall(lambda e: -e.u[s] / ufl.grad(e.u)[s, n], L), on=wall))
        velocity = tuple(component(i) for i in range(len(fields.coordinates)))
        conditions.append(fi.Fixed("velocity", velocity, on=at_rest))
        return (
            [*conditions, fi.Pressure(given(fields.pressure, g.RT * g.c), on=held[-1])] if self.opened else conditions
        )


class Errors:
    """L2 errors by field, compiled once; the pressure up to its mean where that is gauged."""

    def __init__(self, model: fi.Model, exact: Exact) -> None:
        self.model = model
        fields = {name: model.field_named(name).function for name in ("potential", "velocity", "pressure")}
        differences = {
            "potential": fields["potential"] - exact.phi,
            "velocity": fields["velocity"] - exact.u,
            "pressure": fields["pressure"] - exact.reduced,
        }
        for species, c in zip(SPECIES, exact.c, strict=True):
            differences[species.name] = model.expressions[species.name] / exact.groups.c - c
        dx = model.domain.dx(degree=10)
        self.squares = {name: fem.form(ufl.inner(d, d) * dx) for name, d in differences.items()}
        self.excess = fem.form(differences["pressure"] * dx)
        self.volume = self._sum(fem.form(fem.Constant(model.domain.mesh, 1.0) * dx))
        self.gauged = any(field.name == "pressure gauge" for field in model.fields)

    def __call__(self, state: fi.State) -> dict[str, float]:
        self.model.load(state)
        squares = {name: self._sum(form) for name, form in self.squares.items()}
        if self.gauged:
            squares["pressure"] -= self._sum(self.excess) ** 2 / self.volume
        return {name: square**0.5 for name, square in squares.items()}

    def _sum(self, form: fem.Form) -> float:
        return float(self.model.domain.comm.allreduce(fem.assemble_scalar(form)))


def exact_state(model: fi.Model, exact: Exact, time: float) -> fi.State:
    """The interpolated exact fields as a start."""

    def fill(name: str, expression: Any) -> None:
        function = model.field_named(name).function
        function.interpolate(fem.Expression(expression, function.function_space.element.interpolation_points))

    model.read_parameters()
    fill("potential", exact.phi)
    fill("velocity", exact.u)
    fill("pressure", exact.reduced)
    for species, c in zip(SPECIES, exact.c, strict=True):
        if model.unknowns == "potentials":
            fill(f"mu {species.name}", ufl.ln(c) + species.valence * exact.phi)
        else:
            fill(species.name, c)
    return model.snapshot(time)


#: Orders in space of quadratic elements, pressure one less.
ORDERS = {"potential": 3.0, "cat": 3.0, "an": 3.0, "velocity": 3.0, "pressure": 2.0}


def steady_errors(case: Case, cells: int) -> dict[str, float]:
    """Errors of a steady solve, all sources at one moment."""
    model, exact, time = case.build(cells)
    time.value = 0.2 * time_unit()
    return Errors(model, exact)(fi.Steady(model).solve())


def check_orders(case: Case, meshes: tuple[int, ...], tolerance: float) -> None:
    """Assert the order of each field between neighbouring meshes."""
    errors = [steady_errors(case, cells) for cells in meshes]
    halvings = np.diff(np.log2(meshes))
    for name, order in ORDERS.items():
        found = orders([each[name] for each in errors]) / halvings
        assert found == pytest.approx(np.full(len(halvings), order), rel=0, abs=tolerance), name
