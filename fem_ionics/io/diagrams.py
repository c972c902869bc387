# SPDX-License-Identifier: LGPL-3.0-or-later
"""Bifurcation diagrams: branches stable and unstable, the points where they turn or split, and the modes there."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from mpi4py import MPI
from scipy.interpolate import CubicSpline

from fem_ionics.bifurcation.special import SpecialPoint
from fem_ionics.errors import ParameterError
from fem_ionics.io.labels import axis_label, shown_unit
from fem_ionics.io.paths import PathLike
from fem_ionics.io.pictures import field_painter
from fem_ionics.io.style import COLOURS, check_picture, draw
from fem_ionics.model import State
from fem_ionics.study.results import Table

Floats = npt.NDArray[np.float64]
#: Kind of a special point -> its marker; what comes after "degenerate " keeps its own.
MARKERS = {
    "pitchfork": "o",
    "fold": "s",
    "transcritical": "D",
    "branch point": "d",
    "hopf": "^",
    "cusp": "v",
    "Bogdanov-Takens": "X",
    "Bautin": "h",
}
_OTHER = "P"
_STABLE, _UNSTABLE, _UNKNOWN = "stable", "unstable", "stability not known"
_DASHES = {_STABLE: "-", _UNSTABLE: (0, (4.5, 2.2)), _UNKNOWN: (0, (1.0, 1.6))}
_INK, _PALE = "#222222", "#8a8a8a"
#: Points drawn between two computed ones.
_FINE = 16
#: A longer legend stands outside, where there is room.
_MOST_INSIDE = 4
#: Panels beside the diagram in parts of its size: where they begin, how wide they are, the space between them.
_BESIDE, _PANEL, _BETWEEN = 1.12, 0.72, 0.22


def plot_branches(
    to: PathLike,
    *branches: Table,
    y: str,
    x: str | None = None,
    title: str = "",
    ylabel: str | None = None,
    labels: Sequence[str] | None = None,
    limits: Mapping[str, float | tuple[npt.ArrayLike, npt.ArrayLike]] | None = None,
    modes: Sequence[tuple[SpecialPoint, str]] = (),
    comm: MPI.Comm = MPI.COMM_WORLD,
) -> None:
    """Draw branches: stable ones solid, unstable ones dashed, a marker for each kind of special point.

    Parameters
    ----------
    to
        Picture (.png, .pdf, .svg).
    branches
        Branches, curves of special points in two parameters, or tables with the same columns.
    y, x
        Columns; x is the parameter by default. Prefixes of units are chosen to suit the numbers.
    title, ylabel
        Heading, and words instead of the name of y; the unit is added.
    labels
        One for each branch; those of one label share a colour and an entry of the legend. By default all look alike.
    limits
        Label -> value of x, or a curve (x, y), in SI: drawn as a thin line, where an ion is depleted for example.
    modes
        Special points and the fields of their critical modes that are drawn beside the diagram, such as "velocity" or
        "cation": fields that are linear in the unknowns, of a model's special points.
    comm
        Communicator; the call is collective.

    Raises
    ------
    ParameterError
        For no branch, an unknown column, labels that do not match, or modes that are no fields of a model.
    OutputError
        On all ranks, when the picture cannot be written.

    Notes
    -----
    A branch that begins at a special point, as `Branch.switch` makes it, is drawn from there. Where stability was
    computed at some points only, those between two that agree are taken to agree with them.
    """
    first, names = _checked(branches, labels)
    x = x or first.names[0]
    xfactor, xunit = shown_unit(first.units.get(x, ""), np.concatenate([each.column(x) for each in branches]))
    yfactor, yunit = shown_unit(first.units.get(y, ""), np.concatenate([each.column(y) for each in branches]))
    lines = [_line(branch, x, y) for branch in branches]
    marks = [mark for branch in branches for mark in _marks(branch, x, y)]
    size = _spans([line.xy for line in lines])
    lines = [_from_special(line, marks, size) for line in lines]
    target = check_picture(to, comm)
    panels = [(point, name, _panel(point, name)) for point, name in modes]
    scale = np.array([xfactor, yfactor])

    def paint(axes: Axes) -> None:
        colours = {label: COLOURS[i % len(COLOURS)] for i, label in enumerate(dict.fromkeys(names))}
        drawn = [_draw_line(axes, line, size, scale, colours[label]) for line, label in zip(lines, names, strict=True)]
        others = [*_draw_limits(axes, limits or {}, scale), *_draw_marks(axes, marks, scale)]
        known = any(line.judged for line in lines)
        _legend(axes, colours, set().union(*drawn) if known else set(), others, bool(panels))
        axes.set_xlabel(axis_label(x, xunit))
        axes.set_ylabel(axis_label(ylabel or y, yunit))
        axes.set_title(title)
        axes.margins(x=0.02)
        for number, (point, name, paint_panel) in enumerate(panels):
            _beside(axes, number, len(panels), paint_panel, f"mode at the {point.kind}: {name}")

    draw(target, comm, paint, height=3.9 if len(panels) < 3 else 1.7 * len(panels))


@dataclass(frozen=True, eq=False)
class _Line:
    """A branch as it is drawn: places (n, 2) in SI, words on stability for each piece between two of them.

    `open_start` is true where a branch begins with a finite arclength: at the special point it was switched from.
    """

    xy: Floats
    pieces: list[str]
    judged: bool
    open_start: bool


@dataclass(frozen=True)
class _Mark:
    kind: str
    criticality: str
    place: tuple[float, float]


def _checked(branches: Sequence[Table], labels: Sequence[str] | None) -> tuple[Table, list[str]]:
    if not branches:
        raise ParameterError("plot_branches: no branch was given; give one or more.")
    if labels is not None and len(labels) != len(branches):
        raise ParameterError(
            f"plot_branches: {len(labels)} labels for {len(branches)} branches; one for each is needed."
        )
    return branches[0], [""] * len(branches) if labels is None else list(labels)


def _panel(point: SpecialPoint, name: str) -> Callable[[Axes], None]:
    if not isinstance(point.mode, State):
        raise ParameterError(
            f"plot_branches: the {point.kind} at {point.value:g} has no mode that is a state of a model."
        )
    return field_painter(point.mode, name, relative=True)


def _line(branch: Table, x: str, y: str) -> _Line:
    """Computed points with the special points in their places."""
    xy = np.column_stack([branch.column(x), branch.column(y)])
    if "unstable" not in branch or "arclength" not in branch:
        return _Line(xy, [_STABLE] * (len(xy) - 1), judged=False, open_start=False)
    s, growing = branch.column("arclength"), branch.column("unstable")
    states = [None if np.isnan(number) else _UNSTABLE if number > 0 else _STABLE for number in growing]
    entries = [(at, tuple(place), state, False) for at, place, state in zip(s, xy, states, strict=True)]
    for point in getattr(branch, "specials", ()):
        place = _place(branch, point, x, y)
        if np.isfinite([point.s, *place]).all():
            entries.append((point.s, place, None, True))
    entries.sort(key=lambda entry: entry[0])
    places = np.array([entry[1] for entry in entries])
    known = _filled([entry[2] for entry in entries], [entry[3] for entry in entries])
    judged = any(state is not None for state in states)
    return _Line(places, [_piece(*pair) for pair in pairwise(known)], judged, open_start=bool(len(s) and s[0] > 0.0))


def _filled(states: list[str | None], special: list[bool]) -> list[str | None]:
    """Unknown states between two that agree, or between one and a special point; a special point's own stays None."""
    filled = list(states)
    for i, state in enumerate(states):
        if state is not None or special[i]:
            continue
        before = next((j for j in range(i - 1, -1, -1) if special[j] or states[j] is not None), None)
        after = next((j for j in range(i + 1, len(states)) if special[j] or states[j] is not None), None)
        if before is None or after is None:
            filled[i] = _UNKNOWN
            continue
        found = {states[j] for j in (before, after)} - {None}
        filled[i] = found.pop() if len(found) == 1 else _UNKNOWN
    return filled


