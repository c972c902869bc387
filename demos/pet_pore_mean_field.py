# %% [markdown]
# # A PET pore in mixtures of KCl and CaCl2: what mean field says
#
# Track-etched pores in polyethylene terephthalate carry about one elementary charge per square nanometre. In mixtures
# of K+ and Ca2+ their conductance passes a minimum below that of both pure salts, the anomalous mole fraction effect,
# and in CaCl2 the wall attracts so much calcium that its charge is inverted and chloride gets through (Gillespie, Boda,
# He, Apel & Siwy, Biophys. J. 95, 609, 2008). Both come from the size and the correlations of ions. Here are Poisson,
# Nernst and Planck, which know neither: the baseline for a Monte-Carlo study of the same pore.
#
# The mixture keeps the charge of its cations: [K+] + 2 [Ca2+] = [Cl-] is constant, and a fraction x of it is calcium's.
#
#     fem-ionics run demos/pet_pore_mean_field.py surface_charge=-0.08 diameter=0.6e-9

# %%
import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.units import e_nm2, mM, mV, nm, nS

# %% [markdown]
# ## Parameters (SI)
#
# A piece of a pore between baths; a real one is a hundred times as long.

# %%
radius = 2.5 * nm
length = 100 * nm
reservoir = 100 * nm
surface_charge = -1.0 * e_nm2
cation_charge = 100 * mM  # of all cations in the baths
fractions = (0.0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0)  # of it that calcium carries
trace = 1e-6  # of the fraction: no bath is without one of the ions
voltage = 1 * mV  # well below kT/e
diameter = 0.0  # of all ions in Bikerman's steric model; 0 for points
resolution = 1.0  # cells, relative to the default
output = "output/pet_pore_mean_field"

# %% [markdown]
# ## Geometry
#
# The Gouy-Chapman length of divalent counter-ions is half that of monovalent ones.

# %%
half = cation_charge / 2
electrolyte = fi.Electrolyte.mixture({"KCl": half, "CaCl2": half / 2})
gouy_chapman = 2 * electrolyte.absolute_permittivity * electrolyte.thermal_voltage / (2 * abs(surface_charge))
pore = fi.geometry.cylindrical_pore(
    radius, length, reservoir=reservoir, resolve=min(electrolyte.debye_length, gouy_chapman), refine=resolution
)

# %% [markdown]
# ## Model
#
# Three ions; the composition of both baths is a parameter.

# %%
calcium = fi.Parameter("calcium fraction", 0.5, "")
mixture = {
    "K+": cation_charge * (1 - calcium),
    "Ca2+": cation_charge / 2 * calcium,
    "Cl-": cation_charge,
}
conditions = [
    fi.Bath(mixture, potential=voltage, on="cis"),
    fi.Bath(mixture, on="trans"),
    fi.SurfaceCharge(surface_charge, on="pore wall"),
]
model = fi.PNP(electrolyte, pore, [*conditions, fi.Steric(fi.Bikerman(diameter))] if diameter else conditions)

# %% [markdown]
# ## Solve
#
# Charge of the ions between the wall and a radius r, half-way through the pore, over that of the wall:
#
# $$ q(r) = -\\frac{1}{\\sigma a} \\int_r^a \\rho\\, r'\\, dr'. $$
#
# It is 1 where the ions make up for the wall; what exceeds 1 would be charge inversion. The charge density has one sign
# all across, so that q grows towards the axis and ends at 1, to the accuracy of mesh and quadrature.


# %%
def screening(state, n=4001):
    """Radii, m, and the charge between them and the wall over that of the wall."""
    r, density = fi.observe.line(state, "charge density", (0.0, 0.0), (radius, 0.0), n)
    shells = 0.5 * (density[1:] * r[1:] + density[:-1] * r[:-1]) * np.diff(r)
    return r, np.append(np.cumsum(shells[::-1])[::-1], 0.0) / -(surface_charge * radius)


profiles = {}


def overshoot(state):
    """How far the ions of any shell exceed the charge of the wall, relative to it."""
    r, inside = screening(state)
    profiles[state.parameters["calcium fraction"]] = (r, inside)
    return float(inside.max()) - 1.0


def least_charge(state):
    """Smallest over largest charge density across the pore: negative where the sign changes."""
    density = fi.observe.line(state, "charge density", (0.0, 0.0), (radius, 0.0), 4001)[1]
    return float(density.min() / density.max())


