# %% [markdown]
# # What a gradient of viscosity drives, and what it does not
#
# Where a liquid's viscosity varies, so does the diffusivity of what is in it. What particles do then is not settled by
# $D(x)$ alone: the strength of a random step may be that at its start (Ito, $a = 0$), its middle (Stratonovich, 1/2)
# or its end (isothermal, 1), and
#
# $$ J = -D^{a} \, \partial_x (D^{1-a} c) . $$
#
# Isothermal particles obey Boltzmann: evenly spread in a closed channel, at rest between equal reservoirs. Between
# electrodes that release on one side what they take up on the other they drift, though, towards the thin liquid
# (Stein, Faraday Discuss. 246, 2023), at $J = \bar c\, (D_1 - D_0)/L$ for a linear $D$; and one that starts in the
# middle leaves more often there (Marchesoni, Materials 6, 3598, 2013). Ions in water are isothermal, and a full model
# of them, with baths at both ends, carries no current without a voltage; with one it rectifies.
#
#     fem-ionics run demos/viscosity_gradient.py ratio=2.0 flows="(False,)"

# %%
import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.units import m, mC, mM, nm, s, um

# %% [markdown]
# ## Parameters (SI)

# %%
length = 100 * um  # of the channel with particles
fast = 1e-9 * m**2 / s  # diffusivity in the thin liquid, on the right
ratio = 5.0  # of the diffusivities at both ends
particles = 4000
time_step = 1e-4  # L^2/D at the right end
bins = 16
pore_length = 600 * nm  # of the channel with ions, whose middle third is charged
height = 20 * nm
surface_charge = -20 * mC / m**2
concentration = 1 * mM  # KCl
voltages = (-0.4, -0.3, -0.2, -0.1, 0.0, 0.1, 0.2, 0.3, 0.4)
flows = (False, True)  # ions alone, and with the liquid's motion
resolution = 0.5
output = "output/viscosity_gradient"

# %% [markdown]
# ## Geometry
#
# A line for the particles; for Nernst and Planck a strip of one cell across, and a slit between two walls.

# %%
kcl = fi.Electrolyte.kcl(concentration)
strip = fi.geometry.channel(length, length, resolve=length / 10, periodic=None, across=1, half=True, refine=4.0)
slit = fi.geometry.channel(
    pore_length,
    height,
    resolve=kcl.debye_length / 2,
    edges=[-pore_length / 6, pore_length / 6],
    refine=resolution,
    periodic=None,
    half=True,
)

# %% [markdown]
# ## Model
#
# One pattern gives the diffusivity to closed forms, particles and finite elements. `Diffusivity` is isothermal; the
# other conventions are an excess potential $(1 - a) RT \ln D$ beside it, here for an uncharged salt between baths.

# %%
profile = fi.pattern.linear("x", 1 / ratio, 1.0, from_=0.0, to=length)
conventions = ("Ito", "Stratonovich", "isothermal")
gradients = {each: fi.reduced.DiffusivityGradient(fast * profile, length, each) for each in conventions}
salt = fi.Electrolyte.symmetric(concentration, fast)


def strip_model(gradient):
    start = -length / 2  # the finite-element channel has its middle at x = 0
    conditions = [fi.Bath(salt, on=end) for end in ("left", "right")]
    for name in salt.names:
        conditions += [
            fi.Diffusivity(name, gradient.diffusivity.shifted(start)),
            gradient.excess_potential(name, start),
        ]
    return fi.PNP(salt, strip, conditions, unknowns="concentrations")


voltage = fi.Parameter("voltage", 0.0, "V")
thin = fi.pattern.linear("x", 1 / ratio, 1.0, from_=-pore_length / 2, to=pore_length / 2)


def slit_model(flow):
    conditions = [fi.Bath(kcl, potential=voltage, on="left"), fi.Bath(kcl, on="right")]
    conditions.append(fi.SurfaceCharge(surface_charge * fi.pattern.patches("x", width=pore_length / 3), on="walls"))
    conditions += [fi.Diffusivity(each.name, each.diffusivity * thin) for each in kcl.species]
    if not flow:
        return fi.PNP(kcl, slit, conditions)
    return fi.PNPS(kcl, slit, [*conditions, fi.Viscosity(kcl.viscosity / thin), fi.NoSlip(on="walls")])


# %% [markdown]
# ## Solve
#
# Particles in the closed channel and in the one whose ends are joined, and those that leave from the middle.

# %%
ends = {"closed": "reflecting", "joined": "seam"}
clouds = {
    (each, kind): fi.reduced.particle_profile(
        gradients[each], ends=ends[kind], particles=particles, step=time_step, bins=bins
    )
    for each in conventions
    for kind in ends
}
exits = {
    each: fi.reduced.particle_exit(gradients[each], length / 2, particles=particles, step=time_step)
    for each in conventions
}
states = {each: fi.steady(strip_model(gradients[each])) for each in conventions}

