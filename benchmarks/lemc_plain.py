# SPDX-License-Identifier: LGPL-3.0-or-later
"""A pore between baths as one samples it first: a compiled loop in double precision that keeps no potentials.

Ions of both signs, alike in size, around a straight pore; steps, insertions and deletions. Every trial sums over all
pairs anew, a step both before and after, and leaves at the first overlap.
"""

import numba
import numpy as np
from numba import njit

VERSION = numba.__version__


@njit
def outside(x, y, z, radius, bore, half, bath, top):
    """Whether a sphere overlaps the membrane or its centre leaves the baths."""
    if abs(z) > top or x * x + y * y > bath * bath:
        return True
    if abs(z) >= half + radius:
        return False
    r = np.sqrt(x * x + y * y)
    if abs(z) <= half:
        return r > bore - radius
    gap = max(bore - r, 0.0)
    return gap * gap + (abs(z) - half) ** 2 < radius * radius


@njit
def pair_energy(x, y, z, q, n, skip, px, py, pz, pq, diameter, bjerrum):
    """Of a charge with all ions but one; infinite where spheres overlap."""
    energy = 0.0
    for j in range(n):
        if j != skip:
            dx, dy, dz = x[j] - px, y[j] - py, z[j] - pz
            square = dx * dx + dy * dy + dz * dz
            if square < diameter * diameter:
                return np.inf
            energy += q[j] / np.sqrt(square)
    return bjerrum * pq * energy


@njit
def seed_plain(number):
    """Of the generator that the loop draws from."""
    np.random.seed(number)


@njit
def run_plain(ions, n, trials, stride, walls, radius, bjerrum, ln_activity, step):
    """Go on for some trials.

    Parameters
    ----------
    ions
        x, y, z, q; room for many, shape (4, capacity).
    n
        How many there are.
    trials, stride
        Trials, and how many of them between two samples.
    walls
        Radius of the pore, half the membrane's thickness, radius and height of the baths.

    Returns
    -------
    n, mean
        How many there are now, and their mean number.
    """
    x, y, z, q = ions
    bore, half, bath, top = walls
    volume = np.pi * bath * bath * 2.0 * top
    diameter = 2.0 * radius
    total = 0.0
    for trial in range(trials):
        if np.random.random() < 0.5:
            if n > 0:
                i = np.random.randint(n)
                px = x[i] + step * (2.0 * np.random.random() - 1.0)
                py = y[i] + step * (2.0 * np.random.random() - 1.0)
                pz = z[i] + step * (2.0 * np.random.random() - 1.0)
                if not outside(px, py, pz, radius, bore, half, bath, top):
                    new = pair_energy(x, y, z, q, n, i, px, py, pz, q[i], diameter, bjerrum)
                    if new < np.inf:
                        old = pair_energy(x, y, z, q, n, i, x[i], y[i], z[i], q[i], diameter, bjerrum)
                        if np.random.random() < np.exp(old - new):
                            x[i], y[i], z[i] = px, py, pz
        else:
            charge = 1.0 if np.random.random() < 0.5 else -1.0
            same = 0
            for j in range(n):
                same += q[j] == charge
            if np.random.random() < 0.5:
                while True:
                    px, py = 2.0 * np.random.random() - 1.0, 2.0 * np.random.random() - 1.0
                    if px * px + py * py <= 1.0:
                        break
                px, py, pz = bath * px, bath * py, top * (2.0 * np.random.random() - 1.0)
                if not outside(px, py, pz, radius, bore, half, bath, top):
                    new = pair_energy(x, y, z, q, n, -1, px, py, pz, charge, diameter, bjerrum)
                    if np.random.random() < volume / (same + 1) * np.exp(ln_activity - new):
                        x[n], y[n], z[n], q[n] = px, py, pz, charge
                        n += 1
            elif same > 0:
                which = np.random.randint(same)
                i = 0
                while q[i] != charge or which > 0:
                    which -= q[i] == charge
                    i += 1
                old = pair_energy(x, y, z, q, n, i, x[i], y[i], z[i], charge, diameter, bjerrum)
                if np.random.random() < same / volume * np.exp(old - ln_activity):
                    n -= 1
                    x[i], y[i], z[i], q[i] = x[n], y[n], z[n], q[n]
        if (trial + 1) % stride == 0:
            total += n
    return n, total / (trials // stride)
