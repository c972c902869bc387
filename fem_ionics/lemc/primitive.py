# SPDX-License-Identifier: LGPL-3.0-or-later
"""The primitive model: ions of an electrolyte as charged hard spheres, in nm, e and kT."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fem_ionics.constants import AVOGADRO
from fem_ionics.errors import ParameterError, nearest
from fem_ionics.parameters import Electrolyte, checks
from fem_ionics.units import angstrom, nm

#: nm^-3 for 1 mol/m3.
DENSITY = AVOGADRO * nm**3

#: Crystal radii, m: L. Pauling, The Nature of the Chemical Bond (1960); customary in the primitive model of pores.
PAULING: Mapping[str, float] = MappingProxyType(
    {
        name: radius * angstrom
        for name, radius in {
            "Li+": 0.60,
            "Na+": 0.95,
            "K+": 1.33,
            "Mg2+": 0.65,
            "Ca2+": 0.99,
            "Cl-": 1.81,
        }.items()
    }
)


def ion_radii(electrolyte: Electrolyte, radii: Mapping[str, Any] | None = None) -> tuple[float, ...]:
    """Radii of the ions, nm.

    Parameters
    ----------
    electrolyte
        Names the ions.
    radii
        Ion -> radius, m, for those that are not to have Pauling's; the radius of a Species is that of its hydration
        shell and is not used.

    Raises
    ------
    ParameterError
        For an ion that is not in the electrolyte, one without a radius, or a radius that is not positive.
    """
    given = dict(radii or {})
    for name in given:
        if name not in electrolyte.names:
            known = ", ".join(electrolyte.names)
            raise ParameterError(f'radii: "{name}" is none of {known}.{nearest(name, electrolyte.names)}')
    found = []
    for name in electrolyte.names:
        if name not in given and name not in PAULING:
            known = ", ".join(PAULING)
            raise ParameterError(f'radii: "{name}" has none; give it in radii={{"{name}": ...}} (known: {known}).')
        found.append(checks.positive("radii", name, given.get(name, PAULING.get(name)), "m") / nm)
    return tuple(found)
