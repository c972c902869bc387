# SPDX-License-Identifier: LGPL-3.0-or-later
"""The linear response of a device to a small voltage and a small pressure, by central differences about rest."""

from typing import Any

from fem_ionics.errors import ParameterError
from fem_ionics.parameters import Parameter, checks
from fem_ionics.solve import Newton
from fem_ionics.study.conversion import LinearResponse
from fem_ionics.study.grid import found_parameter
from fem_ionics.study.solvable import Solvable, as_solvable, opened

#: Steps: a hundredth of kT/e, and a pressure that moves ions by less than they diffuse. Both are far above rounding,
#: and their squares, which central differences leave, far below one (3e-7 between the two couplings of a cone).
_VOLTS, _PASCALS = 2e-4, 1e3


def linear_response(
    model: Any,
    voltage: Parameter,
    pressure: Parameter,
    *,
    between: tuple[str, str] = ("cis", "trans"),
    steps: tuple[float, float] = (_VOLTS, _PASCALS),
    newton: Newton | None = None,
) -> LinearResponse:
    """Conductance, permeance and the two couplings of a device with flow.

    Parameters
    ----------
    model
        A Model with flow, or a `Solvable` with terminals.
    voltage, pressure
        Parameters of the first opening, V and Pa; both are taken about zero and are what they were at the end.
    between
        Names of the two openings; current and flow count from the first to the second.
    steps
        Half the differences, V and Pa.
    newton
        How a Model is solved.

    Returns
    -------
    LinearResponse
        Its ``reciprocity_defect`` says how well the discrete model keeps Onsager's relation.

    Raises
    ------
    ParameterError
        For parameters that the model does not have, a step that is not positive, or a model without flow.
    ConvergenceError
        When a solve fails.

    Notes
    -----
    Collective. Baths that differ have currents and flows at rest too; the differences leave them out.
    """
    volts, pascals = (
        checks.positive("linear_response", name, step, unit)
        for name, step, unit in zip(("step of voltage", "step of pressure"), steps, ("V", "Pa"), strict=True)
    )
    for parameter in (voltage, pressure):
        found_parameter("linear_response", as_solvable(model, newton), parameter)
    before = voltage.value, pressure.value
    with opened(model, newton) as solvable:
        terminals = solvable.terminals(*between)  # type: ignore[attr-defined]
        if terminals.flow is None:
            raise ParameterError("linear_response: the model has no flow; use PNPS, or iv_curve(...).conductance().")
        try:
            voltage.value = pressure.value = 0.0
            rest = solvable.solve(None)
            by_voltage = _slopes(solvable, terminals, rest, voltage, volts)
            by_pressure = _slopes(solvable, terminals, rest, pressure, pascals)
        finally:
            voltage.value, pressure.value = before
    return LinearResponse(by_voltage[0], by_pressure[0], by_voltage[1], by_pressure[1])


def _slopes(solvable: Solvable, terminals: Any, rest: Any, parameter: Parameter, step: float) -> tuple[float, float]:
    """Current and flow rate per unit of a parameter."""
    found = []
    for value in (step, -step):
        parameter.value = value
        solution = solvable.solve(rest)
        current = sum(float(probe(solution)) for probe in terminals.out.values())
        found.append((current, float(terminals.flow(solution))))
    parameter.value = 0.0
    (up, out), (down, back) = found
    return (up - down) / (2.0 * step), (out - back) / (2.0 * step)
