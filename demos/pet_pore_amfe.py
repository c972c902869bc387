# %% [markdown]
# # The anomalous mole fraction effect of a PET pore, ions as particles
#
# In mixtures of KCl and CaCl2 a track-etched pore in polyethylene terephthalate conducts less than in either salt
# alone (Gillespie, Boda, He, Apel & Siwy, Biophys. J. 95, 609, 2008). Ions as charged hard spheres show why: a little
# calcium displaces potassium from the charges of the wall, where it is bound and hardly moves, and the more salt there
# is beyond that, the more chloride gets through. In mean field, whose calcium moves freely along the wall, there is
# next to no minimum.
#
# A long pore near equilibrium needs one Monte-Carlo run for each composition: the densities, and what of them conducts,
# do not know the diffusivities of the ions in the pore, and the conductance is linear in these. So three measured
# conductances fit the three diffusivities, and all others are predicted.
#
#     mpiexec -n 2 fem-ionics run demos/pet_pore_amfe.py depth=0.05e-9

# %%
import numpy as np
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.lemc import Helix, LongPore, PoreConductance, PoreConductanceError, PoreShare, Rings, fit_diffusion
from fem_ionics.units import e_nm2, mM, nm, pS, um

# %% [markdown]
# ## Parameters (SI)
#
# Measured conductances go into `measured`, one for each of `measured_at`, with their standard error. Without any,
# another model pore stands in for the experiment (see Model), with the diffusivities `in_pore`, relative to those in
# water. It shows what the fit can and cannot know; it is no measurement.

# %%
charges_around = 12
spacing = 1.0 * nm  # of the wall's charges
depth = 0.0 * nm  # of them behind the wall: the closest approach of an ion is its radius and this depth
length = 12 * um
surface_charge = -1.0 * e_nm2
cations = 100 * mM  # K+ and Ca2+ together
fractions = (0.0, 0.01, 0.03, 0.1, 0.2, 0.5, 1.0)  # of them, Ca2+
measured_at = (0.0, 0.03, 1.0)
measured = ()  # S
measured_error = 0.01  # relative
in_pore = {"K+": 0.30, "Ca2+": 0.20, "Cl-": 0.40}
trials = 1_000_000  # of each chain
replicas = 4  # chains for each composition
resolution = 0.1 * nm  # of the densities at the wall
seed = 1
output = "output/pet_pore_amfe"

# %% [markdown]
# ## Geometry
#
# A tube without ends, 5 nm of which are sampled; it is as wide as the charges around it need.

# %%
radius = charges_around * spacing / (2 * np.pi)

# %% [markdown]
# ## Model
#
# K+, Ca2+ and Cl- with Pauling's radii and their diffusivities in water; the composition of the baths is a parameter.
# Charges sit on rings. In the pore that stands in for the experiment they sit on a helix instead, at the same spacing
# and the same distance of closest approach: what counts for the conductance is that distance.

# %%
calcium = fi.Parameter("calcium fraction", 0.1, "")
bath = {"K+": cations * (1 - calcium), "Ca2+": cations * calcium, "Cl-": cations * (1 + calcium)}
electrolyte = fi.Electrolyte.mixture({"KCl": cations / 2, "CaCl2": cations / 2})
water = dict(zip(electrolyte.names, electrolyte.diffusivities, strict=True))


def pore(wall, seed):
    """A long pore with a kind of wall."""
    return LongPore(
        electrolyte,
        radius=radius,
        length=length,
        charges=wall(surface_charge, spacing, depth),
        bath=bath,
        trials=trials,
        replicas=replicas,
        resolution=resolution,
        seed=seed,
    )


# %% [markdown]
# ## Solve
#
# Every composition by itself, with independent chains for the errors.

# %%
record = {"conductance": PoreConductance(), "error": PoreConductanceError()}
for ion in electrolyte.names:
    record |= {
        f"{ion} conductance": PoreConductance(ion),
        f"{ion} error": PoreConductanceError(ion),
        f"share of {ion}": PoreShare(ion),
    }
record |= {"calcium mobility": lambda state: float(state.mobilities[state.index("Ca2+")])}

compositions = sorted({*fractions, *measured_at})
table = fi.sweep(pore(Rings, seed), {calcium: compositions}, record=record)
other = None if measured else fi.sweep(pore(Helix, seed + 1), {calcium: compositions}, record=record)

# %% [markdown]
# ## Study
#
# Conductance per diffusivity of each ion, K_i, is what the runs know. The other pore is given its diffusivities, three
# of its conductances are shown to the fit, and the rest are compared with the prediction.


# %%
def integrals(of):
    """K of each ion and its standard error, S s/m2, by composition."""
    known = {ion: of[f"{ion} conductance"] / water[ion] for ion in electrolyte.names}
    return known, {ion: of[f"{ion} error"] / water[ion] for ion in electrolyte.names}


def rows(values, places):
    return {ion: column[places] for ion, column in values.items()}


def mean_field(x):
    """Conductance of the same tube in Poisson-Boltzmann equilibrium, S."""
    there = electrolyte.with_concentrations({ion: float(each((), value=lambda _: x)) for ion, each in bath.items()})
    tube = fi.reduced.capillary(radius, surface_charge, there)
    means = 2.0 * np.trapezoid(tube.concentrations * tube.r, tube.r, axis=1) / radius**2
    kappa = fi.constants.FARADAY / there.thermal_voltage * np.array(there.valences) ** 2 * there.diffusivities @ means
    return 1.0 / fi.reduced.pore_resistance(radius, length, kappa)


