# %% [markdown]
# # The potential of a membrane, and the most current that it can take
#
# A membrane with fixed charges lets the ions of one sign pass. Between two baths of one salt a potential builds up
# that stops the current: Donnan's at each face, and a diffusion potential between them (Teorell, 1935; Meyer & Sievers,
# Helv. Chim. Acta 19, 649, 1936). With $X$ the concentration of fixed negative charges,
#
# $$ \phi_L - \phi_R = \frac{RT}{F} \left\{ \ln \frac{c_R (a + X)}{c_L (b + X)}
#    + U \ln \frac{b + U X}{a + U X} \right\},
#    \quad a, b = \sqrt{4 c_{L,R}^2 + X^2}, \quad U = \frac{D_+ - D_-}{D_+ + D_-} . $$
#
# It is the law of a thick membrane. The thickness is varied here: what is missing goes with its inverse, so that the
# two thickest membranes give the law by extrapolation.
#
# The same membrane starves the liquid before it when it is made to carry current. Towards the limiting current
# $2 F D_+ c_0/L$ the salt at its face runs out; beyond it a space charge grows into the liquid, hundreds of Debye
# lengths thick (Rubinstein & Shtilman, J. Chem. Soc. Faraday Trans. 2 75, 231, 1979). That layer is solved up to
# 120 kT/e with a Debye length of a thousandth of it.
#
#     fem-ionics run demos/membrane_potential.py thicknesses="(1e-7, 1e-6)" debye_ratios="(1e-2,)"

# %%
import numpy as np
from mpi4py import MPI
from scipy.optimize import root_scalar

import fem_ionics as fi
from fem_ionics.units import mM, mV, nm, um

# %% [markdown]
# ## Parameters (SI)

# %%
dilute = 10 * mM  # of the left bath, which is more positive
concentrated = 100 * mM  # of the right one
fixed_charges = (0.0, 10 * mM, 30 * mM, 100 * mM, 300 * mM, 1000 * mM)  # X, negative charges of the membrane
thicknesses = (0.1 * um, 1 * um, 10 * um)  # of the membrane
layer_voltages = (1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 40.0, 60.0, 80.0, 100.0, 120.0)  # kT/e over the starved layer
debye_ratios = (1e-2, 1e-3)  # Debye length over the layer's thickness
resolution = 1.0
output = "output/membrane_potential"

# %% [markdown]
# ## Geometry
#
# Both are strips of one cell across and graded to their ends, where the diffuse layers are: the membrane from bath to
# bath, and the liquid from the membrane's face to the bath.


# %%
def strip(length, resolve, refine):
    return fi.geometry.channel(
        length,
        length,
        resolve=resolve,
        edges=[-length / 2, length / 2],
        refine=refine * resolution,
        periodic=None,
        across=1,
        half=True,
    )


# %% [markdown]
# ## Model
#
# The baths touch the membrane: liquid before it would add its own fall in concentration. The face of the starved
# layer's membrane is given by what it does: it holds cations at $2 c_0$ and its potential, and no anion passes.

# %%
F = fi.constants.FARADAY
voltage = fi.Parameter("voltage", 0.0, "V")
charge = fi.Parameter("X", 0.0, "mol/m3")


def membrane(left, right, thickness):
    baths = [fi.Bath(left, potential=voltage, on="left"), fi.Bath(right, on="right")]
    shortest = left.scaled(max(concentrated, *fixed_charges) / dilute).debye_length
    return fi.PNP(left, strip(thickness, shortest, 2.0), [*baths, fi.FixedCharge(-F * charge)])


def starved_layer(salt, length):
    face = [fi.Fixed("potential", 0.0, on="left"), fi.Fixed("cation", 2 * salt.bulk["cation"], on="left")]
    bath = fi.Bath(salt, potential=voltage, on="right")
    # The space charge ends far from the face: the whole layer is fine.
    return fi.PNP(salt, strip(length, salt.debye_length, 8.0), [*face, bath])


