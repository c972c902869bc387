# SPDX-License-Identifier: LGPL-3.0-or-later
"""Pictures are drawn where they should be, from samples that are right."""

import numpy as np
import pytest
from matplotlib.image import imread

from fem_ionics.errors import OutputError, ParameterError, TagError
from fem_ionics.geometry import channel, rectangle
from fem_ionics.io.curves import plot_profiles, plot_traces
from fem_ionics.io.labels import axis_label, shown_unit
from fem_ionics.io.pictures import plot_field, plot_mesh
from fem_ionics.io.sampling import boundary_lines, outlines, sample
from fem_ionics.io.scene import render
from fem_ionics.parameters import pattern
from fem_ionics.study.results import Table, Trace
from fem_ionics.units import nm


@pytest.mark.parametrize(
    ("unit", "values", "expected"),
    [
        ("m/s", [0.02, np.nan], (1e-3, "mm/s")),
        ("m/s", [0.0], (1.0, "m/s")),
        ("V", [-0.95, 0.1], (1.0, "V")),
        ("s", [3e-8], (1e-9, "ns")),
        ("mol/m3", [1e-9], (1.0, "mM")),
        ("mol/m2/s", [0.005], (1e-3, r"mmol/m$^2$/s")),
        ("C/m3", [2e7], (1e6, r"MC/m$^3$")),
        ("", [1e-9], (1.0, "")),
    ],
)
def test_units_keep_numbers_short(unit, values, expected):
    assert shown_unit(unit, values) == expected


def test_charges_of_ions_are_raised():
    assert axis_label("K+", "mM") == "K$^{+}$ (mM)"
    assert axis_label("flux Ca2+", "") == "flux Ca$^{2+}$"
    assert axis_label("NH4+", "") == "NH$_{4}$$^{+}$"
    assert axis_label("SO4^2-", "mM") == "SO$_{4}$$^{2-}$ (mM)"
    assert axis_label("Na+: a = -1/V", "") == "Na$^{+}$: a = -1/V"
    assert axis_label("x - y", "nm") == "x - y (nm)"


@pytest.mark.mpi
@pytest.mark.parametrize("shape", ["quadrilateral", "triangle"])
def test_samples_cover_the_mesh_and_carry_the_field(make_model, make_state, shape):
    model = make_model(shape=shape, half=True, wall=pattern.cosine("x", wavelength=30 * nm) * nm)
    state = make_state(model)
    samples = sample(state.field("velocity"), 5)
    lines = outlines(model.domain)
    assert (samples is None) == (model.domain.comm.rank > 0) == (lines is None)
    volume = model.domain.volume()
    if samples is not None:
        whole = samples.mirrored(vector=True)
        a, b, c = (whole.points[whole.triangles[:, i]] * model.domain.unit for i in range(3))
        area = 0.5 * np.abs(np.linalg.det(np.stack([b - a, c - a], axis=-1)))
        assert area.sum() / volume == pytest.approx(1.0, rel=1e-3, abs=0.0)
        # The fill of velocity is even in y, so that the mirrored y component is its negative.
        above, below = whole.points[:, 1] > 0.5, whole.points[:, 1] < -0.5
        assert np.all(whole.values[above, 1] > 0.0) and np.all(whole.values[below, 1] < 0.0)
        assert len(lines) == model.domain.cells_total
        np.testing.assert_allclose(lines[:, 0], lines[:, -1], atol=1e-14)


@pytest.mark.mpi
def test_boundaries_are_named_once():
    domain = channel(12 * nm, 10 * nm, resolve=3 * nm, half=True)
    lines = boundary_lines(domain)
    if lines is not None:
        assert set(lines) == {"symmetry", "top wall"}
        np.testing.assert_allclose(lines["top wall"][..., 1], 1.0)
        assert np.ptp(lines["top wall"], axis=1)[:, 0].sum() == pytest.approx(2.4, rel=1e-6, abs=0.0)


@pytest.mark.mpi
def test_pictures_of_fields_and_meshes(make_model, make_state, shared_tmp_path, comm):
    model = make_model(half=True)
    state = make_state(model)
    plot_field(state, "K+", shared_tmp_path / "deep" / "ion.png", title="K+")
    plot_field(state, "velocity", shared_tmp_path / "flow.pdf", whole=False)
    plot_field(state, "potential", shared_tmp_path / "plain.svg", streamlines=False)
    plot_field(state, "potential", shared_tmp_path / "flux.png", streamlines="flux K+", limits=(0.0, 0.1))
    plot_mesh(model.domain, shared_tmp_path / "mesh.png")
    if comm.rank == 0:
        shown = imread(shared_tmp_path / "deep" / "ion.png")
        assert shown.shape[1] > 900 and np.ptp(shown[..., :3]) > 0.5
        assert (shared_tmp_path / "flow.pdf").read_bytes()[:4] == b"%PDF"
        assert b"<svg" in (shared_tmp_path / "plain.svg").read_bytes()[:2000]


@pytest.mark.mpi
def test_rendered_off_screen(make_model, make_state, shared_tmp_path, comm):
    render(make_state(make_model(shape="triangle")), "velocity", shared_tmp_path / "flow.png", edges=True)
    if comm.rank == 0:
        assert np.ptp(imread(shared_tmp_path / "flow.png")[..., :3]) > 0.5


