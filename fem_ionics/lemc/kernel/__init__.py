# SPDX-License-Identifier: LGPL-3.0-or-later
"""The Markov chain in C (chain.c, compiled on first use) and, line by line the same, in Python (reference)."""

from fem_ionics.lemc.kernel.fast import enter_fast, refresh_fast, run_fast
from fem_ionics.lemc.kernel.memory import Memory
from fem_ionics.lemc.kernel.reference import enter_reference, refresh_reference, run_reference

__all__ = ["Memory", "enter_fast", "enter_reference", "refresh_fast", "refresh_reference", "run_fast", "run_reference"]
