# SPDX-License-Identifier: LGPL-3.0-or-later
"""Every demo runs, coarsely, and gives its number; one that is not listed here fails the census."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fem_ionics import run_script
from fem_ionics.parameters.groups import active_channel_groups
from fem_ionics.scripts import read_results

DEMOS = Path(__file__).parent.parent / "demos"
Results = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One run of a demo.

    Parameters
    ----------
    demo
        Name of the file without suffix.
    check
        Asserts on the results; given the demo's namespace too.
    values
        Inputs to replace, coarse.
    files
        Outputs that must be there.
    marks
        Of pytest.
    """

    demo: str
    label: str
    check: Callable[[Results, dict[str, Any]], None]
    values: dict[str, Any] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    marks: tuple[Any, ...] = ()


def near(value: float, expected: float, rel: float) -> bool:
    return bool(value == pytest.approx(expected, rel=rel, abs=0))


def phases_follow_the_closed_form(results: Results, space: dict[str, Any]) -> None:
    quarter = results["velocity_at_quarter"]
    assert near(quarter, pumped(space), 1e-3)
    assert results["largest_deviation"] < 1e-3
    assert results["sine_deviation"] < 1e-4
    assert max(abs(results["velocity_in_phase"]), abs(results["velocity_in_antiphase"])) < 1e-8 * abs(quarter)


def pumped(space: dict[str, Any]) -> float:
    """Mean velocity at a quarter wavelength from the numbers of an independent solver, for k = 1 and K = 2."""
    h = space["height"] / 2
    groups = active_channel_groups(
        space["electrolyte"],
        h,
        space["wavelength"],
        space["charge_amplitude"],
        space["flux_amplitude"],
        space["slip_length"],
    )
    assert near(groups.k, 1.0, 1e-6)
    assert near(groups.K, 2.0, 1e-5)
    per_group = {0.0: -5.054928e-2, 0.3: -1.147108e-1}[round(groups.b, 9)]
    return per_group * groups.m * groups.s * groups.J * space["diffusivity"] / h


def slit_is_exact(results: Results, _: dict[str, Any]) -> None:
    assert near(results["mean_velocity"], 7.132650e-3, 5e-4)
    assert results["deviation"] < 5e-4
    assert near(results["zeta_exact"], -68.29898e-3, 1e-6)
    assert near(results["zeta_potential"], -68.29898e-3, 5e-4)
    assert near(results["zeta_gouy_chapman"], -66.96214e-3, 1e-6)
    assert near(results["current"], results["current_exact"], 5e-4)
    assert near(results["reservoir_concentration"], 10.0, 5e-4)
    assert near(results["slip_velocity"], results["slip_velocity_exact"], 1e-9)
    assert results["smoluchowski_deviation"] < 1e-12


def wide_slit_is_two_single_walls(results: Results, space: dict[str, Any]) -> None:
    assert near(results["zeta_exact"], results["zeta_gouy_chapman"], 1e-8)
    assert near(results["zeta_potential"], results["zeta_gouy_chapman"], 1e-3)
    # Helmholtz-Smoluchowski between the layers, no slip at the walls.
    assert near(results["peak_velocity"], -space["mobility"] * results["zeta_exact"] * 1e5, 1e-3)
    assert results["slip_velocity"] == 0.0


def weak_flux_only_stirs(results: Results, _: dict[str, Any]) -> None:
    assert results["growth_rate"] < 0.0
    assert abs(results["mean_velocity"]) < 1e-10 * results["peak_velocity"]


def seed_chooses_the_flow(results: Results, space: dict[str, Any]) -> None:
    assert results["growth_rate"] > 0.0
    sign = np.sign(space["seed_asymmetry"]) * FLOW_OF_A_POSITIVE_SEED
    assert near(sign * results["mean_velocity"], 0.5616 * 1e-9 / 5e-9, 0.02)
    if space["compare"]:
        assert near(results["mean_velocity_opposite_seed"], -results["mean_velocity"], 0.02)
        assert abs(results["mean_velocity_below"]) < 1e-10 * results["peak_velocity"]


def bifurcations_are_the_known_ones(results: Results, space: dict[str, Any]) -> None:
    names = {name for name in results if not name.endswith("_error")}
    assert names == set(space["found"]) and len(names) >= 15
    for name in names:
        # Four and four digits are known of these two.
        limit = {"gelfand_cusp": 1.3e-4, "sudden_expansion": 5e-3, "phoretic_lowest_k": 1e-7}.get(name, 1e-8)
        assert results[f"{name}_error"] < limit, name
    assert near(results["phoretic_channel"], 15.644949916, 1e-8)
    assert near(results["phoretic_lowest"], 14.79602593, 1e-8)
    assert near(results["brusselator_uniform_lyapunov"], -1 / 6, 1e-8)
    assert results["chafee_infante_solutions"] == 5


