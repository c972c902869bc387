# %% [markdown]
# # Critical slowing down: how fast a symmetric channel decides to flow
#
# `critical_flux.py` computes the flux above which a mirror-symmetric channel pumps by itself, as an eigenvalue that
# crosses zero. Here the same threshold is watched in time. A small tilt of the ions towards one side decays below it
# and grows above it, ever more slowly the nearer the flux is, until the flow has saturated. The mean velocity v of each
# run is fitted with the amplitude equation of Active ionic fluxes induce symmetry breaking in charge-patterned
# nanochannels (arXiv:2510.15092),
#
# $$ \tau v'' + v' = \mu v - g v^3 , $$
#
# and its coefficients are laid beside what the bifurcation predicts without any run in time: the eigenvalue of the
# leading mode and the cubic coefficient of the normal form.
#
#     mpiexec -n 2 fem-ionics run demos/critical_slowing_down.py slip_length=25e-9

# %%
from dataclasses import replace

import numpy as np
from mpi4py import MPI
from scipy.integrate import solve_ivp
from scipy.interpolate import PchipInterpolator
from scipy.optimize import least_squares

import fem_ionics as fi
from fem_ionics.units import mM, mm, mol, nm, ns, us

# %% [markdown]
# ## Parameters (SI)

# %%
wavelength = 50 * nm
height = 10 * nm
slip_length = 10 * nm
concentration = 100 * mM  # mean of each ion; the amounts are kept
diffusivity = 1e-9
charge_amplitude = 0.05  # C/m2; positive where ions are injected
flux_amplitude = 30 * mol  # mol/m2/s: the order of the threshold; it is looked for up to three times this flux
ratios = (0.8, 0.9, 0.95, 1.02, 1.05, 1.1, 1.2, 1.3)  # fluxes of the runs, as parts of the critical one
seed_asymmetry = 0.1  # velocity at which a fit begins, as a part of the one that the run tends to
e_folds = (3.0, 6.5)  # length of the runs below and above, in times of the leading mode
step = 0.1  # largest step, in times of the leading mode: its rate is then measured to 0.4 %
largest_misfit = 0.05  # relative, root mean square; a worse fit is refused
resolution = 1.0  # cells across and along, relative to the default
output = "output/critical_slowing_down"

# %% [markdown]
# ## Geometry
#
# One wavelength of the upper half of the channel, as in `active_nanochannel.py`.

# %%
electrolyte = fi.Electrolyte.symmetric(
    concentration, diffusivity, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0
)
stripes = fi.pattern.cosine("x", wavelength=wavelength)
channel = fi.geometry.channel(
    wavelength, height, resolve=electrolyte.debye_length, refine=resolution, pattern=stripes, half=True
)

# %% [markdown]
# ## Model

# %%
flux = fi.Parameter("active flux", 0.0, "mol/m2/s")
model = fi.PNPS(
    electrolyte,
    channel,
    [
        fi.SurfaceCharge(charge_amplitude * stripes, on="walls"),
        fi.IonFlux("cation", flux * stripes, on="walls"),
        fi.Slip(slip_length, on="walls"),
        fi.FixedTotal("cation", concentration),
        fi.FixedTotal("anion", concentration),
    ],
)
mean_velocity = fi.observe.MeanVelocity("x")
if list(ratios) != sorted(set(ratios)) or min(ratios) >= 1.0 or sum(ratio > 1.0 for ratio in ratios) < 2 or 1 in ratios:
    raise fi.errors.ParameterError(
        f"ratios = {ratios!r} was given; growing numbers with one or more below 1 and two or more above are needed."
    )

# %% [markdown]
# ## Solve
#
# What needs no time: the pitchfork with its normal form A' = s (j - j_c) A + c A³, and along the symmetric branch the
# rate of the leading mode at every flux of the runs. In terms of the velocity v = U A, where U is that of the mode
# itself, the normal form says mu = s (j - j_c) and g = -c/U².

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
)
critical = approach.special("pitchfork")[0]
if critical.criticality != "supercritical":
    raise fi.errors.ParameterError(
        f"The pitchfork at {critical.value:.6g} mol/m2/s is {critical.criticality}: v^3 does not saturate the flow "
        "there. Choose other lengths or charges; critical_flux.py follows the branches of such a channel too."
    )
