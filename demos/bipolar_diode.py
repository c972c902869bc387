# %% [markdown]
# # A bipolar diode: the current that leaks backwards, and where the ideal law ends
#
# One half of a membrane holds negative charges, the other one positive: the first passes cations, the second anions.
# Forwards both ions flow in from their sides and pile up in the middle; backwards they leave it, and only those that
# leak through the wrong half carry current. Each leaks by diffusion, in Donnan equilibrium with its bath, so that
# (Vlassiouk, Smirnov & Siwy, ACS Nano 2, 1589, 2008)
#
# $$ I = F A (D_+ + D_-) \frac{2 c_0^2}{N L} (e^{v} - 1), \qquad v = V / (RT/F), $$
#
# with the fixed charge $\pm F N$ and the length $L$ of both halves. First this law is met in the membrane for which
# it was made, thick and evenly charged; then a pore of 2 nm with charged walls shows by how much, and why, a real
# diode leaks more.
#
#     fem-ionics run demos/bipolar_diode.py pore_lengths="(50e-9, 100e-9)" bath_layers="(0.0,)"

# %%
import math

import numpy as np
from mpi4py import MPI
from scipy.optimize import brentq

import fem_ionics as fi
from fem_ionics.units import mC, mM, nm, um

# %% [markdown]
# ## Parameters (SI)

# %%
concentration = 10 * mM  # KCl on both sides
charge_ratio = 10.0  # N / concentration, of the membrane
thickness = 4 * um  # of both halves of the membrane
bath_layers = (0.0, 0.045)  # liquid before each side of the membrane, in parts of its thickness
voltages = (-20.0, -10.0, -5.0, -2.0, -1.0, 1.0, 2.0, 4.0, 8.0, 20.0)  # kT/e
pore_radius = 2 * nm
pore_charge = 10 * mC  # C/m2: minus it on the cis half of the wall, plus it on the trans half
pore_lengths = (50 * nm, 100 * nm, 200 * nm)
pore_voltages = (-20.0, -10.0, -5.0, -2.0, -1.0)  # kT/e
resolution = 1.0
output = "output/bipolar_diode"

# %% [markdown]
# ## The ideal membrane beyond the ideal law
#
# A quasi-neutral membrane can be solved for any current if both ions diffuse alike. In the negative half let
# $c_- = N s$ and $c_+ = N (1 + s)$. Both ions carry half of the current in opposite directions, $\mp$ their fluxes are
# equal to $j D$, and
#
# $$ (1 + 2 s)\, s' = j / N, \qquad s (s + 1)\big|_{\text{bath}} = \delta^2, \quad \delta = c_0 / N , $$
#
# so that $s (1 + s)$ is linear in $x$. The potential that the majority needs to bring the current up, and that of the
# bath layers of $h L$, is missing at the junction, where $s = s_0$:
#
# $$ s_0 (1 + s_0) = \delta^2 e^{v - v_m - v_b}, \quad
#    v_m = 4 (s_0 - s_b) - 2 \ln \frac{1 + s_0}{1 + s_b}, \quad
#    v_b = \frac{4 h}{\delta} [s_0 (1 + s_0) - \delta^2], $$
#
# and the current is the ideal one at $v - v_m - v_b$. Backwards $s_0 \to 0$, and it is the ideal one to the last digit:
# what is measured above it is the junction's depletion layer.


# %%
def quasi_neutral(v, layer=0.0, ratio=charge_ratio):
    """Current over F A (D+ + D-) 2 c0^2/(N L), with bath layers of `layer` L on both sides and N = `ratio` c0."""
    delta = 1 / ratio
    bath = (math.sqrt(1 + 4 * delta**2) - 1) / 2

    def missing(s):
        product = s * (1 + s)
        majority = 4 * (s - bath) - 2 * math.log((1 + s) / (1 + bath))
        return math.log(product / delta**2) + majority + 4 * layer / delta * (product - delta**2) - v

    s = brentq(missing, 1e-40, 100.0, xtol=1e-300, rtol=1e-14)
    return s * (1 + s) / delta**2 - 1


# %% [markdown]
# ## Geometry
#
# The membrane is a strip, one cell wide and graded to its faces and to the junction between both halves.

# %%
kcl = fi.Electrolyte.kcl(concentration)
thermal = kcl.thermal_voltage
fixed = fi.constants.FARADAY * charge_ratio * concentration  # C/m3
voltage = fi.Parameter("voltage", 0.0, "V")


def membrane(layer):
    """Strip along x with the junction at 0; as high as it is long."""
    size = (1 + 2 * layer) * thickness
    return fi.geometry.channel(
        size,
        size,
        resolve=0.3 * kcl.debye_length,  # the fixed charge shortens it
        edges=[-thickness / 2, 0.0, thickness / 2],
        refine=2 * resolution,
        periodic=None,
        across=1,
        half=True,
    )


