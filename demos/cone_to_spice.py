# %% [markdown]
# # From fields to a circuit: a finite-element cone among spiking channels
#
# The circuit of `spiking_neuron.py`, with the long channel from finite elements: Poisson, Nernst, Planck and Stokes in
# a conical pore between baths give its steady conductance and its memory time, and these an element
# (`fi.Memristor.from_model`). The circuit then goes through our own integrator and, as a netlist, through ngspice.
#
#     fem-ionics run demos/cone_to_spice.py current=9.7e-12 resolution=0.8

# %%
import shutil
import subprocess
from pathlib import Path

import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.reduced import Battery, Capacitor, Circuit, ConicalChannel, Crossing, CurrentSource
from fem_ionics.units import V, e_nm2, m, mM, mV, nm, pA, pS, s, um

# %% [markdown]
# ## Parameters (SI)
#
# Those of the circuit are as in `spiking_neuron.py`.

# %%
tip_radius = 50 * nm
base_radius = 200 * nm
slow_length = 18 * um
fast_length = 1 * um
charges = (0.003 * e_nm2, -0.003 * e_nm2)  # at the base and at the tip
concentration = 0.1 * mM
diffusivity = 1.75e-9 * m**2 / s
permittivity = 80.23
viscosity = 1.01e-3
temperature = 293.15
zeta = -10.246 * mV  # of the closed form alone: the finite elements find theirs
reservoir = 1 * um  # radius and height of the baths
resolution = 0.5  # cells, relative to the default
# Of the tip against the base. The circuit holds the long channel between 0.2 and 0.33 V, 0.44 V at first.
voltages = (-0.35, -0.3, -0.25, -0.2, -0.1, 0.05, 0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)
step = 0.3 * V  # after which the memory is looked at
compare_short = True  # finite elements of the short channels too, for their gain
battery_plus = 249 * mV
battery_minus = -198 * mV
battery_slow = -298 * mV
capacitance = 34e-15  # F
slow_conductance = 0.345 * 42 * pS  # of the long channels side by side, at zero volts
current = 9.5 * pA
residual = 0.01  # of the short channels, see spiking_neuron.py
duration = 0.5 * s
start = -70 * mV
largest_step = 1e-4 * s  # of ngspice
output = "output/cone_to_spice"

# %% [markdown]
# ## Geometry
#
# The half plane of an axisymmetric cone and its baths.

# %%
salt = fi.Electrolyte.symmetric(
    concentration, diffusivity, permittivity=permittivity, viscosity=viscosity, temperature=temperature
)


def cone(length):
    return fi.geometry.conical_pore(
        tip_radius, base_radius, length, reservoir=reservoir, resolve=salt.debye_length, refine=resolution
    )


# %% [markdown]
# ## Model
#
# The voltage is that of the tip (trans) against the base (cis), the first node of the element is the tip's bath. The
# charge of the wall is a straight line from the base to the tip.


# %%
def pore_model(length):
    """Model of a bipolar cone and its voltage."""
    voltage = fi.Parameter("voltage", 0.0, "V")
    charge = fi.pattern.linear("z", *charges, from_=-length / 2, to=length / 2)
    conditions = [
        fi.Bath(salt, on="cis"),
        fi.Bath(salt, potential=voltage, on="trans"),
        fi.SurfaceCharge(charge, on="pore wall"),
        fi.NoSlip(on="walls"),
    ]
    return fi.PNPS(salt, cone(length), conditions), voltage


def closed_form(length):
    """The same by the theory of long channels."""
    return ConicalChannel(tip_radius, base_radius, length, charges, salt, zeta=zeta)


# %% [markdown]
# ## Solve
#
# The long channel: its steady curve, and its conductance after a voltage is switched on. One exponential is fitted;
# what it misses is kept.

# %%
BETWEEN = ("trans", "cis")
model, voltage = pore_model(slow_length)
one = fi.Memristor.from_model(model, voltage, voltages, between=BETWEEN, step=step)
slow = one.scaled(slow_conductance / float(one.steady_conductance(0.0)))

# %% [markdown]
# ## Study
#
# Whether short channels from finite elements could replace those of the theory. Two of them are bistable, and the
# circuit then spikes, where the gain $E\, d\ln g/dV$ at $V = -E$ is above 1: where the steady current of an emptied
# channel falls as the voltage grows. The theory's does, on its way to a negative conductance. That of the finite
# elements does not, in the long channel as in the short one, in which the access to the baths takes much of the voltage
# besides (so that the two do not share a curve). An element $I = g V$ whose steady current grows with the voltage is
# passive to small signals of every frequency, and nothing oscillates. So the short channels of this circuit remain the
# theory's; the long one, which the circuit holds where channels fill with salt, is of finite elements.

# %%
theory = closed_form(fast_length)
fast = fi.Memristor.from_channel(theory, residual=residual)


def gain(memristor):
    """E dlng/dV at V = -E of the battery in front of a fast channel."""
    value, slope = memristor.relative(-battery_plus)
    return battery_plus * slope / value


gains = {"gain_closed_form": gain(fast), "gain_long": gain(one)}
if compare_short:
    short_model, short_voltage = pore_model(fast_length)
    short = fi.iv_curve(short_model, short_voltage, voltages, between=BETWEEN)
    gains["gain_short"] = gain(fi.Memristor.from_curve(short, theory.memory_time))


def least_slope(memristor):
    """Smallest differential conductance over that at rest, in the range of the voltages."""
    volts = np.array(sorted(voltages))
    steady = np.asarray(memristor.steady_conductance(volts))
    return float(np.min(np.diff(steady * volts) / np.diff(volts)) / memristor.steady_conductance(0.0))


