# SPDX-License-Identifier: LGPL-3.0-or-later
"""NP+LEMC as studies see it: parameters, currents with errors, the same numbers from the same seed, and refusals."""

import json

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.errors import CheckpointError, ModelError, ParameterError, TagError
from fem_ionics.lemc import CurrentError, Helix, Rings, Smeared, SquareGrid, WallCharges
from fem_ionics.units import M, e_nm2, mM, nm

KCL = fi.Electrolyte.kcl(1 * M)
PORE = fi.geometry.cylindrical_pore(1 * nm, 2 * nm, reservoir=(3 * nm, 2 * nm), resolve=1 * nm)
SHORT = {"trials": 4_000, "burn": 1, "iterations": 4, "replicas": 2, "bulk_error": 0.05, "finest": 0.25}


def pore(voltage=0.2, charge=-0.5 * e_nm2, salt=KCL, **given):
    """A short run; the activities of its baths are kept from test to test."""
    conditions = [fi.Bath(salt, potential=voltage, on="cis"), fi.Bath(salt, on="trans")]
    if charge is not None:
        conditions.append(fi.SurfaceCharge(charge, on="pore wall"))
    conditions += given.pop("more", [])
    settings = SHORT | {"progress": False} | given
    return fi.NPLEMC(settings.pop("electrolyte", KCL), settings.pop("domain", PORE), conditions, **settings)


def same(one, other):
    """To the last digit."""
    np.testing.assert_array_equal(one.currents.value, other.currents.value)
    np.testing.assert_array_equal(one.density.value, other.density.value)
    np.testing.assert_array_equal(one.potentials, other.potentials)
    np.testing.assert_array_equal(one.seeds, other.seeds)
    np.testing.assert_array_equal(one.agreement, other.agreement)
    assert one.drift == other.drift


@pytest.fixture(scope="module")
def sampled():
    return pore(trials=20_000).solve()


# What is refused


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"trials": 0}, "NPLEMC: trials = 0 was given; at least 1 is needed"),
        ({"burn": -1}, "burn = -1 was given; at least 0"),
        ({"iterations": 3}, "iterations = 3 was given; at least 4"),
        ({"replicas": 1}, "replicas = 1 was given; at least 2"),
        ({"longest": 0}, "longest = 0 was given; at least 1"),
        ({"seed": -1}, "seed = -1 was given; at least 0"),
        ({"trials": 1e5}, "trials"),
        ({"accuracy": 0.0}, "accuracy"),
        ({"bulk_error": -1.0}, "bulk_error"),
        ({"precision": "float16"}, "precision = 'float16' was given"),
        ({"radii": {"Na+": 1e-10}}, r'radii: "Na\+" is none of K\+, Cl-'),
        ({"radii": {"K+": -1e-10}}, r"K\+"),
        ({"radii": {"Cl-": 1 * nm}}, r"Cl-: an ion of radius 1 nm does not fit into a pore of radius 1 nm"),
        ({"diffusivities": {"Na+": 1e-9}}, r'diffusivities: "Na\+" is none of K\+, Cl-'),
        ({"diffusivities": {"K+": 0.0}}, "diffusivities"),
        ({"finest": 0.0}, "smallest"),
        ({"angles": 2}, "at least 3 are needed"),
        ({"more": [WallCharges(Rings(0.1, 1 * nm, depth=-0.2 * nm))]}, "in front of the wall, where the centre"),
        ({"more": [WallCharges(Rings(0.1, 1 * nm))] * 2}, "wall charges coincide"),
    ],
)
def test_wrong_numbers_are_refused_before_anything_is_sampled(given, words):
    with pytest.raises(ParameterError, match=words):
        pore(**given)


def test_an_ion_without_a_radius_asks_for_one():
    salt = fi.Electrolyte(species=(fi.Species("X+", 1, 1e-9), KCL["Cl-"]), concentrations=(1000.0, 1000.0))
    with pytest.raises(ParameterError, match=r'"X\+" has none; give it in radii'):
        pore(electrolyte=salt, salt=salt)
    assert pore(electrolyte=salt, salt=salt, radii={"X+": 0.1 * nm})


def test_a_bath_is_checked_when_it_is_sampled():
    salt = fi.Parameter("salt", 1000.0, "mol/m3")
    model = pore(salt={"K+": salt, "Cl-": 1000.0})
    salt.value = 900.0
    with pytest.raises(ModelError, match="is not neutral"):
        model.solve()


# What studies ask for


def test_parameters_come_from_all_conditions():
    voltage, sigma = fi.Parameter("voltage", 0.1, "V"), fi.Parameter("sigma", -0.1, "C/m2")
    assert set(pore(voltage, sigma).parameters) == {voltage, sigma}
    assert pore().parameters == ()


