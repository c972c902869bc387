# SPDX-License-Identifier: LGPL-3.0-or-later
"""Bifurcation diagrams show what is stable, where that changes, and the modes there."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from matplotlib.image import imread

from fem_ionics.bifurcation import Branch
from fem_ionics.errors import OutputError, ParameterError, TagError
from fem_ionics.io.diagrams import _filled, _from_special, _line, _marks, _smooth, plot_branches
from fem_ionics.study.results import Table

NAN = np.nan


def special(kind="pitchfork", criticality="supercritical", value=1.0, s=1.0, mode=None, **recorded):
    return SimpleNamespace(
        kind=kind,
        criticality=criticality,
        value=value,
        s=s,
        mode=mode,
        parameters={"mu": value},
        recorded=recorded,
        coefficients={},
    )


def branch(mu, u, unstable, *specials, s=None):
    columns = {"mu": mu, "arclength": np.arange(len(mu)) if s is None else s, "u": u, "unstable": unstable}
    return Branch(columns, {"mu": "mol/m2/s", "u": "m/s"}, specials=specials)


def symmetric(*specials):
    return branch([0.0, 0.8, 1.2, 2.0], [0.0] * 4, [0, 0, 1, 1], *specials, s=[0.0, 0.8, 1.2, 2.0])


def flowing(sign=1.0):
    """A parabola that leaves the point (1, 0)."""
    u = sign * np.linspace(0.1, 1.0, 10)
    return branch(1.0 + u**2, u, [0] * 10, s=np.abs(u))


def dashes(picture, colour):
    """How each line of a colour is dashed in an .svg file, the legend's among them."""
    styles = re.findall(r'style="fill: none;([^"]*stroke: ' + colour + '[^"]*)"', picture.read_text())
    return ["stroke-dasharray" in style for style in styles]


def test_stability_is_drawn_up_to_the_special_point():
    line = _line(symmetric(special(u=0.0)), "mu", "u")
    np.testing.assert_array_equal(line.xy[:, 0], [0.0, 0.8, 1.0, 1.2, 2.0])
    assert line.pieces == ["stable", "stable", "unstable", "unstable"]
    assert line.judged and not line.open_start


def test_a_change_without_a_special_point_is_not_hidden():
    line = _line(symmetric(), "mu", "u")
    assert line.pieces == ["stable", "stability not known", "unstable"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("s??s", "ssss"),
        ("s??u", "s??u"),
        ("s?u?u", "s?uuu"),
        ("s?*?u", "ss*uu"),
        ("?s?", "?s?"),
        ("*?*", "*?*"),
        ("???", "???"),
    ],
)
def test_unknown_stability_follows_neighbours_that_agree(given, expected):
    words = {"s": "stable", "u": "unstable", "?": None, "*": None}
    found = _filled([words[each] for each in given], [each == "*" for each in given])
    names = {"stable": "s", "unstable": "u", "stability not known": "?", None: "*"}
    assert "".join(names[each] for each in found) == expected


def test_special_points_stand_where_they_were_recorded():
    event = special("neutral", "", 0.5, 0.4)
    marks = _marks(symmetric(special(u=0.3), event, special("fold", "", s=NAN)), "mu", "u")
    # Nothing was recorded at an event: its height is that of the branch; without an arclength there is none.
    assert [mark.place for mark in marks] == [(1.0, 0.3), (0.5, 0.0)]


def test_a_switched_branch_is_drawn_from_its_special_point():
    marks = _marks(symmetric(special(u=0.0), special(value=1.9, s=1.9, u=0.0)), "mu", "u")
    line = _line(flowing(), "mu", "u")
    assert line.open_start
    whole = _from_special(line, marks, np.array([2.0, 2.0]))
    np.testing.assert_array_equal(whole.xy[:2], [[1.0, 0.0], [1.01, 0.1]])
    assert whole.pieces == ["stable"] * 10
    assert _from_special(line, [], np.ones(2)) is line
    first = _line(symmetric(), "mu", "u")
    assert _from_special(first, marks, np.ones(2)) is first


def test_lines_are_smooth_and_pass_through_the_points():
    xy = _line(flowing(), "mu", "u").xy
    pieces = _smooth(xy, np.array([1.0, 1.0]))
    assert len(pieces) == len(xy) - 1
    for piece, start, end in zip(pieces, xy[:-1], xy[1:], strict=True):
        np.testing.assert_allclose(piece[[0, -1]], [start, end], atol=1e-12)
        np.testing.assert_allclose(piece[:, 0], 1.0 + piece[:, 1] ** 2, atol=2e-4)
    # Twice the same point, and too few for a curve.
    assert len(_smooth(np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 1.0]]), np.ones(2))) == 2


