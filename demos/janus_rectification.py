# %% [markdown]
# # A diode a few sheets thick: multilayer Janus pores, and what a continuum knows of them
#
# Graphene-oxide sheets are stacked 0.34 nm apart, and a pore of 1.42 x 1.26 nm runs through them. The first N sheets
# carry four COO$^-$ each at its rim, the others four NH$_3^+$: a bipolar diode of the length (2N - 1) S. Molecular
# dynamics (Li et al., J. Am. Chem. Soc. 2026, doi 10.1021/jacs.5c17242; 1 M KCl) finds that its rectification
# ICR = |I(+E)/I(-E)| grows from about 2 for one layer to 2000 for four, and that a wider spacing destroys it.
#
# Here the same stacks are solved as a continuum, in three ways: averaged over each section (one dimension), with the
# sheets as they are (axisymmetric finite elements), and with a potential of mean force at each sheet that is FITTED to
# the molecular dynamics. A report among what the script prints says which of the findings a continuum shares, and
# which it does not.
#
#     fem-ionics run demos/janus_rectification.py layers="(1, 3)" spacings="(0.34e-9,)" pores="()"

# %%
import math

import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.constants import ELEMENTARY_CHARGE, FARADAY
from fem_ionics.units import mM, nm

# %% [markdown]
# ## Parameters (SI)

# %%
concentration = 1000 * mM  # KCl
layers = (1, 2, 3, 4, 5)  # N: as many negative sheets, then as many positive ones
sides = (1.42 * nm, 1.26 * nm)  # of the pore
groups = 4.0  # elementary charges at the rim of each sheet
spacing = 0.34 * nm
thickness = 0.14 * nm  # of a sheet and of the charged band on its rim
cell = 4 * nm  # side of a sheet
bath = 4 * nm  # of liquid on both sides: with it a box has the 4444 water molecules of the paper
voltages = (0.1, 0.2, 0.35, 0.6, 1.0, 1.7, 2.8)  # V, of both signs
studied = 3  # N for the following
spacings = (0.34 * nm, 0.68 * nm, 1.02 * nm)
pores = ((1.1 * nm, 1.0 * nm), (2.27 * nm, 1.73 * nm))  # sides of other pores
fitted_layers = (1, 3, 4)
barrier = 13.4e3  # J/mol, FITTED: for ions at the sheets of their own sign, at 298.15 K
barrier_enthalpy = 13.4e3 - 43.6e3  # J/mol, ASSUMED: -T S as in the paper's table at the positive sheets (5.41 nm)
temperatures = (288.15, 298.15, 308.15)  # K
line_fields = (1.5e7, 2.2e7, 3e7, 4e7, 5e7, 6e7, 8e7, 1e8, 1.3e8, 1.7e8, 2.2e8)  # V/m, for the one-dimensional model
resolution = 1.0
output = "output/janus_rectification"

# %% [markdown]
# ## Geometry
#
# A circle of the same AREA as the 1.42 x 1.26 nm ellipse stands for the pore. A round cell of the sheet's area stands
# for the periodic 4 x 4 nm one; its side is a mirror. Galleries between the sheets are open to the ions out to the
# cell's side, or sealed: then the charge sits in bands on a straight wall. A field is the voltage over the whole box,
# baths included, as in molecular dynamics.


# %%
def radius_of(pair):
    return math.sqrt(pair[0] * pair[1]) / 2


def stack_length(n, gap=spacing):
    """From the middle of the first to that of the last of 2 n sheets, m."""
    return (2 * n - 1) * gap


def box(n, gap=spacing):
    return stack_length(n, gap) + thickness + 2 * bath


def stack(n, galleries="open", gap=spacing, pair=sides):
    return fi.geometry.layered_pore(
        radius_of(pair),
        sheets=2 * n,
        spacing=gap,
        thickness=thickness,
        galleries=galleries,
        reservoir=(cell / math.sqrt(math.pi), bath),
        resolve=0.2 * nm,
        array=True,
        refine=resolution,
    )


# %% [markdown]
# ## Model
#
# The potential of mean force lies in the mouths of the sheets and acts on the ions of the sheet's own sign. It is what
# an ion loses of its hydration and of its partners there beyond what the mean field says: an excess chemical potential
# with an enthalpic and an entropic part, so that temperature changes it.

