# %% [markdown]
# # Bifurcations whose values are known
#
# Folds, pitchforks, transcritical and Hopf points, a cusp, and two flows that lose their symmetry: problems from the
# literature, each written in UFL, computed and laid beside the value that is known. It shows how
# `fi.ParametricProblem` takes a residual of one's own, and what the numbers of `fi.continuation` are worth.
#
#     fem-ionics run demos/benchmarks_bifurcation.py 'problems=("bratu 1-d", "brusselator")'

# %%
import math

import basix.ufl
import numpy as np
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI
from scipy.integrate import quad

import fem_ionics as fi

# %% [markdown]
# ## Parameters
#
# Everything here is dimensionless.

# %%
problems = (
    "bratu 1-d",
    "bratu 2-d",
    "chafee-infante",
    "transcritical",
    "subcritical",
    "brusselator",
    "perturbed gelfand",
    "phoretic channel",
    "sudden expansion",
)
feed = 2.0  # A of the Brusselator
diffusivities = (0.008, 0.004)  # of its two species
wave_number = 2.0  # of the phoretic channel
smallest_cell = 0.06  # at the corners of the expansion, relative to half the inlet's height
output = "output/benchmarks_bifurcation"

# %% [markdown]
# ## Geometry
#
# Intervals and rectangles, with elements of fourth order. The sudden expansion is made of graded rectangles, mirrored
# in y: the branch that loses the symmetry is found exactly only on a mesh that has it.


# %%
def interval(cells, low=0.0, high=1.0):
    """Scalar elements of fourth order on a line."""
    return fem.functionspace(mesh.create_interval(MPI.COMM_WORLD, cells, (low, high)), ("Lagrange", 4))


def rectangle(across, up, size):
    """The same on a rectangle from the origin."""
    corners = [(0.0, 0.0), size]
    domain = mesh.create_rectangle(MPI.COMM_WORLD, corners, (across, up), mesh.CellType.quadrilateral)
    return fem.functionspace(domain, ("Lagrange", 4))


def graded(length, first, ratio, largest):
    """Points from 0 to a length, with cells that grow."""
    points = [0.0]
    while points[-1] < length:
        points.append(points[-1] + first)
        first = min(first * ratio, largest)
    return np.array(points) * length / points[-1]


def expansion(first, inlet=4.0, outlet=30.0):
    """A channel of height 2 that opens to 6 at x = 0."""
    along = np.concatenate([-graded(inlet, first, 1.2, 1.6)[:0:-1], graded(outlet, first, 1.2, 1.6)])
    up = np.concatenate([1.0 - graded(1.0, first, 1.3, 0.4)[::-1], 1.0 + graded(2.0, first, 1.3, 0.4)[1:]])
    up = np.concatenate([-up[:0:-1], up])
    number = np.arange(len(along) * len(up)).reshape(len(along), len(up))
    cells = np.stack([number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]], axis=-1)
    middle = np.meshgrid((along[1:] + along[:-1]) / 2, (up[1:] + up[:-1]) / 2, indexing="ij")
    cells = cells[(middle[0] > 0) | (np.abs(middle[1]) < 1)]
    used, cells = np.unique(cells, return_inverse=True)
    points = np.stack(np.meshgrid(along, up, indexing="ij"), axis=-1).reshape(-1, 2)[used]
    if MPI.COMM_WORLD.rank > 0:
        cells, points = cells[:0], points[:0]
    element = basix.ufl.element("Lagrange", "quadrilateral", 1, shape=(2,))
    return mesh.create_mesh(MPI.COMM_WORLD, cells.reshape(-1, 4), element, points)


# %% [markdown]
# ## Model
#
# A problem is a residual $F$ with $F + dS/dt = 0$, its unknowns and its parameters. The storage $S$ is the unknowns
# themselves where nothing else is said.


# %%
def facets(domain, where):
    """Facets of the boundary whose midpoint lies where a condition holds."""
    dimension = domain.topology.dim - 1
    domain.topology.create_connectivity(dimension, dimension + 1)
    outside = mesh.exterior_facet_indices(domain.topology)
    return outside[where(mesh.compute_midpoints(domain, dimension, outside).T)]


