# %% [markdown]
# # Pores that a single ion opens and closes
#
# A crown ether in graphene passes sodium, one ion after the other; a potassium ion fits into the crown so well that it
# stays, and then nothing passes. A voltage pulls it out: the pore opens. In boron nitride with a vacancy of four atoms
# potassium is the ion that passes, and rubidium, too large for the hole, is pushed into its mouth by the voltage: that
# pore closes. Both are switches of some nanoseconds that cost some tenths of an attojoule, and for as long as the ion
# takes to come back they remember (molecular dynamics: Noh & Smolyanitsky, Small, 2026). Here they are states of a pore
# that ions enter and leave over barriers: a master equation, single pores that jump, and the numbers of that paper.
#
#     fem-ionics run demos/voltage_gating.py step_voltage=0.4 pores=4000

# %%
import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.reduced import Battery, Capacitor, Circuit, PoreArray, Resistor, angstrom, transient
from fem_ionics.units import M, V, mV, ns, pA, pS

# %% [markdown]
# ## Parameters (SI)

# %%
carrier_concentration = 1.0 * M
controller_concentration = 0.5 * M
voltages = (0.02, 0.06, 0.1, 0.14, 0.18, 0.22, 0.26, 0.3, 0.34, 0.38, 0.42, 0.46, 0.5)
step_voltage = 0.5
on_time = 20 * ns
off_time = 100 * ns
pulse_width = 1 * ns
pulse_intervals = (5 * ns, 125 * ns)  # well within, and well beyond, the memory of the crown
pulse_count = 8
pores = 400  # of an array whose jumps are drawn
array_pores = 1e4  # of one in a circuit
leak = 1e5  # ohm, of the membrane behind it
capacitance = 5e-15  # F
seed = 0
output = "output/voltage_gating"

# %% [markdown]
# ## Geometry
#
# There is none: one site for one ion. What is known of each pore, from where, and what had to be assumed, is listed in
# `fem_ionics/reduced/angstrom/pores.toml`.

# %%
known = angstrom.angstrom_pores()
origins = [
    f"{name:11s} {ion:5s} {key:15s} {figure.value:10g}  {figure.origin:8s} {figure.source}"
    for name in ("18-crown-6", "B3N")
    for kind in (known[name].carriers, known[name].traps)
    for ion, figures in kind.items()
    for key, figure in figures.items()
]

# %% [markdown]
# ## Model
#
# An ion that binds enters at a rate $k_{in}$ and leaves at $k_{out}$, each over a barrier,
#
# $$ k = \nu\, e^{-(\Delta E - z \delta e V)/kT} , $$
#
# and the part $w$ of the pores that is open makes the conductance $G = w\, G_0(V)$.

# %%
voltage = fi.Parameter("voltage", 0.0, "V")


def pore(name, carrier, controller=None):
    amounts = {carrier: carrier_concentration} | ({controller: controller_concentration} if controller else {})
    return angstrom.angstrom_pore(name, amounts, voltage=voltage)


crown, crown_alone = pore("18-crown-6", "Na+", "K+"), pore("18-crown-6", "Na+")
nitride, nitride_alone = pore("B3N", "K+", "Rb+"), pore("B3N", "K+")
blocker_alone = angstrom.angstrom_pore("18-crown-6", {"K+": controller_concentration}, voltage=voltage)

# %% [markdown]
# ## Solve
#
# A step of the voltage and back, for the mean of all pores and for an array whose pores jump at random.

# %%
step = angstrom.steps([step_voltage, 0.0], [on_time, off_time])
moments = np.linspace(0.0, on_time + off_time, 25)
traces = {"crown": angstrom.transient(crown, step), "nitride": angstrom.transient(nitride, step)}
drawn = {
    "crown": angstrom.trajectories(crown, step, pores=pores, seed=seed),
    "nitride": angstrom.trajectories(nitride, step, pores=pores, seed=seed + 1),
}

# %% [markdown]
# ## Study
#
# Conductances over the voltage, and pulses that follow each other before and after the crown has forgotten.

# %%
record = {"w": lambda found: found.weight, "G": lambda found: found.conductance, "I": lambda found: found.current}
devices = {
    "Na+ in 18-crown-6": crown_alone,
    "Na+ and K+ in 18-crown-6": crown,
    "K+ in B3N": nitride_alone,
    "K+ and Rb+ in B3N": nitride,
    "K+ in 18-crown-6": blocker_alone,
}
tables = {
    name: fi.sweep(device, {voltage: voltages}, record=record, progress=False) for name, device in devices.items()
}


def weights_after_pulses(interval):
    waveform = angstrom.pulses(step_voltage, pulse_width, interval, pulse_count)
    ends = pulse_width + np.arange(pulse_count) * (pulse_width + interval)
    return angstrom.transient(crown, waveform, ends).weight


# %% [markdown]
# An array of crowns in a circuit, between a source of such pulses and a membrane that leaks: each pulse finds more
# pores open than the one before, and the membrane's potential grows with them, as behind a synapse.


# %%
def synapse(interval):
    """The potential of the membrane over time, for pulses that follow each other after an interval."""
    pulses = angstrom.steps([0.0, step_voltage] * pulse_count, [interval, pulse_width] * pulse_count)
    source, array = Battery(pulses), PoreArray(crown, array_pores)
    circuit = Circuit(
        {
            "source": source.between("before", "ground"),
            "pores": array.between("before", "behind"),
            "leak": Resistor(leak).between("behind", "ground"),
            "membrane": Capacitor(capacitance).between("behind", "ground"),
        }
    )
    parts = np.linspace(0.05, 1.0, 20)
    within = np.concatenate([interval * parts, interval + pulse_width * parts])
    times = (within + (pulse_width + interval) * np.arange(pulse_count)[:, None]).ravel()
    return transient(circuit, pulses.end, times=np.minimum(times, pulses.end), charges=True)


