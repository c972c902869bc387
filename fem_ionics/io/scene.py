# SPDX-License-Identifier: LGPL-3.0-or-later
"""Off-screen pictures with VTK, for meshes of any dimension."""

from typing import Any

import numpy as np
from dolfinx.plot import vtk_mesh

from fem_ionics.errors import OutputError, ParameterError
from fem_ionics.io.fields import Shown, rescaled
from fem_ionics.io.labels import shown_unit
from fem_ionics.io.paths import PathLike, on_root
from fem_ionics.io.style import DIVERGING, SEQUENTIAL, Floats, check_picture, colour_limits, signed
from fem_ionics.model import State
from fem_ionics.units import nm

_BAR: dict[str, Any] = {
    "color": "black", "vertical": False, "position_x": 0.3, "width": 0.4,
    "title_font_size": 26, "label_font_size": 22, "n_labels": 5, "fmt": "%.3g",
}  # fmt: skip


def render(state: State, name: str, to: PathLike, *, edges: bool = False) -> None:
    """Off-screen picture of a field with VTK, in 2-D or 3-D.

    Parameters
    ----------
    state, name
        As in `plot_field`.
    to
        Picture (.png).
    edges
        Draw the edges of the cells too.

    Raises
    ------
    ParameterError
        For another suffix.
    TagError
        For an unknown field.
    OutputError
        On all ranks, when the picture cannot be written or VTK cannot draw here.

    Notes
    -----
    Collective.
    """
    model, domain = state.model, state.model.domain
    if not str(to).endswith(".png"):
        raise ParameterError(f'render: "{to}" was given; use the suffix ".png".')
    expression = model.expression(name)
    target = check_picture(to, domain.comm)
    model.load(state)
    shown = Shown(model, expression, rescaled(domain.mesh, domain.unit / nm), name)
    shown.fill()
    grid = _gather_grid(shown)

    def paint() -> None:
        cells, types, points, values = grid
        size = np.linalg.norm(values, axis=1) if values.shape[1] > 1 else values[:, 0]
        factor, unit = shown_unit(model.units[name], size)
        _screenshot((cells, types, points), size / factor, f"{name} ({unit})" if unit else name, target, edges)

    on_root(domain.comm, paint, OutputError)


def _gather_grid(shown: Shown) -> Any:
    """Cells, types, points and values of all ranks on rank 0 in VTK's words (collective)."""
    function = shown.shown
    cells, types, points = vtk_mesh(function.function_space)
    values = function.x.array.reshape(len(points), -1)
    pieces = function.function_space.mesh.comm.gather((cells.reshape(len(types), -1), types, points, values))
    if pieces is None:
        return None
    start = np.cumsum([0, *(len(each[2]) for each in pieces)])
    moved = [np.hstack([each[0][:, :1], each[0][:, 1:] + first]) for each, first in zip(pieces, start, strict=False)]
    rest = [np.concatenate(each) for each in list(zip(*pieces, strict=True))[1:]]
    return np.concatenate(moved), *rest


def _screenshot(grid: tuple[Floats, ...], values: Floats, label: str, to: Any, edges: bool) -> None:
    import pyvista  # slow to import, and needed here alone

    mesh = pyvista.UnstructuredGrid(*grid)
    mesh[label] = values
    size = np.ptp(grid[2], axis=0)
    flat = size[2] == 0.0
    height = int(np.clip(1500 * size[1] / size[0], 100, 1200)) + 260 if flat else 1200
    plotter = pyvista.Plotter(off_screen=True, window_size=(1600, height))
    try:
        plotter.set_background("white")
        plotter.add_mesh(
            mesh.extract_surface(nonlinear_subdivision=2, algorithm="dataset_surface"),
            scalars=label,
            cmap=DIVERGING if signed(values) else SEQUENTIAL,
            clim=colour_limits(values),
            show_edges=edges,
            lighting=not flat,
            scalar_bar_args=_BAR | {"title": label + "\n", "height": 120 / height, "position_y": 30 / height},
        )
        if flat:
            plotter.view_xy()
            plotter.enable_parallel_projection()
            # 1500 of the 1600 pixels for the length, and the bar below.
            middle, pixel = 0.5 * (grid[2].min(axis=0) + grid[2].max(axis=0)), size[0] / 1500
            plotter.camera.focal_point = middle - [0.0, 85 * pixel, 0.0]
            plotter.camera.position = plotter.camera.focal_point + np.array([0.0, 0.0, size[0]])
            plotter.camera.parallel_scale = 0.5 * height * pixel
        else:
            plotter.show_axes()
        plotter.screenshot(str(to))
    finally:
        plotter.close()
