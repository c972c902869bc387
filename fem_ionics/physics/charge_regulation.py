# SPDX-License-Identifier: LGPL-3.0-or-later
"""Charge regulation: surface groups whose charge follows from the ions that bind to them.

A group S and an ion X are in local equilibrium with a dissociation constant K,

    SX <-> S + X,    occupied fraction  theta = c_X / (c_X + K),    K = 10^-pK mol/l,

with the concentration c_X at the wall; activities count as concentrations. A group that carries q elementary charges
without the ion carries q + z with it, and a wall of several kinds of groups sum e Gamma (q + z theta).

B. W. Ninham and V. A. Parsegian, J. Theor. Biol. 31, 405 (1971).
"""

import math
from dataclasses import dataclass
from typing import Any

from ufl import exp, max_value

from fem_ionics.constants import ELEMENTARY_CHARGE
from fem_ionics.parameters import Expression, as_expression, checks
from fem_ionics.parameters.expression import Applied


@dataclass(frozen=True, eq=False)
class SurfaceGroup:
    """One kind of ionizable groups on a wall.

    Parameters
    ----------
    density
        Groups per area, 1/m2, zero or positive: a number, Parameter, pattern or function.
    pK
        Of the dissociation of the ion, -log10 of K in mol/l: a number, Parameter, pattern or function. At this pH,
        or this -log10 of the ion's concentration, half of the groups are occupied.
    charge
        Of the group without the ion, in elementary charges.

    Raises
    ------
    ParameterError
        For a negative density, a charge that is no integer, or values that are none.
    """

    density: Any
    pK: Any
    charge: int

    def __post_init__(self) -> None:
        if not isinstance(self.density, Expression) and not callable(self.density):
            checks.non_negative("SurfaceGroup", "density", self.density, "1/m2")
        object.__setattr__(self, "density", as_expression(self.density))
        object.__setattr__(self, "pK", as_expression(self.pK))
        object.__setattr__(self, "charge", checks.integer("SurfaceGroup", "charge", self.charge))

    @property
    def dissociation_constant(self) -> Expression:
        """K, mol/m3."""
        return concentration_at(self.pK)


def AcidGroup(density: Any, pK: Any) -> SurfaceGroup:
    """A group that is -1 alone and neutral with a proton: -COOH, -SiOH; parameters as in `SurfaceGroup`."""
    return SurfaceGroup(density, pK, charge=-1)


def BaseGroup(density: Any, pK: Any) -> SurfaceGroup:
    """A group that is neutral alone and +1 with a proton: -NH2; parameters as in `SurfaceGroup`.

    `pK` is that of the conjugate acid, -NH3+.
    """
    return SurfaceGroup(density, pK, charge=0)


def concentration_at(exponent: Expression) -> Expression:
    """10^-exponent mol/l in mol/m3: the concentration that a pH or a pK stands for."""
    return Applied("exp", math.log(10.0) * (3.0 - exponent))


def occupied_fraction(concentration: Any, dissociation_constant: Any) -> Any:
    """theta = c/(c + K) of both in one scale."""
    # Newton's iterates, and undershoots of coarse meshes, may be negative: c = -K would divide by zero.
    present = max_value(concentration, 0.0)
    return present / (present + dissociation_constant)


def protons(potential: Any, bulk: Any) -> Any:
    """Concentration of protons in equilibrium with the bulk, whose potential is zero: c exp(-phi)."""
    return bulk * exp(-potential)


def group_charge(density: Any, charge: int, valence: int, fraction: Any) -> Any:
    """Scaled charge of one kind of groups: Gamma (q + z theta)."""
    return density * (charge + valence * fraction)


def density_scale(surface_charge: float) -> float:
    """Groups per area (1/m2) that carry one unit of surface charge with one elementary charge each."""
    return surface_charge / ELEMENTARY_CHARGE
