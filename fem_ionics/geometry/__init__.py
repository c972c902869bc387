# SPDX-License-Identifier: LGPL-3.0-or-later
"""Where: gmsh meshes with named walls and regions, graded to the Debye length, periodic, parallel."""

from fem_ionics.geometry.box import rectangle
from fem_ionics.geometry.channel import channel
from fem_ionics.geometry.domain import Domain
from fem_ionics.geometry.msh import read_msh

__all__ = ["Domain", "channel", "read_msh", "rectangle"]
