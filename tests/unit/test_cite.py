# SPDX-License-Identifier: LGPL-3.0-or-later
"""Citations: only what a run used, once, in order."""

import io
import re

import pytest
from mpi4py import MPI

from fem_ionics import cite
from fem_ionics.errors import TagError


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cite, "_USED", {"dolfinx": None, "petsc": None})


def test_every_run_owes_dolfinx_and_petsc() -> None:
    assert [reference.key for reference in cite.citations()] == ["dolfinx", "petsc"]


def test_cited_papers_are_listed_once_in_order() -> None:
    cite.cite("leyva2025", "gmsh")
    cite.cite("gmsh")
    assert [reference.key for reference in cite.citations()] == ["dolfinx", "petsc", "leyva2025", "gmsh"]


def test_unknown_key_names_the_nearest() -> None:
    with pytest.raises(TagError, match=r'cite\("shresta2025"\).*Did you mean "shrestha2025"'):
        cite.cite("shresta2025")


def test_print_numbers_the_papers() -> None:
    file = io.StringIO()
    cite.print_citations(file)
    lines = file.getvalue().splitlines()
    if MPI.COMM_WORLD.rank == 0:
        assert [line[:4] for line in lines] == ["[1] ", "[2] "]
        assert "10.5281/zenodo.10447666" in lines[0]


def test_registry_is_complete() -> None:
    for key, reference in cite._REGISTRY.items():
        assert key == reference.key
        assert re.fullmatch(r"10\.\d{4,}/\S+", reference.doi)
        assert 1900 < reference.year < 2100
        assert all((reference.authors, reference.title, reference.source))
