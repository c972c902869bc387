# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a description of a pore says to particles: its cell, the charges of its wall and what its baths hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from fem_ionics.errors import ModelError, ParameterError
from fem_ionics.geometry import Domain
from fem_ionics.lemc.arrangements import Arrangement, Smeared
from fem_ionics.lemc.cell import PoreCell
from fem_ionics.lemc.charges import PointCharges, joined, place
from fem_ionics.lemc.room import check_apart
from fem_ionics.lemc.wall_potential import Zone
from fem_ionics.parameters import Electrolyte, Expression, Parameter, checks
from fem_ionics.physics import Bath, SurfaceCharge
from fem_ionics.units import e_nm2, nm

Floats = npt.NDArray[np.float64]

#: Names of a pore's openings, wall and membrane in the geometry room.
OPENINGS = ("cis", "trans")
_WALL = "pore wall"
#: Length of the pieces in which a charge that varies along the wall is smeared, nm.
_PIECE = 0.1
#: Largest |sum z c| of a bath that counts as neutral, relative to sum |z| c.
_NEUTRAL = 1e-9


@dataclass(frozen=True)
class WallCharges:
    """Charges of the pore's wall that are not smeared over it.

    Parameters
    ----------
    arrangement
        `Rings`, `SquareGrid`, `Helix`, `RandomCharges` or `Oxygens`.
    between
        Heights of the charged zone, m, with 0 in the middle of the pore; the whole wall by default.

    Raises
    ------
    ParameterError
        For what is no arrangement, and unless two ascending heights are given.
    """

    arrangement: Arrangement
    between: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.arrangement, Arrangement):
            names = ", ".join(kind.__name__ for kind in Arrangement.__args__)
            raise ParameterError(f"WallCharges: {self.arrangement!r} was given; one of {names} is needed.")
        if self.between is None:
            return
        heights = tuple(self.between)
        if len(heights) != 2:
            raise ParameterError(f"WallCharges: between = {self.between!r} was given; two heights, m, are needed.")
        low, high = (checks.real("WallCharges", "between", each) for each in heights)
        if low >= high:
            raise ParameterError(f"WallCharges: between = {self.between!r} m was given; ascending heights are needed.")
        object.__setattr__(self, "between", (low, high))


@dataclass(frozen=True, eq=False)
class Device:
    """A pore between two baths, its parameters read when its properties are asked for.

    Parameters
    ----------
    electrolyte
        The ions.
    cell
        Where they are.
    baths
        cis and trans.
    smeared
        Charges of the wall, C/m2, functions of the position.
    walls
        Other charges of the wall.
    """

    electrolyte: Electrolyte
    cell: PoreCell
    baths: tuple[Bath, Bath]
    smeared: tuple[SurfaceCharge, ...]
    walls: tuple[WallCharges, ...]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """In order of appearance."""
        expressions: list[Expression] = [each.density for each in self.smeared]
        for bath in self.baths:
            expressions += [bath.potential, *(value for _, value in bath.concentrations)]
        return tuple(dict.fromkeys(p for each in expressions for p in each.parameters))

    def voltages(self) -> tuple[float, float]:
        """Of the cis and the trans bath, kT/e."""
        cis, trans = (float(bath.potential(())) / self.electrolyte.thermal_voltage for bath in self.baths)
        return cis, trans

    def bath(self, side: int) -> dict[str, float]:
        """Concentrations of one bath, mol/m3, in the order of the electrolyte.

        Raises
        ------
        ModelError
            Unless they are positive and neutral.
        """
        values = {name: float(value(())) for name, value in self.baths[side].concentrations}
        listed = ", ".join(f"{name} {value:g}" for name, value in values.items())
        where = f'Bath(on="{OPENINGS[side]}"): {listed} mol/m3 at the present parameters'
        if not all(np.isfinite(value) and value > 0.0 for value in values.values()):
            raise ModelError(f"{where}; positive concentrations are needed: give an ion that no bath has a trace.")
        charges = [self.electrolyte[name].valence * value for name, value in values.items()]
        if abs(sum(charges)) > _NEUTRAL * sum(map(abs, charges)):
            raise ModelError(f"{where} is not neutral (sum z c = {sum(charges):.6g} mol/m3); balance its ions.")
        return {name: values[name] for name in self.electrolyte.names}

    def zones(self) -> tuple[Zone, ...]:
        """Smeared charge: density, e/nm2, lower and upper height, depth, nm; neighbours of one density are joined."""
        zones: list[Zone] = []
        if self.smeared:
            edges = self._edges()
            total = self._density(edges)
            for low, high, density in zip(edges[:-1].tolist(), edges[1:].tolist(), total.tolist(), strict=True):
                if zones and zones[-1][0] == density:
                    zones[-1] = (density, zones[-1][1], high, 0.0)
                else:
                    zones.append((density, low, high, 0.0))
        for wall in self.walls:
            if isinstance(wall.arrangement, Smeared):
                low, high = _heights(wall, self.cell)
                zones.append((wall.arrangement.density / e_nm2, low, high, wall.arrangement.depth / nm))
        return tuple(zone for zone in zones if zone[0])

    def signature(self) -> tuple[Any, ...]:
        """What tells problems apart, with every parameter at one."""
        ones = dict.fromkeys(self.parameters, 1.0)
        baths = []
        for bath in self.baths:
            values = [(name, float(value((), value=ones))) for name, value in bath.concentrations]
            baths.append((float(bath.potential((), value=ones)), sorted(values)))
        densities = self._density(self._edges(), ones).tolist() if self.smeared else []
        names = tuple((p.name, p.unit) for p in self.parameters)
        return (repr(self.electrolyte), self.cell, repr(baths), tuple(densities), self.walls, names)

    def _edges(self) -> Floats:
        """Of the pieces of a smeared wall, nm."""
        half = 0.5 * self.cell.length
        return np.linspace(-half, half, max(1, int(np.ceil(self.cell.length / _PIECE - 1e-9))) + 1)

    def _density(self, edges: Floats, value: Mapping[Parameter, float] | None = None) -> Floats:
        """Mean smeared charge of each piece, e/nm2: at two Gauss points, so that a jump in its middle is seen."""
        middle, reach = 0.5 * (edges[1:] + edges[:-1]), 0.5 * np.diff(edges) / np.sqrt(3.0)
        total = np.zeros(len(middle))
        for z in (middle - reach, middle + reach):
            place = (nm * self.cell.radius(z), np.zeros(len(z)), nm * z)
            total += 0.5 * np.sum([each.density(place, value=value) + 0.0 * z for each in self.smeared], axis=0)
        return total / e_nm2

    def points(self) -> PointCharges | None:
        """Charges that are not smeared; ParameterError where they lie in one another."""
        local = [wall for wall in self.walls if not isinstance(wall.arrangement, Smeared)]
        if not local:
            return None
        placed = [place(w.arrangement, self.cell, None if w.between is None else _heights(w, self.cell)) for w in local]
        points = joined(*placed).points
        check_apart(points, self.cell)
        return points


