# SPDX-License-Identifier: LGPL-3.0-or-later
"""Problems that are not well posed are refused before any matrix exists, with words that help."""

import warnings
from dataclasses import replace

import pytest

import fem_ionics as fi
from fem_ionics.errors import ModelError, ParameterError, ResolutionWarning, TagError
from fem_ionics.geometry import channel, rectangle
from fem_ionics.units import nm

KCL = fi.Electrolyte.kcl(100.0)
TOTAL = fi.FixedTotal("K+", 100.0)
TOTALS = (TOTAL, fi.FixedTotal("Cl-", 100.0))
WALLS = ("bottom", "top")


@pytest.fixture(scope="module")
def domain():
    """Closed channel, periodic along x."""
    return rectangle((30 * nm, 10 * nm), (4, 12), periodic="x")


@pytest.fixture(scope="module")
def box():
    """Nothing periodic: "left" and "right" may be openings."""
    return rectangle((30 * nm, 10 * nm), (4, 12))


def opening(on=("left", "right"), species=("K+", "Cl-"), potential=True):
    held = [fi.Fixed(name, 100.0, on=on) for name in species]
    return [*held, fi.Fixed("potential", 0.0, on=on)] if potential else held


# names


@pytest.mark.mpi
def test_unknown_names_are_told_with_the_known_and_the_nearest(domain, comm):
    cases = [
        (fi.SurfaceCharge(0.01, on="topp"), r'SurfaceCharge\(on=...\): "topp": .*"bottom".*"top".* mean "top"\?'),
        (fi.NoSlip(["top", "botom"]), r'NoSlip\(on=...\): "botom": .* Did you mean "bottom"\?'),
        (fi.IonFlux("K", 1.0, on="top"), r'IonFlux: there is no species "K"; known are "K\+", "Cl-". .*"K\+"\?'),
        (fi.IonFlux("k+", 1.0, on="top"), r'no species "k\+".* Did you mean "K\+"\?'),
        (fi.FixedTotal("Na+", 1.0), r'FixedTotal: there is no species "Na\+"; known are "K\+", "Cl-"'),
        (fi.Fixed("potentail", 0.0, on="top"), r'Fixed: there is no field "potentail"; .* mean "potential"\?'),
        (fi.Fixed("pressure", 0.0, on="top"), r'no field "pressure"; known are "potential", "velocity", "K\+", "Cl-"'),
    ]
    for condition, words in cases:
        with pytest.raises(TagError, match=words) as caught:
            fi.PNPS(KCL, domain, [condition, *TOTALS])
        assert len(set(comm.allgather(str(caught.value)))) == 1


def test_something_that_is_no_condition(domain):
    for wrong in ("NoSlip", fi.NoSlip, None, 3.0):
        with pytest.raises(ModelError, match="is not a condition such as SurfaceCharge or NoSlip"):
            fi.PNP(KCL, domain, [TOTAL, wrong])


def test_a_quantity_a_parameter_or_a_field_that_a_model_has_not(domain):
    model = fi.PNP(KCL, domain, [TOTAL, fi.SurfaceCharge(fi.Parameter("charge", 0.0), on=WALLS)])
    with pytest.raises(TagError, match=r'"velocity": this model has the quantities "potential".*"flux K\+"'):
        model.expression("velocity")
    with pytest.raises(TagError, match=r'"Charge": .* parameters "charge"\. Did you mean "charge"\?'):
        model.parameter("Charge")
    with pytest.raises(TagError, match=r'"phi": this model has the fields "potential", "K\+", "Cl-", "source'):
        model.field_named("phi")
    assert model.parameter("charge") is model.parameters[0]
    assert model.field_named("K+") is model.fields[1]


# amounts


@pytest.mark.parametrize(
    ("conditions", "words"),
    [
        ([], r"closed for K\+, Cl-: give FixedTotal.* \(one of them may be left out, to follow from neutrality\)"),
        ([TOTAL, TOTAL], r"FixedTotal was given twice for one species: K\+, K\+"),
        ([TOTAL, *TOTALS], "given twice"),
    ],
)
def test_amounts_of_a_closed_domain(domain, conditions, words):
    with pytest.raises(ModelError, match=words):
        fi.PNP(KCL, domain, conditions)


