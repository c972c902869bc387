# SPDX-License-Identifier: LGPL-3.0-or-later
"""A layer of 1:1 salt before an ideal cation-exchange membrane: limiting and over-limiting current in one dimension.

The membrane at y = 0 passes cations only and holds them at c_m; the bath at y = L has the salt at c0 and a potential V
above the membrane's. In units of L, c0, VT and with eps = Debye length / L,

    (c+)' + c+ phi' = I,    c- = exp(phi - V),    -2 eps^2 phi'' = c+ - c-,    phi(0) = 0, phi(1) = V

where I counts cations into the membrane in F D+ c0/L.

I. Rubinstein, L. Shtilman, J. Chem. Soc. Faraday Trans. 2 75, 231 (1979).
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import numpy as np
from scipy.integrate import solve_bvp

from fem_ionics.cite import cite
from fem_ionics.constants import FARADAY
from fem_ionics.errors import ConvergenceError
from fem_ionics.parameters import Electrolyte, checks
from fem_ionics.reduced import given
from fem_ionics.reduced.given import Array


def limiting_current(electrolyte: Electrolyte, length: float) -> float:
    """Current at which the salt at an ideal cation-exchange membrane runs out, 2 F D+ c0/L, A/m2.

    Parameters
    ----------
    electrolyte
        1:1 salt of the bath.
    length
        Of the layer, m.

    Raises
    ------
    ParameterError
        For a length that is not positive, or another electrolyte.
    """
    return 2.0 * _unit("limiting_current", electrolyte, length)


def thin_layer_current(voltage: Any, electrolyte: Electrolyte, length: float, membrane_concentration: float) -> Any:
    """Current density where the layer is neutral, A/m2: limiting current times 1 - sqrt(c_m/c0) exp(-V/2VT).

    Parameters
    ----------
    voltage
        Of the bath against the membrane, V: a number or an array.
    electrolyte
        1:1 salt of the bath.
    length
        m.
    membrane_concentration
        c_m of the cations at the membrane, mol/m3.

    Raises
    ------
    ParameterError
        For values out of range, or another electrolyte.
    """
    owner = "thin_layer_current"
    volts = given.reals(owner, "voltage", voltage)
    ratio = checks.positive(owner, "membrane_concentration", membrane_concentration, "mol/m3") / given.monovalent(
        owner, electrolyte
    )
    depletion = 1.0 - np.sqrt(ratio) * np.exp(-0.5 * volts / electrolyte.thermal_voltage)
    cite("rubinstein1979")
    return given.plain(limiting_current(electrolyte, length) * depletion)


@dataclass(frozen=True, eq=False)
class PolarisedLayer:
    """Steady layer at an ideal cation-exchange membrane, from the membrane (y = 0) to the bath.

    Attributes
    ----------
    voltage : float
        Of the bath against the membrane, V.
    current : float
        Density, A/m2, positive into the membrane.
    y, potential, cations, anions : (n,) array
        m, V and mol/m3 at the nodes of the solution.
    """

    voltage: float
    current: float
    y: Array
    potential: Array
    cations: Array
    anions: Array


def polarised_layer(
    voltage: Any, electrolyte: Electrolyte, length: float, membrane_concentration: float, tolerance: float = 1e-6
) -> tuple[PolarisedLayer, ...]:
    """Solve the layer with its space charge, one solution for each voltage.

    The field E = phi' obeys an equation without exponentials (Painleve's second; integrate the fluxes once):

        2 eps^2 E'' = eps^2 E^3 + (I y + A) E - I,    c+ + c- = eps^2 E^2 + I y + A,    c+ - c- = -2 eps^2 E'

    Parameters
    ----------
    voltage
        Of the bath against the membrane, V, zero or positive: a number or several in any order.
    electrolyte
        1:1 salt of the bath; eps is its Debye length over the length.
    length
        m.
    membrane_concentration
        c_m of the cations at the membrane, mol/m3.
    tolerance
        Relative residual of the collocation.

    Returns
    -------
    tuple of PolarisedLayer
        In the order of the voltages.

    Raises
    ------
    ParameterError
        For values out of range, or another electrolyte.
    ConvergenceError
        When the collocation fails at a voltage; a coarser `tolerance` may help.
    """
    owner = "polarised_layer"
    unit, c0 = _unit(owner, electrolyte, length), given.monovalent(owner, electrolyte)
    ratio = checks.positive(owner, "membrane_concentration", membrane_concentration, "mol/m3") / c0
    volts = np.atleast_1d(given.reals(owner, "voltage", voltage))
    for each in volts:
        checks.non_negative(owner, "voltage", float(each), "V")
    tolerance = checks.positive(owner, "tolerance", tolerance)
    cite("rubinstein1979")
    problem = _Layer(electrolyte.debye_length / length, ratio, tolerance)
    found = problem.march(volts / electrolyte.thermal_voltage)
    solutions = []
    for volt, solution in zip(volts, found, strict=True):
        y, (E, slope, phi), (current, constant) = solution.x, solution.y, solution.p
        total = (problem.eps * E) ** 2 + current * y + constant
        anions = np.exp(phi - phi[-1])
        solutions.append(
            PolarisedLayer(
                voltage=float(volt),
                current=float(current * unit),
                y=y * length,
                potential=phi * electrolyte.thermal_voltage,
                # The sum where it is exact to round-off, the difference where anions are as many.
                cations=c0 * np.where(anions < 0.5 * total, total - anions, anions - 2.0 * problem.eps**2 * slope),
                anions=c0 * anions,
            )
        )
    return tuple(solutions)


@dataclass(frozen=True)
class _Layer:
    """The problem in its units; unknown E, E', phi and the parameters I, A."""

    eps: float
    ratio: float
    tolerance: float
    longest_step: float = 3.0

    def equations(self, y: Array, unknown: Array, parameters: Array) -> Array:
        E, slope, _ = unknown
        current, constant = parameters
        square = self.eps**2
        bend = (square * E**3 + (current * y + constant) * E - current) / (2.0 * square)
        return np.vstack([slope, bend, E])

    def ends(self, left: Array, right: Array, parameters: Array, voltage: float) -> Array:
        current, constant = parameters
        square = self.eps**2
        cations = 0.5 * (square * left[0] ** 2 + constant) - square * left[1]
        total = square * right[0] ** 2 + current + constant
        return np.array([cations - self.ratio, total - 2.0, square * right[1], left[2], right[2] - voltage])

    def solve(self, voltage: float, guess: Any) -> Any:
        return solve_bvp(
            self.equations,
            lambda left, right, p: self.ends(left, right, p, voltage),
            guess.x,
            guess.y,
            guess.p,
            tol=self.tolerance,
            max_nodes=200_000,
        )

    def march(self, voltages: Array) -> list[Any]:
        """Solutions at all voltages, from equilibrium upwards in steps that halve where one fails."""
        found: dict[float, Any] = {}
        at, step, last = 0.0, self.longest_step, self.start()
        for target in sorted(set(voltages.tolist())):
            while target not in found:
                trial = min(at + step, target)
                solution = self.solve(trial, last)
                if solution.status == 0:
                    at, last, step = trial, _thinned(solution), min(1.5 * step, max(self.longest_step, 0.3 * trial))
                    if trial == target:
                        found[target] = solution
                elif step < 1e-3:
                    raise ConvergenceError(
                        f"polarised_layer: no solution at {trial:g} kT/e with a layer of {1 / self.eps:g} Debye "
                        f"lengths ({solution.message}). A coarser tolerance may help.",
                        reason=solution.message,
                    )
                else:
                    step *= 0.5
        return [found[each] for each in voltages.tolist()]

    def start(self) -> SimpleNamespace:
        """A neutral layer without current on a mesh graded towards the membrane."""
        y = np.concatenate([[0.0], np.geomspace(1e-2 * self.eps, 1.0, 200)])
        return SimpleNamespace(x=y, y=np.zeros((3, y.size)), p=np.array([0.0, 2.0]))


def _thinned(solution: Any, nodes: int = 300) -> SimpleNamespace:
    """Every n-th node: the collocation only ever adds some, and would drown in them along the march."""
    every = max(1, solution.x.size // nodes)
    kept = np.unique(np.append(np.arange(0, solution.x.size, every), solution.x.size - 1))
    return SimpleNamespace(x=solution.x[kept], y=solution.y[:, kept], p=solution.p)


def _unit(owner: str, electrolyte: Electrolyte, length: float) -> float:
    """F D+ c0/L, A/m2."""
    concentration = given.monovalent(owner, electrolyte)
    diffusivity = next(s.diffusivity for s in electrolyte.species if s.valence == 1)
    return FARADAY * diffusivity * concentration / checks.positive(owner, "length", length, "m")