def pore(length):
    """Cylindrical pore with a node at the junction; fine to the thinner of the two lengths of its layers."""
    return fi.geometry.cylindrical_pore(
        pore_radius,
        length,
        reservoir=5 * max(pore_radius, kcl.debye_length),
        resolve=min(kcl.debye_length, fi.reduced.gouy_chapman_length(pore_charge, kcl)),
        edges=[0.0],
        refine=resolution,
    )


# %% [markdown]
# ## Model
#
# Nothing else distinguishes the two devices: the membrane has its charge in the volume, the pore on its wall.

# %%
halves = {
    axis: fi.pattern.patches(axis, width=size, centre=-size / 2) - fi.pattern.patches(axis, width=size, centre=size / 2)
    for axis, size in (("x", thickness / 2), ("z", max(pore_lengths)))
}


def membrane_model(layer):
    baths = [fi.Bath(kcl, potential=voltage, on="left"), fi.Bath(kcl, on="right")]
    return fi.PNP(kcl, membrane(layer), [*baths, fi.FixedCharge(-fixed * halves["x"])])


def pore_model(length):
    baths = [fi.Bath(kcl, potential=voltage, on="cis"), fi.Bath(kcl, on="trans")]
    return fi.PNP(kcl, pore(length), [*baths, fi.SurfaceCharge(-pore_charge * halves["z"], on="pore wall")])


# %% [markdown]
# ## Solve
#
# Current-voltage curves of the membrane, from equilibrium outwards.

# %%
v = np.array(voltages)
curves, ratios, defects = {}, {}, []
for layer in bath_layers:
    model = membrane_model(layer)
    height = model.domain.area("left") * 1.0  # m: currents are per metre of depth
    ideal = fi.reduced.diode_current(v * thermal, fixed, height, thickness, kcl)
    curves[layer] = fi.iv_curve(model, voltage, v * thermal, between=("left", "right"), keep=[v[0] * thermal])
    ratios[layer] = curves[layer].currents / ideal
    defects.append(curves[layer].charge_defect)
closed = {layer: np.array([quasi_neutral(each, layer) / np.expm1(each) for each in v]) for layer in bath_layers}
reverse = v < 0

# %% [markdown]
# ## Study
#
# The pore, with $N = 2\sigma/(F a)$, leaks more than the law says, and three things that the law leaves out say how
# much, with no number adjusted:
#
# 1. Ions gather at the wall. By the flux law above the leak goes with $\langle c_+ \rangle \langle c_- \rangle$ over
#    the cross-section at equilibrium, which is above $c_0^2$ (it is equal to it where nothing varies across).
# 2. The mouth and the junction are short cuts: the minority is plentiful there. Its resistance is
#    $\int dz / \langle c_{min} \rangle$, which the equilibrium state gives; it is that of a shorter pore, by $2 l_0$.
# 3. Reverse voltage widens the depletion layer at the junction. Each half loses
#    $w = \sqrt{\varepsilon (V_{bi} - V) / (F N)}$, of which $w(0)$ is in $l_0$ already.
#
# $$ \frac{I}{I_{ideal}} = \frac{\langle c_+ \rangle \langle c_- \rangle}{c_0^2}
#    \left[ 1 - \frac{2 (l_0 + w - w(0))}{L} \right]^{-1}
#    \times \text{quasi-neutral current} / (e^v - 1), $$
#
# where the last factor is 1 but for the smallest voltages.


# %%
gauss, weights = np.polynomial.legendre.leggauss(12)
radii = pore_radius * (gauss + 1) / 2
weights = weights * radii / np.sum(weights * radii)  # of a mean over the disc
pore_density = 2 * pore_charge / pore_radius  # C/m3
section = fi.reduced.capillary(pore_radius, -pore_charge, kcl)
majority, minority = (
    float(weights @ np.interp(radii, section.r, c)) for c in (section.concentrations[0], section.concentrations[1])
)
radial = majority * minority / concentration**2


def depleted(v):
    """Width of the depletion layer in each half, m."""
    built_in = math.log(majority / minority)
    return np.sqrt(kcl.absolute_permittivity * thermal * (built_in - v) / pore_density)


def short_cut(state, length):
    """Length that mouth and junction save the minority of one half at equilibrium, m."""
    z = length / 2 * (np.arange(600) + 0.5) / 600 - length / 2
    places = np.column_stack([np.tile(radii, z.size), np.repeat(z, radii.size)])
    means = fi.observe.evaluate(state, "Cl-", places).reshape(z.size, -1) @ weights
    return length / 2 * float(1 - np.mean(minority / means))


def explained(v, length):
    """Current over the ideal law for reverse voltages, from the three causes."""
    ratio = pore_density / fi.constants.FARADAY / concentration
    injected = np.array([quasi_neutral(each, ratio=ratio) for each in v]) / np.expm1(v)
    return injected * radial / (1 - 2 * (shortened[length] + depleted(v) - depleted(0.0)) / length)


