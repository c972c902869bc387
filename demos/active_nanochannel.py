# %% [markdown]
# # A symmetric channel that starts to flow by itself
#
# The walls of a nanochannel carry stripes of positive and negative charge, and inject cations on the positive
# stripes and absorb them on the negative ones. Charge and flux are in phase, so nothing tells left from right. A weak
# flux only stirs the liquid: rolls, no net flow. Above a critical flux the mirror-symmetric state is unstable: a small
# surplus of ions on one side pushes the liquid, the liquid carries the ions further, and the channel pumps in the
# direction that chance chose (Active ionic fluxes induce symmetry breaking in charge-patterned nanochannels,
# arXiv:2510.15092; Shrestha, Kirkinis & Olvera de la Cruz, Phys. Rev. Res. 7, 023223, 2025).
#
# Run it as it is, in parallel, or with other values:
#
#     mpiexec -n 2 fem-ionics run demos/active_nanochannel.py flux_amplitude=40 seed_asymmetry=-0.02

# %%
import math

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
charge_amplitude = 0.05  # C/m2
flux_amplitude = 30 * mol  # mol/m2/s, that is mM m/s; positive injects where the charge is positive
phase_shift = 0.0  # of the flux pattern against the charge pattern, rad
pattern = "cosine"  # or "patches": one positive and one negative patch in each wavelength
patch_width = 12.5 * nm
seed_asymmetry = 0.02  # relative surplus of ions in the right half at the start; its sign chooses the direction
flux_below = 20 * mol  # for comparison: a flux that only stirs
compare = True  # False: only the run at flux_amplitude
resolution = 1.0  # cells across and along, relative to the default
checkpoint = ""  # a file such as "run.npz" keeps the run: killed and started again, it goes on from there
output = "output/active_nanochannel"

# %% [markdown]
# ## Geometry
#
# One wavelength of the channel, periodic along x; only the upper half is meshed, with its mirror plane at y = 0.

# %%
electrolyte = fi.Electrolyte.symmetric(
    concentration, diffusivity, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0
)
if pattern == "cosine":
    stripes = fi.pattern.cosine("x", wavelength=wavelength)
elif pattern == "patches":
    stripes = fi.pattern.alternating_patches("x", wavelength=wavelength, width=patch_width, edge=0.5 * nm)
else:
    raise fi.errors.ParameterError(f'pattern = {pattern!r} was given; "cosine" or "patches" is allowed.')
flux_stripes = stripes.shifted(-phase_shift * wavelength / (2 * math.pi))

channel = fi.geometry.channel(
    wavelength,
    height,
    resolve=electrolyte.debye_length,
    refine=resolution,
    pattern=stripes + flux_stripes if phase_shift else stripes,
    half=True,
)

# %% [markdown]
# ## Model
#
# Poisson, Nernst-Planck and Stokes, coupled both ways. The channel is closed: the amounts of both ions are given.

# %%
flux = fi.Parameter("active flux", flux_amplitude, "mol/m2/s")
model = fi.PNPS(
    electrolyte,
    channel,
    [
        fi.SurfaceCharge(charge_amplitude * stripes, on="walls"),
        fi.IonFlux("cation", flux * flux_stripes, on="walls"),
        fi.Slip(slip_length, on="walls"),
        fi.FixedTotal("cation", concentration),
        fi.FixedTotal("anion", concentration),
    ],
)
mean_velocity = fi.observe.MeanVelocity("x")
peak_velocity = fi.observe.PeakVelocity()

# %% [markdown]
# ## Solve
#
# The steady state that Newton finds from rest keeps the mirror symmetry, stable or not. How a small left/right
# disturbance of it grows tells which.

