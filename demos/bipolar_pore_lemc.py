# %% [markdown]
# # A short bipolar pore with ions as particles
#
# One half of the pore's wall is negative, the other one positive. Forwards cations come from the one side and anions
# from the other, and both pile up in the middle; backwards they leave it, and the pore passes what leaks. Mean field
# explains this: what do ions add that are spheres, correlated, and as wide as a fifth of the pore? The same pore, the
# same baths and the same `iv_curve` serve Nernst-Planck with local equilibrium Monte Carlo (NP+LEMC),
# Poisson-Nernst-Planck, and PNP with the hard-sphere excess of ions that have these sizes. In 1:1 electrolytes the two
# pictures are known to agree in kind (Matejczyk, Valisko, Wolfram, Pietschmann & Boda, J. Chem. Phys. 146, 124125,
# 2017).
#
#     mpiexec -n 2 fem-ionics run demos/bipolar_pore_lemc.py concentration=100.0 iterations=60

# %%
import math

import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics import lemc
from fem_ionics.lemc.primitive import DENSITY
from fem_ionics.units import M, e_nm2, nm

# %% [markdown]
# ## Parameters (SI)

# %%
concentration = 1 * M  # KCl on both sides
radius = 1 * nm
length = 6 * nm
surface_charge = 1 * e_nm2  # minus it on the cis half of the wall, plus it on the trans half
reservoir = (4 * nm, 3 * nm)  # radius and depth of each bath
voltages = (-0.2, -0.1, 0.0, 0.1, 0.2)  # V, of which the largest and its negative rectify
trials = 200_000  # of one iteration
burn = 20  # iterations that are forgotten
iterations = 32
replicas = 4
widest_bin = 0.3 * nm  # densities fall steeply at the junction
bulk_error = 3e-3  # of ln(gamma) of the bath
seed = 1
resolution = 1.0
output = "output/bipolar_pore_lemc"

# %% [markdown]
# ## Geometry
#
# Particles see one permittivity everywhere, in the membrane too, so the membrane of the finite-element models is a
# dielectric with that of the liquid. One difference between the pictures is no physics of ions at all: the centre of a
# sphere stays away from the wall by its radius. A third mean field therefore lives in the room that centres have, of
# which the walls lie closer by the mean of the radii, with the same charge in all.

# %%
kcl = fi.Electrolyte.kcl(concentration)
radii = {name: lemc.PAULING[name] for name in kcl.names}
contact = sum(radii.values()) / len(radii)


def pore(gap=0.0):
    """The pore with walls that lie `gap` further inside the liquid."""
    return fi.geometry.cylindrical_pore(
        radius - gap,
        length + 2 * gap,
        reservoir=(reservoir[0], reservoir[1] - gap),
        resolve=0.3 * nm,
        refine=resolution,
        edges=[0.0],
        membrane="dielectric",
    )


# %% [markdown]
# ## Model

# %%
voltage = fi.Parameter("voltage", 0.0, "V")


def conditions(gap=0.0):
    """Baths and charges; the charge of a wall that lies further inside is as large."""
    half = length / 2 + gap
    halves = fi.pattern.patches("z", width=half, centre=-half / 2) - fi.pattern.patches(
        "z", width=half, centre=half / 2
    )
    density = surface_charge * radius / (radius - gap) * length / (2 * half)
    return [
        fi.Bath(kcl, potential=voltage, on="cis"),
        fi.Bath(kcl, on="trans"),
        fi.SurfaceCharge(-density * halves, on="pore wall"),
    ]


uniform = fi.Permittivity(kcl.permittivity, on="membrane")
spheres = fi.Steric(fi.BMCSL({name: 2 * each for name, each in radii.items()}))
models = {
    "NP+LEMC": fi.NPLEMC(
        kcl,
        pore(),
        conditions(),
        trials=trials,
        burn=burn,
        iterations=iterations,
        replicas=replicas,
        largest=widest_bin / nm,
        bulk_error=bulk_error,
        seed=seed,
    ),
    "PNP": fi.PNP(kcl, pore(), [*conditions(), uniform]),
    "steric PNP": fi.PNP(kcl, pore(), [*conditions(), uniform, spheres]),
    "PNP between centres": fi.PNP(kcl, pore(contact), [*conditions(contact), uniform]),
}

# %% [markdown]
# ## Solve
#
# One call for all of them. Every number of NP+LEMC comes with its error, from the scatter of independent replicas. At
# equilibrium its current is zero to the last digit, whatever was sampled: nothing drives the ions. Backwards, where few
# ions are left, the outer iteration settles slowest: with fewer iterations to forget the current there is 2 % smaller
# in all replicas alike, which no scatter shows.

# %%
largest = max(voltages)
curves = {}
for name, model in models.items():
    sampled = isinstance(model, fi.NPLEMC)
    curves[name] = fi.iv_curve(
        model,
        voltage,
        voltages,
        record={"error": lemc.CurrentError()} if sampled else None,
        first_step=largest if sampled else None,
        keep=(largest, -largest),
    )

