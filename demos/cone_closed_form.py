# %% [markdown]
# # The closed form of a conical memristor beside finite elements
#
# Kamsma, Boon, ter Rele, Spitoni & van Roij (Phys. Rev. Lett. 130, 268401, 2023) give the steady conductance of a long
# charged cone in closed form (`fi.reduced.ConicalChannel`). Finite elements of the same cone between baths agree with
# it for weak charge; at the charge of the paper they differ, most where the cone is emptied of salt. Four steps lead
# from the one to the other, each of them computed here:
#
# 1. the closed form: the field is that of a cone full of the baths' salt, and the layers at the wall are thin;
# 2. the field follows from the salt that is there: where the cone empties it grows, so that less salt leaves;
# 3. the layers are as thick as they are, 30 nm beside a tip of 50 nm: each cross-section is solved exactly
#    (Poisson-Boltzmann, Gross & Osterle 1968), and at rest conducts better;
# 4. the baths: current and salt must reach the mouths, as they reach discs: Rayleigh's 1/(4 kappa a) for both.
#
# What is left between the last step and the finite elements is two percent.
#
#     fem-ionics run demos/cone_closed_form.py concentration=1 surface_charge=-1e-3

# %%
import numpy as np
from mpi4py import MPI
from scipy.integrate import solve_bvp
from scipy.interpolate import RectBivariateSpline

import fem_ionics as fi
from fem_ionics.constants import FARADAY, GAS
from fem_ionics.units import e_nm2, m, mM, nm, s, um

# %% [markdown]
# ## Parameters (SI)

# %%
tip_radius = 50 * nm
base_radius = 200 * nm
length = 10 * um
surface_charge = -0.0015 * e_nm2
weak = 0.1  # part of the charge at which the closed form should be exact
concentration = 0.1 * mM
diffusivity = 1.75e-9 * m**2 / s
permittivity = 80.23
viscosity = 1.01e-3
temperature = 293.15
voltages = (-0.5, -0.35, -0.2, -0.1, 0.1, 0.2, 0.35, 0.5)  # of the tip against the base
reservoir = 1 * um  # radius and height of the baths
resolution = 0.5  # cells, relative to the default
output = "output/cone_closed_form"

# %% [markdown]
# ## Geometry

# %%
salt = fi.Electrolyte.symmetric(
    concentration, diffusivity, permittivity=permittivity, viscosity=viscosity, temperature=temperature
)
pore = fi.geometry.conical_pore(
    tip_radius, base_radius, length, reservoir=reservoir, resolve=salt.debye_length, refine=resolution
)

# %% [markdown]
# ## Model
#
# Finite elements with flow. The charge is a parameter, so that one model serves two.

# %%
voltage, charge = fi.Parameter("voltage", 0.0, "V"), fi.Parameter("surface charge", surface_charge, "C/m2")
conditions = [
    fi.Bath(salt, on="cis"),
    fi.Bath(salt, potential=voltage, on="trans"),
    fi.SurfaceCharge(charge, on="pore wall"),
    fi.NoSlip(on="walls"),
]
model = fi.PNPS(salt, pore, conditions)


def closed_form(sigma):
    return fi.reduced.ConicalChannel(tip_radius, base_radius, length, sigma, salt)


# %% [markdown]
# Steps 2 to 4 are one boundary-value problem along the cone. A cross-section of radius R, in equilibrium with a salt n,
# answers to gradients of pressure and of electrochemical potentials by flows of liquid and of both ions,
# $(Q, J_+, J_-) = M(R, n)\, X$, the same all along; n, the potential and the pressure follow from x = 0 (base) to L.

# %%
RT, thermal = GAS * temperature, salt.thermal_voltage
ohmic = closed_form(surface_charge).ohmic_conductance
unit = ohmic * thermal / FARADAY  # of flows of ions, mol/s


def thin(R, n):
    """M of thin layers: the bulk, the flow that the wall drives, and the layers' own conduction."""
    area, still = np.pi * R**2, np.pi * R**4 / (8 * viscosity)
    psi = 2 * np.arcsinh(surface_charge / np.sqrt(8 * salt.absolute_permittivity * RT * n))
    slip = area * salt.absolute_permittivity * psi * thermal / (2 * viscosity * FARADAY)
    layer = np.sqrt(salt.absolute_permittivity * RT * n / (2 * FARADAY**2)) * 4 * np.pi * R
    kinetic = diffusivity / RT * np.array([n * area + layer * np.expm1(-psi / 2), n * area + layer * np.expm1(psi / 2)])
    M = np.empty((len(R), 3, 3))
    M[:, 0, 0] = still
    M[:, 0, 1] = M[:, 1, 0] = n * still - slip
    M[:, 0, 2] = M[:, 2, 0] = n * still + slip
    M[:, 1, 1] = n**2 * still - 2 * n * slip + kinetic[0]
    M[:, 2, 2] = n**2 * still + 2 * n * slip + kinetic[1]
    M[:, 1, 2] = M[:, 2, 1] = n**2 * still
    return M


def exact():
    """M of exact cross-sections, from a table over radius and salt."""
    radii = np.geomspace(0.95 * tip_radius, 1.05 * base_radius, 8)
    amounts = concentration * np.geomspace(0.1, 10.0, 14)

    def scale(R, n):
        drift = np.sqrt(np.pi * diffusivity / RT * n) * R
        rows = np.stack([R**2 * np.sqrt(np.pi / (8 * viscosity)) + 0 * n, drift, drift], axis=-1)
        return rows[..., :, None] * rows[..., None, :]

    def section(R, n):
        bath = fi.Electrolyte.symmetric(
            n, diffusivity, permittivity=permittivity, viscosity=viscosity, temperature=temperature
        )
        return fi.reduced.capillary(R, surface_charge, bath, tolerance=1e-6).matrix / scale(R, n)

    table = np.array([[section(R, n) for n in amounts] for R in radii])
    grid = np.log(radii), np.log(amounts)
    splines = [[RectBivariateSpline(*grid, table[..., i, j]) for j in range(3)] for i in range(3)]

    def M(R, n):
        inside = np.clip(np.log(n), *grid[1][[0, -1]])
        found = np.array([[each.ev(np.log(R), inside) for each in row] for row in splines])
        return np.moveaxis(found, -1, 0) * scale(R, n)

    return M


