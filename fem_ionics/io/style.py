# SPDX-License-Identifier: LGPL-3.0-or-later
"""One look for all pictures, and how they reach the disk."""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from mpi4py import MPI

from fem_ionics.errors import OutputError, ParameterError
from fem_ionics.io.paths import PathLike, on_root, prepare, write_whole

#: Okabe and Ito's colours (2008) without the yellow: told apart by colour-blind readers and in grey.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000")
SEQUENTIAL, DIVERGING = "viridis", "RdBu_r"
#: Width of a picture, inches: one text column and a half.
WIDTH = 6.4
Floats = npt.NDArray[np.float64]
SUFFIXES = (".png", ".pdf", ".svg")

_RC = {
    "axes.prop_cycle": matplotlib.cycler(color=COLOURS),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.labelsize": 10,
    "axes.titlesize": 10.5,
    "axes.titlelocation": "left",
    "axes.formatter.useoffset": False,
    "font.size": 9.5,
    "grid.color": "#e4e4e4",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.7,
    "lines.markersize": 4.5,
    "mathtext.default": "regular",
    "savefig.dpi": 200,
    "svg.fonttype": "none",
}


def signed(values: Floats) -> bool:
    """Whether values lie on both sides of zero: then dark means far from it, else far from the smallest."""
    return bool(values.min() < 0.0 < values.max())


def colour_limits(values: Floats) -> tuple[float, float]:
    """Ends of the colour scale: zero in the middle if it is inside, at the end if it is close to it."""
    low, high = float(values.min()), float(values.max())
    if signed(values):
        return -max(-low, high), max(-low, high)
    return (0.0 if 0.0 <= low < 0.05 * high else low), high


def check_picture(to: PathLike, comm: MPI.Comm) -> Path:
    """The path of a picture, after checking that it can be written (collective).

    Raises
    ------
    ParameterError
        For a suffix other than .png, .pdf, .svg.
    OutputError
        On all ranks, when nothing can be written there.
    """
    if Path(to).suffix not in SUFFIXES:
        raise ParameterError(f'picture "{to}": use one of the suffixes {", ".join(SUFFIXES)}.')
    return prepare(to, comm)


def draw(to: Path, comm: MPI.Comm, paint: Callable[[Axes], None], *, height: float = 3.6, grid: bool = True) -> None:
    """Paint one picture on rank 0 and write it (collective).

    Parameters
    ----------
    to
        As `check_picture` returned it.
    comm
        Communicator.
    paint
        Draws into the axes; called on rank 0 only, so nothing collective may be in it.
    height
        Inches.
    grid
        Lines behind curves.
    """

    def write() -> Figure:
        # Colours and fonts are settled when artists are made, sizes when they are drawn: both in the context.
        with matplotlib.rc_context(_RC):
            figure = Figure(figsize=(WIDTH, height))
            FigureCanvasAgg(figure)
            axes = figure.add_subplot()
            axes.grid(grid)
            paint(axes)
        return figure

    figure = on_root(comm, write, OutputError)

    def save(file: BinaryIO) -> None:
        assert figure is not None  # rank 0
        with matplotlib.rc_context(_RC):
            figure.savefig(file, format=to.suffix[1:], bbox_inches="tight", pad_inches=0.08)

    write_whole(to, comm, save)