# %%
kcl = fi.Electrolyte.kcl(concentration)
voltage = fi.Parameter("voltage", 0.0, "V")


def force(n, height=barrier):
    """A barrier at each sheet; its entropy is that of the assumed enthalpy."""
    entropy = (barrier_enthalpy - barrier) / 298.15
    enthalpy = height + 298.15 * entropy
    negative = [f"sheet {k} opening" for k in range(1, n + 1)]
    positive = [f"sheet {k} opening" for k in range(n + 1, 2 * n + 1)]
    return [
        fi.ExcessPotential("Cl-", enthalpy, entropy, on=negative),
        fi.ExcessPotential("K+", enthalpy, entropy, on=positive),
    ]


def janus(n, domain, salt=kcl, beyond=()):
    """N negative sheets on the cis side: with a positive voltage there, each ion enters through the other charge."""
    density = groups * ELEMENTARY_CHARGE / domain.area("sheet 1")
    return fi.PNP(
        salt,
        domain,
        [
            fi.Bath(salt, potential=voltage, on="cis"),
            fi.Bath(salt, on="trans"),
            fi.SurfaceCharge(-density, on=[f"sheet {k}" for k in range(1, n + 1)]),
            fi.SurfaceCharge(density, on=[f"sheet {k}" for k in range(n + 1, 2 * n + 1)]),
            *beyond,
        ],
    )


def line(n, steps=0.02 * nm):
    """The stack in one dimension: each half carries the charge of its sheets evenly, the baths have the cell's area."""
    half = stack_length(n) / 2
    inner = np.linspace(-half, half, 2 * math.ceil(half / steps) + 1)
    outer = half + np.geomspace(steps / 2, bath, 40)
    z = np.concatenate([-outer[::-1], inner, outer])
    middles = (z[1:] + z[:-1]) / 2
    area = np.where(np.abs(middles) > half, cell**2, math.pi * radius_of(sides) ** 2)
    within = np.abs(np.clip(np.concatenate([z[:1], middles, z[-1:]]), -half, half))
    return fi.reduced.SectionedPore(z, area, groups * n * ELEMENTARY_CHARGE / half * np.diff(within), kcl)


# %% [markdown]
# ## Solve
#
# Currents at voltages of both signs, from equilibrium outwards.

# %%
v = np.array(sorted(voltages))
defects = []


def swept(model):
    """Currents at +v and at -v, A, both positive."""
    curve = fi.iv_curve(model, voltage, np.concatenate([v, -v]))
    defects.append(curve.charge_defect)
    return curve.currents[: v.size], -curve.currents[v.size :]


def peak(x, on, off):
    """Largest ratio and where, by the parabola through the largest values on logarithmic axes."""
    ratio, x = np.log(on / off), np.log(x)
    k = min(max(int(ratio.argmax()), 1), x.size - 2)
    parabola = np.polynomial.Polynomial.fit(x[k - 1 : k + 2], ratio[k - 1 : k + 2], 2).convert()
    best = -parabola.coef[1] / (2 * parabola.coef[2])
    if not x[k - 1] <= best <= x[k + 1]:
        best = x[int(ratio.argmax())]
    return float(np.exp(parabola(best))), float(np.exp(best))


curves = {(n, kind): swept(janus(n, stack(n, kind))) for kind in ("open", "sealed") for n in layers}
e = np.array(line_fields)


def swept_line(n):
    currents = line(n).currents(np.concatenate([e, -e]) * (stack_length(n) + 2 * bath))
    return currents[: e.size], -currents[e.size :]


lines = {n: swept_line(n) for n in layers}

# %% [markdown]
# ## Study
#
# Spacing and area of the pore for N = 3; then the fitted potential of mean force, at three temperatures; and the free
# energy of an ion on the axis, taken apart into enthalpy and entropy as one would with molecular dynamics: from its
# profiles at several temperatures, dG = dH - T dS.