def held(space, value, where=lambda x: np.full(x.shape[1], True)):
    """A Dirichlet condition on a part of the boundary; on all of it by default."""
    domain = space.mesh
    dofs = fem.locate_dofs_topological(space, domain.topology.dim - 1, facets(domain, where))
    return fem.dirichletbc(value, dofs) if isinstance(value, fem.Function) else fem.dirichletbc(value, dofs, space)


def reaction_diffusion(space, reaction, **parameters):
    """u_t = lap u + reaction(u, parameters), zero on the boundary; also a probe of the mean of u."""
    u, v = fem.Function(space), ufl.TestFunction(space)
    constants = {name: fem.Constant(space.mesh, value) for name, value in parameters.items()}
    dx = ufl.Measure("dx", domain=space.mesh, metadata={"quadrature_degree": 16})
    residual = (ufl.inner(ufl.grad(u), ufl.grad(v)) - reaction(u, *constants.values()) * v) * dx
    return fi.ParametricProblem(residual, u, constants, bcs=[held(space, 0.0)]), {"mean": integral(u * dx)}


def integral(form):
    """A probe: integral of a form over the present solution."""
    compiled = fem.form(form)
    return lambda _: MPI.COMM_WORLD.allreduce(fem.assemble_scalar(compiled))


def brusselator(space, start, walls):
    """Two species; walls hold both at the uniform steady state, whose second value depends on the parameter."""
    other, domain = space.clone(), space.mesh
    u, v = fem.Function(space), fem.Function(other)
    p, q = ufl.TestFunctions(ufl.MixedFunctionSpace(space, other))
    B, v0 = fem.Constant(domain, start), fem.Constant(domain, start / feed)
    D1, D2 = diffusivities

    def refresh():
        v0.value = B.value / feed

    u.x.array[:], v.x.array[:] = feed, start / feed
    residual = (D1 * ufl.inner(ufl.grad(u), ufl.grad(p)) - (feed - (B + 1) * u + u**2 * v) * p) * ufl.dx
    residual += (D2 * ufl.inner(ufl.grad(v), ufl.grad(q)) - (B * u - u**2 * v) * q) * ufl.dx
    conditions = [held(space, feed), held(other, v0)] if walls else []
    return fi.ParametricProblem(residual, [u, v], {"B": B}, bcs=conditions, refresh=refresh)


# %% [markdown]
# A solute is emitted by the lower wall of a channel and absorbed by the upper one; its gradient along the lower wall
# drags the liquid along. In stream function and vorticity the slip velocity is a natural condition:
#
# $$ \mathrm{Pe}\, u \cdot \nabla c = \Delta c, \qquad \Delta \omega = 0, \qquad -\Delta \psi = \omega, \qquad
#    \partial_y c = -1, \ \psi = 0, \ \partial_y \psi = \partial_x c \text{ at } y = 0 $$
#
# Half a period between two planes of symmetry is enough. Any shift of a periodic flow would be another solution, which
# the planes forbid. The wave number k is a parameter too: x runs from 0 to pi.


# %%
def phoretic_channel(across, up):
    """Solute, stream function and vorticity in half a period."""
    space = rectangle(across, up, (math.pi, 1.0))
    spaces, domain = (space, space.clone(), space.clone()), space.mesh
    c, psi, omega = (fem.Function(each) for each in spaces)
    c_, psi_, omega_ = ufl.TestFunctions(ufl.MixedFunctionSpace(*spaces))
    Pe, k = fem.Constant(domain, 1.0), fem.Constant(domain, wave_number)

    def grad(f):
        return ufl.as_vector([k * f.dx(0), f.dx(1)])

    wall = np.sort(facets(domain, lambda x: np.isclose(x[1], 0)))
    tags = mesh.meshtags(domain, 1, wall, np.ones(len(wall), dtype=np.int32))
    dx, ds = ufl.dx, ufl.Measure("ds", domain=domain, subdomain_data=tags)(1)
    u = ufl.as_vector([psi.dx(1), -k * psi.dx(0)])
    residual = (Pe * ufl.inner(u, grad(c)) * c_ + ufl.inner(grad(c), grad(c_))) * dx - c_ * ds
    residual += ufl.inner(grad(omega), grad(psi_)) * dx
    residual += (omega * omega_ - ufl.inner(grad(psi), grad(omega_))) * dx - k * c.dx(0) * omega_ * ds
    conditions = [
        held(spaces[0], 0.0, lambda x: np.isclose(x[1], 1)),
        held(spaces[1], 0.0),
        held(spaces[2], 0.0, lambda x: np.isclose(x[0], 0) | np.isclose(x[0], math.pi)),
    ]
    return fi.ParametricProblem(
        residual, [c, psi, omega], {"Pe": Pe, "k": k}, bcs=conditions, mass=c * c_ * dx, measured=[True, False, False]
    )


