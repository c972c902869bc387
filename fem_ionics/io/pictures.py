# SPDX-License-Identifier: LGPL-3.0-or-later
"""Pictures of fields and meshes."""

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.ticker import MaxNLocator

from fem_ionics.errors import ParameterError
from fem_ionics.geometry import Domain
from fem_ionics.io.labels import axis_label, shown_unit
from fem_ionics.io.paths import PathLike
from fem_ionics.io.sampling import Floats, Samples, boundary_lines, outlines, sample
from fem_ionics.io.streamlines import trace
from fem_ionics.io.style import COLOURS, DIVERGING, SEQUENTIAL, WIDTH, check_picture, colour_limits, draw, signed
from fem_ionics.model import State
from fem_ionics.observe.points import Points
from fem_ionics.units import nm

type Window = tuple[tuple[float, float], tuple[float, float]]

#: Each cell is drawn in so many pieces along each side.
_PIECES = 6
#: Points of the grid that streamlines are traced on, along the longer side; lines across the shorter one.
_GRID, _ACROSS = 240, 11
_POINTS_PER_HEAD = 150
#: Longer pictures than this lose the equal scales of their axes.
_SLENDER = 12.0


def plot_field(
    state: State,
    name: str,
    to: PathLike,
    *,
    streamlines: bool | str = True,
    limits: tuple[float, float] | None = None,
    title: str = "",
    whole: bool = True,
    window: Window | None = None,
) -> None:
    """Colour picture of a field of a 2-D state, with streamlines over it.

    Parameters
    ----------
    state
        What to show.
    name
        Key of ``model.expressions``; of a vector its magnitude is shown.
    to
        Picture (.png, .pdf, .svg).
    streamlines
        True: of the field itself if it is a vector, else of the velocity if there is any; the name of a
        vector field; False for none.
    limits
        Ends of the colour scale, SI; by default those of the field.
    title
        Heading.
    whole
        Complete a half channel, and the half plane of an axisymmetric device, by its mirror image.
    window
        What to show of it: (left, right), (bottom, top), m; everything by default.

    Raises
    ------
    ParameterError
        For a state that is not 2-D, another suffix, streamlines of what is no vector.
    TagError
        For an unknown field.
    OutputError
        On all ranks, when the picture cannot be written.

    Notes
    -----
    Collective. Fields that take both signs get a diverging scale about zero. The axis of an axisymmetric device lies
    horizontally.
    """
    domain = state.model.domain
    _require_2d(domain, "plot_field")
    _stream_name(state, name, streamlines)
    target = check_picture(to, domain.comm)
    paint_fields = field_painter(state, name, streamlines=streamlines, limits=limits, whole=whole, window=window)

    def paint(axes: Axes) -> None:
        paint_fields(axes)
        axes.set_title(title)

    size = np.ptp(np.asarray(window, dtype=float), axis=1) if window else _extent(domain, whole and _is_half(domain))
    draw(target, domain.comm, paint, height=_height(size), grid=False)


def field_painter(
    state: State,
    name: str,
    *,
    streamlines: bool | str = True,
    limits: tuple[float, float] | None = None,
    whole: bool = True,
    relative: bool = False,
    window: Window | None = None,
) -> Callable[[Axes], None]:
    """What `plot_field` paints, to be painted into any axes on rank 0.

    Parameters
    ----------
    state, name, streamlines, limits, whole, window
        As in `plot_field`.
    relative
        Show values as parts of the largest, without unit: for modes, whose size means nothing.

    Raises
    ------
    ParameterError, TagError
        As in `plot_field`.

    Notes
    -----
    Collective; the function that is returned is not.
    """
    model, domain = state.model, state.model.domain
    _require_2d(domain, "plot_field")
    vector = _stream_name(state, name, streamlines)
    mirror = whole and _is_half(domain)
    function = state.field(name)
    samples = sample(function, _PIECES)
    arrows = _on_grid(state, vector, mirror) if vector else None

    def paint(axes: Axes) -> None:
        assert samples is not None  # rank 0
        shown = samples.turned() if domain.axisymmetric else samples
        shown = shown.mirrored(bool(function.ufl_shape)) if mirror else shown
        values, factor, unit = _scalar(shown, model.units[name])
        if relative:
            factor, unit = float(np.abs(values).max()) or 1.0, ""
        ends = colour_limits(values) if limits is None else limits
        heading = _heading(name, function.ufl_shape, unit)
        _fill(axes, shown, values / factor, [end / factor for end in ends], domain.unit, heading)
        if domain.axisymmetric:
            axes.set(xlabel="z (nm)", ylabel="r (nm)")
        if window is not None:
            axes.set(xlim=np.array(window[0]) / nm, ylim=np.array(window[1]) / nm)
        if arrows is not None:
            _stream(axes, arrows, dark=signed(values))

    return paint