# %% [markdown]
# ## Study
#
# The exact profiles, and the current through the slit against the voltage. The charged part takes ions of one sign;
# the salt that is left over or missing before its mouths diffuses away slowly on the viscous side and fast on the
# other, so that the current depends on its direction.

# %%
curves = {flow: fi.iv_curve(slit_model(flow), voltage, np.array(voltages), between=("left", "right")) for flow in flows}
seams = {each: gradients[each].seam(16 * bins + 1) for each in conventions}
closed = {each: gradients[each].closed(seams[each].x) for each in conventions}


def in_bins(values):
    """Means over the bins of values at 16 bins + 1 places, by Simpson's rule."""
    weights = np.array([1, *(4, 2) * 7, 4, 1]) / 48
    return np.array([weights @ values[16 * i : 16 * i + 17] for i in range(bins)])


def deviation(cloud, values):
    """Largest distance in standard errors, without the bins at the ends, where single steps are seen."""
    return float(np.max(np.abs(cloud.concentration - in_bins(values))[1:-1] / cloud.concentration_error[1:-1]))


# %% [markdown]
# ## Observables

# %%
unit = fast / length
drift = fast * (1 - 1 / ratio) / length  # (D1 - D0)/L
results = {
    "drift": drift / unit,
    **{f"flux_{each}": seams[each].flux / unit for each in conventions},
    **{f"flux_of_particles_{each}": clouds[each, "joined"].flux / unit for each in conventions},
    **{f"flux_error_{each}": clouds[each, "joined"].flux_error / unit for each in conventions},
    **{f"closed_flux_of_particles_{each}": clouds[each, "closed"].flux / unit for each in conventions},
    **{f"exit_{each}": gradients[each].exit_probability(length / 2) for each in conventions},
    **{f"exit_of_particles_{each}": exits[each][0] for each in conventions},
    "exit_error": max(error for _, error in exits.values()),
    "closed_deviation": max(deviation(clouds[each, "closed"], closed[each]) for each in conventions),
    "seam_deviation": max(deviation(clouds[each, "joined"], seams[each].concentration) for each in conventions),
    **{f"open_flux_{each}": gradients[each].open_flux(1.0, 1.0) / unit for each in conventions},
    **{
        f"open_flux_of_model_{each}": fi.observe.IonRate(on="right", species=salt.names[0])(states[each])
        / (concentration * length * unit)
        for each in conventions
    },
}
for flow, curve in curves.items():
    kind = "with_flow" if flow else "ions_alone"
    current = dict(zip(voltages, curve.currents, strict=True))
    results[f"current_at_zero_{kind}"] = float(current[0.0] / np.max(np.abs(curve.currents)))
    results[f"rectification_{kind}"] = float(-current[min(voltages)] / current[max(voltages)])
    results[f"charge_defect_{kind}"] = float(curve.charge_defect)
for kind, exact in (("closed", closed), ("joined", {each: seams[each].concentration for each in conventions})):
    fi.io.plot_profiles(
        f"{output}/{kind}.png",
        seams["Ito"].x / um,
        exact
        | {f"{each}, particles": (clouds[each, kind].x / um, clouds[each, kind].concentration) for each in conventions},
        points=[f"{each}, particles" for each in conventions],
        errors={f"{each}, particles": clouds[each, kind].concentration_error for each in conventions},
        like={f"{each}, particles": each for each in conventions},
        xlabel="x (µm), thin liquid on the right",
        ylabel="concentration / mean",
        title={
            "closed": "Closed channel: no flux",
            "joined": "Joined ends: a flux to the right but for Ito (steps blur the ends)",
        }[kind],
    )
fi.io.plot_profiles(
    f"{output}/current.png",
    voltages,
    {("with flow" if flow else "ions alone"): curve.currents * 1e6 for flow, curve in curves.items()},
    xlabel="voltage on the viscous side (V)",
    ylabel="current (µA per metre of depth)",
    title=f"Charged slit with a viscosity that falls by {ratio:g} from left to right",
)
fi.io.write_table(
    f"{output}/profiles.csv",
    fi.Table(
        {"x": clouds["Ito", "closed"].x}
        | {f"{each} {kind}": cloud.concentration for (each, kind), cloud in clouds.items()}
        | {f"{each} {kind} error": cloud.concentration_error for (each, kind), cloud in clouds.items()},
        {"x": "m"},
        title="concentration of particles over its mean",
    ),
)
fi.io.write_table(
    f"{output}/current.csv",
    fi.Table(
        {"voltage": np.array(voltages)}
        | {("with flow" if flow else "ions alone"): curve.currents for flow, curve in curves.items()},
        {"voltage": "V"},
        title="current through the slit, A per metre of depth",
    ),
)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:40s} {value: .7g}")
    print(f"pictures and tables: {output}")