# %% [markdown]
# ## Solve
#
# The voltage without current, by secants, from one fixed charge to the next.


# %%
def reversal_potentials(salt, thickness):
    """Voltage of the left bath without current at each X, V, and states there."""
    left, right = salt(dilute), salt(concentrated)
    model = membrane(left, right, thickness)
    steady, current = fi.Steady(model), fi.observe.Current(on="right")
    last, found, states = None, [], []

    def current_at(volts):
        nonlocal last
        voltage.value = volts
        last = steady.solve(last)
        return current(last)

    for each in fixed_charges:
        charge.value, last = each, None
        root = root_scalar(current_at, method="secant", x0=0.0, x1=10 * mV, xtol=1e-9)
        found.append(root.root)
        states.append(last)
    return np.array(found), states


# %% [markdown]
# ## Study
#
# Both salts in membranes of all thicknesses; Donnan's potential inside a membrane in one bath; then the current
# through the starved layer, walked in voltage from equilibrium.

# %%
salts = {"KCl": fi.Electrolyte.kcl, "NaCl": fi.Electrolyte.nacl}
potentials, states = {}, {}
for name, salt in salts.items():
    for thickness in thicknesses:
        potentials[name, thickness], states[name, thickness] = reversal_potentials(salt, thickness)
theory = {
    name: np.array(
        [fi.reduced.membrane_potential(salt(dilute), salt(concentrated), -F * each) for each in fixed_charges]
    )
    for name, salt in salts.items()
}
thinnest, *_, thick = sorted(thicknesses)
before = sorted(thicknesses)[-2]
extrapolated = {
    name: (thick * potentials[name, thick] - before * potentials[name, before]) / (thick - before) for name in salts
}
deviation = {key: potentials[key] - theory[key[0]] for key in potentials}

kcl = salts["KCl"](dilute)
voltage.value, charge.value = 0.0, 100 * mM
alone = fi.steady(membrane(kcl, kcl, thick))
donnan = -float(fi.observe.evaluate(alone, "potential", [[0.0, thick / 4]])[0])  # of the bath against the membrane
donnan_theory = -fi.reduced.donnan_potential(-F * charge.value, kcl)

salt = fi.Electrolyte.symmetric(1 * mM, 1e-9)
currents, layers, defects = {}, {}, []
for ratio in debye_ratios:
    length = salt.debye_length / ratio
    model = starved_layer(salt, length)
    volts = np.array(layer_voltages) * salt.thermal_voltage
    curve = fi.iv_curve(model, voltage, volts, between=("right", "left"), keep=volts)
    limiting = fi.reduced.limiting_current(salt, length) * length  # A per metre of depth, as the strip's height
    currents[ratio] = 2 * curve.currents / limiting
    layers[ratio] = [curve.solutions[each] for each in volts]
    defects.append(curve.charge_defect)


def scaled_thin(v):
    """Current where the diffuse layer has no thickness, F D c0/L; the length cancels."""
    current = fi.reduced.thin_layer_current(v * salt.thermal_voltage, salt, 1.0, 2 * salt.bulk["cation"])
    return 2 * current / fi.reduced.limiting_current(salt, 1.0)


thin = scaled_thin(np.array(layer_voltages))

# %% [markdown]
# ## Observables

