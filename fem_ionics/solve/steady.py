# SPDX-License-Identifier: LGPL-3.0-or-later
"""Steady states: Newton from a guess, and from nothing by ramping what drives the system."""

from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any

from fem_ionics.errors import ConvergenceError, DepletionError
from fem_ionics.log import get_logger
from fem_ionics.model import Model, State, needs_model
from fem_ionics.solve.accept import check_closed, check_packing, check_positive, check_regulated
from fem_ionics.solve.equilibrium import Equilibrium, is_open
from fem_ionics.solve.exponential import amendment
from fem_ionics.solve.guess import resting
from fem_ionics.solve.iterative import Coupled
from fem_ionics.solve.newton import Newton, NonlinearSystem, Report

_log = get_logger("solve")

#: First and smallest step of the load while ramping, and growth after an easy step.
_FIRST, _SMALLEST, _GROWTH, _EASY = 0.2, 1e-3, 1.6, 6
#: A depletion limit is bracketed to this part of the load.
_SMALLEST_DEPLETED = 1e-2


class Steady:
    """A model's steady solver: forms compiled once, any number of solves.

    Parameters
    ----------
    model
        What to solve.
    newton
        How; by default with full Newton steps near a solution and a line search far from one.
    """

    def __init__(self, model: Model, newton: Newton | None = None) -> None:
        needs_model("steady", model)
        self.model = model
        self.newton = newton or Newton()
        self.system = NonlinearSystem(
            model.residual,
            model.functions,
            model.bcs,
            self.newton,
            amendment(model),
            partial(Coupled, model, model.fields),
        )

    @cached_property
    def equilibrium(self) -> Equilibrium | None:
        """The Poisson-Boltzmann twin, from which an open domain starts; None where there is none."""
        twin = self.model.unknowns == "potentials" and is_open(self.model)
        return Equilibrium(self.model, self.newton) if twin else None

    def solve(self, guess: State | None = None, *, ramp: bool = True) -> State:
        """Solve at the parameters' present values.

        Parameters
        ----------
        guess
            A state of the same model; liquid at rest by default, in Poisson-Boltzmann equilibrium in an open domain.
            Where Newton fails from it, charges, then voltages and other drives, then active fluxes are ramped up
            from zero.
        ramp
            False: where Newton fails from a guess, give up at once. A study then comes nearer in smaller steps.

        Returns
        -------
        State
            ``info`` holds "iterations", "linear iterations", "residual" and "load steps".

        Raises
        ------
        ModelError
            For a closed domain without balance.
        ConvergenceError
            With the last good state on the ramp in ``error.last``.
        DepletionError
            When a concentration becomes negative; the message brackets the load at which it does.
        """
        model = self.model
        model.load(guess or resting(model))
        model.read_parameters()
        if guess is None and self.equilibrium is not None:
            self._equilibrate(self.equilibrium)
        for constant in model.amounts.values():
            constant.value = 1.0
        check_closed(model, steady=True)
        ramp = ramp or guess is None
        report, steps = self._robust(near=guess is not None, ramp=ramp)
        check_regulated(model)
        try:
            check_positive(model)
        except DepletionError as error:
            raise (self._bracketed(error) if ramp else error) from None
        return model.snapshot(**report.info, **({"load steps": steps} if steps else {}))

    def _equilibrate(self, equilibrium: Equilibrium) -> None:
        """Start in equilibrium, or at rest where there is none yet: a wall held far from its bath, for one."""
        try:
            equilibrium.snapshot()
        except ConvergenceError as error:
            _log.debug("steady: %s", error)
            self.model.load(resting(self.model))

    def _robust(self, near: bool, ramp: bool) -> tuple[Report, int]:
        """Full steps, searched steps, then the ramp: each where the one before fails."""
        start = [function.x.array.copy() for function in self.model.functions]
        for quick in (True, False):
            try:
                report = self._newton(near=quick, fresh=not (near and quick))
                if quick and not near:
                    check_positive(self.model)  # from far away full steps may end in a root that nature has not
                return report, 0
            except ConvergenceError as error:
                if not (quick or ramp):
                    raise
                _log.debug("steady: %s", error)
                for function, array in zip(self.model.functions, start, strict=True):
                    function.x.array[:] = array
        _log.info("steady: no convergence from the guess; ramping up from rest")
        return self._ramp()

    def _newton(self, near: bool, fresh: bool = True) -> Report:
        report = self.system.solve(near=near, fresh=fresh)
        check_packing(self.model)
        _log.debug("newton %d iterations, residual %.2e (%s)", report.iterations, report.residual, report.reason)
        return report

    def _ramp(self) -> tuple[Report, int]:
        """From rest: raise the charges and drives, then the active fluxes. Leaves all factors at one.

        An open domain starts with its charges, in equilibrium.
        """
        model, values = self.model, self.model.values
        model.load(resting(model))
        model.read_parameters()
        factors = (values.load, values.drive, values.activity)
        charges, steps = [values.load, values.drive], 0
        try:
            for factor in factors:
                factor.value = 0.0
            model.refresh()
            if self.equilibrium is not None:
                values.load.value, charges = 1.0, [values.drive]
                self.equilibrium.snapshot()
            for name, raised in (("charges and fields", charges), ("active fluxes", [values.activity])):
                report, count = self._raise(name, raised)
                steps += count
        finally:
            for factor in factors:
                factor.value = 1.0
            model.refresh()
        return report, steps

    def _raise(self, name: str, factors: Sequence[Any]) -> tuple[Report, int]:
        """Raise factors together to one in steps that follow Newton's ease."""
        model = self.model
        active = model.values.activity in factors
        reached, step, steps, last = 0.0, _FIRST, 0, model.snapshot(reached=0.0)
        while reached < 1.0:
            for factor in factors:
                factor.value = min(1.0, reached + step)
            model.refresh()
            try:
                report = self._newton(near=False)
                if active:
                    check_positive(model)
            except ConvergenceError as error:
                step /= 2.0
                if step < (_SMALLEST_DEPLETED if isinstance(error, DepletionError) else _SMALLEST):
                    raise self._stalled(error, name, last) from error
                for function, array in zip(model.functions, last.arrays, strict=True):
                    function.x.array[:] = array
                continue
            reached, steps = float(factors[0].value), steps + 1
            last = model.snapshot(reached=reached)
            step *= _GROWTH if report.iterations <= _EASY else 1.0
            _log.info("ramp: %.3f of the %s, newton %d", reached, name, report.iterations)
        return report, steps

    def _stalled(self, error: ConvergenceError, name: str, last: State) -> ConvergenceError:
        at = ", ".join(f"{key} = {value:g}" for key, value in self.model.values.snapshot().items())
        reached = f"{last.info['reached']:.3f} of the {name}"
        if isinstance(error, DepletionError):
            return error.after(
                f"Ramped up from rest{' to ' + at if at else ''}, the concentrations stay positive up to {reached} "
                "(error.last).",
                last,
            )
        return error.after(
            f"This was {'at ' + at + ', ' if at else ''}while ramping up from rest: the last good state is at "
            f"{reached} (error.last). Try a guess nearer to the solution, smaller values or a finer mesh.",
            last,
        )

    def _bracketed(self, error: DepletionError) -> DepletionError:
        """The same error with the flux at which the ion runs out, found on the way up from rest."""
        try:
            self._ramp()
        except DepletionError as found:
            return found
        except ConvergenceError:
            return error
        return error.after("Ramped up from rest it stays positive: the guess led to another branch.", error.last)


def steady(model: Model, guess: State | None = None, newton: Newton | None = None) -> State:
    """Steady state of a model; see `Steady.solve`, which a study keeps to compile forms only once."""
    return Steady(model, newton).solve(guess)
