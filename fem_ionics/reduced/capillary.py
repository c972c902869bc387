# SPDX-License-Identifier: LGPL-3.0-or-later
"""A long charged capillary: ions and water driven along a tube whose cross-section is at equilibrium.

Across the tube, with psi the potential in kT/e against the (virtual) electrolyte in equilibrium with the cross-section,

    eps VT (1/r)(r psi')' = -F sum_i z_i c_i,    c_i = c_i0 exp(-z_i psi),    eps VT psi'(a) = sigma

Along it, forces X = (-dp*/dz, -d mu_1/dz, ...) drive the volume flow Q and the ions J_i, with p* = p - RT sum c_i:

    eta (1/r)(r u')' = -X_0 - sum_i c_i X_i,    J_i = int c_i (u + D_i X_i / RT) 2 pi r dr

R. J. Gross, J. F. Osterle, J. Chem. Phys. 49, 228 (1968).
"""

from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_bvp
from scipy.interpolate import CubicHermiteSpline

from fem_ionics.cite import cite
from fem_ionics.constants import FARADAY, GAS
from fem_ionics.errors import ConvergenceError
from fem_ionics.parameters import Electrolyte, checks
from fem_ionics.reduced import given
from fem_ionics.reduced.double_layer import zeta_potential
from fem_ionics.reduced.given import Array


@dataclass(frozen=True, eq=False)
class Capillary:
    """Coefficients of a long charged tube, for the whole cross-section.

    Attributes
    ----------
    electrolyte : Electrolyte
        In equilibrium with the cross-section.
    radius : float
        m.
    r, potential : (n,) array
        Distance from the axis, m, and potential, V.
    concentrations : (species, n) array
        mol/m3.
    matrix : (1 + species, 1 + species) array
        Fluxes (Q in m3/s, J_i in mol/s) = matrix @ forces (-dp*/dz in Pa/m, -d mu_i/dz in J/mol/m). Each column is the
        response to one force, computed by itself: symmetric (Onsager) up to the error of the discretisation.
    """

    electrolyte: Electrolyte
    radius: float
    r: Array
    potential: Array
    concentrations: Array
    matrix: Array

    @property
    def _molar_charges(self) -> Array:
        return FARADAY * np.array(self.electrolyte.valences, dtype=float)

    @property
    def area(self) -> float:
        """Of the cross-section, m2."""
        return np.pi * self.radius**2

    @property
    def zeta(self) -> float:
        """Potential of the wall, V."""
        return float(self.potential[-1])

    @property
    def conductivity(self) -> float:
        """Mean current density over the field, S/m, electro-osmosis included: equal salt and pressure at both ends."""
        return float(self._molar_charges @ self.matrix[1:, 1:] @ self._molar_charges) / self.area

    @property
    def electro_osmotic_mobility(self) -> float:
        """Mean velocity over the field, m2/(V s)."""
        return float(self.matrix[0, 1:] @ self._molar_charges) / self.area

    @property
    def streaming_coefficient(self) -> float:
        """Mean current density over -dp/dz without field, A m/N; equals `electro_osmotic_mobility` (Onsager)."""
        return float(self._molar_charges @ self.matrix[1:, 0]) / self.area

    @property
    def permeability(self) -> float:
        """Mean velocity over -dp/dz without field, a^2/(8 eta), m3 s/kg."""
        return float(self.matrix[0, 0]) / self.area

    @property
    def transference(self) -> dict[str, float]:
        """Species -> its share of the current in a field."""
        currents = self._molar_charges * (self.matrix[1:, 1:] @ self._molar_charges)
        return dict(zip(self.electrolyte.names, (currents / currents.sum()).tolist(), strict=True))

    def conductance(self, length: float) -> float:
        """Conductance of a tube of given length without its ends, S; ParameterError unless it is positive."""
        return self.conductivity * self.area / checks.positive("Capillary.conductance", "length", length, "m")


def capillary(
    radius: float, surface_charge: float, electrolyte: Electrolyte, slip: float = 0.0, tolerance: float = 1e-9
) -> Capillary:
    """Solve the cross-section of a long charged tube, and its response to every force.

    Parameters
    ----------
    radius
        a, m.
    surface_charge
        sigma, C/m2.
    electrolyte
        In equilibrium with the cross-section: any mixture of ions.
    slip
        Navier's slip length of the wall, m.
    tolerance
        Relative residual of the collocation of the Poisson-Boltzmann equation.

    Raises
    ------
    ParameterError
        For values out of range, or without ions.
    ConvergenceError
        When the Poisson-Boltzmann equation is not solved to the tolerance.
    """
    owner = "capillary"
    electrolyte = given.ionic(owner, electrolyte)
    radius = checks.positive(owner, "radius", radius, "m")
    sigma = checks.real(owner, "surface_charge", surface_charge)
    slip = checks.non_negative(owner, "slip", slip, "m")
    tolerance = checks.positive(owner, "tolerance", tolerance)
    x, psi, slope = _poisson_boltzmann(radius, sigma, electrolyte, tolerance)
    valences, bulk = np.array(electrolyte.valences)[:, None], np.array(electrolyte.concentrations)[:, None]
    c = bulk * np.exp(-valences * psi)
    cite("gross1968")
    return Capillary(
        electrolyte=electrolyte,
        radius=radius,
        r=x * radius,
        potential=psi * electrolyte.thermal_voltage,
        concentrations=c,
        matrix=_responses(x * radius, c, -valences * slope / radius * c, electrolyte, slip),
    )