def test_amounts_of_an_open_domain(box):
    with pytest.raises(ModelError, match=r'FixedTotal\("K\+"\): a boundary holds this concentration'):
        fi.PNP(KCL, box, [*opening(), TOTAL])
    with pytest.raises(ModelError, match=r'none holds the potential: add Fixed\("potential", 0.0, on='):
        fi.PNP(KCL, box, opening(potential=False))
    # With the potential held, neutrality closes nothing: Cl- would be undetermined.
    with pytest.raises(ModelError, match=r"closed for Cl-: give FixedTotal.*\(none may miss\)"):
        fi.PNP(KCL, box, opening(species=["K+"]))
    with pytest.raises(ModelError, match=r"closed for K\+, Cl-: .*\(none may miss\)"):
        fi.PNP(KCL, box, opening(species=[]))
    with pytest.raises(ModelError, match=r"closed for Cl-: .*\(none may miss\)"):
        fi.PNP(KCL, box, [*opening(species=[]), TOTAL])


def test_a_neutral_species_follows_from_nothing(domain):
    sugar = fi.Species("sugar", 0, 5e-10)
    mixed = fi.Electrolyte((*KCL.species, sugar), (100.0, 100.0, 10.0))
    with pytest.raises(ModelError, match=r"closed for sugar: give FixedTotal.*\(none may miss\)"):
        fi.PNP(mixed, domain, TOTALS)
    assert set(fi.PNP(mixed, domain, [TOTAL, fi.FixedTotal("sugar", 10.0)]).amounts) == {"K+", "Cl-", "sugar"}


def test_which_blocks_close_the_system(domain, box):
    def multipliers(model):
        return [field.name for field in model.fields if field.kind == "multiplier"]

    assert multipliers(fi.PNP(KCL, domain, [TOTAL])) == ["source K+", "source Cl-", "potential gauge"]
    assert multipliers(fi.PNP(KCL, box, opening())) == []
    assert multipliers(fi.PNP(KCL, box, [*opening(species=["K+"]), TOTALS[1]])) == ["source Cl-"]
    flowing = fi.PNPS(KCL, domain, [TOTAL, fi.NoSlip(WALLS)])
    assert multipliers(flowing)[-1] == "pressure gauge"
    ends = fi.Pressure(0.0, on=["left", "right"])
    assert multipliers(fi.PNPS(KCL, box, [*opening(), ends, fi.NoSlip(WALLS)])) == []


def test_unknowns_that_suit_the_problem_by_default(domain, box):
    assert fi.PNP(KCL, domain, [TOTAL]).unknowns == "concentrations"
    assert fi.PNP(KCL, box, opening()).unknowns == "potentials"
    assert fi.PNP(KCL, domain, [TOTAL], unknowns="potentials").unknowns == "potentials"


# conditions that exclude or miss each other


@pytest.mark.parametrize(
    ("pair", "words"),
    [
        ([fi.NoSlip("top"), fi.Slip(1 * nm, on="top")], 'velocity: both NoSlip and Slip act on "top"'),
        ([fi.NoSlip("walls"), fi.Pressure(0.0, on="left")], 'velocity: both NoSlip and Pressure act on "left"'),
        ([fi.Fixed("velocity", (0, 0), on="top"), fi.Symmetry("top")], "both Fixed and Symmetry"),
        ([fi.Fixed("potential", 0, on="top"), fi.Fixed("potential", 1, on=WALLS)], "potential: both Fixed and Fixed"),
        ([fi.Fixed("K+", 1, on="top"), fi.Fixed("K+", 1, on="walls")], r'K\+: both Fixed and Fixed act on "top"'),
        ([fi.Fixed("K+", 1, on="top"), fi.IonFlux("K+", 1, on="walls")], r"K\+: both Fixed and IonFlux"),
        ([fi.SurfaceCharge(1, on="top"), fi.Fixed("potential", 1, on="top")], "potential: both Fixed and SurfaceChar"),
    ],
)
def test_conditions_that_exclude_each_other(box, pair, words):
    with pytest.raises(ModelError, match=words):
        fi.PNPS(KCL, box, [*pair, *opening(on=("left", "right"), species=[])])


def test_charges_and_fluxes_add_up(domain):
    charges = [fi.SurfaceCharge(0.01, on="top"), fi.SurfaceCharge(0.02, on=WALLS)]
    fluxes = [fi.IonFlux("K+", 1.0, on="top"), fi.IonFlux("K+", 2.0, on=WALLS), fi.IonFlux("Cl-", 1.0, on="top")]
    model = fi.PNP(KCL, domain, [TOTAL, *charges, *fluxes])
    scale = model.scales
    assert model.integral("wall charge") * scale.surface_charge == pytest.approx(0.05 * 3.0, rel=1e-12, abs=0)
    assert model.integral("flux K+") * scale.flux == pytest.approx(5.0 * 3.0, rel=1e-12, abs=0)


