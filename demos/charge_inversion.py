# %% [markdown]
# # Charge inversion: calcium over a wall whose charge sits in places
#
# A pore in polyethylene terephthalate carries about one elementary charge per square nanometre. In mean field the ions
# in front of it make up for that charge and never for more. Ions as charged hard spheres may: calcium that is bound to
# a localised charge attracts more of it than the wall asks for, the next layer is one of chloride, and the pore lets
# anions through (He, Gillespie, Boda, Vlassiouk, Eisenberg & Siwy, J. Am. Chem. Soc. 131, 5194, 2009). How much depends
# on two numbers of the wall: the spacing of its charges, and how near an ion gets to them, its distance of closest
# approach. A long pore is sampled here at equilibrium, in KCl and in CaCl2, over a smeared wall and over a grid of
# points on its surface or behind it. Poisson, Boltzmann and points for ions stand beside it.
#
#     mpiexec -n 2 fem-ionics run demos/charge_inversion.py spacing=0.5e-9 depths="(0.0,)"

# %%
from itertools import product

import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics import lemc
from fem_ionics.lemc.estimators import agreement, block_error, over_seeds
from fem_ionics.lemc.primitive import DENSITY, ion_radii
from fem_ionics.units import M, e_nm2, mM, nm

# %% [markdown]
# ## Parameters (SI)

# %%
radius = 2.5 * nm
period = 6 * nm  # of the endless pore, about: its wall is to carry a whole number of elementary charges
surface_charge = -1.0 * e_nm2
salts = ("KCl", "CaCl2")
concentrations = (100 * mM, 1 * M)  # of the salt in the bath
spacing = 1 * nm  # of the wall's charges
depths = (0.0, 0.1 * nm)  # of them behind the wall: the closest approach of an ion is that and its radius
permittivity = 78.5
trials = 1_600_000  # of a chain that are averaged over; a third as many come before them
chains = 2  # independent ones for each wall and bath
blocks = 10  # of a chain, for its error
bulk_error = 1e-2  # of ln(gamma) of the bath
seed = 1
output = "output/charge_inversion"

# %% [markdown]
# ## Geometry
#
# A periodic tube, which ions fill up to their own radius from its wall, and rings of bins that count them. A whole
# number of charges goes around, so that the charge of each misses that of its square by some percent. Calcium notices:
# with 2 % more on each point (a radius of 2.546 nm) the inversion at 0.1 M grows from 0.06 to 0.08.

# %%
whole = max(1, round(abs(surface_charge) / e_nm2 * 2 * np.pi * radius * period / nm**2))
tube = lemc.Tube(radius / nm, whole / (abs(surface_charge) / e_nm2 * 2 * np.pi * radius / nm))
bins = lemc.tube_grid(tube, finest=0.025, largest=0.15, zone=min(0.6, 0.5 * radius / nm))
walls = {"smeared": lemc.Smeared(surface_charge)}
for depth in depths:
    behind = f", {depth / nm:g} nm behind" if depth else ""
    walls[f"{spacing / nm:g} nm grid{behind}"] = lemc.SquareGrid(surface_charge, spacing, depth)

# %% [markdown]
# ## Model
#
# The bath sets the activities of the ions. Salt goes in and out as neutral groups, so that the tube stays neutral. Ions
# that are bound to a point change places by jumps, which are therefore half of all trials.

# %%
baths = {
    (salt, c): fi.Electrolyte.mixture({salt: c}, permittivity=permittivity)
    for salt, c in product(salts, concentrations)
}


def system(salt, wall, electrolyte):
    """What is sampled."""
    radii, points = ion_radii(electrolyte), lemc.place(walls[wall], tube).points
    lemc.check_approach(points, tube, radii)
    return lemc.System(
        valences=electrolyte.valences,
        radii=radii,
        bjerrum=electrolyte.bjerrum_length / nm,
        cell=tube,
        grid=bins,
        charges=points,
        wall_charge=0.0 if len(points) else surface_charge / e_nm2 * tube.wall_area,
        moves=lemc.Moves(displace=0.3, jump=0.5, group=0.2),
        groups=(tuple(fi.parameters.salts[salt][name] for name in electrolyte.names),),
        steps=(0.1, 0.3),
    )


