# SPDX-License-Identifier: LGPL-3.0-or-later
"""Charge-regulating walls in a model: what is refused, what adds up, what is conserved; unequal charges."""

import pytest
from dolfinx import fem

import fem_ionics as fi
from fem_ionics.errors import ModelError, ParameterError, ResolutionWarning, TagError
from fem_ionics.geometry import channel, rectangle
from fem_ionics.model import Model
from fem_ionics.observe import Mean, MeanVelocity, PeakVelocity, WallCharge, balances
from fem_ionics.solve.bdf import BDF2
from fem_ionics.units import e, mC, nm

SALT = fi.Electrolyte.symmetric(100.0, 1e-9, temperature=298.0, permittivity=78.5, viscosity=1e-3, density=1000.0)
LENGTH, HEIGHT = 50 * nm, 10 * nm
WAVE = fi.pattern.cosine("x", wavelength=LENGTH)
ANION = fi.FixedTotal("anion", 100.0)
ACID = fi.AcidGroup(1 / nm**2, pK=1.0)
SPARSE = fi.AcidGroup(0.3 / nm**2, pK=0.5)
WALLS = ("bottom", "top")


@pytest.fixture(scope="module")
def domain():
    """Closed channel, periodic along x."""
    return rectangle((30 * nm, 10 * nm), (4, 12), periodic="x")


@pytest.fixture(scope="module")
def half():
    """Half of a closed slit, uniform along x."""
    return channel(10 * nm, 10 * nm, resolve=1 * nm, half=True, axial=3)


# well posed or not


@pytest.mark.mpi
def test_ions_that_cannot_bind(domain, comm):
    with pytest.raises(TagError, match=r'ChargeRegulation: there is no species "H\+"; known are "cation"') as caught:
        fi.PNP(SALT, domain, [ANION, fi.ChargeRegulation(ACID, on=WALLS, ion="H+")])
    assert len(set(comm.allgather(str(caught.value)))) == 1
    mixed = fi.Electrolyte((*SALT.species, fi.Species("sugar", 0, 5e-10)), (100.0, 100.0, 10.0))
    with pytest.raises(ModelError, match='ChargeRegulation: "sugar" has no charge, so a wall that binds it regulates'):
        fi.PNP(mixed, domain, [ANION, fi.FixedTotal("sugar", 10.0), fi.ChargeRegulation(ACID, on=WALLS, ion="sugar")])


def test_boundaries_that_cannot_be_regulated(domain):
    with pytest.raises(TagError, match=r'ChargeRegulation\(on=...\): "topp"'):
        fi.PNP(SALT, domain, [ANION, fi.ChargeRegulation(ACID, on="topp", ion="cation")])
    held = [fi.Fixed("potential", 0.0, on="top"), ANION, fi.FixedTotal("cation", 100.0)]
    with pytest.raises(ModelError, match='potential: both Fixed and ChargeRegulation act on "top"'):
        fi.PNP(SALT, domain, [*held, fi.ChargeRegulation(ACID, on=WALLS, ion="cation")])


def test_protons_need_a_potential(domain):
    wall = fi.ChargeRegulation(ACID, on="bottom", pH=1.0)
    with pytest.raises(ModelError, match=r'Carry "H\+" as a species .* or hold the potential with Fixed\("potential"'):
        fi.PNP(SALT, domain, [ANION, wall])
    held = [fi.Fixed("potential", 0.0, on="top"), ANION, fi.FixedTotal("cation", 100.0)]
    assert len(fi.PNP(SALT, domain, [wall, *held]).wall_charges) == 1


def test_not_every_amount_can_be_given(domain):
    both = [ANION, fi.FixedTotal("cation", 100.0)]
    wall = fi.ChargeRegulation(ACID, on="bottom", ion="cation")
    with pytest.raises(ModelError, match=r'Leave one FixedTotal out \(that of "cation", which binds\), and it follows'):
        fi.PNP(SALT, domain, [*both, wall])
    held = fi.Fixed("potential", 0.0, on="top")  # takes up the difference
    assert set(fi.PNP(SALT, domain, [*both, wall, held]).amounts) == {"cation", "anion"}


@pytest.mark.mpi
def test_densities_that_become_negative(domain, comm):
    density = fi.Parameter("density", -1.0)

    def model(given):
        return fi.PNP(SALT, domain, [ANION, fi.ChargeRegulation(fi.BaseGroup(given, 1.0), on="top", ion="cation")])

    words = r"a density of groups is -1 1/m2 somewhere .*pattern\.positive_part"
    for given in (density, fi.pattern.cosine("x", wavelength=30 * nm)):
        with pytest.raises(ParameterError, match=words) as caught:
            model(given)
        assert len(set(comm.allgather(str(caught.value)))) == 1
    density.value = 1.0
    turned = model(density)
    assert turned.parameters == (density,)
    density.value = -1.0
    with pytest.raises(ParameterError, match=words):
        turned.read_parameters()


