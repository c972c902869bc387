# SPDX-License-Identifier: LGPL-3.0-or-later
"""Curves: profiles along a line, recorded numbers over time or a parameter."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from mpi4py import MPI

from fem_ionics.errors import ParameterError
from fem_ionics.io.labels import axis_label, shown_unit
from fem_ionics.io.paths import PathLike
from fem_ionics.io.style import check_picture, draw
from fem_ionics.study.results import TIME, Table

#: Curves whose names fit into a picture; those of more stand beside it.
_MOST = 5

Curve = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]


def plot_profiles(
    to: PathLike,
    x: npt.ArrayLike,
    curves: Mapping[str, npt.ArrayLike | tuple[npt.ArrayLike, npt.ArrayLike]],
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    points: Collection[str] = (),
    errors: Mapping[str, npt.ArrayLike] | None = None,
    like: Mapping[str, str] | None = None,
    levels: Mapping[str, float] | None = None,
    x_names: Sequence[str] = (),
    y_names: Sequence[str] = (),
    log: bool = False,
    log_x: bool = False,
    comm: MPI.Comm = MPI.COMM_WORLD,
) -> None:
    """Draw curves over one axis.

    Parameters
    ----------
    to
        Picture (.png, .pdf, .svg).
    x
        Shape (n,), in the unit that `xlabel` names.
    curves
        Label -> values at `x`, or (own x, values); those of rank 0 are drawn.
    xlabel, ylabel, title
        With units, for example "y (nm)".
    points
        Labels to draw as points instead of lines: computed values beside a closed form, say.
    errors
        Label -> standard errors, drawn as bars one error long to either side.
    like
        Label -> label of an earlier curve whose colour it takes.
    levels
        Words -> value: thin lines across the picture, named beside them.
    x_names, y_names
        Words at 1, 2, 3... instead of the axis' numbers.
    log, log_x
        Logarithmic vertical and horizontal axis.
    comm
        Communicator; the call is collective.

    Raises
    ------
    ParameterError
        For curves whose lengths do not agree, points, errors or likenesses that are of no curve, and errors of another
        length.
    OutputError
        On all ranks, when the picture cannot be written.
    """
    checked = {label: _curve(label, x, given) for label, given in curves.items()}
    bars, alike = dict(errors or {}), dict(like or {})
    for name, labels in (("points", points), ("errors", bars), ("like", [*alike, *alike.values()])):
        if not checked or any(label not in checked for label in labels):
            listed = ", ".join(f'"{label}"' for label in checked) or "none"
            raise ParameterError(f"plot_profiles: {name} = {list(labels)!r}; there are the curves {listed}.")
    widths = {name: _curve(f"errors of {name}", checked[name][0], np.asarray(given))[1] for name, given in bars.items()}
    target = check_picture(to, comm)

    def paint(axes: Axes) -> None:
        colours: dict[str, Any] = {}
        for label, curve in checked.items():
            marks: dict[str, Any] = {"linestyle": "none", "marker": "o"} if label in points else {}
            marks |= {"zorder": 3 if marks else 2, "color": colours.get(alike.get(label, ""))}
            drawn = axes.errorbar(*curve, widths.get(label), label=axis_label(label, ""), capsize=2.0, **marks)
            colours[label] = drawn.lines[0].get_color()
        _draw_levels(axes, levels or {}, checked.values())
        for names, axis in ((x_names, axes.xaxis), (y_names, axes.yaxis)):
            if names:
                axis.set_ticks(range(1, len(names) + 1), [axis_label(name, "") for name in names])
        if log_x:
            axes.set_xscale("log")
        _finish(axes, xlabel, ylabel, title, log, len(checked))

    draw(target, comm, paint)


def plot_traces(
    to: PathLike,
    traces: Table | Mapping[str, Table],
    *,
    y: str,
    x: str = TIME,
    ylabel: str | None = None,
    title: str = "",
    log: bool = False,
    comm: MPI.Comm = MPI.COMM_WORLD,
) -> None:
    """Draw a column of traces (or of any tables) over another.

    Parameters
    ----------
    to
        Picture (.png, .pdf, .svg).
    traces
        One, or label -> trace; their title stands in for a label.
    y, x
        Columns; prefixes of units are chosen to suit the numbers.
    ylabel
        Words instead of the column's name; the unit is added.
    title
        Heading.
    log
        Logarithmic vertical axis of |y|: exponentials become straight.
    comm
        Communicator; the call is collective.

    Raises
    ------
    ParameterError
        For an unknown column, or no trace.
    OutputError
        On all ranks, when the picture cannot be written.
    """
    named = {traces.title: traces} if isinstance(traces, Table) else dict(traces)
    if not named:
        raise ParameterError("plot_traces: no trace was given; give one or more.")
    curves = {label: (table.column(x), table.column(y)) for label, table in named.items()}
    first = next(iter(named.values()))
    xfactor, xunit = shown_unit(first.units[x], np.concatenate([curve[0] for curve in curves.values()]))
    yfactor, yunit = shown_unit(first.units[y], np.concatenate([curve[1] for curve in curves.values()]))
    target = check_picture(to, comm)

    def paint(axes: Axes) -> None:
        for label, (across, up) in curves.items():
            axes.plot(across / xfactor, (np.abs(up) if log else up) / yfactor, label=label)
        words = axis_label(ylabel or y, yunit)
        _finish(axes, axis_label(x, xunit), f"|{words}|" if log else words, title, log, len(curves))

    draw(target, comm, paint)


def _curve(label: str, x: npt.ArrayLike, given: Any) -> Curve:
    across, up = given if isinstance(given, tuple) else (x, given)
    across, up = np.asarray(across, dtype=np.float64), np.asarray(up, dtype=np.float64)
    if across.ndim != 1 or across.shape != up.shape:
        raise ParameterError(
            f'curve "{label}": {up.shape} values over {across.shape} positions; the same 1-D shape is needed.'
        )
    return across, up


def _draw_levels(axes: Axes, levels: Mapping[str, float], curves: Collection[Curve]) -> None:
    for words, value in levels.items():
        axes.axhline(value, color="0.4", linewidth=1.0, linestyle="--", zorder=1)
        # The words stand at the end where the curves are further away.
        left, right = (min(abs(up[end(across)] - value) for across, up in curves) for end in (np.argmin, np.argmax))
        place, side = (0.005, "left") if left > right else (0.995, "right")
        where = {"xycoords": axes.get_yaxis_transform(), "textcoords": "offset points", "xytext": (0, 2)}
        axes.annotate(words, (place, value), ha=side, color="0.3", fontsize="small", **where)


def _finish(axes: Axes, xlabel: str, ylabel: str, title: str, log: bool, curves: int) -> None:
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.set_title(title)
    axes.margins(x=0.02)
    if log:
        axes.set_yscale("log")
    if curves > _MOST:
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))
    elif curves > 1:
        axes.legend()