def test_a_wall_without_a_word_about_the_velocity(box):
    with pytest.raises(ModelError, match='No condition says what the liquid does at "top": give NoSlip, Slip'):
        fi.PNPS(KCL, box, [*opening(), fi.NoSlip("bottom"), fi.Pressure(0.0, on=["left", "right"])])


@pytest.mark.parametrize(
    "condition",
    [
        fi.NoSlip("top"),
        fi.Slip(1 * nm, on="top"),
        fi.Pressure(0.0, on="top"),
        fi.Fixed("velocity", (0.0, 0.0), on="top"),
        fi.PressureGradient(1.0),
    ],
    ids=lambda condition: type(condition).__name__,
)
def test_words_about_the_velocity_without_one(domain, condition):
    with pytest.raises(ModelError, match=f"PNP has no velocity, but {type(condition).__name__} was given: use PNPS"):
        fi.PNP(KCL, domain, [TOTAL, condition])


def test_a_mirror_plane_is_known_without_a_word():
    half = channel(30 * nm, 10 * nm, resolve=1 * nm, half=True, axial=4)
    assert [type(each).__name__ for each in fi.PNP(KCL, half, [TOTAL]).conditions] == ["FixedTotal", "Symmetry"]
    named = fi.PNPS(KCL, half, [TOTAL, fi.NoSlip("walls"), fi.Symmetry()])
    assert sum(isinstance(each, fi.Symmetry) for each in named.conditions) == 1


@pytest.mark.parametrize("values", [(1.0,), (1.0, 2.0, 3.0), 1.0])
def test_components_of_a_velocity(box, values):
    with pytest.raises(ModelError, match=r'Fixed\("velocity"\): . values were given, 2 needed'):
        fi.PNPS(KCL, box, [*opening(), fi.Fixed("velocity", values, on="walls")])


def test_components_of_a_number(box):
    with pytest.raises(ModelError, match=r'Fixed\("potential"\): 2 values were given, 1 needed'):
        fi.PNP(KCL, box, [fi.Fixed("potential", (1.0, 2.0), on="left")])


def test_drives_need_a_periodic_axis(domain, box):
    for kind in (fi.ElectricField, fi.PressureGradient):
        words = rf'{kind.__name__}\(along="{{}}"\): a uniform drive needs a periodic axis; .* along {{}}\. Hold'
        with pytest.raises(ModelError, match=words.format("y", "x")):
            fi.PNPS(KCL, domain, [TOTAL, fi.NoSlip(WALLS), kind(1.0, along="y")])
        with pytest.raises(ModelError, match=words.format("x", "none")):
            fi.PNPS(KCL, box, [*opening(), fi.NoSlip("walls"), kind(1.0)])


@pytest.mark.parametrize("unknowns", ["c", "", "Concentrations", 3])
def test_unknowns_that_do_not_exist(domain, unknowns):
    with pytest.raises(ModelError, match=r'unknowns = .* was given; "concentrations" or "potentials" is allowed'):
        fi.PNP(KCL, domain, [TOTAL], unknowns=unknowns)


@pytest.mark.parametrize("degree", [0, -1, 1.5, "2", None])
def test_degrees_that_do_not_exist(domain, degree):
    with pytest.raises(ModelError, match=r"degree = .* an integer of at least 1 is needed here"):
        fi.PNP(KCL, domain, [TOTAL], degree=degree)


def test_flow_needs_taylor_hood(domain):
    with pytest.raises(ModelError, match="degree = 1 was given; an integer of at least 2"):
        fi.PNPS(KCL, domain, [TOTAL, fi.NoSlip(WALLS)], degree=1)
    assert fi.PNP(KCL, domain, [TOTAL], degree=1).degree == 1


def test_two_parameters_of_one_name(domain):
    twins = [fi.Parameter("charge", 0.01), fi.Parameter("charge", 0.01)]
    with pytest.raises(ModelError, match='Two different parameters are called "charge"'):
        fi.PNP(KCL, domain, [TOTAL, *(fi.SurfaceCharge(twin, on="top") for twin in twins)])
    same = [fi.SurfaceCharge(twins[0], on=on) for on in WALLS]
    assert fi.PNP(KCL, domain, [TOTAL, *same]).parameters == (twins[0],)