def test_diffuse_layers_of_regulated_walls_need_a_mesh():
    coarse = rectangle((30 * nm, 10 * nm), (4, 4), periodic="x")
    with pytest.warns(ResolutionWarning, match='The cells at "top" are 2.5 nm thick'):
        fi.PNP(SALT, coarse, [ANION, fi.ChargeRegulation(ACID, on="top", ion="cation")])


def test_groups_belong_to_the_fingerprint(domain):
    def print_of(pK, charge=-1, ion="cation"):
        wall = fi.ChargeRegulation(fi.SurfaceGroup(1 / nm**2, pK, charge), on="top", ion=ion)
        return fi.PNP(SALT, domain, [ANION, wall]).fingerprint

    first = print_of(1.0)
    assert len({first, print_of(2.0), print_of(1.0, charge=0), print_of(1.0, ion="anion")}) == 4
    turned = fi.Parameter("pK", 3.0)
    before = print_of(turned)
    turned.value = 4.0
    assert print_of(turned) == before != first


# charges


@pytest.mark.parametrize("unknowns", ["concentrations", "potentials"])
def test_charges_add_up(domain, unknowns):
    """At rest half of the groups of pK 1 are occupied in 100 mM."""
    base = fi.BaseGroup(0.4 / nm**2, pK=1.0)
    conditions = [
        ANION,
        fi.SurfaceCharge(3 * mC, on="top"),
        fi.ChargeRegulation([ACID, base], on="top", ion="cation"),
        fi.ChargeRegulation(base, on=WALLS, ion="cation"),
    ]
    model = fi.PNP(SALT, domain, conditions, unknowns=unknowns)
    state = fi.resting(model)
    per_nm2 = e / nm**2
    top = 3 * mC + (-0.5 + 0.2 + 0.2) * per_nm2
    assert WallCharge("top")(state) == pytest.approx(top, rel=1e-12, abs=0)
    assert WallCharge("bottom")(state) == pytest.approx(0.2 * per_nm2, rel=1e-12, abs=0)
    total = model.integral("wall charge") * model.scales.surface_charge * domain.unit
    assert total == pytest.approx((top + 0.2 * per_nm2) * 30 * nm, rel=1e-12, abs=0)
    model.values.load.value = 0.25
    assert WallCharge("top")(state) == pytest.approx(0.25 * top, rel=1e-12, abs=0)


def stripes(amplitude):
    """Acids on one half of the wave, bases on the other, both half occupied in the bulk."""
    density = 2.0 * amplitude / e
    return [
        fi.AcidGroup(density * fi.pattern.positive_part(-WAVE), pK=1.0),
        fi.BaseGroup(density * fi.pattern.positive_part(WAVE), pK=1.0),
    ]


def test_stripes_of_acids_and_bases_make_a_cosine():
    fine = channel(LENGTH, HEIGHT, resolve=SALT.debye_length, half=True, axial=24)
    model = fi.PNP(SALT, fine, [ANION, fi.ChargeRegulation(stripes(50 * mC), on="walls", ion="cation")])
    model.load(fi.resting(model))
    ((density, _),) = model.wall_charges
    cosine = model.values.ufl(WAVE, 1.0)
    difference = model.scales.surface_charge * density - model.values.constant(50 * mC) * cosine
    squared = fem.assemble_scalar(fem.form(difference**2 * fine.ds("walls", degree=8)))
    assert squared**0.5 < 1e-12 * 50 * mC


# closed domains


def test_the_amount_that_binds_follows_from_neutrality(half):
    """A ramp from rest is not needed, and the charge balances; where it cannot, words say so."""
    sites, given = fi.Parameter("sites", 1 / nm**2), fi.Parameter("anion", 100.0)
    wall = fi.ChargeRegulation(fi.AcidGroup(sites, pK=1.0), on="walls", ion="cation")
    solver = fi.Steady(fi.PNP(SALT, half, [fi.FixedTotal("anion", given), wall]))
    state = solver.solve()
    assert "load steps" not in state.info
    balance = balances(state)
    assert balance.wall_charge < -10 * mC * 20 * nm and balance.defects["charge"] < 1e-9
    charge = WallCharge()(state)
    assert balance.wall_charge == pytest.approx(charge * 20 * nm, rel=1e-10, abs=0)
    assert Mean("cation")(state) == pytest.approx(100.0 - charge / (fi.constants.F * 5 * nm), rel=1e-9, abs=0)


def test_an_amount_that_would_be_negative(half):
    wall = fi.ChargeRegulation(fi.AcidGroup(1 / nm**2, pK=-3.0), on="walls", ion="cation")
    model = fi.PNP(SALT, half, [fi.FixedTotal("cation", 100.0), wall])
    with pytest.raises(ModelError, match=r'Neutrality asks for -\d+\.?\d* mol/m3 of "anion"'):
        fi.steady(model)


