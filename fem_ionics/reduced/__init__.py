# SPDX-License-Identifier: LGPL-3.0-or-later
"""The same devices without a mesh: closed forms and one-dimensional references, SI in and out."""

from fem_ionics.reduced.capillary import Capillary, capillary
from fem_ionics.reduced.concentration_polarisation import (
    PolarisedLayer,
    limiting_current,
    polarised_layer,
    thin_layer_current,
)
from fem_ionics.reduced.double_layer import (
    debye_length,
    differential_capacitance,
    gouy_chapman,
    gouy_chapman_length,
    grahame,
    surface_conductivity,
    surface_excess,
    zeta_potential,
)
from fem_ionics.reduced.electroosmosis import (
    electrophoretic_mobility,
    henry_function,
    slit_factor,
    slit_mobility,
    smoluchowski_mobility,
    tube_factor,
    tube_mobility,
)
from fem_ionics.reduced.membrane import diode_current, donnan_concentrations, donnan_potential, membrane_potential
from fem_ionics.reduced.pore import (
    Conductance,
    access_resistance,
    charge_per_volume,
    counter_ion_conductivity,
    dukhin_number,
    plateau_conductance,
    pore_conductance,
    pore_resistance,
)
from fem_ionics.reduced.slit import CounterIonSlit, counter_ion_slit, inner_charge_fraction

__all__ = [
    "Capillary",
    "Conductance",
    "CounterIonSlit",
    "PolarisedLayer",
    "access_resistance",
    "capillary",
    "charge_per_volume",
    "counter_ion_conductivity",
    "counter_ion_slit",
    "debye_length",
    "differential_capacitance",
    "diode_current",
    "donnan_concentrations",
    "donnan_potential",
    "dukhin_number",
    "electrophoretic_mobility",
    "gouy_chapman",
    "gouy_chapman_length",
    "grahame",
    "henry_function",
    "inner_charge_fraction",
    "limiting_current",
    "membrane_potential",
    "plateau_conductance",
    "polarised_layer",
    "pore_conductance",
    "pore_resistance",
    "slit_factor",
    "slit_mobility",
    "smoluchowski_mobility",
    "surface_conductivity",
    "surface_excess",
    "thin_layer_current",
    "tube_factor",
    "tube_mobility",
    "zeta_potential",
]
