# SPDX-License-Identifier: LGPL-3.0-or-later
"""Mesh sequencing: the same solution as on the fine mesh alone, with less work there."""

import numpy as np
import pytest
from mpi4py import MPI

import fem_ionics as fi
from fem_ionics.errors import MeshError, ModelError, ParameterError
from fem_ionics.units import mC, mM, mV, nm

pytestmark = [pytest.mark.mpi, pytest.mark.filterwarnings("ignore::fem_ionics.errors.ResolutionWarning")]
KCL = fi.Electrolyte.kcl(100 * mM)


def pore(refine, voltage=600 * mV, length=10 * nm):
    """A short charged cylinder."""
    domain = fi.geometry.cylindrical_pore(
        3 * nm, length, reservoir=15 * nm, resolve=KCL.debye_length, refine=refine, comm=MPI.COMM_WORLD
    )
    baths = [fi.Bath(KCL, voltage, on="cis"), fi.Bath(KCL, on="trans")]
    return fi.PNP(KCL, domain, [*baths, fi.SurfaceCharge(-20 * mC, on="walls")])


def test_the_solution_of_the_last_mesh():
    found = fi.mesh_sequence(pore, (0.35, 0.5, 0.7))
    alone = fi.steady(pore(0.7))
    current = fi.observe.Current(on="trans")
    assert current(found.state) == pytest.approx(current(alone), rel=1e-9, abs=0.0)
    assert np.all(np.diff(found.table["unknowns"]) > 0)
    assert list(found.table["refine"]) == [0.35, 0.5, 0.7]
    # Measured: 5 from equilibrium, which is solved for first, and 4 from the mesh before.
    assert found.table["iterations"][-1] < alone.info["iterations"]


def test_parameters_keep_their_values():
    voltage = fi.Parameter("voltage", 0.1, "V")
    found = fi.mesh_sequence(lambda refine: pore(refine, voltage), (0.35, 0.5))
    alone = fi.steady(pore(0.5, 100 * mV))
    current = fi.observe.Current(on="trans")
    assert current(found.state) == pytest.approx(current(alone), rel=1e-9, abs=0.0)


@pytest.mark.parametrize("refine", [(), (1.0, 1.0), (1.0, 0.5), (0.0, 1.0), (1.0, float("nan"))], ids=str)
def test_factors_rise(refine):
    with pytest.raises(ParameterError, match="mesh_sequence: refine"):
        fi.mesh_sequence(pore, refine)


def test_models_of_one_problem_on_one_body():
    with pytest.raises(ModelError, match="mesh_sequence"):
        fi.mesh_sequence(lambda refine: None, (1.0,))
    with pytest.raises(MeshError, match="lie outside the mesh"):
        fi.mesh_sequence(lambda refine: pore(refine, length=(10 + 20 * (refine - 0.3)) * nm), (0.3, 0.4))
