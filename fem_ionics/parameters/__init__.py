# SPDX-License-Identifier: LGPL-3.0-or-later
"""What is given: species, electrolytes, parameters to turn, patterns on walls, and the scales that follow."""

from fem_ionics.parameters import pattern
from fem_ionics.parameters.edges import Edge
from fem_ionics.parameters.electrolyte import Electrolyte
from fem_ionics.parameters.expression import Expression, as_expression, is_constant
from fem_ionics.parameters.groups import ActiveChannel, ActiveChannelGroups, active_channel_groups
from fem_ionics.parameters.parameter import Parameter
from fem_ionics.parameters.salts import salts
from fem_ionics.parameters.scales import Scales
from fem_ionics.parameters.species import Species, ion, ions

__all__ = [
    "ActiveChannel",
    "ActiveChannelGroups",
    "Edge",
    "Electrolyte",
    "Expression",
    "Parameter",
    "Scales",
    "Species",
    "active_channel_groups",
    "as_expression",
    "ion",
    "ions",
    "is_constant",
    "pattern",
    "salts",
]
