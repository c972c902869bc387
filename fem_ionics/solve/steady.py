# SPDX-License-Identifier: LGPL-3.0-or-later
"""Steady states: Newton from a guess, and from nothing by ramping what drives the system."""

from fem_ionics.errors import ConvergenceError, DepletionError
from fem_ionics.log import get_logger
from fem_ionics.model import Model, State
from fem_ionics.solve.accept import check_closed, check_positive
from fem_ionics.solve.guess import resting
from fem_ionics.solve.newton import Newton, NonlinearSystem, Report

_log = get_logger("solve")

#: First, largest and smallest step of the load while ramping, and growth after an easy step.
_FIRST, _SMALLEST, _GROWTH, _EASY = 0.2, 1e-3, 1.6, 6


class Steady:
    """A model's steady solver: forms compiled once, any number of solves.

    Parameters
    ----------
    model
        What to solve.
    newton
        How; by default MUMPS and a backtracking Newton.
    """

    def __init__(self, model: Model, newton: Newton | None = None) -> None:
        self.model = model
        self.system = NonlinearSystem(model.residual, model.functions, model.bcs, newton or Newton())

    def solve(self, guess: State | None = None) -> State:
        """Solve at the parameters' present values.

        Parameters
        ----------
        guess
            A state of the same model; liquid at rest by default. Where Newton fails from it, wall charges, fluxes,
            fixed potentials and fields are ramped up from zero.

        Returns
        -------
        State
            ``info`` holds "iterations", "residual" and "load steps".

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
        for constant in model.amounts.values():
            constant.value = 1.0
        check_closed(model, steady=True)
        report, steps = self._robust(near=guess is not None)
        try:
            check_positive(model)
        except DepletionError as error:
            raise self._bracketed(error) from None
        return model.snapshot(
            iterations=report.iterations, residual=report.residual, **({"load steps": steps} if steps else {})
        )

    def _robust(self, near: bool) -> tuple[Report, int]:
        """Full steps from a guess, searched steps, then the ramp: each where the one before fails."""
        for quick in (True, False) if near else (False,):
            try:
                return self._newton(near=quick), 0
            except ConvergenceError as error:
                _log.debug("steady: %s", error)
        _log.info("steady: no convergence from the guess; ramping up from rest")
        return self._ramp()

    def _newton(self, near: bool) -> Report:
        report = self.system.solve(near=near)
        _log.debug("newton %d iterations, residual %.2e (%s)", report.iterations, report.residual, report.reason)
        return report

    def _set_load(self, load: float) -> None:
        self.model.values.load.value = load
        self.model.refresh()

    def _ramp(self, stop_when_depleted: bool = False) -> tuple[Report, int]:
        """Raise the load from rest to one in steps that follow Newton's ease; leaves the load at one."""
        model = self.model
        model.load(resting(model))
        load, step, steps, last = 0.0, _FIRST, 0, None
        try:
            while load < 1.0:
                trial = min(1.0, load + step)
                self._set_load(trial)
                try:
                    report = self._newton(near=False)
                    if stop_when_depleted:
                        check_positive(model)
                except ConvergenceError as error:
                    step /= 2.0
                    if step < _SMALLEST:
                        raise self._stalled(error, load, last) from error
                    if last is not None:
                        for function, array in zip(model.functions, last.arrays, strict=True):
                            function.x.array[:] = array
                    continue
                load, steps, last = trial, steps + 1, model.snapshot(load=trial)
                step *= _GROWTH if report.iterations <= _EASY else 1.0
                _log.info("ramp: load %.3f, newton %d", load, report.iterations)
        finally:
            self._set_load(1.0)
        return report, steps

    def _stalled(self, error: ConvergenceError, load: float, last: State | None) -> ConvergenceError:
        at = ", ".join(f"{name} = {value:g}" for name, value in self.model.values.snapshot().items())
        kind = type(error) if isinstance(error, DepletionError) else ConvergenceError
        return kind(
            f"{error} This was {'at ' + at + ', ' if at else ''}while ramping: the last good state is at {load:.3f} of "
            "the wall charges, fluxes and fields (error.last). Try a guess nearer to the solution or a finer mesh.",
            last=last,
            reason=error.reason,
            iterations=error.iterations,
        )

    def _bracketed(self, error: DepletionError) -> DepletionError:
        """The same error with the load at which the ion runs out, found on the way up from rest."""
        last: State | None = None
        try:
            self._ramp(stop_when_depleted=True)
        except ConvergenceError as stalled:
            last = stalled.last
        limit = last.info["load"] if last is not None else 0.0
        return DepletionError(
            f"{error} Ramped up from rest, the concentrations stay positive up to {limit:.3f} of the given wall "
            "charges and fluxes (error.last).",
            species=error.species,
            minimum=error.minimum,
            where=error.where,
            last=last,
            reason="DEPLETED",
            iterations=error.iterations,
        )


def steady(model: Model, guess: State | None = None, newton: Newton | None = None) -> State:
    """Steady state of a model; see `Steady.solve`, which a study keeps to compile forms only once."""
    return Steady(model, newton).solve(guess)