def device(electrolyte: Electrolyte, pore: Domain, conditions: Iterable[Any], segments: int = 33) -> Device:
    """Read a pore and what is said about it.

    Parameters
    ----------
    electrolyte
        The ions.
    pore
        An axisymmetric pore of the geometry room; only its shape is used, not its mesh.
    conditions
        Two `Bath`, any number of `SurfaceCharge` on "pore wall" and of `WallCharges`.
    segments
        Points of the polyline of a wall that bends.

    Raises
    ------
    ModelError
        For a domain that is no pore between reservoirs, conditions of other kinds or on other boundaries, and unless
        each opening has one bath, which names every ion.
    """
    shape = getattr(pore, "shape", None)
    if shape is None or shape.reservoir is None:
        raise ModelError(
            f"NPLEMC: {getattr(pore, 'name', pore)!r} was given; an axisymmetric pore between reservoirs is needed, as "
            "fi.geometry.cylindrical_pore, conical_pore or pore make it."
        )
    z, r = shape.polyline(segments)
    width, height = shape.reservoir
    cell = PoreCell(tuple((z / nm).tolist()), tuple((r / nm).tolist()), width / nm, height / nm)
    stated = tuple(conditions) if isinstance(conditions, Iterable) else (conditions,)
    for each in stated:
        if not isinstance(each, Bath | SurfaceCharge | WallCharges):
            raise ModelError(
                f"NPLEMC: {type(each).__name__} was given; particles know Bath, SurfaceCharge and lemc.WallCharges. "
                "Flow, reactions and other materials need the finite-element models."
            )
        if isinstance(each, SurfaceCharge) and set(each.on) != {_WALL}:
            raise ModelError(f'NPLEMC: SurfaceCharge(on={list(each.on)}) was given; on="{_WALL}" is allowed.')
        if isinstance(each, Bath):
            _check_bath(each)
        if isinstance(each, WallCharges):
            _heights(each, cell)
    baths = tuple(_bath(electrolyte, stated, name) for name in OPENINGS)
    return Device(
        electrolyte=electrolyte,
        cell=cell,
        baths=(baths[0], baths[1]),
        smeared=tuple(each for each in stated if isinstance(each, SurfaceCharge)),
        walls=tuple(each for each in stated if isinstance(each, WallCharges)),
    )


def _check_bath(given: Bath) -> None:
    if not given.on or not set(given.on) <= set(OPENINGS):
        raise ModelError(f'NPLEMC: Bath(on={list(given.on)}) was given; on="cis" and on="trans" are allowed.')
    if given.pressure.parameters or float(given.pressure(())) != 0.0:
        raise ModelError(
            f"NPLEMC: Bath(on={list(given.on)}) has a pressure, and particles no flow; leave it out, or take PNPS."
        )


def _bath(electrolyte: Electrolyte, conditions: Sequence[Any], name: str) -> Bath:
    found = [each for each in conditions if isinstance(each, Bath) and name in each.on]
    if len(found) != 1:
        raise ModelError(
            f'NPLEMC: {len(found)} baths on "{name}" were given; one on each of "cis" and "trans" is needed.'
        )
    named: Mapping[str, Any] = dict(found[0].concentrations)
    if set(named) != set(electrolyte.names):
        raise ModelError(
            f'Bath(on="{name}"): it holds {", ".join(named)}, the electrolyte {", ".join(electrolyte.names)}; every '
            "ion of the electrolyte, and no other, is needed."
        )
    return found[0]


def _heights(wall: WallCharges, cell: PoreCell) -> tuple[float, float]:
    half = 0.5 * cell.length
    if wall.between is None:
        return -half, half
    low, high = (each / nm for each in wall.between)
    if not -half - 1e-9 <= low < high <= half + 1e-9:
        raise ModelError(
            f"WallCharges: between = {wall.between!r} m was given; ascending heights within the pore, from "
            f"{-half * nm:g} to {half * nm:g} m, are needed."
        )
    return low, high
