# SPDX-License-Identifier: LGPL-3.0-or-later
"""The discrete statement: which unknowns, which residual, which values are held."""

from fem_ionics.model.discrete import needs_model, needs_state
from fem_ionics.model.fields import Field
from fem_ionics.model.model import Model
from fem_ionics.model.pnp import PNP, PNPS
from fem_ionics.model.state import State

__all__ = ["PNP", "PNPS", "Field", "Model", "State", "needs_model", "needs_state"]