time = model.scales.time
mode_velocity = mean_velocity(critical.mode)
slope = critical.coefficients["slope"] / time  # 1/s per mol/m2/s
cubic = -critical.coefficients["cubic"] / mode_velocity**2 / time  # s/m2

fluxes = [ratio * critical.value for ratio in ratios]
bases, eigenvalues = [], []
start = int(np.flatnonzero(approach["active flux"] < fluxes[0])[-1])
begin, guess = float(approach["active flux"][start]), approach.solutions[start]
for value in fluxes:
    part = fi.continuation(
        model, flux, start=begin, stop=value, guess=guess, mirror="x", steps=fi.Steps(first=1.0, largest=1.0)
    )
    begin, guess = value, part.last
    bases.append(part.last)
    eigenvalues.append(float(part["growth rate"][-1]))
first_above = next(index for index, ratio in enumerate(ratios) if ratio > 1.0)
flowing = approach.switch(critical, 1, stop=fluxes[first_above], steps=fi.Steps(first=0.01, largest=0.1))

# %% [markdown]
# ## Study
#
# Each run starts from the symmetric state plus a small multiple of the critical mode, which is nearly the leading mode
# at these fluxes. (A step of density, as in `active_nanochannel.py`, excites all the modes, and the velocity is theirs
# until they have died out.) What little else there is fades within two diffusion times over half the height; the fit
# begins there.


# %%
fading = 2.0 * time


def run(flux_value, base, rate):
    """Trace of the mean velocity from a small multiple of the critical mode."""
    flux.value = flux_value
    # What the normal form tends to (below, as far above), less the growth while other modes fade.
    tended = np.sqrt(slope * abs(flux_value - critical.value) / cubic) / mode_velocity
    amplitude = seed_asymmetry * tended * np.exp(-rate * fading)
    arrays = tuple(values + amplitude * mode for values, mode in zip(base.arrays, critical.mode.arrays, strict=True))
    return fi.transient(
        model,
        replace(base, arrays=arrays, time=0.0),
        until=fading + e_folds[rate > 0.0] / abs(rate),
        tolerance=1e-4,
        first_step=0.02 * time,
        largest_step=step / abs(rate),
        record={"mean velocity": mean_velocity},
    )


def amplitude_equation(times, mu, tau, g, start, rise):
    """Velocity at the times from its first value and slope."""
    found = solve_ivp(
        lambda _, v: (v[1], (mu * v[0] - g * v[0] ** 3 - v[1]) / tau),
        (times[0], times[-1]),
        (start, rise),
        method="LSODA",
        t_eval=times,
        rtol=1e-8,
        atol=1e-12,
    )
    complete = found.success and found.y.shape[1] == len(times)
    return found.y[0] if complete else np.full(len(times), 1e3)


def fitted(trace, rate, tau=None):
    """Coefficients mu, tau, g (SI), the relative misfit, times and fitted velocities.

    All in multiples of the time of diffusion and of the largest velocity, by relative least squares over time, so that
    growth and saturation count alike. A decay that started small is a single exponential: it gives mu for a known tau,
    and no g.
    """
    rows = trace["time"] >= fading
    times, largest = trace["time"][rows] / time, float(np.abs(trace["mean velocity"]).max())
    values = trace["mean velocity"][rows] / largest
    weights = np.sqrt(np.gradient(times) / np.ptp(times)) / np.abs(values)
    guess = [rate * time, values[0], rate * time * values[0]]
    known = () if tau is None else (tau / time, 0.0)

    def curve(numbers):
        mu, start, rise, *others = numbers
        return amplitude_equation(times, mu, *(others or known), start, rise)

    low, high = [-np.inf] * 3, [np.inf] * 3
    if tau is None:
        guess, low, high = [*guess, 0.3, rate * time], [*low, 1e-3, 0.0], [*high, 1e2, np.inf]
    found = least_squares(
        lambda numbers: weights * (curve(numbers) - values), guess, bounds=(low, high), x_scale="jac", diff_step=1e-5
    )
    misfit = float(np.sqrt(2.0 * found.cost))
    if not found.success or misfit > largest_misfit:
        raise fi.errors.ConvergenceError(
            f"The amplitude equation misses the run at {flux.value:.5g} mol/m2/s by {misfit:.2g} of its velocity; "
            f"largest_misfit = {largest_misfit:.2g} is allowed. Stay nearer to the critical flux {critical.value:.5g}."
        )
    mu, *_, fitted_tau, g = [*found.x, *known] if known else found.x
    g = np.nan if known else g / time / largest**2
    return mu / time, fitted_tau * time, g, misfit, times * time, largest * curve(found.x)


