# SPDX-License-Identifier: LGPL-3.0-or-later
"""The compiled chain and the one in Python are the same chain, with every move in every kind of cell."""

from dataclasses import dataclass

import numpy as np
import pytest

from fem_ionics.lemc.cell import Box, PoreCell, Slit, Tube
from fem_ionics.lemc.chain import Chain
from fem_ionics.lemc.charges import PointCharges
from fem_ionics.lemc.grid import TensorGrid
from fem_ionics.lemc.kernel.fast import RENEWAL
from fem_ionics.lemc.kernel.memory import MOVES
from fem_ionics.lemc.system import Moves, System
from fem_ionics.lemc.wall_potential import PotentialTable

TURN = 2.0 * np.pi
SALT = {"valences": (1, 2, -1), "radii": (0.13, 0.1, 0.18), "bjerrum": 0.714, "stride": 25}
SALT |= {"groups": ((1, 0, 1), (0, 1, 2)), "exchanges": ((0, 1),)}
CLOSED = Moves(displace=0.3, jump=0.1, group=0.3, exchange=0.2, ghost=0.1)
OPEN = Moves(displace=0.3, jump=0.1, single=0.4, group=0.2, exchange=0.2, ghost=0.1)


@dataclass(frozen=True)
class Case:
    """A system, and whether its activities vary."""

    system: System
    varied: bool
    trials: int = 1000


def around(radius, count, height, size):
    """Charges of -1 e on a helix."""
    angle = np.arange(count) * TURN / count
    place = np.stack([radius * np.cos(angle), radius * np.sin(angle), height * np.linspace(-1, 1, count)], axis=1)
    return PointCharges(place, np.full(count, -1.0), np.full(count, size))


def cases():
    box = TensorGrid([0, 9], [0, TURN], np.linspace(-1.5, 1.5, 4))
    yield "box", Case(System(cell=Box((3, 3, 3)), grid=box, zones=(-1.5, -0.4, 1.5), moves=CLOSED, **SALT), False)
    one = TensorGrid([0, 9], [0, TURN], [-2, 2])
    yield "oblong box", Case(System(cell=Box((3, 3.5, 4)), grid=one, moves=CLOSED, **SALT), False, 400)
    spots = np.array([[0, 0, -1.1], [1, 1, 1.1], [0.5, 0.5, 1.1]])
    yield (
        "slit",
        Case(
            System(
                cell=Slit(2, 3),
                grid=TensorGrid([0, 9], [0, TURN], np.linspace(-1, 1, 9)),
                charges=PointCharges(spots, -np.ones(3), np.zeros(3)),
                moves=CLOSED,
                **SALT,
            ),
            True,
        ),
    )
    yield (
        "tube",
        Case(
            System(
                cell=Tube(1.2, 4),
                grid=TensorGrid(np.linspace(0, 1.2, 5), np.linspace(0, TURN, 6), np.linspace(-2, 2, 5)),
                charges=around(1.2, 6, 1.9, 0.0),
                zones=(-2, 0, 2),
                moves=CLOSED,
                **SALT,
            ),
            True,
        ),
    )
    z = np.linspace(-2, 2, 12)
    values = -np.random.default_rng(3).random((21, 41))
    yield (
        "cone",
        Case(
            System(
                cell=PoreCell((-1, 0, 1), (0.6, 0.8, 1.3), 2, 1),
                grid=TensorGrid(np.linspace(0, 2, 8), np.linspace(0, TURN, 5), z),
                charges=around(1.0, 4, 0.3, 0.1),
                potential=PotentialTable(np.linspace(0, 2, 21), np.linspace(-2, 2, 41), values),
                zones=(-2, -1, 1, 2),
                moves=OPEN,
                **SALT,
            ),
            True,
        ),
    )
    straight = PoreCell((-1, 1), (0.8, 0.8), 2, 1)
    grid = TensorGrid(np.linspace(0, 2, 8), [0, TURN], z)
    yield "straight pore", Case(System(cell=straight, grid=grid, moves=OPEN, **SALT), True)
    yield "straight pore, equal activities", Case(System(cell=straight, grid=grid, moves=OPEN, **SALT), False)