def test_the_fingerprint_knows_the_problem_and_not_the_values():
    voltage, sigma = fi.Parameter("voltage", 0.1, "V"), fi.Parameter("sigma", -0.1, "C/m2")
    before = pore(voltage, sigma).fingerprint
    voltage.value, sigma.value = 0.3, 0.2
    assert pore(voltage, sigma).fingerprint == before
    others = {
        "charge": pore(voltage, 2 * sigma),
        "places": pore(voltage, sigma, more=[WallCharges(Rings(0.1, 1 * nm))]),
        "more places": pore(voltage, sigma, more=[WallCharges(Rings(0.1, 0.5 * nm))]),
        **{
            name: pore(voltage, sigma, **{name: value})
            for name, value in {
                "seed": 1,
                "trials": 5_000,
                "burn": 2,
                "iterations": 5,
                "replicas": 3,
                "precision": "float64",
                "radii": {"K+": 0.2 * nm},
                "diffusivities": {"K+": 1e-9},
                "finest": 0.2,
                "angles": 8,
                "accuracy": 1e-9,
                "bulk_error": 0.04,
            }.items()
        },
    }
    prints = [before, *(each.fingerprint for each in others.values())]
    assert len(set(prints)) == len(prints)


def test_provenance_can_be_written_as_json():
    voltage = fi.Parameter("voltage", 0.1, "V")
    facts = json.loads(json.dumps(pore(voltage).provenance()))
    assert facts["model"] == "NP+LEMC"
    assert facts["parameters"] == {"voltage": {"value": 0.1, "unit": "V"}}
    assert facts["radii (nm)"] == {"K+": pytest.approx(0.133), "Cl-": pytest.approx(0.181)}
    assert {"seed", "trials", "replicas", "iterations", "fem_ionics"} <= set(facts)


def test_charges_that_are_not_rings_get_bins_around():
    wall = {"charge": None}
    assert pore().grid.axisymmetric
    assert pore(**wall, more=[WallCharges(Rings(0.1, 1 * nm)), WallCharges(Smeared(0.1))]).grid.axisymmetric
    assert pore(**wall, more=[WallCharges(Helix(0.1, 1 * nm))]).grid.shape[1] == 26
    assert pore(**wall, more=[WallCharges(SquareGrid(0.1, 1 * nm))], angles=8).grid.shape[1] == 8


# What is found


def test_every_number_has_an_error(sampled):
    assert sampled.ions == ("K+", "Cl-") and sampled.valences == (1, -1)
    assert np.all(sampled.currents.error > 0.0) and sampled.current.error > 0.0
    assert float(sampled.current.value) == pytest.approx(float(sampled.currents.value.sum()), rel=1e-12)
    grid = sampled.grid
    assert sampled.density.value.shape == sampled.density.error.shape == (2, *grid.shape)
    assert sampled.potentials.shape == (2, *grid.nodes)
    assert len(sampled.seeds) == 2
    assert sampled.info == {"outer iterations": 5, "trials": 5 * 20_000 * 2}


def test_current_follows_the_voltage_and_cations_prefer_a_negative_pore(sampled):
    potassium, chloride = sampled.currents.value
    assert potassium > 1.3 * chloride > 0.0
    assert 1.5e-9 < float(sampled.current.value) < 3.5e-9
    assert sampled.number("K+") > 1.5 * sampled.number("Cl-") > 0.0
    back = pore(-0.2, trials=20_000).solve()
    together = float(sampled.current.value + back.current.value)
    assert abs(together) < 6.0 * np.hypot(sampled.current.error, back.current.error)


def test_no_charge_is_lost_between_the_openings(sampled):
    assert np.abs(sampled.defects).max() < 1e-11 * float(sampled.current.value)


def test_at_rest_there_is_no_current_at_all():
    rest = pore(0.0).solve()
    assert np.abs(rest.currents.value).max() < 1e-20
    assert rest.current.error < 1e-20


def test_slower_ions_in_the_pore_carry_less(sampled):
    slow = {name: 0.5 * KCL[name].diffusivity for name in KCL.names}
    found = pore(trials=20_000, diffusivities=slow).solve()
    ratio = found.currents.value / sampled.currents.value
    # 0.72 and 0.70, and 0.04 and 0.05 from seed to seed.
    assert np.all((ratio > 0.5) & (ratio < 0.9)), "the mouths are as they were"


