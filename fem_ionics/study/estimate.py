# SPDX-License-Identifier: LGPL-3.0-or-later
"""How far a measured number is from that of an exact solution: the dual-weighted residual."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from fem_ionics.cite import Reference, cite, register
from fem_ionics.errors import ModelError
from fem_ionics.model import Model, State, needs_model, needs_state
from fem_ionics.observe import Probe
from fem_ionics.observe.forms import unit_in
from fem_ionics.observe.goals import Goal
from fem_ionics.observe.weighted import WeightedResidual
from fem_ionics.solve import Adjoint, Newton, Steady, interpolated, transferred

register(
    [
        Reference(
            "becker2001",
            "R. Becker, R. Rannacher",
            "An optimal control approach to a posteriori error estimation in finite element methods",
            "Acta Numerica 10, 1-102",
            2001,
            "10.1017/S0962492901000010",
        ),
        Reference(
            "richter2015",
            "T. Richter, T. Wick",
            "Variational localizations of the dual weighted residual estimator",
            "J. Comput. Appl. Math. 279, 192-208",
            2015,
            "10.1016/j.cam.2014.11.008",
        ),
    ]
)


@dataclass(frozen=True, eq=False)
class ErrorEstimate:
    """A measured number and the error that its mesh and elements make.

    Parameters
    ----------
    name, unit
        Of the probe.
    value
        The probe's number.
    error
        Estimate of exact minus measured, with its sign.
    bound
        Sum of `indicators` over the mesh: how much of the error may be cancelling.
    indicators
        What each cell of this rank adds, in the probe's unit; none is negative.
    """

    name: str
    unit: str
    value: float
    error: float
    bound: float
    indicators: npt.NDArray[np.float64]

    @property
    def corrected(self) -> float:
        """The number with the estimate added: nearer to the exact one than `value`."""
        return self.value + self.error

    @property
    def relative(self) -> float:
        """Size of the error over that of the corrected number."""
        return abs(self.error) / abs(self.corrected) if self.corrected else float(np.inf if self.error else 0.0)

    def __str__(self) -> str:
        return f"{self.name} {self.value:.6e} {self.unit}, error {self.error:+.1e} ({100 * self.relative:.2g} %)"


class Estimator:
    """Estimates the error of one probe for any states of a model; forms are compiled once.

    Parameters
    ----------
    model
        An open problem: baths, or held concentrations.
    goal
        What is measured; see `fem_ionics.observe.goals.Goal`.
    enriched
        The same problem with more unknowns on the same mesh; elements of one degree more by default.
    newton
        How the enriched problem is solved where `solved` is called.

    Raises
    ------
    ModelError
        For a closed model with imposed amounts.
    ParameterError
        For a probe that is no goal.

    Notes
    -----
    The state u is interpolated into the enriched space, where the adjoint z of the number J is solved for once. The
    error is R(u; z) - R(u; q), with R the residual and q the test function of J, but for terms quadratic in it [1]_.
    It counts discretisation, quadrature and what Newton left; not the shape of the boundary. Where the corner of a wall
    limits the order, elements of one degree more see about 2/3 of the error (2 against 3), and nearly all of it once
    `adapt` has refined there. The indicators are those
    of R(u; z - i z) with the interpolant i z in the model's own space, shared out by hat functions [2]_.

    .. [1] R. Becker, R. Rannacher, Acta Numerica 10, 1 (2001).
    .. [2] T. Richter, T. Wick, J. Comput. Appl. Math. 279, 192 (2015).
    """

    def __init__(
        self, model: Model, goal: Probe, *, enriched: Model | None = None, newton: Newton | None = None
    ) -> None:
        needs_model("Estimator", model)
        if model.amounts:
            raise ModelError(
                f"Estimator: amounts are imposed on {', '.join(model.amounts)}; errors are estimated for open models, "
                "with baths or held concentrations."
            )
        self.model, self.goal = model, goal
        self.enriched = model.rebuilt(degree=model.degree + 1) if enriched is None else enriched
        self._coarse, self._fine = Goal(goal, model), Goal(goal, self.enriched)
        self._steady = Steady(self.enriched, newton)
        self._adjoint = Adjoint(self._steady.system)
        self._residual = WeightedResidual(self.enriched)
        self._slope = self._fine.slope()

    def __call__(self, state: State) -> ErrorEstimate:
        """Estimate the error of the probe at a solution (collective).

        Raises
        ------
        ConvergenceError
            When the adjoint system has no solution.
        """
        cite("becker2001", "richter2015")
        value = self.goal(state)
        measured = self._coarse.value()
        transferred(state, self.enriched)
        adjoint = self._adjoint.solve(self._fine.lift(), self._slope)
        within = interpolated(adjoint, self.model)
        for rest, part in zip(adjoint, within, strict=True):
            rest.x.array[:] -= part.x.array
        missing = self._residual.at_corners(adjoint)
        kept = self._residual.total(self._residual.at_corners(within))
        indicators = self._residual.at_cells(missing)
        return ErrorEstimate(
            name=self.goal.name,
            unit=unit_in(self.goal, self.model.domain),
            value=value,
            error=self._residual.total(missing) + (kept + self._fine.form_value() - measured),
            bound=float(self.model.domain.comm.allreduce(indicators.sum())),
            indicators=indicators,
        )

    def solved(self, state: State) -> State:
        """The enriched problem's own solution, from `state` by Newton: dearer, and exact in the nonlinearity."""
        return self._steady.solve(transferred(state, self.enriched))


def error_estimate(state: State, goal: Probe, *, enriched: Model | None = None) -> ErrorEstimate:
    """Estimate the error of a probe at a steady state of an open model (collective).

    Parameters
    ----------
    state
        A solution.
    goal
        For example ``fi.observe.Current(on="trans")``.
    enriched
        As in `Estimator`, which also serves many states of one model.

    Returns
    -------
    ErrorEstimate
    """
    needs_state("error_estimate", state)
    return Estimator(state.model, goal, enriched=enriched)(state)
