# SPDX-License-Identifier: LGPL-3.0-or-later
r"""Conductance of a long conical channel with thin double layers: ions pile up in it, or are swept out.

R(x) falls from R_b at x = 0 (base) to R_t at x = L (tip), which is at potential V against the base. The salt n(x), in
units of the baths' concentration c, is carried by diffusion, by the flow Q and by conduction along the charged wall:

    d/dx [D pi R^2 n' - Q n + D (e/kT) E 2 pi R sigma/(2 F c)] = 0,    n(0) = n(L) = 1,    E = -(V/L) R_b R_t/R^2
    Q = pi R_b R_t eps zeta V/(eta L),    g(V)/g0 = (1/L) int n dx,    g0 = (pi R_b R_t/L) 2 F c D/V_T

It relaxes within tau = L^2/(12 D). For a uniform charge, with w = D eta/(V_T eps zeta), Du = sigma/(2 F c R_t) and
Pe = Q L/(D pi R_t^2),

    g/g0 = (1/L) int {1 + dg [(x/L) R_t/R - expm1(Pe (x/L) R_t^2/(R_b R))/expm1(Pe R_t/R_b)]} dx,
    dg = -2 w (1 - R_t/R_b) Du

T. M. Kamsma, W. Q. Boon, T. ter Rele, C. Spitoni, R. van Roij, Phys. Rev. Lett. 130, 268401 (2023). The theory is one
of small departures: its n(x) turns negative at strong voltages, and what then follows for g is no more than a trend.
Finite elements beside it: ``demos/cone_closed_form.py``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from scipy.integrate import quad_vec

from fem_ionics.cite import Reference, cite, register
from fem_ionics.constants import FARADAY, GAS
from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Electrolyte, checks
from fem_ionics.parameters.expression import Expression
from fem_ionics.reduced import given
from fem_ionics.reduced.given import Array

register(
    [
        Reference(
            "kamsma2023",
            "T. M. Kamsma, W. Q. Boon, T. ter Rele, C. Spitoni, R. van Roij",
            "Iontronic neuromorphic signaling with conical microfluidic memristors",
            "Phys. Rev. Lett. 130, 268401",
            2023,
            "10.1103/PhysRevLett.130.268401",
        )
    ]
)

#: Gauss points of a panel, panels without flow, and the largest Peclet number of a panel.
_POINTS, _PANELS, _PANEL_PECLET = 10, 32, 1.0

type Charge = float | Sequence[float] | Expression | Callable[[Array], Any]


@dataclass(frozen=True, eq=False)
class ConicalChannel:
    """A conical channel between two equal baths of a 1:1 salt.

    Parameters
    ----------
    tip_radius, base_radius, length
        R_t <= R_b and L, m; slender, with radii well above the Debye length.
    surface_charge
        C/m2: a number; a pair for a straight line from the base to the tip; or a function of the distances from the
        base (m): an `Expression` of "x", or any that takes an array.
    electrolyte
        A 1:1 salt whose ions diffuse alike, as `Electrolyte.symmetric` makes it: the theory has one D.
    zeta
        Potential of the wall that drives the flow, V; 0 without flow. By default that of Gouy and Chapman; of a charge
        that varies the mean with the weight 1/R^4, by which slip at the wall drives the flow if no pressure is applied.

    Raises
    ------
    ParameterError
        For values out of range, a tip wider than the base, other electrolytes, or a charge that is not finite.

    Examples
    --------
    >>> import fem_ionics as fi
    >>> from fem_ionics.units import e_nm2, mM, mV, nm, um
    >>> salt = fi.Electrolyte.symmetric(0.1 * mM, 1.75e-9, permittivity=80.23, viscosity=1.01e-3, temperature=293.15)
    >>> cone = fi.reduced.ConicalChannel(50 * nm, 200 * nm, 10 * um, -0.0015 * e_nm2, salt, zeta=-10.246 * mV)
    >>> round(float(cone.relative_conductance(0.5)), 4)
    1.5226
    """

    tip_radius: float
    base_radius: float
    length: float
    surface_charge: Charge
    electrolyte: Electrolyte
    zeta: float | None = None

    def __post_init__(self) -> None:
        owner = "ConicalChannel"
        for name in ("tip_radius", "base_radius", "length"):
            object.__setattr__(self, name, checks.positive(owner, name, getattr(self, name), "m"))
        if self.tip_radius > self.base_radius:
            raise ParameterError(
                f"{owner}: tip_radius = {self.tip_radius:g} m and base_radius = {self.base_radius:g} m were given; the "
                "tip is the narrow end."
            )
        given.monovalent(owner, self.electrolyte)
        if len(set(self.electrolyte.diffusivities)) > 1:
            raise ParameterError(
                f"{owner}: diffusivities {self.electrolyte.diffusivities} m2/s were given; the theory has one for both "
                "ions, as Electrolyte.symmetric makes it."
            )
        if self.zeta is not None:
            object.__setattr__(self, "zeta", checks.real(owner, "zeta", self.zeta))
        self.charge(np.linspace(0.0, self.length, 5))

    # what follows from the parameters

    @property
    def diffusivity(self) -> float:
        """D of both ions, m2/s."""
        return self.electrolyte.diffusivities[0]

    @property
    def ohmic_conductance(self) -> float:
        """g0, of the channel full of the baths' salt, S."""
        salt = 2.0 * FARADAY * self.electrolyte.concentrations[0] * self.diffusivity / self.electrolyte.thermal_voltage
        return np.pi * self.base_radius * self.tip_radius / self.length * salt

    @property
    def memory_time(self) -> float:
        """L^2/(12 D), s."""
        return self.length**2 / (12.0 * self.diffusivity)

    @property
    def uniform(self) -> bool:
        """Whether the charge was given as one number."""
        return not (callable(self.surface_charge) or np.ndim(self.surface_charge))

    def radius(self, x: Any) -> Array:
        """R at distances from the base, m."""
        return self.base_radius - (self.base_radius - self.tip_radius) * np.asarray(x, dtype=float) / self.length

    def charge(self, x: Any) -> Array:
        """Charge of the wall at distances (m) from the base, C/m2; ParameterError where it is not finite."""
        x = np.asarray(x, dtype=float)
        if isinstance(self.surface_charge, Expression):
            values: Any = self.surface_charge([x])
        elif callable(self.surface_charge):
            values = self.surface_charge(x)
        else:
            ends = given.reals("ConicalChannel", "surface_charge", self.surface_charge)
            if ends.shape not in ((), (2,)):
                raise ParameterError(
                    f"ConicalChannel: surface_charge = {self.surface_charge!r} was given; one number, the two at base "
                    "and tip, or a function of the distance from the base is needed (C/m2)."
                )
            base, tip = np.broadcast_to(ends, 2)
            values = base + (tip - base) * x / self.length
        return given.reals("ConicalChannel", "surface_charge", np.broadcast_to(values, x.shape))

    @property
    def wall_potential(self) -> float:
        """Potential of the wall that drives the flow, V: `zeta`, or what follows from the charge."""
        if self.zeta is not None:
            return self.zeta
        salt = self.electrolyte
        cite("grahame1947")
        scale = np.sqrt(8.0 * salt.absolute_permittivity * GAS * salt.temperature * salt.concentrations[0])
        grid = self._grid(0.0)
        psi = 2.0 * salt.thermal_voltage * np.arcsinh(self.charge(grid.x) / scale)
        weight = grid.weights / self.radius(grid.x) ** 4
        return float(np.sum(weight * psi) / np.sum(weight))

    def flow_rate(self, voltage: Any) -> Any:
        """Q from the base to the tip at given voltages (V), m3/s."""
        slip = self.electrolyte.absolute_permittivity * self.wall_potential / self.electrolyte.viscosity
        area = np.pi * self.base_radius * self.tip_radius
        return given.plain(area * slip * given.reals("flow_rate", "voltage", voltage) / self.length)

    # the channel under voltage

    def relative_conductance(self, voltage: Any) -> Any:
        """Steady conductance over `ohmic_conductance` at given voltages.

        Parameters
        ----------
        voltage
            Of the tip against the base, V; a number or an array.

        Raises
        ------
        ParameterError
            For voltages that are not finite.
        """
        volts = given.reals("ConicalChannel", "voltage", voltage)
        zeta = self.wall_potential
        cite("kamsma2023")
        values = [self._profile(v, zeta) for v in volts.ravel().tolist()]
        return given.plain(np.array([float(np.sum(grid.weights * n)) for grid, n in values]).reshape(volts.shape))

    def conductance(self, voltage: Any) -> Any:
        """Steady conductance at given voltages, S; as `relative_conductance`."""
        return self.ohmic_conductance * self.relative_conductance(voltage)

    def concentration(self, voltage: float) -> tuple[Array, Array]:
        """Steady salt in the channel.

        Returns
        -------
        tuple of array
            Distances from the base, m, and concentrations, mol/m3 (negative beyond the range of the theory).
        """
        grid, n = self._profile(checks.real("ConicalChannel", "voltage", voltage), self.wall_potential)
        return grid.x.ravel(), self.electrolyte.concentrations[0] * n.ravel()

    def _profile(self, voltage: float, zeta: float) -> tuple["_Grid", Array]:
        """n at the points of a grid.

        In s = int dx/R^2 the equation is n' - P n = f + c with P = eps zeta V/(eta D): n - 1 is marched in the
        direction in which the homogeneous solution decays.
        """
        salt = self.electrolyte
        P = salt.absolute_permittivity * zeta * voltage / (salt.viscosity * self.diffusivity)
        grid = self._grid(abs(P))
        source = voltage / salt.thermal_voltage * self.charge(grid.x) / FARADAY
        f = source / (salt.concentrations[0] * self.radius(grid.x))
        backwards = P > 0.0
        if backwards:
            f = -f[::-1, ::-1]
        m = _decaying(grid.lengths[::-1] if backwards else grid.lengths, f, abs(P))
        return grid, 1.0 + (m[::-1, ::-1] if backwards else m)

    def _grid(self, peclet: float) -> "_Grid":
        edges: tuple[float, ...] = ()
        if isinstance(self.surface_charge, Expression):
            edges = tuple(edge.position / self.length for edge in self.surface_charge.edges(self.length))
        # Doubled panels: few grids serve all voltages.
        panels = _PANELS * 2 ** int(np.ceil(np.log2(max(1.0, peclet / (_PANELS * _PANEL_PECLET)))))
        grid = _panels(self.tip_radius / self.base_radius, panels, edges)
        return grid._replace(x=grid.x * self.length)


