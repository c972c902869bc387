# %% [markdown]
# # An elliptical pore beside the centre of its cell, in three dimensions
#
# Pores that are drilled or etched are seldom round, and an irregular array brings some of them close together. Here
# each pore is an ellipse and sits beside the centre of a square cell; the sides of the cell are mirror planes, so that
# pores come in pairs. Nothing turns about an axis any more: the Poisson-Nernst-Planck equations are solved with
# tetrahedra, and beside them a round pore of the same area in a round cell of the same area, axisymmetric.
#
# An ellipse has the longer rim $P$, and the charge of the pore grows with it. In dilute salt the counter-ions of that
# charge carry most of the current, so that the elliptical pore conducts better; by less than the rims' ratio, since
# the salt of the baths takes its part, and each current has to come through the liquid outside. The mean-field theory
# of such a surface conductance is Bikerman's (Trans. Faraday Soc. 36, 154, 1940).
#
#     mpiexec -n 2 fem-ionics run demos/off_centre_pore.py aspect=2 concentration=100

# %%
import math

import numpy as np
from mpi4py import MPI
from scipy.special import ellipe

import fem_ionics as fi
from fem_ionics.units import mC, mM, mV, nm

# %% [markdown]
# ## Parameters (SI)

# %%
radius = 2 * nm  # of the circle with the area of the pore
aspect = 3.0  # of the semi-axes along x and y
offset = (1 * nm, 0.0)  # from the middle of the cell
length = 4 * nm  # of the pore
cell = 10 * nm  # side of the square cell
reservoir = 5 * nm  # height of the liquid on each side
concentration = 10 * mM  # KCl
surface_charge = -30 * mC  # C/m2, on the wall of the pore
voltages = (-50 * mV, 50 * mV)
resolution = 1.0  # cells across, relative to the default
output = "output/off_centre_pore"

# %% [markdown]
# ## Geometry
#
# The axis of the pore is z. The round cell has the area of the square one.

# %%
kcl = fi.Electrolyte.kcl(concentration)
layer = min(kcl.debye_length, fi.reduced.gouy_chapman_length(surface_charge, kcl))
pore = fi.geometry.cylindrical_pore(
    radius,
    length,
    reservoir=(cell / 2, reservoir),
    resolve=layer,
    array=True,
    dimension=3,
    offset=offset,
    aspect=aspect,
    cell="square",
    refine=resolution,
)
round_pore = fi.geometry.cylindrical_pore(
    radius, length, reservoir=(cell / math.sqrt(math.pi), reservoir), resolve=layer, array=True, refine=2.0
)

# %% [markdown]
# ## Model

# %%
voltage = fi.Parameter("voltage", 0.0, "V")


def pnp(domain):
    """Charged pore between two equal baths."""
    conditions = [
        fi.Bath(kcl, potential=voltage, on="cis"),
        fi.Bath(kcl, on="trans"),
        fi.SurfaceCharge(surface_charge, on="pore wall"),
    ]
    return fi.PNP(kcl, domain, conditions)


model = pnp(pore)

# %% [markdown]
# ## Solve
#
# At rest: equilibrium with both baths.

# %%
equilibrium = fi.steady(model)

# %% [markdown]
# ## Study

# %%
curve = fi.iv_curve(model, voltage, voltages, guess=equilibrium, keep=[max(voltages)])
round_curve = fi.iv_curve(pnp(round_pore), voltage, voltages)
driven = curve.solutions[max(voltages)]

# %% [markdown]
# ## Observables
#
# The rim of an ellipse is $4 a E(m)$ with its longer semi-axis $a$ and the complete elliptic integral $E$.


# %%
def conductance_of(curve):
    """Slope between the outermost voltages, S."""
    at = np.argsort(curve["voltage"])[[0, -1]]
    return float(np.ptp(curve["current"][at]) / np.ptp(curve["voltage"][at]))


conductance, round_conductance = conductance_of(curve), conductance_of(round_curve)
longer = radius * math.sqrt(max(aspect, 1 / aspect))
rim = 4 * longer * float(ellipe(1 - (radius / longer) ** 4))

results = {
    "conductance": conductance,
    "round_conductance": round_conductance,
    "ratio": conductance / round_conductance,
    "rim_ratio": rim / (2 * math.pi * radius),
    "area": pore.volume("pore") / length,
    "area_asked_for": math.pi * radius**2,
    "rectification": float(abs(curve["current"][-1] / curve["current"][0])),
    "charge_defect": float(np.max(curve["charge defect"])),
    "cation_share": float(curve["K+ current"][-1] / curve["current"][-1]),
    "cells": pore.cells_total,
    "unknowns": sum(field.function.function_space.dofmap.index_map.size_global for field in model.fields),
    "ranks": MPI.COMM_WORLD.size,
}

x = np.linspace(-cell / 2, cell / 2, 81)
across = np.column_stack([x, np.zeros_like(x), np.zeros_like(x)])
profiles = {ion: fi.observe.evaluate(driven, ion, across) for ion in kcl.names}
fi.io.write_table(f"{output}/curve.csv", curve)
fi.io.write_fields(f"{output}/driven.bp", driven)
fi.io.render(driven, "K+", f"{output}/cations.png")
fi.io.plot_profiles(
    f"{output}/profiles.png",
    x / nm,
    profiles,
    xlabel="distance from the middle of the cell along x (nm)",
    ylabel="concentration (mM)",
    title=f"Half-way through the pore at {max(voltages) / mV:g} mV",
)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:20s} {value: .6g}")
    print(f"pictures, tables and ParaView files: {output}")
