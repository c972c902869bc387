# SPDX-License-Identifier: LGPL-3.0-or-later
"""Exact derivatives of a residual in given directions and by parameters, each compiled when first asked for."""

from collections.abc import Sequence
from typing import Any

import ufl
from dolfinx import fem, la
from ufl.algorithms import expand_derivatives


class Derivatives:
    """Directional derivatives of the blocks of a residual.

    Parameters
    ----------
    rows
        One linear form per block of unknowns.
    functions
        The unknowns; forms are evaluated at their present values.

    Notes
    -----
    A derivative that vanishes identically (a parameter that a row lacks, the third derivative of a quadratic
    residual) has no form: its block stays zero.
    """

    def __init__(self, rows: Sequence[ufl.Form], functions: Sequence[fem.Function]) -> None:
        self.rows = list(rows)
        self.functions = list(functions)
        self._directions: list[list[fem.Function]] = []
        self._compiled: dict[Any, list[fem.Form | None]] = {}

    def direction(self, index: int) -> list[fem.Function]:
        """Functions that hold the direction number `index`."""
        while len(self._directions) <= index:
            self._directions.append([fem.Function(each.function_space) for each in self.functions])
        return self._directions[index]

    def assemble(self, order: int, constants: Sequence[fem.Constant], into: Sequence[fem.Function]) -> None:
        """Write d^n F / du^order dconstants into functions, block by block (collective).

        Parameters
        ----------
        order
            Number of directions; their values are those of `direction(0)`, `direction(1)`, ...
        constants
            Parameters, each as often as it is differentiated by.
        into
            One function for each block; ghosts are left with zeros.
        """
        for function, form in zip(into, self._forms(order, constants), strict=True):
            function.x.array[:] = 0.0
            if form is not None:
                fem.assemble_vector(function.x.array, form)
                function.x.scatter_reverse(la.InsertMode.add)

    def _forms(self, order: int, constants: Sequence[fem.Constant]) -> list[fem.Form | None]:
        key = (order, tuple(sorted(id(each) for each in constants)))
        if key not in self._compiled:
            expressions = [self._differentiated(row, order, constants) for row in self.rows]
            self._compiled[key] = [None if form.empty() else fem.form(form) for form in expressions]
        return self._compiled[key]

    def _differentiated(self, row: ufl.Form, order: int, constants: Sequence[fem.Constant]) -> ufl.Form:
        variables = {constant: ufl.variable(constant) for constant in constants}
        form = ufl.replace(row, variables)
        for constant in constants:
            form = expand_derivatives(ufl.diff(form, variables[constant]))
            if form.empty():
                return form
        for index in range(order):
            form = expand_derivatives(ufl.derivative(form, self.functions, self.direction(index)))
            if form.empty():
                return form
        return form