def _piece(one: str | None, other: str | None) -> str:
    """Stability between two places: None stands for a special point, which leaves it to the other."""
    if one is None or other is None:
        return one or other or _UNKNOWN
    return one if one == other else _UNKNOWN


def _place(branch: Table, point: SpecialPoint, x: str, y: str) -> tuple[float, float]:
    return _number(branch, point, x), _number(branch, point, y)


def _number(branch: Table, point: SpecialPoint, name: str) -> float:
    """A column's value at a special point: recorded there, or from the rows about it."""
    for known in (point.parameters, point.recorded, point.coefficients):
        if name in known:
            return float(known[name])
    if "arclength" not in branch or not np.isfinite(point.s):
        return float("nan")
    return float(np.interp(point.s, branch.column("arclength"), branch.column(name)))


def _marks(branch: Table, x: str, y: str) -> list[_Mark]:
    points = getattr(branch, "specials", ())
    marks = [_Mark(point.kind, point.criticality, _place(branch, point, x, y)) for point in points]
    return [mark for mark in marks if np.isfinite(mark.place).all()]


def _spans(places: Sequence[Floats]) -> Floats:
    """Width and height of all that is drawn."""
    whole = np.concatenate(places)
    extent = np.nanmax(whole, axis=0) - np.nanmin(whole, axis=0)
    return np.where(extent > 0.0, extent, 1.0)


