# %% [markdown]
# # How many devices do nine ions and four pores make?
#
# In a pore of some angstrom each ion plays one of four parts beside one that carries the current: it carries too, does
# nothing, blocks until a voltage pulls it out (activation), or blocks once a voltage has pushed it in (inactivation).
# Which one depends on the pore, so that mixtures multiply: $n_{pores} (2^{n_{ions}} - 1)$ of them (molecular dynamics:
# Noh & Smolyanitsky, Small, 2026). Here that space is counted, the parts are read off the slope $\beta$ of the open
# part $w \sim e^{\beta V}$, kinetics are fitted to numbers of that paper, and the model says which part belongs to
# which binding strength and electrical distance. Of two ions each there are
# $4 \binom{9}{2} = 144$ mixtures.
#
#     fem-ionics run demos/ionic_design_space.py strengths="(3.0, 30.0)" noise=0.1

# %%
import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.constants import BOLTZMANN, ELEMENTARY_CHARGE
from fem_ionics.reduced import angstrom
from fem_ionics.units import M, nm, ns, pS

# %% [markdown]
# ## Parameters (SI)

# %%
voltages = (0.1, 0.2, 0.3)  # of the paper's fits
strengths = (0.1, 1.0, 10.0, 100.0)  # ions in the trap for each empty pore, at rest
distances = 15  # electrical distances of each kind of trap in the map
barriers = (0.0, 2.0, 4.0, 6.0, 8.0, 10.0)  # kT, of the potential of mean force of a carrier
noise = 0.05  # relative error of the conductances that are fitted
seed = 0
output = "output/ionic_design_space"

# %% [markdown]
# ## Geometry
#
# Four pores: vacancies of 4, 9 and 16 atoms in boron nitride, and a crown ether in graphene. Only for carriers that
# cross a barrier a length and a cross-section are needed.

# %%
temperature = 300.0
thermal_voltage = BOLTZMANN * temperature / ELEMENTARY_CHARGE
pore_length = 1.0 * nm  # this and the next two: of the order of such pores, not from the paper
pore_area = 0.05 * nm**2
diffusivity = 1e-9
space = angstrom.design_space()
roles = angstrom.roles_of_pores()

# %% [markdown]
# ## Model
#
# One site, one occupant: a trap in the middle opens with the voltage, one at the entrance closes.


# %%
def trapped(strength, distance):
    """A pore with a trap at an electrical distance: positive in the middle, negative at the entrance."""
    exit = 1e7
    if distance > 0.0:
        trap = angstrom.centre_trap("ion", strength * exit, exit, exit_distance=distance)
    else:
        trap = angstrom.entrance_trap("ion", strength * exit, exit, entry_distance=-distance)
    states = angstrom.PoreStates(("ion",))
    return angstrom.PoreKinetics(states, trap, {"ion": 1.0}, temperature=temperature)


def hump(height):
    """A carrier over a barrier of some kT."""
    x = np.linspace(-0.5, 0.5, 41)
    energy = height * BOLTZMANN * temperature * np.cos(np.pi * x) ** 2
    force = angstrom.MeanForce(pore_length * x, energy)
    return angstrom.SmoluchowskiCarrier("ion", force, diffusivity, pore_area, (1 * M, 1 * M), 1, temperature)


# %% [markdown]
# ## Solve
#
# The mixtures whose numbers the paper gives, each with the conductance of its open pore.

# %%
mixtures = {
    "Na+": ("18-crown-6", {"Na+": 1 * M}),
    "Na+ with K+": ("18-crown-6", {"Na+": 1 * M, "K+": 0.5 * M}),
    "Na+ with NH4+": ("18-crown-6", {"Na+": 1 * M, "NH4+": 0.5 * M}),
    "Na+ with Mg2+": ("18-crown-6", {"Na+": 1 * M, "Mg2+": 0.25 * M}),
    "K+ with Rb+": ("B3N", {"K+": 1 * M, "Rb+": 0.5 * M}),
}
devices = {name: angstrom.angstrom_pore(*given) for name, given in mixtures.items()}
volts = np.array(voltages)


def conductances(device):
    return np.array([float(device.weight(device.steady(v)) * device.open_conductance(v)) for v in volts])


fits = {name: angstrom.fit_exponential(volts, conductances(device)) for name, device in devices.items()}
slopes = {name: angstrom.weight_slope(device, voltages) for name, device in devices.items() if len(device.states) > 1}
found_roles = {name: angstrom.role_of(devices[name], name.split()[-1], voltages) for name in slopes}

# %% [markdown]
# ## Study
#
# The slope over binding strength and distance; what a barrier leaves of a carrier; the kinetics of the crown from three
# numbers of the paper, 1 pS at 0.1 V, $w = 0.8$ at 0.5 V and closed after 100 ns, taken as three memory times; and how
# well they are found again from conductances and a step response with noise on them.

# %%
positive = np.linspace(0.02, 0.5, distances)
across = np.concatenate([-positive[::-1], positive])
slope_map = {
    f"{strength:g} blocked for each open": [angstrom.weight_slope(trapped(strength, d), voltages) for d in across]
    for strength in strengths
}
left_open = [hump(height).conductance(0.1) for height in barriers]
step = angstrom.steps([0.5, 0.0], [10 * ns, 50 * ns])
moments = np.linspace(2.0, 58.0, 8) * ns
random = np.random.default_rng(seed)
truth = {"entry": 4e4, "exit": 2.2e4, "distance": 0.5}
carrier = angstrom.ExponentialCarrier("Na+", 400 * pS, -1.7)


