# %% [markdown]
# # A conical nanopore rectifies
#
# A cone through a membrane joins two baths of KCl. Its wall is negative, and near the tip the diffuse layers fill much
# of the pore: there potassium carries the current. A field from the tip to the base (negative base) gathers ions inside
# the cone, the opposite one empties it, and the pore conducts better one way than the other (Cervera, Schiedt, Neumann,
# Mafe & Ramirez, J. Chem. Phys. 124, 104706, 2006; with flow White & Bund, Langmuir 24, 2212, 2008). At high
# concentration the layers are too thin to select; in dilute salt the whole cone selects, what limits it is the supply
# of ions from the bath at the narrow tip, and it conducts better with a positive base, however wide the baths. In
# between the rectification has a maximum.
#
# The current is positive from base to tip; the voltage is that of the base (cis) against the tip (trans).
#
#     fem-ionics run demos/conical_pore_iv.py flow=False surface_charge=-0.08 "voltages=(-2, -1, 0, 1, 2)"

# %%
import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.units import mC, mM, nA, nm

# %% [markdown]
# ## Parameters (SI)

# %%
tip_radius = 5 * nm
base_radius = 50 * nm
length = 1000 * nm
reservoir = 500 * nm  # radius and height of the baths; their far sides hold concentration and potential
surface_charge = -20 * mC  # C/m2
concentration = 100 * mM  # of the current-voltage curve
voltages = (-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0)
concentrations = (1 * mM, 3 * mM, 10 * mM, 30 * mM, 100 * mM, 300 * mM, 1000 * mM)  # of the rectification
flow = True  # Stokes flow with the electric force, or ions alone
compare = True  # the other of both, too
resolution = 0.6  # cells, relative to the default
output = "output/conical_pore_iv"

# %% [markdown]
# ## Geometry
#
# The half plane of an axisymmetric cone, graded to the Debye or the Gouy-Chapman length, whichever is shorter.


# %%
def cone(electrolyte):
    """Mesh for one electrolyte."""
    gouy_chapman = fi.reduced.gouy_chapman_length(surface_charge, electrolyte) if surface_charge else np.inf
    return fi.geometry.conical_pore(
        tip_radius,
        base_radius,
        length,
        reservoir=reservoir,
        resolve=min(electrolyte.debye_length, gouy_chapman),
        refine=resolution,
    )


# %% [markdown]
# ## Model
#
# Poisson and Nernst-Planck with electrochemical potentials as unknowns, which keep concentrations positive and make
# equilibrium exact; with flow Stokes too.


# %%
def pore_model(electrolyte, with_flow):
    """Model of the pore and its voltage."""
    voltage = fi.Parameter("voltage", 0.0, "V")
    conditions = [
        fi.Bath(electrolyte, potential=voltage, on="cis"),
        fi.Bath(electrolyte, on="trans"),
        fi.SurfaceCharge(surface_charge, on="pore wall"),
    ]
    if with_flow:
        return fi.PNPS(electrolyte, cone(electrolyte), [*conditions, fi.NoSlip(on="walls")]), voltage
    return fi.PNP(electrolyte, cone(electrolyte), conditions), voltage


def curve(amount, with_flow, values, keep=()):
    """Current-voltage curve at a concentration."""
    model, voltage = pore_model(fi.Electrolyte.kcl(amount), with_flow)
    return fi.iv_curve(model, voltage, values, between=("cis", "trans"), keep=keep)


# %% [markdown]
# ## Solve
#
# From equilibrium outwards, as far at a time as Newton likes. The error of the current at the largest voltage comes
# from an adjoint problem with elements of one degree more.

# %%
NAMES = {True: "with flow", False: "without flow"}
say = fi.log.get_logger("demo").info
asked = [float(value) for value in voltages]
largest = max(map(abs, asked))
# Rectification needs both signs of the largest voltage, asked for or not.
values = list(dict.fromkeys([*asked, -largest, largest]))
curves = {flow: curve(concentration, flow, values, keep=(-largest, largest))}
if compare:
    curves[not flow] = curve(concentration, not flow, values)
iv = curves[flow]
error = fi.error_estimate(iv.solutions[largest], fi.observe.Current(on="trans"))
say("at %g V: %s", largest, error)

# %% [markdown]
# ## Study
#
# Rectification against concentration, at the largest voltage. Its maximum lies on the parabola through the best point
# and its neighbours in logarithms.