def _poisson_boltzmann(
    radius: float, sigma: float, electrolyte: Electrolyte, tolerance: float
) -> tuple[Array, Array, Array]:
    """r/a, psi and a dpsi/dr at the nodes of the collocation, four times as dense."""
    valences, bulk = np.array(electrolyte.valences)[:, None], np.array(electrolyte.concentrations)[:, None]
    square = (radius / electrolyte.debye_length) ** 2 / (2.0 * electrolyte.ionic_strength)
    field = sigma * radius / (electrolyte.absolute_permittivity * electrolyte.thermal_voltage)

    def equations(x: Array, y: Array) -> Array:
        return np.vstack([y[1], -square * np.sum(valences * bulk * np.exp(-valences * y[0]), axis=0)])

    # y' = equations + S y/x: the 1/r of the Laplacian.
    singular = np.array([[0.0, 0.0], [0.0, -1.0]])
    thin = min(1.0, electrolyte.debye_length / radius, 1.0 / max(abs(field), 1.0))
    x = 1.0 - np.append(np.geomspace(1.0, 0.02 * thin, 120), 0.0)
    y = np.zeros((2, x.size))
    # The charge grows so that each step adds about one kT/e to the wall: none of them is far.
    steps = 1 + int(abs(zeta_potential(sigma, electrolyte)) / electrolyte.thermal_voltage)
    for part in np.sinh(np.arange(1, steps + 1)) / np.sinh(steps):
        solution = solve_bvp(
            equations,
            lambda left, right, part=part: np.array([left[1], right[1] - part * field]),
            x,
            y,
            S=singular,
            tol=tolerance if part == 1.0 else 1e-3,
            max_nodes=100_000,
        )
        if solution.status != 0:
            raise ConvergenceError(
                f"capillary: the Poisson-Boltzmann equation at {part * sigma:g} C/m2 in a tube of {radius:g} m: "
                f"{solution.message} A coarser tolerance may help.",
                reason=solution.message,
            )
        x, y = solution.x, solution.y
    quarters = np.concatenate([x[:-1] + part * np.diff(x) for part in (0.0, 0.25, 0.5, 0.75)])
    dense = np.append(np.sort(quarters), 1.0)
    psi, slope = solution.sol(dense)
    return dense, psi, slope


def _responses(r: Array, c: Array, slopes: Array, electrolyte: Electrolyte, slip: float) -> Array:
    """Fluxes for each unit force, by cubic splines with exact slopes at the nodes.

    Parameters
    ----------
    r : (n,) array
        m.
    c, slopes : (species, n) array
        Concentrations and their derivatives.
    """
    # Volume flows as a "species" of concentration 1 that does not diffuse.
    carried = np.vstack([np.ones_like(r), c])
    carried_slopes = np.vstack([np.zeros_like(r), slopes])
    mobilities = np.array([0.0, *electrolyte.diffusivities]) / (GAS * electrolyte.temperature)
    matrix = np.empty((len(carried), len(carried)))
    for k, (force, force_slope) in enumerate(zip(carried, carried_slopes, strict=True)):
        u, u_slope = _velocity(r, force, force_slope, electrolyte.viscosity, slip)
        drift = mobilities[k] * force
        for i, (each, each_slope) in enumerate(zip(carried, carried_slopes, strict=True)):
            density = each * u + (drift if i == k else 0.0)
            density_slope = each_slope * u + each * u_slope + (mobilities[k] * force_slope if i == k else 0.0)
            matrix[i, k] = _integrate(r, r * density, density + r * density_slope)[-1] * 2.0 * np.pi
    return matrix


def _velocity(r: Array, force: Array, slope: Array, viscosity: float, slip: float) -> tuple[Array, Array]:
    """u and u' of eta (1/r)(r u')' = -force with slip at the wall."""
    pushed = _integrate(r, r * force, force + r * slope) / viscosity
    inside = np.divide(pushed, r, out=np.zeros_like(r), where=r > 0.0)
    # At the axis u'' = -force/(2 eta).
    bend = np.divide(inside, r, out=0.5 * force / viscosity, where=r > 0.0) - force / viscosity
    u = -_integrate(r, inside, -bend)
    return u - u[-1] + slip * inside[-1], -inside


def _integrate(r: Array, values: Array, slopes: Array) -> Array:
    """Integral from the axis to each node."""
    return np.asarray(CubicHermiteSpline(r, values, slopes).antiderivative()(r))