class _Grid(NamedTuple):
    """Panels between base and tip.

    Attributes
    ----------
    lengths : (panels,) array
        In s, which grows from 0 to 1 as the integral of dx/R^2 does.
    x, weights : (panels, points) array
        Gauss points, x/L, and weights of the mean over x.
    """

    lengths: Array
    x: Array
    weights: Array


@lru_cache(maxsize=32)
def _panels(ratio: float, panels: int, edges: tuple[float, ...]) -> _Grid:
    """Panels no longer than 1/panels in s, none over which R changes much, none across an edge (x/L)."""
    radii = np.geomspace(1.0, ratio, _PANELS + 1)
    by_radius = (1.0 / radii - 1.0) * ratio / (1.0 - ratio) if ratio < 1.0 else np.array([0.0, 1.0])
    known = np.array([x * ratio / (1.0 - (1.0 - ratio) * x) for x in edges if 0.0 < x < 1.0])
    ends = np.unique(np.concatenate([np.linspace(0.0, 1.0, panels + 1), by_radius, known]).clip(0.0, 1.0))
    ends = ends[np.append(True, np.diff(ends) > 1e-12)]
    lengths = np.diff(ends)
    points, weights = _gauss()[:2]
    s = ends[:-1, None] + lengths[:, None] * points
    radius = ratio / (ratio + (1.0 - ratio) * s)
    return _Grid(lengths, s * radius / ratio, lengths[:, None] * weights * radius**2 / ratio)


