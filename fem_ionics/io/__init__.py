# SPDX-License-Identifier: LGPL-3.0-or-later
"""What is kept: tables, fields for ParaView, checkpoints, branches and pictures."""

from fem_ionics.io.branches import BranchFolder
from fem_ionics.io.checkpoint import Checkpoint, load_state, save_state
from fem_ionics.io.curves import plot_profiles, plot_traces
from fem_ionics.io.diagrams import plot_branches
from fem_ionics.io.fields import write_fields
from fem_ionics.io.pictures import plot_field, plot_mesh
from fem_ionics.io.sampled import SamplingFolder
from fem_ionics.io.scene import render
from fem_ionics.io.sweeps import SweepFolder
from fem_ionics.io.tables import read_table, read_tables, write_table

__all__ = [
    "BranchFolder",
    "Checkpoint",
    "SamplingFolder",
    "SweepFolder",
    "load_state",
    "plot_branches",
    "plot_field",
    "plot_mesh",
    "plot_profiles",
    "plot_traces",
    "read_table",
    "read_tables",
    "render",
    "save_state",
    "write_fields",
    "write_table",
]