places = [compositions.index(x) for x in measured_at]
K, K_error = integrals(table)
seen, noise = np.array(measured), measured_error * np.array(measured)
reference, reference_error = np.array([]), np.array([])
if other is not None:
    K_other, K_other_error = integrals(other)
    true = {ion: in_pore[ion] * water[ion] for ion in electrolyte.names}
    reference = sum(true[ion] * K_other[ion] for ion in true)
    reference_error = np.sqrt(sum((true[ion] * K_other_error[ion]) ** 2 for ion in true))
    seen = reference[places]
    noise = np.hypot(measured_error * seen, reference_error[places])
fit = fit_diffusion(rows(K, places), seen, noise, integral_errors=rows(K_error, places))
predicted, predicted_error = fit.predict(K, K_error)
unseen = [i for i in range(len(compositions)) if i not in places]
field = np.array([mean_field(x) for x in compositions])

# %% [markdown]
# ## Observables

# %%
G, error = table["conductance"], table["error"]
lowest = int(np.argmin(G))
ends = G[0], G[-1]
results = {
    "fractions": np.array(compositions),
    "conductances": G,  # S, with the diffusivities in water
    "errors": error,
    "mean_field": field,
    "minimum_at": compositions[lowest],
    "minimum_below_both": float(1.0 - G[lowest] / min(ends)),
    "minimum_in_errors": float((min(ends) - G[lowest]) / np.hypot(error[lowest], error[-int(np.argmin(ends))])),
    "mean_field_minimum": float(1.0 - field.min() / min(field[0], field[-1])),
    "chloride_share": table["share of Cl-"],
    "calcium_mobility": table["calcium mobility"][np.array(compositions) > 0.0],
    # Diffusivities in the pore over those in water.
    **{f"fitted_{ion}": float(fit[ion] / water[ion]) for ion in fit.ions},
    **{f"error_{ion}": float(each / water[ion]) for ion, each in zip(fit.ions, fit.errors, strict=True)},
    "predicted": predicted,
    "predicted_errors": predicted_error,
}
if other is not None:
    away = predicted - reference
    results |= {
        "other_wall": reference,
        "largest_deviation": float(np.max(np.abs(away / reference)[unseen])),
        "deviation_in_errors": float(np.max(np.abs(away / np.hypot(predicted_error, reference_error))[unseen])),
        "walls_differ": float(np.max(np.abs(other["conductance"] / G - 1.0))),
    }


def some(values):
    """Without zeros, which no logarithm shows, in pS."""
    return np.where(values > 0.0, values, np.nan) / pS


kept = {
    "conductance": G,
    "error": error,
    "mean field": field,
    "predicted": predicted,
    "predicted error": predicted_error,
}
kept |= {name: table[name] for name in table.names if name.startswith("share")}
written = fi.Table(
    {"calcium fraction": np.array(compositions), **kept},
    dict.fromkeys(("conductance", "error", "mean field", "predicted", "predicted error"), "S"),
    table.provenance,
    "PET pore in KCl and CaCl2, ions as particles",
)
fi.io.write_table(f"{output}/conductance.csv", written)
title = f"Radius {radius / nm:.3g} nm, {surface_charge / e_nm2:g} e/nm$^2$, {cations / mM:g} mM of cations"
calcium_axis, conductance_axis = "part of the cations that is Ca$^{2+}$", "conductance (pS)"
fi.io.plot_profiles(
    f"{output}/conductance.png",
    compositions,
    {
        "ions as spheres": G / pS,
        "mean field": field / pS,
        **{f"carried by {ion}": some(table[f"{ion} conductance"]) for ion in electrolyte.names},
    },
    points=["ions as spheres"],
    xlabel=calcium_axis,
    ylabel=conductance_axis,
    title=title,
    log=True,
)
# Both salts and all between but the steep fall from pure KCl, so that errors can be seen.
x = np.array(compositions)
mixed = x >= min(each for each in compositions if each > 0.0)
fi.io.plot_profiles(
    f"{output}/minimum.png",
    x[mixed],
    {"ions as spheres": G[mixed] / pS},
    points=["ions as spheres"],
    errors={"ions as spheres": error[mixed] / pS},
    xlabel=calcium_axis,
    ylabel=conductance_axis,
    title=f"Pure KCl: {G[0] / pS:.3g} pS" if compositions[0] == 0.0 else title,
)
shown = [i for i in places if mixed[i]]
curves = {
    "predicted": (x[mixed], predicted[mixed] / pS),
    "fitted to": (x[shown], np.array([seen[places.index(i)] for i in shown]) / pS),
}
bars = {"predicted": predicted_error[mixed] / pS}
if other is not None:
    hidden = [i for i in unseen if mixed[i]]
    curves["the other wall"] = (x[hidden], reference[hidden] / pS)
    bars["the other wall"] = reference_error[hidden] / pS
fi.io.plot_profiles(
    f"{output}/prediction.png",
    x[mixed],
    curves,
    points=[name for name in ("fitted to", "the other wall") if name in curves],
    errors=bars,
    xlabel=calcium_axis,
    ylabel=conductance_axis,
    title="Three conductances give the diffusivities, and these the others",
)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:22s} {np.array2string(np.asarray(value), precision=4)}")
    print(f"pictures and tables: {output}")
