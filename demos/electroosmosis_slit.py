# %% [markdown]
# # Electro-osmosis in a charged slit
#
# A slit between two negative walls holds KCl in equilibrium with a reservoir; a field along the slit pulls on the
# surplus of potassium, and the liquid follows. The slit is narrow enough for the two diffuse layers to overlap, so
# that Gouy's and Chapman's single wall (Chapman, Phil. Mag. 25, 475, 1913) gives the potential of the wall, its zeta
# potential, only roughly; the Poisson-Boltzmann equation between two walls gives it exactly. Both stand beside the
# finite elements, which know neither: they solve Poisson, Nernst-Planck and Stokes.
#
# Viscous and electric force balance layer by layer, whatever the potential: the velocity is that of Smoluchowski,
# taken with the local potential, plus what slips along the wall (for low potentials: Burgreen & Nakache,
# J. Phys. Chem. 68, 1084, 1964).
#
#     fem-ionics run demos/electroosmosis_slit.py height=40e-9 slip_length=0

# %%
import math

import numpy as np
from mpi4py import MPI
from scipy.integrate import solve_bvp

import fem_ionics as fi
from fem_ionics.units import mC, mM, mm, mV, nm

# %% [markdown]
# ## Parameters (SI)

# %%
height = 10 * nm
slip_length = 2 * nm
concentration = 10 * mM  # KCl in the reservoir
surface_charge = -20 * mC  # C/m2, on each wall
electric_field = 1e5  # V/m, along x
resolution = 2.0  # cells across, relative to the default
output = "output/electroosmosis_slit"

# %% [markdown]
# ## The exact slit, and one wall
#
# With the potential in units of $RT/F$ and lengths in the half-height $h$, the diffuse layer between two walls obeys
#
# $$ \psi'' = K^2 \sinh\psi, \qquad \psi'(0) = 0, \qquad \psi'(1) = q = \frac{\sigma h}{\varepsilon RT/F},
#    \qquad K = h/\lambda. $$
#
# A single wall has the closed form $\tanh(\psi/4) = \tanh(\zeta/4)\, e^{-d/\lambda}$ at the distance $d$.

# %%
kcl = fi.Electrolyte.kcl(concentration)
half = height / 2
thermal = kcl.thermal_voltage
K = half / kcl.debye_length
q = surface_charge * half / (kcl.absolute_permittivity * thermal)
zeta_single = 2 * thermal * math.asinh(q / (2 * K))


def gouy_chapman(distance):
    """Potential at a distance from a single wall, V."""
    return 4 * thermal * np.arctanh(math.tanh(zeta_single / (4 * thermal)) * np.exp(-distance / kcl.debye_length))


def exact_slit():
    """Potential between both walls, V, as a function of the height y above the middle, m."""
    start = np.linspace(0, 1, 401)
    guess = gouy_chapman(half * (1 - start)) / thermal
    solution = solve_bvp(
        lambda y, f: np.array([f[1], K**2 * np.sinh(f[0])]),
        lambda middle, wall: np.array([middle[1], wall[1] - q]),
        start,
        np.array([guess, np.gradient(guess, start)]),
        tol=1e-10,
        max_nodes=100_000,
    )
    if not solution.success:
        raise fi.errors.ConvergenceError(f"exact slit: {solution.message}")
    return lambda y: thermal * solution.sol(np.abs(y) / half)[0]


potential = exact_slit()
zeta_exact = float(potential(half))
mobility = kcl.absolute_permittivity / kcl.viscosity  # m2/V2/s: velocity per field and potential
wall_velocity = -slip_length * surface_charge * electric_field / kcl.viscosity


def exact_velocity(y):
    """Smoluchowski's velocity with the local potential, and slip, m/s."""
    return mobility * electric_field * (potential(y) - zeta_exact) + wall_velocity


def mean(profile):
    """Mean over the height of a function of y, by Gauss quadrature."""
    nodes, weights = np.polynomial.legendre.leggauss(200)
    return float(weights @ profile(half * (nodes + 1) / 2) / 2)


def exact_current_density(y):
    """Of both ions, carried by the field and by the liquid, A/m2."""
    F, total = fi.constants.FARADAY, 0.0
    for ion in kcl.species:
        c = kcl.bulk[ion.name] * np.exp(-ion.valence * potential(y) / thermal)
        total = total + F * ion.valence * c * (ion.diffusivity * ion.valence * electric_field / thermal)
        total = total + F * ion.valence * c * exact_velocity(y)
    return total


# %% [markdown]
# ## Geometry
#
# A short, periodic piece of the slit: nothing changes along it. The walls' charge squeezes the potassium into a layer
# that may be thinner than the Debye length, and the mesh resolves the thinner of the two.

# %%
gouy_chapman_length = 2 * kcl.absolute_permittivity * thermal / abs(surface_charge)
slit = fi.geometry.channel(
    height, height, resolve=min(kcl.debye_length, gouy_chapman_length), refine=resolution, axial=3, half=True
)

# %% [markdown]
# ## Model
#
# The slit is closed, so the amount of chloride is given: that of a slit in equilibrium with the reservoir. Potassium
# follows from neutrality with the walls.