# %% [markdown]
# ## Study
#
# How well the pore rectifies, and how the ions lie along it, forwards and backwards: ions per length between the axis
# and the wall.

# %%
particles = curves["NP+LEMC"]


def rectification(curve):
    """I(V)/I(-V) at the largest voltage."""
    return 1.0 / curve.rectification_ratio(largest)


def relative(number):
    """Error of the current at a voltage, relative to it."""
    k = voltages.index(number)
    return abs(float(particles["error"][k] / particles.currents[k]))


def per_length(state, name):
    """Heights (nm) and ions per nanometre of a sampled state, with errors, in the pore."""
    ion, grid = state.index(name), state.grid
    inside = np.abs(grid.centres[2]) < length / 2 / nm
    areas = math.pi * np.diff(grid.r**2) * (grid.centres[0] < radius / nm) * DENSITY
    values, errors = (each[ion, :, 0][:, inside] for each in (state.density.value, state.density.error))
    return grid.centres[2][inside], areas @ values, np.sqrt(areas**2 @ errors**2)


def in_mean_field(state, name):
    """The same of a finite-element state."""
    z = np.linspace(-0.499, 0.499, 121) * length
    gauss, weights = np.polynomial.legendre.leggauss(12)
    r = radius * (gauss + 1) / 2
    places = np.column_stack([np.tile(r, z.size), np.repeat(z, r.size)])
    density = fi.observe.evaluate(state, name, places).reshape(z.size, -1) * DENSITY
    return z / nm, density @ (weights * math.pi * radius * r) / nm**2


along = {(name, sign): per_length(particles.solutions[sign * largest], name) for name in kcl.names for sign in (1, -1)}

# %% [markdown]
# ## Observables

# %%
inside = {(name, sign): particles.solutions[sign * largest].number(name) for name in kcl.names for sign in (1, -1)}
ratio = rectification(particles)
results = {
    "voltages": list(voltages),
    "current": particles.currents,  # A
    "current_error": particles["error"],
    **{f"current {name}": curve.currents for name, curve in curves.items() if name != "NP+LEMC"},
    "rectification": ratio,
    "rectification_error": ratio * math.hypot(relative(largest), relative(-largest)),
    **{f"rectification {name}": rectification(curve) for name, curve in curves.items() if name != "NP+LEMC"},
    "ions_forward": [inside[name, 1] for name in kcl.names],  # between the mouths
    "ions_backward": [inside[name, -1] for name in kcl.names],
    "drift": max(abs(each.drift) for each in particles.solutions.values()),  # in errors
    "agreement": max(float(np.abs(each.agreement).max()) for each in particles.solutions.values()),
    "charge_defect": max(curve.charge_defect for curve in curves.values()),
}
order = np.argsort(voltages)
volts = np.array(voltages)[order]
fi.io.plot_profiles(
    f"{output}/iv.png",
    volts,
    {name: 1e9 * curve.currents[order] for name, curve in curves.items()},
    errors={"NP+LEMC": 1e9 * particles["error"][order]},
    points=["NP+LEMC"],
    xlabel="voltage (V)",
    ylabel="current (nA)",
    title=f"Bipolar pore, {length / nm:g} nm long, {2 * radius / nm:g} nm wide, {concentration / M:g} M KCl",
)
for sign, word in ((1, "forward"), (-1, "backward")):
    state = curves["PNP"].solutions[sign * largest]
    fi.io.plot_profiles(
        f"{output}/{word}.png",
        volts,
        {f"{name}, NP+LEMC": along[name, sign][:2] for name in kcl.names}
        | {f"{name}, PNP": in_mean_field(state, name) for name in kcl.names},
        errors={f"{name}, NP+LEMC": along[name, sign][2] for name in kcl.names},
        points=[f"{name}, NP+LEMC" for name in kcl.names],
        xlabel="z (nm)",
        ylabel="ions per nanometre",
        title=f"{sign * largest:g} V: negative wall on the left, positive on the right",
        log=True,
    )
table = fi.Table(
    {"voltage": voltages}
    | {name: curve.currents for name, curve in curves.items()}
    | {"error of NP+LEMC": particles["error"]},
    {"voltage": "V"} | dict.fromkeys([*curves, "error of NP+LEMC"], "A"),
    particles.provenance,
    "current of a bipolar pore",
)
fi.io.write_table(f"{output}/curves.csv", table)
if MPI.COMM_WORLD.rank == 0:
    for v, current, error in zip(voltages, particles.currents, particles["error"], strict=True):
        print(f"{v: .2f} V   NP+LEMC {1e9 * current: .4f} +- {1e9 * error:.4f} nA")
    for name, curve in curves.items():
        words = f" +- {results['rectification_error']:.2g}" if name == "NP+LEMC" else ""
        print(f"{name:20s} rectifies {rectification(curve):.3g}{words}")
    print(f"pictures and tables: {output}")
