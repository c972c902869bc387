# SPDX-License-Identifier: LGPL-3.0-or-later
"""Lets the tests of this folder import `equations` beside them, and keeps branches that several of them use."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="module")
def bratu():
    """Bratu's problem round its fold, back to lam = 1."""
    from equations import bratu

    import fem_ionics as fi

    problem = bratu(lam=1.0)
    return fi.continuation(problem, "lam", stop=4.0, bounds=(1.0, 4.0), record={"mean": problem.mean})


@pytest.fixture(scope="module")
def rest():
    """u = 0 of Chafee and Infante's problem, from mu = 5 to 15."""
    from equations import chafee_infante

    import fem_ionics as fi

    problem = chafee_infante(mu=5.0)
    return fi.continuation(problem, "mu", stop=15.0, record={"mean": problem.mean})


@pytest.fixture(scope="module")
def crossing():
    """u = 0 of u_t = u_xx + mu u - u^2 past its transcritical point."""
    from equations import reaction

    import fem_ionics as fi

    problem = reaction(lambda u, mu: mu * u - u**2, mu=5.0)
    return fi.continuation(problem, "mu", stop=15.0, record={"mean": problem.mean})