# %%
model = fi.PNPS(
    kcl,
    slit,
    [
        fi.SurfaceCharge(surface_charge, on="walls"),
        fi.FixedTotal("Cl-", mean(lambda y: concentration * np.exp(potential(y) / thermal))),
        fi.ElectricField(electric_field, along="x"),
        fi.Slip(slip_length, on="walls"),
    ],
)

# %% [markdown]
# ## Solve

# %%
state = fi.steady(model)

# %% [markdown]
# ## Study
#
# In equilibrium across the slit, the square root of the product of both concentrations is that of the reservoir at
# every point, and their ratio gives the potential against it.

# %%
distance, phi = fi.observe.line(state, "potential", (0, 0), (0, half), n=21)
_, velocity = fi.observe.line(state, "velocity", (0, 0), (0, half), n=21)
cation = fi.observe.line(state, "K+", (0, 0), (0, half), n=21)[1]
anion = fi.observe.line(state, "Cl-", (0, 0), (0, half), n=21)[1]
axial = velocity[:, 0]
reservoir = np.sqrt(cation * anion)
phi = phi - phi[0] + thermal / 2 * math.log(anion[0] / cation[0])  # against the reservoir
zeta = float(phi[-1])
smoluchowski = mobility * electric_field * (phi - zeta) + wall_velocity

mean_velocity = fi.observe.MeanVelocity("x")(state)
mean_exact = mean(exact_velocity)
peak = fi.observe.PeakVelocity()(state)
current = fi.observe.Current(along="x")(state)  # A per metre of depth
current_exact = mean(exact_current_density) * height

# %% [markdown]
# ## Observables

# %%
results = {
    "zeta_potential": zeta,
    "zeta_exact": zeta_exact,
    "zeta_gouy_chapman": zeta_single,
    "middle_potential": float(phi[0]),
    "reservoir_concentration": float(reservoir.mean()),
    "mean_velocity": mean_velocity,
    "mean_velocity_exact": mean_exact,
    "peak_velocity": peak,
    "slip_velocity": fi.observe.WallSlip("walls")(state),
    "slip_velocity_exact": wall_velocity,
    "deviation": abs(mean_velocity / mean_exact - 1),
    "potential_deviation": float(np.abs(phi - potential(distance)).max() / abs(zeta_exact)),
    "smoluchowski_deviation": float(np.abs(axial - smoluchowski).max() / peak),
    "current": current,
    "current_exact": current_exact,
    "conductivity": current / (height * electric_field),
    "conductivity_of_the_reservoir": kcl.conductivity,
    "debye_length": kcl.debye_length,
}

fine = np.linspace(0, half, 201)
from_wall, fine_from_wall = (half - distance) / nm, (half - fine) / nm
table = fi.Table(
    {
        "distance from the wall": half - distance,
        "potential": phi,
        "exact potential": potential(distance),
        "Gouy-Chapman potential": gouy_chapman(half - distance),
        "velocity": axial,
        "exact velocity": exact_velocity(distance),
        "K+": cation,
        "Cl-": anion,
    },
    {
        "distance from the wall": "m",
        "potential": "V",
        "exact potential": "V",
        "Gouy-Chapman potential": "V",
        "velocity": "m/s",
        "exact velocity": "m/s",
        "K+": "mol/m3",
        "Cl-": "mol/m3",
    },
    title="profiles across the slit",
)
fi.io.write_table(f"{output}/profiles.csv", table)
fi.io.write_fields(f"{output}/state.bp", state)
fi.io.plot_profiles(
    f"{output}/potential.png",
    from_wall,
    {
        "finite elements": phi / mV,
        "exact, two walls": (fine_from_wall, potential(fine) / mV),
        "Gouy-Chapman, one wall": (fine_from_wall, gouy_chapman(half - fine) / mV),
    },
    points=["finite elements"],
    xlabel="distance from the wall (nm)",
    ylabel="potential against the reservoir (mV)",
    title="Potential from a wall to the middle of the slit",
)
single = mobility * electric_field * (gouy_chapman(half - fine) - zeta_single) + wall_velocity
fi.io.plot_profiles(
    f"{output}/velocity.png",
    from_wall,
    {
        "finite elements": axial / mm,
        "exact, two walls": (fine_from_wall, exact_velocity(fine) / mm),
        "Gouy-Chapman, one wall": (fine_from_wall, single / mm),
    },
    points=["finite elements"],
    xlabel="distance from the wall (nm)",
    ylabel="axial velocity (mm/s)",
    title=f"Electro-osmosis at {electric_field / 1e6:g} V/µm with a slip length of {slip_length / nm:g} nm",
)
fi.io.plot_profiles(
    f"{output}/concentrations.png",
    from_wall,
    {"K+": cation, "Cl-": anion, "reservoir": reservoir},
    xlabel="distance from the wall (nm)",
    ylabel="concentration (mM)",
    title="Ions from a wall to the middle of the slit",
    log=True,
)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:30s} {value: .6g}")
    print(f"pictures, tables and ParaView files: {output}")
