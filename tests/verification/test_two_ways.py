# SPDX-License-Identifier: LGPL-3.0-or-later
"""The same physics in two ways: electrochemical potentials and concentrations, half plane and space."""

from typing import Any

import numpy as np
import pytest

import fem_ionics as fi
from fem_ionics.observe import Current, IonCurrent

NM = 1e-9
RADIUS, LENGTH = 3 * NM, 12 * NM


def _charge(x: Any, math: Any) -> Any:
    """Fades smoothly at both ends, so that no corner limits the order."""
    return -0.03 * math.sin(np.pi * (x[2] / LENGTH + 0.5)) ** 4


@pytest.mark.parametrize("flow", [False, True])
def test_potentials_and_concentrations(flow: bool) -> None:
    """Currents of both unknowns, and of a coarser mesh, to 1e-8 in a charged tube between unequal baths."""
    kcl = fi.Electrolyte.kcl(100.0)
    conditions = [
        fi.Bath(kcl, potential=0.1, on="cis"),
        fi.Bath(fi.Electrolyte.kcl(30.0), on="trans"),
        fi.SurfaceCharge(_charge, on="pore wall"),
        *([fi.NoSlip(on="pore wall")] if flow else []),
    ]
    build = fi.PNPS if flow else fi.PNP
    found = []
    for unknowns, refine in (("potentials", 1.5), ("concentrations", 1.5), ("potentials", 1.0)):
        tube = fi.geometry.tube(RADIUS, LENGTH, resolve=0.5 * NM, periodic=None, refine=refine)
        state = fi.steady(build(kcl, tube, conditions, unknowns=unknowns, degree=4))
        found.append([Current(on="trans")(state), IonCurrent("K+", on="cis")(state)])
    assert found[0][0] > 0.0
    assert found[1] == pytest.approx(found[0], rel=1e-8, abs=0)
    assert found[2] == pytest.approx(found[0], rel=1e-4 if flow else 1e-8, abs=0)


def test_half_plane_and_space() -> None:
    """The error of tetrahedra is estimated from two meshes of them."""
    kcl = fi.Electrolyte.kcl(100.0)

    def current(dimension: int, refine: float) -> float:
        pore = fi.geometry.cylindrical_pore(
            2 * NM, 4 * NM, reservoir=6 * NM, resolve=1.0 * NM, refine=refine, dimension=dimension
        )
        conditions = [
            fi.Bath(kcl, potential=0.05, on="cis"),
            fi.Bath(kcl, on="trans"),
            fi.SurfaceCharge(-0.02, on="pore wall"),
        ]
        return Current(on="trans")(fi.steady(fi.PNP(kcl, pore, conditions)))

    exact, coarse, fine = current(2, 4.0), current(3, 0.5), current(3, 0.75)
    assert abs(fine - exact) < abs(coarse - fine)
    assert fine == pytest.approx(exact, rel=2e-3, abs=0)