# %%
spaced = {
    (gap, kind): curves[studied, kind]
    if gap == spacing and (studied, kind) in curves
    else swept(janus(studied, stack(studied, kind, gap)))
    for gap in spacings
    for kind in ("open", "sealed")
}
sized = {radius_of(pair): swept(janus(studied, stack(studied, pair=pair))) for pair in pores}
if (studied, "open") in curves:
    sized[radius_of(sides)] = curves[studied, "open"]
sized = dict(sorted(sized.items()))
fitted = {n: swept(janus(n, stack(n), beyond=force(n))) for n in fitted_layers}
domain = stack(studied)
length = stack_length(studied)
z = np.linspace(-length / 2, length / 2, 4 * studied - 1)  # the mouths of the sheets and half way between
places = np.column_stack([np.full(z.size, 1e-3 * nm), z])
warmed, profiles, beyond_field = {}, [], []
for kelvin in temperatures:
    salt = fi.Electrolyte.kcl(concentration, temperature=kelvin)
    model = janus(studied, domain, salt, force(studied))
    state = fi.poisson_boltzmann(model)
    energy = fi.reduced.partition_free_energy(fi.observe.evaluate(state, "K+", places), concentration, kelvin)
    profiles.append(energy)
    beyond_field.append(energy - FARADAY * fi.observe.evaluate(state, "potential", places))
    known = kelvin == kcl.temperature and studied in fitted
    warmed[kelvin] = fitted[studied] if known else swept(model)
whole = fi.reduced.free_energy_parts(temperatures, profiles)
excess = fi.reduced.free_energy_parts(temperatures, beyond_field)
positive = np.arange(2 * studied, 4 * studied - 1, 2)  # of the places: mouths of the positive sheets

# %% [markdown]
# ## Observables

# %%
peaks = {key: peak(v, *pair) for key, pair in curves.items()}
line_peaks = {n: peak(e, *pair) for n, pair in lines.items()}
fitted_peaks = {n: peak(v, *pair) for n, pair in fitted.items()}
spaced_peaks = {key: peak(v, *pair) for key, pair in spaced.items()}


def on_at(n, field):
    """Current that is let through at a field, between the voltages that were solved, A."""
    return float(np.interp(field * box(n), v, curves[n, "open"][0]))


def spacing_trend(kind, low=False):
    """ICR at the widest over that at the narrowest spacing, at its peak or at the lowest voltage."""
    ends = [spaced_peaks[each(spacings), kind][0] for each in (max, min)]
    if low:
        ends = [float(np.divide(*spaced[each(spacings), kind])[0]) for each in (max, min)]
    return ends[0] / ends[1]