neuron = Circuit(
    {
        "membrane": Capacitor(capacitance).between("V", "ground"),
        "electrode": CurrentSource(current).between("ground", "V"),
        "plus": fast.between("V", "at plus"),
        "battery plus": Battery(battery_plus).between("at plus", "ground"),
        "minus": fast.between("at minus", "V"),
        "battery minus": Battery(battery_minus).between("at minus", "ground"),
        "slow": slow.between("V", "at slow"),
        "battery slow": Battery(battery_slow).between("at slow", "ground"),
    }
)
train = fi.reduced.transient(
    neuron,
    duration,
    start={"V": start},
    times=np.linspace(0.0, duration, 5001),
    events={"spike": Crossing("V", 0 * V, direction=1)},
)

# %% [markdown]
# The same through ngspice, where it is installed (Debian and Ubuntu: `apt-get install ngspice`).


# %%
def through_ngspice(folder):
    """Time (s) and potential of the chamber (V) by ngspice; None without it."""
    if shutil.which("ngspice") is None:
        return None
    done = subprocess.run(["ngspice", "-b", "neuron.cir"], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"ngspice stopped:\n{done.stdout}{done.stderr}")
    rows = np.loadtxt(folder / "neuron.txt")
    return rows[:, 0], rows[:, 1 + neuron.nodes.index("V")]


def frequency_of(times, volts, after):
    """One over the mean time between crossings of 0 V upwards."""
    up = np.nonzero((volts[:-1] < 0.0) & (volts[1:] >= 0.0) & (times[1:] >= after))[0]
    at = times[up] - volts[up] * (times[up + 1] - times[up]) / (volts[up + 1] - volts[up])
    return float((len(at) - 1) / (at[-1] - at[0])) if len(at) > 2 else 0.0


comm = MPI.COMM_WORLD
netlist = fi.reduced.netlist(
    neuron, until=duration, step=largest_step, start={"V": start}, data="neuron.txt", title="a cone that spikes"
)
spice = None
if comm.rank == 0:
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "neuron.cir").write_text(netlist, encoding="ascii")
    spice = through_ngspice(folder)
spice = comm.bcast(spice)
if spice is None:
    fi.log.get_logger("demo").warning("ngspice is not on the PATH: the comparison is left out")

# %% [markdown]
# ## Observables

# %%
settle = 0.4 * duration
volts = train.voltages["V"][train.time >= settle]
long_theory = closed_form(slow_length)
forwards = [value for value in voltages if value > 0.0]
theory_there = long_theory.conductance(np.array(forwards))
results = {
    "memory_time": one.memory_time,
    "memory_time_closed_form": long_theory.memory_time,
    "relaxation_residual": one.relaxation.residual,
    "charge_defect": one.iv.charge_defect,
    "deviation_forwards": float(np.max(np.abs(one.steady_conductance(forwards) / theory_there - 1.0))),
    "lowest_conductance": float(np.min(one.steady_conductance(voltages))) / long_theory.ohmic_conductance,
    "lowest_conductance_closed_form": float(np.min(long_theory.relative_conductance(np.array(voltages)))),
    **gains,
    "least_slope": least_slope(one),
    "least_slope_closed_form": least_slope(fast),
    "voltage_minimum": float(volts.min()),
    "voltage_maximum": float(volts.max()),
    "frequency": train.frequency("spike", settle),
    "kirchhoff": train.kirchhoff,
    "ngspice": spice is not None,
}
trains = {"this package": (train.time / 1e-3, train.voltages["V"] / mV)}
if spice is not None:
    times, potential = spice
    late = potential[times >= settle]
    results |= {
        "ngspice_voltage_minimum": float(late.min()),
        "ngspice_voltage_maximum": float(late.max()),
        "ngspice_frequency": frequency_of(times, potential, settle),
        "ngspice_deviation": float(np.max(np.abs(np.interp(train.time, times, potential) - train.voltages["V"]))),
    }
    trains["ngspice"] = (times[::50] / 1e-3, potential[::50] / mV)
fi.io.plot_profiles(
    f"{output}/spikes.png",
    [],
    trains,
    points=("ngspice",) if spice is not None else (),
    xlabel="time (ms)",
    ylabel="potential of the chamber (mV)",
    title=f"A finite-element cone in a spiking circuit at {current / pA:g} pA",
)
fine = np.linspace(min(voltages), max(voltages), 200)
table = {
    "finite elements": (one.iv.voltages, one.steady_conductance(one.iv.voltages) / long_theory.ohmic_conductance),
    "closed form": (fine, long_theory.relative_conductance(fine)),
}
if compare_short:
    ohmic = theory.ohmic_conductance
    label = f"finite elements, {fast_length / um:g} $\\mu$m"
    table[label] = (short.voltages, short.currents / short.voltages / ohmic)
fi.io.plot_profiles(
    f"{output}/conductance.png",
    [],
    table,
    points=[name for name in table if name != "closed form"],
    xlabel="voltage of the tip (V)",
    ylabel="steady conductance / g0",
    title=f"A bipolar cone of {slow_length / um:g} $\\mu$m",
)
response = one.response
fi.io.plot_profiles(
    f"{output}/relaxation.png",
    response["time"] / 1e-3,
    {
        "finite elements": response["conductance"] / pS,
        f"one exponential, {one.memory_time * 1e3:.3g} ms": one.relaxation(response["time"]) / pS,
    },
    points=("finite elements",),
    xlabel=f"time after {step:g} V (ms)",
    ylabel="conductance (pS)",
)
fi.io.write_table(f"{output}/iv.csv", one.iv)
fi.io.write_table(f"{output}/train.csv", fi.Table(train.columns, train.units, title="a train of spikes"))
if comm.rank == 0:
    for name, value in results.items():
        print(f"{name:32s} {value}")
    print(f"pictures, tables and netlist: {output}")
