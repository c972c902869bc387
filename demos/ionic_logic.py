# %% [markdown]
# # Logic with ionic diodes
#
# Bipolar ionic diodes meet in a micro-chamber, whose open-circuit potential is the output: inputs are 0 or 1 V, and
# what lies above 0.5 V is true (Yossifon, Faraday Discuss. 2023, doi:10.1039/d3fd00061c). Ionic diodes have no
# threshold forwards, and they leak in reverse: a third diode in reverse takes the place of the resistor that pulls the
# chamber to 0 V (OR) or to 1 V (AND). With the ratio $r$ of the conductances forwards and in reverse
#
# $$ OR(1, 0) = \frac{r}{r + 2}, \quad OR(1, 1) = \frac{2 r}{2 r + 1}, \quad
#    AND(1, 0) = \frac{2}{r + 2}, \quad AND(0, 0) = \frac{1}{2 r + 1} . $$
#
#     fem-ionics run demos/ionic_logic.py ratio=5

# %%
import itertools

import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.reduced import Battery, Circuit, IonicDiode
from fem_ionics.units import V, uS

# %% [markdown]
# ## Parameters (SI)

# %%
ratio = 10.0  # of a diode's conductances forwards and in reverse
conductance = 1.0 * uS  # forwards
supply = 1.0 * V
threshold = 0.5 * V
ratios = (1.5, 2.0, 3.0, 5.0, 10.0, 30.0, 100.0)
stages = (1, 2, 3, 4, 5, 6)  # of a cascade
output = "output/ionic_logic"

# %% [markdown]
# ## Geometry
#
# There is none: diodes between chambers.
#
# ## Model
#
# Diodes lead from the inputs to the chamber of an OR, and from the chamber to the inputs of an AND. The third one
# stands in reverse, unless it is turned round.


# %%
def gate(kind, name, inputs, r, forward=False):
    """Elements of a gate: input nodes -> chamber `name`."""
    diode = IonicDiode.from_ratio(conductance, r)
    rail = "ground" if kind == "OR" else "supply"
    pairs = [(node, name) if kind == "OR" else (name, node) for node in inputs]
    # In reverse: the OR's current goes from the chamber to the ground, the AND's from the supply to the chamber.
    third = (rail, name) if kind == "OR" else (name, rail)
    pairs.append(third[::-1] if forward else third)
    return {f"{name} {k}": diode.between(*pair) for k, pair in enumerate(pairs)}


def batteries(**volts):
    return {f"battery {node}": Battery(v).between(node, "ground") for node, v in volts.items()}


def chamber(kind, a, b, r=ratio, forward=False):
    """Potential of the chamber of one gate for inputs of 0 or 1, V."""
    rails = {} if kind == "OR" else {"supply": supply}
    circuit = Circuit(batteries(A=a * supply, B=b * supply, **rails) | gate(kind, "out", ("A", "B"), r, forward))
    return circuit.solve()


def cascade(kind, depth, r=ratio):
    """Potentials of the chambers of gates in a row: each takes the one before and a constant input.

    The hard case: an OR is to stay true beside zeros, an AND false beside ones.
    """
    first, others = (supply, 0.0) if kind == "OR" else (0.0, supply)
    sources = {"signal": first, "other": others} | ({} if kind == "OR" else {"supply": supply})
    elements = batteries(**sources)
    for stage in range(depth):
        elements |= gate(kind, f"stage {stage + 1}", (f"stage {stage}" if stage else "signal", "other"), r)
    solution = Circuit(elements).solve()
    return [solution.voltages[f"stage {stage + 1}"] for stage in range(depth)]


# %% [markdown]
# ## Solve

# %%
truth = {"OR": lambda a, b: a or b, "AND": lambda a, b: a and b}
points = {(kind, a, b): chamber(kind, a, b) for kind in truth for a, b in itertools.product((0, 1), repeat=2)}
levels = {key: point.voltages["out"] for key, point in points.items()}

# %% [markdown]
# ## Study
#
# Levels degrade as $1/r$, and from gate to gate. At $r = 10$ a true input lasts for three gates if each level is read
# and applied afresh, and for two if chambers are wired, for then each is loaded by the next.

