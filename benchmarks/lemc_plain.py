# SPDX-License-Identifier: LGPL-3.0-or-later
"""A pore between baths as one samples it first: a compiled loop in double precision that keeps no potentials.

Ions of any valence and radius around a straight pore; steps, insertions and deletions. Every trial sums over all pairs
anew, a step both before and after, and leaves at the first overlap.
"""

import numba
import numpy as np
from numba import njit

VERSION = numba.__version__


@njit
def outside(place, radius, walls):
    """Whether a sphere overlaps the membrane or its centre leaves the baths."""
    bore, half, bath, top = walls
    r, height = np.sqrt(place[0] ** 2 + place[1] ** 2), abs(place[2])
    if height > top or r > bath:
        return True
    if height >= half + radius:
        return False
    if height <= half:
        return r > bore - radius
    return max(bore - r, 0.0) ** 2 + (height - half) ** 2 < radius**2


@njit
def energy(places, kinds, n, skip, place, kind, valences, radii, bjerrum):
    """Of an ion with all others but one, kT; infinite where spheres overlap."""
    total = 0.0
    for j in range(n):
        if j == skip:
            continue
        square = (places[j, 0] - place[0]) ** 2 + (places[j, 1] - place[1]) ** 2 + (places[j, 2] - place[2]) ** 2
        if square < (radii[kind] + radii[kinds[j]]) ** 2:
            return np.inf
        total += valences[kinds[j]] / np.sqrt(square)
    return bjerrum * valences[kind] * total


@njit
def chosen(kinds, n, kind, which):
    """Index of one of the ions of a kind."""
    for i in range(n):
        if kinds[i] == kind:
            if which == 0:
                return i
            which -= 1
    return -1


@njit
def seed_plain(number):
    """Of the generator that the loop draws from."""
    np.random.seed(number)


@njit
def run_plain(places, kinds, counts, trials, stride, walls, valences, radii, bjerrum, ln_activity, step):
    """Go on for some trials.

    Parameters
    ----------
    places, kinds
        Of the ions; room for many, shapes (capacity, 3) and (capacity,).
    counts
        How many ions of each kind there are.
    trials, stride
        Trials, and how many of them between two samples.
    walls
        Radius of the pore, half the membrane's thickness, radius and height of the baths, nm.
    valences, radii, ln_activity
        Of each kind.
    bjerrum, step
        nm.

    Returns
    -------
    float
        Mean number of ions.
    """
    bath, top = walls[2], walls[3]
    volume = np.pi * bath**2 * 2.0 * top
    place = np.zeros(3)
    n, total = counts.sum(), 0.0
    for trial in range(trials):
        if np.random.random() < 0.5:
            if n > 0:
                i = np.random.randint(n)
                for axis in range(3):
                    place[axis] = places[i, axis] + step * (2.0 * np.random.random() - 1.0)
                if not outside(place, radii[kinds[i]], walls):
                    before = energy(places, kinds, n, i, places[i], kinds[i], valences, radii, bjerrum)
                    after = energy(places, kinds, n, i, place, kinds[i], valences, radii, bjerrum)
                    if np.random.random() < np.exp(before - after):
                        places[i] = place
        elif np.random.random() < 0.5:
            kind = np.random.randint(len(valences))
            place[0], place[1] = bath, bath
            while place[0] ** 2 + place[1] ** 2 > bath**2:
                place[0] = bath * (2.0 * np.random.random() - 1.0)
                place[1] = bath * (2.0 * np.random.random() - 1.0)
            place[2] = top * (2.0 * np.random.random() - 1.0)
            if not outside(place, radii[kind], walls):
                after = energy(places, kinds, n, -1, place, kind, valences, radii, bjerrum)
                ratio = volume / (counts[kind] + 1) * np.exp(ln_activity[kind] - after)
                if np.random.random() < ratio:
                    places[n], kinds[n] = place, kind
                    counts[kind] += 1
                    n += 1
        else:
            kind = np.random.randint(len(valences))
            if counts[kind] > 0:
                i = chosen(kinds, n, kind, np.random.randint(counts[kind]))
                before = energy(places, kinds, n, i, places[i], kind, valences, radii, bjerrum)
                ratio = counts[kind] / volume * np.exp(before - ln_activity[kind])
                if np.random.random() < ratio:
                    n -= 1
                    counts[kind] -= 1
                    places[i], kinds[i] = places[n], kinds[n]
        if (trial + 1) % stride == 0:
            total += n
    return total / (trials // stride)
