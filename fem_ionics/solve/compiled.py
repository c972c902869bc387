# SPDX-License-Identifier: LGPL-3.0-or-later
"""How the C code of the large forms is compiled."""

import hashlib
from typing import Any

import numpy as np
from dolfinx import jit, mesh

from fem_ionics.info import processor

#: In 3-D the Jacobian is most of a Newton iteration: 4.3 s of processor time with DOLFINx's own flags and 1.8 s with
#: these, at 61 thousand unknowns; in 2-D 0.33 s and 0.22 s, for 3 s more of the compiler. Only the compiler sees them:
#: a linker would add start-up code that flushes denormals in the whole process.
_FAST = ("-O3", "-march=native", "-ffast-math", "-g0")
#: Cells from which on that pays, by dimension.
_CELLS = {1: np.inf, 2: 2_500, 3: 0}
_SECONDS = 120  # for a compiler on a busy machine; ranks wait so long for the one that compiles


def jit_options(domain: mesh.Mesh) -> dict[str, Any]:
    """Options for `dolfinx.fem.form`; what the user has set in DOLFINx's files stays."""
    given = jit.get_options()
    options: dict[str, Any] = {"timeout": max(_SECONDS, given["timeout"])}
    usual = jit.DOLFINX_DEFAULT_JIT_OPTIONS["cffi_extra_compile_args"][0]
    dimension = domain.topology.dim
    large = domain.topology.index_map(dimension).size_global >= _CELLS[dimension]
    if large and given["cffi_extra_compile_args"] == usual:
        # Machines that share a home folder must not share code made for one of them.
        key = hashlib.sha256(repr(processor()).encode()).hexdigest()[:12]
        options["cffi_extra_compile_args"] = [*_FAST, f"-DFEM_IONICS_PROCESSOR=0x{key}"]
    return options