def test_a_guess_that_no_amount_could_neutralise(half):
    """Bases at rest carry more than 20 mol/m3 of anions balance; in the solution they have released the cations."""
    wall = fi.ChargeRegulation(fi.BaseGroup(0.3 / nm**2, pK=1.0), on="walls", ion="cation")
    model = fi.PNP(SALT, half, [fi.FixedTotal("anion", 20.0), wall])
    capacity = 20.0 * fi.constants.F * 5 * nm
    assert WallCharge()(fi.resting(model)) > 2.0 * capacity
    state = fi.steady(model)
    assert 0.2 * capacity < WallCharge()(state) < capacity
    assert Mean("cation")(state) > 0.0


@pytest.mark.parametrize("given", ["anion", "cation"])
def test_walls_take_up_ions_from_the_liquid(half, given):
    """Salt that is injected stays, in the liquid and on the walls together, and charges nothing."""
    rate, time = 0.1, 4e-9
    wall = fi.ChargeRegulation(SPARSE, on="walls", ion="cation")
    injected = fi.Parameter("rate", 0.0)
    fluxes = [fi.IonFlux(name, injected, on="walls") for name in SALT.names]
    model = fi.PNP(SALT, half, [fi.FixedTotal(given, 100.0), wall, *fluxes])
    start = fi.steady(model)
    before = cations(start)
    injected.value = rate
    last = stepped(model, start, time / 2)
    after = cations(last)
    assert after[1] > before[1] + 0.05 * (sum(after) - sum(before))
    assert sum(after) - sum(before) == pytest.approx(rate * time / (5 * nm), rel=1e-7, abs=0)
    assert balances(last).defects["charge"] < 1e-9


def test_a_given_amount_is_free_to_bind(half):
    """As an active flux ceases the walls release ions: the liquid's amount changes, although it was given."""
    flux = fi.Parameter("flux", 40.0)
    waves = channel(10 * nm, 10 * nm, resolve=1 * nm, half=True, axial=8)
    conditions = [
        fi.FixedTotal("cation", 100.0),
        fi.ChargeRegulation(SPARSE, on="walls", ion="cation"),
        fi.IonFlux("cation", flux * fi.pattern.cosine("x", wavelength=10 * nm), on="walls"),
    ]
    model = fi.PNP(SALT, waves, conditions)
    start = fi.steady(model)
    before = cations(start)
    flux.value = 0.0
    last = stepped(model, start, 1e-9)
    after = cations(last)
    assert abs(after[0] / before[0] - 1.0) > 1e-4
    assert sum(after) == pytest.approx(sum(before), rel=1e-9, abs=0)
    assert Mean("anion")(last) == pytest.approx(Mean("anion")(start), rel=1e-9, abs=0)


def stepped(model: Model, start: fi.State, size: float) -> fi.State:
    """Two steps on."""
    stepper = BDF2(model)
    stepper.prepare(start)
    states = [start]
    for _ in range(2):
        states.insert(0, stepper.step(states, size)[0])
    return states[0]


def cations(state: fi.State) -> tuple[float, float]:
    """In the liquid and on the acids, mol/m3 of the liquid."""
    occupied = 0.3 / nm**2 + WallCharge()(state) / e
    return Mean("cation")(state), occupied / (fi.constants.NA * state.model.domain.unit)


# charges of unequal size


@pytest.mark.parametrize("flux", [0.0, 20.0])
def test_unequal_magnitudes_of_charge(unequal, flux):
    """One amount is given and the other follows; from rest, with and without active fluxes."""
    state = unequal.solve(flux)
    assert WallCharge()(state) == pytest.approx(-10 * mC, rel=1e-6, abs=0)
    excess = 10 * mC / (fi.constants.F * 5 * nm)
    assert Mean("cation")(state) - Mean("anion")(state) == pytest.approx(excess, rel=1e-6, abs=0)
    assert balances(state).defects["charge"] < 1e-6
    peak = PeakVelocity()(state)
    assert abs(MeanVelocity()(state)) < 1e-9 * peak
    assert (peak > 0.05) == (flux > 0.0)


class Unequal:
    """The active channel with stripes of -60 and 40 mC/m2 instead of -50 and 50."""

    def __init__(self) -> None:
        self.flux = fi.Parameter("flux", 0.0)
        coarse = channel(LENGTH, HEIGHT, resolve=SALT.debye_length, half=True, refine=0.7)
        conditions = [
            fi.SurfaceCharge(50 * mC * WAVE - 10 * mC, on="walls"),
            fi.IonFlux("cation", self.flux * WAVE, on="walls"),
            fi.Slip(10 * nm, on="walls"),
            fi.FixedTotal("cation", 100.0),
        ]
        self.steady = fi.Steady(fi.PNPS(SALT, coarse, conditions))

    def solve(self, flux: float) -> fi.State:
        self.flux.value = flux
        return self.steady.solve()


@pytest.fixture(scope="module")
def unequal() -> Unequal:
    return Unequal()
