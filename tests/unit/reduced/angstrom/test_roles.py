# SPDX-License-Identifier: LGPL-3.0-or-later
"""Roles of ions and the size of the design space."""

import pytest

from fem_ionics.errors import ParameterError
from fem_ionics.reduced import angstrom
from fem_ionics.reduced.angstrom import DesignSpace, Role, classify, controlled


def test_size_of_the_design_space() -> None:
    space = angstrom.design_space()
    assert (len(space.pores), len(space.ions)) == (4, 9)
    assert space.mixtures == 2044 == len(list(space.every()))
    assert space.pairs == 144 == len(set(space.every(2)))


@pytest.mark.parametrize(
    ("beta", "share", "role"),
    [
        (1.01, 0.5, Role.ACTIVATION),
        (-1.01, 0.5, Role.INACTIVATION),
        (1.0, 0.5, Role.CARRIER),
        (-1.0, 0.0, Role.PASSIVE),
        (0.0, 0.09, Role.PASSIVE),
        (0.0, 0.1, Role.CARRIER),
    ],
)
def test_classes(beta: float, share: float, role: Role) -> None:
    assert classify(beta, share) == role


def test_pairs_that_the_text_names() -> None:
    """10 of the 15 activated and 9 of the 36 inactivated pairs of the paper follow from its words alone."""
    roles = angstrom.roles_of_pores()
    active, silent = (controlled(roles, role) for role in (Role.ACTIVATION, Role.INACTIVATION))
    assert len(active) == 10 and len(silent) == 9
    assert ("18-crown-6", "Li+", "K+") in active and ("B10N6", "Li+", "Gdm+") in active
    assert ("B6N3", "Rb+", "Mg2+") in silent
    assert roles["B3N"]["Mg2+"] is None


def test_bad_input() -> None:
    with pytest.raises(ParameterError, match=r"share = 1\.5"):
        classify(0.0, 1.5)
    with pytest.raises(ParameterError, match="each once"):
        DesignSpace(("a", "a"), ("K+",))
    with pytest.raises(ParameterError, match="neither binds nor carries"):
        angstrom.role_of(angstrom.angstrom_pore("B3N", {"K+": 1000.0}), "Cs+")
