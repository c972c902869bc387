# SPDX-License-Identifier: LGPL-3.0-or-later
"""From fields to circuits: a finite-element pore becomes a memristor."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from fem_ionics import reduced
from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.log import get_logger
from fem_ionics.model import Model, State, needs_model
from fem_ionics.observe import Current
from fem_ionics.parameters import Parameter, checks
from fem_ionics.reduced import Relaxation, relaxation
from fem_ionics.solve import Newton
from fem_ionics.study.grid import checked_values, found_parameter
from fem_ionics.study.iv import iv_curve
from fem_ionics.study.iv_results import IVCurve
from fem_ionics.study.provenance import provenance
from fem_ionics.study.results import TIME, Trace
from fem_ionics.study.solvable import as_solvable
from fem_ionics.study.transient import Stepper

_log = get_logger("study")

CONDUCTANCE = "conductance"
#: A step in time is no longer than this part of the time since the step in voltage: an exponential is followed to 1e-3.
_PART = 0.25
#: A conductance that changes by less, relatively, has no memory that could be told from rounding.
_CHANGE = 1e-6
#: The conductance is followed until this part of its change is left (4 tau of one exponential).
_LEFT = 0.02
#: In diffusion times of the model's length: the first step, and when nothing relaxes any more.
_FIRST, _NEVER = 0.5, 1e6


@dataclass(frozen=True, eq=False)
class Memristor(reduced.Memristor):
    """A channel with a memory, as an element of circuits; see `fem_ionics.reduced.Memristor`.

    Parameters
    ----------
    steady, memory_time, conductance, residual
        As there.
    iv
        The current-voltage curve that it was made from, by `from_model`.
    relaxation
        What was fitted to the response to a step; its ``residual`` says how well one exponential describes it.
    response
        That response: "time" (s) after the step, "current" (A) and "conductance" (S).

    Raises
    ------
    ParameterError
        As there.
    """

    iv: IVCurve | None = None
    relaxation: Relaxation | None = None
    response: Trace | None = None

    @classmethod
    def from_model(
        cls,
        model: Model,
        voltage: Parameter,
        values: Iterable[float],
        *,
        between: tuple[str, str] = ("cis", "trans"),
        step: float | None = None,
        tolerance: float = 1e-4,
        newton: Newton | None = None,
        progress: bool = True,
    ) -> Self:
        """The memristor of a finite-element model of a pore.

        Parameters
        ----------
        model
            Two equal baths; it is left at its former voltage.
        voltage
            The parameter that is applied to the first opening against the second, V.
        values
            Voltages of the steady curve, V, on both sides of zero, which need not be one of them.
        between
            Names of the openings, at which the current is measured: the element's first and second node.
        step
            Voltage that is switched on at rest to see the memory, V, one of `values`; by default the smallest positive
            one. Where the conductance changes much, the time depends on the voltage: compare two.
        tolerance
            Error allowed for each step in time, as in `transient`.
        newton, progress
            As in `iv_curve`.

        Returns
        -------
        Memristor
            With the curve, the response and the fit that it rests on.

        Raises
        ------
        ParameterError
            Before any solve: for a parameter that is not the model's, voltages on one side of zero only, a step that is
            not one of them. After the curve: for a current without the sign of its voltage, and for a conductance that
            is the same everywhere.
        ModelError
            For what is no finite-element model.
        TagError
            For openings that the domain does not have.
        ConvergenceError
            When a solve or a step in time fails.

        Notes
        -----
        The steady conductance is I/V of `fem_ionics.iv_curve`. The memory time is that of the one exponential

            g(t) = g_inf + a exp(-t/tau)

        that comes nearest, by mean squares over time, to g = I(t)/V after the step, with g_inf of the steady solution
        there; g is followed until a fiftieth of its change is left. ``relaxation.residual``, the root mean square of
        the misfit over abs(a), is 0.01 to 0.02 for ions that diffuse along a channel, which relax in a sum of
        exponentials; one far above says that one memory time is too simple.

        In a tube of length L along which salt appears evenly, the mean time of relaxation is L^2/(10 D); L^2/(12 D)
        of `ConicalChannel` is the salt in the end over the rate at which it appears at first. The cone of Kamsma et
        al., 10 um long with one sign of charge, has 1.12 times the latter for a step of 0.1 V, 0.86 for one of -0.3 V.
        Planar domains give a memristor per metre of depth. Collective.
        """
        owner = "Memristor.from_model"
        needs_model(owner, model)
        parameter = found_parameter(owner, as_solvable(model, newton), voltage)
        volts = checked_values(owner, parameter.name, values)
        height = _step_among(owner, volts, step)
        checks.positive(owner, "tolerance", tolerance)
        iv = iv_curve(model, parameter, volts, between=between, newton=newton, keep=(height,), progress=progress)
        plain = reduced.Memristor.from_curve(iv, 1.0)
        _check_memory(owner, plain.steady.values)
        g_inf = float(iv.currents[iv.voltages == height][0]) / height
        before = parameter.value
        try:
            stepper = _switched_on(model, parameter, height, iv.equilibrium, tolerance, newton)
            response = _response(stepper, height, g_inf, Current(on=between[1]))
        finally:
            parameter.value = before
        fit = relaxation(response[TIME], response[CONDUCTANCE], g_inf)
        _log.info("memory time %.3e s, one exponential to %.1e of the change at %g V", fit.time, fit.residual, height)
        return cls(plain.steady, fit.time, plain.conductance, iv=iv, relaxation=fit, response=response)


def _step_among(owner: str, volts: tuple[float, ...], step: float | None) -> float:
    """The voltage that is switched on, one of voltages on both sides of zero; ParameterError otherwise."""
    if not min(volts) < 0.0 < max(volts):
        raise ParameterError(
            f"{owner}: voltages from {min(volts):g} to {max(volts):g} V were given; a memristor in a circuit meets "
            "both signs: give some on either side of zero."
        )
    if step is None:
        return min(value for value in volts if value > 0.0)
    height = checks.real(owner, "step", step)
    if height == 0.0 or height not in volts:
        raise ParameterError(f"{owner}: step = {height:g} V was given; it must be one of the voltages, and not zero.")
    return height


def _check_memory(owner: str, relative: Any) -> None:
    """ParameterError where the conductance is the same at all voltages."""
    if np.ptp(relative) < _CHANGE:
        raise ParameterError(
            f"{owner}: the steady conductance is the same at all voltages to {np.ptp(relative):.0e}: this pore has no "
            "memory of them. TabulatedResistor.from_curve(iv) makes an element of it."
        )


def _switched_on(
    model: Model, voltage: Parameter, height: float, rest: State, tolerance: float, newton: Newton | None
) -> Stepper:
    """States after the voltage was switched on at rest."""
    voltage.value = height
    start = State(model, rest.arrays, rest.parameters, 0.0, {})
    first, until = _FIRST * model.scales.time, _NEVER * model.scales.time
    return Stepper(model, [start], until, tolerance=tolerance, first_step=first, newton=newton)


def _response(stepper: Stepper, height: float, g_inf: float, current: Current) -> Trace:
    """Conductance until it has settled."""
    rows: list[tuple[float, float, float]] = []
    shortest = stepper.size
    for state in stepper:
        now, amperes = float(state.time or 0.0), current(state)
        rows.append((now, amperes, amperes / height))
        stepper.largest_step = max(_PART * now, shortest)
        if abs(rows[-1][2] - g_inf) <= _LEFT * abs(rows[0][2] - g_inf):
            break
    else:
        words = f"Memristor.from_model: the conductance does not settle at the steady {g_inf:g} S."
        raise ConvergenceError(words, last=stepper.history[0])
    time, currents, siemens = (list(column) for column in zip(*rows, strict=True))
    columns = {TIME: time, "current": currents, CONDUCTANCE: siemens}
    units = {TIME: "s", "current": "A", CONDUCTANCE: "S"}
    title = f"after {height:g} V were switched on"
    return Trace(columns, units, provenance(stepper.model), title, last=stepper.history[0])