# %%
by_ratio = {kind: [chamber(kind, 1, 0, r).voltages["out"] for r in ratios] for kind in truth}
turned = {kind: chamber(kind, 1, 0, forward=True).voltages["out"] for kind in truth}
depths = {kind: [cascade(kind, depth)[-1] for depth in stages] for kind in truth}


def handed_on(kind, depth, r=ratio):
    """The same with each level read and applied afresh to the next gate, which then loads nothing."""
    level, other = (1.0, 0.0) if kind == "OR" else (0.0, 1.0)
    for _ in range(depth):
        level = chamber(kind, level, other, r).voltages["out"] / supply
    return supply * level


applied = {kind: [handed_on(kind, depth) for depth in stages] for kind in truth}


def works(kind, volts):
    """Whether the hard case has the right value: OR true, AND false."""
    return volts > threshold if kind == "OR" else volts < threshold


# %% [markdown]
# ## Observables

# %%
r = ratio
exact = {
    ("OR", 0, 0): 0.0,
    ("OR", 1, 0): r / (r + 2),
    ("OR", 1, 1): 2 * r / (2 * r + 1),
    ("AND", 1, 0): 2 / (r + 2),
    ("AND", 0, 0): 1 / (2 * r + 1),
    ("AND", 1, 1): 1.0,
}
right = all((levels[kind, a, b] > threshold) == bool(truth[kind](a, b)) for kind, a, b in levels)
results = {
    **{f"{kind}_{a}{b}": level for (kind, a, b), level in levels.items()},
    "truth_tables": right,
    "deviation": max(abs(levels[key] - supply * value) for key, value in exact.items()),
    "kirchhoff": max(point.kirchhoff for point in points.values()),
    "least_ratio": min(q for q, one in zip(ratios, by_ratio["OR"], strict=True) if works("OR", one)),
    "third_diode_forward": [turned["OR"], turned["AND"]],
    "cascade_OR": depths["OR"],
    "cascade_AND": depths["AND"],
    "applied_OR": applied["OR"],
    "applied_AND": applied["AND"],
    "stages_wired": max((n for n, volts in zip(stages, depths["OR"], strict=True) if works("OR", volts)), default=0),
    "stages_applied": max((n for n, volts in zip(stages, applied["OR"], strict=True) if works("OR", volts)), default=0),
}
fine = np.geomspace(min(ratios), max(ratios), 100)
fi.io.plot_profiles(
    f"{output}/levels.png",
    np.array(ratios),
    {
        "OR(1, 0)": np.array(by_ratio["OR"]),
        "AND(1, 0)": np.array(by_ratio["AND"]),
        "r / (r + 2)": (fine, fine / (fine + 2)),
        "2 / (r + 2)": (fine, 2 / (fine + 2)),
    },
    points=("OR(1, 0)", "AND(1, 0)"),
    like={"r / (r + 2)": "OR(1, 0)", "2 / (r + 2)": "AND(1, 0)"},
    levels={"threshold": threshold},
    xlabel="conductance forwards / in reverse",
    ylabel="potential of the chamber (V)",
    title="The hard cases of two gates",
    log_x=True,
)
fi.io.plot_profiles(
    f"{output}/cascade.png",
    np.array(stages, dtype=float),
    {
        "each level read and applied afresh": applied["OR"],
        "chambers wired": depths["OR"],
    },
    points=("each level read and applied afresh", "chambers wired"),
    levels={"threshold": threshold},
    xlabel="gates in a row",
    ylabel="potential of the last chamber (V)",
    title=f"OR(1, 0) at a ratio of {ratio:g} (AND(0, 1) is its mirror image)",
)
fi.io.write_table(
    f"{output}/levels.csv",
    fi.Table(
        {"ratio": np.array(ratios), "OR(1, 0)": by_ratio["OR"], "AND(1, 0)": by_ratio["AND"]},
        {"OR(1, 0)": "V", "AND(1, 0)": "V"},
        title="potential of the chamber in the hard cases",
    ),
)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:24s} {value}")
    print(f"pictures and table: {output}")
