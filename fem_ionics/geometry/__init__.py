# SPDX-License-Identifier: LGPL-3.0-or-later
"""Where: gmsh meshes with named walls and regions, graded to the Debye length, periodic, parallel."""

from fem_ionics.geometry.box import rectangle
from fem_ionics.geometry.channel import channel
from fem_ionics.geometry.domain import Domain
from fem_ionics.geometry.layered_pore import layered_pore
from fem_ionics.geometry.msh import read_msh
from fem_ionics.geometry.pore import bullet_pore, conical_pore, cylindrical_pore, hourglass_pore, pore
from fem_ionics.geometry.pore_shape import PoreShape
from fem_ionics.geometry.pore_tube import tube
from fem_ionics.geometry.refine import refined

__all__ = [
    "Domain",
    "PoreShape",
    "bullet_pore",
    "channel",
    "conical_pore",
    "cylindrical_pore",
    "hourglass_pore",
    "layered_pore",
    "pore",
    "read_msh",
    "rectangle",
    "refined",
    "tube",
]
