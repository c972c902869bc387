# SPDX-License-Identifier: LGPL-3.0-or-later
"""Fields for ParaView: the numbers in the file, the mesh beside them, and what is refused."""

import numpy as np
import pytest

from fem_ionics.errors import OutputError, ParameterError, TagError
from fem_ionics.io.fields import rescaled, standard_fields, write_fields
from fem_ionics.units import nm


def stored(folder) -> bytes:
    """All data of a VTX folder: ADIOS2 keeps uncompressed numbers there."""
    return b"".join(path.read_bytes() for path in sorted(folder.glob("data.*")))


def cell_points(domain) -> np.ndarray:
    """Coordinates of the first cell's corners, nm."""
    rows = domain.mesh.geometry.dofmaps[0][0]
    return domain.mesh.geometry.x[rows] * (domain.unit / nm)


@pytest.mark.mpi
def test_numbers_in_the_file(make_model, make_state, shared_tmp_path, comm):
    model = make_model(2, half=True)
    early, late = make_state(model, 0, 1e-9), make_state(model, 2, 2e-9)
    path = shared_tmp_path / "deep" / "fields.bp"
    before = model.domain.mesh.geometry.x.copy()
    write_fields(path, [early, late])
    np.testing.assert_array_equal(model.domain.mesh.geometry.x, before)
    data = stored(path)
    for name in ("velocity [m/s]", "K+ [mol/m3]", "potential [V]", "pressure [Pa]"):
        assert any(name.encode() in each.read_bytes() for each in path.iterdir()), name
    # Quadratic elements: the node of the first corner of an own cell carries the value of the field there.
    for state in (early, late):
        for name in standard_fields(model):
            function = state.field(name)
            size = function.function_space.dofmap.index_map_bs
            node = function.x.array.reshape(-1, size)[function.function_space.dofmap.list[0, 0]]
            numbers = np.zeros(3 if size > 1 else 1)
            numbers[:size] = node
            assert near(data, numbers), (name, state.time)
    assert near(data, cell_points(model.domain)[0])


def near(data: bytes, numbers: np.ndarray) -> bool:
    """Whether these numbers stand somewhere in the data one after the other, to round-off."""
    whole = len(data) // 8 * 8
    for offset in range(8):
        values = np.frombuffer(data[offset : offset + whole - 8 * (offset > 0)], dtype=np.float64)
        with np.errstate(all="ignore"):
            hit = np.ones(len(values) - len(numbers) + 1, dtype=bool)
            for i, number in enumerate(numbers):
                part = values[i : len(values) - len(numbers) + 1 + i]
                hit &= np.abs(part - number) <= 1e-12 * np.abs(numbers).max()
        if hit.any():
            return True
    return False


@pytest.mark.mpi
def test_the_shown_mesh_has_its_own_coordinates(make_model):
    domain = make_model(shape="triangle").domain
    shown = rescaled(domain.mesh, 5.0)
    np.testing.assert_allclose(shown.geometry.x, 5.0 * domain.mesh.geometry.x)
    assert shown.topology.index_map(2).size_global == domain.cells_total
    shown.geometry.x[:] = 0.0
    assert np.abs(domain.mesh.geometry.x).max() > 0.5


@pytest.mark.mpi
def test_chosen_fields_and_open_channels(make_model, make_state, shared_tmp_path):
    model = make_model(shape="triangle")
    state = make_state(model)
    write_fields(shared_tmp_path / "one.bp", state, fields=["charge density", "flux K+"])
    write_fields(shared_tmp_path / "one.bp", [state, state], fields=["potential"])
    with pytest.raises(TagError, match="K\\+"):
        write_fields(shared_tmp_path / "one.bp", state, fields=["k+"])


@pytest.mark.mpi
def test_what_is_refused(make_model, make_state, shared_tmp_path, comm):
    model = make_model()
    state = make_state(model, 0, 1.0)
    with pytest.raises(ParameterError, match=r'suffix "\.bp"'):
        write_fields(shared_tmp_path / "fields.vtu", state)
    with pytest.raises(ParameterError, match="must grow"):
        write_fields(shared_tmp_path / "fields.bp", [state, state])
    with pytest.raises(ParameterError, match="one State"):
        write_fields(shared_tmp_path / "fields.bp", [])
    with pytest.raises(ParameterError, match="different models"):
        write_fields(shared_tmp_path / "fields.bp", [state, make_state(make_model(), 0, 2.0)])
    if comm.rank == 0:
        (shared_tmp_path / "file").write_text("here")
    comm.barrier()
    with pytest.raises(OutputError, match="cannot write"):
        write_fields(shared_tmp_path / "file" / "fields.bp", state)
