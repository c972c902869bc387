# %% [markdown]
# # Conical channels that remember: pinched loops
#
# A voltage along a charged cone piles salt up in it or sweeps it out, and the channel conducts better or worse. That
# takes the time $\tau = L^2 / 12 D$ in which ions diffuse along the channel. So the conductance is that of the past:
# under an alternating voltage the current draws a loop, pinched at the origin, where voltage and current vanish
# together (Kamsma, Boon, ter Rele, Spitoni & van Roij, Phys. Rev. Lett. 130, 268401, 2023).
#
#     fem-ionics run demos/memristor_loop.py amplitude=0.5 frequencies="(10, 40, 160)"

# %%
import numpy as np
from mpi4py import MPI
from scipy.optimize import minimize_scalar

import fem_ionics as fi
from fem_ionics.units import V, e_nm2, m, mM, mV, nm, s, um

# %% [markdown]
# ## Parameters (SI)

# %%
tip_radius = 50 * nm
base_radius = 200 * nm
length = 10 * um
surface_charge = -0.0015 * e_nm2  # of the channel with one sign
bipolar_charges = (0.003 * e_nm2, -0.003 * e_nm2)  # at the base and at the tip of the other one
zeta = -10.246 * mV  # drives the flow in both
concentration = 0.1 * mM
diffusivity = 1.75e-9 * m**2 / s  # of both ions; two codes of the authors differ in it (the other one: 1.0e-9)
permittivity = 80.23
viscosity = 1.01e-3
temperature = 293.15
amplitude = 1.0 * V
frequencies = (0.4, 40.0, 4000.0)  # Hz
voltages = (-2.0, -1.0, -0.5, -0.2, -0.1, 0.1, 0.2, 0.5, 1.0, 2.0)
rectified = 0.2 * V  # at which the two channels are compared
output = "output/memristor_loop"

# %% [markdown]
# ## Geometry
#
# The voltage is that of the tip against the base.

# %%
salt = fi.Electrolyte.symmetric(
    concentration, diffusivity, permittivity=permittivity, viscosity=viscosity, temperature=temperature
)


def cone(charge, zeta=zeta, base=base_radius):
    return fi.reduced.ConicalChannel(tip_radius, base, length, charge, salt, zeta=zeta)


# %% [markdown]
# ## Model
#
# For any charge along the wall the steady profile of salt solves a linear equation; for a uniform charge there is a
# closed form. The conductance $g$ then follows its steady value: $\tau\, dg/dt = g_\infty(V(t)) - g$.
#
# ## Solve

# %%
channel, bipolar = cone(surface_charge), cone(bipolar_charges)
g_inf_over_g0 = channel.relative_conductance(np.array(voltages))
closed_form = fi.reduced.uniform_conductance(channel, np.array(voltages))
memristor = fi.reduced.Memristor.from_channel(channel, reach=amplitude)

# %% [markdown]
# ## Study
#
# Loops at the frequencies, and how open they are at many more: slow voltages find the channel settled, fast ones find
# it where it was. And the taper that rectifies best at a given tip, without flow.

# %%
loops = {f: fi.reduced.loop(memristor, amplitude, f) for f in frequencies}
many = np.geomspace(min(frequencies), max(frequencies), 81)
openings = np.array([fi.reduced.loop(memristor, amplitude, f).opening for f in many])


def without_flow(ratio):
    """Rectification of a cone with one sign of charge, to be made large."""
    return -cone(surface_charge, 0.0, tip_radius / ratio).relative_conductance(rectified)


best = minimize_scalar(without_flow, bounds=(0.05, 0.95), method="bounded", options={"xatol": 1e-6})


def ratio(one):
    return one.relative_conductance(rectified) / one.relative_conductance(-rectified)


# %% [markdown]
# ## Observables

# %%
results = {
    "g0": channel.ohmic_conductance,
    "memory_time": channel.memory_time,
    "g_inf_over_g0": [float(g) for g in g_inf_over_g0],
    "closed_form_deviation": float(np.max(np.abs(g_inf_over_g0 - closed_form))),
    "rectification_amplitude": fi.reduced.rectification_amplitude(channel),
    "openings": [loops[f].opening for f in frequencies],
    "most_open_at": float(many[np.argmax(openings)]),
    "rectification": ratio(channel),
    "rectification_bipolar": ratio(bipolar),
    "g_bipolar": [float(g) for g in bipolar.relative_conductance(np.array([-0.2, -0.1, 0.1, 0.2]))],
    "best_taper": float(best.x),
}
fi.io.plot_profiles(
    f"{output}/loops.png",
    [],
    {f"{f:g} Hz": (np.append(one.voltage, 0.0), np.append(one.current, 0.0) * 1e12) for f, one in loops.items()},
    xlabel="voltage of the tip (V)",
    ylabel="current (pA)",
    title="A conical channel under alternating voltage",
)
fi.io.plot_profiles(
    f"{output}/opening.png",
    many,
    {"area of the loop over that of its frame": openings},
    xlabel="frequency (Hz)",
    ylabel="area of the loop / area of its frame",
    title=f"Memory time {channel.memory_time * 1e3:.3g} ms",
    log_x=True,
)
fine = np.linspace(-rectified, rectified, 81)
fi.io.plot_profiles(
    f"{output}/conductance.png",
    fine,
    {
        "one sign of charge": channel.relative_conductance(fine),
        "bipolar": bipolar.relative_conductance(fine),
        "one sign, without flow": cone(surface_charge, 0.0).relative_conductance(fine),
    },
    xlabel="voltage of the tip (V)",
    ylabel="steady conductance / g0",
)
fi.io.write_table(
    f"{output}/conductance.csv",
    fi.Table(
        {"voltage": np.array(voltages), "g/g0": g_inf_over_g0, "closed form": closed_form},
        {"voltage": "V"},
        title="steady conductance of a uniformly charged cone",
    ),
)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:24s} {value}")
    print(f"pictures and table: {output}")
