# SPDX-License-Identifier: LGPL-3.0-or-later
"""Poisson-Nernst-Planck with exponential fitting on triangles around an axis (EAFE), in numpy and scipy.

J. Xu, L. Zikatanov, Math. Comp. 68, 1429 (1999). The flux along an edge i-j is the Scharfetter-Gummel one,

    w_ij D (B(-d) c_j - B(d) c_i),   d = z (phi_j - phi_i),   B(x) = x/(exp(x) - 1),

with w_ij = -int grad l_i . grad l_j r dr dz of the linear basis functions. An edge inside a mesh gets
r_T cot(angle opposite)/2 from each of its triangles, r_T being their mean distance from the axis; the matrix has the
signs of a maximum principle where no sum is negative.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import splu

import fem_ionics as fi
from fem_ionics.errors import ConvergenceError

# isort: split
# DOLFINx comes after fem_ionics.
from dolfinx.mesh import entities_to_geometry


@dataclass(frozen=True)
class Triangles:
    """Points (r, z), triangles, named nodes and the facets of the charged wall, in mesh units.

    Parameters
    ----------
    points
        Shape (nodes, 2).
    cells
        Shape (triangles, 3).
    nodes
        Boundary -> its nodes.
    wall
        Facets, shape (n, 2).
    """

    points: Any
    cells: Any
    nodes: dict[str, Any]
    wall: Any

    @classmethod
    def of(cls, domain: Any) -> "Triangles":
        """From an axisymmetric domain of straight triangles."""
        mesh = domain.mesh
        names = {name: entities_to_geometry(mesh, 1, domain.facets(name)) for name in WALLS_AND_ENDS}
        ends = {name: np.unique(names[name]) for name in ("cis", "trans")}
        return cls(mesh.geometry.x[:, :2], mesh.geometry.dofmaps[0].astype(int), ends, names["pore wall"])

    @property
    def edges(self) -> tuple[Any, Any]:
        """Edges with nodes in ascending order, shape (edges, 2), and which one is opposite corner k of each cell."""
        pairs = np.sort(self.cells[:, [[1, 2], [2, 0], [0, 1]]], axis=-1).reshape(-1, 2)
        edges, index = np.unique(pairs, axis=0, return_inverse=True)
        return edges, index.reshape(-1, 3)

    def cotangents(self) -> Any:
        """Of the angles at the three corners, shape (triangles, 3)."""
        return np.stack([_cotangent(self.points[np.roll(self.cells, -k, axis=1)]) for k in range(3)], axis=1)

    @property
    def areas(self) -> Any:
        """Of the triangles in the half plane."""
        a, b, c = np.moveaxis(self.points[self.cells], 1, 0)
        return 0.5 * np.abs(_cross(b - a, c - a))

    def weights(self) -> Any:
        """w_ij of the edges."""
        edges, index = self.edges
        radius = self.points[self.cells, 0].mean(axis=1)
        return np.bincount(index.ravel(), (0.5 * radius[:, None] * self.cotangents()).ravel(), len(edges))

    def masses(self, lumped: bool) -> Any:
        """Matrix of int l_i l_j r, or its row sums on the diagonal."""
        r = self.points[self.cells, 0]
        # int l_i l_j l_k over a triangle is its area times 1/10 (all equal), 1/30 (two) or 1/60 (none).
        local = (np.ones((3, 3)) + np.eye(3)) * (r.sum(axis=1)[:, None, None] + r[:, :, None] + r[:, None, :])
        local *= self.areas[:, None, None] / 60.0
        rows = np.repeat(self.cells[:, :, None], 3, axis=2)
        matrix = sp.csr_array((local.ravel(), (rows.ravel(), rows.transpose(0, 2, 1).ravel())))
        return sp.diags_array(matrix.sum(axis=1)).tocsr() if lumped else matrix

    def charged(self) -> Any:
        """int l_i r over the wall."""
        first, second = self.wall.T
        r = self.points[:, 0]
        length = np.linalg.norm(self.points[first] - self.points[second], axis=1)
        parts = np.concatenate([length * (2 * r[first] + r[second]), length * (r[first] + 2 * r[second])]) / 6.0
        return np.bincount(self.wall.T.ravel(), parts, len(self.points))

    def delaunay(self) -> "Triangles":
        """Edges inside flipped (Lawson) until the angles opposite each of them sum up to 180 degrees at most."""
        cells = [tuple(cell) for cell in self.cells.tolist()]
        around: dict[frozenset[int], set[int]] = {}
        for number, cell in enumerate(cells):
            for edge in _sides(cell):
                around.setdefault(edge, set()).add(number)
        waiting = list(around)
        while waiting:
            edge = waiting.pop()
            if len(around[edge]) < 2:
                continue
            left, right = around[edge]
            i, j = edge
            (a,), (b,) = (set(cells[number]) - edge for number in (left, right))
            if sum(_cotangent(self.points[[[top, i, j]]])[0] for top in (a, b)) > -1e-9:
                continue
            for number in (left, right):
                for side in _sides(cells[number]):
                    around[side].discard(number)
            cells[left], cells[right] = (a, b, i), (a, b, j)
            for number in (left, right):
                for side in _sides(cells[number]):
                    around.setdefault(side, set()).add(number)
                    waiting.append(side)
        return Triangles(self.points, np.array(cells), self.nodes, self.wall)


#: A longer step, in scaled variables, leads nowhere: wall concentrations reach 1e4.
LOST = 1e9
WALLS_AND_ENDS = ("cis", "trans", "pore wall")


def _cross(a: Any, b: Any) -> Any:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _cotangent(corners: Any) -> Any:
    """Of the angle at the first corner, shape (n,) from (n, 3, 2)."""
    b, c = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    return np.sum(b * c, axis=1) / np.abs(_cross(b, c))


def _sides(cell: tuple[int, ...]) -> list[frozenset[int]]:
    a, b, c = cell
    return [frozenset((b, c)), frozenset((c, a)), frozenset((a, b))]


def bernoulli(x: Any) -> tuple[Any, Any]:
    """B(x) = x/(exp(x) - 1) and its derivative."""
    small = np.abs(x) < 1e-3
    safe = np.where(small, 1.0, np.clip(x, -600.0, 600.0))
    value = np.where(small, 1.0 - x / 2.0 + x * x / 12.0, safe / np.expm1(safe))
    slope = np.where(small, -0.5 + x / 6.0, value / safe * (1.0 - value - safe))
    return value, slope


class Fitted:
    """EAFE of an electrolyte of two ions in a pore with a charged wall.

    Parameters
    ----------
    triangles
        The mesh.
    electrolyte
        With which both baths are filled.
    unit
        Of the mesh, m.
    charge
        Of the pore wall, C/m2.
    lumped
        The charge of the ions is lumped at the nodes.
    logarithmic
        Newton's variables are phi and ln c + z phi instead of phi and c. The solution is the same.
    """

    def __init__(
        self, triangles: Triangles, electrolyte: Any, unit: float, charge: float, lumped: bool, logarithmic: bool
    ) -> None:
        self.triangles, self.logarithmic = triangles, logarithmic
        self.scales = fi.Scales.of(electrolyte, unit)
        self.valences = electrolyte.valences
        self.diffusivities = [each / self.scales.diffusivity for each in electrolyte.diffusivities]
        self.count = len(triangles.points)
        (first, second), everyone = triangles.edges[0].T, np.arange(len(triangles.edges[0]))
        shape = (len(everyone), self.count)
        self.start = sp.csr_array((np.ones(len(everyone)), (everyone, first)), shape=shape)
        self.end = sp.csr_array((np.ones(len(everyone)), (everyone, second)), shape=shape)
        self.difference = self.end - self.start
        self.weights = triangles.weights()
        self.stiffness = self.scales.poisson * (self.difference.T @ sp.diags_array(self.weights) @ self.difference)
        self.mass = triangles.masses(lumped)
        self.wall = charge / self.scales.surface_charge * triangles.charged()
        held = np.concatenate([triangles.nodes["cis"], triangles.nodes["trans"]])
        free = np.setdiff1d(np.arange(self.count), held)
        # Node by node: the factors of a matrix ordered so are sparser.
        self.free = (free[:, None] + self.count * np.arange(3)).ravel()

    @property
    def unknowns(self) -> int:
        """Number of unknowns, held ones included, as the package counts."""
        return 3 * self.count

    def concentrations(self, x: Any) -> list[Any]:
        """Nodal, scaled."""
        phi, *ions = x.reshape(3, -1)
        if not self.logarithmic:
            return list(ions)
        return [np.exp(mu - z * phi) for z, mu in zip(self.valences, ions, strict=True)]

    def residual(self, x: Any, derivative: bool = True) -> tuple[Any, Any]:
        """Of all three equations at all nodes, and its derivative."""
        phi, ions = x[: self.count], self.concentrations(x)
        step = self.difference @ phi
        charge = sum(z * c for z, c in zip(self.valences, ions, strict=True))
        parts = [self.stiffness @ phi - self.mass @ charge - self.wall]
        blocks: list[list[Any]] = [[self.stiffness, *(-z * self.mass for z in self.valences)]]
        for position, (z, c, diffusivity) in enumerate(zip(self.valences, ions, self.diffusivities, strict=True)):
            (ahead, ahead_slope), (back, back_slope) = bernoulli(-z * step), bernoulli(z * step)
            weights = diffusivity * self.weights
            parts.append(self.difference.T @ (weights * (ahead * (self.end @ c) - back * (self.start @ c))))
            if derivative:
                slope = -z * weights * (ahead_slope * (self.end @ c) + back_slope * (self.start @ c))
                of_c = self.difference.T @ (
                    sp.diags_array(weights * ahead) @ self.end - sp.diags_array(weights * back) @ self.start
                )
                row: list[Any] = [self.difference.T @ sp.diags_array(slope) @ self.difference, None, None]
                row[1 + position] = of_c
                blocks.append(row)
        return np.concatenate(parts), self._in_variables(blocks, ions) if derivative else None

    def _in_variables(self, blocks: list[list[Any]], ions: list[Any]) -> Any:
        """The derivative by Newton's variables from that by phi and c."""
        if self.logarithmic:
            for row in blocks:
                for position, (z, c) in enumerate(zip(self.valences, ions, strict=True), start=1):
                    if row[position] is not None:
                        row[position] = row[position] @ sp.diags_array(c)
                        row[0] = row[0] - z * row[position]
        return sp.block_array(blocks, format="csr")

    def rest(self) -> Any:
        """Poisson-Boltzmann equilibrium, where Newton starts."""
        phi = np.zeros(self.count)
        free = self.free[::3]
        for _ in range(50):
            ions = [np.exp(-z * phi) for z in self.valences]
            charge = sum(z * c for z, c in zip(self.valences, ions, strict=True))
            density = sum(z * z * c for z, c in zip(self.valences, ions, strict=True))
            value = self.stiffness @ phi - self.mass @ charge - self.wall
            step = _solved((self.stiffness + self.mass @ sp.diags_array(density))[free][:, free], value[free])
            # Longer steps overshoot into huge exponentials.
            phi[free] -= step * min(1.0, 2.0 / np.abs(step).max())
            if np.linalg.norm(step) < 1e-9 * np.linalg.norm(phi):
                break
        filled = [np.zeros(self.count)] * 2 if self.logarithmic else [np.exp(-z * phi) for z in self.valences]
        return np.concatenate([phi, *filled])

    def solve(self, voltage: float, guess: Any) -> tuple[Any, int]:
        """Full Newton steps; ConvergenceError where they fail. Stops as the package's Newton does."""
        x = guess.copy()
        for name, value in (("cis", voltage / self.scales.potential), ("trans", 0.0)):
            nodes = self.triangles.nodes[name]
            x[nodes] = value
            for position, z in enumerate(self.valences, start=1):
                x[position * self.count + nodes] = z * value if self.logarithmic else 1.0
        for iteration in range(1, 31):
            with np.errstate(over="ignore", invalid="ignore"):
                value, derivative = self.residual(x)
            if not (np.isfinite(value).all() and np.isfinite(derivative.data).all()):
                break
            step = _solved(derivative[self.free][:, self.free], value[self.free])
            x[self.free] -= step
            if np.linalg.norm(step) > LOST:
                # Pivoting on numbers that explode would fill the factors.
                break
            if np.linalg.norm(step) < 1e-9 * np.linalg.norm(x):
                return x, iteration
        raise ConvergenceError("EAFE: no convergence.", reason="", iterations=iteration)

    def currents(self, x: Any) -> tuple[float, float]:
        """Current out of the trans bath and into the cis bath's side of the liquid, A."""
        value, _ = self.residual(x, derivative=False)
        charge = sum(z * part for z, part in zip(self.valences, value.reshape(3, -1)[1:], strict=True))
        ampere = 2.0 * np.pi * self.scales.current_density * (self.scales.length**2)
        cis, trans = (float(ampere * charge[self.triangles.nodes[name]].sum()) for name in ("cis", "trans"))
        return -trans, cis

    def nodal(self, x: Any) -> tuple[Any, list[Any]]:
        """Scaled potential and concentrations at the nodes."""
        return x[: self.count], self.concentrations(x)


def _solved(matrix: Any, value: Any) -> Any:
    try:
        return splu(matrix.tocsc(), permc_spec="MMD_AT_PLUS_A").solve(value)
    except RuntimeError as error:
        raise ConvergenceError(f"EAFE: {error}", reason="", iterations=0) from error