def _from_special(line: _Line, marks: Sequence[_Mark], size: Floats) -> _Line:
    """A switched branch with the special point that it leaves: the nearest one in the picture."""
    if not line.open_start or not marks:
        return line
    away = [np.linalg.norm((np.array(mark.place) - line.xy[0]) / size) for mark in marks]
    nearest = np.array(marks[int(np.argmin(away))].place)
    return _Line(np.vstack([nearest, line.xy]), [line.pieces[0], *line.pieces], line.judged, open_start=False)


def _smooth(xy: Floats, size: Floats) -> list[Floats]:
    """Each piece of a line as a part of the cubic spline over its length in the picture."""
    steps = np.linalg.norm(np.diff(xy / size, axis=0), axis=1)
    t = np.concatenate([[0.0], np.cumsum(steps)])
    distinct = np.concatenate([[True], steps > 1e-9])
    if distinct.sum() < 3 or not np.isfinite(t).all():
        return [np.array(pair) for pair in pairwise(xy)]
    curve = CubicSpline(t[distinct], xy[distinct])
    return [curve(np.linspace(a, b, _FINE)) for a, b in pairwise(t)]


def _draw_line(axes: Axes, line: _Line, size: Floats, scale: Floats, colour: str) -> set[str]:
    """Draw each stretch of one stability as one line, for dashes to run on; which there were."""
    pieces = _smooth(line.xy, size)
    start = 0
    for end in range(1, len(pieces) + 1):
        if end < len(pieces) and line.pieces[end] == line.pieces[start]:
            continue
        stretch = np.concatenate(pieces[start:end]) / scale
        dash = _DASHES[line.pieces[start]] if line.judged else "-"
        axes.plot(*stretch.T, color=colour, linestyle=dash, zorder=2, solid_capstyle="butt", dash_capstyle="butt")
        start = end
    return set(line.pieces)


def _draw_limits(axes: Axes, limits: Mapping[str, Any], scale: Floats) -> list[Line2D]:
    handles = []
    for number, (label, given) in enumerate(limits.items()):
        look = {
            "color": _PALE,
            "linewidth": 1.1,
            "linestyle": ["-.", ":", (0, (6, 2, 1, 2, 1, 2))][number % 3],
            "zorder": 1,
        }
        if isinstance(given, tuple):
            across, up = (np.asarray(each, dtype=np.float64) for each in given)
            handles += axes.plot(across / scale[0], up / scale[1], label=label, **look)
        else:
            handles.append(axes.axvline(float(given) / scale[0], label=label, **look))
    return handles


def _draw_marks(axes: Axes, marks: Sequence[_Mark], scale: Floats) -> list[Line2D]:
    """A marker each; subcritical ones are hollow. One handle of the legend for each type."""
    types: dict[str, list[_Mark]] = {}
    for mark in marks:
        types.setdefault(f"{mark.criticality} {mark.kind}".strip(), []).append(mark)
    handles = []
    for label, same in types.items():
        shape = MARKERS.get(same[0].kind.removeprefix("degenerate "), _OTHER)
        inside = "white" if same[0].criticality == "subcritical" or label.startswith("degenerate") else _INK
        handles += axes.plot(
            *(np.array([mark.place for mark in same]) / scale).T,
            linestyle="none",
            marker=shape,
            markersize=6.5,
            markerfacecolor=inside,
            markeredgecolor=_INK,
            markeredgewidth=1.2,
            zorder=4,
            label=label.replace("hopf", "Hopf"),
        )
    return handles


def _legend(
    axes: Axes,
    colours: Mapping[str, str],
    drawn: set[str],
    others: Sequence[Line2D],
    panels: bool,
) -> None:
    handles = [Line2D([], [], color=colour, label=label) for label, colour in colours.items() if label]
    look = {"color": _INK if handles else next(iter(colours.values()), _INK)}
    if drawn - {_STABLE}:
        handles += [Line2D([], [], linestyle=_DASHES[w], label=w, **look) for w in _DASHES if w in drawn]
    handles += others
    if not handles:
        return
    outside = len(handles) > _MOST_INSIDE and not panels
    place = {"loc": "upper left", "bbox_to_anchor": (1.0, 1.0)} if outside else {"loc": "best", "frameon": True}
    axes.legend(handles=handles, handlelength=2.4, edgecolor="none", framealpha=0.85, **place)


def _beside(axes: Axes, number: int, count: int, paint: Callable[[Axes], None], title: str) -> None:
    """One of the panels to the right of the diagram, from the top down."""
    height = (1.0 - _BETWEEN * (count - 1)) / count
    panel = axes.inset_axes((_BESIDE, 1.0 - height - number * (height + _BETWEEN), _PANEL, height))
    panel.grid(False)
    paint(panel)
    panel.set_title(title)
