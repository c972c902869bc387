# SPDX-License-Identifier: LGPL-3.0-or-later
"""Rates from barriers, and the two kinds of trap of a pore with one site.

    k = nu exp[-(dE - z delta e V)/kT]

with a free-energy barrier dE, a valence z and an electrical distance delta, the part of the applied voltage V that the
ion has gained at the top of the barrier. V is the potential of the cis side, trans is grounded.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from fem_ionics.constants import BOLTZMANN, ELEMENTARY_CHARGE
from fem_ionics.errors import ParameterError
from fem_ionics.parameters import checks
from fem_ionics.reduced import given
from fem_ionics.reduced.angstrom.states import Occupancy

#: Where an ion comes from or goes to; "" where the model does not say and no current is counted.
SIDES = ("cis", "trans", "")


@dataclass(frozen=True)
class Barrier:
    """One barrier of an ion.

    Parameters
    ----------
    frequency
        nu: 1/s, or for an ion that enters m3/(mol s), to be multiplied by its concentration. Of a rate that was
        measured or fitted as a whole give that one here and no height.
    distance
        delta: negative for a barrier that positive voltages raise.
    height
        dE, J.
    valence
        z.
    even
        Take |V| for V: a trap on whichever side the field pushes ions from.

    Raises
    ------
    ParameterError
        For a negative rate, and what is no finite number.
    """

    frequency: float
    distance: float = 0.0
    height: float = 0.0
    valence: int = 1
    even: bool = False

    def __post_init__(self) -> None:
        rate = checks.real("Barrier", "frequency", self.frequency)
        if rate < 0.0:
            raise ParameterError(f"Barrier: frequency = {rate:g} was given; a rate cannot be negative.")
        for name in ("distance", "height"):
            checks.real("Barrier", name, getattr(self, name))
        checks.integer("Barrier", "valence", self.valence)

    def at_rest(self, temperature: float) -> float:
        """Rate without voltage, in the unit of `frequency`; temperature in K."""
        return float(self.frequency * np.exp(-self.height / (BOLTZMANN * temperature)))

    def slope(self, temperature: float) -> float:
        """Of ln k over the voltage, 1/V; temperature in K."""
        return self.valence * self.distance * ELEMENTARY_CHARGE / (BOLTZMANN * temperature)

    def rate(self, voltage: Any, temperature: float) -> Any:
        """Rate in the unit of `frequency`, of the shape of `voltage` (V); temperature in K."""
        volts = given.reals("Barrier", "voltage", voltage)
        slope = self.slope(checks.positive("Barrier", "temperature", temperature, "K"))
        return given.plain(self.at_rest(temperature) * np.exp(slope * (np.abs(volts) if self.even else volts)))


@dataclass(frozen=True)
class Transition:
    """One step from a state of a pore to another.

    Parameters
    ----------
    before, after
        States of the pore: the occupant of each site, None where there is none.
    barrier
        What it crosses.
    ion
        Which ion moves.
    side
        The opening through which it enters or leaves: "cis", "trans", or "" where no current is to be counted.

    Raises
    ------
    ParameterError
        For another side, or states that do not differ.
    """

    before: Occupancy
    after: Occupancy
    barrier: Barrier
    ion: str
    side: str = ""

    def __post_init__(self) -> None:
        if self.side not in SIDES:
            raise ParameterError(f'Transition: side = {self.side!r} was given; "cis", "trans" or "" is allowed.')
        if self.before == self.after:
            raise ParameterError(f"Transition: from {self.before!r} to itself; two states are needed.")

    @property
    def gain(self) -> int:
        """Ions that the pore has won: 1 for one that enters, -1 for one that leaves, 0 for a hop within."""
        return self.before.count(None) - self.after.count(None)


def centre_trap(
    ion: str,
    entry: float,
    exit: float,
    *,
    entry_distance: float = 0.0,
    exit_distance: float = 0.5,
    valence: int = 1,
) -> tuple[Transition, ...]:
    """Trap in the middle of a pore with one site: at high voltage its ion is pulled out, and the pore opens.

    Parameters
    ----------
    ion
        Its name.
    entry
        From either side at rest, m3/(mol s).
    exit
        To either side at rest, 1/s.
    entry_distance, exit_distance
        Electrical distances of the barriers from the bath and from the site. They add up to 1/2, half of the voltage,
        unless more than the ion's own charge moves: then local detailed balance is lost.
    valence
        Of the ion.

    Raises
    ------
    ParameterError
        For negative rates, and what is no finite number.

    Notes
    -----
    k_in = 2 entry c cosh(entry_distance z e V/kT) and k_out = 2 exit cosh(exit_distance z e V/kT), both even in V.
    """
    empty, full = (None,), (ion,)
    steps = []
    for side, sign in (("cis", 1.0), ("trans", -1.0)):
        inward = Barrier(entry, sign * entry_distance, valence=valence)
        outward = Barrier(exit, -sign * exit_distance, valence=valence)
        steps += [Transition(empty, full, inward, ion, side), Transition(full, empty, outward, ion, side)]
    return tuple(steps)


def entrance_trap(
    ion: str,
    entry: float,
    exit: float,
    *,
    entry_distance: float,
    exit_distance: float = 0.0,
    leak: float = 0.0,
    valence: int = 1,
) -> tuple[Transition, ...]:
    """Trap at the entrance of a pore with one site: the field pushes its ion against a barrier, and the pore closes.

    Parameters
    ----------
    ion
        Its name.
    entry
        At rest, m3/(mol s).
    exit
        Back to where the ion came from, at rest, 1/s.
    entry_distance, exit_distance
        The entry speeds up and the exit slows down with |V| over so much of it.
    leak
        A release that does not depend on the voltage, 1/s.
    valence
        Of the ion.

    Raises
    ------
    ParameterError
        For negative rates, and what is no finite number.

    Notes
    -----
    The entrance is that on the side from which the field pushes. Its ion carries no current.
    """
    empty, full = (None,), (ion,)
    inward = Barrier(entry, entry_distance, valence=valence, even=True)
    outward = Barrier(exit, -exit_distance, valence=valence, even=True)
    steps = [Transition(empty, full, inward, ion), Transition(full, empty, outward, ion)]
    if checks.non_negative("entrance_trap", "leak", leak, "1/s") > 0.0:
        steps.append(Transition(full, empty, Barrier(leak, valence=valence), ion))
    return tuple(steps)
