# SPDX-License-Identifier: LGPL-3.0-or-later
"""Circuits of ionic elements: operating points, transients, oscillations, impedance, SPICE."""

from fem_ionics.reduced.circuits.circuit import Circuit
from fem_ionics.reduced.circuits.curve import Curve
from fem_ionics.reduced.circuits.elements import (
    GROUND,
    Capacitor,
    Conductive,
    IonicDiode,
    Placed,
    Resistor,
    TabulatedResistor,
)
from fem_ionics.reduced.circuits.hopf import HopfPoint, hopf_points
from fem_ionics.reduced.circuits.impedance import impedance
from fem_ionics.reduced.circuits.netlist import netlist
from fem_ionics.reduced.circuits.operating import OperatingPoint, operating_points
from fem_ionics.reduced.circuits.sources import Battery, CurrentSource
from fem_ionics.reduced.circuits.transient import Crossing, Run, transient

__all__ = [
    "GROUND",
    "Battery",
    "Capacitor",
    "Circuit",
    "Conductive",
    "Crossing",
    "CurrentSource",
    "Curve",
    "HopfPoint",
    "IonicDiode",
    "OperatingPoint",
    "Placed",
    "Resistor",
    "Run",
    "TabulatedResistor",
    "hopf_points",
    "impedance",
    "netlist",
    "operating_points",
    "transient",
]
