# SPDX-License-Identifier: LGPL-3.0-or-later
"""A preconditioner for coupled ions, potential and flow whose iterations hardly grow with the mesh.

`coupled` is its order of solves; `coarse` solves for all fields at once on linear elements; `two_level` solves one
block, `flow` velocity with pressure, `multipliers` takes the rows of gauges and fixed amounts; `blocks` finds a field's
part.
"""

from fem_ionics.solve.iterative.coupled import Coupled

__all__ = ["Coupled"]
