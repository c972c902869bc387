# %% [markdown]
# # Where the liquid in a charged pore is not neutral
#
# A pore holds as much charge in its liquid as on its wall, or so one usually assumes. But the field lines of the wall
# may end outside as well. Two thin plates with the same electrolyte inside and outside screen on both sides: between
# them only the part (Colla, Girotto, dos Santos & Levin, J. Chem. Phys. 145, 094704, 2016)
#
# $$ \frac{\sigma_{in}}{\sigma} = \frac{T}{1 + T}, \qquad T = \tanh \frac{d}{2 \lambda} $$
#
# of their charge is found, at most one half however wide the slit. A pore through a membrane loses neutrality in two
# ways: at its mouths, where the diffuse layer leaves the pore, and through the membrane, whose field reaches the baths
# on both sides. Only an endless tube has nowhere else to go.
#
#     fem-ionics run demos/neutrality_breakdown.py lengths="(10e-9, 40e-9)" pore_concentration=1

# %%
import itertools
import math

import numpy as np
from mpi4py import MPI
from scipy.special import i0, i1, k0, k1

import fem_ionics as fi
from fem_ionics.units import mC, mM, nm

# %% [markdown]
# ## Parameters (SI)

# %%
concentration = 10 * mM  # KCl around the plates
plate_charge = -0.01 * mC  # C/m2; so weak that the equations are linear
widths = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0)  # between the plates, Debye lengths
sheet_thickness = 0.02  # of the plates, in parts of the Debye length or of the width if that is less
strong_charges = (1 * mC, 10 * mC, 100 * mC)  # C/m2, for the same plates
pore_radius = 1 * nm
pore_charge = -0.1 * mC  # C/m2, of the pore's wall
lengths = (5 * nm, 10 * nm, 20 * nm, 40 * nm, 80 * nm)
permittivities = (2.0, 10.0, 78.4)  # of the membrane, relative
pore_concentration = 10 * mM
concentrations = (1 * mM, 10 * mM, 100 * mM)  # for the pore of the middle length and the first permittivity
resolution = 1.0
output = "output/neutrality_breakdown"

# %% [markdown]
# ## Pores between conducting baths, in series
#
# Where the baths screen so well that their potential is zero up to the membrane's faces, the linear equations of a pore
# of length $L$ in a membrane of permittivity $\varepsilon_m$ separate: with $k_n = (2 n + 1) \pi / L$ and
# $q_n^2 = \lambda^{-2} + k_n^2$ each cosine of the wall's charge makes Bessel functions inside and outside, and the
# liquid in the pore holds
#
# $$ \frac{Q_{in}}{Q} = \sum_n \frac{8}{(2 n + 1)^2 \pi^2}\; \frac{\varepsilon\, I_1 / (\lambda^2 q_n I_0)}
#    {\varepsilon\, q_n I_1 / I_0 + \varepsilon_m k_n K_1 / K_0} $$
#
# of its wall's charge, with $I(q_n a)$ and $K(k_n a)$. It tends to 1 for long pores, but only as the logarithm of their
# length allows. Baths of finite Debye length let the potential out at the mouths, and the pore keeps a little more.


# %%
def series(length, permittivity, salt, terms=4000):
    """Share of the wall's charge that is screened inside the pore."""
    odd = 2 * np.arange(terms) + 1
    k = odd * math.pi / length
    q = np.hypot(k, 1 / salt.debye_length)
    # Far terms: I1/I0 and K1/K0 tend to 1 before I and K leave the range of numbers.
    inner, outer = np.minimum(q * pore_radius, 300.0), np.minimum(k * pore_radius, 300.0)
    inside, membrane = salt.permittivity * i1(inner) / i0(inner), permittivity * k * k1(outer) / k0(outer)
    shares = inside / (salt.debye_length**2 * q) / (inside * q + membrane)
    return float(np.sum(8 / (odd * math.pi) ** 2 * shares))