CASES = dict(cases())


@pytest.mark.parametrize("name", CASES)
def test_same_chain(name, monkeypatch):
    monkeypatch.setitem(RENEWAL, "float64", 300)
    case = CASES[name]
    ln_a = np.log([0.3, 0.15, 0.45])
    if case.varied:
        ln_a = ln_a[:, None, None, None] + np.random.default_rng(4).random((3, *case.system.grid.nodes))
    fast, slow = (
        Chain(case.system, ln_a, seed=(4, 5, 6), precision="float64", backend=backend)
        for backend in ("fast", "reference")
    )
    for chain in (fast, slow):
        chain.run(case.trials)
    mine, other = fast._memory, slow._memory
    for exact in ("rng", "species", "home", "slot", "count", "counts", "tries", "attempted", "accepted", "products"):
        np.testing.assert_array_equal(getattr(mine, exact), getattr(other, exact), err_msg=exact)
    assert mine.samples == other.samples == case.trials // 25
    np.testing.assert_allclose(fast.positions, slow.positions, rtol=0.0, atol=1e-9)
    for close in ("u", "field"):
        ions = slice(mine.M, mine.M + mine.N) if close == "u" else slice(0, mine.N)
        np.testing.assert_allclose(getattr(mine, close)[ions], getattr(other, close)[ions], atol=1e-9)
    np.testing.assert_allclose(mine.inserted, other.inserted, rtol=1e-9)
    assert fast.energy == pytest.approx(slow.energy, abs=1e-8)
    assert mine.energies == pytest.approx(other.energies, rel=1e-10)
    # Every move was made, unless the cell forbids it.
    idle = {MOVES[k] for k in np.flatnonzero(mine.accepted == 0)}
    assert idle == ({"ghost"} if isinstance(case.system.cell, PoreCell) else {"ghost", "single"})


def test_float32_goes_along_for_a_while():
    """Until the first decision within the rounding, the two take the same ones."""
    system = CASES["cone"].system
    chains = [Chain(system, np.zeros(3), seed=(1, 2, 3), backend=backend) for backend in ("fast", "reference")]
    for chain in chains:
        chain.run(300)
    np.testing.assert_array_equal(chains[0].species, chains[1].species)
    np.testing.assert_allclose(chains[0].positions, chains[1].positions, atol=1e-5)
    assert chains[0].energy == pytest.approx(chains[1].energy, abs=2e-3)


def test_refresh_changes_rounding_alone():
    for backend in ("fast", "reference"):
        chain = Chain(CASES["tube"].system, np.log([0.3, 0.15, 0.45]), precision="float64", backend=backend)
        chain.run(500)
        before = chain.energy, chain._memory.u.copy(), chain._memory.member.copy(), chain._memory.field.copy()
        chain.refresh()
        ions = slice(chain._memory.M, chain._memory.M + chain._memory.N)
        assert chain.energy == pytest.approx(before[0], abs=1e-9)
        np.testing.assert_allclose(chain._memory.u[ions], before[1][ions], atol=1e-10)
        np.testing.assert_array_equal(chain._memory.member, before[2])
        np.testing.assert_allclose(chain._memory.field, before[3], atol=1e-12)


def test_room_runs_out_alike():
    """Both stop before a group might not fit, and go on alike with more room."""
    done = []
    for backend in ("fast", "reference"):
        chain = Chain(CASES["straight pore"].system, np.full(3, 2.0), precision="float64", backend=backend)
        chain._memory.grow(chain._memory.capacity)
        chain.run(1200)
        done.append((chain._memory.capacity, chain.species.tolist()))
    assert done[0] == done[1]
