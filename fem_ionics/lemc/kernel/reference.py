# SPDX-License-Identifier: LGPL-3.0-or-later
"""The chain of chain.c in plain Python, move by move, on the same memory: what the compiled kernel has to do.

From one seed both make the same chain, but for rounding. Every move takes some ions out and puts some in; the balance
of each is written where it is decided. Nothing is kept here that could be computed anew from positions, except what
the two share: potentials of the ions, their one-body terms, and the energy.
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fem_ionics.lemc.kernel.fast import RENEWAL
from fem_ionics.lemc.kernel.generator import below, random
from fem_ionics.lemc.kernel.memory import FAR, MOVES, Memory
from fem_ionics.lemc.kernel.reference_space import (
    Floats,
    Point,
    bilinear,
    flat_bin,
    inside,
    nodal,
    pair_potential,
    pair_row,
    place,
    where,
    zone_of,
)
from fem_ionics.lemc.system import LARGEST_GROUP


@dataclasses.dataclass
class _Newcomer:
    """An ion that may come: its kind, its place, its one-body term there, the potential by all others."""

    species: int
    point: Point
    zone: int
    field: float = 0.0
    potential: float = 0.0
    row: Floats = dataclasses.field(default_factory=lambda: np.zeros(0))


def run_reference(memory: Memory, trials: int, stride: int) -> int:
    """Trials that were done; fewer than asked for when there is no more room for ions."""
    m, renewal = memory, RENEWAL[memory.real.name]
    for done in range(trials):
        if m.capacity < m.N + LARGEST_GROUP:
            return done
        which = random(m)
        move = min(int(np.searchsorted(m.chance, which, side="right")), len(MOVES) - 1)
        m.attempted[move] += 1
        m.accepted[move] += _MOVES[MOVES[move]](m)
        m.trials += 1
        if m.trials % stride == 0:
            _sample(m)
        if m.trials % renewal == 0:
            refresh_reference(m)
    return trials


def enter_reference(memory: Memory, positions: Floats, species: npt.NDArray[np.int32]) -> None:
    """Replace all ions; there must be room for them."""
    m = memory
    m.count[:] = 0
    m.N = 0
    m.q[m.M :], m.rad[m.M :] = 0.0, FAR
    for point, kind in zip(positions.tolist(), species.tolist(), strict=True):
        m.N += 1
        _set(m, m.M + m.N - 1, _Newcomer(kind, tuple(point), zone_of(m, point[2])))
    refresh_reference(m)


def refresh_reference(memory: Memory) -> None:
    """Potentials, one-body terms and energy anew."""
    m, total = memory, 0.0
    q = m.q[: m.M + m.N].astype(np.float64)
    for i in range(m.M, m.M + m.N):
        point = _point(m, i)
        m.field[i - m.M] = _one_body(m, int(m.species[i - m.M]), point)
        row = pair_row(m, point, FAR)
        assert row is not None
        row[i] = m.self_energy
        potential = float(q @ row)
        m.u[i] = potential - q[i] * m.self_energy
        # Pairs of ions are met twice, those with fixed charges once.
        total += q[i] * (potential + float(q[: m.M] @ row[: m.M]))
    m.energy = 0.5 * m.bjerrum * total


# small things


def _accept(number: float, places: float, exponent: float) -> bool:
    """With the probability min(1, places exp(exponent)) for a random number."""
    return math.log((1.0 - number) / places) <= exponent


def _point(m: Memory, i: int) -> Point:
    return float(m.x[i]), float(m.y[i]), float(m.z[i])


def _one_body(m: Memory, species: int, point: Point) -> float:
    value = float(m.lna[species]) if m.uniform else nodal(m, m.lna[species], where(m, point))
    return value - m.valence[species] * bilinear(m, point) if m.table.size else value


def _entered(m: Memory, species: int, point: Point, zone: int) -> _Newcomer | None:
    """An ion at a place; None if it overlaps a wall."""
    found = inside(m, m.radius[species], point)
    return None if found is None else _Newcomer(species, found, zone, _one_body(m, species, found))


# the energy and the state


def _change(m: Memory, out: Sequence[int], come: Sequence[_Newcomer]) -> float | None:
    """Change of the energy, kT, when ions `out` go and ions `come` come; None where spheres overlap."""
    total = 0.0
    for k, i in enumerate(out):
        total -= m.q[i] * float(m.u[i]) + 0.5 * m.q[i] ** 2 * m.self_energy
        for j in out[:k]:
            total += m.q[i] * m.q[j] * (pair_potential(m, _point(m, i), _point(m, j), FAR) or 0.0)
    kept = m.q[list(out)].copy(), m.rad[list(out)].copy()
    m.q[list(out)], m.rad[list(out)] = 0.0, FAR
    free = _arrivals(m, come)
    m.q[list(out)], m.rad[list(out)] = kept
    return None if free is None else m.bjerrum * (total + free)


def _arrivals(m: Memory, come: Sequence[_Newcomer]) -> float | None:
    """Energy over l_B of the ions that come, and the potentials that they meet; None where spheres overlap."""
    total = 0.0
    for k, new in enumerate(come):
        radius, z = m.radius[new.species], m.valence[new.species]
        row = pair_row(m, new.point, radius)
        if row is None:
            return None
        new.row, new.potential = row, float(m.q[: len(row)].astype(np.float64) @ row)
        total += z * new.potential + 0.5 * z**2 * m.self_energy
        for other in come[:k]:
            potential = pair_potential(m, new.point, other.point, radius + m.radius[other.species])
            if potential is None:
                return None
            total += z * m.valence[other.species] * potential
            new.potential += m.valence[other.species] * potential
            other.potential += z * potential
    return total


def _commit(m: Memory, out: list[int], come: Sequence[_Newcomer], delta: float) -> None:
    """Carry out what `_change` has looked at."""
    m.energy += delta
    n = m.M + m.N
    for i in out:
        gone = pair_row(m, _point(m, i), FAR)
        assert gone is not None
        m.u[:n] -= m.q[i] * gone
    for new in come:
        m.u[:n] += m.valence[new.species] * new.row
    stays = len(out) == len(come) == 1 and m.home[out[0] - m.M] == come[0].zone
    for i in [] if stays else out:
        _strike(m, i)
    for k, new in enumerate(come):
        if k < len(out):
            _set(m, out[k], new, listed=stays)
        else:
            m.N += 1
            _set(m, m.M + m.N - 1, new)
    # The highest first: the last ion is never one that is still to go.
    for i in sorted(out[len(come) :], reverse=True):
        _fill(m, i)


def _set(m: Memory, i: int, new: _Newcomer, *, listed: bool = False) -> None:
    """Put an ion into the arrays, and at the end of the list of its zone unless it is in it."""
    m.x[i], m.y[i], m.z[i] = new.point
    m.q[i], m.rad[i], m.u[i] = m.valence[new.species], m.radius[new.species], new.potential
    j, length = i - m.M, m.count[new.zone, new.species]
    m.field[j] = new.field
    if listed:
        return
    m.species[j], m.home[j], m.slot[j] = new.species, new.zone, length
    m.member[new.zone, new.species, length] = i
    m.count[new.zone, new.species] += 1


def _strike(m: Memory, i: int) -> None:
    """Take an ion off the list of its zone; the last one there takes its place."""
    j = i - m.M
    home, species = m.home[j], m.species[j]
    m.count[home, species] -= 1
    last = m.member[home, species, m.count[home, species]]
    m.member[home, species, m.slot[j]] = last
    m.slot[last - m.M] = m.slot[j]


def _fill(m: Memory, i: int) -> None:
    """The last ion takes the place of ion i, which has gone."""
    m.N -= 1
    last = m.M + m.N
    if i < last:
        for array in (m.x, m.y, m.z, m.q, m.rad, m.u):
            array[i] = array[last]
        j, l = i - m.M, last - m.M
        for array in (m.field, m.species, m.home, m.slot):
            array[j] = array[l]
        m.member[m.home[j], m.species[j], m.slot[j]] = i
    m.q[last], m.rad[last] = 0.0, FAR


# the moves


def _displace(m: Memory) -> bool:
    if not m.N:
        return False
    i = m.M + below(m, m.N)
    species = int(m.species[i - m.M])
    point = tuple(v + (2.0 * random(m) - 1.0) * m.step[species] for v in _point(m, i))
    number = random(m)
    new = _entered(m, species, point, 0)
    if new is None:
        return False
    new.zone = zone_of(m, new.point[2])
    return _moved(m, i, new, 1.0, number)


def _jump(m: Memory) -> bool:
    if not m.N:
        return False
    i = m.M + below(m, m.N)
    zone = below(m, m.K)
    new = _entered(m, int(m.species[i - m.M]), place(m, zone), zone)
    if new is None:
        return False
    volumes = m.zone[zone, 3] / m.zone[m.home[i - m.M], 3]
    return _moved(m, i, new, volumes, random(m))


def _moved(m: Memory, i: int, new: _Newcomer, volumes: float, number: float) -> bool:
    """Whether an ion goes elsewhere."""
    delta = _change(m, [i], [new])
    if delta is None or not _accept(number, volumes, new.field - m.field[i - m.M] - delta):
        return False
    _commit(m, [i], [new], delta)
    return True


def _pick(m: Memory, species: int, zone: int, taken: Sequence[int]) -> int | None:
    """An ion of a kind in a zone that is not among those already taken."""
    left = [int(i) for i in m.member[zone, species, : m.count[zone, species]] if i not in taken]
    return left[below(m, len(left))] if left else None


def _insertion(m: Memory, ghost: bool) -> bool:
    species = below(m, m.S)
    zone = below(m, m.K)
    point = place(m, zone)
    new = _entered(m, species, point, zone)
    delta = None if new is None else _change(m, [], [new])
    k = flat_bin(m, where(m, point if new is None else new.point))
    m.tries[species, k] += 1
    if new is None or delta is None:
        return False
    m.inserted[species, k] += math.exp(new.field - delta)
    places = m.zone[zone, 3] / (m.count[zone, species] + 1)
    if ghost or not _accept(random(m), places, new.field - delta):
        return False
    _commit(m, [], [new], delta)
    return True


def _deletion(m: Memory) -> bool:
    species, zone = below(m, m.S), below(m, m.K)
    i = _pick(m, species, zone, [])
    if i is None:
        return False
    delta = _change(m, [i], [])
    assert delta is not None
    places = m.count[zone, species] / m.zone[zone, 3]
    if not _accept(random(m), places, -m.field[i - m.M] - delta):
        return False
    _commit(m, [i], [], delta)
    return True


def _single(m: Memory) -> bool:
    return _insertion(m, ghost=False) if random(m) < 0.5 else _deletion(m)


def _group(m: Memory) -> bool:
    counts = m.group[below(m, m.G)]
    kinds = [s for s in range(m.S) for _ in range(counts[s])]
    return _group_in(m, kinds) if random(m) < 0.5 else _group_out(m, kinds)


def _group_in(m: Memory, kinds: Sequence[int]) -> bool:
    come: list[_Newcomer] = []
    for species in kinds:
        zone = below(m, m.K)
        new = _entered(m, species, place(m, zone), zone)
        if new is None:
            return False
        come.append(new)
    delta = _change(m, [], come)
    if delta is None:
        return False
    places, fields = 1.0, 0.0
    for k, new in enumerate(come):
        # Ions of this kind in its zone afterwards, less those that were taken before it on the way back.
        same = 1 + sum((new.species, new.zone) == (other.species, other.zone) for other in come[k + 1 :])
        fields += new.field
        places *= m.zone[new.zone, 3] / (m.count[new.zone, new.species] + same)
    if not _accept(random(m), places, fields - delta):
        return False
    _commit(m, [], come, delta)
    return True


def _group_out(m: Memory, kinds: Sequence[int]) -> bool:
    out: list[int] = []
    places, fields = 1.0, 0.0
    for species in kinds:
        zone = below(m, m.K)
        taken = sum(m.species[i - m.M] == species and m.home[i - m.M] == zone for i in out)
        i = _pick(m, species, zone, out)
        if i is None:
            return False
        places *= (m.count[zone, species] - taken) / m.zone[zone, 3]
        fields -= m.field[i - m.M]
        out.append(i)
    delta = _change(m, out, [])
    assert delta is not None
    if not _accept(random(m), places, fields - delta):
        return False
    _commit(m, out, [], delta)
    return True


def _exchange(m: Memory) -> bool:
    """Two ions a become one b at the place of the first, or the other way round."""
    a, b = m.exchange[below(m, m.E)].tolist()
    together = random(m) < 0.5
    first, second = below(m, m.K), below(m, m.K)
    found = [_pick(m, a if together else b, first, [])]
    if together and found[0] is not None:
        found.append(_pick(m, a, second, [found[0]]))
    out = [i for i in found if i is not None]
    if len(out) < len(found):
        return False
    come = [_entered(m, b if together else a, _point(m, out[0]), first)]
    if not together and come[0] is not None:
        come.append(_entered(m, a, place(m, second), second))
    ions = [new for new in come if new is not None]
    if len(ions) < len(come) or (delta := _change(m, out, ions)) is None:
        return False
    twice, volume = first == second, m.zone[second, 3]
    na, ma, nb = m.count[first, a], m.count[second, a], m.count[first, b]
    places = na * (ma - twice) / ((nb + 1) * volume) if together else nb * volume / ((na + 1) * (ma + 1 + twice))
    fields = sum(new.field for new in ions) - sum(m.field[i - m.M] for i in out)
    if not _accept(random(m), places, fields - delta):
        return False
    _commit(m, out, ions, delta)
    return True


def _ghost(m: Memory) -> bool:
    return _insertion(m, ghost=True)


_MOVES = {
    "displace": _displace,
    "jump": _jump,
    "single": _single,
    "group": _group,
    "exchange": _exchange,
    "ghost": _ghost,
}


def _sample(m: Memory) -> None:
    kinds = m.species[: m.N]
    for j, species in enumerate(kinds.tolist()):
        m.counts[species, flat_bin(m, where(m, _point(m, m.M + j)))] += 1
    numbers = np.bincount(kinds, minlength=m.S).astype(np.float64)
    m.numbers += numbers
    m.products += np.outer(numbers, numbers)
    m.energies += m.energy
    m.samples += 1
