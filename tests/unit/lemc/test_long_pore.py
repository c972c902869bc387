# SPDX-License-Identifier: LGPL-3.0-or-later
"""Long pores: from one equilibrium run to a conductance, its error and its shares."""

import numpy as np
import pytest
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.constants import ELEMENTARY_CHARGE
from fem_ionics.errors import ParameterError, TagError
from fem_ionics.lemc.charges import Helix, Rings, Smeared
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.lemc.long_pore import LongPore
from fem_ionics.lemc.long_pore_state import LongPoreState, PoreConductance, PoreConductanceError, PoreShare
from fem_ionics.units import e_nm2, nm, um

#: Nine charges around at a spacing of 1 nm.
RADIUS = 9.0 / (2.0 * np.pi) * nm
MIXTURE = fi.Electrolyte.mixture({"KCl": 50.0, "CaCl2": 50.0})
RINGS = Rings(-1.0 * e_nm2, 1.0 * nm)


def pore(**given) -> LongPore:
    standard = {
        "radius": RADIUS,
        "length": 1 * um,
        "charges": RINGS,
        "piece": 4 * nm,
        "resolution": 0.2 * nm,
        "trials": 20_000,
        "replicas": 2,
    }
    return LongPore(given.pop("electrolyte", MIXTURE), **(standard | given))


def state(**given) -> LongPoreState:
    """Made by hand: 4, 1 and 0.5 ions per nanometre, and of the second kind a quarter conducts."""
    per_metre = np.array([4.0, 0.25, 0.5]) / nm
    standard = {
        "electrolyte": MIXTURE.with_concentrations({"K+": 50.0, "Ca2+": 50.0, "Cl-": 150.0}),
        "radius": RADIUS,
        "length": 1 * um,
        "access": False,
        "parameters": {},
        "grid": TensorGrid(np.array([0.0, 1.0]), np.array([0.0, 2.0 * np.pi]), np.array([0.0, 1.0])),
        "densities": np.ones((3, 1, 1, 1)),
        "line_densities": np.array([4.0, 1.0, 0.5]) / nm,
        "conducting": per_metre,
        "conducting_errors": 0.01 * per_metre,
        "replicas": per_metre * np.array([[1.01, 0.99, 1.0], [0.99, 1.01, 1.0]]),
        "trials": 1,
    }
    return LongPoreState(**(standard | given))


def close(expected):
    """Siemens are far below the absolute tolerance that pytest takes by itself."""
    return pytest.approx(expected, rel=1e-6, abs=0)


# What a state says


def test_a_conductance_is_that_of_free_ions_by_nernst_and_einstein():
    found = state()
    mobility = ELEMENTARY_CHARGE / MIXTURE.thermal_voltage * np.array(MIXTURE.diffusivities)
    expected = mobility * np.array(MIXTURE.valences) ** 2 * np.array([4.0, 0.25, 0.5]) / nm / (1 * um)
    assert found.conductances == close(expected)
    assert found.conductance == close(expected.sum())
    assert np.array(MIXTURE.diffusivities) * found.integrals == close(expected)


def test_mouths_are_in_series_for_each_ion_by_itself():
    alone, whole = state(length=20 * nm), state(length=20 * nm, access=True)
    bath = whole.electrolyte
    for k, ion in enumerate(bath.species):
        kappa = 96485.33212 * ion.valence**2 * ion.diffusivity * bath.concentrations[k] / bath.thermal_voltage
        mouths = 2.0 * fi.reduced.access_resistance(RADIUS, kappa)
        assert 1.0 / whole.conductances[k] == close(1.0 / alone.conductances[k] + mouths)
    part = whole.conductances / alone.conductances
    assert whole.conductance_errors == close(alone.conductance_errors * part**2)


def test_the_error_of_the_sum_knows_that_ions_vary_together():
    found = state()
    # The first two ions deviate by 1 % in opposite directions.
    expected = abs(found.conductances[0] - found.conductances[1]) * 0.01
    assert found.conductance_error == close(expected)


def test_probes_have_names_units_and_numbers():
    found = state()
    assert PoreConductance()(found) == found.conductance
    assert PoreConductance("Cl-")(found) == found.conductances[found.index("Cl-")]
    assert PoreConductanceError()(found) == found.conductance_error
    assert PoreConductanceError("K+")(found) == close(0.01 * found.conductances[0])
    assert sum(PoreShare(ion)(found) for ion in MIXTURE.names) == pytest.approx(1.0)
    assert (PoreConductance().unit, PoreConductanceError("K+").name) == ("S", "K+ conductance error")
    with pytest.raises(TagError, match="Did you mean"):
        PoreConductance("K")(found)