results = {
    **{f"icr_line_{n}": line_peaks[n][0] for n in layers},
    **{f"field_line_{n}": line_peaks[n][1] * nm for n in layers},
    **{f"icr_{kind}_{n}": peaks[n, kind][0] for n, kind in peaks},
    **{f"field_{kind}_{n}": peaks[n, kind][1] / box(n) * nm for n, kind in peaks},
    **{f"on_{kind}_{n}_nA": float(curves[n, kind][0][-2] * 1e9) for n, kind in peaks},
    **{f"off_{kind}_{n}_nA": float(curves[n, kind][1][-2] * 1e9) for n, kind in peaks},
    **{f"icr_{kind}_spacing_{gap / nm:g}": spaced_peaks[gap, kind][0] for gap, kind in spaced},
    **{f"icr_{kind}_spacing_{gap / nm:g}_low": float(on[0] / off[0]) for (gap, kind), (on, off) in spaced.items()},
    **{f"icr_radius_{a / nm:.3f}": peak(v, *pair)[0] for a, pair in sized.items()},
    **{f"icr_fitted_{n}": fitted_peaks[n][0] for n in fitted},
    **{f"field_fitted_{n}": fitted_peaks[n][1] / box(n) * nm for n in fitted},
    **{f"icr_fitted_{kelvin:g}_K": peak(v, *pair)[0] for kelvin, pair in warmed.items()},
    "enthalpy_found": float(excess.enthalpy[positive].mean() / 1e3),
    "entropy_term_found": float(-298.15 * excess.entropy[positive].mean() / 1e3),
    "parts_defect": float(
        np.abs(excess.enthalpy[positive] - barrier_enthalpy).max() / abs(barrier_enthalpy)
        + np.abs(excess.free_energy(298.15)[positive] - barrier).max() / barrier
    ),
    "free_energy_largest": float(whole.free_energy(298.15).max() / 1e3),
    "on_ratio_at_voltage": float(curves[layers[-1], "open"][0][-2] / curves[layers[0], "open"][0][-2]),
    "on_ratio_at_field": on_at(layers[-1], v[-2] / box(layers[0])) / on_at(layers[0], v[-2] / box(layers[0])),
    "charge_defect": float(max(defects)),
}
fields = {n: v / box(n) * nm for n in {*layers, *fitted_layers}}
fi.io.plot_profiles(
    f"{output}/rectification.png",
    fields[layers[0]],
    {
        **{f"N = {n}": (fields[n], curves[n, "open"][0] / curves[n, "open"][1]) for n in layers},
        **{f"N = {n}, one dimension": (e * nm, lines[n][0] / lines[n][1]) for n in layers},
    },
    points=[f"N = {n}, one dimension" for n in layers],
    like={f"N = {n}, one dimension": f"N = {n}" for n in layers},
    xlabel="field (V/nm)",
    ylabel="|I(+E)/I(-E)|",
    title="Janus stacks with open galleries, with no fitted number",
    log=True,
    log_x=True,
)
shown = [n for n in fitted_layers if n in layers]
fi.io.plot_profiles(
    f"{output}/force.png",
    fields[shown[0]],
    {
        **{f"N = {n}": (fields[n], curves[n, "open"][0] / curves[n, "open"][1]) for n in shown},
        **{f"N = {n}, with the force": (fields[n], fitted[n][0] / fitted[n][1]) for n in shown},
    },
    points=[f"N = {n}, with the force" for n in shown],
    like={f"N = {n}, with the force": f"N = {n}" for n in shown},
    xlabel="field (V/nm)",
    ylabel="|I(+E)/I(-E)|",
    title=f"A force of {barrier / 1e3:g} kJ/mol at each sheet, fitted to N = 3",
    log=True,
    log_x=True,
)
fi.io.plot_profiles(
    f"{output}/currents.png",
    v,
    {
        **{f"N = {n}, on": curves[n, "open"][0] * 1e9 for n in layers},
        **{f"N = {n}, off": curves[n, "open"][1] * 1e9 for n in layers},
    },
    like={f"N = {n}, off": f"N = {n}, on" for n in layers},
    xlabel="voltage (V)",
    ylabel="current (nA)",
    title="The current that is let through falls with N; the blocked one collapses",
    log=True,
    log_x=True,
)
fi.io.plot_profiles(
    f"{output}/free_energy.png",
    z / nm,
    {
        "dG of K+": whole.free_energy(298.15) / 1e3,
        "dH": whole.enthalpy / 1e3,
        "-T dS": -298.15 * whole.entropy / 1e3,
        "dG of the mean field alone": (whole.free_energy(298.15) - excess.free_energy(298.15)) / 1e3,
    },
    points=["dG of K+", "dH", "-T dS", "dG of the mean field alone"],
    xlabel="position on the axis (nm)",
    ylabel="kJ/mol",
    title=f"Free energy in mouths and between, N = {studied}, with the fitted force",
)
table = fi.Table(
    {
        "layers": np.array(layers),
        "peak ICR, line": [line_peaks[n][0] for n in layers],
        "peak ICR, open": [peaks[n, "open"][0] for n in layers],
        "peak ICR, sealed": [peaks[n, "sealed"][0] for n in layers],
        "peak ICR, fitted force": [fitted_peaks[n][0] if n in fitted else math.nan for n in layers],
        "peak field, line": [line_peaks[n][1] for n in layers],
        "peak field, open": [peaks[n, "open"][1] / box(n) for n in layers],
        "on current": [curves[n, "open"][0][-2] for n in layers],
        "off current": [curves[n, "open"][1][-2] for n in layers],
    },
    {"peak field, line": "V/m", "peak field, open": "V/m", "on current": "A", "off current": "A"},
    title=f"rectification of Janus stacks; currents at {v[-2]:g} V with open galleries",
)
fi.io.write_table(f"{output}/janus.csv", table)