# %% [markdown]
# The runs above come first. Below, a single exponential exp(r t) with tau r² + r = mu is all there is to see, so tau is
# taken from the nearest run above; r does not depend on it, and is what the eigenvalue has to be.

# %%
traces, fits = {}, {}
for index in [*range(first_above, len(ratios)), *range(first_above)]:
    traces[index] = run(fluxes[index], bases[index], eigenvalues[index])
    tau = None if ratios[index] > 1.0 else fits[first_above][1]
    fits[index] = fitted(traces[index], eigenvalues[index], tau)
    say("flux %.5g mol/m2/s: mu %.5g /s, misfit %.1e", fluxes[index], fits[index][0], fits[index][3])
traces, fits = [traces[index] for index in range(len(ratios))], [fits[index] for index in range(len(ratios))]
mu, taus, gs, misfits = (np.array([fit[column] for fit in fits]) for column in range(4))
above = np.array(ratios) > 1.0
growth = (np.sqrt(1.0 + 4.0 * taus * mu) - 1.0) / (2.0 * taus)

# mu is zero at the threshold: a parabola through the four nearest fluxes.
near = np.sort(np.argsort(np.abs(mu))[:4])
parabola = np.poly1d(np.polyfit(np.array(fluxes)[near] - critical.value, mu[near], min(2, len(near) - 1)))
zero = float(min(parabola.roots, key=abs).real)
# g changes linearly with the flux: two runs give its value at the threshold.
two = np.flatnonzero(above)[:2]
g_onset = float(np.polyval(np.polyfit(np.array(fluxes)[two] - critical.value, gs[two], 1), zero))
relaxing = np.roots([taus[first_above], 1.0, 2.0 * mu[first_above]])

# %% [markdown]
# ## Observables
#
# The flow that has set in relaxes with tau r² + r = -2 mu: nearly twice as fast as it grew, and for tau mu > 1/8 with
# overshoot, since r is then complex. Far above the threshold no one set of coefficients serves growth and saturation
# both: the misfit says how far the equation carries.

# %%
results = {
    "critical_flux": critical.value,
    "threshold_from_transients": critical.value + zero,
    "eigenvalue_slope": slope,  # 1/s per mol/m2/s
    "mu_slope_fit": float(parabola.deriv()(zero)),
    "g_normal_form": cubic,  # s/m2
    "g_fit": float(gs[first_above]),  # at the nearest flux above
    "g_fit_at_threshold": g_onset,
    "growth_below": float(growth[first_above - 1]),  # 1/s, at the nearest flux below, and above
    "growth_above": float(growth[first_above]),
    "eigenvalue_below": eigenvalues[first_above - 1],
    "eigenvalue_above": eigenvalues[first_above],
    "relaxation_fit": float(relaxing.real.max()),  # of the flow at the nearest flux above
    "growth_rate_flowing": float(flowing["growth rate"][-1]),
    "velocity_flowing": abs(mean_velocity(flowing.last)),
    "velocity_at_end": float(traces[first_above]["mean velocity"][-1]),
    "ratios": list(ratios),
    "mu": mu.tolist(),
    "growth": growth.tolist(),
    "eigenvalues": list(eigenvalues),
    "tau": taus[above].tolist(),  # s, of the fluxes above
    "tau_mu": (taus * mu)[above].tolist(),
    "overshoot": [
        float(trace["mean velocity"].max() / trace["mean velocity"][-1] - 1.0) for trace in traces[first_above:]
    ],
    "misfits": misfits.tolist(),
}
table = fi.Table(
    {
        "active flux": fluxes,
        "ratio": ratios,
        "eigenvalue": eigenvalues,
        "growth rate": growth,
        "mu": mu,
        "tau": taus,
        "g": gs,
        "misfit": misfits,
        "velocity at end": [trace["mean velocity"][-1] for trace in traces],
    },
    {"active flux": "mol/m2/s", "eigenvalue": "1/s", "growth rate": "1/s", "mu": "1/s", "tau": "s", "g": "s/m2"}
    | {"velocity at end": "m/s"},
    title="tau v'' + v' = mu v - g v^3 fitted to runs about the critical flux",
)
fi.io.write_table(f"{output}/fits.csv", table)
fi.io.write_table(f"{output}/traces.csv", *traces)