def channel_starts_to_flow(results: Results, space: dict[str, Any]) -> None:
    assert near(results["critical_flux"], 24.66461, 1e-5)
    assert near(results["critical_flux_scaled"], 1.2332, 1e-4)
    assert results["type"] == "supercritical"
    assert near(results["velocity_at_1_1"], 0.373 * 1e-9 / 5e-9, 1e-3)
    assert abs(results["exponent"] - 0.5) < 0.01
    assert near(results["normal_form_velocity"], results["velocity_at_1_005"], 0.02)
    assert results["mesh_difference"] < 1e-3
    assert results["growth_rate_flowing"] < 0.0 < results["growth_rate_symmetric"]
    assert results["factorisations"] <= 4 * results["accepted_points"]
    assert results["factorisations"] <= 100
    assert np.sign(space["flowing"]["mean velocity"][-1]) == np.sign(space["seed_asymmetry"])


def channel_starts_to_flow_finely(results: Results, _: dict[str, Any]) -> None:
    assert results["unknowns"] > 16000
    assert results["factorisations"] <= 100
    assert near(results["critical_flux"], 24.6661, 1e-5)


def transients_agree_with_the_pitchfork(results: Results, _: dict[str, Any]) -> None:
    assert near(results["threshold_from_transients"], results["critical_flux"], 0.01)
    assert near(results["critical_flux"], 24.66, 1e-3)
    assert near(results["g_fit"], results["g_normal_form"], 0.05)
    assert near(results["growth_below"], results["eigenvalue_below"], 0.01)
    assert near(results["growth_above"], results["eigenvalue_above"], 0.01)
    assert near(results["mu_slope_fit"], results["eigenvalue_slope"], 0.05)
    assert near(results["relaxation_fit"], results["growth_rate_flowing"], 0.03)
    assert near(results["velocity_at_end"], results["velocity_flowing"], 0.01)


def thresholds_move(results: Results, _: dict[str, Any]) -> None:
    assert near(results["critical_flux"], 24.66461, 1e-4)
    assert results["flux_at_least_charge"] < results["critical_flux"] < results["flux_at_most_charge"]
    assert results["flux_at_least_slip"] > results["critical_flux"] > results["flux_at_most_slip"]
    # Of other meshes: 30 mC/m2, and a channel of 60 nm.
    assert near(results["flux_at_least_charge"], 21.917, 1e-3)
    assert near(results["flux_at_most_wavelength"], 16.911, 1e-3)
    assert -2.2 < results["wavelength_exponent"] < -2.0
    assert near(results["depletion_limit"], 68.0, 0.02)
    assert results["supercritical_everywhere"]


def pressure_switches(results: Results, _: dict[str, Any]) -> None:
    assert near(results["upward_switch"], 3.0799e13, 1e-3)
    assert near(results["downward_switch"], 2.9580e13, 1e-3)
    assert results["states_between"] == 3
    assert near(results["fast_velocity"] / results["slow_velocity"], 3.115, 2e-2)
    assert 0.8 < results["gain_at_the_end"] < 1.0
    assert results["cusps"] == 1
    assert near(results["cusp_wall_charge"], 0.018168, 1e-3)


#: A surplus of ions on the right drives the liquid this way.
FLOW_OF_A_POSITIVE_SEED = 1.0
#: A channel with k = 1, K = 2 and s = 0.03, five phases.
WAVE = {
    "points": 5,
    "height": 10e-9,
    "wavelength": 31.41592654e-9,
    "concentration": 14.78771,
    "charge_amplitude": 1e-4,
    "flux_amplitude": 0.1,
    "resolution": 1.0,
}

SLIT_FILES = ("potential.png", "velocity.png", "concentrations.png", "profiles.csv", "state.bp")
PHASE_FILES = ("velocity.png", "profile.png", "flow.png", "rolls.png", "velocity.csv", "states.bp")
ACTIVE_FILES = ("mesh.png", "traces.png", "flow.png", "trace.csv", "final.bp")
BIFURCATION_FILES = ("table.csv", "errors.png", "branches.png", "cusp.png")
#: Without the two problems that take some ten seconds.
BIFURCATIONS = (
    "bratu 1-d",
    "chafee-infante",
    "transcritical",
    "brusselator",
    "perturbed gelfand",
    "phoretic channel",
)
CRITICAL_FILES = ("diagram.png", "branches.csv", "mode.bp", "flowing.bp")
PHASE_DIAGRAM_FILES = ("phase_diagram.png", "slip.png", "wavelength.png", "by_charge.csv", "by_wavelength.csv")
SLOWING_FILES = ("mu.png", "slowing.png", "traces.png", "decays.png", "fits.csv", "traces.csv")
SWITCH_FILES = ("hysteresis.png", "window.png", "slow.png", "fast.png", "curve.csv", "folds.csv", "fast.bp")
mpi = (pytest.mark.mpi,)

