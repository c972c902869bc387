# SPDX-License-Identifier: LGPL-3.0-or-later
"""What an ion does in a pore, and how many devices ions and pores make."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from math import comb
from typing import Any

import numpy as np

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks
from fem_ionics.reduced.angstrom.fits import fit_exponential
from fem_ionics.reduced.angstrom.kinetics import PoreKinetics

#: Slope of ln w over the voltage, 1/V, beyond which an ion controls others: about 10 % for 100 mV.
CONTROL = 1.0
#: Part of the current from which on an ion is a carrier: not in the paper, which says "substantially".
SHARE = 0.1


class Role(StrEnum):
    """Functional role of an ion in a pore."""

    CARRIER = "carrier"
    PASSIVE = "passive"
    ACTIVATION = "activation"
    INACTIVATION = "inactivation"


def classify(beta: float, share: float = 0.0, *, control: float = CONTROL, least: float = SHARE) -> Role:
    """Role by what the ion does to the conductance weight, w ~ exp(beta |V|).

    Parameters
    ----------
    beta
        1/V, of the weight after the ion was added.
    share
        Of the current that the ion carries itself, 0 to 1.
    control
        |beta| above which it controls, 1/V.
    least
        Share from which on it is a carrier.

    Raises
    ------
    ParameterError
        For a share that is not within 0 and 1, and what is no finite number.
    """
    slope = checks.real("classify", "beta", beta)
    part = checks.real("classify", "share", share)
    if not 0.0 <= part <= 1.0:
        raise ParameterError(f"classify: share = {part:g} was given; 0 to 1 is needed.")
    if slope > checks.positive("classify", "control", control, "1/V"):
        return Role.ACTIVATION
    if slope < -control:
        return Role.INACTIVATION
    return Role.CARRIER if part >= least else Role.PASSIVE


def weight_slope(kinetics: PoreKinetics, voltages: Any = (0.1, 0.2, 0.3)) -> float:
    """beta of w ~ exp(beta |V|), 1/V, from steady states at voltages (V); the paper's are the default."""
    weights = [float(kinetics.weight(kinetics.steady(float(v)))) for v in np.atleast_1d(voltages)]
    return fit_exponential(voltages, weights).alpha


def role_of(kinetics: PoreKinetics, ion: str, voltages: Any = (0.1, 0.2, 0.3)) -> Role:
    """Role of an ion in a pore: `classify` of the slope of w, if it binds, and of its share of the current.

    Parameters
    ----------
    kinetics
        The pore with one ion that binds, or none.
    ion
        One that binds or carries.
    voltages
        V, not zero.

    Raises
    ------
    ParameterError
        For an ion that does neither.
    """
    share = []
    before = kinetics.voltage.value
    try:
        for volts in np.atleast_1d(voltages):
            kinetics.voltage.value = float(volts)
            inward = kinetics.solve().inward["cis"]
            if ion not in inward:
                raise ParameterError(f'role_of: "{ion}" neither binds nor carries here; {", ".join(inward)} do.')
            share.append(abs(inward[ion]) / max(sum(map(abs, inward.values())), 1e-300))
    finally:
        kinetics.voltage.value = before
    beta = weight_slope(kinetics, voltages) if ion in kinetics.states.ions else 0.0
    return classify(beta, float(np.mean(share)))


@dataclass(frozen=True)
class DesignSpace:
    """All mixtures of ions in all pores.

    Parameters
    ----------
    pores, ions
        Names, each once.
    """

    pores: tuple[str, ...]
    ions: tuple[str, ...]

    def __post_init__(self) -> None:
        for name in ("pores", "ions"):
            given = tuple(getattr(self, name))
            if not given or len(set(given)) < len(given):
                raise ParameterError(f"DesignSpace: {name} = {given!r} were given; one or more, each once, are needed.")
            object.__setattr__(self, name, given)

    @property
    def mixtures(self) -> int:
        """Pores times mixtures of one ion or more: n (2^m - 1)."""
        return len(self.pores) * (2 ** len(self.ions) - 1)

    @property
    def pairs(self) -> int:
        """Pores times mixtures of two ions: n m (m - 1)/2."""
        return len(self.pores) * comb(len(self.ions), 2)

    def every(self, ions: int | None = None) -> Iterator[tuple[str, tuple[str, ...]]]:
        """Each pore with each mixture, of so many ions or of any number."""
        sizes = range(1, len(self.ions) + 1) if ions is None else (ions,)
        for pore in self.pores:
            for size in sizes:
                for mixture in combinations(self.ions, size):
                    yield pore, mixture


def controlled(roles: Mapping[str, Mapping[str, Role | None]], role: Role) -> tuple[tuple[str, str, str], ...]:
    """(pore, carrier, controller) of all pairs in which the controller has the role.

    Parameters
    ----------
    roles
        Pore -> ion -> role, None where it is not known.
    role
        `Role.ACTIVATION` or `Role.INACTIVATION`.
    """
    return tuple(
        (pore, carrier, controller)
        for pore, known in roles.items()
        for carrier in _with(known, Role.CARRIER)
        for controller in _with(known, role)
    )


def _with(known: Mapping[str, Role | None], role: Role) -> Iterable[str]:
    return [ion for ion, given in known.items() if given == role]
