# %% [markdown]
# # Where a channel flows by itself: the critical flux against charge, slip and wavelength
#
# The pitchfork of `critical_flux.py` is one point. Here it is followed as a curve, by arclength on the located system
# itself: first in the wall charge, which gives the phase diagram of the paper (arXiv:2510.15092, figure 1e: flow needs
# both a strong charge and a strong flux), then in the slip length and in the wavelength. The wavelength is a parameter
# like the others: it stretches the mesh and the patterns together.
#
# In the diagram of the charge stands the depletion limit too: the flux at which the absorbing stripes run out of
# cations. Where it lies below the critical flux no steady state is left that could lose its symmetry.
#
#     mpiexec -n 2 fem-ionics run demos/phase_diagram.py concentration=50

# %%
import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.units import mM, mol, nm

# %% [markdown]
# ## Parameters (SI)

# %%
wavelength = 50 * nm
height = 10 * nm
slip_length = 10 * nm
concentration = 100 * mM
diffusivity = 1e-9
charge_amplitude = 0.05  # C/m2
flux_amplitude = 30 * mol  # mol/m2/s: order of the threshold
charges = (0.004, 0.08)  # C/m2, first and last of the curve
slip_lengths = (2 * nm, 30 * nm)
wavelengths = (35 * nm, 80 * nm)
depletion_charges = (0.004, 0.01, 0.02, 0.035, 0.05)  # where the depletion limit is computed; () for nowhere
resolution = 1.0
output = "output/phase_diagram"

# %% [markdown]
# ## Geometry

# %%
electrolyte = fi.Electrolyte.symmetric(
    concentration, diffusivity, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0
)
flux = fi.Parameter("active flux", 0.0, "mol/m2/s")
charge = fi.Parameter("wall charge", charge_amplitude, "C/m2")
slip = fi.Parameter("slip length", slip_length, "m")
length = fi.Parameter("wavelength", wavelength, "m")
stripes = fi.pattern.cosine("x", wavelength=length)
channel = fi.geometry.channel(
    wavelength, height, resolve=electrolyte.debye_length, refine=resolution, pattern=stripes, half=True
)

# %% [markdown]
# ## Model

# %%
model = fi.PNPS(
    electrolyte,
    channel,
    [
        fi.SurfaceCharge(charge * stripes, on="walls"),
        fi.IonFlux("cation", flux * stripes, on="walls"),
        fi.Slip(slip, on="walls"),
        fi.FixedTotal("cation", concentration),
        fi.FixedTotal("anion", concentration),
    ],
)
mean_velocity = fi.observe.MeanVelocity("x")
least_cation = fi.observe.Minimum("cation")

# %% [markdown]
# ## Solve
#
# One pitchfork.

# %%
settings = {"stretch": {length: "x"}, "mirror": "x"}
branch = fi.continuation(
    model,
    flux,
    start=0.0,
    stop=3.0 * flux_amplitude,
    record={"mean velocity": mean_velocity, "least cation": least_cation},
    until="pitchfork",
    steps=fi.Steps(first=0.04, largest=0.1),
    **settings,
)
critical = branch.special("pitchfork")[0]

# %% [markdown]
# ## Study
#
# Three curves through it, and the depletion limit:
# at each charge the symmetric branch is followed in the flux until an ion runs out; the branch says so and stops.

# %%
steps = fi.Steps(first=0.05, largest=0.2)
by_charge = branch.track(critical, charge, bounds=charges, steps=steps)
by_slip = branch.track(critical, slip, bounds=slip_lengths, steps=steps)
by_wavelength = branch.track(critical, length, bounds=wavelengths, steps=steps)

limits = {}
for value in depletion_charges:
    charge.value, slip.value, length.value = value, slip_length, wavelength
    symmetric = fi.continuation(
        model,
        flux,
        start=0.0,
        stop=2.5 * flux_amplitude,
        record={"least cation": least_cation},
        stability=0,
        steps=fi.Steps(first=0.05, largest=0.1, smallest=5e-4),
        **settings,
    )
    if symmetric.depleted is not None and symmetric.depleted.species == "cation":
        limits[value] = float(symmetric["active flux"][-1])

# %% [markdown]
# ## Observables

# %%
limit = fi.Table(
    {"active flux": list(limits.values()), "wall charge": list(limits)},
    {"active flux": "mol/m2/s", "wall charge": "C/m2"},
    title="an ion runs out",
)
scale = diffusivity * concentration / (height / 2)
exponent = float(np.polyfit(np.log(by_wavelength["wavelength"]), np.log(by_wavelength["active flux"]), 1)[0])
results = {
    "critical_flux": critical.value,
    "critical_flux_scaled": critical.value / scale,
    "flux_at_least_charge": float(by_charge["active flux"][np.argmin(by_charge["wall charge"])]),
    "least_charge": float(by_charge["wall charge"].min()),
    "flux_at_most_charge": float(by_charge["active flux"][np.argmax(by_charge["wall charge"])]),
    "flux_at_least_slip": float(by_slip["active flux"][np.argmin(by_slip["slip length"])]),
    "flux_at_most_slip": float(by_slip["active flux"][np.argmax(by_slip["slip length"])]),
    "flux_at_least_wavelength": float(by_wavelength["active flux"][np.argmin(by_wavelength["wavelength"])]),
    "flux_at_most_wavelength": float(by_wavelength["active flux"][np.argmax(by_wavelength["wavelength"])]),
    "wavelength_exponent": exponent,
    "depletion_limit": limits.get(charge_amplitude, float("nan")),
    "points": len(by_charge) + len(by_slip) + len(by_wavelength),
    "supercritical_everywhere": bool(all(np.all(c["cubic"] < 0.0) for c in (by_charge, by_slip, by_wavelength))),
}
for name, curve in (("charge", by_charge), ("slip", by_slip), ("wavelength", by_wavelength)):
    fi.io.write_table(f"{output}/by_{name}.csv", curve)
fi.io.plot_branches(
    f"{output}/phase_diagram.png",
    *([by_charge, limit] if limits else [by_charge]),
    x="wall charge",
    y="active flux",
    labels=["critical flux: flow above", "an ion runs out"][: 1 + bool(limits)],
    title="Spontaneous flow needs charge and flux",
)
fi.io.plot_branches(
    f"{output}/slip.png", by_slip, x="slip length", y="active flux", title="Slip makes the flow start earlier"
)
fi.io.plot_branches(
    f"{output}/wavelength.png", by_wavelength, x="wavelength", y="active flux", title="Long patterns flow more easily"
)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:26s} {value:.6g}")
    for value, end in limits.items():
        print(f"depletion at {value:g} C/m2: {end:.4g} mol/m2/s")
    print("the curve of the charge ends:", *by_charge.ended, sep="\n  ")
    print(f"pictures and tables: {output}")