@pytest.mark.mpi
def test_a_diagram(shared_tmp_path, comm):
    picture = shared_tmp_path / "deep" / "diagram.svg"
    branches = symmetric(special(u=0.0), special("fold", "", 1.8, 1.8, u=0.0)), flowing(), flowing(-1.0)
    limits = {"depleted": 1.9, "closed form": ([1.0, 2.0], [0.5, 0.6])}
    labels = ["at rest", "flowing", "flowing"]
    plot_branches(picture, *branches, y="u", title="A title", ylabel="velocity", labels=labels, limits=limits)
    if comm.rank == 0:
        text = picture.read_text()
        for words in ("A title", "at rest", "flowing", "supercritical pitchfork", "fold", "depleted", "closed form"):
            assert text.count(f">{words}</text>") == 1, words
        assert text.count(">stable</text>") == text.count(">unstable</text>") == 1
        assert "velocity (m/s)" in text and "stability not known" not in text
        # At rest: stable, unstable, in the legend; flowing: both branches, in the legend.
        assert sorted(dashes(picture, "#0072b2")) == [False, False, True]
        assert dashes(picture, "#d55e00") == [False, False, False]


@pytest.mark.mpi
def test_tables_are_drawn_too(shared_tmp_path, comm):
    """Curves of special points, and branches read from a file, know less."""
    picture = shared_tmp_path / "curve.svg"
    curve = Table({"flux": [1.0, 2.0, 4.0], "charge": [0.01, 0.02, 0.03]}, {"flux": "mol/m2/s", "charge": "C/m2"})
    plot_branches(picture, curve, x="charge", y="flux")
    if comm.rank == 0:
        text = picture.read_text()
        assert "charge (mC/m" in text and "stable" not in text


@pytest.mark.mpi
def test_without_any_stability_lines_are_plain(shared_tmp_path, comm):
    picture = shared_tmp_path / "plain.svg"
    plot_branches(picture, branch([0.0, 1.0, 2.0], [0.0, 1.0, 2.0], [NAN] * 3), y="u")
    if comm.rank == 0:
        assert dashes(picture, "#0072b2") == [False]
        assert "stab" not in picture.read_text()


def test_modes_stand_beside_the_diagram(make_model, make_state, shared_tmp_path, comm):
    point = special(u=0.0, mode=make_state(make_model(half=True)))
    small, large = shared_tmp_path / "small.png", shared_tmp_path / "large.png"
    plot_branches(small, symmetric(point), flowing(), y="u")
    plot_branches(large, symmetric(point), flowing(), y="u", modes=[(point, "velocity"), (point, "K+")])
    if comm.rank == 0:
        (height, width), (taller, wider) = imread(small).shape[:2], imread(large).shape[:2]
        assert 0.9 * height < taller < 1.1 * height
        assert 1.6 * width < wider < 2.2 * width
        beside = imread(large)[:, int(1.15 * width) :, :3]
        assert len(np.unique(np.rint(8 * beside).reshape(-1, 3), axis=0)) > 50  # colours, not paper


@pytest.mark.mpi
def test_the_size_of_a_mode_does_not_show(make_model, make_state, shared_tmp_path, comm):
    model = make_model()
    pictures = []
    for factor in (1.0, 1e-7):
        state = make_state(model)
        for array in state.arrays:
            array *= factor
        point = special(u=0.0, mode=state)
        pictures.append(shared_tmp_path / f"{factor}.png")
        plot_branches(pictures[-1], symmetric(point), y="u", modes=[(point, "velocity")])
    if comm.rank == 0:
        one, other = (imread(picture) for picture in pictures)
        assert one.shape == other.shape
        assert np.mean(np.abs(one - other) > 0.05) < 1e-3


@pytest.mark.mpi
def test_bad_diagrams_are_refused(make_model, make_state, shared_tmp_path, comm):
    to, one = shared_tmp_path / "a.png", symmetric()
    with pytest.raises(ParameterError, match="no branch was given"):
        plot_branches(to, y="u")
    with pytest.raises(ParameterError, match='column "v": this table has columns'):
        plot_branches(to, one, y="v")
    with pytest.raises(ParameterError, match="2 labels for 1 branches"):
        plot_branches(to, one, y="u", labels=["a", "b"])
    with pytest.raises(ParameterError, match="the fold at 1 has no mode that is a state of a model"):
        plot_branches(to, one, y="u", modes=[(special("fold"), "velocity")])
    with pytest.raises(TagError, match="vorticity"):
        plot_branches(to, one, y="u", modes=[(special(mode=make_state(make_model())), "vorticity")])
    with pytest.raises(ParameterError, match=r"suffixes \.png"):
        plot_branches(shared_tmp_path / "a.gif", one, y="u")
    if comm.rank == 0:
        (shared_tmp_path / "file").write_text("here")
    comm.barrier()
    with pytest.raises(OutputError, match="cannot write"):
        plot_branches(shared_tmp_path / "file" / "a.png", one, y="u")
