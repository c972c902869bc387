# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a dissolved species is, and the common ions ready-made."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from fem_ionics.errors import ParameterError, nearest
from fem_ionics.parameters import checks


@dataclass(frozen=True)
class Species:
    """One dissolved species.

    Parameters
    ----------
    name : str
        The name by which conditions and results call it, for example ``"K+"``.
    valence : int
        Charge number z; 0 for a neutral solute.
    diffusivity : float
        Diffusion coefficient D, m2/s.
    radius : float, optional
        Radius, m.

    Raises
    ------
    ParameterError
        For an empty name, a valence that is no integer, a diffusivity or radius not positive and finite.
    """

    name: str
    valence: int
    diffusivity: float
    radius: float | None = None

    def __post_init__(self) -> None:
        checks.label("Species", "name", self.name)
        owner = f'Species "{self.name}"'
        object.__setattr__(self, "valence", checks.integer(owner, "valence", self.valence))
        object.__setattr__(self, "diffusivity", checks.positive(owner, "diffusivity", self.diffusivity, "m2/s"))
        if self.radius is not None:
            object.__setattr__(self, "radius", checks.positive(owner, "radius", self.radius, "m"))


# name: (valence, D in 1e-9 m2/s, hydrated radius in angstrom).
# D: limiting values in water at 25 C, CRC Handbook of Chemistry and Physics, "Ionic conductivity and
# diffusion at infinite dilution". Radii: HYDRATED radii of Nightingale, J. Phys. Chem. 63, 1381 (1959),
# doi 10.1021/j150579a011 (the crystal radii of Pauling or Shannon are much smaller).
_TABLE = {
    "H+": (1, 9.311, 2.82),
    "Li+": (1, 1.029, 3.82),
    "Na+": (1, 1.334, 3.58),
    "K+": (1, 1.957, 3.31),
    "Rb+": (1, 2.072, 3.29),
    "Cs+": (1, 2.056, 3.29),
    "NH4+": (1, 1.957, 3.31),
    "Mg2+": (2, 0.706, 4.28),
    "Ca2+": (2, 0.792, 4.12),
    "Sr2+": (2, 0.791, 4.12),
    "Ba2+": (2, 0.847, 4.04),
    "La3+": (3, 0.619, 4.52),
    "F-": (-1, 1.475, 3.52),
    "Cl-": (-1, 2.032, 3.32),
    "Br-": (-1, 2.080, 3.30),
    "I-": (-1, 2.045, 3.31),
    "OH-": (-1, 5.273, 3.00),
    "NO3-": (-1, 1.902, 3.35),
    "SO4^2-": (-2, 1.065, 3.79),
}

ions: Mapping[str, Species] = MappingProxyType(
    {name: Species(name, z, d * 1e-9, radius * 1e-10) for name, (z, d, radius) in _TABLE.items()}
)
"""Common ions in water at 25 C by name: CRC limiting diffusivities, Nightingale's hydrated radii."""


def ion(name: str) -> Species:
    """A ready-made ion in water at 25 C.

    Parameters
    ----------
    name : str
        For example ``"K+"``, ``"Ca2+"``, ``"SO4^2-"``; the keys of `ions`.

    Raises
    ------
    ParameterError
        For an unknown ion; lists the known ones and the nearest.
    """
    if name not in ions:
        known = ", ".join(f'"{key}"' for key in ions)
        raise ParameterError(
            f"ion({name!r}): the ready-made ions are {known}.{nearest(str(name), ions)} "
            "Others: Species(name, valence, diffusivity)."
        )
    return ions[name]
