# SPDX-License-Identifier: LGPL-3.0-or-later
"""The user's own meshes."""

from pathlib import Path

import numpy as np
import pytest

from fem_ionics.errors import MeshError, ParameterError, TagError
from fem_ionics.geometry import read_msh
from fem_ionics.geometry.gmsh_session import session
from fem_ionics.units import nm

SOURCE = Path(__file__).parents[3] / "meshes" / "grooved_slit.geo"
ENDS = {"x": ("left", "right")}


@pytest.fixture
def write(comm, shared_tmp_path):
    """Write a .msh on rank 0 from a function of the gmsh module; return its path on all ranks."""

    def run(draw, *, dimension=2, name="mesh.msh", version=4.1):
        path = shared_tmp_path / name
        if comm.rank == 0:
            with session(MshFileVersion=version) as gmsh:
                draw(gmsh)
                gmsh.model.mesh.generate(dimension)
                gmsh.write(str(path))
        comm.barrier()
        return path

    return run


def square(gmsh, *, names=("bottom", "right", "top", "left"), periodic=False, size=1.0):
    geo = gmsh.model.geo
    corners = [geo.addPoint(size * x, size * y, 0.0, 0.2 * size) for x, y in ((0, 0), (1, 0), (1, 1), (0, 1))]
    lines = [geo.addLine(corners[i], corners[(i + 1) % 4]) for i in range(4)]
    surface = geo.addPlaneSurface([geo.addCurveLoop(lines)])
    geo.synchronize()
    if periodic:
        shift = [1, 0, 0, size, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]
        gmsh.model.mesh.setPeriodic(1, [lines[1]], [lines[3]], shift)
    for name, line in zip(names, lines, strict=True):
        gmsh.model.addPhysicalGroup(1, [line], name=name)
    gmsh.model.addPhysicalGroup(2, [surface], name="water")


@pytest.mark.mpi
def test_periodic_curved_mesh_from_its_source(write):
    path = write(lambda gmsh: gmsh.merge(str(SOURCE)))
    domain = read_msh(path, unit=1e-9, periodic=ENDS)
    arc = np.pi * 4 * nm
    assert domain.volume() == pytest.approx((30 * 10 + 0.5 * np.pi * 4**2) * nm**2, rel=1e-4, abs=0.0)
    assert domain.area("groove") == pytest.approx(arc, rel=1e-4, abs=0.0)
    assert domain.area("walls") == pytest.approx(30 * nm + 22 * nm + arc, rel=1e-4, abs=0.0)
    assert domain.area() == pytest.approx(domain.area("walls"), rel=1e-12, abs=0.0)
    assert set(domain.boundaries) == {"groove", "top wall", "walls"}
    assert domain.curved == {"groove", "walls"}
    assert dict(domain.periods) == pytest.approx({"x": 30 * nm}, rel=1e-6, abs=0.0)
    assert set(domain.regions) == {"fluid"}
    assert domain.name == "mesh.msh"


@pytest.mark.mpi
@pytest.mark.parametrize("version", [2.2, 4.1])
def test_open_mesh_keeps_its_names(write, version):
    domain = read_msh(write(square, version=version), unit=2e-9)
    assert set(domain.boundaries) == {"bottom", "right", "top", "left"}
    assert set(domain.regions) == {"water"}
    assert domain.volume("water") == pytest.approx((2 * nm) ** 2, rel=1e-12, abs=0.0)
    assert domain.area(["left", "top"]) == pytest.approx(4 * nm, rel=1e-12, abs=0.0)
    assert domain.curved == frozenset()
    with pytest.raises(TagError, match=r'mesh\.msh has facets.*Did you mean "bottom"'):
        domain.facets("botom")


@pytest.mark.mpi
def test_two_regions_and_an_inner_wall(write):
    def draw(gmsh):
        boxes = [gmsh.model.occ.addRectangle(x, 0, 0, 1, 1) for x in (0, 1)]
        gmsh.model.occ.fragment([(2, boxes[0])], [(2, boxes[1])])
        gmsh.model.occ.synchronize()
        for tag, name in zip(boxes, ("water", "gel"), strict=True):
            gmsh.model.addPhysicalGroup(2, [tag], name=name)
        inner = [tag for _, tag in gmsh.model.getEntities(1) if len(gmsh.model.getAdjacencies(1, tag)[0]) == 2]
        outer = [tag for _, tag in gmsh.model.getEntities(1) if tag not in inner]
        gmsh.model.addPhysicalGroup(1, inner, name="interface")
        gmsh.model.addPhysicalGroup(1, outer, name="walls")

    domain = read_msh(write(draw), unit=1e-9)
    assert domain.volume("gel") == pytest.approx(1 * nm**2, rel=1e-6, abs=0.0)
    assert domain.volume() == pytest.approx(2 * nm**2, rel=1e-6, abs=0.0)
    assert domain.area("walls") == pytest.approx(6 * nm, rel=1e-6, abs=0.0)
    assert domain.comm.allreduce(len(domain.facets("interface"))) > 0
    assert not np.isin(domain.facets("interface"), domain.facets("walls")).any()


