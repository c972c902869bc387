# %% [markdown]
# # Flow from a phase shift between charge and flux
#
# The walls of a nanochannel carry a wave of charge, and inject and absorb cations in a wave of the same length that is
# shifted by a phase. Charge and flux in phase, or opposite, leave the channel mirror-symmetric: the liquid circulates,
# but none of it gets on. Any other phase lets the channel pump, best at a quarter wavelength (Shrestha, Kirkinis &
# Olvera de la Cruz, Self-generated electrokinetic flows from active-charged boundary patterns, Phys. Rev. Res. 7,
# 023223, 2025).
#
# While charge and flux are weak, the velocity is the product of both and of the sine of the phase, times a number that
# follows from the lengths alone. Here the nonlinear equations are solved and laid beside that closed form.
#
#     fem-ionics run demos/phase_shifted_flow.py slip_length=0 points=25

# %%
import math

import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.units import mC, mM, mm, mol, nm

# %% [markdown]
# ## Parameters (SI)
#
# The charge is weak: the potential along the walls varies by a few mV, little against RT/F = 26 mV. Larger
# amplitudes leave the closed form.

# %%
wavelength = 30 * nm
height = 10 * nm
slip_length = 2 * nm
concentration = 15 * mM  # mean of each ion; the amounts are kept
diffusivity = 1e-9
charge_amplitude = 1 * mC  # C/m2
flux_amplitude = 1 * mol  # mol/m2/s; positive injects at the crest
points = 13  # phases from -pi to pi
resolution = 2.0  # cells across and along, relative to the default; the rolls are weak and need some
output = "output/phase_shifted_flow"

# %% [markdown]
# ## Geometry
#
# One wavelength of the channel, periodic along x. The lower half is the mirror image of the upper one.

# %%
electrolyte = fi.Electrolyte.symmetric(concentration, diffusivity)
channel = fi.geometry.channel(wavelength, height, resolve=electrolyte.debye_length, refine=resolution, half=True)

# %% [markdown]
# ## Model
#
# Poisson, Nernst-Planck and Stokes. The phase is a Parameter: it changes from solve to solve, the forms do not.

# %%
phase = fi.Parameter("phase of the flux", 0.0, "rad")
charge = charge_amplitude * fi.pattern.cosine("x", wavelength=wavelength)
flux = flux_amplitude * fi.pattern.cosine("x", wavelength=wavelength, phase=phase)
model = fi.PNPS(
    electrolyte,
    channel,
    [
        fi.SurfaceCharge(charge, on="walls"),
        fi.IonFlux("cation", flux, on="walls"),
        fi.Slip(slip_length, on="walls"),
        fi.FixedTotal("cation", concentration),
        fi.FixedTotal("anion", concentration),
    ],
)

# %% [markdown]
# ## Solve
#
# Each state starts from the one before.

# %%
steady = fi.Steady(model)


def at_phase(value, guess=None):
    """Steady state at one phase."""
    phase.value = value
    return steady.solve(guess)


phases = np.linspace(-math.pi, math.pi, points)
states = []
for value in phases:
    states.append(at_phase(float(value), states[-1] if states else None))
quarter = at_phase(math.pi / 2, states[-1])
in_phase = at_phase(0.0, quarter)

# %% [markdown]
# ## Study
#
# To first order the charge of the walls holds a diffuse layer, and the flux of one ion alone sets up a diffusion
# potential along the channel. The field of the second pulls on the charge of the first; what is left of that pull after
# averaging over a wavelength drives
#
# $$ U(y) = -\frac{\sigma a \sin\delta}{4 \eta \varepsilon l \sinh(kh) \sinh(lh)} \sum_{P = l \pm k}
#    \frac{\cosh Ph - \cosh Py + b P \sinh Ph}{P^2}, \qquad l^2 = k^2 + \kappa^2, \quad a = F j / D $$
#
# with half-height $h$, slip length $b$, wave number $k$ and inverse Debye length $\kappa$.


