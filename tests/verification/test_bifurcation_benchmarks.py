# SPDX-License-Identifier: LGPL-3.0-or-later
"""Bifurcations from the literature in two dimensions, through the functions of their demo, and how they converge."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fem_ionics as fi

DEMO = Path(__file__).parents[2] / "demos" / "benchmarks_bifurcation.py"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: Any) -> dict[str, Any]:
    """Names of the demo, run for one quick problem."""
    folder = tmp_path_factory.mktemp("benchmarks")
    return fi.run_script(DEMO, problems=("subcritical",), output=str(folder))


def test_fold_of_bratu_on_the_square(demo: dict[str, Any]) -> None:
    """6.808124423, from above with the order of squared fourth-order elements until the corners tell."""
    import ufl

    errors = []
    for cells in (2, 4):
        space = demo["rectangle"](cells, cells, (1.0, 1.0))
        problem, _ = demo["reaction_diffusion"](space, lambda u, lam: lam * ufl.exp(u), lam=4.0)
        branch = fi.continuation(problem, "lam", stop=8.0, bounds=(4.0, 8.0), until="fold", stability=0)
        (point,) = branch.special("fold")
        errors.append(point.value / 6.808124423 - 1.0)
        assert branch.factorisations <= 4 * len(branch)
    assert 0.0 < errors[1] < 1e-6
    assert errors[0] / errors[1] > 2**4.5


def test_phoretic_channel_at_two_wave_numbers(demo: dict[str, Any]) -> None:
    """Linear theory: 15.644949916 at k = 2, and the same problem turned to k = 3."""
    problem = demo["phoretic_channel"](6, 4)
    found = []
    for k, start, stop in ((2.0, 14.5, 16.5), (3.0, 14.5, 16.0)):
        problem.knob("k").assign(k)
        branch = fi.continuation(problem, "Pe", start=start, stop=stop, until="pitchfork", stability=0)
        (point,) = branch.special("pitchfork")
        found.append(point.value)
        assert point.criticality == "supercritical"
        assert point.value == pytest.approx(demo["phoretic_threshold"](k), rel=1e-6, abs=0)
    assert found[0] == pytest.approx(15.644949916, rel=1e-6, abs=0)
    assert found[1] > demo["phoretic_threshold"](2.59962652) == pytest.approx(14.79602593, rel=1e-9, abs=0)


@pytest.mark.validate
def test_sudden_expansion(demo: dict[str, Any]) -> None:
    """Re = 40.45 of Fearn, Mullin & Cliffe; both flows above it are stable, mirror images, and the symmetric is not."""
    problem = demo["navier_stokes"](demo["expansion"](0.1), 36.0)
    u, _ = problem.functions
    space = u.function_space
    upper = np.flatnonzero(np.isclose(space.tabulate_dof_coordinates()[:, 1], 0.0))

    def across(_: Any) -> float:
        """Sum of the velocity across the middle line: zero for a flow that mirrors."""
        owned = upper[upper < space.dofmap.index_map.size_local]
        return float(problem.comm.allreduce(u.x.array[2 * owned + 1].sum()))

    steps = fi.Steps(first=0.3, largest=0.5)
    symmetric = fi.continuation(problem, "Re", stop=46.0, mirror="y", record={"across": across}, steps=steps)
    (point,) = symmetric.special("pitchfork")
    assert point.value == pytest.approx(40.45, rel=6e-3, abs=0)
    assert point.criticality == "supercritical"
    assert point.certificate.asymmetry < 1e-8
    assert list(symmetric["unstable"][[0, -1]]) == [0, 1]
    assert np.abs(symmetric["across"]).max() < 1e-8
    up, down = (symmetric.switch(point, sign, stop=46.0, steps=steps) for sign in (1, -1))
    assert np.all(up["unstable"] == 0)
    assert up["across"][-1] > 0.1
    assert down["across"] == pytest.approx(-up["across"], rel=1e-6, abs=0)


def test_amplitude_near_onset_is_that_of_the_normal_form(demo: dict[str, Any]) -> None:
    """A^2 = -s (mu - mu_c) / c to within 2 % at 1 % above onset."""
    problem, mean = demo["reaction_diffusion"](demo["interval"](12), lambda u, mu: mu * u - u**3, mu=9.0)
    rest = fi.continuation(problem, "mu", stop=11.0, record=mean)
    (point,) = rest.special("pitchfork")
    side = rest.switch(point, stop=1.01 * point.value)
    c = point.coefficients
    amplitude = math.sqrt(-c["slope"] * 0.01 * point.value / c["cubic"])
    assert side["mean"][-1] == pytest.approx(amplitude * 2 * math.sqrt(2) / math.pi, rel=2e-2, abs=0)
