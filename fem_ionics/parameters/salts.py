# SPDX-License-Identifier: LGPL-3.0-or-later
"""Which ions a salt gives when it dissolves."""

from collections.abc import Mapping
from types import MappingProxyType

salts: Mapping[str, Mapping[str, int]] = MappingProxyType(
    {
        "LiCl": {"Li+": 1, "Cl-": 1},
        "NaCl": {"Na+": 1, "Cl-": 1},
        "KCl": {"K+": 1, "Cl-": 1},
        "RbCl": {"Rb+": 1, "Cl-": 1},
        "CsCl": {"Cs+": 1, "Cl-": 1},
        "NH4Cl": {"NH4+": 1, "Cl-": 1},
        "HCl": {"H+": 1, "Cl-": 1},
        "MgCl2": {"Mg2+": 1, "Cl-": 2},
        "CaCl2": {"Ca2+": 1, "Cl-": 2},
        "SrCl2": {"Sr2+": 1, "Cl-": 2},
        "BaCl2": {"Ba2+": 1, "Cl-": 2},
        "LaCl3": {"La3+": 1, "Cl-": 3},
        "NaF": {"Na+": 1, "F-": 1},
        "KF": {"K+": 1, "F-": 1},
        "NaBr": {"Na+": 1, "Br-": 1},
        "KBr": {"K+": 1, "Br-": 1},
        "KI": {"K+": 1, "I-": 1},
        "NaOH": {"Na+": 1, "OH-": 1},
        "KOH": {"K+": 1, "OH-": 1},
        "NaNO3": {"Na+": 1, "NO3-": 1},
        "KNO3": {"K+": 1, "NO3-": 1},
        "Na2SO4": {"Na+": 2, "SO4^2-": 1},
        "K2SO4": {"K+": 2, "SO4^2-": 1},
        "MgSO4": {"Mg2+": 1, "SO4^2-": 1},
    }
)
"""Salts that `Electrolyte.mixture` knows, fully dissociated: salt -> ions per formula unit."""
