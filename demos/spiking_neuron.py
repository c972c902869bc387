# %% [markdown]
# # Three channels that spike
#
# Two short conical channels with batteries pull the potential of a chamber up and down, each the stronger the nearer it
# has come: alone they are bistable. A long channel follows slowly, and pulls back. Under a current the chamber then
# rests, fires a train of spikes, or stays up, as in the model of Hodgkin and Huxley (Kamsma, Boon, ter Rele, Spitoni &
# van Roij, Phys. Rev. Lett. 130, 268401, 2023; with bipolar channels doi:10.1039/d3fd00022b):
#
# $$ C \dot V = I - \sum_i g_i (V - E_i), \qquad \tau_i\, \dot g_i = g_{i, \infty}(\pm(V - E_i)) - g_i $$
#
#     fem-ionics run demos/spiking_neuron.py current=9.7e-12

# %%
import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.reduced import Battery, Capacitor, Circuit, ConicalChannel, Crossing, CurrentSource, Memristor
from fem_ionics.units import V, e_nm2, m, mM, mV, nm, pA, pS, s, um

# %% [markdown]
# ## Parameters (SI)
#
# The papers' batteries and capacitance are not in their texts; these work.

# %%
battery_plus = 249 * mV
battery_minus = -198 * mV
battery_slow = -298 * mV
capacitance = 34e-15  # F
fast_length = 1 * um
slow_length = 18 * um
slow_conductance = 0.345 * 42 * pS  # of the long channels side by side, at zero volts
current = 9.5 * pA  # into the chamber
rest_current = 9.0 * pA
upper_current = 10.0 * pA
currents = (9.25 * pA, 9.4 * pA, 9.5 * pA, 9.6 * pA, 9.7 * pA, 9.8 * pA)  # for the frequency
searched = (8.5 * pA, 10.5 * pA)  # for the onset
tip_radius = 50 * nm
base_radius = 200 * nm
charges = (0.003 * e_nm2, -0.003 * e_nm2)  # at the base and at the tip
zeta = -10.246 * mV
concentration = 0.1 * mM
diffusivity = 1.75e-9 * m**2 / s
residual = 0.01  # see below
duration = 0.5 * s
start = -70 * mV
output = "output/spiking_neuron"

# %% [markdown]
# ## Geometry
#
# Three conical channels between the chamber and batteries. The "minus" channel points the other way.

# %%
salt = fi.Electrolyte.symmetric(concentration, diffusivity, permittivity=80.23, viscosity=1.01e-3, temperature=293.15)


def channel(length):
    return ConicalChannel(tip_radius, base_radius, length, charges, salt, zeta=zeta)


# %% [markdown]
# ## Model
#
# Below -0.32 V the theory's conductance of these channels is negative: there the channel is empty of salt, and the
# theory at its end. The memristors keep about `residual` of their ohmic conductance instead. It decides how deep the
# spikes reach, and where they set in.

# %%
injected = fi.Parameter("current", current, "A")
fast = Memristor.from_channel(channel(fast_length), residual=residual)
one = Memristor.from_channel(channel(slow_length), residual=residual)
slow = one.scaled(slow_conductance / one.conductance)
bistable_part = {
    "membrane": Capacitor(capacitance).between("V", "ground"),
    "electrode": CurrentSource(injected).between("ground", "V"),
    "plus": fast.between("V", "at plus"),
    "battery plus": Battery(battery_plus).between("at plus", "ground"),
    "minus": fast.between("at minus", "V"),
    "battery minus": Battery(battery_minus).between("at minus", "ground"),
}
slow_part = {
    "slow": slow.between("V", "at slow"),
    "battery slow": Battery(battery_slow).between("at slow", "ground"),
}
neuron, two_channels = Circuit(bistable_part | slow_part), Circuit(bistable_part)
spike = {"spike": Crossing("V", 0 * V, direction=1)}

# %% [markdown]
# ## Solve
#
# One current at which it spikes, one below and one above.


# %%
def fired(amperes, times, charges=False, tolerance=1e-6):
    injected.value = amperes
    return fi.reduced.transient(
        neuron, duration, start={"V": start}, times=times, events=spike, charges=charges, tolerance=tolerance
    )


times = np.linspace(0.0, duration, 2001)
train = fired(current, times, charges=True)
resting, upper = fired(rest_current, times), fired(upper_current, times)

# %% [markdown]
# ## Study
#
# The frequency over the current; where the resting state begins to oscillate and where the upper one ceases to, as Hopf
# points of the linearised circuit; and the states without the slow channel. Close to the first Hopf point the
# oscillation is too small to be called a spike: it does not reach 0 V.

# %%
settle = 0.4 * duration
short = np.linspace(settle, duration, 2)
frequencies = [fired(amperes, short, tolerance=1e-5).frequency("spike", settle) for amperes in currents]
hopfs = fi.reduced.hopf_points(neuron, injected, np.linspace(*searched, 9))
injected.value = 0.0
states = fi.reduced.operating_points(two_channels, starts=16)
# The gain that makes two channels bistable: E dlnf/dV at V = -E above 1.
value, slope = fast.relative(-battery_plus)
gain = battery_plus * slope / value
injected.value = current

# %% [markdown]
# ## Observables

# %%
late = times >= settle
volts = train.voltages["V"][late]


def swing(run):
    return float(np.ptp(run.voltages["V"][times >= 0.9 * duration]))


results = {
    "voltage_minimum": float(volts.min()),
    "voltage_maximum": float(volts.max()),
    "frequency": train.frequency("spike", settle),
    "rest": float(resting.voltages["V"][-1]),
    "upper_state": float(upper.voltages["V"][-1]),
    "rest_spikes": len(resting.events["spike"]),
    "rest_swing": swing(resting),
    "upper_swing": swing(upper),
    "frequencies": frequencies,
    "onsets": [point.value for point in hopfs],
    "onset_frequencies": [point.frequency for point in hopfs],
    "supercritical": all(point.supercritical for point in hopfs),
    "states_without_slow_channel": [point.voltages["V"] for point in states],
    "stable_without_slow_channel": [point.stable for point in states],
    "gain": gain,
    "kirchhoff": train.kirchhoff,
    "charge_defect": train.charge_defect,
}
traces = {
    f"{amperes / pA:g} pA": fi.Trace(run.columns, run.units)
    for amperes, run in ((rest_current, resting), (current, train), (upper_current, upper))
}
fi.io.plot_traces(f"{output}/spikes.png", traces, y="V", ylabel="potential of the chamber")
fi.io.plot_profiles(
    f"{output}/frequency.png",
    np.array(currents) / pA,
    {
        "spikes": frequencies,
        "Hopf points": (np.array([p.value for p in hopfs]) / pA, np.array([p.frequency for p in hopfs])),
    },
    points=("spikes", "Hopf points"),
    xlabel="current (pA)",
    ylabel="frequency (Hz)",
)
conductances = {name: train.states[name][:, 0] for name in ("plus", "minus", "slow")}
fi.io.plot_profiles(
    f"{output}/channels.png",
    times / 1e-3,
    conductances,
    xlabel="time (ms)",
    ylabel="conductance / ohmic conductance",
    title=f"{current / pA:g} pA",
)
fi.io.write_table(f"{output}/train.csv", fi.Table(train.columns, train.units, title="a train of spikes"))
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:28s} {value}")
    print(f"pictures and table: {output}")