def plot_mesh(domain: Domain, to: PathLike, *, title: str = "") -> None:
    """Picture of a 2-D mesh with its named boundaries in colour.

    Parameters
    ----------
    domain
        What to show.
    to
        Picture (.png, .pdf, .svg).
    title
        Heading; by default the name and the number of cells.

    Raises
    ------
    ParameterError
        For a mesh that is not 2-D, or another suffix.
    OutputError
        On all ranks, when the picture cannot be written.

    Notes
    -----
    Collective.
    """
    _require_2d(domain, "plot_mesh")
    target = check_picture(to, domain.comm)
    cells, walls, scale = outlines(domain), boundary_lines(domain), domain.unit / nm
    words = title or f"{domain.name}: {domain.cells_total} cells"

    def paint(axes: Axes) -> None:
        assert cells is not None and walls is not None  # rank 0
        axes.add_collection(LineCollection(cells * scale, colors="#9a9a9a", linewidths=0.4))
        for colour, (name, lines) in zip(COLOURS * len(walls), walls.items(), strict=False):
            axes.add_collection(LineCollection(lines * scale, colors=colour, linewidths=2.2, label=name))
        axes.autoscale()
        _nanometres(axes, cells.reshape(-1, 2) * scale)
        axes.set_title(words)
        axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0))

        if domain.axisymmetric:
            axes.set(xlabel="r (nm)", ylabel="z (nm)")

    draw(target, domain.comm, paint, height=_height(np.ptp(domain.bounds, axis=0)), grid=False)


def _require_2d(domain: Domain, what: str) -> None:
    if domain.dim != 2:
        raise ParameterError(f"{what}: {domain.name} is {domain.dim}-D; this draws 2-D meshes, render 3-D ones.")


def _stream_name(state: State, name: str, streamlines: bool | str) -> str | None:
    """Vector field to trace, or None."""
    model = state.model
    if not streamlines:
        return None
    if isinstance(streamlines, str):
        if not model.expression(streamlines).ufl_shape:
            raise ParameterError(f'streamlines = "{streamlines}" is no vector field.')
        return streamlines
    if model.expression(name).ufl_shape:
        return name
    return "velocity" if model.has_flow else None


def _on_grid(state: State, name: str, mirror: bool) -> tuple[Floats, Floats, Floats, Floats]:
    """x, y (nm) and both components on a regular grid, on every rank; nan outside."""
    domain = state.model.domain
    turn = -1 if domain.axisymmetric else 1
    lower, upper = (end[::turn] for end in domain.bounds)
    lower = np.array([lower[0], -upper[1]]) if mirror else lower
    counts = np.maximum(np.rint(_GRID * (upper - lower) / (upper - lower).max()), 40).astype(int)
    x, y = (np.linspace(a, b, n) for a, b, n in zip(lower, upper, counts, strict=True))
    # A line along a wall, as slip lets it run, hides the field there.
    y = y[1:-1]
    across, up = np.meshgrid(x, y)
    folded = np.abs(up) if mirror else up
    points = np.column_stack([across.ravel(), folded.ravel()])[:, ::turn]
    values = Points(domain, points)(state.field(name))[:, ::turn]
    first, second = values[:, 0].reshape(up.shape), values[:, 1].reshape(up.shape)
    return x / nm, y / nm, first, second * np.sign(up) if mirror else second


