# SPDX-License-Identifier: LGPL-3.0-or-later
"""From a device at its present parameters to what its replicas sample: system, bins, fields and ends."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from mpi4py import MPI

from fem_ionics.errors import ParameterError
from fem_ionics.lemc.arrangements import Rings, Smeared
from fem_ionics.lemc.bulk import bulk
from fem_ionics.lemc.cell import PoreCell
from fem_ionics.lemc.device import Device
from fem_ionics.lemc.grid import TensorGrid, pore_grid
from fem_ionics.lemc.nernst_planck import NernstPlanck
from fem_ionics.lemc.primitive import ion_radii
from fem_ionics.lemc.replica import Drive, shifts_of
from fem_ionics.lemc.room import check_approach, check_fits
from fem_ionics.lemc.system import Moves, System
from fem_ionics.lemc.wall_potential import smeared_potential
from fem_ionics.parameters import checks
from fem_ionics.units import nm

Floats = npt.NDArray[np.float64]

#: Insertions and deletions, which equilibrate the pore with its baths, take half of the trials.
_MOVES = Moves(displace=0.4, jump=0.1, single=0.5)
#: Length of the zones of the pore and of the baths that insertions choose alike, nm.
_ZONE = 1.5
#: Width of bins around at the wall, nm, and fewest of them, where charges are neither smeared nor on rings.
_WIDE, _FEWEST = 0.25, 8
#: Longest displacement, nm, and part of the narrowest radius that it may be.
_STEP, _PART = 0.3, 0.5


class Setting:
    """What does not change from point to point, and what of it follows from the parameters.

    Parameters
    ----------
    device
        The pore.
    radii
        Ion -> radius, m, for those that are not to have Pauling's.
    diffusivities
        Ion -> diffusivity in the pore, m2/s, where it differs from that in the baths.
    finest, largest, angles
        Of the bins, as `NPLEMC` takes them.

    Raises
    ------
    ParameterError
        For values out of range, ions that do not fit, and charges that an ion could reach.
    """

    def __init__(
        self,
        device: Device,
        *,
        radii: Mapping[str, float] | None,
        diffusivities: Mapping[str, float] | None,
        finest: float,
        largest: float,
        angles: int | None,
    ) -> None:
        self.device = device
        self.given = dict(radii or {})
        self.radii = ion_radii(device.electrolyte, radii)
        self.ratios = _ratios(device, diffusivities)
        check_fits(device.cell, self.radii, device.electrolyte.names)
        self.points = device.points()
        if self.points is not None:
            check_approach(self.points, device.cell, self.radii)
        bins = _angles(device) if angles is None else angles
        self.grid = pore_grid(device.cell, finest=finest, largest=largest, angles=bins)
        self._transport: NernstPlanck | None = None
        self._tables: dict[Any, Any] = {}

    def signature(self) -> tuple[Any, ...]:
        """What tells settings apart, with every parameter at one."""
        edges = [each.tolist() for each in (self.grid.r, self.grid.theta, self.grid.z)]
        return (self.device.signature(), self.radii, self.ratios, edges)

    def drive(self, comm: MPI.Comm, *, bulk_error: float, replicas: int, seed: int, progress: bool) -> Drive:
        """What replicas share at the present parameters; the activities of the baths come from `bulk` (collective).

        Raises
        ------
        ModelError, ConvergenceError
            For baths that are not neutral, or whose activities cannot be reached.
        """
        d = self.device
        voltages = d.voltages()
        compositions = [d.bath(side) for side in range(2)]
        logs, errors = [], []
        for composition in compositions:
            mixture = replace(d.electrolyte, concentrations=tuple(composition.values()))
            # On each rank alike: chains that are shared out would make the result depend on the number of ranks.
            shown = progress and comm.rank == 0
            found = bulk(mixture, self.given, error=bulk_error, seed=seed, progress=shown, comm=MPI.COMM_SELF)
            logs.append(comm.bcast(found.ln_activity))
            errors.append(comm.bcast(found.error))
        valences = np.array(d.electrolyte.valences, dtype=np.float64)
        if self._transport is None:
            self._transport = NernstPlanck(self.grid, d.cell)
        region = self._region()
        return Drive(
            system=self._system(),
            transport=self._transport,
            ends=np.stack(logs, axis=1) + valences[:, None] * np.array(voltages),
            shifts=shifts_of(np.stack(errors, axis=1), replicas, seed, alike=compositions[0] == compositions[1]),
            applied=self._transport.applied(*voltages),
            mobility=np.where(region == 1, np.array(self.ratios)[:, None], 1.0),
            region=region,
        )

    def _system(self) -> System:
        d = self.device
        bjerrum = d.electrolyte.bjerrum_length / nm
        zones = d.zones()
        if zones not in self._tables:
            self._tables = {zones: smeared_potential(d.cell, zones, bjerrum)}
        return System(
            valences=d.electrolyte.valences,
            radii=self.radii,
            bjerrum=bjerrum,
            cell=d.cell,
            grid=self.grid,
            moves=_MOVES,
            charges=self.points,
            potential=self._tables[zones],
            zones=_zones(d.cell, self.grid),
            steps=(min(_STEP, _PART * min(d.cell.r)),) * len(self.radii),
        )

    def _region(self) -> npt.NDArray[np.int64]:
        """0 in the cis bath, 1 in the pore, 2 in the trans bath."""
        half = 0.5 * self.device.cell.length
        z = self.grid.centres[2]
        place = np.where(z < -half, 0, np.where(z > half, 2, 1))
        return np.broadcast_to(place, self.grid.shape).ravel().astype(np.int64)


def _ratios(device: Device, given: Mapping[str, float] | None) -> tuple[float, ...]:
    """Diffusivities in the pore relative to those in the baths."""
    electrolyte, named = device.electrolyte, dict(given or {})
    for name in named:
        if name not in electrolyte.names:
            raise ParameterError(f'diffusivities: "{name}" is none of {", ".join(electrolyte.names)}.')
    return tuple(
        checks.positive("diffusivities", each.name, named.get(each.name, each.diffusivity), "m2/s") / each.diffusivity
        for each in electrolyte.species
    )


def _angles(device: Device) -> int:
    """Bins around that the arrangements of the wall's charges need."""
    if all(isinstance(wall.arrangement, Smeared | Rings) for wall in device.walls):
        return 1
    return max(_FEWEST, math.ceil(2.0 * math.pi * max(device.cell.r) / _WIDE))


def _zones(cell: PoreCell, grid: TensorGrid) -> tuple[float, ...]:
    """Edges of bins that cut pore and baths into zones of about one length."""
    half = 0.5 * cell.length
    pieces = [max(1, round(span / _ZONE)) for span in (cell.bath_depth, cell.length, cell.bath_depth)]
    wanted = [
        np.linspace(-cell.top, -half, pieces[0] + 1)[:-1],
        np.linspace(-half, half, pieces[1] + 1),
        np.linspace(half, cell.top, pieces[2] + 1)[1:],
    ]
    nearest = [int(np.argmin(np.abs(grid.z - each))) for each in np.concatenate(wanted)]
    return tuple(grid.z[sorted(set(nearest))].tolist())
