# SPDX-License-Identifier: LGPL-3.0-or-later
"""Mean charge of walls: given charges, several on one wall, walls without."""

import pytest

import fem_ionics as fi
from fem_ionics.errors import ModelError, ParameterError, TagError
from fem_ionics.observe import Probe, WallCharge
from fem_ionics.units import mC, nm

KCL = fi.Electrolyte.kcl(100.0)


@pytest.mark.mpi
def test_charges_of_walls_add_up_and_average():
    domain = fi.geometry.rectangle((30 * nm, 10 * nm), (4, 12), periodic="x")
    wave = fi.pattern.cosine("x", wavelength=30 * nm)
    conditions = [
        fi.SurfaceCharge(10 * mC + 50 * mC * wave, on="top"),
        fi.SurfaceCharge(2 * mC, on=["top", "bottom"]),
        fi.FixedTotal("K+", 100.0),
    ]
    state = fi.resting(fi.PNP(KCL, domain, conditions))
    for on, mean in (("top", 12 * mC), ("bottom", 2 * mC), (["top", "bottom"], 7 * mC)):
        assert WallCharge(on)(state) == pytest.approx(mean, rel=1e-6, abs=0)
    assert isinstance(WallCharge("top"), Probe)
    assert (WallCharge(["top", "bottom"]).name, WallCharge().unit) == ("wall charge on top, bottom", "C/m2")
    with pytest.raises(TagError, match=r'"topp": .* mean "top"'):
        WallCharge("topp")(state)
    with pytest.raises(ParameterError, match="the name of a boundary, or several, is needed"):
        WallCharge([])


def test_walls_without_a_charge_of_their_own():
    box = fi.geometry.rectangle((30 * nm, 10 * nm), (4, 12))
    conditions = [fi.Fixed(name, 100.0, on="left") for name in KCL.names] + [fi.Fixed("potential", 0.0, on="left")]
    state = fi.resting(fi.PNP(KCL, box, conditions))
    assert WallCharge("top")(state) == 0.0
    with pytest.raises(ModelError, match=r"WallCharge\(\['walls'\]\): the potential is held on \['left'\]; `balances`"):
        WallCharge()(state)