def test_a_guess_is_where_ions_start(sampled):
    counted = []
    for guess in (sampled, None):
        found = pore(burn=0, trials=500).solve(guess)
        samples = found.replicas[0]["tally/head"][1]
        counted.append(found.replicas[0]["tally/counts"].sum() / samples)
    assert 80.0 < len(sampled.replicas[0]["chain/species"]) < 160.0
    # So few trials from an empty cell reach 79, and 9 more or less from seed to seed.
    assert counted[0] > 105.0 > counted[1]


def test_an_accuracy_makes_it_go_on_and_warns_where_that_does_not_help(caplog):
    easy = pore(accuracy=1.0, longest=3).solve()
    assert easy.info["outer iterations"] == 5
    with caplog.at_level("WARNING", logger="fem_ionics"):
        hard = pore(accuracy=1e-30, longest=3).solve()
    assert hard.info["outer iterations"] == 1 + 3 * 4
    assert "above accuracy = 1e-30 A" in caplog.text


# The same numbers


def test_the_same_seed_gives_the_same_numbers():
    first = pore().solve()
    same(first, pore().solve())
    assert not np.array_equal(first.seeds, pore(seed=1).solve().seeds)


def test_replicas_and_points_have_chains_of_their_own():
    voltage = fi.Parameter("voltage", 0.2, "V")
    model = pore(voltage, replicas=3)
    first = model.solve()
    assert len(set(first.seeds.tolist())) == 3
    # A point is told by its values: another one has other chains, and the first one back has its own again.
    voltage.value = 0.200001
    second = model.solve()
    assert np.abs(second.seeds / first.seeds - 1.0).min() > 1e-4
    voltage.value = 0.2
    same(first, model.solve())


@pytest.mark.mpi(least=2)
def test_any_number_of_ranks_gives_the_same_numbers(comm):
    from mpi4py import MPI

    alone = fi.geometry.cylindrical_pore(1 * nm, 2 * nm, reservoir=(3 * nm, 2 * nm), resolve=1 * nm, comm=MPI.COMM_SELF)
    for replicas in (2, 3):
        expected = pore(domain=alone, replicas=replicas).solve()
        found = pore(replicas=replicas).solve()
        same(found, expected)
        assert set(found.replicas) == set(range(comm.rank, replicas, comm.size))


@pytest.mark.mpi
def test_a_kept_run_goes_on_to_the_same_numbers(shared_tmp_path, monkeypatch, comm):
    """Stopped after six of nine iterations, each of which is kept."""
    given = {"iterations": 8}
    whole = pore(**given, store=fi.io.SamplingFolder(shared_tmp_path / "whole")).solve()
    same(whole, pore(**given).solve())
    folder = shared_tmp_path / "stopped"
    iterate = fi.NPLEMC._iterate

    def stops(self, mine, done):
        if done == 6:
            raise KeyboardInterrupt
        iterate(self, mine, done)

    monkeypatch.setattr(fi.NPLEMC, "_iterate", stops)
    with pytest.raises(KeyboardInterrupt):
        pore(**given, store=fi.io.SamplingFolder(folder)).solve()
    counted = []
    monkeypatch.setattr(
        fi.NPLEMC, "_iterate", lambda self, mine, done: (counted.append(done), iterate(self, mine, done))
    )
    resumed = pore(**given, store=fi.io.SamplingFolder(folder)).solve()
    assert counted == [6, 7, 8]
    same(resumed, whole)
    # What is finished is there at once.
    same(pore(**given, store=fi.io.SamplingFolder(folder)).solve(), whole)
    assert counted == [6, 7, 8]


def test_a_store_keeps_points_and_problems_apart(tmp_path):
    store, voltage = fi.io.SamplingFolder(tmp_path), fi.Parameter("voltage", 0.2, "V")
    model = pore(voltage, store=store)
    model.solve()
    voltage.value = 0.1
    model.solve()
    pore(voltage, store=store, seed=1).solve()
    assert len(list(tmp_path.glob("*.npz"))) == 3


def test_a_file_of_another_problem_is_refused(tmp_path):
    store = fi.io.SamplingFolder(tmp_path)
    pore(store=store).solve()
    (first,) = tmp_path.glob("*.npz")
    other = pore(store=store, finest=0.12)
    first.rename(tmp_path / f"{other._key()[0]}.npz")
    with pytest.raises(CheckpointError, match="of another grid or other ions; use another folder"):
        other.solve()


# Studies


