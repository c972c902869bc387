# SPDX-License-Identifier: LGPL-3.0-or-later
"""A preconditioner for coupled ions, potential and flow whose iterations hardly grow with the mesh.

`coupled` puts its parts together: `coarse` solves for all fields at once on linear elements; `sweep` for one after the
other, with `two_level` for one block and `flow` for velocity with pressure; `transposed` is that sweep backwards;
`multipliers` takes the rows of gauges and fixed amounts. `blocks` finds a field's part, `inner` sets PETSc up.
"""

from fem_ionics.solve.iterative.coupled import Coupled

__all__ = ["Coupled"]