@lru_cache(maxsize=1)
def _gauss() -> tuple[Array, Array, Array]:
    """Gauss points and weights on [0, 1], and the integrals of Lagrange's polynomials from 0 to each point."""
    points, weights = np.polynomial.legendre.leggauss(_POINTS)
    # Integrals of the Legendre polynomials from -1: int P_k = (P_{k+1} - P_{k-1})/(2k + 1).
    basis = np.polynomial.legendre.legvander(points, _POINTS)
    integrals = np.column_stack(
        [points + 1.0, *((basis[:, k + 1] - basis[:, k - 1]) / (2 * k + 1) for k in range(1, _POINTS))]
    )
    matrix = integrals @ np.linalg.inv(basis[:, :_POINTS])
    return 0.5 * (points + 1.0), 0.5 * weights, np.asarray(0.5 * matrix, dtype=np.float64)


def _decaying(lengths: Array, f: Array, p: float) -> Array:
    """m at the points of all panels for m' = -p m + f + c with m = 0 at both ends; p >= 0 and c is found."""
    points, weights, matrix = _gauss()
    h = lengths[:, None]
    grow = np.exp(p * h * points)
    inside = h * (f * grow) @ matrix.T / grow
    decay = np.exp(-p * lengths)
    gained = lengths * decay * np.sum(weights * f * grow, axis=1)
    start = np.zeros(len(lengths) + 1)
    for k, (less, more) in enumerate(zip(decay.tolist(), gained.tolist(), strict=True)):
        start[k + 1] = start[k] * less + more
    forced = inside + start[:-1, None] / grow
    s = np.concatenate([[0.0], np.cumsum(lengths)])
    one = _reach(s[:-1, None] + h * points, p)
    return forced - start[-1] / _reach(s[-1], p) * one