compositions = [min(max(x, trace), 1 - trace) for x in fractions]
record = {f"{ion} current": fi.observe.IonCurrent(ion, on="trans") for ion in electrolyte.names}
record |= {"overshoot": overshoot, "least charge": least_charge}
table = fi.sweep(model, {calcium: compositions}, record=record)

# %% [markdown]
# ## Study
#
# Beside the finite elements stands a long tube in Poisson-Boltzmann equilibrium with its baths, with and without the
# access to it, which near equilibrium lies in series for each ion by itself. The tube alone conducts the less the more
# calcium it holds: there is no minimum. A piece of pore between baths has one all the same: calcium that carries the
# current inside is scarce outside, and its access limits it. The effect of a long pore has another origin, ions that
# mean field does not know.


# %%
def tube_conductances(x):
    """Of a tube by itself, and with the access in series for each ion, S."""
    amounts = {"K+": cation_charge * (1 - x), "Ca2+": cation_charge / 2 * x, "Cl-": cation_charge}
    bath = electrolyte.with_concentrations(amounts)
    tube = fi.reduced.capillary(radius, surface_charge, bath)
    means = 2.0 * np.trapezoid(tube.concentrations * tube.r, tube.r, axis=1) / radius**2
    tube_alone, total = 0.0, 0.0
    for ion, inside, outside in zip(bath.species, means, bath.concentrations, strict=True):
        mobility = fi.constants.FARADAY * ion.valence**2 * ion.diffusivity / bath.thermal_voltage
        in_pore = fi.reduced.pore_resistance(radius, length, mobility * inside)
        tube_alone += 1.0 / in_pore
        total += 1.0 / (in_pore + 2.0 * fi.reduced.access_resistance(radius, mobility * outside))
    return tube_alone, total


def minimum_below_both(values):
    """How far the smallest lies below both ends, relative to the lower of them: the anomalous mole fraction effect."""
    return float(1.0 - values.min() / min(values[0], values[-1]))


currents = {ion: table[f"{ion} current"] for ion in electrolyte.names}
conductance = sum(currents.values()) / voltage
shares = {ion: each / voltage / conductance for ion, each in currents.items()}
long_tube, closed = np.array([tube_conductances(x) for x in compositions]).T  # of points

# %% [markdown]
# ## Observables

# %%
results = {
    "fractions": table["calcium fraction"],
    "conductances": conductance,  # S
    "chloride_share": shares["Cl-"],
    "calcium_share": shares["Ca2+"],
    "calcium_over_potassium": float(conductance[-1] / conductance[0]),
    "minimum_below_both": minimum_below_both(conductance),
    "minimum_below_both_in_a_long_pore": minimum_below_both(long_tube),
    "largest_overshoot": float(table["overshoot"].max()),  # relative to the wall's charge
    "smallest_overshoot": float(table["overshoot"].min()),
    "least_charge_density": float(table["least charge"].min()),  # relative to the largest
    "deviation_from_tube": conductance / closed - 1.0,  # of points, with access
}

columns = {"conductance": conductance, **{f"share of {ion}": share for ion, share in shares.items()}}
kept = fi.Table(
    {"calcium fraction": table["calcium fraction"], **columns, "overshoot": table["overshoot"]},
    {"conductance": "S"},
    table.provenance,
    "PET pore in KCl and CaCl2 by mean field",
)
fi.io.write_table(f"{output}/conductance.csv", kept)
fi.io.plot_profiles(
    f"{output}/conductance.png",
    table["calcium fraction"],
    {
        "finite elements": conductance / nS,
        "tube and access, ion by ion": closed / nS,
        "long tube": long_tube / nS,
        **{f"carried by {ion}": share * conductance / nS for ion, share in shares.items()},
    },
    points=["finite elements"],
    xlabel="part of the cations' charge that is calcium's",
    ylabel="conductance (nS)",
    title=f"Radius {radius / nm:g} nm, {surface_charge / e_nm2:g} e/nm$^2$, {cation_charge / mM:g} mM of cation charge",
)
chosen = sorted(profiles)[:: max(1, (len(profiles) - 1) // 3)]
fi.io.plot_profiles(
    f"{output}/screening.png",
    (radius - profiles[chosen[0]][0]) / nm,
    {
        **{f"x = {x:.2g}": profiles[x][1] for x in chosen},
        "wall": ([0.0, radius / nm], [1.0, 1.0]),
    },
    xlabel="distance from the wall (nm)",
    ylabel="charge of the ions over that of the wall",
    title="Mean field screens the wall and never inverts it",
)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:26s} {np.array2string(np.asarray(value), precision=4)}")
    print(f"pictures and tables: {output}")
