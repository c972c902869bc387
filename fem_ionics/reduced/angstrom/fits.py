# SPDX-License-Identifier: LGPL-3.0-or-later
"""Kinetic parameters from measured conductances and step responses, with their uncertainties."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.parameters import checks
from fem_ionics.reduced import given
from fem_ionics.reduced.angstrom.kinetics import PoreKinetics
from fem_ionics.reduced.angstrom.master import transient
from fem_ionics.reduced.angstrom.waveform import Waveform

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MeasuredConductance:
    """G = w G0 of one pore at steady voltages; compared by its logarithm, since it spans decades.

    Parameters
    ----------
    voltages
        V, shape (n,).
    conductances
        S, shape (n,), positive.
    errors
        Relative standard errors: a number, or shape (n,).
    """

    voltages: Array
    conductances: Array
    errors: Any = 0.1

    def residuals(self, kinetics: PoreKinetics) -> Array:
        """(model - measured)/error, shape (n,)."""
        volts, values, errors = _together("MeasuredConductance", self.voltages, self.conductances, self.errors)
        given.positives("MeasuredConductance", "conductances", values)
        weights = np.array([float(kinetics.weight(kinetics.steady(v))) for v in volts])
        return np.log(weights * kinetics.open_conductance(volts) / values) / errors


@dataclass(frozen=True, eq=False)
class MeasuredWeight:
    """w at times within a waveform that begins with a pore at rest.

    Parameters
    ----------
    waveform
        Voltage over time.
    times
        s, shape (n,), ascending.
    weights
        Shape (n,).
    errors
        Standard errors: a number, or shape (n,).
    """

    waveform: Waveform
    times: Array
    weights: Array
    errors: Any = 0.03

    def residuals(self, kinetics: PoreKinetics) -> Array:
        """(model - measured)/error, shape (n,)."""
        times, values, errors = _together("MeasuredWeight", self.times, self.weights, self.errors)
        return (transient(kinetics, self.waveform, times).weight - values) / errors


@dataclass(frozen=True)
class MeasuredMemory:
    """The longest relaxation time at a steady voltage.

    Parameters
    ----------
    voltage
        V.
    time
        s.
    error
        Relative standard error.
    """

    voltage: float
    time: float
    error: float = 0.1

    def residuals(self, kinetics: PoreKinetics) -> Array:
        """(model - measured)/error, shape (1,)."""
        time = checks.positive("MeasuredMemory", "time", self.time, "s")
        error = checks.positive("MeasuredMemory", "error", self.error)
        return np.atleast_1d(kinetics.relaxation_times(self.voltage)[0] / time - 1.0) / error


@dataclass(frozen=True, eq=False)
class PoreFit:
    """Fitted parameters.

    Parameters
    ----------
    values
        Name -> value, in the unit of the start.
    errors
        Name -> standard error; infinite where there are no more measurements than parameters, and the errors of the
        measurements were not known.
    covariance
        Of the parameters in the order of `values`.
    chi2, freedom
        Sum of the squared residuals, and measurements less parameters.
    """

    values: Mapping[str, float]
    errors: Mapping[str, float]
    covariance: Array
    chi2: float
    freedom: int


def fit_kinetics(
    make: Callable[..., PoreKinetics],
    start: Mapping[str, float],
    measured: Sequence[Any],
    *,
    absolute: bool = True,
) -> PoreFit:
    """Fit a pore to measurements by least squares.

    Parameters
    ----------
    make
        ``make(**values)`` builds the pore.
    start
        Name -> positive value to start from: rates, concentrations, slopes.
    measured
        `MeasuredConductance`, `MeasuredWeight`, `MeasuredMemory`, or anything with ``residuals(kinetics)``.
    absolute
        The errors of the measurements are known. Otherwise they count as relative to each other, and the scatter of the
        residuals gives their size.

    Raises
    ------
    ParameterError
        For a start that is not positive, or fewer measurements than parameters.
    ConvergenceError
        When the fit does not converge, or the measurements do not determine a parameter.

    Notes
    -----
    Logarithms of the parameters are fitted, so that none changes its sign; errors are those of the linearised problem.
    """
    names = list(start)
    origin = given.positives("fit_kinetics", "start", [start[name] for name in names])

    def residuals(logs: Array) -> Array:
        kinetics = make(**dict(zip(names, (origin * np.exp(logs)).tolist(), strict=True)))
        return np.concatenate([np.atleast_1d(each.residuals(kinetics)) for each in measured])

    begun = residuals(np.zeros(len(names)))
    if len(begun) < len(names):
        raise ParameterError(f"fit_kinetics: {len(begun)} measurements for {len(names)} parameters; give as many.")
    found = least_squares(residuals, np.zeros(len(names)), x_scale=1.0, xtol=1e-10, ftol=1e-10, gtol=1e-10)
    if not found.success:
        raise ConvergenceError(f"fit_kinetics: the fit has not converged: {found.message}")
    sizes = np.linalg.svd(found.jac, compute_uv=False)
    if sizes[-1] < 1e-7 * sizes[0]:
        raise ConvergenceError(
            f"fit_kinetics: the measurements do not determine {', '.join(names)} together; fix one, or measure more."
        )
    values = origin * np.exp(found.x)
    return _fitted(names, values, found.jac, float(2.0 * found.cost), len(begun) - len(names), absolute)


def _fitted(names: list[str], values: Array, jacobian: Array, chi2: float, freedom: int, absolute: bool) -> PoreFit:
    covariance = np.linalg.inv(jacobian.T @ jacobian) * np.outer(values, values)
    if not absolute:
        covariance = covariance * (chi2 / freedom if freedom else np.inf)
    errors = np.sqrt(np.diag(covariance))
    named, widths = (dict(zip(names, each.tolist(), strict=True)) for each in (values, errors))
    return PoreFit(named, widths, covariance, chi2, freedom)


@dataclass(frozen=True)
class ExponentialFit:
    """y = C exp(alpha |V|).

    Parameters
    ----------
    C, alpha
        At low voltage, in the unit of y; 1/V.
    C_error, alpha_error
        Standard errors; zero for two points without errors.
    """

    C: float
    alpha: float
    C_error: float
    alpha_error: float


def fit_exponential(voltages: Any, values: Any, errors: Any = None) -> ExponentialFit:
    """Fit conductances, or weights, as the paper does: a straight line through their logarithm over |V|.

    Parameters
    ----------
    voltages
        V, shape (n,), two or more of different size.
    values
        Shape (n,), positive.
    errors
        Relative standard errors, a number or shape (n,); the scatter tells by default.

    Raises
    ------
    ParameterError
        For values that are not positive, and too few voltages.
    """
    volts, y, sizes = _together("fit_exponential", voltages, values, 1.0 if errors is None else errors)
    given.positives("fit_exponential", "values", y)
    if len(np.unique(np.abs(volts))) < 2:
        raise ParameterError("fit_exponential: two or more voltages of different size are needed.")
    matrix = np.column_stack([np.ones(len(volts)), np.abs(volts)]) / sizes[:, None]
    line, *_ = np.linalg.lstsq(matrix, np.log(y) / sizes)
    covariance = np.linalg.inv(matrix.T @ matrix)
    if errors is None:
        left = np.log(y) - line[0] - line[1] * np.abs(volts)
        covariance = covariance * (left @ left / max(len(volts) - 2, 1))
    C = float(np.exp(line[0]))
    widths = np.sqrt(np.diag(covariance))
    return ExponentialFit(C, float(line[1]), C * float(widths[0]), float(widths[1]))


def _together(owner: str, across: Any, up: Any, errors: Any) -> tuple[Array, Array, Array]:
    x, y = given.reals(owner, "positions", across), given.reals(owner, "values", up)
    sizes = given.positives(owner, "errors", errors)
    if x.ndim != 1 or x.shape != y.shape or sizes.shape not in ((), x.shape):
        raise ParameterError(f"{owner}: {x.size} positions, {y.size} values and errors of shape {sizes.shape}.")
    return x, y, np.broadcast_to(sizes, x.shape)