# %%
results = {
    f"{name}_{each:g}_mM": float(value / mV)
    for name in salts
    for each, value in zip(fixed_charges, potentials[name, thick], strict=True)
}
results |= {
    f"{name}_{each:g}_mM_theory": float(value / mV)
    for name in salts
    for each, value in zip(fixed_charges, theory[name], strict=True)
}
results |= {
    "extrapolated_deviation": float(max(np.abs(extrapolated[name] - theory[name]).max() for name in salts) / mV),
    "donnan": donnan / mV,
    "donnan_theory": donnan_theory / mV,
    **{
        f"largest_deviation_{thickness / nm:g}_nm": float(
            max(np.abs(deviation[name, thickness]).max() for name in salts) / mV
        )
        for thickness in thicknesses
    },
    **{
        f"current_{each:g}_{ratio:g}": float(value)
        for ratio in debye_ratios
        for each, value in zip(layer_voltages, currents[ratio], strict=True)
    },
    "charge_defect": float(max(defects)),
}
charged = np.array(fixed_charges) > 0
decades = np.log10(np.array(fixed_charges)[charged])
fine = np.linspace(decades.min() - 1, decades.max(), 200)
curves = {
    f"{name}, closed form": (
        fine,
        [fi.reduced.membrane_potential(salt(dilute), salt(concentrated), -F * 10**each) / mV for each in fine],
    )
    for name, salt in salts.items()
}
curves |= {
    f"{name}, {thickness / um:g} µm": (decades, potentials[name, thickness][charged] / mV)
    for name in salts
    for thickness in (thinnest, thick)
}
fi.io.plot_profiles(
    f"{output}/potential.png",
    decades,
    curves,
    points=[label for label in curves if "closed" not in label],
    xlabel="log10 of the fixed charges (mM)",
    ylabel="potential of the dilute bath (mV)",
    title=f"Potential of a membrane between {dilute:g} and {concentrated:g} mM",
)
fi.io.plot_profiles(
    f"{output}/inside.png",
    np.linspace(0, thinnest, 801) / nm,
    {
        f"X = {each:g} mM": fi.observe.line(
            state, "potential", (-thinnest / 2, thinnest / 4), (thinnest / 2, thinnest / 4), n=801
        )[1]
        / mV
        for each, state in zip(fixed_charges, states["KCl", thinnest], strict=True)
    },
    xlabel="distance from the dilute bath (nm)",
    ylabel="potential (mV)",
    title="Inside a membrane in KCl without current",
)
sweep = np.linspace(0, max(layer_voltages), 241)
fi.io.plot_profiles(
    f"{output}/current.png",
    layer_voltages,
    {
        "thin diffuse layer": (sweep, scaled_thin(sweep)),
        **{f"Debye length {ratio:g} L": currents[ratio] for ratio in debye_ratios},
    },
    points=[f"Debye length {ratio:g} L" for ratio in debye_ratios],
    xlabel="voltage (kT/e)",
    ylabel="current / (F D c/L)",
    title="The limiting current, and beyond",
)


def along(state, ion, length, n=1001):
    """Concentration over that of the bath; nothing below a millionth."""
    c = fi.observe.line(state, ion, (-length / 2, length / 4), (length / 2, length / 4), n=n)[1] / salt.bulk[ion]
    return np.where(c > 1e-6, c, np.nan)


finest = min(debye_ratios)
length = salt.debye_length / finest
y = np.linspace(0, 1, 1001)
fi.io.plot_profiles(
    f"{output}/space_charge.png",
    y,
    {
        f"{ion}, {layer_voltages[i]:g} kT/e": along(layers[finest][i], ion, length)
        for i in (len(layer_voltages) // 2, len(layer_voltages) - 1)
        for ion in ("cation", "anion")
    },
    xlabel="distance from the membrane / L",
    ylabel="concentration / that of the bath",
    title=f"Extended space charge before a membrane, Debye length {finest:g} L",
    log=True,
)
fi.io.write_table(
    f"{output}/potentials.csv",
    fi.Table(
        {
            "X": np.array(fixed_charges),
            **{f"{name} {thickness / nm:g} nm": potentials[name, thickness] for name, thickness in potentials},
            **{f"{name} closed form": theory[name] for name in salts},
        },
        {"X": "mol/m3"},
        title="potential of the dilute bath without current, V",
    ),
)
fi.io.write_table(
    f"{output}/currents.csv",
    fi.Table(
        {
            "voltage": np.array(layer_voltages),
            "thin layer": thin,
            **{f"Debye length {ratio:g}": currents[ratio] for ratio in debye_ratios},
        },
        title="scaled current through a starved layer",
    ),
)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:28s} {value: .7g}")
    print(f"pictures and tables: {output}")