# values that depend on parameters


def test_a_slip_length_that_is_turned_to_zero(domain):
    slip = fi.Parameter("slip", 0.0, "m")
    conditions = [TOTAL, fi.Slip(slip, on=WALLS)]
    with pytest.raises(ParameterError, match="length = 0 m at the present parameters; a positive length is needed"):
        fi.PNPS(KCL, domain, conditions)
    slip.value = 1 * nm
    model = fi.PNPS(KCL, domain, conditions)
    slip.value = -1 * nm
    with pytest.raises(ParameterError, match="length = -1e-09 m at the present parameters"):
        model.read_parameters()


def test_potentials_need_the_potential_where_ions_are_held(box):
    conditions = [*opening("left"), fi.Fixed("K+", 100.0, on="right"), fi.Fixed("Cl-", 100.0, on="right")]
    with pytest.raises(ModelError, match=r'Fixed\("K\+", on=\[\'right\'\]\): .* must hold "potential" too'):
        fi.PNP(KCL, box, conditions, unknowns="potentials")
    assert fi.PNP(KCL, box, conditions, unknowns="concentrations").unknowns == "concentrations"


def test_no_potential_of_an_ion_that_is_absent(box):
    amount = fi.Parameter("bath", 100.0)
    held = [fi.Fixed("K+", amount, on="left"), fi.Fixed("Cl-", 100.0, on="left"), fi.Fixed("potential", 0.0, on="left")]
    model = fi.PNP(KCL, box, held, unknowns="potentials")
    amount.value = 0.0
    with pytest.raises(ModelError, match=r'Fixed\("K\+"\): a concentration of 0 mol/m3 has no electrochemical'):
        model.read_parameters()


# resolution


@pytest.mark.mpi
def test_a_mesh_coarser_than_the_debye_length(domain):
    charged = [TOTAL, fi.SurfaceCharge(0.01, on="top")]
    coarse = rectangle((30 * nm, 10 * nm), (4, 4), periodic="x")
    words = r'The cells at "top" are 2.5 nm thick, the Debye length is 0.96\d nm'
    for condition in (charged[1], fi.IonFlux("K+", 1.0, on="top")):
        with pytest.warns(ResolutionWarning, match=words):
            fi.PNP(KCL, coarse, [TOTAL, condition])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        fi.PNP(KCL, domain, charged)  # 0.83 nm
        fi.PNP(KCL, coarse, [TOTAL])  # no diffuse layer
        fi.PNP(fi.Electrolyte.kcl(1.0), coarse, charged)  # Debye length 9.6 nm


# states


def test_a_state_of_another_model(domain):
    ours, theirs = (fi.PNP(KCL, domain, [TOTAL]) for _ in range(2))
    with pytest.raises(ModelError, match='This state belongs to the model "PNP" on rectangle, not to this one'):
        ours.load(fi.resting(theirs))


def test_states_keep_fields_and_parameters(domain):
    charge = fi.Parameter("charge", 0.01)
    model = fi.PNP(KCL, domain, [TOTAL, fi.SurfaceCharge(charge, on="top")])
    state = fi.resting(model, {"K+": 80.0})
    charge.value = 0.5
    fi.resting(model, {"K+": 20.0})
    model.load(state)
    assert model.values.snapshot() == {"charge": 0.01} and charge.value == 0.5
    assert state.field("K+").x.array == pytest.approx(80.0, rel=1e-14, abs=0)


# where no velocity passes


def test_groups_that_overlap_leave_no_wall_out(box):
    """ "walls" gathers all four sides, but only "top" has a name of its own."""
    tags = box.boundaries["walls"]
    named = replace(box, boundaries={"walls": tags, "top": box.boundaries["top"]})
    expected = fi.PNPS(KCL, box, [TOTAL, fi.Slip(1 * nm, on="walls")])
    found = fi.PNPS(KCL, named, [TOTAL, fi.Slip(1 * nm, on="walls")])
    assert _held_components(found) == _held_components(expected)
    # Two corners each: 2 x 25 nodes along y hold u_x, 2 x 9 along x hold u_y.
    assert [len(dofs) for dofs in _held_components(found)] == [2 * 25, 2 * 9]


def _held_components(model):
    """Nodes at which the x and the y component of the velocity are held at zero."""
    held = [set(), set()]
    for condition in model.fixed:
        for dof in condition.dof_indices()[0]:
            held[dof % 2].add(int(dof) // 2)
    return held
