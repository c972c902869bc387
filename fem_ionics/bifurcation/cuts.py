# SPDX-License-Identifier: LGPL-3.0-or-later
"""Solutions of a branch at one value of its parameter, and its mirror image."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from petsc4py import PETSc

from fem_ionics.bifurcation.arclength import Point
from fem_ionics.bifurcation.branch import Branch
from fem_ionics.bifurcation.corrector import at_value, correct
from fem_ionics.errors import ParameterError

if TYPE_CHECKING:
    from fem_ionics.bifurcation.study import Study

#: Said of a resumed branch whose store keeps only some points.
_NO_FIELDS = (
    "This branch was resumed and has no fields at some points: keep them all, fi.io.BranchFolder(path, every=1)."
)


def vectors_at(study: "Study", branch: Branch, value: float) -> list[PETSc.Vec]:
    """Solutions at a value of the parameter, corrected from the points about it.

    Raises
    ------
    ParameterError
        For a resumed branch without the fields of these points.
    """
    assert study.metric is not None
    found: list[PETSc.Vec] = []
    for one, other in zip(branch.points, branch.points[1:], strict=False):
        if not min(one.value, other.value) <= value <= max(one.value, other.value) or one.value == other.value:
            continue
        if one.x is None or other.x is None:
            raise ParameterError(_NO_FIELDS)
        if found and value == one.value:
            continue
        share = (value - one.value) / (other.value - one.value)
        x = one.x.copy()
        x.scale(1.0 - share)
        x.axpy(share, other.x)
        constraint = at_value(study.problem, x, value, study.metric)
        found.append(correct(study.problem, study.knob, x, value, constraint, study.metric).x)
    return found


def mirrored(study: "Study", branch: Branch) -> Branch:
    """As `Branch.mirrored`.

    Raises
    ------
    ParameterError
        Without a mirror, and for a resumed branch without the fields of its points.
    """
    if study.mirror is None:
        raise ParameterError('mirrored: this study has no mirror; give continuation(..., mirror="x").')
    points = []
    for index, point in enumerate(_with_fields(branch)):
        image = replace(point, x=study.mirror(point.x), tangent=study.mirror(point.tangent), recorded={})
        study.knob.assign(image.value)
        replace(study, stability=0).observe(image, index)
        points.append(image)
    return study.branch(points, (), branch.ended, branch.depleted)


def _with_fields(branch: Branch) -> Sequence[Point]:
    if any(point.x is None for point in branch.points):
        raise ParameterError(_NO_FIELDS)
    return branch.points