# %%
say = fi.log.get_logger("demo").info
steady = fi.Steady(model)
base = steady.solve()
tilt = fi.pattern.cosine("x", wavelength=wavelength, phase=-math.pi / 2)
growth = fi.growth_rate(model, base, {"cation": tilt, "anion": tilt}, mean_velocity)
say(
    "steady from rest: mean velocity %.3g m/s, peak %.3g m/s; a disturbance changes at %.4g /s",
    mean_velocity(base),
    peak_velocity(base),
    growth.rate,
)

# %% [markdown]
# ## Study
#
# The channel starts with slightly different densities left and right. The run lasts until a growing disturbance has
# saturated or a decaying one has died out; Newton then takes the end to the steady state beside it.


# %%
def start(asymmetry):
    """Liquid at rest with a step of density in the middle of the channel."""
    side = fi.pattern.patches("x", wavelength=wavelength, width=wavelength / 2, centre=wavelength / 4)
    density = concentration * (1 + asymmetry * (2 * side - 1))
    return fi.resting(model, {"cation": density, "anion": density})


def follow(asymmetry, rate, checkpoint=""):
    """Trace from the step of density, and the steady state at its end."""
    slowest = max(1.0, (wavelength / (math.pi * height)) ** 2) * model.scales.time
    duration = min(max(14.0 / abs(rate), 10 * slowest), 500 * slowest)
    trace = fi.transient(
        model,
        start(asymmetry),
        until=duration,
        tolerance=3e-4,
        largest_step=min(0.2 * slowest, 0.2 / abs(rate)),
        record={"mean velocity": mean_velocity, "peak velocity": peak_velocity},
        checkpoint=fi.io.Checkpoint(checkpoint) if checkpoint else None,
    )
    return trace, steady.solve(trace.last)


trace, final = follow(seed_asymmetry, growth.rate, checkpoint)
traces = {f"{flux_amplitude:g} mol/m²/s": trace}
if compare:
    mirrored, _ = follow(-seed_asymmetry, growth.rate)
    traces[f"{flux_amplitude:g} mol/m²/s, opposite seed"] = mirrored
    flux.value = flux_below
    base_below = steady.solve()
    below_growth = fi.growth_rate(model, base_below, {"cation": tilt, "anion": tilt}, mean_velocity)
    traces[f"{flux_below:g} mol/m²/s"], recirculation = follow(seed_asymmetry, below_growth.rate)
    flux.value = flux_amplitude

# %% [markdown]
# ## Observables

# %%
results = {
    "mean_velocity": mean_velocity(final),
    "peak_velocity": peak_velocity(final),
    "growth_rate": growth.rate,
    "transport_ratio": fi.observe.TransportRatio()(final),
    "cation_minimum": fi.observe.Minimum("cation")(final),
    "wall_slip": fi.observe.WallSlip("walls")(final),
    "debye_length": electrolyte.debye_length,
}
if compare:
    results["mean_velocity_opposite_seed"] = float(mirrored["mean velocity"][-1])
    results["mean_velocity_below"] = mean_velocity(recirculation)
    results["growth_rate_below"] = below_growth.rate

fi.io.write_table(f"{output}/trace.csv", *traces.values())
fi.io.write_fields(f"{output}/final.bp", final)
fi.io.plot_mesh(channel, f"{output}/mesh.png")
fi.io.plot_traces(
    f"{output}/traces.png",
    traces,
    y="mean velocity",
    title="A left/right step of density: stirring, or a flow that its sign chose",
)
fi.io.plot_field(
    final, "charge density", f"{output}/flow.png", title=f"Charge and stream lines at {flux_amplitude:g} mol/m²/s"
)
if compare:
    fi.io.write_fields(f"{output}/recirculation.bp", recirculation)
    fi.io.plot_field(
        recirculation,
        "charge density",
        f"{output}/recirculation.png",
        title=f"Charge and stream lines at {flux_below:g} mol/m²/s",
    )
balance = fi.observe.balances(final)
if MPI.COMM_WORLD.rank == 0:
    print(balance)
    for name, value in results.items():
        print(f"{name:30s} {value: .6g}")
    print(f"pictures, tables and ParaView files: {output}")
