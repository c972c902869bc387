# SPDX-License-Identifier: LGPL-3.0-or-later
"""Words on pictures: units with a prefix that keeps numbers short, ions with their charge raised."""

import re

import numpy as np
import numpy.typing as npt

_PREFIXES = (
    (1e12, "T"),
    (1e9, "G"),
    (1e6, "M"),
    (1e3, "k"),
    (1.0, ""),
    (1e-3, "m"),
    (1e-6, "µ"),
    (1e-9, "n"),
    (1e-12, "p"),
)
#: Units that take a prefix as they begin; "mol/m3" is known as mM.
_TAKES_PREFIX = ("V", "m", "s", "Pa", "A", "C", "mol/m2/s", "S")
#: Formula, digits, a charge number behind a caret, sign: Ca2+, NH4+, SO4^2-.
_ION = re.compile(r"\b([A-Z][A-Za-z]*)(\d*)(?:\^(\d*))?([+-])(?=[\s,:;)]|$)")


def shown_unit(unit: str, values: npt.ArrayLike) -> tuple[float, str]:
    """Unit in which values read best.

    Parameters
    ----------
    unit
        SI, as in a table: "V", "m/s", "mol/m3".
    values
        Numbers in it; nan and inf are ignored.

    Returns
    -------
    factor : float
        Divide by this.
    label : str
        For Matplotlib, for example "mm/s" or "mM"; empty for a bare number.
    """
    if unit == "mol/m3":
        return 1.0, "mM"
    first = unit.split("/", 1)[0]
    if unit not in _TAKES_PREFIX and first not in _TAKES_PREFIX:
        return 1.0, _raised(unit)
    finite = np.abs(np.asarray(values, dtype=np.float64))
    largest = float(finite[np.isfinite(finite)].max(initial=0.0))
    # 0.9: a value just under 1 looks better as 0.95 mV than as 950 µV.
    fitting = [(factor, name) for factor, name in _PREFIXES if largest >= 0.9 * factor]
    factor, name = fitting[0] if fitting and largest else (1.0, "")
    return factor, name + _raised(unit)


def axis_label(name: str, unit: str) -> str:
    """Quantity with its unit: "K$^{+}$ (mM)"."""
    shown = _ION.sub(_charged, name)
    return f"{shown} ({unit})" if unit else shown


def _charged(ion: re.Match[str]) -> str:
    """Digits behind one element are its charge, behind several their number, unless a caret tells."""
    formula, digits, charge, sign = ion.groups()
    counted = charge is not None or sum(letter.isupper() for letter in formula) > 1
    below = f"$_{{{digits}}}$" if counted and digits else ""
    above = charge or "" if counted else digits
    return f"{formula}{below}$^{{{above}{sign}}}$"


def _raised(unit: str) -> str:
    """m2 as m^2 in Matplotlib's words."""
    return re.sub(r"(?<=[a-z])(\d)", r"$^\1$", unit)
