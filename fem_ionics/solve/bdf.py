# SPDX-License-Identifier: LGPL-3.0-or-later
"""Time stepping: variable-step BDF2 with an error estimate for each step.

    a0 S(u) + a1 S(u1) + a2 S(u2) + residual(u) = 0

S is the model's storage form evaluated on whole old states, so what it stores is conserved exactly also where the
unknowns are electrochemical potentials. Written here rather than taken from PETSc's TS because the history must go to
disk and come back on another number of ranks without a restart at first order.

The error of a step is the part of the difference between the solution and its extrapolation that the leading
truncation terms of the two assign to BDF2 (Hairer, Norsett & Wanner, Solving Ordinary Differential Equations I, III.5).
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import ufl
from dolfinx import fem

from fem_ionics.model import Model, State
from fem_ionics.solve.accept import bound, check_closed, check_packing, check_positive, unbalanced
from fem_ionics.solve.exponential import amendment
from fem_ionics.solve.iterative import Coupled
from fem_ionics.solve.newton import Newton, NonlinearSystem

Arrays = Sequence[npt.NDArray[np.float64]]


class BDF2:
    """Steps a model in time.

    Parameters
    ----------
    model
        What to step.
    newton
        How each step is solved.

    Notes
    -----
    Construction compiles forms and is collective, and so is `step`.
    """

    def __init__(self, model: Model, newton: Newton | None = None) -> None:
        self.model = model
        zero = (0.0, 0.0, 0.0)
        self._weights: list[Any] = [fem.Constant(model.domain.mesh, weight) for weight in zero]
        self._old = [[fem.Function(f.function_space) for f in model.functions] for _ in range(2)]
        now = dict(zip(model.functions, model.functions, strict=True))
        layers: list[dict[Any, Any]] = [now]
        layers += [dict(zip(model.functions, old, strict=True)) for old in self._old]
        rate = sum(
            weight * ufl.replace(model.storage, layer) for weight, layer in zip(self._weights, layers, strict=True)
        )
        residual = model.residual + rate
        self.system = NonlinearSystem(
            residual,
            model.functions,
            model.bcs,
            newton or Newton(),
            amendment(model),
            partial(Coupled, model, model.fields, rate=partial(_rate, self._weights[0])),
        )

    def prepare(self, initial: State) -> None:
        """Read the parameters and see whether the domain can be stepped from `initial`.

        Raises
        ------
        ModelError
            For active fluxes that charge a closed domain.
        """
        self.model.load(initial)
        self.model.read_parameters()
        for imposed in self.model.amounts.values():
            imposed.value = 1.0
        self.balance()

    def balance(self) -> None:
        """Free the amounts that a net flux or binding to walls changes; every other one stays to round-off.

        An amount that was freed once stays free: what went in is in, also when the flux stops.

        Raises
        ------
        ModelError
            For active fluxes that charge a closed domain.
        """
        check_closed(self.model, steady=False)
        for name in [*unbalanced(self.model), *bound(self.model)]:
            self.model.amounts[name].value = 0.0

    def step(self, history: Sequence[State], size: float) -> tuple[State, float]:
        """One step.

        Parameters
        ----------
        history
            The last states, newest first: one starts at first order, three give the full error estimate.
        size
            s.

        Returns
        -------
        state, error
            The new state, whose ``info`` holds "iterations", "linear iterations" and "residual", and the estimated
            error of its concentrations relative to their scale (root mean square over the nodes; 0 for the very first
            step, which has nothing to compare with).

        Raises
        ------
        ConvergenceError, DepletionError
            The history is then untouched: try a smaller step.
        """
        model = self.model
        times = [_time(state) for state in history]
        now = times[0] + size
        scale = model.scales.time
        for weight, value in zip(self._weights, _bdf_weights(now, times), strict=True):
            weight.value = value * scale
        for old, state in zip(self._old, (history[0], history[min(1, len(history) - 1)]), strict=True):
            for function, array in zip(old, state.arrays, strict=True):
                function.x.array[:] = array
        predicted = extrapolate([state.arrays for state in history[:3]], times[:3], now)
        for function, array in zip(model.functions, predicted, strict=True):
            function.x.array[:] = array
        model.refresh()
        report = self.system.solve(near=len(history) > 1, fresh=len(history) == 1)
        check_packing(model)
        check_positive(model)
        state = model.snapshot(now, **report.info)
        if len(history) == 1:
            return state, 0.0
        difference = self._distance(state.arrays, predicted)
        return state, difference * _error_share(size, times)

    def _distance(self, arrays: Arrays, others: Arrays) -> float:
        """Root mean square difference of the nodal concentrations, scaled (collective)."""
        total, count = 0.0, 0
        for here, there in zip(self._nodal(arrays), self._nodal(others), strict=True):
            total += float(np.sum((here - there) ** 2))
            count += len(here)
        total, count = self.model.domain.comm.allreduce(np.array([total, count]))
        return float(np.sqrt(total / count))

    def _nodal(self, arrays: Arrays) -> list[npt.NDArray[np.float64]]:
        """Owned nodal concentrations of each species."""
        fields = self.model.fields
        owned = {
            field.name: array[: field.function.function_space.dofmap.index_map.size_local]
            for field, array in zip(fields, arrays, strict=True)
            if field.kind in ("potential", "concentration", "electrochemical potential")
        }
        if self.model.unknowns == "concentrations":
            return [owned[each.name] for each in self.model.electrolyte.species]
        potential = owned["potential"]
        return [np.exp(owned[f"mu {each.name}"] - each.valence * potential) for each in self.model.electrolyte.species]


def extrapolate(values: Sequence[Arrays], times: Sequence[float], to: float) -> list[npt.NDArray[np.float64]]:
    """Lagrange extrapolation of nodal arrays in time.

    Parameters
    ----------
    values, times
        One entry for each known moment.
    to
        The moment wanted.
    """
    weights = [float(np.prod([(to - other) / (time - other) for other in times if other != time])) for time in times]
    return [sum(w * a for w, a in zip(weights, arrays, strict=True)) for arrays in zip(*values, strict=True)]


def _bdf_weights(now: float, times: Sequence[float]) -> tuple[float, float, float]:
    """Weights of the new, the last and the one before last state in dS/dt, 1/s."""
    size = now - times[0]
    if len(times) == 1:
        return 1.0 / size, -1.0 / size, 0.0
    last = times[0] - times[1]
    both = size + last
    return (size + both) / (size * both), -both / (size * last), size / (last * both)


def _error_share(size: float, times: Sequence[float]) -> float:
    """Fraction of (solution - extrapolation) that is the error of BDF2.

    With two old states the extrapolation is linear and its second-order error bounds that of the step.
    """
    last = times[0] - times[1]
    own = size * (size + last) / (2.0 * size + last)
    if len(times) == 2:
        return own / (size + last)
    to_oldest = size + times[0] - times[2]
    return own / (own + to_oldest)


def _rate(weight: fem.Constant) -> float:
    """Of the storage at the newest moment."""
    return float(weight.value)


def _time(state: State) -> float:
    return 0.0 if state.time is None else state.time
