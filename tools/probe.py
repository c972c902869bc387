# SPDX-License-Identifier: LGPL-3.0-or-later
"""What a bare machine may lack: ``python tools/probe.py mesh|compiler|picture`` fails where it does."""

import sys
import tempfile


def mesh() -> None:
    """Load gmsh with its system libraries."""
    import gmsh

    gmsh.initialize(interruptible=False)
    gmsh.finalize()


def compiler() -> None:
    """Compile as DOLFINx's just-in-time compiler does: through cffi, with Python's headers."""
    import cffi

    builder = cffi.FFI()
    builder.cdef("double probe(double x);")
    source = "#include <math.h>\n#include <stdlib.h>\ndouble probe(double x) { return sqrt(x); }"
    builder.set_source("_probe", source, libraries=["m"])
    with tempfile.TemporaryDirectory() as folder:
        builder.compile(tmpdir=folder)


def picture() -> None:
    """Render a sphere off screen."""
    import pyvista

    plotter = pyvista.Plotter(off_screen=True, window_size=[64, 64])
    plotter.add_mesh(pyvista.Sphere())
    if plotter.screenshot(None, return_img=True).std() == 0:
        sys.exit("the picture is empty")


if __name__ == "__main__":
    {"mesh": mesh, "compiler": compiler, "picture": picture}[sys.argv[1]]()
