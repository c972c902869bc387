# SPDX-License-Identifier: LGPL-3.0-or-later
"""A census: each kind of bad input that the package promises to reject has a test that still exists."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]

CENSUS = {
    "negative or non-finite material values": [
        "unit/parameters/test_species.py::test_bad_values_are_named",
        "unit/parameters/test_electrolyte.py::test_bad_solvent_values_are_named",
        "unit/parameters/test_electrolyte.py::test_bad_concentrations_name_the_species",
        "unit/parameters/test_parameter.py::test_bad_values_leave_the_old_one",
        "unit/physics/test_conditions.py::test_values_that_are_no_finite_number",
        "unit/physics/test_conditions.py::test_a_negative_slip_length",
        "unit/physics/test_conditions.py::test_a_total_that_is_not_positive",
        "unit/model/test_checks.py::test_a_slip_length_that_is_turned_to_zero",
        "unit/solve/test_steady.py::test_concentrations_that_cannot_be",
    ],
    "non-neutral bulk": ["unit/parameters/test_electrolyte.py::test_not_neutral_states_net_charge_and_remedy"],
    "unknown species or tag, with the known ones and the nearest": [
        "unit/model/test_checks.py::test_unknown_names_are_told_with_the_known_and_the_nearest",
        "unit/solve/test_steady.py::test_species_that_do_not_exist",
        "unit/geometry/test_domain.py::test_unknown_names_list_the_known_and_the_nearest",
    ],
    "a flux of nonzero mean in a closed channel": [
        "unit/solve/test_steady.py::test_a_flux_of_nonzero_mean_has_no_steady_state",
        "unit/solve/test_bdf.py::test_fluxes_that_charge_a_closed_domain",
        "unit/study/test_transient.py::test_a_drive_that_charges_the_domain_later",
    ],
    "missing totals": [
        "unit/model/test_checks.py::test_amounts_of_a_closed_domain",
        "unit/model/test_checks.py::test_amounts_of_an_open_domain",
        "unit/solve/test_steady.py::test_amounts_that_are_not_neutral_with_the_walls",
    ],
    "a mesh coarser than the Debye length": ["unit/model/test_checks.py::test_a_mesh_coarser_than_the_debye_length"],
    "a corrupt or foreign checkpoint": [
        "unit/io/test_checkpoint.py::test_foreign_files_are_refused",
        "unit/io/test_checkpoint.py::test_damaged_files_are_refused",
        "unit/io/test_checkpoint.py::test_other_meshes_models_and_missing_files",
        "unit/study/test_transient.py::test_a_checkpoint_of_another_run",
    ],
    "an unwritable output folder": [
        "unit/io/test_paths.py::test_any_failure_on_the_root_reaches_all",
        "unit/io/test_checkpoint.py::test_an_unwritable_place_is_refused_before_the_run",
        "unit/test_cli.py::test_unwritable_results_are_found_before_the_script_runs",
    ],
    "unknown names on fem-ionics run": ["unit/test_cli.py::test_unknown_name"],
    "a transient killed with kill -9 resumes": ["robustness/test_kill.py::test_a_killed_run_ends_in_the_same_state"],
}


@pytest.mark.parametrize("kind", CENSUS)
def test_each_kind_has_its_test(kind):
    for entry in CENSUS[kind]:
        file, _, name = entry.partition("::")
        defined = {node.name for node in ast.walk(ast.parse((TESTS / file).read_text())) if hasattr(node, "name")}
        assert name in defined, f"{file} has no {name}"