CASES = [
    Case(
        "phase_shifted_flow",
        "slip",
        phases_follow_the_closed_form,
        {**WAVE, "slip_length": 1.5e-9},
        PHASE_FILES,
        mpi,
    ),
    Case("phase_shifted_flow", "no slip", phases_follow_the_closed_form, {**WAVE, "slip_length": 0.0}, PHASE_FILES),
    Case("electroosmosis_slit", "overlap", slit_is_exact, {"resolution": 1.0}, SLIT_FILES, mpi),
    Case(
        "electroosmosis_slit",
        "wide",
        wide_slit_is_two_single_walls,
        {"height": 60e-9, "slip_length": 0.0, "resolution": 1.0},
        SLIT_FILES,
    ),
    Case(
        "active_nanochannel",
        "weak flux",
        weak_flux_only_stirs,
        {"flux_amplitude": 20.0, "compare": False},
        ACTIVE_FILES,
    ),
    Case(
        "benchmarks_bifurcation",
        "quick ones",
        bifurcations_are_the_known_ones,
        {"problems": BIFURCATIONS},
        BIFURCATION_FILES,
    ),
    Case(
        "benchmarks_bifurcation",
        "all",
        bifurcations_are_the_known_ones,
        {},
        BIFURCATION_FILES,
        (pytest.mark.validate,),
    ),
    Case("critical_flux", "default", channel_starts_to_flow, {"seed_asymmetry": -0.02}, CRITICAL_FILES),
    Case(
        "critical_flux",
        "sixteen thousand unknowns",
        channel_starts_to_flow_finely,
        {"resolution": 2.5, "compare": False},
        CRITICAL_FILES,
        (pytest.mark.validate,),
    ),
    Case(
        "phase_diagram",
        "narrow",
        thresholds_move,
        {
            "charges": (0.03, 0.06),
            "slip_lengths": (8e-9, 12e-9),
            "wavelengths": (45e-9, 60e-9),
            "depletion_charges": (0.05,),
            "resolution": 0.8,
        },
        PHASE_DIAGRAM_FILES,
    ),
    Case(
        "critical_slowing_down",
        "three fluxes",
        transients_agree_with_the_pitchfork,
        {"ratios": (0.95, 1.02, 1.05), "resolution": 0.8},
        SLOWING_FILES,
        (pytest.mark.slow,),
    ),
    Case(
        "critical_slowing_down", "all", transients_agree_with_the_pitchfork, {}, SLOWING_FILES, (pytest.mark.validate,)
    ),
    Case("pressure_switch", "coarse", pressure_switches, {"resolution": 0.6}, SWITCH_FILES),
    # Its comparison runs the opposite seed, which is the default, and the flux below the onset.
    Case(
        "active_nanochannel",
        "flow",
        seed_chooses_the_flow,
        {"seed_asymmetry": -0.02},
        (*ACTIVE_FILES, "recirculation.png"),
        (pytest.mark.slow,),
    ),
]


def test_every_demo_is_listed_here() -> None:
    assert {case.demo for case in CASES} == {file.stem for file in DEMOS.glob("*.py")}


def test_every_demo_has_the_same_headings() -> None:
    for file in DEMOS.glob("*.py"):
        text = file.read_text(encoding="utf-8").lower()
        headings = [line.strip("# ") for line in text.splitlines() if line.startswith("# ## ")]
        order = ["parameters", "geometry", "model", "solve", "study", "observables"]
        found = [word for line in headings for word in order if line.split()[0] == word]
        assert found == order, file.name


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{case.demo}: {case.label}", marks=case.marks) for case in CASES]
)
def test_demo(case: Case, shared_tmp_path: Path) -> None:
    path = DEMOS / f"{case.demo}.py"
    space = run_script(path, output=str(shared_tmp_path), **case.values)
    case.check(read_results(space, path), space)
    for name in case.files:
        check_file(shared_tmp_path / name)


def check_file(path: Path) -> None:
    """A picture has something on it, a table rows; ParaView's folder is no empty one."""
    assert path.exists(), path.name
    if path.suffix == ".png":
        assert path.read_bytes().startswith(b"\x89PNG")
        assert path.stat().st_size > 10_000, f"{path.name}: {path.stat().st_size} bytes"
    elif path.suffix == ".csv":
        rows = [line for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
        assert len(rows) >= 3
    else:
        assert sum(file.stat().st_size for file in path.iterdir()) > 10_000