# %% [markdown]
# ## Geometry
#
# The plates are a sheet of fixed charge, a fraction of a Debye length thick, in a strip from the middle of the slit to
# the bath. The pore lies in a membrane that is meshed, as its field counts, or that lets no field in; a short piece of
# a tube with periodic ends is endless.

# %%
kcl = fi.Electrolyte.kcl(concentration)


def strip(width, thickness):
    """Strip along x, its origin in its middle: the slit's middle plane, the sheet, and 15 Debye lengths of bath."""
    size = width / 2 + 15 * kcl.debye_length
    plate = width / 2 - size / 2
    return plate, fi.geometry.channel(
        size,
        size,
        resolve=min(thickness, 0.36 * nm),
        edges=[plate - thickness / 2, plate, plate + thickness / 2],
        refine=resolution,
        periodic=None,
        across=1,
        half=True,
    )


def pore(length, salt, membrane):
    """The baths are wide enough for the field that leaves the membrane."""
    return fi.geometry.cylindrical_pore(
        pore_radius,
        length,
        reservoir=(max(5 * salt.debye_length, 3 * length), 5 * salt.debye_length),
        resolve=min(pore_radius, salt.debye_length),
        refine=resolution,
        membrane=membrane,
    )


# %% [markdown]
# ## Model

# %%
charge = fi.Parameter("plate charge", plate_charge, "C/m2")


def plates(width, thickness):
    plate, domain = strip(width, thickness)
    sheet = fi.pattern.patches("x", width=thickness, centre=plate)
    return plate, fi.PNP(kcl, domain, [fi.Bath(kcl, on="right"), fi.FixedCharge(charge / thickness * sheet)])


def pore_model(length, permittivity, salt):
    """Permittivity 0 stands for a membrane without field."""
    domain = pore(length, salt, "dielectric" if permittivity else "insulator")
    conditions = [fi.Bath(salt, on=("cis", "trans")), fi.SurfaceCharge(pore_charge, on="pore wall")]
    if permittivity:
        conditions.append(fi.Permittivity(permittivity, on="membrane"))
    return fi.PNP(salt, domain, conditions)


# %% [markdown]
# ## Solve
#
# At equilibrium the Poisson-Boltzmann equation is all there is. Counted up to the middle of the sheet, what its
# thickness adds is of second order.

# %%
gauss, weights = np.polynomial.legendre.leggauss(3)


def inside_slit(width, thickness):
    """Share of the sheet's charge that the liquid from the middle of the slit to that of the sheet screens."""
    plate, model = plates(width, thickness)
    state = fi.poisson_boltzmann(model)
    lower, upper = (float(each[0]) for each in model.domain.bounds)
    steps = np.geomspace(thickness / 50, width / 2, 300)
    ends = np.concatenate([[lower], plate - steps[-2::-1], [plate]])
    x = (0.5 * (ends[1:] + ends[:-1])[:, None] + 0.5 * np.diff(ends)[:, None] * gauss).ravel()
    parts = (0.5 * np.diff(ends)[:, None] * weights).ravel()
    places = np.column_stack([x, np.full_like(x, 0.1 * (upper - lower))])
    return -float(parts @ fi.observe.evaluate(state, "charge density", places)) / charge.value


def inside_pore(length, permittivity, salt):
    """Shares of the wall's charge that the liquid in the pore, and that everywhere, screens."""
    model = pore_model(length, permittivity, salt)
    state = fi.poisson_boltzmann(model)
    wall = pore_charge * model.domain.area("pore wall")
    return [-fi.observe.Integral("charge density", region=name)(state) / wall for name in ("pore", "fluid")]


def thinned(width):
    return min(1.0, width) * sheet_thickness * kcl.debye_length


slit = np.array([inside_slit(each * kcl.debye_length, thinned(each)) for each in widths])
exact = fi.reduced.inner_charge_fraction(np.array(widths) * kcl.debye_length, kcl)

# %% [markdown]
# ## Study
#
# A sheet of half the thickness; plates that are charged too strongly for the linear law; pores of all lengths in all
# membranes; and one pore in other baths.