def _scalar(samples: Samples, unit: str) -> tuple[Floats, float, str]:
    """Values, or magnitudes of a vector, and the unit to show them in."""
    values = samples.values
    size = values[:, 0] if values.shape[1] == 1 else np.linalg.norm(values, axis=1)
    return size, *shown_unit(unit, size)


def _heading(name: str, shape: tuple[int, ...], unit: str) -> str:
    return axis_label("speed" if name == "velocity" else f"|{name}|" if shape else name, unit)


def _fill(axes: Axes, samples: Samples, values: Floats, ends: Sequence[float], unit: float, label: str) -> None:
    points = samples.points * (unit / nm)
    colours = axes.tripcolor(
        points[:, 0],
        points[:, 1],
        samples.triangles,
        values,
        shading="gouraud",
        cmap=DIVERGING if signed(values) else SEQUENTIAL,
        vmin=ends[0],
        vmax=ends[1],
        rasterized=True,
    )
    _nanometres(axes, points)
    # In the axes' own coordinates the bar is always as high as the picture.
    beyond = (bool(values.min() < ends[0]), bool(values.max() > ends[1]))
    extend = {(True, True): "both", (True, False): "min", (False, True): "max"}.get(beyond, "neither")
    bar = axes.figure.colorbar(colours, extend=extend, cax=axes.inset_axes((1.02, 0.0, 0.022, 1.0)))
    bar.outline.set_visible(False)
    bar.ax.yaxis.set_major_locator(MaxNLocator(5))
    # Above the bar there is room for words, however flat the picture is.
    bar.ax.set_title(label, loc="left", fontsize=9.5, pad=7)


def _stream(axes: Axes, grid: tuple[Floats, Floats, Floats, Floats], dark: bool) -> None:
    lines = trace(*grid, separation=float(min(np.ptp(grid[0]), np.ptp(grid[1]))) / _ACROSS)
    colour = "#303030" if dark else "white"
    axes.add_collection(LineCollection(lines, colors=colour, linewidths=0.7, alpha=0.85))
    head = {"arrowstyle": "-|>", "color": colour, "lw": 0.0, "mutation_scale": 7, "shrinkA": 0, "shrinkB": 0}
    for line in lines:
        # One arrowhead on a short line, several on a long one.
        for part in np.array_split(line, max(1, round(len(line) / _POINTS_PER_HEAD))):
            middle = len(part) // 2
            axes.annotate("", xy=part[middle], xytext=part[middle - 1], arrowprops=head)


def _nanometres(axes: Axes, points: Floats) -> None:
    lower, upper = points.min(axis=0), points.max(axis=0)
    axes.set_xlim(lower[0], upper[0])
    margin = 0.02 * (upper[1] - lower[1])
    axes.set_ylim(lower[1] - margin, upper[1] + margin)
    axes.set_xlabel("x (nm)")
    axes.set_ylabel("y (nm)")
    extent = upper - lower
    if extent.max() < _SLENDER * extent.min():
        axes.set_aspect("equal")
    for spine in axes.spines.values():
        spine.set_visible(False)


def _is_half(domain: Domain) -> bool:
    return domain.axisymmetric or domain.multiplicity == 2


def _extent(domain: Domain, mirror: bool) -> Floats:
    """Width and height of what is shown."""
    size = np.ptp(domain.bounds, axis=0)
    size = size[::-1] if domain.axisymmetric else size
    return size * [1.0, 2.0] if mirror else size


def _height(size: Floats) -> float:
    """Inches for equal scales of both axes, within reason."""
    return float(np.clip(0.8 * WIDTH * size[1] / size[0], 1.2, 6.0))
