# %% [markdown]
# # Conductance of a charged cylindrical pore
#
# Strong salt makes a pore conduct as so much liquid, dilution leaves the counter-ions of its wall: the conductance
# should reach a plateau (Stein, Kruithof & Dekker, Phys. Rev. Lett. 93, 035901, 2004). A short pore never shows it: the
# way in and out of the baths (Hall, J. Gen. Physiol. 66, 531, 1975) conducts ever less. The usual estimate puts liquid,
# wall and access together,
#
# $$ G = \left[ \frac{4 L}{\pi d^2 (\kappa + 4 \kappa_s/d)} + \frac{1}{\kappa d} \right]^{-1},
#    \qquad \kappa_s = \mu_{K} |\sigma|. $$
#
# Beside it stand Poisson, Nernst and Planck in pore and baths.
#
#     fem-ionics run demos/cylindrical_pore_conductance.py surface_charge=-0.05 charged_faces=True

# %%
import math

import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.units import mC, mM, mV, nm, nS

# %% [markdown]
# ## Parameters (SI)

# %%
diameter = 10 * nm
length = 20 * nm
surface_charge = -20 * mC  # C/m2
charged_faces = False  # the membrane's faces carry the same charge as the pore
concentrations = (1 * mM, 3 * mM, 10 * mM, 30 * mM, 100 * mM, 300 * mM, 1000 * mM)
voltage = 1 * mV  # well below kT/e: what it drives is the linear response
reservoir = 400 * nm  # radius and height of the baths
resolution = 0.6  # cells, relative to the default
compare = True  # also without charge: liquid and access alone; and with flow, which carries the diffuse layers along
output = "output/cylindrical_pore_conductance"

# %% [markdown]
# ## Geometry
#
# One mesh serves all concentrations: it resolves the thinnest diffuse layer among them.

# %%
radius = diameter / 2
strongest = fi.Electrolyte.kcl(max(concentrations))
thinnest = strongest.debye_length
if surface_charge:
    thinnest = min(thinnest, fi.reduced.gouy_chapman_length(surface_charge, strongest))
pore = fi.geometry.cylindrical_pore(radius, length, reservoir=reservoir, resolve=thinnest, refine=resolution)

# %% [markdown]
# ## Model
#
# The concentration of both baths is a parameter.


# %%
def pore_model(charge, with_flow):
    """Model of the pore and the parameter that holds its concentration."""
    amount = fi.Parameter("concentration", max(concentrations), "mol/m3")
    salt = {"K+": amount, "Cl-": amount}
    conditions = [
        fi.Bath(salt, potential=voltage, on="cis"),
        fi.Bath(salt, on="trans"),
        fi.SurfaceCharge(charge, on=["pore wall", "membrane"] if charged_faces else "pore wall"),
    ]
    if with_flow:
        return fi.PNPS(strongest, pore, [*conditions, fi.NoSlip(on="walls")]), amount
    return fi.PNP(strongest, pore, conditions), amount


def conductances(charge, with_flow=False):
    """Table of the conductance, and of the share of potassium, over the concentration."""
    model, amount = pore_model(charge, with_flow)
    record = {"current": fi.observe.Current(on="trans"), "K+ current": fi.observe.IonCurrent("K+", on="trans")}
    return fi.sweep(model, {amount: concentrations}, record=record)


# %% [markdown]
# ## Solve

# %%
charged = conductances(surface_charge)
conductance = charged["current"] / voltage
cation_share = charged["K+ current"] / charged["current"]

# %% [markdown]
# ## Study
#
# Estimates of growing care:
#
# - "wall and access": the formula above, whose wall conducts by its counter-ions alone;
# - "Gouy-Chapman": the diffuse layer of a single wall, which also pushes co-ions out;
# - "ion by ion": pore and access in series for each ion by itself, with the mean concentration over the cross-section
#   of a long tube. Near equilibrium, at equal baths and without flow, ions do not know of each other:
#   $\nabla \cdot (D_i c_i \nabla \mu_i) = 0$ with the concentrations of equilibrium. A selective pore stops the
#   co-ions in the baths too, so that its access conducts half as well as Hall's.
#
# What no closed form knows are counter-ions that spill out of the mouth: as the Debye length comes near the pore's
# diameter they make the access better than that of the bath. At 1 mM this and the selective access cancel, and the
# first formula is right by chance. With charge on the membrane's faces too, the wall conducts far into the baths (Lee,
# Joly, Siria, Biance, Fulcrand & Bocquet, Nano Lett. 12, 4037, 2012), and 1 mM conducts five times as well.