u = np.array(pore_voltages)
found, shortened = {}, {}
for length in pore_lengths:
    model = pore_model(length)
    curve = fi.iv_curve(model, voltage, u * thermal)
    ideal = fi.reduced.diode_current(u * thermal, pore_density, math.pi * pore_radius**2, length, kcl)
    found[length] = curve.currents / ideal
    shortened[length] = short_cut(curve.equilibrium, length)
    defects.append(curve.charge_defect)
expected = {length: explained(u, length) for length in pore_lengths}

# %% [markdown]
# ## Observables

# %%
first, last = bath_layers[0], bath_layers[-1]
long, short = max(pore_lengths), min(pore_lengths)
results = {
    "reverse_deviation": float(np.abs(ratios[first][reverse] - 1).max()),
    "reverse_deviation_with_baths": float(np.abs(ratios[last][reverse] - 1).max()),
    **{f"forward_ratio_{each:g}": float(r) for each, r in zip(v, ratios[last], strict=True) if each > 0},
    **{f"forward_ratio_{each:g}_without_baths": float(r) for each, r in zip(v, ratios[first], strict=True) if each > 0},
    "closed_form_deviation": float(max(np.abs(ratios[k] / closed[k] - 1).max() for k in bath_layers)),
    "pore_charge_ratio": pore_density / fi.constants.FARADAY / concentration,
    "pore_excess_least": float(found[long].min() - 1),
    "pore_excess_largest": float(found[long].max() - 1),
    "pore_excess_largest_shortest": float(found[short].max() - 1),
    "pore_radial_excess": radial - 1,
    "pore_short_cut": shortened[long],
    "pore_depletion_width": float(depleted(u.min())),
    "pore_unexplained": float(np.abs(found[long] / expected[long] - 1).max()),
    "pore_unexplained_shortest": float(np.abs(found[short] / expected[short] - 1).max()),
    "rectification": curves[first].rectification(),
    "charge_defect": float(max(defects)),
}
saturation = fi.reduced.diode_current(-50 * thermal, fixed, 1.0, thickness, kcl)  # A/m2, negative
fine = np.linspace(0.05, v.max(), 200)
size = {layer: np.abs(curves[layer].currents / (1 + 2 * layer) / thickness / saturation) for layer in bath_layers}
fi.io.plot_profiles(
    f"{output}/curve.png",
    np.abs(v),
    {
        "ideal law": (fine, np.expm1(fine)),
        "closed form": (fine, [quasi_neutral(each, first) for each in fine]),
        "closed form, bath layers": (fine, [quasi_neutral(each, last) for each in fine]),
        "forward": (v[~reverse], size[first][~reverse]),
        "forward, bath layers": (v[~reverse], size[last][~reverse]),
        "reverse": (-v[reverse], size[first][reverse]),
    },
    points=["forward", "forward, bath layers", "reverse"],
    xlabel="|voltage| (kT/e)",
    ylabel="current / saturation current",
    title=f"A bipolar membrane of {thickness / um:g} µm with N = {charge_ratio:g} c",
    log=True,
)
lines = np.linspace(u.min(), u.max(), 200)
fi.io.plot_profiles(
    f"{output}/leak.png",
    -u,
    {
        name: curve
        for length in pore_lengths
        for name, curve in (
            (f"{length / nm:g} nm", (-u, found[length])),
            (f"{length / nm:g} nm, explained", (-lines, explained(lines, length))),
        )
    },
    points=[f"{length / nm:g} nm" for length in pore_lengths],
    xlabel="reverse voltage (kT/e)",
    ylabel="current / ideal law",
    title=f"What a pore of {pore_radius / nm:g} nm leaks above the ideal law",
)
state = curves[first].solutions[v[0] * thermal]
ends = [(-12 * kcl.debye_length, thickness / 10), (12 * kcl.debye_length, thickness / 10)]
profiles = {name: fi.observe.line(state, name, *ends, n=401)[1] for name in ("K+", "Cl-")}
fi.io.plot_profiles(
    f"{output}/depletion.png",
    np.linspace(ends[0][0], ends[1][0], 401) / nm,
    {name: np.maximum(c, 1e-12) for name, c in profiles.items()},
    xlabel="distance from the junction (nm)",
    ylabel="concentration (mM)",
    title=f"The junction of the membrane at {v[0]:g} kT/e",
    log=True,
)
table = fi.Table(
    {
        "reduced voltage": v,
        **{f"ratio, bath layers {k:g}": ratios[k] for k in bath_layers},
        **{f"closed form, bath layers {k:g}": closed[k] for k in bath_layers},
    },
    title="current of the membrane over the ideal law",
)
fi.io.write_table(f"{output}/membrane.csv", table)
leak = fi.Table(
    {
        "reduced voltage": u,
        **{f"ratio {k / nm:g} nm": found[k] for k in pore_lengths},
        **{f"explained {k / nm:g} nm": expected[k] for k in pore_lengths},
    },
    title="current of the pore over the ideal law",
)
fi.io.write_table(f"{output}/pore.csv", leak)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:34s} {value: .6g}")
    print(f"pictures and tables: {output}")
