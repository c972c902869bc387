# SPDX-License-Identifier: LGPL-3.0-or-later
"""The spiking circuit, which several tests look at."""

from typing import NamedTuple

import pytest

import fem_ionics as fi
from fem_ionics.reduced import Battery, Capacitor, Circuit, ConicalChannel, CurrentSource, Memristor
from fem_ionics.units import e_nm2, mM, mV, nm, pA, pS, um


class Neuron(NamedTuple):
    """The circuit, the same without its slow channel, the current into both, and the fast channel."""

    circuit: Circuit
    bistable: Circuit
    current: fi.Parameter
    fast: Memristor


@pytest.fixture(scope="session")
def neuron() -> Neuron:
    """249, -198, -298 mV, 34 fF, a slow channel of 18 um with 0.345 x 42 pS; tests set the current they need."""
    salt = fi.Electrolyte.symmetric(0.1 * mM, 1.75e-9, permittivity=80.23, viscosity=1.01e-3, temperature=293.15)
    charges = (0.003 * e_nm2, -0.003 * e_nm2)
    fast, slow = (
        Memristor.from_channel(ConicalChannel(50 * nm, 200 * nm, length, charges, salt, zeta=-10.246 * mV))
        for length in (1 * um, 18 * um)
    )
    current = fi.Parameter("current", 9.5 * pA, "A")
    bistable = {
        "membrane": Capacitor(34e-15).between("V", "ground"),
        "electrode": CurrentSource(current).between("ground", "V"),
        "plus": fast.between("V", "E+"),
        "battery plus": Battery(249 * mV).between("E+", "ground"),
        "minus": fast.between("E-", "V"),
        "battery minus": Battery(-198 * mV).between("E-", "ground"),
    }
    slow = slow.scaled(0.345 * 42 * pS / slow.conductance)
    whole = {"slow": slow.between("V", "Es"), "battery slow": Battery(-298 * mV).between("Es", "ground")}
    return Neuron(Circuit(bistable | whole), Circuit(bistable), current, fast)
