# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a branch needs from whoever keeps it on disk, and how a killed run goes on."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from petsc4py import PETSc

from fem_ionics.bifurcation.arclength import Point
from fem_ionics.bifurcation.hopf import Hopf
from fem_ionics.bifurcation.metric import Metric
from fem_ionics.bifurcation.problem import ParametricProblem
from fem_ionics.bifurcation.simple import BranchPoint, Fold, Pitchfork
from fem_ionics.bifurcation.special import Certificate, SpecialPoint, describe
from fem_ionics.errors import CheckpointError

if TYPE_CHECKING:
    from fem_ionics.bifurcation.study import Study

Vectors = dict[str, PETSc.Vec]


@dataclass(frozen=True, eq=False)
class Kept:
    """What an earlier run of a branch left.

    Parameters
    ----------
    header
        "parameter", "size" and "span" of the metric, "settings".
    rows
        One for each accepted point, as `row` makes them.
    fields
        Index of a row -> its vectors "x" and "tangent"; the last row always has them.
    specials
        Facts and vectors of each special point, as `special_facts` makes them.
    """

    header: dict[str, Any]
    rows: list[dict[str, Any]]
    fields: dict[int, Vectors]
    specials: list[tuple[dict[str, Any], Vectors]]


class Store(Protocol):
    """What keeps a branch through a crash (`fem_ionics.io.BranchFolder`); every call is collective."""

    def read(self, problem: ParametricProblem, header: dict[str, Any]) -> Kept | None:
        """What an earlier run of the same problem, parameter and settings left; None for a fresh start.

        Raises CheckpointError for what belongs to another problem, or is damaged.
        """
        ...

    def accept(self, problem: ParametricProblem, header: dict[str, Any], row: dict[str, Any], vectors: Vectors) -> None:
        """Keep an accepted point: its row is appended, its vectors replace those of the point before."""
        ...

    def special(self, problem: ParametricProblem, index: int, facts: dict[str, Any], vectors: Vectors) -> None:
        """Keep special point number `index`."""
        ...


def row(point: Point, index: int, next_step: float, specials: int) -> dict[str, Any]:
    """A point in values that JSON can hold; `specials` were known when it was accepted."""
    return {
        "index": index,
        "next step": next_step,
        "specials": specials,
        "value": point.value,
        "slope": point.slope,
        "s": point.s,
        "step": point.step,
        "sign": point.sign,
        "iterations": point.iterations,
        "factorisations": point.factorisations,
        "residual": point.residual,
        "unstable": point.unstable,
        "rates": [[rate.real, rate.imag] for rate in point.rates],
        "recorded": point.recorded,
    }


def special_facts(problem: ParametricProblem, point: SpecialPoint) -> tuple[dict[str, Any], Vectors]:
    """A special point in values that JSON can hold, and the vectors it is made of again."""
    if point.system is None:
        facts = {name: getattr(point, name) for name in ("kind", "value", "parameters", "s", "recorded")}
        counts = {"system": None, "iterations": point.iterations, "factorisations": point.factorisations}
        return facts | counts, {"vector 0": problem.restore(point.solution)}
    facts = {
        "kind": point.kind,
        "criticality": point.criticality,
        "value": point.value,
        "parameters": point.parameters,
        "s": point.s,
        "system": point.system.kind,
        "numbers": [float(number) for number in point.system.numbers],
        "coefficients": point.coefficients,
        "recorded": point.recorded,
        "from side": point.from_side,
        "slope of base": point.slope_of_base[1] if point.slope_of_base else None,
        "iterations": point.iterations,
        "factorisations": point.factorisations,
    }
    vectors = {f"vector {i}": vector for i, vector in enumerate(point.system.vectors)}
    if hasattr(point.system, "column"):
        vectors["column"] = point.system.column
    if point.slope_of_base:
        vectors["base"] = point.slope_of_base[0]
    return facts, vectors


def resumed(study: "Study", kept: Kept) -> tuple[list[Point], list[SpecialPoint], Metric, float]:
    """Points, special points, metric and next step of an earlier run.

    Raises
    ------
    CheckpointError
        When the last point has no fields.
    """
    if not kept.rows or kept.rows[-1]["index"] not in kept.fields:
        raise CheckpointError("The kept branch has no last point: remove it to start afresh.")
    problem = study.problem
    metric = Metric(problem.gram, kept.header["size"], kept.header["span"])
    points = [_point(each, kept.fields.get(each["index"])) for each in kept.rows]
    known = kept.rows[-1]["specials"]
    specials = [_special(study, metric, facts, vectors) for facts, vectors in kept.specials[:known]]
    last = points[-1]
    for each in points:
        if each.x is not None:
            study.knob.assign(each.value)
            each.solution = problem.snapshot(each.x, iterations=each.iterations)
    study.knob.assign(last.value)
    problem.load(last.x)
    return points, specials, metric, kept.rows[-1]["next step"]


def _point(facts: dict[str, Any], vectors: Vectors | None) -> Point:
    return Point(
        x=vectors["x"] if vectors else None,
        value=facts["value"],
        tangent=vectors["tangent"] if vectors else None,
        slope=facts["slope"],
        s=facts["s"],
        step=facts["step"],
        sign=facts["sign"],
        iterations=facts["iterations"],
        factorisations=facts["factorisations"],
        residual=facts["residual"],
        distance=np.inf,
        unstable=facts["unstable"],
        rates=tuple(complex(*rate) for rate in facts["rates"]),
        recorded=facts["recorded"],
    )


def _special(study: "Study", metric: Metric, facts: dict[str, Any], vectors: Vectors) -> SpecialPoint:
    """The system of a special point and its normal form, made again from its vectors."""
    problem, knob, numbers = study.problem, study.knob, facts["numbers"]
    for name, value in facts["parameters"].items():
        problem.knob(name).assign(value)
    if facts["system"] is None:
        return _zero(problem, facts, vectors["vector 0"])
    x, q = vectors["vector 0"], vectors["vector 1"]
    system: Any
    if facts["system"] == "hopf":
        system = Hopf(problem, knob, x, numbers[0], numbers[1], q, vectors["vector 2"])
    else:
        row_of_q = q.duplicate()
        problem.gram.mult(q, row_of_q)
        row_of_q.scale(1.0 / float(row_of_q.dot(q)))
        if facts["system"] == "fold":
            system = Fold(problem, knob, x, numbers[0], q, row_of_q)
        else:
            kind = Pitchfork if facts["system"] == "pitchfork" else BranchPoint
            system = kind(problem, knob, x, numbers[0], q, row_of_q, vectors["column"])
        system.vectors = [vectors[f"vector {i}"] for i in range(len(system.vectors))]
    system.numbers = np.array(numbers)
    point = describe(system, metric, study.mirror)
    point.s, point.recorded = facts["s"], facts["recorded"]
    point.iterations, point.factorisations = facts["iterations"], facts["factorisations"]
    point.from_side = facts["from side"]
    if "base" in vectors:
        point.slope_of_base = (vectors["base"], facts["slope of base"])
    return point


def _zero(problem: ParametricProblem, facts: dict[str, Any], x: PETSc.Vec) -> SpecialPoint:
    """The zero of an event."""
    nan = float("nan")
    return SpecialPoint(
        kind=facts["kind"],
        criticality="",
        value=facts["value"],
        parameters=facts["parameters"],
        solution=problem.snapshot(x),
        mode=None,
        coefficients={},
        certificate=Certificate(nan, nan, nan, nan, nan, nan, nan),
        s=facts["s"],
        iterations=facts["iterations"],
        factorisations=facts["factorisations"],
        recorded=facts["recorded"],
    )
