# %% [markdown]
# # Electron transfer at a metal: from Butler-Volmer to Marcus
#
# An electron leaves for a metal at all energies $x$ that the metal has free, over a barrier that the surroundings set.
# In units of kT, with the overpotential $\eta$ (Chidsey, Science 251, 919, 1991),
#
# $$ k_{ox}(\eta) = \frac{1}{\sqrt{4\pi\lambda}} \int \frac{e^{-B(x - \eta)}}{1 + e^{-x}}\, dx, \qquad
#    \frac{k_{ox}}{k_{red}} = e^{\eta}, $$
#
# where $B = (\lambda + \Delta G)^2/4\lambda$ is Marcus' barrier with the reorganisation energy $\lambda$. A localised
# donor has $e^{-B(-\eta)}$ alone, and with it the inverted region. If an ion moves along, at a cost $b$, the barrier
# gets a straight middle part, and the rate passes over into Butler and Volmer's (Bazant, Faraday Discuss. 246, 60,
# 2023).
#
# The same law then reacts at two metal electrodes with a salt of their ions between them, where
# $\eta$ follows from the potential and $k_{red}$ is multiplied with the concentration at the wall.
#
#     fem-ionics run demos/electrode_kinetics.py lam=15.0

# %%
import numpy as np
from mpi4py import MPI
from scipy.optimize import brentq

import fem_ionics as fi
from fem_ionics.physics import rates
from fem_ionics.units import m, mM, s, um

# %% [markdown]
# ## Parameters (kT)

# %%
lam = 8.3  # reorganisation energy
overpotentials = (0.0, 2.0, 5.0, 8.3)  # at which rates are listed
largest = 25.0  # overpotential of the pictures
ions = (0.0, 5.0, 15.0)  # energy of the ion that moves along, b
asymmetry = 0.3  # of parabolas of two widths
energies = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 12.0, 15.0, 25.0, 40.0)  # lam at which the closed form is judged
exchange = (8.0, 20.0, 40.0, 80.0, 160.0)  # lam of self-exchange, twice that at an electrode
points = 61
length = 1 * um  # of the cell
concentration = 25 * mM  # of its salt
rate = 5e-2 * m / s  # of which the law is a part
currents = (-0.6, -0.3, 0.3, 0.6, 0.8, 0.9)  # over the limiting one
output = "output/electrode_kinetics"

# %% [markdown]
# ## Geometry
#
# A law needs none. The cell is a strip, one cell wide and graded to its electrodes.

# %%
salt = fi.Electrolyte.symmetric(concentration, 1e-9)
ends = [-length / 2, length / 2]
strip = fi.geometry.channel(length, length, resolve=salt.debye_length, edges=ends, periodic=None, across=1, half=True)

# %% [markdown]
# ## Model
#
# One law serves arrays and forms: the module of functions is an argument, `ufl` in a finite-element model. The
# electrodes are metal, in equilibrium with their ions at the salt's concentration, and have no charge.

# %%
functions = fi.reduced.functions
laws = {
    "Butler-Volmer": rates.ButlerVolmer(0.5, barrier=lam / 4),
    "Marcus": rates.Marcus(lam),
    "asymmetric Marcus": rates.Marcus(lam, asymmetry),
    "Marcus-Hush-Chidsey": rates.MarcusHushChidsey(lam),
    "closed form (Zeng)": rates.ZengClosedForm(lam),
}
voltage = fi.Parameter("voltage", 0.0, "V")
reacting = laws["closed form (Zeng)"]
metal = {"oxidised": "cation", "law": reacting, "rate": rate, "reference": concentration}
cell = fi.PNP(
    salt,
    strip,
    [
        fi.ElectrodeReaction(potential=voltage, on="left", **metal),
        fi.ElectrodeReaction(potential=0.0, on="right", **metal),
        fi.FixedTotal("anion", concentration),
    ],
)

# %% [markdown]
# ## Solve
#
# The exact integrals, by adaptive quadrature; and the cell at the voltages that it should need for given currents. In
# neutral liquid the anions are at rest, so that the salt falls linearly, $c = c_0 (1 \pm j)$ at the electrodes at the
# current $j$ over the limiting one, $4 F D c_0/L$; then $V = 2 \operatorname{artanh} j$ and what the reactions need.

# %%
eta = np.linspace(-largest, largest, points)
exact = fi.reduced.metal_rate(eta, lam)
coupled = {b: fi.reduced.metal_rate(eta, lam, ion=b) for b in ions}
listed = fi.reduced.metal_rate(overpotentials, lam)
reverse = fi.reduced.metal_rate(-np.array(overpotentials), lam)

limiting = 4 * fi.constants.FARADAY * salt.species[0].diffusivity * concentration / length  # A/m2


def needed(j):
    """Voltages (kT/e) of both electrodes and the liquid between them."""
    flux = j * limiting / (fi.constants.FARADAY * rate * concentration)

    def overpotential(c, wanted):
        return brentq(
            lambda eta: reacting.oxidation(eta, functions) - c * reacting.reduction(eta, functions) - wanted, -30, 30
        )

    return np.array([overpotential(1 + j, flux) - overpotential(1 - j, -flux), 2 * np.arctanh(j)])