def minimum(x, y):
    """Where the polynomial through points has its minimum between them, and its value there."""
    through = np.polynomial.Polynomial.fit(x, y, len(x) - 1)
    turns = [each.real for each in through.deriv().roots() if abs(each.imag) < 1e-9 and min(x) < each.real < max(x)]
    at = min(turns, key=through)
    return float(at), float(through(at))


def navier_stokes(domain, start):
    """Taylor-Hood elements, parabolic inflow of peak 1 at half height 1, nothing held at the outlet."""
    V, Q = fem.functionspace(domain, ("Lagrange", 2, (2,))), fem.functionspace(domain, ("Lagrange", 1))
    u, p = fem.Function(V), fem.Function(Q)
    v, q = ufl.TestFunctions(ufl.MixedFunctionSpace(V, Q))
    Re, dx = fem.Constant(domain, start), ufl.dx
    residual = (ufl.inner(ufl.grad(u) * u, v) + ufl.inner(ufl.grad(u), ufl.grad(v)) / Re) * dx
    residual += (-p * ufl.div(v) - q * ufl.div(u)) * dx
    inflow = fem.Function(V)
    inflow.interpolate(lambda x: np.stack([np.where(x[0] < 0, np.maximum(0, 1 - x[1] ** 2), 0), 0 * x[0]]))
    end = MPI.COMM_WORLD.allreduce(domain.geometry.x[:, 0].max(initial=-np.inf), op=MPI.MAX)
    conditions = [held(V, inflow, lambda x: x[0] < end - 1e-6)]
    return fi.ParametricProblem(
        residual, [u, p], {"Re": Re}, bcs=conditions, mass=ufl.inner(u, v) * dx, measured=[True, False]
    )


# %% [markdown]
# ## Solve
#
# Each branch is followed until what is looked for has been found.

# %%
found, branches, curves = {}, {}, {}

if "bratu 1-d" in problems:
    problem, mean = reaction_diffusion(interval(32), lambda u, lam: lam * ufl.exp(u), lam=1.0)
    branch = fi.continuation(problem, "lam", stop=4.0, bounds=(1.0, 4.0), record=mean)
    branches["Bratu, 1-D"] = branch
    found["bratu_1d_fold"] = branch.special("fold")[0].value

if "bratu 2-d" in problems:
    problem, mean = reaction_diffusion(rectangle(10, 10, (1.0, 1.0)), lambda u, lam: lam * ufl.exp(u), lam=0.5)
    settings = fi.Steps(first=0.1, largest=0.4)
    branch = fi.continuation(
        problem, "lam", stop=8.0, bounds=(0.0, 8.0), record=mean, until="fold", stability=0, steps=settings
    )
    branches["Bratu, unit square"] = branch
    found["bratu_2d_fold"] = branch.special("fold")[0].value

# %% [markdown]
# u_t = u_xx + mu u + f(u) loses the stability of rest at mu = pi^2; f says how. At mu = 50 two pitchforks are past, and
# deflation finds the solutions of all their branches.

# %%
if "chafee-infante" in problems:
    problem, mean = reaction_diffusion(interval(16), lambda u, mu: mu * u - u**3, mu=5.0)
    branch = fi.continuation(problem, "mu", stop=50.0, record=mean)
    first, second = branch.special("pitchfork")
    found["chafee_infante_first"], found["chafee_infante_second"] = first.value, second.value
    found["chafee_infante_cubic"] = first.coefficients["cubic"]
    found["chafee_infante_solutions"] = len(branch.deflate(at=50.0))
    branches["Chafee-Infante"] = branch.switch(first)

