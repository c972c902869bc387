# SPDX-License-Identifier: LGPL-3.0-or-later
"""First positions of ions: those of a periodic cell make it neutral, and given ones are looked at."""

import math
from itertools import product

import numpy as np
import numpy.typing as npt

from fem_ionics.errors import ParameterError
from fem_ionics.lemc.cell import Box, Slit, Tube, nearest_image
from fem_ionics.lemc.kernel import Memory
from fem_ionics.lemc.kernel.reference_space import inside
from fem_ionics.lemc.system import System

Floats = npt.NDArray[np.float64]

#: Most ions of a second kind that are tried to make up for charges that the counter-ions do not divide.
_MOST_OTHERS = 4
#: Places tried for one ion.
_TRIES = 20_000
#: What rounding to float32 may do to kept positions: nm, and relative to the cell.
_ROUNDING, _SHRUNK = 1e-4, 1.0 - 1e-6


def neutral_numbers(system: System) -> tuple[int, ...]:
    """Fewest ions that make up for the charge of the walls, counter-ions of the highest valence first.

    What is left of a charge that is no whole number, at most half an elementary charge, is spread over the walls,
    where it makes no field inside.

    Raises
    ------
    ParameterError
        Where no combination of the ions does.
    """
    charge = -round(system.total_charge)
    numbers = [0] * len(system.valences)
    if charge == 0:
        return tuple(numbers)
    counter = [k for k, z in enumerate(system.valences) if z * charge > 0]
    counter.sort(key=lambda k: -abs(system.valences[k]))
    for first, others in product(counter, range(_MOST_OTHERS)):
        for second, valence in enumerate(system.valences):
            whole, left = divmod(charge - others * valence, system.valences[first])
            if left == 0 and whole >= 0 and (second != first or others == 0):
                numbers[first] += whole
                numbers[second] += others
                return tuple(numbers)
    raise ParameterError(
        f"Chain: no ions of valences {system.valences} make up for walls of {system.total_charge:g} e; change the "
        "length of the cell or add an ion."
    )


def scattered(system: System, numbers: tuple[int, ...], random: np.random.Generator) -> tuple[Floats, npt.NDArray]:
    """Random places without overlap.

    Parameters
    ----------
    system
        Its cell and fixed spheres.
    numbers
        Of each kind of ion.
    random
        Generator.

    Returns
    -------
    positions, species
        Shapes (N, 3), nm, and (N,).

    Raises
    ------
    ParameterError
        Where an ion finds no place.
    """
    order = [k for k in np.argsort(system.radii)[::-1] for _ in range(numbers[k])]
    charges = system.charges
    fixed = charges is not None and np.any(np.asarray(charges.radii) > 0.0)
    places = [np.asarray(charges.positions, dtype=float)] if fixed and charges is not None else []
    reach = [np.asarray(charges.radii, dtype=float)] if fixed and charges is not None else []
    for kind in order:
        radius = system.radii[kind]
        others = np.concatenate([np.zeros((0, 3)), *places])
        far = np.concatenate([np.zeros(0), *reach])
        far = np.where(far > 0.0, far + radius, 0.0)
        for _ in range(_TRIES):
            place = _place(system, radius, random)
            away = nearest_image(system.cell, others - place)
            if np.all(np.sum(away**2, axis=1) >= far**2):
                break
        else:
            raise ParameterError(
                f"Chain: ion {len(places) + 1} of {len(order)} finds no place in the cell; it is too small for ions of "
                "these radii."
            )
        places.append(place[None, :])
        reach.append(np.array([radius]))
    ions = places[1:] if fixed else places
    return np.concatenate([np.zeros((0, 3)), *ions]), np.array(order, dtype=np.int32)


def possible(memory: Memory, positions: Floats, species: npt.NDArray) -> bool:
    """Whether ions of the system's kinds lie at these places: in the cell, apart, and neutral where they must be."""
    system, kinds = memory.system, len(memory.system.valences)
    if species.ndim != 1 or positions.shape != (len(species), 3) or not np.all(np.isfinite(positions)):
        return False
    if np.any((species < 0) | (species >= kinds)):
        return False
    if system.periodic and abs(system.total_charge + memory.valence[species].sum()) > 0.5 + 1e-9:
        return False
    radii = memory.radius[species] - _ROUNDING
    near = _SHRUNK * positions
    if any(inside(memory, a, (x, y, z)) is None for a, (x, y, z) in zip(radii, near, strict=True)):
        return False
    fixed = slice(0, memory.M)
    others = np.concatenate([np.stack([memory.x[fixed], memory.y[fixed], memory.z[fixed]], axis=1), positions])
    reach = np.concatenate([memory.rad[fixed], radii])
    for k, a in enumerate(radii):
        before = slice(0, memory.M + k)
        away = nearest_image(system.cell, others[before] - positions[k])
        if np.any(np.sum(away**2, axis=1) < np.maximum(reach[before] + a, 0.0) ** 2):
            return False
    return True


def _place(system: System, radius: float, random: np.random.Generator) -> Floats:
    cell = system.cell
    if isinstance(cell, Box):
        return (random.random(3) - 0.5) * cell.sides
    if isinstance(cell, Slit):
        return (random.random(3) - 0.5) * (cell.side, cell.side, cell.width - 2.0 * radius)
    if isinstance(cell, Tube):
        r = (cell.radius - radius) * math.sqrt(random.random())
        angle = 2.0 * math.pi * random.random()
        return np.array([r * math.cos(angle), r * math.sin(angle), (random.random() - 0.5) * cell.length])
    raise ParameterError("Chain: cells between baths start empty.")