# What a pore finds


@pytest.mark.mpi(least=2)
def test_a_run_is_the_same_on_any_number_of_ranks():
    alone = pore(comm=MPI.COMM_SELF).solve()
    together = pore().solve()
    assert np.array_equal(alone.replicas, together.replicas)
    assert alone.conductance_error > 0.0


def test_chains_are_neutral_with_the_wall():
    found = pore().solve()
    charge = float(np.array(MIXTURE.valences) @ found.line_densities)
    assert charge * nm == pytest.approx(9.0, abs=1e-9)
    assert found.mobilities[found.index("Ca2+")] < 0.4 < 0.8 < found.mobilities[found.index("K+")]


def test_free_ions_in_a_wide_bin_conduct_by_their_number():
    """A smeared wall leaves only the radius: nothing lies in the way."""
    found = pore(charges=Smeared(-0.2 * e_nm2), electrolyte=fi.Electrolyte.kcl(500.0)).solve()
    assert found.grid.shape[1:] == (1, 1)
    assert found.mobilities == pytest.approx(1.0)


@pytest.mark.mpi
def test_value_and_error_are_those_of_the_jackknife(monkeypatch):
    """Layers across the pore conduct by their harmonic mean, which noise lowers by its variance."""
    device = pore(electrolyte=fi.Electrolyte.kcl(100.0), replicas=4)
    grid = device.folding.reduced
    layers = 1.0 + 0.3 * np.random.default_rng(7).standard_normal((4, grid.shape[2]))
    monkeypatch.setattr(device, "_sampled", lambda _, __, seed: np.broadcast_to(layers[seed[1]], (2, *grid.shape)))
    found = device.solve()
    left = [1.0 / np.mean(1.0 / np.delete(layers, k, axis=0).mean(axis=0)) for k in range(4)]
    whole = 1.0 / np.mean(1.0 / layers.mean(axis=0))
    area = np.pi * grid.r[-1] ** 2
    assert found.conducting[0] * nm == pytest.approx(area * (4.0 * whole - 3.0 * np.mean(left)))
    spread = np.sqrt(0.75 * np.sum((left - np.mean(left)) ** 2))
    assert found.conducting_errors[0] * nm == pytest.approx(area * spread)
    assert found.line_densities[0] * nm == pytest.approx(area * layers.mean())


def test_an_ion_may_be_absent():
    calcium = fi.Parameter("calcium", 0.0, "mol/m3")
    device = pore(bath={"K+": 100.0 - 2.0 * calcium, "Ca2+": calcium, "Cl-": 100.0})
    assert device.parameters == (calcium,)
    found = device.solve()
    assert found.conductances[found.index("Ca2+")] == 0.0
    assert np.isnan(found.mobilities[found.index("Ca2+")])
    assert found.conductance > 0.0


def test_a_sweep_over_the_composition_has_a_row_for_each():
    calcium = fi.Parameter("calcium", 10.0, "mol/m3")
    device = pore(bath={"K+": 100.0 - 2.0 * calcium, "Ca2+": calcium, "Cl-": 100.0})
    record = {"G": PoreConductance(), "error": PoreConductanceError(), "K+": PoreShare("K+")}
    table = fi.sweep(device, {calcium: [1.0, 50.0]}, record=record, progress=False)
    assert table["K+"][0] > table["K+"][1] == 0.0
    assert table.units["G"] == "S"
    assert np.all(table["error"] < 0.2 * table["G"])
    assert table.provenance["model"] == "LongPore"


def test_a_function_of_the_bath_may_give_the_activities():
    ideal = pore(activities=lambda bath: np.zeros(3)).solve()
    real = pore().solve()
    # MSA's ln gamma is negative: without it more salt enters.
    chloride = ideal.index("Cl-")
    assert ideal.line_densities[chloride] > real.line_densities[chloride]