def crown(entry, exit, distance):
    trap = angstrom.centre_trap("K+", entry, exit, exit_distance=distance)
    states, amounts = angstrom.PoreStates(("K+",)), {"K+": 0.5 * M}
    return angstrom.PoreKinetics(states, trap, amounts, carriers=[carrier], temperature=temperature)


exact = crown(**truth)
weights = angstrom.transient(exact, step, moments).weight + noise * random.standard_normal(len(moments))
scattered = conductances(exact) * np.exp(noise * random.standard_normal(len(volts)))
measured = [
    angstrom.MeasuredConductance(volts, scattered, noise),
    angstrom.MeasuredWeight(step, moments, weights, noise),
]
start = {"entry": 1e5, "exit": 1e4, "distance": 0.4}
fit = angstrom.fit_kinetics(crown, start, measured)
half_open = 0.8 * carrier.conductance(0.5)
paper = [
    angstrom.MeasuredConductance(np.array([0.1, 0.5]), np.array([1.0 * pS, half_open])),
    angstrom.MeasuredMemory(0.0, 100.0 / 3.0 * ns),
]
minimal = angstrom.fit_kinetics(crown, start, paper)

# %% [markdown]
# ## Observables

# %%
counted = {role: sum(given == role for pore in roles.values() for given in pore.values()) for role in angstrom.Role}
results = {
    "mixtures": space.mixtures,
    "pairs": space.pairs,
    **{f"known_{role.value}": count for role, count in counted.items()},
    "activated_pairs": len(angstrom.controlled(roles, angstrom.Role.ACTIVATION)),
    "inactivated_pairs": len(angstrom.controlled(roles, angstrom.Role.INACTIVATION)),
    **{f"alpha {name}": each.alpha for name, each in fits.items()},
    **{f"C {name}": each.C for name, each in fits.items()},
    **{f"beta {name}": slope for name, slope in slopes.items()},
    **{f"role {name}": role.value for name, role in found_roles.items()},
    "minimal_slope": minimal.values["distance"] / thermal_voltage,
    "minimal_entry": 2.0 * 0.5 * M * minimal.values["entry"],
    "minimal_exit": minimal.values["exit"],
    **{f"fitted_{name}": value for name, value in fit.values.items()},
    **{f"error_{name}": error for name, error in fit.errors.items()},
    **{f"pull_{name}": (fit.values[name] - truth[name]) / fit.errors[name] for name in truth},
    "carrier_lost_per_kT": float(np.log(left_open[0] / left_open[-1]) / (barriers[-1] - barriers[0])),
}
fine = np.linspace(min(voltages), max(voltages), 40)
lines = {
    f"{name}: alpha = {each.alpha:.1f}/V": (fine, each.C * np.exp(each.alpha * fine) / pS)
    for name, each in fits.items()
}
computed = (np.tile(volts, len(devices)), np.concatenate([conductances(each) for each in devices.values()]) / pS)
fi.io.plot_profiles(
    f"{output}/conductance.png",
    volts,
    lines | {"pores": computed},
    points=["pores"],
    xlabel="voltage (V)",
    ylabel="conductance of a pore (pS)",
    title="G = C exp(alpha V) through pores of five mixtures",
    log=True,
)
fi.io.plot_profiles(
    f"{output}/slope.png",
    across,
    slope_map,
    levels={"activation above": 1.0, "inactivation below": -1.0},
    xlabel="electrical distance: at the entrance < 0 < in the middle",
    ylabel="slope of ln w (1/V)",
    title="Where in the pore an ion sits decides its part",
)
numbers = {ion: number for number, ion in enumerate(space.ions, start=1)}
cells = [
    (number, row, pore[ion]) for row, pore in enumerate(roles.values(), start=1) for ion, number in numbers.items()
]
places = {role.value: [(x, y) for x, y, given in cells if given == role] for role in angstrom.Role}
shown = {name: tuple(np.array(pairs, dtype=float).T) for name, pairs in places.items() if pairs}
fi.io.plot_profiles(
    f"{output}/roles.png",
    [],
    shown,
    points=list(shown),
    xlabel="ion",
    ylabel="pore",
    x_names=list(numbers),
    y_names=list(roles),
    title="Parts that the paper's text tells, or where its ions sit; not told elsewhere",
)
fi.io.plot_profiles(
    f"{output}/carrier.png",
    np.array(barriers),
    {"at 0.1 V": np.array(left_open) / pS, "at 0.4 V": [hump(height).conductance(0.4) / pS for height in barriers]},
    xlabel="barrier (kT)",
    ylabel="conductance of an open pore (pS)",
    title="A carrier over a potential of mean force",
    log=True,
)
codes = {None: 0.0} | {role: float(number) for number, role in enumerate(angstrom.Role, start=1)}
columns = {"ion": list(numbers.values())}
columns |= {pore: [codes[known[ion]] for ion in numbers] for pore, known in roles.items()}
meaning = {"ions": list(numbers), "roles": ["not told", *(role.value for role in angstrom.Role)]}
fi.io.write_table(f"{output}/roles.csv", fi.Table(columns, provenance=meaning, title="roles of ions in pores"))
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:20s} {value}")
    print(f"pictures and table: {output}")
fi.cite.print_citations()