parts = np.array([needed(j) for j in currents])
volts = parts.sum(axis=1)
curve = fi.iv_curve(cell, voltage, volts * salt.thermal_voltage, between=("left", "right"))

# %% [markdown]
# ## Study
#
# How good the closed form is depends on $\lambda$: its 5 % hold from 8 to 15 only. The sum of exponentials that
# `MarcusHushChidsey` is has no such range.
#
# A couple's rates at an electrode and among its own molecules belong together. With $\lambda_{ex} = 2\lambda_{el}$ the
# slope of one against the other tends to Marcus' 1/2. The simple law
# $k_{el} = \frac{1}{2} \sqrt{k_{ex}/(2\pi \ln(1/k_{ex}))}$ has that slope too, but is low by a factor that tends to
# $\pi$, since it leaves the electrons' spread of energies out.


# %%
def deviation(kind, energy):
    """Largest relative error of a law up to the overpotential where the rate levels off."""
    at = np.linspace(0.0, energy + 5 * np.sqrt(2 * energy), 15)
    true = fi.reduced.metal_rate(at, energy)
    return float(np.max(np.abs(kind(energy).oxidation(at, functions) / true - 1)))


closed_form = np.array([deviation(rates.ZengClosedForm, each) for each in energies])
short_sum = np.array([deviation(rates.MarcusHushChidsey, each) for each in energies])
k_ex = fi.reduced.self_exchange_rate(exchange)
k_el = fi.reduced.electrode_rate(k_ex)
simple = np.sqrt(k_ex / (2 * np.pi * np.log(1 / k_ex))) / 2
slopes = np.diff(np.log(k_el)) / np.diff(np.log(k_ex))

# %% [markdown]
# ## Observables

# %%
results = {
    **{f"k_ox_{each:g}": float(value) for each, value in zip(overpotentials, listed, strict=True)},
    "ratio_error": float(np.max(np.abs(listed / reverse * np.exp(-np.array(overpotentials)) - 1))),
    **{f"zeng_error_{each:g}": float(value) for each, value in zip(energies, closed_form, strict=True)},
    "sum_error": float(short_sum.max()),
    **{f"limiting_rate_{each:g}": fi.reduced.limiting_rate(each) for each in (1.0, 4.0)},
    "limit_of_coupled": float(fi.reduced.metal_rate(400.0, 1.0, ion=50.0)),
    "ion_coupled_barrier": rates.ion_coupled_barrier(lam, ions[-1], ions[-1]),
    "first_slope": float(slopes[0]),
    "last_slope": float(slopes[-1]),
    "last_factor": float(k_el[-1] / simple[-1]),
    "cell_deviation": float(np.max(np.abs(curve.currents / (length * limiting * np.array(currents)) - 1))),
    "cell_charge_defect": float(curve.charge_defect),
}
fi.io.plot_profiles(
    f"{output}/cell.png",
    volts,
    {"finite elements": curve.currents / (length * limiting), "neutral liquid": np.array(currents)},
    points=["finite elements"],
    xlabel="voltage (kT/e)",
    ylabel="current / limiting current",
    title="A salt between two electrodes of its metal",
)
forward = eta >= 0
fi.io.plot_profiles(
    f"{output}/tafel.png",
    eta[forward],
    {"exact": exact[forward], **{name: law.oxidation(eta[forward], functions) for name, law in laws.items()}},
    points=["exact"],
    xlabel="overpotential (kT/e)",
    ylabel="rate of oxidation / prefactor",
    title=f"Laws of electron transfer, reorganisation energy {lam:g} kT",
    log=True,
)
fi.io.plot_profiles(
    f"{output}/closed_form.png",
    energies,
    {"closed form (Zeng)": 100 * closed_form, "sum of exponentials": 100 * short_sum},
    points=["closed form (Zeng)", "sum of exponentials"],
    levels={"5 %": 5.0},
    xlabel="reorganisation energy (kT)",
    ylabel="largest error (%)",
    title="How far closed forms are from the integral",
    log=True,
    log_x=True,
)
fi.io.plot_profiles(
    f"{output}/coupled.png",
    eta,
    {f"b = {b:g} kT": value / np.interp(0.0, eta, value) for b, value in coupled.items()}
    | {"Butler-Volmer": np.exp(eta / 2)},
    xlabel="overpotential (kT/e)",
    ylabel="rate of oxidation / that at equilibrium",
    title="An ion that moves along straightens the Tafel plot",
    log=True,
)
fi.io.plot_profiles(
    f"{output}/exchange.png",
    k_ex,
    {"exact": k_el, "simple law": simple, "its slope of one half: sqrt(k)/2": np.sqrt(k_ex) / 2},
    points=["exact"],
    xlabel="self-exchange rate k / prefactor",
    ylabel="rate at an electrode / prefactor",
    title="The rate at an electrode grows with the root of the self-exchange rate",
    log=True,
    log_x=True,
)
fi.io.write_table(
    f"{output}/rates.csv",
    fi.Table(
        {"eta": eta, "exact": exact, **{f"b = {b:g}": value for b, value in coupled.items()}},
        {"eta": "kT/e"},
        title=f"rates of oxidation by a metal, lam = {lam:g} kT",
    ),
)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:28s} {value: .7g}")
    print(f"pictures and tables: {output}")