@pytest.mark.parametrize("between", [("cis", "trans"), ("trans", "cis")])
def test_a_current_voltage_curve_from_either_side(between):
    voltage = fi.Parameter("voltage", 0.05, "V")
    given = [-0.1, 0.2]
    curve = fi.iv_curve(
        pore(voltage), voltage, given, between=between, record={"error": CurrentError()}, first_step=1.0, progress=False
    )
    sign = 1.0 if between[0] == "cis" else -1.0
    assert np.all(sign * curve.currents * np.sign(given) > 0.0)
    assert curve.ions == ("K+", "Cl-") and curve.charge_defect < 1e-9
    assert np.all(curve["error"] > 0.0)
    assert curve.units["current"] == curve.units["error"] == "A"
    assert curve["newton"].tolist() == [0, 0], "its iterations are not Newton's"
    assert curve.provenance["model"] == "NP+LEMC"
    assert voltage.value == 0.05


def test_a_sweep_is_kept_and_goes_on(tmp_path):
    voltage, sigma = fi.Parameter("voltage", 0.2, "V"), fi.Parameter("sigma", -0.5 * e_nm2, "C/m2")
    values = {sigma: [-0.5 * e_nm2, 0.5 * e_nm2], voltage: [0.1, 0.2]}
    calls = []

    def share(solution):
        calls.append(1)
        return float(solution.currents.value[0] / solution.current.value)

    def table():
        model = pore(voltage, sigma)
        record, store = {"share": share}, fi.io.SweepFolder(tmp_path / "sweep")
        return fi.sweep(model, values, record=record, store=store, progress=False)

    first = table()
    assert len(calls) == 4
    negative, positive = first["share"][:2], first["share"][2:]
    assert np.all(negative > 0.5) and np.all(positive < 0.5)
    np.testing.assert_array_equal(table()["share"], first["share"])
    assert len(calls) == 4


def test_other_openings_are_refused():
    voltage = fi.Parameter("voltage", 0.1, "V")
    with pytest.raises(TagError, match='a pore with particles has "cis" and "trans"'):
        fi.iv_curve(pore(voltage), voltage, [0.1], between=("left", "right"))


# What it cannot do


def test_it_cannot_be_continued_by_arclength_and_says_what_it_can():
    voltage = fi.Parameter("voltage", 0.1, "V")
    with pytest.raises(ModelError, match="has no Jacobian, so that it cannot be continued by arclength") as raised:
        fi.continuation(pore(voltage), voltage, stop=1.0)
    assert "fi.iv_curve and fi.sweep" in str(raised.value) and "NPLEMC" in str(raised.value)


def functions():
    current = fi.observe.Current(on="trans")
    return {
        "adapt": lambda m, s: fi.adapt(m, current),
        "error_estimate": lambda m, s: fi.error_estimate(s, current),
        "Estimator": lambda m, s: fi.Estimator(m, current),
        "growth_rate": lambda m, s: fi.growth_rate(m, s, {"K+": 1.0}, current),
        "poisson_boltzmann": lambda m, s: fi.poisson_boltzmann(m),
        "resting": lambda m, s: fi.resting(m),
        "steady": lambda m, s: fi.steady(m),
        "transient": lambda m, s: fi.transient(m, s, until=1.0),
    }


@pytest.mark.parametrize("name", functions())
def test_what_needs_equations_says_so(name, sampled):
    with pytest.raises(ModelError, match=rf"^{name}: (NPLEMC|Sampled) was given.*finite-element model \(PNP, PNPS\)"):
        functions()[name](pore(), sampled)


def test_there_is_no_flow_to_respond_with():
    first, second = fi.Parameter("voltage", 0.1, "V"), fi.Parameter("pressure", 0.0, "V")
    model = pore(first, charge=None, more=[fi.SurfaceCharge(second, on="pore wall")])
    with pytest.raises(ParameterError, match=r"the model has no flow; use PNPS, or iv_curve\(\.\.\.\)\.conductance"):
        fi.linear_response(model, first, second)


def test_three_ions_between_baths_that_differ():
    """More KCl on trans: its potassium comes back to cis, and calcium goes to trans."""
    salt = fi.Electrolyte.mixture({"KCl": 500 * mM, "CaCl2": 500 * mM})
    other = fi.Electrolyte.mixture({"KCl": 1000 * mM, "CaCl2": 10 * mM})
    model = fi.NPLEMC(
        salt,
        PORE,
        [fi.Bath(salt, on="cis"), fi.Bath(other, on="trans"), WallCharges(Rings(-0.2 * e_nm2, 1 * nm))],
        **SHORT | {"trials": 20_000, "progress": False},
    )
    found = model.solve()
    potassium, calcium = (float(found.currents.value[found.index(ion)]) for ion in ("K+", "Ca2+"))
    errors = [float(found.currents.error[found.index(ion)]) for ion in ("K+", "Ca2+")]
    assert potassium < -3.0 * errors[0] and calcium > 3.0 * errors[1]
    assert np.abs(found.defects).max() < 1e-9 * np.abs(found.currents.value).max()