# Through the eigenvalues, and through zero at the critical flux with the slope of the normal form.
places = np.array(ratios)
order = np.argsort([*ratios, 1.0])
quotients = np.array([*(np.array(eigenvalues) / (places - 1.0)), slope * critical.value])
quotient = PchipInterpolator(np.array([*ratios, 1.0])[order], quotients[order])
dense = np.linspace(ratios[0], ratios[-1], 301)
dense[np.abs(dense - 1.0) < 3e-3] = np.nan  # a gap where the time is infinite
line = np.linspace(ratios[0], ratios[-1], 101)
fi.io.plot_profiles(
    f"{output}/mu.png",
    places,
    {
        "eigenvalue of the leading mode": (line, (line - 1.0) * quotient(line) * us),
        "its tangent, from the normal form": (line, slope * (line - 1.0) * critical.value * us),
        "growth rate fitted to runs": growth * us,
        "µ fitted to runs": mu * us,
    },
    points=["growth rate fitted to runs", "µ fitted to runs"],
    xlabel="flux over the critical flux, j/j_c",
    ylabel="rate (1/µs)",
    title="A tilt decays below the critical flux and grows above it",
)
fi.io.plot_profiles(
    f"{output}/slowing.png",
    dense,
    {
        "1/|eigenvalue|": 1.0 / np.abs((dense - 1.0) * quotient(dense)) / ns,
        "1/|growth rate| fitted to runs": (places, 1.0 / np.abs(growth) / ns),
    },
    points=["1/|growth rate| fitted to runs"],
    xlabel="flux over the critical flux, j/j_c",
    ylabel="time of the leading mode (ns)",
    title="Critical slowing down",
    log=True,
)


def plot_runs(file, chosen, title, log):
    """Some of the runs with their fits, each in the time of its leading mode."""
    curves, dots = {}, []
    for index in chosen:
        rate, trace = abs(eigenvalues[index]), traces[index]
        curves[f"{ratios[index]:g} j_c, fit"] = (fits[index][4] * rate, fits[index][5] / mm)
        rows = np.unique(np.searchsorted(trace["time"] * rate, np.linspace(0.0, trace["time"][-1] * rate, 30)[:-1]))
        dots.append((trace["time"][rows] * rate, trace["mean velocity"][rows] / mm))
    curves["runs"] = tuple(np.concatenate(columns) for columns in zip(*dots, strict=True))
    fi.io.plot_profiles(
        f"{output}/{file}.png",
        curves["runs"][0],
        curves,
        points=["runs"],
        xlabel="time, in times of the leading mode",
        ylabel="mean velocity (mm/s)",
        title=title,
        log=log,
    )


plot_runs("traces", np.flatnonzero(above), "Above the critical flux: growth, saturation, overshoot", log=False)
plot_runs("decays", np.flatnonzero(~above), "Below the critical flux: decay", log=True)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        words = " ".join(f"{each:.5g}" for each in value) if isinstance(value, list) else f"{value:.8g}"
        print(f"{name:26s} {words}")
    print(f"pictures and tables: {output}")
