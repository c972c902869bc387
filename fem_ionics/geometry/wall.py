# SPDX-License-Identifier: LGPL-3.0-or-later
"""Wavy walls: the straight mesh is bent after it was made, so that it keeps its grading and its symmetry."""

from dataclasses import dataclass, replace

import numpy as np

from fem_ionics.errors import MeshError
from fem_ionics.geometry.nodemesh import Floats, NodeMesh
from fem_ionics.parameters import Expression

#: Points at which a wall is looked at before a mesh exists.
_SAMPLES = 4097


@dataclass(frozen=True)
class Displacement:
    """Outward displacement of each wall: y becomes y (1 + wall(x)/unit).

    Parameters
    ----------
    wall
        Displacement at x, m; a function of x alone.
    unit
        Half the height, m: the mesh unit.
    """

    wall: Expression
    unit: float

    def stretch(self, x: Floats) -> Floats:
        """Factor on y at x (mesh units).

        Raises
        ------
        MeshError
            Where the walls touch or the displacement is not finite.
        """
        metres = self.unit * x
        # Off the wall the displacement belongs to the wall of the same x: y is not looked at.
        factor = 1.0 + np.asarray(self.wall((metres, np.zeros_like(metres)), np), dtype=float) / self.unit
        if not np.all(np.isfinite(factor)):
            raise MeshError("the wall displacement is not finite everywhere along the channel.")
        if (narrowest := float(factor.min())) <= 0.0:
            raise MeshError(
                f"the wall closes the channel: displacement {(narrowest - 1.0) * self.unit:.6g} m somewhere "
                f"and must stay above {-self.unit:.6g} m, minus half the height."
            )
        return factor

    def check(self, length: float, periodic: bool) -> None:
        """Look along the channel (length in m) before anything is built; MeshError for a bad wall."""
        factor = self.stretch(np.linspace(-0.5, 0.5, _SAMPLES) * length / self.unit)
        if periodic and abs(factor[-1] - factor[0]) > 1e-9:
            first, last = (self.unit * (value - 1.0) for value in (factor[0], factor[-1]))
            raise MeshError(
                f"the channel is periodic but its wall is not: displacement {first:.6g} m at "
                f"x = {-length / 2:g} m and {last:.6g} m at x = {length / 2:g} m. Give a wall whose period "
                "divides the length, or periodic=None."
            )

    def move(self, mesh: NodeMesh) -> NodeMesh:
        """The mesh with its nodes moved."""
        x, y = mesh.nodes.T
        return replace(mesh, nodes=np.column_stack([x, y * self.stretch(x)]))
