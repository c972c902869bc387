# SPDX-License-Identifier: LGPL-3.0-or-later
"""How fast a small disturbance of a steady state grows or decays."""

from collections.abc import Iterator, Mapping
from itertools import islice, pairwise
from typing import Any

import numpy as np

from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.model import Model, State
from fem_ionics.observe import Probe
from fem_ionics.parameters import as_expression, checks
from fem_ionics.solve import Newton
from fem_ionics.study.results import GrowthRate
from fem_ionics.study.transient import Stepper

#: Relative size of the disturbance: far above the solver's tolerance, far below what bends the growth.
_SIZE = 1e-5
_MOST_STEPS = 200
#: Tries with a quarter of the step, and what makes one necessary: the rate times the step, the growth in all.
_MOST_TRIES, _FASTEST, _OUTGROWN = 5, 1.0, 1e3


def growth_rate(
    model: Model,
    base: State,
    disturbance: Mapping[str, Any],
    probe: Probe,
    *,
    step: float | None = None,
    tolerance: float = 1e-4,
    newton: Newton | None = None,
) -> GrowthRate:
    """Rate of the slowest decaying (or fastest growing) mode that a disturbance excites, from the model itself.

    Fixed steps of BDF2 from the disturbed state are a power iteration: the fastest growing mode soon stands alone, and
    each step multiplies it by the same factor r. For a linear problem r and the rate s obey exactly
    s dt = 3/2 - 2/r + 1/(2 r^2), so the size of the step does not enter the result.

    Parameters
    ----------
    model
        At its parameters' present values.
    base
        Steady state there.
    disturbance
        Species -> relative change of its concentration as a function of position; only its shape counts.
    probe
        Number that feels the disturbance, for example the mean velocity.
    step
        s; a quarter of a diffusion time of the model's length by default; shortened where the growth is faster than it.
    tolerance
        Agreement of the last five rates, relative to the largest of them and to 1e-3 per step.

    Returns
    -------
    GrowthRate
        Rate (1/s) of a real mode and the spread of the last rates.

    Raises
    ------
    ParameterError
        For a disturbance of unknown species, or one that the probe does not feel.
    ConvergenceError
        When no single real mode emerges, as with an oscillation.
    """
    size = checks.positive("growth_rate", "step", step or 0.25 * model.scales.time, "s")
    start, level = _disturbed(model, base, disturbance), probe(base)
    for _ in range(_MOST_TRIES):
        stepper = Stepper(model, [start], until=2 * _MOST_STEPS * size, fixed_step=size, newton=newton)
        values = (probe(state) - level for state in islice(stepper, _MOST_STEPS))
        found = _emerging(values, size, tolerance)
        if found is not None:
            return found
        size /= 4.0
    raise ConvergenceError(f"growth_rate: the disturbance grows faster than steps of {size:.2g} s can follow.")


def _emerging(values: Iterator[float], size: float, tolerance: float) -> GrowthRate | None:
    """The rate on which successive values settle; None when it outgrows the step."""
    seen: list[float] = []
    rates: list[float] = []
    for value in values:
        seen.append(value)
        if len(seen) <= 3 or seen[-2] == 0.0 or value == 0.0:
            continue
        factor = value / seen[-2]
        rates.append((1.5 - 2.0 / factor + 0.5 / factor**2) / size)
        if _agree(rates[-5:], tolerance, size):
            # Near 3/(2 dt) the factor runs away and the disturbance is no longer small when the rates agree.
            return GrowthRate(rates[-1], float(np.ptp(rates[-5:]))) if rates[-1] * size < _FASTEST else None
        if abs(value) > _OUTGROWN * abs(seen[1]):
            return None
    if not any(seen):
        raise ParameterError("growth_rate: the probe does not change at all; give a disturbance that it feels.")
    turns = sum(a * b < 0 for a, b in pairwise(seen))
    raise ConvergenceError(
        f"growth_rate: no single real mode stands alone after {len(seen)} steps ({turns} changes of sign: "
        f"{'an oscillation' if turns > 2 else 'close rates'}). Try a longer step or another disturbance."
    )


def _agree(rates: list[float], tolerance: float, size: float) -> bool:
    scale = max(max(abs(rate) for rate in rates), 1e-3 / size)
    return len(rates) == 5 and bool(np.ptp(rates) <= tolerance * scale)


def _disturbed(model: Model, base: State, disturbance: Mapping[str, Any]) -> State:
    """The base state with slightly other concentrations."""
    model.load(base)
    for species, shape in disturbance.items():
        name = species if model.unknowns == "concentrations" else f"mu {species}"
        function = model.field_named(name).function
        expression = as_expression(shape)
        change = function.copy()
        change.interpolate(lambda x, e=expression: model.values.numpy(e, x, 1.0))
        peak = np.abs(model.domain.comm.allgather(float(np.abs(change.x.array).max(initial=0.0)))).max()
        if peak == 0.0:
            raise ParameterError(f'growth_rate: the disturbance of "{species}" is zero everywhere.')
        change.x.array[:] *= _SIZE / peak
        if model.unknowns == "concentrations":
            function.x.array[:] *= 1.0 + change.x.array
        else:
            function.x.array[:] += change.x.array
    return model.snapshot(time=0.0)