@pytest.mark.mpi
def test_tetrahedra(write):
    def draw(gmsh):
        gmsh.option.setNumber("Mesh.MeshSizeMax", 0.4)
        gmsh.model.occ.addBox(0, 0, 0, 1, 2, 1)
        gmsh.model.occ.synchronize()
        for dim, tag in gmsh.model.getEntities(2):
            gmsh.model.addPhysicalGroup(dim, [tag], name=f"face {tag}")
        gmsh.model.addPhysicalGroup(3, [1], name="fluid")

    domain = read_msh(write(draw, dimension=3), unit=1e-9)
    assert domain.volume() == pytest.approx(2 * nm**3, rel=1e-12, abs=0.0)
    assert domain.area() == pytest.approx(10 * nm**2, rel=1e-12, abs=0.0)
    assert domain.curved == frozenset()
    assert 0.05 * nm < domain.wall_spacing("face 1") < 0.6 * nm


@pytest.mark.mpi
def test_periodic_sides_must_exist_and_match(write):
    path = write(lambda gmsh: square(gmsh, periodic=True))
    assert read_msh(path, unit=1e-9, periodic=ENDS).area() == pytest.approx(2 * nm, rel=1e-6, abs=0.0)
    with pytest.raises(TagError, match=r'"lefft".*Did you mean "left"'):
        read_msh(path, unit=1e-9, periodic={"x": ("lefft", "right")})
    with pytest.raises(MeshError, match=r"do not match|lower side first"):
        read_msh(path, unit=1e-9, periodic={"x": ("bottom", "top")})

    def uneven(gmsh):
        square(gmsh)
        gmsh.model.mesh.setTransfiniteCurve(2, 8)

    with pytest.raises(MeshError, match='"left" and "right" carry 6 and 8 nodes'):
        read_msh(write(uneven), unit=1e-9, periodic=ENDS)


@pytest.mark.mpi
def test_files_that_cannot_be_used(comm, write, shared_tmp_path):
    with pytest.raises(MeshError, match="no mesh file"):
        read_msh(shared_tmp_path / "absent.msh", unit=1e-9)
    with pytest.raises(MeshError, match=r"not a \.msh file"):
        read_msh(SOURCE, unit=1e-9)
    whole = write(square)
    text = comm.bcast(whole.read_text() if comm.rank == 0 else None)
    for name, broken in {"garbage": "Lorem ipsum\n", "half": text[: len(text) // 2], "empty": ""}.items():
        path = shared_tmp_path / f"{name}.msh"
        if comm.rank == 0:
            path.write_text(broken)
        comm.barrier()
        with pytest.raises(MeshError, match="cannot be read as a gmsh mesh"):
            read_msh(path, unit=1e-9)
    twice = shared_tmp_path / "twice.msh"
    if comm.rank == 0:
        twice.write_text(text.replace('"bottom"', '"top"'))
    comm.barrier()
    with pytest.raises(MeshError, match='two groups of dimension 1 are named "top"'):
        read_msh(twice, unit=1e-9)
    with pytest.raises(MeshError, match="has no name"):
        read_msh(write(lambda gmsh: square(gmsh, names=("top", "a", "top", "b"))), unit=1e-9)
    with pytest.raises(MeshError, match="numbers of order one"):
        read_msh(write(lambda gmsh: square(gmsh, size=1e-6)), unit=1.0)


@pytest.mark.mpi
def test_meshes_without_names_or_with_mixed_cells(write):
    def nameless(gmsh):
        gmsh.model.occ.addRectangle(0, 0, 0, 1, 1)
        gmsh.model.occ.synchronize()

    def mixed(gmsh):
        boxes = [gmsh.model.occ.addRectangle(x, 0, 0, 1, 1) for x in (0, 1)]
        gmsh.model.occ.fragment([(2, boxes[0])], [(2, boxes[1])])
        gmsh.model.occ.synchronize()
        gmsh.model.mesh.setTransfiniteSurface(1)
        gmsh.model.mesh.setRecombine(2, 1)

    with pytest.raises(MeshError, match="no named group of dimension 1"):
        read_msh(write(nameless), unit=1e-9)
    with pytest.raises(MeshError, match="cells of one kind"):
        read_msh(write(mixed), unit=1e-9)


@pytest.mark.mpi
@pytest.mark.parametrize("bad", [{"unit": 0.0}, {"periodic": {"q": ("a", "b")}}, {"periodic": {"x": "ab"}}])
def test_bad_arguments(bad):
    with pytest.raises(ParameterError, match=next(iter(bad))):
        read_msh("any.msh", **({"unit": 1e-9} | bad))


def test_missing_system_library_is_named(monkeypatch):
    import builtins

    real = builtins.__import__

    def refuse(name, *rest, **more):
        if name == "gmsh":
            raise OSError("libGLU.so.1: cannot open shared object file")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MeshError, match=r"libGLU.so.1.*libglu1-mesa"), session():
        pass