# %%
narrow = widths[0]
halved = inside_slit(narrow * kcl.debye_length, thinned(narrow) / 2)
doubled = inside_slit(narrow * kcl.debye_length, thinned(narrow) * 2)
strong = []
for charge.value in strong_charges:
    strong.append(inside_slit(narrow * kcl.debye_length, thinned(narrow)))
charge.value = plate_charge

salt = fi.Electrolyte.kcl(pore_concentration)
shares = {
    (permittivity, length): inside_pore(length, permittivity, salt)
    for permittivity, length in itertools.product((0.0, *permittivities), lengths)
}
middle = sorted(lengths)[len(lengths) // 2]
diluted = {each: inside_pore(middle, permittivities[0], fi.Electrolyte.kcl(each)) for each in concentrations}

endless = fi.geometry.tube(pore_radius, pore_radius, resolve=min(pore_radius, salt.debye_length))
wall = fi.SurfaceCharge(pore_charge, on="pore wall")
state = fi.steady(fi.PNP(salt, endless, [wall, fi.FixedTotal("Cl-", pore_concentration)]))
endless_share = -fi.observe.Integral("charge density")(state) / (pore_charge * endless.area("pore wall"))

# %% [markdown]
# ## Observables

# %%
longest = max(lengths)
results = {
    **{f"slit_{each:g}": float(share) for each, share in zip(widths, slit, strict=True)},
    "slit_deviation": float(np.abs(slit / exact - 1).max()),
    "sheet_order": math.log2((doubled - slit[0]) / (slit[0] - halved)),
    **{f"slit_{narrow:g}_at_{each / mC:g}_mC": share for each, share in zip(strong_charges, strong, strict=True)},
    **{f"pore_{length / nm:g}_nm_{eps:g}": share for (eps, length), (share, _) in shares.items()},
    **{f"pore_at_{each:g}_mM": share for each, (share, _) in diluted.items()},
    "least_total": min(total for _, total in shares.values()),
    "endless_tube": endless_share,
    **{f"series_{longest / nm:g}_nm_{eps:g}": series(longest, eps, salt) for eps in permittivities},
    "series_at_largest_concentration": series(middle, permittivities[0], fi.Electrolyte.kcl(max(concentrations))),
}
fine = np.linspace(0, 1.1 * max(widths), 200)[1:]
fi.io.plot_profiles(
    f"{output}/slit.png",
    np.array(widths),
    {
        "closed form": (fine, fi.reduced.inner_charge_fraction(fine * kcl.debye_length, kcl)),
        "finite elements": slit,
    },
    points=["finite elements"],
    xlabel="distance between the plates (Debye lengths)",
    ylabel="screened inside / charge of the plates",
    title="Two thin plates in an electrolyte",
)
names = {0.0: "no field in the membrane", **{each: f"permittivity {each:g}" for each in permittivities}}
fi.io.plot_profiles(
    f"{output}/pore.png",
    np.log10(np.array(lengths) / nm),
    {names[eps]: [shares[eps, each][0] for each in lengths] for eps in names},
    xlabel="log10 of the length of the pore (nm)",
    ylabel="screened inside / charge of the wall",
    title=f"A pore of radius {pore_radius / nm:g} nm in {pore_concentration:g} mM KCl; 1 in an endless one",
)
table = fi.Table(
    {
        "length": np.array(lengths),
        **{names[eps]: [shares[eps, each][0] for each in lengths] for eps in names},
        **{f"series, {names[eps]}": [series(each, eps, salt) for each in lengths] for eps in permittivities},
    },
    {"length": "m"},
    title="share of the wall's charge that is screened in the pore",
)
fi.io.write_table(f"{output}/pore.csv", table)
slits = fi.Table({"width": np.array(widths), "share": slit, "closed form": exact}, title="share between two plates")
fi.io.write_table(f"{output}/slit.csv", slits)
if MPI.COMM_WORLD.rank == 0:
    for name, value in results.items():
        print(f"{name:34s} {value: .6g}")
    print(f"pictures and tables: {output}")