if "transcritical" in problems:
    problem, mean = reaction_diffusion(interval(16), lambda u, mu: mu * u - u**2, mu=5.0)
    branch = fi.continuation(problem, "mu", stop=15.0, record=mean)
    point = branch.special("transcritical")[0]
    found["transcritical"], found["transcritical_quadratic"] = point.value, point.coefficients["quadratic"]

if "subcritical" in problems:
    problem, mean = reaction_diffusion(interval(16), lambda u, mu: mu * u + u**3 - u**5, mu=5.0)
    branch = fi.continuation(problem, "mu", stop=15.0, record=mean)
    point = branch.special("pitchfork")[0]
    found["subcritical"], found["subcritical_cubic"] = point.value, point.coefficients["cubic"]

# %% [markdown]
# The Brusselator oscillates: uniformly, or as a half wave between walls. Frequencies to look about are known here; any
# guess of the right order will do.

# %%
if "brusselator" in problems:
    for label, walls in (("uniform", False), ("walls", True)):
        problem = brusselator(interval(12), 4.0, walls)
        branch = fi.continuation(problem, "B", stop=6.0, until="hopf", shifts=[feed])
        point = branch.special("hopf")[0]
        found[f"brusselator_{label}"] = point.value
        found[f"brusselator_{label}_frequency"] = point.coefficients["frequency"]
        if not walls:
            found["brusselator_uniform_lyapunov"] = point.coefficients["lyapunov"]

# %% [markdown]
# The two folds of u'' + lambda exp(a u / (a + u)) = 0 on (-1, 1) meet in a cusp where a becomes too small: the curve of
# one fold in both parameters passes it.

# %%
if "perturbed gelfand" in problems:
    problem, mean = reaction_diffusion(
        interval(16, -1.0, 1.0), lambda u, lam, a: lam * ufl.exp(a * u / (a + u)), lam=0.2, a=4.4
    )
    branch = fi.continuation(problem, "lam", stop=2.0, record=mean, until="fold", stability=0)
    curves["perturbed Gelfand"] = curve = branch.track(branch.special("fold")[0], "a", bounds=(4.0, 4.5))
    found["gelfand_cusp"] = curve.special("cusp")[0].parameters["a"]

if "phoretic channel" in problems:
    problem = phoretic_channel(8, 6)
    branch = fi.continuation(problem, "Pe", start=13.0, stop=17.0, until="pitchfork", stability=0)
    point = branch.special("pitchfork")[0]
    found["phoretic_channel"] = point.value
    settings = fi.Steps(first=0.15, largest=0.15)
    curves["phoretic channel"] = curve = branch.track(point, "k", bounds=(wave_number - 0.1, 3.2), steps=settings)
    found["phoretic_lowest_k"], found["phoretic_lowest"] = minimum(curve["k"], curve["Pe"])

if "sudden expansion" in problems:
    problem = navier_stokes(expansion(smallest_cell), 30.0)
    settings = fi.Steps(first=0.3, largest=0.5)
    branch = fi.continuation(problem, "Re", stop=46.0, mirror="y", until="pitchfork", stability=0, steps=settings)
    found["sudden_expansion"] = branch.special("pitchfork")[0].value

# %% [markdown]
# ## Study
#
# What is known: closed forms, folds of Bratu's problem and the cusp from the literature on them, and the Reynolds
# number of Fearn, Mullin & Cliffe (Nonlinear flow phenomena in a symmetric sudden expansion, J. Fluid Mech. 211, 595,
# 1990), of peak velocity and half the inlet's height. For the phoretic channel linear theory gives
#
# $$ \mathrm{Pe}_c = \frac{\cosh k}{k \int_0^1 w(y) \sinh k(1-y)\, dy}, \qquad
#    w'''' - 2 k^2 w'' + k^4 w = 0, \quad w(0) = w(1) = w'(1) = 0, \quad w'(0) = 1. $$


