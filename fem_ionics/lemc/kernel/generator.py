# SPDX-License-Identifier: LGPL-3.0-or-later
"""xoshiro256++ of Blackman and Vigna (ACM Trans. Math. Softw. 47, 36, 2021), as in chain.c."""

from fem_ionics.lemc.kernel.memory import Memory

_WORD = (1 << 64) - 1


def random(m: Memory) -> float:
    """The next number of 53 bits in [0, 1)."""
    a, b, c, d = (int(word) for word in m.rng)
    result = (_turned((a + d) & _WORD, 23) + a) & _WORD
    t = (b << 17) & _WORD
    c, d = c ^ a, d ^ b
    b, a = b ^ c, a ^ d
    m.rng[:] = a, b, c ^ t, _turned(d, 45)
    return (result >> 11) * 2.0**-53


def below(m: Memory, n: int) -> int:
    """One of 0, ..., n - 1."""
    return int(random(m) * n)


def _turned(x: int, k: int) -> int:
    return ((x << k) | (x >> (64 - k))) & _WORD