# %%
def closed_form(y, delta):
    """Axial velocity at height y averaged over a wavelength, m/s, to second order in charge and flux."""
    h, k = height / 2, 2 * math.pi / wavelength
    l = math.hypot(k, 1 / electrolyte.debye_length)
    a = fi.constants.FARADAY * flux_amplitude / diffusivity
    shapes = sum((np.cosh(P * h) - np.cosh(P * y) + slip_length * P * np.sinh(P * h)) / P**2 for P in (l + k, l - k))
    resistance = 4 * electrolyte.viscosity * electrolyte.absolute_permittivity
    return -charge_amplitude * a * np.sin(delta) * shapes / (resistance * l * np.sinh(k * h) * np.sinh(l * h))


def closed_form_mean(delta):
    """Its mean over the height, by Gauss quadrature."""
    nodes, weights = np.polynomial.legendre.leggauss(60)
    return np.array([weights @ closed_form(nodes * height / 2, each) / 2 for each in np.atleast_1d(delta)])


mean_velocity = fi.observe.MeanVelocity("x")
velocities = np.array([mean_velocity(state) for state in states])
expected = closed_form_mean(phases)
largest = abs(float(closed_form_mean(math.pi / 2)[0]))
amplitude = mean_velocity(quarter)

# %% [markdown]
# ## Observables
#
# The curve of velocity over phase, the profile across the channel, and the liquid's paths with and without pumping. A
# positive phase moves the injection to the left of the positive charge.

# %%
results = {
    "phases": phases.tolist(),
    "mean_velocity": velocities.tolist(),
    "closed_form": expected.tolist(),
    "largest_deviation": float(np.abs(velocities - expected).max()) / largest,
    "sine_deviation": float(np.abs(velocities - amplitude * np.sin(phases)).max()) / abs(amplitude),
    "velocity_in_phase": mean_velocity(in_phase),
    "velocity_in_antiphase": mean_velocity(states[-1]),
    "velocity_at_quarter": amplitude,
    "peak_velocity_at_quarter": fi.observe.PeakVelocity()(quarter),
    "debye_length": electrolyte.debye_length,
}

table = fi.Table(
    {"phase": phases, "mean velocity": velocities, "closed form": expected},
    {"phase": "rad", "mean velocity": "m/s", "closed form": "m/s"},
    title="mean velocity over the phase of the flux",
)
fine = np.linspace(-math.pi, math.pi, 181)
fi.io.write_table(f"{output}/velocity.csv", table)
fi.io.write_fields(f"{output}/states.bp", states)
fi.io.plot_profiles(
    f"{output}/velocity.png",
    phases / math.pi,
    {"finite elements": velocities / mm, "closed form": (fine / math.pi, closed_form_mean(fine) / mm)},
    points=["finite elements"],
    xlabel="phase of the flux against the charge, δ/π",
    ylabel="mean velocity (mm/s)",
    title="The channel pumps with the sine of the phase",
)
heights = np.linspace(0, height / 2, 21)
profile = fi.observe.cross_section_average(quarter, "velocity", at=heights, axis="y", component="x")
across = np.linspace(0, height / 2, 101)
fi.io.plot_profiles(
    f"{output}/profile.png",
    heights / nm,
    {"finite elements": profile / mm, "closed form": (across / nm, closed_form(across, math.pi / 2) / mm)},
    points=["finite elements"],
    xlabel="height above the middle plane (nm)",
    ylabel="axial velocity, averaged over x (mm/s)",
    title="Profile across the upper half of the channel at phase π/2",
)
fi.io.plot_field(quarter, "charge density", f"{output}/flow.png", title="Stream lines at phase π/2: pumping")
fi.io.plot_field(in_phase, "charge density", f"{output}/rolls.png", title="Stream lines in phase: rolls only")
if MPI.COMM_WORLD.rank == 0:
    for value, velocity, closed in zip(phases, velocities, expected, strict=True):
        print(f"phase {value: .4f} rad   mean velocity {velocity: .6e} m/s   closed form {closed: .6e} m/s")
    for name in ("largest_deviation", "sine_deviation", "velocity_in_phase", "velocity_in_antiphase"):
        print(f"{name:30s} {results[name]: .3e}")
    print(f"pictures, tables and ParaView files: {output}")
