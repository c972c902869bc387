# SPDX-License-Identifier: LGPL-3.0-or-later
"""Transients: steps as large as the error allows, a row for each accepted one, nothing lost when killed."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from tqdm import tqdm

from fem_ionics.errors import CheckpointError, ConvergenceError, ParameterError
from fem_ionics.log import get_logger
from fem_ionics.model import Model, State, needs_model, needs_state
from fem_ionics.observe import Probe, unit_in
from fem_ionics.parameters import Parameter, checks
from fem_ionics.solve import BDF2, Newton
from fem_ionics.study.provenance import provenance
from fem_ionics.study.results import TIME, Trace

_log = get_logger("study")

#: Growth of a step: beyond 2.4 BDF2 with variable steps is no longer stable.
_SHRINK, _GROW, _SAFETY = 0.2, 2.0, 0.9
#: First step and smallest step, in diffusion times of the model's length.
_FIRST, _SMALLEST = 1e-4, 1e-9


class Checkpoint(Protocol):
    """Keeps states and a description on disk; `fem_ionics.io.Checkpoint` is one."""

    def save(self, states: Mapping[str, State], meta: dict[str, Any]) -> None:
        """Replace what is kept, all at once (collective)."""

    def load(self, model: Model) -> tuple[dict[str, State], dict[str, Any]] | None:
        """What is kept, or None when there is nothing yet (collective)."""


@dataclass
class Stepper:
    """Iterates over the accepted states of a transient.

    Parameters
    ----------
    model
        What to step.
    history
        Accepted states, newest first; one to start from, up to three to go on.
    until
        End, s.
    tolerance
        Error allowed for each step, relative to the scale of the concentrations (root mean square).
    first_step, largest_step
        s; by default 1e-4 diffusion times, and unlimited.
    fixed_step
        s; switches error control off (convergence studies).
    drive
        Parameter -> function of time (s) that gives its value at each step.
    newton
        How each step is solved.
    """

    model: Model
    history: list[State]
    until: float
    tolerance: float = 1e-4
    first_step: float | None = None
    largest_step: float | None = None
    fixed_step: float | None = None
    drive: Mapping[Parameter, Callable[[float], float]] = field(default_factory=dict)
    newton: Newton | None = None

    def __post_init__(self) -> None:
        needs_model("transient", self.model)
        for each in self.history:
            needs_state("transient", each)
        for name in ("until", "tolerance"):
            checks.positive("transient", name, getattr(self, name))
        for name in ("first_step", "largest_step", "fixed_step"):
            if getattr(self, name) is not None:
                checks.positive("transient", name, getattr(self, name), "s")
        unknown = [p.name for p in self.drive if p not in self.model.parameters]
        if unknown:
            raise ParameterError(f'transient: drive turns "{unknown[0]}", which is no parameter of this model.')
        self.size = self.fixed_step or self.first_step or _FIRST * self.model.scales.time

    def __iter__(self) -> Iterator[State]:
        stepper = BDF2(self.model, self.newton)
        self._set_drive(self.history[0].time or 0.0)
        stepper.prepare(self.history[0])
        while self.until - (self.history[0].time or 0.0) > 1e-12 * self.until:
            yield self._advance(stepper)

    def _advance(self, stepper: BDF2) -> State:
        """Try steps until one is accepted."""
        now = self.history[0].time or 0.0
        while True:
            size = self._next_size(now)
            if self.drive:
                self._set_drive(now + size)
                self.model.read_parameters()
                stepper.balance()
            try:
                state, error = stepper.step(self.history, size)
            except ConvergenceError as failure:
                if self.fixed_step or size < _SMALLEST * self.model.scales.time:
                    raise failure.after(
                        f"No step from t = {now:g} s succeeds; the last good state is in error.last.", self.history[0]
                    ) from failure
                self.size = size / 4.0
                continue
            if self.fixed_step:
                break
            grow = _SAFETY * (self.tolerance / max(error, 1e-300)) ** (1.0 / 3.0)
            if error > self.tolerance:
                self._check_reachable(error, size, now)
                self.size = size * max(_SHRINK, min(grow, 0.8))
                continue
            # The first step has no estimate: the second repeats its size to get one.
            if len(self.history) > 1 and size >= 0.99 * min(self.size, self.until - now):
                self.size = max(size, self.size) * float(np.clip(grow, _SHRINK, _GROW))
            break
        self.history = [state, *self.history[:2]]
        return state

    def _check_reachable(self, error: float, size: float, now: float) -> None:
        """Rounding and Newton's own tolerance do not shrink with the step: do not shrink it for ever."""
        if size < _SMALLEST * self.model.scales.time:
            raise ConvergenceError(
                f"transient: from t = {now:g} s even a step of {size:.2e} s has an error of {error:.2e}: tolerance = "
                f"{self.tolerance:g} is below what Newton resolves. Give a larger one.",
                last=self.history[0],
                reason="TOLERANCE",
            )

    def _next_size(self, now: float) -> float:
        """The wanted size, cut to the largest step and so that no sliver is left at the end."""
        self.size = min(self.size, self.largest_step or self.size)
        left = self.until - now
        if self.size >= left * (1.0 - 1e-9):
            return left
        return left / 2.0 if self.fixed_step is None and self.size > left / 2.0 else self.size

    def _set_drive(self, time: float) -> None:
        for parameter, waveform in self.drive.items():
            parameter.value = waveform(time)