def _reach(s: Any, p: float) -> Any:
    """int_0^s exp(-p t) dt."""
    return -np.expm1(-p * s) / p if p else s


def uniform_conductance(channel: ConicalChannel, voltage: Any) -> Any:
    """g/g0 of a uniformly charged channel by the closed form, an integral over x.

    Parameters
    ----------
    channel
        Its `surface_charge` is one number.
    voltage
        Of the tip against the base, V; a number or an array.

    Raises
    ------
    ParameterError
        For another charge, or a channel without flow: the closed form divides by it.
    """
    volts = given.reals("uniform_conductance", "voltage", voltage)
    ratio = channel.tip_radius / channel.base_radius
    amplitude = rectification_amplitude(channel)
    salt = channel.electrolyte
    # Pe R_t/R_b; zero volts is a removable singularity.
    P = salt.absolute_permittivity * channel.wall_potential * volts / (salt.viscosity * channel.diffusivity)
    P = np.where(P == 0.0, 1e-12, P)

    def excess(x: float) -> Array:
        s = x * ratio / (1.0 - (1.0 - ratio) * x)
        # expm1(P s)/expm1(P), for P > 0 by what does not overflow.
        swept = np.exp(np.maximum(P, 0.0) * (s - 1.0)) * np.expm1(-np.abs(P) * s) / np.expm1(-np.abs(P))
        return np.asarray(s - swept)

    return given.plain(1.0 + amplitude * quad_vec(excess, 0.0, 1.0, epsabs=1e-12, epsrel=1e-12)[0])


def rectification_amplitude(channel: ConicalChannel) -> float:
    """dg = -2 w (1 - R_t/R_b) Du of a uniformly charged channel with flow; ParameterError for another one."""
    if not channel.uniform or channel.wall_potential == 0.0:
        raise ParameterError(
            "rectification_amplitude: the closed form holds for one surface_charge and a zeta other than zero; "
            "relative_conductance serves every channel."
        )
    salt = channel.electrolyte
    wall = channel.wall_potential
    w = channel.diffusivity * salt.viscosity / (salt.thermal_voltage * salt.absolute_permittivity * wall)
    dukhin = float(channel.charge(0.0)) / (2.0 * FARADAY * salt.concentrations[0] * channel.tip_radius)
    return -2.0 * w * (1.0 - channel.tip_radius / channel.base_radius) * dukhin
