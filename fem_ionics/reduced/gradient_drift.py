# SPDX-License-Identifier: LGPL-3.0-or-later
"""Brownian particles where the diffusivity varies: the convention of the noise decides, and the user names it.

With a = 0 (Ito), 1/2 (Stratonovich) or 1 (isothermal), in a potential U (kT),

    J = -D^a d_x(D^(1-a) c) - D c d_x U = -D e^-psi d_x(e^psi c),    psi = U + (1 - a) ln D.

Isothermal particles keep Boltzmann's equilibrium, c ~ e^-U: they are what ions in a liquid of one temperature do, and
what `fem_ionics.Diffusivity` states. The other conventions gather particles where they are slow, c ~ D^(a-1) e^-U;
`DiffusivityGradient.excess_potential` gives a finite-element model that excess.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from fem_ionics.cite import Reference, cite, register
from fem_ionics.constants import GAS
from fem_ionics.errors import ParameterError, nearest
from fem_ionics.parameters import Expression, as_expression, checks
from fem_ionics.physics import ExcessPotential
from fem_ionics.reduced import given
from fem_ionics.reduced.given import Array

register(
    [
        Reference(
            "marchesoni2013",
            "F. Marchesoni",
            "Drift in diffusion gradients",
            "Materials 6, 3598-3609",
            2013,
            "10.3390/ma6083598",
        ),
    ]
)

#: Convention -> a, the place in a step where the noise takes its strength: start, middle or end.
CONVENTIONS = {"Ito": 0.0, "Stratonovich": 0.5, "isothermal": 1.0}
_PANELS = 256


class SeamState(NamedTuple):
    """The steady state of a channel whose ends are joined where the diffusivity jumps.

    Attributes
    ----------
    flux
        J, mean concentration times m/s, towards larger x.
    x, concentration
        Positions (n,), m, and concentrations there over their mean.
    """

    flux: float
    x: Array
    concentration: Array


@dataclass(frozen=True, eq=False, repr=False)
class _Logarithm(Expression):
    """ln of an expression: `log` in NumPy, `ln` in UFL."""

    argument: Expression

    @property
    def children(self) -> tuple[Expression, ...]:
        return (self.argument,)

    def evaluate(self, x: Any, math: Any, value: Callable[[Expression], Any]) -> Any:
        logarithm = math.ln if hasattr(math, "ln") else math.log
        return logarithm(self.argument.evaluate(x, math, value))

    def __repr__(self) -> str:
        return f"ln({self.argument!r})"


@dataclass(frozen=True, eq=False)
class DiffusivityGradient:
    """A diffusivity that varies from x = 0 to `length`, and the convention of its noise.

    Parameters
    ----------
    diffusivity
        m2/s: number, pattern along "x" or function f(x, math), positive on the whole length.
    length
        m.
    convention
        "Ito", "Stratonovich" or "isothermal"; there is no default.
    potential
        U(x), kT: number, pattern or function.

    Raises
    ------
    ParameterError
        For another convention, or values out of range.

    Notes
    -----
    F. Marchesoni, Materials 6, 3598 (2013).
    """

    diffusivity: Any
    length: float
    convention: str
    potential: Any = 0.0

    def __post_init__(self) -> None:
        owner = "DiffusivityGradient"
        if self.convention not in CONVENTIONS:
            allowed = ", ".join(f'"{name}"' for name in CONVENTIONS)
            hint = nearest(self.convention, CONVENTIONS) if isinstance(self.convention, str) else ""
            raise ParameterError(f"{owner}: convention = {self.convention!r} was given; {allowed} are known.{hint}")
        checks.positive(owner, "length", self.length, "m")
        object.__setattr__(self, "diffusivity", as_expression(self.diffusivity))
        object.__setattr__(self, "potential", as_expression(self.potential))
        given.positives(owner, "diffusivity", self.diffusivity((np.linspace(0.0, self.length, 1001),)))
        cite("marchesoni2013")

    @property
    def exponent(self) -> float:
        """a of the convention."""
        return CONVENTIONS[self.convention]

    def diffusivity_at(self, x: Any) -> Any:
        """D, m2/s."""
        return self.diffusivity((np.asarray(x, float),))

    def drift_at(self, x: Any) -> Any:
        """a D' - D U', m/s: the drift of Ito's form, dx = drift dt + sqrt(2 D) dW."""
        x = np.asarray(x, float)
        # Of a given function, and never outside of the channel, where it may not exist.
        step = 1e-5 * self.length
        right, left = np.minimum(x + step, self.length), np.maximum(x - step, 0.0)
        slope = (self.diffusivity_at(right) - self.diffusivity_at(left)) / (right - left)
        force = (self.potential((right,)) - self.potential((left,))) / (right - left)
        return self.exponent * slope - self.diffusivity_at(x) * force

    def closed(self, x: Any) -> Any:
        """Concentration over its mean between reflecting ends, D^(a-1) e^-U: no flux.

        Raises
        ------
        ParameterError
            For positions outside of the channel.
        """
        nodes, weights = self._nodes()
        mean = float(np.sum(weights * np.exp(-self._psi(nodes))) / self.length)
        return given.plain(np.exp(-self._psi(self._inside("closed", x))) / mean)

    def open_flux(self, left: float, right: float) -> float:
        """Flux from a reservoir at x = 0 to one at `length`, m/s times the concentrations' unit.

        [c e^psi](0) - [c e^psi](L) over Int e^psi/D: none between equal isothermal reservoirs at one potential.

        Parameters
        ----------
        left, right
            Concentrations at the ends.
        """
        ends = np.exp(self._psi(np.array([0.0, self.length])))
        c = [checks.non_negative("open_flux", name, value) for name, value in (("left", left), ("right", right))]
        return float((ends[0] * c[0] - ends[1] * c[1]) / self._resistance(self.length))

    def exit_probability(self, start: float) -> float:
        """Chance of a particle from `start` (m) to leave at `length` rather than at 0, both absorbing.

        Int_0^start e^psi/D over Int_0^L e^psi/D, which is Int D^-a without a potential.

        Raises
        ------
        ParameterError
            For a start outside of the channel.
        """
        inside = float(self._inside("exit_probability", start))
        return float(self._resistance(inside) / self._resistance(self.length))

    def seam(self, points: int = 201) -> SeamState:
        """The steady state where what leaves at one end enters at the other, D c being continuous there.

        It is that of electrodes that release at one end what they take up at the other, each particle with the noise
        of where it is. For a linear D and no potential J = a cbar (D1 - D0)/L, and for isothermal particles
        c(x) = c(0) [1 - (1 - D0/D1) ln(D/D0)/ln(D1/D0)]; J = 0 for Ito.

        Parameters
        ----------
        points
            Number of positions, both ends included.
        """
        x = np.linspace(0.0, self.length, checks.integer("seam", "points", points))
        psi0, psi1 = self._psi(np.array([0.0, self.length]))
        d0, d1 = self.diffusivity_at(np.array([0.0, self.length]))
        whole = self._resistance(self.length)
        # c e^psi = K - J R(x) with K = 1, then scaled to a mean of 1.
        flux = (1.0 - d0 / d1 * np.exp(psi1 - psi0)) / whole
        nodes, weights = self._nodes()

        def concentration(at: Array) -> Array:
            return np.exp(-self._psi(at)) * (1.0 - flux * self._resistance(at))

        mean = float(np.sum(weights * concentration(nodes)) / self.length)
        return SeamState(float(flux / mean), x, concentration(x) / mean)

    def excess_potential(self, species: str, start: float = 0.0) -> ExcessPotential:
        """What a finite-element model needs beside `Diffusivity` to follow the convention, where it is not isothermal.

        (1 - a) RT ln(D/D(0)), as an entropy; zero at the channel's start. For models whose unknowns are concentrations,
        so that a `Bath` at the other end holds its concentration.

        Parameters
        ----------
        species
            Name of the ion or neutral species.
        start
            Coordinate of the channel's start in the model, m.
        """
        entropy = GAS * (self.exponent - 1.0) * _Logarithm(self.diffusivity / float(self.diffusivity_at(0.0)))
        return ExcessPotential(species, enthalpy=0.0, entropy=entropy.shifted(start))

    # integrals

    def _psi(self, x: Array) -> Array:
        return self.potential((x,)) + (1.0 - self.exponent) * np.log(self.diffusivity_at(x))

    def _inside(self, owner: str, x: Any) -> Array:
        values = given.reals(owner, "x", x)
        if np.any((values < 0.0) | (values > self.length)):
            raise ParameterError(f"{owner}: x = {x!r} was given; positions from 0 to {self.length:g} m are needed.")
        return values

    def _nodes(self) -> tuple[Array, Array]:
        """Nodes and weights of Gauss' rule on equal panels."""
        points, weights = np.polynomial.legendre.leggauss(8)
        left = self.length * np.arange(_PANELS)[:, None] / _PANELS
        half = 0.5 * self.length / _PANELS
        return (left + half * (points + 1.0)).ravel(), np.tile(half * weights, _PANELS)

    def _resistance(self, x: Any) -> Any:
        """Int_0^x e^psi/D, for one position or many."""
        at = np.atleast_1d(np.asarray(x, float))
        nodes, weights = (part.reshape(_PANELS, -1) for part in self._nodes())
        panels = np.sum(weights * np.exp(self._psi(nodes)) / self.diffusivity_at(nodes), axis=1)
        edges = np.linspace(0.0, self.length, _PANELS + 1)
        before = np.minimum(np.searchsorted(edges, at, side="right") - 1, _PANELS - 1)
        # The panel that x is in, up to x.
        points, rule = np.polynomial.legendre.leggauss(8)
        half = 0.5 * (at - edges[before])[:, None]
        within = edges[before][:, None] + half * (points + 1.0)
        part = np.sum(half * rule * np.exp(self._psi(within)) / self.diffusivity_at(within), axis=1)
        found = np.concatenate([[0.0], np.cumsum(panels)])[before] + part
        return found if np.ndim(x) else float(found[0])