# %%
def ratio(amount, with_flow):
    """|I(-V)/I(V)|: above 1 where the pore conducts better with a negative base."""
    known = curves.get(with_flow) if amount == concentration else None
    found = known or curve(amount, with_flow, (-largest, largest))
    return found.rectification_ratio(largest)


def peak(amounts, ratios):
    """Concentration and ratio at the maximum."""
    best = int(np.argmax(ratios))
    if best in (0, len(ratios) - 1):
        return amounts[best], ratios[best]
    near = slice(best - 1, best + 2)
    parabola = np.polynomial.Polynomial.fit(np.log(amounts[near]), np.log(ratios[near]), 2)
    top = float(parabola.deriv().roots()[0])
    return float(np.exp(top)), float(np.exp(parabola(top)))


amounts = np.array(concentrations, dtype=float)
ratios = {with_flow: np.array([ratio(amount, with_flow) for amount in amounts]) for with_flow in curves}
best_concentration, best_ratio = peak(amounts, ratios[flow])

# %% [markdown]
# ## Observables

# %%
results = {
    "voltages": iv.voltages[: len(asked)],
    "currents": iv.currents[: len(asked)],  # A, from base to tip
    "rectification": iv.rectification(largest),
    "charge_defect": iv.charge_defect,
    "flow_rates": iv.flow_rates[: len(asked)] if flow else np.zeros(len(asked)),  # m3/s, from base to tip
    "error_estimate": error.error,  # A: exact less computed current at the largest voltage
    "relative_error_estimate": error.relative,
    "conductance": iv.conductance(),  # S, at 0 V
    "cation_transference": iv.transference("K+"),
    "concentrations": amounts,
    "rectification_ratios": ratios[flow],  # |I(-V)/I(V)|: below 1 it conducts better with a positive base
    "rectification_maximum": best_ratio,
    "rectification_maximum_at": best_concentration,  # mol/m3
}
if compare:
    results["currents_compared"] = curves[not flow].currents[: len(asked)]
    results["rectification_compared"] = curves[not flow].rectification(largest)
    results["rectification_ratios_compared"] = ratios[not flow]

fi.io.write_table(f"{output}/iv.csv", *curves.values())
columns = {NAMES[with_flow]: each for with_flow, each in ratios.items()}
table = fi.Table({"concentration": amounts, **columns}, {"concentration": "mol/m3"}, title="rectification")
fi.io.write_table(f"{output}/rectification.csv", table)
order = np.argsort(values)
fi.io.plot_profiles(
    f"{output}/iv.png",
    iv.voltages[order],
    {NAMES[with_flow]: each.currents[order] / nA for with_flow, each in curves.items()},
    xlabel="voltage of the base against the tip (V)",
    ylabel="current from base to tip (nA)",
    title=f"{concentration / mM:g} mM KCl in a cone of {tip_radius / nm:g} and {base_radius / nm:g} nm, "
    f"{surface_charge / mC:g} mC/m$^2$",
)
fi.io.plot_profiles(
    f"{output}/rectification.png",
    amounts / mM,
    columns,
    xlabel="concentration of KCl (mM)",
    ylabel=f"|I(-{largest:g} V)/I({largest:g} V)|",
    title=f"The cone rectifies best near {best_concentration / mM:.2g} mM",
    log_x=True,
)
bottom, top = (0.0, -0.75 * length), (0.0, 0.75 * length)
salt = {}
for value, state in iv.solutions.items():
    along, cation = fi.observe.line(state, "K+", bottom, top, n=301)
    anion = fi.observe.line(state, "Cl-", bottom, top, n=301)[1]
    salt[f"{value:g} V"] = (cation + anion) / (2 * mM)
    name = "open" if abs(iv.currents[iv.voltages == value][0]) == abs(iv.currents).max() else "closed"
    fi.io.plot_field(
        state,
        "Cl-",
        f"{output}/{name}.png",
        streamlines=False,
        window=((-0.65 * length, 0.65 * length), (-2 * base_radius, 2 * base_radius)),
        title=f"Chloride with the base at {value:g} V: {name}",
    )
    fi.io.write_fields(f"{output}/{name}.bp", state)
fi.io.plot_profiles(
    f"{output}/axis.png",
    (along + bottom[1]) / nm,
    salt,
    xlabel="z along the axis (nm): base at the left, tip at the right",
    ylabel="mean concentration of both ions (mM)",
    title="Ions gather in the cone or leave it",
)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:30s} {np.array2string(np.asarray(value), precision=5)}")
    print(f"pictures, tables and ParaView files: {output}")
