# SPDX-License-Identifier: LGPL-3.0-or-later
"""The user's door: follow a branch, find its special points, go on from them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from petsc4py import PETSc

from fem_ionics.bifurcation.arclength import Arclength, Point, Steps, first_point
from fem_ionics.bifurcation.between import between
from fem_ionics.bifurcation.branch import Branch, columns
from fem_ionics.bifurcation.corrector import NEAR_ENOUGH
from fem_ionics.bifurcation.detect import crossing
from fem_ionics.bifurcation.metric import Metric
from fem_ionics.bifurcation.models import ModelProblem
from fem_ionics.bifurcation.problem import Knob, ParametricProblem
from fem_ionics.bifurcation.special import SpecialPoint
from fem_ionics.bifurcation.spectrum import Mode, leading_modes, unstable, watch
from fem_ionics.bifurcation.store import Kept, Store, resumed, row, special_facts
from fem_ionics.bifurcation.switch import switched
from fem_ionics.bifurcation.symmetry import Mirror
from fem_ionics.errors import DepletionError, ParameterError
from fem_ionics.log import get_logger
from fem_ionics.observe import unit_in
from fem_ionics.parameters import checks
from fem_ionics.study.provenance import provenance

_log = get_logger("bifurcation")

Probe = Callable[[Any], float]


@dataclass(frozen=True, eq=False, kw_only=True)
class Study:
    """One problem, one parameter, and how its branches are followed.

    Parameters
    ----------
    problem, knob
        What, and the parameter.
    bounds
        Of the parameter.
    record
        Name -> probe of a solution.
    steps, natural, stability, shifts, modes, events, until, mirror, keep
        As in `continuation`.
    near
        Vectors near the modes of the newest point.
    """

    problem: ParametricProblem
    knob: Knob
    bounds: tuple[float, float]
    record: Mapping[str, Probe]
    steps: Steps
    natural: bool
    stability: int
    shifts: tuple[float, ...]
    modes_count: int
    events: Mapping[str, Probe]
    until: tuple[str, ...]
    mirror: Mirror | None
    keep: int
    store: Store | None
    metric: Metric | None = None
    origin: str = ""
    missed: list[str] = field(default_factory=list)
    near: list[PETSc.Vec] = field(default_factory=list)

    @property
    def span(self) -> float:
        """Width of the parameter's bounds."""
        return self.bounds[1] - self.bounds[0]

    @property
    def time(self) -> float:
        """Seconds in the problem's unit of time; 1 for a user's own problem."""
        return self.problem.model.scales.time if isinstance(self.problem, ModelProblem) else 1.0

    # following

    def start(self, guess: Any, value: float, direction: float) -> tuple[Point, Metric]:
        """First point, from a guess or from rest."""
        problem = self.problem
        if guess is not None:
            x = problem.restore(guess)
            self.knob.assign(value)
        else:
            self.knob.assign(value)
            x = problem.first()
        point, metric = first_point(problem, self.knob, x, value, direction, self.span)
        problem.check(point.x)
        return point, metric

    def follow(
        self,
        start: Point,
        metric: Metric,
        *,
        origin: Point | None = None,
        kept: Any = None,
        first_step: float | None = None,
    ) -> Branch:
        """The branch from a first point to its end; the origin is a point before the first that is no part of it."""
        study = replace(self, metric=metric, missed=[])
        points, specials = [start], []
        if kept is None:
            study.observe(start, 0)
            study._say(start)
        else:
            points, specials = kept
        before = points[-2] if len(points) > 1 and points[-2].x is not None else origin
        arclength = Arclength(
            self.problem,
            self.knob,
            metric,
            points[-1],
            bounds=self.bounds,
            steps=self.steps,
            natural=self.natural,
            before=before,
            index=len(points) - 1,
        )
        if first_step is not None:
            arclength.step = first_step
        if self._wanted(specials):
            arclength.ended = f"{specials[-1].kind} found"
        if kept is not None and not arclength.ended:
            # The signs of an earlier run may have been another solver's.
            self.problem.factorise(points[-1].x)
            if points[-1].sign * self.problem.sign < 0:
                self.problem.turn *= -1
        study._keep(points, arclength.step, specials)
        for point, found in study.walk(arclength):
            points.append(point)
            specials += found
            study._say(point)
            study._keep_specials(specials, len(found))
            study._keep(points, arclength.step, specials)
            if self._wanted(found):
                arclength.ended = f"{found[-1].kind} found"
        _log.info("branch ends: %s", arclength.ended)
        return study.branch(points, specials, arclength.ended, arclength.depleted)

    def walk(self, arclength: Arclength) -> Iterator[tuple[Point, list[SpecialPoint]]]:
        """Points with the special points between them and the ones before."""
        last = counted = arclength.point
        for point in arclength:
            self.observe(point, arclength.index, last)
            # Between points whose modes were not computed signs tell; where they are silent the counts further apart.
            silent = crossing(last, point) is None and crossing(counted, point) in ("hopf", "unknown")
            found = between(self, counted if silent else last, point)
            last, counted = point, counted if point.unstable is None else point
            yield point, found
            # Location moved the live functions, constants and factors.
            if found:
                self.knob.assign(point.value)

    def _wanted(self, specials: Sequence[SpecialPoint]) -> bool:
        return any(each.kind in self.until or "any" in self.until for each in specials)

    def observe(self, point: Point, index: int, last: Point | None = None) -> None:
        """Record numbers and modes of a point."""
        flips = last is not None and (last.sign * point.sign < 0 or last.slope * point.slope < 0)
        if self.stability and (index % self.stability == 0 or flips or point.value in self.bounds):
            modes = self._modes_nearby(point)
            watch(self.problem, modes)
            point.rates = tuple(mode.rate for mode in modes)
            point.unstable = unstable(modes)
        solution = self.problem.snapshot(point.x, iterations=point.iterations)
        for name, probe in {**self.record, **self.events}.items():
            self.problem.load(point.x)
            point.recorded[name] = float(probe(solution))
        if self.keep and index % self.keep == 0:
            point.solution = solution

    def modes(self, point: Point, count: int, shifts: Sequence[float] = ()) -> list[Mode]:
        """Leading modes of a point, on factors at the point."""
        self.knob.assign(point.value)
        self.problem.factorise(point.x)
        return self._leading(count, shifts)

    def _leading(self, count: int, shifts: Sequence[float]) -> list[Mode]:
        """Leading modes on the factors at hand, from those that were found last."""
        return leading_modes(self.problem, count=count, shifts=shifts, near=self.near)

    def _modes_nearby(self, point: Point) -> list[Mode]:
        """Leading modes of the newest point, on the factors of its correction if they are near enough."""
        if point.distance > NEAR_ENOUGH or point.factor_count != self.problem.factor.count:
            point.factorisations += 1
            modes = self.modes(point, self.modes_count, self.shifts)
            point.factor_count = self.problem.factor.count
            return modes
        return self._leading(self.modes_count, self.shifts)

    def branch(
        self,
        points: Sequence[Point],
        specials: Sequence[SpecialPoint],
        ended: str,
        depleted: DepletionError | None = None,
    ) -> Branch:
        """The table."""
        table, units = columns(self.knob.name, self.knob.unit, points, self.time)
        model = self.problem.model if isinstance(self.problem, ModelProblem) else None
        units |= {name: unit_in(probe, model.domain) if model else "" for name, probe in self.record.items()}
        facts = provenance(model) if model else {}
        facts["ended"] = ended
        facts["special points"] = [
            {"kind": s.kind, "criticality": s.criticality, "value": s.value, "coefficients": s.coefficients}
            for s in specials
        ]
        return Branch(
            table,
            {k: v for k, v in units.items() if v},
            facts,
            "",
            tuple(points),
            tuple(specials),
            ended,
            depleted,
            tuple(self.missed),
            self,
        )

    # from a branch on

    def switch(self, point: SpecialPoint, sign: int, stop: float | None, settings: dict[str, Any]) -> Branch:
        """As `Branch.switch`."""
        study = self.changed(settings)
        if stop is not None:
            end, (low, high) = checks.real("switch", "stop", stop), self.bounds
            study = replace(study, bounds=(low, end) if end > point.value else (end, high))
        metric = self.metric
        assert metric is not None
        _restart(self.problem, point)
        study = replace(study, origin=f"{point.kind} at {point.value:.9g}, sign {sign:+d}")
        if study.store is not None and (kept := study.store.read(self.problem, study.header())) is not None:
            return study.resume(kept)
        before, start = switched(point, metric, sign, study.steps.first)
        return study.follow(start, metric, origin=before)

    def resume(self, kept: Kept) -> Branch:
        """Go on with what an earlier run kept."""
        points, specials, metric, step = resumed(self, kept)
        return self.follow(points[-1], metric, kept=(points, specials), first_step=step)

    def changed(self, settings: Mapping[str, Any]) -> "Study":
        """The same study with other settings."""
        allowed = {"record", "steps", "natural", "stability", "shifts", "events", "until", "keep", "store", "bounds"}
        for name in settings:
            if name not in allowed:
                raise ParameterError(f'"{name}" is no setting here; allowed are {", ".join(sorted(allowed))}.')
        return replace(self, **{"store": None, "until": (), **settings})

    # log and store

    def _say(self, point: Point) -> None:
        words = "".join(f"  {name} {value:.4g}" for name, value in point.recorded.items())
        growing = "" if point.unstable is None else f"  unstable {point.unstable}"
        _log.info(
            "branch %s %.6g%s%s  newton %d  residual %.0e",
            self.knob.name,
            point.value,
            words,
            growing,
            point.iterations,
            point.residual,
        )

    def _keep(self, points: Sequence[Point], step: float, specials: Sequence[SpecialPoint]) -> None:
        if self.store is not None:
            vectors = {"x": points[-1].x, "tangent": points[-1].tangent}
            self.store.accept(
                self.problem, self.header(), row(points[-1], len(points) - 1, step, len(specials)), vectors
            )

    def _keep_specials(self, specials: Sequence[SpecialPoint], new: int) -> None:
        """Keep the newest special points."""
        for index in range(len(specials) - new, len(specials)):
            if self.store is not None:
                self.store.special(self.problem, index, *special_facts(self.problem, specials[index]))

    def header(self) -> dict[str, Any]:
        """What a kept branch must agree with, and its metric."""
        metric = self.metric
        return {
            "parameter": self.knob.name,
            "bounds": list(self.bounds),
            "natural": self.natural,
            "record": list(self.record),
            "from": self.origin,
            "size": metric.size if metric else None,
            "span": metric.span if metric else None,
        }


def _restart(problem: ParametricProblem, point: SpecialPoint) -> None:
    """Bring parameters and factors back to a special point."""
    for name, value in point.parameters.items():
        problem.knob(name).assign(value)