def along(M, baths, volts):
    """g/g0 at voltages of one sign that grow in size; `baths` counts how current and salt reach the mouths."""
    radii = np.array([base_radius, tip_radius])
    access = baths * unit / (8 * concentration * diffusivity * radii)
    x, y, flows, found = np.linspace(0.0, 1.0, 101), None, None, []

    def slopes(x, y, flows):
        R = base_radius - (base_radius - tip_radius) * x
        carried = unit * flows / np.array([concentration, 1.0, 1.0])
        matrices = M(R, concentration * np.exp(y[0]))
        X = length / RT * np.linalg.solve(matrices, np.tile(carried[:, None], (len(x), 1, 1)))[..., 0]
        return -np.array([(X[:, 1] + X[:, 2]) / 2, (X[:, 1] - X[:, 2]) / 2, X[:, 0] / concentration])

    for volt in volts:

        def ends(base, tip, flows, volt=volt):
            salt_flow, current = flows[1] + flows[2], flows[1] - flows[2]
            n = np.exp([base[0], tip[0]])
            return np.array(
                [
                    n[0] - 1 + salt_flow * access[0],
                    n[1] - 1 - salt_flow * access[1],
                    base[1] + current * access[0],
                    tip[1] - current * access[1] - volt / thermal,
                    base[2] + 2 * n[0],
                    tip[2] + 2 * n[1],
                ]
            )

        if y is None:
            y, flows = np.array([0 * x, volt / thermal * x, 0 * x - 2]), np.array([0, -0.5, 0.5]) * volt / thermal
        solution = solve_bvp(slopes, ends, x, y, p=flows, tol=1e-5, max_nodes=20_000)
        if solution.status:
            raise fi.errors.ConvergenceError(f"steps 2 to 4 at {volt:g} V: {solution.message}")
        x, y, flows = solution.x, solution.y, solution.p
        found.append(thermal * (flows[2] - flows[1]) / volt)
    return found


# %% [markdown]
# ## Solve
#
# The finite elements at both charges, and at rest (g/g0 there is the mean of two small voltages).

# %%
asked = np.array(sorted(voltages))
small = 0.01


def finite_elements(part):
    charge.value = part * surface_charge
    iv = fi.iv_curve(model, voltage, [*asked, -small, small], between=("trans", "cis"))
    g = iv.currents / iv.voltages / ohmic
    return g[:-2], float(g[-2:].mean()), iv.charge_defect


g, at_rest, defect = finite_elements(1.0)
g_weak, at_rest_weak, _ = finite_elements(weak)

# %% [markdown]
# ## Study
#
# The steps, walked outwards from zero.


# %%
def outwards(M, baths):
    """g/g0 at the voltages asked for."""
    found = {}
    for sign in (-1.0, 1.0):
        volts = sorted({small, 0.1, 0.2, 0.35, *np.abs(asked).tolist()})
        volts = [sign * each for each in volts if each <= max(np.abs(asked))]
        found |= dict(zip(volts, along(M, baths, volts), strict=True))
    return np.array([found[each] for each in asked]), float(0.5 * (found[small] + found[-small]))


sections = exact()
steps = {
    "1 closed form": (closed_form(surface_charge).relative_conductance(asked), 1.0),
    "2 its own field": outwards(thin, False),
    "3 exact cross-sections": outwards(sections, False),
    "4 baths": outwards(sections, True),
}
theory_weak = closed_form(weak * surface_charge).relative_conductance(asked)

# %% [markdown]
# ## Observables
#
# At a tenth of the charge, where the salt changes little and the layers carry little, the departure from the
# conductance at rest is the closed form's. What differs there is the conductance at rest alone, by the baths.

# %%
results = {
    "voltages": asked,
    "finite_elements": g,
    **{name[2:].replace(" ", "_"): values for name, (values, _) in steps.items()},
    "at_rest": at_rest,
    "steps_at_rest": [rest for _, rest in steps.values()],
    "steps_deviation": [float(np.max(np.abs(values / g - 1.0))) for values, _ in steps.values()],
    "weak_at_rest": at_rest_weak,
    "weak_finite_elements": g_weak / at_rest_weak,
    "weak_closed_form": theory_weak,
    "weak_deviation": float(np.max(np.abs(g_weak / at_rest_weak - theory_weak))),
    "charge_defect": defect,
}
fi.io.plot_profiles(
    f"{output}/steps.png",
    asked,
    {"finite elements": g, **{name: values for name, (values, _) in steps.items()}},
    points=("finite elements",),
    xlabel="voltage of the tip (V)",
    ylabel="steady conductance / g0",
    title="From the closed form to finite elements",
)
fi.io.write_table(
    f"{output}/steps.csv",
    fi.Table(
        {"voltage": asked, "finite elements": g, **{name: values for name, (values, _) in steps.items()}},
        {"voltage": "V"},
        title="steady conductance of a uniformly charged cone over g0",
    ),
)
if MPI.COMM_WORLD.rank == 0:
    with np.printoptions(precision=4, suppress=True):
        for name, value in results.items():
            print(f"{name:24s} {value}")
    print(f"picture and table: {output}")
