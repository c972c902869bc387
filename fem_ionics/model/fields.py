# SPDX-License-Identifier: LGPL-3.0-or-later
"""The unknowns of one monolithic system: a potential, one field per species, flow, and multipliers."""

from dataclasses import dataclass
from typing import Any, Literal

import basix.ufl
import ufl
from dolfinx import fem

from fem_ionics.geometry import Domain

Kind = Literal[
    "potential", "concentration", "electrochemical potential", "excess", "velocity", "pressure", "multiplier"
]


@dataclass(frozen=True, eq=False)
class Field:
    """One block of unknowns.

    Parameters
    ----------
    name
        "potential", a species' name, "velocity", "pressure", or a multiplier's name.
    kind
        What the numbers are.
    function, test
        Live scaled values (scratch: overwritten by each solve and load) and the test function of the block.
    scale, unit
        SI value of 1 in the block, and its unit.
    """

    name: str
    kind: Kind
    function: fem.Function
    test: Any
    scale: float
    unit: str


@dataclass(frozen=True)
class Declaration:
    """A field before its space exists."""

    name: str
    kind: Kind
    scale: float
    unit: str


def build_fields(domain: Domain, declarations: list[Declaration], degree: int) -> tuple[Field, ...]:
    """Create the spaces, functions and test functions of the declared fields.

    Parameters
    ----------
    domain
        Where.
    declarations
        The blocks in their order.
    degree
        Of potential, ions and velocity; the pressure takes one less (Taylor-Hood).

    Notes
    -----
    Multipliers live in a Real space: one unknown for the whole mesh, so that gauges and fixed amounts are exact
    rows of the same matrix on any number of ranks.
    """
    elements: dict[str, Any] = {
        "velocity": ("Lagrange", degree, (domain.mesh.geometry.dim,)),
        "pressure": ("Lagrange", degree - 1),
        "multiplier": basix.ufl.real_element(domain.mesh.basix_cell(), ()),
    }
    spaces = [fem.functionspace(domain.mesh, elements.get(each.kind, ("Lagrange", degree))) for each in declarations]
    tests = ufl.TestFunctions(ufl.MixedFunctionSpace(*spaces))
    functions = [fem.Function(space, name=each.name) for space, each in zip(spaces, declarations, strict=True)]
    return tuple(
        Field(each.name, each.kind, function, test, each.scale, each.unit)
        for each, function, test in zip(declarations, functions, tests, strict=True)
    )
