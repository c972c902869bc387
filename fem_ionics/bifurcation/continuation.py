# SPDX-License-Identifier: LGPL-3.0-or-later
"""The user's door: follow a branch, find its special points, go on from them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from fem_ionics.bifurcation.arclength import Steps
from fem_ionics.bifurcation.branch import Branch
from fem_ionics.bifurcation.models import as_problem
from fem_ionics.bifurcation.problem import Knob, ParametricProblem
from fem_ionics.bifurcation.store import Store
from fem_ionics.bifurcation.study import Probe, Study
from fem_ionics.bifurcation.symmetry import Mirror
from fem_ionics.errors import ParameterError, nearest
from fem_ionics.parameters import Parameter, checks
from fem_ionics.solve import Newton


def continuation(
    model: Any,
    parameter: Any,
    *,
    stop: float,
    start: float | None = None,
    guess: Any = None,
    bounds: tuple[float, float] | None = None,
    record: Mapping[str, Probe] | None = None,
    events: Mapping[str, Probe] | None = None,
    stability: int = 1,
    modes: int = 4,
    shifts: Sequence[float] = (),
    mirror: str | None = None,
    stretch: Mapping[Parameter, str] | None = None,
    until: str | Sequence[str] = (),
    natural: bool = False,
    steps: Steps | None = None,
    keep: int = 1,
    store: Store | None = None,
    newton: Newton | None = None,
) -> Branch:
    """Follow the branch of steady states of a model through the values of one parameter.

    Parameters
    ----------
    model
        A model of this package, or a `ParametricProblem`.
    parameter
        A Parameter of the model, or its name.
    stop
        Value towards which the branch is followed; it ends there, or where it comes back out of `bounds`, or where it
        runs into depletion.
    start
        First value; by default the parameter's present one.
    guess
        A solution near the first point; by default it is found from rest.
    bounds
        Smallest and largest value of the parameter; by default start and stop.
    record
        Name -> probe of a solution; goes into the table.
    events
        Name -> number of a solution whose zeros are located; they become special points of that kind.
    stability
        Leading modes are computed at every so many points and wherever a sign flips; 0 for never.
    modes
        How many of them, about zero and about each frequency of `shifts` (angular, in one over the problem's time).
    mirror
        Axis of a reflection that the problem has, such as "x": makes the mirror image of branches free, and pitchforks
        exact. It is checked.
    stretch
        Parameter -> axis along which the mesh is stretched in proportion to it: a wavelength, which
        ``fi.pattern.cosine("x", wavelength=parameter)`` takes too, becomes a parameter to follow or track.
    until
        Kinds of special points at which the branch ends; "any" for the first of all.
    natural
        Step in the parameter itself instead of arclength.
    steps
        Sizes of steps as parts of the span of `bounds`.
    keep
        Solutions of every so many points are kept in memory; 0 for none.
    store
        Where accepted points are appended (`fem_ionics.io.BranchFolder`): a killed run, started again, goes on there.
    newton
        How linear systems are solved, along the branch and wherever it leads: with factors, or with
        ``fi.Newton("iterative")``. By default factors up to the sizes at which `Newton` takes them.

    Returns
    -------
    Branch

    Raises
    ------
    ParameterError, TagError, ModelError
        For settings that make no sense; the message says what does.
    ConvergenceError, DepletionError
        When the first point cannot be found.

    Notes
    -----
    Keller, Numerical solution of bifurcation and nonlinear eigenvalue problems (1977); Govaerts, Numerical Methods for
    Bifurcations of Dynamical Equilibria (2000).
    """
    _check_probes("record", record)
    _check_probes("events", events)
    wanted = _kinds(until, events)
    if steps is not None and not isinstance(steps, Steps):
        raise ParameterError(f"continuation: steps = {steps!r} was given; fi.Steps(first=..., largest=...) is needed.")
    problem = as_problem(model, stretch, newton)
    if shifts and problem.system.linear == "iterative":
        raise ParameterError(
            f"continuation: shifts = {tuple(shifts)!r} need factors of twice the Jacobian's size, which the iterative "
            'solver does not have; leave them out, or take newton=fi.Newton("direct").'
        )
    knob = problem.knob(parameter)
    first = knob_value(model, knob) if start is None else checks.real("continuation", "start", start)
    last = checks.real("continuation", "stop", stop)
    low, high = _bounds(first, last, bounds)
    study = Study(
        problem=problem,
        knob=knob,
        bounds=(low, high),
        record=dict(record or {}),
        steps=steps or Steps(),
        natural=natural,
        stability=_count("stability", stability),
        shifts=tuple(checks.real("continuation", "shifts", shift) for shift in shifts),
        modes_count=_count("modes", modes, 1),
        events=dict(events or {}),
        until=wanted,
        mirror=None,
        keep=_count("keep", keep),
        store=store,
    )
    problem.sizes[knob.name] = study.span
    kept = store.read(problem, study.header()) if store is not None else None
    if kept is not None:
        return replace(study, mirror=_mirror(problem, mirror)).resume(kept)
    point, metric = study.start(guess, first, float(np.sign(last - first)))
    study = replace(study, mirror=_mirror(problem, mirror))
    return study.follow(point, metric)


#: Kinds of special points that `until` knows, besides the names of events.
_KINDS = ("any", "fold", "pitchfork", "transcritical", "hopf", "degenerate fold", "degenerate pitchfork")


def _check_probes(name: str, probes: Mapping[str, Probe] | None) -> None:
    for label, probe in (probes or {}).items():
        if not callable(probe):
            raise ParameterError(
                f'continuation: {name}["{label}"] = {probe!r} was given; a probe such as '
                'fi.observe.MeanVelocity("x"), or a function of the solution, is needed.'
            )


def _kinds(until: str | Sequence[str], events: Mapping[str, Probe] | None) -> tuple[str, ...]:
    given = (until,) if isinstance(until, str) else tuple(until)
    known = (*_KINDS, *(events or {}))
    for kind in given:
        if kind not in known:
            listed = ", ".join(f'"{each}"' for each in known)
            raise ParameterError(f'continuation: until = "{kind}" was given; known are {listed}.{nearest(kind, known)}')
    return given


def knob_value(model: Any, knob: Knob) -> float:
    """The value that the user gave last: a Parameter's own, else the constant's."""
    for parameter in getattr(model, "parameters", ()):
        if getattr(parameter, "name", None) == knob.name:
            return float(parameter.value)
    return knob.value


def _mirror(problem: ParametricProblem, axis: str | None) -> Mirror | None:
    return None if axis is None else Mirror(problem, axis)


def _bounds(first: float, last: float, given: tuple[float, float] | None) -> tuple[float, float]:
    low, high = (min(first, last), max(first, last)) if given is None else given
    checks.real("continuation", "bounds", low)
    checks.real("continuation", "bounds", high)
    if first == last or not low <= min(first, last) or not max(first, last) <= high:
        raise ParameterError(
            f"continuation: start = {first:g}, stop = {last:g}, bounds = ({low:g}, {high:g}) were given; start and "
            "stop must differ and lie within the bounds."
        )
    return float(low), float(high)


def _count(name: str, given: Any, least: int = 0) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or given < least:
        raise ParameterError(f"continuation: {name} = {given!r} was given; an integer of at least {least} is needed.")
    return given
