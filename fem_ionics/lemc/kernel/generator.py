# SPDX-License-Identifier: LGPL-3.0-or-later
"""SplitMix64 of Steele, Lea and Flood (OOPSLA 2014, doi 10.1145/2660193.2660195), as in random.h."""

from fem_ionics.lemc.kernel.memory import Memory

_WORD = (1 << 64) - 1


def random(m: Memory) -> float:
    """The next number of 53 bits in [0, 1)."""
    z = (int(m.rng[0]) + 0x9E3779B97F4A7C15) & _WORD
    m.rng[0] = z
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _WORD
    return ((z ^ (z >> 31)) >> 11) * 2.0**-53


def below(m: Memory, n: int) -> int:
    """One of 0, ..., n - 1."""
    return int(random(m) * n)