behind = [synapse(interval) for interval in pulse_intervals]
peaks = [run.voltages["behind"].reshape(pulse_count, -1)[:, -1] for run in behind]

# %%
potentiated = {
    f"{interval / ns:g} ns of rest after each": weights_after_pulses(interval) for interval in pulse_intervals
}

# %% [markdown]
# ## Observables


# %%
def at(device, volts, what):
    voltage.value = volts
    value = getattr(device.solve(), what)
    voltage.value = 0.0
    return float(value)


def weight(name, time):
    return float(np.interp(time, traces[name].times, traces[name].weight))


low = 0.1
high = 0.4
sum_of_salts = at(crown_alone, low, "current") + at(blocker_alone, low, "current")
opened, memory = angstrom.transient(crown, step, [5 * ns]).weight[0], crown.relaxation_times(0.0)[0]
found = {name: each.weight(moments) for name, each in drawn.items()}
mean = {"crown": angstrom.transient(crown, step, moments), "nitride": angstrom.transient(nitride, step, moments)}
deviations = {name: np.abs(found[name][0] - mean[name].weight) / found[name][1] for name in drawn}
results = {
    "sodium_conductance": at(crown_alone, low, "conductance"),
    "activated_conductance": at(crown, low, "conductance"),
    "activation_ratio": at(crown, 0.3, "conductance") / at(crown, low, "conductance"),
    "sum_over_mixture": sum_of_salts / at(crown, low, "current"),
    "potassium_conductance": [at(nitride_alone, v, "conductance") for v in (low, high)],
    "inactivated_conductance": [at(nitride, v, "conductance") for v in (low, high)],
    "opened_after_5_ns": float(opened),
    "left_after_100_ns": float(traces["crown"].weight[-1]),
    "closed_after_10_ns": weight("nitride", 10 * ns),
    "open_again_after_50_ns": weight("nitride", on_time + 50 * ns),
    "memory_time": float(memory),
    "activation_energy": angstrom.switching_energy(crown, 0.0, step_voltage),
    "inactivation_energy": angstrom.switching_energy(nitride, 0.0, step_voltage),
    "potentiation": [float(each[-1] / each[0]) for each in potentiated.values()],
    "potentiation_in_a_circuit": [float(each[-1] / each[0]) for each in peaks],
    "kirchhoff": max(run.kirchhoff for run in behind),
    "charge_defect": max(run.charge_defect for run in behind),
    "largest_deviation_in_errors": float(max(map(np.max, deviations.values()))),
}
volts = np.array(voltages)
fi.io.plot_profiles(
    f"{output}/conductance.png",
    volts,
    {name: tables[name]["G"] / pS for name in list(devices)[:4]},
    xlabel="voltage (V)",
    ylabel="conductance of a pore (pS)",
    title="Potassium blocks the crown, rubidium the vacancy",
    log=True,
)
curves, errors, of_same_colour = {}, {}, {}
for name, words in (("crown", "Na+ and K+ in 18-crown-6"), ("nitride", "K+ and Rb+ in B3N")):
    curves[words] = (traces[name].times / ns, traces[name].weight)
    drawn_words = f"{words}, {pores} pores"
    curves[drawn_words], errors[drawn_words] = (moments / ns, found[name][0]), found[name][1]
    of_same_colour[drawn_words] = words
fi.io.plot_profiles(
    f"{output}/step.png",
    moments / ns,
    curves,
    points=list(errors),
    errors=errors,
    like=of_same_colour,
    xlabel="time (ns)",
    ylabel="part of the pores that is open",
    title=f"{step_voltage / V:g} V for {on_time / ns:g} ns",
)
fi.io.plot_profiles(
    f"{output}/current.png",
    traces["crown"].times / ns,
    {
        "Na+ and K+ in 18-crown-6": traces["crown"].current / pA,
        "K+ and Rb+ in B3N": traces["nitride"].current / pA,
    },
    xlabel="time (ns)",
    ylabel="current of a pore (pA)",
    title=f"{step_voltage / V:g} V for {on_time / ns:g} ns: one switches on, one gives a pulse",
)
fi.io.plot_profiles(
    f"{output}/potentiation.png",
    np.arange(1, pulse_count + 1),
    potentiated,
    points=list(potentiated),
    xlabel="pulse",
    ylabel="part of the crowns open at its end",
    title=f"Pulses of {pulse_width / ns:g} ns; the crown remembers for {memory / ns:.0f} ns",
)
fi.io.plot_profiles(
    f"{output}/circuit.png",
    behind[0].time / ns,
    {"behind the pores": behind[0].voltages["behind"] / mV},
    levels={f"after {pulse_intervals[-1] / ns:g} ns": peaks[-1][-1] / mV},
    xlabel="time (ns)",
    ylabel="potential behind the pores (mV)",
    title=f"{array_pores:g} crowns before a membrane that leaks: pulses after {pulse_intervals[0] / ns:g} ns of rest",
)
columns = {"voltage": volts}
columns |= {f"G of {name}": tables[name]["G"] for name in devices}
columns |= {f"w of {name}": tables[name]["w"] for name in devices}
units = {"voltage": "V"} | {f"G of {name}": "S" for name in devices}
fi.io.write_table(f"{output}/conductance.csv", fi.Table(columns, units, title="conductances of single pores"))
if MPI.COMM_WORLD.rank == 0:
    print("\n".join(origins))
    for name, value in results.items():
        print(f"{name:28s} {value}")
    print(f"pictures and table: {output}")
fi.cite.print_citations()
