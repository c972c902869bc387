# SPDX-License-Identifier: LGPL-3.0-or-later
"""The same pore with ions as particles: local equilibrium Monte Carlo and Nernst-Planck.

A user meets `NPLEMC` (a pore between baths), `LongPore` (its limit far from the mouths), `bulk` (activities of the
baths) and the arrangements of wall charges. Below them: `System` (what is sampled), `Chain` (the Markov chain), its
two kernels, and `NernstPlanck`.
"""

from fem_ionics.lemc import hnc, msa
from fem_ionics.lemc.arrangements import Arrangement, Helix, Oxygens, RandomCharges, Rings, Smeared, SquareGrid
from fem_ionics.lemc.bulk import Activities, bulk
from fem_ionics.lemc.cell import Box, PoreCell, Slit, Tube
from fem_ionics.lemc.cell_problem import CellProblem, Effective, cell_problem
from fem_ionics.lemc.chain import Block, Chain
from fem_ionics.lemc.charges import Placement, PointCharges, check_approach, place
from fem_ionics.lemc.device import WallCharges
from fem_ionics.lemc.diffusion import PoreDiffusion, fit_diffusion
from fem_ionics.lemc.estimators import Estimate
from fem_ionics.lemc.grid import TensorGrid, pore_grid, tube_grid
from fem_ionics.lemc.long_pore import LongPore
from fem_ionics.lemc.long_pore_state import LongPoreState, PoreConductance, PoreConductanceError, PoreShare
from fem_ionics.lemc.nernst_planck import NernstPlanck
from fem_ionics.lemc.nplemc import NPLEMC
from fem_ionics.lemc.primitive import PAULING
from fem_ionics.lemc.sampled import CurrentError, Sampled, SampledCurrent
from fem_ionics.lemc.system import Moves, System

__all__ = [
    "NPLEMC",
    "PAULING",
    "Activities",
    "Arrangement",
    "Block",
    "Box",
    "CellProblem",
    "Chain",
    "CurrentError",
    "Effective",
    "Estimate",
    "Helix",
    "LongPore",
    "LongPoreState",
    "Moves",
    "NernstPlanck",
    "Oxygens",
    "Placement",
    "PointCharges",
    "PoreCell",
    "PoreConductance",
    "PoreConductanceError",
    "PoreDiffusion",
    "PoreShare",
    "RandomCharges",
    "Rings",
    "Sampled",
    "SampledCurrent",
    "Slit",
    "Smeared",
    "SquareGrid",
    "System",
    "TensorGrid",
    "Tube",
    "WallCharges",
    "bulk",
    "cell_problem",
    "check_approach",
    "fit_diffusion",
    "hnc",
    "msa",
    "place",
    "pore_grid",
    "tube_grid",
]