# %%
def estimates(amount):
    """Closed forms at a concentration, S."""
    kcl = fi.Electrolyte.kcl(amount)
    counter_ions = fi.reduced.counter_ion_conductivity(surface_charge, kcl)
    layer = fi.reduced.surface_conductivity(surface_charge, kcl)
    simple = fi.reduced.pore_conductance(radius, length, kcl, counter_ions).total
    careful = fi.reduced.pore_conductance(radius, length, kcl, layer).total
    return simple, careful, ion_by_ion(kcl)


def ion_by_ion(kcl):
    """Sum over the ions of pore and access in series."""
    tube = fi.reduced.capillary(radius, surface_charge, kcl)
    means = 2.0 * np.trapezoid(tube.concentrations * tube.r, tube.r, axis=1) / radius**2
    total = 0.0
    for ion, inside, outside in zip(kcl.species, means, kcl.concentrations, strict=True):
        mobility = fi.constants.FARADAY * ion.valence**2 * ion.diffusivity / kcl.thermal_voltage
        in_pore = fi.reduced.pore_resistance(radius, length, mobility * inside)
        total += 1.0 / (in_pore + 2.0 * fi.reduced.access_resistance(radius, mobility * outside))
    return total


names = ("wall and access", "Gouy-Chapman", "ion by ion")
closed = dict(zip(names, np.array([estimates(amount) for amount in concentrations]).T, strict=True))
deviations = {name: conductance / values - 1.0 for name, values in closed.items()}
plateau = fi.reduced.plateau_conductance(radius, length, surface_charge, strongest)
others = {}
if compare:
    others["without charge"] = conductances(0.0)["current"] / voltage
    others["with flow"] = conductances(surface_charge, with_flow=True)["current"] / voltage

# %% [markdown]
# ## Observables

# %%
results = {
    "concentrations": list(concentrations),
    "conductances": conductance,  # S
    "cation_share": cation_share,
    "plateau": plateau,  # S, of a pore so long that the access does not count
    "estimates": closed["wall and access"],  # S
    "deviation": deviations["wall and access"],  # of the finite elements, relative to the estimate
    "deviation_gouy_chapman": deviations["Gouy-Chapman"],
    "deviation_ion_by_ion": deviations["ion by ion"],
}
if compare:
    kappa = np.array([fi.Electrolyte.kcl(amount).conductivity for amount in concentrations])
    # Each mouth is as good as 0.8217 radii more of pore (Rayleigh); Hall's disc, pi/4, is a lower bound. What lies
    # beyond baths of finite radius is missing.
    effective = length + 2 * 0.8217 * radius - radius**2 / reservoir
    results["conductances_without_charge"] = others["without charge"]
    results["deviation_without_charge"] = others["without charge"] * effective / (kappa * math.pi * radius**2) - 1.0
    results["conductances_with_flow"] = others["with flow"]

columns = {"finite elements": conductance, **others, **closed}
table = fi.Table(
    {"concentration": concentrations, **columns, "share of K+": cation_share},
    {"concentration": "mol/m3", **dict.fromkeys(columns, "S")},
    charged.provenance,
    "conductance of a charged cylindrical pore",
)
fi.io.write_table(f"{output}/conductance.csv", table)
fi.io.plot_profiles(
    f"{output}/conductance.png",
    np.array(concentrations) / mM,
    {
        "finite elements": conductance / nS,
        "wall and access": closed["wall and access"] / nS,
        "ion by ion": closed["ion by ion"] / nS,
        "plateau of a long pore": np.full(len(conductance), plateau / nS),
        **({"finite elements without charge": others["without charge"] / nS} if compare else {}),
    },
    points=["finite elements", "finite elements without charge"] if compare else ["finite elements"],
    xlabel="concentration of KCl (mM)",
    ylabel="conductance (nS)",
    title=f"A pore of {diameter / nm:g} nm through {length / nm:g} nm, {surface_charge / mC:g} mC/m$^2$",
    log=True,
    log_x=True,
)
fi.io.plot_profiles(
    f"{output}/deviation.png",
    np.array(concentrations) / mM,
    {name: 100 * values for name, values in deviations.items()},
    xlabel="concentration of KCl (mM)",
    ylabel="finite elements over closed form, less one (%)",
    title="How far three estimates are off",
    log_x=True,
)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:32s} {np.array2string(np.asarray(value), precision=4)}")
    print(f"pictures and tables: {output}")