@pytest.mark.mpi
def test_curves(shared_tmp_path, comm):
    x = np.linspace(0.0, 1.0, 20)
    curves = {"computed": (x[::4], x[::4] ** 2), "closed form": x**2}
    plot_profiles(shared_tmp_path / "p.png", x, curves, xlabel="x (nm)", ylabel="u (mm/s)", points=["computed"])
    bars = {"computed": (0.2,) * 5}
    plot_profiles(shared_tmp_path / "e.png", x, curves, xlabel="x (nm)", ylabel="u (mm/s)", errors=bars)
    same = {"like": {"closed form": "computed"}, "levels": {"half": 0.5}, "x_names": ("Ca2+",), "y_names": ("none",)}
    plot_profiles(shared_tmp_path / "s.png", x, curves, xlabel="", ylabel="", **same)
    traces = {
        f"seed {sign:+d}": Trace({"time": x * 1e-9, "U": sign * x}, {"time": "s", "U": "m/s"}) for sign in (1, -1)
    }
    plot_traces(shared_tmp_path / "t.png", traces, y="U", ylabel="mean velocity")
    plot_traces(shared_tmp_path / "t.svg", traces["seed +1"], y="U", log=True, title="growth")
    plot_traces(shared_tmp_path / "b.png", Table({"flux": x, "U": x}, title="branch"), x="flux", y="U")
    if comm.rank == 0:
        assert b"time (ns)" in (shared_tmp_path / "t.svg").read_bytes()
        assert np.ptp(imread(shared_tmp_path / "p.png")[..., :3]) > 0.5
        assert not np.array_equal(imread(shared_tmp_path / "e.png"), imread(shared_tmp_path / "p.png"))


@pytest.mark.mpi
def test_what_is_refused(make_model, make_state, shared_tmp_path, comm):
    state = make_state(make_model())
    if comm.rank == 0:
        (shared_tmp_path / "file").write_text("here")
    comm.barrier()
    below = shared_tmp_path / "file" / "picture.png"
    table = Table({"time": [0.0, 1.0]})
    with pytest.raises(OutputError, match="cannot write"):
        plot_field(state, "K+", below)
    with pytest.raises(OutputError, match="cannot write"):
        plot_mesh(state.model.domain, below)
    with pytest.raises(OutputError, match="cannot write"):
        render(state, "K+", below)
    with pytest.raises(OutputError, match="cannot write"):
        plot_traces(below, table, y="time")
    with pytest.raises(ParameterError, match="suffixes"):
        plot_field(state, "K+", shared_tmp_path / "picture.doc")
    with pytest.raises(ParameterError, match="suffix"):
        render(state, "K+", shared_tmp_path / "picture.pdf")
    with pytest.raises(TagError, match="Did you mean"):
        plot_field(state, "k+", shared_tmp_path / "picture.png")
    with pytest.raises(ParameterError, match="no vector field"):
        plot_field(state, "K+", shared_tmp_path / "picture.png", streamlines="potential")
    with pytest.raises(ParameterError, match='column "U"'):
        plot_traces(shared_tmp_path / "t.png", table, y="U")
    with pytest.raises(ParameterError, match="no trace"):
        plot_traces(shared_tmp_path / "t.png", {}, y="U")
    with pytest.raises(ParameterError, match="1-D shape"):
        plot_profiles(shared_tmp_path / "t.png", [0.0], {"a": [1.0, 2.0]}, xlabel="", ylabel="")
    with pytest.raises(ParameterError, match="points"):
        plot_profiles(shared_tmp_path / "t.png", [0.0], {"a": [1.0]}, xlabel="", ylabel="", points=["b"])
    with pytest.raises(ParameterError, match="like"):
        plot_profiles(shared_tmp_path / "t.png", [0.0], {"a": [1.0]}, xlabel="", ylabel="", like={"a": "b"})
    with pytest.raises(ParameterError, match=r"errors = \['b'\]"):
        plot_profiles(shared_tmp_path / "t.png", [0.0], {"a": [1.0]}, xlabel="", ylabel="", errors={"b": [1.0]})
    with pytest.raises(ParameterError, match=r"errors of a.*1-D shape"):
        plot_profiles(shared_tmp_path / "t.png", [0.0], {"a": [1.0]}, xlabel="", ylabel="", errors={"a": [1.0, 2.0]})


@pytest.mark.mpi
def test_a_failure_while_drawing_reaches_every_rank(make_model, make_state, shared_tmp_path, monkeypatch):
    def fail(*given, **options):
        raise ValueError("no such colour map")

    monkeypatch.setattr("fem_ionics.io.pictures._fill", fail)
    with pytest.raises(OutputError, match="no such colour map"):
        plot_field(make_state(make_model()), "K+", shared_tmp_path / "picture.png")


def test_a_box_has_its_names(shared_tmp_path):
    box = rectangle((2 * nm, 1 * nm), (4, 4))
    assert set(boundary_lines(box)) == {"left", "right", "bottom", "top"}
