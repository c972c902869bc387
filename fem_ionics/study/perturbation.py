# SPDX-License-Identifier: LGPL-3.0-or-later
"""How fast a small disturbance of a steady state grows or decays."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt

from fem_ionics.errors import ConvergenceError, ParameterError
from fem_ionics.model import Model, State, needs_model, needs_state
from fem_ionics.observe import Probe
from fem_ionics.parameters import as_expression, checks
from fem_ionics.solve import Newton
from fem_ionics.study.results import GrowthRate
from fem_ionics.study.transient import Stepper

#: Relative size of the disturbance: far above the solver's tolerance, far below what bends the growth.
_SIZE = 1e-4
_MOST_STEPS = 200
#: Values that the leading factor is read from.
_WINDOW = 8
#: Below this part of its first value a decaying number is noise; a rate known so well until then is given.
_FADED, _ROUGH = 1e-8, 0.05
#: Every step takes a Newton iteration: where nothing but a small disturbance changes, the guess seems converged.
_FORCED = {"snes_force_iteration": True}
#: Tries with a quarter of the step, and what makes one necessary: the rate times the step, the growth in all.
_MOST_TRIES, _FASTEST, _OUTGROWN = 5, 1.0, 1e3


def growth_rate(
    model: Model,
    base: State,
    disturbance: Mapping[str, Any],
    probe: Probe,
    *,
    step: float | None = None,
    tolerance: float = 5e-4,
    newton: Newton | None = None,
) -> GrowthRate:
    """Rate of the slowest decaying (or fastest growing) mode that a disturbance excites, from the model itself.

    Fixed steps of BDF2 from the disturbed state are a power iteration: soon only the leading mode, or a pair of them,
    is left, and each step multiplies it by the same factor r, which two-term linear prediction (Prony) reads off the
    probe's values. For a linear problem r and the rate s obey exactly s dt = 3/2 - 2/r + 1/(2 r^2), so the size of the
    step does not enter the result.

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
        Agreement of the last five rates, relative to the largest of them and to 1e-3 per step. Where a decaying number
        fades before they agree so well, the best rate is given if its spread is below 5 %.
    newton
        How each step is solved; by default with at least one iteration.

    Returns
    -------
    GrowthRate
        Real part of the leading rate (1/s), the spread of the last estimates, and the angular frequency (rad/s; 0 for
        a real mode).

    Raises
    ------
    ParameterError
        For a disturbance of unknown species, or one that the probe does not feel.
    ConvergenceError
        When no mode or pair of modes stands out, or the growth outruns every step.
    """
    needs_model("growth_rate", model)
    needs_state("growth_rate", base)
    newton = newton or Newton(options=_FORCED)
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
    rates: list[complex] = []
    best: tuple[float, complex] = (np.inf, 0j)
    for value in values:
        seen.append(value)
        if len(seen) < _WINDOW + 2 or not any(seen):
            continue
        # The first values are still of first order in time.
        rates.append(_leading_rate(np.array(seen[-_WINDOW:])) / size)
        best = min(best, (_spread(rates[-5:], size), rates[-1]), key=lambda pair: pair[0])
        if best[0] <= tolerance or abs(value) < _FADED * max(map(abs, seen)):
            break
        if abs(value) > _OUTGROWN * abs(seen[1]) > 0.0:
            return None
    if not any(seen):
        raise ParameterError("growth_rate: the probe does not change at all; give a disturbance that it feels.")
    spread, rate = best
    if spread > _ROUGH:
        raise ConvergenceError(
            f"growth_rate: no mode stands out after {len(seen)} steps. Try a longer step or another disturbance."
        )
    return GrowthRate(rate.real, spread * abs(rate), abs(rate.imag)) if rate.real * size < _FASTEST else None


def _leading_rate(values: npt.NDArray[np.float64]) -> complex:
    """Rate times step of the leading mode in successive values of BDF2, by two-term linear prediction."""
    values = values / np.abs(values).max()
    earlier = np.column_stack([values[1:-1], values[:-2]])
    # One mode alone leaves a rank of one: the least-norm solution then adds a root that is smaller than its own.
    (one, two), *_ = np.linalg.lstsq(earlier, values[2:], rcond=1e-4)
    factors = np.roots([1.0, -one, -two]).astype(complex)
    factor = complex(factors[np.argmax(np.abs(factors))])
    return 1.5 - 2.0 / factor + 0.5 / factor**2 if factor else complex(-np.inf)


def _spread(rates: list[complex], size: float) -> float:
    """Largest difference of five rates from the last, relative to the largest of them and to 1e-3 per step."""
    if len(rates) < 5 or not np.all(np.isfinite(rates)):
        return np.inf
    return max(abs(rate - rates[-1]) for rate in rates) / max(*(abs(rate) for rate in rates), 1e-3 / size)


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
