# %% [markdown]
# # The critical flux of a symmetric channel, as a computed bifurcation
#
# `active_nanochannel.py` shows that a mirror-symmetric channel starts to pump by itself when its walls inject and
# absorb enough ions. Here the threshold is not watched for in time but computed: the symmetric branch is followed in
# the active flux until one of its modes stops decaying, that point is located by Newton's method on an augmented
# system, its normal form says how steeply the flow sets in, and both flowing branches are followed from it. The
# mirrored branch costs nothing: it is the mirror image.
#
# Run it as it is, in parallel, or with other values:
#
#     mpiexec -n 2 fem-ionics run demos/critical_flux.py slip_length=25e-9

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
concentration = 100 * mM  # mean of each ion; the amounts are kept
diffusivity = 1e-9
charge_amplitude = 0.05  # C/m2; positive where ions are injected
charge_offset = 0.0  # C/m2, added everywhere: positive and negative stripes of unequal strength
flux_amplitude = 30 * mol  # mol/m2/s: the order of the threshold; it is looked for up to three times this flux
phase_shift = 0.0  # any other value breaks the symmetry, and there is no threshold
pattern = "cosine"  # or "patches": one positive and one negative patch in each wavelength
patch_width = 12.5 * nm
seed_asymmetry = 0.02  # only its sign counts: which of the two flowing branches is computed, which mirrored
resolution = 1.0  # cells across and along, relative to the default
half = True  # mesh only the upper half of the channel
compare = True  # also on a mesh of half the cell size
checkpoint = ""  # a folder keeps the symmetric branch: killed and started again, it goes on from there
output = "output/critical_flux"

# %% [markdown]
# ## Geometry

# %%
electrolyte = fi.Electrolyte.symmetric(
    concentration, diffusivity, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0
)
if phase_shift:
    raise fi.errors.ParameterError(
        f"phase_shift = {phase_shift!r} was given: only 0 keeps the mirror symmetry that breaks at a critical flux. "
        "phase_shifted_flow.py computes the flow of shifted patterns."
    )
if pattern == "cosine":
    stripes = fi.pattern.cosine("x", wavelength=wavelength)
elif pattern == "patches":
    stripes = fi.pattern.alternating_patches("x", wavelength=wavelength, width=patch_width, edge=0.5 * nm)
else:
    raise fi.errors.ParameterError(f'pattern = {pattern!r} was given; "cosine" or "patches" is allowed.')

# %% [markdown]
# ## Model
#
# With walls that carry a net charge only one total can be given: the other ion follows from neutrality.


# %%
def channel_model(refine):
    """The model and its flux, on a mesh as fine as asked."""
    channel = fi.geometry.channel(
        wavelength, height, resolve=electrolyte.debye_length, refine=refine, pattern=stripes, half=half
    )
    flux = fi.Parameter("active flux", 0.0, "mol/m2/s")
    charge = charge_amplitude * stripes + charge_offset if charge_offset else charge_amplitude * stripes
    totals = ("cation",) if charge_offset else ("cation", "anion")
    conditions = [
        fi.SurfaceCharge(charge, on="walls"),
        fi.IonFlux("cation", flux * stripes, on="walls"),
        fi.Slip(slip_length, on="walls"),
        *(fi.FixedTotal(ion, concentration) for ion in totals),
    ]
    return fi.PNPS(electrolyte, channel, conditions), flux


model, flux = channel_model(resolution)
mean_velocity = fi.observe.MeanVelocity("x")

# %% [markdown]
# ## Solve
#
# The symmetric branch from no flux to its pitchfork. Stability comes from the leading modes at every point.

# %%
say = fi.log.get_logger("demo").info
approach = fi.continuation(
    model,
    flux,
    start=0.0,
    stop=3.0 * flux_amplitude,
    record={"mean velocity": mean_velocity},
    mirror="x",
    until="pitchfork",
    steps=fi.Steps(first=0.04, largest=0.1),
    store=fi.io.BranchFolder(checkpoint) if checkpoint else None,
)
critical = approach.special("pitchfork")[0]
say("%s pitchfork at %.8g mol/m2/s; %s", critical.criticality, critical.value, critical.certificate)