# %% [markdown]
# ## Solve
#
# The charge of the ions between the wall and a radius r, over that of the wall, as in mean field:
#
# $$ q(r) = -\frac{1}{\sigma a} \int_r^a \rho\, r'\, dr'. $$
#
# What exceeds 1 is charge inversion. Every chain gives blocks of it; ranks share the chains.


# %%
def enclosed(counts, valences):
    """q at the edges of the bins from the axis to the wall."""
    charge = (np.asarray(valences)[:, None] * counts).sum(axis=0)
    return np.append(np.cumsum(charge[::-1])[::-1], 0.0) / -(surface_charge / e_nm2 * tube.wall_area)


def accessible(ion_radius):
    """Volumes of the bins that the centres of ions reach, nm3."""
    reached = np.minimum(bins.r, tube.radius - ion_radius)
    return np.pi * np.diff(reached**2) * tube.length


def sampled(salt, concentration, wall, number):
    """Blocks of q(r) and of the concentrations (mol/m3) from one chain."""
    electrolyte = baths[salt, concentration]
    point = list(product(baths, walls)).index(((salt, concentration), wall))
    model = system(salt, wall, electrolyte)
    chain = lemc.Chain(model, activities[salt, concentration].ln_activity, seed=(seed, number, point))
    chain.run(trials // 3)
    chain.forget()
    volumes = np.array([accessible(each) for each in model.radii])
    charges, densities = [], []
    for _ in range(blocks):
        chain.run(trials // blocks)
        counts = chain.take().counts
        charges.append(enclosed(counts, model.valences))
        densities.append(counts / np.where(volumes > 0.0, volumes, np.inf) / DENSITY)
    return block_error(charges), block_error(densities)


activities = {}
for point, (key, electrolyte) in enumerate(baths.items()):
    activities[key] = lemc.bulk(electrolyte, error=bulk_error, seed=seed, point=point)
tasks = [(*bath, wall, number) for (bath, wall), number in product(product(baths, walls), range(chains))]
mine = {task: sampled(*task) for task in tasks[MPI.COMM_WORLD.rank :: MPI.COMM_WORLD.size]}
found = {task: each for part in MPI.COMM_WORLD.allgather(mine) for task, each in part.items()}

# %% [markdown]
# ## Study
#
# The chains of a case together; how far they agree tells whether ions that are bound had time to change places. Mean
# field is the Poisson-Boltzmann equation in the same tube, whose point ions reach the wall itself.


# %%
def together(case, which):
    """Mean of the chains of a case and its error."""
    each = [found[(*case, number)][which] for number in range(chains)]
    return over_seeds([one.value for one in each], [one.error for one in each])


def mean_field(electrolyte):
    """Radii, nm, q(r) and concentrations of the ions, mol/m3."""
    solution = fi.reduced.capillary(radius, surface_charge, electrolyte)
    density = fi.constants.FARADAY * (np.array(electrolyte.valences) @ solution.concentrations)
    shells = 0.5 * (density[1:] * solution.r[1:] + density[:-1] * solution.r[:-1]) * np.diff(solution.r)
    charge = np.append(np.cumsum(shells[::-1])[::-1], 0.0) / -(surface_charge * radius)
    return solution.r / nm, charge, solution.concentrations


def mean_of(case, ion):
    """Mean concentration of an ion in the pore, mol/m3."""
    reached = accessible(ion_radii(baths[case[:2]])[ion])
    return float(profiles[case].value[ion] @ reached) / tube.volume


cases = [(*bath, wall) for bath, wall in product(baths, walls)]
screening = {case: together(case, 0) for case in cases}
profiles = {case: together(case, 1) for case in cases}
poisson_boltzmann = {bath: mean_field(electrolyte) for bath, electrolyte in baths.items()}
peaks = [int(np.argmax(screening[case].value)) for case in cases]
inversion = np.array([screening[case].value[k] - 1.0 for case, k in zip(cases, peaks, strict=True)])
inversion_error = np.array([screening[case].error[k] for case, k in zip(cases, peaks, strict=True)])
spread = 0.0
for case, k in zip(cases, peaks, strict=True):
    ends = found[(*case, 0)][0], found[(*case, chains - 1)][0]
    spread = max(spread, float(np.abs(agreement(*ends)[k])))
anion = 1  # chloride, the second ion of every salt here
chloride = [mean_of(case, anion) for case in cases]

# %% [markdown]
# ## Observables

# %%
names = [f"{salt} {c / M:g} M, {wall}" for salt, c, wall in cases]
results = {
    **{f"inversion in {name}": float(value) for name, value in zip(names, inversion, strict=True)},
    "inversion": inversion,  # relative to the wall's charge, in the order above
    "inversion_error": inversion_error,
    "inversion_mean_field": [float(q.max()) - 1.0 for _, q, _ in poisson_boltzmann.values()],  # of each bath
    "site_charge": float(lemc.place(lemc.SquareGrid(surface_charge, spacing), tube).points.charges[0]),  # e
    "chloride": chloride,  # mean concentration in the pore, mol/m3
    "chloride_mean_field": [
        float(2.0 * np.trapezoid(amounts[anion] * r, r)) / tube.radius**2
        for r, _, amounts in poisson_boltzmann.values()
    ],
    "mean_ln_gamma": [each.mean_ln_gamma for each in activities.values()],  # of each bath
    "chains_differ_by": spread,  # largest difference at the peak between two chains, in units of its error
}

distance = tube.radius - bins.r
kept = {}
for name, case in zip(names, cases, strict=True):
    kept |= {f"charge in {name}": screening[case].value, f"its error in {name}": screening[case].error}
title = f"charge of the ions over that of the wall, radius {radius / nm:g} nm"
fi.io.write_table(f"{output}/charge.csv", fi.Table({"r": bins.r * nm, **kept}, {"r": "m"}, title=title))
for (salt, c), (r, q, _) in poisson_boltzmann.items():
    fi.io.plot_profiles(
        f"{output}/charge_{salt}_{c / mM:g}mM.png",
        distance,
        {
            **{wall: screening[salt, c, wall].value for wall in walls},
            "Poisson-Boltzmann": (tube.radius - r, q),
            "wall": ([0.0, tube.radius], [1.0, 1.0]),
        },
        xlabel="distance from the wall (nm)",
        ylabel="charge of the ions over that of the wall",
        title=f"{c / M:g} M {salt}, {surface_charge / e_nm2:g} e/nm$^2$, radius {radius / nm:g} nm",
    )
middles = tube.radius - bins.centres[0]
for (salt, c), (r, _, amounts) in poisson_boltzmann.items():
    for ion, name in enumerate(baths[salt, c].names):
        curves = {}
        for wall in walls:
            density = profiles[salt, c, wall].value[ion]
            curves[wall] = middles[density > 0.0], density[density > 0.0] / M
        fi.io.plot_profiles(
            f"{output}/{name}_{salt}_{c / mM:g}mM.png",
            middles,
            {**curves, "Poisson-Boltzmann": (tube.radius - r, amounts[ion] / M)},
            xlabel="distance of the centre from the wall (nm)",
            ylabel="concentration (M)",
            log=True,
            title=f"{name} in {c / M:g} M {salt}",
        )
if MPI.COMM_WORLD.rank == 0:
    for name, value, error, amount in zip(names, inversion, inversion_error, chloride, strict=True):
        print(f"{name:40s} inversion {value:7.4f} +- {error:.4f}   chloride {amount:6.1f} mM")
    print(f"two chains differ by {spread:.1f} errors at most; pictures and tables: {output}")
