# SPDX-License-Identifier: LGPL-3.0-or-later
"""What the walls carry: given charges, and those that follow from the ions."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from dolfinx import fem

from fem_ionics.errors import ModelError
from fem_ionics.model import Model, State
from fem_ionics.observe.forms import integral, names
from fem_ionics.physics import Fixed


@dataclass(frozen=True)
class WallCharge:
    """Mean charge density of walls, C/m2: `SurfaceCharge` and `ChargeRegulation` together.

    Parameters
    ----------
    on
        Name or names of boundaries; a boundary without a charge counts as uncharged.

    Raises
    ------
    TagError
        When called: for a boundary that the domain does not have.
    ModelError
        When called: where the potential is held, so that no condition says what the charge is.
    """

    on: str | Iterable[str] = "walls"

    def __post_init__(self) -> None:
        object.__setattr__(self, "on", names("WallCharge", self.on))

    @property
    def name(self) -> str:
        """For tables."""
        return f"wall charge on {', '.join(self.on)}"

    @property
    def unit(self) -> str:
        """Of a surface charge."""
        return "C/m2"

    def __call__(self, state: State) -> float:
        """Evaluate (collective)."""
        model, domain = state.model, state.model.domain
        asked = set(domain.tags(tuple(self.on)))
        for each in model.conditions:
            if isinstance(each, Fixed) and each.field == "potential" and asked & set(domain.tags(each.on)):
                raise ModelError(
                    f"WallCharge({list(self.on)}): the potential is held on {list(each.on)}; `balances` gives the "
                    "charge there as held_charge."
                )
        model.load(state)
        charges = [(density, asked & set(domain.tags(on))) for density, on in model.wall_charges]
        total = sum(_on_walls(model, density, tags, ("wall charge", i)) for i, (density, tags) in enumerate(charges))
        area = _on_walls(model, fem.Constant(domain.mesh, 1.0), asked, ("wall area",))
        return model.scales.surface_charge * total / area


def _on_walls(model: Model, integrand: Any, tags: set[int], key: tuple[Any, ...]) -> float:
    """Integral over boundaries by their tags, in powers of mesh units (collective)."""
    where = tuple(sorted(tags))
    if not where:
        return 0.0
    ds = model.domain.ds(degree=model.quadrature_degree)(where)
    return integral(model, (*key, where), lambda: integrand * ds)