def test_the_fingerprint_follows_what_matters():
    calcium = fi.Parameter("calcium", 10.0, "mol/m3")
    one = pore(bath={"K+": 100.0 - 2.0 * calcium, "Ca2+": calcium, "Cl-": 100.0})
    before = one.fingerprint
    calcium.value = 20.0
    assert one.fingerprint == before
    assert pore().fingerprint != before
    assert pore(seed=1).fingerprint != pore().fingerprint


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"bath": {"K+": 1.0}}, "name each"),
        ({"bath": {"K+": lambda x, math: x[0], "Ca2+": 1.0, "Cl-": 1.0}}, "varies in space"),
        ({"replicas": 1}, "at least 2"),
        ({"trials": 10}, "at least 1000"),
        ({"radius": 0.15 * nm}, "does not fit"),
        ({"charges": Rings(-1.0 * e_nm2, 1.0 * nm, depth=-0.1 * nm)}, "in front of the wall"),
        ({"radii": {"Na+": 1e-10}}, "none of"),
    ],
)
def test_bad_input_is_refused_before_any_run(given, words):
    with pytest.raises(ParameterError, match=words):
        pore(**given)


def test_a_bath_that_is_not_neutral_is_refused():
    with pytest.raises(ParameterError, match="not neutral"):
        pore(bath={"K+": 100.0, "Ca2+": 1.0, "Cl-": 100.0}).solve()


@pytest.mark.parametrize(("wall", "length"), [(RINGS, 6.0), (Smeared(-0.1), 5.25)], ids=["rings", "smeared"])
def test_the_sampled_piece_keeps_the_spacing(wall, length):
    found = pore(charges=wall, radius=2.1 * nm, piece=None)
    assert found.tube.length == pytest.approx(length)
    if wall is RINGS:
        assert found.placement.spacing[0] == pytest.approx(1.0)


# Longer runs


@pytest.mark.validate
@pytest.mark.parametrize("wall", [RINGS, Helix(-1.0 * e_nm2, 1.0 * nm)], ids=["rings", "helix"])
def test_bound_calcium_hardly_conducts(wall):
    """In CaCl2 with charges 1 nm apart that ions touch; an average over the angle sees it for rings alone."""
    from fem_ionics.lemc.cell_problem import cell_problem

    found = pore(
        electrolyte=fi.Electrolyte.cacl2(100.0),
        charges=wall,
        piece=5 * nm,
        resolution=0.1 * nm,
        trials=2_000_000,
        replicas=4,
    ).solve()
    calcium = found.index("Ca2+")
    assert found.mobilities[calcium] == pytest.approx(0.107, abs=0.006)
    assert found.conducting_errors[calcium] < 0.02 * found.conducting[calcium]
    around = TensorGrid(found.grid.r, np.array([0.0, 2.0 * np.pi]), found.grid.z)
    averaged = cell_problem(around, found.densities[calcium].mean(axis=1)).mobility
    assert averaged == pytest.approx(0.111 if wall is RINGS else 1.0, abs=0.006)


@pytest.mark.validate
@pytest.mark.parametrize("wall", [RINGS, Helix(-1.0 * e_nm2, 1.0 * nm)], ids=["rings", "helix"])
def test_calcium_in_a_wide_pore_keeps_a_sixth_of_its_mobility(wall):
    device = pore(
        electrolyte=fi.Electrolyte.cacl2(100.0),
        charges=wall,
        radius=19.0 / (2.0 * np.pi) * nm,
        piece=None,
        resolution=0.1 * nm,
        trials=1_000_000,
        replicas=4,
    )
    assert device.tube.length == pytest.approx(8.0)
    found = device.solve()
    assert found.mobilities[found.index("Ca2+")] == pytest.approx(0.166, abs=0.008)


@pytest.mark.validate
def test_weakly_charged_ions_conduct_as_mean_field_says():
    """At 5 mM and a weakly charged wall, ions feel each other and their size as little as points would."""
    kcl = fi.Electrolyte.kcl(5.0)
    found = pore(
        electrolyte=kcl,
        charges=Smeared(-0.02 * e_nm2),
        radius=4 * nm,
        piece=40 * nm,
        radii={"K+": 0.5e-10, "Cl-": 0.5e-10},
        trials=2_000_000,
        replicas=4,
    ).solve()
    tube = fi.reduced.capillary(4 * nm, -0.02 * e_nm2, kcl)
    means = 2.0 * np.trapezoid(tube.concentrations * tube.r, tube.r, axis=1) / (4 * nm) ** 2
    ions = means * tube.area * 6.02214076e23
    assert found.line_densities == pytest.approx(ions, rel=0.03)