# %% [markdown]
# The paper's numbers beside those of the continuum.

# %%
paper_icr = {1: "~2.3", 3: ">1000", 4: "~2000"}
paper_field = {1: 0.7, 2: 1.0, 3: 2.5, 4: 3.5}


def told(value, field):
    return f"{value:.3g} ({field * nm:.3f})"


def row(n):
    """One line of the comparison."""
    paper = f"{paper_icr.get(n, '?')} ({paper_field.get(n, '?')})"
    sheets = [told(peaks[n, kind][0], peaks[n, kind][1] / box(n)) for kind in ("open", "sealed")]
    force_words = told(fitted_peaks[n][0], fitted_peaks[n][1] / box(n)) if n in fitted else "-"
    return [f"N = {n}", paper, told(*line_peaks[n]), *sheets, force_words]


first, last = min(layers), max(layers)
too_low = [paper_field[n] / results[f"field_open_{n}"] for n in layers if n in paper_field]
grown = {kind: results[f"icr_{kind}_{last}"] / results[f"icr_{kind}_{first}"] for kind in ("line", "open", "sealed")}
collapse = results[f"off_open_{first}_nA"] / results[f"off_open_{last}_nA"]
falls, changes = 1 - results["on_ratio_at_voltage"], results["on_ratio_at_field"] - 1
at_peak, at_low = ({kind: spacing_trend(kind, low) for kind in ("sealed", "open")} for low in (False, True))


def decades(kind):
    return f"by {grown[kind]:.0f} ({math.log10(grown[kind]):.1f} decades)"


def fitted_icr(n):
    return f"{fitted_peaks[n][0]:.2g}" if n in fitted else "(not computed)"


report = f"""
SHARED with molecular dynamics, with no fitted number:
- rectification grows with N, and its peak moves to higher fields. From {first} to {last} layers it grows
  {decades("line")} in one dimension; finite elements have less, {decades("open")} with
  open and {decades("sealed")} with sealed galleries. The paper has 2.9 decades from one layer to four;
- the blocked current collapses, by {collapse:.0f} at {v[-2]:g} V;
- ICR falls beyond its peak and with the area of the pore.
NOT SHARED:
- fields: the peaks lie at fields {min(too_low):.0f} to {max(too_low):.0f} times lower than the paper's;
- size: ICR with open galleries reaches {grown["open"] * peaks[first, "open"][0]:.0f}, the paper's ~2000 at N = 4;
- the current that is let through: at {v[-2]:g} V it falls by {falls:.0%} from N = {first} to {last}, at an
  equal FIELD it changes by {changes:+.0%}; the paper has 146.6 nA (N = 1) and 42.9 nA (N = 4) at 4 V/nm;
- spacing: the paper's ICR falls tenfold at 0.68 nm and to 1 at 1.02 nm. Here, from the least to the largest, it
  GROWS at its peak, by {at_peak["sealed"]:.2f} with sealed galleries and less, by {at_peak["open"]:.2f}, with open
  ones; at {v[0]:g} V it changes by {at_low["sealed"]:.2f} (sealed) and {at_low["open"]:.2f} (open). Open galleries
  weaken the wrong trend and turn it, slightly, at low voltage only.
FITTED, not predicted: a potential of mean force of {barrier / 1e3:g} kJ/mol for ions at sheets of their own sign
brings N = 3 to the paper's ICR, and the same force N = 4 to {fitted_icr(4)}; the fields stay as low as they are. A
single layer would have {fitted_icr(1)} with it, the paper's 2.3 is met without: the force belongs to the stack
(interlayer coupling) and not to a sheet. Its enthalpy and entropy are split as in one row of the paper's table.
"""
if MPI.COMM_WORLD.rank == 0:
    for words in [["", "paper (V/nm)", "one dimension", "open", "sealed", "fitted force"], *(row(n) for n in layers)]:
        print("".join(f"{word:>17s}" for word in words))
    print(report)
    for name, value in results.items():
        print(f"{name:34s} {value: .6g}")
    print(f"pictures and tables: {output}")