def transient(
    model: Model,
    initial: State,
    *,
    until: float,
    record: Mapping[str, Probe] | None = None,
    checkpoint: Checkpoint | None = None,
    checkpoint_every: int = 1,
    progress: bool = True,
    **options: Any,
) -> Trace:
    """Follow a model in time from a state.

    Second order in time (BDF2, variable steps), with the error of each step under control and the amounts of closed
    species conserved to round-off.

    Parameters
    ----------
    model
        What to follow, at its parameters' present values.
    initial
        Where it starts; its concentrations count, potential and flow follow from them.
    until
        End, s.
    record
        Column name -> probe, evaluated at each accepted step.
    checkpoint
        Where to keep accepted states, for example ``fi.io.Checkpoint("run.npz")``. If it holds a run of the same
        model, that run goes on from its last accepted step, and `initial` is not used.
    checkpoint_every
        Accepted steps between two checkpoints; the end is always kept.
    progress
        Show a bar on rank 0.
    **options
        ``tolerance, first_step, largest_step, fixed_step, drive, newton`` of `Stepper`.

    Returns
    -------
    Trace
        Columns "time" (s), "step" (s) and the recorded ones; ``trace.last`` is the end state.

    Raises
    ------
    ConvergenceError, DepletionError
        When no step succeeds; ``error.last`` is the last good state.
    ModelError
        For fluxes that charge a closed domain.
    CheckpointError
        For a checkpoint that is corrupt or of another problem.
    """
    needs_model("transient", model)
    if initial is not None:
        needs_state("transient", initial)
    record = dict(record or {})
    checks.positive("transient", "checkpoint_every", checks.integer("transient", "checkpoint_every", checkpoint_every))
    kept = _resume(model, checkpoint, record, options.get("drive", {})) if checkpoint else None
    history, rows, size = kept or ([_at_zero(initial)], [], None)
    stepper = Stepper(model, history, until, **options)
    if size is not None and stepper.fixed_step is None:
        stepper.size = size
    with _bar(model, stepper, progress) as bar:
        for count, state in enumerate(stepper, start=1):
            now = state.time or 0.0
            rows.append([now, now - (stepper.history[1].time or 0.0), *(probe(state) for probe in record.values())])
            _report(bar, state, rows[-1], record)
            if checkpoint and (count % checkpoint_every == 0 or now >= until * (1 - 1e-12)):
                _save(checkpoint, stepper, rows, list(record))
    return _trace(model, stepper.history[0], rows, record)


def _at_zero(initial: State) -> State:
    return State(initial.model, initial.arrays, initial.parameters, 0.0, {})


_HISTORY = ("newest", "second", "third")


def _save(checkpoint: Checkpoint, stepper: Stepper, rows: list[list[float]], names: list[str]) -> None:
    states = dict(zip(_HISTORY, stepper.history, strict=False))
    # With the size of the next step a resumed run takes the very steps that it would have taken.
    checkpoint.save(states, {"rows": rows, "columns": names, "next step": stepper.size})


def _resume(
    model: Model, checkpoint: Checkpoint, record: Mapping[str, Probe], drive: Mapping[Parameter, Any]
) -> tuple[list[State], list[list[float]], float] | None:
    """States newest first, rows and the size of the next step."""
    found = checkpoint.load(model)
    if found is None:
        return None
    states, meta = found
    if meta.get("columns") != list(record):
        raise CheckpointError(
            f"The checkpoint recorded {meta.get('columns')}, this run records {list(record)}: record the same, or "
            "start with another checkpoint file."
        )
    newest = states[_HISTORY[0]].parameters
    for parameter in model.parameters:
        if parameter not in drive and newest[parameter.name] != parameter.value:
            raise CheckpointError(
                f'The checkpoint was written at "{parameter.name}" = {newest[parameter.name]:g}, it is now '
                f"{parameter.value:g}: go on at the same value, or start with another checkpoint file."
            )
    history = [states[name] for name in _HISTORY if name in states]
    _log.info("resume: t = %g s after %d accepted steps", history[0].time, len(meta["rows"]))
    return history, [list(row) for row in meta["rows"]], meta["next step"]


def _bar(model: Model, stepper: Stepper, progress: bool) -> tqdm:
    show = progress and model.domain.comm.rank == 0
    bar = tqdm(
        total=stepper.until,
        initial=stepper.history[0].time or 0.0,
        disable=None if show else True,
        bar_format="transient {percentage:3.0f}% |{bar}| {n:.3g}/{total:.3g} s [{elapsed}<{remaining}] {postfix}",
    )
    return bar


def _report(bar: tqdm, state: State, row: list[float], record: Mapping[str, Probe]) -> None:
    words = [f"step {row[1]:.2e} s"]
    domain = state.model.domain
    words += [f"{n} {value:.4g} {unit_in(p, domain)}" for (n, p), value in zip(record.items(), row[2:], strict=True)]
    bar.set_postfix_str("  ".join(words), refresh=False)
    bar.update((state.time or 0.0) - bar.n)
    _log.debug("transient  t %.4e s  %s  newton %d", state.time, "  ".join(words), state.info["iterations"])


def _trace(model: Model, last: State, rows: list[list[float]], record: Mapping[str, Probe]) -> Trace:
    names = [TIME, "step", *record]
    columns = np.array(rows, dtype=float).reshape(len(rows), len(names)).T
    units = {TIME: "s", "step": "s", **{name: unit_in(probe, model.domain) for name, probe in record.items()}}
    return Trace(
        columns=dict(zip(names, columns, strict=True)),
        units=units,
        provenance=provenance(model),
        title=f"{model.name} transient",
        last=last,
    )
