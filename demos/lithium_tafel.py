# %% [markdown]
# # The curved Tafel plot of lithium iron phosphate
#
# In a carbon-coated particle of LiFePO4 the electron's transfer to an iron site limits how fast lithium enters, with a
# reorganisation energy of 214 meV. The ion is fast and only takes a site: with the filling $c$ of the host and the
# concentration $c_+$ of the ions outside (Fraggedakis et al., Electrochim. Acta 367, 137432, 2021),
#
# $$ \text{rate} = k_0 (1 - c) \left[ c_+ k_{red}(\eta) - c\, k_{ox}(\eta) \right], $$
#
# with Marcus-Hush-Chidsey rates and the FORMAL overpotential $\eta$, which is $\ln(c_+/c)$ at equilibrium. Butler and
# Volmer's straight line is left within a few kT/e, and where $\eta$ is the reorganisation energy, 214 mV, the
# rate constant is half of the most that it can be, whatever the temperature.
#
#     fem-ionics run demos/lithium_tafel.py reorganisation=0.15

# %%
import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.physics import rates
from fem_ionics.units import K, V, mV

# %% [markdown]
# ## Parameters

# %%
reorganisation = 0.214  # eV
temperatures = (273.15 * K, 298.15 * K, 323.15 * K)
ions = 1.0  # concentration outside, in units of the standard one
fillings = (0.1, 0.5, 0.9)
largest = 0.5 * V
points = 81
output = "output/lithium_tafel"

# %% [markdown]
# ## Geometry
#
# None: a particle whose filling is even, at one point of its surface.
#
# ## Model

# %%
lam = {T: fi.reduced.in_thermal_units(reorganisation, T) for T in temperatures}
thermal = {T: reorganisation / lam[T] for T in temperatures}  # kT/e, V
room = temperatures[len(temperatures) // 2]
law = rates.MarcusHushChidsey(lam[room])
tangent = rates.ButlerVolmer(0.5, barrier=-float(np.log(fi.reduced.metal_rate(0.0, lam[room]))))

# %% [markdown]
# ## Solve
#
# Rate constants at each temperature, exactly, and the net rate of insertion at three fillings.

# %%
volts = np.linspace(0, largest, points)
constants = {T: fi.reduced.metal_rate(volts / thermal[T], lam[T]) for T in temperatures}
both = np.linspace(-largest, largest, 2 * points - 1)


def insertion(filling, overpotential):
    """Net rate over k0 at an overpotential in V, counted from equilibrium; negative ones drive lithium in."""
    eta = np.log(ions / filling) + overpotential / thermal[room]
    return rates.intercalation_rate(law, eta, filling, ions, fi.reduced.functions)


net = {filling: insertion(filling, both) for filling in fillings}

# %% [markdown]
# ## Study
#
# The transfer coefficient $d \ln k_{ox}/d\eta$ starts at 1/2 and falls to zero; the exchange rate
# $(1 - c)\, c\, k_{ox}(\ln c_+/c)$ is not symmetric in the filling, since the transition state needs an empty site;
# and the slope of $\ln k_{ox}(0)$ against $1/kT$ is somewhat above $\lambda/4$.


# %%
def transfer_coefficient(eta):
    k = fi.reduced.metal_rate([eta - 1e-3, eta + 1e-3], lam[room])
    return float(np.log(k[1] / k[0]) / 2e-3)


coefficients = [transfer_coefficient(each / thermal[room]) for each in volts]
fine = np.linspace(0.005, 0.995, 199)
exchange = (1 - fine) * fine * law.oxidation(np.log(ions / fine), np)
cold, hot = temperatures[0], temperatures[-1]
activation = np.log(constants[hot][0] / constants[cold][0]) / (1 / thermal[cold] - 1 / thermal[hot])
straight = tangent.oxidation(volts / thermal[room], np)

# %% [markdown]
# ## Observables

# %%
results = {
    "lam": float(lam[room]),
    "k_ox_0": float(constants[room][0]),
    "half_of_the_limit": float(fi.reduced.metal_rate(lam[room], lam[room])),
    "transfer_coefficient_0": coefficients[0],
    "transfer_coefficient_at_lam": transfer_coefficient(lam[room]),
    "butler_volmer_twice_too_fast_at": float(np.interp(2.0, straight / constants[room], volts)),
    "largest_exchange_at": float(fine[np.argmax(exchange)]),
    "net_at_equilibrium": float(max(abs(insertion(each, 0.0)) for each in fillings)),
    "activation_energy": float(activation),
}
fi.io.plot_profiles(
    f"{output}/tafel.png",
    volts / mV,
    {f"{T:g} K": value for T, value in constants.items()} | {"Butler-Volmer": straight},
    xlabel="formal overpotential (mV)",
    ylabel="rate constant of oxidation / prefactor",
    title=f"A reorganisation energy of {1e3 * reorganisation:g} meV bends the Tafel plot",
    log=True,
)
fi.io.plot_profiles(
    f"{output}/net.png",
    both / mV,
    {f"filling {filling:g}": value for filling, value in net.items()},
    xlabel="overpotential (mV)",
    ylabel="net rate of insertion / k0",
    title="Lithium goes in on the left and out on the right",
)
fi.io.plot_profiles(
    f"{output}/exchange.png",
    fine,
    {"Marcus-Hush-Chidsey": exchange / exchange.max(), "symmetric": 2 * np.sqrt(fine * (1 - fine))},
    xlabel="filling",
    ylabel="exchange rate / largest",
    title="The exchange rate needs an empty site",
)
fi.io.plot_profiles(
    f"{output}/coefficient.png",
    volts / mV,
    {"transfer coefficient": coefficients},
    xlabel="formal overpotential (mV)",
    ylabel="d ln k / d overpotential (e/kT)",
    title="The transfer coefficient falls from one half to zero",
)
fi.io.write_table(
    f"{output}/tafel.csv",
    fi.Table(
        {"overpotential": volts, **{f"{T:g} K": value for T, value in constants.items()}, "Butler-Volmer": straight},
        {"overpotential": "V"},
        title="rate constants of oxidation",
    ),
)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:32s} {value: .7g}")
    print(f"pictures and tables: {output}")
