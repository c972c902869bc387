# %% [markdown]
# # A pressure that switches the flow: two folds and a hysteresis
#
# No ions are pumped here. A pressure gradient drives an electrolyte through a channel whose walls carry stripes of
# positive and negative charge and slip well. A weak flow drags the double layers along until their field holds it back:
# the channel pumps slowly. Above a critical gradient the layers lag behind, the brake lets go, and the flow jumps to
# nearly that of a plain liquid; on the way back it stays fast down to a lower gradient (Curk, Leyva & Pagonabarraga,
# Phys. Rev. Lett. 133, 078201, 2024). Pseudo-arclength follows the whole S, unstable middle included.
#
#     mpiexec -n 2 fem-ionics run demos/pressure_switch.py slip_length=40e-9

# %%
import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.units import mM, nm

# %% [markdown]
# ## Parameters (SI)
#
# Half the height over the Debye length is 2, the wall charge six times eps kT/(e h), the slip length ten half heights.

# %%
wavelength = 10 * np.pi * nm
height = 10 * nm
slip_length = 50 * nm
concentration = 14.8 * mM
diffusivity = 1e-9
charge_amplitude = 0.0214  # C/m2
largest_gradient = 4.5e13  # Pa/m
resolution = 1.0
track = True  # also follow both folds in the wall charge, down to the cusp where they meet
output = "output/pressure_switch"

# %% [markdown]
# ## Geometry

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
gradient = fi.Parameter("pressure gradient", 0.0, "Pa/m")
charge = fi.Parameter("wall charge", charge_amplitude, "C/m2")
model = fi.PNPS(
    electrolyte,
    channel,
    [
        fi.SurfaceCharge(charge * stripes, on="walls"),
        fi.PressureGradient(-1.0 * gradient, along="x"),
        fi.Slip(slip_length, on="walls"),
        fi.FixedTotal("cation", concentration),
        fi.FixedTotal("anion", concentration),
    ],
)
mean_velocity = fi.observe.MeanVelocity("x")


def gain(state):
    """Mean velocity over that of an uncharged channel with the same slip, (h^2/3 + b h) G / eta."""
    h = height / 2
    driven = (h**2 / 3 + slip_length * h) / 1e-3 * state.parameters["pressure gradient"]
    return mean_velocity(state) / driven if driven else 0.0


# %% [markdown]
# ## Solve

# %%
curve = fi.continuation(
    model,
    gradient,
    start=0.0,
    stop=largest_gradient,
    record={"mean velocity": mean_velocity, "gain": gain},
    steps=fi.Steps(first=0.03, largest=0.2),
    stability=2,
)
folds = curve.special("fold")
say = fi.log.get_logger("demo").info
say("folds at %s Pa/m", ", ".join(f"{fold.value:.6g}" for fold in folds))

# %% [markdown]
# ## Study
#
# Between the two folds there are three states. At its lower end the window closes in a cusp when the walls carry less
# charge: the fold is followed in the wall charge through it.

# %%
middle = 0.5 * (folds[0].value + folds[1].value)
states = curve.at(middle)
window = None
if track:
    window = curve.track(
        folds[0],
        charge,
        bounds=(0.5 * charge_amplitude, 1.3 * charge_amplitude),
        steps=fi.Steps(first=0.05, largest=0.2, most=60),
    )

# %% [markdown]
# ## Observables

# %%
velocities = [mean_velocity(state) for state in states]
results = {
    "upward_switch": max(fold.value for fold in folds),  # Pa/m: slow to fast
    "downward_switch": min(fold.value for fold in folds),  # Pa/m: fast to slow
    "states_between": len(states),
    "slow_velocity": min(velocities),  # m/s, in the middle of the window
    "fast_velocity": max(velocities),
    "gain_at_the_end": float(curve["gain"][-1]),
    "factorisations": curve.factorisations,
    "accepted_points": len(curve),
}
if window is not None:
    cusps = [point for point in window.specials if point.kind == "cusp"]
    results["cusps"] = len(cusps)
    results["cusp_wall_charge"] = cusps[0].parameters["wall charge"] if cusps else float("nan")
    results["cusp_gradient"] = cusps[0].value if cusps else float("nan")
    fi.io.write_table(f"{output}/folds.csv", window)
    fi.io.plot_branches(
        f"{output}/window.png",
        window,
        x="wall charge",
        y="pressure gradient",
        title="Two folds end in a cusp: between them the flow has two speeds",
    )
fi.io.write_table(f"{output}/curve.csv", curve)
fi.io.write_fields(f"{output}/fast.bp", max(states, key=mean_velocity))
fi.io.plot_branches(
    f"{output}/hysteresis.png", curve, y="mean velocity", title="Slow and fast flow under the same pressure"
)
for name, state in (("slow", min(states, key=mean_velocity)), ("fast", max(states, key=mean_velocity))):
    fi.io.plot_field(
        state,
        "charge density",
        f"{output}/{name}.png",
        title=f"{name.capitalize()} flow",
    )
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:20s} {value:.8g}")
    print(f"pictures, tables and ParaView files: {output}")
