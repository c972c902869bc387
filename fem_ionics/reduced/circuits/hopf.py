# SPDX-License-Identifier: LGPL-3.0-or-later
"""Where a circuit starts to oscillate: Hopf points, their frequency and whether the oscillation starts softly.

The dense sibling of the room `bifurcation`. With z' = F(z, p) and J = F_z, Newton solves

    F(z, p) = 0,    J q = i omega q,    <q0, q> = 1

for z, p, omega and the complex q at once. The first Lyapunov coefficient tells the side to which the cycles go:

    l1 = Re[<p,C(q,q,q*)> - 2<p,B(q,J^-1 B(q,q*))> + <p,B(q*,(2 i omega - J)^-1 B(q,q))>]/(2 omega)

with F's second and third derivatives B and C by differences of J, J'p = -i omega p and <p, q> = 1. Below zero stable
cycles grow out of the point (supercritical); above zero the circuit jumps.

Yu. A. Kuznetsov, Elements of Applied Bifurcation Theory, 3rd ed., Springer (2004), sections 5.4 and 10.2.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.parameters import Parameter
from fem_ionics.reduced import given
from fem_ionics.reduced.circuits.operating import OperatingPoint, operating_point
from fem_ionics.reduced.given import Array

if TYPE_CHECKING:
    from fem_ionics.reduced.circuits.circuit import Circuit

#: Newton's tolerance and steps of the differences: of the extended system, of B and of C.
_TOLERANCE, _ITERATIONS = 1e-9, 20
_STEP, _STEP_B, _STEP_C = 1e-6, 1e-5, 1e-4
#: Halvings of the interval before Newton.
_BISECTIONS = 6


@dataclass(frozen=True, eq=False)
class HopfPoint:
    """Onset of an oscillation.

    Attributes
    ----------
    value
        Of the parameter.
    frequency
        Hz.
    lyapunov
        l1 for |q| = 1, with voltages in V.
    point
        The operating point there.
    vector
        q: the oscillation of charges (V) and states.
    """

    value: float
    frequency: float
    lyapunov: float
    point: OperatingPoint
    vector: np.ndarray

    @property
    def supercritical(self) -> bool:
        """Whether small stable oscillations grow out of it."""
        return self.lyapunov < 0.0


def hopf_points(circuit: "Circuit", parameter: Parameter, values: Any) -> list[HopfPoint]:
    """Hopf points along the operating points at growing or falling values of a parameter.

    Parameters
    ----------
    circuit
        The circuit.
    parameter
        One of its parameters; it has its value again at the end.
    values
        Where to look, in order; a point between two of them is found when the number of growing oscillations differs.

    Raises
    ------
    ParameterError
        For a parameter that the circuit does not have, or fewer than two values.
    ModelError, ConvergenceError
        When there is no operating point, or a point cannot be located.
    """
    grid = given.reals("hopf_points", "values", values)
    if parameter not in circuit.parameters or grid.ndim != 1 or len(grid) < 2:
        known = ", ".join(f'"{p.name}"' for p in circuit.parameters) or "none"
        raise ParameterError(
            f"hopf_points: {parameter!r} at {grid.shape} values was given; this circuit has the parameters {known}, of "
            "which two or more values are needed."
        )
    found = []
    with _kept(parameter):
        points: list[tuple[float, OperatingPoint]] = []
        for value in grid.tolist():
            parameter.value = value
            points.append((value, operating_point(circuit, points[-1][1] if points else None)))
        for (low, before), (high, after) in pairwise(points):
            if _growing(before) != _growing(after):
                found.append(_located(circuit, parameter, (low, before), (high, after)))
    return found


@contextmanager
def _kept(parameter: Parameter) -> Iterator[None]:
    value = parameter.value
    try:
        yield
    finally:
        parameter.value = value


def _growing(point: OperatingPoint) -> int:
    return int(np.sum((point.eigenvalues.real > 0.0) & (np.abs(point.eigenvalues.imag) > 0.0)))


def _located(
    circuit: "Circuit", parameter: Parameter, one: tuple[float, OperatingPoint], two: tuple[float, OperatingPoint]
) -> HopfPoint:
    """Newton on the extended system, from between two values that are brought together first."""
    for _ in range(_BISECTIONS):
        parameter.value = 0.5 * (one[0] + two[0])
        middle = (parameter.value, operating_point(circuit, one[1]))
        one, two = (middle, two) if _growing(middle[1]) == _growing(one[1]) else (one, middle)
    start = min(one, two, key=lambda each: abs(_pair(each[1]).real))
    rate, scale = abs(_pair(start[1]).imag), max(abs(one[0]), abs(two[0]))
    parameter.value = start[0]
    J = circuit.equations().jacobian(0.0, start[1].z)
    eigenvalues, vectors = np.linalg.eig(J)
    q = vectors[:, np.argmin(np.abs(eigenvalues - _pair(start[1])))]
    n = len(start[1].z)
    unknowns = np.concatenate([start[1].z, [start[0] / scale, 1.0], q.real, q.imag])

    def residual(x: Array) -> Array:
        parameter.value = float(x[n]) * scale
        equations = circuit.equations()
        z, u, w = x[:n], x[n + 2 : 2 * n + 2], x[2 * n + 2 :]
        J = equations.jacobian(0.0, z) / rate
        F = equations.rates(0.0, z) / rate
        phase = [q.real @ u + q.imag @ w - 1.0, q.real @ w - q.imag @ u]
        return np.concatenate([F, J @ u + x[n + 1] * w, J @ w - x[n + 1] * u, phase])

    unknowns = _newton(residual, unknowns, f"hopf_points: near {parameter.name} = {start[0]:g}")
    parameter.value = float(unknowns[n]) * scale
    point = operating_point(circuit, start[1])
    omega = float(unknowns[n + 1]) * rate
    q = unknowns[n + 2 : 2 * n + 2] + 1j * unknowns[2 * n + 2 :]
    q = q / np.linalg.norm(q)
    return HopfPoint(parameter.value, abs(omega) / (2.0 * np.pi), first_lyapunov(circuit, point.z, omega, q), point, q)


def _pair(point: OperatingPoint) -> complex:
    """The oscillation nearest to growing or decaying by nothing."""
    turning = point.eigenvalues[point.eigenvalues.imag > 0.0]
    if not len(turning):
        raise ConvergenceError("hopf_points: two values lie too far apart to see the oscillation set in; give more.")
    return complex(turning[np.argmin(np.abs(turning.real))])


def _newton(residual: Any, x: Array, what: str) -> Array:
    for _ in range(_ITERATIONS):
        r = residual(x)
        if np.max(np.abs(r)) < _TOLERANCE:
            return x
        steps = _STEP * np.eye(len(x))
        J = np.column_stack([(residual(x + step) - residual(x - step)) / (2.0 * _STEP) for step in steps])
        x = x - np.linalg.solve(J, r)
    raise ConvergenceError(f"{what}: Newton did not locate the Hopf point; give values nearer to it.", last=x)


def first_lyapunov(circuit: "Circuit", z: Array, omega: float, q: np.ndarray) -> float:
    """l1 at a Hopf point, for J q = i omega q of any norm (it goes with its square)."""
    equations = circuit.equations()

    def J(at: Array) -> Array:
        return equations.jacobian(0.0, at)

    def B(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        parts = [(J(z + _STEP_B * r) - J(z - _STEP_B * r)) / (2.0 * _STEP_B) for r in (x.real, x.imag)]
        return (parts[0] + 1j * parts[1]) @ y

    here = J(z)

    def second(r: Array) -> Array:
        return (J(z + _STEP_C * r) - 2.0 * here + J(z - _STEP_C * r)) / _STEP_C**2

    a, b = q.real, q.imag
    mixed = 0.25 * (second(a + b) - second(a - b))
    C = (second(a) - second(b) + 2j * mixed) @ q.conj()
    eigenvalues, vectors = np.linalg.eig(here.T)
    p = vectors[:, np.argmin(np.abs(eigenvalues + 1j * omega))]
    p = p / (p.conj() @ q).conj()
    steady = np.linalg.solve(here, B(q, q.conj()))
    twice = np.linalg.solve(2j * omega * np.eye(len(z)) - here, B(q, q))
    total = p.conj() @ (C - 2.0 * B(q, steady) + B(q.conj(), twice))
    return float(total.real / (2.0 * abs(omega)))
