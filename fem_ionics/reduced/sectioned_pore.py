# SPDX-License-Identifier: LGPL-3.0-or-later
"""Poisson-Nernst-Planck along one line: everything is uniform over each section of a pore and its baths.

    (eps A phi')' = -(A F sum z c + q),   J_i = -A D_i (c_i' + z_i c_i phi' F/RT) constant

with the section's area A(z) and the fixed charge q(z) per length, wherever on the section it sits.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import splu

from fem_ionics.cite import cite
from fem_ionics.constants import FARADAY
from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.parameters import Electrolyte
from fem_ionics.reduced import given
from fem_ionics.reduced.given import Array

_ITERATIONS, _TOLERANCE = 60, 1e-9
#: Longest Newton step of a potential (RT/F) or a logarithm; longest and shortest step of a voltage, RT/F.
_LONGEST, _FIRST, _SMALLEST = 4.0, 2.0, 1e-3


@dataclass(frozen=True, eq=False)
class SectionedPore:
    """A pore with its baths as one line of sections.

    Parameters
    ----------
    z
        Nodes along the axis, m, shape (n,), increasing; both ends are baths of the electrolyte.
    area
        Of the sections between the nodes, m2, shape (n - 1,).
    charge
        Fixed charge of the slice around each node, C, shape (n,).
    electrolyte
        Ions of the baths.

    Raises
    ------
    ParameterError
        For shapes that do not match, nodes that do not increase, or areas that are not positive.

    Notes
    -----
    Fluxes between nodes are exponentially fitted (Scharfetter & Gummel, IEEE Trans. Electron Devices 16, 64 (1969)):
    concentrations stay positive, and the current is the same in each section.
    """

    z: Any
    area: Any
    charge: Any
    electrolyte: Electrolyte

    def __post_init__(self) -> None:
        owner = "SectionedPore"
        given.ionic(owner, self.electrolyte)
        z, charge = given.reals(owner, "z", self.z), given.reals(owner, "charge", self.charge)
        area = given.positives(owner, "area", self.area)
        if z.ndim != 1 or z.size < 3 or charge.shape != z.shape or area.shape != (z.size - 1,):
            raise ParameterError(
                f"{owner}: z, area and charge of shapes {z.shape}, {area.shape} and {charge.shape} were given; (n,), "
                "(n - 1,) and (n,) with n of 3 at least are needed."
            )
        if np.any(np.diff(z) <= 0.0):
            raise ParameterError(f"{owner}: the nodes z must increase.")
        for name, value in (("z", z), ("area", area), ("charge", charge)):
            object.__setattr__(self, name, value)
        cite("scharfetter1969")

    def currents(self, voltages: Any) -> Array:
        """Steady currents from the first to the last node, A.

        Parameters
        ----------
        voltages
            Of the first node above the last one, V, any number in any order.

        Raises
        ------
        ParameterError
            For voltages that are not finite.
        ConvergenceError
            Where no step along the voltage succeeds.
        """
        wanted = np.atleast_1d(given.reals("SectionedPore.currents", "voltages", voltages))
        scaled = wanted / self.electrolyte.thermal_voltage
        rest = self._equilibrium()
        found = np.zeros(wanted.size)
        for sign in (1.0, -1.0):
            unknowns, now = rest, 0.0
            for i in np.argsort(np.abs(scaled)):
                if sign * scaled[i] > 0.0:
                    unknowns, now = self._walk(unknowns, now, float(scaled[i])), float(scaled[i])
                    found[i] = self._current(unknowns)
        return found

    # the equations, with lengths in the longest step of z, potentials in RT/F and concentrations in that of the bath

    def _equilibrium(self) -> Array:
        """From no charge to all of it at 0 V."""
        unknowns = np.zeros((1 + len(self.electrolyte.species)) * self.z.size)
        for load in (0.05, 0.2, 0.5, 1.0):
            found = self._newton(unknowns, 0.0, load, 5 * _ITERATIONS)
            if found is None:
                raise ConvergenceError(f"SectionedPore: no equilibrium with {load:g} of the charge was found.")
            unknowns = found
        return unknowns

    def _walk(self, unknowns: Array, now: float, target: float) -> Array:
        while now != target:
            step = float(np.clip(target - now, -_FIRST, _FIRST))
            found = None
            while found is None:
                found = self._newton(unknowns, now + step, 1.0, _ITERATIONS)
                if found is None:
                    step *= 0.5
                    if abs(step) < _SMALLEST:
                        volts = now * self.electrolyte.thermal_voltage
                        raise ConvergenceError(f"SectionedPore: no step from {volts:g} V succeeds; use a finer line.")
            unknowns, now = found, target if abs(target - now - step) < 1e-12 * abs(target) else now + step
        return unknowns

    def _newton(self, unknowns: Array, voltage: float, load: float, most: int) -> Array | None:
        """Solution from a guess; None where it does not converge."""
        for _ in range(most):
            residual, jacobian = self._system(unknowns, voltage, load)
            change = -splu(jacobian).solve(residual)
            size = float(np.abs(change).max())
            if not np.isfinite(size):
                return None
            unknowns = unknowns + change * (_LONGEST / max(size, _LONGEST))
            if size < _TOLERANCE:
                return unknowns
        return None

    def _conductances(self) -> tuple[float, Array, Array]:
        """Unit of length, area over length of each section, and volume of each slice, scaled by that unit."""
        steps = np.diff(self.z)
        unit = float(steps.max())
        half = 0.5 * self.area * steps / unit**3
        return unit, self.area / steps / unit, np.concatenate([[0.0], half]) + np.concatenate([half, [0.0]])

    def _system(self, unknowns: Array, voltage: float, load: float) -> tuple[Array, csc_matrix]:
        """Residual and Jacobian for the potential and the logarithms of concentrations, one block for each."""
        salt, n = self.electrolyte, self.z.size
        unit, g, volume = self._conductances()
        strength = sum(abs(c) for c in salt.concentrations)
        screening = salt.absolute_permittivity * salt.thermal_voltage / (FARADAY * strength * unit**2)
        phi, *logs = unknowns.reshape(-1, n)
        step = np.diff(phi)
        entries = _Entries(n)
        poisson = _divergence(screening * g * step) + load * self.charge / (FARADAY * strength * unit**3)
        entries.couple(0, 0, -screening * g, screening * g)
        residuals = [poisson]
        for k, (ion, bulk, log) in enumerate(zip(salt.species, salt.concentrations, logs, strict=True), start=1):
            share = bulk / strength
            c = np.exp(log)
            poisson += ion.valence * share * volume * c
            entries.local(0, k, ion.valence * share * volume * c)
            left, right, slope = _fitted(ion.valence * step, c)
            residuals.append(-_divergence(g * (left - right)))
            entries.couple(k, k, -g * left, g * right)
            entries.couple(k, 0, g * ion.valence * slope, -g * ion.valence * slope)
        for rows, ends in zip(residuals, [(phi[0] - voltage, phi[-1]), *((w[0], w[-1]) for w in logs)], strict=True):
            rows[[0, -1]] = ends
        return np.concatenate(residuals), entries.matrix()

    def _current(self, unknowns: Array) -> float:
        salt = self.electrolyte
        unit, g, _ = self._conductances()
        phi, *logs = unknowns.reshape(-1, self.z.size)
        total = np.zeros(self.z.size - 1)
        for ion, bulk, log in zip(salt.species, salt.concentrations, logs, strict=True):
            left, right, _ = _fitted(ion.valence * np.diff(phi), np.exp(log))
            total += ion.valence * ion.diffusivity * bulk * g * (left - right)
        return float(FARADAY * unit * np.mean(total))


def _divergence(flux: Array) -> Array:
    """What flows into each slice from above less what leaves below; zero rows at both ends."""
    return np.concatenate([[0.0], np.diff(flux), [0.0]])


def _fitted(jump: Array, c: Array) -> tuple[Array, Array, Array]:
    """Flux B(jump) c_left - B(-jump) c_right in both parts, and its derivative by the jump (B(x) = x/(e^x - 1))."""
    small = np.abs(jump) < 1e-3
    x = np.where(small, 1.0, np.clip(jump, -300.0, 300.0))
    grown = np.expm1(x)
    up = np.where(small, 1.0 - jump / 2.0 + jump**2 / 12.0, x / grown)
    slope_up = np.where(small, -0.5 + jump / 6.0, (grown - x * (grown + 1.0)) / grown**2)
    # B(-x) = B(x) + x.
    down = up + np.where(small, jump, x)
    return up * c[:-1], down * c[1:], slope_up * c[:-1] - (slope_up + 1.0) * c[1:]


class _Entries:
    """Blocks of a sparse matrix whose inner rows couple neighbours and whose end rows hold values."""

    def __init__(self, n: int) -> None:
        self.n, self.inner = n, np.arange(1, n - 1)
        self.rows: list[Any] = []
        self.columns: list[Any] = []
        self.values: list[Array] = []
        self.blocks = 0

    def _add(self, block: int, rows: Any, other: int, columns: Any, values: Array) -> None:
        self.blocks = max(self.blocks, block + 1)
        self.rows.append(block * self.n + rows)
        self.columns.append(other * self.n + columns)
        self.values.append(values)

    def local(self, block: int, other: int, values: Array) -> None:
        """Derivative of each slice by its own unknown."""
        self._add(block, self.inner, other, self.inner, values[1:-1])

    def couple(self, block: int, other: int, left: Array, right: Array) -> None:
        """Derivatives of the divergence of a flux by the unknowns on both sides of each section."""
        at = self.inner
        self._add(block, at, other, at + 1, right[1:])
        self._add(block, at, other, at, left[1:] - right[:-1])
        self._add(block, at, other, at - 1, -left[:-1])

    def matrix(self) -> csc_matrix:
        """With the rows of both ends."""
        for block in range(self.blocks):
            for end in (0, self.n - 1):
                self._add(block, np.array([end]), block, np.array([end]), np.ones(1))
        size = self.blocks * self.n
        places = np.concatenate(self.rows), np.concatenate(self.columns)
        return csc_matrix((np.concatenate(self.values), places), shape=(size, size))