# %%
def phoretic_threshold(k):
    """Peclet number at which waves of wave number k start to grow."""
    s, c = math.sinh(k), math.cosh(k)
    # w = a sinh ky + y (b cosh ky + d sinh ky) with w(1) = 0, w'(0) = 1, w'(1) = 0
    rows = [[s, c, s], [k, 1, 0], [k * c, c + k * s, s + k * c]]
    a, b, d = np.linalg.solve(rows, [0.0, 1.0, 0.0])

    def weighted(y):
        return (a * math.sinh(k * y) + y * (b * math.cosh(k * y) + d * math.sinh(k * y))) * math.sinh(k * (1 - y))

    return c / (k * quad(weighted, 0, 1, epsabs=1e-14)[0])


def hopf_value(k):
    """Parameter and frequency at which waves of the Brusselator start to grow."""
    D1, D2 = diffusivities
    B = 1 + feed**2 + (D1 + D2) * k**2
    return B, math.sqrt(feed**2 * B - (feed**2 + D2 * k**2) ** 2)


waves = np.linspace(2.3, 2.9, 13)
lowest_k, lowest = minimum(waves, [phoretic_threshold(k) for k in waves])
known = {
    "bratu_1d_fold": 3.513830719,
    "bratu_2d_fold": 6.808124423,
    "chafee_infante_first": math.pi**2,
    "chafee_infante_second": 4 * math.pi**2,
    "chafee_infante_cubic": -1.5,
    "chafee_infante_solutions": 5,
    "transcritical": math.pi**2,
    "transcritical_quadratic": -8 * math.sqrt(2) / (3 * math.pi),
    "subcritical": math.pi**2,
    "subcritical_cubic": 1.5,
    "brusselator_uniform": hopf_value(0.0)[0],
    "brusselator_uniform_frequency": hopf_value(0.0)[1],
    "brusselator_uniform_lyapunov": -(2 + feed**2) / (2 * feed * (1 + 2 * feed**2)),
    "brusselator_walls": hopf_value(math.pi)[0],
    "brusselator_walls_frequency": hopf_value(math.pi)[1],
    "gelfand_cusp": 4.069,
    "phoretic_channel": phoretic_threshold(wave_number),
    "phoretic_lowest": lowest,
    "phoretic_lowest_k": lowest_k,
    "sudden_expansion": 40.45,
}
names = list(found)
values, references = (np.array([each[name] for name in names], dtype=float) for each in (found, known))
errors = np.abs(values - references) / np.abs(references)

# %% [markdown]
# ## Observables
#
# The table, the difference of each number to the known one, and some branches. The last digits known of the cusp and
# of the expansion are few: 4.069 and 40.45.

# %%
results = {**found, **{f"{name}_error": float(error) for name, error in zip(names, errors, strict=True)}}
table = fi.Table(
    {"computed": values, "known": references, "relative difference": errors},
    provenance={"rows": names},
    title="bifurcations whose values are known",
)
fi.io.write_table(f"{output}/table.csv", table)
fi.io.plot_profiles(
    f"{output}/errors.png",
    np.arange(1, len(names) + 1),
    {"relative difference": np.maximum(errors, 1e-16)},
    points=["relative difference"],
    log=True,
    xlabel="row of the table",
    ylabel="relative difference to the known value",
    title="Computed and known bifurcations",
)
if branches:
    fi.io.plot_profiles(
        f"{output}/branches.png",
        [],
        {label: (each[each.parameter], each["mean"]) for label, each in branches.items()},
        xlabel="parameter",
        ylabel="mean of u",
        title="Branches with a fold, and from a pitchfork",
    )
if "perturbed Gelfand" in curves:
    curve = curves["perturbed Gelfand"]
    fi.io.plot_profiles(
        f"{output}/cusp.png",
        curve["a"],
        {"folds": curve["lam"]},
        xlabel="a",
        ylabel="λ at the fold",
        title="The folds of the perturbed Gelfand problem meet in a cusp",
    )
if MPI.COMM_WORLD.rank == 0:
    print(f"{'':32s} {'computed':>16s} {'known':>16s} {'difference':>11s}")
    for name, value, reference, error in zip(names, values, references, errors, strict=True):
        print(f"{name:32s} {value:16.10g} {reference:16.10g} {error:11.1e}")
    print(f"table and pictures: {output}")
