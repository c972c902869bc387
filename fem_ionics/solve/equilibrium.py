# SPDX-License-Identifier: LGPL-3.0-or-later
"""The Poisson-Boltzmann twin of a model: where a solve of an open domain starts, and what it must give at rest.

With the electrochemical potentials given, Poisson's equation alone is left; with uniform ones its solution is
equilibrium. Between baths that differ each mu_i is taken harmonic, which is a guess and no solution.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import ufl

from fem_ionics.errors import ConvergenceError, ModelError
from fem_ionics.log import get_logger
from fem_ionics.model import Field, Model, State, needs_model
from fem_ionics.model.blocks import residual_blocks
from fem_ionics.model.dirichlet import idle_place
from fem_ionics.solve.accept import check_packing, floats
from fem_ionics.solve.guess import resting
from fem_ionics.solve.iterative import Coupled
from fem_ionics.solve.newton import Newton, NonlinearSystem

_log = get_logger("solve")

#: First and smallest step of the charges where Newton does not converge at once, and growth after success.
_FIRST, _SMALLEST, _GROWTH = 0.25, 1e-3, 1.6


def is_open(model: Model) -> bool:
    """Boundaries supply every ion and hold the potential, so that what they hold says what rest is."""
    return not model.amounts and not floats(model)


def poisson_boltzmann(model: Model, newton: Newton | None = None) -> State:
    """Liquid at rest in equilibrium with what its openings hold, without flow and active fluxes.

    Parameters
    ----------
    model
        Open: boundaries hold the potential and every ion. Its parameters are read.
    newton
        How.

    Returns
    -------
    State
        The equilibrium where all openings have the same electrochemical potentials, else a guess between them;
        ``info["iterations"]`` counts those of the nonlinear solve.

    Raises
    ------
    ModelError
        For a closed domain.
    ConvergenceError
        When Newton fails also while the charges are raised in steps.
    """
    needs_model("poisson_boltzmann", model)
    if model.unknowns == "potentials":
        return Equilibrium(model, newton).solve()
    twin = model.rebuilt(unknowns="potentials")
    return _as_concentrations(poisson_boltzmann(twin, newton), model)


def _as_concentrations(state: State, model: Model) -> State:
    """The same fields in a model whose unknowns are concentrations."""
    model.load(resting(model))
    model.field_named("potential").function.x.array[:] = state.arrays[0]
    for species in model.electrolyte.names:
        live = model.field_named(species).function
        live.x.array[:] = state.field(species).x.array / model.scales.concentration
    return model.snapshot(**state.info)


class Equilibrium:
    """The forms of `poisson_boltzmann`, compiled once for any number of solves.

    Parameters
    ----------
    model
        With electrochemical potentials as unknowns.
    newton
        How.

    Raises
    ------
    ModelError
        For a closed domain.
    """

    def __init__(self, model: Model, newton: Newton | None = None) -> None:
        if not is_open(model):
            raise ModelError(
                "poisson_boltzmann: this domain is closed; an equilibrium needs openings that hold the potential and "
                "all ions (Bath). In a closed domain start from fi.resting(model)."
            )
        self.model = model
        # A user's prefix belongs to the model's own solver.
        self.newton = Newton(newton.linear, options=newton.options) if newton else Newton()
        rows = residual_blocks(model.residual)
        charged = [field for field in model.fields if field.kind in ("potential", "excess")]
        tests = ufl.TestFunctions(ufl.MixedFunctionSpace(*(field.function.function_space for field in charged)))
        residual = sum(
            ufl.replace(rows[model.fields.index(field)], {field.test: test})
            for field, test in zip(charged, tests, strict=True)
        )
        self.system = self._system(residual, charged)
        # The potential too: beside harmonic mu_i any other start would hold exp(e V/kT) of some ion.
        smooth = [field for field in model.fields if field.kind in ("potential", "electrochemical potential")]
        self.harmonic = [self._system(self._laplace(field), [field]) for field in smooth]

    def _laplace(self, field: Field) -> ufl.Form:
        """Harmonic: ions in the liquid, the potential everywhere."""
        domain, function, degree = self.model.domain, field.function, 2 * self.model.degree
        test = ufl.TestFunction(function.function_space)
        slopes = ufl.dot(ufl.grad(function), ufl.grad(test))
        if field.kind == "potential":
            return slopes * domain.dx(degree=degree)
        return slopes * domain.liquid(degree=degree) + idle_place(domain, function, test)

    def _system(self, residual: ufl.Form, fields: Sequence[Field]) -> NonlinearSystem:
        functions = [field.function for field in fields]
        held = [
            bc
            for bc in self.model.bcs
            if any(function.function_space._cpp_object.contains(bc.function_space) for function in functions)
        ]
        return NonlinearSystem(
            residual, functions, held, self.newton, preconditioner=partial(Coupled, self.model, fields)
        )

    def solve(self) -> State:
        """At the parameters' present values; see `poisson_boltzmann`."""
        self.model.load(resting(self.model))
        self.model.read_parameters()
        return self.snapshot()

    def snapshot(self) -> State:
        """From the live functions, at the constants' present values: the drive may be other than one."""
        for system in self.harmonic:
            system.solve(near=True)
        return self.model.snapshot(iterations=self._charge())

    def _charge(self) -> int:
        """Solve for the potential: at once, or else with the charges raised from zero. Newton's iterations."""
        start = self._arrays()
        for near in (True, False):
            try:
                return self._solved(near=near)
            except ConvergenceError as error:
                _log.debug("poisson-boltzmann: %s", error)
                self._restore(start)
        return self._ramp()

    def _solved(self, near: bool) -> int:
        report = self.system.solve(near=near)
        check_packing(self.model)
        return report.iterations

    def _ramp(self) -> int:
        load, step, reached, count = self.model.values.load, _FIRST, 0.0, 0
        last = self._arrays()
        try:
            while reached < 1.0:
                load.value = min(1.0, reached + step)
                try:
                    count += self._solved(near=True)
                except ConvergenceError as error:
                    step /= 2.0
                    if step < _SMALLEST:
                        raise error.after(
                            f"Only {reached:.3f} of the charges could be put on the walls.", None
                        ) from None
                    self._restore(last)
                    continue
                reached, last = float(load.value), self._arrays()
                step *= _GROWTH
        finally:
            load.value = 1.0
        return count

    def _arrays(self) -> list[Any]:
        return [np.copy(function.x.array) for function in self.system.functions]

    def _restore(self, arrays: Sequence[Any]) -> None:
        for function, array in zip(self.system.functions, arrays, strict=True):
            function.x.array[:] = array
