# SPDX-License-Identifier: LGPL-3.0-or-later
"""Reactions at electrodes, stated on boundaries; their rates are laws of `fem_ionics.physics.rates`."""

from dataclasses import dataclass
from typing import Any

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Expression, as_expression, checks
from fem_ionics.physics.naming import Names, as_names


@dataclass(frozen=True, eq=False)
class ElectrodeReaction:
    """A wall that exchanges electrons with ions, O + e- <-> R: a flux that follows from what is at the wall.

    With eta = (F/RT)(potential - phi - standard) at the wall's own phi, O is released and R taken up at

        rate [c_R k_ox(eta) - c_O k_red(eta)]      mol/m2/s.

    Parameters
    ----------
    oxidised
        Name of O, an ion; its valence is one above that of R.
    law
        k_ox and k_red: a law of `fem_ionics.physics.rates`, such as `MarcusHushChidsey` or `ButlerVolmer`.
    rate
        m/s: number, Parameter, pattern or function.
    potential
        Of the electrode, V.
    on
        Name or names of boundaries.
    reduced
        Name of R, or None where it is the electrode itself (a metal M beside M+), whose c_R is then `reference`.
    standard
        Formal potential of the couple, V.
    reference
        mol/m3; of a metal alone: c_O of which is in equilibrium at eta = 0.
    capacitance
        Of the compact layer, F/m2: the wall carries capacitance (potential - phi). 0 for an electrode without charge.

    Notes
    -----
    At equilibrium potential - phi = standard + (RT/F) ln(c_O/c_R), Nernst's law, for every law. The electrode stands
    for a reference of the potential. In a domain without openings every ion needs a `FixedTotal` but the oxidised
    one, whose amount follows from neutrality. M. Z. Bazant, K. T. Chu, B. J. Bayly, SIAM J. Appl. Math. 65, 1463
    (2005).

    Raises
    ------
    ParameterError
        For a law without both directions, a rate, reference or capacitance that is negative, or one ion twice.
    """

    oxidised: str
    law: Any
    rate: Any
    potential: Any
    on: Names
    reduced: str | None = None
    standard: Any = 0.0
    reference: Any = 1000.0
    capacitance: Any = 0.0

    def __post_init__(self) -> None:
        owner = "ElectrodeReaction"
        checks.label(owner, "oxidised", self.oxidised)
        if self.reduced is not None:
            checks.label(owner, "reduced", self.reduced)
        if self.reduced == self.oxidised:
            raise ParameterError(f'{owner}: "{self.oxidised}" was given as oxidised and reduced; two ions are needed.')
        if not all(callable(getattr(self.law, way, None)) for way in ("oxidation", "reduction")):
            raise ParameterError(
                f"{owner}: law = {self.law!r} was given; one with oxidation(eta, math) and reduction(eta, math) is "
                "needed, such as fem_ionics.physics.rates.MarcusHushChidsey(8.3)."
            )
        for name, check in (("rate", checks.non_negative), ("capacitance", checks.non_negative)):
            self._checked(name, check)
        self._checked("reference", checks.positive)
        object.__setattr__(self, "potential", as_expression(self.potential))
        object.__setattr__(self, "standard", as_expression(self.standard))
        object.__setattr__(self, "on", as_names(owner, self.on))

    def _checked(self, name: str, check: Any) -> None:
        given = getattr(self, name)
        if not isinstance(given, Expression) and not callable(given):
            check("ElectrodeReaction", name, given)
        object.__setattr__(self, name, as_expression(given))

    @property
    def is_charged(self) -> bool:
        """Whether the electrode has a compact layer, and with it a charge."""
        plain = self.capacitance.is_constant and not self.capacitance.parameters
        return not (plain and float(self.capacitance(())) == 0.0)
