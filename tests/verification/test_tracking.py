# SPDX-License-Identifier: LGPL-3.0-or-later
"""Curves of special points and the points of higher codimension on them, where all is known in closed form."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import ufl
from dolfinx import fem, mesh
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.errors import ParameterError


def uniform(rates: Callable[..., tuple[Any, Any]], start: tuple[float, float], **values: float) -> Any:
    """Two well-mixed species: x' = f(x, y), y' = g(x, y), diffusion between insulated walls."""
    domain = mesh.create_interval(MPI.COMM_WORLD, 4, [0.0, 1.0])
    space = fem.functionspace(domain, ("Lagrange", 1))
    x, y = fem.Function(space), fem.Function(space)
    v, w = ufl.TestFunctions(ufl.MixedFunctionSpace(space, space))
    parameters = {name: fem.Constant(domain, value) for name, value in values.items()}
    f, g = rates(x, y, **parameters)
    x.x.array[:], y.x.array[:] = start
    diffusion = 10.0 * (ufl.dot(ufl.grad(x), ufl.grad(v)) + ufl.dot(ufl.grad(y), ufl.grad(w)))
    residual = (diffusion - f * v - g * w) * ufl.dx
    return fi.ParametricProblem(residual, [x, y], parameters, mass=(x * v + y * w) * ufl.dx)


def bogdanov_takens(x: Any, y: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """Folds at a = b^2/4, x = -b/2; Hopf points at a = 0, x = 0 for b < 0 with the frequency sqrt(-b)."""
    return y, a + b * x + x**2 - x * y


STEPS = fi.Steps(first=0.02, largest=0.1)


def test_fold_curve_and_its_bogdanov_takens_point() -> None:
    problem = uniform(bogdanov_takens, (-0.5 - np.sqrt(1.25), 0.0), a=-1.0, b=1.0)
    branch = fi.continuation(problem, "a", stop=1.0, steps=STEPS)
    (fold,) = branch.special("fold")
    assert fold.value == pytest.approx(0.25, rel=1e-9, abs=0)
    curve = branch.track(fold, "b", bounds=(-2.0, 2.0), steps=STEPS)
    assert curve["a"] == pytest.approx(curve["b"] ** 2 / 4, rel=1e-6, abs=1e-9)
    (point,) = curve.special("Bogdanov-Takens")
    assert abs(point.value) < 1e-5
    assert abs(point.parameters["b"]) < 1e-3
    assert [each.kind for each in curve.specials] == ["Bogdanov-Takens"]


def test_hopf_curve_and_its_bogdanov_takens_point() -> None:
    problem = uniform(bogdanov_takens, (0.5 - np.sqrt(0.5), 0.0), a=0.25, b=-1.0)
    problem.knob("a").assign(-0.3)
    branch = fi.continuation(problem, "a", start=-0.3, stop=0.2, steps=STEPS, shifts=(1.0,))
    (hopf,) = branch.special("hopf")
    assert abs(hopf.value) < 1e-9
    assert hopf.coefficients["frequency"] == pytest.approx(1.0, rel=1e-9, abs=0)
    curve = branch.track(hopf, "b", bounds=(-2.0, 1.0), steps=STEPS)
    before = curve["frequency"] > 0.0
    assert curve["frequency"][before] ** 2 == pytest.approx(-curve["b"][before], rel=1e-6, abs=1e-7)
    (point,) = curve.special("Bogdanov-Takens")
    assert abs(point.parameters["b"]) < 1e-4


def test_bautin_point() -> None:
    """R' = m R + l R^3 - R^5: the Hopf point at m = 0 turns from soft to hard at l = 0."""

    def rates(x: Any, y: Any, m: Any, l: Any) -> tuple[Any, Any]:
        square = x**2 + y**2
        radial = m + l * square - square**2
        return radial * x - y, x + radial * y

    problem = uniform(rates, (0.0, 0.0), m=-0.5, l=-1.0)
    branch = fi.continuation(problem, "m", stop=0.5, steps=STEPS, shifts=(1.0,))
    (hopf,) = branch.special("hopf")
    assert hopf.criticality == "supercritical"
    assert abs(hopf.value) < 1e-9
    # A A' = ... with the amplitude of the mode normalised to |q| = 1: x^2 + y^2 = 2 |A|^2
    assert hopf.coefficients["lyapunov"] == pytest.approx(-2.0, rel=1e-6, abs=0)
    curve = branch.track(hopf, "l", bounds=(-1.5, 1.5), steps=STEPS)
    (point,) = curve.special("Bautin")
    assert abs(point.parameters["l"]) < 1e-5
    assert np.all(np.sign(curve["lyapunov"]) == np.sign(curve["l"]))


def wire(cells: int = 32) -> Any:
    """Lap u + m u + a u^3 - u^5 on [0, 1]: the pitchfork at pi^2 is subcritical for a > 0."""
    domain = mesh.create_interval(MPI.COMM_WORLD, cells, [0.0, 1.0])
    space = fem.functionspace(domain, ("Lagrange", 2))
    u, v = fem.Function(space), ufl.TestFunction(space)
    m, a = fem.Constant(domain, 8.0), fem.Constant(domain, -1.0)
    domain.topology.create_connectivity(0, 1)
    ends = fem.locate_dofs_topological(space, 0, mesh.exterior_facet_indices(domain.topology))
    residual = (ufl.dot(ufl.grad(u), ufl.grad(v)) - (m * u + a * u**3 - u**5) * v) * ufl.dx
    return fi.ParametricProblem(residual, u, {"m": m, "a": a}, bcs=[fem.dirichletbc(0.0, ends, space)])


@pytest.mark.mpi
def test_degenerate_pitchfork() -> None:
    branch = fi.continuation(wire(), "m", stop=12.0, until="pitchfork", steps=fi.Steps(first=0.3, largest=0.5))
    (pitchfork,) = branch.special("pitchfork")
    assert pitchfork.criticality == "supercritical"
    assert pitchfork.value == pytest.approx(np.pi**2, rel=1e-6, abs=0)
    assert pitchfork.coefficients["cubic"] == pytest.approx(-1.5, rel=1e-6, abs=0)
    curve = branch.track(pitchfork, "a", bounds=(-2.0, 2.0), steps=fi.Steps(first=0.1, largest=0.3))
    (point,) = curve.special("degenerate pitchfork")
    assert abs(point.parameters["a"]) < 1e-5
    assert curve["cubic"] == pytest.approx(1.5 * curve["a"], rel=1e-5, abs=1e-9)


def test_bad_input() -> None:
    branch = fi.continuation(wire(), "m", stop=12.0, until="pitchfork", steps=fi.Steps(first=0.3, largest=0.5))
    (pitchfork,) = branch.special("pitchfork")
    for second, bounds in (("m", (0.0, 20.0)), ("a", (1.0, 2.0)), ("a", (1.0, -2.0))):
        with pytest.raises(ParameterError, match="track"):
            branch.track(pitchfork, second, bounds=bounds)
    with pytest.raises(LookupError, match='known are "m", "a"'):
        branch.track(pitchfork, "slip", bounds=(0.0, 1.0))
    with pytest.raises(ParameterError, match="no fold"):
        branch.special("fold")