# %% [markdown]
# ## Study
#
# Beyond it: the symmetric branch, now unstable, and the flowing one, both to 1.5 times the critical flux; and the
# flowing branch very near the onset, where the velocity grows as the square root of the distance.

# %%
far = 1.5 * critical.value
beyond = fi.continuation(
    model,
    flux,
    start=approach["active flux"][-1],
    stop=far,
    guess=approach.last,
    record={"mean velocity": mean_velocity},
    mirror="x",
    steps=fi.Steps(first=0.3, largest=0.5),
)
sign = 1 if seed_asymmetry >= 0 else -1
flowing = approach.switch(critical, sign, stop=far, steps=fi.Steps(first=0.02, largest=0.1))
mirrored = flowing.mirrored()
onset = approach.switch(
    critical, sign, stop=1.021 * critical.value, stability=0, steps=fi.Steps(first=0.003, largest=0.003)
)
if compare:
    finer_model, finer_flux = channel_model(2.0 * resolution)
    finer = fi.continuation(
        finer_model,
        finer_flux,
        start=0.97 * critical.value,
        stop=1.03 * critical.value,
        mirror="x",
        steps=fi.Steps(first=1.0, largest=1.0),
    )
    critical = critical.compared(finer.special("pitchfork")[0])

# %% [markdown]
# ## Observables
#
# The normal form of the pitchfork, A' = s (j - j_c) A + c A^3, predicts the amplitude A of the mode, and so the
# velocity: it is compared with the true one at 1.005 times the critical flux.

# %%
ratio = onset["active flux"] / critical.value - 1.0
inside = (ratio >= 0.002) & (ratio <= 0.02)
exponent = float(np.polyfit(np.log(ratio[inside]), np.log(np.abs(onset["mean velocity"][inside])), 1)[0])
near = onset.at(1.005 * critical.value)[0]
amplitude = np.sqrt(-critical.coefficients["slope"] * 0.005 * critical.value / critical.coefficients["cubic"])
predicted = amplitude * mean_velocity(critical.mode)
branches = (approach, beyond, flowing)
time = model.scales.time
results = {
    "critical_flux": critical.value,
    "critical_flux_scaled": critical.value * height / 2 / (diffusivity * concentration),
    "type": critical.criticality,
    "velocity_at_1_1": abs(mean_velocity(flowing.at(1.1 * critical.value)[0])),
    "exponent": exponent,
    "eigenvalue_slope": critical.coefficients["slope"] / time,  # 1/s per mol/m2/s
    "cubic": critical.coefficients["cubic"] / time,
    "normal_form_velocity": abs(predicted),  # at 1.005 times the critical flux
    "velocity_at_1_005": abs(mean_velocity(near)),
    **({"mesh_difference": critical.certificate.mesh_difference} if compare else {}),
    "growth_rate_symmetric": float(beyond["growth rate"][-1]),  # at 1.5 times the critical flux
    "growth_rate_flowing": float(flowing["growth rate"][-1]),
    "unknowns": sum(
        int(v.function_space.dofmap.index_map.size_global * v.function_space.dofmap.bs) for v in model.functions
    ),
    "factorisations": sum(branch.factorisations for branch in branches),
    "accepted_points": sum(len(branch) for branch in branches),
}
fi.io.write_table(f"{output}/branches.csv", approach, beyond, flowing, mirrored)
fi.io.write_fields(f"{output}/mode.bp", critical.mode)
fi.io.write_fields(f"{output}/flowing.bp", flowing.last)
fi.io.plot_branches(
    f"{output}/diagram.png",
    approach,
    beyond,
    flowing,
    mirrored,
    y="mean velocity",
    title="A symmetric channel starts to flow: stable solid, unstable dashed",
    modes=[(critical, "cation")],
)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:24s} {value if isinstance(value, str) else format(value, '.8g')}")
    print(f"pictures, tables and ParaView files: {output}")
